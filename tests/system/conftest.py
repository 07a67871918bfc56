# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Real Airflows for all system tests, a fault proxy before each, and what talks to them (see harness.py).

    pytest tests/system --airflow 2.11.2,3.0.6      # on these instead of the newest

Every test that uses a server, itself or through another fixture, runs on each chosen version. One that is marked
`@pytest.mark.servers("2", "3.0", "3.3.2")` runs on those that are among these.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(Path(__file__).resolve().parent), str(ROOT / "tests" / "support")]

import vault_ways
from airflow_generations import is_among
from airflow_server import DEFAULT_VERSION, AirflowServer, start_all
from fault_proxy import FaultProxy
from harness import Engine, Playbook
from raw_api import Api, raw_api
from stored import Stored
from vault_server import VaultServer

from ansible_collections.windsock.airflow.plugins.module_utils import _apply


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--airflow", metavar="VERSION[,VERSION...]", default=DEFAULT_VERSION, type=versions,
                     help="the versions of Airflow that the system tests run on")


def versions(text: str) -> list[str]:
    named = text.split(",")
    for version in named:
        if not (ROOT / "requirements" / f"airflow-{version}.txt").exists():
            raise argparse.ArgumentTypeError(f"there is no requirements/airflow-{version}.txt")
    return named


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "servers(*names): only on these versions of Airflow, such as 3.3.2, 3.0 or 2")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Of the whole session, so that pytest runs everything on one server before it goes on to the next."""
    if "server" not in metafunc.fixturenames:
        return
    marker = metafunc.definition.get_closest_marker("servers")
    chosen = [version for version in metafunc.config.getoption("--airflow")
              if marker is None or is_among(version, marker.args)]
    if not chosen:
        chosen = [pytest.param("none", marks=pytest.mark.skip(reason=f"is for Airflow {', '.join(marker.args)}"))]
    metafunc.parametrize("server", chosen, indirect=True, scope="session")


@pytest.fixture(scope="session")
def servers(request: pytest.FixtureRequest) -> Iterator[dict[str, AirflowServer]]:
    """By version; all that the tests of this session are for, started side by side."""
    callspecs = [item.callspec for item in request.session.items if hasattr(item, "callspec")]
    wanted = {spec.params["server"] for spec in callspecs if "server" in spec.params} - {"none"}
    servers = {version: AirflowServer(version) for version in sorted(wanted)}
    with contextlib.ExitStack() as stack:
        for each in servers.values():
            stack.callback(each.stop)
        start_all(servers.values())
        yield servers


@pytest.fixture(scope="session")
def server(request: pytest.FixtureRequest, servers: dict[str, AirflowServer]) -> AirflowServer:
    server = servers[request.param]
    server.cli_session()  # loads while the first tests run
    return server


@pytest.fixture(scope="session")
def api(server: AirflowServer) -> Api:
    return raw_api(server)


@pytest.fixture(scope="session")
def session_proxy(server: AirflowServer) -> Iterator[FaultProxy]:
    with FaultProxy(server.url) as proxy:
        yield proxy


@pytest.fixture
def proxy(session_proxy: FaultProxy) -> FaultProxy:
    session_proxy.reset()
    return session_proxy


@pytest.fixture
def engine(server: AirflowServer, proxy: FaultProxy) -> Engine:
    """Through the proxy, which lets everything pass unless the test tells it otherwise."""
    return Engine(proxy.url, server.admin)


@pytest.fixture
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """The engine of this process takes every server for a quick one, so that its bulk requests are of the same size on a
    machine that is busy."""
    monkeypatch.setattr(_apply, "QUICK", float("inf"))


@pytest.fixture
def playbook(server: AirflowServer, proxy: FaultProxy, tmp_path: Path) -> Playbook:
    """Through the proxy too."""
    return Playbook(proxy.url, server.admin, tmp_path)


@pytest.fixture(scope="session")
def stored(server: AirflowServer) -> Stored:
    return Stored(server.cli_session())


@pytest.fixture
def name(request: pytest.FixtureRequest, api: Api) -> Iterator[str]:
    """A prefix of the test's own for ids; whatever is called so is gone afterwards."""
    prefix = f"{request.node.name.removeprefix('test_').split('[')[0][:40]}_"
    yield prefix
    api.clear(prefix)


@pytest.fixture(scope="session")
def vault() -> Iterator[VaultServer]:
    with VaultServer() as vault:
        yield vault


@pytest.fixture
def root(vault: VaultServer) -> Any:
    """hvac's client of the Vault, which may do everything."""
    return vault.client()


@pytest.fixture(scope="session")
def session_vault_proxy(vault: VaultServer) -> Iterator[FaultProxy]:
    with FaultProxy(vault.url) as proxy:
        yield proxy


@pytest.fixture
def vault_proxy(session_vault_proxy: FaultProxy) -> FaultProxy:
    session_vault_proxy.reset()
    return session_vault_proxy


@pytest.fixture
def vault_option(root: Any, vault_proxy: FaultProxy) -> dict[str, Any]:
    """The option of a task that may read everything; through the proxy, which lets everything pass."""
    return {"url": vault_proxy.url, **vault_ways.approle(root)}
