# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Declarations are written to Vault in the layout of Airflow's VaultBackend, and never over what somebody else wrote."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import vault_ways
from fault_proxy import FaultProxy
from harness import Place
from place_steps import CANARY, STEPS

from ansible_collections.windsock.airflow.plugins.module_utils import _engine

MOUNTS = {"layout2": 2, "deep/layout1": 1}


@pytest.fixture(params=[*MOUNTS], ids=["kv2", "kv1"])
def mount(request: pytest.FixtureRequest, root: Any) -> Iterator[str]:
    root.sys.enable_secrets_engine("kv", path=request.param, options={"version": str(MOUNTS[request.param])})
    yield request.param
    root.sys.disable_secrets_engine(request.param)


@pytest.fixture
def kv2(root: Any) -> Iterator[str]:
    root.sys.enable_secrets_engine("kv", path="only2", options={"version": "2"})
    yield "only2"
    root.sys.disable_secrets_engine("only2")


def place_at(mount: str, vault_proxy: FaultProxy, root: Any, **more: Any) -> Place:
    where = {"connections_path": "airflow/connections", "variables_path": "airflow/variables", "mount": mount}
    return Place(target="vault", vault={"url": vault_proxy.url, "token": root.token}, **where, **more)


@pytest.fixture
def place(mount: str, vault_proxy: FaultProxy, root: Any) -> Place:
    return place_at(mount, vault_proxy, root)


@pytest.fixture
def place2(kv2: str, vault_proxy: FaultProxy, root: Any) -> Place:
    return place_at(kv2, vault_proxy, root)


def kept(root: Any, mount: str, path: str) -> dict[str, Any]:
    if MOUNTS.get(mount) == 1:
        return root.secrets.kv.v1.read_secret(f"airflow/{path}", mount)["data"]
    return root.secrets.kv.v2.read_secret_version(f"airflow/{path}", mount_point=mount)["data"]["data"]


def version_of(root: Any, mount: str, path: str) -> int:
    return root.secrets.kv.v2.read_secret_metadata(f"airflow/{path}", mount_point=mount)["data"]["current_version"]


def writes(proxy: FaultProxy) -> list[str]:
    return [request.path for request in proxy.requests if request.is_write and "/auth/" not in request.path]


def test_twelve_steps(place: Place, vault_proxy: FaultProxy, root: Any, mount: str) -> None:
    for step, (declared, actions) in STEPS.items():
        for _twice in range(2):
            vault_proxy.reset()
            check = place(check=True, **declared)
            assert (check.actions, writes(vault_proxy)) == (actions, []), step
        real = place(**declared)
        assert real.actions == actions and not real.failed, step
        assert CANARY not in repr((real.result, real.report.diff(), real.report.hints)), step
        vault_proxy.reset()
        again = place(**declared)
        assert (again.changed, writes(vault_proxy)) == (False, []), step
        if step == "create":
            assert kept(root, mount, "connections/c") == {
                "conn_type": "http", "host": "h", "password": CANARY, "extra": f'{{"k": "{CANARY}"}}'
            }  # fmt: skip
            assert kept(root, mount, "variables/folder/v") == {"value": f'{{"a": "{CANARY}"}}'}
            assert kept(root, mount, "variables/w") == {"value": "x"}
            assert any("description" in hint for hint in real.report.hints)
        if step == "modify":
            found = kept(root, mount, "connections/c")
            assert found == {"conn_type": "http", "host": "other", "extra": f'{{"k": "{CANARY}"}}'}


def test_what_was_deleted_is_created_anew(place: Place) -> None:
    declared = {"variables": [{"key": "v", "value": "1"}]}
    place(**declared)
    place(variables=[{"key": "v", "state": "absent"}])
    assert place.settles(**declared).actions == {"v": "create"}


def test_a_deletion_can_be_undone(place2: Place, root: Any, kv2: str) -> None:
    place2(variables=[{"key": "v", "value": "1"}])
    place2(variables=[{"key": "v", "state": "absent"}])
    root.secrets.kv.v2.undelete_secret_versions("airflow/variables/v", versions=[1], mount_point=kv2)
    assert kept(root, kv2, "variables/v") == {"value": "1"}


def test_nothing_is_read_that_nobody_declares(place: Place, vault_proxy: FaultProxy) -> None:
    place(variables=[{"key": f"v{number}", "value": "1"} for number in range(6)])
    vault_proxy.reset()
    place(variables=[{"key": f"v{number}", "value": "1"} for number in range(4)])
    assert not [request for request in vault_proxy.requests if request.method == "LIST"]
    assert len([request for request in vault_proxy.requests if "airflow/variables/v" in request.path]) == 4


# Others


MEANWHILE = {"create": {}, "update": {"value": "old"}, "delete": {"value": "old"}}


@pytest.mark.parametrize("action", [*MEANWHILE])
def test_what_somebody_else_writes_meanwhile_stays(
    place2: Place, root: Any, kv2: str, monkeypatch: pytest.MonkeyPatch, action: str
) -> None:
    kv, path = root.secrets.kv.v2, "airflow/variables/v"
    if MEANWHILE[action]:
        kv.create_or_update_secret(path, MEANWHILE[action], mount_point=kv2)
    apply = _engine.apply

    def after_somebody_else(*arguments: Any) -> Any:
        kv.create_or_update_secret(path, {"value": "theirs"}, mount_point=kv2)
        return apply(*arguments)

    monkeypatch.setattr(_engine, "apply", after_somebody_else)
    one = {"key": "v", "state": "absent"} if action == "delete" else {"key": "v", "value": "ours"}
    run = place2(variables=[one, {"key": "w", "value": "1"}] if action != "delete" else [one])
    assert run.failed and "somebody else wrote" in run.failures[0]["reason"]
    assert kept(root, kv2, "variables/v") == {"value": "theirs"}


def test_a_conn_uri_is_read_and_becomes_fields_when_it_changes(place2: Place, root: Any, kv2: str) -> None:
    kv = root.secrets.kv.v2
    kv.create_or_update_secret("airflow/connections/c", {"conn_uri": f"http://u:{CANARY}@h:1/s"}, mount_point=kv2)
    declared = {"connection_id": "c", "conn_type": "http", "login": "u", "port": 1}
    assert not place2(connections=[declared]).changed
    assert version_of(root, kv2, "connections/c") == 1
    place2(connections=[{**declared, "port": 2}])
    assert kept(root, kv2, "connections/c") == {
        "conn_type": "http", "host": "h", "login": "u", "password": CANARY, "schema": "s", "port": 2
    }  # fmt: skip


def test_what_else_stands_beside_a_value_stays(place2: Place, root: Any, kv2: str) -> None:
    kv = root.secrets.kv.v2
    kv.create_or_update_secret("airflow/variables/v", {"value": "1", "note": "mine"}, mount_point=kv2)
    place2(variables=[{"key": "v", "value": "2"}])
    assert kept(root, kv2, "variables/v") == {"value": "2", "note": "mine"}


def test_no_id_leads_out_of_its_folder(place2: Place, root: Any, kv2: str) -> None:
    """What is to be absent there is not there, whatever stands where its path would lead."""
    root.secrets.kv.v2.create_or_update_secret("airflow/other/x", {"value": "of others"}, mount_point=kv2)
    assert not place2(variables=[{"key": "../other/x", "state": "absent"}]).changes
    assert kept(root, kv2, "other/x") == {"value": "of others"}


def test_a_type_that_only_airflow_3_corrects_is_written(place2: Place, root: Any, kv2: str) -> None:
    stored = {"conn_type": "google-cloud-platform", "host": "h"}
    root.secrets.kv.v2.create_or_update_secret("airflow/connections/g", stored, mount_point=kv2)
    declared = [{"connection_id": "g", "conn_type": "google_cloud_platform", "host": "h"}]
    assert place2(connections=declared).actions and not place2(connections=declared).actions
    assert kept(root, kv2, "connections/g") == {**stored, "conn_type": "google_cloud_platform"}


@pytest.mark.parametrize("secret", [{"host": CANARY, "what": CANARY}, {"conn_uri": CANARY}, {"extra": "[", "host": CANARY}])
def test_what_airflow_cannot_read_is_somebody_elses(place2: Place, root: Any, kv2: str, secret: dict[str, Any]) -> None:
    kv = root.secrets.kv.v2
    kv.create_or_update_secret("airflow/connections/c", secret, mount_point=kv2)
    told = place2.fault(connections=[{"connection_id": "c", "conn_type": "http"}])
    assert "connection 'c'" in told and "delete it there first" in told and CANARY not in told
    run = place2(connections=[{"connection_id": "d", "conn_type": "http"}], prune="all")
    assert run.actions == {"d": "create"}
    assert any("left alone: 'c'" in hint for hint in run.report.hints)
    assert kept(root, kv2, "connections/c") == secret


# Pruning


def test_prune_all_with_its_guards(place: Place) -> None:
    place(variables=[{"key": key, "value": "1"} for key in ("a", "b", "c/d", "keep")])
    assert "prune_limit" in place.refused(variables=[{"key": "a", "value": "1"}], prune="all", prune_limit=1)
    run = place(variables=[{"key": "a", "value": "1"}], prune="all", protect=["keep"])
    assert run.actions == {"b": "delete", "c/d": "delete"}


def test_prune_owned_knows_what_it_applied(place: Place) -> None:
    place(variables=[{"key": "theirs", "value": "1"}])
    place(variables=[{"key": key, "value": "1"} for key in ("a", "b")], owner="ours")
    run = place(variables=[{"key": "a", "value": "1"}], owner="ours", prune="owned")
    assert run.actions == {"b": "delete"}
    assert not place(variables=[{"key": "a", "value": "1"}], owner="ours", prune="owned").changed
    assert "owner" in place.refused(variables=[], prune="owned")


# What goes wrong


def test_rights_are_told_by_path(kv2: str, vault_proxy: FaultProxy, root: Any) -> None:
    root.sys.create_or_update_policy("reads-only2", f'path "{kv2}/*" {{ capabilities = ["read", "list"] }}')
    option = {"url": vault_proxy.url, **vault_ways.approle(root, policies=["reads-only2"])}
    place = Place(target="vault", vault=option, mount=kv2, variables_path="airflow/variables")
    assert place(check=True, variables=[{"key": "v", "value": CANARY}]).actions == {"v": "create"}
    run = place(variables=[{"key": "v", "value": CANARY}])
    assert run.failed
    assert f'`path "{kv2}/data/airflow/variables/v" {{ capabilities = ["create", "update"] }}`' in run.msg
    assert CANARY not in run.msg


def test_the_token_is_revoked_at_the_end(place2: Place, kv2: str, vault_proxy: FaultProxy, root: Any) -> None:
    root.sys.create_or_update_policy("all-only2", f'path "{kv2}/*" {{ capabilities = ["create", "read", "update", "delete"] }}')
    option = {"url": vault_proxy.url, **vault_ways.approle(root, policies=["all-only2", "default"])}
    vault_proxy.reset()
    Place(target="vault", vault=option, mount=kv2, variables_path="v")(variables=[{"key": "v", "value": "1"}])
    paths = [request.path for request in vault_proxy.requests]
    assert paths.count("/v1/auth/approle/login") == 1 and paths[-1] == "/v1/auth/token/revoke-self"


def test_one_that_fails_does_not_keep_the_others_from_being_written(place2: Place, vault_proxy: FaultProxy) -> None:
    vault_proxy.answer(400, '{"errors": ["no"]}', method="POST", path="variables/bad", times=None)
    vault_proxy.answer(400, '{"errors": ["no"]}', method="PUT", path="variables/bad", times=None)
    keys = [f"v{number}" for number in range(20)]
    run = place2(variables=[{"key": key, "value": "1"} for key in ("bad", *keys)])
    assert run.failed and run.changed
    assert {each["id"] for each in run.failures} == {"bad"}
    assert run.actions == dict.fromkeys(keys, "create")


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"connections_path": ""}, "connections_path: is missing"),
        ({"connections_path": "../x"}, "connections_path: must be a path"),
        ({"connections_path": "x", "variables_path": "/x/"}, "another folder"),
        ({"connections_path": "x", "path": "/tmp/x"}, "path: is not for target=vault"),
        ({"connections_path": "x", "vault": {"url": "http://v", "token": "t", "tokn": "x"}}, "vault"),
        ({"target": "valt"}, "target: must be one of"),
    ],
)
def test_wrong_options_cost_no_request(options: dict[str, Any], told: str) -> None:
    place = Place(**{"target": "vault", "vault": {"url": "http://127.0.0.1:9", "token": "t"}, **options})
    assert told in place.refused(variables=[{"key": "v", "value": "1"}])


def test_what_cannot_be_kept_there_is_refused_at_once(place2: Place, vault_proxy: FaultProxy) -> None:
    vault_proxy.reset()
    told = place2.refused(
        connections=[{"connection_id": "c", "conn_type": "google-cloud"}, {"connection_id": "t", "conn_type": "x", "team_name": "a"}],
        variables=[{"key": "a/../b", "value": "1"}, {"key": "/a", "value": "1"}],
        pools=[{"name": "p", "slots": 1}],
    )
    assert "4 faults" in told and "google_cloud" in told and "team_name" in told
    assert not writes(vault_proxy)


def test_an_engine_that_is_no_kv_is_not_written_to(root: Any, vault_proxy: FaultProxy) -> None:
    place = place_at("cubbyhole", vault_proxy, root)
    assert "cubbyhole" in place.fault(variables=[{"key": "v", "value": "1"}])
