# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The guide page about nightly drift, typed in as it stands there: each of its ways to run, on a real Airflow.

What the files of others mean to those others is in tests/unit/test_foreign_files.py.
"""

from __future__ import annotations

import configparser
import contextlib
import json
import re
import shutil
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml
from airflow_server import AirflowServer, free_port
from guide_pages import Page
from junitparser import JUnitXml
from prometheus_client.parser import text_string_to_metric_families
from raw_api import Api, raw_api
from typed_in import BINARIES, Repository

pytestmark = pytest.mark.usefixtures("newest_only")

PAGE = Page("nightly")
ADMIN = "-e airflow_settings_username={} -e airflow_settings_password={}".format(*AirflowServer.admin)
APPLY = f"{BINARIES}/ansible-playbook -i inventory.yml windsock.airflow.apply --limit production {ADMIN}"
FILES = {"drift.html", "drift.json", "drift.junit.xml", "drift.md", "drift.prom"}


@pytest.fixture(scope="module")
def newest_only(request: pytest.FixtureRequest) -> None:
    """It starts a server of its own, so it does not run once for each version that was chosen."""
    if "3.3.2" not in request.config.getoption("--airflow"):
        pytest.skip("is for Airflow 3.3.2")


@pytest.fixture(scope="module")
def own_server(newest_only: None) -> Iterator[AirflowServer]:
    """With the user of the page, who is one that 3.3.2 calls an op."""
    server = AirflowServer("3.3.2", roles={"drift": "op"})
    try:
        yield server.start()
    finally:
        server.stop()


@pytest.fixture(scope="module")
def other(own_server: AirflowServer) -> Api:
    """The API as somebody else."""
    return raw_api(own_server, own_server.operator2)


def instead(server: AirflowServer, staging: str, base: Path) -> dict[str, str]:
    """What is real on this machine, for what the page says."""
    return {
        "https://airflow.example.com": server.url,
        "https://airflow-staging.example.com": staging,
        "of the user drift in Airflow": server.user("drift")[1],
        "what openssl rand -base64 32 says": "ab" * 32,
        "/srv/airflow-settings": str(base / "settings"),
        "/opt/airflow-drift/bin": str(BINARIES),
        "/etc/airflow-drift": str(base),
        "/var/lib/airflow-drift": str(base / "state"),
        "/tmp/airflow-drift": str(base / "kept"),
    }


@pytest.fixture(scope="module")
def applied(own_server: AirflowServer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The repository of the page, applied, and another that it pulls from. Staging is down."""
    base = tmp_path_factory.mktemp("applied")
    nobody = f"http://127.0.0.1:{free_port()}"
    repository = Repository(base / "settings", instead(own_server, nobody, base))
    (base / "vault-password").write_text("of ansible-vault\n")
    for name in ("inventory.yml", "group_vars/airflow/main.yml"):
        repository.write(name, PAGE.block(f"``{name}``:"))
    repository.write("group_vars/airflow/vault.yml", PAGE.block("encrypted with ``ansible-vault encrypt``"))
    repository.write("airflow/warehouse.yml", PAGE.block("``airflow/warehouse.yml``:"))
    repository.environ["ANSIBLE_VAULT_PASSWORD_FILE"] = str(base / "vault-password")
    repository.run("ansible-vault encrypt group_vars/airflow/vault.yml")
    identity = "-c user.name=a -c user.email=a@example.com"
    repository.run(
        f"git init -q --bare -b main ../origin && git init -q -b main && git add -A && git {identity} commit -qm settings"
        " && git remote add origin ../origin && git push -qu origin main"
    )
    repository.run(APPLY)
    return base


@pytest.fixture
def settings(applied: Path, own_server: AirflowServer, other: Api, tmp_path: Path) -> Repository:
    """A clone of it for this test; and somebody has given the pool another size."""
    shutil.copytree(applied, tmp_path, dirs_exist_ok=True)
    repository = Repository(tmp_path / "settings", instead(own_server, "not again", tmp_path))
    repository.environ["ANSIBLE_VAULT_PASSWORD_FILE"] = str(tmp_path / "vault-password")
    other.update("pools", "warehouse", slots=7)
    return repository


def report(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "drift.json").read_text())


def is_the_report_of_the_page(folder: Path) -> bool:
    told = report(folder)
    states = {each["name"]: each["state"] for each in told["deployments"]}
    changes = [
        (each["name"], change["id"], change["written"]["user"])
        for each in told["deployments"]
        for change in each["changes"]
    ]
    assert states == {"production": "drift", "staging": "failed"}
    assert changes == [("production", "warehouse", "op2")]
    assert {path.name for path in folder.iterdir()} == FILES
    return True


def test_by_hand(settings: Repository) -> None:
    (command,) = PAGE.commands("Run it:")
    told = settings.run(command, code=2)
    assert settings.real(PAGE.block("last task says:").strip()) in told
    assert is_the_report_of_the_page(settings / "airflow-drift")
    # What is as declared is green, and written all the same.
    settings.run(APPLY)
    settings.run(f"{command} --limit production")
    assert report(settings / "airflow-drift")["state"] == "in_sync"


def test_what_fails_the_run(settings: Repository) -> None:
    (command,) = PAGE.commands("Run it:")
    settings.run(f"{command} -e airflow_drift_fail=never")
    settings.run(f"{command} -e airflow_drift_fail=unknown", code=2)
    settings.run(APPLY)
    # Without the key nobody can compare the password.
    keyless = f"{command} --limit production -e airflow_settings_fingerprint_key="
    settings.run(keyless)
    assert report(settings / "airflow-drift")["state"] == "unknown"
    settings.run(f"{keyless} -e airflow_drift_fail=unknown", code=2)


def test_formats_and_mode(settings: Repository) -> None:
    (command,) = PAGE.commands("Run it:")
    given = json.dumps({"airflow_drift_formats": ["html", "prom"], "airflow_drift_mode": "0640"})
    settings.run(f"{command} -e '{given}'", code=2)
    files = list((settings / "airflow-drift").iterdir())
    assert {path.name for path in files} == {"drift.html", "drift.prom"}
    assert {path.stat().st_mode & 0o777 for path in files} == {0o640}


def test_shadows(settings: Repository) -> None:
    shadows = yaml.safe_load(PAGE.block("and the report flags the objects"))
    del shadows["airflow_drift_vault_paths"]  # test_who_and_shadows.py has a Vault
    settings.write("shadows.yml", yaml.safe_dump(shadows))
    settings.write("deploy/production.env", "AIRFLOW_CONN_WAREHOUSE=postgres://etl:CANARY-env@h/d\nOTHER=1\n")
    settings.write("deploy/staging.env", "")
    (command,) = PAGE.commands("Run it:")
    settings.run(f"{command} -e @shadows.yml", code=2)
    (production,) = [each for each in report(settings / "airflow-drift")["deployments"] if each["name"] == "production"]
    assert {(each["kind"], each["id"]) for each in production["shadowed"]} == {
        ("connection", "warehouse"),
        ("variable", "environment"),
    }
    assert not [path.name for path in (settings / "airflow-drift").iterdir() if "CANARY" in path.read_text()]


def test_cron(settings: Repository) -> None:
    """By sh, in the few variables that cron has; it mails what is printed, and takes no notice of the exit code."""
    *assigned, line = PAGE.block("``/etc/cron.d/airflow-drift``").splitlines()
    *times, user, command = line.split(maxsplit=6)
    assert (times, user) == (["15", "4", "*", "*", "*"], "drift") and "%" not in command
    environ = dict(each.split("=", 1) for each in assigned)
    settings.environ = {
        "PATH": "/usr/bin:/bin",
        **{name: settings.environ[name] for name in ("HOME", "ANSIBLE_COLLECTIONS_PATH")},
    }
    told = settings.run(command, environ=environ, shell="/bin/sh")
    assert "1 drift, 1 failed" in told and len(told.splitlines()) <= 30
    assert is_the_report_of_the_page(settings / "airflow-drift")
    settings.run(APPLY, environ=environ)
    assert settings.run(command.replace("windsock.airflow.drift", "windsock.airflow.drift --limit production"),
                        environ=environ, shell="/bin/sh") == ""  # fmt: skip


def test_the_systemd_service(settings: Repository, tmp_path: Path) -> None:
    unit = configparser.ConfigParser(interpolation=None)
    unit.optionxform = str  # type: ignore[method-assign, assignment]
    unit.read_string(PAGE.block("``/etc/systemd/system/airflow-drift.service``"))
    service = unit["Service"]
    name, credential = service["LoadCredential"].split(":")
    (tmp_path / "credentials").mkdir()
    shutil.copy(settings.real(credential), tmp_path / "credentials" / name)
    variable, value = service["Environment"].split("=")
    assert settings.real(service["WorkingDirectory"]) == str(settings.folder)
    environ = {variable: value.replace("%d", str(tmp_path / "credentials"))}
    settings.environ.pop("ANSIBLE_VAULT_PASSWORD_FILE")
    settings.run(service["ExecStartPre"], environ=environ)
    settings.run(f"exec {service['ExecStart']}", code=2, environ=environ)
    assert is_the_report_of_the_page(tmp_path / "state")
    assert service["StateDirectory"] == "airflow-drift", "is /var/lib/airflow-drift"


def test_the_github_workflow(settings: Repository, tmp_path: Path) -> None:
    workflow = yaml.safe_load(PAGE.block("``.github/workflows/airflow-drift.yml``"))
    steps = {step["name"]: step for step in workflow["jobs"]["drift"]["steps"] if "name" in step}
    (tmp_path / "runner").mkdir()
    settings.instead["${{ secrets.ANSIBLE_VAULT_PASSWORD }}"] = "of ansible-vault"
    settings.instead["${{ runner.temp }}"] = str(tmp_path / "runner")
    settings.environ.pop("ANSIBLE_VAULT_PASSWORD_FILE")
    settings.run(steps["Compare"]["run"], code=2, environ=steps["Compare"]["env"])
    assert (tmp_path / "runner/vault-password").stat().st_mode & 0o777 == 0o600
    settings.run(steps["Summary"]["run"], environ={"GITHUB_STEP_SUMMARY": str(tmp_path / "summary")})
    summary = (tmp_path / "summary").read_text()
    assert "production" in summary and "warehouse" in summary
    assert is_the_report_of_the_page(settings / steps["Report"]["with"]["path"])


def test_the_gitlab_job(settings: Repository) -> None:
    job = yaml.safe_load(PAGE.block("``.gitlab-ci.yml``"))["airflow-drift"]
    for path in [settings.folder, *settings.folder.rglob("*")]:
        if ".git" not in path.parts:
            path.chmod(path.stat().st_mode | 0o666)  # as GitLab's runner checks out
    (script,) = job["script"]
    settings.run(script, code=2)
    (path,) = job["artifacts"]["paths"]
    assert is_the_report_of_the_page(settings / path)
    cases = {
        (suite.name, case.name): [type(each).__name__ for each in case.result]
        for suite in JUnitXml.fromfile(str(settings / job["artifacts"]["reports"]["junit"]))
        for case in suite
    }
    assert cases[("production", "pools")] == ["Failure"] and cases[("production", "variables")] == []
    assert cases[("staging", "pools")] == ["Error"]


@contextlib.contextmanager
def keeper() -> Iterator[tuple[str, dict[str, tuple[str, bytes]]]]:
    """A web server that takes what is put: its address, and what it has by path, with who brought it."""
    kept: dict[str, tuple[str, bytes]] = {}

    class Put(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            kept[self.path] = (self.headers["Authorization"], self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(201)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Not on the console."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Put) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", kept
        finally:
            server.shutdown()
            thread.join()


def test_the_report_is_kept_although_the_run_fails(settings: Repository, tmp_path: Path) -> None:
    settings.write("nightly.yml", PAGE.block("``nightly.yml``, with"))
    with keeper() as (url, kept):
        settings.run(f"ansible-playbook -i inventory.yml nightly.yml -e report_url={url} -e report_token=T", code=2)
    assert is_the_report_of_the_page(tmp_path / "kept")
    assert set(kept) == {f"/latest/{name}" for name in ("drift.html", "drift.json", "drift.md")}
    assert {who for who, _content in kept.values()} == {"Bearer T"}
    assert kept["/latest/drift.json"][1] == (tmp_path / "kept/drift.json").read_bytes()


def test_as_awx_has_it(settings: Repository, tmp_path: Path) -> None:
    """The inventory is elsewhere and has no encrypted file."""
    (play,) = yaml.safe_load(PAGE.block("``nightly.yml``, with"))
    settings.write("nightly.yml", yaml.safe_dump([{**play, "vars_files": ["secrets.yml"]}]))
    (settings / "group_vars/airflow/vault.yml").rename(settings / "secrets.yml")
    main = (settings / "group_vars/airflow/main.yml").read_text()
    settings.write("group_vars/airflow/main.yml", main.replace('["{{ inventory_dir }}/airflow"]', "[airflow]"))
    password = settings.environ.pop("ANSIBLE_VAULT_PASSWORD_FILE")
    settings.run("ansible-inventory -i inventory.yml --list --export --output ../awx.json")
    shutil.rmtree(settings / "group_vars")
    # AWX hands the inventory to Ansible as a script.
    (tmp_path / "awx").write_text(f"#!/bin/sh\ncat '{tmp_path}/awx.json'\n")
    (tmp_path / "awx").chmod(0o755)
    with keeper() as (url, kept):
        command = f"ansible-playbook -i ../awx nightly.yml -e awx_job_id=17 -e report_url={url} -e report_token=T"
        settings.run(f"{command} --vault-password-file {password}", code=2)
    assert is_the_report_of_the_page(tmp_path / "kept")
    assert "/17/drift.html" in kept


def test_the_kubernetes_cron_job(settings: Repository, tmp_path: Path) -> None:
    cron_job = yaml.safe_load(PAGE.block("leaves the report on a volume"))
    spec = cron_job["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    (first,), (second,) = spec["initContainers"], spec["containers"]
    settings.instead |= {
        "https://drift:$(GIT_TOKEN)@git.example.com/data/airflow-settings": str(tmp_path / "origin"),
        "/work": str(tmp_path / "work"),
        "/reports": str(tmp_path / "reports"),
    }
    settings.run(" ".join(first["command"]))
    settings.folder = Path(settings.real(second["workingDir"]))
    environ = {each["name"]: each["value"] for each in second["env"]}
    settings.environ.pop("ANSIBLE_VAULT_PASSWORD_FILE")
    settings.run(" ".join([*second["command"], *second["args"]]), code=2, environ=environ)
    assert is_the_report_of_the_page(tmp_path / "reports")


def test_metrics_and_alerts(settings: Repository) -> None:
    (command,) = PAGE.commands("Run it:")
    settings.run(command, code=2)
    families = list(text_string_to_metric_families((settings / "airflow-drift/drift.prom").read_text()))
    listed = dict(re.findall(r"^   \* - ``(windsock_drift_\w+)(?:\{([\w,]+)\})?``", PAGE.text, re.M))
    assert {family.name: ",".join(family.samples[0].labels) for family in families if family.samples} == {
        name: listed[name] for name in listed
    }
    states = {sample.labels["state"] for family in families if family.name == "windsock_drift_deployment_state"
              for sample in family.samples}  # fmt: skip
    for rule in yaml.safe_load(PAGE.block("Rules for Prometheus"))["groups"][0]["rules"]:
        assert set(re.findall(r"windsock_\w+", rule["expr"])) <= set(listed), rule
        for chosen in re.findall(r'state=~?"([^"]+)"', rule["expr"]):
            assert set(chosen.split("|")) <= states, rule
        assert set(re.findall(r"\$labels\.(\w+)", rule["annotations"]["summary"])) <= {"deployment", "state"}, rule
