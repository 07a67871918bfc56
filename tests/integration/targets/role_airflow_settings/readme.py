#!/usr/bin/env python
# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Do what the role's README tells its reader to do, with its own files, and see what it says one sees."""

from __future__ import annotations

import base64
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import yaml

config = yaml.safe_load(Path(sys.argv[1]).read_text())
collection = Path(os.environ["ANSIBLE_COLLECTIONS_PATH"].split(":")[0], "ansible_collections/windsock/airflow")
readme = (collection / "roles/airflow_settings/README.md").read_text()
environ = {
    **os.environ,
    "ANSIBLE_VAULT_PASSWORD_FILE": str(Path("vault-password").absolute()),
    "AIRFLOW_API_USERNAME": config["airflow_username"],
    "AIRFLOW_API_PASSWORD": config["airflow_password"],
    "WINDSOCK_FINGERPRINT_KEY": base64.b64encode(os.urandom(32)).decode(),
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
        file = Path(folder, name)
        file.parent.mkdir(exist_ok=True)
        file.write_text(content.replace("https://airflow.example.org", config["airflow_url"]))
    run("ansible-vault", "encrypt", "secrets.yml")

    playbook = ("ansible-playbook", "-i", "inventory.yml", "apply.yml")
    expect("changed=1", run(*playbook, "--check", "--diff"))
    told = run(*playbook)
    summary = re.search(r"```text\n.*?\[\n(.*?)\]", readme, re.DOTALL)
    assert summary
    for line in summary[1].splitlines():
        expect(line.strip(), told)
    expect("changed=0", run(*playbook))
    windsock = re.search(r"\$ (ansible-playbook [^\n]*windsock\.airflow\.apply.*?)\n```", readme, re.DOTALL)
    assert windsock
    expect("connections: 1 unchanged", run("sh", "-c", windsock[1]))

    run(config["airflow_cli"], "connections", "delete", "warehouse")
    run(config["airflow_cli"], "pools", "delete", "backfill")
