#!/usr/bin/env python
# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Do what the role's README tells its reader to do, with its own files, and see what it says one sees."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import yaml

config = yaml.safe_load(Path(sys.argv[1]).read_text())
collection = Path(os.environ["ANSIBLE_COLLECTIONS_PATH"].split(":")[0], "ansible_collections/windsock/airflow")
readme = (collection / "roles/airflow_export/README.md").read_text()
environ = {
    **os.environ,
    "AIRFLOW_API_USERNAME": config["airflow_username"],
    "AIRFLOW_API_PASSWORD": config["airflow_password"],
}


def run(*command: str) -> str:
    done = subprocess.run(command, cwd=folder, env=environ, text=True, stdout=subprocess.PIPE, check=False)
    print(f"$ {' '.join(command)}\n{done.stdout}", flush=True)
    if done.returncode:
        sys.exit(f"{command[0]} ended with exit code {done.returncode}")
    return done.stdout


def expect(text: str, output: str) -> None:
    if text not in output:
        sys.exit(f"not found in the output: {text}")


with tempfile.TemporaryDirectory() as folder:
    for name, content in re.findall(r"`([\w/.]+\.yml)`[^\n]*(?:\n[^\n`]+)*:?\n\n```yaml\n(.*?)```", readme, re.DOTALL):
        Path(folder, name).write_text(content.replace("https://airflow.example.org", config["airflow_url"]))
    cli = config["airflow_cli"]
    run(cli, "connections", "add", "role_export", "--conn-type", "http", "--conn-password", "canary")
    run(cli, "pools", "set", "role_export", "3", "of the test")
    try:
        playbook = ("ansible-playbook", "-i", "inventory.yml", "export.yml")
        expect("changed=1", run(*playbook, "--check", "--diff"))
        if Path(folder, "airflow").exists():
            sys.exit("check mode wrote something")
        told = run(*playbook, "-vvv", "--diff")
        summary = re.search(r"```text\n.*?\[\n(.*?)\]", readme, re.DOTALL)
        assert summary
        for line in summary[1].splitlines():
            expect(line.strip(), told)
        expect("vault: production/connections/role_export, key: password", Path(folder, "airflow/production/connections.yml").read_text())
        expect("changed=0", run(*playbook))
        windsock = re.search(r"\$ (ansible-playbook [^\n]*windsock\.airflow\.export)\n", readme)
        assert windsock
        told += run("sh", "-c", windsock[1])
        expect("vault: airflow/connections/role_export", Path(folder, "airflow-export/production/connections.yml").read_text())
        if "canary" in told:
            sys.exit("a secret was printed")
    finally:
        run(cli, "connections", "delete", "role_export")
        run(cli, "pools", "delete", "role_export")
