# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A real Airflow for a test: started on a free port of 127.0.0.1, gone without a trace afterwards.

    with AirflowServer() as server:
        server.url, server.admin                       # 'http://127.0.0.1:40321', ('admin', 'admin-password')
        server.cli("connections", "get", "x")          # stdout of Airflow's own command line, 2.8 s a call
        server.cli_session().run("pools", "list")      # the same, loaded once: 0.1 s a call

    python3 tests/support/airflow_server.py [--version 3.3.2] -- COMMAND ARGS

The second form exports AIRFLOW_API_URL, AIRFLOW_API_USERNAME, AIRFLOW_API_PASSWORD, WINDSOCK_AIRFLOW_VERSION,
WINDSOCK_AIRFLOW_CLI (a quick `airflow` of that server) and WINDSOCK_VIEWER_USERNAME, WINDSOCK_VIEWER_PASSWORD (who
may not read connections), runs COMMAND and exits with its code. Every version that has a lock file,
requirements/airflow-VERSION.txt, can be had.
"""

from __future__ import annotations

import argparse
import base64
import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Collection, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
SUPPORT = Path(__file__).resolve().parent
sys.path[:0] = [str(ROOT / "scripts"), str(SUPPORT)]

import airflow_cli_client  # noqa: E402
import environment  # noqa: E402
import keeper  # noqa: E402
from airflow_generations import ROLES, Airflow2, Airflow3, generation_of, password_of  # noqa: E402

DEFAULT_VERSION = "3.3.2"
START_SECONDS = 120
LOCK_SECONDS = 60  # how long a writer waits for the others before it fails, 5 by default: busy machines are slow


class Answer(NamedTuple):
    code: int
    stdout: str
    stderr: str


class CliSession:
    """Airflow's own command line in a process that has loaded it already; usable from several threads."""

    def __init__(self, socket_path: Path):
        self.socket_path = str(socket_path)

    def run(self, *argv: str) -> Answer:
        return Answer(**airflow_cli_client.ask(self.socket_path, argv))

    def __call__(self, *argv: str) -> str:
        """Standard output; raises if the command failed."""
        told = self.run(*argv)
        if told.code:
            raise RuntimeError(f"airflow {' '.join(argv)}: exit code {told.code}\n{told.stderr}")
        return told.stdout


class AirflowServer:
    admin = ("admin", password_of("admin"))
    operator2 = ("op2", password_of("op2"))
    viewer = ("viewer", password_of("viewer"))

    def __init__(self, version: str = DEFAULT_VERSION, workdir: str | os.PathLike[str] | None = None,
                 path_prefix: str = "", settings: dict[str, str] | None = None, real_hashing: bool = False,
                 roles: dict[str, str] | None = None):
        """`path_prefix` ('/team/air') serves below a path as hosted Airflows do; `settings` are AIRFLOW__X__Y.

        `real_hashing`: signing in to 2.x costs what it costs its users. `roles` of more users, by their names; each has
        the password that `user` tells.
        """
        self.version = version
        self.generation = generation_of(version)
        self.real_hashing = real_hashing
        self.roles = {**ROLES, **(roles or {})}
        self.path_prefix = path_prefix
        self.settings = settings or {}
        self.venv = environment.ensure(f"airflow-{version}")
        self.python = self.venv / "bin" / "python"
        self.port = 0
        self._own_workdir = workdir is None
        self._workdir = Path(workdir).resolve() if workdir else None
        self._keeper: subprocess.Popen[bytes] | None = None
        self._session: subprocess.Popen[bytes] | None = None
        self._sockets: str | None = None

    # -- where things are

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}{self.path_prefix}"

    @property
    def home(self) -> Path:
        """Airflow's home, prepared on first use: a copy of a database that was migrated once."""
        if self._workdir is None:
            self._workdir = Path(tempfile.mkdtemp(prefix="windsock-airflow-"))
        home = self._workdir / "home"
        if not home.exists():
            home.mkdir(parents=True)
            shutil.copy(template(self.version, self.generation, self.venv) / "airflow.db", home)
            (home / "fernet.key").write_text(base64.urlsafe_b64encode(os.urandom(32)).decode())
            self.generation.complete_home(home, self.roles, self.cli, self.real_hashing)
        return home

    def user(self, name: str) -> tuple[str, str]:
        return name, password_of(name)

    @property
    def log(self) -> Path:
        return self.home / "server.log"

    def environ(self) -> dict[str, str]:
        return {
            **clean_environ(self.home),
            "PATH": f"{self.venv / 'bin'}:{os.environ['PATH']}",
            "AIRFLOW__CORE__FERNET_KEY": (self.home / "fernet.key").read_text(),
            **self.generation.environ(self.home, self.url, self.roles),
            **self.settings,
        }

    # -- its life

    def start(self) -> AirflowServer:
        """Returns when it answers. For several at once see start_all."""
        attempts = 3
        for attempt in range(1, attempts + 1):
            self.port = self.port or free_port()
            self._keeper = self._kept(self.generation.command(self.port), self.log)
            if self._wait_until_ready():
                return self
            self._end(self._keeper)
            if not self._port_is_taken() or attempt == attempts:
                told = self.log.read_text(errors="replace")[-3000:]
                self.stop()
                raise RuntimeError(f"Airflow {self.version} did not start; the end of its log:\n{told}")
            self.port = 0
        raise AssertionError("unreachable")

    @contextlib.contextmanager
    def running(self, *argv: str) -> Iterator[None]:
        """A further component of Airflow, such as the scheduler, for as long as the block lasts."""
        keeper = self._kept(argv, self.home / f"{argv[0]}.log")
        try:
            yield
        finally:
            self._end(keeper)

    def _kept(self, argv: Iterable[str], log_file: Path) -> subprocess.Popen[bytes]:
        with open(log_file, "wb") as log:
            return subprocess.Popen(
                [sys.executable, str(SUPPORT / "keeper.py"), str(self.venv / "bin" / "airflow"), *argv],
                env=self.environ(), stdin=subprocess.PIPE, stdout=log, stderr=log, cwd=self.home,
                start_new_session=True)  # who kills our process group must not kill the keeper before its work

    def _wait_until_ready(self) -> bool:
        deadline = time.monotonic() + START_SECONDS
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        while time.monotonic() < deadline and self._keeper and self._keeper.poll() is None:
            try:
                with opener.open(f"{self.url}{self.generation.api}/version", timeout=5) as answer:
                    return answer.status == 200 and not self._port_is_taken()
            except OSError:
                # Airflow 2 would go on trying for minutes.
                if self._port_is_taken():
                    return False
                time.sleep(0.1)
        return False

    def _port_is_taken(self) -> bool:
        """Somebody else was quicker."""
        return self.generation.port_taken in self.log.read_text(errors="replace")

    def restart(self) -> AirflowServer:
        """A new process on the same data and the same port: it has forgotten which texts it masks."""
        self._end(self._keeper)
        return self.start()

    def stop(self) -> None:
        for process in (self._keeper, self._session):
            self._end(process)
        self._keeper = self._session = None
        if self._sockets:
            shutil.rmtree(self._sockets, ignore_errors=True)
            self._sockets = None
        if self._own_workdir and self._workdir:
            shutil.rmtree(self._workdir, ignore_errors=True)
            self._workdir = None

    @staticmethod
    def _end(process: subprocess.Popen[bytes] | None) -> None:
        if process and process.stdin:
            process.stdin.close()
            process.wait()

    def __enter__(self) -> AirflowServer:
        return self.start()

    def __exit__(self, *unused: object) -> None:
        self.stop()

    # -- Airflow's own command line: the independent reader

    def cli(self, *argv: str) -> str:
        done = subprocess.run([str(self.venv / "bin" / "airflow"), *argv], env=self.environ(),
                              capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"airflow {' '.join(argv)}: exit code {done.returncode}\n{done.stderr}")
        return done.stdout

    def cli_session(self) -> CliSession:
        return CliSession(self._session_socket())

    def cli_wrapper(self) -> Path:
        """An executable file that is a quick `airflow` of this server, as long as the server runs."""
        path = self._session_socket().parent / "airflow"
        client = SUPPORT / "airflow_cli_client.py"
        path.write_text(f'#!/bin/sh\nexec "{self.python}" -IS "{client}" "{path.parent / "cli"}" "$@"\n')
        path.chmod(0o755)
        return path

    def _session_socket(self) -> Path:
        if not self._session:
            # A socket's path has room for 107 characters: not in a test's own folder.
            self._sockets = tempfile.mkdtemp(prefix="windsock-cli-")
            with open(self.home / "cli-session.log", "ab") as log:
                self._session = subprocess.Popen(
                    [str(self.python), str(SUPPORT / "airflow_cli_session.py"), f"{self._sockets}/cli"],
                    env=self.environ(), stdin=subprocess.PIPE, stdout=log, stderr=log, cwd=self.home)
        return Path(str(self._sockets)) / "cli"


def start_all(servers: Collection[AirflowServer]) -> None:
    """Side by side; if one does not start, the others are stopped as well."""
    with contextlib.ExitStack() as stack, ThreadPoolExecutor(len(servers)) as several:
        for server in servers:
            stack.callback(server.stop)
        for each in [several.submit(server.start) for server in servers]:
            each.result()
        stack.pop_all()


def clean_environ(home: Path) -> dict[str, str]:
    """Nothing of the caller's Ansible, Airflow or Python settings reaches the server."""
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith(("AIRFLOW", "ANSIBLE", "PYTHON"))},
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(home / "dags"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home / 'airflow.db'}?timeout={LOCK_SECONDS}",
        "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(home / "logs"),
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
    }


def template(version: str, generation: Airflow2 | Airflow3, venv: Path) -> Path:
    """build/airflow-template-VERSION: a home with a migrated database, made once (3 to 15 s)."""
    folder = ROOT / "build" / f"airflow-template-{version}"
    with environment.exclusive(f"template-{version}"):
        if not (folder / "airflow.db").exists():
            with tempfile.TemporaryDirectory(dir=ROOT / "build") as scratch:
                def airflow(*argv: str) -> None:
                    done = subprocess.run([str(venv / "bin" / "airflow"), *argv], cwd=scratch, capture_output=True,
                                          env=clean_environ(Path(scratch)), text=True, check=False)
                    if done.returncode:
                        raise RuntimeError(f"airflow {argv[0]} failed:\n{done.stdout[-3000:]}{done.stderr[-3000:]}")

                airflow("db", "migrate")
                generation.complete_template(airflow)
                folder.mkdir(exist_ok=True)
                os.replace(f"{scratch}/airflow.db", folder / "airflow.db")
    return folder


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def main() -> int:
    parser = argparse.ArgumentParser(usage="%(prog)s [--version VERSION] -- COMMAND ARGS")
    parser.add_argument("--version", default=DEFAULT_VERSION)
    parser.add_argument("command", nargs="+")
    options = parser.parse_args()
    # So that the server is stopped in order; when this process is killed outright, the keeper still does it.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    server = AirflowServer(options.version)
    try:
        wrapper = server.cli_wrapper()  # loads while the server starts
        server.start()
        return subprocess.run(options.command, check=False, preexec_fn=keeper.die_with_parent, env={
            **os.environ,
            "AIRFLOW_API_URL": server.url,
            "AIRFLOW_API_USERNAME": server.admin[0],
            "AIRFLOW_API_PASSWORD": server.admin[1],
            "WINDSOCK_AIRFLOW_CLI": str(wrapper),
            "WINDSOCK_AIRFLOW_VERSION": server.version,
            "WINDSOCK_VIEWER_USERNAME": server.viewer[0],
            "WINDSOCK_VIEWER_PASSWORD": server.viewer[1],
        }).returncode
    except RuntimeError as failure:
        print(failure, file=sys.stderr)
        return 1
    finally:
        server.stop()


if __name__ == "__main__":
    sys.exit(main())
