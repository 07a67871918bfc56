# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a case works with: a server, its state, and the programs whose time is taken."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from typing import Any, NamedTuple

import floor
from data import IDENTITY, DataSet

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build"
TIMEOUT = 900

#: Airflow compiles one pattern of all the secrets that a process has seen, anew for each new one: the first sight of
#: 1,000 passwords takes the server 140 s, the second nothing. A server of ours hides secrets by their names only, so
#: that no figure hangs on what the server has seen before (and its quick answers make the floor low).
SETTINGS = {"AIRFLOW__LOGGING__MIN_LENGTH_MASKED_SECRET": "100000"}


class BenchError(Exception):
    """A case did not do what it is there to measure."""


class Time(NamedTuple):
    """What a program took, and how much of that was the work itself where the program told so."""

    seconds: float
    inside: float | None = None


class Play(NamedTuple):
    seconds: float
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

    def __post_init__(self) -> None:
        # Not PYTHONDONTWRITEBYTECODE either, which some machines set: users' controllers keep compiled plugins.
        strangers = ("AIRFLOW", "ANSIBLE", "PYTHON")
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

    def api(self) -> floor.Api:
        """Signed in anew each time: a token does not outlive a long run."""
        api = floor.Api(self.url, self.username, self.password)
        api.sign_in()
        return api

    def wiped(self) -> None:
        floor.wipe(self.api())

    def created(self, data: DataSet) -> None:
        api = self.api()
        floor.wipe(api)
        for kind in IDENTITY:
            floor.create(api, data, kind)

    def drifted(self, data: DataSet) -> None:
        self.created(data)
        floor.drift(self.api(), data)

    def expect_as_declared(self, data: DataSet) -> None:
        api = self.api()
        for kind in IDENTITY:
            found = floor.differences(api, data, kind)
            if found:
                raise BenchError(f"{len(found)} {kind} are not as declared, such as {found[0][IDENTITY[kind]]}")

    # -- what is measured -------------------------------------------------------------------------------------------

    def play(self, tasks: list[dict[str, Any]], variables: Path | None = None) -> Play:
        """The wall clock of a whole `ansible-playbook` on localhost."""
        play: dict[str, Any] = {"hosts": "localhost", "connection": "local", "gather_facts": False, "tasks": tasks}
        play["vars"] = {"ansible_python_interpreter": sys.executable}
        if variables:
            play["vars_files"] = [str(variables)]
        playbook = self.folder / "playbook.json"
        playbook.parent.mkdir(parents=True, exist_ok=True)
        playbook.write_text(json.dumps([play]), encoding="utf-8")
        program = Path(sys.executable).with_name("ansible-playbook")
        seconds, output = self.program(program, "-i", "localhost,", playbook)
        recap = re.search(r"changed=(\d+) +unreachable=0 +failed=0", output)
        if tasks and not recap:
            raise BenchError(f"the play failed: {output[-1500:]}")
        return Play(seconds, int(recap[1]) if recap else 0)

    def script(self, job: str, data: DataSet) -> Time:
        """The floor, in a process of its own."""
        counts = [f"--{kind}={len(objects)}" for kind, objects in data.declarations.items()]
        seconds, output = self.program(sys.executable, "-B", ROOT / "bench" / "floor.py", job, *counts)
        return Time(seconds, json.loads(output)["seconds"])

    def program(self, *command: object, **environ: str) -> tuple[float, str]:
        """Run a program; give its wall clock and what it printed."""
        start = perf_counter()
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
        seconds = perf_counter() - start
        if done.returncode:
            raise BenchError(f"{Path(str(command[0])).name} ended with {done.returncode}: {done.stdout[-1500:]}")
        return seconds, done.stdout


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

            running = stack.enter_context(AirflowServer(version=version, workdir=folder / "server", settings=SETTINGS))
            server = running.url, *running.admin
        airflowctl = Path(environ.get("AIRFLOWCTL", BUILD / "env" / f"airflow-{version}" / "bin" / "airflowctl"))
        ready = Stand(version, *server, airflowctl if airflowctl.exists() else None)
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        stack.callback(ready.wiped)
        yield ready
