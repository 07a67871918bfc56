# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: no stable interface for others.

"""Astronomer's C(airflow_settings.yaml), from which C(astro dev) fills a local Airflow.

The Astro CLI hands what it reads to the command line of that Airflow. What it skips or changes on the way, this form
cannot hold: empty values, pools without slots, and of a dict as C(conn_extra) the case of keys and what is no text. So
C(conn_extra) is written as a text of JSON.
"""

from __future__ import annotations

import json
import re
import typing as t

from .._declaration import Desired
from .._faults import as_word, unknown
from .._kinds import Kind
from .._kinds._kind import Fields
from .._kinds._types import Wrong, text
from ._connection import uri_fields
from ._form import OF_KIND, Notes, each_unknown, hidden, leave_out, sections, words
from ._text import read_text

KEYS: dict[str, dict[str, str]] = {
    "connections": {
        "conn_id": "connection_id",
        "conn_type": "conn_type",
        "conn_host": "host",
        "conn_schema": "schema",
        "conn_login": "login",
        "conn_password": "password",
        "conn_port": "port",
        "conn_uri": "uri",
        "conn_extra": "extra",
    },
    "pools": {"pool_name": "name", "pool_slot": "slots", "pool_description": "description"},
    "variables": {"variable_name": "key", "variable_value": "value"},
}
LEFT_OUT = {
    "connections": ("description", "team_name"),
    "pools": ("include_deferred", "team_name"),
    "variables": ("description", "team_name"),
}
EMPTY: tuple[t.Any, ...] = (None, "", {})
NUMBERS = ("port", "slots")  # of which 0 is empty to the Astro CLI


def to_astro_settings(declarations: t.Any, notes: Notes) -> Fields:
    found = sections(declarations, notes)
    return {"airflow": {plural: [entry_of(plural, one, notes) for one in found[plural]] for plural in KEYS if plural in found}}


def entry_of(plural: str, one: Desired, notes: Notes) -> Fields:
    leave_out(one, LEFT_OUT[plural], "airflow_settings.yaml", notes)
    kind, where = one.kind, f"{one.kind.name} {one.id!r}"
    fields = {**one.fields, one.kind.identity.name: one.id}
    entry: Fields = {}
    for key, name in KEYS[plural].items():
        value = fields.get(name)
        if value not in EMPTY:
            value = str(value) if isinstance(value, str) else value
            entry[key] = json.dumps(value, ensure_ascii=False) if name == "extra" else value
            if _breaks(kind, name, str(entry[key])):
                notes.lost.append(f"{where}: {name}: will not pass `astro dev`, which puts it unescaped on a command line")
    if plural == "variables" and "variable_value" not in entry:
        notes.faults.append(f"{where}: value: is empty, and airflow_settings.yaml has no empty variables")
    if plural == "pools" and entry.get("pool_slot") == 0:
        notes.faults.append(f"{where}: slots: are 0, and airflow_settings.yaml has no pools without slots")
    return entry


def _breaks(kind: Kind, name: str, value: str) -> bool:
    """Whether the Astro CLI spoils it: it puts single quotes around values, and nothing around names."""
    quoted = kind.name == "connection" or name != kind.identity.name
    return "'" in value if quoted else re.search(r"[^\w.,:=@%/+-]", value) is not None


def from_astro_settings(settings: t.Any, secret: bool, notes: Notes) -> dict[str, list[Fields]]:
    settings = read_text(settings, "yaml", notes)
    if notes.faults:
        return {}
    airflow = settings.get("airflow") if isinstance(settings, dict) else None
    if not isinstance(airflow, dict):
        notes.faults.append(f"must be a mapping with the key airflow, and in it {', '.join(KEYS)}")
        return {}
    if len(settings) > 1:
        notes.faults.append("must have no other key beside airflow")
    made: dict[str, list[Fields]] = {}
    for plural, entries in airflow.items():
        if plural not in KEYS:
            notes.faults.append(unknown("key", plural, KEYS))
        elif entries is not None and not isinstance(entries, list):
            notes.faults.append(f"{plural} must be a list")
        else:
            read = [declaration_of(plural, entry, f"{plural}[{n}]", notes) for n, entry in enumerate(entries or [])]
            made[plural] = [hidden(each) if secret else each for each in read if each is not None]
            _refuse_twins(OF_KIND[plural], made[plural], notes)
    return made


def declaration_of(plural: str, entry: t.Any, place: str, notes: Notes) -> Fields | None:
    """An entry as a declaration; None if it is an empty template, or faulty."""
    if not isinstance(entry, dict):
        notes.faults.append(f"{place}: must be a dict")
        return None
    keys, kind = KEYS[plural], OF_KIND[plural]
    given = {keys[key]: value for key, value in entry.items() if key in keys and value not in EMPTY}
    given = {name: value for name, value in given.items() if value != 0 or name not in NUMBERS}
    faults = each_unknown("key", entry, keys)
    object_id = given.pop(kind.identity.name, None)
    if object_id is None and not faults and set(given) <= {"extra"}:  # of which the template has an example
        return None
    place = place if object_id is None else f"{place} {as_word(object_id)!r}"
    if plural == "connections":
        given = _with_uri(given, place, notes)
        if not {"conn_type", "uri"} & set(given):
            faults.append("conn_type or conn_uri: is missing")
    elif plural == "variables":
        try:  # the Astro CLI has 1 for true, and 1.1 for 1.10
            given["value"] = text(empty=False).parse(given.get("value", ""))
        except Wrong as wrong:
            faults.append(f"variable_value: {wrong}")
            given["value"] = "-"
    elif "slots" not in given:
        faults.append("pool_slot: is missing, or 0")
    notes.faults += [f"{place}: {fault}" for fault in faults]
    return words(kind, object_id, given, place, notes, {name: key for key, name in keys.items()})


def _with_uri(given: Fields, place: str, notes: Notes) -> Fields:
    """conn_uri stands for all fields, but a conn_extra beside it for the extra of the URI."""
    if not isinstance(given.get("uri"), str):
        return given
    beside = [key for key, name in KEYS["connections"].items() if name in given and name not in ("uri", "extra")]
    if beside:
        notes.faults.append(f"{place}: conn_uri: stands for the fields, so it cannot be together with {', '.join(beside)}")
        return given
    read = uri_fields(given["uri"], f"{place}: conn_uri", notes)
    return given if "extra" not in given or read is None else {**read, "extra": given["extra"]}


def _refuse_twins(kind: Kind, made: list[Fields], notes: Notes) -> None:
    ids = [each[kind.identity.name] for each in made]
    notes.faults += [f"{kind.name} {each!r}: is there twice" for each in sorted({e for e in ids if ids.count(e) > 1})]
