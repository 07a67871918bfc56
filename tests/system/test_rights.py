# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the roles of Airflow may read and write, as the guide page about nightly drift has it."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

import pytest
from airflow_generations import create_users, is_among
from airflow_server import AirflowServer
from guide_pages import Page
from harness import Engine
from raw_api import raw_api

pytestmark = pytest.mark.servers("3.3.2", "2.11.2")

ROLES = ("viewer", "user", "op", "admin")
READ = ("/connections", "/variables", "/pools", "/eventLogs")
OBJECTS = {
    "connections": {"connection_id": "rights", "conn_type": "http"},
    "variables": {"key": "rights", "value": "v"},
    "pools": {"name": "rights", "slots": 1, "include_deferred": False},
}


@pytest.fixture(scope="module")
def peopled(server: AirflowServer) -> Iterator[AirflowServer]:
    """Of the same version, with a user for each role, called like it."""
    peopled = AirflowServer(server.version, roles={role: role for role in ROLES if role not in ("viewer", "admin")})
    try:
        yield peopled.start()
    finally:
        peopled.stop()


def test_rights(peopled: AirflowServer) -> None:
    version3 = is_among(peopled.version, ["3"])
    if not version3:
        for command in Page("nightly").commands("With FAB the right role takes two commands"):
            peopled.cli_session()(*shlex.split(command)[1:])
        create_users(peopled.cli_session(), {"drift": "drift"})
    for kind, body in OBJECTS.items():
        raw_api(peopled).create(kind, body)

    seen = {}
    for role in (*ROLES, *(() if version3 else ("drift",))):
        api = raw_api(peopled, peopled.user(role))
        reads = [api("GET", path)[0] == 200 for path in READ]
        writes = [api("PATCH", f"/{kind}/rights", body)[0] == 200 for kind, body in OBJECTS.items()]
        seen[role] = (*reads, *writes)
    logs = version3
    assert seen == {
        "viewer": (False, False, True, logs, False, False, False),
        "user": (False, False, True, logs, False, False, False),
        "op": (True, True, True, logs, True, True, True),
        "admin": (True,) * 7,
        **({} if version3 else {"drift": (True,) * 4 + (False,) * 3}),
    }

    declared = {kind: [body] for kind, body in OBJECTS.items()}
    for role, rights in seen.items():
        engine = Engine(peopled.url, peopled.user(role))
        if all(rights[:3]):
            run = engine(check=True, audit_log=True, **{**declared, "pools": [{**OBJECTS["pools"], "slots": 3}]})
            assert (run.changes[0]["written"] is not None) == rights[3], role
            assert any("audit log cannot be read" in hint for hint in run.report.hints) != rights[3], role
        else:
            assert "no right to" in engine.fault(check=True, **declared), role
