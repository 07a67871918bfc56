# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: no stable interface for others.

"""What a text of declarations holds and in which line, and how JSON is read. YAML is read by _yaml."""

from __future__ import annotations

import json
import re
import typing as t
from collections import Counter
from dataclasses import dataclass

from ._faults import as_word


class Flaw(ValueError):
    """What is wrong with a text and where: noted, or raised where nothing of the text can be used."""

    def __init__(self, reason: str, line: int | None = None, column: int | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.place = "".join(
            [f" line {line}" if line is not None else "", f", column {column}" if column is not None else ""]
        )


@dataclass(frozen=True)
class Section:
    """A key of the whole text, with its value; if that is a list, with the line where each of its entries begins."""

    key: str
    line: int
    value: t.Any
    lines: list[int]


@dataclass(frozen=True)
class Content:
    """sections is None where the text is no mapping. flaws are what is wrong inside a text that can be read."""

    sections: list[Section] | None
    flaws: list[Flaw]


def twice(key: str) -> str:
    """The reason why a mapping is refused that Python, and Ansible but for a warning, would take."""
    return f"the key {as_word(key)!r} is there twice in one mapping"


def read_json_text(text: str) -> Content:
    """A text of JSON. Raises Flaw."""
    try:
        whole = json.loads(text)
    except json.JSONDecodeError as error:
        raise Flaw("is neither YAML nor JSON", error.lineno, error.colno) from None
    except RecursionError:
        raise Flaw("is nested too deeply") from None
    except ValueError:  # Python's limit
        raise Flaw("holds a number that is too large") from None
    return _Reading(text).content() if isinstance(whole, dict) else Content(None, [])


_BETWEEN = re.compile(r"[\s:,]*")


class _Reading:
    """Goes through a text that is JSON and a mapping, an entry of a list at a time, and so knows the lines."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.place, self.line = 0, 1
        self.decode = json.JSONDecoder(object_pairs_hook=self._mapping).raw_decode
        self.repeated: list[str] = []
        self.flaws: list[Flaw] = []

    def content(self) -> Content:
        self._skip(1)
        sections = []
        while self.text[self.place] != "}":
            line, key = self.line, self._value()
            if self.text[self.place] == "[":
                sections.append(Section(key, line, *self._entries()))
            else:
                sections.append(Section(key, line, self._value(), []))
        return Content(sections, self.flaws)

    def _entries(self) -> tuple[list[t.Any], list[int]]:
        entries, lines = [], []
        self._skip(self.place + 1)
        while self.text[self.place] != "]":
            lines.append(self.line)
            entries.append(self._value())
        self._skip(self.place + 1)
        return entries, lines

    def _value(self) -> t.Any:
        value, end = self.decode(self.text, self.place)
        self.flaws += [Flaw(twice(key), self.line) for key in self.repeated]
        self.repeated.clear()
        self._skip(end)
        return value

    def _skip(self, start: int) -> None:
        """Go on to where the next value begins."""
        found = _BETWEEN.match(self.text, start)
        after = found.end() if found else start
        self.line += self.text.count("\n", self.place, after)
        self.place = after

    def _mapping(self, pairs: list[tuple[str, t.Any]]) -> dict[str, t.Any]:
        mapping = dict(pairs)
        if len(mapping) < len(pairs):
            times = Counter(key for key, _value in pairs)
            self.repeated += [key for key in times if times[key] > 1]
        return mapping
