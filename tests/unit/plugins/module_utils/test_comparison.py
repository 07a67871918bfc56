# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Comparing what is declared with what the server shows of it."""

from __future__ import annotations

import copy
import json
import time
import typing as t

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ansible_collections.windsock.airflow.plugins.module_utils._comparison import (
    Verdict,
    compare,
    compare_texts,
    worst,
)
from ansible_collections.windsock.airflow.plugins.module_utils._masking import holds_mask, may_be

SAME, DIFFERS, UNKNOWN, BLURRED = Verdict.SAME, Verdict.DIFFERS, Verdict.UNKNOWN, Verdict.BLURRED

texts = st.text(max_size=8).filter(lambda text: not holds_mask(text))
scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4), max_leaves=10
)


def leaves(value: t.Any, path: tuple[t.Any, ...] = ()) -> list[tuple[t.Any, ...]]:
    if isinstance(value, (dict, list)) and value:
        items = value.items() if isinstance(value, dict) else enumerate(value)
        return [leaf for key, item in items for leaf in leaves(item, (*path, key))]
    return [path]


def changed(value: t.Any, path: tuple[t.Any, ...], new: t.Callable[[t.Any], t.Any]) -> t.Any:
    """A copy of a value with the leaf at path made new."""
    if not path:
        return new(value)
    value = copy.copy(value)
    value[path[0]] = changed(value[path[0]], path[1:], new)
    return value


def at(value: t.Any, path: tuple[t.Any, ...]) -> t.Any:
    return at(value[path[0]], path[1:]) if path else value


@given(values)
def test_a_value_is_the_same_as_itself_and_as_its_way_through_json(value: t.Any) -> None:
    assert compare(value, copy.deepcopy(value)) == {}
    assert compare(value, json.loads(json.dumps(value))) == {}


@given(values, st.data())
def test_changing_one_readable_leaf_is_found_at_its_place(value: t.Any, data: st.DataObject) -> None:
    path = data.draw(st.sampled_from(leaves(value)))
    other = data.draw(scalars)
    assume(json.dumps(other) != json.dumps(at(value, path)))
    assert compare(value, changed(value, path, lambda _old: other)) == {tuple(map(str, path)): DIFFERS}


@given(values, st.data())
def test_masking_any_texts_never_makes_a_difference(value: t.Any, data: st.DataObject) -> None:
    maskable = [path for path in leaves(value) if isinstance(at(value, path), str)]
    masked = data.draw(st.lists(st.sampled_from(maskable), unique=True)) if maskable else []
    reading = value
    for path in masked:
        text = at(value, path)
        start = data.draw(st.integers(0, len(text)))
        end = data.draw(st.integers(start, len(text)))
        reading = changed(reading, path, lambda old, start=start, end=end: f"{old[:start]}***{old[end:]}")
    assert compare(value, reading) == {
        tuple(map(str, path)): UNKNOWN if at(reading, path) == "***" else BLURRED for path in masked
    }


@given(values, st.data())
def test_a_difference_is_found_among_masks(value: t.Any, data: st.DataObject) -> None:
    reading = {"masked": "***", "shown": value}
    path = data.draw(st.sampled_from(leaves(value)))
    other = data.draw(scalars)
    assume(json.dumps(other) != json.dumps(at(value, path)))
    findings = compare({"masked": "s", "shown": changed(value, path, lambda _old: other)}, reading)
    assert worst(findings.values()) is DIFFERS
    assert findings[("masked",)] is UNKNOWN


@pytest.mark.parametrize(
    ("declared", "reading"),
    [
        (1, 1.0),
        (1, True),
        (0, False),
        (0, None),
        ("1", 1),
        ("", None),
        ({}, None),
        ({}, []),
        ([1], [1, 1]),
        ({"a": 1}, [["a", 1]]),
        (["***"], "***"),
    ],
    ids=repr,
)
def test_types_are_told_apart(declared: t.Any, reading: t.Any) -> None:
    assert compare(declared, reading) == {(): DIFFERS}


def test_the_order_of_keys_is_no_difference_that_of_items_is() -> None:
    assert compare([1, 2], [2, 1]) == {("0",): DIFFERS, ("1",): DIFFERS}
    assert compare({"a": 1, "b": 2}, {"b": 2, "a": 1}) == {}


def test_every_leaf_that_differs_is_named_missing_and_surplus_ones_too() -> None:
    findings = compare({"a": {"b": 1, "c": [1, 2]}, "new": {"x": 1}}, {"a": {"b": 2, "c": [1, 3]}, "old": 1})
    assert findings == dict.fromkeys([("a", "b"), ("a", "c", "1"), ("new",), ("old",)], DIFFERS)


@pytest.mark.parametrize(
    ("declared", "reading", "verdict"),
    [
        ("secret", "***", UNKNOWN),
        ("", "***", UNKNOWN),
        ("https://me:pw@host/", "https://me:***@host/", BLURRED),
        ("https://me:pw@host/", "https://me:***@other/", DIFFERS),
        ("zz-secret-zz", "zz-***-zz", BLURRED),
        ("zz-secret", "zz-***-zz", DIFFERS),
        ("a.c", "a.***", BLURRED),
        ("abc", "a.***", DIFFERS),
        ("line\nbreak", "***break", BLURRED),
        ("x1x2x", "***1***2***", BLURRED),
        ("x2x1x", "***1***2***", DIFFERS),
        (5, "***", DIFFERS),
        (None, "***", DIFFERS),
        ({"a": "b"}, "***", DIFFERS),
        ("***", "plain", DIFFERS),
    ],
    ids=repr,
)
def test_a_mask_hides_what_may_be_there_and_nothing_else(declared: t.Any, reading: str, verdict: Verdict) -> None:
    assert worst(compare(declared, reading).values()) is verdict


@pytest.mark.parametrize("text", ["***", "a***", {"a": ["***"]}, [{"b": {"c": "x***y"}}], ("***",)], ids=repr)
def test_a_mask_is_found_anywhere(text: t.Any) -> None:
    assert holds_mask(text)


@pytest.mark.parametrize("text", ["**", "* * *", "", None, 3, {"***": 1}, []], ids=repr)
def test_what_only_resembles_a_mask_is_none(text: t.Any) -> None:
    assert not holds_mask(text)


def test_many_masks_in_one_text_are_judged_quickly() -> None:
    """A regular expression of many gaps would backtrack for hours: mask bleed of a short secret can make them."""
    began = time.perf_counter()
    assert not may_be("***a" * 8 + "***b", "a" * 100)
    assert time.perf_counter() - began < 1


# What Airflow 3.3.2 shows of a variable's text (airflow-api-facts, "Reading back").
@pytest.mark.parametrize(
    ("stored", "shown"),
    [
        ("1.10", "1.1"),
        ("1e5", "100000.0"),
        ("[1,  2]", "[1, 2]"),
        ('{"a": "é"}', '{"a": "\\u00e9"}'),
        ('{"b": 1,\n "a": 2}', '{"b": 1, "a": 2}'),
        (" true ", "true"),
        ('"x"', '"x"'),
        ("plain text", "plain text"),
        (" spaces\n", " spaces\n"),
        ("", ""),
        ("{not json", "{not json"),
        ("1,5", "1,5"),
    ],
    ids=repr,
)
def test_what_airflow_serialises_anew_is_no_drift(stored: str, shown: str) -> None:
    assert compare_texts(stored, shown) is SAME


@pytest.mark.parametrize("declared", ["text", '{"a": "b"}', "[1]", ""])
def test_a_variable_masked_whole_may_hold_json_too(declared: str) -> None:
    assert compare_texts(declared, "***") is UNKNOWN


@pytest.mark.parametrize(
    ("declared", "shown"),
    [
        ("1.10", "1.2"),
        ("1", "1.0"),
        ("1", "true"),
        ("[1,  2]", "[2, 1]"),
        ('{"a": "é"}', '{"a": "e"}'),
        ("plain", "plain "),
        ("plain", '"plain"'),
        ('"1"', "1"),
        ("", "null"),
        ("null", ""),
        ("{not json", "{}"),
        ("text", '{"a": "***"}'),
    ],
    ids=repr,
)
def test_a_real_change_of_a_variable_is_found(declared: str, shown: str) -> None:
    assert compare_texts(declared, shown) is DIFFERS


@pytest.mark.parametrize(
    ("declared", "shown", "verdict"),
    [
        ("secret", "***", UNKNOWN),
        ('"quoted"', '"***"', UNKNOWN),
        ('{"a": 1, "password": "x"}', '{"a": 1, "password": "***"}', UNKNOWN),
        ('{"a": 2, "password": "x"}', '{"a": 1, "password": "***"}', DIFFERS),
        ('["x", "y"]', '["***", "***"]', UNKNOWN),
        ('["x"]', '["***", "***"]', DIFFERS),
    ],
)
def test_masks_in_a_variable(declared: str, shown: str, verdict: Verdict) -> None:
    assert compare_texts(declared, shown) is verdict


@given(values)
def test_no_json_is_drift_after_airflow_wrote_it_anew(value: t.Any) -> None:
    assert compare_texts(json.dumps(value, ensure_ascii=False, indent=1), json.dumps(value)) is SAME


@pytest.mark.parametrize("text", ["[" * 100_000, "1" * 5000], ids=["too deep for a parser", "too long a number"])
def test_what_no_parser_takes_is_compared_as_text(text: str) -> None:
    assert compare_texts(text, text) is SAME
    assert compare_texts(text, text + "1") is DIFFERS


def test_the_worst_verdict_counts() -> None:
    assert worst([]) is SAME
    assert worst([SAME, UNKNOWN]) is UNKNOWN
    assert worst([UNKNOWN, DIFFERS, SAME]) is DIFFERS
