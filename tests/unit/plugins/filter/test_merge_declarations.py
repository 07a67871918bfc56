# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.windsock.airflow.plugins.filter.merge_declarations import FilterModule

merge = FilterModule().filters()["merge_declarations"]


def test_later_fields_win_one_by_one():
    sources = [
        [{"connection_id": "a", "host": "one", "port": 1}, {"connection_id": "b", "host": "b"}],
        [{"connection_id": "a", "port": 2, "password": "p"}],
        [{"connection_id": "a", "host": "three"}],
    ]
    assert merge(sources, "connections") == [
        {"connection_id": "a", "host": "three", "port": 2, "password": "p"},
        {"connection_id": "b", "host": "b"},
    ]


@pytest.mark.parametrize("kind, option", [("connections", "connection_id"), ("variables", "key"), ("pools", "name")])
def test_each_kind_has_its_id(kind, option):
    assert merge([[{option: "a", "x": 1}], [{option: "a", "y": 2}]], kind) == [{option: "a", "x": 1, "y": 2}]


@pytest.mark.parametrize("first", ["conn_id", "connection_id"])
@pytest.mark.parametrize("second", ["conn_id", "connection_id"])
def test_the_alias_is_the_same_id(first, second):
    merged = merge([[{first: "a", "host": "h"}], [{second: "a", "port": 1}]], "connections")
    assert merged == [{"connection_id": "a", "host": "h", "port": 1}]


def test_both_names_of_an_id_are_left_for_the_module_to_refuse():
    both = {"connection_id": "a", "conn_id": "b"}
    assert merge([[both]], "connections") == [both]


def test_extra_is_one_field_and_secret_extra_another():
    merged = merge(
        [
            [{"connection_id": "a", "extra": {"x": 1, "y": 2}}],
            [{"connection_id": "a", "secret_extra": {"token": "t"}}],
            [{"connection_id": "a", "extra": {"x": 3}}],
        ],
        "connections",
    )
    assert merged == [{"connection_id": "a", "extra": {"x": 3}, "secret_extra": {"token": "t"}}]


@pytest.mark.parametrize(
    "earlier, later, merged",
    [
        ({"value": 1}, {"secret_value": "s"}, {"secret_value": "s"}),
        ({"secret_value": "s"}, {"value": 0}, {"value": 0}),
        ({"value": 1}, {"secret_value": None}, {"value": 1, "secret_value": None}),
        ({"value": 1}, {"value": 2, "secret_value": "s"}, {"value": 2, "secret_value": "s"}),  # the module refuses it
    ],
)
def test_value_and_secret_value_replace_each_other(earlier, later, merged):
    assert merge([[{"key": "k", **earlier}], [{"key": "k", **later}]], "variables") == [{"key": "k", **merged}]


def test_the_same_id_twice_in_one_source_stays_twice():
    one, two, nine = ({"name": "p", "slots": slots} for slots in (1, 2, 9))
    assert merge([[one, two]], "pools") == [one, two]
    assert merge([[nine], [one, two]], "pools") == [one, two]
    assert merge([[one, two], [nine]], "pools") == [nine, two]


@pytest.mark.parametrize("faulty", ["text", 7, None, [], {}, *({"name": name} for name in ("", None, ["p"], True))])
def test_what_has_no_id_is_left_in_place(faulty):
    assert merge([[faulty], [faulty]], "pools") == [faulty, faulty]


def test_an_unquoted_number_is_an_id_too():
    assert merge([[{"key": 2024, "value": "a"}], [{"key": "2024", "value": "b"}]], "variables") == [
        {"key": "2024", "value": "b"}
    ]


def test_sources_may_be_empty():
    assert merge([], "pools") == []
    assert merge([None, [], [{"name": "p"}]], "pools") == [{"name": "p"}]


def test_sources_are_not_changed():
    first, second = [{"conn_id": "a", "extra": {"x": 1}}], [{"conn_id": "a", "host": "h"}]
    merge([first, second], "connections")
    assert first == [{"conn_id": "a", "extra": {"x": 1}}]
    assert second == [{"conn_id": "a", "host": "h"}]


@pytest.mark.parametrize(
    "sources, kind, told",
    [
        ([[]], "connection", "must be one of connections, variables, pools"),
        ("canary", "pools", "a list of sources"),
        ({"name": "canary"}, "pools", "a list of sources"),
        ([[], {"canary": 1}, "canary"], "pools", "source 2 must be a list of pools\nmerge_declarations: source 3"),
        ([{"name": "canary"}], "pools", "source 1 must be a list of pools"),
    ],
)
def test_wrong_input_is_refused_without_its_values(sources, kind, told):
    with pytest.raises(AnsibleFilterError) as refused:
        merge(sources, kind)
    assert told in str(refused.value)
    assert "canary" not in str(refused.value)


def test_a_kind_that_nothing_declares():
    assert merge([None, None], "pools") == merge([], "pools") == []
    assert merge([None, None], "pools", "undeclared") == merge([], "pools", undeclared="undeclared") == "undeclared"
    assert merge([None, []], "pools", "undeclared") == []
