# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: no stable interface for others.

"""Before and after of a change, field by field, as texts that a reader can tell apart.

Texts are made here and not in the page, since JavaScript reads 12345678901234567890 and ...891 as the same number.
"""

from __future__ import annotations

import json
import os.path
import unicodedata
from collections.abc import Iterator
from typing import Any

from ansible_collections.windsock.airflow.plugins.module_utils._report import (
    NOT_SHOWN,
    SECRET,
    SECRET_CHANGED,
    SECRET_UNKNOWN,
)

Path = tuple[str, ...]
# What is the same in front, what differs, what is the same behind; only the middle is emphasised. None: not there.
Text = list[str] | None

_ABSENT = object()
# They stand for a value, and differ as words only.
_MARKERS = SECRET, SECRET_CHANGED, SECRET_UNKNOWN, NOT_SHOWN
# In texts that are short, or have less than this in common, emphasis says nothing.
_SHORT = 6
_IN_COMMON = 1 / 3


def side_by_side(change: dict[str, Any]) -> tuple[list[tuple[str, Text, Text]], list[tuple[str, str]]]:
    """The fields that differ, before and after, and those that are the same."""
    named = {*change["fields"], *change["secrets"]}
    differ: list[tuple[str, Text, Text]] = []
    same: list[tuple[str, str]] = []
    found = set()
    for path, before, after in _leaves((), change["before"], change["after"]):
        name = ".".join(path)
        # The other way round too: a list is one leaf here, and `extra` one where all of it is new.
        found |= {one for one in named if one == name or one.startswith(f"{name}.") or name.startswith(f"{one}.")}
        if name in named or not _is_same(before, after):
            differ.append((visible(name), *_texts(before, after)))
        else:
            same.append((visible(name), _text(before)))
    # What is told to differ is never left out, not even where nothing of it is shown. Secrets are named anyway.
    return differ + [(visible(name), None, None) for name in sorted({*change["fields"]} - found)], same


def visible(text: str) -> str:
    """A text in which nothing hides: no control characters, no blanks of other widths or at an end, no change of
    direction; they are written as escapes. Line breaks stay."""
    if text.isprintable() and text == text.strip():
        return text
    core = text.strip()
    start = text.index(core)
    ends = text[:start], text[start + len(core) :]
    return "".join(
        [
            *map(_escape, ends[0]),
            *(char if char.isprintable() or char == "\n" else _escape(char) for char in core),
            *map(_escape, ends[1]),
        ]
    )


def _escape(char: str) -> str:
    short = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}.get(char)
    return short or (f"\\u{ord(char):04x}" if ord(char) < 0x10000 else f"\\U{ord(char):08x}")


def _leaves(path: Path, before: Any, after: Any) -> Iterator[tuple[Path, Any, Any]]:
    if _is_branch(before, after):
        before, after = ({} if side is _ABSENT else side for side in (before, after))
        for key in {**after, **before}:
            yield from _leaves((*path, str(key)), before.get(key, _ABSENT), after.get(key, _ABSENT))
    elif path:
        yield path, before, after


def _is_branch(before: Any, after: Any) -> bool:
    sides = [side for side in (before, after) if side is not _ABSENT]
    return all(isinstance(side, dict) for side in sides) and any(sides)


def _is_same(before: Any, after: Any) -> bool:
    if _ABSENT in (before, after):
        return before is after
    if _kind_of(before) != _kind_of(after):
        return False
    return _json(before) == _json(after) if isinstance(before, (dict, list)) else before == after


def _kind_of(value: Any) -> str:
    """The types of JSON; to Python True is 1."""
    for kind, types in {"text": str, "truth": bool, "number": (int, float), "list": list, "object": dict}.items():
        if isinstance(value, types):
            return kind
    return "nothing"


def _texts(before: Any, after: Any) -> tuple[Text, Text]:
    if before is _ABSENT or after is _ABSENT:
        return tuple(None if side is _ABSENT else ["", _text(side), ""] for side in (before, after))
    texts = _text(before), _text(after)
    if _kind_of(before) != _kind_of(after) or (_look_alike(*texts) and not _is_same(before, after)):
        texts = _json(before), _json(after)  # where the text "5" is told from the number, and one accent from another
    return _split(*texts)


def _look_alike(before: str, after: str) -> bool:
    return unicodedata.normalize("NFKC", before) == unicodedata.normalize("NFKC", after)


def _text(value: Any) -> str:
    return visible(value) if isinstance(value, str) and value else visible(_json(value, plain=True))


def _json(value: Any, plain: bool = False) -> str:
    """plain: letters of all languages as they are, long ones on several lines."""
    text = json.dumps(value, ensure_ascii=not plain, sort_keys=True, default=str)
    if plain and len(text) > 80:
        return json.dumps(value, ensure_ascii=False, sort_keys=True, default=str, indent=2)
    return text


def _split(before: str, after: str) -> tuple[Text, Text]:
    start = len(os.path.commonprefix([before, after]))
    end = len(os.path.commonprefix([before[start:][::-1], after[start:][::-1]]))
    longer = max(len(before), len(after))
    if before in _MARKERS or after in _MARKERS or longer < _SHORT or start + end < _IN_COMMON * longer:
        return ["", before, ""], ["", after, ""]
    return tuple([text[:start], text[start : len(text) - end], text[len(text) - end :]] for text in (before, after))
