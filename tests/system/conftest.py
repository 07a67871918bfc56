# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A real Airflow for all system tests, a fault proxy before it, and what talks to them (see harness.py)."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(Path(__file__).resolve().parent), str(ROOT / "tests" / "support")]

from airflow_server import AirflowServer
from fault_proxy import FaultProxy
from harness import Api, Engine, Playbook, Stored


@pytest.fixture(scope="session")
def server() -> Iterator[AirflowServer]:
    with AirflowServer() as server:
        server.cli_session()  # loads while the first tests run
        yield server


@pytest.fixture(scope="session")
def api(server: AirflowServer) -> Api:
    return Api(server.url, server.admin)


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
def playbook(server: AirflowServer, proxy: FaultProxy, tmp_path: Path) -> Playbook:
    """Through the proxy too."""
    return Playbook(proxy.url, server.admin, tmp_path)


@pytest.fixture(scope="session")
def stored(server: AirflowServer) -> Stored:
    session = server.cli_session()
    for _attempt in range(4):  # on a busy machine it loads for long
        with contextlib.suppress(FileNotFoundError, ConnectionRefusedError):
            session.run("version")
            break
    return Stored(session)


@pytest.fixture
def name(request: pytest.FixtureRequest, api: Api) -> Iterator[str]:
    """A prefix of the test's own for ids; whatever is called so is gone afterwards."""
    prefix = f"{request.node.name.removeprefix('test_').split('[')[0][:40]}_"
    yield prefix
    api.clear(prefix)
