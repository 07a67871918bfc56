# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: no stable interface for others.

"""Texts that set environment variables, taken apart so that what nobody touches stays as it is, byte for byte.

How a variable is written and read is the matter of a grammar, one for each tool that reads such files.
"""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass

from .._faults import ServerFault

LONGEST = 128 * 1024 - 1  # bytes of NAME=value that Linux hands to a process, see MAX_ARG_STRLEN
SPACES = "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
"""What programs in Go take for blank; Python knows of four more."""


class Unreadable(ValueError):
    """Why a text is none that the tool could read, with the line. Holds nothing of it."""


@dataclass(frozen=True)
class Entry:
    """A variable as the tool reads it. value is None where it cannot be told from the text alone; why says why."""

    name: str
    value: str | None
    why: str = ""


@dataclass(frozen=True)
class Piece:
    """A stretch of a text, and what it sets."""

    raw: str
    entries: tuple[Entry, ...] = ()


class Sheet(t.Protocol):
    """A text that sets variables. Of one that stands twice, the last counts."""

    def names(self) -> list[str]:
        """All variables, in order."""

    def get(self, name: str) -> Entry | None:
        """One variable, None where there is none."""

    def put(self, name: str, value: str) -> None:
        """Set a variable, once. Raises ServerFault."""

    def drop(self, name: str) -> None:
        """Set it no more. Raises ServerFault."""

    def render(self) -> str:
        """The whole text."""


class Grammar(t.Protocol):
    """How one tool reads such texts. Made for one text, which may say itself how it is to be read."""

    def pieces(self) -> t.Iterator[Piece]:
        """The whole text, nothing left out. Raises Unreadable."""

    def line(self, name: str, value: str) -> str:
        """A variable as the tool reads it back exactly, without a line end."""


class Lines:
    """A text of one variable after the other."""

    def __init__(self, text: str, grammar: Grammar) -> None:
        self.grammar = grammar
        self.end = "\r\n" if re.match(r"[^\n]*\r\n", text) else "\n"
        self._pieces: list[Piece | None] = [*grammar.pieces()]
        self._places: dict[str, list[int]] = {}
        for place, piece in enumerate(self._pieces):
            for entry in piece.entries if piece else ():
                self._places.setdefault(entry.name, []).append(place)

    def names(self) -> list[str]:
        return [*self._places]

    def get(self, name: str) -> Entry | None:
        if name not in self._places:
            return None
        piece = self._pieces[self._places[name][-1]]
        return next((entry for entry in reversed(piece.entries) if entry.name == name), None) if piece else None

    def put(self, name: str, value: str) -> None:
        piece = Piece(self.grammar.line(name, value) + self.end, (Entry(name, value),))
        places = self._alone(name)
        self.drop(name)
        if not places:
            self._end_last_line()
            places = [len(self._pieces)]
            self._pieces.append(None)
        self._pieces[places[-1]] = piece
        self._places[name] = places[-1:]

    def drop(self, name: str) -> None:
        for place in self._alone(name):  # the earlier ones too, which would come into force
            self._pieces[place] = None
        self._places.pop(name, None)

    def render(self) -> str:
        return "".join(piece.raw for piece in self._pieces if piece)

    def _alone(self, name: str) -> list[int]:
        places = self._places.get(name, [])
        if any(piece and len(piece.entries) > 1 for piece in (self._pieces[place] for place in places)):
            raise ServerFault(
                f"{name} is set there together with other variables: give it an instruction of its own", 400
            )
        return places

    def _end_last_line(self) -> None:
        for place in reversed(range(len(self._pieces))):
            piece = self._pieces[place]
            if piece is not None:
                if not piece.raw.endswith("\n"):
                    self._pieces[place] = Piece(piece.raw + self.end, piece.entries)
                return


def split_lines(text: str) -> list[str]:
    """The lines with their ends; only a line feed ends one."""
    return re.findall(r"[^\n]*\n|[^\n]+", text)


def line_number(text: str, at: int) -> int:
    return text.count("\n", 0, at) + 1


def escaped(text: str, characters: str, escape: str = "\\") -> str:
    """A text with something before each of these characters."""
    return re.sub(f"([{re.escape(characters)}])", lambda found: escape + found[1], text)
