# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What prepares and what witnesses says the same on every version, or no other test there would mean anything."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from airflow_server import AirflowServer
from raw_api import Api
from stored import Stored

STORE = Path(__file__).resolve().parents[1] / "integration" / "targets" / "setup_twelve_steps" / "files" / "store.py"
EXTRA = {"timeout": 5, "nested": {"api_key": "key-in-clear"}}
CONNECTION = {"conn_type": "http", "host": "h", "login": "l", "password": "p-in-clear", "port": 80, "schema": "s",
              "description": "d"}


def test_connections(api: Api, stored: Stored, name: str) -> None:
    api.create("connections", {"connection_id": f"{name}1", **CONNECTION, "extra": json.dumps(EXTRA)},
               {"connection_id": f"{name}2", "conn_type": "ftp"})
    assert api.ids("connections", name) == [f"{name}1", f"{name}2"]
    assert stored.connection(f"{name}1") == {**CONNECTION, "extra": EXTRA}
    assert stored.connection(f"{name}2") == {**dict.fromkeys(CONNECTION), "conn_type": "ftp", "extra": {}}

    api.update("connections", f"{name}1", host="other", password="q")
    assert stored.connection(f"{name}1") == {**CONNECTION, "extra": EXTRA, "host": "other", "password": "q"}
    assert api.get("connections", f"{name}1")["host"] == "other"
    api.update("connections", f"{name}1", extra='{"a": 1}', login=None)
    now = stored.connection(f"{name}1")
    assert (now["extra"], now["login"], now["host"], now["password"]) == ({"a": 1}, None, "other", "q")

    api.delete("connections", [f"{name}1", f"{name}absent"])
    assert api.ids("connections", name) == [f"{name}2"]


def test_variables(api: Api, stored: Stored, name: str) -> None:
    texts = {f"{name}text": "plain", f"{name}json": '{"b":  1.10}', f"{name}like": '{"value": 1, "description": "x"}',
             f"{name}a/b ü": " é\n", f"{name}secret": "abc"}
    api.create("variables", *({"key": key, "value": text, "description": "d"} for key, text in texts.items()))
    assert sorted(api.ids("variables", name)) == sorted(texts)
    assert {key: stored.variable(key) for key in texts} == texts
    now = stored.variables()
    assert now[f"{name}json"] == {"value": {"b": 1.1}, "description": "d"}
    assert now[f"{name}like"] == {"value": {"value": 1, "description": "x"}, "description": "d"}
    assert now[f"{name}a/b ü"] == {"value": " é\n", "description": "d"}

    api.update("variables", f"{name}secret", description="e")
    api.update("variables", f"{name}a/b ü", value="new")
    now = stored.variables()
    assert now[f"{name}secret"] == {"value": "abc", "description": "e"}
    assert now[f"{name}a/b ü"] == {"value": "new", "description": "d"}

    api.create("variables", {"key": f"{name}bare", "value": "v"})
    assert stored.variables()[f"{name}bare"] == {"value": "v", "description": None}
    api.delete("variables", [*texts, f"{name}absent"])
    assert api.ids("variables", name) == [f"{name}bare"]


def test_pools(api: Api, stored: Stored, name: str) -> None:
    api.create("pools", {"name": f"{name}1", "slots": 3, "description": "d", "include_deferred": True},
               {"name": f"{name}a/b", "slots": 4})
    full = {"pool": f"{name}1", "slots": "3", "description": "d", "include_deferred": "True", "team_name": None}
    assert stored.pools()[f"{name}1"] == full
    assert stored.pools()[f"{name}a/b"] == {**full, "pool": f"{name}a/b", "slots": "4", "description": None,
                                            "include_deferred": "False"}
    api.update("pools", f"{name}1", slots=5)
    assert stored.pools()[f"{name}1"] == {**full, "slots": "5"}
    api.update("pools", f"{name}1", description=None, include_deferred=False)
    assert stored.pools()[f"{name}1"] == {**full, "slots": "5", "description": None, "include_deferred": "False"}
    assert sorted(api.ids("pools", name)) == [f"{name}1", f"{name}a/b"]
    api.delete("pools", [f"{name}1", f"{name}a/b", f"{name}absent"])
    assert api.ids("pools", name) == []


@pytest.mark.parametrize(("plural", "words"), [
    ("connections", {"connection_id": "{}x", "conn_type": "http"}),
    ("variables", {"key": "{}x", "value": "v"}),
    ("pools", {"name": "{}x", "slots": 1}),
])
def test_nothing_is_overwritten(api: Api, name: str, plural: str, words: dict[str, Any]) -> None:
    declared = {field: value.format(name) if isinstance(value, str) else value for field, value in words.items()}
    api.create(plural, declared)
    with pytest.raises(AssertionError):
        api.create(plural, declared)
    assert api.ids(plural, name) == [f"{name}x"]


@pytest.mark.servers("2")
def test_a_pool_with_endless_slots_goes_away_too(api: Api, stored: Stored, name: str) -> None:
    """Airflow 2 creates it, answers 500, and no longer lists any pool."""
    assert api("POST", "/pools", {"name": f"{name}endless", "slots": -1})[0] == 500
    assert api("GET", "/pools")[0] == 500
    assert stored.pools()[f"{name}endless"]["slots"] == "-1"
    api.clear(name)
    assert api("GET", "/pools")[0] == 200


def test_many_can_write_at_the_same_time(api: Api, name: str) -> None:
    def connection(number: int) -> None:
        api.create("connections", {"connection_id": f"{name}{number}", "conn_type": "http"})
        api.update("connections", f"{name}{number}", host="h")

    with ThreadPoolExecutor(8) as clients:
        list(clients.map(connection, range(40)))
    assert len(api.ids("connections", name)) == 40


def test_users(server: AirflowServer) -> None:
    def may_read(user: tuple[str, str], plural: str) -> bool:
        """In the simplest words of either API."""
        headers = {"Authorization": f"Basic {base64.b64encode(':'.join(user).encode()).decode()}"}
        if server.generation.api == "/api/v2":
            body = json.dumps({"username": user[0], "password": user[1]}).encode()
            request = urllib.request.Request(f"{server.url}/auth/token", body, {"Content-Type": "application/json"})
            with urllib.request.urlopen(request, timeout=60) as answer:
                headers = {"Authorization": f"Bearer {json.load(answer)['access_token']}"}
        request = urllib.request.Request(f"{server.url}{server.generation.api}/{plural}", headers=headers)
        try:
            urllib.request.urlopen(request, timeout=60).close()
        except urllib.error.HTTPError as refusal:
            assert refusal.code == 403
            return False
        return True

    assert [may_read(user, "connections") for user in (server.admin, server.operator2, server.viewer)] == [1, 1, 0]
    assert may_read(server.viewer, "pools")


def test_the_reader_of_the_integration_targets(server: AirflowServer, api: Api, name: str) -> None:
    api.create("connections", {"connection_id": f"{name}c", **CONNECTION, "extra": json.dumps(EXTRA)})
    api.create("variables", {"key": f"{name}v", "value": "[1,  2]", "description": "d"},
               {"key": f"{name}w", "value": ""})
    api.create("pools", {"name": f"{name}p", "slots": 3})

    def store(*words: str) -> str:
        return subprocess.run([sys.executable, str(STORE), str(server.cli_wrapper()), *words], check=True,
                              stdout=subprocess.PIPE, text=True).stdout

    now = json.loads(store())
    assert now["connections"][f"{name}c"] == {**CONNECTION, "extra": EXTRA}
    assert now["variables"][f"{name}v"] == {"value": "[1,  2]", "description": "d"}
    assert now["variables"][f"{name}w"] == {"value": ""}
    assert now["pools"][f"{name}p"] == {"slots": 3, "include_deferred": False}
    store("--forget", name)
    left = json.loads(store())
    assert not [each for objects in left.values() for each in objects if each.startswith(name)]
