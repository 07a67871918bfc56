# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: no stable interface for others.

"""Connections."""

from __future__ import annotations

import copy

from .._comparison import Path
from ._kind import DESCRIPTION, TEAM, Clash, Field, Fields, Kind, Option
from ._types import Wrong, integer, json_object, text

URI_FIELDS = ("conn_type", "host", "login", "password", "schema", "port", "extra")


def _fold(words: Fields) -> tuple[Fields, frozenset[Path]]:
    words = dict(words)
    secret: set[Path] = {("password",)}
    if "uri" in words:
        given = [name for name in (*URI_FIELDS, "secret_extra") if name in words]
        if given:
            raise Clash(f"uri: stands for the fields, so it cannot be declared together with {', '.join(given)}")
        from .._uri import UriFault, parse_uri  # only here, every import costs each task

        try:
            fields = parse_uri(words.pop("uri"))
        except UriFault as fault:
            raise Clash(f"uri: {fault}") from None
        for option in CONNECTION.options:  # what was quoted in the URI is checked only now
            if fields.get(option.name) is not None:
                try:
                    fields[option.name] = option.type.parse(fields[option.name])
                except Wrong as wrong:
                    raise Clash(f"uri: its {option.name} {wrong}") from None
        # The URI is secret as a whole: tokens stand in the login or the host of some connection types.
        secret.update((name,) for name in URI_FIELDS if name != "conn_type")
        words.update(fields)
    if "secret_extra" in words:
        hidden = words.pop("secret_extra")
        words["extra"] = _merged(words.get("extra", {}), hidden)
        secret.update(_leaves(hidden, ("extra",)) if hidden else ())
    return words, frozenset(secret)


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
        Option("secret_extra", json_object(), secret=True),
        Option("uri", text(empty=False), secret=True),
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
