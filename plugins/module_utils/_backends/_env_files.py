# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: no stable interface for others.

"""Environment variables in an env file, one a line, as C(docker run --env-file) takes them."""

from __future__ import annotations

import re
import typing as t

from .._declaration import Desired
from .._faults import Fault
from .._kinds import CONNECTION, VARIABLE, Kind
from .._kinds._kind import Fields
from ._backend import decoded, encoded
from ._file import FileBackend, read_file_options

OPTIONS: dict[str, dict[str, t.Any]] = {
    "path": {"type": "path"},
    "mode": {"type": "str", "default": "0600"},
}
WITHHELD: frozenset[str] = frozenset()
PREFIXES = {CONNECTION: "AIRFLOW_CONN_", VARIABLE: "AIRFLOW_VAR_"}


def read(words: dict[str, t.Any], faults: list[Fault]) -> FileBackend | None:
    path, mode = read_file_options(words, faults)
    return None if faults else EnvFile(path, mode)


class EnvFile(FileBackend):
    """Lines that set no connection or variable stay as they are."""

    def __init__(self, path: str, mode: int) -> None:
        super().__init__(path, mode)
        self._spelling: dict[tuple[str, str], str] = {}
        self._lines: list[str] | None = None

    def expect(self, desired: t.Sequence[Desired]) -> None:
        super().expect(desired)
        self._spelling = {(one.kind.name, one.id.upper()): one.id for one in desired}

    def objections(self, one: Desired) -> list[str]:
        reasons = super().objections(one)
        same = self._spelling.get((one.kind.name, one.id.upper()))
        if same != one.id:
            reasons.append(f"environment variables are in capitals, so {one.id!r} and {same!r} would be the same one")
        if not re.fullmatch(r"[^\s=#]+", one.id):
            reasons.append("such an id cannot be part of an environment variable's name")
        if one.kind is VARIABLE and set("\r\n\0") & set(str(one.fields.get("value") or "")):
            reasons.append("value: a line break cannot stand in this kind of file")
        return reasons

    @property
    def lines(self) -> list[str]:
        if self._lines is None:
            self._lines = self.text.splitlines()
        return self._lines

    def ids(self, kind: Kind) -> list[str]:
        names = [line.partition("=")[0] for line in self.lines if line.startswith(PREFIXES[kind]) and "=" in line]
        upper = [name.removeprefix(PREFIXES[kind]) for name in names]
        return [self._spelling.get((kind.name, each.upper()), each.lower()) for each in upper]

    def read(self, kind: Kind, object_id: str) -> Fields | None:
        place = self._place(kind, object_id)
        return None if place is None else decoded(kind, self.lines[place].partition("=")[2])

    def put(self, kind: Kind, object_id: str, fields: Fields) -> None:
        line = f"{PREFIXES[kind]}{object_id.upper()}={encoded(kind, fields)}"
        place = self._place(kind, object_id)
        if place is None:
            self.lines.append(line)
        else:
            self.lines[place] = line

    def drop(self, kind: Kind, object_id: str) -> None:
        place = self._place(kind, object_id)
        if place is not None:
            del self.lines[place]

    def render(self) -> str:
        return "".join(f"{line}\n" for line in self.lines)

    def _place(self, kind: Kind, object_id: str) -> int | None:
        """The last line of this name counts."""
        start = f"{PREFIXES[kind]}{object_id.upper()}="
        return next((number for number in reversed(range(len(self.lines))) if self.lines[number].startswith(start)), None)
