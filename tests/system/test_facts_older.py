# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rows of airflow-api-facts.md that concern Airflow 2 and 3.0 only."""

from __future__ import annotations

from typing import Any

import pytest

QUIET = {"update_secrets": "on_create"}


# -- Airflow 2: reading back


@pytest.mark.servers("2")
def test_a_password_is_not_shown_at_all(engine, proxy, stored, name):
    """`password` is absent in GET: unknown under on_create, written each time under always, never in sync."""
    declared = {"connection_id": f"{name}c", "conn_type": "http", "password": "first-pw"}
    engine.settles(connections=[declared], **QUIET)
    assert engine(connections=[declared], **QUIET).result["summary"]["connections"]["unknown"] == 1
    rotated = engine(connections=[{**declared, "password": "second-pw"}])
    assert rotated.change(f"{name}c")["secrets"] == ["password"]
    assert "update_secrets=on_create" in " ".join(rotated.report.hints)
    assert stored.connection(f"{name}c")["password"] == "second-pw"


@pytest.mark.servers("2")
@pytest.mark.parametrize("policy", ["always", "on_create"])
def test_a_password_to_be_cleared_is_unknown(engine, proxy, api, stored, name, policy):
    """An emptied password is ignored, and nobody can see whether there is one: unknown, and nothing is written."""
    api.create("connections", {"connection_id": f"{name}c", "conn_type": "http", "password": "kept-pw", "description": "d"})
    run = engine(connections=[{"connection_id": f"{name}c", "password": ""}], update_secrets=policy, owner="")
    assert (run.changes, run.result["summary"]["connections"]["unknown"], proxy.writes) == ([], 1, [])
    run = engine(connections=[{"connection_id": f"{name}c", "host": "h"}], enforce_defaults=True, update_secrets=policy)
    assert run.actions == {f"{name}c": "update"}
    now = stored.connection(f"{name}c")
    assert (now["password"], now["host"], now["description"] or None) == ("kept-pw", "h", None)


@pytest.mark.servers("2")
def test_a_password_of_one_letter_bleeds_too(server, engine, api, stored, name):
    """It reads `***` inside other connections, as longer ones do on every version. No drift, no harm."""
    try:
        engine(connections=[{"connection_id": f"{name}owner", "conn_type": "http", "password": "q"}])
        victim = {"connection_id": f"{name}victim", "conn_type": "http", "extra": {"note": "zqz"}}
        engine(connections=[victim])
        api.get("connections", f"{name}owner")
        bled = api.get("connections", f"{name}victim")["extra"]
        assert "z***z" in bled, "this server does not mask so: the test shows nothing"
        assert not engine(connections=[victim], update_secrets="always").changed
        assert stored.connection(f"{name}victim")["extra"] == {"note": "zqz"}
    finally:
        server.restart()  # only so does it forget the letter


@pytest.mark.servers("2")
def test_extra_is_read_alone_only_where_it_is_declared(engine, proxy, api, name):
    """`extra` is absent in the list: one GET for each connection that declares it, none for the others."""
    api.create("connections", *({"connection_id": f"{name}{i}", "conn_type": "http", "extra": '{"a": 1}'} for i in range(6)))
    declared = [{"connection_id": f"{name}{i}", "extra": {"a": 1 if i else 2}} for i in range(2)]
    declared += [{"connection_id": f"{name}{i}", "conn_type": "http"} for i in range(2, 6)]
    run = engine(check=True, connections=declared, owner="")
    assert run.actions == {f"{name}0": "update"} and run.change(f"{name}0")["fields"] == ["extra.a"]
    alone = [request.path.rpartition("/")[2] for request in proxy.requests if "/connections/" in request.path]
    assert sorted(alone) == [f"{name}0", f"{name}1"]


@pytest.mark.servers("2")
def test_a_variable_of_a_secret_looking_key_is_compared(engine, stored, name):
    """Variables read in clear: a rotated secret is found, and an unchanged one is not written."""
    engine.settles(variables=[{"key": f"{name}token", "secret_value": "one-secret"}])
    run = engine.settles(variables=[{"key": f"{name}token", "secret_value": "two-secret"}], **QUIET)
    assert run.change(f"{name}token")["secrets"] == ["value"]
    assert stored.variable(f"{name}token") == "two-secret"


# -- Airflow 2: writing


@pytest.mark.servers("2")
@pytest.mark.parametrize("count", [1, 3])
def test_a_variable_created_meanwhile_is_not_overwritten(engine, proxy, api, stored, name, count):
    """POST of a variable on an existing key overwrites: so it is looked for just before."""
    def raced(forward: Any) -> Any:
        api.create("variables", {"key": f"{name}0", "value": "theirs", "description": "d"})
        return forward()

    # With one object the first GET of it is the reading; with three the reading is a list.
    proxy.add(raced, method="GET", path=f"/variables/{name}0$", after=int(count == 1))
    run = engine(variables=[{"key": f"{name}{i}", "value": "ours"} for i in range(count)])
    assert [failure["id"] for failure in run.failures] == [f"{name}0"]
    assert "somebody else created it" in run.failures[0]["reason"]
    assert stored.variables()[f"{name}0"] == {"value": "theirs", "description": "d"}


@pytest.mark.servers("2")
def test_a_pool_is_never_reset(engine, proxy, stored, name):
    """PATCH of a pool without update_mask resets what is not sent; with it, nothing else changes."""
    engine(pools=[{"name": f"{name}p", "slots": 3, "description": "d", "include_deferred": True}])
    engine.settles(pools=[{"name": f"{name}p", "slots": 4}])
    pool = stored.pools()[f"{name}p"]
    assert (pool["slots"], pool["description"], pool["include_deferred"]) == ("4", "d", "True")
    assert all("update_mask" in request.query for request in proxy.writes if request.method == "PATCH")


@pytest.mark.servers("2")
def test_a_pool_with_a_slash_in_its_name(engine, proxy, api, stored, name):
    """404 on GET, PATCH and DELETE of one: it is found in the list, and a change is refused before anything is written."""
    pool = {"name": f"{name}a/b", "slots": 3}
    engine.settles(pools=[pool])
    proxy.reset()
    for declared, word in (({**pool, "slots": 4}, "update"), ({"name": pool["name"], "state": "absent"}, "delete")):
        told = engine.refused(pools=[declared, {"name": f"{name}other", "slots": 1}])
        assert f"cannot {word} a pool with a slash" in told and pool["name"] in told
    assert proxy.writes == [] and f"{name}other" not in stored.pools()


@pytest.mark.servers("2", "3.0")
def test_descriptions_are_cleared(engine, stored, name):
    """Each the way the server takes it; several at once too."""
    for count in (1, 4):
        declared = {
            "connections": [{"connection_id": f"{name}{i}", "conn_type": "http", "description": "d"} for i in range(count)],
            "variables": [{"key": f"{name}{i}", "value": "x", "description": "d"} for i in range(count)],
            "pools": [{"name": f"{name}{i}", "slots": 2, "include_deferred": True, "description": "d"} for i in range(count)],
        }
        engine(**declared)
        run = engine.settles(**{plural: [{**each, "description": ""} for each in some] for plural, some in declared.items()})
        assert len(run.changes) == 3 * count
        found = [stored.connection(f"{name}0"), stored.variables()[f"{name}0"], stored.pools()[f"{name}0"]]
        assert [each["description"] or None for each in found] == [None, None, None]


@pytest.mark.servers("2", "3.0")
@pytest.mark.parametrize("others", [0, 3])
def test_unlimited_slots_are_refused(engine, proxy, name, others):
    """`slots: -1` would be stored with an answer of 500, and break every later list of pools."""
    pools = [{"name": f"{name}{i}", "slots": 1} for i in range(others)]
    told = engine.refused(pools=[*pools, {"name": f"{name}p", "slots": -1}])
    assert f"{name}p" in told and "slots:" in told and "HTTP 500" in told
    engine(pools=[{"name": f"{name}p", "slots": 1}])
    proxy.reset()
    assert f"{name}p" in engine.refused(pools=[{"name": f"{name}p", "slots": -1}])
    assert proxy.writes == []


@pytest.mark.servers("2", "3.0")
@pytest.mark.parametrize("others", [0, 3])
def test_a_server_that_has_an_unlimited_pool(engine, server, name, others):
    """Every list of pools is a 500 then: said with its reason, and what to do."""
    airflow = server.cli_session()
    airflow("pools", "set", f"{name}u", "-1", "made by hand")
    try:
        pools = [{"name": f"{name}u", "slots": 2}, *({"name": f"{name}{i}", "slots": 1} for i in range(others))]
        told = engine.fault(pools=pools)
        assert "unlimited" in told and "airflow pools set" in told
    finally:
        airflow("pools", "set", f"{name}u", "1", "mended")
    engine.settles(pools=pools)


@pytest.mark.servers("2", "3.0")
@pytest.mark.parametrize("plural", ["connections", "variables", "pools"])
def test_team_names_are_refused(engine, proxy, name, plural):
    """`team_name` sent: 400 or 422. So it is told before anything is written."""
    one = {"connections": {"connection_id": f"{name}o", "conn_type": "http"}, "variables": {"key": f"{name}o", "value": "x"},
           "pools": {"name": f"{name}o", "slots": 1}}[plural]
    assert "team_name" in engine.refused(**{plural: [{**one, "team_name": "blue"}]})
    assert proxy.writes == []
    engine.settles(**{plural: [{**one, "team_name": ""}]})


# -- Airflow 2: signing in


@pytest.mark.servers("2")
def test_wrong_credentials_and_missing_rights(engine, server):
    """Both answer 403 on 2.11, and the sentence names both."""
    pools = [{"name": "default_pool", "slots": 128}]
    told = engine.fault(pools=pools, airflow_username="admin", airflow_password="wrong-password")
    assert "airflow_username" in told or "does not accept the sign-in" in told
    viewer = {"airflow_username": server.viewer[0], "airflow_password": server.viewer[1]}
    told = engine.fault(connections=[{"connection_id": "x", "conn_type": "http"}], **viewer)
    assert "403" in told and "right" in told


@pytest.mark.servers("2")
def test_the_version_is_found_with_one_request_more(engine, proxy):
    pools = [{"name": "default_pool", "slots": 128}]
    counts = []
    for api_version in ("auto", "v1"):
        proxy.reset()
        engine(check=True, pools=pools, api_version=api_version, owner="")
        counts.append(len(proxy.requests))
    assert counts[0] - counts[1] == 1
