# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: no stable interface for others.

"""Merge declarations by id. Pure: no Ansible, no file, no server.

Used wherever declarations come from several sources, so that secrets can stand in a file of their own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

# The option that names an object of a kind, its aliases after it.
IDENTITIES: dict[str, tuple[str, ...]] = {
    "connections": ("connection_id", "conn_id"),
    "variables": ("key",),
    "pools": ("name",),
}

# Spellings of one field: a later source that uses one of them takes the place of the others.
SPELLINGS = ("value", "secret_value", "from_vault")


def merge(kind: str, sources: Iterable[Sequence[Any] | None]) -> list[Any]:
    """Merge lists of objects of one kind: of the same object, the fields of a later source win.

    What is wrong inside a source (no id, an id twice, not a mapping) is left in place: whoever takes
    the result refuses it, together with every other fault.
    """
    return [item for item, _parts in merge_parts(kind, sources)]


def merge_parts(kind: str, sources: Iterable[Sequence[Any] | None]) -> list[tuple[Any, list[tuple[int, int]]]]:
    """The same, each object with where its parts stood: the number of the source, and of the entry in that."""
    merged: list[tuple[Any, list[tuple[int, int]]]] = []
    places: dict[str, int] = {}  # where the object of that id is in merged
    for number, source in enumerate(sources):
        met: set[str | None] = {None}  # in this source
        for entry, declared in enumerate(source or ()):
            item, name = _identified(kind, declared)
            if name not in met and name in places:
                earlier, parts = merged[places[name]]
                merged[places[name]] = _overlaid(earlier, item), [*parts, (number, entry)]
            else:
                if name is not None:
                    places.setdefault(name, len(merged))
                merged.append((item, [(number, entry)]))
            met.add(name)
    return merged


def _identified(kind: str, declared: Any) -> tuple[Any, str | None]:
    """The object with its id under the option's own name, and that id; None if it has none to merge by."""
    if not isinstance(declared, Mapping):
        return declared, None
    item = dict(declared)
    option, *aliases = IDENTITIES[kind]
    for alias in aliases:
        if alias in item and option not in item:
            item[option] = item.pop(alias)
    name = item.get(option)
    if isinstance(name, int) and not isinstance(name, bool):  # YAML's idea of an unquoted 2024
        name = str(name)
    return item, name if isinstance(name, str) and name else None


def _overlaid(earlier: dict[str, Any], later: dict[str, Any]) -> dict[str, Any]:
    respelt = any(later.get(field) is not None for field in SPELLINGS)
    replaced = [field for field in SPELLINGS if respelt and field not in later]
    return {field: value for field, value in earlier.items() if field not in replaced} | later
