# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What YAML and templates make of a value is taken as what it means: applied twice, the second time nothing changes."""

from __future__ import annotations

import json

import pytest


@pytest.mark.parametrize(("field", "value", "expected"), [
    ("port", "5432", 5432), ("port", 5432, 5432), ("port", " 5432 ", 5432), ("port", 65535, 65535), ("port", "+80", 80),
    ("login", 123, "123"), ("login", "0123", "0123"), ("password", 123456, "123456"), ("password", "  spaces  ", "  spaces  "),
    ("password", "line\nline\n", "line\nline\n"), ("password", "\u00fc\u6f22\U0001f32c'\"\\", "\u00fc\u6f22\U0001f32c'\"\\"),
    ("host", 10, "10"), ("host", "https://h/x?y=z", "https://h/x?y=z"), ("schema", 7, "7"), ("description", 2024, "2024"),
    ("description", "a\nb", "a\nb"), ("conn_type", "my-type", "my-type"), ("conn_type", 5, "5"),
    ("extra", {"a": 1}, {"a": 1}), ("extra", '{"a": 1}', {"a": 1}), ("extra", ' {"a":\n1.50} ', {"a": 1.5}),
    ("extra", '{"a": "\\u00e9"}', {"a": "\u00e9"}), ("extra", {"a": [1, 2.0, None, True, {"b": []}], "c": {}}, {"a": [1, 2.0, None, True, {"b": []}], "c": {}}),
    ("extra", {"n": "5", "m": 5, "o": 1e20, "p": 10**20}, {"n": "5", "m": 5, "o": 1e20, "p": 10**20}),
    ("extra", {"\u00e9 key/.": ""}, {"\u00e9 key/.": ""}), ("extra", {"__extra__": "x"}, {"__extra__": "x"}),
    ("extra", {"nested": '{"text": "of JSON"}'}, {"nested": '{"text": "of JSON"}'}),
    ("secret_extra", {"a": {"b": 1}}, {"a": {"b": 1}})])
def test_connection(engine, stored, name, field, value, expected):
    declared = {"connection_id": f"{name}c", "conn_type": "http", field: value}
    engine.settles(connections=[declared], update_secrets="on_create")
    assert stored.connection(f"{name}c")["extra" if field == "secret_extra" else field] == expected
    bulk = [{**declared, "connection_id": f"{name}{i}"} for i in range(3)]
    engine.settles(connections=bulk, update_secrets="on_create")
    engine.settles(connections=[{"connection_id": each["connection_id"], field: value} for each in bulk], update_secrets="on_create")
    assert stored.connection(f"{name}2")["extra" if field == "secret_extra" else field] == expected


def test_secret_extra_lies_over_extra(engine, stored, name):
    declared = {"connection_id": f"{name}c", "conn_type": "http", "extra": '{"a": {"b": 1, "c": 2}, "d": {"e": 1}, "l": [1]}',
                "secret_extra": {"a": {"c": "s-12345", "x": None}, "d": "flat", "l": [2, 3]}}
    run = engine.settles(connections=[declared], update_secrets="on_create")
    assert run.change(f"{name}c")["secrets"] == ["extra.a.c", "extra.a.x", "extra.d", "extra.l"]
    assert stored.connection(f"{name}c")["extra"] == {"a": {"b": 1, "c": "s-12345", "x": None}, "d": "flat", "l": [2, 3]}


@pytest.mark.parametrize("option", ["value", "secret_value"])
@pytest.mark.parametrize(("value", "expected"), [
    (5, "5"), ("5", "5"), (1.0, "1.0"), (True, "true"), ("true", "true"), ("yes", "yes"), ([], "[]"), ({}, "{}"),
    ([1, "a", None], '[1, "a", null]'), ({"a": {"b": [1.5, "\u00e9"]}}, '{"a": {"b": [1.5, "\u00e9"]}}'),
    ("multi\nline\n", "multi\nline\n"), ('{"a":1}', '{"a":1}'), ("[1,\n 2]\n", "[1,\n 2]\n"), ("  x ", "  x "), (10**30, str(10**30)),
    ("2024-01-01", "2024-01-01"), ("0x10", "0x10"), ("010", "010"), ("null", "null"), ("'", "'"), ("None", "None")])
def test_variable(engine, stored, name, option, value, expected):
    engine.settles(variables=[{"key": f"{name}v", option: value}])
    assert stored.session("variables", "get", f"{name}v") == expected + "\n"


@pytest.mark.parametrize(("field", "value", "expected"), [
    ("slots", "5", "5"), ("slots", 0, "0"), ("slots", 2**31 - 1, str(2**31 - 1)),
    *(("include_deferred", word, "True") for word in (True, "true", "yes", "on", "1", 1, "True", "y")),
    *(("include_deferred", word, "False") for word in (False, "false", "no", "off", "0", 0, "False", "n")),
    ("description", 5, "5"), ("description", "\u00fc\n'", "\u00fc\n'")])
def test_pool(engine, stored, name, field, value, expected):
    engine.settles(pools=[{"name": f"{name}p", "slots": 1, field: value}])
    engine.settles(pools=[{"name": f"{name}{i}", "slots": 1, "include_deferred": "yes", field: value} for i in range(3)])
    pools = stored.pools()
    assert pools[f"{name}p"][field] == pools[f"{name}2"][field] == expected


@pytest.mark.parametrize("number", [2024, 0, 10**12])
def test_ids_that_are_numbers(engine, api, number):
    """YAML makes a number of an unquoted 2024."""
    declared = {"connections": [{"connection_id": number, "conn_type": "http"}], "variables": [{"key": number, "value": "x"}],
                "pools": [{"name": number, "slots": 1}]}
    try:
        run = engine.settles(**declared)
        assert set(run.actions) == {str(number)}
        assert all(str(number) in api.ids(plural) for plural in declared)
    finally:
        for plural in declared:
            api.delete(plural, [each for each in api.ids(plural) if each == str(number)])


def test_null_leaves_a_field_alone(engine, stored, name):
    engine.settles(connections=[{"connection_id": f"{name}c", "conn_type": "http", "host": "h", "password": "pw-null", "port": 5}], update_secrets="on_create")
    nothing = dict.fromkeys(("description", "host", "login", "password", "schema", "port", "extra", "secret_extra", "uri", "team_name"))
    assert not engine(connections=[{"connection_id": f"{name}c", "conn_type": None, **nothing, "state": None}]).changed
    assert stored.connection(f"{name}c")["password"] == "pw-null"


def test_through_ansible(playbook, stored, name):
    """What Jinja makes of values: texts, numbers, structures, texts of JSON. Applied twice."""
    text = f"""
- ansible.builtin.set_fact:
    port: 5432
    flag: 'no'
    structure: {{a: [1, 2.5, null, true, 'é'], b: {{c: d}}}}
- windsock.airflow.airflow_settings: &task
    connections:
      - connection_id: {name}c
        conn_type: http
        port: "{{{{ port }}}}"
        login: 0123
        schema: "{{{{ port }}}}"
        extra: "{{{{ structure | to_json }}}}"
      - connection_id: {name}d
        conn_type: http
        port: "{{{{ port + 1 }}}}"
        extra: "{{{{ structure }}}}"
    variables:
      - {{key: "{name}v", value: "{{{{ structure }}}}"}}
      - {{key: "{name}w", value: "{{{{ structure | to_json }}}}"}}
      - {{key: "{name}x", value: 1.10}}
      - {{key: "{name}y", value: "1.10"}}
      - {{key: "{name}z", value: yes}}
      - {{key: "{name}t", value: "{{{{ '{{{{' }}}} ds }}}}"}}
    pools:
      - {{name: "{name}p", slots: "{{{{ port }}}}", include_deferred: "{{{{ flag }}}}"}}
- windsock.airflow.airflow_settings: *task
"""
    run = playbook(text=text)
    assert run.code == 0 and [result["changed"] for result in run.results] == [True, False], run.console
    structure = {"a": [1, 2.5, None, True, "\u00e9"], "b": {"c": "d"}}
    now = stored.connections()
    assert now[f"{name}c"]["extra"] == now[f"{name}d"]["extra"] == structure
    assert (now[f"{name}c"]["port"], now[f"{name}d"]["port"], now[f"{name}c"]["schema"]) == (5432, 5433, "5432")
    assert json.loads(stored.variable(f"{name}v")) == json.loads(stored.variable(f"{name}w")) == structure
    assert [stored.variable(f"{name}{key}") for key in "xyzt"] == ["1.1", "1.10", "true", "{{ ds }}"]
    assert stored.pools()[f"{name}p"]["slots"] == "5432"
