# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a case works with: a server, its state, and the programs whose time is taken."""

from __future__ import annotations

import contextlib
import json
import os
import re
import resource
import shutil
import subprocess
import sys
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any, NamedTuple

import floor
from data import IDENTITY, OWNER, DataSet

if TYPE_CHECKING:
    from vault import BenchVault

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build"
TIMEOUT = 1800
#: Runs Python and notes the memory of it; see there.
WATCHED_PYTHON = ROOT / "bench" / "watched_python"

#: Airflow 3 compiles one pattern of all the secrets that a process has seen, anew for each new one: the first sight of
#: 1,000 passwords takes 3.3.2 140 s, the second nothing. A server of ours hides secrets by their names only, so that
#: no figure hangs on what the server has seen before (and its quick answers make the floor low). Airflow 2 has no such
#: setting, and hardly the need of it: the first sight of 100 passwords takes it 0.03 s, of 1,000 2 s.
SETTINGS = {"AIRFLOW__LOGGING__MIN_LENGTH_MASKED_SECRET": "100000"}


class BenchError(Exception):
    """A case did not do what it is there to measure."""


class Time(NamedTuple):
    """What a program took.

    inside: how much of the seconds was the work itself, where the program told so. cpu: seconds of a processor, of the
    program and what it started, the server not among it. memory: the most that the module held, in MB. vault: what was
    asked of Vault.
    """

    seconds: float
    cpu: float
    inside: float | None = None
    memory: float | None = None
    vault: str | None = None


class Play(NamedTuple):
    time: Time
    changed: int


@dataclass
class Stand:
    """One server and everything that is measured against it."""

    version: str
    url: str
    username: str
    password: str
    airflowctl: Path | None
    folder: Path = BUILD / "bench"
    environ: dict[str, str] = field(init=False)
    holds: object = field(init=False, default=None)  # whose objects the server has, as declared
    stack: contextlib.ExitStack = field(init=False, default_factory=contextlib.ExitStack)

    def __post_init__(self) -> None:
        # Not PYTHONDONTWRITEBYTECODE either, which some machines set: users' controllers keep compiled plugins.
        strangers = ("AIRFLOW", "ANSIBLE", "PYTHON", "VAULT")
        self.environ = {name: value for name, value in os.environ.items() if not name.startswith(strangers)}
        self.environ |= {
            "AIRFLOW_API_URL": self.url,
            "AIRFLOW_API_USERNAME": self.username,
            "AIRFLOW_API_PASSWORD": self.password,
            "ANSIBLE_COLLECTIONS_PATH": str(BUILD / "collections"),
            "ANSIBLE_HOME": str(self.folder / "ansible"),
            "ANSIBLE_REMOTE_TEMP": str(self.folder / "ansible" / "remote"),
            "ANSIBLE_LIBRARY": str(ROOT / "bench" / "library"),
            "ANSIBLE_LOCALHOST_WARNING": "false",
            "ANSIBLE_NOCOLOR": "true",
        }

    # -- the state of the server ------------------------------------------------------------------------------------

    def api(self) -> floor.V1 | floor.V2:
        """Signed in anew each time: a token does not outlive a long run."""
        api = floor.api_of(self.version)(self.url, self.username, self.password)
        api.sign_in()
        return api

    def wiped(self) -> None:
        self.holds = None
        floor.wipe(self.api())

    def settled(self, data: DataSet) -> None:
        """All is there as declared, and the collection has been there before: what it keeps for itself is there too.

        Objects that are there from the case before are left; `expect_as_declared` was satisfied with them.
        """
        if self.holds is data:
            return
        self.wiped()
        api = self.api()
        for kind in IDENTITY:
            floor.create(api, data, kind)
        self.play([settings(src=[str(data.file)])])
        self.expect_as_declared(data)

    def drifted(self, data: DataSet, kinds: Iterable[str]) -> None:
        self.settled(data)
        self.holds = None
        floor.drift(self.api(), data, kinds)

    def expect_as_declared(self, data: DataSet, but: Collection[str] = ()) -> None:
        api = self.api()
        for kind in IDENTITY:
            found = floor.differences(api, data, kind, but)
            if found:
                raise BenchError(f"{len(found)} {kind} are not as declared, such as {found[0][IDENTITY[kind]]}")
        self.holds = None if but else data

    @cached_property
    def vault(self) -> BenchVault:
        """A real OpenBao, there from the first case that needs it."""
        from vault import BenchVault

        return self.stack.enter_context(BenchVault())

    # -- what is measured -------------------------------------------------------------------------------------------

    def play(
        self,
        tasks: list[dict[str, Any]],
        variables: Path | None = None,
        watched: bool = True,
        python: Path = Path(sys.executable),
        **environ: str,
    ) -> Play:
        """A whole `ansible-playbook` on localhost. Not watched, there is no figure of memory, nor what that costs."""
        play: dict[str, Any] = {"hosts": "localhost", "connection": "local", "gather_facts": False, "tasks": tasks}
        play["vars"] = {"ansible_python_interpreter": str(WATCHED_PYTHON if watched else python)}
        if variables:
            play["vars_files"] = [str(variables)]
        playbook, memory = self.folder / "playbook.json", self.folder / "memory"
        playbook.parent.mkdir(parents=True, exist_ok=True)
        playbook.write_text(json.dumps([play]), encoding="utf-8")
        memory.unlink(missing_ok=True)
        program = python.with_name("ansible-playbook")
        watch = {"BENCH_PYTHON": str(python), "BENCH_MEMORY": str(memory)}
        time, output = self.program(program, "-i", "localhost,", playbook, **watch, **environ)
        recap = re.search(r"changed=(\d+) +unreachable=0 +failed=0", output)
        if tasks and not recap:
            raise BenchError(f"the play failed: {output[-1500:]}")
        if memory.exists():
            time = time._replace(memory=int(memory.read_text()) / 1024)
        return Play(time, int(recap[1]) if recap else 0)

    def fleet(self, hosts: int, forks: int, variables: dict[str, Any], tasks: list[dict[str, Any]]) -> Time:
        """A whole `ansible-playbook` over so many hosts, all of which are this server."""
        shared = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable, **variables}
        inventory, playbook = self.folder / "inventory.json", self.folder / "playbook.json"
        names = [f"deployment-{number:03d}" for number in range(hosts)]
        inventory.write_text(json.dumps({"all": {"hosts": dict.fromkeys(names, {}), "vars": shared}}), encoding="utf-8")
        playbook.write_text(json.dumps([{"hosts": "all", "gather_facts": False, "tasks": tasks}]), encoding="utf-8")
        program = Path(sys.executable).with_name("ansible-playbook")
        time, output = self.program(program, "-i", inventory, "--forks", forks, playbook)
        recap = re.findall(r"ok=[1-9].* unreachable=0 +failed=0 .*rescued=0", output)
        if len(recap) != hosts:
            raise BenchError(f"the play failed: {output[-1500:]}")
        return time

    def script(self, job: str, data: DataSet) -> Time:
        """The floor, in a process of its own."""
        counts = [f"--{kind}={len(objects)}" for kind, objects in data.declarations.items()]
        time, output = self.program(sys.executable, "-B", ROOT / "bench" / "floor.py", self.version, job, *counts)
        return time._replace(inside=json.loads(output)["seconds"])

    def program(self, *command: object, **environ: str) -> tuple[Time, str]:
        """Run a program; give its time and what it printed."""
        start, before = perf_counter(), _cpu_of_children()
        done = subprocess.run(
            [str(part) for part in command],
            env=self.environ | environ,
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=TIMEOUT,
            check=False,
        )
        time = Time(perf_counter() - start, _cpu_of_children() - before)
        if done.returncode:
            raise BenchError(f"{Path(str(command[0])).name} ended with {done.returncode}: {done.stdout[-1500:]}")
        return time, done.stdout


def settings(**given: Any) -> dict[str, Any]:
    """A task that applies declarations."""
    return {"windsock.airflow.airflow_settings": {"update_secrets": "on_create", "owner": OWNER, **given}}


def _cpu_of_children() -> float:
    """Of those that have ended, so not of the server."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


@contextlib.contextmanager
def stand(version: str) -> Iterator[Stand]:
    """A stand at the server that AIRFLOW_API_URL names, or at one of its own that ends with it."""
    sys.path[:0] = [str(ROOT / "scripts"), str(ROOT / "tests" / "support")]
    from sync_collection import sync

    sync()
    folder = BUILD / "bench"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    with contextlib.ExitStack() as stack:
        environ = os.environ
        if "AIRFLOW_API_URL" in environ:
            server = environ["AIRFLOW_API_URL"], environ["AIRFLOW_API_USERNAME"], environ["AIRFLOW_API_PASSWORD"]
        else:
            from airflow_server import AirflowServer

            running = AirflowServer(version, folder / "server", settings=SETTINGS, real_hashing=True)
            stack.enter_context(running)
            server = running.url, *running.admin
        airflowctl = Path(environ.get("AIRFLOWCTL", BUILD / "env" / f"airflow-{version}" / "bin" / "airflowctl"))
        ready = Stand(version, *server, airflowctl if airflowctl.exists() else None)
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        stack.callback(ready.wiped)
        stack.enter_context(ready.stack)
        yield ready
