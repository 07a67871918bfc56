# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Carrying out a plan: requests, their size, and what becomes of each change when something fails."""

from __future__ import annotations

import dataclasses
import threading
import typing as t
from collections import Counter

import pytest

from ansible_collections.windsock.airflow.plugins.module_utils import _apply
from ansible_collections.windsock.airflow.plugins.module_utils._apply import Ledger, apply
from ansible_collections.windsock.airflow.plugins.module_utils._faults import ServerFault, Uncertain
from ansible_collections.windsock.airflow.plugins.module_utils._parallel import in_parallel
from ansible_collections.windsock.airflow.tests.unit.fakes import (
    AIRFLOW_2,
    AIRFLOW_3,
    AIRFLOW_3_0,
    CONNECTION,
    POOL,
    VARIABLE,
    Crowd,
    MemoryServer,
    connection,
    planned,
    pool,
    stored,
    variable,
)

PG = {"conn_type": "postgres", "host": "db"}
ONE_BY_ONE = dataclasses.replace(AIRFLOW_3, can_bulk=False)
GONE = ServerFault("nobody answers there")


def carried_out(server: MemoryServer, *desired: t.Any) -> Ledger:
    """Plan against what the server has, and apply."""
    actual = [each for kind in (CONNECTION, VARIABLE, POOL) for each in server.list(kind)]
    server.calls.clear()
    return apply(planned([*desired], *actual, abilities=server.abilities), server)


def done(ledger: Ledger) -> list[str]:
    return [change.id for change in ledger.done]


def failed(ledger: Ledger) -> dict[str, str]:
    return {change.id: why for change, why in ledger.failed}


def sizes(server: MemoryServer) -> list[int]:
    return [len(what) if method.startswith("bulk") else 1 for method, what in server.writes()]


def pools(count: int, **words: t.Any) -> list[t.Any]:
    return [pool(f"p{index:04}", **{"slots": 1, **words}) for index in range(count)]


def test_each_kind_and_action_is_one_request() -> None:
    server = MemoryServer(
        *(stored(POOL, name, slots=1) for name in ("changed1", "changed2", "gone1", "gone2")),
        stored(VARIABLE, "v", value="1"),
    )
    desired = [
        *pools(3),
        *(pool(name, slots=2, include_deferred=True) for name in ("changed1", "changed2")),
        *(pool(name, state="absent") for name in ("gone1", "gone2")),
        *(variable(name, value="x") for name in ("a", "b")),
        *(connection(name, **PG) for name in ("a", "b")),
    ]
    ledger = carried_out(server, *desired)
    assert sorted(method for method, _what in server.writes()) == ["bulk create"] * 3 + ["bulk delete", "bulk update"]
    assert sorted(done(ledger)) == sorted(one.id for one in desired)
    assert not ledger.failed


def test_a_single_change_goes_alone() -> None:
    server = MemoryServer()
    assert done(carried_out(server, pool(slots=1))) == ["p"]
    assert server.calls == [("create", "p")]


def test_requests_grow_while_the_server_is_quick_up_to_a_bound() -> None:
    server = MemoryServer()
    ledger = carried_out(server, *pools(_apply.MOST_OBJECTS * 3))
    first, most = _apply.FIRST_OBJECTS, _apply.MOST_OBJECTS
    assert sizes(server) == [first, first * 4, most, most, most * 3 - first * 5 - most * 2]
    assert len(ledger.done) == most * 3


def test_requests_are_of_bounded_size() -> None:
    server = MemoryServer()
    third = "x" * (_apply.MOST_BYTES // 3)
    ledger = carried_out(server, *(variable(f"v{index}", value=third) for index in range(5)))
    assert sizes(server) == [2, 2, 1]
    assert len(ledger.done) == 5


def test_a_slow_server_is_asked_for_less(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each new secret costs Airflow time; a request must be answered within the timeout."""
    clock = iter(range(0, 1_000_000, int(_apply.SLOW) + 1))
    monkeypatch.setattr(_apply.time, "monotonic", lambda: next(clock))
    server = MemoryServer()
    ledger = carried_out(server, *pools(_apply.FIRST_OBJECTS + 20))
    assert sizes(server)[:3] == [_apply.FIRST_OBJECTS, _apply.FIRST_OBJECTS // 4, _apply.FIRST_OBJECTS // 16]
    assert len(ledger.done) == _apply.FIRST_OBJECTS + 20


def test_an_object_larger_than_any_request_goes_alone() -> None:
    server = MemoryServer()
    huge = variable("huge", value="x" * (_apply.MOST_BYTES + 1))
    carried_out(server, variable("a", value="x"), huge, variable("b", value="x"))
    assert server.ids(VARIABLE) == ["a", "huge", "b"]


def test_without_bulk_everything_is_written_one_by_one() -> None:
    server = MemoryServer(stored(POOL, "gone", slots=1), stored(POOL, "p0000", slots=5), abilities=ONE_BY_ONE)
    ledger = carried_out(server, *pools(2), pool("gone", state="absent"))
    assert sorted(server.writes()) == [("create", "p0001"), ("delete", "gone"), ("update", "p0000")]
    assert len(ledger.done) == 3


def test_default_pool_is_never_part_of_a_bulk_request() -> None:
    server = MemoryServer(
        stored(POOL, "default_pool", slots=128), stored(POOL, "p0000", slots=5), stored(POOL, "p0001", slots=5)
    )
    carried_out(server, pool("default_pool", slots=1, include_deferred=False), *pools(2, include_deferred=False))
    assert ("update", "default_pool") in server.writes()
    assert all("default_pool" not in what for method, what in server.writes() if method.startswith("bulk"))


def test_an_update_in_bulk_sends_declared_values_only() -> None:
    """An entity must hold conn_type (facts, "Bulk"); where it is not declared, the object is updated alone."""
    server = MemoryServer(*(stored(CONNECTION, name, **PG, login="theirs") for name in ("a", "b", "c")))
    carried_out(
        server,
        *(connection(name, conn_type="postgres", host="new") for name in ("a", "b")),
        connection("c", host="new"),
    )
    assert server.writes() == [
        ("update", "c"),
        ("bulk update", {name: {"conn_type": "postgres", "host": "new"} for name in ("a", "b")}),
    ]


def test_the_culprit_is_found_and_everything_else_written() -> None:
    server = MemoryServer()
    server.refused = {"p0013", "p0060"}
    ledger = carried_out(server, *pools(100))
    assert failed(ledger).keys() == {"p0013", "p0060"}
    assert len(done(ledger)) == len(set(done(ledger))) == len(server.ids(POOL)) == 98
    assert len(server.writes()) < 40


def test_what_bulk_does_not_confirm_failed() -> None:
    server = MemoryServer(*(stored(POOL, name, slots=5) for name in ("p0000", "p0001")))
    server.unconfirmed = {"p0001"}
    ledger = carried_out(server, *pools(2, include_deferred=False))
    assert done(ledger) == ["p0000"]
    assert failed(ledger) == {"p0001": "not confirmed"}


def test_a_created_object_that_bulk_does_not_confirm_is_looked_for() -> None:
    """It may well be there: halving and creating again must not turn it into a conflict."""
    server = MemoryServer()
    server.unconfirmed = {"p0001"}
    carried_out(server, *pools(2))
    assert server.ids(POOL) == ["p0000", "p0001"]


def test_when_the_server_goes_away_the_rest_is_not_attempted() -> None:
    server = MemoryServer()
    server.trouble["bulk create"] = [None, GONE]
    first = _apply.FIRST_OBJECTS
    ledger = carried_out(server, *pools(first * 5 + 7))
    assert len(ledger.done) == first
    whys = list(failed(ledger).values())
    assert whys == ["nobody answers there"] * first * 4 + ["not attempted, since before it: nobody answers there"] * 7
    assert len(server.writes()) == 2


@pytest.mark.parametrize("status", [401, 403, 500])
def test_what_is_no_objection_to_the_request_is_not_tried_in_halves(status: int) -> None:
    server = MemoryServer()
    server.trouble["bulk create"] = [ServerFault("no", status)]
    ledger = carried_out(server, *pools(10))
    assert len(ledger.failed) == 10
    assert len(server.writes()) == 1


def test_going_away_amid_the_halves_accounts_for_each_change_once() -> None:
    server = MemoryServer()
    server.refused = {"p0000"}
    server.trouble["bulk create"] = [None] * 5 + [GONE]  # 16, 8, 4 and 2 objects, the next 2, the next 4
    ledger = carried_out(server, *pools(16))
    accounted = [*done(ledger), *(change.id for change, _why in ledger.failed)]
    assert sorted(accounted) == [f"p{index:04}" for index in range(16)]
    assert done(ledger) == ["p0001", "p0002", "p0003"]


def test_a_bulk_creation_whose_answer_was_lost_is_not_done_twice() -> None:
    server = MemoryServer()
    server.trouble["bulk create"] = [(Uncertain("the connection broke"), True)]
    ledger = carried_out(server, *pools(5))
    assert len(ledger.done) == 5
    assert [method for method, _what in server.calls] == ["bulk create", "list"]


def test_a_bulk_creation_that_never_arrived_is_done_after_a_look() -> None:
    server = MemoryServer()
    server.trouble["bulk create"] = [Uncertain("the connection broke")]
    ledger = carried_out(server, *pools(5))
    assert len(ledger.done) == len(server.ids(POOL)) == 5
    assert [method for method, _what in server.calls] == ["bulk create", "list", "bulk create"]


@pytest.mark.parametrize("arrived", [True, False])
def test_a_single_creation_whose_answer_was_lost(arrived: bool) -> None:
    server = MemoryServer()
    broke = Uncertain("the connection broke")
    server.trouble["create"] = [(broke, True) if arrived else broke]
    ledger = carried_out(server, connection("pg", **PG, password="pw"))
    assert done(ledger) == ["pg"]
    assert [method for method, _what in server.calls] == ["create", "get"] + ([] if arrived else ["create"])


@pytest.mark.parametrize("count", [1, 3])
def test_a_creation_that_was_still_at_work_when_it_was_looked_for(count: int) -> None:
    """The look comes too early, the second try meets the objects of the first: that is no fault."""
    server = MemoryServer()
    plan = planned(pools(count))
    slow = stored(POOL, "p0000", slots=1).fields
    method, look = ("create", "get") if count == 1 else ("bulk create", "list")
    server.trouble[method] = [Uncertain("the connection broke"), ServerFault("exists already", 409)]
    seen: list[str] = []

    def arrives_late(name: str, what: t.Any) -> None:
        seen.append(name)
        if seen.count(look) == 2:
            server.objects.update({("pool", f"p{index:04}"): slow for index in range(count)})

    called = server._called
    server._called = lambda name, what: (arrives_late(name, what), called(name, what))  # type: ignore[method-assign]
    ledger = apply(plan, server)
    assert len(ledger.done) == count
    assert seen == [method, look, method, look]


@pytest.mark.parametrize("count", [1, 3])
def test_a_creation_whose_answer_and_whose_look_were_lost_is_told_as_that(count: int) -> None:
    """Even if what answers the look looks like an objection: it is a gateway's, whose Airflow is just starting."""
    server = MemoryServer()
    method, look = ("create", "get") if count == 1 else ("bulk create", "list")
    server.trouble[method] = [(Uncertain("the connection broke"), True)]
    plan = planned(pools(count))
    server.trouble[look] = [ServerFault("HTTP 404", 404)]
    ledger = apply(plan, server)
    assert ledger.half_done
    assert len(server.writes()) == 1
    assert {*failed(ledger).values()} == {"HTTP 404; nobody knows whether it was done all the same"}


def test_variables_of_a_team_are_created_alone() -> None:
    """A bulk creation of Airflow 3.2 and 3.3 stores them without their team."""
    server = MemoryServer()
    ledger = carried_out(server, *(variable(key, value="x", team_name="t") for key in "ab"), *pools(2, team_name="t"))
    assert len(ledger.done) == 4
    assert sorted(method for method, _what in server.writes()) == ["bulk create", "create", "create"]


def test_what_somebody_else_created_meanwhile_is_not_overwritten() -> None:
    server = MemoryServer()
    server.trouble["create"] = [Uncertain("the connection broke")]
    plan = planned(pool(slots=1))
    server.objects["pool", "p"] = stored(POOL, "p", slots=99).fields
    ledger = apply(plan, server)
    assert "somebody else created it" in failed(ledger)["p"]
    assert server.objects["pool", "p"]["slots"] == 99


def test_answers_that_stay_lost_end_in_a_failure() -> None:
    server = MemoryServer()
    server.trouble["create"] = [Uncertain("the connection broke")] * 50
    ledger = carried_out(server, pool(slots=1), variable(value="1"))
    assert "the connection broke" in failed(ledger)["p"]
    assert failed(ledger)["v"].startswith("not attempted")
    assert len(server.writes()) <= 5


def test_what_is_left_of_a_lost_creation_and_refused_does_not_blame_the_others() -> None:
    server = MemoryServer()
    server.trouble["bulk create"] = [Uncertain("the connection broke")]
    plan = planned(pools(3))
    server.objects["pool", "p0000"] = stored(POOL, "p0000", slots=1).fields  # as ours was to be
    server.refused = {"p0002"}
    ledger = apply(plan, server)
    assert failed(ledger).keys() == {"p0002"}
    assert sorted(done(ledger)) == ["p0000", "p0001"]


def test_replacing_updates_deletes_and_creates() -> None:
    """The update shows what Airflow refuses while nothing is deleted yet."""
    server = MemoryServer(stored(CONNECTION, "pg", **PG, password="***", login="theirs"))
    ledger = carried_out(server, connection(password=""))
    assert server.writes() == [("update", "pg"), ("delete", "pg"), ("create", "pg")]
    assert server.objects["connection", "pg"] == stored(CONNECTION, "pg", **PG, login="theirs").fields
    assert done(ledger) == ["pg"]


def test_replacements_are_never_bulk_requests() -> None:
    """One that deletes and creates the same id deletes it and refuses to create it."""
    server = MemoryServer(*(stored(CONNECTION, name, **PG, password="***") for name in ("a", "b")))
    carried_out(server, connection("a", password=""), connection("b", password=""))
    for name in ("a", "b"):
        assert [call for call, what in server.writes() if what == name] == ["update", "delete", "create"]
    assert len(server.writes()) == 6


@pytest.mark.parametrize("fault", [ServerFault("HTTP 422", 422), GONE], ids=["refused", "gone"])
def test_a_replacement_that_fails_in_the_middle_says_that_the_connection_is_gone(fault: ServerFault) -> None:
    server = MemoryServer(stored(CONNECTION, "pg", **PG, password="***", login="theirs"))
    server.trouble["create"] = [fault]
    ledger = carried_out(server, connection(password="", conn_type="postgres"))
    why = failed(ledger)["pg"]
    assert "deleted to clear its password, and could not be created anew" in why
    assert "host, login" in why
    assert fault.message in why


def test_a_replacement_whose_deletion_fails_leaves_the_connection() -> None:
    server = MemoryServer(stored(CONNECTION, "pg", **PG, password="***"))
    server.trouble["delete"] = [ServerFault("HTTP 400", 400)]
    ledger = carried_out(server, connection(password=""))
    assert failed(ledger) == {"pg": "HTTP 400"}
    assert server.ids(CONNECTION) == ["pg"]
    assert ledger.half_done, "what was to be seen of the update was written"


def test_one_failure_does_not_keep_the_others_from_being_written() -> None:
    server = MemoryServer(stored(CONNECTION, "pg", **PG, password="***"))
    server.trouble["create"] = [ServerFault("HTTP 422", 422)]
    ledger = carried_out(server, connection(password=""), *pools(2))
    assert failed(ledger).keys() == {"pg"}
    assert done(ledger) == ["p0000", "p0001"]


# What somebody else creates meanwhile


@pytest.mark.parametrize("count", [1, 4])
def test_what_somebody_else_created_meanwhile_is_told_and_left(count: int) -> None:
    server = MemoryServer()
    plan = planned(pools(count))
    server.objects["pool", "p0000"] = stored(POOL, "p0000", slots=99).fields
    ledger = apply(plan, server)
    assert failed(ledger) == {
        "p0000": "creating pool 'p0000': somebody else created it while this run was at work, and it is left as it is; "
        "run again to compare it"
    }
    assert len(ledger.done) == count - 1
    assert server.objects["pool", "p0000"]["slots"] == 99


def test_another_conflict_is_told_in_the_servers_words() -> None:
    server = MemoryServer(stored(POOL, "p", slots=5))
    server.trouble["update"] = [ServerFault("two at once", 409)]
    assert failed(carried_out(server, pool(slots=1))) == {"p": "two at once"}


# What goes alone goes side by side


class MeetingServer(MemoryServer):
    """Writes nothing before so many writes are there at once."""

    def __init__(self, size: int) -> None:
        super().__init__(abilities=ONE_BY_ONE)
        self.crowd = Crowd(size)

    def create(self, *arguments: t.Any) -> None:
        self.crowd.come_and_go()
        super().create(*arguments)


@pytest.mark.parametrize(("count", "at_once"), [(3, 3), (16, 8)])
def test_what_goes_alone_goes_side_by_side_and_never_more_than_eight(count: int, at_once: int) -> None:
    server = MeetingServer(at_once)
    ledger = carried_out(server, *pools(count))
    assert sorted(done(ledger)) == sorted(server.ids(POOL)) == [f"p{index:04}" for index in range(count)]
    assert server.crowd.most == at_once


class FailingServer(MemoryServer):
    """Goes away with the second write, while the first one is at work; that one is answered all the same."""

    def __init__(self) -> None:
        super().__init__(abilities=ONE_BY_ONE)
        self.at_work, self.fault_is_known = threading.Event(), threading.Event()

    def create(self, kind: t.Any, object_id: str, fields: t.Any) -> None:
        if object_id == "p0000":
            self.at_work.set()
            assert self.fault_is_known.wait(10)
            super().create(kind, object_id, fields)
        else:
            assert self.at_work.wait(10)
            self.calls.append(("create", object_id))
            raise GONE


def test_after_the_server_went_away_nothing_new_begins_and_what_had_begun_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    server = FailingServer()

    def two_at_once(work: t.Any, changes: t.Any) -> None:
        def attempt(change: t.Any) -> None:
            work(change)
            if change.id == "p0001":
                server.fault_is_known.set()

        in_parallel(attempt, changes, 2)

    monkeypatch.setattr(_apply, "in_parallel", two_at_once)
    ledger = carried_out(server, *pools(20))
    assert done(ledger) == ["p0000"]
    assert sorted(server.writes()) == [("create", "p0000"), ("create", "p0001")]
    whys = failed(ledger)
    assert whys.pop("p0001") == "nobody answers there"
    assert whys == {f"p{index:04}": "not attempted, since before it: nobody answers there" for index in range(2, 20)}


def test_after_a_fault_of_something_alone_no_bulk_request_begins() -> None:
    server = MemoryServer(stored(CONNECTION, "pg", **PG, password="***"))
    server.trouble["update"] = [GONE]
    ledger = carried_out(server, connection(password=""), *pools(2))
    assert server.writes() == [("update", "pg")]
    assert failed(ledger)["p0000"] == failed(ledger)["p0001"] == "not attempted, since before it: nobody answers there"


def test_the_refusal_of_one_object_keeps_no_other_from_being_written() -> None:
    server = MemoryServer(abilities=ONE_BY_ONE)
    server.refused = {"p0000", "p0007"}
    ledger = carried_out(server, *pools(20))
    assert failed(ledger).keys() == {"p0000", "p0007"}
    assert len(ledger.done) == 18


# What a bulk update of an older Airflow 3 cannot do


def test_a_variable_whose_description_is_not_declared_is_updated_alone_where_bulk_would_empty_it() -> None:
    objects = [stored(VARIABLE, name, value="1", description="theirs") for name in ("a", "b")]
    desired = [variable("a", value="2"), variable("b", value="2")]
    old, new = MemoryServer(*objects, abilities=AIRFLOW_3_0), MemoryServer(*objects)
    carried_out(old, *desired)
    assert sorted(old.writes()) == [("update", "a"), ("update", "b")]
    carried_out(new, *desired)
    assert new.writes() == [("bulk update", {name: {"value": "2"} for name in ("a", "b")})]


def test_a_variable_whose_description_is_declared_is_updated_in_bulk_with_it() -> None:
    server = MemoryServer(
        *(stored(VARIABLE, name, value="1", description="ours") for name in ("a", "b")), abilities=AIRFLOW_3_0
    )
    carried_out(server, *(variable(name, value="2", description="ours") for name in ("a", "b")))
    entity = {"value": "2", "description": "ours"}
    assert server.writes() == [("bulk update", {"a": entity, "b": entity})]


def test_a_pool_whose_description_is_to_be_emptied_is_updated_alone_where_bulk_would_keep_it() -> None:
    objects = [stored(POOL, name, slots=1, description="old") for name in ("a", "b", "c")]
    emptied = [pool(name, slots=1, include_deferred=False, description="") for name in ("a", "b")]
    renamed = [pool("c", slots=1, include_deferred=False, description="new")]
    old, new = MemoryServer(*objects, abilities=AIRFLOW_3_0), MemoryServer(*objects)
    carried_out(old, *emptied, *renamed)
    assert sorted(old.writes()) == [("update", "a"), ("update", "b"), ("update", "c")]
    carried_out(new, *emptied, *renamed)
    assert [method for method, _what in new.writes()] == ["bulk update"]
    assert {new.objects["pool", name]["description"] for name in ("a", "b")} == {None}


# Airflow 2


def test_a_creation_whose_answer_was_lost_is_found_although_its_password_cannot_be_seen() -> None:
    server = MemoryServer(abilities=AIRFLOW_2)
    server.trouble["create"] = [(Uncertain("the connection broke"), True)]
    ledger = carried_out(server, connection("pg", **PG, password="pw", extra={"a": 1}))
    assert done(ledger) == ["pg"]
    assert server.writes() == [("create", "pg")]


# Where bulk requests are logged in clear

LOUD = dataclasses.replace(AIRFLOW_3, logs_bulk_in_clear=True)


def alone(server: MemoryServer) -> list[str]:
    """What was written in a request of its own."""
    return sorted(what for method, what in server.writes() if not method.startswith("bulk"))


def in_bulk(server: MemoryServer) -> dict[str, t.Any]:
    """What was written in bulk, by id."""
    return {object_id: fields for method, what in server.writes() if method.startswith("bulk") for object_id, fields in what.items()}


SECRET = {
    "a leaf": connection("x", **PG, secret_extra={"note": "s"}),
    "an empty leaf": connection("x", **PG, secret_extra={"deep": {"note": ""}}),
    "a URI": connection("x", uri="http://me@host"),
    "a secret name in extra": connection("x", **PG, extra={"api_key": "s"}),
    "a secret name deep in extra": connection("x", **PG, extra={"a": [{"b": {"My_Token": 1}}]}),
    "a secret variable": variable("x", secret_value="s"),
    "a secret variable of JSON": variable("x", secret_value={"a": 1}),
    "a variable of a secret name": variable("x_password", value="s"),
    "a variable with a secret name in it": variable("x", value={"a": {"secret": "s"}}),
    "a variable with a secret name in its text": variable("x", value='[{"token": "s"}]'),
}
OPEN = {
    "a password": connection("x", **PG, password="pw"),
    "nothing": connection("x", **PG, login="me", extra={"timeout": 5, "deep": [{"a": "token"}]}),
    "an empty secret_extra": connection("x", **PG, secret_extra={}),
    "a variable": variable("x", value="token"),
    "a variable of JSON": variable("x", value={"a": "token"}),
    "a variable that looks like JSON": variable("x", value='{"token": '),
    "an empty variable": variable("x", value=""),
    "a pool": pool("x", slots=1, description="token"),
}


def filler(kind: t.Any) -> list[t.Any]:
    """Two more of a kind, so that there is something to be done in bulk."""
    if kind is POOL:
        return pools(2)
    return [variable(f"f{each}", value="x") if kind is VARIABLE else connection(f"f{each}", **PG) for each in range(2)]


@pytest.mark.parametrize("name", [*SECRET, *OPEN])
def test_what_is_secret_but_for_passwords_is_created_alone_and_everything_else_in_bulk(name: str) -> None:
    one = {**SECRET, **OPEN}[name]
    server, silent = MemoryServer(abilities=LOUD), MemoryServer()
    ledger = carried_out(server, *filler(one.kind), one)
    assert alone(server) == ([one.id] if name in SECRET else [])
    assert len(in_bulk(server)) == (2 if name in SECRET else 3)
    assert len(ledger.done) == 3
    carried_out(silent, *filler(one.kind), one)
    assert alone(silent) == []


def test_what_is_secret_is_updated_alone_too() -> None:
    actual = [
        *(stored(CONNECTION, name, **PG, extra={"note": "old"}) for name in "abcd"),
        *(stored(VARIABLE, name, value="old", description="d") for name in "abc"),
    ]
    desired = [
        connection("a", **PG, secret_extra={"note": "new"}),
        *(connection(name, **PG, extra={"note": "new"}) for name in "bc"),
        connection("d", **PG, password="pw"),
        variable("a", secret_value="new", description="d"),
        *(variable(name, value="new", description="d") for name in "bc"),
    ]
    for abilities in (LOUD, AIRFLOW_3_0):
        server = MemoryServer(*actual, abilities=abilities)
        assert len(carried_out(server, *desired).done) == 7
        assert alone(server) == ["a", "a"]
        assert in_bulk(server).keys() == {*"bcd"}


def test_a_secret_that_is_not_written_is_of_no_account() -> None:
    """Another field changes, and the request does not hold it."""
    server = MemoryServer(*(stored(CONNECTION, name, **PG, extra={"note": "s"}) for name in "ab"), abilities=LOUD)
    carried_out(server, *(connection(name, conn_type="postgres", host="new", secret_extra={"note": "s"}) for name in "ab"))
    assert alone(server) == []
    assert in_bulk(server) == {name: {"conn_type": "postgres", "host": "new"} for name in "ab"}


@pytest.mark.parametrize("words", [{"secret_value": "s"}, {"value": {"token": "s"}}], ids=["declared as one", "by its name"])
def test_a_secret_that_a_bulk_request_would_have_to_hold_keeps_it_from_being_one(words: dict[str, t.Any]) -> None:
    """A variable's entity must hold its value, whatever of it is to change."""
    one = variable(**words)
    actual = [stored(VARIABLE, name, value=one.fields["value"], description="old") for name in "ab"]
    for abilities in (LOUD, AIRFLOW_3_0):
        server = MemoryServer(*actual, abilities=abilities)
        carried_out(server, *(variable(name, **words, description="new") for name in "ab"))
        assert alone(server) == ["a", "b"]
        assert in_bulk(server) == {}


def test_what_is_deleted_shows_nothing_but_its_id() -> None:
    server = MemoryServer(*(stored(VARIABLE, name, value="s") for name in ("my_password", "b")), abilities=LOUD)
    carried_out(server, *(variable(name, state="absent") for name in ("my_password", "b")))
    assert [method for method, _what in server.writes()] == ["bulk delete"]


# What was sent


def sent(ledger: Ledger) -> dict[str, int]:
    return {object_id: count for (_kind, object_id), count in ledger.sent.items()}


def logged(server: MemoryServer) -> dict[str, int]:
    """How often the server's audit log names each object."""
    return dict(Counter(object_id for event in server.events for object_id in event.ids or ()))


def test_each_request_is_counted_for_each_object_that_it_holds() -> None:
    server = MemoryServer(
        stored(POOL, "changed", slots=9), stored(POOL, "gone", slots=1), stored(CONNECTION, "pg", **PG, password="***")
    )
    ledger = carried_out(server, *pools(3), pool("changed", slots=1), pool("gone", state="absent"), connection(password=""))
    assert sent(ledger) == logged(server) == {"p0000": 1, "p0001": 1, "p0002": 1, "changed": 1, "gone": 1, "pg": 3}
    assert ledger.sent["pool", "never heard of"] == 0


def test_what_is_tried_again_in_halves_is_counted_each_time() -> None:
    """Refused requests are in the log too."""
    server = MemoryServer()
    server.refused = {"p0003"}
    ledger = carried_out(server, *pools(4))
    assert sent(ledger) == logged(server) == {"p0000": 2, "p0001": 2, "p0002": 3, "p0003": 3}


@pytest.mark.parametrize("count", [1, 3])
def test_what_is_sent_anew_because_the_answer_was_lost_is_counted_anew(count: int) -> None:
    server = MemoryServer()
    server.trouble["create" if count == 1 else "bulk create"] = [Uncertain("the connection broke")]
    ledger = carried_out(server, *pools(count))
    assert {*sent(ledger).values()} == {2}, "the first one may have arrived"


def test_what_was_not_attempted_was_not_sent() -> None:
    server = MemoryServer()
    server.trouble["bulk create"] = [GONE]
    ledger = carried_out(server, *pools(3), *(variable(name, value="x") for name in "ab"))
    assert sent(ledger) in ({"p0000": 1, "p0001": 1, "p0002": 1}, {"a": 1, "b": 1})


@pytest.mark.parametrize("method", ["update", "delete", "create"])
def test_a_replacement_is_counted_as_far_as_it_may_have_come(method: str) -> None:
    """Rather one too many: then somebody else's write passes for ours, of an object of which nothing is believed anyhow."""
    server = MemoryServer(stored(CONNECTION, "pg", **PG, password="***"))
    server.trouble[method] = [ServerFault("HTTP 400", 400)]
    ledger = carried_out(server, connection(password=""))
    assert failed(ledger)
    assert logged(server).get("pg", 0) <= sent(ledger)["pg"] == (3 if method == "create" else 2)


def test_what_goes_side_by_side_is_counted_whole() -> None:
    server = MemoryServer(abilities=ONE_BY_ONE)
    ledger = carried_out(server, *pools(100))
    assert sent(ledger) == logged(server) == {f"p{index:04}": 1 for index in range(100)}
