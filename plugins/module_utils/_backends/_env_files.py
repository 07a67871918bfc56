# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: no stable interface for others.

"""Environment variables as Airflow looks for them, in a file of any of the kinds that set some."""

from __future__ import annotations

import dataclasses
import re
import typing as t
from functools import cached_property

from .._declaration import Desired
from .._faults import Fault, ServerFault
from .._kinds import CONNECTION, VARIABLE, Kind
from .._kinds._kind import Fields
from .._memory import read_memories
from .._secrets._reference import holds_unread
from . import _env_compose, _env_docker, _env_dockerfile, _env_kubernetes, _env_systemd
from ._backend import Misshapen, decoded, encoded
from ._env_text import LONGEST, Lines, Sheet, Unreadable
from ._file import FileBackend, read_file_options

FORMATS: dict[str, t.Any] = {
    "docker": _env_docker,
    "compose": _env_compose,
    "systemd": _env_systemd,
    "kubernetes": _env_kubernetes,
    "dockerfile": _env_dockerfile,
}
"""Each has a TITLE; NAMES, the pattern of the names that it takes, and NAMES_TOLD, that in words; refuses(), which says why
a value cannot stand there; and a Grammar."""
OPTIONS: dict[str, dict[str, t.Any]] = {
    "path": {"type": "path"},
    "mode": {"type": "raw", "default": "0600"},
    "format": {"type": "str", "choices": [*FORMATS], "default": "docker"},
    "secret_name": {"type": "str", "no_log": False},
    "secret_namespace": {"type": "str", "no_log": False},
}
WITHHELD: frozenset[str] = frozenset()
PREFIXES = {CONNECTION: "AIRFLOW_CONN_", VARIABLE: "AIRFLOW_VAR_"}
OF_TEAMS = re.compile(r"_[^_].*___", re.DOTALL)  # what follows the prefix in the names of a team's variables
LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"


def read(words: dict[str, t.Any], faults: list[Fault]) -> FileBackend | None:
    before = len(faults)
    path, mode = read_file_options(words, faults)
    form = str(words.get("format") or "docker")
    name, namespace = words.get("secret_name"), words.get("secret_namespace")
    if form == "kubernetes":
        if not name:
            faults.append(Fault("secret_name", "is missing: the name of the Secret"))
        elif not re.fullmatch(rf"{LABEL}(\.{LABEL})*", name) or len(name) > 253:
            faults.append(
                Fault("secret_name", "must be lower case letters, digits, hyphens and dots, as names in Kubernetes are")
            )
        if namespace and not re.fullmatch(LABEL, namespace):
            faults.append(Fault("secret_namespace", "must be lower case letters, digits and hyphens, at most 63"))
    else:
        faults += [
            Fault(word, "is for format=kubernetes only")
            for word in ("secret_name", "secret_namespace")
            if words.get(word)
        ]
    if form not in FORMATS:
        faults.append(Fault("format", f"must be one of {', '.join(FORMATS)}"))
    return None if len(faults) > before else EnvFile(path, mode, form, name or "", namespace or None)


class EnvFile(FileBackend):
    """Airflow writes ids in capitals, so their own spelling is taken from declarations and from what owners applied."""

    abilities = dataclasses.replace(FileBackend.abilities, ids_in_capitals=True)

    def __init__(
        self, path: str, mode: int, form: str = "docker", name: str = "", namespace: str | None = None
    ) -> None:
        super().__init__(path, mode)
        self.form = FORMATS[form]
        self._secret = name, namespace
        self._spellings: dict[tuple[str, str], list[str]] = {}
        if self.form is _env_dockerfile:
            self.notes.append(
                f"what stands in {path} is in the image, for everybody to read who has it, and in the history of its layers"
            )

    def expect(self, desired: t.Sequence[Desired]) -> None:
        super().expect(desired)
        for one in desired:
            self._spellings.setdefault((one.kind.name, one.id.upper()), []).append(one.id)

    def objections(self, one: Desired) -> list[str]:
        reasons = super().objections(one)
        others = [each for each in self._spellings.get((one.kind.name, one.id.upper()), ()) if each != one.id]
        if others:
            reasons.append(
                f"names of environment variables are in capitals, so it would be the same one as {others[0]!r}"
            )
        if not re.fullmatch(self.form.NAMES, _name(one.kind, one.id)) or "\0" in one.id:
            reasons.append(f"in {self.form.TITLE}, ids {self.form.NAMES_TOLD}")
        value = _declared_value(one)
        why = self._refuses(_name(one.kind, one.id), value) if value is not None else None
        if why:
            reasons.append(f"value: {why}" if one.kind is VARIABLE else why)
        return reasons

    @cached_property
    def sheet(self) -> Sheet:
        try:
            return self._opened(self.text)
        except Unreadable as why:
            raise ServerFault(f"{self.path} is not {self.form.TITLE}: {why}") from None

    def _opened(self, text: str) -> Sheet:
        if self.form is _env_kubernetes:
            return _env_kubernetes.Manifest(text, *self._secret)
        return Lines(text, self.form.Grammar(text))

    def ids(self, kind: Kind) -> list[str]:
        return [self._spelled[kind.name, each] for each in self._capitals(kind)]

    def read(self, kind: Kind, object_id: str) -> Fields | None:
        entry = self.sheet.get(_name(kind, object_id))
        if entry is None:
            return None
        if entry.value is None:
            raise Misshapen(entry.why)
        return decoded(kind, entry.value)

    def put(self, kind: Kind, object_id: str, fields: Fields) -> None:
        name, value = _name(kind, object_id), encoded(kind, fields)
        why = self._refuses(name, value)  # of what came from Vault nobody knew
        if why:
            raise ServerFault(f"{kind.name} {object_id!r}: {'value: ' if kind is VARIABLE else ''}{why}", 400)
        self.sheet.put(name, value)

    def drop(self, kind: Kind, object_id: str) -> None:
        self.sheet.drop(_name(kind, object_id))

    def render(self) -> str:
        try:
            text = self.sheet.render()
            again = self._opened(text)
        except Unreadable:
            told = "write out what has an anchor or an alias of YAML, and let no line end with a backslash"
            raise ServerFault(f"{self.path} cannot be changed so that the rest of it stays the same; {told}") from None
        if {*again.names()} != {*self.sheet.names()} or any(
            again.get(each) != self.sheet.get(each) for each in again.names()
        ):
            raise ServerFault(f"{self.path} cannot be written so that the rest of it stays the same; please report it")
        return text

    def _refuses(self, name: str, value: str) -> str | None:
        if len(f"{name}={value}".encode()) > LONGEST:
            return "Linux takes no environment variable of more than 128 KiB"
        told: str | None = self.form.refuses(name, value)
        return told

    def _capitals(self, kind: Kind) -> list[str]:
        """The ids of a kind as they are in the names of variables."""
        prefix = PREFIXES[kind]
        found = [name.removeprefix(prefix) for name in self.sheet.names() if name.startswith(prefix)]
        return [
            each
            for each in found
            if each
            and each == each.upper()  # of others Airflow sees nothing
            and (not OF_TEAMS.match(each) or (kind.name, each) in self._spellings)
        ]

    @cached_property
    def _spelled(self) -> dict[tuple[str, str], str]:
        """Ids by kind and capitals."""
        spelled = {(kind.name, each): each.lower() for kind in PREFIXES for each in self._capitals(kind)}
        keys = [each.lower() for each in self._capitals(VARIABLE) if VARIABLE.keeps(each.lower())]
        notes = [found for found in (self.get(VARIABLE, key) for key in keys) if found]
        for objects in read_memories(notes, "").others.values():
            spelled.update({(kind, each.upper()): each for kind, ids in objects.items() for each in ids})
        return {**spelled, **{place: ids[-1] for place, ids in self._spellings.items()}}


def _name(kind: Kind, object_id: str) -> str:
    return PREFIXES[kind] + object_id.upper()


def _declared_value(one: Desired) -> str | None:
    """What would stand there of what is declared, None where that is not known yet."""
    if one.awaited is not None and any(holds_unread(value) for value in one.fields.values()):
        return None
    if one.kind is VARIABLE:
        return one.fields.get("value")
    return encoded(one.kind, one.fields)
