# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The worked example of the guide page about adopting a deployment, typed in as it stands there."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest
from airflow_server import AirflowServer
from harness import COLLECTIONS
from raw_api import Api, raw_api
from stored import Stored
from vault_server import VaultServer, find_program

PAGE = (Path(__file__).resolve().parents[2] / "docs/docsite/rst/adopt.rst").read_text()
BINARIES = Path(sys.executable).parent
CONNECTIONS = {
    "warehouse": {
        "conn_type": "postgres", "description": "Nightly loads: ask Anna", "host": "warehouse.example.com", "login": "etl",
        "schema": "analytics", "port": 5432, "password": "W4-secret",
    },
    "billing_api": {
        "conn_type": "http", "host": "https://billing.example.com",
        "extra": '{"timeout": 20, "headers": {"x-api-key": "B4-secret"}}',
    },
    "aws_default": {"conn_type": "aws"},
}  # fmt: skip
VARIABLES = {
    "landing_path": "s3://landing/{{ ds }}",
    "partner_feed": '{"url": "https://partner.example.com/feed", "token": "F4-secret"}',
    "partner_token": "T4-secret",
}
SECRETS = {
    "airflow/connections/warehouse": {"password": "W4-secret"},
    "airflow/connections/billing_api": {"extra.headers.x-api-key": "B4-secret"},
    "airflow/variables/partner_feed": {"value.token": "F4-secret"},
    "airflow/variables/partner_token": {"value": "T4-secret"},
}


def block(after: str) -> str:
    """The first literal block behind a text of the page."""
    found = re.search(r"\.\. code-block:: [\w+]+\n\n((?:   .*\n|\n)+)", PAGE[PAGE.index(after) :])
    assert found, after
    return textwrap.dedent(found[1]).strip() + "\n"


def commands(after: str) -> list[str]:
    return re.findall(r"^\$ (ansible-playbook .*)$", block(after), re.MULTILINE)


@pytest.fixture
def deployment() -> Iterator[AirflowServer]:
    """One of its own: what other tests left, and the secrets that a server knows of them, would be in the export too."""
    with AirflowServer("3.3.2") as server:
        _fill(raw_api(server))
        yield server


def _fill(api: Api) -> None:
    api.create("connections", *({"connection_id": key, **fields} for key, fields in CONNECTIONS.items()))
    api.create("variables", *({"key": key, "value": value} for key, value in VARIABLES.items()))
    api.create("pools", {"name": "backfill", "slots": 4})


def test_the_example_does_what_it_says(deployment: AirflowServer, vault: VaultServer, tmp_path: Path) -> None:
    server, stored = deployment, Stored(deployment.cli_session())
    environ = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("ANSIBLE_", "AIRFLOW_", "VAULT_"))},
        "PATH": f"{tmp_path / 'bin'}:{BINARIES}:{os.environ['PATH']}", "HOME": str(tmp_path), "ANSIBLE_NOCOLOR": "true",
        "ANSIBLE_COLLECTIONS_PATH": COLLECTIONS, "AIRFLOW_API_USERNAME": server.admin[0], "AIRFLOW_API_PASSWORD": server.admin[1],
        "VAULT_TOKEN": vault.root_token, "BAO_TOKEN": vault.root_token, "VAULT_ADDR": vault.url, "BAO_ADDR": vault.url,
    }  # fmt: skip

    def run(command: str) -> str:
        done = subprocess.run(
            command, shell=True, cwd=tmp_path, env=environ, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout
        assert "4-secret" not in done.stdout
        return done.stdout

    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "vault").symlink_to(find_program("bao"))
    (tmp_path / "inventory.yml").write_text(
        block("``inventory.yml`` says").replace("https://airflow.example.com", server.url)
    )
    connections, variables = stored.connections(), stored.variables()

    (command,) = commands("Write down what is there")
    told = run(command)
    assert [line for line in re.findall(r'"msg": \[\n(.*?)\]', PAGE, re.DOTALL)[0].splitlines() if line.strip() not in told] == []
    folder = tmp_path / "airflow-export/production"
    for name in ("connections", "variables"):
        assert (folder / f"{name}.yml").read_text() == block(f"``{name}.yml`` of ``production``")
    page = (folder / "secrets-to-fill-in.md").read_text()
    assert block("has a command for each place in Vault") in page
    for place, values in re.findall(r"^vault kv put -mount=secret (\S+) - <<'END'\n(.*?)\nEND$", page, re.DOTALL | re.MULTILINE):
        put = f"vault kv put -mount=secret {place} - <<'END'\n{values}\nEND\n"
        assert set(json.loads(values)) == set(SECRETS[place]) and put in page
        for value in SECRETS[place].values():
            put = put.replace("***", value)
        run(put)

    (tmp_path / "group_vars").mkdir()
    (tmp_path / "group_vars" / "airflow.yml").write_text(
        block("Then say in ``group_vars/airflow.yml``")
        .replace("https://vault.example.com:8200", vault.url)
        .replace("what openssl rand -base64 32 says", "ab" * 32)
    )
    (look,) = commands("Look whether anything would change")
    assert "changed=0" in run(look)
    assert "connections: 2 unknown" in run(look)
    apply, check = commands("Apply it. This run")
    run(apply)
    now = {key: value for key, value in stored.variables().items() if not key.startswith("windsock_applied_")}
    assert (stored.connections(), now) == (connections, variables)
    assert "changed=0" in run(check)
