# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A night run over five real deployments, one that is down and one that is out of reach.

200 objects on each are applied by the collection. Then three people change, delete and add 40 of them with their own
hands. One run of the playbook drift must name exactly these 40, each with the one who did it, and write to nobody.
"""

from __future__ import annotations

import contextlib
import dataclasses
import itertools
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from airflow_server import AirflowServer, start_all
from fault_proxy import FaultProxy
from harness import ROOT, ansible_playbook
from junitparser import JUnitXml
from prometheus_client.openmetrics.parser import text_string_to_metric_families
from raw_api import IDENTITY, Api, path_of, raw_api

VERSIONS = {"fleet_a": "2.11.2", "fleet_b": "3.0.6", "fleet_c": "3.3.2", "fleet_d": "3.3.2", "fleet_e": "3.3.2"}
PEOPLE = {"anna": "op", "ben": "admin", "carla": "op"}
CONNECTIONS, VARIABLES, POOLS = 90, 90, 20
NOBODY = "http://127.0.0.1:1"
REASONS = {"down": "nobody answers there", "unreachable": "Connection refused"}

Change = tuple[str, str, str]  # kind, id, and what a run would do about it


def declarations(host: str) -> dict[str, list[dict[str, Any]]]:
    """A third of the connections and a fifth of the variables hold secrets."""
    connections: list[dict[str, Any]] = [
        {"connection_id": f"connection_{number}", "conn_type": "http", "host": f"host-{number}", "port": 5000 + number,
         "description": f"of {host}"} for number in range(CONNECTIONS)]
    for connection in connections[::3]:
        connection |= {"password": f"canary-password-{connection['port']}", "extra": {"timeout": 5},
                       "secret_extra": {"token": f"canary-token-{connection['port']}"}}
    variables: list[dict[str, Any]] = [
        {"key": f"variable_{number}", "secret_value": f"canary-value-{number}"} if number % 5 == 0 else
        {"key": f"variable_{number}", "value": {"n": number} if number % 2 else f"<b>{number}</b>"}
        for number in range(VARIABLES)]
    pools = [{"name": f"pool_{number}", "slots": number + 1, "description": "p"} for number in range(POOLS)]
    return {"connections": connections, "variables": variables, "pools": pools}


def add(api: Api, plural: str, **fields: Any) -> None:
    """By one request for one object, as people do it."""
    status, data = api("POST", f"/{plural}", fields)
    assert status in (200, 201), (status, data)


def delete(api: Api, plural: str, object_id: str) -> None:
    status, data = api("DELETE", path_of(plural, object_id))
    assert status == 204, (status, data)


# Eight of them on each deployment.
MUTATIONS: list[tuple[Change, Callable[[Api], None]]] = [
    (("connection", "connection_1", "update"), lambda api: api.update("connections", "connection_1", host="elsewhere")),
    (("connection", "connection_3", "update"), lambda api: api.update("connections", "connection_3", port=1)),
    (("connection", "connection_5", "create"), lambda api: delete(api, "connections", "connection_5")),
    (("connection", "stray", "delete"),
     lambda api: add(api, "connections", connection_id="stray", conn_type="http", password="canary-of-a-stray")),
    (("variable", "variable_1", "update"), lambda api: api.update("variables", "variable_1", value="no longer JSON")),
    (("variable", "stray", "delete"), lambda api: add(api, "variables", key="stray", value="canary-of-another")),
    (("pool", "pool_1", "update"), lambda api: api.update("pools", "pool_1", slots=77)),
    (("pool", "pool_2", "create"), lambda api: delete(api, "pools", "pool_2")),
]


@dataclasses.dataclass
class Fleet:
    servers: dict[str, AirflowServer]
    proxies: dict[str, FaultProxy]
    folder: Path

    def play(self, playbook: str, *options: str, urls: dict[str, str]) -> subprocess.CompletedProcess[str]:
        folder = self.folder / playbook.rpartition(".")[2]
        given = folder / "given"
        given.mkdir(parents=True)
        hosts: dict[str, dict[str, Any]] = {}
        for host, url in urls.items():
            declared = given / f"{host}.json"
            declared.write_text(json.dumps(declarations(host)))
            hosts[host] = {"airflow_settings_url": url, "airflow_settings_files": [str(declared)]}
        if "unreachable" in hosts:
            hosts["unreachable"] |= {"ansible_connection": "ssh", "ansible_host": "127.0.0.1", "ansible_port": 1}
        user, password = self.servers["fleet_a"].admin
        shared = {
            "ansible_connection": "local", "ansible_python_interpreter": sys.executable,
            "airflow_settings_username": user, "airflow_settings_password": password,
            "airflow_settings_fingerprint_key": "canary-of-a-passphrase", "airflow_settings_retries": 0,
            "airflow_settings_prune": "all", "airflow_settings_prune_limit": 50,
        }
        (given / "inventory.json").write_text(json.dumps({"all": {"hosts": hosts, "vars": shared}}))
        return ansible_playbook(
            folder, "-i", "inventory.json", playbook, *options,
            environ={"ANSIBLE_FORKS": "7", "ANSIBLE_INVENTORY_ENABLED": "yaml", "ANSIBLE_YAML_FILENAME_EXT": ".json"})


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    with contextlib.ExitStack() as stack:
        servers = {host: AirflowServer(version, roles=PEOPLE) for host, version in VERSIONS.items()}
        for server in servers.values():
            stack.callback(server.stop)
        start_all(servers.values())
        proxies = {host: stack.enter_context(FaultProxy(server.url)) for host, server in servers.items()}
        fleet = Fleet(servers, proxies, tmp_path_factory.mktemp("fleet"))
        applied = fleet.play("windsock.airflow.apply", urls={host: server.url for host, server in servers.items()})
        assert applied.returncode == 0, applied.stdout
        yield fleet


@pytest.fixture(scope="module")
def mutated(fleet: Fleet) -> dict[str, dict[Change, str]]:
    """What was done behind the collection's back, by whom, for each host."""
    def mutate(number: int, host: str) -> dict[Change, str]:
        server = fleet.servers[host]
        apis = {name: raw_api(server, server.user(name)) for name in PEOPLE}
        people = itertools.islice(itertools.cycle(PEOPLE), number, None)  # in another order everywhere
        done = {}
        for (change, do), who in zip(MUTATIONS, people):
            do(apis[who])
            done[change] = who
        return done

    with ThreadPoolExecutor(len(VERSIONS)) as several:
        return dict(zip(VERSIONS, several.map(mutate, range(len(VERSIONS)), VERSIONS)))


@pytest.fixture(scope="module")
def night(fleet: Fleet, mutated: dict[str, dict[Change, str]]) -> subprocess.CompletedProcess[str]:
    urls = {host: proxy.url for host, proxy in fleet.proxies.items()}
    return fleet.play("windsock.airflow.drift", "-vvv", urls={**urls, "down": NOBODY, "unreachable": NOBODY})


@pytest.fixture(scope="module")
def written(fleet: Fleet, night: subprocess.CompletedProcess[str]) -> Path:
    folder = fleet.folder / "drift" / "given" / "airflow-drift"
    assert folder.is_dir(), night.stdout
    return folder


@pytest.fixture(scope="module")
def report(written: Path) -> dict[str, Any]:
    report = json.loads((written / "drift.json").read_text())
    schema = json.loads((ROOT / "roles/airflow_drift/files/drift.schema.json").read_text())
    jsonschema.Draft202012Validator(schema).validate(report)
    return report


def test_exactly_what_was_done_is_named_with_who_did_it(
    report: dict[str, Any], mutated: dict[str, dict[Change, str]]
) -> None:
    assert sum(map(len, mutated.values())) == 40
    found = {
        deployment["name"]: {
            (change["kind"], change["id"], change["action"]): change["written"]["user"] for change in deployment["changes"]
        } for deployment in report["deployments"] if deployment["airflow"]
    }
    assert found == mutated
    assert all(change["written"]["certain"] for each in report["deployments"] for change in each["changes"])


def test_each_host_is_a_row(report: dict[str, Any], fleet: Fleet) -> None:
    rows = {each["name"]: each for each in report["deployments"]}
    assert {name: each["state"] for name, each in rows.items()} == {
        **dict.fromkeys(VERSIONS, "drift"), "down": "failed", "unreachable": "unreachable"}
    for name, reason in REASONS.items():
        assert reason in rows[name]["reason"] and rows[name]["airflow"] is None
    assert {name: rows[name]["airflow"]["version"] for name in VERSIONS} == VERSIONS
    assert {name: rows[name]["url"] for name in VERSIONS} == {host: each.url for host, each in fleet.proxies.items()}
    assert report["state"] == "failed"
    assert report["summary"]["objects"] | {"unknown": None} == {
        "create": 10, "update": 20, "replace": 0, "delete": 10, "unknown": None, "unchanged": 5 * (200 - 6), "shadowed": 0}


def test_the_run_fails_and_says_where_the_report_is(night: subprocess.CompletedProcess[str], written: Path) -> None:
    assert night.returncode == 2
    assert f"5 drift, 1 failed, 1 unreachable. The report is in {written}" in night.stdout


def test_nothing_was_written(fleet: Fleet, night: subprocess.CompletedProcess[str]) -> None:
    assert all(proxy.requests for proxy in fleet.proxies.values())
    assert [request for proxy in fleet.proxies.values() for request in proxy.writes] == []


def test_no_secret_is_anywhere(fleet: Fleet, night: subprocess.CompletedProcess[str], written: Path) -> None:
    assert {path.name for path in written.iterdir()} == {
        "drift.html", "drift.json", "drift.junit.xml", "drift.prom", "drift.md"}
    texts = {str(path): path.read_text(errors="replace") for path in (fleet.folder / "drift").rglob("*")
             if path.is_file() and path.parent.name != "given"}
    assert [name for name, text in {**texts, "console": night.stdout}.items() if "canary" in text] == []
    assert "<b>" not in (written / "drift.html").read_text().split("</style>")[-1]


def test_others_can_read_it(written: Path) -> None:
    junit = JUnitXml.fromfile(str(written / "drift.junit.xml"))
    cases = [case for suite in junit for case in suite]
    assert len({(case.classname, case.name) for case in cases}) == len(cases) >= 3 * len(VERSIONS)
    faulty = [case for case in cases if any(result._tag in ("failure", "error") for result in case.result)]
    assert len(faulty) >= len(VERSIONS) + len(REASONS)
    families = list(text_string_to_metric_families((written / "drift.prom").read_text()))
    samples = [sample for family in families for sample in family.samples]
    for name in (*VERSIONS, *REASONS):
        assert any(name in sample.labels.values() for sample in samples), name
    markdown = (written / "drift.md").read_text()
    assert all(name in markdown for name in (*VERSIONS, *REASONS))


def test_all_of_it_is_in_its_place_again(fleet: Fleet, night: subprocess.CompletedProcess[str]) -> None:
    """Nobody's hands but the 40's were on it, so as many are there as were applied and done."""
    for server in fleet.servers.values():
        api = raw_api(server)
        assert {plural: len(set(api.ids(plural)) - {"default_pool"}) for plural in IDENTITY} == {
            "connections": CONNECTIONS, "variables": VARIABLES + 2, "pools": POOLS - 1}
