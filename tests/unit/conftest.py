# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What all unit tests share."""

from __future__ import annotations

import os
import time
import typing as t

import hypothesis
import pytest

from ansible_collections.windsock.airflow.tests.unit.module_runner import ModuleRunner
from ansible_collections.windsock.airflow.tests.unit.scripted_http import ScriptedServer

# The same examples in every run, and no opinion on a slow machine: a test that fails now and then helps nobody.
hypothesis.settings.register_profile(
    "windsock",
    derandomize=True,
    database=None,
    deadline=None,
    max_examples=50,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("windsock")


@pytest.fixture(autouse=True)
def environment_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """No deployment and no proxy of the developer's own environment."""
    for name in os.environ:
        if name.startswith("AIRFLOW_API_") or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def _scripted_server() -> t.Iterator[ScriptedServer]:
    with ScriptedServer() as server:
        yield server


@pytest.fixture
def http(_scripted_server: ScriptedServer) -> t.Iterator[ScriptedServer]:
    """A real HTTP server on loopback that answers by script; the script must have been used up at the end."""
    _scripted_server.begin()
    yield _scripted_server
    _scripted_server.verify()


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses between tries, noted instead of made."""
    made: list[float] = []
    monkeypatch.setattr(time, "sleep", made.append)
    return made


@pytest.fixture
def run_module(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> ModuleRunner:
    return ModuleRunner(monkeypatch, capsys)
