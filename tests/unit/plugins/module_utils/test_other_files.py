# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files of other forms in C(src): known by their content, and what is ambiguous is refused."""

from __future__ import annotations

import json
import typing as t

import pytest

from ansible_collections.windsock.airflow.plugins.module_utils._arguments import POLICY, PRUNE, SETS
from ansible_collections.windsock.airflow.plugins.module_utils._faults import Refused
from ansible_collections.windsock.airflow.plugins.module_utils._jobs import _set
from ansible_collections.windsock.airflow.plugins.module_utils._kinds import KINDS
from ansible_collections.windsock.airflow.plugins.module_utils._sources import gather, read_sources

PARAMS = {name: spec.get("default") for name, spec in (SETS + PRUNE + POLICY).options.items()}

ASTRO = """\
airflow:
  connections:
    - conn_id: warehouse
      conn_type: postgres
      conn_host: db
      conn_port: 5432
      conn_password: canary
      conn_extra: {Role: canary}
    - conn_id:
      conn_type:
      conn_extra: {example_extra_field: example-value}
  pools:
    - {pool_name: p, pool_slot: 3, pool_description: d}
  variables:
    - {variable_name: v, variable_value: canary}
"""
WAREHOUSE = {
    "connection_id": "warehouse",
    "conn_type": "postgres",
    "host": "db",
    "port": 5432,
    "password": "canary",
    "secret_extra": {"Role": "canary"},
}
CONNECTIONS = {"warehouse": {"conn_type": "postgres", "host": "db", "port": 5432, "password": "canary", "extra": '{"Role": "canary"}'}}
POOLS = {"p": {"slots": 3, "description": "d", "include_deferred": False}}
LISTED = [{"pool": "p", "slots": 3, "description": "d", "include_deferred": False}]


def files(path: str, text: str) -> list[t.Any]:
    return read_sources([{"path": path, "text": text}], False)


def declared(path: str, text: str) -> dict[str, list[t.Any]]:
    read = files(path, text)
    assert [str(fault) for each in read for fault in each.faults] == []
    kinds = [kind for kind in KINDS if any(kind.plural in each.lists for each in read)]
    return {kind.plural: [words for _kind, words, _place in gather(kind, read, None)] for kind in kinds}


def refused(path: str, text: str, **own: t.Any) -> list[str]:
    with pytest.raises(Refused) as refusal:
        _set.Set().prepare({"src": [{"path": path, "text": text}], **own}, PARAMS)
    assert "canary" not in refusal.value.message
    return [str(fault) for fault in refusal.value.faults]


@pytest.mark.parametrize("as_json", [False, True])
def test_an_airflow_settings_yaml(as_json: bool) -> None:
    import yaml

    text = json.dumps(yaml.safe_load(ASTRO)) if as_json else ASTRO
    assert declared("any name", text) == {
        "connections": [WAREHOUSE],
        "pools": [{"name": "p", "slots": 3, "description": "d"}],
        "variables": [{"key": "v", "secret_value": "canary"}],
    }


def test_what_an_airflow_settings_yaml_does_not_hold_is_not_declared() -> None:
    """An empty template is no list without objects: that would be a word to prune."""
    assert declared("a.yml", "airflow: {connections: [{conn_id: , conn_type: }], variables: , pools: []}") == {"pools": []}


@pytest.mark.parametrize(
    ("path", "content", "wanted"),
    [
        ("c.json", CONNECTIONS, {"connections": [WAREHOUSE]}),
        ("c.yaml", CONNECTIONS, {"connections": [WAREHOUSE]}),
        ("p.json", POOLS, {"pools": [{"name": "p", "slots": 3, "description": "d", "include_deferred": False}]}),
        ("p.json", LISTED, {"pools": [{"name": "p", "slots": 3, "description": "d", "include_deferred": False}]}),
        (
            "all-Variables.json",
            {"a": "canary", "b": {"value": 1, "description": "d"}, "airflows": None},
            {
                "variables": [
                    {"key": "a", "secret_value": "canary"},
                    {"key": "b", "secret_value": 1, "description": "d"},
                    {"key": "airflows", "secret_value": "null"},
                ]
            },
        ),
        (
            "v.json",
            [{"key": "a", "value": "canary", "description": None, "is_encrypted": True}],
            {"variables": [{"key": "a", "secret_value": "canary"}]},
        ),
        ("c.json", [{"conn_id": "warehouse", **CONNECTIONS["warehouse"]}], {"connections": [WAREHOUSE]}),
    ],
)
def test_what_was_exported(path: str, content: t.Any, wanted: t.Any) -> None:
    import yaml

    assert declared(path, yaml.safe_dump(content) if path.endswith("yaml") else json.dumps(content, indent=1)) == wanted


def test_the_lines_of_an_env_file() -> None:
    text = "# exported\nwarehouse=postgres://:canary@db:5432/?Role=canary\n"
    assert declared("c.env", text) == {"connections": [WAREHOUSE]}


def test_faults_name_the_file_and_the_line() -> None:
    text = json.dumps({"a": {"conn_type": "http"}, "b": {"conn_type": "http", "port": 1}}, indent=1)
    assert refused("c.json", text, connections=[{"connection_id": "b", "port": -1}]) == [
        "c.json line 5: connections and connections[0] 'b': port: must be a whole number from 0 to 65535"
    ]
    assert refused("c.json", text.replace('"port": 1', '"prt": "canary"')) == [
        "c.json: connection 'b': unknown field 'prt', did you mean port?"
    ]
    assert refused("a.yml", ASTRO.replace("pool_slot: 3", "pool_slots: canary")) == [
        "a.yml: pools[0] 'p': unknown key 'pool_slots', did you mean pool_slot?",
        "a.yml: pools[0] 'p': pool_slot: is missing, or 0",
    ]
    assert refused("a.yml", ASTRO + "      variable_name: x\n")[0].startswith("a.yml line ")
    assert refused("c.env", "a=http://h\ncanary\n") == ["c.env: the text line 2: must be NAME=value"]


def test_a_key_twice_in_an_export_is_refused() -> None:
    assert refused("c.json", '{"a": {"conn_type": "x"},\n"a": {"conn_type": "y"}}') == [
        "c.json line 2: the key 'a' is there twice in one mapping"
    ]


@pytest.mark.parametrize(
    ("path", "text", "told"),
    [
        ("v.json", '{"a": "canary", "b": {"c": 1}}', "must have 'variables' in its name"),
        ("compose.yml", "services: {web: {image: canary}}", "must have 'variables' in its name"),
        ("variables.json", json.dumps(CONNECTIONS), "looks like an export of connections, and by its name it is one of variables"),
        ("variables.yml", ASTRO, "looks like an airflow_settings.yaml, and by its name"),
        ("c.json", json.dumps({**CONNECTIONS, "b": {**CONNECTIONS["warehouse"]}, "x": "canary"}), "1 of its 3 entries have no conn_type"),
        ("c.env", "AIRFLOW_CONN_X=http://canary", "whose capital letters do not tell ids"),
        # What is misspelt in a file of declarations must not become a variable, whatever the file's name is.
        ("variables.yml", "varibles: [{key: a, value: canary}]", "did you mean variables?"),
        ("variables.yml", "variables: []\ncanary: canary", "line 2: unknown key, known are"),
        ("a.yml", "airflow: {pools: []}\ncanary: canary", "must have no other key beside airflow"),
        # Lines of a private key, which are all that a line of another .env file may be.
        ("prod.env", "DB=postgres://u:canary@h/d\nKEY=-----BEGIN PRIVATE KEY-----\ncanary/+==\n", "the text line 2: begins a key"),
        ("prod.env", "DB=postgres://u:canary@h/d\nKEY=http://h\ncanary/+==\n", "the text line 3: must have the form"),
        ("l.json", '["canary"]', "must be a mapping with the keys"),
        ("l.json", "[]", "must be a mapping with the keys"),
        ("c.json", '[{"connection_id": "a", "conn_type": "x", "password": "***"}]', "how Airflow shows a secret"),
    ],
)
def test_what_is_ambiguous_is_refused(path: str, text: str, told: str) -> None:
    (fault,) = refused(path, text)
    assert fault.startswith(path) and told in fault


def test_what_is_to_be_known_of_a_file_is_a_warning() -> None:
    (read,) = files("variables.json", '{"a": {"value": 1, "more": 2}}')
    assert len(read.notes) == 1 and read.notes[0].startswith("variables.json: variable 'a': is a dict with 'value' in it")
