# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the system tests are written with; the fixtures of conftest.py hand these out.

Engine: declarations through the collection's engine, in this process.  Playbook: the same through ansible-playbook.
Beside them: raw_api.py, requests to prepare and disturb; stored.py, what Airflow's own command line says is stored.
"""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
COLLECTIONS = os.environ.get("ANSIBLE_COLLECTIONS_PATH") or str(ROOT / "build" / "collections")

from ansible_collections.windsock.airflow.plugins.module_utils._airflow import connect
from ansible_collections.windsock.airflow.plugins.module_utils._airflow._access import read_access
from ansible_collections.windsock.airflow.plugins.module_utils._arguments import (
    ACCESS,
    BACKEND,
    OWNER,
    POLICY,
    PRUNE,
    VAULT,
)
from ansible_collections.windsock.airflow.plugins.module_utils._faults import Refused, ServerFault
from ansible_collections.windsock.airflow.plugins.module_utils._jobs._backend import ToBackend
from ansible_collections.windsock.airflow.plugins.module_utils._jobs._one import One
from ansible_collections.windsock.airflow.plugins.module_utils._jobs._set import Set
from ansible_collections.windsock.airflow.plugins.module_utils._kinds import KINDS

KIND = {kind.name: kind for kind in KINDS}
PLACE_DEFAULTS = {name: spec.get("default") for name, spec in (BACKEND + OWNER + PRUNE).options.items()}
WITHHELD = (POLICY + VAULT).withheld
DEFAULTS = {name: spec.get("default") for name, spec in (ACCESS + POLICY + PRUNE).options.items()}


class Run:
    """A report of the engine, handy to look at."""

    def __init__(self, report: Any):
        self.report = report
        self.result = report.result
        self.changed = report.result["changed"]
        self.failed = report.failed
        self.msg = report.message
        self.failures = report.result.get("failures", [])
        self.changes = report.result["changes"]

    @property
    def actions(self) -> dict[str, str]:
        return {change["id"]: change["action"] for change in self.changes}

    def change(self, object_id: str) -> dict[str, Any]:
        (change,) = [change for change in self.changes if change["id"] == object_id]
        return change


class Engine:
    """Declarations go through the collection's engine in this process, as the modules send them there."""

    def __init__(self, url: str, user: tuple[str, str]):
        self.url, self.user = url, user

    def params(self, **options: Any) -> dict[str, Any]:
        own = {"airflow_url": self.url}
        if "airflow_token" not in options:
            own |= {"airflow_username": self.user[0], "airflow_password": self.user[1]}
        return {**DEFAULTS, **own, **options, "src": None}

    def __call__(self, check: bool = False, **declared: Any) -> Run:
        """Lists of connections, variables, pools and any shared option, as to airflow_settings."""
        words = (*(kind.plural for kind in KINDS), "fingerprint_key", "vault")
        given = {word: declared.pop(word) for word in words if word in declared}
        params = self.params(**declared)
        work = Set().prepare(given, params)
        return Run(work(connect(read_access(params, {})), check))

    def one(self, kind: str, check: bool = False, **declared: Any) -> Run:
        """One object, as to its own module."""
        given = {name: declared.pop(name) for name in list(declared) if name not in DEFAULTS or name in WITHHELD}
        params = {**self.params(**declared), **given}
        work = One(KIND[kind]).prepare(given, params)
        return Run(work(connect(read_access(params, {})), check))

    def refused(self, **declared: Any) -> str:
        """The message of a declaration that must be refused."""
        try:
            run = self(**declared)
        except Refused as refused:
            return refused.message
        raise AssertionError(f"not refused: {run.result}")

    def fault(self, **declared: Any) -> str:
        """The sentence of a server's fault that must come."""
        try:
            run = self(**declared)
        except ServerFault as fault:
            return fault.message
        raise AssertionError(f"no fault: {run.result}")

    def settles(self, check_first: bool = True, **declared: Any) -> Run:
        """Apply; then nothing more may differ. Returns the first run."""
        predicted = self(check=True, **declared).changes if check_first else None
        first = self(**declared)
        assert not first.failed, first.msg
        assert predicted is None or in_order(predicted) == in_order(first.changes)
        again = self(**declared)
        assert again.changes == [], again.changes
        return first


class Place:
    """Declarations go to a place besides Airflow's database, as the module airflow_secrets_backend sends them there."""

    def __init__(self, **options: Any):
        self.options = options

    def __call__(self, check: bool = False, **declared: Any) -> Run:
        """Lists of connections, variables, pools and any option of the module."""
        words = {**PLACE_DEFAULTS, **self.options, **declared}
        given = {word: words[word] for word in (*(kind.plural for kind in KINDS), "vault") if words.get(word) is not None}
        job = ToBackend()
        faults = []
        try:
            work = job.prepare(given, {**words, "src": None})
        except Refused as refused:
            faults += refused.faults
        try:
            reach = job.reach(words)
        except Refused as refused:
            faults += refused.faults
        if faults:
            raise Refused(faults)
        backend = reach()
        try:
            return Run(work(backend, check))
        finally:
            backend.close()

    refused, fault, settles = Engine.refused, Engine.fault, Engine.settles


def in_order(changes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Changes as they are declared is not always the order in which they are made."""
    return sorted(changes, key=lambda change: (change["kind"], change["id"]))


@dataclasses.dataclass
class Played:
    """What a run of ansible-playbook left."""

    code: int
    console: str
    results: list[dict[str, Any]]  # of each task, in order
    folder: Path

    @property
    def result(self) -> dict[str, Any]:
        assert len(self.results) == 1, self.console
        return self.results[0]

    def everything(self) -> dict[str, str]:
        """All text that the run left anywhere: console and files but those it was given."""
        texts = {"console": self.console}
        for path in self.folder.rglob("*"):
            if path.is_file() and not path.is_relative_to(self.folder / "given"):
                texts[str(path.relative_to(self.folder))] = path.read_text(errors="replace")
        return texts


class Playbook:
    """Runs tasks by ansible-playbook on localhost, everything it writes in one folder."""

    def __init__(self, url: str, user: tuple[str, str], folder: Path):
        self.url, self.user, self.folder = url, user, folder
        self.count = 0

    def __call__(self, *tasks: dict[str, Any], options: tuple[str, ...] = (), access: dict[str, Any] | None = None,
                 files: dict[str, str] | None = None, environ: dict[str, str] | None = None,
                 text: str | None = None) -> Played:
        """tasks are single-key dicts {module: options}, or whole tasks; or the text of a play's tasks.

        access takes the place of url, username and password in module_defaults.
        """
        self.count += 1
        folder = self.folder / f"run{self.count}"
        given = folder / "given"
        given.mkdir(parents=True)
        for name, content in (files or {}).items():
            (given / name).parent.mkdir(parents=True, exist_ok=True)
            (given / name).write_text(content)
        if access is None:
            access = {"airflow_url": self.url, "airflow_username": self.user[0], "airflow_password": self.user[1]}
        play = {
            "hosts": "localhost", "gather_facts": False,
            "vars": {"ansible_python_interpreter": sys.executable},
            "module_defaults": {"group/windsock.airflow.airflow": access},
            "tasks": [_task(task) for task in tasks],
        }
        (given / "play.yml").write_text(json.dumps([play]))  # JSON is YAML
        if text is not None:
            (given / "tasks.yml").write_text(text)
            play["tasks"] = [{"ansible.builtin.include_tasks": "tasks.yml"}]
            (given / "play.yml").write_text(json.dumps([play]))
        results = folder / "results.jsonl"
        done = ansible_playbook(folder, *options, "play.yml", environ={
            "ANSIBLE_CALLBACK_PLUGINS": str(Path(__file__).parent / "callbacks"),
            "ANSIBLE_CALLBACKS_ENABLED": "results_to_file", "WINDSOCK_RESULTS": str(results), **(environ or {}),
        })
        lines = results.read_text().splitlines() if results.exists() else []
        return Played(done.returncode, done.stdout, [json.loads(line) for line in lines], folder)


def ansible_playbook(folder: Path, *arguments: str, environ: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run in folder/given; whatever it writes anywhere is in the folder too. Its stdout is all that it prints."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("ANSIBLE_", "AIRFLOW_"))}
    return subprocess.run(
        [str(Path(sys.executable).parent / "ansible-playbook"), *arguments],
        cwd=folder / "given", stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        check=False,
        env={
            **kept, "ANSIBLE_COLLECTIONS_PATH": COLLECTIONS, "ANSIBLE_HOME": str(folder / "home"),
            "ANSIBLE_LOCAL_TEMP": str(folder / "tmp"), "ANSIBLE_REMOTE_TEMP": str(folder / "tmp"),
            "TMPDIR": str(folder), "ANSIBLE_LOCALHOST_WARNING": "false", "ANSIBLE_NOCOLOR": "true",
            "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false", "ANSIBLE_LOG_PATH": str(folder / "ansible.log"),
            "ANSIBLE_CACHE_PLUGIN": "jsonfile", "ANSIBLE_CACHE_PLUGIN_CONNECTION": str(folder / "facts"), **environ,
        })


def _task(task: dict[str, Any]) -> dict[str, Any]:
    ((name, options), *others) = task.items()
    return task if others or "." in name else {f"windsock.airflow.{name}": options}
