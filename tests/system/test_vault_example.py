# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The worked example of the guide page about Vault, typed in as it stands there."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest
from airflow_server import AirflowServer
from harness import COLLECTIONS
from raw_api import Api
from stored import Stored
from vault_server import VaultServer

PAGE = (Path(__file__).resolve().parents[2] / "docs/docsite/rst/vault.rst").read_text()
ROLE_ID = "59d6d1ca-47bb-4e7e-a40b-8be3bc5a0ba8"
CONNECTIONS = ("warehouse", "billing_api", "events")
BINARIES = Path(sys.executable).parent


def block(after: str, within: str = "An example: an infra playbook") -> str:
    """The first literal block behind a text of the page."""
    part = PAGE[PAGE.index(after, PAGE.index(within)) :]
    found = re.search(r"\.\. code-block:: \w+\n\n((?:   .*\n|\n)+)", part)
    assert found, after
    return textwrap.dedent(found[1]).strip() + "\n"


class Infra:
    """The two repositories of the example, with real addresses and credentials in them."""

    def __init__(self, folder: Path, instead: dict[str, str]) -> None:
        self.folder = folder
        self.instead = instead
        self.environ = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("ANSIBLE_", "AIRFLOW_", "VAULT_"))},
            "PATH": f"{BINARIES}:{os.environ['PATH']}", "HOME": str(folder), "ANSIBLE_COLLECTIONS_PATH": COLLECTIONS,
            "ANSIBLE_NOCOLOR": "true", "ANSIBLE_VAULT_PASSWORD_FILE": str(folder / "password"),
            "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@example.com",
            "GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@example.com",
        }  # fmt: skip
        self.write("password", "of ansible-vault")

    def write(self, name: str, text: str) -> None:
        for told, real in self.instead.items():
            text = text.replace(told, real)
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def run(self, *command: str, within: str = "infra") -> str:
        done = subprocess.run(
            command, cwd=self.folder / within, env=self.environ, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout
        return done.stdout

    def play(self, *options: str) -> str:
        return self.run("ansible-playbook", "-i", "inventory.yml", "site.yml", *options)


@pytest.fixture
def infra(server: AirflowServer, api: Api, vault: VaultServer, root: Any, tmp_path: Path) -> Any:
    root.sys.create_or_update_policy("airflow-settings", block("Policies", "Policies\n-----"))
    if "approle/" not in root.sys.list_auth_methods()["data"]:
        root.sys.enable_auth_method("approle")
    role = "auth/approle/role/airflow-settings"
    root.write_data(role, data={"token_policies": "airflow-settings", "token_ttl": "10m"})
    yield Infra(
        tmp_path,
        {
            "https://airflow.example.com": server.url,
            "https://vault.example.com:8200": vault.url,
            "https://git.example.com/data/airflow-settings": str(tmp_path / "airflow-settings"),
            ROLE_ID: root.read(f"{role}/role-id")["data"]["role_id"],
            "airflow_settings_username: ansible": f"airflow_settings_username: {server.admin[0]}",
            "of the user ansible in Airflow": server.admin[1],
            "what openssl rand -base64 32 says": "ab" * 32,
            "what vault write -f ... secret-id said": root.write_data(f"{role}/secret-id")["data"]["secret_id"],
        },
    )
    for prefix in (*CONNECTIONS, "windsock_applied_"):
        api.clear(prefix)


@pytest.mark.servers("3.3.2")
def test_the_example_does_what_it_says(infra: Infra, stored: Stored, root: Any) -> None:
    keep = root.secrets.kv.v2.create_or_update_secret
    keep("airflow/warehouse", {"password": "first"})
    keep("airflow/billing", {"api_key": "KEY"})
    keep("airflow/connections/events", {"conn_uri": "postgresql://etl:EV@events.example.com:5432/events"})
    infra.write("airflow-settings/declarations/connections.yml", block("``connections.yml`` in the folder"))
    infra.run("git", "init", "-q", "-b", "main", ".", within="airflow-settings")
    infra.run("git", "add", "-A", within="airflow-settings")
    infra.run("git", "commit", "-qm", "Declarations", within="airflow-settings")
    infra.write("infra/inventory.yml", block("``inventory.yml`` of the infra repository"))
    infra.write("infra/group_vars/airflow/main.yml", block("``group_vars/airflow/main.yml``:"))
    infra.write("infra/group_vars/airflow/vault.yml", block("``group_vars/airflow/vault.yml``, three values"))
    infra.write("infra/site.yml", block("``site.yml`` gets one more play"))
    infra.run("ansible-vault", "encrypt", "group_vars/airflow/vault.yml")

    told = re.search(r'"msg": \[\n((?: +"[^\n]+\n)+)', PAGE[PAGE.index("Look, and do it") :])
    assert told
    lines = [line.strip(' ",') for line in told[1].splitlines()]
    checked = infra.play("--check", "--diff")
    assert not set(CONNECTIONS) & set(stored.connections())
    applied = infra.play()
    assert [line for line in lines if line not in checked or line not in applied] == []
    assert stored.connection("warehouse")["password"] == "first"
    assert stored.connection("billing_api")["extra"] == {"headers": {"x-api-key": "KEY"}}
    assert stored.connection("events")["password"] == "EV"
    assert "changed=0" in infra.play()

    keep("airflow/warehouse", {"password": "second"})
    assert "update connection warehouse (secret: password)" in infra.play("--check")
    infra.play()
    assert stored.connection("warehouse")["password"] == "second"
