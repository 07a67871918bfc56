# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: no stable interface for others.

"""Env files as C(env_file) of Docker Compose (version 2 and newer) reads them: with quotes, escapes and C($)."""

from __future__ import annotations

import re
import typing as t

from ._env_text import Entry, Piece, Unreadable, escaped, line_number

TITLE = "an env file of Compose"
NAMES = r"[A-Za-z0-9_.-]+"
NAMES_TOLD = "have only letters, digits, underscores, dots and hyphens"

BLANK = re.compile(r"[^\S\n]*(?:#[^\n]*)?(?:\n|\Z)")
KEY = re.compile(r"\s*(?:export\s+)?([\w.\[\]-]+)[^\S\n]*(?:[=:][^\S\n]*|(?=\n|\Z))", re.ASCII)
SINGLE, DOUBLE = re.compile(r"'((?:[^'\\]|\\.)*)'", re.DOTALL), re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
PLAIN = re.compile(r"([^\n]*)(?:\n|\Z)")
ESCAPE = re.compile(r'\\([abfnrtv$"\\]|0[0-7]{3})')
MEANING = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "$": "$$", '"': '"', "\\": "\\"}
INHERITED = "takes its value from the environment of Compose"
EXPANDED = "takes a part of its value from other variables"


def refuses(name: str, value: str) -> str | None:
    """Everything can be written."""
    return None


class Grammar:
    """See _env_text."""

    def __init__(self, text: str) -> None:
        self.text = text

    def pieces(self) -> t.Iterator[Piece]:
        at = 1 if self.text.startswith("\ufeff") else 0
        start = 0
        while start < len(self.text):
            at, entries = self._statement(max(at, start))
            yield Piece(self.text[start:at], entries)
            start = at

    def _statement(self, at: int) -> tuple[int, tuple[Entry, ...]]:
        """Where it ends, and what it sets."""
        blank = BLANK.match(self.text, at)
        if blank:
            return blank.end(), ()
        key = KEY.match(self.text, at)
        if not key or not key[0].rstrip().endswith(("=", ":")):
            line = PLAIN.match(self.text, at)
            return line.end() if line else len(self.text), (Entry(key[1], None, INHERITED),) if key else ()
        quote = self.text[key.end() : key.end() + 1]
        if quote not in ("'", '"'):
            return self._unquoted(key[1], key.end())
        quoted = (SINGLE if quote == "'" else DOUBLE).match(self.text, key.end())
        rest = BLANK.match(self.text, quoted.end()) if quoted else None
        if not quoted or not rest:
            told = "something stands behind a closing quote" if quoted else "a quote is not closed"
            raise Unreadable(f"line {line_number(self.text, key.start(1))}: {told}")
        body = quoted[1].replace("\r\n", "\n")
        if quote == "'":
            return rest.end(), (Entry(key[1], re.sub(r"\\('|.)", _unless(quote), body, flags=re.DOTALL)),)
        body = re.sub(r"\\(.)", _unless(quote), body, flags=re.DOTALL)
        return rest.end(), (_expanded(key[1], ESCAPE.sub(_meant, body)),)

    def _unquoted(self, name: str, at: int) -> tuple[int, tuple[Entry, ...]]:
        line = PLAIN.match(self.text, at)
        if line is None:  # never
            return len(self.text), ()
        return line.end(), (_expanded(name, line[1].partition(" #")[0].strip()),)

    def line(self, name: str, value: str) -> str:
        if not set("'\n\r") & set(value) and not value.endswith("\\"):
            return f"{name}='{value}'"
        return f'{name}="{escaped(value, chr(92) + chr(34) + "$")}"'.replace("\n", r"\n").replace("\r", r"\r")


def _unless(quote: str) -> t.Callable[[re.Match[str]], str]:
    """A backslash goes before its own quote only."""
    return lambda found: quote if found[1] == quote else found[0]


def _meant(found: re.Match[str]) -> str:
    return MEANING[found[1]] if found[1] in MEANING else chr(int(found[1], 8) & 0xFF)


def _expanded(name: str, text: str) -> Entry:
    """A value with two dollar signs for each one that is meant."""
    if "$" in text.replace("$$", ""):
        return Entry(name, None, EXPANDED)
    return Entry(name, text.replace("$$", "$"))
