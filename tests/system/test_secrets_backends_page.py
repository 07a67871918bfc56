# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The guide page about secrets backends, typed in as it stands there, with OpenBao and moto.

What the role writes, Airflow's own readers read with the arguments that the page has for them.
"""

from __future__ import annotations

import json
import logging
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hvac
import pytest
import yaml
from airflow_server import AirflowServer
from guide_pages import Page
from judges import Judge
from moto_server import CREDENTIALS, MotoServer
from raw_api import Api
from stored import Stored
from typed_in import Repository
from vault_server import VaultServer

PAGE = Page("secrets_backends")
AWS = {
    "ssm": ("Parameter Store", "SystemsManagerParameterStoreBackend"),
    "secretsmanager": ("Secrets Manager", "SecretsManagerBackend"),
}
PASSWORD = "CANARY-b4ckend"
CONNECTION = {"conn_type": "postgres", "host": "warehouse.example.com", "login": "etl", "password": PASSWORD}
EXTRA = {"sslmode": "require"}
RECIPIENTS = '["data@example.com", "board@example.com"]'
COMMAND = "ansible-playbook -i inventory.yml"


@pytest.fixture(scope="module")
def moto() -> Iterator[MotoServer]:
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    with MotoServer() as moto:
        yield moto


@pytest.fixture(scope="module")
def vault() -> Iterator[VaultServer]:
    """One of its own, where nobody has mounted anything below the page's mount."""
    with VaultServer() as vault:
        yield vault


@pytest.fixture
def approle(root: Any) -> dict[str, str]:
    """Who may do what the page's policy says, and no more."""
    root.sys.enable_secrets_engine("kv", path="airflow", options={"version": "2"})
    root.sys.create_or_update_policy("airflow-secrets-backend", PAGE.block("**The policy.** For KV version 2:"))
    if "approle/" not in root.sys.list_auth_methods()["data"]:
        root.sys.enable_auth_method("approle")
    role = "auth/approle/role/airflow-secrets-backend"
    root.write_data(role, data={"token_policies": "airflow-secrets-backend"})
    yield {
        "role_id": root.read(f"{role}/role-id")["data"]["role_id"],
        "secret_id": root.write_data(f"{role}/secret-id")["data"]["secret_id"],
    }
    root.sys.disable_secrets_engine("airflow")


def repository(folder: Path, playbook: str, instead: dict[str, str] | None = None, more: Any = None) -> Repository:
    made = Repository(folder / "infra", instead or {})
    made.environ |= CREDENTIALS
    host = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable, "vault_warehouse_password": PASSWORD}
    made.write("inventory.yml", json.dumps({"all": {"hosts": {"localhost": {**host, **(more or {})}}}}))
    made.write("airflow/settings.yml", PAGE.block("``airflow/settings.yml``, the declarations"))
    made.write("backend.yml", playbook)
    return made


def typed_in_twice(made: Repository) -> None:
    check, real = (each.split(" #")[0] for each in PAGE.commands("Each of the three playbooks below takes this file:"))
    for command, changed in ((check, 1), (check, 1), (real, 1), (real, 0), (check, 0)):
        told = made.run(command)
        assert f"changed={changed}" in told and PASSWORD not in told, told


def then_pruned(made: Repository) -> None:
    """The owner of the examples knows what is to go."""
    declared = yaml.safe_load((made / "airflow/settings.yml").read_text())
    declared["variables"] = [each for each in declared["variables"] if each["key"] != "environment"]
    (made / "airflow/settings.yml").write_text(yaml.safe_dump(declared))
    assert "delete variable environment" in made.run(f"{COMMAND} backend.yml")
    assert "changed=0" in made.run(f"{COMMAND} backend.yml")


def arguments(told: str) -> tuple[str, dict[str, Any]]:
    """What a block of airflow.cfg says."""
    backend = re.search(r"^backend = (\S+)$", told, re.MULTILINE)
    where = re.search(r"^backend_kwargs = (.*)\Z", told, re.MULTILINE | re.DOTALL)
    assert backend and where
    return backend[1], json.loads(where[1])


def read_by_airflow(backend: str, where: dict[str, Any]) -> dict[str, Any]:
    airflow = AirflowServer("3.3.2")
    judge = Judge(airflow, backend, where, CREDENTIALS)
    try:
        return judge(["warehouse"], ["environment", "reports/recipients"])
    finally:
        judge.close()
        airflow.stop()


def as_declared(told: dict[str, Any]) -> None:
    for reader in ("connections", "tasks"):
        read = told[reader]["warehouse"]
        assert {name: read[name] for name in CONNECTION} == CONNECTION and read["extra"] == EXTRA, read
    assert told["variables"]["environment"] == "production"
    assert json.loads(told["variables"]["reports/recipients"]) == json.loads(RECIPIENTS)


def blocks(name: str, backend: str) -> tuple[str, str]:
    """The playbook and the part of airflow.cfg of a section."""
    return PAGE.block(f"``backend.yml`` for {name}:"), PAGE.block(f"What ``{backend}`` has to be told")


def test_in_vault(vault: VaultServer, root: Any, approle: dict[str, str], tmp_path: Path) -> None:
    playbook, config = blocks("Vault", "VaultBackend")
    (role_id,) = set(re.findall(r"role_id: (\S+)", playbook))
    instead = {"https://vault.example.com:8200": vault.url, role_id: approle["role_id"]}
    made = repository(tmp_path, playbook, instead, {"vault_approle_secret_id": approle["secret_id"]})
    typed_in_twice(made)
    kv = root.secrets.kv.v2

    def secret(path: str) -> dict[str, Any]:
        return kv.read_secret_version(path, mount_point="airflow", raise_on_deleted_version=True)["data"]["data"]

    kept = secret("connections/warehouse")
    assert kept == {**CONNECTION, "extra": json.dumps(EXTRA)}
    assert secret("variables/reports/recipients") == {"value": RECIPIENTS}
    backend, where = arguments(made.real(config).replace('"..."', json.dumps(approle["secret_id"])))
    as_declared(read_by_airflow(backend, where))
    then_pruned(made)

    gone = json.dumps({"airflow_settings_connections": [{"connection_id": "warehouse", "state": "absent"}]})
    made.run(f"{COMMAND} backend.yml -e '{gone}'")
    with pytest.raises(hvac.exceptions.InvalidPath):
        secret("connections/warehouse")
    (undelete,) = PAGE.commands("comes back with:")
    mount, version, path = re.findall(r"-mount=(\S+) -versions=(\d+) (\S+)", undelete)[0]
    kv.undelete_secret_versions(path, versions=[int(version)], mount_point=mount)
    assert secret("connections/warehouse") == kept


@pytest.mark.parametrize("target", AWS)
def test_in_aws(moto: MotoServer, target: str, tmp_path: Path) -> None:
    playbook, config = blocks(*AWS[target])
    made = repository(tmp_path, playbook, more={"airflow_secrets_backend_aws_endpoint_url": moto.url})
    typed_in_twice(made)
    client = moto.client(target)

    def kept(name: str) -> str:
        if target == "ssm":
            (told,) = client.get_parameters(Names=[f"/airflow/{name}"], WithDecryption=True)["Parameters"]
            assert told["Type"] == "SecureString"
            return told["Value"]
        return client.get_secret_value(SecretId=f"airflow/{name}")["SecretString"]

    assert json.loads(kept("connections/warehouse")) == {**CONNECTION, "extra": EXTRA}
    assert kept("variables/reports/recipients") == RECIPIENTS
    backend, where = arguments(config)
    as_declared(read_by_airflow(backend, {**where, "endpoint_url": moto.url}))
    then_pruned(made)


def test_the_module(moto: MotoServer, tmp_path: Path) -> None:
    task = yaml.safe_load(PAGE.block("for a task among others:"))
    made = repository(tmp_path, yaml.safe_dump([{"hosts": "all", "gather_facts": False, "tasks": task}]), more={
        "vault_partner_token": PASSWORD, "endpoint": moto.url,
    })  # fmt: skip
    given = (made / "backend.yml").read_text().replace("aws_region:", "aws_endpoint_url: '{{ endpoint }}'\n      aws_region:")
    (made / "backend.yml").write_text(given)
    for changed in (1, 0):
        told = made.run(f"{COMMAND} backend.yml --diff")
        assert f"changed={changed}" in told and PASSWORD not in told
    assert moto.client("secretsmanager").get_secret_value(SecretId="airflow/variables/partner_token")["SecretString"] == PASSWORD


@pytest.mark.servers("3.3.2")
def test_what_has_moved_leaves_the_database(server: AirflowServer, api: Api, stored: Stored, tmp_path: Path) -> None:
    apply = """\
- hosts: all
  gather_facts: false
  roles:
    - role: windsock.airflow.airflow_settings
      vars: {airflow_settings_files: [airflow/, pools.yml]}
"""
    made = repository(tmp_path, apply)
    made.environ |= {"AIRFLOW_API_URL": server.url, "AIRFLOW_API_USERNAME": server.admin[0]}
    made.environ["AIRFLOW_API_PASSWORD"] = server.admin[1]
    made.write("pools.yml", "pools: [{name: moved, slots: 2}]")
    made.write("move.yml", yaml.safe_dump([{
        "hosts": "all", "gather_facts": False, "tasks": yaml.safe_load(PAGE.block("which now declares pools only:")),
    }]))  # fmt: skip
    api.clear("windsock_applied_")
    theirs = {"connection_id": "moved_not", "conn_type": "http"}
    try:
        api.create("connections", theirs)
        made.run(f"{COMMAND} backend.yml")
        assert {"warehouse", "moved_not"} <= {*stored.connections()}
        assert "changed=1" in made.run(f"{COMMAND} move.yml --check") and "warehouse" in stored.connections()
        made.run(f"{COMMAND} move.yml")
        assert "warehouse" not in stored.connections() and "moved_not" in stored.connections()
        assert not {"environment", "reports/recipients"} & {*stored.variables()} and "moved" in stored.pools()
        assert "changed=0" in made.run(f"{COMMAND} move.yml")
    finally:
        for prefix in ("warehouse", "moved", "environment", "reports", "windsock_applied_"):
            api.clear(prefix)
