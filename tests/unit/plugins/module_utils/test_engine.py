# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whole runs with owners: what is pruned, what is remembered of it, and what check mode says of both."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.windsock.airflow.plugins.module_utils._faults import Refused, ServerFault
from ansible_collections.windsock.airflow.plugins.module_utils._memory import encoded, key_of, read_memories
from ansible_collections.windsock.airflow.plugins.module_utils._report import Report
from ansible_collections.windsock.airflow.tests.unit.fakes import (
    AIRFLOW_2,
    AIRFLOW_3_0,
    CONNECTION,
    KINDS,
    POOL,
    VARIABLE,
    MemoryServer,
    connection,
    pool,
    run,
    stored,
    told,
    variable,
)

PG = {"conn_type": "postgres"}
GONE = ServerFault("nobody answers there")
OWNED = {"mode": "owned", "owner": "ours"}
every_generation = pytest.mark.parametrize(
    "abilities", [AIRFLOW_2, AIRFLOW_3_0, None], ids=["Airflow 2", "Airflow 3.0", "newest"]
)


def server_with(letters: str, **memories: str) -> MemoryServer:
    """Pools of one letter each, and owners that applied pools of one letter each."""
    return MemoryServer(
        *(stored(POOL, letter, slots=1) for letter in letters),
        *(remembered(owner, applied) for owner, applied in memories.items()),
    )


def remembered(owner: str, pools: str) -> t.Any:
    return stored(VARIABLE, key_of(owner), value=encoded(owner, {"pool": frozenset(pools)}))


def pools(letters: str) -> list[t.Any]:
    return [pool(letter, slots=1) for letter in letters]


def memory(server: MemoryServer, owner: str = "ours") -> t.Any:
    """What the server has of an owner, by kind."""
    found = [stored(VARIABLE, key, **fields) for (_kind, key), fields in server.objects.items() if VARIABLE.keeps(key)]
    own = read_memories(found, owner).own
    return None if own is None else {kind: "".join(sorted(some)) for kind, some in own.items()}


def changes(report: Report) -> list[tuple[str, str]]:
    return [(change["action"], change["id"]) for change in report.result["changes"]]


# Pruning


@every_generation
def test_what_an_earlier_run_applied_and_this_one_does_not_declare_goes(abilities: t.Any) -> None:
    server = MemoryServer(stored(POOL, "theirs", slots=1), **({"abilities": abilities} if abilities else {}))
    run(server, *pools("abcd"), **OWNED)
    report = run(server, *pools("ae"), **OWNED)
    assert sorted(changes(report)) == [("create", "e"), ("delete", "b"), ("delete", "c"), ("delete", "d")]
    assert report.result["summary"]["pools"] == {
        "created": 1,
        "updated": 0,
        "deleted": 3,
        "unchanged": 1,
        "unknown": 0,
    }
    assert sorted(server.ids(POOL)) == ["a", "e", "theirs"]
    assert memory(server) == {"pool": "ae"}
    again = run(server, *pools("ae"), **OWNED)
    assert (again.result["changed"], again.hints) == (False, [])


def test_pruning_can_begin_after_runs_without() -> None:
    server = MemoryServer()
    run(server, *pools("ab"), owner="ours")
    run(server, *pools("a"), owner="ours")
    assert memory(server) == {"pool": "ab"}
    assert changes(run(server, *pools("a"), **OWNED)) == [("delete", "b")]


def test_an_empty_list_leaves_nothing_of_a_kind_but_what_must_stay() -> None:
    server = MemoryServer(
        stored(POOL, "default_pool", slots=1),
        stored(POOL, "p", slots=1),
        stored(CONNECTION, "pg", **PG),
        stored(VARIABLE, "v", value="x"),
        remembered("other", "q"),
    )
    report = run(server, kinds=[POOL, VARIABLE], mode="all", owner="ours")
    assert sorted(changes(report)) == [("delete", "p"), ("delete", "v")]
    assert server.ids(POOL) == ["default_pool"]
    assert server.ids(CONNECTION) == ["pg"]
    assert memory(server, "other") == {"pool": "q"}


def test_kinds_that_are_pruned_are_listed_however_few_are_declared() -> None:
    server = server_with("ab")
    run(server, *pools("a"), mode="all", owner="ours", check_mode=True)
    assert server.calls == [("list", "pools"), ("list", "variables windsock_applied_*")]


def test_more_deletions_than_the_limit_are_refused_before_anything_is_written() -> None:
    server = server_with("abc", ours="abc")
    (fault,) = told(lambda: run(server, *pools("x"), limit=2, **OWNED))
    assert fault.startswith("prune_limit: prune=owned would delete 3 pools")
    assert server.writes() == []
    assert changes(run(server, *pools("x"), limit=3, **OWNED))[0] == ("create", "x")


def test_the_limit_holds_in_check_mode_too() -> None:
    with pytest.raises(Refused):
        run(server_with("ab"), kinds=[POOL], mode="all", limit=1, check_mode=True)


@pytest.mark.parametrize("owner", ["ours", ""])
def test_what_another_owner_applied_is_never_pruned(owner: str) -> None:
    server = server_with("abc", other="b")
    run(server, *pools("a"), mode="all", owner=owner)
    assert server.ids(POOL) == ["a", "b"]


def test_what_the_server_cannot_delete_stays_and_is_told() -> None:
    server = MemoryServer(stored(POOL, "a/b", slots=1), stored(POOL, "c", slots=1), abilities=AIRFLOW_2)
    report = run(server, *pools("x"), mode="all", owner="ours")
    assert sorted(server.ids(POOL)) == ["a/b", "x"]
    assert "pool 'a/b'" in report.hints[0]


def test_nothing_of_what_is_pruned_is_shown_that_may_be_secret() -> None:
    server = MemoryServer(
        stored(CONNECTION, "pg", **PG, login="CANARY", password="CANARY", extra={"a": "CANARY"}),
        stored(VARIABLE, "v", value="CANARY"),
    )
    report = run(server, kinds=KINDS, mode="all", owner="ours")
    assert len(report.diff()) == 2
    assert "CANARY" not in repr((report.result, report.diff(), report.hints, report.message))


# Check mode


def rich_server() -> MemoryServer:
    return server_with("abcde", ours="abcd", other="cde")


@pytest.mark.parametrize("pruning", [{"mode": "none"}, {"mode": "owned"}, {"mode": "all"}], ids=str)
@pytest.mark.parametrize("broken", [False, True], ids=["", "unreadable memory"])
def test_check_mode_says_what_a_real_run_then_does_and_writes_nothing(pruning: dict[str, str], broken: bool) -> None:
    checking, doing = rich_server(), rich_server()
    for server in (checking, doing):
        server.objects["pool", "f"] = stored(POOL, "f", slots=1).fields
        if broken:
            server.objects["variable", key_of("other")]["value"] = "damaged"
    desired = [pool("a", slots=2), *pools("ex"), pool("f", state="absent")]
    predicted = run(checking, *desired, check_mode=True, owner="ours", **pruning)
    done = run(doing, *desired, owner="ours", **pruning)
    assert checking.writes() == []
    assert predicted.result == done.result
    assert predicted.diff() == done.diff()
    assert predicted.hints == done.hints
    assert checking.reads() == doing.reads()[: len(checking.reads())]


def test_a_memory_is_no_change() -> None:
    server = server_with("a")
    report = run(server, *pools("a"), owner="ours")
    assert memory(server) == {"pool": "a"}
    assert (report.result["changed"], report.result["changes"], report.diff()) == (False, [], [])


# What is remembered


def test_the_memory_is_written_last() -> None:
    server = server_with("ab", ours="ab")
    run(server, *pools("axyz"), **OWNED)
    assert [method for method, _what in server.writes()][-1] == "update"
    assert server.calls[-2:] == [("get", key_of("ours")), ("update", key_of("ours"))]


def test_all_that_is_as_declared_is_claimed_whatever_had_to_be_done_for_it() -> None:
    server = MemoryServer(
        stored(POOL, "p", slots=1), stored(POOL, "q", slots=9), stored(CONNECTION, "c", **PG, password="***")
    )
    desired = [pool("p", slots=1), pool("q", slots=2), variable("v", value="x"), connection("c", password="pw")]
    report = run(server, *desired, owner="ours", update_secrets="on_create")
    assert report.result["summary"]["connections"]["unknown"] == 1
    assert memory(server) == {"pool": "pq", "variable": "v", "connection": "c"}


def test_what_could_not_be_created_is_not_claimed() -> None:
    server = MemoryServer()
    server.refused = {"b"}
    assert run(server, *pools("abc"), owner="ours").failed
    assert memory(server) == {"pool": "ac"}


def test_what_could_not_be_updated_is_not_claimed_anew_and_not_given_up() -> None:
    server = server_with("ab", ours="b")
    server.refused = {"a", "b"}
    assert run(server, pool("a", slots=2), pool("b", slots=2), **OWNED).failed
    assert memory(server) == {"pool": "b"}


def test_what_bulk_did_not_confirm_is_not_claimed() -> None:
    server = server_with("ab")
    server.unconfirmed = {"b"}
    run(server, *(pool(name, slots=2, include_deferred=False) for name in "ab"), owner="ours")
    assert memory(server) == {"pool": "a"}


def test_what_was_not_attempted_is_not_claimed() -> None:
    server = MemoryServer()
    server.trouble["create"] = [None, GONE]
    desired = [pool("p", slots=1), variable("v", value="x"), connection("c", **PG)]
    assert run(server, *desired, owner="ours").failed
    assert memory(server) == {"pool": "p"}


def test_what_could_not_be_deleted_stays_remembered_and_goes_next_time() -> None:
    server = server_with("abc", ours="abc")
    server.refused = {"b"}
    report = run(server, *pools("a"), **OWNED)
    assert [failure["id"] for failure in report.result["failures"]] == ["b"]
    assert memory(server) == {"pool": "ab"}
    server.refused = set()
    assert changes(run(server, *pools("a"), **OWNED)) == [("delete", "b")]
    assert memory(server) == {"pool": "a"}


@pytest.mark.parametrize("letters", ["ab", "b"], ids=["deleted", "gone already"])
def test_what_is_declared_absent_is_given_up(letters: str) -> None:
    server = server_with(letters, ours="ab")
    run(server, pool("a", state="absent"), owner="ours")
    assert memory(server) == {"pool": "b"}


def test_what_has_vanished_is_given_up_so_that_another_may_make_it_anew() -> None:
    server = server_with("a", ours="ab")
    run(server, *pools("a"), **OWNED)
    assert memory(server) == {"pool": "a"}
    server.objects["pool", "b"] = stored(POOL, "b", slots=1).fields
    assert changes(run(server, *pools("a"), **OWNED)) == []


def test_where_nothing_changes_the_memory_is_not_even_read_again() -> None:
    server = server_with("ab", ours="ab")
    run(server, *pools("ab"), **OWNED)
    assert server.calls == [("list", "pools"), ("list", "variables windsock_applied_*")]


def test_a_change_of_a_known_object_needs_no_memory_written() -> None:
    server = server_with("ab", ours="ab")
    run(server, pool("a", slots=2), owner="ours")
    assert server.writes() == [("update", "a")]


def test_without_an_owner_there_is_no_memory() -> None:
    server = MemoryServer()
    run(server, *pools("ab"))
    assert server.calls == [("get", "a"), ("get", "b"), ("bulk create", {name: {"slots": 1} for name in "ab"})]


def test_what_others_noted_meanwhile_is_kept() -> None:
    server = server_with("a", ours="a")
    create = server.create

    def and_another_run(*arguments: t.Any) -> None:
        create(*arguments)
        server.objects["variable", key_of("ours")]["value"] = encoded("ours", {"pool": frozenset("az")})

    server.create = and_another_run  # type: ignore[method-assign]
    run(server, *pools("ax"), owner="ours")
    assert memory(server) == {"pool": "axz"}


# Several owners


def test_what_two_owners_declare_goes_once_both_have_given_it_up() -> None:
    server = MemoryServer()
    first, second = {"mode": "owned", "owner": "first"}, {"mode": "owned", "owner": "second"}
    run(server, *pools("ab"), **first)
    assert "pool 'b' ('first')" in run(server, *pools("bc"), **second).hints[-1]
    (hint,) = run(server, *pools("ab"), check_mode=True, **first).hints
    assert "pool 'b' ('second')" in hint
    assert changes(run(server, *pools("a"), **first)) == []
    assert memory(server, "first") == {"pool": "a"}
    assert run(server, *pools("bc"), **second).hints == []
    assert changes(run(server, *pools("c"), **second)) == [("delete", "b")]


def test_two_owners_do_not_prune_each_other() -> None:
    server = MemoryServer()
    for expected in (1, 0):
        assert len(changes(run(server, *pools("a"), mode="owned", owner="first"))) == expected
        assert len(changes(run(server, *pools("b"), mode="owned", owner="second"))) == expected
    assert server.ids(POOL) == ["a", "b"]


# Where the memory is no help


def test_a_lost_memory_prunes_nothing_and_begins_anew() -> None:
    server = server_with("ab")
    report = run(server, *pools("a"), **OWNED)
    assert report.hints == ["nothing was pruned: this deployment has no memory of what the owner 'ours' applied before"]
    assert server.ids(POOL) == ["a", "b"]
    assert memory(server) == {"pool": "a"}


@pytest.mark.parametrize("mode", ["none", "owned", "all"])
def test_an_unreadable_memory_keeps_nothing_from_being_applied_and_is_left_as_it_is(mode: str) -> None:
    server = server_with("ab", ours="ab")
    server.objects["variable", key_of("ours")]["value"] = "ws1 damaged"
    report = run(server, *pools("ax"), mode=mode, owner="ours")
    assert server.ids(POOL) == ["a", "b", "x"]
    assert server.writes() == [("create", "x")]
    assert not report.failed
    assert key_of("ours") in report.hints[0]
    assert "is damaged; delete it to begin anew" in report.hints[0]
    assert len(report.hints) == (1 if mode == "none" else 2)


def test_an_unreadable_memory_of_another_owner_keeps_nobody_from_noting_what_they_applied() -> None:
    server = server_with("ab", ours="ab", other="b")
    server.objects["variable", key_of("other")]["value"] = "ws1 damaged"
    run(server, *pools("ax"), **OWNED)
    assert server.ids(POOL) == ["a", "b", "x"]
    assert memory(server) == {"pool": "abx"}


def test_who_may_not_read_variables_can_still_apply() -> None:
    server = server_with("ab", ours="ab")
    server.trouble["list"] = [None, ServerFault("listing variables: no right to (HTTP 403)", 403)]
    report = run(server, *pools("ax"), **OWNED)
    assert server.writes() == [("create", "x")]
    assert not report.failed
    assert "no right to (HTTP 403)" in report.hints[0]
    assert "nothing was pruned" in report.hints[1]


@pytest.mark.parametrize("status", [None, 403, 422, 500])
def test_what_could_not_be_noted_is_told_and_the_run_has_not_failed(status: int | None) -> None:
    server = server_with("", ours="")
    server.trouble["update"] = [ServerFault("nobody answers there", status)]
    report = run(server, *pools("a"), owner="ours")
    assert changes(report) == [("create", "a")]
    assert not report.failed
    assert report.hints == [
        "what was applied could not be noted for the owner 'ours', so prune=owned will not know it: "
        "nobody answers there"
    ]
