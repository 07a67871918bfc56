# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: no stable interface for others.

"""What the places have in common where Airflow looks for connections and variables besides its database.

A backend is asked like a server (see Dialect), but shows everything that it holds. Each kind of place says how its
entries are called and kept; what stands in an entry is the same in all: a connection as JSON, a variable as its text.
"""

from __future__ import annotations

import json
import re
import typing as t

from .._abilities import Abilities
from .._airflow._dialect import Log, Outcome
from .._airflow._events import Event
from .._declaration import Desired
from .._faults import ServerFault
from .._json import NOT_JSON, read_json
from .._kinds import CONNECTION, VARIABLE, Kind
from .._kinds._connection import URI_FIELDS
from .._kinds._kind import Fields
from .._parallel import in_parallel
from .._plan import Actual
from .._uri import UriFault, parse_uri

JSON_FIELDS = ("conn_type", "description", "host", "login", "password", "schema", "port", "extra")


class Misshapen(ValueError):
    """Why an entry is none that Airflow or this collection has written. Holds nothing of it."""


class Backend:
    """See Dialect. Safe to use from several threads only where it does not write in bulk."""

    title: str  # how it is called in a sentence
    version = ""
    api_version = ""
    repeats = 0
    rewritten = False  # whether its one text became another, be it only by what an owner has applied
    hides = False  # whether something was read of which the place does not show the secrets
    abilities = Abilities(
        shows_variables_as_stored=True,
        masks=False,
        clears_passwords=True,
        holds=frozenset({"connection", "variable"}),
        drops={"variable": frozenset({"description"})},
    )

    def __init__(self) -> None:
        self.notes: list[str] = []
        self._declared: frozenset[str] = frozenset()

    @property
    def about(self) -> dict[str, t.Any]:
        """What the module returns of it."""
        return {"target": self.title}

    # What each kind of place says for itself

    def expect(self, desired: t.Sequence[Desired]) -> None:
        """Know what is declared: names of entries may not tell ids."""
        self._declared = frozenset(one.id for one in desired)

    def wrong_id(self, kind: Kind, object_id: str) -> str | None:
        """Why the place must not even be asked for such an id, of which there is nothing."""
        return None

    def objections(self, one: Desired) -> list[str]:
        """Why an object cannot be kept here."""
        wrong = self.wrong_id(one.kind, one.id)
        reasons = [wrong] if wrong else []
        conn_type = one.fields.get("conn_type")
        if one.kind is CONNECTION and conn_type is not None and conn_type != normalised(conn_type):
            reasons.append(f"conn_type: Airflow would read {normalised(conn_type)!r} here, so declare that")
        return reasons

    def ids(self, kind: Kind) -> list[str]:
        """All that there is of a kind."""
        raise NotImplementedError

    def read(self, kind: Kind, object_id: str) -> Fields | None:
        """The fields of an object as they are kept. Raises Misshapen, ServerFault."""
        raise NotImplementedError

    def unseen(self, kind: Kind, object_id: str) -> frozenset[str]:
        """The fields of an object that was read, of which the place does not tell what is in them."""
        return frozenset()

    def write(self, kind: Kind, object_id: str, fields: Fields, new: bool) -> None:
        """Keep an object, all of its fields. Raises ServerFault."""
        raise NotImplementedError

    def remove(self, kind: Kind, object_id: str) -> None:
        """Keep an object no more. Raises ServerFault."""
        raise NotImplementedError

    def commit(self, check_mode: bool = False) -> None:
        """Each write is final."""

    def close(self) -> None:
        """Nothing is held open."""

    def settle(self, check_mode: bool) -> dict[str, t.Any]:
        """Set right what is wrong besides the objects. Returns more results, each None where nothing was wrong, else what
        it was C(before) and C(after). Raises ServerFault."""
        return {}

    # As a dialect

    def hide(self, secrets: t.Iterable[str]) -> None:
        """No sentence of a backend holds anything of what it keeps."""

    def list(self, kind: Kind, beginning: str = "") -> list[Actual]:
        if kind.name not in self.abilities.holds:
            return []
        ids = [object_id for object_id in self.ids(kind) if object_id.startswith(beginning)]
        found = dict(zip(ids, in_parallel(lambda object_id: self._read_or_not(kind, object_id), ids)))
        # What nobody can read is somebody else's: if it is declared, that is told by get(), else it is left alone.
        strange = [object_id for object_id, each in found.items() if each is None and object_id not in self._declared]
        if strange:
            self.notes.append(
                f"{len(strange)} {kind.name if len(strange) == 1 else kind.plural} in {self.title} cannot be read by Airflow, "
                f"and are left alone: {', '.join(map(repr, strange[:5]))}{', ...' if len(strange) > 5 else ''}"
            )
        return [each for each in found.values() if each is not None]

    def get(self, kind: Kind, object_id: str) -> Actual | None:
        # Of an id that is to be absent nobody has heard the objections.
        if kind.name not in self.abilities.holds or self.wrong_id(kind, object_id):
            return None
        try:
            fields = self.read(kind, object_id)
        except Misshapen as why:
            raise ServerFault(
                f"{kind.name} {object_id!r} in {self.title} {why}, so it may be somebody else's; delete it there first"
            ) from None
        if fields is None:
            return None
        whole = {each.name: fields.get(each.name) for each in kind.fields}
        return Actual(kind, object_id, kind.canonical(whole), self.unseen(kind, object_id), clear=True)

    def _read_or_not(self, kind: Kind, object_id: str) -> Actual | None:
        if object_id in self._declared:
            return self.get(kind, object_id)
        try:
            return self.get(kind, object_id)
        except ServerFault as fault:
            if isinstance(fault.__context__, Misshapen):
                return None
            raise

    def create(self, kind: Kind, object_id: str, fields: Fields) -> None:
        self.write(kind, object_id, fields, True)

    def update(self, kind: Kind, object_id: str, fields: Fields, actual: Actual) -> None:
        self.write(kind, object_id, {**actual.fields, **fields}, False)

    def delete(self, kind: Kind, object_id: str) -> None:
        self.remove(kind, object_id)

    def bulk(self, kind: Kind, action: str, objects: dict[str, Fields]) -> list[Outcome]:
        raise NotImplementedError(f"{type(self).__name__} writes one by one")

    def log(self, after: int | None) -> Log:
        raise NotImplementedError("a backend has no audit log")

    def log_backwards(self) -> t.Iterator[Event]:
        raise NotImplementedError("a backend has no audit log")

    def health(self) -> dict[str, t.Any]:
        raise NotImplementedError("a backend has no components")

    def user(self) -> None:
        raise NotImplementedError("a backend has no users")


def nested(beginnings: t.Collection[str]) -> bool:
    """Whether names that begin with the one begin with the other too: what is in there would be of both kinds."""
    one, other = (*beginnings, "", "")[:2]
    return bool(one and other) and (one.startswith(other) or other.startswith(one))


def normalised(conn_type: str) -> str:
    """What Airflow makes of a type that it reads from JSON or a URI."""
    return "postgres" if conn_type == "postgresql" else conn_type.replace("-", "_")


def encoded(kind: Kind, fields: Fields) -> str:
    """An object as Airflow reads it from an entry that is one text."""
    if kind is VARIABLE:
        return str(fields["value"])
    return json.dumps({name: fields[name] for name in JSON_FIELDS if fields.get(name) not in (None, {})}, ensure_ascii=False)


def decoded(kind: Kind, text: str) -> Fields:
    """The fields of an entry that is one text. Raises Misshapen."""
    if kind is VARIABLE:
        return {"value": text}
    if not text.lstrip().startswith("{"):
        try:
            return parse_uri(text.strip())
        except UriFault as fault:
            raise Misshapen(f"is no connection that Airflow can read: as a URI it {fault}") from None
    given = read_json(text, strict=True)
    if given is NOT_JSON:
        raise Misshapen("is neither JSON nor a URI")
    return connection_fields(given)


def connection_fields(given: dict[str, t.Any]) -> Fields:
    """The fields of a connection that is a mapping, as Airflow's C(Connection.from_json) takes it. Raises Misshapen."""
    if not {*given} <= {*JSON_FIELDS}:  # not which: a value may stand there by mistake
        raise Misshapen("has a field that no connection has")
    fields: Fields = {**dict.fromkeys(URI_FIELDS), **given}
    extra = fields["extra"]
    if isinstance(extra, str):
        extra = read_json(extra, strict=True) if extra.strip() else {}
    if not isinstance(extra, (dict, type(None))):
        raise Misshapen("has an extra that is no JSON object")
    port = fields["port"]
    if isinstance(port, str) and re.fullmatch(r"\s*\d{1,20}\s*", port):
        port = int(port)
    if not isinstance(port, (int, type(None))) or isinstance(port, bool):
        raise Misshapen("has a port that is no number")
    texts = [name for name in JSON_FIELDS if name not in ("extra", "port")]
    wrong = [name for name in texts if not isinstance(fields.get(name), (str, type(None)))]
    if wrong:
        raise Misshapen(f"has a {wrong[0]} that is no text")
    conn_type = fields["conn_type"]
    return {**fields, "conn_type": conn_type and normalised(conn_type), "extra": extra or {}, "port": port or None}
