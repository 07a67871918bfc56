# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: no stable interface for others.

"""What every conversion shares: declarations read whole, words made of another form, and notes of what cannot be said.

No note ever holds a value, which may be secret: only the names of objects and fields.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from .._declaration import Desired, declare, listed
from .._faults import Refused, unknown
from .._kinds import KINDS, Kind
from .._kinds._kind import Fields
from .._kinds._types import Wrong
from .._masking import MASK, holds_mask

OF_KIND: dict[str, Kind] = {kind.plural: kind for kind in KINDS}


@dataclass
class Notes:
    """faults: why there is no result. lost: what the result does not say, since its form has no place for it."""

    faults: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)


def each_unknown(what: str, given: t.Iterable[t.Any], known: t.Collection[str]) -> list[str]:
    """What is said of the keys that are not known, of those that are not named only once."""
    return list(dict.fromkeys(unknown(what, key, known) for key in given if key not in known))


def sections(given: t.Any, notes: Notes) -> dict[str, list[Desired]]:
    """All that a mapping of lists of declarations declares present, each object with every field it has."""
    if not isinstance(given, dict):
        notes.faults.append(f"must be a mapping with the keys {', '.join(sorted(OF_KIND))}")
        return {}
    found: dict[str, list[Desired]] = {}
    for key, entries in given.items():
        if key not in OF_KIND:
            notes.faults.append(unknown("key", key, OF_KIND))
        elif entries is not None:
            found[key] = whole(OF_KIND[key], entries, notes)
    return found


def whole(kind: Kind, entries: t.Any, notes: Notes) -> list[Desired]:
    """The objects of one kind that are declared present, undeclared fields as Airflow has them in a new object."""
    try:
        declared = declare(listed(kind, entries))
    except Refused as refused:
        notes.faults += map(str, refused.faults)
        return []
    present = []
    for one in declared:
        if not one.present:
            continue
        where = f"{kind.name} {one.id!r}"
        if one.awaited is not None:
            places = [path for path, _reference in one.awaited.references()]
            notes.faults += [f"{where}: {place}: is in Vault, where only a module looks" for place in places]
            continue
        missing = [name for name in kind.needed() if one.fields.get(name) is None]
        notes.faults += [f"{where}: {name}: is missing" for name in missing]
        if not missing:
            fields = {each.name: one.fields.get(each.name, each.default) for each in kind.fields}
            present.append(Desired(kind, one.id, True, fields, one.secret))
    return present


def leave_out(one: Desired, names: t.Iterable[str], form: str, notes: Notes) -> None:
    """Note the fields that have a value, and no place in the other form."""
    for name in names:
        if one.fields.get(name):
            notes.lost.append(f"{one.kind.name} {one.id!r}: {name}: left out, {form} has no place for it")


def words(
    kind: Kind, object_id: t.Any, given: Fields, place: str, notes: Notes, told: dict[str, str] | None = None
) -> Fields | None:
    """The words of a declaration, checked; what is empty is left out, but for the value of a variable.

    given: by the names of options. None if there are faults, which are noted; told: what the other form calls them.
    """
    faults: list[str] = []
    made: Fields = {}
    for option in kind.words:
        value = object_id if option is kind.identity else given.get(option.name)
        if option is not kind.identity and (value is None or value in ("", {}) and option.name != "value"):
            continue
        try:
            if value is None:
                raise Wrong("is missing")
            if holds_mask(value):
                raise Wrong(f"is or contains '{MASK}', which is how Airflow shows a secret that it hides")
            made[option.name] = option.type.parse(value)
        except Wrong as wrong:
            faults.append(f"{(told or {}).get(option.name, option.name)}: {wrong}")
    if made.get("port") == 0:  # how a connection says that it has none
        del made["port"]
    notes.faults += [f"{place}: {fault}" for fault in faults]
    return None if faults else made


def hidden(made: Fields) -> Fields:
    """The words with what may be secret in it as a secret."""
    names = {"extra": "secret_extra", "value": "secret_value"}
    return {names.get(name, name): value for name, value in made.items()}
