# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two runs at once on one deployment: no traceback, nothing lost that either declares, and one more run of each converges.

Each run has a proxy of its own, and these wait for each other where the runs are to overlap. They let only one write at
a time through, which is all that SQLite does anyway: of two that meet inside Airflow 3.3, one waits in the event loop for
a lock whose holder waits for the event loop, and the whole server stands still until SQLite gives up.
"""

from __future__ import annotations

import base64
import contextlib
import json
import threading
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from airflow_server import AirflowServer
from fault_proxy import Answer, FaultProxy, Request
from harness import Engine, Playbook, Run
from raw_api import Api
from stored import Stored
from test_interrupted import Data, Process, everything, sentence

from ansible_collections.windsock.airflow.plugins.module_utils._faults import ServerFault
from ansible_collections.windsock.airflow.plugins.module_utils._memory import key_of

FULL = {"conn_type": "http", "host": "h", "login": "l", "password": "pw-by-hand", "port": 80, "schema": "s",
        "extra": '{"by": "hand"}', "description": "by hand"}
KINDS = "connections", "variables", "pools"
PATIENCE = 120  # seconds; whoever waits longer for the other goes on alone, and its test fails


class Line(FaultProxy):
    """One write at a time, of all that share the lock."""

    def __init__(self, url: str, one_write: threading.Lock):
        super().__init__(url)
        self.one_write = one_write

    def _forward(self, request: Request) -> Answer:
        with self.one_write if request.is_write else contextlib.nullcontext():
            return super()._forward(request)


class Two:
    """Two runs, each through a proxy of its own."""

    def __init__(self, server: AirflowServer, proxies: tuple[FaultProxy, FaultProxy]):
        self.proxies = proxies
        self.engines = tuple(Engine(proxy.url, server.admin) for proxy in proxies)
        self.met = 0

    def reset(self) -> None:
        for proxy in self.proxies:
            proxy.reset()

    def meet(self, **which: Any) -> None:
        """Neither sends such a request before the other is about to."""
        barrier = threading.Barrier(2)

        def action(forward: Callable[[], Any]) -> Any:
            barrier.wait(PATIENCE)
            self.met += 1
            return forward()

        for proxy in self.proxies:
            proxy.add(action, **which)

    def __call__(self, first: dict[str, Any], second: dict[str, Any]) -> list[Run | None]:
        """Their reports; None for one that failed as a whole. Whatever they say is a sentence."""
        with ThreadPoolExecutor(2) as both:
            running = [both.submit(attempted, engine, declared)
                       for engine, declared in zip(self.engines, (first, second), strict=True)]
            return [each.result() for each in running]


def attempted(engine: Engine, declared: dict[str, Any]) -> Run | None:
    try:
        run = engine(**declared)
    except ServerFault as fault:  # whatever else is raised is a traceback to the user
        sentence(fault.message)
        return None
    for failure in run.failures:
        sentence(failure["reason"])
    for told in [*run.report.hints, *([run.msg] if run.failed else [])]:
        sentence(told)
    return run


@pytest.fixture(scope="module")
def proxies(server: AirflowServer) -> Iterator[tuple[FaultProxy, FaultProxy]]:
    one_write = threading.Lock()
    with Line(server.url, one_write) as one, Line(server.url, one_write) as other:
        yield one, other


@pytest.fixture
def two(server: AirflowServer, proxies: tuple[FaultProxy, FaultProxy], empty: Data) -> Two:
    two = Two(server, proxies)
    two.reset()
    return two


@pytest.fixture
def empty(server: AirflowServer, api: Api) -> Iterator[Data]:
    """A deployment with nothing but what these tests make by hand; afterwards everything is as it was."""
    data = Data(server)
    before = data.rows()
    try:
        data.put({**{table: [] for table in Data.tables}, "slot_pool": [row for row in before["slot_pool"] if "default_pool" in row]})
        yield data
    finally:
        data.settle()
        data.put(before)


def by_hand(api: Api, *names: str) -> None:
    api.create("connections", *({"connection_id": each, **FULL} for each in names))
    api.create("variables", *({"key": each, "value": "by hand", "description": "by hand"} for each in names))
    api.create("pools", *({"name": each, "slots": 7, "description": "by hand", "include_deferred": True} for each in names))


def declaring(*names: str, mark: int = 1, owner: str = "one", **options: Any) -> dict[str, Any]:
    """Objects of each kind; the mark is in two fields of each, so that a mixture would be seen.

    Every field differs from mark to mark. Where one did not, a run would not write it, and a mixture of two runs that
    overlap would be as it has to be without locks; the next run mends that.
    """
    return {
        "connections": [{"connection_id": each, "conn_type": f"type{mark}", "host": f"host{mark}", "port": mark} for each in names],
        "variables": [{"key": each, "value": {"mark": mark}, "description": f"mark {mark}"} for each in names],
        "pools": [{"name": each, "slots": mark, "description": f"mark {mark}"} for each in names],
        "owner": owner, "prune_limit": 100, **options,
    }


def absent(*names: str, owner: str = "one", **options: Any) -> dict[str, Any]:
    return {"connections": [{"connection_id": each, "state": "absent"} for each in names],
            "variables": [{"key": each, "state": "absent"} for each in names],
            "pools": [{"name": each, "state": "absent"} for each in names],
            "owner": owner, **options}


def marks(stored: Stored) -> dict[str, set[Any]]:
    """By name, which marks its three objects bear: {None} where they are as made by hand."""
    found: dict[str, set[Any]] = {}
    for (kind, name), fields in everything(stored).items():
        if name == "default_pool" or name.startswith("windsock_"):
            continue
        if kind == "connection":
            mark = fields["port"] if fields["host"] != "h" else None
            assert mark is None or (fields["conn_type"], fields["host"]) == (f"type{mark}", f"host{mark}"), (name, fields)
        elif kind == "variable":
            mark = fields["value"]["mark"] if fields["value"] != "by hand" else None
            assert mark is None or fields["description"] == f"mark {mark}", (name, fields)
        else:
            mark = int(fields["slots"]) if fields["slots"] != "7" else None
            assert mark is None or fields["description"] == f"mark {mark}", (name, fields)
        found.setdefault(name, set()).add(mark)
    return found


def memory(stored: Stored, owner: str) -> dict[str, list[str]]:
    """What an owner has applied, read by other means than the collection's."""
    form, *runs = stored.variable(key_of(owner)).split(" ")
    assert form == "ws1"
    content = json.loads(zlib.decompress(base64.b64decode("".join(runs))))
    assert content["owner"] == owner
    return content["objects"]


def holds(*names: str) -> dict[str, list[str]]:
    return {kind: sorted(names) for kind in ("connection", "pool", "variable")} if names else {}


def settled(engine: Engine, *declarations: dict[str, Any]) -> None:
    """One more run of each has nothing left to do that fails; a second one nothing at all."""
    for declared in declarations:
        run = attempted(engine, declared)
        assert run is not None and not run.failed, run and run.msg
        assert engine(check=True, **declared).changes == []


def names(prefix: str, count: int) -> list[str]:
    return [f"{prefix}{i}" for i in range(count)]


FIRST_WRITE = {"writes_only": True}
MEMORY = {"writes_only": True, "path": "/variables/windsock_applied_"}


@pytest.mark.parametrize("owner", ["one", "two"], ids=["one owner", "two owners"])
def test_the_same_declaration(two, engine, api, stored, owner):
    """Both have read before either writes: all is there once, as declared, and what neither declares is untouched."""
    by_hand(api, "hand", "old0", "old1", "old2", "gone0", "gone1")
    gone = absent("gone0", "gone1")
    first = declaring(*names("new", 5), "old0", "old1", "old2")
    for plural in KINDS:
        first[plural] += gone[plural]
    second = {**first, "owner": owner}
    two.meet(**FIRST_WRITE)
    two(first, second)
    assert two.met == 2
    expected = {**{name: {1} for name in [*names("new", 5), *names("old", 3)]}, "hand": {None}}
    assert marks(stored) == expected
    for declared in (first, second):
        run = attempted(engine, declared)
        assert run is not None and run.changes == [] and not run.failed
        assert bool([hint for hint in run.report.hints if "other owners" in hint]) is (owner == "two")
        assert memory(stored, declared["owner"]) == holds(*names("new", 5), *names("old", 3))
    old = stored.connection("old1")
    assert {**old, "conn_type": "http", "host": "h", "port": 80} == {**stored.connection("hand")}

    # What one gives up stays as long as the other has it.
    nothing = {"connections": [], "variables": [], "pools": [], "prune": "owned", "prune_limit": 100}
    if owner == "two":
        assert not engine(owner="one", **nothing).changed and memory(stored, "one") == {}
        assert marks(stored) == expected
    assert len(engine(owner=owner, **nothing).changes) == 3 * 8
    assert marks(stored) == {"hand": {None}} and memory(stored, owner) == {}


@pytest.mark.parametrize("where", [FIRST_WRITE, MEMORY], ids=["all is written", "the memory is written"])
@pytest.mark.parametrize("owner", ["one", "two"], ids=["one owner", "two owners"])
def test_other_objects(two, engine, api, stored, owner, where):
    """Neither minds the other, and the memory is complete after one more run of each, whatever was lost before."""
    by_hand(api, "hand")
    for each in ("one", "two"):  # so that the memory is there, and is changed instead of created
        engine(**declaring(f"before-{each}", owner=each))
    first, second = declaring(*names("a", 4)), declaring(*names("b", 4), mark=2, owner=owner)
    two.meet(**where)
    for run in two(first, second):
        assert run is not None and not run.failed and len(run.changes) == 12, run and run.msg
    assert two.met == 2
    there = {"hand": {None}, "before-one": {1}, "before-two": {1}, **{a: {1} for a in names("a", 4)}, **{b: {2} for b in names("b", 4)}}
    assert marks(stored) == there
    settled(engine, first, second)
    if owner == "one":
        assert memory(stored, "one") == holds("before-one", *names("a", 4), *names("b", 4))
        run = engine(**{**declaring("a0", "b0"), "prune": "owned", **{plural: first[plural][:1] + second[plural][:1] for plural in KINDS}})
        assert not run.failed and set(run.actions.values()) == {"delete"}
        assert set(marks(stored)) == {"hand", "before-two", "a0", "b0"}
    else:
        assert memory(stored, "one") == holds("before-one", *names("a", 4))
        assert memory(stored, "two") == holds("before-two", *names("b", 4))
        two.reset()
        two.meet(**FIRST_WRITE)
        first["prune"] = second["prune"] = "owned"
        for run in two(first, second):
            assert run is not None and not run.failed and set(run.actions.values()) == {"delete"}
        assert two.met == 4
        assert set(marks(stored)) == set(there) - {"before-one", "before-two"}


@pytest.mark.parametrize("owner", ["one", "two"], ids=["one owner", "two owners"])
def test_the_first_memory_of_all(two, engine, stored, owner):
    """Two that create it at the same time. The one that finds it there adds to it."""
    first = {"pools": [{"name": "a", "slots": 1}], "owner": "one"}
    second = {"pools": [{"name": "b", "slots": 1}], "owner": owner}
    two.meet(writes_only=True, path="/variables$")
    for run in two(first, second):
        assert run is not None and not run.failed and run.report.hints == []
    assert two.met == 2
    settled(engine, first, second)
    assert memory(stored, "one") == {"pool": ["a", "b"] if owner == "one" else ["a"]}
    assert memory(stored, owner)["pool"][-1] == "b"


@pytest.mark.parametrize("owner", ["one", "two"], ids=["one owner", "two owners"])
def test_the_same_objects_with_other_content(two, engine, api, stored, owner):
    """Each object is the one's or the other's, never a mixture; whoever runs last has it."""
    by_hand(api, "hand", *names("old", 3))
    both = [*names("new", 3), *names("old", 3)]
    first, second = declaring(*both, mark=1), declaring(*both, mark=2, owner=owner)
    two.meet(**FIRST_WRITE)
    two(first, second)
    assert two.met == 2
    now = marks(stored)
    assert now.pop("hand") == {None} and set(now) == set(both) and set().union(*now.values()) <= {1, 2}
    for declared, mark in ((first, 1), (second, 2)):
        settled(engine, declared)
        assert marks(stored) == {"hand": {None}, **{name: {mark} for name in both}}
        assert memory(stored, declared["owner"]) == holds(*both)
    old = stored.connection("old0")
    assert (old["login"], old["password"], old["extra"]) == ("l", "pw-by-hand", {"by": "hand"})


def test_one_deletes_what_the_other_keeps(two, engine, api, stored):
    by_hand(api, "hand", *names("old", 3))
    first, second = absent(*names("old", 3)), declaring(*names("old", 3), mark=2)
    two.meet(**FIRST_WRITE)
    two(first, second)
    assert two.met == 2
    settled(engine, second)
    assert marks(stored) == {"hand": {None}, **{name: {2} for name in names("old", 3)}}
    settled(engine, first)
    assert marks(stored) == {"hand": {None}} and memory(stored, "one") == {}


def test_one_gives_up_what_the_other_begins_to_declare(two, engine, api, stored):
    """The deletion may win; then the next run of who declares it makes it anew, and the first leaves it alone."""
    by_hand(api, "hand")
    engine(**declaring("kept", *names("given-up", 2)))
    first, second = declaring("kept", prune="owned"), declaring(*names("given-up", 2), mark=2, owner="two")
    two.meet(**FIRST_WRITE)
    two(first, second)
    assert two.met == 2
    settled(engine, second, first, second)
    assert marks(stored) == {"hand": {None}, "kept": {1}, **{name: {2} for name in names("given-up", 2)}}
    assert (memory(stored, "one"), memory(stored, "two")) == (holds("kept"), holds(*names("given-up", 2)))


def test_both_owners_give_up_the_same_at_once(two, engine, api, stored):
    """Each leaves it to the other: then it stays, as nobody's. Too little is deleted, never too much."""
    for owner in ("one", "two"):
        engine(**declaring("shared", f"kept-{owner}", owner=owner))
    first, second = (declaring(f"kept-{owner}", owner=owner, prune="owned") for owner in ("one", "two"))
    two.meet(**MEMORY)
    for run in two(first, second):
        assert run is not None and not run.failed and run.changes == []
    assert two.met == 2
    settled(engine, first, second)
    assert marks(stored) == {"shared": {1}, "kept-one": {1}, "kept-two": {1}}
    assert (memory(stored, "one"), memory(stored, "two")) == (holds("kept-one"), holds("kept-two"))


def test_both_prune_all(two, engine, api, stored):
    """Both delete the same objects, and neither those of the other."""
    by_hand(api, *names("hand", 3))
    first, second = declaring(*names("a", 2)), declaring(*names("b", 2), mark=2, owner="two")
    settled(engine, first, second)
    first["prune"] = second["prune"] = "all"
    two.meet(**FIRST_WRITE)
    for run in two(first, second):
        assert run is not None and not run.failed, run and run.msg
    assert two.met == 2
    assert marks(stored) == {"a0": {1}, "a1": {1}, "b0": {2}, "b1": {2}}
    assert "default_pool" in stored.pools()
    settled(engine, first, second)
    assert (memory(stored, "one"), memory(stored, "two")) == (holds(*names("a", 2)), holds(*names("b", 2)))


@pytest.mark.parametrize("owner", ["one", "two"], ids=["one owner", "two owners"])
def test_one_runs_while_the_other_stands_still(server, two, empty, engine, api, stored, owner):
    """Before each write of the first in turn the second runs from beginning to end."""
    by_hand(api, "hand", "old0", "old1")
    first = declaring(*names("both", 2), "a", "old0", "old1", prune="owned")
    second = declaring(*names("both", 2), "b", "old0", mark=2, owner=owner)
    rows = empty.rows()
    for nth in range(0, 100, 1 if server.generation.api == "/api/v2" else 4):  # without bulk there are many
        empty.put(rows)
        two.reset()
        held: list[Run | None] = []

        def action(forward: Callable[[], Any], held: list[Run | None] = held) -> Any:  # pylint: disable=dangerous-default-value
            held.append(attempted(two.engines[1], second))
            return forward()

        two.proxies[0].add(action, writes_only=True, after=nth)
        attempted(two.engines[0], first)
        if not held:
            break
        # Without bulk some of the first run's requests are on their way, so that both may create the same.
        assert held[0] is not None and (server.generation.api == "/api/v1" or not held[0].failed), held[0] and held[0].msg
        now = marks(stored)
        assert now.pop("hand") == {None} and set(now) == {"both0", "both1", "a", "b", "old0", "old1"}, nth
        # Pruning among them: the run of one owner that declares less than the other deletes what the other has.
        settled(engine, second, {**first, "prune": "none"})
        assert marks(stored) == {"hand": {None}, "b": {2}, **dict.fromkeys(["both0", "both1", "a", "old0", "old1"], {1})}
        assert memory(stored, "one") == holds("both0", "both1", "a", "old0", "old1", *(["b"] if owner == "one" else []))
        run = engine(**first)
        assert run.actions == ({"b": "delete"} if owner == "one" else {})
    assert nth >= 6


def test_processes_that_nobody_holds_back(server, two, engine, api, stored):
    """Started at the same time, again and again, with the same objects and other content, and with objects of their own."""
    by_hand(api, "hand")
    rounds = 3
    for mark in range(1, 2 * rounds, 2):
        declarations = [declaring(*names("both", 3), *names(f"{owner}-", 3), mark=mark + nth, owner=owner, prune="owned")
                        for nth, owner in enumerate(("one", "two"))]
        running = [Process(proxy.url, server.admin, declared) for proxy, declared in zip(two.proxies, declarations, strict=True)]
        with ThreadPoolExecutor(2) as both:
            for code, told in both.map(Process.run, running):
                assert code in (0, 1)
                if code:
                    sentence(told.strip())
        now = marks(stored)
        assert now.pop("hand") == {None}
        assert set(now) == {*names("both", 3), *names("one-", 3), *names("two-", 3)}
    settled(engine, *declarations)
    for owner in ("one", "two"):
        assert memory(stored, owner) == holds(*names("both", 3), *names(f"{owner}-", 3))


@pytest.mark.parametrize("owner", ["one", "two"], ids=["one owner", "two owners"])
def test_two_playbooks(server, two, engine, api, stored, tmp_path, owner):
    """As a user has it whose timers fire at the same minute."""
    by_hand(api, "hand", "old0", "old1")
    first, second = (declaring(*names("new", 3), "old0", "old1", owner=each) for each in ("one", owner))
    two.meet(**FIRST_WRITE)
    playbooks = [Playbook(proxy.url, server.admin, tmp_path / str(nth)) for nth, proxy in enumerate(two.proxies)]
    with ThreadPoolExecutor(2) as both:
        running = [both.submit(playbook, {"airflow_settings": declared})
                   for playbook, declared in zip(playbooks, (first, second), strict=True)]
        for played in (each.result() for each in running):
            assert played.code in (0, 2), played.console
            assert "Traceback" not in played.console and "This is a fault" not in played.console
            for failure in played.result.get("failures", []):
                sentence(failure["reason"])
    assert two.met == 2
    assert marks(stored) == {"hand": {None}, **{name: {1} for name in (*names("new", 3), "old0", "old1")}}
    settled(engine, first, second)
    assert engine(check=True, **first).changes == engine(check=True, **second).changes == []
