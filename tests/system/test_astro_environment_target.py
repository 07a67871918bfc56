# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Declarations are written to Astro's Environment Manager, or what stands in for it (tests/support/astro_stand_in.py)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from astro_stand_in import AstroStandIn
from fault_proxy import FaultProxy
from harness import Place, Playbook

CANARY = "CANARY-Env1"
PATH = "/v1/organizations/org1/environment-objects"


@pytest.fixture(params=[True, False], ids=["shown", "hidden"])
def astro(request: pytest.FixtureRequest) -> Iterator[AstroStandIn]:
    """Where secrets are shown, and where the organization forbids that."""
    with AstroStandIn(shows_secrets=request.param, null_empties=True) as astro:
        yield astro


@pytest.fixture
def open_astro() -> Iterator[AstroStandIn]:
    with AstroStandIn() as astro:
        yield astro


@pytest.fixture
def astro_proxy(request: pytest.FixtureRequest) -> Iterator[FaultProxy]:
    name = "open_astro" if "open_astro" in request.fixturenames else "astro"
    with FaultProxy(request.getfixturevalue(name).url) as proxy:
        yield proxy


@pytest.fixture
def place(astro_proxy: FaultProxy) -> Place:
    return place_of(astro_proxy)


def place_of(proxy: FaultProxy, **more: Any) -> Place:
    where = {} if "astro_workspace" in more else {"astro_deployment": "dep1"}
    return Place(
        target="astro_environment", astro_url=proxy.url, astro_token=AstroStandIn.token, astro_organization="org1", **where, **more
    )


STEPS: dict[str, tuple[dict[str, Any], dict[str, str], set[str]]] = {
    # The last: what is written once more where secrets are hidden.
    "create": (
        {
            "connections": [
                {"connection_id": "c", "conn_type": "http", "host": "h", "port": 1, "password": CANARY, "secret_extra": {"K": CANARY}},
                {"connection_id": "open", "conn_type": "ftp"},
            ],
            "variables": [{"key": "v", "secret_value": {"a": CANARY}}, {"key": "w", "value": "x", "description": "d"}],
        },
        {"c": "create", "open": "create", "v": "create", "w": "create"},
        {"c", "v"},
    ),
    "modify": (
        {
            "connections": [{"connection_id": "c", "host": "", "port": 0, "extra": {}}, {"connection_id": "open", "login": "l"}],
            "variables": [{"key": "v", "secret_value": f"{CANARY}2"}, {"key": "w", "value": "y"}],
        },
        {"c": "update", "open": "update", "v": "update", "w": "update"},
        {"v"},
    ),
    "delete": (
        {
            "connections": [{"connection_id": each, "state": "absent"} for each in ("c", "open")],
            "variables": [{"key": "v", "state": "absent"}, {"key": "w", "state": "absent"}],
        },
        {"c": "delete", "open": "delete", "v": "delete", "w": "delete"},
        set(),
    ),
}


def test_twelve_steps(place: Place, astro_proxy: FaultProxy, astro: AstroStandIn) -> None:
    for step, (declared, actions, blind) in STEPS.items():
        for _twice in range(2):
            astro_proxy.reset()
            check = place(check=True, **declared)
            assert (check.actions, astro_proxy.writes) == (actions, []), step
        real = place(**declared)
        assert real.actions == actions and not real.failed, (step, real.msg)
        assert CANARY not in repr((real.result, real.report.diff(), real.report.hints)), step
        astro_proxy.reset()
        again = place(**declared)
        wanted = set() if astro.shows_secrets else blind
        assert set(again.actions) == wanted and len(astro_proxy.writes) == len(wanted), step
        assert all(change["blind"] for change in again.changes)
        assert any("Environment Secrets Fetching" in hint for hint in again.report.hints) != astro.shows_secrets
        if step == "create":
            assert astro.of("c")["connection"] == {
                "type": "http", "host": "h", "port": 1, "password": CANARY, "extra": {"K": CANARY}
            }  # fmt: skip
            assert astro.of("v")["airflowVariable"] == {"value": f'{{"a": "{CANARY}"}}', "isSecret": True}
            assert astro.of("w")["airflowVariable"] == {"value": "x", "isSecret": False}
            assert any("description of 1 variable is left out" in hint for hint in real.report.hints)
        if step == "modify":
            assert {n: v for n, v in astro.of("c")["connection"].items() if v} == {"type": "http", "password": CANARY}
            assert astro.of("v")["airflowVariable"] == {"value": f"{CANARY}2", "isSecret": True}
    assert astro.objects == {}


def test_by_ansible(astro: AstroStandIn, astro_proxy: FaultProxy, tmp_path: Path) -> None:
    declared, _actions, blind = STEPS["create"]
    where = {"target": "astro_environment", "astro_url": f"{astro_proxy.url}/v1/", "astro_deployment": "dep1"}
    task = {"airflow_secrets_backend": {**where, **declared, "astro_token": astro.token}}
    run = Playbook("", ("", ""), tmp_path)(
        {**_as_task(task), "check_mode": True}, task, task, access={}, environ={"ASTRO_ORGANIZATION_ID": "org1"},
        options=("-vvv", "--diff"),
    )  # fmt: skip
    assert run.code == 0, run.console
    told = [{change["id"] for change in result["changes"]} for result in run.results]
    assert told == [{"c", "open", "v", "w"}, {"c", "open", "v", "w"}, set() if astro.shows_secrets else blind]
    assert [result["target"] for result in run.results] == ["Astro's Environment Manager, deployment dep1"] * 3
    for place, text in run.everything().items():
        assert CANARY not in text and astro.token not in text, place


def _as_task(task: dict[str, Any]) -> dict[str, Any]:
    return {f"windsock.airflow.{name}": options for name, options in task.items()}


def test_what_was_deleted_is_created_anew(place: Place, astro: AstroStandIn) -> None:
    place(variables=[{"key": "v", "value": "1"}])
    place(variables=[{"key": "v", "state": "absent"}])
    assert place(variables=[{"key": "v", "value": "2"}]).actions == {"v": "create"}


def test_links_and_their_overrides_stay(open_astro: AstroStandIn, astro_proxy: FaultProxy) -> None:
    links = [{"scope": "DEPLOYMENT", "scopeEntityId": "dep1", "overrides": {"airflowVariable": {"value": CANARY}}}]
    excluded = [{"scope": "DEPLOYMENT", "scopeEntityId": "dep2"}]
    open_astro.put(
        "v", "WORKSPACE", "ws1", airflowVariable={"value": "1", "isSecret": False}, links=links, excludeLinks=excluded,
        autoLinkDeployments=True, description="theirs",
    )  # fmt: skip
    run = place_of(astro_proxy, astro_workspace="ws1")(variables=[{"key": "v", "value": "2"}])
    assert run.actions == {"v": "update"} and not run.failed, run.msg
    found = open_astro.of("v", "WORKSPACE")
    assert found["airflowVariable"]["value"] == "2"
    assert (found["links"], found["excludeLinks"], found["autoLinkDeployments"]) == (links, excluded, True)


def test_only_what_is_the_deployments_own_is_seen(open_astro: AstroStandIn, astro_proxy: FaultProxy) -> None:
    linked = [{"scope": "DEPLOYMENT", "scopeEntityId": "dep1"}]
    open_astro.put("v", "WORKSPACE", "ws1", airflowVariable={"value": "1", "isSecret": False}, links=linked)
    open_astro.put("v", entity="dep2", airflowVariable={"value": "2", "isSecret": False})
    run = place_of(astro_proxy)(variables=[{"key": "v", "value": "3"}], prune="all")
    assert run.actions == {"v": "create"}
    assert sorted(each["airflowVariable"]["value"] for each in open_astro.objects.values()) == ["1", "2", "3"]


def test_objects_of_a_workspace_are_linked_if_so_told(open_astro: AstroStandIn, astro_proxy: FaultProxy) -> None:
    place_of(astro_proxy, astro_workspace="ws1", astro_auto_link=True)(variables=[{"key": "a", "value": "1"}])
    place_of(astro_proxy, astro_workspace="ws1")(variables=[{"key": "b", "value": "1"}])
    assert open_astro.of("a", "WORKSPACE")["autoLinkDeployments"] is True
    assert "autoLinkDeployments" not in open_astro.of("b", "WORKSPACE")


def test_pages() -> None:
    with AstroStandIn(most=3) as astro, FaultProxy(astro.url) as proxy:
        variables = [{"key": f"v{number}", "value": "1"} for number in range(10)]
        place_of(proxy)(variables=variables)
        proxy.reset()
        assert not place_of(proxy)(variables=variables).changed
        assert len(proxy.requests) == 4


def test_what_astro_does_not_empty_is_told(open_astro: AstroStandIn, astro_proxy: FaultProxy) -> None:
    place = place_of(astro_proxy)
    place(connections=[{"connection_id": "c", "conn_type": "http", "port": 1, "host": "h"}])
    run = place(connections=[{"connection_id": "c", "port": 0, "host": ""}])
    assert run.failed and "keeps port" in run.msg


def test_a_secret_stays_one(open_astro: AstroStandIn, astro_proxy: FaultProxy) -> None:
    place = place_of(astro_proxy)
    open_astro.put("v", airflowVariable={"value": "1", "isSecret": False})
    run = place(variables=[{"key": "v", "secret_value": CANARY}])
    assert any("'v' is no secret" in hint for hint in run.report.hints)
    assert "means no change" in place.refused(variables=[{"key": "w", "secret_value": ""}])
    open_astro.put("w", airflowVariable={"value": CANARY, "isSecret": True})
    for check in (True, False):
        told = place.fault(check=check, variables=[{"key": "w", "value": ""}])
        assert "variable 'w'" in told and "delete it first" in told and CANARY not in told
    assert place(variables=[{"key": "w", "value": "", "state": "absent"}]).actions == {"w": "delete"}
    assert place.settles(variables=[{"key": "w", "value": ""}]).actions == {"w": "create"}


def test_the_way_of_signing_in_is_kept(open_astro: AstroStandIn, astro_proxy: FaultProxy) -> None:
    open_astro.put("c", connection={"type": "http", "connectionAuthType": {"id": "basic", "parameters": []}})
    place_of(astro_proxy)(connections=[{"connection_id": "c", "host": "h"}])
    (written,) = astro_proxy.writes
    assert b'"authTypeId": "basic"' in written.body


# Pruning


def test_prune_with_its_guards(place: Place, astro: AstroStandIn) -> None:
    place(variables=[{"key": key, "value": "1"} for key in ("a", "b", "c", "keep")])
    assert "prune_limit" in place.refused(variables=[{"key": "a", "value": "1"}], prune="all", prune_limit=1)
    run = place(variables=[{"key": "a", "value": "1"}], prune="all", protect=["keep"])
    assert run.actions == {"b": "delete", "c": "delete"}


def test_prune_owned_knows_what_it_applied(place: Place, astro: AstroStandIn) -> None:
    place(variables=[{"key": "theirs", "value": "1"}])
    place(variables=[{"key": key, "value": "1"} for key in ("a", "b")], owner="ours")
    run = place(variables=[{"key": "a", "value": "1"}], owner="ours", prune="owned")
    assert run.actions == {"b": "delete"}
    assert not place(variables=[{"key": "a", "value": "1"}], owner="ours", prune="owned").changed


# What goes wrong


@pytest.mark.parametrize(
    ("status", "told"),
    [
        (401, "does not accept astro_token (HTTP 401"),
        (403, "astro_token has no right to (HTTP 403"),
        (404, "there is no such organization, deployment or object"),
        (500, "answers HTTP 500"),
    ],
)
def test_refusals_are_sentences_without_secrets(open_astro: AstroStandIn, astro_proxy: FaultProxy, status: int, told: str) -> None:
    place = place_of(astro_proxy)
    astro_proxy.answer(status, f'{{"message": "no: {CANARY}"}}', method="GET", times=None)
    fault = place.fault(variables=[{"key": "v", "secret_value": CANARY}])
    assert told in fault and "holds a secret and is not shown" in fault and CANARY not in fault
    astro_proxy.reset()
    astro_proxy.answer(status, f'{{"message": "no: {AstroStandIn.token}"}}', method="POST", times=None)
    run = place(variables=[{"key": "v", "secret_value": CANARY}, {"key": "w", "value": "1"}])
    assert run.failed and told in run.msg and CANARY not in run.msg and AstroStandIn.token not in run.msg


def test_what_is_not_astro_is_told(open_astro: AstroStandIn, astro_proxy: FaultProxy) -> None:
    place = place_of(astro_proxy)
    for body, told in ((CANARY, "not JSON"), (f'{{"a": "{CANARY}"}}', "no list of environment objects")):
        astro_proxy.answer(200, body, method="GET", times=1)
        fault = place.fault(variables=[{"key": "v", "value": "1"}])
        assert told in fault and CANARY not in fault
    astro_proxy.answer(302, "", headers={"Location": "https://elsewhere.example.com/x"}, times=1)
    assert "https://elsewhere.example.com" in place.fault(variables=[{"key": "v", "value": "1"}])


def test_a_lost_answer_to_a_creation_is_looked_after(open_astro: AstroStandIn, astro_proxy: FaultProxy) -> None:
    astro_proxy.lose_answer(method="POST", times=1)
    run = place_of(astro_proxy)(variables=[{"key": "v", "value": "1"}])
    assert not run.failed and run.actions == {"v": "create"}
    assert len(open_astro.objects) == 1


def test_one_that_fails_does_not_keep_the_others_from_being_written(open_astro: AstroStandIn, astro_proxy: FaultProxy) -> None:
    open_astro.put("bad", airflowVariable={"value": "1", "isSecret": False})
    astro_proxy.answer(400, '{"message": "no"}', method="POST", path="/id1$", times=None)
    run = place_of(astro_proxy)(variables=[{"key": key, "value": "2"} for key in ("a", "bad", "z")])
    assert run.failed and {each["id"] for each in run.failures} == {"bad"}
    assert run.actions == {"a": "create", "z": "create"}


WHERE = {"astro_deployment": "d1", "astro_organization": "o1", "astro_token": "t"}


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"astro_token": None}, "astro_token: is missing"),
        ({"astro_token": f"{CANARY}\n"}, "astro_token: holds a line break"),
        ({"astro_token": [CANARY]}, "astro_token: must be text"),
        ({"astro_organization": None}, "astro_organization: is missing"),
        ({"astro_organization": "../x"}, "astro_organization: must be an id"),
        ({"astro_deployment": None}, "astro_workspace: is missing, or astro_deployment"),
        ({"astro_workspace": "w"}, "astro_workspace: cannot be given together"),
        ({"astro_auto_link": True}, "astro_auto_link: is for the objects of a workspace"),
        ({"astro_url": f"https://u:{CANARY}@x"}, "astro_url: must be an address"),
        ({"astro_url": "ftp://x"}, "astro_url: must be an address"),
        ({"ca_path": "/nowhere.pem"}, "ca_path: there is no readable file"),
        ({"path": "/tmp/x"}, "path: is not for target=astro_environment"),
    ],
)
def test_wrong_options_cost_no_request(options: dict[str, Any], told: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ASTRO_API_TOKEN", raising=False)
    monkeypatch.delenv("ASTRO_ORGANIZATION_ID", raising=False)
    fault = Place(**{"target": "astro_environment", **WHERE, **options}).refused(variables=[{"key": "v", "value": "1"}])
    assert told in fault and CANARY not in fault


def test_the_environment_names_the_token_and_the_organization(monkeypatch: pytest.MonkeyPatch, open_astro: AstroStandIn) -> None:
    """But not for another address than Astronomer's: what it holds is for nobody else."""
    monkeypatch.setenv("ASTRO_API_TOKEN", CANARY)
    monkeypatch.setenv("ASTRO_ORGANIZATION_ID", "org1")
    monkeypatch.setenv("ASTRO_WORKSPACE_ID", "not this one")
    told = Place(target="astro_environment", astro_url=open_astro.url, astro_deployment="dep1").refused(variables=[])
    assert "astro_token: is missing" in told and "One fault" in told
    place = Place(target="astro_environment", astro_url=open_astro.url, astro_deployment="dep1", astro_token=open_astro.token)
    assert place(variables=[{"key": "v", "value": "1"}]).changed
