# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What goes over the wire: check mode writes nothing and tells the truth, and requests are few."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

pytestmark = pytest.mark.servers("3.3")


def shape(proxy: Any) -> Counter[str]:
    return Counter(f"{request.method} {request.path}" for request in proxy.requests)


MODULES = {
    "airflow_connection": ("connection", {"connection_id": "{}c", "conn_type": "http", "host": "a", "password": "pw-12345"}),
    "airflow_variable": ("variable", {"key": "{}v", "value": "1"}),
    "airflow_pool": ("pool", {"name": "{}p", "slots": 2}),
    "airflow_settings": ("settings", {
        "connections": [{"connection_id": f"{{}}{i}", "conn_type": "http"} for i in range(3)],
        "variables": [{"key": f"{{}}{i}", "value": [i]} for i in range(3)],
        "pools": [{"name": f"{{}}{i}", "slots": i} for i in range(3)],
    }),
}


def filled(value: Any, prefix: str) -> Any:
    if isinstance(value, dict):
        return {key: filled(item, prefix) for key, item in value.items()}
    if isinstance(value, list):
        return [filled(item, prefix) for item in value]
    return value.replace("{}", prefix) if isinstance(value, str) else value


@pytest.mark.parametrize("state", ["present", "absent"])
def test_check_mode_sends_no_write_and_predicts_the_real_run(playbook, proxy, api, name, state):
    tasks = [{module: filled(options, name)} for module, (_kind, options) in MODULES.items()]
    if state == "absent":
        assert playbook(*tasks).code == 0
        api("PATCH", f"/connections/{name}1", {"connection_id": f"{name}1", "conn_type": "ftp"})
        tasks = [{module: without_fields(options)} for task in tasks for module, options in task.items()]
        proxy.reset()
    tasks.append({"airflow_info": {}})
    predicted = playbook(*tasks, options=("--check", "--diff"))
    assert predicted.code == 0, predicted.console
    assert proxy.writes == []
    assert {request.method for request in proxy.requests} == {"GET", "POST"}
    assert {request.path for request in proxy.requests if request.method == "POST"} == {"/auth/token"}
    done = playbook(*tasks, options=("--diff",))
    assert done.code == 0, done.console
    assert proxy.writes
    for before, after in zip(predicted.results[:-1], done.results[:-1], strict=True):
        assert before["changed"] and after["changed"]
        assert {key: before[key] for key in ("changes", "summary", "diff")} == {
            key: after[key] for key in ("changes", "summary", "diff")}
    assert not predicted.results[-1]["changed"] and not done.results[-1]["changed"]


def without_fields(options: dict[str, Any]) -> dict[str, Any]:
    """The same objects, to be absent."""
    named = {key: value for key, value in options.items() if key in ("connection_id", "key", "name")}
    if named:
        return {**named, "state": "absent"}
    return {plural: [without_fields(each) for each in objects] for plural, objects in options.items()}


def test_250_connections(engine, proxy, name, unhurried):
    """Created in bulk; a run without changes lists them in 3 pages; changed in bulk; deleted in bulk."""
    connections = [{"connection_id": f"{name}{i:03}", "conn_type": "http", "host": f"h{i}", "password": f"secret-{i}",
                    "extra": {"n": i}} for i in range(250)]
    assert len(engine(connections=connections, update_secrets="on_create").changes) == 250
    assert len(proxy.writes) <= 5
    proxy.reset()
    quiet = engine(connections=connections, update_secrets="on_create")
    assert not quiet.changed and quiet.result["summary"]["connections"]["unknown"] == 250
    assert shape(proxy) == {"GET /api/v2/version": 1, "POST /auth/token": 1, "GET /api/v2/connections": 3,
                            "GET /api/v2/variables": 1}  # what owners have applied
    proxy.reset()
    changed = [{**each, "host": "other"} if i % 5 == 0 else each for i, each in enumerate(connections)]
    repaired = engine(connections=changed, update_secrets="on_create")
    assert len(repaired.changes) == 50 and {change["action"] for change in repaired.changes} == {"update"}
    assert len(proxy.writes) <= 2
    proxy.reset()
    gone = engine(connections=[{"connection_id": each["connection_id"], "state": "absent"} for each in connections])
    assert len(gone.changes) == 250
    assert len(proxy.writes) <= 3  # two of them, and what the owner has no more


def test_kinds_that_are_not_declared_are_not_asked_for(engine, proxy, name):
    engine(pools=[{"name": f"{name}{i}", "slots": 1} for i in range(3)], owner="")
    assert {request.path for request in proxy.requests} == {"/api/v2/version", "/auth/token", "/api/v2/pools"}


@pytest.mark.parametrize("module", [module for module in MODULES if module != "airflow_settings"])
def test_a_single_module_without_changes_needs_three_requests(engine, proxy, name, module):
    kind, options = MODULES[module]
    declared = filled(options, name)
    engine.one(kind, **declared)
    proxy.reset()
    assert not engine.one(kind, update_secrets="on_create", **declared).changed
    assert [request.method for request in proxy.requests] == ["GET", "POST", "GET"]


def test_a_token_needs_no_sign_in(engine, proxy, api, name):
    engine.one("pool", name=f"{name}p", slots=1, airflow_token=api.token)
    assert "/auth/token" not in {request.path for request in proxy.requests}
