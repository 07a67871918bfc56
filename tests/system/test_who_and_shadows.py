# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who wrote what differs last, and what lies over it, on real servers."""

from __future__ import annotations

from typing import Any

import pytest
import vault_ways
from airflow_generations import password_of
from airflow_server import AirflowServer
from fault_proxy import FaultProxy
from harness import Engine, Playbook
from raw_api import Api, raw_api
from stored import Stored

KINDS = ("connections", "variables", "pools")


@pytest.fixture(scope="module")
def somebody(server: AirflowServer) -> Api:
    """The API as another user than the engine's."""
    return raw_api(server, ("op2", password_of("op2")))


def declared(name: str) -> dict[str, list[dict[str, Any]]]:
    return {
        "connections": [{"connection_id": f"{name}{each}", "conn_type": "http", "host": "h"} for each in "abcd"],
        "variables": [{"key": f"{name}{each}", "value": "v"} for each in "abcd"],
        "pools": [{"name": f"{name}{each}", "slots": 1} for each in "abcd"],
    }


def users(run: Any) -> dict[str, str | None]:
    written = {f"{each['kind']} {each['id'][-1]}": each["written"] for each in run.changes}
    assert all(each is None or each["certain"] for each in written.values()), written
    return {place: each and each["user"] for place, each in written.items()}


def test_who_wrote_what_differs(engine: Engine, api: Api, somebody: Api, proxy: FaultProxy, name: str) -> None:
    engine(**declared(name))
    for kind, fields in (("connections", {"host": "x"}), ("variables", {"value": "x"}), ("pools", {"slots": 7})):
        somebody.update(kind, f"{name}a", **fields)
        somebody.delete(kind, [f"{name}b"])
        api.update(kind, f"{name}c", **fields)
    proxy.reset()
    run = engine(check=True, audit_log=True, **declared(name))
    assert not proxy.writes
    kinds = [kind.removesuffix("s") for kind in KINDS]
    assert users(run) == {f"{kind} {each}": {"a": "op2", "b": "op2", "c": "admin"}[each] for kind in kinds for each in "abc"}
    first = run.changes[0]["written"]
    assert set(first) == {"user", "when", "event", "certain"} and first["when"] > "2026"
    again = engine(audit_log=True, **declared(name))
    assert users(again) == users(run), "a real run tells who wrote before it"


def test_the_command_line_is_told_too(engine: Engine, stored: Stored, name: str) -> None:
    engine(**declared(name))
    stored.session("variables", "set", f"{name}a", "x")
    stored.session("pools", "set", f"{name}a", "3", "by hand")
    run = engine(check=True, audit_log=True, **declared(name))
    written = {each["kind"]: each["written"] for each in run.changes}
    assert {kind: each["event"] for kind, each in written.items()} == {"variable": "cli_variables_set", "pool": "cli_pool_set"}
    assert all(each["user"] for each in written.values())


def test_what_nobody_wrote_has_no_writer(engine: Engine, name: str) -> None:
    run = engine(check=True, audit_log=True, pools=[{"name": f"{name}never", "slots": 1}])
    assert [each["written"] for each in run.changes] == [None]


def test_a_log_that_may_not_be_read_is_a_note(engine: Engine, proxy: FaultProxy, name: str) -> None:
    proxy.answer(403, path="/eventLogs")
    run = engine(check=True, audit_log=True, pools=[{"name": f"{name}p", "slots": 1}])
    assert [each["written"] for each in run.changes] == [None]
    assert any("audit log cannot be read" in hint for hint in run.report.hints)


# Shadows


@pytest.mark.servers("3.3")
def test_what_lies_over_objects(playbook: Playbook, root: Any, vault_proxy: FaultProxy, name: str) -> None:
    canary = "CANARY-Sh4d0w"
    for path in (f"{name}connections/{name}b", f"{name}variables/deep/{name}c"):
        root.secrets.kv.v2.create_or_update_secret(path, {"conn_uri": canary, "value": canary})
    played = playbook(
        {
            "airflow_settings": {
                "connections": [{"connection_id": f"{name}{each}", "conn_type": "http"} for each in "ab"],
                "variables": [{"key": f"deep/{name}c", "value": "v"}, {"key": f"{name}d", "value": "v"}],
                "shadows": {
                    "env_files": ["airflow.env"],
                    "environment": [f"AIRFLOW_VAR_{name.upper()}D"],
                    "vault": {"connections_path": f"{name}connections", "variables_path": f"{name}variables"},
                },
                "vault": {"url": vault_proxy.url, "token": root.token},
            }
        },
        options=("--check", "-vvv"),
        files={"airflow.env": f"# ours\nAIRFLOW_CONN_{name.upper()}A={canary}\nOTHER={canary}\n"},
    )
    assert played.code == 0, played.console
    assert sorted(played.result["shadowed"], key=str) == [
        {"kind": "connection", "id": f"{name}a", "by": f"environment variable AIRFLOW_CONN_{name.upper()}A"},
        {"kind": "connection", "id": f"{name}b", "by": f"secret {name}connections/{name}b in Vault"},
        {"kind": "variable", "id": f"deep/{name}c", "by": f"secret {name}variables/deep/{name}c in Vault"},
        {"kind": "variable", "id": f"{name}d", "by": f"environment variable AIRFLOW_VAR_{name.upper()}D"},
    ]
    assert not [place for place, text in played.everything().items() if canary in text]


@pytest.mark.servers("3.3")
def test_without_the_right_to_list_nobody_can_say(playbook: Playbook, root: Any, vault_proxy: FaultProxy, name: str) -> None:
    root.sys.create_or_update_policy("read-only-data", 'path "secret/data/*" { capabilities = ["read"] }')
    option = {"url": vault_proxy.url, **vault_ways.approle(root, policies=["read-only-data"])}
    task = {
        "airflow_settings": {
            "connections": [{"connection_id": f"{name}a", "conn_type": "http"}],
            "shadows": {"vault": {"connections_path": name}},
            "vault": option,
        }
    }
    played = playbook(task, options=("--check",))
    assert played.code == 0, played.console
    assert played.result["shadowed"] == []
    (warning,) = played.result["warnings"]
    assert "cannot be said" in warning and f'path "secret/metadata/{name}/"' in warning


@pytest.mark.servers("3.3")
def test_shadows_of_a_vault_need_a_vault(playbook: Playbook, name: str) -> None:
    task = {"airflow_settings": {"connections": [], "shadows": {"vault": {"connections_path": name}, "env_files": ["none"]}}}
    played = playbook(task, options=("--check",), environ={"VAULT_ADDR": "", "VAULT_TOKEN": ""})
    assert played.code != 0
    assert "vault.url" in played.result["msg"] and "env_files none: there is no such file" in played.result["msg"]


@pytest.mark.servers("3.3")
@pytest.mark.parametrize("version", ["1", "2"])
def test_the_folders_of_both_versions_of_kv_are_listed(
    playbook: Playbook, root: Any, vault_proxy: FaultProxy, name: str, version: str
) -> None:
    mount = f"{name}kv{version}"
    root.sys.enable_secrets_engine("kv", path=mount, options={"version": version})
    try:
        kv = root.secrets.kv.v1 if version == "1" else root.secrets.kv.v2
        kv.create_or_update_secret(f"airflow/connections/{name}a", secret={"conn_uri": "http://h"}, mount_point=mount)
        task = {
            "airflow_settings": {
                "connections": [{"connection_id": f"{name}{each}", "conn_type": "http"} for each in "ab"],
                "shadows": {"vault": {"connections_path": "airflow/connections", "mount": mount}},
                "vault": {"url": vault_proxy.url, "token": root.token},
            }
        }
        played = playbook(task, options=("--check",))
        assert played.code == 0, played.console
        assert [each["id"] for each in played.result["shadowed"]] == [f"{name}a"]
    finally:
        root.sys.disable_secrets_engine(mount)
