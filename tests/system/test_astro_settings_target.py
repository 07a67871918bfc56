# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Declarations are written to an airflow_settings.yaml, in which all that nobody declares stays as it was."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path
from typing import Any

import pytest
import yaml
from form_cases import connections, generated, pools, variables
from harness import Place, Playbook

from ansible_collections.windsock.airflow.plugins.module_utils._backends import _file
from ansible_collections.windsock.airflow.plugins.module_utils._forms._astro import from_astro_settings
from ansible_collections.windsock.airflow.plugins.module_utils._forms._form import Notes

CANARY = "CANARY-A5tro"

FOUND = """\
# what astro dev init has made, and somebody has added to
airflow:
  connections: # those of the team
    - conn_id:
      conn_type:
      conn_extra:
        example_extra_field: example-value
    - conn_id: theirs
      conn_type: 'http'
      conn_port: 0x50
      conn_extra: {Role: r}
    - conn_id: uri
      conn_uri: "http://u:p@h:1/s"
  pools:
    - pool_name: theirs
      pool_slot: 3
  variables:
    - variable_name: version
      variable_value: "1.10"
    - variable_name: odd
      variable_value: 1.10
      more: yes
"""

WRITTEN = """\
airflow:
  connections:
  - conn_id:
    conn_type:
    conn_extra:
      example_extra_field: example-value
  - conn_id: theirs
    conn_type: 'http'
    conn_port: 0x50
    conn_extra: {Role: r}
  - conn_id: uri
    conn_uri: "http://u:p@h:1/s"
  - conn_id: 'mine'
    conn_type: 'http'
  pools:
  - pool_name: theirs
    pool_slot: 3
  variables:
  - variable_name: version
    variable_value: '2.10'
  - variable_name: odd
    variable_value: 1.10
    more: yes
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "airflow_settings.yaml"


@pytest.fixture
def place(path: Path) -> Place:
    return Place(target="astro_settings", path=str(path))


def put(path: Path, text: str) -> None:
    path.write_text(text)
    path.chmod(0o600)


def kept(path: Path) -> dict[str, Any]:
    return yaml.safe_load(path.read_text())["airflow"]


STEPS: dict[str, tuple[dict[str, Any], dict[str, str], dict[str, Any]]] = {
    "create": (
        {
            "connections": [
                {"connection_id": "c", "conn_type": "my-type", "host": "h", "password": CANARY, "secret_extra": {"K": [CANARY, 1]}}
            ],
            "variables": [{"key": "v", "secret_value": {"a": CANARY}}, {"key": "w", "value": "1.10", "description": "d"}],
            "pools": [{"name": "p", "slots": 2, "description": "d", "include_deferred": True}],
        },
        {"c": "create", "v": "create", "w": "create", "p": "create"},
        {
            "connections": [
                {
                    "conn_id": "c", "conn_type": "my-type", "conn_host": "h", "conn_password": CANARY,
                    "conn_extra": f'{{"K": ["{CANARY}", 1]}}',
                }
            ],
            "variables": [
                {"variable_name": "v", "variable_value": f'{{"a": "{CANARY}"}}'},
                {"variable_name": "w", "variable_value": "1.10"},
            ],
            "pools": [{"pool_name": "p", "pool_slot": 2, "pool_description": "d"}],
        },
    ),
    "modify": (
        {
            "connections": [{"connection_id": "c", "host": "5432", "port": 1, "password": ""}],
            "variables": [{"key": "v", "secret_value": f"{CANARY}\n2"}, {"key": "w", "value": "1.10"}],
            "pools": [{"name": "p", "slots": -1, "description": ""}],
        },
        {"c": "update", "v": "update", "p": "update"},
        {
            "connections": [
                {
                    "conn_id": "c", "conn_type": "my-type", "conn_host": "5432", "conn_port": 1,
                    "conn_extra": f'{{"K": ["{CANARY}", 1]}}',
                }
            ],
            "variables": [
                {"variable_name": "v", "variable_value": f"{CANARY}\n2"},
                {"variable_name": "w", "variable_value": "1.10"},
            ],
            "pools": [{"pool_name": "p", "pool_slot": -1}],
        },
    ),
    "delete": (
        {
            "connections": [{"connection_id": "c", "state": "absent"}],
            "variables": [{"key": "v", "state": "absent"}, {"key": "w", "state": "absent"}],
            "pools": [{"name": "p", "state": "absent"}],
        },
        {"c": "delete", "v": "delete", "w": "delete", "p": "delete"},
        {"connections": [], "variables": [], "pools": []},
    ),
}  # fmt: skip


def test_twelve_steps(place: Place, path: Path) -> None:
    for step, (declared, actions, wanted) in STEPS.items():
        before = path.read_bytes() if path.exists() else None
        for _twice in range(2):
            assert place(check=True, **declared).actions == actions, step
        assert (path.read_bytes() if path.exists() else None) == before
        real = place(**declared)
        assert real.actions == actions and not real.failed, step
        assert CANARY not in repr((real.result, real.report.diff(), real.report.hints)), step
        assert kept(path) == wanted
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        written = path.stat().st_mtime_ns
        assert not place(**declared).changed and path.stat().st_mtime_ns == written, step
        if step == "create":
            told = " ".join(real.report.hints)
            assert "description of 1 variable is left out" in told and "include_deferred of 1 pool" in told
    assert os.listdir(path.parent) == [path.name]


def test_what_nobody_declares_stays_as_it_was(place: Place, path: Path) -> None:
    put(path, FOUND)
    run = place(connections=[{"connection_id": "mine", "conn_type": "http"}], variables=[{"key": "version", "value": "2.10"}])
    assert run.actions == {"mine": "create", "version": "update"} and not run.failed
    assert path.read_text() == WRITTEN
    assert any("comments in" in hint for hint in run.report.hints)
    assert any("'odd'" in hint and "left alone" in hint for hint in place(variables=[], prune="all", prune_limit=0, protect=["*"]).report.hints)


def test_an_entry_is_only_rewritten_where_it_differs(place: Place, path: Path) -> None:
    put(path, FOUND)
    declared = [
        {"connection_id": "theirs", "conn_type": "http", "port": 80, "extra": {"Role": "r"}},
        {"connection_id": "uri", "conn_type": "http", "host": "h", "login": "u", "port": 1},
    ]
    assert not place(connections=declared).changed and path.read_text() == FOUND
    declared[0]["port"], declared[1]["port"] = 81, 2
    place(connections=declared)
    assert "conn_extra: {Role: r}" in path.read_text() and "conn_type: 'http'\n    conn_port: 81" in path.read_text()
    assert kept(path)["connections"][2] == {
        "conn_id": "uri", "conn_type": "http", "conn_host": "h", "conn_schema": "s", "conn_login": "u", "conn_password": "p",
        "conn_port": 2,
    }  # fmt: skip


def test_texts_stay_texts(place: Place, path: Path) -> None:
    values = ["1.10", "true", "0o17", "null", "~", "é \u2028\x85'\"", " a: b # c", "\t\n x\n", "{{ ds }}", "- a", "2024-01-01", "=", "<<"]
    variables = [{"key": f"v{number}", "value": value} for number, value in enumerate(values)]
    assert place.settles(variables=variables).changed
    assert [each["variable_value"] for each in kept(path)["variables"]] == values


def test_what_the_form_cannot_say_is_refused(place: Place, path: Path) -> None:
    told = place.refused(
        variables=[{"key": "e", "value": ""}],
        pools=[{"name": "p", "slots": 0}],
        connections=[{"connection_id": "c", "conn_type": "x", "team_name": "t"}],
    )
    assert "3 faults" in told and "has no empty variables" in told and "has no pools without slots" in told
    assert not path.exists()
    run = place(variables=[{"key": "q", "value": "it's"}], check=True)
    assert any("will not pass `astro dev`" in hint for hint in run.report.hints)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (f"a: {CANARY}", "must be a mapping with the key airflow"),
        (f"- {CANARY}", "must be a mapping with the key airflow"),
        (f"airflow: {CANARY}", "airflow must be a mapping"),
        (f"airflow: {{variables: {CANARY}}}", "variables must be a list"),
        ("airflow:\n  variables: []\n  variables: []\n", "'variables' is there twice"),
        (f"airflow: [{CANARY}", "line 1, column 23 is neither YAML nor JSON"),
        (f"airflow: {{variables: [{{variable_name: v, variable_value: {CANARY}}}, {{variable_name: v}}]}}", "variable 'v' in"),
        (f"airflow: {{variables: [{{variable_name: v, other: {CANARY}}}]}}", "variable 'v' in"),
        (f"airflow: {{variables: [{{variable_name: v, variable_value: !vault {CANARY}}}]}}", "variable 'v' in"),
    ],
)
def test_what_is_none_is_not_written_to(place: Place, path: Path, text: str, told: str) -> None:
    put(path, text)
    fault = place.fault(variables=[{"key": "v", "value": "1"}])
    assert str(path) in fault and told in fault and CANARY not in fault
    assert path.read_text() == text


def test_prune_with_its_guards(place: Place, path: Path) -> None:
    put(path, FOUND)
    declared = {"pools": [{"name": "p", "slots": 1}], "connections": [{"connection_id": "theirs"}]}
    assert "prune_limit" in place.refused(**declared, prune="all", prune_limit=1)
    run = place(**declared, prune="all", protect=["uri"])
    assert run.actions == {"p": "create", "theirs": "delete"}
    assert [each["conn_id"] for each in kept(path)["connections"]] == [None, "theirs", "uri"]
    place(variables=[{"key": key, "value": "1"} for key in ("a", "b")], owner="ours")
    assert place(variables=[{"key": "a", "value": "1"}], owner="ours", prune="owned").actions == {"b": "delete"}


def test_a_crash_leaves_the_old_file(place: Place, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(path, FOUND)

    def crash(*_arguments: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(_file.os, "replace", crash)
    run = place(variables=[{"key": "v", "secret_value": CANARY}])
    assert run.failed and "cannot be written: No space left" in run.msg and CANARY not in run.msg
    assert path.read_text() == FOUND and os.listdir(path.parent) == [path.name]


def test_what_is_written_says_what_was_declared(place: Place, path: Path) -> None:
    """Of awkward content in every field."""
    awkward = {"connections": generated(connections, 120), "variables": generated(variables, 120), "pools": generated(pools, 40)}
    declared: dict[str, list[dict[str, Any]]] = {plural: [] for plural in awkward}
    for plural, identity in (("connections", "connection_id"), ("variables", "key"), ("pools", "name")):
        for number, fields in enumerate(awkward[plural]):
            if fields.get("value") != "" and fields.get("slots") != 0:
                declared[plural].append({identity: f"o{number}", **{n: v for n, v in fields.items() if n != "description"}})
    run = place(**declared)
    assert not run.failed and not place(**declared).changed
    notes = Notes()
    read = from_astro_settings(path.read_text(), False, notes)
    assert notes.faults == []
    assert read["connections"] == declared["connections"]
    texts = [each["value"] if isinstance(each["value"], str) else json.dumps(each["value"], ensure_ascii=False) for each in declared["variables"]]
    assert [each["value"] for each in read["variables"]] == texts
    assert [(each["name"], each["slots"]) for each in read["pools"]] == [(each["name"], each["slots"]) for each in declared["pools"]]


def test_the_role_writes_all_that_it_holds(tmp_path: Path) -> None:
    declared = {
        "airflow_settings_files": ["a.yml", "templates.yml"],
        "airflow_settings_pools": [{"name": "p", "slots": 3}],
        "airflow_secrets_backend_target": "astro_settings",
        "airflow_secrets_backend_path": str(tmp_path / "airflow_settings.yaml"),
    }
    files = {"a.yml": "airflow: {connections: [{conn_id: c, conn_type: http}]}", "templates.yml": "variables: [{key: v, value: '{{ 1 + 1 }}'}]"}
    role = {"ansible.builtin.include_role": {"name": "windsock.airflow.airflow_secrets_backend"}, "vars": declared}
    run = Playbook("", ("", ""), tmp_path)(role, access={}, files=files)
    assert run.code == 0, run.console
    assert kept(tmp_path / "airflow_settings.yaml") == {
        "connections": [{"conn_id": "c", "conn_type": "http"}],
        "variables": [{"variable_name": "v", "variable_value": "2"}],
        "pools": [{"pool_name": "p", "pool_slot": 3}],
    }
