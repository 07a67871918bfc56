# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pruning and its guards: what goes, what never goes, and what becomes of an owner's memory that is lost or damaged.

`prune: all` means all, and other tests use the same server. So each test here begins with a deployment emptied in the
database itself, and the rows of the others are put back afterwards: no server of its own is needed for that.
"""

from __future__ import annotations

import base64
import json
import random
import re
import string
import zlib
from collections.abc import Iterator
from typing import Any

import pytest
from airflow_server import AirflowServer
from fault_proxy import FaultProxy
from harness import Engine, Run, in_order
from raw_api import Api
from stored import Stored
from test_interrupted import Data, everything, sentence

from ansible_collections.windsock.airflow.plugins.module_utils._faults import Refused
from ansible_collections.windsock.airflow.plugins.module_utils._memory import key_of

KINDS = "connections", "variables", "pools"
KEY = key_of("default")


@pytest.fixture(autouse=True)
def empty(server: AirflowServer, api: Api) -> Iterator[Data]:
    data = Data(server)
    before = data.rows()
    try:
        data.put({**{table: [] for table in Data.tables}, "slot_pool": [row for row in before["slot_pool"] if "default_pool" in row]})
        yield data
    finally:
        data.put(before)


def by_hand(api: Api, *names: str) -> None:
    api.create("connections", *({"connection_id": each, "conn_type": "http", "password": "pw-by-hand"} for each in names))
    api.create("variables", *({"key": each, "value": "by hand"} for each in names))
    api.create("pools", *({"name": each, "slots": 7} for each in names))


def declaring(*names: str, **options: Any) -> dict[str, Any]:
    return {"connections": [{"connection_id": each, "conn_type": "ftp"} for each in names],
            "variables": [{"key": each, "value": {"n": 1}} for each in names],
            "pools": [{"name": each, "slots": 1} for each in names], **options}


def there(stored: Stored) -> dict[str, list[str]]:
    """Which kinds there are of each name."""
    found: dict[str, list[str]] = {}
    for kind, name in sorted(everything(stored)):
        if not name.startswith("windsock_applied_"):
            found.setdefault(name, []).append(kind)
    return {name: kinds for name, kinds in found.items() if name != "default_pool" or kinds != ["pool"]}


ALL = ["connection", "pool", "variable"]


def all_of(*names: str) -> dict[str, list[str]]:
    return dict.fromkeys(names, ALL)


def memory(stored: Stored, owner: str = "default") -> dict[str, list[str]]:
    """What an owner has applied, read by other means than the collection's."""
    form, *runs = stored.variable(key_of(owner)).split(" ")
    assert form == "ws1"
    content = json.loads(zlib.decompress(base64.b64decode("".join(runs))))
    assert content["owner"] == owner
    return content["objects"]


def holds(*names: str) -> dict[str, list[str]]:
    return {kind: sorted(names) for kind in ALL} if names else {}


def hints(run: Run) -> str:
    for hint in run.report.hints:
        sentence(hint)
    return "\n".join(run.report.hints)


def as_predicted(engine: Engine, proxy: FaultProxy, stored: Stored, **declared: Any) -> Run:
    """Check mode writes nothing and says exactly what the run then does."""
    before = everything(stored)
    proxy.reset()
    predicted = engine(check=True, **declared)
    assert proxy.writes == [] and everything(stored) == before
    done = engine(**declared)
    assert not done.failed, done.msg
    assert in_order(predicted.changes) == in_order(done.changes) and predicted.result["summary"] == done.result["summary"]
    assert predicted.report.hints == done.report.hints
    return done


# -- what goes and what stays


def test_owned(engine, proxy, api, stored):
    """What this owner applied goes, and nothing else."""
    by_hand(api, "hand")
    assert not engine(**declaring("a", "b", "c")).failed
    engine.one("pool", name="single", slots=1)  # the single modules keep no memory
    run = as_predicted(engine, proxy, stored, **declaring("b", prune="owned"))
    assert {(change["kind"], change["id"], change["action"]) for change in run.changes} == {
        (kind, name, "delete") for kind in ALL for name in "ac"}
    assert there(stored) == {**all_of("hand", "b"), "single": ["pool"]}
    assert memory(stored) == holds("b")
    assert not engine(**declaring("b", prune="owned")).changed
    assert {name: counts["deleted"] for name, counts in run.result["summary"].items()} == dict.fromkeys(KINDS, 2)


def test_all(engine, proxy, api, stored):
    """Everything that is not declared goes, but for what another owner applied."""
    by_hand(api, "hand", "other")
    engine(owner="somebody", **declaring("theirs"))
    engine(**declaring("a", "b"))
    run = as_predicted(engine, proxy, stored, **declaring("b", prune="all"))
    assert set(run.actions.values()) == {"delete"} and len(run.changes) == 3 * 3
    assert there(stored) == all_of("b", "theirs") and "default_pool" in stored.pools()
    assert (memory(stored), memory(stored, "somebody")) == (holds("b"), holds("theirs"))
    assert not engine(**declaring("b", prune="all")).changed


def test_all_without_an_owner(engine, proxy, api, stored):
    """An empty owner keeps no memory and asks for none; so for prune=all nobody is spared but by `protect`."""
    by_hand(api, "hand")
    run = as_predicted(engine, proxy, stored, **declaring("b", prune="all", owner=""))
    assert len([change for change in run.changes if change["action"] == "delete"]) == 3
    assert there(stored) == all_of("b") and api.ids("variables") == ["b"]


@pytest.mark.parametrize("prune", ["owned", "all"])
def test_only_in_the_kinds_that_are_declared(engine, proxy, stored, prune):
    engine(**declaring("a", "b"))
    as_predicted(engine, proxy, stored, pools=[{"name": "b", "slots": 1}], prune=prune)
    assert there(stored) == {"a": ["connection", "variable"], "b": ALL}
    as_predicted(engine, proxy, stored, variables=[], prune=prune)
    assert there(stored) == {"a": ["connection"], "b": ["connection", "pool"]}
    assert memory(stored) == {"connection": ["a", "b"], "pool": ["b"]}


@pytest.mark.parametrize("prune", ["owned", "all"])
def test_the_default_pool_stays(engine, proxy, api, stored, prune):
    """On no server and in no way: alone, among others, in bulk, though applied by this owner."""
    before = stored.pools()["default_pool"]
    engine(pools=[{"name": "default_pool", "slots": 100}])
    for others in ([], ["one"], ["one", "two", "three"]):
        engine(pools=[{"name": each, "slots": 1} for each in others])
        run = as_predicted(engine, proxy, stored, pools=[], prune=prune, prune_limit=1000)
        assert run.actions == dict.fromkeys(others, "delete")
        assert list(stored.pools()) == ["default_pool"]
    assert stored.pools()["default_pool"] == {**before, "slots": "100"}


@pytest.mark.parametrize("prune", ["owned", "all"])
def test_protected(engine, proxy, stored, prune):
    """Shell patterns, case and all; in every kind."""
    names = ["legacy_1", "legacy_2", "Legacy_3", "airflow_db", "airflow_db2", "ab", "xx"]
    engine(**declaring(*names))
    declared = declaring(prune=prune, protect=["legacy_*", "airflow_db", "[ab]?"], prune_limit=100)
    as_predicted(engine, proxy, stored, **declared)
    stays = ["legacy_1", "legacy_2", "airflow_db", "ab"]
    assert there(stored) == all_of(*stays)
    assert memory(stored) == holds(*stays)  # so that they can go once they are no longer protected
    assert not engine(**{**declared, "protect": ["*"]}).changed
    as_predicted(engine, proxy, stored, **{**declared, "protect": []})
    assert there(stored) == {} and memory(stored) == {}


@pytest.mark.parametrize("prune", ["owned", "all"])
def test_too_many(engine, proxy, stored, prune):
    """Nothing is written, also not what is declared beside it, and the message says what to do."""
    names = [f"n{i:02}" for i in range(4)]
    engine(**declaring(*names))
    before = everything(stored)
    for limit, expected in (({}, 10), ({"prune_limit": 11}, 11), ({"prune_limit": 0}, 0)):
        proxy.reset()
        told = engine.refused(**declaring("new", prune=prune, **limit))
        assert [word for word in ("12", f"{expected}", "prune_limit", "4 connections", "4 variables", "4 pools", "'n00'")
                if word not in told] == [], told
        assert proxy.writes == [] and everything(stored) == before
        with pytest.raises(Refused) as refused:
            engine(check=True, **declaring("new", prune=prune, **limit))
        assert refused.value.message == told
    run = engine(**declaring("new", prune=prune, prune_limit=12))
    assert not run.failed and there(stored) == all_of("new")


def test_declared_absent_does_not_count(engine, stored):
    """The limit is for what goes because nobody names it."""
    names = [f"n{i:02}" for i in range(4)]
    engine(**declaring(*names))
    absent = {plural: [{**each, "state": "absent"} for each in objects] for plural, objects in declaring(*names).items()}
    run = engine(**absent, prune="owned", prune_limit=0)
    assert not run.failed and len(run.changes) == 12 and there(stored) == {} and memory(stored) == {}


def test_faults_cost_nothing(engine, proxy):
    for options, word in (({"prune": "owned", "owner": ""}, "owner"), ({"prune_limit": -1}, "prune_limit"),
                          ({"owner": "x" * 101}, "owner"), ({"owner": "é" * 51}, "owner")):
        proxy.reset()
        told = engine.refused(**declaring("a", **options))
        assert word in told and proxy.requests == []


def test_an_object_that_somebody_deleted(engine, proxy, api, stored):
    """It is no longer owned: if somebody makes it anew, it is theirs."""
    engine(**declaring("a", "b"))
    api.delete("pools", ["a"])
    run = engine(pools=[{"name": "b", "slots": 1}], prune="owned")
    assert not run.changed and memory(stored)["pool"] == ["b"]
    api.create("pools", {"name": "a", "slots": 5})
    assert not engine(pools=[{"name": "b", "slots": 1}], prune="owned").changed
    assert stored.pools()["a"]["slots"] == "5"


@pytest.mark.servers("2")
def test_a_pool_that_cannot_be_reached(engine, proxy, stored):
    """With a slash in its name, on Airflow 2: it stays and is told, unless it is protected."""
    engine(pools=[{"name": "a/b", "slots": 1}, {"name": "c", "slots": 1}])
    run = as_predicted(engine, proxy, stored, pools=[], prune="owned")
    assert run.actions == {"c": "delete"}
    assert "pool 'a/b'" in run.report.hints[0]
    assert engine(pools=[], prune="owned", protect=["*/*"]).report.hints == []
    assert there(stored) == {"a/b": ["pool"]}


# -- owners


def test_owners_leave_each_other_alone(engine, proxy, stored):
    engine(owner="one", **declaring("a1", "a2"))
    engine(owner="two", **declaring("b1", "b2"))
    for prune in ("owned", "all"):
        run = as_predicted(engine, proxy, stored, owner="one", **declaring("a1", prune=prune))
        assert set(run.actions) == ({"a2"} if prune == "owned" else set())
    assert there(stored) == all_of("a1", "b1", "b2")
    assert (memory(stored, "one"), memory(stored, "two")) == (holds("a1"), holds("b1", "b2"))
    as_predicted(engine, proxy, stored, owner="two", **declaring(prune="owned"))
    assert there(stored) == all_of("a1")


@pytest.mark.parametrize("owner", ["token-team", "password", "équipe/ü x", "x" * 100, "é" * 50, "default "])
def test_names_of_owners(engine, stored, owner):
    """Also those by which Airflow would mask a value."""
    engine(**declaring("a"))
    engine(owner=owner, **declaring("b"))
    assert memory(stored, owner) == holds("b")
    run = engine(owner=owner, **declaring(prune="owned"))
    assert set(run.actions) == {"b"} and there(stored) == all_of("a") and hints(run) == ""


def test_an_object_of_two_owners(engine, proxy, stored):
    """Each is told of the other, and it goes once both have given it up."""
    assert hints(engine(owner="one", **declaring("shared"))) == ""
    for check in (True, False):
        told = hints(engine(check=check, owner="two", **declaring("shared", "own")))
        assert "'shared'" in told and "'one'" in told and "'own'" not in told
    assert "'two'" in hints(engine(owner="one", **declaring("shared")))
    run = as_predicted(engine, proxy, stored, owner="one", **declaring(prune="owned"))
    assert not run.changed and memory(stored, "one") == {} and there(stored) == all_of("shared", "own")
    assert hints(engine(owner="two", **declaring("shared", "own"))) == ""
    as_predicted(engine, proxy, stored, owner="two", **declaring("own", prune="owned"))
    assert there(stored) == all_of("own")


def test_many_shared_objects_are_not_all_named(engine):
    names = [f"n{i}" for i in range(9)]
    engine(owner="one", pools=[{"name": each, "slots": 1} for each in names])
    told = hints(engine(owner="two", pools=[{"name": each, "slots": 1} for each in names]))
    assert "4 more" in told and len(told) < 500


# -- the memory


def test_it_is_no_object_of_anybodys(engine, proxy, api, stored, playbook):
    """Not shown, not pruned, not to be declared."""
    engine(**declaring("a"))
    engine(owner="other", **declaring("b"))
    assert set(api.ids("variables")) == {"a", "b", KEY, key_of("other")}
    shown = playbook({"airflow_info": {}}).result
    assert [each["key"] for each in shown["variables"]] == ["a", "b"]
    for owner in ("", "default", "third"):
        run = engine(variables=[], prune="all", prune_limit=100, owner=owner)
        assert not [each for each in run.actions if each.startswith("windsock_")]
        assert {KEY, key_of("other")} <= set(api.ids("variables"))
    proxy.reset()
    for key in (KEY, key_of("nobody"), "windsock_applied_"):
        for state in ("present", "absent"):
            told = engine.refused(variables=[{"key": key, "value": "x", "state": state}])
            assert "windsock_applied_" in told
            with pytest.raises(Refused):
                engine.one("variable", key=key, value="x", state=state)
    assert proxy.requests == []


def test_it_is_written_only_when_it_changes(engine, proxy, stored):
    """In a real run, last of all; a second run writes nothing."""
    declared = declaring("a", "b")
    engine(check=True, **declared)
    assert proxy.writes == []
    engine(**declared)
    last = proxy.writes[-1]
    assert last.path.endswith("/variables") and json.loads(last.body)["key"] == KEY
    before = everything(stored)
    for options in ({}, {"prune": "owned"}, {"prune": "all"}):
        proxy.reset()
        run = engine(**declared, **options)
        assert not run.changed and proxy.writes == [] and hints(run) == ""
    assert everything(stored) == before
    proxy.reset()
    engine(**declaring("a", prune="owned"))
    assert [request.path for request in proxy.writes if "windsock_applied_" in request.path] == [proxy.writes[-1].path]


def test_it_is_no_change(engine, api, stored):
    """A run that only begins to own what is there changes nothing."""
    engine(owner="", **declaring("a"))
    assert api.ids("variables") == ["a"]
    run = engine(**declaring("a"))
    assert not run.changed and run.changes == [] and memory(stored) == holds("a")
    assert set(engine(**declaring(prune="owned")).actions) == {"a"}


def test_many_objects_are_remembered(engine, stored):
    """Its text grows slower than what it names, and holds no value, and no run of five characters."""
    random.seed(7)
    names = ["".join(random.choices(string.ascii_letters + "._-", k=20)) for _each in range(80)]
    engine(variables=[{"key": each, "value": "value-that-is-nowhere-else"} for each in names])
    text = stored.variable(KEY)
    assert not re.search(r"\S{5}", text) and len(text) < 3 * 20 * 80
    assert memory(stored) == {"variable": sorted(names)}
    assert engine(variables=[{"key": each, "value": "value-that-is-nowhere-else"} for each in names[:75]], prune="owned").actions == (
        dict.fromkeys(names[75:], "delete"))


def near(text: str, count: int) -> list[str]:
    """Passwords like the text: what stands there without the spaces, of five characters and more, and four of it."""
    dense = text.replace(" ", "")
    starts = random.Random(11).sample(range(len(dense) - 8), count)
    return [dense[start:start + 4 + nth % 4] for nth, start in enumerate(starts)]


def test_it_survives_secrets_that_look_like_it(engine, api, stored):
    """Airflow masks the text of every secret of five or more characters that it knows, wherever that stands."""
    names = [f"n{i}" for i in range(20)]
    engine(pools=[{"name": each, "slots": 1} for each in names])
    passwords = near(stored.variable(KEY), 40)
    api.create("connections", *({"connection_id": f"c{nth}", "conn_type": "http", "password": password}
                                for nth, password in enumerate(passwords)))
    api.ids("connections")  # it has loaded them now
    run = engine(pools=[{"name": each, "slots": 1} for each in names[:15]], prune="owned")
    assert hints(run) == "" and run.actions == dict.fromkeys(names[15:], "delete")


def test_a_secret_that_holds_a_piece_of_it(server, engine, proxy, api, stored):
    """One with a space at the right place does mask it, where Airflow masks variables at all. Then nothing is pruned."""
    engine(**declaring("kept", "old"))
    text = stored.variable(KEY)
    middle = len(text) // 2
    api.create("connections", {"connection_id": "piece", "conn_type": "http", "password": text[middle:middle + 9]})
    api.get("connections", "piece")
    assert ("***" in api.get("variables", KEY)["value"]) is (server.generation.api == "/api/v2")
    run = engine(**declaring("kept", "new", prune="owned"))
    assert not run.failed
    if server.generation.api == "/api/v2":
        assert KEY in hints(run) and "masked" in hints(run) and "nothing was pruned" in hints(run)
        assert there(stored) == {**all_of("kept", "old", "new"), "piece": ["connection"]}
        assert stored.variable(KEY) == text
        api.delete("connections", ["piece"])
        server.restart()  # only so does it forget a secret
        run = engine(**declaring("kept", "new", prune="owned"))
    assert hints(run) == "" and set(run.actions) >= {"old"}
    assert memory(stored) == holds("kept", "new")


def test_lost(engine, proxy, api, stored):
    """Somebody deleted the variable: nothing is pruned, and what is declared begins a new memory."""
    engine(**declaring("a", "b"))
    api.delete("variables", [KEY])
    for check in (True, False):
        run = engine(check=check, **declaring("a", prune="owned"))
        assert not run.changed and "nothing was pruned" in hints(run) and "'default'" in hints(run)
    assert there(stored) == all_of("a", "b") and memory(stored) == holds("a")
    run = engine(**declaring("a", prune="owned"))
    assert not run.changed and hints(run) == ""


DAMAGES = {
    "truncated": lambda text: text[:len(text) // 2],
    "its end is cut off": lambda text: text[:-5],
    "a character is changed": lambda text: changed_at(text, len(text) // 2),
    "a character is changed near the end": lambda text: changed_at(text, len(text) - 12),
    "a run is missing": lambda text: text[:20] + text[25:],
    "two runs change places": lambda text: " ".join([*text.split(" ")[:4], *text.split(" ")[5:3:-1], *text.split(" ")[6:]]),
    "JSON": lambda text: '{"objects": {"pool": ["a", "b"]}, "owner": "default"}',
    "a number": lambda text: "5",
    "empty": lambda text: "",
    "blank": lambda text: " \n ",
    "words": lambda text: "please leave this alone",
    "only the first word": lambda text: "ws1",
    "another version": lambda text: text.replace("ws1", "ws2", 1),
    "other content": lambda text: "ws1 " + base64.b64encode(zlib.compress(b'{"owner": "default"}')).decode(),
    "other types": lambda text: "ws1 " + base64.b64encode(zlib.compress(b'{"owner": "default", "objects": [1]}')).decode(),
    "ids of another type": lambda text: "ws1 " + base64.b64encode(
        zlib.compress(b'{"owner": "default", "objects": {"pool": [["a"]]}}')).decode(),
    "no ids but a text": lambda text: "ws1 " + base64.b64encode(
        zlib.compress(b'{"owner": "default", "objects": {"pool": "ab"}}')).decode(),
    "an owner that is a number": lambda text: "ws1 " + base64.b64encode(zlib.compress(b'{"owner": 5, "objects": {}}')).decode(),
}


def changed_at(text: str, place: int) -> str:
    if text[place] == " ":
        place += 1
    return text[:place] + ("A" if text[place] != "A" else "B") + text[place + 1:]


@pytest.mark.parametrize("damage", DAMAGES)
def test_damaged_by_hand(engine, proxy, api, stored, damage):
    """Nothing is pruned, nothing is written to it, and why is said; deleted, it begins anew."""
    engine(**declaring("a", "b"))
    engine(owner="other", **declaring("c"))
    spoilt = DAMAGES[damage](stored.variable(KEY))
    api.update("variables", KEY, value=spoilt)
    for prune in ("owned", "all"):
        for check in (True, False):
            proxy.reset()
            run = engine(check=check, **declaring("a", "new", prune=prune))
            assert not run.failed and set(run.actions.values()) <= {"create"}
            told = hints(run)
            assert KEY in told and "nothing was pruned" in told
            assert not [request for request in proxy.writes if "windsock_applied_" in request.path or KEY.encode() in request.body]
    assert there(stored) == all_of("a", "b", "c", "new")
    assert stored.variable(KEY) == spoilt
    # Whoever does not prune is told as well, and others cannot prune until that is settled.
    assert KEY in hints(engine(**declaring("a")))
    run = engine(owner="other", **declaring(prune="owned"))
    assert not run.changed and KEY in hints(run)
    api.delete("variables", [KEY])
    engine(**declaring("a", "b"))
    assert set(engine(**declaring("a", prune="owned")).actions) == {"b"}


def test_copied_from_another_owner(engine, proxy, api, stored):
    """Its text under this owner's key would make this owner delete what is theirs."""
    engine(owner="other", **declaring("theirs"))
    api.create("variables", {"key": KEY, "value": stored.variable(key_of("other"))})
    before = stored.variable(KEY)
    for prune in ("owned", "all"):
        run = engine(**declaring("mine", prune=prune))
        assert "another owner" in hints(run) and "nothing was pruned" in hints(run) and KEY in hints(run)
    assert there(stored) == all_of("theirs", "mine") and stored.variable(KEY) == before


def test_masked_as_a_whole(engine, proxy, api, stored):
    """As a server shows it that is told to mask such names."""
    engine(**declaring("a", "b"))
    before = stored.variable(KEY)
    listed = api.get("variables", KEY)
    proxy.reset()
    told = json.dumps({"variables": [{**listed, "value": "***"}], "total_entries": 1})
    proxy.answer(200, told, path="/variables$", method="GET", times=None)
    proxy.answer(200, json.dumps({**listed, "value": "***"}), path="/variables/", method="GET", times=None)
    run = engine(pools=[], prune="owned")
    assert not run.changed and "masked" in hints(run) and "nothing was pruned" in hints(run)
    assert proxy.writes == [] and stored.variable(KEY) == before


# -- rights


def test_who_may_not_read_variables(server, engine, proxy, stored):
    """A viewer of each generation; what is declared is as it should be, so only pruning is at stake."""
    engine(**declaring("a", "b"))
    viewer = Engine(proxy.url, server.viewer)
    for prune in ("owned", "all"):
        proxy.reset()
        run = viewer(pools=[{"name": "a", "slots": 1}], prune=prune)
        assert not run.failed and not run.changed and "nothing was pruned" in hints(run) and "403" in hints(run)
        assert proxy.writes == []
    assert there(stored) == all_of("a", "b") and memory(stored) == holds("a", "b")


def test_who_may_not_write_variables(engine, proxy, api, stored):
    """Nothing is noted, which is said; the rest is done, and a later run catches up."""
    for count, declared in enumerate(({"pools": [{"name": "a", "slots": 1}]},
                                      {"pools": [{"name": "a", "slots": 1}, {"name": "b", "slots": 1}]})):
        proxy.answer(403, '{"detail": "Forbidden"}', path="/variables", writes_only=True, times=None)
        run = engine(**declared)
        assert not run.failed and run.changed
        assert "could not be noted" in hints(run) and "'default'" in hints(run) and "403" in hints(run)
        assert (KEY in api.ids("variables")) is bool(count)
        proxy.reset()
        run = engine(**declared)
        assert not run.changed and hints(run) == ""
        assert memory(stored) == {"pool": ["a", "b"][:count + 1]}
    proxy.answer(403, '{"detail": "Forbidden"}', path="/variables", writes_only=True, times=None)
    run = engine(pools=[{"name": "a", "slots": 1}], prune="owned")
    assert run.actions == {"b": "delete"} and "could not be noted" in hints(run)
    proxy.reset()
    assert not engine(pools=[{"name": "a", "slots": 1}], prune="owned").changed and memory(stored) == {"pool": ["a"]}


def test_who_may_read_no_variables_and_declares_some(engine, proxy, stored):
    """Then there is nothing to compare with, so it is a fault as ever."""
    proxy.answer(403, '{"detail": "Forbidden"}', path="/variables", method="GET", times=None)
    told = engine.fault(variables=[{"key": f"v{i}", "value": "x"} for i in range(3)])
    sentence(told)
    assert "403" in told and proxy.writes == [] and there(stored) == {}


def test_an_empty_owner_asks_for_nothing(engine, proxy, api):
    proxy.answer(403, '{"detail": "Forbidden"}', path="/variables", times=None)
    run = engine(pools=[{"name": "a", "slots": 1}], owner="")
    assert not run.failed and hints(run) == "" and not [request for request in proxy.requests if "/variables" in request.path]
    assert KEY not in api.ids("variables")


# -- deletions that fail


@pytest.mark.parametrize("status", [403, 409, 500])
def test_a_deletion_that_fails(engine, proxy, stored, status):
    """What could not be deleted stays owned, and goes in the next run."""
    engine(**declaring("a", "b"))
    proxy.answer(status, '{"detail": "no"}', path="/pools/b$", method="DELETE", times=None)
    proxy.answer(status, '{"detail": "no"}', path="/pools$", method="PATCH", times=None)
    run = engine(**declaring("a", prune="owned"))
    assert run.failed and ("pool", "b") in {(failure["kind"], failure["id"]) for failure in run.failures}
    for failure in run.failures:
        sentence(failure["reason"])
    gone = {change["kind"] for change in run.changes}
    assert "pool" not in gone and run.changed is bool(gone)
    now = there(stored)
    assert now.pop("a") == ALL and set(now["b"]) == set(ALL) - gone
    assert memory(stored) == {kind: ["a"] if kind in gone else ["a", "b"] for kind in ALL}
    proxy.reset()
    run = engine(**declaring("a", prune="owned"))
    assert not run.failed and there(stored) == all_of("a") and memory(stored) == holds("a")


@pytest.mark.parametrize("status", [403, 409, 500])
def test_one_of_many_deletions_fails(engine, proxy, stored, status):
    """In bulk the culprit is found; without bulk the others beside it go."""
    names = [f"n{i}" for i in range(5)]
    engine(pools=[{"name": each, "slots": 1} for each in names])
    proxy.answer(status, '{"detail": "no"}', path="/pools$", method="PATCH", times=None)
    proxy.answer(status, '{"detail": "no"}', path="/pools/n3$", method="DELETE", times=None)
    run = engine(pools=[{"name": "n0", "slots": 1}], prune="owned")
    gone = set(run.actions)
    assert run.failed and {failure["id"] for failure in run.failures} == set(names[1:]) - gone
    assert gone == {"n1", "n2", "n4"} or status != 409
    assert set(there(stored)) == set(names) - gone and memory(stored) == {"pool": sorted(set(names) - gone)}
    proxy.reset()
    assert not engine(pools=[{"name": "n0", "slots": 1}], prune="owned").failed
    assert set(there(stored)) == {"n0"} and memory(stored) == {"pool": ["n0"]}


def test_a_creation_that_fails_is_not_owned(engine, proxy, api, stored):
    """Or an object of the same name that somebody makes by hand would go one day."""
    proxy.answer(409, '{"detail": "no"}', path="/pools", writes_only=True, times=None)
    assert engine(**declaring("a")).failed
    proxy.reset()
    assert memory(stored) == {"connection": ["a"], "variable": ["a"]}
    api.create("pools", {"name": "a", "slots": 5})
    assert "pool" not in {change["kind"] for change in engine(**declaring(prune="owned")).changes}
    assert there(stored) == {"a": ["pool"]}


# -- as users run it


def as_role(declared: dict[str, Any]) -> dict[str, Any]:
    return {"ansible.builtin.include_role": {"name": "windsock.airflow.airflow_settings"},
            "vars": {f"airflow_settings_{name}": value for name, value in declared.items()}}


@pytest.mark.parametrize("way", [lambda declared: {"airflow_settings": declared}, as_role], ids=["module", "role"])
def test_under_ansible(engine, playbook, proxy, api, stored, way):
    by_hand(api, "hand")

    def play(declared: dict[str, Any], *options: str) -> Any:
        played = playbook(way(declared), options=options)
        assert "Traceback" not in played.console
        (result,) = [each for each in played.results if "airflow" in each or each["failed"]]
        return played.code, result

    declared = declaring("a", "b", owner="team")
    assert play(declared)[0] == 0 and memory(stored, "team") == holds("a", "b")
    declared = declaring("a", owner="team", prune="owned", protect=["nothing_*"])
    proxy.reset()
    code, predicted = play(declared, "--check", "--diff")
    assert code == 0 and proxy.writes == [] and there(stored) == all_of("hand", "a", "b")
    assert [(change["kind"], change["id"], change["action"]) for change in in_order(predicted["changes"])] == [
        (kind, "b", "delete") for kind in ALL]
    assert all("(absent)" in each["after_header"] for each in predicted["diff"]) and len(predicted["diff"]) == 3
    code, refused = play({**declared, "prune_limit": 2}, "--diff")
    assert code == 2 and "prune_limit" in refused["msg"] and proxy.writes == []
    code, done = play(declared, "--diff")
    assert code == 0 and there(stored) == all_of("hand", "a") and memory(stored, "team") == holds("a")
    assert [done[key] for key in ("changes", "summary", "diff")] == [predicted[key] for key in ("changes", "summary", "diff")]
    code, again = play(declared, "--diff")
    assert code == 0 and not again["changed"]
    # A warning reaches the user.
    api.delete("variables", [key_of("team")])
    code, warned = play(declared)
    assert code == 0 and [each for each in warned["warnings"] if "nothing was pruned" in each]
