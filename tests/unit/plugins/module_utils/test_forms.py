# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Round trips of every conversion over generated declarations, WINDSOCK_ROUND_TRIPS of them, and what is refused.

That Airflow reads the other forms alike, tests/system/test_forms.py shows.
"""

from __future__ import annotations

import json
import os
import typing as t

import form_cases as cases
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.windsock.airflow.plugins.module_utils._forms import _astro, _connection, _env, _export
from ansible_collections.windsock.airflow.plugins.module_utils._forms._form import Notes
from ansible_collections.windsock.airflow.plugins.module_utils._forms._plain import plain

many = settings(max_examples=int(os.environ.get("WINDSOCK_ROUND_TRIPS", "50")))
Fields = dict[str, t.Any]


def noted(conversion: t.Any, *arguments: t.Any) -> tuple[t.Any, Notes]:
    notes = Notes()
    return conversion(*arguments, notes), notes


def made(conversion: t.Any, *arguments: t.Any) -> t.Any:
    """The result, of which nothing was lost."""
    result, notes = noted(conversion, *arguments)
    assert (notes.faults, notes.lost) == ([], [])
    return result


def faults(conversion: t.Any, *arguments: t.Any) -> list[str]:
    found = noted(conversion, *arguments)[1].faults
    assert found
    return found


# Round trips


@many
@given(cases.connections)
def test_a_uri_gives_the_same_connection_back(connection: Fields) -> None:
    uri = made(_connection.to_conn_uri, connection)
    assert made(_connection.from_conn_uri, uri, None, False) == connection
    again = made(_connection.from_conn_uri, uri, "id", False)
    assert made(_connection.to_conn_uri, again) == uri


@many
@given(cases.described)
def test_json_gives_the_same_connection_back(connection: Fields) -> None:
    text = made(_connection.to_conn_json, connection)
    assert made(_connection.from_conn_json, text, None, False) == connection
    assert made(_connection.from_conn_json, json.loads(text), "x", False) == {"connection_id": "x", **connection}


@many
@given(cases.texts | st.text(max_size=5), cases.connections)
def test_any_type_is_kept_or_refused(conn_type: str, connection: Fields) -> None:
    connection["conn_type"] = conn_type
    for write, read in (
        (_connection.to_conn_uri, _connection.from_conn_uri),
        (_connection.to_conn_json, _connection.from_conn_json),
    ):
        text, notes = noted(write, connection)
        if not notes.faults:
            assert made(read, text, None, False) == connection
        else:
            assert text is None
            assert all("conn_type: " in fault for fault in notes.faults)


def as_text(variable: Fields) -> Fields:
    value = variable["value"]
    return {**variable, "value": value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)}


def without(objects: list[Fields], *names: str) -> list[Fields]:
    return [{name: value for name, value in each.items() if name not in names} for each in objects]


@many
@given(
    cases.named("connection_id", cases.described),
    cases.named("key", cases.variables),
    st.sampled_from(["json", "uri"]),
)
def test_environment_variables_give_the_same_back(connections: list, variables: list, conn_format: str) -> None:
    env, notes = noted(_env.to_env, {"connections": connections, "variables": variables}, conn_format)
    assert notes.faults == []
    lost = [f"variable {each['key']!r}" for each in variables if each.get("description")]
    if conn_format == "uri":
        lost += [f"connection {each['connection_id']!r}" for each in connections if each.get("description")]
        connections = without(connections, "description")
    assert sorted(each.partition(": description: ")[0] for each in notes.lost) == sorted(lost)
    read = _connection.from_conn_json if conn_format == "json" else _connection.from_conn_uri
    assert len(env) == len(connections) + len(variables)
    for each in connections:
        text = env[f"AIRFLOW_CONN_{each['connection_id'].upper()}"]
        assert made(read, text, each["connection_id"], False) == each
    for each in variables:
        assert env[f"AIRFLOW_VAR_{each['key'].upper()}"] == as_text(each)["value"]


astro_variables = cases.variables.filter(lambda each: each["value"] != "")
astro_pools = cases.pools.filter(lambda each: each["slots"] != 0)


@many
@given(
    cases.named("connection_id", cases.described), cases.named("key", astro_variables), cases.named("name", astro_pools)
)
def test_astro_settings_give_the_same_back(connections: list, variables: list, pools: list) -> None:
    declared = {"connections": connections, "variables": variables, "pools": pools}
    settings_, notes = noted(_astro.to_astro_settings, declared)
    assert notes.faults == []
    read = made(_astro.from_astro_settings, settings_, False)
    assert read == {
        "connections": without(connections, "description"),
        "pools": without(pools, "include_deferred"),
        "variables": without([as_text(each) for each in variables], "description"),
    }
    text = yaml.safe_dump(settings_)  # with allow_unicode, PyYAML itself loses some line ends
    assert made(_astro.from_astro_settings, text, False) == read
    lost = sum("description" in each for each in (*connections, *variables)) + sum(p["include_deferred"] for p in pools)
    assert len([each for each in notes.lost if ": left out, " in each]) == lost
    assert noted(_astro.to_astro_settings, read)[0] == settings_


# As Airflow's own command line writes them; tests/system/test_forms.py has it do that
FIELDS = ("conn_type", "description", "login", "password", "host", "port", "schema")


def as_exported(connection: Fields) -> Fields:
    extra = json.dumps(connection["extra"]) if connection.get("extra") else None
    return {**{name: connection.get(name) for name in FIELDS}, "extra": extra}


@many
@given(cases.named("connection_id", cases.described))
def test_exported_connections_give_the_same_back(connections: list) -> None:
    content = {each["connection_id"]: as_exported(each) for each in connections}
    env = "".join(f"{object_id}={json.dumps(fields)}\n" for object_id, fields in content.items())
    for text in (json.dumps(content, indent=2), yaml.dump(content), env, content):
        if text:
            assert sorted(made(_export.from_airflow_export, text, "connections", None, False), key=str) == sorted(
                connections, key=str
            )
    plain_ = without(connections, "description")
    uris = "".join(f"{each['connection_id']}={made(_connection.to_conn_uri, each)}\n" for each in plain_)
    assert made(_export.from_airflow_export, uris, "connections", "env", False) == plain_


@many
@given(cases.named("key", cases.variables))
def test_exported_variables_give_the_same_back(variables: list) -> None:
    content = {}
    for each in variables:
        value, description = each["value"], each.get("description")
        wrapped = description or (isinstance(value, dict) and "value" in value)
        content[each["key"]] = {"value": value, "description": description} if wrapped else value
    text = json.dumps(content, sort_keys=True, indent=4)
    read = made(_export.from_airflow_export, text, "variables", None, False)
    assert read == sorted(variables, key=lambda each: each["key"])


@many
@given(cases.named("name", cases.pools))
def test_exported_pools_give_the_same_back(pools: list) -> None:
    content = {each["name"]: {"description": "", **each} for each in pools}
    for each in content.values():
        del each["name"]
    listed = [{"occupied_slots": 1, "open_slots": 3, "description": None, **each} for each in pools]
    for data in (content, listed):
        assert made(_export.from_airflow_export, json.dumps(data), "pools", None, False) == pools
        assert made(_export.from_airflow_export, data, "pools", None, False) == pools


# The forms


@pytest.mark.parametrize(
    ("connection", "uri"),
    [
        (
            {"conn_type": "my_type", "host": "h", "login": "l", "password": "p", "port": 1, "schema": "s"},
            "my-type://l:p@h:1/s",
        ),
        ({"conn_type": "http", "host": "https://h/x"}, "http://https://h%2Fx"),
        ({"conn_type": "http", "port": 80}, "http://@:80"),
        ({"conn_type": "http", "extra": {"a": "b c", "d": "é"}}, "http:///?a=b+c&d=%C3%A9"),
        ({"conn_type": "http", "schema": "s", "extra": {"a": "b"}}, "http:///s?a=b"),
        ({"conn_type": "aws", "login": "", "password": "", "host": "", "port": 0, "extra": ""}, "aws://"),
        ({"conn_type": "x", "uri": None, "secret_extra": {"a": 1}}, "x:///?__extra__=%7B%22a%22%3A+1%7D"),
        ({"uri": "postgresql://h"}, "postgres://h"),
        # not as Airflow writes it, since it would not read that back
        ({"conn_type": "http", "host": "Host"}, "http://%48ost"),
        ({"conn_type": "http", "host": "http://h"}, "http://http%3A%2F%2Fh"),
        ({"conn_type": "p", "host": "http://h"}, "p://http%3A%2F%2Fh"),
        ({"conn_type": "http", "extra": {"a": "1"}}, "http:///?__extra__=%7B%22a%22%3A+%221%22%7D"),
    ],
)
def test_uris(connection: Fields, uri: str) -> None:
    assert made(_connection.to_conn_uri, connection) == uri


def test_what_a_connection_has_no_place_for_is_told() -> None:
    connection = {"conn_id": "c", "conn_type": "http", "description": "canary", "team_name": "canary"}
    assert noted(_connection.to_conn_uri, connection) == (
        "http://",
        Notes(
            lost=[
                "connection 'c': description: left out, a URI has no place for it",
                "connection 'c': team_name: left out, a URI has no place for it",
            ]
        ),
    )
    text, notes = noted(_connection.to_conn_json, connection)
    assert json.loads(text) == {"conn_type": "http", "description": "canary"}
    assert notes.lost == ["connection 'c': team_name: left out, the JSON form has no place for it"]


@pytest.mark.parametrize(
    ("conn_type", "uri", "as_json"),
    [
        ("my-type", "would read 'my_type'", "would read 'my_type'"),
        ("postgresql", "would read 'postgres'", "would read 'postgres'"),
        ("HTTP", "would read 'http'", None),
        ("a b", "cannot begin a URI", None),
        ("a: b", "cannot begin a URI", None),
        ("1x", "cannot begin a URI", None),
        ("\u00e9", "cannot begin a URI", None),
    ],
)
def test_types_that_another_form_cannot_say(conn_type: str, uri: str, as_json: str | None) -> None:
    connection = {"connection_id": "c", "conn_type": conn_type, "password": "canary"}
    for write, told in ((_connection.to_conn_uri, uri), (_connection.to_conn_json, as_json)):
        if told is None:
            made(write, connection)
        else:
            (fault,) = faults(write, connection)
            assert fault.startswith("connection 'c': conn_type: ")
            assert told in fault


@pytest.mark.parametrize(
    ("connection", "told"),
    [
        ("canary", "connection: must be a dict"),
        ({"host": "canary"}, "connection: conn_type: is missing"),
        ({"connection_id": "c", "conn_type": "http", "canary": "canary"}, "connection 'c': canary: unknown option"),
        ({"conn_type": "http", "port": "canary"}, "connection: port: must be a whole number"),
        ({"conn_type": "http", "password": {"vault": "canary"}}, "connection: password: is in Vault"),
        ({"conn_type": "http", "secret_extra": {"a": {"vault": "canary"}}}, "connection: secret_extra.a: is in Vault"),
        ({"from_vault": "canary"}, "connection: from_vault: is in Vault"),
        ({"conn_type": "http", "password": "***"}, "connection: password: is or contains"),
        ({"conn_type": "http", "state": "absent"}, "connection: state: is absent"),
    ],
)
def test_what_is_no_whole_connection_is_refused(connection: t.Any, told: str) -> None:
    for write in (_connection.to_conn_uri, _connection.to_conn_json):
        (fault,) = faults(write, connection)
        assert fault.startswith(told)
        assert "canary" not in fault.replace("canary: unknown", "")


@pytest.mark.parametrize(
    ("read", "text", "told"),
    [
        (_connection.from_conn_uri, "canary", "the URI: must have the form"),
        (_connection.from_conn_uri, {"canary": 1}, "must be text"),
        (_connection.from_conn_uri, "http://canary:***@h", "connection: password: is or contains"),
        (_connection.from_conn_json, "canary", "the JSON: must be a JSON object"),
        (_connection.from_conn_json, '["canary"]', "the JSON: must be a JSON object"),
        (_connection.from_conn_json, '{"hots": "canary"}', "the JSON: unknown field 'hots', did you mean host?"),
        (_connection.from_conn_json, '{"conn_type": "http", "port": "canary"}', "connection: port: must be"),
        (_connection.from_conn_json, '{"conn_type": ["canary"]}', "the JSON: conn_type: must be text"),
        (_connection.from_conn_json, '{"uri": "canary"}', "the JSON: uri: must have the form"),
        (_connection.from_conn_json, '{"uri": "a://canary", "host": "canary"}', "the JSON: uri: stands for the fields"),
        (_connection.from_conn_json, '{"conn_type": "x", "extra": "canary"}', "connection: extra: is not valid JSON"),
    ],
)
def test_what_cannot_be_read_as_a_connection(read: t.Any, text: t.Any, told: str) -> None:
    (fault,) = faults(read, text, None, False)
    assert fault.startswith(told)
    assert "canary" not in fault


def test_json_as_airflow_takes_it() -> None:
    text = '{"conn_type": "my-type", "port": "5", "extra": "{\\"a\\": 1}", "host": "", "login": null}'
    assert made(_connection.from_conn_json, text, "c", True) == {
        "connection_id": "c",
        "conn_type": "my_type",
        "port": 5,
        "secret_extra": {"a": 1},
    }
    text = '{"uri": "http://u@h", "description": "d"}'
    assert made(_connection.from_conn_json, text, None, False) == {
        "conn_type": "http",
        "login": "u",
        "host": "h",
        "description": "d",
    }


def test_environment_variables() -> None:
    declared = {
        "connections": [
            {"connection_id": "a_b", "uri": "http://h"},
            {"connection_id": "a_b2", "conn_type": "x", "team_name": "Blue"},
            {"connection_id": "gone", "state": "absent"},
        ],
        "variables": [{"key": "v", "secret_value": {"a": "é"}}, {"key": "e", "value": ""}],
        "pools": None,
    }
    assert made(_env.to_env, declared, "uri") == {
        "AIRFLOW_CONN_A_B": "http://h",
        "AIRFLOW_CONN__BLUE___A_B2": "x://",
        "AIRFLOW_VAR_V": '{"a": "é"}',
        "AIRFLOW_VAR_E": "",
    }


def test_what_cannot_be_an_environment_variable_is_told_all_at_once() -> None:
    declared = {
        "connections": [{"connection_id": name, "conn_type": "x"} for name in ("ab", "AB", "a.b", "a-b", "\u00e9")],
        "variables": [{"key": "ab", "value": "canary"}, {"key": "Ab", "value": "canary"}, {"key": "c"}],
        "pools": [{"name": "p", "slots": 1}],
    }
    _env_, notes = noted(_env.to_env, declared, "json")
    cannot = "cannot be in the name of an environment variable, which has only the letters A to Z, digits and underscores"
    assert sorted(notes.faults) == sorted(
        [
            *(f"connection {name!r}: connection_id: {cannot}" for name in ("a.b", "a-b", "\u00e9")),
            "connection 'ab' and connection 'AB' would be one environment variable, AIRFLOW_CONN_AB",
            "variable 'ab' and variable 'Ab' would be one environment variable, AIRFLOW_VAR_AB",
            "variable 'c': value: is missing",
        ]
    )
    assert notes.lost == ["pool 'p': left out, pools are only in Airflow's database"]


@pytest.mark.parametrize(
    ("declared", "told"),
    [
        (["canary"], "must be a mapping with the keys connections, pools, variables"),
        ({"conections": ["canary"]}, "unknown key 'conections', did you mean connections?"),
        ({"variables": "canary"}, "variables: must be a list of dicts"),
    ],
)
def test_what_is_no_mapping_of_declarations(declared: t.Any, told: str) -> None:
    assert faults(_env.to_env, declared, "json") == [told]
    assert faults(_astro.to_astro_settings, declared) == [told]
    assert faults(_env.to_env, {}, "canary") == ["conn_format: must be json or uri"]


TEMPLATE = """\
# as `astro dev init` makes it
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
  pools:
    - pool_name:
      pool_slot:
      pool_description:
  variables:
    - variable_name:
      variable_value:
"""


def test_the_template_of_astro_settings_declares_nothing() -> None:
    nothing: Fields = {"connections": [], "pools": [], "variables": []}
    assert made(_astro.from_astro_settings, TEMPLATE, False) == nothing
    zero = {"conn_id": "", "conn_type": "", "conn_port": 0, "conn_uri": "", "conn_extra": {}}  # as it exports
    assert made(_astro.from_astro_settings, {"airflow": {"connections": [zero]}}, False) == {"connections": []}
    assert made(_astro.from_astro_settings, {"airflow": {"pools": None}}, False) == {"pools": []}


EVERY_KEY = """\
airflow:
  connections:
    - conn_id: whole
      conn_type: postgres
      conn_host: db
      conn_schema: s
      conn_login: 1234
      conn_password: p
      conn_port: 5432
      conn_uri: ''
      conn_extra:
        Key: {Nested: [1, true]}
    - {conn_id: text, conn_type: HTTP, conn_extra: '{"Key": "v"}'}
    - {conn_id: uri, conn_uri: 'http://u:p@h'}
    - {conn_id: both, conn_uri: 'http://u:p@h/?a=b', conn_extra: {c: d}}
  pools:
    - {pool_name: p, pool_slot: 3, pool_description: d}
    - {pool_name: unlimited, pool_slot: -1, pool_description: }
  variables:
    - {variable_name: v, variable_value: "true"}
    - {variable_name: n, variable_value: 0}
"""


def test_every_key_of_astro_settings() -> None:
    assert made(_astro.from_astro_settings, EVERY_KEY, False) == {
        "connections": [
            {
                "connection_id": "whole",
                "conn_type": "postgres",
                "host": "db",
                "schema": "s",
                "login": "1234",
                "password": "p",
                "port": 5432,
                "extra": {"Key": {"Nested": [1, True]}},
            },
            {"connection_id": "text", "conn_type": "HTTP", "extra": {"Key": "v"}},
            {"connection_id": "uri", "uri": "http://u:p@h"},
            {
                "connection_id": "both",
                "conn_type": "http",
                "login": "u",
                "password": "p",
                "host": "h",
                "extra": {"c": "d"},
            },
        ],
        "pools": [{"name": "p", "slots": 3, "description": "d"}, {"name": "unlimited", "slots": -1}],
        "variables": [{"key": "v", "value": "true"}, {"key": "n", "value": "0"}],
    }
    secret = made(_astro.from_astro_settings, yaml.safe_load(EVERY_KEY), True)
    assert secret["variables"][0] == {"key": "v", "secret_value": "true"}
    assert secret["connections"][1]["secret_extra"] == {"Key": "v"}


def test_faults_of_astro_settings_are_told_all_at_once_in_its_words() -> None:
    settings_ = {
        "canary": 1,
        "airflow": {
            "connections": [
                {"conn_id": "a", "conn_host": "canary"},
                {"conn_type": "canary"},
                {"conn_id": "b", "conn_type": "x", "conn_uri": "a://canary"},
                {"conn_id": "c", "conn_type": "x", "host": "canary"},
                {"conn_id": "d", "conn_type": "x", "conn_port": "canary", "conn_extra": "canary", "conn_password": True},
                {"conn_id": "e", "conn_uri": "canary", "conn_extra": {"a": 1}},
                {"conn_id": "f", "conn_type": "x"},
                {"conn_id": "f", "conn_type": "x"},
                {"conn_id": "g", "conn_type": "x", "conn_password": "canary***"},
                "canary",
            ],
            "pools": [{"pool_name": "p", "pool_slot": 0}],
            "variables": [{"variable_name": "v"}, {"variable_name": "w", "variable_value": 1.10}],
            "pool": [],
        },
    }
    assert faults(_astro.from_astro_settings, settings_, False) == [
        "must have no other key beside airflow",
        "connections[0] 'a': conn_type or conn_uri: is missing",
        "connections[1]: conn_id: is missing",
        "connections[2] 'b': conn_uri: stands for the fields, so it cannot be together with conn_type",
        "connections[3] 'c': unknown key 'host', did you mean conn_host?",
        "connections[4] 'd': conn_password: must be text, not a boolean: put it in quotes",
        "connections[4] 'd': conn_port: must be a whole number from 0 to 65535",
        "connections[4] 'd': conn_extra: is not valid JSON",
        "connections[5] 'e': conn_uri: must have the form conn-type://login:password@host:port/schema?extra",
        "connections[8] 'g': conn_password: is or contains '***', which is how Airflow shows a secret that it hides",
        "connections[9]: must be a dict",
        "connection 'f': is there twice",
        "pools[0] 'p': pool_slot: is missing, or 0",
        "variables[0] 'v': variable_value: must not be empty",
        "variables[1] 'w': variable_value: must be text, not a decimal number: put it in quotes",
        "unknown key 'pool', did you mean pools?",
    ]
    assert faults(_astro.from_astro_settings, "canary", False) == ["the text: must be a mapping"]
    assert faults(_astro.from_astro_settings, {"canary": 1}, False)[0].startswith("must be a mapping with the key airflow")
    assert faults(_astro.from_astro_settings, "airflow: {pools: canary}", False) == ["pools must be a list"]


def test_what_astro_settings_cannot_hold() -> None:
    declared = {
        "pools": [{"name": "zero", "slots": 0}],
        "variables": [{"key": "empty", "value": ""}],
        "connections": [{"connection_id": "gone", "state": "absent"}],
    }
    assert faults(_astro.to_astro_settings, declared) == [
        "pool 'zero': slots: are 0, and airflow_settings.yaml has no pools without slots",
        "variable 'empty': value: is empty, and airflow_settings.yaml has no empty variables",
    ]
    passes = {"connections": [{"connection_id": "c", "conn_type": "x", "password": 'a"b $c'}]}
    made(_astro.to_astro_settings, passes)
    breaks = {
        "connections": [{"connection_id": "c", "conn_type": "x", "password": "canary'"}],
        "pools": [{"name": "two words", "slots": 1}],
    }
    notes = noted(_astro.to_astro_settings, breaks)[1]
    assert [each.partition(" will not pass `astro dev`")[0] for each in notes.lost] == [
        "connection 'c': password:",
        "pool 'two words': name:",
    ]


def test_extra_is_written_as_text_of_which_the_astro_cli_loses_nothing() -> None:
    declared = {"connections": [{"connection_id": "c", "conn_type": "x", "extra": {"Key": {"n": 1}}}]}
    (entry,) = made(_astro.to_astro_settings, declared)["airflow"]["connections"]
    assert entry["conn_extra"] == '{"Key": {"n": 1}}'


KNOWN = "conn_type, connection_id, description, extra, host, login, password, port, schema, team_name"


@pytest.mark.parametrize(
    ("content", "kind", "told"),
    [
        ("{canary", "pools", ["the text line 1, column 2: is neither YAML nor JSON"]),
        ("[canary", "pools", ["the text is not valid JSON"]),
        ("a: canary\na: canary", "variables", ["the text line 2: has a name that is there already"]),
        ('{"a": {"slots": 1,\n"slots": 1}}', "pools", ["the text line 1: the key 'slots' is there twice in one mapping"]),
        ("a=canary\nb", "connections", ["the text line 2: must be NAME=value"]),
        ("a=x://canary\na=x://canary", "connections", ["the text line 2: has a name that is there already"]),
        ("canary", "pools", ["the text: must be a mapping"]),
        (5, "pools", ["must be the text of a file of pools, or what is read from one: a mapping or a list"]),
        ({}, "canary", ["the kind must be one of connections, pools, variables"]),
        ({"p": "canary"}, "pools", ["pools[0]: must be a mapping"]),
        ([{"slots": "canary"}], "pools", ["pools[0]: name: is missing"]),
        ([{"name": "p"}, {"name": "p"}], "pools", ["pool 'p': is there twice"]),
        ({"p": {"slot": "canary"}}, "pools", ["pools[0]: unknown field 'slot', did you mean slots?"]),
        ({"p": {"slots": "canary"}}, "pools", ["pool 'p': slots: must be a whole number from -1 to 2147483647"]),
        ({"c": {"conn_id": "canary"}}, "connections", ["connection 'c': connection_id: is another one than the key of the entry"]),
        ({"c": {"extra": "canary"}}, "connections", ["connection 'c': extra: is not valid JSON"]),
        ({"c": "canary"}, "connections", ["connections[0]: must have the form conn-type://login:password@host:port/schema?extra"]),
        ({"c": "{canary"}, "connections", ["connection 'c': is neither a URI nor JSON"]),
        ({"c": {"password": "***"}}, "connections", ["connection 'c': password: is or contains '***', which is how Airflow shows a secret that it hides"]),
        ({"c": {"state": "absent", "conn_type": "x"}}, "connections", [f"connection 'c': unknown field, known are {KNOWN}"]),
        # Files that are something else, in which a key may be a piece of a secret.
        ({"canary": 1, "canary2": "x", "canary3": {"canary4": 1, "canary5": 2}, "canary6": [], "canary7": None}, "connections", [
            "connections[0]: must be a mapping",
            "connections[1]: must have the form conn-type://login:password@host:port/schema?extra",
            f"connections[2]: unknown field, known are {KNOWN}",
            "connections[3]: must be a mapping",
            "connections[4]: must be a mapping",
        ]),
        ("a=http://h\ncanary/+==\n", "connections", ["the text line 2: must have the form conn-type://login:password@host:port/schema?extra"]),
        ("a=http://h\ncanary==\n", "connections", ["the text line 2: must have the form conn-type://login:password@host:port/schema?extra"]),
        ("a=http://h\ncanary/+=http://h\n", "connections", ["the text line 2: connection_id: must hold only letters, digits, underscores, dots and hyphens"]),
        ('a={"canary": 1}', "connections", [f"the text line 1: unknown field, known are {KNOWN}"]),
        ("a=1\nb=-----BEGIN PRIVATE KEY-----\ncanary==\n", "variables", [
            "the text line 2: begins a key or a certificate of several lines, and a value must stand in one",
        ]),
    ],
)
def test_files_that_are_no_export(content: t.Any, kind: str, told: list[str]) -> None:
    found = faults(_export.from_airflow_export, content, kind, None, False)
    assert found == told
    assert "canary" not in str(found)


def test_the_format_of_an_export_can_be_told() -> None:
    content = "\n# a comment\nc:1=http://h\r\n"
    assert faults(_export.from_airflow_export, content, "connections", "yaml", False)
    (fault,) = faults(_export.from_airflow_export, content, "connections", "env", False)
    assert fault.startswith("the text line 3: connection_id: must hold only letters")
    assert faults(_export.from_airflow_export, "", "pools", "xml", False) == ["file_format: must be one of json, yaml, env"]
    assert made(_export.from_airflow_export, "v=a=b\n", "variables", None, True) == [{"key": "v", "secret_value": "a=b"}]


def test_variables_as_both_generations_export_them() -> None:
    content = '{"n": null, "e": "", "w": {"value": {"value": 1}, "description": null}, "windsock_applied_x": "y"}'
    assert made(_export.from_airflow_export, content, "variables", None, False) == [
        {"key": "n", "value": "null"},
        {"key": "e", "value": ""},
        {"key": "w", "value": {"value": 1}},
    ]
    read, notes = noted(_export.from_airflow_export, '{"v": {"value": "canary"}}', "variables", None, False)
    assert read == [{"key": "v", "value": {"value": "canary"}}]
    assert notes.lost[0].startswith("variable 'v': is a dict with 'value' in it")
    assert "canary" not in notes.lost[0]


def test_plain_data_is_made_of_what_ansible_hands_over() -> None:
    class Tagged(str):
        pass

    class Number(int):
        pass

    class EncryptedString:
        def __str__(self) -> str:
            return "clear"

    made_ = plain({Tagged("a"): (Tagged("b"), Number(5), True, None, 1.5), 7: EncryptedString(), True: {}})
    assert made_ == {"a": ["b", 5, True, None, 1.5], "7": "clear", "true": {}}
    assert {type(key) for key in made_} == {str}
    assert [type(each) for each in made_["a"]] == [str, int, bool, type(None), float]
    nothing = object()
    assert plain([nothing]) == [nothing]
