# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files of other forms in place of declarations: airflow_settings.yaml, and what real Airflows have exported."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from harness import Place

from ansible_collections.windsock.airflow.plugins.module_utils._forms._astro import (
    from_astro_settings,
    to_astro_settings,
)
from ansible_collections.windsock.airflow.plugins.module_utils._forms._export import from_airflow_export
from ansible_collections.windsock.airflow.plugins.module_utils._forms._form import Notes

pytestmark = pytest.mark.servers("2.11", "3.3")

LEAK = "Cnry41zq"
IDENTITY = {"connections": "connection_id", "variables": "key", "pools": "name"}
APPLY = {"ansible.builtin.include_role": {"name": "windsock.airflow.airflow_settings"}}
ROLE = {"airflow_settings_update_secrets": "on_create", "airflow_settings_owner": ""}

# All keys that Astronomer documents, and the empty entries of its template.
ASTRO = f"""
airflow:
  connections:
    - conn_id:
      conn_type:
      conn_host:
      conn_schema:
      conn_login:
      conn_password:
      conn_port:
      conn_extra:
        example_extra_field: example-value
    - conn_id: NAMEwhole
      conn_type: postgres
      conn_host: db.example.com
      conn_schema: public
      conn_login: etl
      conn_password: {LEAK}@:/
      conn_port: 5432
      conn_extra:
        Role: {{Nested: ["{LEAK}", 1, true]}}
    - conn_id: NAMEtext
      conn_type: http
      conn_extra: '{{"sslMode": "require"}}'
    - conn_id: NAMEuri
      conn_uri: "http://u:{LEAK}@h:80/s?a=b"
  pools:
    - pool_name:
      pool_slot:
      pool_description:
    - pool_name: NAMEp
      pool_slot: 3
      pool_description: a pool
  variables:
    - variable_name:
      variable_value:
    - variable_name: NAMEv
      variable_value: "{LEAK}"
    - variable_name: NAMEjson
      variable_value: '{{"a": [1.5, null]}}'
"""


def read(conversion: Any, *given: Any) -> Any:
    notes = Notes()
    result = conversion(*given, notes)
    assert notes.faults == []
    return result


def exports(stored: Any, folder: Path, prefix: str) -> dict[str, list[dict[str, Any]]]:
    """All that a test has made, as Airflow's own command line exports it, secrets too."""
    found = {}
    for plural, identity in IDENTITY.items():
        stored.session(plural, "export", str(folder / f"{plural}.json"))
        made = read(from_airflow_export, (folder / f"{plural}.json").read_text(), plural, None, False)
        found[plural] = sorted((each for each in made if each[identity].startswith(prefix)), key=lambda each: each[identity])
    return found


def in_order(settings: dict[str, Any]) -> dict[str, Any]:
    return {plural: sorted(each, key=lambda one: next(iter(one.values()))) for plural, each in settings["airflow"].items()}


def test_an_airflow_settings_yaml_is_applied_and_exported_again(playbook, stored, name, tmp_path):
    text = ASTRO.replace("NAME", name)
    run = playbook(*({**APPLY, "vars": {**ROLE, "airflow_settings_files": ["airflow_settings.yaml"]}} for _twice in range(2)),
                   files={"airflow_settings.yaml": text}, options=("-vvv", "--diff"))
    assert run.code == 0 and [result["changed"] for result in run.results if "airflow" in result] == [True, False], run.console
    for place, told in run.everything().items():
        assert LEAK not in told, place
    wanted = read(to_astro_settings, read(from_astro_settings, text, False))
    found = exports(stored, tmp_path, name)
    assert found["variables"][0]["value"] == {"a": [1.5, None]}
    assert in_order(read(to_astro_settings, found)) == in_order(wanted)
    # The same by the target, in a file of its own.
    path = tmp_path / "airflow_settings.yaml"
    assert not Place(target="astro_settings", path=str(path))(**found).failed
    assert in_order(yaml.safe_load(path.read_text())) == in_order(wanted)


def test_an_airflow_settings_yaml_with_templates(playbook, stored, name):
    text = ASTRO.replace("NAME", name).replace(f'"{LEAK}"\n', "\"{{ secret }}\"\n")
    run = playbook({**APPLY, "vars": {**ROLE, "secret": LEAK, "airflow_settings_files": ["airflow_settings.yaml"]}},
                   files={"airflow_settings.yaml": text}, options=("-vvv", "--diff"))
    assert run.code == 0 and stored.variable(f"{name}v") == LEAK, run.console
    assert stored.connections()[f"{name}whole"]["extra"] == {"Role": {"Nested": [LEAK, 1, True]}}


CONNECTIONS = [
    {"connection_id": "full", "conn_type": "my_type", "host": "h", "login": "l", "password": f"{LEAK}:@/", "schema": "s", "port": 1,
     "extra": {"K": {"n": [1, LEAK]}}, "description": "d"},
    {"connection_id": "bare", "conn_type": "http"},
]
VARIABLES = [{"key": "text", "value": LEAK}, {"key": "json", "value": {"a": [1, "ü"]}}, {"key": "number", "value": 5}]
POOLS = [{"name": "p", "slots": 5, "description": "d ü", "include_deferred": True}]


def own(path: Path, name: str) -> str:
    """The entries of a test in an exported file, in its own form."""
    text = path.read_text()
    if path.suffix == ".env":
        return "".join(f"{line}\n" for line in text.splitlines() if line.startswith(name))
    kept = {key: value for key, value in yaml.safe_load(text).items() if key.startswith(name)}
    return json.dumps(kept) if path.suffix == ".json" else yaml.safe_dump(kept)


def test_exported_files_are_applied(engine, api, playbook, stored, name, tmp_path):
    declared = {
        plural: [{**each, identity: name + each[identity]} for each in objects]
        for (plural, identity), objects in zip(IDENTITY.items(), (CONNECTIONS, VARIABLES, POOLS))
    }
    engine.settles(**declared, update_secrets="on_create")
    before = exports(stored, tmp_path, name)
    assert [len(each) for each in before.values()] == [2, 3, 1]
    for suffix, options in {"json": [], "yaml": [], "env": ["--serialization-format", "json"]}.items():
        stored.session("connections", "export", str(tmp_path / f"connections.{suffix}"), *options)
    files = {each.name: own(each, name) for each in tmp_path.iterdir() if each.is_file()}
    assert set(files) == {"connections.json", "connections.yaml", "connections.env", "variables.json", "pools.json"}
    for connections in ("connections.json", "connections.yaml", "connections.env"):
        api.clear(name)
        src = [connections, "variables.json", "pools.json"]
        task = {"airflow_settings": {"src": src, "update_secrets": "on_create"}}
        run = playbook(task, task, files=files, options=("-vvv", "--diff"))
        assert run.code == 0 and [result["changed"] for result in run.results] == [True, False], run.console
        for place, told in run.everything().items():
            assert LEAK not in told, place
        (tmp_path / "again").mkdir(exist_ok=True)
        assert exports(stored, tmp_path / "again", name) == before
