# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A deployment as Astro has them: a host of Astronomer's by https, a path prefix, and the token of its own tools.

The host is led to a real Airflow of ours by a proxy. What Astro itself does to requests on the way, nobody has tested.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import trustme
from airflow_server import AirflowServer
from fault_proxy import FaultProxy
from harness import Playbook
from raw_api import raw_api
from tunnel import Tunnel

HOST = "acme.astronomer.run"
PREFIX = "/dabc1234"


@pytest.fixture(scope="module")
def deployment() -> Iterator[AirflowServer]:
    with AirflowServer(path_prefix=PREFIX) as server:
        yield server


@pytest.fixture(scope="module")
def gate(deployment: AirflowServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[FaultProxy, Tunnel, str]]:
    authority, context = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(HOST, "elsewhere.example.com").configure_cert(context)
    ca_path = tmp_path_factory.mktemp("ca") / "ca.pem"
    authority.cert_pem.write_to_path(str(ca_path))
    with FaultProxy(deployment.url, tls=context) as proxy, Tunnel(urlsplit(proxy.url).port) as tunnel:
        yield proxy, tunnel, str(ca_path)


def test_the_token_of_astro_signs_in_to_a_deployment(
    deployment: AirflowServer, gate: tuple[FaultProxy, Tunnel, str], tmp_path: Path
) -> None:
    proxy, tunnel, ca_path = gate
    token = raw_api(deployment).authorization.removeprefix("Bearer ")
    playbook = Playbook("", ("", ""), tmp_path)

    def run(host: str, **more: Any) -> Any:
        proxy.reset()
        access = {"airflow_url": f"https://{host}{PREFIX}", "ca_path": ca_path, "proxy_url": tunnel.url, "retries": 0, **more}
        task = {"airflow_variable": {"key": "astro", "value": "1"}}
        return playbook(task, access=access, environ={"ASTRO_API_TOKEN": token}, options=("-vvv",))

    good = run(HOST)
    assert good.code == 0 and good.result["changed"], good.console
    assert tunnel.asked == [f"{HOST}:443"] * len(tunnel.asked) != []
    assert all(each.path.startswith(f"{PREFIX}/api/v2/") for each in proxy.requests)
    assert {each.headers.get("Authorization") for each in proxy.requests} == {f"Bearer {token}"}
    assert all(token not in text for text in good.everything().values())
    for other in (run("elsewhere.example.com"), run(HOST, validate_certs=False)):
        assert other.code != 0 and proxy.requests
        assert not [each for each in proxy.requests if "Authorization" in each.headers]
