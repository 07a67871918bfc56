# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: no stable interface for others.

"""Env files as C(docker run --env-file) reads them: what stands behind the first C(=) is the value, as it is.

Compose reads C(format: raw) of an C(env_file) in the same way.
"""

from __future__ import annotations

import typing as t

from ._env_text import SPACES, Entry, Piece, split_lines

TITLE = "an env file of docker"
NAMES = r"[^\s=]+"
NAMES_TOLD = "cannot have blanks or '='"
LONGEST_LINE = 64 * 1024 - 1  # bytes, of the buffer that docker reads lines with


def refuses(name: str, value: str) -> str | None:
    """Why such a value cannot stand in a file of this kind."""
    if set("\r\n") & set(value):
        return "a line break cannot stand in an env file of docker"
    if len(f"{name}={value}".encode()) > LONGEST_LINE:
        return "docker reads no lines of more than 64 KiB"
    return None


class Grammar:
    """See _env_text."""

    def __init__(self, text: str) -> None:
        self.text = text

    def pieces(self) -> t.Iterator[Piece]:
        for number, raw in enumerate(split_lines(self.text)):
            line = raw.removesuffix("\n").removesuffix("\r")
            line = (line.removeprefix("\ufeff") if number == 0 else line).lstrip(SPACES)
            name, equals, value = line.partition("=")
            if not line or line.startswith("#"):
                yield Piece(raw)
            elif equals:
                yield Piece(raw, (Entry(name, value),))
            else:
                yield Piece(raw, (Entry(line.strip(SPACES), None, "takes its value from docker's own environment"),))

    def line(self, name: str, value: str) -> str:
        return f"{name}={value}"
