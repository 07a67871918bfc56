# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: no stable interface for others.

"""Files of environment variables as C(EnvironmentFile=) of systemd reads them."""

from __future__ import annotations

import re
import typing as t

from ._env_text import Entry, Piece, Unreadable, escaped, line_number

TITLE = "an environment file of systemd"
NAMES = r"[A-Za-z_][A-Za-z0-9_]*"
NAMES_TOLD = "have only letters, digits and underscores"

SKIPPED = re.compile(r"[ \t\r\n]*(?:[#;][^\r\n]*(?:\r\n|[\r\n]|\Z))?")
KEY = re.compile(r"([^=\r\n]*)(=)?")
BLANKS = re.compile(r"[ \t]*")
SINGLE, DOUBLE = re.compile(r"'([^']*)'"), re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
PLAIN = re.compile(r"(?:[^\\\r\n]|\\.)*", re.DOTALL)  # what begins without a quote has none
END = re.compile(r"\r\n|[\r\n]|\Z")
LAST_TWO = "".join(chr(plane << 16 | last) for plane in range(17) for last in (0xFFFE, 0xFFFF))
NO_CHARACTERS = re.compile(f"[\ufdd0-\ufdef{LAST_TWO}]")


def refuses(name: str, value: str) -> str | None:
    """Why such a value cannot stand in a file of this kind."""
    if NO_CHARACTERS.search(value):
        return "it holds a code of Unicode that is no character, for which systemd refuses the file"
    return None


class Grammar:
    """See _env_text."""

    def __init__(self, text: str) -> None:
        self.text = text

    def pieces(self) -> t.Iterator[Piece]:
        start = 0
        while start < len(self.text):
            at = _match(SKIPPED, self.text, start).end()
            if at == start or self.text[at - 1] not in "\r\n":
                at, entry = self._statement(at)
                yield Piece(self.text[start:at], (entry,) if entry else ())
            else:
                yield Piece(self.text[start:at])
            start = at

    def _statement(self, at: int) -> tuple[int, Entry | None]:
        """Where it ends, and what it sets."""
        begun = at
        key = _match(KEY, self.text, at)
        if not key[2]:
            return _match(END, self.text, key.end()).end(), None
        name, value, at = key[1].strip(" \t"), "", key.end()
        while True:
            at = _match(BLANKS, self.text, at).end()
            end = END.match(self.text, at)
            if end:
                return end.end(), Entry(name, value)
            if self.text[at] not in "'\"":
                break
            quoted = (SINGLE if self.text[at] == "'" else DOUBLE).match(self.text, at)
            if not quoted:
                raise Unreadable(f"line {line_number(self.text, begun)}: a quote is not closed")
            value += quoted[1] if self.text[at] == "'" else re.sub(r"\\(.)", _meant, quoted[1], flags=re.DOTALL)
            at = quoted.end()
        plain = _match(PLAIN, self.text, at)
        end = END.match(self.text, plain.end())
        if not end:
            raise Unreadable(f"line {line_number(self.text, begun)}: it ends with a backslash")
        return end.end(), Entry(name, value + _unescaped(plain[0]))

    def line(self, name: str, value: str) -> str:
        # In single quotes, versions of long ago took a backslash for an escape.
        quoted = f'"{escaped(value, chr(92) + chr(34) + "$`")}"' if set("'\\") & set(value) else f"'{value}'"
        return f"{name}={quoted}"


def _match(pattern: re.Pattern[str], text: str, at: int) -> re.Match[str]:
    """For patterns that match anything, be it nothing."""
    found = pattern.match(text, at)
    if found is None:
        raise ValueError(pattern.pattern)
    return found


def _meant(found: re.Match[str]) -> str:
    """A backslash in double quotes: of anything else it stays."""
    return "" if found[1] == "\n" else found[1] if found[1] in '"\\`$' else found[0]


def _unescaped(text: str) -> str:
    """A value without quotes, without the blanks at its end that no backslash stands before."""
    kept = re.sub(r"((?:[^\\]|\\.)*?)[ \t]*\Z", r"\1", text, flags=re.DOTALL)
    return re.sub(r"\\(.)", lambda found: "" if found[1] in "\r\n" else found[1], kept, flags=re.DOTALL)
