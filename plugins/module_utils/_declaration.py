# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: no stable interface for others.

"""The user's words become desired objects, or faults: all of them, before the first request."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, replace

from ._comparison import Path
from ._faults import Fault, Refused, as_word, suggestion
from ._json import read_json
from ._kinds import Kind
from ._kinds._kind import Clash, Fields, Option
from ._kinds._types import Wrong, as_declared
from ._masking import MASK, holds_mask
from ._secrets._reference import (
    Found,
    Reference,
    Unread,
    WrongReference,
    holds_unread,
    mentions_reference,
    references_in,
    replaced,
    with_references,
)


@dataclass(frozen=True)
class Awaited:
    """What Vault has to be asked for before an object is declared in full.

    place says how the user finds the declaration; words are its parsed words, with references in them.
    """

    place: str
    words: Fields
    enforce_defaults: bool

    def references(self) -> list[Found]:
        """Each reference with the option where it stands, dotted."""
        return references_in(self.words)


@dataclass(frozen=True)
class Desired:
    """An object as it is declared.

    fields holds canonical values of the declared fields only; None puts a field back to empty. secret holds the paths
    of values that must never be shown, each standing for everything below it. As long as something is awaited,
    Unread stands for it in the fields.
    """

    kind: Kind
    id: str
    present: bool
    fields: Fields
    secret: frozenset[Path]
    awaited: Awaited | None = None

    def is_secret(self, path: Path) -> bool:
        return bool(self.secret) and any(path[:length] in self.secret for length in range(1, len(path) + 1))

    def is_unread(self, name: str) -> bool:
        """Whether anything in a field is still in Vault."""
        return self.awaited is not None and holds_unread(self.fields[name])


Given = tuple[Kind, t.Any, str]
"""A kind, the words of one object of it, and how the user finds them."""


def declare(
    given: t.Iterable[Given],
    enforce_defaults: bool = False,
    found: t.Iterable[Fault] = (),
    of_references: t.Callable[[], t.Iterable[Fault]] = tuple,
) -> list[Desired]:
    """Read the declarations. Raises Refused with every fault, those that were found before too.

    of_references: faults that matter only if anything is a reference.
    """
    faults = list(found)
    referring = False
    desired: dict[tuple[str, str], Desired] = {}
    places: dict[tuple[str, str], str] = {}
    for kind, words, place in given:
        reader = _Reader(kind, place, faults)
        one = reader.read(words, enforce_defaults)
        referring = referring or reader.referring
        if reader.id is None:
            continue
        key = (kind.name, reader.id)
        if key in places:
            reader.fault(f"declared already as {places[key]}")
        places.setdefault(key, place)
        if one is not None:
            desired[key] = one
    if referring:
        faults += of_references()
    if faults:
        raise Refused(faults)
    return list(desired.values())


Lookup = t.Callable[[Reference, bool], t.Any]
"""The value of a reference, or of the whole secret. Raises WrongReference where there is none."""


def completed(desired: t.Iterable[Desired], lookup: Lookup) -> list[Desired]:
    """Objects in full, with their values from Vault. Raises Refused with every fault."""
    faults: list[Fault] = []
    complete = []
    for one in desired:
        full: Desired | None = one
        if one.awaited is not None:
            reader = _Reader(one.kind, one.awaited.place, faults)
            reader.id = one.id
            full = reader.complete(one, one.awaited, lookup)
        if full is not None:
            complete.append(full)
    if faults:
        raise Refused(faults)
    return complete


def _dotted(option: str, path: str) -> str:
    return f"{option}.{path}" if path else option


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
        self.referring = False

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
        self.referring = present and bool(references_in(parsed))
        awaited = Awaited(self.place, parsed, enforce_defaults) if self.referring else None
        fields, secret = self._fold(replaced(parsed, lambda reference: Unread.VALUE))
        if self.id in self.kind.undeletable and not present:
            self.fault("state: this object cannot be deleted, Airflow does not work without it")
        if not self.sound or self.id is None:
            return None
        if enforce_defaults and present:
            fields = {**self.kind.defaults(self.id), **fields}
        return Desired(self.kind, self.id, present, fields, secret, awaited)

    def complete(self, one: Desired, awaited: Awaited, lookup: Lookup) -> Desired | None:
        """An object with what it awaits."""
        words = dict(awaited.words)
        for option in self.kind.options:
            if references_in(words.get(option.name)):
                words[option.name] = self._filled(option, words[option.name], lookup)
        if not self.sound:
            return None
        fields, secret = self._fold(words)
        if not self.sound:
            return None
        if awaited.enforce_defaults:
            fields = {**self.kind.defaults(one.id), **fields}
        return replace(one, fields=fields, secret=secret, awaited=None)

    def _filled(self, option: Option, value: t.Any, lookup: Lookup) -> t.Any:
        """The value of an option with what its references stand for, checked as if it had been declared."""
        whole = option.whole and isinstance(value, Reference) and value.key is None
        values: dict[Reference, t.Any] = {}
        for path, reference in references_in(value):
            try:
                values[reference] = lookup(reference, whole)
            except WrongReference as wrong:
                self.fault(f"{_dotted(option.name, path)}: {wrong}")
            if holds_mask(values.get(reference)):
                self.fault(
                    f"{_dotted(option.name, path)}: what Vault has at {reference} is or contains '{MASK}', which is how "
                    "Airflow shows a secret that it hides; written back it would destroy the secret"
                )
        if not self.sound or option.whole and not option.secret:
            return values.get(value) if isinstance(value, Reference) else None
        filled = replaced(value, values.__getitem__)
        if not isinstance(value, Reference):
            return filled
        try:
            return option.type.parse(as_declared(filled, option.type, whole))
        except Wrong as wrong:
            self.fault(f"{option.name}: what Vault has at {value} {wrong}")
            return None

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
                misnamed.append(f"{as_word(word)}: unknown option, {suggestion(str(word), names)}")
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
        if not option.secret and not option.whole and mentions_reference(value):
            self.fault(f"{option.name}: holds what looks like a reference to Vault, {self._places_of_references(option)}")
            return
        try:
            parsed[option.name] = option.type.parse(with_references(value) if option.secret else value)
        except (Wrong, WrongReference) as wrong:
            self.fault(f"{option.name}: {wrong}")

    def _places_of_references(self, option: Option) -> str:
        places = [each.name for each in self.kind.options if each.secret]
        if not places:
            return f"and a {self.kind.name} has no secrets"
        as_text = ". If it is meant as it stands, write it as a text of JSON" if option.type.ansible == "raw" else ""
        return f"which may stand only in {', '.join(places)}{as_text}"

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
