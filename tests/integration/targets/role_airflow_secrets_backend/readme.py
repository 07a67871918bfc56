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

collection = Path(os.environ["ANSIBLE_COLLECTIONS_PATH"].split(":")[0], "ansible_collections/windsock/airflow")
readme = (collection / "roles/airflow_secrets_backend/README.md").read_text()
environ = {**os.environ, "ANSIBLE_VAULT_PASSWORD_FILE": str(Path("vault-password").absolute())}


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
    readme = readme.replace("/etc/airflow/", f"{folder}/").replace(" --ask-vault-pass", "")
    for name, content in re.findall(r"`([\w/.]+\.yml)`[^\n]*(?:\n[^\n`]+)*:?\n\n```yaml\n(.*?)```", readme, re.DOTALL):
        file = Path(folder, name)
        file.parent.mkdir(exist_ok=True)
        file.write_text(content)
    run("ansible-vault", "encrypt", "secrets.yml")

    playbook = ("ansible-playbook", "-i", "inventory.yml", "write.yml")
    expect("changed=1", run(*playbook, "--check", "--diff"))
    told = run(*playbook)
    summary = re.search(r"```text\n.*?\[\n(.*?)\]", readme, re.DOTALL)
    assert summary
    for line in summary[1].splitlines():
        expect(line.strip(), told)
    expect("changed=0", run(*playbook))
    windsock = re.search(r"\$ (ansible-playbook [^\n]*windsock\.airflow\.secrets_backend.*?)\n```", readme, re.DOTALL)
    assert windsock
    expect("connections: 1 unchanged", run("sh", "-c", windsock[1]))
    expect('"password": "not-in-clear-of-course"', Path(folder, "airflow.env").read_text())
