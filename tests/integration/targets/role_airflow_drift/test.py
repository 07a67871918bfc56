#!/usr/bin/env python
# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs plays with the role and looks at their exit codes, their consoles and their reports."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import yaml

CONFIG = sys.argv[1]
IN_SYNC = {"drift_one": "in_sync", "drift_two": "in_sync", "drift_three": "in_sync"}
ASTRAY = {
    "drift_down": "failed", "drift_gone": "unreachable", "drift_password": "failed", "drift_undefined": "failed",
    "drift_syntax": "failed", "drift_refused": "failed",
}


class Done:
    """What came of a run. Of the report there is nothing if it was not written."""

    def __init__(self, code: int, console: str, folder: Path) -> None:
        self.code = code
        self.console = console
        self.files = {path.name: path.read_text() for path in folder.glob("*")}
        self.report: dict[str, Any] = json.loads(self.files.get("drift.json", "{}"))
        self.rows = {each["name"]: each for each in self.report.get("deployments", [])}
        self.states = {name: row["state"] for name, row in self.rows.items()}

    def expect(self, right: bool, what: str) -> None:
        if not right:
            sys.exit(f"FAILED: {what}; exit code {self.code}, {self.states}")


def ansible(playbook: str, *options: str, keywords: dict[str, Any] | None = None, **variables: Any) -> Done:
    """keywords: of the play, as they would stand in it."""
    print(f"\n#### {playbook} {' '.join(options)} {keywords or ''} {variables}", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        if keywords:
            (play,) = yaml.safe_load(Path(playbook).read_text())
            playbook = f"{folder}/play.json"
            Path(playbook).write_text(json.dumps([play | keywords]))
        extra = json.dumps({"airflow_drift_dest": f"{folder}/report", **variables})
        done = subprocess.run(
            ["ansible-playbook", "-i", "inventory.yml", "-e", f"@{CONFIG}", "-e", extra, *options, playbook],
            text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        print(done.stdout, flush=True)
        return Done(done.returncode, done.stdout, Path(folder, "report"))


def prepare(**variables: Any) -> None:
    if ansible("prepare.yml", "--forks", "1", **variables).code:  # one after the other: it is one SQLite
        sys.exit("FAILED: nothing is prepared")


def drift(*options: str, code: int, states: dict[str, str], **variables: Any) -> Done:
    done = ansible("main.yml", *options, **variables)
    done.expect(done.code == code, f"the exit code is to be {code}")
    done.expect(done.states == states, f"the states are to be {states}")
    return done


def in_sync() -> None:
    done = drift(code=0, states=IN_SYNC)
    done.expect(set(done.files) == {f"drift.{end}" for end in ("html", "json", "junit.xml", "prom", "md")}, "five files")
    done.expect("3 in sync. The report is in " in done.console, "the console tells it")
    done.expect(done.console.count("went on") == 3, "the play goes on")
    # The secret of this connection cannot be compared.
    unknown = {
        "states": dict.fromkeys(IN_SYNC, "unknown"),
        "airflow_settings_connections": [{"connection_id": "drift_secret", "conn_type": "http", "password": "canary"}],
    }
    drift(code=0, **unknown)
    done = drift(code=2, airflow_drift_fail="unknown", **unknown)
    done.expect(done.rows["drift_one"]["unknown"][0]["secrets"] == ["password"], "the secret is named")
    # Written in each run, which is no drift either; the module warns of it.
    done = drift(code=0, airflow_settings_update_secrets="always", **unknown)
    done.expect("only because Airflow does not show secrets" in str(done.rows["drift_one"]["notes"]), "a note")


def drifted() -> None:
    prepare(drift_test_drifted=["drift_two"])
    states = IN_SYNC | {"drift_two": "drift"}
    for options in ((), ("--check",)):  # in that order: if it wrote, the second one would not fail
        done = drift(*options, code=2, states=states)
        done.expect("2 in sync, 1 drift." in done.console, "the console tells it")
        done.expect("went on" not in done.console, "the run ends")
        (change,) = done.rows["drift_two"]["changes"]
        done.expect((change["id"], change["action"], change["fields"]) == ("drift_two", "update", ["slots"]), "the change")
        done.expect((change["before"]["slots"], change["after"]["slots"]) == (4, 3), "before and after")
        done.expect(change["written"]["user"] is not None, "who it was")
    done = drift(code=0, states=states, airflow_drift_fail="never")
    done.expect(done.console.count("went on") == 3, "the play goes on")
    drift("--limit", "drift_one,drift_three", code=0, states=dict.fromkeys(("drift_one", "drift_three"), "in_sync"))


def shadowed() -> None:
    with tempfile.NamedTemporaryFile("w", suffix=".env") as env:
        env.write("AIRFLOW_VAR_DRIFT_ONE=canary-of-an-env-file\n")
        env.flush()
        done = drift(code=0, states=IN_SYNC, airflow_drift_env_file=env.name,
                     airflow_drift_env_names=["AIRFLOW_VAR_DRIFT_TWO"])
    told = {name: [each["id"] for each in row["shadowed"]] for name, row in done.rows.items()}
    done.expect(told == {"drift_one": ["drift_one"], "drift_two": ["drift_two"], "drift_three": []}, f"shadows: {told}")


def again() -> None:
    """A second play of the same run: of a host that is lost between them stands nothing of the first one there."""
    (play,) = yaml.safe_load(Path("main.yml").read_text())
    fail = {"ansible.builtin.fail": {}, "when": "inventory_hostname == 'drift_two'"}
    lose = {"hosts": play["hosts"], "gather_facts": False, "tasks": [fail]}
    with tempfile.NamedTemporaryFile("w", suffix=".json") as twice:
        twice.write(json.dumps([play, lose, play]))
        twice.flush()
        done = ansible(twice.name)
    done.expect(done.code == 2 and done.states == IN_SYNC | {"drift_two": "failed"}, "the lost host has failed")


def batches() -> None:
    """Each compares its own, whatever the one before has found; the last one ends the run."""
    prepare(drift_test_drifted=["drift_one"])
    states = IN_SYNC | {"drift_one": "drift"}
    for more in ({}, {"any_errors_fatal": True}, {"max_fail_percentage": 0}):
        done = drift(code=2, states=states, keywords={"serial": 1, **more})
        for told in ("1 drift, 2 pending.", "1 in sync, 1 drift, 1 pending.", "2 in sync, 1 drift."):
            done.expect(told in done.console, told)
    prepare()


def astray() -> None:
    states = IN_SYNC | ASTRAY
    for keywords in ({}, {"serial": 4, "any_errors_fatal": True}):
        done = drift("-vvv", code=2, states=states, drift_test_hosts="there:astray", keywords=keywords)
        for name, reason in {
            "drift_down": "must not hold credentials", "drift_gone": "Connection refused", "drift_password": "password",
            "drift_undefined": "'nowhere' is undefined", "drift_syntax": "there is no such file", "drift_refused": "'a'",
        }.items():
            done.expect(reason in done.rows[name]["reason"], f"{name} says why, but {done.rows[name]['reason']}")
        done.expect(done.rows["drift_down"]["url"] == "http://127.0.0.1:1/team", "an address without credentials")
        done.expect("canary" not in str(done.files), "no secret")
    done = drift(code=0, states=states, drift_test_hosts="all", airflow_drift_fail="never")
    done.expect(done.console.count("went on") == len(states), "the play goes on with all of them")
    lost = IN_SYNC | {"drift_one": "failed"}
    done = drift(code=2, states=lost, drift_test_lost="drift_one", airflow_drift_fail="never")
    done.expect("before it was to be compared" in done.rows["drift_one"]["reason"], "it says so")
    drift(code=2, states=lost, drift_test_lost="drift_one", keywords={"serial": 2})


def refused() -> None:
    done = ansible("main.yml", airflow_drift_fail="canary")
    done.expect(done.code == 2 and not done.files, "a wrong airflow_drift_fail is refused at once")
    done = ansible("main.yml", keywords={"strategy": "free"})
    done.expect(done.code == 2 and "for the strategy linear" in done.console, "the strategy free is refused")


def readme() -> None:
    """What the README tells its reader to do, with its own files, and what it says one sees."""
    collection = Path(os.environ["ANSIBLE_COLLECTIONS_PATH"].split(":")[0], "ansible_collections/windsock/airflow")
    text = (collection / "roles/airflow_drift/README.md").read_text()
    config = yaml.safe_load(Path(CONFIG).read_text())
    with tempfile.TemporaryDirectory() as folder:
        for name, content in re.findall(r"`([\w/.]+\.yml)`:\n\n```yaml\n(.*?)```", text, re.DOTALL):
            file = Path(folder, name)
            file.parent.mkdir(exist_ok=True)
            file.write_text(content.replace("https://airflow.example.org", config["airflow_url"]))
        (command,) = re.findall(r"^\$ (ansible-playbook .*)$", text, re.MULTILINE)
        signed_in = {"AIRFLOW_API_USERNAME": config["airflow_username"], "AIRFLOW_API_PASSWORD": config["airflow_password"]}
        told = subprocess.run(command.split(), cwd=folder, env={**os.environ, **signed_in}, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False).stdout
        print(told, flush=True)
        (message,) = re.findall(r'^ *("msg": ".*")$', text, re.MULTILINE)
        if message.replace("/home/me", os.path.realpath(folder)) not in told:
            sys.exit(f"FAILED: the README says {message}")


prepare()
try:
    for case in (readme, in_sync, again, shadowed, drifted, batches, astray, refused):
        case()
finally:
    prepare(gone=True)
