# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A server that says back what it was sent, in every form: none of it may stand in a result or a message.

Here in this process, where every form takes no time. What Ansible makes of results and messages, and every other way
for a secret to get out, is looked for by `make leaks`.
"""

from __future__ import annotations

import dataclasses
import json
import sys
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "leaks"))

from canaries import SECRETS, Needles
from echo import FORMS, VAULT_FORMS, echo, vault_echo
from fault_proxy import Answer, FaultProxy
from harness import Engine, Place
from references import passwords, to

from ansible_collections.windsock.airflow.plugins.module_utils._faults import Refused, ServerFault

pytestmark = pytest.mark.servers("3.3")

NEEDLES = Needles(SECRETS)


def leaked(told: str) -> list[tuple[str, str, str]]:
    return list(NEEDLES.found_in(told))


def connection(prefix: str) -> dict[str, Any]:
    return {
        "connection_id": f"{prefix}pem", "conn_type": "http", "host": "h", "password": SECRETS["pem_password"],
        "extra": {"timeout": 5},
        "secret_extra": {name: SECRETS[name] for name in ("leaf", "listed", "deep", "number", "unicode")},
    }


def declared(prefix: str) -> dict[str, Any]:
    """A canary in every place that may hold a secret."""
    passwords = {name: SECRETS[name] for name in ("password", "number", "unicode", "short", "word")}
    return {
        "connections": [
            connection(prefix),
            {"connection_id": f"{prefix}uri", "uri": SECRETS["uri"]},
            *({"connection_id": prefix + name, "conn_type": "http", "password": each} for name, each in passwords.items()),
        ],
        "variables": [
            {"key": prefix + name, "secret_value": SECRETS[name]} for name in ("text", "data", "unicode", "short", "word")
        ],
    }


@pytest.mark.parametrize(("form", "status"), FORMS)
def test_a_server_that_echoes(engine: Engine, proxy: FaultProxy, name: str, form: str, status: int) -> None:
    proxy.add(echo(proxy, form, status), writes_only=True, times=None)
    for run in (engine(**declared(name), retries=0), engine.one("connection", **connection(name), retries=0)):
        assert run.failed and leaked(json.dumps(run.result) + run.msg) == []


@pytest.mark.parametrize(("form", "status"), FORMS[:-1])
def test_a_sign_in_that_echoes(engine: Engine, proxy: FaultProxy, form: str, status: int) -> None:
    proxy.add(echo(proxy, form, status), path="/auth/token", times=None)
    for secret in ("wrong_password", "pem_password", "number", "unicode"):
        told = engine.fault(airflow_username="u", airflow_password=str(SECRETS[secret]),
                            airflow_headers={"X-Gateway": SECRETS["header"]}, retries=0, pools=[])
        assert leaked(told) == []


@pytest.mark.parametrize(("form", "status"), FORMS)
def test_an_astro_that_echoes(form: str, status: int) -> None:
    def told_back(proxy: FaultProxy) -> Any:
        """As Astro gives its reason, under C(message)."""
        said = echo(proxy, form, status)

        def action(forward: Any) -> Answer:
            answer = said(forward)
            text = answer.body if form == "html" else json.dumps({"message": json.loads(answer.body)["detail"]}).encode()
            return dataclasses.replace(answer, body=text)

        return action

    empty = Answer(200, [("Content-Type", "application/json")], b'{"environmentObjects": [], "totalCount": 0}')
    with FaultProxy("http://127.0.0.1:1") as proxy:
        proxy.add(lambda forward: empty, method="GET", times=None)
        proxy.add(told_back(proxy), times=None)
        place = Place(
            target="astro_environment", astro_url=proxy.url, astro_organization="o", astro_deployment="d",
            astro_token=SECRETS["wrong_vault_token"],
        )  # fmt: skip
        run = place(**declared("x"))
        assert run.failed and proxy.writes and leaked(json.dumps(run.result) + run.msg) == []


# Those of one line are all that a header can hold.
WAYS = {
    "token": {"token": SECRETS["vault_token"]},
    "approle": {"role_id": "me", "secret_id": SECRETS["secret_id"]},
    "userpass": {"username": "me", "password": SECRETS["user_password"]},
    "ldap": {"username": "me", "password": SECRETS["stored_pem"]},
    "jwt": {"role": "me", "jwt": SECRETS["wrong_vault_token"]},
    "kubernetes": {"role": "me", "jwt": SECRETS["wrong_vault_token"]},
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(("form", "status"), VAULT_FORMS)
def test_a_vault_that_echoes(form: str, status: int, way: str) -> None:
    with FaultProxy("http://127.0.0.1:1") as proxy:
        proxy.add(vault_echo(proxy, form, status), times=None)
        option = {"url": proxy.url, "retries": 0, "auth_method": way, **WAYS[way]}
        with pytest.raises((Refused, ServerFault)) as told:
            passwords(option, to("leaks/value"))
        assert proxy.requests and leaked(told.value.message) == []
