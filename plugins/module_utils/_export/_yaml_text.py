# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: no stable interface for others.

"""Writes YAML of declarations: the same text for the same words, comments too, and no template for Ansible in it.

Texts are quoted wherever any reader of YAML might take them for something else.
"""

from __future__ import annotations

import json
import re
import typing as t

from .._secrets._reference import WORDS, is_reference

PLAIN = re.compile(r"[A-Za-z_/](?:[\w./@+()-]|:(?=[\w/])| (?=[\w(]))*", re.ASCII)
OTHERWISE = {"true", "false", "yes", "no", "on", "off", "y", "n", "null"}
ESCAPED = re.compile("[^\t\n\r\x20-\x7e\xa1-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]|[\u2028\u2029]")
TEMPLATE = re.compile("{[{%#]")


def section(key: str, entries: t.Iterable[tuple[list[str], dict[str, t.Any]]]) -> str:
    """A list of mappings under a key, each with its comments above it."""
    written: list[str] = []
    for comments, words in entries:
        written += [f"# {comment(each)}" for each in comments]
        written += _lines([words])
    if not written:
        return f"{key}: []\n"
    return "\n".join([f"{key}:", *_indented(written)]) + "\n"


def comment(text: str) -> str:
    """A text in one line: whatever is in it, nothing of it becomes a declaration."""
    return " ".join(ESCAPED.sub(_escape, text).split())


def _lines(value: t.Any) -> list[str]:
    """The lines of a value. What comes after the first is indented, if the value is no mapping and no list."""
    if not isinstance(value, (dict, list)) or not value or _is_plain_reference(value):
        return _scalar(value)
    lines: list[str] = []
    if isinstance(value, dict):
        for key, item in value.items():
            first, *others = _lines(item)
            if _is_block(item):
                lines += [f"{_text(key)}:", *_indented([first, *others])]
            else:
                lines += [f"{_text(key)}: {first}", *others]
    else:
        for item in value:
            first, *others = _lines(item)
            lines += [f"- {first}", *(_indented(others) if _is_block(item) else others)]
    return lines


def _is_block(value: t.Any) -> bool:
    return isinstance(value, (dict, list)) and bool(value) and not _is_plain_reference(value)


def _is_plain_reference(value: t.Any) -> bool:
    return is_reference(value) and set(value) <= set(WORDS) and all(isinstance(each, str) for each in value.values())


def _indented(lines: t.Iterable[str]) -> list[str]:
    return [f"  {line}" if line else "" for line in lines]


def _scalar(value: t.Any) -> list[str]:
    if isinstance(value, dict):
        return ["{" + ", ".join(f"{_text(key)}: {_value(item)}" for key, item in value.items()) + "}"]
    if isinstance(value, list):
        return ["[]"]
    if isinstance(value, str):
        if _may_be_block(value):
            sign = "|" if value.endswith("\n") else "|-"
            return [_unsafe(value) + sign, *_indented(value.removesuffix("\n").split("\n"))]
        return [_value(value)]
    if isinstance(value, float):
        mantissa, exponent, power = repr(value).partition("e")
        return [f"{mantissa}.0e{power}" if exponent and "." not in mantissa else repr(value)]
    return [json.dumps(value)]  # null, true, false, a whole number


def _value(text: str) -> str:
    return _unsafe(text) + _text(text)


def _unsafe(text: str) -> str:
    """Airflow's own templates are none for Ansible."""
    return "!unsafe " if TEMPLATE.search(text) else ""


def _text(text: str) -> str:
    if PLAIN.fullmatch(text) and text.lower() not in OTHERWISE:
        return text
    if '"' in text and not re.search("['\n\r\t]", text) and not ESCAPED.search(text):
        return f"'{text}'"  # JSON mostly
    return ESCAPED.sub(_escape, json.dumps(text, ensure_ascii=False))


def _may_be_block(text: str) -> bool:
    """Whether a text can stand as it is, line by line, without anything in it that one does not see."""
    return (
        "\n" in text.removesuffix("\n")
        and not ESCAPED.search(text)
        and not re.search(r"[\r\t]|[ ]$|\A[ \n]|\n\n\Z", text, re.MULTILINE)
    )


def _escape(found: re.Match[str]) -> str:
    code = ord(found[0])
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
