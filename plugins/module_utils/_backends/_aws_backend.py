# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: no stable interface for others.

"""What Parameter Store and Secrets Manager have in common: names that begin with a prefix, each with one text."""

from __future__ import annotations

import threading
import typing as t

from .._abilities import Abilities
from .._declaration import Desired
from .._faults import Fault, ServerFault
from .._kinds import CONNECTION, VARIABLE, Kind
from .._kinds._kind import Fields
from ._aws import Aws
from ._backend import Backend, Misshapen, decoded, encoded, nested

TEAM = "--"
PREFIXES = {CONNECTION: "connections_prefix", VARIABLE: "variables_prefix"}


class Kept(t.NamedTuple):
    """An entry as it was read: its text, None for bytes, and which one of those that were ever there."""

    text: str | None
    version: str


def read_prefixes(words: dict[str, t.Any], faults: list[Fault]) -> dict[Kind, str]:
    """The prefixes of the kinds that are kept there."""
    prefixes = {kind: str(words[word]) for kind, word in PREFIXES.items() if words.get(word) not in (None, "")}
    if not prefixes:
        faults.append(Fault("connections_prefix", "is missing, or variables_prefix: as Airflow's backend has them"))
    return prefixes


def apart(prefixes: dict[Kind, str], faults: list[Fault]) -> dict[Kind, str]:
    """The beginnings of names, of which none may be within the other."""
    if nested(prefixes.values()):
        faults.append(Fault("variables_prefix", "must be another one than connections_prefix, and none within the other"))
    return prefixes


class AwsBackend(Backend):
    """prefixes: of the names of each kind that is kept there, with what separates them from the id."""

    most_at_once: int
    longest: int  # bytes of a text

    def __init__(self, aws: Aws, prefixes: dict[Kind, str], kms_key: str | None) -> None:
        super().__init__()
        self.aws = aws
        self.prefixes = prefixes
        self.kms_key = kms_key
        self.abilities = Abilities(
            shows_variables_as_stored=True,
            masks=False,
            clears_passwords=True,
            can_bulk=False,
            lists_contents=False,
            holds=frozenset(kind.name for kind in prefixes),
            drops={"variable": frozenset({"description"})},
        )
        self._known: dict[str, Kept | None] = {}
        self._wanted: set[str] = set()
        self._lock = threading.Lock()

    @property
    def about(self) -> dict[str, t.Any]:
        region = f" in {self.aws.region}" if self.aws.region else ""
        return {"target": f"{self.title}{region}"}

    # What each of the two says for itself

    def fetch(self, names: list[str]) -> dict[str, Kept]:
        """The entries of these names that are there, at most so many at once as there may be."""
        raise NotImplementedError

    def names(self, prefix: str) -> list[str]:
        """The names that begin so."""
        raise NotImplementedError

    def add(self, name: str, text: str) -> str:
        """Make an entry; returns its version."""
        raise NotImplementedError

    def replace(self, name: str, text: str) -> str:
        """Put another text into an entry; returns its version."""
        raise NotImplementedError

    def take_away(self, name: str) -> None:
        """Delete an entry."""
        raise NotImplementedError

    def wrong_name(self, name: str) -> str | None:
        """Why no entry can be called so."""
        raise NotImplementedError

    def wrong_text(self, text: str) -> str | None:
        """Why no entry can hold such a text."""
        if not text:
            return "is empty, which AWS does not take"
        if len(text.encode()) > self.longest:
            return f"is longer than the {self.longest:,} bytes that AWS takes"
        return None

    # As a backend

    def expect(self, desired: t.Sequence[Desired]) -> None:
        super().expect(desired)
        # For one wrong name AWS may refuse to read the others too.
        asked = [one for one in desired if one.kind in self.prefixes and not self.wrong_id(one.kind, one.id)]
        self._wanted = {self._name(one.kind, one.id) for one in asked}

    def wrong_id(self, kind: Kind, object_id: str) -> str | None:
        return self.wrong_name(self._name(kind, object_id))

    def objections(self, one: Desired) -> list[str]:
        reasons = super().objections(one)
        if TEAM in one.id:
            reasons.append(f"Airflow's backend reads no id with {TEAM!r} in it, which stands behind the name of a team there")
        text = encoded(one.kind, one.fields) if one.kind is CONNECTION or "value" in one.fields else "x"
        unfit = None if one.awaited else self.wrong_text(text)
        told = "value" if one.kind is VARIABLE else "as a whole it"
        return [*reasons, *([f"{told} {unfit}"] if unfit else ())]

    def ids(self, kind: Kind) -> list[str]:
        prefix = self.prefixes.get(kind)
        ids = [] if prefix is None else sorted(name.removeprefix(prefix) for name in self.names(prefix))
        return [each for each in ids if kind is VARIABLE or "/" not in each]  # in which no connection's id has a slash

    def read(self, kind: Kind, object_id: str) -> Fields | None:
        if kind not in self.prefixes:
            return None
        found = self._kept(self._name(kind, object_id))
        if found is not None and found.text is None:
            raise Misshapen("holds bytes")
        return None if found is None else decoded(kind, str(found.text))

    def write(self, kind: Kind, object_id: str, fields: Fields, new: bool) -> None:
        name, text = self._name(kind, object_id), encoded(kind, fields)
        unfit = self.wrong_text(text)
        if unfit:
            raise ServerFault(f"writing {kind.name} {object_id!r}: it {unfit}", 400)
        if not new:
            self._still_there(name)
        self._known[name] = Kept(text, self.add(name, text) if new else self.replace(name, text))

    def remove(self, kind: Kind, object_id: str) -> None:
        name = self._name(kind, object_id)
        self._still_there(name)
        self.take_away(name)
        self._known[name] = None

    def _still_there(self, name: str) -> None:
        """AWS has no check-and-set: a look just before, so that what somebody else wrote meanwhile stays."""
        before, now = self._known.get(name), self.fetch([name]).get(name)
        if before is not None and now != before:
            raise ServerFault(f"somebody else wrote {name} while this run was at work, and it is left as it is; run again", 400)

    def _kept(self, name: str) -> Kept | None:
        """What is declared is read together, as much as one request may ask for."""
        with self._lock:
            if name not in self._known:
                asked = sorted(self._wanted - self._known.keys()) if name in self._wanted else [name]
                for start in range(0, len(asked), self.most_at_once):
                    some = asked[start : start + self.most_at_once]
                    self._known.update({**dict.fromkeys(some), **self.fetch(some)})
        return self._known[name]

    def _name(self, kind: Kind, object_id: str) -> str:
        return f"{self.prefixes[kind]}{object_id}"
