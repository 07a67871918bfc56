# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The declarations that the cases share: the same on every machine and in every run."""

from __future__ import annotations

import json
import random
import string
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

#: Everything made here starts with this, and nothing else on a server is ever touched.
PREFIX = "bench_"

#: In whose name the collection applies them, and the variable in which it keeps what that owner has applied.
OWNER = "bench"
MEMORY = f"windsock_applied_{OWNER.encode().hex()}"

#: The field that names an object of each kind.
IDENTITY = {"connections": "connection_id", "variables": "key", "pools": "name"}

_SECRET = string.ascii_letters + string.digits + "-_!%&"


def _secret(rng: random.Random, length: int = 24) -> str:
    return "".join(rng.choices(_SECRET, k=length))


def _pem(rng: random.Random) -> str:
    lines = "\n".join(_secret(rng, 64) for _line in range(12))
    return f"-----BEGIN PRIVATE KEY-----\n{lines}\n-----END PRIVATE KEY-----\n"


def _connection(number: int, rng: random.Random) -> dict[str, Any]:
    """Each has a password and an extra; one in five has secrets inside its extra, one in ten of these a PEM key."""
    connection: dict[str, Any] = {
        "connection_id": f"{PREFIX}connection_{number:05d}",
        "conn_type": rng.choice(("postgres", "mysql", "http", "sftp")),
        "description": f"Benchmark connection number {number}",
        "host": f"host-{number}.example.test",
        "login": f"user_{number % 17}",
        "password": _secret(rng),
        "schema": f"schema_{number % 7}",
        "port": 5000 + number % 1000,
        "extra": {"timeout": 10 + number % 50, "sslmode": "require", "pool": {"size": number % 9}},
    }
    if number % 50 == 0:
        connection["secret_extra"] = {"private_key": _pem(rng)}
    elif number % 5 == 0:
        connection["secret_extra"] = {"oauth": {"client_secret": _secret(rng)}, "api_key": _secret(rng)}
    return connection


def _variable(number: int, rng: random.Random) -> dict[str, Any]:
    """One in ten is secret, two in ten hold JSON, the others text."""
    variable: dict[str, Any] = {"key": f"{PREFIX}variable_{number:05d}", "description": f"Benchmark variable {number}"}
    if number % 10 == 3:
        variable["key"] += "_token"
        variable["secret_value"] = _secret(rng, 40)
    elif number % 5 == 0:
        variable["value"] = {"batch": number, "tables": [f"table_{n}" for n in range(number % 6)], "dry_run": False}
    else:
        variable["value"] = f"s3://bucket-{number % 23}/path/{number}"
    return variable


def _pool(number: int, rng: random.Random) -> dict[str, Any]:
    return {
        "name": f"{PREFIX}pool_{number:05d}",
        "slots": rng.randint(1, 128),
        "description": f"Benchmark pool {number}",
        "include_deferred": number % 3 == 0,
    }


@dataclass(frozen=True)
class DataSet:
    """So many connections, variables and pools, and the files that hold them."""

    folder: Path
    connections: int = 1000
    variables: int = 1000
    pools: int = 100
    seed: int = field(default=332, repr=False)

    @property
    def objects(self) -> int:
        return self.connections + self.variables + self.pools

    @cached_property
    def declarations(self) -> dict[str, list[dict[str, Any]]]:
        """What a user writes: the lists that `airflow_settings` takes."""
        rng = random.Random(self.seed)
        return {
            "connections": [_connection(number, rng) for number in range(self.connections)],
            "variables": [_variable(number, rng) for number in range(self.variables)],
            "pools": [_pool(number, rng) for number in range(self.pools)],
        }

    @cached_property
    def wanted(self) -> dict[str, dict[str, dict[str, Any]]]:
        """What the server shall hold, by kind and id; `extra` and JSON values still as objects."""
        return {
            kind: {declared[IDENTITY[kind]]: _as_wanted(declared) for declared in declarations}
            for kind, declarations in self.declarations.items()
        }

    @property
    def file(self) -> Path:
        """The declarations as a file of variables, and as a `src`. JSON, which Ansible reads fastest: less noise."""
        path = self.folder / "declarations.json"
        return path if path.exists() else self._write(path.name, self.declarations)

    def airflowctl_file(self, kind: str) -> Path:
        """The same objects of one kind as `airflowctl ... import` takes them."""
        objects: dict[str, Any] = {}
        for identity, wanted in self.wanted[kind].items():
            entity = to_api(wanted)
            objects[identity] = {name: value for name, value in entity.items() if name != IDENTITY[kind]}
        return self._write(f"airflowctl-{kind}.json", objects)

    def _write(self, name: str, content: Any) -> Path:
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / name
        path.write_text(json.dumps(content), encoding="utf-8")
        return path


def _as_wanted(declared: dict[str, Any]) -> dict[str, Any]:
    wanted = dict(declared)
    if "secret_extra" in wanted:
        wanted["extra"] = {**wanted["extra"], **wanted.pop("secret_extra")}
    if "secret_value" in wanted:
        wanted["value"] = wanted.pop("secret_value")
    return wanted


def to_api(wanted: dict[str, Any]) -> dict[str, Any]:
    """The body of one object as the API takes it: what is structured goes as JSON text."""
    return {name: json.dumps(value) if isinstance(value, (dict, list)) else value for name, value in wanted.items()}
