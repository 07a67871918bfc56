# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Wrong declarations cost nothing: refused before the first request, all at once, each naming object and field.

Each case alone goes through the engine; all of them together, and those that Ansible's own code might judge, through
ansible-playbook, where no value may show.
"""

from __future__ import annotations

from typing import Any

import pytest

pytestmark = pytest.mark.servers("3.3")

LEAK = "bad-value-9137"  # stands in every wrong value that has room for it; must never be shown


def connection(field: str, value: Any, /, **others: Any) -> tuple[str, dict[str, Any], str]:
    return "connections", {"conn_type": "http", **others, field: value}, field


def variable(field: str, wrong: Any, /, **others: Any) -> tuple[str, dict[str, Any], str]:
    return "variables", {**({} if field in ("value", "secret_value") else {"value": "x"}), **others, field: wrong}, field


def pool(field: str, value: Any, /, **others: Any) -> tuple[str, dict[str, Any], str]:
    return "pools", {"slots": 1, **others, field: value}, field


CASES = [
    # types
    connection("conn_type", [LEAK]), connection("conn_type", {"a": LEAK}), connection("conn_type", True),
    connection("description", [LEAK]), connection("description", {LEAK: 1}), connection("host", [LEAK]),
    connection("host", 1.5), connection("login", {"a": LEAK}), connection("login", False), connection("schema", [LEAK]),
    connection("password", [LEAK]), connection("password", {"a": LEAK}), connection("password", True),
    connection("password", 1.25), connection("team_name", [LEAK]), connection("state", [LEAK]), connection("state", LEAK),
    connection("state", True), connection("port", LEAK), connection("port", [1]), connection("port", True),
    connection("port", {"a": LEAK}), connection("extra", [LEAK]), connection("extra", 5), connection("extra", True),
    connection("secret_extra", [LEAK]), connection("secret_extra", LEAK), connection("secret_extra", 5),
    connection("secret_extra", f'{{"a": "{LEAK}"}}'), connection("uri", [LEAK]), connection("uri", {"a": LEAK}),
    variable("description", [LEAK]), variable("state", "present "), variable("team_name", {"a": LEAK}),
    pool("slots", LEAK), pool("slots", [1]), pool("slots", True), pool("slots", 1.5), pool("slots", {"a": LEAK}),
    pool("description", [LEAK]), pool("include_deferred", LEAK), pool("include_deferred", [True]), pool("include_deferred", 2),
    pool("state", {"a": LEAK}), pool("team_name", [LEAK]),
    # ranges and lengths
    connection("port", 70000), connection("port", -1), connection("port", "70000"), connection("port", 5432.5),
    connection("port", ""), connection("conn_type", "x" * 501), connection("host", "x" * 501),
    connection("schema", "x" * 501), connection("team_name", "x" * 51), pool("slots", -2), pool("slots", 2**31),
    pool("slots", "-5"), pool("slots", "1e3"), pool("team_name", "x" * 51), variable("team_name", "x" * 51),
    # empty
    connection("conn_type", ""), connection("uri", ""), pool("slots", ""), pool("include_deferred", ""),
    # unknown fields
    connection("passwrod", LEAK), connection("hots", LEAK), connection("value", LEAK), connection("is_encrypted", True),
    variable("val", LEAK), variable("secret", LEAK), variable("slots", 5), pool("size", 5), pool("slot", 5),
    # content
    connection("extra", f'{{"a": "{LEAK}"'), connection("extra", f'["{LEAK}"]'), connection("extra", f"a={LEAK}"),
    connection("extra", '{"a": NaN}'), connection("extra", "null"), connection("host", f"{LEAK}\x00"),
    connection("password", f"{LEAK}\x00"), connection("extra", {"a": f"{LEAK}\x00"}), variable("value", f"{LEAK}\x00"),
    connection("password", "***"), connection("secret_extra", {"a": {"b": "x***"}}), variable("value", {"a": ["***"]}),
    variable("secret_value", "***"), pool("description", "***"),
    # what contradicts
    variable("secret_value", LEAK, value="x"), connection("uri", f"http://u:{LEAK}@h"), connection("conn_id", "another"),
    ("connections", {"uri": f"http://u:{LEAK}@h", "host": "h"}, "uri"),
    ("connections", {"uri": f"http://u:{LEAK}@h", "secret_extra": {"a": LEAK}}, "uri"),
    # URIs
    *(("connections", {"uri": uri}, "uri") for uri in (
        LEAK, f"://u:{LEAK}@h", f"http://u:{LEAK}@h:port", f"http://u:{LEAK}@h:99999", f"http://u:{LEAK}@[::1",
        f"a://b://c://{LEAK}", f"http://{LEAK}:p@b://c", f"http://h?__extra__={LEAK}", "http://h?__extra__=[1]")),
    # objects with rules of their own
    ("pools", {"name": "default_pool", "state": "absent"}, "state"),
]
BAD_IDS = [
    ("connections", "connection_id", value) for value in
    ("a b", "a/b", "", "x" * 201, "ü:", "a\n", ["a"], {"a": 1}, True, 1.5, None, "***")
] + [("variables", "key", value) for value in ("", "x" * 251, ["a"], {"a": 1}, True, None, "a\x00", "***")] + [
    ("pools", "name", value) for value in ("", "x" * 257, ["a"], {"a": 1}, False, None, "a\x00", "***")]
NOT_OBJECTS = [(plural, value) for plural in ("connections", "variables", "pools") for value in (LEAK, ["a"], None, 5, True)]
IDENTITY = {"connections": "connection_id", "variables": "key", "pools": "name"}


def numbered() -> list[tuple[str, dict[str, Any], str]]:
    return [(plural, {IDENTITY[plural]: f"case{number}", **words}, field) for number, (plural, words, field) in enumerate(CASES)]


@pytest.mark.parametrize(("plural", "words", "field"), numbered(), ids=[f"{p}-{f}-{i}" for i, (p, _w, f) in enumerate(CASES)])
def test_a_wrong_field(engine, proxy, plural, words, field):
    told = engine.refused(**{plural: [words]})
    (line,) = told.splitlines()[1:]
    name = "connection_id" if field == "conn_id" else field
    assert line.startswith(f"- {plural}[0] {words[IDENTITY[plural]]!r}: {name}: ")
    assert LEAK not in told and proxy.requests == []


@pytest.mark.parametrize(("plural", "option", "value"), BAD_IDS)
def test_a_wrong_id(engine, proxy, plural, option, value):
    rest = {"connections": {"conn_type": "http"}, "variables": {"value": "x"}, "pools": {"slots": 1}}[plural]
    told = engine.refused(**{plural: [{option: value, **rest}]})
    (line,) = told.splitlines()[1:]
    assert line.startswith(f"- {plural}[0]") and f"{option}: " in line and proxy.requests == []


@pytest.mark.parametrize(("plural", "value"), NOT_OBJECTS)
def test_what_is_no_object(engine, proxy, plural, value):
    told = engine.refused(**{plural: [value]})
    assert told.splitlines()[1:] == [f"- {plural}[0]: must be a dict"]
    if value is not None:
        assert f"- {plural}: must be a list" in engine.refused(**{plural: value if value != ["a"] else {"a": 1}})
    assert proxy.requests == []


def test_all_faults_of_one_run_are_told_at_once(playbook, proxy):
    declared: dict[str, list[Any]] = {plural: [] for plural in IDENTITY}
    expected = []
    for plural, words, field in numbered():
        name = "connection_id" if field == "conn_id" else field
        expected.append(f"- {plural}[{len(declared[plural])}] {words[IDENTITY[plural]]!r}: {name}: ")
        declared[plural].append(words)
    run = playbook({"airflow_settings": declared}, options=("-vvv", "--diff"))
    assert run.code != 0 and proxy.requests == []
    told = run.result["msg"].splitlines()
    assert len(CASES) >= 60
    missing = [start for start in expected if not any(line.startswith(start) for line in told)]
    assert missing == [] and len(told) == len(CASES) + 1
    assert len(run.result["failures"]) == len(CASES)
    assert "Traceback" not in run.console
    for place, text in run.everything().items():
        assert LEAK not in text, place


OPTIONS = [  # what Ansible's own code would judge, and what belongs to the sign-in: module, options, words of the message
    ("airflow_connection", {"connection_id": "c", "conn_type": "http", "port": LEAK}, ["connection 'c': port: "]),
    ("airflow_connection", {"connection_id": "c", "conn_type": "http", "passwrod": LEAK}, ["passwrod", "password"]),
    ("airflow_connection", {"conn_type": "http", "password": LEAK}, ["connection_id"]),
    ("airflow_connection", {"connection_id": "c", "password": [LEAK], "extra": LEAK, "state": LEAK},
     ["connection 'c': password: ", "connection 'c': extra: ", "connection 'c': state: "]),
    ("airflow_variable", {"key": "k", "value": LEAK, "secret_value": LEAK}, ["variable 'k': secret_value: "]),
    ("airflow_variable", {"key": "", "value": LEAK}, ["key: "]),
    ("airflow_pool", {"name": "p", "slots": -2, "include_deferred": LEAK}, ["slots: ", "include_deferred: "]),
    ("airflow_pool", {"name": "default_pool", "state": "absent"}, ["pool 'default_pool': state: "]),
    ("airflow_settings", {"connections": LEAK, "pools": {"a": LEAK}}, ["connections: must be a list", "pools: must be a list"]),
    ("airflow_settings", {"conections": [], "timeout": "abc", "retries": -1, "update_secrets": "sometimes"},
     ["conections", "timeout", "retries", "update_secrets"]),
    ("airflow_settings", {"airflow_url": "ftp://x", "airflow_headers": {"A b": LEAK}, "ca_path": "/no/such/file",
                          "validate_certs": "perhaps", "enforce_defaults": "perhaps"},
     ["airflow_url", "airflow_headers", "ca_path", "validate_certs", "enforce_defaults"]),
    ("airflow_settings", {"airflow_url": "https://u:" + LEAK + "@h"}, ["airflow_url", "credentials"]),
    ("airflow_settings", {"airflow_token": LEAK}, ["airflow_token", "airflow_username"]),
    ("airflow_settings", {"airflow_password": ""}, ["airflow_password"]),
    ("airflow_info", {"gather_subset": ["dags"], "timeout": 0, "client_key": "/no/such/key"},
     ["gather_subset", "timeout", "client_key"]),
]


def test_wrong_options_of_the_modules(playbook, proxy):
    tasks = [{f"windsock.airflow.{module}": options, "ignore_errors": True} for module, options, _words in OPTIONS]
    run = playbook(*tasks, options=("-vvv", "--diff"))
    assert proxy.requests == [] and len(run.results) == len(OPTIONS)
    for (module, options, words), result in zip(OPTIONS, run.results, strict=True):
        assert result["failed"] and not result.get("changed"), (module, options)
        assert [word for word in words if word not in result["msg"]] == [], (module, result["msg"])
        assert "Traceback" not in result["msg"]
    for place, text in run.everything().items():
        assert LEAK not in text, place
