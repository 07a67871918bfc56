# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: no stable interface for others.

"""Connections."""

from __future__ import annotations

import copy
import typing as t

from .._comparison import Path
from .._json import NOT_JSON, read_json
from .._secrets._reference import Unread
from ._kind import DESCRIPTION, TEAM, Clash, Field, Fields, Kind, Option
from ._types import Wrong, integer, json_object, source, text

URI_FIELDS = ("conn_type", "host", "login", "password", "schema", "port", "extra")
BACKEND_FIELDS = (*URI_FIELDS, "description", "team_name", "uri")


def _fold(words: Fields) -> tuple[Fields, frozenset[Path]]:
    words = dict(words)
    secret: set[Path] = {("password",)}
    if "uri" in words:
        given = [name for name in (*URI_FIELDS, "secret_extra", "from_vault") if name in words]
        if given:
            raise Clash(f"uri: stands for the fields, so it cannot be declared together with {', '.join(given)}")
        words.update(_hidden_fields("uri", _of_uri, words.pop("uri"), secret))
    if "from_vault" in words:
        fields = _hidden_fields("from_vault", _of_backend, words.pop("from_vault"), secret)
        secret.difference_update((name,) for name in words if name != "password")
        words = {**fields, **words}
    if "secret_extra" in words:
        hidden, base = words.pop("secret_extra"), words.get("extra", {})
        if isinstance(hidden, Unread) or isinstance(base, Unread):
            words["extra"] = Unread.VALUE if hidden else base
            secret.add(("extra",))
        else:
            words["extra"] = _merged(base, hidden)
            secret.update(_leaves(hidden, ("extra",)) if hidden else ())
    return words, frozenset(secret)


def _hidden_fields(option: str, read: t.Callable[[t.Any], Fields], given: t.Any, secret: set[Path]) -> Fields:
    """The fields that something secret stands for, all of them: what it does not name is empty."""
    # Secret as a whole: tokens stand in the login or the host of some connection types.
    secret.update((name,) for name in URI_FIELDS if name != "conn_type")
    if isinstance(given, Unread):
        return dict.fromkeys(URI_FIELDS, Unread.ANYTHING)
    fields = read(given)
    for each in CONNECTION.options:  # what was quoted in a URI is checked only now
        if fields.get(each.name) is not None:
            try:
                fields[each.name] = each.type.parse(fields[each.name])
            except Wrong as wrong:
                raise Clash(f"{option}: its {each.name} {wrong}") from None
    return fields


def _of_uri(uri: str, option: str = "uri") -> Fields:
    from .._uri import UriFault, parse_uri  # only here, every import costs each task

    try:
        return parse_uri(uri)
    except UriFault as fault:
        raise Clash(f"{option}: {fault}") from None


def _of_backend(secret: Fields) -> Fields:
    """What a secret in the layout of Airflow's VaultBackend declares: a C(conn_uri), or else the fields.

    In place of a URI there may be the fields as JSON, and in place of the fields a C(uri), as Airflow has it.
    """
    if "conn_uri" in secret:
        uri = secret["conn_uri"]
        if uri in (None, ""):
            raise Clash("from_vault: its conn_uri must not be empty")
        if not isinstance(uri, str):
            raise Clash("from_vault: its conn_uri must be text")
        if not uri.lstrip().startswith("{"):
            return _of_uri(uri.strip(), "from_vault: its conn_uri")
        secret = read_json(uri, strict=True)
        if secret is NOT_JSON:
            raise Clash("from_vault: its conn_uri is neither a URI nor JSON")
    unknown = [str(name) for name in secret if name not in BACKEND_FIELDS]
    if unknown:
        raise Clash(
            f"from_vault: the secret is not as Airflow's VaultBackend has it: {unknown[0][:60]!r} is neither conn_uri "
            f"nor one of {', '.join(BACKEND_FIELDS)}"
        )
    for name, value in secret.items():
        if value is not None and not isinstance(value, str) and name not in ("port", "extra"):
            raise Clash(f"from_vault: its {name} must be text")
    if secret.get("uri"):
        given = [name for name in URI_FIELDS if secret.get(name)]
        if given:
            raise Clash(f"from_vault: its uri stands for the fields, so it cannot be together with {', '.join(given)}")
        beside = {name: secret[name] for name in ("description", "team_name") if secret.get(name)}
        return {**_of_uri(secret["uri"], "from_vault: its uri"), **beside}
    fields = {**dict.fromkeys(URI_FIELDS), **secret}
    conn_type = fields.pop("conn_type")
    if conn_type:  # without one, only a connection that exists can be meant
        fields["conn_type"] = "postgres" if conn_type == "postgresql" else conn_type.replace("-", "_")
    fields["extra"] = fields["extra"] or {}
    return {name: None if value == "" else value for name, value in fields.items() if name != "uri"}


def _merged(base: Fields, over: Fields) -> Fields:
    merged = copy.deepcopy(base)
    for key, value in over.items():
        both = isinstance(value, dict) and isinstance(merged.get(key), dict)
        merged[key] = _merged(merged[key], value) if both else copy.deepcopy(value)
    return merged


def _leaves(value: object, path: Path) -> set[Path]:
    """A list is one leaf: which of its items is the secret one, nobody said."""
    if isinstance(value, dict) and value:
        return set().union(*(_leaves(item, (*path, str(key))) for key, item in value.items()))
    return {path}


CONNECTION = Kind(
    name="connection",
    plural="connections",
    identity=Option(
        "connection_id",
        text(
            longest=200,
            pattern=r"[\w.-]+",
            told="hold only letters, digits, underscores, dots and hyphens",
            empty=False,
        ),
        aliases=("conn_id",),
        required=True,
    ),
    options=(
        Option("conn_type", text(longest=500, empty=False)),
        DESCRIPTION,
        Option("host", text(longest=500)),
        Option("login", text()),
        Option("password", text(), secret=True),
        Option("schema", text(longest=500)),
        Option("port", integer(0, 65535)),
        Option("extra", json_object(from_text=True)),
        Option("secret_extra", json_object(), secret=True, whole=True),
        Option("uri", text(empty=False), secret=True),
        Option("from_vault", source(), whole=True),
        TEAM,
    ),
    fields=(
        Field("conn_type", has_default=False, show=True),
        Field("description", show=True),
        Field("host"),
        Field("login"),
        Field("password", hidden=True),
        Field("schema"),
        Field("port", empty=0, show=True),
        Field("extra", default={}, hidden=True),
        Field("team_name", show=True),
    ),
    fold=_fold,
)
