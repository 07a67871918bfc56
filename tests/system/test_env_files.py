# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Airflow is the judge of files of environment variables: it reads of them what the REST API stores of the same declarations.

The declarations are those of generated.py, the files are loaded by the tools that they are for (env_loaders.py), and Airflow
is both that of the server and the oldest that is promised.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import generated
import pytest
from airflow_server import SUPPORT, AirflowServer
from env_loaders import Environment, loaders
from harness import COLLECTIONS, Engine, Place
from raw_api import Api
from stored import Stored

pytestmark = pytest.mark.servers("3.3.2")

FORMATS = ("docker", "compose", "systemd", "kubernetes", "dockerfile")
OF_ONE_LINE = ("docker", "dockerfile")
READERS = ("3.3.2", "2.11.2")
FIELDS = ("conn_type", "description", "host", "login", "password", "schema", "port", "extra")
PREFIX = "gen_"

every_format = pytest.mark.parametrize("form", FORMATS)


class Reader:
    """The EnvironmentVariablesBackend of one version of Airflow, started with an environment as a tool would start it."""

    def __init__(self, version: str) -> None:
        self.airflow = AirflowServer(version)

    def __call__(self, environment: Environment, ids: list[str], keys: list[str]) -> dict[str, Any]:
        done = subprocess.run(
            [str(self.airflow.python), str(SUPPORT / "read_environment.py")], check=True, text=True, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, input=json.dumps({"connections": ids, "variables": keys}),
            env={**self.airflow.environ(), "PYTHONUTF8": "1", **environment})
        return json.loads(done.stdout)


@pytest.fixture(scope="module")
def readers() -> Iterator[dict[str, Reader]]:
    found = {version: Reader(version) for version in READERS}
    yield found
    for each in found.values():
        each.airflow.stop()


@pytest.fixture(scope="module")
def truth(server: AirflowServer, api: Api) -> Iterator[dict[str, Any]]:
    """What the REST API has stored, field by field, and the text of each variable."""
    engine = Engine(server.url, server.admin)
    run = engine(connections=generated.connections(PREFIX),
                 variables=[*generated.variables(PREFIX), *generated.variables("gen1_", lines=False)])
    assert not run.failed, run.msg
    stored = Stored(server.cli_session())
    texts = json.loads(server.cli_session()("stored-variables"))
    yield {"connections": stored.connections(), "variables": {key: each["value"] for key, each in texts.items()}}
    for prefix in (PREFIX, "gen1_"):
        api.clear(prefix)


def declared(form: str) -> dict[str, Any]:
    lines = form not in OF_ONE_LINE
    return {"connections": generated.connections(PREFIX), "variables": generated.variables(PREFIX if lines else "gen1_", lines=lines)}


def place_of(form: str, path: Path, **more: Any) -> Place:
    name = {"secret_name": "airflow"} if form == "kubernetes" else {}
    return Place(target="env", format=form, path=str(path), **name, **more)


def differing(stored: dict[str, Any], told: dict[str, Any], ids: list[str]) -> list[str]:
    """A line for each field that Airflow does not read as it is stored."""
    lines = []
    for which in ("connections", "tasks"):
        for each in ids:
            read = told[which][each]
            if isinstance(read, str):  # an error
                lines.append(f"{each}: {which}: {read}")
                continue
            pairs = [(name, stored[each][name], read[name] if name == "extra" else read[name] or None) for name in FIELDS]
            lines += [f"{each}: {which}: {name}: stored {mine!r:.200}, read {theirs!r:.200}" for name, mine, theirs in pairs
                      if json.dumps(mine, sort_keys=True) != json.dumps(theirs, sort_keys=True)]
    return lines


@every_format
def test_airflow_reads_what_the_api_stores(truth: dict[str, Any], readers: dict[str, Reader], tmp_path: Path, form: str) -> None:
    path = tmp_path / "airflow.env"
    place = place_of(form, path)
    objects = declared(form)
    run = place.settles(**objects)
    assert len(run.changes) == 200 and set(run.actions.values()) == {"create"}
    ids = [each["connection_id"] for each in objects["connections"]]
    keys = [each["key"] for each in objects["variables"]]
    environments = {tool: load(path) for tool, load in loaders(form).items()}
    for tool, environment in environments.items():
        assert environment == environments["by hand"], tool
    for version, reader in readers.items():
        told = reader(environments["by hand"], ids, keys)
        assert told["variables"] == {key: truth["variables"][key] for key in keys}, version
        wrong = differing(truth["connections"], told, ids)
        assert wrong == [], "\n".join([version, *wrong])


@every_format
def test_the_file_of_one_format_is_changed_and_emptied(tmp_path: Path, form: str) -> None:
    """All of it again with other values, and then without any: what others have written stays."""
    path = tmp_path / "airflow.env"
    others = {"kubernetes": "# others\nkind: ConfigMap\nmetadata: {name: airflow}\ndata: {A: b}\n",
              "dockerfile": "# others\nFROM scratch\nENV A=1 \\\n  B=2\n"}.get(form, "# others\nA=1\n\nB='2'")
    path.write_text(others)
    objects = declared(form)
    place = place_of(form, path, mode="0644")
    place.settles(**objects)
    changed = {"connections": [{**each, "host": "other", "port": 1} for each in objects["connections"]],
               "variables": [{**each, "value": f"'{number}\\"} for number, each in enumerate(objects["variables"])]}
    assert set(place.settles(**changed).actions.values()) == {"update"}
    place.settles(connections=[], variables=[], prune="all", prune_limit=200)
    left = path.read_text()
    assert left.startswith(others) and "AIRFLOW" not in left


# A crash

RUNNER = """
import os, signal, sys
sys.path[:0] = {paths}
replace = os.replace
def dying(*paths):
    if {after}:
        replace(*paths)
    os.kill(os.getpid(), signal.SIGKILL)
os.replace = dying
from harness import Place
Place(target="env", path={path!r})(variables=[{{"key": "new", "value": "CANARY"}}])
"""


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_killed_while_the_file_is_replaced(tmp_path: Path, after: bool) -> None:
    """Old or new, never a part, and never for others to read."""
    path = tmp_path / "airflow.env"
    path.write_text("OLD=1\n")
    path.chmod(0o644)
    paths = [str(Path(__file__).parent), COLLECTIONS]
    done = subprocess.run([sys.executable, "-c", RUNNER.format(paths=paths, path=str(path), after=after)], check=False,
                          env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)})
    assert done.returncode == -signal.SIGKILL
    assert path.read_text() == ("OLD=1\nAIRFLOW_VAR_NEW=CANARY\n" if after else "OLD=1\n")
    for each in tmp_path.iterdir():
        assert "CANARY" not in each.read_text() or each.stat().st_mode & 0o077 == 0
    run = Place(target="env", path=str(path))(variables=[{"key": "new", "value": "CANARY"}])
    assert not run.failed and path.read_text() == "OLD=1\nAIRFLOW_VAR_NEW=CANARY\n"
