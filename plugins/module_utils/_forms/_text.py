# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: no stable interface for others.

"""A file of another form as data: JSON, YAML, or lines of C(NAME=value)."""

from __future__ import annotations

import json
import re
import typing as t

from .._texts import Content, Flaw, read_json_text
from .._yaml import read_yaml
from ._form import Notes

FORMATS = ("json", "yaml", "env")
TWICE = "has a name that is there already"


def read_text(content: t.Any, file_format: str | None, notes: Notes) -> t.Any:
    """The data of a text; what is no text has been read already. None if there are faults."""
    if not isinstance(content, str):
        return content
    file_format = file_format or guessed(content)
    try:
        if file_format == "env":
            return _lines(content)
        if file_format == "json" and content.lstrip().startswith("["):
            return json.loads(content)
        read = read_json_text(content) if file_format == "json" else read_yaml(content, None)
        return _mapping(read)
    except Flaw as flaw:
        notes.faults.append(f"the text{flaw.place}: {flaw.reason}")
    except (ValueError, RecursionError):
        notes.faults.append("the text is not valid JSON")
    return None


def guessed(content: str) -> str:
    """In which format a text is, by its beginning."""
    if content.lstrip().startswith(("{", "[")):
        return "json"
    first = next((line for line in content.split("\n") if line.strip() and not line.lstrip().startswith("#")), "")
    return "env" if re.match(r"[^\s:='\"]+=", first) else "yaml"


def _mapping(read: Content) -> t.Any:
    for flaw in read.flaws:
        raise flaw
    if read.sections is None:
        raise Flaw("must be a mapping")
    found: dict[str, t.Any] = {}
    for section in read.sections:
        if section.key in found:
            raise Flaw(TWICE, section.line)
        found[section.key] = section.value
    return found


class Lines(dict[str, str]):
    """Lines of C(NAME=value), with the number of each by its name."""

    def __init__(self) -> None:
        super().__init__()
        self.numbers: dict[str, int] = {}


def _lines(content: str) -> Lines:
    """No fault names a name: where a value is of several lines, it is a part of that value."""
    found = Lines()
    for number, line in enumerate(content.split("\n"), start=1):
        line = line.rstrip("\r")
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        name, separator, value = line.partition("=")
        if not separator or not name:
            raise Flaw("must be NAME=value", number)
        if re.search(r"-----BEGIN [A-Z0-9 ]+-----\s*$", value):
            raise Flaw("begins a key or a certificate of several lines, and a value must stand in one", number)
        if name in found:
            raise Flaw(TWICE, number)
        found[name] = value
        found.numbers[name] = number
    return found
