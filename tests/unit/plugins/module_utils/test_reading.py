# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a server has, read with few requests."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest

from ansible_collections.windsock.airflow.plugins.module_utils._faults import ServerFault
from ansible_collections.windsock.airflow.plugins.module_utils._memory import encoded, key_of
from ansible_collections.windsock.airflow.plugins.module_utils._reading import Reader
from ansible_collections.windsock.airflow.tests.unit.fakes import (
    AIRFLOW_2,
    AIRFLOW_3,
    CONNECTION,
    POOL,
    VARIABLE,
    Crowd,
    MemoryServer,
    connection,
    pool,
    stored,
    variable,
)

PG = {"conn_type": "postgres"}
MEMORY = stored(VARIABLE, key_of("ours"), value=encoded("ours", {"pool": frozenset({"p"})}))


def connections(*names: str, **fields: t.Any) -> list[t.Any]:
    return [stored(CONNECTION, name, **PG, **fields) for name in names]


def names(found: t.Any) -> list[str]:
    """The ids of what was read."""
    return sorted(one.id for one in (found.values() if isinstance(found, dict) else found))


# What is declared


def test_few_objects_are_read_one_by_one() -> None:
    server = MemoryServer(*(stored(POOL, name, slots=1) for name in "abc"))
    found = Reader(server).objects([pool("a"), pool("x"), variable("v")])
    assert sorted(server.calls) == [("get", "a"), ("get", "v"), ("get", "x")]
    assert names(found) == ["a"]


def test_many_objects_of_a_kind_are_read_by_one_list() -> None:
    server = MemoryServer(*(stored(POOL, name, slots=1) for name in "abcd"))
    found = Reader(server).objects([pool("a"), pool("b"), pool("x"), variable("v")])
    assert server.calls == [("list", "pools"), ("get", "v")]
    assert {("pool", "a"), ("pool", "b")} <= set(found)
    assert ("pool", "x") not in found


def test_nothing_declared_is_nothing_read() -> None:
    server = MemoryServer()
    assert Reader(server).objects([]) == {}
    assert server.calls == []


def test_kinds_that_are_to_be_listed_are_listed_whole() -> None:
    server = MemoryServer(stored(POOL, "a", slots=1), stored(POOL, "b", slots=1), stored(VARIABLE, "v", value="x"))
    found = Reader(server).objects([pool("a")], [POOL, VARIABLE])
    assert sorted(server.calls) == [("list", "pools"), ("list", "variables")]
    assert names(found) == ["a", "b", "v"]


def test_a_list_is_never_fetched_twice() -> None:
    server = MemoryServer(stored(VARIABLE, "v", value="x"), MEMORY)
    reader = Reader(server)
    reader.objects([], [VARIABLE])
    reader.everything(VARIABLE)
    reader.memories("ours")
    assert server.calls == [("list", "variables")]


class MeetingServer(MemoryServer):
    """Answers no reading before eight are there at once."""

    crowd = Crowd(8)

    def get(self, *arguments: t.Any) -> t.Any:
        self.crowd.come_and_go()
        return super().get(*arguments)


def test_what_is_read_alone_is_read_eight_at_a_time() -> None:
    ids = [f"c{index}" for index in range(16)]
    server = MeetingServer(*connections(*ids), abilities=AIRFLOW_2)
    found = Reader(server).objects([connection(name, extra={"a": 1}) for name in ids])
    assert len(found) == 16
    assert server.crowd.most == 8


@pytest.mark.parametrize("count", [1, 5])
def test_a_fault_while_reading_is_not_taken_for_absence(count: int) -> None:
    server = MemoryServer()
    server.trouble = {"get": [ServerFault("no", 500)], "list": [ServerFault("no", 500)]}
    with pytest.raises(ServerFault):
        Reader(server).objects([pool(f"p{index}") for index in range(count)])


# Airflow 2 lists no extra, and cannot reach a pool with a slash in its name


def test_only_connections_whose_extra_is_declared_are_read_alone_where_the_list_does_not_show_it() -> None:
    server = MemoryServer(*connections("a", "b", "c", "d", "e", extra={"x": 1}), abilities=AIRFLOW_2)
    desired = [
        connection("a", extra={"x": 1}),
        connection("b", host="h"),
        connection("c", host="h"),
        connection("d", host="h"),
        connection("missing", extra={"x": 1}),
        connection("e", state="absent"),
    ]
    found = Reader(server).objects(desired)
    assert server.calls == [("list", "connections"), ("get", "a")]
    assert found["connection", "a"].fields["extra"] == {"x": 1}
    assert {one.id for one in found.values() if "extra" in one.unseen} == {"b", "c", "d", "e"}
    assert ("connection", "missing") not in found


@pytest.mark.parametrize("count", [1, 2])
def test_few_connections_are_read_alone_at_once(count: int) -> None:
    ids = "ab"[:count]
    server = MemoryServer(*connections(*ids), abilities=AIRFLOW_2)
    found = Reader(server).objects([connection(name, extra={"x": 1}) for name in ids])
    assert sorted(server.calls) == [("get", name) for name in ids]
    assert not any("extra" in one.unseen for one in found.values())


def test_a_connection_that_is_to_go_is_not_read_for_its_extra() -> None:
    server = MemoryServer(*connections(*"abc"), abilities=AIRFLOW_2)
    Reader(server).objects([connection(name, state="absent", extra={"x": 1}) for name in "abc"])
    assert server.calls == [("list", "connections")]


def test_where_the_list_shows_the_extra_nothing_is_read_alone() -> None:
    server = MemoryServer(*connections(*"abc", extra={"x": 1}))
    Reader(server).objects([connection(name, extra={"x": 1}) for name in "abc"])
    assert server.calls == [("list", "connections")]


def test_a_pool_with_a_slash_is_found_in_the_list_where_it_cannot_be_asked_for() -> None:
    objects = [stored(POOL, "a/b", slots=1), stored(POOL, "plain", slots=1)]
    old, new = MemoryServer(*objects, abilities=AIRFLOW_2), MemoryServer(*objects)
    assert ("pool", "a/b") in Reader(old).objects([pool("a/b")])
    assert old.calls == [("list", "pools")]
    assert ("pool", "a/b") in Reader(new).objects([pool("a/b")])
    assert new.calls == [("get", "a/b")]


def test_other_ids_with_a_slash_can_be_asked_for() -> None:
    server = MemoryServer(stored(VARIABLE, "a/b", value="x"), abilities=AIRFLOW_2)
    assert names(Reader(server).objects([variable("a/b")])) == ["a/b"]
    assert server.calls == [("get", "a/b")]


# Everything


def test_everything_of_a_kind_is_each_object_whole() -> None:
    server = MemoryServer(*connections("a", "b", extra={"x": 1}), abilities=AIRFLOW_2)
    everything = Reader(server).everything(CONNECTION)
    assert [(one.id, one.fields["extra"]) for one in everything] == [("a", {"x": 1}), ("b", {"x": 1})]
    assert not any("extra" in one.unseen for one in everything)
    assert server.calls[0] == ("list", "connections")
    assert sorted(server.calls[1:]) == [("get", "a"), ("get", "b")]


def test_everything_of_a_kind_needs_one_list_where_that_shows_all() -> None:
    server = MemoryServer(*connections("a", "b", extra={"x": 1}))
    assert names(Reader(server).everything(CONNECTION)) == ["a", "b"]
    assert server.calls == [("list", "connections")]


def test_the_memories_of_this_collection_are_no_objects() -> None:
    server = MemoryServer(MEMORY, *(stored(VARIABLE, name, value="x") for name in "abc"))
    assert names(Reader(server).everything(VARIABLE)) == ["a", "b", "c"]
    assert names(Reader(server).objects([variable(name) for name in "abc"])) == ["a", "b", "c"]
    assert names(Reader(server).objects([], [VARIABLE])) == ["a", "b", "c"]


# What patterns are about


def variables(*names: str) -> list[t.Any]:
    return [stored(VARIABLE, name, value="x") for name in names]


@pytest.mark.parametrize(
    ("patterns", "found", "calls"),
    [
        (["a"], ["a"], [("get", "a")]),
        (["a", "x"], ["a"], [("get", "a"), ("get", "x")]),
        (["a", "a"], ["a"], [("get", "a")]),
        ([], [], []),
        (["a", "b", "x"], ["a", "b"], [("list", "variables")]),
        (["etl_*"], ["etl_1", "etl_2"], [("list", "variables etl_*")]),
        (["etl_[1]", "etl_?x"], ["etl_1"], [("list", "variables etl_*")]),
        (["ETL_*"], [], [("list", "variables ETL_*")]),
        (["*_1", "a"], ["a", "etl_1"], [("list", "variables")]),
        (["*"], ["a", "b", "c/d", "etl_1", "etl_2"], [("list", "variables")]),
        (["c/d"], ["c/d"], [("list", "variables c/d*")]),
        ([""], [], [("list", "variables")]),
    ],
)
def test_what_patterns_are_about_is_read_with_few_requests(patterns: t.Any, found: t.Any, calls: t.Any) -> None:
    server = MemoryServer(MEMORY, *variables("a", "b", "c/d", "etl_1", "etl_2"))
    assert names(Reader(server).matching(VARIABLE, patterns)) == found
    assert sorted(server.calls) == calls


@pytest.mark.parametrize("pattern", [key_of("ours"), "windsock_*"])
def test_no_pattern_is_about_the_memories_of_this_collection(pattern: str) -> None:
    assert Reader(MemoryServer(MEMORY)).matching(VARIABLE, [pattern]) == []


def test_of_what_patterns_are_about_only_that_is_read_alone() -> None:
    server = MemoryServer(*connections("a", "etl_1", "etl_2", extra={"x": 1}), abilities=AIRFLOW_2)
    found = Reader(server).matching(CONNECTION, ["etl_*"])
    assert [(one.id, one.fields["extra"]) for one in found] == [("etl_1", {"x": 1}), ("etl_2", {"x": 1})]
    assert sorted(server.calls) == [("get", "etl_1"), ("get", "etl_2"), ("list", "connections etl_*")]


# Memories


def test_only_the_memories_are_asked_for_if_nothing_else_needs_the_list() -> None:
    server = MemoryServer(MEMORY, stored(VARIABLE, "v", value="x"))
    memories = Reader(server).memories("ours")
    assert memories.own == {"pool": {"p"}}
    assert server.calls == [("list", "variables windsock_applied_*")]


def test_who_may_not_read_variables_is_told_and_nothing_is_known() -> None:
    server = MemoryServer(MEMORY)
    server.trouble["list"] = [ServerFault("listing variables: no right to (HTTP 403)", 403)]
    memories = Reader(server).memories("ours")
    assert memories.own is None
    assert not memories.writable
    (trouble,) = [*memories.trouble.values()]
    assert trouble.endswith("cannot be read: listing variables: no right to (HTTP 403)")


@pytest.mark.parametrize("status", [None, 401, 404, 500])
def test_any_other_fault_ends_the_run(status: int | None) -> None:
    server = MemoryServer()
    server.trouble["list"] = [ServerFault("trouble", status)]
    with pytest.raises(ServerFault, match="trouble"):
        Reader(server).memories("ours")


def test_the_fake_server_shows_what_its_abilities_say() -> None:
    """Else these tests would say nothing."""
    shown = dataclasses.replace(AIRFLOW_3, lists_extra=False, shows_passwords=False)
    server = MemoryServer(*connections("a", password="***", extra={"x": 1}), abilities=shown)
    assert server.list(CONNECTION) == [stored(CONNECTION, "a", {"password", "extra"}, **PG)]
    assert server.get(CONNECTION, "a") == stored(CONNECTION, "a", {"password"}, **PG, extra={"x": 1})
