# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: no stable interface for others.

"""What C(airflow connections|variables|pools export) and C(airflowctl) write, and what their import takes."""

from __future__ import annotations

import re
import typing as t

from .._faults import as_word
from .._json import NOT_JSON, read_json
from .._kinds._kind import Fields
from ._connection import uri_fields
from ._form import OF_KIND, Notes, each_unknown, hidden, words
from ._text import FORMATS, Lines, read_text

# Other names for words of a declaration, and what tells of a state or of the storage.
NAMES = {
    "connections": {"conn_id": "connection_id", "extra_dejson": "extra", "schema_": "schema"},
    "variables": {"val": "value"},
    "pools": {"pool": "name"},
}
IGNORED = {
    "connections": ("id", "is_encrypted", "is_extra_encrypted", "get_uri"),
    "variables": ("id", "is_encrypted"),
    "pools": (
        *("id", "occupied_slots", "running_slots", "queued_slots"),
        *("scheduled_slots", "open_slots", "deferred_slots"),
    ),
}
NOT_STORED = ("secret_extra", "secret_value", "from_vault", "uri", "state")  # words that only declarations have


def from_airflow_export(
    content: t.Any, kind: t.Any, file_format: t.Any, secret: bool, notes: Notes
) -> list[Fields]:
    if kind not in OF_KIND:
        notes.faults.append(f"the kind must be one of {', '.join(sorted(OF_KIND))}")
    if file_format is not None and file_format not in FORMATS:
        notes.faults.append(f"file_format: must be one of {', '.join(FORMATS)}")
    data = None if notes.faults else read_text(content, file_format, notes)
    if notes.faults:
        return []
    kept = [each for each in _entries(kind, data, notes) if not OF_KIND[kind].keeps(str(each[0]))]  # what is ours
    made = [_declared(kind, *each, notes) for each in kept]
    return [hidden(each) if secret else each for each in made if each is not None]


def _entries(kind: str, data: t.Any, notes: Notes) -> t.Iterator[tuple[t.Any, t.Any, str]]:
    """Each entry with its id and place: of a mapping by id, or of a list as airflowctl has it."""
    one = OF_KIND[kind]
    if isinstance(data, dict):
        for number, (object_id, entry) in enumerate(data.items()):
            place = f"{one.name} {as_word(object_id)!r}" if _is_of(kind, entry) else f"{kind}[{number}]"
            if isinstance(data, Lines):  # where what stands before a = may be a line of a private key
                place = f"the text line {data.numbers[object_id]}"
            yield object_id, _variable(entry, place, notes) if kind == "variables" else entry, place
    elif isinstance(data, list):
        met: set[str] = set()
        for number, entry in enumerate(data):
            object_id = _named(kind, entry).get(one.identity.name) if isinstance(entry, dict) else None
            place = f"{one.name} {as_word(object_id)!r}"
            if not isinstance(object_id, (str, int)):
                notes.faults.append(f"{kind}[{number}]: {one.identity.name}: is missing")
            elif str(object_id) in met:
                notes.faults.append(f"{place}: is there twice")
            else:
                met.add(str(object_id))
                yield object_id, entry, place
    else:
        notes.faults.append(f"must be the text of a file of {kind}, or what is read from one: a mapping or a list")


def _is_of(kind: str, entry: t.Any) -> bool:
    """Whether an entry looks like one of its kind, so that its key is an id, and not whatever another file has there."""
    if isinstance(entry, dict):
        return kind == "variables" or any(each.name in _named(kind, entry) for each in OF_KIND[kind].words)
    return kind == "variables" or (isinstance(entry, str) and re.match(r"\s*\{|[\w.+-]+://", entry) is not None)


def _declared(kind: str, object_id: t.Any, entry: t.Any, place: str, notes: Notes) -> Fields | None:
    one = OF_KIND[kind]
    if kind == "connections" and isinstance(entry, str):
        entry = _connection(entry, place, notes)
        if entry is None:
            return None
    if not isinstance(entry, dict):
        notes.faults.append(f"{place}: must be a mapping")
        return None
    named = _named(kind, entry)
    known = [each.name for each in one.words if each.name not in NOT_STORED]
    faults = each_unknown("field", named, known)
    if str(named.pop(one.identity.name, object_id)) != str(object_id):
        faults.append(f"{one.identity.name}: is another one than the key of the entry")
    notes.faults += [f"{place}: {fault}" for fault in faults]
    return words(one, object_id, named, place, notes)


def _named(kind: str, entry: Fields) -> Fields:
    """The fields by the words of a declaration."""
    return {NAMES[kind].get(name, name): value for name, value in entry.items() if name not in IGNORED[kind]}


def _connection(line: str, place: str, notes: Notes) -> t.Any:
    """A line of the env form, a URI or JSON."""
    if not line.lstrip().startswith("{"):
        return uri_fields(line, place, notes)
    read = read_json(line, strict=True)
    if read is NOT_JSON:
        notes.faults.append(f"{place}: is neither a URI nor JSON")
        return None
    return read


def _variable(entry: t.Any, place: str, notes: Notes) -> Fields:
    """The value of a variable, which stands bare, or with its description in a dict."""
    if isinstance(entry, dict) and set(entry) == {"value", "description"}:
        return {"value": _value(entry["value"]), "description": entry["description"]}
    if isinstance(entry, dict) and "value" in entry:
        notes.lost.append(
            f"{place}: is a dict with 'value' in it: taken as it was exported, as the value of the variable. "
            "Airflow's own import would take only what is under 'value'"
        )
    return {"value": _value(entry)}


def _value(value: t.Any) -> t.Any:
    """null is in a declaration what is left out, so that it is written as the text that Airflow stores for it."""
    return "null" if value is None else value
