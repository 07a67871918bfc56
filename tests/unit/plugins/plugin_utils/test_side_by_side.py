# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Values that differ look different, whatever they are."""

from __future__ import annotations

import json
import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.windsock.airflow.plugins.plugin_utils._drift._side_by_side import side_by_side, visible

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


def shown(before: t.Any, after: t.Any) -> tuple[str | None, str | None]:
    """Both sides of one field that is told to differ."""
    (row,), _same = side_by_side(change({"value": before}, {"value": after}, ["value"]))
    return tuple(None if side is None else "".join(side) for side in row[1:])


def change(
    before: t.Any, after: t.Any, fields: t.Iterable[str] = (), secrets: t.Iterable[str] = ()
) -> dict[str, t.Any]:
    return {"before": before, "after": after, "fields": list(fields), "secrets": list(secrets)}


@pytest.mark.parametrize(
    ("before", "after", "left", "right"),
    [
        ("db1", "db2", "db1", "db2"),
        ("5", 5, '"5"', "5"),
        (True, "true", "true", '"true"'),
        (True, 1, "true", "1"),
        (None, "null", "null", '"null"'),
        (None, "", "null", '""'),
        ([], "[]", "[]", '"[]"'),
        ({}, [], "{}", "[]"),
        ([1, 2], [1, "2"], "[1, 2]", '[1, "2"]'),
        (12345678901234567890, 12345678901234567891, "12345678901234567890", "12345678901234567891"),
        ("end", "end ", "end", "end\\u0020"),
        ("two\nlines", "two\nlines\n", "two\nlines", "two\nlines\\n"),
        ("a\tb", "a\\tb", '"a\\tb"', '"a\\\\tb"'),
        ("a\u00a0b", "a b", "a\\u00a0b", "a b"),
        ("b", "\u202eb", "b", "\\u202eb"),
        ("caf\u00e9", "cafe\u0301", '"caf\\u00e9"', '"cafe\\u0301"'),
        (" ", "", "\\u0020", '""'),
        ({"a": 1}, "text", '{"a": 1}', '"text"'),
    ],
)
def test_what_differs_looks_different(before: t.Any, after: t.Any, left: str, right: str) -> None:
    assert shown(before, after) == (left, right)
    assert shown(before=after, after=before) == (right, left)


@given(JSON, JSON)
def test_whatever_differs_looks_different(before: t.Any, after: t.Any) -> None:
    differ, same = side_by_side(change({"value": before}, {"value": after}))
    if json.dumps(before, sort_keys=True) != json.dumps(after, sort_keys=True) and before != after:
        assert differ
    for _name, left, right in differ:
        assert left != right
        assert json.loads(json.dumps([left, right])) == [left, right]
    if json.dumps(before) == json.dumps(after):
        assert not differ


def test_dicts_are_shown_by_dotted_names_and_what_is_the_same_apart() -> None:
    before = {"host": "a", "extra": {"tls": {"verify": True, "ca": "x"}, "old": 1}}
    after = {"host": "a", "extra": {"tls": {"verify": False, "ca": "x"}, "new": None}}
    differ, same = side_by_side(change(before, after, ["extra.tls.verify", "extra.old", "extra.new"]))
    assert differ == [
        ("extra.tls.verify", ["", "true", ""], ["", "false", ""]),
        ("extra.new", None, ["", "null", ""]),
        ("extra.old", ["", "1", ""], None),
    ]
    assert same == [("host", "a"), ("extra.tls.ca", "x")]


def test_keys_with_dots_are_not_taken_for_others() -> None:
    differ, same = side_by_side(change({"a.b": 1, "a": {"b": 2}}, {"a.b": 1, "a": {"b": 3}}, []))
    assert (differ, same) == ([("a.b", ["", "2", ""], ["", "3", ""])], [("a.b", "1")])


@pytest.mark.parametrize("there", [{"host": "a", "extra": {}}, {"host": "a", "extra": {"b": 1}}])
def test_all_of_what_is_created_or_deleted(there: dict[str, t.Any]) -> None:
    created, same = side_by_side(change({}, there, ["host", "extra"]))
    assert same == [] and [row[1] for row in created] == [None, None]
    deleted, same = side_by_side(change(there, {}, []))
    assert same == [] and [row[2] for row in deleted] == [None, None]
    assert [row[2] for row in created] == [row[1] for row in deleted]


def test_what_is_told_to_differ_is_shown_even_where_its_values_look_the_same_or_are_missing() -> None:
    hidden = {"login": "(not shown)", "extra": {"key": "(secret)"}, "list": [1]}
    differ, same = side_by_side(change(hidden, hidden, ["login", "schema", "list.0"], ["extra.key", "password"]))
    assert [row[0] for row in differ] == ["login", "extra.key", "schema"]
    assert same == [("list", "[1]")]


def test_only_the_middle_is_emphasised() -> None:
    (row,), _same = side_by_side(change({"host": "db-old.example.com"}, {"host": "db-new.example.com"}))
    assert row == ("host", ["db-", "old", ".example.com"], ["db-", "new", ".example.com"])
    for before, after in (5, 45), ("/srv/data", "postgres"):
        (row,), _same = side_by_side(change({"host": before}, {"host": after}))
        assert row == ("host", ["", str(before), ""], ["", str(after), ""])


def test_words_that_stand_for_secrets_are_not_taken_apart() -> None:
    (row,), _same = side_by_side(change({"password": "(secret)"}, {"password": "(secret, changed)"}, [], ["password"]))
    assert row == ("password", ["", "(secret)", ""], ["", "(secret, changed)", ""])


@given(st.text())
def test_nothing_hides_in_a_text(text: str) -> None:
    told = visible(text)
    assert told.replace("\n", "").isprintable() and told == told.strip()
    assert (told == text) == (text.replace("\n", "").isprintable() and text == text.strip())
