# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The recipes of the guide for a deployment that is just being started, on ones that are."""

from __future__ import annotations

import json
import re
import textwrap
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import yaml
from airflow_server import AirflowServer, free_port
from harness import Playbook, Played

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "docsite" / "rst" / "deployments.rst"
HTML = "<html><body><h1>503 Service Temporarily Unavailable</h1></body></html>"
AS_HTML = {"Content-Type": "text/html"}
COMPONENTS = ("metadatabase", "scheduler", "triggerer", "dag_processor")


def recipes() -> Iterator[dict[str, Any]]:
    """The tasks of the guide's section, as they stand but for their patience."""
    section = GUIDE.read_text().partition("Waiting for a fresh deployment\n---")[2].partition("\n---")[0]
    for block in re.findall(r"code-block:: yaml\n\n((?:   .*\n|\n)+)", section):
        for task in yaml.safe_load(textwrap.dedent(block)):
            yield {**task, "retries": 600, "delay": 1}


MANAGED, RUNNING, EVERYTHING = recipes()


def attempts(folder: Path) -> int:
    """How many attempts have failed so far."""
    return sum(len(log.read_text().splitlines()) for log in folder.rglob("results.jsonl.retries"))


def one_more_attempt_than(known: int, folder: Path, play: Future[Played]) -> None:
    while attempts(folder) <= known:
        assert not play.done(), play.result().console
        time.sleep(0.1)


@pytest.fixture
def fresh(server: AirflowServer) -> Iterator[AirflowServer]:
    """Of the same version, and not started."""
    fresh = AirflowServer(server.version, settings={"AIRFLOW__CORE__PARALLELISM": "1"})
    fresh.port = free_port()
    yield fresh
    fresh.stop()


@pytest.mark.servers("2", "3.0", "3.3")
def test_a_deployment_that_is_started_meanwhile(fresh: AirflowServer, tmp_path: Path) -> None:
    """At first nobody listens; then Airflow answers, without a scheduler; then there is one."""
    playbook = Playbook(fresh.url, fresh.admin, tmp_path)
    with ThreadPoolExecutor(1) as aside:
        play = aside.submit(playbook, MANAGED, RUNNING)
        one_more_attempt_than(0, tmp_path, play)
        fresh.start()
        one_more_attempt_than(attempts(tmp_path), tmp_path, play)
        with fresh.running("scheduler"):
            played = play.result()
    assert played.code == 0, played.console
    managed, running = played.results
    assert managed["attempts"] > 1 and running["attempts"] > 1
    assert running["healthy"] and running["health"]["scheduler"]["status"] == "healthy"
    assert running["health"]["scheduler"]["latest_heartbeat"]
    assert running["health"]["triggerer"] == {"status": None, "latest_heartbeat": None}
    assert not managed["healthy"] and managed["health"]["scheduler"]["status"] == "unhealthy"


@pytest.mark.parametrize(("status", "body", "headers"), [(503, HTML, AS_HTML), (502, "", None), (200, HTML, AS_HTML)])
def test_a_gateway_without_an_airflow_behind_it(playbook, proxy, status, body, headers):
    proxy.answer(status, body, headers, times=3)
    played = playbook(MANAGED)
    assert played.code == 0, played.console
    assert played.result["attempts"] == 4
    assert played.result["health"]["metadatabase"] == {"status": "healthy", "latest_heartbeat": None}


def test_all_that_is_asked_for_is_waited_for(playbook, proxy):
    """Each component for itself; answers of ours, since to start them all takes long."""
    def told(**status: str | None) -> str:
        return json.dumps({name: {"status": status[name]} for name in COMPONENTS})

    well = dict.fromkeys(COMPONENTS, "healthy")
    for ill in ({"metadatabase": "unhealthy"}, {"scheduler": "unhealthy"}, {"triggerer": None}, {"dag_processor": None}):
        proxy.answer(200, told(**{**well, **ill}), path="/health$")
    proxy.answer(200, told(**well), path="/health$", times=None)
    played = playbook(EVERYTHING)
    assert played.code == 0, played.console
    assert played.result["attempts"] == 5


def test_a_wait_that_ends_says_why(playbook, proxy):
    proxy.answer(503, HTML, AS_HTML, times=None)
    played = playbook({**MANAGED, "retries": 2})
    assert played.code == 2
    assert played.result["attempts"] == 2 and "HTTP 503" in played.result["msg"]
    proxy.reset()
    played = playbook({**RUNNING, "retries": 2})
    assert played.code == 2 and played.result["attempts"] == 2 and played.result["healthy"] is False
