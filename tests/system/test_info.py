# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What airflow_info tells of a deployment, on each version of Airflow."""

from __future__ import annotations

import base64
import contextlib
import json
import sqlite3
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from airflow_server import AirflowServer
from fault_proxy import FaultProxy

from ansible_collections.windsock.airflow.plugins.module_utils._airflow import connect
from ansible_collections.windsock.airflow.plugins.module_utils._airflow._access import read_access
from ansible_collections.windsock.airflow.plugins.module_utils._arguments import ACCESS, GATHER
from ansible_collections.windsock.airflow.plugins.module_utils._faults import ServerFault
from ansible_collections.windsock.airflow.plugins.module_utils._jobs._info import Info

DEFAULTS = {name: spec.get("default") for name, spec in (ACCESS + GATHER).options.items()}
Told = Callable[..., dict[str, Any]]


@pytest.fixture
def info(server: AirflowServer, proxy: FaultProxy) -> Told:
    """The job of the module in this process: subsets, and any option by its name."""
    def told(*subset: str, **options: Any) -> dict[str, Any]:
        user = dict(zip(("airflow_username", "airflow_password"), server.admin, strict=True))
        access = {} if "airflow_token" in options or "airflow_username" in options else user
        params = {**DEFAULTS, "airflow_url": proxy.url, **access, **options, "gather_subset": [*subset] or ["all"]}
        work = Info().prepare({}, params)
        return work(connect(read_access(params, {})), False).result

    return told


def asked(proxy: FaultProxy) -> list[str]:
    """What was asked for below the API."""
    paths = [request.path for request in proxy.requests]
    return [path.split("/", 3)[3] for path in paths if path.startswith("/api/") and not path.endswith("/version")]


def test_the_health_is_told_in_the_same_words(info):
    """Of a server that has no scheduler."""
    told = info("health", "pools")
    nothing = {"status": None, "latest_heartbeat": None}
    assert told["health"] == {
        "metadatabase": {"status": "healthy", "latest_heartbeat": None},
        "scheduler": {"status": "unhealthy", "latest_heartbeat": None},
        "triggerer": nothing, "dag_processor": nothing,
    }
    assert told["healthy"] is False


# -- who is signed in


@pytest.mark.servers("3.3")
@pytest.mark.parametrize("who", ["admin", "viewer"])
def test_airflow_tells_who_is_signed_in(info, server, who):
    name, password = getattr(server, who)
    assert info("user", airflow_username=name, airflow_password=password)["user"] == {"name": name, "source": "airflow"}
    assert info("user", airflow_token=token(server, name, password))["user"] == {"name": name, "source": "airflow"}
    with pytest.raises(ServerFault, match="airflow_username"):
        info("user", airflow_username=name, airflow_password="wrong-password")


@pytest.mark.servers("3.0")
def test_airflow_3_0_tells_it_to_nobody(info, server, proxy):
    """It answers with a page for browsers. The token knows."""
    name, password = server.viewer
    told = info("user", airflow_username=name, airflow_password=password)["user"]
    assert told == {"name": name, "source": "airflow_username"}
    assert info("user", airflow_token=token(server, name, password))["user"] == {"name": name, "source": "token"}


@pytest.mark.servers("2")
def test_on_airflow_2_the_username_is_all_that_is_known(info, server, proxy):
    name, password = server.viewer
    told = info("user", airflow_username=name, airflow_password=password)["user"]
    assert told == {"name": name, "source": "airflow_username"}
    assert asked(proxy) == []


@pytest.mark.servers("3")
def test_a_token_that_airflow_does_not_take(info, server):
    """Where Airflow is asked, nobody is said to be signed in; else what the token says, which is told as its word."""
    header, _claims, signature = token(server, *server.admin).split(".")
    claims = base64.urlsafe_b64encode(json.dumps({"sub": "mallory"}).encode()).decode().rstrip("=")
    told = info("user", airflow_token=f"{header}.{claims}.{signature}")["user"]
    assert told in (None, {"name": "mallory", "source": "token"})
    assert told is None or not server.version.startswith("3.3")


def test_nobody_is_signed_in(info):
    assert info("user", "health", airflow_token=None, airflow_username="", airflow_password="")["user"] is None


def test_a_token_of_another_kind_says_nothing(info):
    assert info("user", airflow_token="no-jwt-at-all")["user"] is None


def token(server: AirflowServer, name: str, password: str) -> str:
    body = json.dumps({"username": name, "password": password}).encode()
    request = urllib.request.Request(f"{server.url}/auth/token", body, {"Content-Type": "application/json"})
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=60) as answer:
        return json.load(answer)["access_token"]


# -- patterns


@pytest.fixture
def some(engine, name) -> str:
    engine(
        connections=[{"connection_id": f"{name}{each}", "conn_type": "http", "extra": {"n": each}} for each in ("a1", "a2", "b")],
        variables=[{"key": f"{name}{each}", "value": each} for each in ("a1", "a2", "b", "a/1", "A1")],
        pools=[{"name": f"{name}{each}", "slots": 1} for each in ("a1", "a 2", "a/3", "b")],
        owner="",
    )
    return name


def ids(told: dict[str, Any]) -> dict[str, list[str]]:
    identity = {"connections": "connection_id", "variables": "key", "pools": "name"}
    return {plural: sorted(each[word] for each in told[plural]) for plural, word in identity.items() if plural in told}


def test_patterns_choose(info, proxy, some):
    """An extra is there on each version, and only of what is chosen it is read, where the list does not show it."""
    proxy.reset()
    told = info("connections", "variables", "pools", patterns={
        "connections": [f"{some}a*"], "variables": [f"{some}a?", f"{some}?/[0-9]"], "pools": [f"{some}a*"]})
    assert ids(told) == {
        "connections": [f"{some}a1", f"{some}a2"],
        "variables": [f"{some}a/1", f"{some}a1", f"{some}a2"],
        "pools": [f"{some}a 2", f"{some}a/3", f"{some}a1"],
    }
    assert {each["connection_id"]: each["extra"] for each in told["connections"]} == {
        f"{some}a1": {"n": "a1"}, f"{some}a2": {"n": "a2"}}
    assert sorted(told["pool_use"]) == ids(told)["pools"]
    assert [path for path in asked(proxy) if path.endswith(f"{some}b")] == []


def test_a_plain_id_is_read_alone(info, proxy, some):
    proxy.reset()
    told = info("connections", "variables", "pools", patterns={
        "connections": [f"{some}a1", f"{some}none"], "variables": [f"{some}b"], "pools": [f"{some}b"]})
    assert ids(told) == {"connections": [f"{some}a1"], "variables": [f"{some}b"], "pools": [f"{some}b"]}
    assert told["connections"][0]["extra"] == {"n": "a1"}
    assert sorted(asked(proxy)) == sorted([
        f"connections/{some}a1", f"connections/{some}none", f"variables/{some}b", f"pools/{some}b"])


@pytest.mark.parametrize("odd", ["", ".", "..", "a/b", "é", "a b", "a%", "[", "[!a]x", "\\"])
def test_an_odd_pattern_is_no_fault(info, some, odd):
    everything = ("connections", "variables", "pools")
    assert ids(info(*everything, patterns=dict.fromkeys(everything, [odd]))) == dict.fromkeys(everything, [])
    chosen = ids(info("variables", "pools", patterns={"variables": [f"{some}a/1"], "pools": [f"{some}a/3", f"{some}a 2"]}))
    assert chosen == {"variables": [f"{some}a/1"], "pools": [f"{some}a 2", f"{some}a/3"]}


@pytest.mark.servers("3")
def test_a_pattern_of_variables_lists_no_others(info, proxy, some):
    """Of thousands, Airflow sends those that begin so."""
    proxy.reset()
    info("variables", patterns={"variables": [f"{some}a*"]})
    (request,) = [request for request in proxy.requests if request.path.endswith("/variables")]
    assert f"variable_key_pattern={some}a%25" in request.query


# -- pools and their use


@contextlib.contextmanager
def busy(server: AirflowServer, pool: str) -> Iterator[None]:
    """Task instances in a pool, as a scheduler leaves them in Airflow's database."""
    states = ["running", "running", "queued", "scheduled", "deferred"]
    with contextlib.closing(sqlite3.connect(server.home / "airflow.db", timeout=60)) as database:
        columns = database.execute("PRAGMA table_info(task_instance)").fetchall()
        needed = {name: 0 if kind.startswith("INT") else "" for _n, name, kind, required, default, _key in columns
                  if required and default is None}
        for number, state in enumerate(states):
            row = {**needed, "task_id": f"busy{number}", "dag_id": "busy", "run_id": "busy", "pool": pool,
                   "pool_slots": number + 1, "state": state, "map_index": number}
            if any(name == "id" for _n, name, *_others in columns):
                row["id"] = f"{number:032x}"
            marks = ", ".join("?" * len(row))
            database.execute(f"INSERT INTO task_instance ({', '.join(row)}) VALUES ({marks})", [*row.values()])
        database.commit()
        try:
            yield
        finally:
            database.execute("DELETE FROM task_instance WHERE dag_id = 'busy'")
            database.commit()


@pytest.mark.parametrize("deferred", [False, True])
def test_the_use_of_pools(info, engine, server, name, deferred):
    pool = f"{name}p"
    engine(pools=[{"name": pool, "slots": 20, "include_deferred": deferred}], owner="")
    with busy(server, pool):
        told = info("pools")
    occupied = 1 + 2 + 3 + (5 if deferred else 0)
    assert told["pool_use"][pool] == {
        "occupied_slots": occupied, "running_slots": 3, "queued_slots": 3, "scheduled_slots": 4, "deferred_slots": 5,
        "open_slots": 20 - occupied}
    assert told["pool_use"]["default_pool"]["occupied_slots"] == 0
    (found,) = [each for each in told["pools"] if each["name"] == pool]
    assert found == {"name": pool, "slots": 20, "include_deferred": deferred}


@pytest.mark.servers("3.1", "3.2", "3.3")
def test_a_pool_without_a_limit_has_no_number_of_open_slots(info, engine, server, name):
    engine(pools=[{"name": f"{name}p", "slots": -1}], owner="")
    with busy(server, f"{name}p"):
        use = info("pools", patterns={"pools": [f"{name}p"]})["pool_use"][f"{name}p"]
    assert (use["open_slots"], use["occupied_slots"]) == (-1, 6)
