# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: no stable interface for others.

"""The user's words become desired objects, or faults: all of them, before the first request."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ._comparison import Path
from ._faults import Fault, Refused, suggestion
from ._json import read_json
from ._kinds import Kind
from ._kinds._kind import Clash, Fields, Option
from ._kinds._types import Wrong
from ._masking import MASK, holds_mask


@dataclass(frozen=True)
class Desired:
    """An object as it is declared.

    fields holds canonical values of the declared fields only; None puts a field back to empty. secret holds the paths
    of values that must never be shown, each standing for everything below it.
    """

    kind: Kind
    id: str
    present: bool
    fields: Fields
    secret: frozenset[Path]

    def is_secret(self, path: Path) -> bool:
        return bool(self.secret) and any(path[:length] in self.secret for length in range(1, len(path) + 1))


Given = tuple[Kind, t.Any, str]
"""A kind, the words of one object of it, and how the user finds them."""


def declare(given: t.Iterable[Given], enforce_defaults: bool = False, found: t.Iterable[Fault] = ()) -> list[Desired]:
    """Read the declarations. Raises Refused with every fault, those that were found before too."""
    faults = list(found)
    desired: dict[tuple[str, str], Desired] = {}
    places: dict[tuple[str, str], str] = {}
    for kind, words, place in given:
        reader = _Reader(kind, place, faults)
        one = reader.read(words, enforce_defaults)
        if reader.id is None:
            continue
        key = (kind.name, reader.id)
        if key in places:
            reader.fault(f"declared already as {places[key]}")
        places.setdefault(key, place)
        if one is not None:
            desired[key] = one
    if faults:
        raise Refused(faults)
    return list(desired.values())


def listed(kind: Kind, words: t.Any) -> list[Given]:
    """The entries of a list of declarations, with their places; what is no list is one entry, and faulty as such."""
    if not isinstance(words, list):
        return [(kind, words, kind.plural)]
    return [(kind, entry, f"{kind.plural}[{index}]") for index, entry in enumerate(words)]


class _Reader:
    """Reads one declaration and notes its faults."""

    def __init__(self, kind: Kind, place: str, faults: list[Fault]) -> None:
        self.kind = kind
        self.place = place
        self.faults = faults
        self.id: str | None = None
        self.sound = True

    def fault(self, reason: str) -> None:
        self.sound = False
        where = self.place if self.id is None else f"{self.place} {self.id!r}"
        self.faults.append(Fault(where, reason, self.kind.name, self.id))

    def read(self, words: t.Any, enforce_defaults: bool) -> Desired | None:
        if self.place == self.kind.plural:
            self.fault("must be a list of dicts")
            return None
        if not isinstance(words, dict):
            self.fault("must be a dict")
            return None
        given, misnamed = self._named(words)
        self.id = self._identity(given.pop(self.kind.identity.name, None))
        for reason in misnamed:
            self.fault(reason)
        parsed: Fields = {}
        for option in (*self.kind.options, self.kind.words[-1]):
            if option.name in given:
                self._parse(option, given[option.name], parsed)
        present = parsed.pop("state", "present") == "present"
        fields, secret = self._fold(parsed)
        if self.id in self.kind.undeletable and not present:
            self.fault("state: this object cannot be deleted, Airflow does not work without it")
        if not self.sound or self.id is None:
            return None
        if enforce_defaults and present:
            fields = {**self.kind.defaults(self.id), **fields}
        return Desired(self.kind, self.id, present, fields, secret)

    def _named(self, words: Fields) -> tuple[Fields, list[str]]:
        """The words under their real names, and what is wrong with the others: unknown, or contradicting aliases."""
        names = self.kind.names
        given: Fields = {}
        misnamed: list[str] = []
        for word, value in words.items():
            name = names.get(word)
            if name is not None and value is None:
                continue  # null is Ansible's way to leave an option out
            if name is None:
                misnamed.append(f"{str(word)[:60]}: unknown option, {suggestion(str(word), names)}")
            elif name in given and given[name] != value:
                misnamed.append(
                    f"{name}: given twice, under its own name and as {word if word != name else 'an alias'}"
                )
            else:
                given[name] = value
        return given, misnamed

    def _identity(self, value: t.Any) -> str | None:
        name = self.kind.identity.name
        if value is None:
            self.fault(f"{name}: is missing")
            return None
        try:
            parsed = self.kind.identity.type.parse(value)
        except Wrong as wrong:
            self.fault(f"{name}: {wrong}")
            return None
        if holds_mask(parsed):
            self.fault(f"{name}: must not contain '{MASK}'")
            return None
        if self.kind.keeps(parsed):
            self.fault(f"{name}: must not begin with {self.kind.reserved}, where this collection keeps its memory")
            return None
        return parsed

    def _parse(self, option: Option, value: t.Any, parsed: Fields) -> None:
        if holds_mask(value):
            self.fault(
                f"{option.name}: is or contains '{MASK}', which is how Airflow shows a secret that it hides; "
                "written back it would destroy the secret. Declare the real value, or leave the field out"
            )
            return
        try:
            parsed[option.name] = option.type.parse(value)
        except Wrong as wrong:
            self.fault(f"{option.name}: {wrong}")

    def _fold(self, parsed: Fields) -> tuple[Fields, frozenset[Path]]:
        try:
            fields, secret = self.kind.fold(parsed)
        except Clash as clash:
            self.fault(str(clash))
            return {}, frozenset()
        # What a text of JSON or a URI unfolds to may hold the mask only now.
        for name, value in fields.items():
            if holds_mask(value) or (isinstance(value, str) and holds_mask(read_json(value))):
                self.fault(f"{name}: contains '{MASK}' once it is decoded; declare the real value")
        return self.kind.canonical(fields), secret
