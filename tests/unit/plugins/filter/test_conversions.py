# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filters as filters: documented as they are, examples that run, errors and warnings without values.

What they convert, module_utils/test_forms.py tests.
"""

from __future__ import annotations

import importlib
import inspect
import json
import subprocess
import sys
import typing as t
from pathlib import Path

import pytest
import yaml
from ansible.errors import AnsibleFilterError
from ansible.utils.display import Display

from ansible_collections.windsock.airflow.plugins.module_utils import _forms

ROOT = Path(_forms.__file__).parents[3]
FILTERS = sorted(file.stem for file in (ROOT / "plugins/filter").glob("[!_]*.py"))
CONVERSIONS = [name for name in FILTERS if name.startswith(("from_", "to_"))]

every_filter = pytest.mark.parametrize("name", FILTERS)


def filter_of(name: str) -> t.Any:
    module = importlib.import_module(f"ansible_collections.windsock.airflow.plugins.filter.{name}")
    return module.FilterModule().filters()[name]


def documented(name: str) -> dict[str, t.Any]:
    return yaml.safe_load((ROOT / "plugins/filter" / f"{name}.yml").read_text())


def test_there_are_filters() -> None:
    assert len(CONVERSIONS) == 8


@every_filter
def test_the_documented_options_are_the_real_ones(name: str) -> None:
    documentation = documented(name)["DOCUMENTATION"]
    assert documentation["name"] == name
    first, *parameters = inspect.signature(filter_of(name)).parameters.values()
    options = dict(documentation["options"])
    assert options.pop("_input")["required"]
    assert list(options) == [each.name for each in parameters]
    assert documentation.get("positional", "").replace(" ", "").split(",") == [each.name for each in parameters] or not parameters
    for each in parameters:
        assert options[each.name].get("default") == (None if each.default is inspect.Parameter.empty else each.default)
        assert options[each.name].get("required", False) == (each.default is inspect.Parameter.empty)


@every_filter
def test_filters_are_described(name: str) -> None:
    content = documented(name)
    assert content["DOCUMENTATION"]["description"]
    assert content["EXAMPLES"].strip()
    assert content["RETURN"]["_value"]["description"]


# The examples

FILES = {
    "airflow_settings.yaml": "airflow: {connections: [{conn_id: a, conn_type: http}], variables: [], pools: []}",
    "connections.json": '{"a": {"conn_type": "http", "extra": "{}"}}',
    "pools.json": '[{"name": "p", "slots": 1, "occupied_slots": 0}]',
}


def without_server(task: dict[str, t.Any]) -> dict[str, t.Any]:
    """A task of ours as one that only evaluates its parameters, and shows the types of what it gets."""
    return {"ansible.builtin.debug" if name.startswith("windsock.") else name: {"msg": value} if name.startswith("windsock.") else value
            for name, value in task.items()}


def test_the_examples_run(tmp_path: Path) -> None:
    tasks = [without_server(task) for name in CONVERSIONS for task in yaml.safe_load(documented(name)["EXAMPLES"])]
    assert len(tasks) >= len(CONVERSIONS)
    for name in CONVERSIONS:
        assert f"windsock.airflow.{name}" in documented(name)["EXAMPLES"]
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    play = tmp_path / "examples.yml"
    interpreter = {"ansible_python_interpreter": sys.executable}
    play.write_text(json.dumps([{"hosts": "localhost", "gather_facts": False, "vars": interpreter, "tasks": tasks}]))
    command = ["ansible-playbook", "-i", "localhost,", "-c", "local", str(play)]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    assert f"ok={len(tasks)} " in run.stdout
    assert "WARNING" not in run.stderr
    assert yaml.safe_load((tmp_path / "airflow_settings.yaml").read_text())["airflow"]["pools"] == [{"pool_name": "warehouse", "pool_slot": 4}]


# Errors and warnings


@pytest.fixture
def warnings(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    told: list[str] = []
    monkeypatch.setattr(Display, "warning", lambda self, text, *rest, **more: told.append(text))
    return told


CANARY = "canary-7"
FAULTY: dict[str, tuple[t.Any, ...]] = {
    "to_conn_uri": ({"conn_type": "my-type", "password": CANARY},),
    "to_conn_json": ({"conn_type": "my-type", "password": CANARY},),
    "from_conn_uri": (CANARY,),
    "from_conn_json": (CANARY,),
    "to_env": ({"variables": [{"key": "a b", "value": CANARY}, {"key": "a-b", "value": CANARY}]},),
    "from_astro_settings": ({"airflow": {"variables": [{"variable_name": "a", "variable_valu": CANARY}]}},),
    "to_astro_settings": ({"pools": [{"name": "p", "slots": 0, "description": CANARY}]},),
    "from_airflow_export": (f'{{"c": {{"conn_type": "x", "extra": "{CANARY}"}}}}', "connections"),
}


@pytest.mark.parametrize("name", CONVERSIONS)
def test_an_error_names_the_filter_and_holds_no_value(name: str, warnings: list[str]) -> None:
    with pytest.raises(AnsibleFilterError) as raised:
        filter_of(name)(*FAULTY[name])
    told = str(raised.value)
    assert all(line.startswith(f"{name}: ") for line in told.splitlines())
    assert CANARY not in told
    assert raised.value.__cause__ is None and raised.value.__context__ is None
    assert warnings == []
    if name == "to_env":
        assert len(told.splitlines()) == 2


def test_what_is_left_out_is_a_warning(warnings: list[str]) -> None:
    connection = {"connection_id": "c", "conn_type": "x", "description": CANARY}
    assert filter_of("to_conn_uri")(connection) == "x://"
    assert warnings == ["to_conn_uri: connection 'c': description: left out, a URI has no place for it"]


def test_what_is_given_stays_as_it_is() -> None:
    declared = {"connections": [{"conn_id": "c", "conn_type": "x", "secret_extra": {"a": {"b": 1}}, "extra": {"a": {"c": 2}}}]}
    before = json.dumps(declared)
    filter_of("to_env")(declared)
    filter_of("to_astro_settings")(declared)
    assert json.dumps(declared) == before
