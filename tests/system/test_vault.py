# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Secrets by reference: from a real OpenBao into a real Airflow."""

from __future__ import annotations

import json
import re
from collections import Counter

import pytest


@pytest.fixture
def kept(root, name):
    """Secrets of the test's own: kept(path=..., **values) returns the path."""

    def keep(path: str = "secret", **values):
        root.secrets.kv.v2.create_or_update_secret(f"{name}/{path}", values)
        return f"{name}/{path}"

    return keep


def test_references_wherever_a_secret_may_stand(engine, stored, name, kept, vault_option):
    path = kept(password="PW 'quo\"te", token="TOK", nested={"a": [1, "b"]}, uri="http://u:p@h:1/s?x=y")
    run = engine.settles(
        vault=vault_option,
        update_secrets="on_change",
        fingerprint_key="k" * 20,
        connections=[
            {
                "connection_id": f"{name}c",
                "conn_type": "http",
                "password": {"vault": path, "key": "password"},
                "extra": {"timeout": 5},
                "secret_extra": {
                    "deep": {"er": [{"vault": path, "key": "token"}, "plain"]},
                    "whole": {"vault": path, "key": "nested"},
                },
            },
            {"connection_id": f"{name}u", "uri": {"vault": path, "key": "uri"}},
        ],
        variables=[
            {"key": f"{name}v", "secret_value": {"vault": path, "key": "token"}},
            {"key": f"{name}j", "secret_value": {"user": "me", "token": {"vault": path, "key": "token"}}},
        ],
    )
    assert set(run.actions.values()) == {"create"}
    connection = stored.connection(f"{name}c")
    assert connection["password"] == "PW 'quo\"te"
    assert connection["extra"] == {"timeout": 5, "deep": {"er": ["TOK", "plain"]}, "whole": {"a": [1, "b"]}}
    assert (stored.connection(f"{name}u")["login"], stored.connection(f"{name}u")["password"]) == ("u", "p")
    assert stored.variable(f"{name}v") == "TOK"
    assert json.loads(stored.variable(f"{name}j")) == {"user": "me", "token": "TOK"}


def test_a_whole_secret_as_secret_extra(engine, stored, name, kept, vault_option):
    path = kept(token="TOK", account="42", headers={"x-api-key": "KEY"})
    one = {"connection_id": f"{name}c", "conn_type": "http", "extra": {"headers": {"accept": "json"}}}
    engine.settles(vault=vault_option, update_secrets="on_create", connections=[{**one, "secret_extra": {"vault": path}}])
    assert stored.connection(f"{name}c")["extra"] == {
        "headers": {"accept": "json", "x-api-key": "KEY"}, "token": "TOK", "account": "42",
    }
    # A value that is a dict, or a text that holds one, as `vault kv put` stores it.
    path = kept("dict", extra={"a": {"b": 1}}, text='{"c": [2]}', list=[1], word="word")
    for number, key in enumerate(("extra", "text")):
        hidden = {"secret_extra": {"vault": path, "key": key}}
        engine.settles(
            vault=vault_option, update_secrets="on_create",
            connections=[{**one, "connection_id": f"{name}d{number}", **hidden}],
        )
    assert stored.connection(f"{name}d0")["extra"] == {"headers": {"accept": "json"}, "a": {"b": 1}}
    assert stored.connection(f"{name}d1")["extra"] == {"headers": {"accept": "json"}, "c": [2]}
    for key, told in (("list", "a list"), ("word", "text")):
        hidden = {"secret_extra": {"vault": path, "key": key}}
        message = engine.refused(vault=vault_option, connections=[{**one, **hidden}])
        assert f"secret_extra: what Vault has at {path}, key '{key}' must be a dict, not {told}" in message
    # One dict under one key may be meant with that key or without.
    alone = {"secret_extra": {"vault": kept("alone", extra={"a": 1})}}
    assert "is a dict within the only key 'extra'" in engine.refused(vault=vault_option, connections=[{**one, **alone}])


def test_from_vault_the_declared_fields_win(engine, stored, name, kept, vault_option):
    fields = kept("c", conn_type="postgresql", host="in.vault", login="etl", password="PW", port="5432", extra='{"a": 1}')
    uri = kept("u", conn_uri="my-type://u:p@in.vault/s?x=1", other="is not looked at")
    value = kept("v", value="in vault")
    mine = [
        {"connection_id": f"{name}f", "from_vault": fields, "host": "declared", "description": "d"},
        {"connection_id": f"{name}u", "from_vault": {"vault": uri, "version": 1}, "secret_extra": {"y": 2}},
    ]
    variables = [{"key": f"{name}v", "from_vault": value}, {"key": f"{name}d", "from_vault": value, "value": "declared"}]
    engine.settles(vault=vault_option, fingerprint_key="k" * 20, connections=mine, variables=variables)
    found = stored.connection(f"{name}f")
    assert [found[word] for word in ("conn_type", "host", "login", "password", "port", "extra", "description")] == [
        "postgres", "declared", "etl", "PW", 5432, {"a": 1}, "d",
    ]
    found = stored.connection(f"{name}u")
    assert [found[word] for word in ("conn_type", "host", "login", "password", "schema", "extra")] == [
        "my_type", "in.vault", "u", "p", "s", {"x": 1, "y": 2},
    ]
    assert (stored.variable(f"{name}v"), stored.variable(f"{name}d")) == ("in vault", "declared")


def test_from_vault_stands_for_the_whole_connection(engine, api, stored, name, kept, vault_option):
    """What the secret does not name is cleared, as with a URI; what a description says is left alone."""
    by_hand = {"conn_type": "http", "host": "by.hand", "login": "l", "description": "mine"}
    api.create("connections", {"connection_id": f"{name}c", **by_hand})
    run = engine.settles(
        vault=vault_option, fingerprint_key="k" * 20,
        connections=[{"connection_id": f"{name}c", "from_vault": kept(conn_type="http", host="in.vault")}],
    )
    assert run.change(f"{name}c")["secrets"] == ["host", "login"]
    found = stored.connection(f"{name}c")
    assert [found[word] for word in ("host", "login", "description")] == ["in.vault", None, "mine"]


WRONG_BACKEND = {
    "an unknown field": ({"conn_type": "http", "hots": "x"}, "'hots' is neither conn_uri nor one of conn_type"),
    "no text": ({"conn_type": "http", "host": 5}, "from_vault: its host must be text"),
    "no URI": ({"conn_uri": "nonsense"}, "from_vault: its conn_uri: must have the form"),
    "no port": ({"conn_type": "http", "port": "x"}, "from_vault: its port must be a whole number from 0 to 65535"),
    "no extra": ({"conn_type": "http", "extra": "x"}, "from_vault: its extra is not valid JSON"),
    "a mask": ({"conn_type": "http", "password": "***"}, "is or contains '***'"),
    "a mask in a URI": ({"conn_uri": "http://u:%2A%2A%2A@h"}, "contains '***' once it is decoded"),
}


@pytest.mark.parametrize("case", WRONG_BACKEND)
def test_what_is_not_in_the_layout_of_the_backend(engine, proxy, name, kept, vault_option, case):
    secret, reason = WRONG_BACKEND[case]
    told = engine.refused(
        vault=vault_option, connections=[{"connection_id": f"{name}c", "from_vault": kept("c", **secret)}]
    )
    assert reason in told and "in.vault" not in told
    assert not proxy.writes


def test_a_variable_that_is_not_in_the_layout_of_the_backend(engine, proxy, name, kept, vault_option):
    told = engine.refused(
        vault=vault_option,
        variables=[
            {"key": f"{name}a", "from_vault": kept("a", valeu="x")},
            {"key": f"{name}b", "from_vault": kept("b", value={"a": 1})},
        ],
    )
    assert f"'{name}a': from_vault: the secret is not as Airflow's VaultBackend has it: it has no 'value'" in told
    assert f"'{name}b': from_vault: the secret is not as Airflow's VaultBackend has it: its value must be text" in told
    assert not proxy.writes


# -- Airflow is written only when everything is there


def test_nothing_is_written_when_any_reference_fails(engine, proxy, name, kept, vault_option):
    path = kept(pw="x")
    good = {"connection_id": f"{name}good", "conn_type": "http", "password": {"vault": path}}
    told = engine.refused(
        vault=vault_option,
        connections=[
            good,
            {**good, "connection_id": f"{name}a", "password": {"vault": f"{name}/none"}},
            {**good, "connection_id": f"{name}b", "secret_extra": {"x": [{"vault": path, "key": "no"}]}},
        ],
        variables=[{"key": f"{name}v", "secret_value": {"vault": f"{name}/none"}}],
        pools=[{"name": f"{name}p", "slots": 1}],
    )
    assert told.splitlines() == [
        "3 faults in what is declared, nothing was changed:",
        f"- variables[0] '{name}v': secret_value: Vault has no secret at secret/{name}/none",
        f"- connections[1] '{name}a': password: Vault has no secret at secret/{name}/none",
        f"- connections[2] '{name}b': secret_extra.x.0: the secret at {path} has no key 'no'; it has 'pw'",
    ]
    assert not proxy.writes


def test_nothing_is_written_when_vault_cannot_be_used(engine, proxy, vault_proxy, name, kept, vault_option):
    vault_proxy.answer(500, "{}", path="/data/", times=None)
    path = kept(pw="x")
    told = engine.fault(
        vault={**vault_option, "retries": 0},
        connections=[{"connection_id": f"{name}c", "conn_type": "http", "password": {"vault": path}}],
        pools=[{"name": f"{name}p", "slots": 1}],
    )
    assert told.endswith(f"Nothing was changed, since connection '{name}c': password needs a secret from there")
    assert not proxy.writes


def test_what_airflow_says_back_of_a_value_is_not_shown(engine, proxy, name, kept, vault_option):
    proxy.answer(422, json.dumps({"detail": "it is not CANARY-of-vault"}), writes_only=True, times=None)
    one = {"connection_id": f"{name}c", "conn_type": "http", "password": {"vault": kept(pw="CANARY-of-vault")}}
    run = engine(vault=vault_option, connections=[one])
    assert "(its reason holds a secret and is not shown)" in run.msg
    assert "CANARY" not in json.dumps([run.result, run.report.hints])


def test_check_mode_reads_vault_and_writes_nothing(engine, proxy, vault_proxy, name, kept, vault_option):
    declared = {
        "vault": vault_option,
        "connections": [{"connection_id": f"{name}c", "conn_type": "http", "password": {"vault": kept(pw="x")}}],
    }
    run = engine(check=True, **declared)
    assert run.actions == {f"{name}c": "create"}
    assert not proxy.writes
    assert len(reads(vault_proxy)) == 1
    declared["connections"][0]["password"] = {"vault": "nowhere"}
    assert "Vault has no secret at secret/nowhere" in engine.refused(check=True, **declared)


# -- what need not be read is not


def reads(vault_proxy):
    return [request for request in vault_proxy.requests if "/data/" in request.path]


def test_on_create_reads_nothing_for_objects_that_exist(engine, api, stored, vault_proxy, name, kept, vault_option):
    """But what they need: a secret that Airflow does not have, and the rest of a field that differs."""
    path = kept(pw="first", uri="http://u:p@h", token="TOK")
    connections = [
        {"connection_id": f"{name}p", "conn_type": "http", "host": "a", "password": {"vault": path, "key": "pw"}},
        {"connection_id": f"{name}e", "conn_type": "http", "extra": {"t": 5}, "secret_extra": {"api_key": {"vault": path, "key": "token"}}},
        {"connection_id": f"{name}u", "uri": {"vault": path, "key": "uri"}},
        {"connection_id": f"{name}b", "from_vault": kept("b", conn_type="http", password="x", host="h")},
    ]
    variables = [
        {"key": f"{name}v", "secret_value": {"vault": path, "key": "pw"}},
        {"key": f"{name}w", "from_vault": kept("w", value="x")},
    ]
    declared = {"vault": vault_option, "update_secrets": "on_create", "connections": connections, "variables": variables}
    engine(**declared)
    vault_proxy.requests.clear()
    kept(pw="second", uri="http://u:p@h", token="TOK2")
    run = engine(**declared)
    assert run.changes == [] and not vault_proxy.requests
    assert run.result["summary"]["connections"]["unknown"] == 4
    connections[0]["host"] = "b"
    run = engine(**declared)
    assert run.change(f"{name}p")["fields"] == ["host"] and not vault_proxy.requests
    connections[1]["extra"] = {"t": 6}
    engine(**declared)
    assert len(reads(vault_proxy)) == 1
    assert stored.connection(f"{name}p")["password"] == "first"
    assert stored.connection(f"{name}e")["extra"] == {"t": 6, "api_key": "TOK2"}


@pytest.mark.servers("3")
def test_on_create_reads_what_airflow_has_none_of(engine, api, stored, name, kept, vault_option):
    api.create("connections", {"connection_id": f"{name}p", "conn_type": "http"})
    one = {"connection_id": f"{name}p", "password": {"vault": kept(pw="PW")}}
    run = engine(vault=vault_option, update_secrets="on_create", connections=[one])
    assert run.change(f"{name}p")["secrets"] == ["password"]
    assert stored.connection(f"{name}p")["password"] == "PW"


def test_absent_objects_need_no_secret(engine, vault_proxy, name, vault_option):
    gone = {"connection_id": f"{name}c", "state": "absent", "password": {"vault": "nowhere"}}
    assert engine(vault=vault_option, connections=[gone]).changes == []
    assert engine(connections=[gone]).changes == []
    assert not vault_proxy.requests


def test_without_references_vault_is_not_asked(engine, name):
    """And may be unreachable."""
    run = engine(vault={"url": "http://127.0.0.1:1"}, variables=[{"key": f"{name}v", "value": "x"}])
    assert run.actions == {f"{name}v": "create"}


# -- a rotated secret


def test_a_secret_that_was_rotated_in_vault(engine, stored, name, kept, vault_option):
    def declared():
        return {
            "vault": vault_option, "fingerprint_key": "k" * 20,
            "connections": [
                {"connection_id": f"{name}{one}", "conn_type": "http", "password": {"vault": f"{name}/{one}"}}
                for one in "abc"
            ],
        }  # fmt: skip

    for one in "abc":
        kept(one, pw=f"first {one}")
    engine.settles(**declared())
    kept("b", pw="second")
    assert engine(check=True, **declared()).actions == {f"{name}b": "update"}
    run = engine.settles(**declared())
    assert run.changes == [
        {"kind": "connection", "id": f"{name}b", "action": "update", "fields": [], "secrets": ["password"], "blind": False}
    ]
    assert stored.connection(f"{name}b")["password"] == "second"


# -- how much is asked


def test_a_thousand_references_to_four_hundred_paths(engine, proxy, vault_proxy, root, name, vault_option):
    for number in range(400):
        root.secrets.kv.v2.create_or_update_secret(f"{name}/{number}", {"a": f"a{number}", "b": f"b{number}"})
    connections = [
        {
            "connection_id": f"{name}{number}", "conn_type": "http",
            "password": {"vault": f"{name}/{number % 400}", "key": "a"},
            "secret_extra": {"token": {"vault": f"{name}/{(number + 200) % 400}", "key": "b"}},
        }
        for number in range(500)
    ]  # fmt: skip
    vault_proxy.requests.clear()
    run = engine(vault=vault_option, connections=connections)
    assert run.result["summary"]["connections"]["created"] == 500
    asked = Counter(f"{request.method} {request.path.split(name)[0]}" for request in vault_proxy.requests)
    assert asked == {
        "POST /v1/auth/approle/login": 1, "GET /v1/secret/data/": 400, "POST /v1/auth/token/revoke-self": 1,
    }


# -- through Ansible


def test_every_module_by_a_playbook(playbook, stored, name, kept, vault_option):
    path = kept(pw="PW", uri="http://u:URI@h", value="VALUE")
    access = {
        "airflow_url": playbook.url, "airflow_username": playbook.user[0], "airflow_password": playbook.user[1],
        "vault": vault_option,
    }  # fmt: skip
    tasks = [
        {"airflow_connection": {"connection_id": f"{name}c", "conn_type": "http", "password": {"vault": path, "key": "pw"}}},
        {"airflow_connection": {"connection_id": f"{name}u", "uri": {"vault": path, "key": "uri"}}},
        {"airflow_variable": {"key": f"{name}v", "secret_value": {"vault": path, "key": "value"}}},
        {"airflow_variable": {"key": f"{name}w", "from_vault": path}},
        {"airflow_pool": {"name": f"{name}p", "slots": 1}},
        {"airflow_settings": {"connections": [{"connection_id": f"{name}s", "conn_type": "http", "secret_extra": {"vault": path}}]}},
        {"airflow_info": {"gather_subset": ["pools"]}},
    ]
    played = playbook(*tasks, access=access, options=("-vvv", "--diff"))
    assert played.code == 0, played.console
    assert [result["changed"] for result in played.results] == [True] * 6 + [False]
    assert stored.connection(f"{name}c")["password"] == "PW"
    assert stored.connection(f"{name}u")["password"] == "URI"
    assert stored.connection(f"{name}s")["extra"] == {"pw": "PW", "uri": "http://u:URI@h", "value": "VALUE"}
    assert (stored.variable(f"{name}v"), stored.variable(f"{name}w")) == ("VALUE", "VALUE")
    assert played.results[0]["connection"]["password"] == "(secret)"
    for text in played.everything().values():
        assert not re.search("PW\\b|URI@|VALUE\\b(?!_SPEC)", text) and vault_option["secret_id"] not in text


def test_a_file_of_declarations_with_references(playbook, stored, name, kept, vault_option):
    kept("warehouse", pw="PW")
    text = f"connections:\n  - connection_id: {name}c\n    conn_type: http\n    password: {{vault: {name}/warehouse}}\n"
    played = playbook(
        {"airflow_settings": {"src": ["declared.yml"], "vault": vault_option}}, files={"declared.yml": text}
    )
    assert played.code == 0, played.console
    assert stored.connection(f"{name}c")["password"] == "PW"


FAULTS = {
    "vault": ("text", ["vault: must be a dict"]),
    "unknown": ({"urll": "x"}, ["vault: urll: unknown option, did you mean url?"]),
    "method": ({"url": "http://v", "auth_method": "saml"}, ["vault.auth_method: must be token or approle or"]),
    "several": (
        {"url": "ftp://v", "auth_method": "userpass", "timeout": "soon", "kv_version": 3},
        [
            "vault.url: must be an address like https://vault.example.com:8200",
            "vault.username: is missing",
            "vault.password: is missing",
            "vault.timeout: must be a whole number from 1",
            "vault.kv_version: must be 1, 2 or auto",
        ],
    ),
}


@pytest.mark.parametrize("case", FAULTS)
def test_the_option_is_checked_before_any_request(playbook, proxy, name, case):
    option, told = FAULTS[case]
    one = {"connection_id": f"{name}c", "conn_type": "http", "password": {"vault": "x"}, "port": "wrong"}
    played = playbook({"airflow_connection": {**one, "vault": option}})
    assert played.code == 2
    for each in [*told, "port: must be a whole number"]:
        assert each in played.result["msg"], played.result["msg"]
    assert not proxy.requests
