# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files of the guide pages that others than Ansible read, checked by the tools of those others as far as they are here.

That their commands do what the page says is seen in tests/system/test_nightly_page.py.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import promql_parser
import pytest
import yaml
from guide_pages import Page

PAGE = Page("nightly")
CRON_JOB = yaml.safe_load(PAGE.block("leaves the report on a volume"))


def tool(*command: str) -> str:
    """What a tool prints that has nothing against its file."""
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    found = shutil.which(command[0], path=path)
    if not found:
        pytest.skip(f"{command[0]} is not here")
    done = subprocess.run([found, *command[1:]], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.mark.parametrize(
    ("schema", "name"),
    [("vendor.github-workflows", ".github/workflows/airflow-drift.yml"), ("vendor.gitlab-ci", ".gitlab-ci.yml")],
)
def test_ci(schema: str, name: str, tmp_path: Path) -> None:
    file = tmp_path / Path(name).name
    file.write_text(PAGE.block(f"``{name}``, with"))
    tool("check-jsonschema", "--builtin-schema", schema, str(file))


def test_systemd_units(tmp_path: Path) -> None:
    for name in ("airflow-drift.service", "airflow-drift.timer"):
        text = PAGE.block(f"``/etc/systemd/system/{name}``")
        (tmp_path / name).write_text(re.sub(r"/(opt|usr)/\S*(ansible-playbook|git)", "/bin/true", text))
    told = tool("systemd-analyze", "verify", *(str(file) for file in tmp_path.iterdir()))
    assert "airflow-drift" not in told, told
    calendar = re.search(r"OnCalendar=(.*)", PAGE.text)
    assert calendar and "Next elapse" in tool("systemd-analyze", "calendar", calendar[1])


def test_the_execution_environment(tmp_path: Path) -> None:
    (tmp_path / "ee.yml").write_text(PAGE.block("This is ``execution-environment.yml`` for ansible-builder 3"))
    tool("ansible-builder", "create", "-f", str(tmp_path / "ee.yml"), "-c", str(tmp_path / "context"))
    build = tmp_path / "context/_build"
    assert "windsock.airflow" in (build / "requirements.yml").read_text()
    assert "hvac" in (build / "requirements.txt").read_text()


def test_kubernetes_knows_the_cron_job(tmp_path: Path) -> None:
    (tmp_path / "cronjob.yml").write_text(PAGE.block("leaves the report on a volume"))
    tool("kubernetes-validate", "--strict", str(tmp_path / "cronjob.yml"))


def pod() -> dict[str, Any]:
    return CRON_JOB["spec"]["jobTemplate"]["spec"]["template"]["spec"]


def test_the_cron_job_holds_together() -> None:
    assert (CRON_JOB["apiVersion"], CRON_JOB["kind"]) == ("batch/v1", "CronJob")
    assert re.fullmatch(r"\d+ \d+ \* \* \*", CRON_JOB["spec"]["schedule"])
    volumes = {volume["name"] for volume in pod()["volumes"]}
    (image,) = re.findall(r"ansible-builder build --tag (\S+)", PAGE.text)
    for container in pod()["initContainers"] + pod()["containers"]:
        assert container["image"] == image, "the one that the page builds"
        assert {mount["name"] for mount in container["volumeMounts"]} <= volumes
        for each in container["env"]:
            secret = re.search("token|password|key", each["name"], re.I) and not each["name"].endswith("_FILE")
            assert ("valueFrom" in each) == bool(secret), each["name"]
    create = PAGE.commands("Make the secret")[0]
    assert set(re.findall(r"--from-file=(\S+)", create)) == set(re.findall(r"key: ([\w-]+)", yaml.safe_dump(pod())))
    assert f"-n {CRON_JOB['metadata']['namespace']} " in create and f" {CRON_JOB['metadata']['name']} " in create


def test_the_expressions_of_the_alerts() -> None:
    for rule in yaml.safe_load(PAGE.block("Rules for Prometheus"))["groups"][0]["rules"]:
        promql_parser.parse(rule["expr"])
