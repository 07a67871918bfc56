# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Secrets by reference: from a real OpenBao into a real Airflow."""

from __future__ import annotations

import json

import pytest


@pytest.fixture
def kept(root, name):
    """Secrets of the test's own: kept(path=..., **values) returns the path."""

    def keep(path: str = "secret", **values):
        root.secrets.kv.v2.create_or_update_secret(f"{name}/{path}", values)
        return f"{name}/{path}"

    return keep


def test_references_wherever_a_secret_may_stand(engine, stored, name, kept, vault_option):
    path = kept(password="PW 'quo\"te", token="TOK", nested={"a": [1, "b"]}, uri="http://u:p@h:1/s?x=y")
    run = engine.settles(
        vault=vault_option,
        update_secrets="on_change",
        fingerprint_key="k" * 20,
        connections=[
            {
                "connection_id": f"{name}c",
                "conn_type": "http",
                "password": {"vault": path, "key": "password"},
                "extra": {"timeout": 5},
                "secret_extra": {
                    "deep": {"er": [{"vault": path, "key": "token"}, "plain"]},
                    "whole": {"vault": path, "key": "nested"},
                },
            },
            {"connection_id": f"{name}u", "uri": {"vault": path, "key": "uri"}},
        ],
        variables=[
            {"key": f"{name}v", "secret_value": {"vault": path, "key": "token"}},
            {"key": f"{name}j", "secret_value": {"user": "me", "token": {"vault": path, "key": "token"}}},
        ],
    )
    assert {action for action in run.actions.values()} == {"create"}
    connection = stored.connection(f"{name}c")
    assert connection["password"] == "PW 'quo\"te"
    assert connection["extra_dejson"] == {
        "timeout": 5, "deep": {"er": ["TOK", "plain"]}, "whole": {"a": [1, "b"]},
    }
    assert (stored.connection(f"{name}u")["login"], stored.connection(f"{name}u")["password"]) == ("u", "p")
    assert stored.variable(f"{name}v") == "TOK"
    assert json.loads(stored.variable(f"{name}j")) == {"user": "me", "token": "TOK"}
