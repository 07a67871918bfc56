# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: no stable interface for others.

"""C(ENV) instructions of a Dockerfile, those of its last stage, which the image is made of."""

from __future__ import annotations

import re
import typing as t

from ._env_text import SPACES, Entry, Piece, escaped, split_lines

TITLE = "a Dockerfile"
NAMES = r"[A-Za-z0-9_.-]+"
NAMES_TOLD = "have only letters, digits, underscores, dots and hyphens"
LONGEST_LINE = 64 * 1024 - 1  # bytes, of the buffer that docker reads lines with

DIRECTIVE = re.compile(r"#\s*([A-Za-z][A-Za-z0-9]*)\s*=\s*(.+?)\s*\Z")
HEREDOC = re.compile(r"\d*<<(-?)([\"']?)([A-Za-z_][\w.]*)\2\Z", re.ASCII)
EXPANDED = "takes a part of its value from other variables of the build"


def refuses(name: str, value: str) -> str | None:
    """Why such a value cannot stand in a file of this kind."""
    if set("\r\n") & set(value):
        return "a line break cannot stand in an ENV of a Dockerfile"
    if len(f"ENV {name}={escaped(value, chr(92) + chr(34) + '$')}''".encode()) > LONGEST_LINE:
        return "docker reads no lines of more than 64 KiB"
    return None


class Grammar:
    """See _env_text."""

    def __init__(self, text: str) -> None:
        self.lines = split_lines(text)
        self.escape = _escape(self.lines)

    def pieces(self) -> t.Iterator[Piece]:
        found: list[Piece] = []
        at = 0
        while at < len(self.lines):
            begun, (at, instruction) = at, self._instruction(at)
            word, _blank, rest = instruction.partition(" ")
            if word.upper() == "FROM":
                found = [Piece(each.raw) for each in found]
            entries = tuple(self._entries(rest)) if word.upper() == "ENV" else ()
            found.append(Piece("".join(self.lines[begun:at]), entries))
        yield from found

    def line(self, name: str, value: str) -> str:
        if "'" not in value:
            return f"ENV {name}='{value}'"
        return f'ENV {name}="{escaped(value, self.escape + chr(34) + "$", self.escape)}"'

    def _instruction(self, at: int) -> tuple[int, str]:
        """An instruction on one line, with one blank behind its first word; or nothing. And where the next one begins."""
        line = _bare(self.lines[at]).removeprefix("\ufeff" if at == 0 else "").lstrip(SPACES)
        at += 1
        if line.startswith("#"):
            return at, ""
        sign = re.escape(self.escape)
        continued = re.compile(rf"(?<!{sign}){sign}[ \t]*\Z")
        while continued.search(line) and at < len(self.lines):
            line = continued.sub("", line)
            more = _bare(self.lines[at])
            at += 1
            if not more.strip(SPACES) or more.lstrip(SPACES).startswith("#"):
                line += self.escape  # a comment or nothing, and still not the end
            else:
                line += more
        parts = re.split(r"[\t\v\f\r ]+", continued.sub("", line), maxsplit=1)
        if parts[0].upper() in ("RUN", "COPY", "ADD"):
            at = self._behind_heredocs(line, at)
        return at, f"{parts[0]} {parts[1] if parts[1:] else ''}"

    def _behind_heredocs(self, line: str, at: int) -> int:
        for tabs, _quote, end in (found.groups() for found in map(HEREDOC.match, line.split()) if found):
            while at < len(self.lines):
                inner = _bare(self.lines[at])
                at += 1
                if (inner.lstrip("\t") if tabs else inner) == end:
                    break
        return at

    def _entries(self, rest: str) -> t.Iterator[Entry]:
        words = self._words(rest)
        if words and "=" not in words[0]:  # the old form, of which the rest of the line is the value
            name, _blank, value = (*re.split(r"([\t\v\f\r ]+)", rest, maxsplit=1), "", "")[:3]
            words = [f"{name}={value.rstrip(SPACES)}"]
        for word in words:
            name, _equals, value = word.partition("=")
            meant = self._meant(value)
            yield Entry(name, meant, EXPANDED if meant is None else "")

    def _words(self, rest: str) -> list[str]:
        """Parted at blanks outside of quotes, with the quotes."""
        sign = re.escape(self.escape)
        word = rf"(?:'[^']*(?:'|\Z)|\"(?:[^\"{sign}]|{sign}.|{sign}\Z)*(?:\"|\Z)|{sign}.|[^{SPACES}])+"
        return re.findall(word, rest)

    def _meant(self, word: str) -> str | None:
        """A word without its quotes, None where it takes something from elsewhere."""
        sign = re.escape(self.escape)
        part = re.compile(rf"'([^']*)'|\"((?:[^\"{sign}]|{sign}.)*)\"|((?:[^'\"{sign}]|{sign}.)+)")
        value = ""
        while word and word != self.escape:
            found = part.match(word)
            if not found:
                return None  # a quote is not closed, which no build gets past
            single, double, other = (each or "" for each in found.groups())
            if re.search(r"\$[\w{@*#?!$-]", re.sub(sign + ".", "", double or other)):
                return None
            escapes = sign + (r"(.)" if other else rf"([{sign}\"$])")
            value += single + re.sub(escapes, r"\1", double or other)
            word = word[found.end() :]
        return value


def _bare(line: str) -> str:
    return line.removesuffix("\n").removesuffix("\r")


def _escape(lines: list[str]) -> str:
    """What takes its meaning from the next character, which directives at the top can change."""
    for line in lines:
        directive = DIRECTIVE.match(_bare(line).removeprefix("\ufeff").strip(SPACES))
        if not directive:
            return "\\"
        if directive[1].lower() == "escape":
            return "`" if directive[2] == "`" else "\\"
    return "\\"
