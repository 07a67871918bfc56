# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A team that feeds Airflow's VaultBackend can switch: from_vault writes what that backend reads of the same secrets.

The backend is asked in the server's environment, and Airflow's own command line what was written. The secrets are in
vault_backend_cases.py.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest
import vault_ways
from airflow_server import SUPPORT, AirflowServer
from fault_proxy import FaultProxy
from harness import Engine
from stored import Stored, decoded
from vault_backend_cases import (
    REFUSED,
    REFUSED_VARIABLES,
    TAKES,
    URI_AMONG_FIELDS,
    VARIABLES,
    Secret,
    as_json,
    connections,
)
from vault_server import VaultServer

from ansible_collections.windsock.airflow.plugins.module_utils._faults import Refused

pytestmark = pytest.mark.servers("3.3.2", "2.11")  # the others have no VaultBackend in their environment

KV_VERSIONS = {"secret": 2, "airflow/kv": 1}  # of each mount
FIELDS = ("conn_type", "description", "host", "login", "password", "schema", "port", "extra")
KEY = "0123456789abcdef" * 4
Fields = dict[str, Any]
Told = dict[str, Fields]  # see read_backend.py
Put = Callable[[str, Secret], None]
Settles = Callable[[str, str, Iterable[str]], None]


class Backend:
    """The VaultBackend of one server, reading from one Vault."""

    def __init__(self, server: AirflowServer, vault: VaultServer) -> None:
        self.vault = vault
        self.airflow_2 = server.version.startswith("2.")
        with open(server.home / "read-backend.log", "wb") as log:
            self.process = subprocess.Popen(
                [str(server.python), str(SUPPORT / "read_backend.py")], env=server.environ(), text=True,
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log)

    def __call__(self, mount: str, connections: Iterable[str] = (), variables: Iterable[str] = ()) -> Told:
        assert self.process.stdin and self.process.stdout
        asked = {"url": self.vault.url, "token": self.vault.root_token, "mount": mount,
                 "kv_version": KV_VERSIONS[mount], "connections": list(connections), "variables": list(variables)}
        self.process.stdin.write(json.dumps(asked) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())


@pytest.fixture(scope="module")
def backend(server: AirflowServer, vault: VaultServer) -> Iterator[Backend]:
    backend = Backend(server, vault)
    yield backend
    backend.process.communicate()


def vault_option(vault: VaultServer, mount: str) -> Fields:
    """Of a task that takes its secrets from a mount."""
    root = vault.client()
    return {"url": vault.url, "mount": mount, **vault_ways.approle(root, policies=[vault_ways.reader(root, mount)])}


@pytest.fixture(params=[*KV_VERSIONS])
def mount(request: pytest.FixtureRequest, root: Any) -> str:
    mount = request.param
    if f"{mount}/" not in root.sys.list_mounted_secrets_engines()["data"]:
        root.sys.enable_secrets_engine("kv", path=mount, options={"version": str(KV_VERSIONS[mount])})
    return mount


@pytest.fixture
def put(root: Any, mount: str) -> Put:
    kv = root.secrets.kv.v2 if KV_VERSIONS[mount] == 2 else root.secrets.kv.v1
    return lambda path, secret: kv.create_or_update_secret(path, secret, mount_point=mount)


@pytest.fixture
def settles(engine: Engine, vault: VaultServer, mount: str, name: str) -> Settles:
    """Check mode tells that all is created, then it is, then nothing differs."""

    def settle(plural: str, identity: str, ids: Iterable[str]) -> None:
        objects = [{identity: each, "from_vault": f"{plural}/{each}"} for each in ids]
        run = engine.settles(**{plural: objects}, vault=vault_option(vault, mount), update_secrets="on_change",
                             fingerprint_key=KEY, owner=f"{name}{KV_VERSIONS[mount]}")
        assert run.actions == dict.fromkeys(ids, "create")

    return settle


# -- what can be read


def expected(told: Told, reader: str, connection_id: str, secret: Secret, airflow_2: bool) -> Any:
    """What has to be stored of a secret by what VaultBackend tells of it: the same, but

    - what is empty, and port 0, is null;
    - values in the query of a URI are JSON where they can be, as the server of Airflow 3 reads them and as C(uri) does.
      Airflow 2 and the tasks of 3 leave them texts;
    - with Airflow 2 comes a provider that takes fields as they are. Newer ones, which run on it too, have conn_type in
      its normal form and port as a number;
    - the tasks of Airflow 3 refuse a C(uri) among the fields if anything is beside it, its server only if a field is.
    """
    uri, beside = parts(secret)
    if "uri" in beside and len(beside) > 1 and not airflow_2:
        reader = "connections"
    fields = told[reader][connection_id]
    if isinstance(fields, str):  # an error
        return fields
    if "?" in uri and "__extra__" not in uri and (airflow_2 or reader == "tasks"):
        fields = {**fields, "extra": {key: decoded(value) for key, value in fields["extra"].items()}}
    if airflow_2 and not uri:
        conn_type = fields["conn_type"].replace("-", "_")
        normal = "postgres" if conn_type == "postgresql" else conn_type
        fields = {**fields, "conn_type": normal, "port": int(fields["port"] or 0)}
    return {**{name: value or None for name, value in fields.items()}, "extra": fields["extra"]}


def parts(secret: Secret) -> tuple[str, Secret]:
    """The URI in a secret, and the fields."""
    uri = secret.get("conn_uri", "").strip()
    if uri and not uri.startswith("{"):
        return uri, {}
    fields = json.loads(uri) if uri else secret
    return fields.get("uri", ""), fields


def differing(there: dict[str, Fields], told: Told, secrets: dict[str, Secret], airflow_2: bool) -> list[str]:
    """A line for each field, or whole connection, that is not stored as the backend tells it."""
    lines = []
    for connection_id, secret in secrets.items():
        mine = {name: there[connection_id][name] for name in FIELDS}
        for reader in ("connections", "tasks"):
            theirs = expected(told, reader, connection_id, secret, airflow_2)
            if isinstance(theirs, str):
                lines.append(f"{connection_id}: {reader}: {theirs}")
            elif not same_json(mine, theirs):
                lines += [f"{connection_id}: {name}: stored {mine[name]!r:.300}, {reader}: {theirs[name]!r:.300}"
                          for name in FIELDS if not same_json(mine[name], theirs[name])]
    return lines


def same_json(one: Any, other: Any) -> bool:
    """1 is neither 1.0 nor true."""
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


def test_connections(settles: Settles, stored: Stored, backend: Backend, put: Put, mount: str, name: str) -> None:
    secrets = {f"{name}{case}": secret for case, secret in connections(with_json=not backend.airflow_2).items()}
    assert len(secrets) >= 60
    for connection_id, secret in secrets.items():
        put(f"connections/{connection_id}", secret)
    settles("connections", "connection_id", secrets)
    found = differing(stored.connections(), backend(mount, secrets), secrets, backend.airflow_2)
    assert found == [], "\n".join(found)


@pytest.mark.servers("3.3.2")
@pytest.mark.parametrize("mount", ["secret"], indirect=True)
@pytest.mark.parametrize("layout", ["fields", "json"])
@pytest.mark.parametrize("case", URI_AMONG_FIELDS)
def test_a_uri_among_the_fields(settles: Settles, stored: Stored, backend: Backend, put: Put, mount: str, name: str,
                                layout: str, case: str) -> None:
    secret = URI_AMONG_FIELDS[case] if layout == "fields" else as_json(URI_AMONG_FIELDS[case])
    put(f"connections/{name}c", secret)
    settles("connections", "connection_id", [f"{name}c"])
    assert differing(stored.connections(), backend(mount, [f"{name}c"]), {f"{name}c": secret}, False) == []


def test_variables(settles: Settles, stored: Stored, backend: Backend, put: Put, mount: str, name: str) -> None:
    secrets = {f"{name}{case}": secret for case, secret in VARIABLES.items()}
    for key, secret in secrets.items():
        put(f"variables/{key}", secret)
    settles("variables", "key", secrets)
    there = json.loads(stored.session("stored-variables"))
    assert {key: there[key]["value"] for key in secrets} == backend(mount, variables=secrets)["variables"]


# -- what is refused


@pytest.fixture(scope="module")
def refusals(server: AirflowServer, vault: VaultServer, session_proxy: FaultProxy) -> dict[tuple[str, str], str]:
    """By kind and case, all of one run."""
    root = vault.client()
    for plural, cases in (("connections", REFUSED), ("variables", REFUSED_VARIABLES)):
        for case, (secret, _theirs, _ours) in cases.items():
            root.secrets.kv.v2.create_or_update_secret(f"{plural}/{case}", secret)
    session_proxy.reset()
    with pytest.raises(Refused) as refused:
        Engine(session_proxy.url, server.admin)(
            connections=[{"connection_id": case, "from_vault": f"connections/{case}"} for case in REFUSED],
            variables=[{"key": case, "from_vault": f"variables/{case}"} for case in REFUSED_VARIABLES],
            vault=vault_option(vault, "secret"))
    assert session_proxy.writes == []
    return {(str(fault.kind), str(fault.id)): fault.reason for fault in refused.value.faults}


@pytest.fixture(scope="module")
def told(backend: Backend, refusals: Any) -> Told:
    """What the backend makes of the same secrets."""
    return backend("secret", REFUSED, REFUSED_VARIABLES)


@pytest.mark.servers("3.3.2")
@pytest.mark.parametrize("case", REFUSED)
def test_a_connection_that_is_none(refusals: dict[tuple[str, str], str], told: Told, case: str) -> None:
    _secret, theirs, ours = REFUSED[case]
    made = told["connections"][case]
    assert refusals.get(("connection", case)) == ours
    assert (TAKES if isinstance(made, dict) else made.split(":")[0]) == theirs


@pytest.mark.servers("3.3.2")
@pytest.mark.parametrize("case", REFUSED_VARIABLES)
def test_a_variable_that_is_none(refusals: dict[tuple[str, str], str], told: Told, case: str) -> None:
    _secret, theirs, ours = REFUSED_VARIABLES[case]
    assert refusals.get(("variable", case)) == ours
    assert told["variables"][case] == theirs


@pytest.mark.servers("3.3.2")
def test_a_connection_without_a_type(engine: Engine, root: Any, backend: Backend, vault: VaultServer,
                                     name: str) -> None:
    """May be one that exists, but cannot be created. VaultBackend has no other."""
    root.secrets.kv.v2.create_or_update_secret(f"connections/{name}c", {"host": "h"})
    declared = {"connections": [{"connection_id": f"{name}c", "from_vault": f"connections/{name}c"}],
                "vault": vault_option(vault, "secret")}
    assert "conn_type: is missing" in engine.refused(**declared)
    assert backend("secret", [f"{name}c"])["connections"][f"{name}c"]["conn_type"] is None
