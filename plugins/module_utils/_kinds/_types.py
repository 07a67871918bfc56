# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: no stable interface for others.

"""The types of declared values: what is accepted, and what it becomes.

Ansible's own conversions are not used for declared objects: they stop at the first fault, put the value into the
message, and turn a list into the text of a list without a word. A parser here returns the canonical value or raises
Wrong with a reason that holds no value. Values that Ansible's templating may have turned into text
(C("5432"), C("true")) are taken as what they mean.
"""

from __future__ import annotations

import math
import re
import typing as t
from dataclasses import dataclass

from ansible.module_utils.parsing.convert_bool import boolean

from .._json import NOT_JSON, read_json
from .._secrets._reference import Reference, WrongReference, read_source


class Wrong(ValueError):
    """The reason why a value is refused. Never holds the value."""


@dataclass(frozen=True)
class Type:
    """ansible is the type's name in an argument spec and in the documentation."""

    ansible: str
    parse: t.Callable[[t.Any], t.Any]


def _checked(text: str) -> str:
    if "\x00" in text:
        raise Wrong("must not hold a NUL character")
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise Wrong("must be valid Unicode") from None
    return text


def text(longest: int | None = None, pattern: str | None = None, told: str = "", empty: bool = True) -> Type:
    """A text; a whole number is taken as its digits, since YAML makes numbers of unquoted logins and passwords."""

    def parse(value: t.Any) -> t.Any:
        if isinstance(value, Reference):
            return value
        if isinstance(value, bool) or not isinstance(value, (str, int)):
            raise Wrong(
                f"must be text, not {_named(value)}"
                + (": put it in quotes" if isinstance(value, (bool, float)) else "")
            )
        parsed = _checked(str(value))
        if not parsed and not empty:
            raise Wrong("must not be empty")
        if longest is not None and len(parsed) > longest:
            raise Wrong(f"must have no more than {longest} characters")
        if pattern is not None and parsed and not re.fullmatch(pattern, parsed):
            raise Wrong(f"must {told}")
        return parsed

    return Type("str", parse)


def integer(lowest: int, highest: int) -> Type:
    """A whole number in a range, or its digits."""

    def parse(value: t.Any) -> int:
        if isinstance(value, str) and re.fullmatch(r"\s*[+-]?[0-9]{1,18}\s*", value):
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int) or not lowest <= value <= highest:
            raise Wrong(f"must be a whole number from {lowest} to {highest}")
        return value

    return Type("int", parse)


def flag() -> Type:
    """A boolean, or one of the words that Ansible takes for it."""

    def parse(value: t.Any) -> bool:
        try:
            return boolean(value)
        except TypeError:
            raise Wrong("must be true or false") from None

    return Type("bool", parse)


def json_value() -> Type:
    """Any YAML value that JSON can hold."""

    def parse(value: t.Any) -> t.Any:
        _check_json(value)
        return value

    return Type("raw", parse)


def json_object(from_text: bool = False) -> Type:
    """A dict, or (from_text) a text with a JSON object in it."""

    def parse(value: t.Any) -> t.Any:
        if isinstance(value, Reference):
            return value
        if isinstance(value, str) and from_text:
            if not value.strip():
                return {}
            value = read_json(value, strict=True)
            if value is NOT_JSON:
                raise Wrong("is not valid JSON")
        if not isinstance(value, dict):
            raise Wrong(f"must be a dict{' or a text with a JSON object' if from_text else ''}, not {_named(value)}")
        _check_json(value)
        return value

    return Type("raw" if from_text else "dict", parse)


def choice(*words: str) -> Type:
    """One of a few words."""

    def parse(value: t.Any) -> str:
        if value not in words or not isinstance(value, str):
            raise Wrong(f"must be {' or '.join(words)}")
        return value

    return Type("str", parse)


def as_declared(value: t.Any, type: Type, whole: bool) -> t.Any:
    """A value of Vault's for an option of this type. Raises Wrong for what would pass if a user had declared it."""
    if type.ansible == "str" and not isinstance(value, str):
        raise Wrong(f"must be text, not {_named(value)}")
    if type.ansible != "dict":
        return value
    if whole and len(value) == 1 and isinstance([*value.values()][0], dict):
        name = [*value][0][:60]
        raise Wrong(
            f"is a dict within the only key {name!r}, so it is not plain which one is meant: give key, or put the reference "
            "under the name that it is to have"
        )
    decoded = read_json(value, strict=True) if isinstance(value, str) else value
    return value if decoded is NOT_JSON else decoded


def source() -> Type:
    """Where a whole object comes from."""

    def parse(value: t.Any) -> Reference:
        try:
            return read_source(value)
        except WrongReference as wrong:
            raise Wrong(str(wrong)) from None

    return Type("raw", parse)


def _check_json(value: t.Any, depth: int = 0) -> None:
    if depth > 100:
        raise Wrong("is nested more than 100 levels deep")
    if isinstance(value, str):
        _checked(value)
    elif isinstance(value, dict):
        for key, item in value.items():
            _checked(str(key))
            _check_json(item, depth + 1)
    elif isinstance(value, list):
        for item in value:
            _check_json(item, depth + 1)
    elif isinstance(value, float) and not math.isfinite(value):
        raise Wrong("holds NaN or Infinity, which JSON does not have")
    elif value is not None and not isinstance(value, (bool, int, float, Reference)):
        raise Wrong(f"holds {_named(value)}, which JSON does not have")


def _named(value: t.Any) -> str:
    names = {
        type(None): "an empty value",
        bool: "a boolean",
        int: "a whole number",
        float: "a decimal number",
        str: "text",
        list: "a list",
        dict: "a dict",
    }
    return names.get(type(value), f"a {type(value).__name__}")
