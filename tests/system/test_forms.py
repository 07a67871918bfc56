# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The conversions, judged by Airflow's own readers and writers: of 2.11, of 3.3, and the one that tasks of 3.3 have."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import environment
import pytest
import yaml
from airflow_server import clean_environ
from form_cases import described, generated, variables
from stored import decoded

from ansible_collections.windsock.airflow.plugins.module_utils._forms import _connection, _env, _export
from ansible_collections.windsock.airflow.plugins.module_utils._forms._form import Notes
from ansible_collections.windsock.airflow.plugins.module_utils._json import NOT_JSON, read_json
from ansible_collections.windsock.airflow.plugins.module_utils._uri import UriFault, parse_uri

COUNT = max(200, int(os.environ.get("WINDSOCK_ROUND_TRIPS", "0")))
READ_FORMS = Path(__file__).resolve().parents[1] / "support" / "read_forms.py"
FIELDS = ("conn_type", "host", "login", "password", "schema", "port", "description")
NOTHING: dict[str, Any] = {"fields": [], "uris": [], "jsons": [], "env": {}, "connections": [], "variables": []}
Answers = dict[tuple[str, str], dict[str, Any]]  # of each reader, a version's models or tasks


@pytest.fixture(scope="module")
def ask(tmp_path_factory):
    """Asks the readers of both versions, without a server."""
    def asked(**questions: Any) -> Answers:
        answers: Answers = {}
        for version in ("2.11.2", "3.3.2"):
            home = tmp_path_factory.mktemp("home")
            python = environment.ensure(f"airflow-{version}") / "bin" / "python"
            subprocess.run([str(python), str(READ_FORMS), str(home / "answers.json")], input=json.dumps({**NOTHING, **questions}), text=True,
                           check=True, env=clean_environ(home), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            answers |= {(version, reader): told for reader, told in json.loads((home / "answers.json").read_text()).items()}
        assert len(answers) == 3
        return answers

    return asked


def written(conversion: Any, *given: Any) -> Any:
    notes = Notes()
    result = conversion(*given, notes)
    assert notes.faults == []
    return result


def canonical(connection: dict[str, Any], **other: Any) -> dict[str, Any]:
    return {**{name: connection.get(name) or None for name in FIELDS}, "extra": connection.get("extra") or {}, **other}


@pytest.fixture(scope="module")
def cases():
    return generated(described, COUNT)


@pytest.fixture(scope="module")
def uris(cases):
    return [written(_connection.to_conn_uri, each) for each in cases]


@pytest.fixture(scope="module")
def jsons(cases):
    return [written(_connection.to_conn_json, each) for each in cases]


@pytest.fixture(scope="module")
def answers(ask, cases, uris, jsons):
    return ask(fields=cases, uris=uris, jsons=jsons)


@pytest.fixture(scope="module")
def own_uris(ask, answers) -> dict[str, dict[tuple[str, str], Any]]:
    """What each reader makes of what any of them writes."""
    texts = sorted({uri for told in answers.values() for uri in told["get_uri"]})
    return {text: {reader: told["uris"][number] for reader, told in read.items()}
            for read in [ask(uris=texts)] for number, text in enumerate(texts)}


def test_each_reader_reads_a_uri_of_ours_as_it_was_declared(answers, cases, uris):
    assert len(cases) >= COUNT
    for reader, told in answers.items():
        wrong = [(reader, case, uri, read) for case, uri, read in zip(cases, uris, told["uris"], strict=True) if read != canonical(case, description=None)]
        assert wrong == []


def test_each_reader_reads_json_of_ours_as_it_was_declared(answers, cases, jsons):
    for reader, told in answers.items():
        wrong = [(reader, case, text, read) for case, text, read in zip(cases, jsons, told["jsons"], strict=True) if read != canonical(case)]
        assert wrong == []


def test_json_is_what_airflow_writes(answers, jsons):
    for told in answers.values():
        assert list(map(json.loads, told["as_json"])) == list(map(json.loads, jsons))


def reasons(connection: dict[str, Any]) -> list[str]:
    """Why Airflow's own URI may not be ours, as the guide lists it."""
    host, extra = connection.get("host", ""), connection.get("extra") or {}
    texts = extra and all(isinstance(value, str) for value in extra.values())
    looks = {
        "capital letters in the host": host != host.lower(),
        "a protocol in the host": "://" in host,
        "texts in extra that look like JSON": texts and any(read_json(value) is not NOT_JSON for value in extra.values()),
        "a key __extra__": "__extra__" in extra,
    }
    return [reason for reason, applies in looks.items() if applies]


def test_a_uri_is_what_airflow_writes_unless_a_reader_would_misread_that(answers, cases, uris, own_uris):
    unexplained, explained = [], 0
    for told in answers.values():
        for case, uri, own in zip(cases, uris, told["get_uri"], strict=True):
            misread = any(read != canonical(case, description=None) for read in own_uris[own].values())
            if own != uri and misread and reasons(case):
                explained += 1
            elif own != uri:
                unexplained.append((case, uri, own))
    assert unexplained == []
    assert 0 < explained < len(cases)  # of three readers: most are the same to the letter


# The table of the guide: declared, get_uri, and what is read back, by those readers where it is not what was declared.
GUIDE = [
    ({"host": "DB1"}, "http://DB1", {"host": "db1"}, {"2.11.2 models", "3.3.2 models", "3.3.2 tasks"}),
    ({"host": "http://h"}, "http://http://h", {}, {"2.11.2 models"}),
    ({"conn_type": "s", "host": "https://h"}, "s://https://h", {"conn_type": "s", "schema": "ttph"}, {"2.11.2 models", "3.3.2 models", "3.3.2 tasks"}),
    ({"extra": {"a": "1"}}, "http:///?a=1", {"extra": {"a": 1}}, {"3.3.2 models"}),
    ({"extra": {"__extra__": "x"}}, "http:///?__extra__=x", "Error", {"2.11.2 models", "3.3.2 models", "3.3.2 tasks"}),
]


def test_the_table_of_the_guide(ask):
    fields = [{"conn_type": "http", **case[0]} for case in GUIDE]
    written_by = ask(fields=fields)
    for number, (_declared, uri, read_back, by) in enumerate(GUIDE):
        writers = {reader: told["get_uri"][number] for reader, told in written_by.items()}
        assert uri == writers["2.11.2", "models"] != written(_connection.to_conn_uri, fields[number])
        read = {" ".join(reader): told["uris"][0] for reader, told in ask(uris=[uri]).items() if writers[reader] == uri}
        wrong = {reader: each for reader, each in read.items() if each != canonical(fields[number])}
        assert set(wrong) == by
        for each in wrong.values():
            assert each.endswith(read_back) if isinstance(read_back, str) else each == canonical({"conn_type": "http", **read_back})


def test_uris_that_airflow_writes_are_read_as_airflow_3_reads_them(own_uris):
    for uri, read in own_uris.items():
        try:
            ours = {**parse_uri(uri), "description": None}
        except UriFault as fault:
            # Of which Airflow's own readers make something else than was written: an extra that is no JSON object, a
            # host with the login in it.
            assert any(reason in str(fault) for reason in ("holds __extra__", "before its second '://'")), fault
            continue
        assert ours == read["3.3.2", "models"], uri
        for other in (("2.11.2", "models"), ("3.3.2", "tasks")):  # which take no JSON for JSON
            assert {**ours, "extra": None} == {**read[other], "extra": None}, uri


@pytest.mark.parametrize("conn_format", ["json", "uri"])
def test_environment_variables_are_read_as_they_were_declared(ask, conn_format):
    declared = {"connections": [{"connection_id": f"Case_{number}", **each} for number, each in enumerate(generated(described, COUNT))],
                "variables": [{"key": f"Case_{number}", **each} for number, each in enumerate(generated(variables, COUNT))]}
    env = written(_env.to_env, declared, conn_format)
    assert len(env) == len(declared["connections"]) + len(declared["variables"]) >= 2 * COUNT
    answers = ask(env=env, connections=[each["connection_id"] for each in declared["connections"]],
                  variables=[each["key"] for each in declared["variables"]])
    lost = {"description": None} if conn_format == "uri" else {}
    for told in answers.values():
        for each in declared["connections"]:
            assert told["connections"][each["connection_id"]] == canonical(each, **lost)
        for each in declared["variables"]:
            read, value = told["variables"][each["key"]], each["value"]
            assert read == value if isinstance(value, str) else json.loads(read) == value


# Files of the real command lines

CONNECTIONS = [
    {"connection_id": "whole", "conn_type": "postgres", "host": "db.example.com", "login": "us:er", "password": "p/@:%?#&= '\"\u00fc",
     "schema": "a/b", "port": 5432, "description": "of\ntwo lines", "extra": {"sslmode": "require", "Nested": {"a": [1, None, 1.5]}}},
    {"connection_id": "bare", "conn_type": "http"},
    {"connection_id": "hyphens", "conn_type": "my-type", "host": "https://h/x"},
    {"connection_id": "port", "conn_type": "my_type", "port": 80},
    {"connection_id": "texts", "conn_type": "aws", "extra": {"a": "x y", "B": ""}},
]
LOSSY = [  # by Airflow, in its own URIs
    {"connection_id": "capital", "conn_type": "http", "host": "Host", "extra": {"a": "1"}},
]
VARIABLES = [
    {"key": "text", "value": "of\nlines", "description": "d"}, {"key": "json", "value": {"a": [1, "\u00fc"]}},
    {"key": "number", "value": 5}, {"key": "flag", "value": True}, {"key": "list", "value": []}, {"key": "null", "value": "null"},
    {"key": "wrapped", "value": {"a": 1}, "description": "of a dict"}, {"key": "blank", "value": " "}, {"key": "word", "value": "yes: no"},
]
POOLS = [{"name": "full", "slots": 5, "description": "d \u00fc", "include_deferred": True}, {"name": "zero", "slots": 0, "include_deferred": False}]


def with_prefix(objects: list[dict[str, Any]], identity: str, prefix: str) -> list[dict[str, Any]]:
    return [{**each, identity: prefix + each[identity]} for each in objects]


def of_test(objects: list[dict[str, Any]], identity: str, prefix: str) -> list[dict[str, Any]]:
    return sorted((each for each in objects if each[identity].startswith(prefix)), key=lambda each: each[identity])


def exported(kind: str, path: Path) -> Any:
    return exported_text(kind, path.read_text())


def exported_text(kind: str, text: str) -> Any:
    return written(_export.from_airflow_export, text, kind, None, False)


@pytest.mark.servers("2.11", "3.3")
def test_connections_that_airflow_exports(engine, stored, name, tmp_path):
    declared = with_prefix([*CONNECTIONS, *LOSSY], "connection_id", name)
    engine.settles(connections=declared, update_secrets="on_create")
    expected = of_test(declared, "connection_id", name)
    for suffix, options in {"json": [], "yaml": [], "env": ["--serialization-format", "json"]}.items():
        path = tmp_path / f"connections.{suffix}"
        stored.session("connections", "export", str(path), *options)
        assert of_test(exported("connections", path), "connection_id", name) == expected
    assert yaml.safe_load((tmp_path / "connections.yaml").read_text()) == json.loads((tmp_path / "connections.json").read_text())
    path = tmp_path / "uris.env"
    stored.session("connections", "export", str(path))
    made = {each["connection_id"].removeprefix(name): each for each in exported("connections", path)}
    for each in CONNECTIONS:
        kept = {key: value for key, value in each.items() if key != "description"}
        if each["connection_id"] == "hyphens":
            kept["conn_type"] = "my_type"
        assert made[each["connection_id"]] == {**kept, "connection_id": name + each["connection_id"]}
    assert made["capital"]["host"] == "host"
    assert made["capital"]["extra"] == {"a": 1}


@pytest.mark.servers("2.11", "3.3")
def test_variables_that_airflow_exports(engine, stored, name, tmp_path, server):
    declared = with_prefix(VARIABLES, "key", name)
    engine.settles(variables=declared, update_secrets="on_create")
    stored.session("variables", "export", str(tmp_path / "variables.json"))
    if server.version.startswith("2."):  # whose export has no descriptions
        declared = [{word: value for word, value in each.items() if word != "description"} for each in declared]
    assert of_test(exported("variables", tmp_path / "variables.json"), "key", name) == of_test(declared, "key", name)


@pytest.mark.servers("2.11", "3.3")
def test_pools_that_airflow_exports(engine, stored, name, tmp_path):
    declared = with_prefix(POOLS, "name", name)
    engine.settles(pools=declared)
    stored.session("pools", "export", str(tmp_path / "pools.json"))
    assert of_test(exported("pools", tmp_path / "pools.json"), "name", name) == of_test(declared, "name", name)


@pytest.fixture
def airflowctl(server, api, tmp_path):
    environ = {**server.environ(), "AIRFLOW_CLI_TOKEN": api.authorization.removeprefix("Bearer "), "AIRFLOW_HOME": str(tmp_path), "HOME": str(tmp_path)}

    def run(*arguments: str) -> str:
        command = [str(server.venv / "bin" / "airflowctl"), *arguments]
        return subprocess.run(command, env=environ, check=True, capture_output=True, text=True).stdout

    run("auth", "login", "--api-url", server.url, "--skip-keyring")
    return run


@pytest.mark.servers("3.3")  # where airflowctl is installed
def test_what_airflowctl_exports_and_lists(engine, airflowctl, name, tmp_path):
    pools, variables = with_prefix(POOLS, "name", name), with_prefix(VARIABLES, "key", name)
    connections = with_prefix([*CONNECTIONS, *LOSSY], "connection_id", name)
    engine.settles(pools=pools, connections=connections, variables=variables, update_secrets="on_create")
    airflowctl("pools", "export", str(tmp_path / "pools.json"))
    assert of_test(exported("pools", tmp_path / "pools.json"), "name", name) == of_test(pools, "name", name)
    masked = Notes()
    _export.from_airflow_export(airflowctl("connections", "list", "--output", "json"), "connections", None, False, masked)
    assert masked.faults == [f"connection '{name}whole': password: is or contains '***', which is how Airflow shows a secret that it hides"]
    listed = [each for each in json.loads(airflowctl("connections", "list", "--output", "json")) if each["password"] is None]
    made = written(_export.from_airflow_export, listed, "connections", None, False)
    assert of_test(made, "connection_id", name) == of_test(connections[1:], "connection_id", name)
    made = exported_text("variables", airflowctl("variables", "list", "--output", "json"))
    assert [{**each, "value": decoded(each["value"])} for each in of_test(made, "key", name)] == [
        {**each, "value": None if each["value"] == "null" else each["value"]} for each in of_test(variables, "key", name)]
    assert not [each for each in made if each["key"].startswith("windsock_")]  # what this collection remembers
    made = exported_text("pools", airflowctl("pools", "list", "--output", "json"))
    assert of_test(made, "name", name) == of_test(pools, "name", name)
