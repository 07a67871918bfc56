# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The answer to a write is lost, or the server goes away half-way: nothing is done twice, and the report is true."""

from __future__ import annotations

import json
from typing import Any

import pytest

pytestmark = pytest.mark.servers("3.3")

CLEARED = {"conn_type": "http", "host": "h", "password": "to-be-cleared", "extra": '{"a": 1}', "description": "d"}


def before(api: Any, name: str) -> None:
    """Something to create, to change, to replace and to delete, alone and in bulk, of each kind."""
    api.create("connections", *({"connection_id": f"{name}{i}", **CLEARED} for i in range(6)))
    api.create("variables", *({"key": f"{name}{i}", "value": "old", "description": "d"} for i in range(5)))
    api.create("pools", *({"name": f"{name}{i}", "slots": 1, "description": "d"} for i in range(5)))


def declared(name: str) -> dict[str, Any]:
    return {
        "connections": [
            {"connection_id": f"{name}0", **CLEARED, "password": ""}, {"connection_id": f"{name}1", "host": "alone"},
            *({"connection_id": f"{name}{i}", "conn_type": "http", "host": "bulk", "port": i} for i in (2, 3)),
            *({"connection_id": f"{name}{i}", "state": "absent"} for i in (4, 5)),
            *({"connection_id": f"{name}{i}", "conn_type": "ftp", "extra": {"n": i}} for i in (6, 7, 8))],
        "variables": [
            {"key": f"{name}0", "description": "alone"}, *({"key": f"{name}{i}", "value": "new"} for i in (1, 2)),
            *({"key": f"{name}{i}", "state": "absent"} for i in (3, 4)), *({"key": f"{name}{i}", "value": i} for i in (5, 6, 7))],
        "pools": [
            {"name": f"{name}0", "slots": 2}, *({"name": f"{name}{i}", "slots": 3, "include_deferred": True} for i in (1, 2)),
            *({"name": f"{name}{i}", "state": "absent"} for i in (3, 4)), *({"name": f"{name}{i}", "slots": i} for i in (5, 6, 7))],
    }


def as_declared(stored: Any, name: str) -> None:
    """Airflow's own command line finds everything as declared, and what was not declared as it was."""
    connections, variables, pools = (
        {key.removeprefix(name): value for key, value in each.items() if key.startswith(name)}
        for each in (stored.connections(), stored.variables(), stored.pools()))
    assert set(connections) == set("0123678") and set(variables) == set("012567") and set(pools) == set("012567")
    old = {**CLEARED, "extra": json.loads(CLEARED["extra"]), "login": None, "port": None, "schema": None}
    assert connections["0"] == {**old, "password": None} and connections["1"] == {**old, "host": "alone"}
    assert all(connections[i] == {**old, "host": "bulk", "port": int(i)} for i in "23")
    assert all((connections[i]["conn_type"], connections[i]["extra"]) == ("ftp", {"n": int(i)}) for i in "678")
    assert variables["0"] == {"value": "old", "description": "alone"}
    assert all(variables[i] == {"value": "new", "description": "d"} for i in "12")
    assert all(variables[i]["value"] == int(i) for i in "567")
    assert [(pools[i]["slots"], pools[i]["description"], pools[i]["include_deferred"]) for i in "012"] == [
        ("2", "d", "False"), ("3", "d", "True"), ("3", "d", "True")]
    assert all(pools[i]["slots"] == i for i in "567")


WRITES = 16  # more than the run below has; those beyond its last do nothing


@pytest.mark.parametrize("nth", range(WRITES))
def test_the_answer_to_a_write_is_lost(engine, proxy, api, stored, name, nth):
    """Each write of a run in turn is carried out, and its answer lost: done once, reported as done."""
    before(api, name)
    proxy.lose_answer(writes_only=True, after=nth, times=1)
    run = engine(**declared(name))
    assert not run.failed and run.changed, run.failures
    assert len(run.changes) == sum(len(objects) for objects in declared(name).values())
    if nth == 0:
        assert len([request for request in proxy.requests if request.status is None]) == 1
    as_declared(stored, name)
    assert engine(**declared(name)).changes == []


def test_the_run_has_no_more_writes_than_are_lost_above(engine, proxy, api, name):
    before(api, name)
    engine(**declared(name))
    assert 8 <= len(proxy.writes) <= WRITES


@pytest.mark.parametrize("nth", range(WRITES))
def test_the_server_goes_away_half_way(engine, proxy, api, stored, name, nth):
    """From one write on, nobody answers any more: what was done is told apart from what was not; the next run converges."""
    before(api, name)
    proxy.cut(after=nth, times=None, writes_only=True)
    run = engine(retries=0, **declared(name))
    everything = {(kind.rstrip("s"), next(iter(each.values()))) for kind, objects in declared(name).items() for each in objects}
    done = {(change["kind"], change["id"]) for change in run.changes}
    not_done = {(failure["kind"], failure["id"]) for failure in run.failures}
    assert done | not_done == everything and not done & not_done
    # Nobody can tell a request that was lost from an answer that was: then `changed` is the safe side.
    assert run.failed is bool(not_done) and run.changed >= bool(done)
    if nth == 0:
        assert not done and run.failed
    if run.failed:
        assert "\n" not in run.msg and all(failure["reason"] for failure in run.failures)
    proxy.reset()
    left = engine(check=True, **declared(name)).changes
    assert {(change["kind"], change["id"]) for change in left} == not_done
    assert not engine(**declared(name)).failed
    as_declared(stored, name)


@pytest.mark.parametrize("nth", range(WRITES))
def test_answers_are_lost_and_then_the_server_is_gone(engine, proxy, api, stored, name, nth):
    """A write is carried out, and from its answer on nobody answers: what may have been done is not said to be undone."""
    before(api, name)
    done_for_good = []

    def lose_then_nothing(forward: Any) -> None:
        if not done_for_good:
            done_for_good.append(forward())

    proxy.add(lose_then_nothing, after=nth, times=None, writes_only=True)
    proxy_reads(proxy, done_for_good)
    run = engine(retries=1, **declared(name))
    if done_for_good:
        assert run.failed and run.changed, "something was written, and `changed` denies it"
    proxy.reset()
    assert not engine(**declared(name)).failed
    as_declared(stored, name)


def test_nothing_was_done_where_nobody_listens(engine, proxy, name):
    """The opposite: a request that certainly was not carried out makes no `changed`."""
    proxy.answer(429, "{}", {"Retry-After": "0"}, times=None, writes_only=True)
    for count in (1, 3):
        run = engine(retries=1, pools=[{"name": f"{name}{i}", "slots": 1} for i in range(count)])
        assert run.failed and not run.changed


def proxy_reads(proxy: Any, gone: list[Any]) -> None:
    """Reads too are not answered once the server is gone."""
    proxy.add(lambda forward: None if gone else forward(), method="GET", times=None)


@pytest.mark.parametrize("status", [500, 400, 403])
def test_a_replacement_that_stops_between_its_two_steps(engine, proxy, api, stored, name, status):
    """Deleted, but not created anew: said so, `changed`, and the next run makes it whole."""
    api.create("connections", {"connection_id": f"{name}c", **CLEARED})
    whole = {"connection_id": f"{name}c", **CLEARED, "password": ""}
    proxy.answer(status, '{"detail": "no"}', method="POST", path="/connections", times=None)
    run = engine.one("connection", **whole)
    assert run.failed and "deleted" in run.failures[0]["reason"] and api.ids("connections", name) == []
    assert run.changed, "the connection is gone, and `changed` denies it"
    proxy.reset()
    engine.settles(connections=[whole])
    assert stored.connection(f"{name}c")["description"] == "d"


def test_a_replacement_that_stops_tells_which_undeclared_fields_are_gone(engine, proxy, api, name):
    """The same where not all was declared: nobody can put the rest back, so it is named."""
    api.create("connections", {"connection_id": f"{name}c", **CLEARED})
    proxy.answer(500, '{"detail": "no"}', method="POST", path="/connections", times=None)
    run = engine.one("connection", connection_id=f"{name}c", password="", host="i")
    assert run.failed and run.changed
    told = run.failures[0]["reason"]
    assert [field for field in ("conn_type", "description", "extra") if field not in told] == [], told


@pytest.mark.parametrize("count", [1, 4])
def test_a_lost_creation_that_was_not_carried_out(engine, proxy, api, name, count):
    """The line is cut before the request arrives: looked, not there, so created after all, once."""
    proxy.cut(writes_only=True, times=1)
    run = engine(variables=[{"key": f"{name}{i}", "value": "x"} for i in range(count)], owner="")
    assert not run.failed and len(run.changes) == len(api.ids("variables", name)) == count
    assert len(proxy.writes) == 2


def test_a_lost_creation_and_somebody_elses_object(engine, proxy, api, stored, name):
    """The line is cut, and meanwhile somebody else creates the same id with other content: theirs is not overwritten."""
    def action(forward: Any) -> None:
        api.create("variables", {"key": f"{name}0", "value": "theirs"})
    proxy.add(action, writes_only=True)
    run = engine(variables=[{"key": f"{name}0", "value": "ours"}])
    assert run.failed and not run.changed and stored.variable(f"{name}0") == "theirs"


def test_a_gateway_that_answers_504_after_the_write_was_made(engine, proxy, api, stored, name):
    """A 504 says nothing of what became of a request: looked before it is repeated."""
    from fault_proxy import Answer

    def action(forward: Any) -> Answer:
        forward()
        return Answer(504, [], b"<html>")
    for count in (1, 3):
        proxy.reset()
        proxy.add(action, writes_only=True)
        run = engine(connections=[{"connection_id": f"{name}{count}{i}", "conn_type": "http", "password": "p-504"} for i in range(count)],
                     owner="")
        assert not run.failed and len(run.changes) == count and len(proxy.writes) == 1
        assert stored.connection(f"{name}{count}0")["password"] == "p-504"
