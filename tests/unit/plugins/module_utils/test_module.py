# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Modules as Ansible runs them: what goes in, every way out, and that no way out shows a secret."""

from __future__ import annotations

import json
import re
import sys
import typing as t

import pytest
from ansible.module_utils import basic

from ansible_collections.windsock.airflow.plugins.module_utils import _engine, _report
from ansible_collections.windsock.airflow.plugins.module_utils._airflow import _transport
from ansible_collections.windsock.airflow.plugins.module_utils._airflow._client import ClientMissing
from ansible_collections.windsock.airflow.plugins.module_utils._jobs import _airflow
from ansible_collections.windsock.airflow.plugins.module_utils._memory import key_of, read_memories
from ansible_collections.windsock.airflow.tests.unit.fakes import VARIABLE, stored
from ansible_collections.windsock.airflow.tests.unit.module_runner import ModuleRunner
from ansible_collections.windsock.airflow.tests.unit.scripted_http import Reply, ScriptedServer, unused_url

VERSION = Reply(200, {"version": "3.3.2"})
VERSION_2 = Reply(200, {"version": "2.11.2"})
NO_POOL = Reply(404, {"detail": "The Pool with name: `p` was not found"})
POOL = {"name": "p", "slots": 1, "description": None, "include_deferred": False}
# What airflow_settings asks for the owners, and what it writes of what it did.
MEMORY = "windsock_applied_" + b"default".hex()
NO_MEMORIES = Reply(200, {"variables": [], "total_entries": 0})
NO_MEMORY = Reply(404, {"detail": f"The Variable with key: `{MEMORY}` was not found"})
NOTED = Reply(201, {"key": MEMORY})

# As troublesome as secrets are: quotes, a line break, what JSON and repr write in other ways.
CANARY = "CANARY'quo\"te\\back\nline é"
ACCESS = {"airflow_token": CANARY.replace("\n", ""), "airflow_headers": {"X-Gateway": "CANARY"}}
SECRETS: dict[str, dict[str, t.Any]] = {
    "airflow_connection": {
        "connection_id": "pg",
        "conn_type": "postgres",
        "password": CANARY,
        "extra": {"open": 1},
        "secret_extra": {"key": CANARY, "deep": {"list": [CANARY]}},
    },
    "airflow_variable": {"key": "v", "secret_value": {"a": CANARY}},
    "airflow_settings": {
        "connections": [
            {"connection_id": "pg", "conn_type": "postgres", "password": CANARY, "secret_extra": {"key": CANARY}},
        ],
        "variables": [{"key": "v", "secret_value": CANARY}],
    },
}


def assert_no_canary(text: str) -> None:
    assert "CANARY" not in text
    assert "Traceback" not in text


# The ways through


def test_creating_a_pool(http: ScriptedServer, run_module: ModuleRunner) -> None:
    http.begin(VERSION, NO_POOL, Reply(201, POOL))
    run = run_module("airflow_pool", airflow_url=http.url, airflow_token="t", name="p", slots="1")
    assert run.code == 0
    assert run.result["changed"] is True
    assert run.result["changes"] == [
        {"kind": "pool", "id": "p", "action": "create", "fields": ["slots"], "secrets": [], "blind": False}
    ]
    assert run.result["summary"]["pools"] == {"created": 1, "updated": 0, "deleted": 0, "unchanged": 0, "unknown": 0}
    assert run.result["pool"] == {"name": "p", "slots": 1, "include_deferred": False}
    assert run.result["airflow"] == {"version": "3.3.2", "api_version": "v2"}
    assert [seen.method for seen in http.requests] == ["GET", "GET", "POST"]
    assert http.requests[-1].body == {"name": "p", "slots": 1}
    assert "diff" not in run.result
    assert "failures" not in run.result


def test_check_mode_only_reads(http: ScriptedServer, run_module: ModuleRunner) -> None:
    http.begin(VERSION, NO_POOL)
    run = run_module(
        "airflow_pool", check_mode=True, diff=True, airflow_url=http.url, airflow_token="t", name="p", slots=1
    )
    assert run.result["changed"] is True
    assert {seen.method for seen in http.requests} == {"GET"}
    assert run.result["diff"][0]["after"] == {"slots": 1}


def test_nothing_to_do(http: ScriptedServer, run_module: ModuleRunner) -> None:
    http.begin(VERSION, Reply(200, POOL))
    run = run_module("airflow_pool", diff=True, airflow_url=http.url, airflow_token="t", name="p", slots=1)
    assert (run.result["changed"], run.result["diff"]) == (False, [])


def test_many_objects_need_one_list_and_one_write_for_each_kind(http: ScriptedServer, run_module: ModuleRunner) -> None:
    ids = [f"p{index}" for index in range(10)]
    created = Reply(200, {"create": {"success": ids, "errors": []}})
    http.begin(VERSION, Reply(200, {"pools": [], "total_entries": 0}), NO_MEMORIES, created, NO_MEMORY, NOTED)
    pools = [{"name": each, "slots": 1} for each in ids]
    run = run_module("airflow_settings", airflow_url=http.url, airflow_token="t", pools=pools)
    assert run.result["summary"]["pools"]["created"] == 10
    assert [(seen.method, seen.path) for seen in http.requests[1:]] == [
        ("GET", "/api/v2/pools"),
        ("GET", "/api/v2/variables"),
        ("PATCH", "/api/v2/pools"),
        ("GET", f"/api/v2/variables/{MEMORY}"),
        ("POST", "/api/v2/variables"),
    ]


def test_few_objects_are_asked_for_alone(http: ScriptedServer, run_module: ModuleRunner) -> None:
    http.begin(VERSION, Reply(200, POOL), NO_MEMORIES, NO_MEMORY, NOTED)
    run_module(
        "airflow_settings", airflow_url=http.url, airflow_token="t", pools=[{"name": "p", "slots": 1}], variables=[]
    )
    assert http.requests[1].path == "/api/v2/pools/p"


def test_what_was_applied_is_noted_for_the_owner_and_is_no_change(
    http: ScriptedServer, run_module: ModuleRunner
) -> None:
    """Also what is as declared already, so that pruning can begin later."""
    http.begin(VERSION, Reply(200, POOL), NO_MEMORIES, NO_MEMORY, NOTED)
    pools = [{"name": "p", "slots": 1}]
    run = run_module("airflow_settings", diff=True, airflow_url=http.url, airflow_token="t", pools=pools)
    assert http.requests[2].target.endswith("variable_key_pattern=windsock_applied_%25")
    body = http.requests[-1].body
    assert read_memories([stored(VARIABLE, body["key"], value=body["value"])], "default").own == {"pool": {"p"}}
    assert (run.result["changed"], run.result["changes"], run.result["diff"]) == (False, [], [])
    assert MEMORY not in run.everything


@pytest.mark.parametrize(
    "options",
    [{"check_mode": True}, {"owner": ""}],
    ids=["check", "no owner"],
)
def test_without_a_real_run_or_an_owner_nothing_is_noted(
    http: ScriptedServer, run_module: ModuleRunner, options: dict[str, t.Any]
) -> None:
    http.begin(VERSION, Reply(200, POOL), *([NO_MEMORIES] if "owner" not in options else []))
    pools = [{"name": "p", "slots": 1}]
    run = run_module("airflow_settings", airflow_url=http.url, airflow_token="t", pools=pools, **options)
    assert run.code == 0
    assert {seen.method for seen in http.requests} == {"GET"}


@pytest.mark.parametrize(
    "declared",
    [{"pools": []}, {"src": [{"path": "a.yml", "text": "pools: []\nvariables:"}]}, {"src": [], "pools": []}],
    ids=["option", "file", "no file"],
)
def test_an_empty_list_declares_a_kind_that_is_pruned_and_null_does_not(
    http: ScriptedServer, run_module: ModuleRunner, declared: dict[str, t.Any]
) -> None:
    pools = [{**POOL, "name": name} for name in ("default_pool", "kept", "p")]
    http.begin(VERSION, Reply(200, {"pools": pools, "total_entries": 3}), NO_MEMORIES, Reply(204))
    access = {"airflow_url": http.url, "airflow_token": "t"}
    options = {"prune": "all", "prune_limit": 1, "protect": ["k*"], "variables": None}
    run = run_module("airflow_settings", **access, **options, **declared)
    assert [(each["id"], each["action"]) for each in run.result["changes"]] == [("p", "delete")]
    assert [(seen.method, seen.path) for seen in http.requests[1:]] == [
        ("GET", "/api/v2/pools"),
        ("GET", "/api/v2/variables"),
        ("DELETE", "/api/v2/pools/p"),
    ]
    assert ("variable_key_pattern", "windsock_applied_%") in http.requests[2].query


def test_a_run_against_airflow_2(http: ScriptedServer, run_module: ModuleRunner) -> None:
    absent = Reply(404, {"type": "stable-rest-api-ref.html#section/Errors/NotFound", "detail": "not there"})
    http.begin(Reply(404, b""), Reply(200, {"version": "2.11.2"}), absent, absent, Reply(200, {"key": "v"}))
    access = {"airflow_url": http.url, "airflow_username": "me", "airflow_password": "pw"}
    run = run_module("airflow_variable", **access, key="v", value={"a": 1})
    assert run.result["airflow"] == {"version": "2.11.2", "api_version": "v1"}
    assert [(seen.method, seen.path) for seen in http.requests[2:]] == [
        ("GET", "/api/v1/variables/v"),
        ("GET", "/api/v1/variables/v"),
        ("POST", "/api/v1/variables"),
    ]
    assert http.requests[-1].body == {"key": "v", "value": '{"a": 1}'}


def test_info(http: ScriptedServer, run_module: ModuleRunner) -> None:
    http.begin(VERSION, Reply(200, {"pools": [POOL], "total_entries": 1}))
    run = run_module("airflow_info", airflow_url=http.url, airflow_token="t", gather_subset=["pools"])
    assert run.result["changed"] is False
    assert run.result["pools"] == [{"name": "p", "slots": 1, "include_deferred": False}]
    assert not {"connections", "variables", "health"} & set(run.result)


def test_info_gathers_all_by_default(http: ScriptedServer, run_module: ModuleRunner) -> None:
    empty = {"connections": [], "variables": [], "pools": [], "total_entries": 0}
    me = Reply(200, {"id": "1", "username": "me"})
    http.begin(VERSION, Reply(200, {"metadatabase": {"status": "healthy"}}), me, *[Reply(200, empty)] * 3)
    run = run_module("airflow_info", airflow_url=http.url, airflow_token="t")
    assert {"health", "healthy", "user", "connections", "variables", "pools", "pool_use"} <= set(run.result)


def component(name: str, status: str | None, heartbeat: str | None = None) -> dict[str, t.Any]:
    return {name: {"status": status, f"latest_{name}_heartbeat": heartbeat}}


@pytest.mark.parametrize(
    ("metadatabase", "scheduler", "triggerer", "dag_processor", "healthy"),
    [
        ("healthy", "healthy", "healthy", "healthy", True),
        ("healthy", "healthy", None, None, True),
        ("healthy", "unhealthy", None, None, False),
        ("healthy", None, "healthy", "healthy", False),
        ("unhealthy", "healthy", "healthy", "healthy", False),
        ("healthy", "healthy", "unhealthy", "healthy", False),
        ("healthy", "healthy", "healthy", "unhealthy", False),
    ],
)
def test_info_tells_whether_all_is_healthy(
    http: ScriptedServer,
    run_module: ModuleRunner,
    metadatabase: str,
    scheduler: str | None,
    triggerer: str | None,
    dag_processor: str | None,
    healthy: bool,
) -> None:
    told = {"metadatabase": {"status": metadatabase}, **component("scheduler", scheduler, "2026-01-01T00:00:00Z")}
    told |= component("triggerer", triggerer) | component("dag_processor", dag_processor)
    http.begin(VERSION, Reply(200, told))
    run = run_module("airflow_info", airflow_url=http.url, airflow_token="t", gather_subset=["health"])
    assert run.result["healthy"] is healthy
    assert run.result["health"] == {
        "metadatabase": {"status": metadatabase, "latest_heartbeat": None},
        "scheduler": {"status": scheduler, "latest_heartbeat": "2026-01-01T00:00:00Z"},
        "triggerer": {"status": triggerer, "latest_heartbeat": None},
        "dag_processor": {"status": dag_processor, "latest_heartbeat": None},
    }


def test_info_tells_of_components_that_airflow_leaves_out_or_adds(http: ScriptedServer, run_module: ModuleRunner) -> None:
    http.begin(VERSION, Reply(200, {"metadatabase": {"status": "healthy"}, "edge": {"status": "unhealthy"}}))
    run = run_module("airflow_info", airflow_url=http.url, airflow_token="t", gather_subset=["health"])
    assert [*run.result["health"]] == ["metadatabase", "scheduler", "triggerer", "dag_processor", "edge"]
    assert run.result["health"]["triggerer"] == {"status": None, "latest_heartbeat": None}
    assert run.result["healthy"] is False


def test_info_tells_the_use_of_pools_beside_them(http: ScriptedServer, run_module: ModuleRunner) -> None:
    use = {
        "occupied_slots": 3,
        "running_slots": 2,
        "queued_slots": 1,
        "scheduled_slots": 4,
        "deferred_slots": 0,
        "open_slots": -1,
    }
    http.begin(VERSION, Reply(200, {"pools": [{**POOL, **use}], "total_entries": 1}))
    run = run_module("airflow_info", airflow_url=http.url, airflow_token="t", gather_subset=["pools"])
    assert run.result["pools"] == [{"name": "p", "slots": 1, "include_deferred": False}]
    assert run.result["pool_use"] == {"p": use}


def test_info_returns_what_the_patterns_are_about(http: ScriptedServer, run_module: ModuleRunner) -> None:
    variables = [{"key": key, "value": "x"} for key in ("etl_1", "etlx", "ETL_2")]
    pools = Reply(200, {"pools": [POOL], "total_entries": 1})
    http.begin(VERSION, pools, Reply(200, {"variables": variables, "total_entries": 3}))
    run = run_module(
        "airflow_info",
        airflow_url=http.url,
        airflow_token="t",
        gather_subset=["variables", "pools"],
        patterns={"variables": ["etl_*", "nothing*"]},
    )
    assert [each["key"] for each in run.result["variables"]] == ["etl_1"]
    assert [each["name"] for each in run.result["pools"]] == ["p"]


@pytest.mark.parametrize(
    ("patterns", "told"),
    [
        ({"connections": ["a"]}, "patterns.connections: connections are not in gather_subset"),
        ({"dags": ["a"]}, "dags"),
        ("a", "patterns"),
        ({"pools": {"a": 1}}, "pools"),
    ],
)
def test_info_refuses_patterns_that_cannot_be_meant(run_module: ModuleRunner, patterns: t.Any, told: str) -> None:
    given = {"airflow_url": unused_url(), "airflow_token": "t", "gather_subset": ["pools"], "patterns": patterns}
    run = run_module("airflow_info", **given)
    assert run.result["failed"] and told in run.result["msg"]
    assert "fault of windsock.airflow" not in run.result["msg"]


def test_info_masks_what_airflow_2_does_not(http: ScriptedServer, run_module: ModuleRunner) -> None:
    values = {
        "my_Password": CANARY,
        "plain": json.dumps({"a": [{"api_key": CANARY, "b": 1}], "c": "é"}),
        "json": '{"a":1}',
        "text": "x",
        "my_token": "",
    }
    entries = [{"key": key, "value": value} for key, value in values.items()]
    http.begin(Reply(404, {}), VERSION_2, Reply(200, {"variables": entries, "total_entries": 5}))
    run = run_module("airflow_info", airflow_url=http.url, airflow_token="t", gather_subset=["variables"])
    assert {each["key"]: each["value"] for each in run.result["variables"]} == {
        "my_Password": "***",
        "plain": '{"a": [{"api_key": "***", "b": 1}], "c": "é"}',
        "json": '{"a":1}',
        "text": "x",
        "my_token": "",
    }
    assert CANARY not in run.everything


def test_the_hint_is_a_warning(http: ScriptedServer, run_module: ModuleRunner) -> None:
    http.begin(VERSION, Reply(200, {"key": "v", "value": "***"}), Reply(200, {"key": "v"}))
    run = run_module("airflow_variable", airflow_url=http.url, airflow_token="t", key="v", secret_value=CANARY)
    # In the result; where a test has loaded Ansible's controller into this process too, on the screen.
    assert "update_secrets=on_create" in run.everything.replace("\n", "")


def test_null_lists_are_left_out(http: ScriptedServer, run_module: ModuleRunner) -> None:
    http.begin(VERSION, NO_MEMORIES)
    nulls: dict[str, t.Any] = {"connections": None, "variables": None, "pools": None, "src": None}
    assert run_module("airflow_settings", airflow_url=http.url, airflow_token="t", **nulls).result["changed"] is False


# The ways out


def test_all_that_is_wrong_is_told_before_the_first_request(http: ScriptedServer, run_module: ModuleRunner) -> None:
    run = run_module(
        "airflow_settings",
        airflow_url=http.url,
        airflow_username="u",
        timeout=0,
        connections=[{"connection_id": "pg", "port": 70000}],
        pools=[{"name": "p", "slots": -2}],
    )
    assert (run.code, run.result["failed"]) == (1, True)
    first, *lines = run.result["msg"].splitlines()
    assert first.startswith("4 faults")
    assert [re.sub("[^:]*: ", "", line, count=1).split(":")[0] for line in lines if "'" in line] == ["slots", "port"]
    assert any("airflow_password: is missing" in line for line in lines)
    assert any("timeout: must be 1 or more" in line for line in lines)
    assert [(each["kind"], each["id"]) for each in run.result["failures"]] == [
        (None, None),
        (None, None),
        ("pool", "p"),
        ("connection", "pg"),
    ]


def test_wrong_options_for_pruning_are_told_with_everything_else(run_module: ModuleRunner) -> None:
    run = run_module(
        "airflow_settings",
        prune="owned",
        prune_limit=-1,
        owner="",
        pools=[{"name": "p", "slots": -2}, {"name": "windsock", "slot": 1}],
    )
    assert run.code == 1
    assert run.result["msg"].splitlines()[0].startswith("5 faults")
    for told in (
        "prune_limit: must be 0 or more",
        "owner: is needed for prune=owned",
        "airflow_url: ",
        "slots: ",
        "slot",
    ):
        assert f"- {told}" in run.result["msg"] or f": {told}" in run.result["msg"]


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"prune": "some"}, "prune"),
        ({"prune": None}, "prune"),
        ({"prune_limit": "many"}, "prune_limit"),
        ({"prune_limit": None}, "prune_limit"),
        ({"protect": {"a": 1}}, "protect"),
        ({"owner": "x" * 101}, "owner: must have no more than 100 characters"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_each_wrong_option_for_pruning_is_told(run_module: ModuleRunner, wrong: dict[str, t.Any], told: str) -> None:
    run = run_module("airflow_settings", **ACCESS, airflow_url="http://127.0.0.1:1", retries=-1, **wrong)
    assert told in run.result["msg"]
    assert "retries: must be 0 or more" in run.result["msg"]
    assert len(run.result["failures"]) == 2


@pytest.mark.parametrize("letter", ["x", "ä", "あ", "😀"], ids=ascii)
def test_the_longest_owner_fits_into_a_key_of_airflow(run_module: ModuleRunner, letter: str) -> None:
    """A key has two characters for each byte of the owner, and Airflow takes 250."""
    params = {"airflow_url": "http://127.0.0.1:1", "airflow_token": "t", "retries": -1}
    taken = [
        length
        for length in (1, 28, 29, 38, 39, 58, 59, 60)
        if "owner: " not in run_module("airflow_settings", **params, owner=letter * length).result["msg"]
    ]
    assert len(key_of(letter * max(taken))) <= 250


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"timeout": "nonsense"}, "timeout"),
        ({"validate_certs": "nonsense"}, "validate_certs"),
        ({"validate_certs": None}, "validate_certs"),
        ({"api_version": "v9"}, "api_version"),
        ({"update_secrets": "sometimes"}, "update_secrets"),
        ({"enforce_defaults": [1]}, "enforce_defaults"),
        ({"pasword": "CANARY"}, "pasword: unknown option, did you mean"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_what_ansible_itself_refuses_is_told_with_everything_else(
    run_module: ModuleRunner, wrong: dict[str, t.Any], told: str
) -> None:
    run = run_module(
        "airflow_connection", airflow_url="nonsense", connection_id="a b", port=-1, password=CANARY, **wrong
    )
    assert run.code == 1
    assert told in run.result["msg"]
    for also in ("airflow_url: ", "connection_id: ", "port: "):
        assert also in run.result["msg"]
    assert len(run.result["failures"]) == 4
    assert_no_canary(run.everything)


def test_a_missing_id_is_told_with_everything_else(run_module: ModuleRunner) -> None:
    run = run_module("airflow_pool", slots=-2)
    assert all(told in run.result["msg"] for told in ("name", "slots: ", "airflow_url: "))


@pytest.mark.parametrize("name", [["a"], {"a": 1}, True, 1.5], ids=str)
def test_an_id_is_not_made_text_of_anything(run_module: ModuleRunner, name: t.Any) -> None:
    run = run_module("airflow_pool", airflow_url="http://a", airflow_token="t", name=name, slots=1)
    assert "name: must be text" in run.result["msg"]


@pytest.mark.parametrize("words", [{"conn_id": "pg"}, {"connection_id": "pg", "conn_id": "pg"}], ids=["alias", "both"])
def test_the_alias_of_the_id(http: ScriptedServer, run_module: ModuleRunner, words: dict[str, t.Any]) -> None:
    http.begin(VERSION, Reply(404, {"detail": "was not found"}))
    run = run_module("airflow_connection", airflow_url=http.url, airflow_token="t", state="absent", **words)
    assert run.result["changed"] is False
    assert http.requests[-1].path == "/api/v2/connections/pg"


def test_an_id_and_an_alias_that_differ_are_refused(run_module: ModuleRunner) -> None:
    run = run_module("airflow_connection", airflow_url="http://a", airflow_token="t", connection_id="a", conn_id="b")
    assert "given twice" in run.result["msg"]


def test_a_server_fault_is_one_sentence(run_module: ModuleRunner, pauses: list[float]) -> None:
    run = run_module("airflow_info", airflow_url=unused_url(), airflow_token="t")
    assert run.code == 1
    assert "nobody answers there" in run.result["msg"]
    assert "\n" not in run.result["msg"]
    assert_no_canary(run.everything)


def test_a_missing_client_is_told_as_ansible_does(run_module: ModuleRunner, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> t.NoReturn:
        raise ClientMissing("CANARY")

    monkeypatch.setattr(_transport, "load_client", missing)
    run = run_module("airflow_info", airflow_url="http://a", airflow_token="t")
    assert run.result["msg"] == basic.missing_required_lib("apache-airflow-client >= 3.0")
    assert_no_canary(run.everything)


def test_a_missing_hvac_is_told_as_ansible_does(run_module: ModuleRunner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "hvac", None)
    access = {"airflow_token": "t", "vault": {"url": "http://127.0.0.1:1", "token": "CANARY"}}
    with ScriptedServer() as server:
        server.begin(VERSION, Reply(404, {"detail": "not found"}))
        secret = {"vault": "team/db", "key": "pw"}
        run = run_module("airflow_variable", airflow_url=server.url, key="v", secret_value=secret, **access)
        server.verify()
    assert run.result["msg"] == basic.missing_required_lib("hvac >= 2.0", reason="for references to Vault")
    assert_no_canary(run.everything)


def _boom(*_arguments: t.Any, **_named: t.Any) -> t.NoReturn:
    raise RuntimeError(f"{CANARY} is what I choked on")


@pytest.mark.parametrize(
    ("place", "name"),
    [
        (_engine, "make_plan"),
        (_engine, "apply"),
        (_engine, "make_report"),
        (_report, "_diff"),
        (_airflow, "read_access"),
        (_airflow, "connect"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_fault_of_our_own_is_one_sentence_without_the_exceptions_text(
    http: ScriptedServer, run_module: ModuleRunner, monkeypatch: pytest.MonkeyPatch, place: t.Any, name: str
) -> None:
    http.begin(VERSION, NO_POOL, Reply(201, POOL))
    monkeypatch.setattr(place, name, _boom)
    run = run_module("airflow_pool", diff=True, airflow_url=http.url, airflow_token="t", name="p", slots=1)
    http.script.clear()
    assert run.code == 1
    assert re.fullmatch(
        r"This is a fault of windsock\.airflow: RuntimeError at test_module\.py:\d+\. .*", run.result["msg"]
    )
    assert_no_canary(run.everything)


def test_a_fault_of_our_own_while_all_faults_are_gathered_shows_nothing_either(
    run_module: ModuleRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_airflow, "read_access", _boom)
    run = run_module("airflow_pool", name="p", nonsense=CANARY, airflow_password=CANARY)
    assert run.code == 1
    assert_no_canary(run.everything)


# Nothing of what is withheld comes out


@pytest.mark.parametrize("module", SECRETS)
@pytest.mark.parametrize("check_mode", [True, False], ids=["check", "real"])
def test_success_shows_no_secret(http: ScriptedServer, run_module: ModuleRunner, module: str, check_mode: bool) -> None:
    connection = {"connection_id": "pg", "conn_type": "postgres", "password": "***", "extra": '{"old": "CANARY"}'}
    variable = {"key": "v", "value": "CANARY-old"}
    found = {
        "airflow_connection": [connection],
        "airflow_variable": [variable],
        "airflow_settings": [variable, connection],
    }
    writes = [] if check_mode else [Reply(200, each) for each in found[module]]
    looked, noted = ([NO_MEMORIES], [NO_MEMORY, NOTED]) if module == "airflow_settings" else ([], [])
    reads = [*(Reply(200, each) for each in found[module]), *looked]
    http.begin(VERSION, *reads, *writes, *([] if check_mode else noted))
    run = run_module(module, airflow_url=http.url, diff=True, check_mode=check_mode, **ACCESS, **SECRETS[module])
    assert run.result["changed"] is True
    assert_no_canary(run.everything)
    if not check_mode:
        written = [seen.content.decode() for seen in http.requests[1 + len(reads) :]]
        assert all("CANARY" in each for each in written[: len(writes)])
        assert not any("CANARY" in each for each in written[len(writes) :])


@pytest.mark.parametrize("module", SECRETS)
@pytest.mark.parametrize(
    "wrong",
    [{"nonsense": CANARY}, {"retries": -1}, {"timeout": []}, {"airflow_username": "u"}, {"api_version": "v9"}],
    ids=lambda value: str(value)[:24],
)
def test_refusals_show_no_secret(run_module: ModuleRunner, module: str, wrong: dict[str, t.Any]) -> None:
    run = run_module(module, airflow_url="http://127.0.0.1:1", diff=True, **{**ACCESS, **SECRETS[module], **wrong})
    assert run.code == 1
    assert_no_canary(run.everything)


@pytest.mark.parametrize("module", SECRETS)
@pytest.mark.parametrize(
    "body",
    [
        {"detail": f"cannot take {CANARY}"},
        {"detail": [{"loc": ["body"], "msg": "bad", "input": CANARY}]},
        CANARY.encode(),
    ],
    ids=["reason", "input", "page"],
)
def test_what_the_server_repeats_shows_no_secret(
    http: ScriptedServer, run_module: ModuleRunner, module: str, body: t.Any
) -> None:
    objects = 2 if module == "airflow_settings" else 1
    looked = [NO_MEMORIES] if module == "airflow_settings" else []
    http.begin(VERSION, *[Reply(404, {"detail": "was not found"})] * objects, *looked, *[Reply(422, body)] * objects)
    run = run_module(module, airflow_url=http.url, diff=True, **ACCESS, **SECRETS[module])
    assert run.code == 1
    assert len(run.result["failures"]) == objects
    assert_no_canary(run.everything)


@pytest.mark.parametrize("option", ["airflow_password", "airflow_token", "airflow_headers", "proxy_url", "airflow_url"])
def test_how_to_reach_the_deployment_shows_no_secret(
    run_module: ModuleRunner, pauses: list[float], option: str
) -> None:
    values = {
        "airflow_headers": {"X": "CANARY"},
        "proxy_url": "http://u:CANARY@127.0.0.1:1",
        "airflow_url": "http://u:CANARY@h",
    }
    given = {"airflow_url": unused_url(), option: values.get(option, "CANARY")}
    if option == "airflow_password":
        given["airflow_username"] = "u"
    run = run_module("airflow_info", retries=0, **given)
    assert run.code == 1
    assert_no_canary(run.everything)


def test_the_invocation_names_what_was_given_and_shows_what_is_no_secret(run_module: ModuleRunner) -> None:
    run = run_module(
        "airflow_settings",
        airflow_url="http://a",
        pools=[{"name": "p"}] * 3,
        timeout="5",
        airflow_token=CANARY,
        retries=-1,
    )
    shown = run.result["invocation"]["module_args"]
    assert (shown["airflow_url"], shown["pools"], shown["timeout"], shown["retries"]) == (
        "http://a",
        "(3 entries)",
        5,
        -1,
    )
    assert shown["airflow_token"] == "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"


def test_to_the_system_log_goes_the_modules_name_only(run_module: ModuleRunner, http: ScriptedServer) -> None:
    http.begin(VERSION, Reply(404, {"detail": "was not found"}))
    run = run_module(
        "airflow_variable", airflow_url=http.url, airflow_token="t", key="a-key", state="absent", check_mode=True
    )
    assert run.code == 0
    logged = "\n".join(run_module.logged)
    assert "airflow_variable" in logged
    assert "a-key" not in logged
    assert "timeout" not in logged


@pytest.mark.parametrize(
    ("module", "option"),
    [("airflow_pool", "airflow_url"), ("airflow_secrets_backend", "astro_url"), ("airflow_secrets_backend", "aws_endpoint_url")],
)
@pytest.mark.parametrize("address", [{"x": "CANARY"}, ["CANARY"], "http://u:CANARY@h", "http://h/?t=CANARY"])
def test_an_address_that_may_hold_a_secret_is_not_shown(run_module: ModuleRunner, module: str, option: str, address: t.Any) -> None:
    words = {"target": "ssm", "connections_prefix": "a"} if module == "airflow_secrets_backend" else {"name": "p"}
    run = run_module(module, **{**words, option: address})
    assert run.code == 1
    assert_no_canary(run.everything)
