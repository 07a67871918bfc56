# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Airflow is the judge of what is written for its secrets backends: it reads what the REST API stores of the same declarations.

The declarations are those of generated.py; Airflow is both that of the server and the oldest that is promised.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import generated
import pytest
from airflow_server import AirflowServer
from harness import Engine, Place
from judges import FIELDS, Judge, as_stored
from moto_server import CREDENTIALS, MotoServer
from raw_api import Api
from stored import Stored
from vault_server import VaultServer

from ansible_collections.windsock.airflow.plugins.module_utils._faults import Refused

pytestmark = pytest.mark.servers("3.3.2")

READERS = ("3.3.2", "2.11.2")
PREFIX = "gen_"
AMAZON = "airflow.providers.amazon.aws.secrets"
# What a place cannot hold: too long, empty, or what AWS would take for a reference.
UNFIT = ("bytes that AWS takes", "is empty", "opening braces")
Where = tuple[dict[str, Any], str, dict[str, Any]]
"""The options of the module, the class of Airflow's backend and its arguments."""


@pytest.fixture(scope="module")
def truth(server: AirflowServer, api: Api) -> Iterator[dict[str, Any]]:
    """What the REST API has stored, field by field, and the text of each variable."""
    run = Engine(server.url, server.admin)(
        connections=generated.connections(PREFIX), variables=generated.variables(PREFIX)
    )
    assert not run.failed, run.msg
    texts = json.loads(server.cli_session()("stored-variables"))
    yield {
        "connections": Stored(server.cli_session()).connections(),
        "variables": {key: each["value"] for key, each in texts.items()},
    }
    api.clear(PREFIX)


@pytest.fixture(scope="module")
def moto() -> Iterator[MotoServer]:
    with MotoServer() as moto:
        yield moto


def in_vault(version: int, vault: VaultServer) -> Where:
    mount = f"judged{version}"
    vault.client().sys.enable_secrets_engine("kv", path=mount, options={"version": str(version)})
    options = {
        "target": "vault",
        "vault": {"url": vault.url, "token": vault.root_token},
        "mount": mount,
        "connections_path": "c",
        "variables_path": "v",
    }
    where = {"url": vault.url, "token": vault.root_token, "mount_point": mount, "kv_engine_version": version}
    paths = {"connections_path": "c", "variables_path": "v"}
    return options, "airflow.providers.hashicorp.secrets.vault.VaultBackend", {**where, **paths}


def in_aws(target: str, backend: str, moto: MotoServer) -> Where:
    prefixes = {"connections_prefix": "judged/connections", "variables_prefix": "judged/variables"}
    options = {
        "target": target,
        **prefixes,
        "aws_endpoint_url": moto.url,
        "aws_region": CREDENTIALS["AWS_DEFAULT_REGION"],
        "aws_access_key": CREDENTIALS["AWS_ACCESS_KEY_ID"],
        "aws_secret_key": CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
    }
    if target == "ssm":
        options["parameter_tier"] = "advanced"
    where = {**prefixes, "endpoint_url": moto.url, "region_name": CREDENTIALS["AWS_DEFAULT_REGION"]}
    return options, f"{AMAZON}.{backend}", where


PLACES: dict[str, Callable[[VaultServer, MotoServer], Where]] = {
    "kv2": lambda vault, moto: in_vault(2, vault),
    "kv1": lambda vault, moto: in_vault(1, vault),
    "ssm": lambda vault, moto: in_aws("ssm", "systems_manager.SystemsManagerParameterStoreBackend", moto),
    "secretsmanager": lambda vault, moto: in_aws("secretsmanager", "secrets_manager.SecretsManagerBackend", moto),
}


@pytest.mark.parametrize("kind_of_place", [*PLACES])
def test_airflow_reads_what_the_api_stores(
    truth: dict[str, Any], vault: VaultServer, moto: MotoServer, kind_of_place: str
) -> None:
    options, backend, where = PLACES[kind_of_place](vault, moto)
    objects = without_unfit(options, {"connections": generated.connections(PREFIX), "variables": generated.variables(PREFIX)})
    run = Place(**options).settles(**objects)
    assert set(run.actions.values()) == {"create"} and len(run.changes) > 120
    ids = [each["connection_id"] for each in objects["connections"]]
    keys = [each["key"] for each in objects["variables"]]
    for version in READERS:
        airflow = AirflowServer(version)
        judge = Judge(airflow, backend, where, CREDENTIALS)
        try:
            told = judge(ids, keys)
        finally:
            judge.close()
            airflow.stop()
        assert told["variables"] == {key: truth["variables"][key] for key in keys}, version
        wrong = [
            f"{version} {each}: {reader}: {name}: stored {truth['connections'][each][name]!r:.200}, read {fields!r:.300}"
            for reader in ("connections", "tasks")
            for each, fields in told[reader].items()
            for name in FIELDS
            if not same(truth["connections"][each], fields, name, kind_of_place)
        ]
        assert wrong == [], "\n".join(wrong[:10])


def without_unfit(options: dict[str, Any], objects: dict[str, Any]) -> dict[str, Any]:
    """The declarations that the place can hold; each other one is refused for one of the known reasons."""
    try:
        Place(**options)(check=True, **objects)
        return objects
    except Refused as refused:
        assert all(any(reason in str(fault) for reason in UNFIT) for fault in refused.faults), refused.message
        unfit = {fault.id for fault in refused.faults}
    assert options["target"] in ("ssm", "secretsmanager") and len(unfit) < 80, unfit
    return {
        plural: [each for each in some if (each.get("connection_id") or each.get("key")) not in unfit]
        for plural, some in objects.items()
    }


def same(stored: dict[str, Any], read: Any, name: str, kind_of_place: str) -> bool:
    if not isinstance(read, dict):
        return False
    if name == "description" and kind_of_place == "secretsmanager":
        return True  # which Airflow's backend leaves out, and the run has told so
    return json.dumps(as_stored(read)[name], sort_keys=True) == json.dumps(stored[name], sort_keys=True)
