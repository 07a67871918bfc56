# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: no stable interface for others.

"""Astronomer's C(airflow_settings.yaml), from which C(astro dev) fills a local Airflow.

Kept as PyYAML's nodes, not as values, so that what nobody declares is written as it was: C(1.10) stays C(1.10), and
quotes stay quotes. PyYAML has no comments, so those are lost when anything is written.
"""

from __future__ import annotations

import contextlib
import re
import typing as t
from functools import cached_property

from .._abilities import Abilities
from .._declaration import Desired
from .._faults import Fault, ServerFault
from .._forms._astro import KEYS, declaration_of, entry_of
from .._forms._form import OF_KIND, Notes
from .._kinds import Kind
from .._kinds._kind import Clash, Fields
from .._texts import Flaw
from .._yaml import NULL
from .._yaml_nodes import Nodes
from ._backend import Misshapen
from ._file import FileBackend, read_file_options

OPTIONS: dict[str, dict[str, t.Any]] = {
    "path": {"type": "path"},
    "mode": {"type": "raw", "default": "0600"},
}
WITHHELD: frozenset[str] = frozenset()


def read(words: dict[str, t.Any], faults: list[Fault]) -> FileBackend | None:
    path, mode = read_file_options(words, faults)
    return None if faults else AstroSettings(path, mode)


class AstroSettings(FileBackend):
    """Lists of entries, of which empty templates and all that nobody declares stay as they are."""

    abilities = Abilities(
        shows_variables_as_stored=True,
        masks=False,
        clears_passwords=True,
        drops={
            "connection": frozenset({"description"}),
            "variable": frozenset({"description"}),
            "pool": frozenset({"include_deferred"}),
        },
        writes_on_commit=True,
    )

    def objections(self, one: Desired) -> list[str]:
        fields = {name: value for name, value in one.fields.items() if not one.is_unread(name)}
        if one.kind.plural == "variables" and "value" not in fields:
            return []
        notes = Notes()
        entry_of(one.kind.plural, Desired(one.kind, one.id, True, fields, one.secret), notes)
        start = f"{one.kind.name} {one.id!r}: "
        self.notes += [note for note in notes.lost if "left out" not in note]
        return [fault.removeprefix(start) for fault in notes.faults]

    def ids(self, kind: Kind) -> list[str]:
        return [*dict.fromkeys(name for name, _entry in self._entries(kind) if name is not None)]

    def read(self, kind: Kind, object_id: str) -> Fields | None:
        found = [entry for name, entry in self._entries(kind) if name == object_id]
        if len(found) > 1:
            raise Misshapen("is there twice")
        return self._fields(kind, found[0]) if found else None

    def put(self, kind: Kind, object_id: str, fields: Fields) -> None:
        notes = Notes()
        made = entry_of(kind.plural, Desired(kind, object_id, True, fields, frozenset()), notes)
        if notes.faults:
            raise ServerFault(notes.faults[0])
        entries = self._list(kind)
        place = next((n for n, entry in enumerate(entries.value) if self._name(kind, entry) == object_id), None)
        if place is None:
            entries.flow_style = False
            entries.value.append(self.nodes.mapping((key, self.nodes.scalar(value)) for key, value in made.items()))
            return
        old, keys = self._fields(kind, entries.value[place]), KEYS[kind.plural]
        same = {key for key, name in keys.items() if name == kind.identity.name or old.get(name) == fields.get(name)}
        kept = {key.value: value for key, value in entries.value[place].value if key.value in same}
        entries.value[place] = self.nodes.mapping(
            (key, kept.get(key) or self.nodes.scalar(value)) for key, value in made.items()
        )

    def drop(self, kind: Kind, object_id: str) -> None:
        entries = self._list(kind)
        entries.value[:] = [entry for entry in entries.value if self._name(kind, entry) != object_id]

    def render(self) -> str:
        if re.search(r"^\s*#|\s#", self.text, re.MULTILINE):
            self.notes.append(f"comments in {self.path} are lost when it is written")
        return self.nodes.text()

    @cached_property
    def nodes(self) -> Nodes:
        """The whole file."""
        with self._sentences():
            return Nodes(self.text)

    def _list(self, kind: Kind) -> t.Any:
        """The node of a list, made if need be."""
        nodes = self.nodes
        section = self._section(kind)
        if section is not None:
            return section
        nodes.root = nodes.root or nodes.mapping()
        settings = nodes.below(nodes.root, "airflow") or nodes.put(nodes.root, "airflow", nodes.mapping())
        return nodes.put(settings, kind.plural, nodes.sequence())

    def _section(self, kind: Kind) -> t.Any:
        """The node of a list, None where there is none. Raises ServerFault."""
        nodes, name = self.nodes, "airflow"
        if nodes.root is None:
            return None
        with self._sentences():
            if nodes.root.id != "mapping" or name not in [key.value for key, _value in nodes.root.value]:
                raise Flaw("is no airflow_settings.yaml: it must be a mapping with the key airflow")
            settings = nodes.below(nodes.root, name)
            if settings is not None and settings.id != "mapping":
                raise Flaw("is no airflow_settings.yaml: airflow must be a mapping")
            section = None if settings is None else nodes.below(settings, kind.plural)
            if section is not None and section.id != "sequence":
                raise Flaw(f"is no airflow_settings.yaml: {kind.plural} must be a list")
            return section

    def _entries(self, kind: Kind) -> list[tuple[str | None, t.Any]]:
        section = self._section(kind)
        return [] if section is None else [(self._name(kind, entry), entry) for entry in section.value]

    def _name(self, kind: Kind, entry: t.Any) -> str | None:
        """The id of an entry; None of a template that nobody has filled in, and of what is none."""
        key = next(key for key, name in KEYS[kind.plural].items() if name == kind.identity.name)
        names = [value for name, value in entry.value if name.value == key] if entry.id == "mapping" else []
        return names[0].value or None if names and names[0].id == "scalar" and names[0].tag != NULL else None

    @contextlib.contextmanager
    def _sentences(self) -> t.Iterator[None]:
        try:
            yield
        except Flaw as flaw:
            raise ServerFault(f"{self.path}{flaw.place} {flaw.reason}") from None

    def _fields(self, kind: Kind, entry: t.Any) -> Fields:
        """Raises Misshapen."""
        notes = Notes()
        try:
            words = declaration_of(kind.plural, self.nodes.value(entry), "", notes)
        except Flaw as flaw:
            raise Misshapen(f"cannot be read: it{flaw.place} {flaw.reason}") from None
        if words is None or notes.faults:
            raise Misshapen("is none that an airflow_settings.yaml may have")
        try:
            fields, _secret = OF_KIND[kind.plural].fold({n: v for n, v in words.items() if n != kind.identity.name})
        except Clash:
            raise Misshapen("is none that an airflow_settings.yaml may have") from None
        return fields
