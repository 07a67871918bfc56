# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A run that is killed, cut off, or loses its server half-way: the next one ends where an undisturbed one ends.

Everything that is stored is compared, also what nobody declared. All begin with the same rows, put back in the
database itself, so that each of the many interruptions costs no more than its two runs.
"""

from __future__ import annotations

import contextlib
import dataclasses
import http.client
import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from airflow_server import AirflowServer
from fault_proxy import FaultProxy, Request
from harness import COLLECTIONS, Engine, Run
from raw_api import Api
from stored import Stored

from ansible_collections.windsock.airflow.plugins.module_utils._faults import Refused, ServerFault
from ansible_collections.windsock.airflow.plugins.module_utils._memory import key_of

OWNER = "interrupted"
MEMORY = key_of(OWNER)


class Data:
    """The rows of all connections, variables and pools of a server: read, and put back in an instant."""

    tables = "connection", "variable", "slot_pool"

    def __init__(self, server: AirflowServer):
        self.path = server.home / "airflow.db"

    def rows(self) -> dict[str, list[tuple[Any, ...]]]:
        with contextlib.closing(sqlite3.connect(self.path, timeout=60)) as database:
            return {table: database.execute(f"SELECT * FROM {table} ORDER BY id").fetchall() for table in self.tables}

    def put(self, rows: dict[str, list[tuple[Any, ...]]]) -> None:
        with contextlib.closing(sqlite3.connect(self.path, timeout=60)) as database:
            for table in self.tables:
                database.execute(f"DELETE FROM {table}")
                for row in rows[table]:
                    database.execute(f"INSERT INTO {table} VALUES ({', '.join('?' * len(row))})", row)
            database.commit()

    def settle(self) -> None:
        """Wait until nobody writes any more."""
        quiet, before = 0, self.rows()
        while quiet < 5:
            time.sleep(0.1)
            now = self.rows()
            quiet, before = quiet + 1 if now == before else 0, now


def everything(stored: Stored) -> dict[tuple[str, str], Any]:
    """All that is stored, by kind and id."""
    kinds = {"connection": stored.connections(), "variable": stored.variables(), "pool": stored.pools()}
    return {(kind, object_id): fields for kind, objects in kinds.items() for object_id, fields in objects.items()}


def sentence(told: str) -> None:
    assert told and "\n" not in told and "Traceback" not in told and "This is a fault" not in told, told


# -- what there is before, and what is declared


FULL = {"conn_type": "http", "host": "h", "login": "l", "password": "pw-by-hand", "port": 80, "schema": "s",
        "extra": '{"by": "hand", "api_key": "key-by-hand"}', "description": "by hand"}


def made_by_hand(api: Api) -> None:
    api.create("connections", *({"connection_id": f"{each}{i}", **FULL} for each in ("hand", "alone", "bulk", "gone")
                                for i in range(2)))
    api.create("variables", *({"key": f"{each}{i}", "value": '{"by": "hand"}', "description": "by hand"}
                              for each in ("hand", "alone", "bulk", "gone") for i in range(2)))
    api.create("pools", *({"name": f"{each}{i}", "slots": 7, "description": "by hand", "include_deferred": True}
                          for each in ("hand", "alone", "bulk", "gone") for i in range(2)))


def yesterday() -> dict[str, Any]:
    """Applied before, so that the owner has it: `old` is no longer declared afterwards, `kept` is."""
    return {
        "owner": OWNER, "update_secrets": "on_create",
        "connections": [{"connection_id": f"{each}{i}", "conn_type": "ftp", "password": f"pw-{each}-{i}"}
                        for each in ("old", "kept") for i in range(2)],
        "variables": [{"key": f"{each}{i}", "value": {"n": i}} for each in ("old", "kept") for i in range(2)],
        "pools": [{"name": f"{each}{i}", "slots": 3} for each in ("old", "kept") for i in range(2)],
    }


def today(many: int) -> dict[str, Any]:
    """Something to create, to change, to delete and to prune, alone and in bulk, of each kind."""
    two = range(2)
    return {
        "owner": OWNER, "update_secrets": "on_create", "prune": "owned",
        "connections": [
            {"connection_id": "alone0", "host": "changed"}, {"connection_id": "alone1", "extra": {"changed": True}},
            *({"connection_id": f"bulk{i}", "conn_type": "http", "host": "changed", "port": 8000 + i} for i in two),
            *({"connection_id": f"gone{i}", "state": "absent"} for i in two),
            *({"connection_id": f"kept{i}", "conn_type": "ftp", "password": f"pw-kept-{i}"} for i in two),
            *({"connection_id": f"new{i}", "conn_type": "http", "password": f"pw-new-{i}", "extra": {"n": i}}
              for i in range(3))],
        "variables": [
            {"key": "alone0", "description": "changed"}, {"key": "alone1", "value": "changed"},
            *({"key": f"bulk{i}", "value": "changed", "description": "changed"} for i in two),
            *({"key": f"gone{i}", "state": "absent"} for i in two),
            *({"key": f"kept{i}", "value": {"n": i}} for i in two),
            *({"key": f"new{i:02}", "value": {"n": i}} for i in range(many))],
        "pools": [
            {"name": "default_pool", "slots": 100}, {"name": "alone0", "slots": 8}, {"name": "alone1", "description": "changed"},
            *({"name": f"bulk{i}", "slots": 9, "include_deferred": True} for i in two),
            *({"name": f"gone{i}", "state": "absent"} for i in two),
            *({"name": f"kept{i}", "slots": 3} for i in two),
            *({"name": f"new{i}", "slots": i} for i in range(3))],
    }


@dataclasses.dataclass
class Scene:
    """What there is before, and what an undisturbed run makes of it."""

    data: Data
    stored: Stored
    engine: Engine  # straight to the server
    declared: dict[str, Any]
    rows: dict[str, list[tuple[Any, ...]]]
    start: dict[tuple[str, str], Any]
    end: dict[tuple[str, str], Any]
    requests: list[Request]  # of the undisturbed run

    def begin(self) -> None:
        self.data.put(self.rows)

    def look(self) -> dict[tuple[str, str], Any]:
        """What is stored half-way: each object as it was or as it is to be, and all others as they were."""
        now = everything(self.stored)
        odd = {key: now.get(key) for key in {**self.start, **self.end, **now}
               if now.get(key) not in (self.start.get(key), self.end.get(key)) and key[1] != MEMORY}
        assert odd == {}
        return now

    def converges(self) -> None:
        run = self.engine(**self.declared)
        assert not run.failed, run.msg
        assert everything(self.stored) == self.end
        assert self.engine(check=True, **self.declared).changes == []

    def is_disturbed(self, engine: Engine, proxy: Line, nth: int) -> None:
        """Run, without retries; what goes wrong at the nth request is told, before the first write as a fault."""
        fault = None
        try:
            self.is_told_truly(engine(retries=0, **self.declared))
        except ServerFault as caught:
            fault = caught
        proxy.quiet()
        first_write = next(at for at, request in enumerate(self.requests) if request.is_write)
        assert (fault is not None) is (nth < first_write)
        if fault is not None:
            sentence(fault.message)
            assert proxy.writes == [] and everything(self.stored) == self.start

    def is_told_truly(self, run: Run) -> None:
        """What a run that was not killed says of itself is what is stored."""
        now = self.look()
        for change in run.changes:
            key = (change["kind"], change["id"])
            assert now.get(key) == self.end.get(key), f"{key} is said to be done"
        if not run.changed:
            assert without_memory(now) == without_memory(self.start), "`changed` denies what was written"
        for failure in run.failures:
            sentence(failure["reason"])
        assert run.failed is bool(run.failures)
        if run.failed:
            sentence(run.msg)


def without_memory(objects: dict[tuple[str, str], Any]) -> dict[tuple[str, str], Any]:
    return {key: fields for key, fields in objects.items() if key[1] != MEMORY}


class Line(FaultProxy):
    """Knows when the last request has been dealt with; can hang up on the server as a client does that is killed."""

    def __init__(self, url: str):
        super().__init__(url)
        self._busy = 0
        self._changed = threading.Condition()
        self._mine = threading.local()

    def handle(self, request: Request) -> Any:
        with self._changed:
            self._busy += 1
        try:
            return super().handle(request)
        finally:
            with self._changed:
                self._busy -= 1
                self._changed.notify_all()

    def quiet(self) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: not self._busy, 120)

    @contextlib.contextmanager
    def hanging_up(self) -> Iterator[None]:
        """What is forwarded now reaches the server, but nobody waits for its answer."""
        self._mine.hangs_up = True
        try:
            yield
        finally:
            self._mine.hangs_up = False

    def _forward(self, request: Request) -> Any:
        if not getattr(self._mine, "hangs_up", False):
            return super()._forward(request)
        line = http.client.HTTPConnection(str(self.target.hostname), self.target.port or 80, timeout=120)
        headers = {name: value for name, value in request.headers.items() if name.lower() not in ("host", "connection")}
        line.request(request.method, f"{request.path}{'?' if request.query else ''}{request.query}", request.body or None, headers)
        line.close()
        return None


@pytest.fixture(scope="module")
def session_proxy(server: AirflowServer) -> Iterator[Line]:
    with Line(server.url) as proxy:
        yield proxy


@pytest.fixture(scope="module")
def scene(server: AirflowServer, api: Api, stored: Stored, session_proxy: Line) -> Iterator[Scene]:
    data, engine = Data(server), Engine(server.url, server.admin)
    before = data.rows()
    # More than the first bulk request holds, or than requests run side by side.
    declared = today(60 if server.generation.api == "/api/v2" else 10)
    try:
        data.put({**{table: [] for table in Data.tables}, "slot_pool": [row for row in before["slot_pool"] if "default_pool" in row]})
        made_by_hand(api)
        assert not engine(**yesterday()).failed
        api.update("connections", "kept0", login="by hand", description="by hand", extra='{"by": "hand"}')
        api.update("variables", "kept0", description="by hand")
        api.update("pools", "kept0", description="by hand", include_deferred=True)
        rows, start = data.rows(), everything(stored)
        session_proxy.reset()
        run = Engine(session_proxy.url, server.admin)(**declared)
        assert not run.failed, run.msg
        assert {change["action"] for change in run.changes} == {"create", "update", "delete"}
        end = everything(stored)
        assert [end.get((kind, f"{each}{i}")) for kind in ("connection", "variable", "pool")
                for each in ("old", "gone") for i in range(2)] == [None] * 12
        yield Scene(data, stored, engine, declared, rows, start, end, list(session_proxy.requests))
    finally:
        data.put(before)


@pytest.fixture
def scenery(scene: Scene) -> Iterator[Scene]:
    yield scene
    scene.begin()


def points(server: AirflowServer, requests: list[Request], most: int = 8) -> list[tuple[int, str]]:
    """Where to interrupt: at each request; on a server that has no bulk at the first, the last and some between."""
    step = 1 if server.generation.api == "/api/v2" else max(1, len(requests) // most)
    last = len(requests) - 1
    return [(nth, f"{request.method} {request.path}") for nth, request in enumerate(requests)
            if nth < 3 or nth % step == 0 or nth >= last - 1]


@contextlib.contextmanager
def at(point: tuple[int, str]) -> Iterator[int]:
    """Says where a test was when it failed."""
    try:
        yield point[0]
    except BaseException as error:
        error.add_note(f"interrupted at request {point[0]}, {point[1]}")
        raise


def test_the_undisturbed_run(scenery, engine, stored):
    """What the others are measured by is right itself: what was not declared stayed, what was declared is there."""
    start, end = scenery.start, scenery.end
    for kind in ("connection", "variable", "pool"):
        assert all(end[kind, f"{each}{i}"] == start[kind, f"{each}{i}"] for each in ("hand", "kept") for i in range(2))
    assert end["connection", "alone0"] == {**start["connection", "alone0"], "host": "changed"}
    assert end["connection", "alone1"] == {**start["connection", "alone1"], "extra": {"changed": True}}
    assert end["connection", "bulk1"] == {**start["connection", "bulk1"], "host": "changed", "port": 8001}
    assert (end["connection", "new2"]["password"], end["connection", "new2"]["extra"]) == ("pw-new-2", {"n": 2})
    assert end["variable", "alone0"] == {"value": {"by": "hand"}, "description": "changed"}
    assert end["variable", "alone1"] == {"value": "changed", "description": "by hand"}
    assert end["variable", "new03"]["value"] == {"n": 3}
    assert end["pool", "alone0"] == {**start["pool", "alone0"], "slots": "8"}
    assert end["pool", "alone1"] == {**start["pool", "alone1"], "description": "changed"}
    assert end["pool", "default_pool"]["slots"] == "100"
    assert len([request for request in scenery.requests if request.is_write]) >= 10
    scenery.begin()
    assert everything(stored) == start
    scenery.converges()


# -- the line is cut


def cut(forward: Callable[[], Any]) -> None:
    """The request never arrives."""


def lost(forward: Callable[[], Any]) -> None:
    """It is carried out, and the answer is lost."""
    forward()


@pytest.mark.parametrize("action", [cut, lost])
def test_one_request_is_cut_off(server, scenery, engine, proxy, action):
    """At each request in turn, and the client does not try again."""
    for point in points(server, scenery.requests):
        with at(point) as nth:
            scenery.begin()
            proxy.reset()
            proxy.add(action, after=nth)
            scenery.is_disturbed(engine, proxy, nth)
            scenery.converges()


@pytest.mark.parametrize("action", [cut, lost])
def test_one_request_is_cut_off_and_tried_again(server, scenery, engine, proxy, stored, action):
    """With the usual retries nothing of it is to be noticed."""
    for point in points(server, scenery.requests):
        with at(point) as nth:
            scenery.begin()
            proxy.reset()
            proxy.add(action, after=nth)
            run = engine(**scenery.declared)
            assert not run.failed, run.msg
            assert everything(stored) == scenery.end


def test_nobody_answers_any_more(server, scenery, engine, proxy):
    """From each request on, the last that arrived having been carried out."""
    for point in points(server, scenery.requests):
        with at(point) as nth:
            scenery.begin()
            proxy.reset()
            proxy.add(lost, after=nth)
            proxy.add(cut, after=nth, times=None)  # counts only what the rule above lets pass
            scenery.is_disturbed(engine, proxy, nth)
            scenery.converges()


# -- the process is killed

RUNNER = """
import json, sys
from harness import Engine
url, user, declared = json.load(sys.stdin)
run = Engine(url, user)(**declared)
sys.exit(run.msg if run.failed else 0)
"""


class Process:
    """A run in a process of its own."""

    def __init__(self, url: str, user: tuple[str, str], declared: dict[str, Any]):
        paths = [COLLECTIONS, str(Path(__file__).resolve().parent)]
        self.given = json.dumps([url, user, declared])
        self.process = subprocess.Popen(
            [sys.executable, "-c", RUNNER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)})

    def run(self) -> tuple[int, str]:
        told = self.process.communicate(self.given, timeout=300)[0]
        return self.process.returncode, told

    def kill(self) -> None:
        """Returns when it is dead."""
        self.process.kill()
        while alive(self.process.pid):
            time.sleep(0.01)


def alive(pid: int) -> bool:
    """A process that is dead and not yet waited for is dead."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except FileNotFoundError:
        return False


@pytest.mark.parametrize("when", ["before it arrives", "while it is carried out", "when it is done"])
def test_killed_at_a_write(server, scenery, proxy, when):
    """SIGKILL at each write in turn, that of the memory too."""
    writes = [request for request in scenery.requests if request.is_write]
    for point in points(server, writes, 3):
        with at(point) as nth:
            scenery.begin()
            proxy.reset()
            process = Process(proxy.url, server.admin, scenery.declared)

            def action(forward: Callable[[], Any], process: Process = process) -> None:
                if when == "when it is done":
                    forward()
                process.kill()
                if when == "while it is carried out":
                    with proxy.hanging_up():
                        forward()

            proxy.add(action, writes_only=True, after=nth)
            code, told = process.run()
            assert code == -signal.SIGKILL or (code == 0 and len(proxy.writes) <= nth), told
            proxy.quiet()
            scenery.data.settle()
            scenery.look()
            scenery.converges()


def test_killed_again_and_again(server, scenery, proxy):
    """Each run gets one write further than the one before it began: whatever is left over, it ends as it should."""
    scenery.begin()
    for count in range(100):
        proxy.reset()
        process = Process(proxy.url, server.admin, scenery.declared)

        def action(forward: Callable[[], Any], process: Process = process) -> None:
            forward()
            process.kill()

        proxy.add(action, writes_only=True, after=count % 3)
        code, told = process.run()
        proxy.quiet()
        scenery.look()
        if code == 0:
            break
        assert code == -signal.SIGKILL, told
    assert code == 0
    scenery.converges()


def test_what_a_killed_run_made_and_nobody_declares_any_more(server, scenery, proxy, stored):
    """Its memory is written last: if the declaration changes before the next run, such an object is nobody's and stays.
    Too little is pruned then, never too much."""
    scenery.begin()
    process = Process(proxy.url, server.admin, scenery.declared)
    proxy.add(lambda forward: process.kill(), writes_only=True, after=len([each for each in scenery.requests if each.is_write]) - 1)
    assert process.run()[0] == -signal.SIGKILL
    proxy.quiet()
    changed = {**scenery.declared, "pools": [each for each in scenery.declared["pools"] if each["name"] not in ("new0", "kept0")]}
    run = scenery.engine(**changed)
    assert not run.failed and run.actions == {"kept0": "delete"}
    pools = stored.pools()
    assert "new0" in pools and "kept0" not in pools
    assert [change["id"] for change in scenery.engine(check=True, **scenery.declared).changes] == ["kept0"]


def offspring(parent: int) -> list[int]:
    """All processes below one, itself first."""
    below: dict[int, list[int]] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            below.setdefault(int(path.read_text().rpartition(")")[2].split()[1]), []).append(int(path.parent.name))
    found = [parent]
    for each in found:
        found += below.get(each, [])
    return found


def words_of(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
    except OSError:
        return ""


@pytest.mark.parametrize("whole", [False, True], ids=["module", "playbook"])
@pytest.mark.parametrize("nth", [4, -1], ids=["a write", "memory"])
def test_killed_under_ansible(scenery, playbook, proxy, whole, nth):
    """The module alone, as the kernel does where memory is short, or all of ansible-playbook."""
    writes = [request for request in scenery.requests if request.is_write]

    def action(forward: Callable[[], Any]) -> None:
        forward()
        mine = [pid for pid in offspring(os.getpid()) if "ansible-playbook" in words_of(pid) and "play.yml" in words_of(pid)]
        below = offspring(mine[0])
        for pid in below if whole else [pid for pid in below if "AnsiballZ" in words_of(pid)]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    scenery.begin()
    proxy.add(action, writes_only=True, after=range(len(writes))[nth])
    run = playbook({"airflow_settings": scenery.declared})
    assert run.code == (-signal.SIGKILL if whole else 2), run.console
    proxy.quiet()
    scenery.data.settle()
    scenery.look()
    again = playbook({"airflow_settings": scenery.declared}, {"airflow_settings": scenery.declared})
    assert again.code == 0 and not again.results[1]["changed"], again.console
    scenery.converges()


# -- the server goes away


def test_the_server_is_restarted_between_two_writes(server, scenery, engine, proxy, stored):
    """Whoever tries for long enough does not notice."""
    writes = [request for request in scenery.requests if request.is_write]

    def action(forward: Callable[[], Any]) -> Any:
        answer = forward()
        server.restart()
        return answer

    scenery.begin()
    proxy.add(action, writes_only=True, after=len(writes) // 2)
    run = engine(timeout=300, retries=30, **scenery.declared)
    assert not run.failed, run.msg
    assert everything(stored) == scenery.end
    scenery.converges()


@pytest.mark.parametrize("nth", [4, -1], ids=["a write", "memory"])
def test_the_server_is_killed_at_a_write(server, scenery, engine, proxy, nth):
    """While it carries it out, and it stays away until the run has given up."""
    writes = [request for request in scenery.requests if request.is_write]

    def action(forward: Callable[[], Any]) -> None:
        at_work = threading.Thread(target=tried, args=[forward])
        at_work.start()
        for pid in offspring(server._keeper.pid)[1:]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        at_work.join()

    scenery.begin()
    proxy.add(action, writes_only=True, after=range(len(writes))[nth])
    try:
        run = engine(retries=1, **scenery.declared)
    finally:
        proxy.quiet()
        server.restart()
    scenery.is_told_truly(run)
    scenery.converges()


def tried(forward: Callable[[], Any]) -> None:
    with contextlib.suppress(OSError, http.client.HTTPException):
        forward()


# -- the one thing that an interruption can cost


@pytest.mark.servers("3")  # Airflow 2 does not tell whether there is a password to clear
@pytest.mark.parametrize("step", ["update", "delete", "create"])
@pytest.mark.parametrize("when", ["before it arrives", "when it is done"])
def test_killed_while_a_password_is_cleared(server, scenery, proxy, stored, step, when):
    """Airflow clears a password only by deletion and creation. A run that dies just between the two loses the fields
    of this one connection that are not declared; the declared ones come back, and no other object is touched."""
    writes = {"update": 0, "delete": 1, "create": 2}
    declared = {"owner": OWNER, "connections": [{"connection_id": "alone0", "conn_type": "http", "password": "",
                                                 "extra": {"declared": True}}]}
    key = ("connection", "alone0")
    scenery.begin()
    process = Process(proxy.url, server.admin, declared)

    def action(forward: Callable[[], Any]) -> None:
        if when == "when it is done":
            forward()
        process.kill()

    proxy.add(action, writes_only=True, after=writes[step])
    code, told = process.run()
    assert code == -signal.SIGKILL, told
    assert [request.method for request in proxy.writes] == ["PATCH", "DELETE", "POST"][:writes[step] + 1]
    between = (step, when) in (("delete", "when it is done"), ("create", "before it arrives"))
    assert (key in everything(stored)) is not between
    run = scenery.engine(**declared)
    assert not run.failed, run.msg
    now = everything(stored)
    whole = {**scenery.start[key], "password": None, "extra": {"declared": True}}
    if between:
        whole.update(host=None, login=None, port=None, schema=None, description=None)
    assert now.pop(key) == whole
    assert without_memory(now) == {other: fields for other, fields in without_memory(scenery.start).items() if other != key}
    assert scenery.engine(check=True, **declared).changes == []


@pytest.mark.servers("3")
def test_killed_while_a_password_is_cleared_of_a_connection_without_type(server, scenery, proxy, stored):
    """The next run cannot create what is not declared: it says what is missing, and touches nothing."""
    declared = {"owner": OWNER, "connections": [{"connection_id": "alone0", "password": "", "extra": {}}]}
    scenery.begin()
    process = Process(proxy.url, server.admin, declared)
    proxy.add(lambda forward: process.kill(), writes_only=True, method="POST")
    assert process.run()[0] == -signal.SIGKILL
    try:
        scenery.engine(**declared)
        raise AssertionError("not refused")
    except Refused as refused:
        assert "alone0" in refused.message and "conn_type" in refused.message
    assert without_memory(everything(stored)) == {
        key: fields for key, fields in without_memory(scenery.start).items() if key != ("connection", "alone0")}
