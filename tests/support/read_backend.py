# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Airflow's own secrets backends as a process of a server's environment, which must have their providers.

    python read_backend.py

Imports once, then answers a line of JSON {backend, where, connections: [id], variables: [key]} with a line
{connections, tasks, variables}: of each id the fields, of each key what its value is, or else the error as text.
backend is the class, where its arguments; without a backend, where is {url, token, mount, kv_version} of VaultBackend.
tasks: the connections as tasks get them, for which Airflow 3 has a class of its own.
Ends when its standard input ends.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import sys
from collections.abc import Callable
from typing import Any

FIELDS = ("conn_type", "description", "host", "login", "password", "schema", "port")


def told(read: Callable[[str], Any], names: list[str]) -> dict[str, Any]:
    answers: dict[str, Any] = {}
    for name in names:
        try:
            answers[name] = read(name)
        except Exception as error:
            answers[name] = f"{type(error).__name__}: {error}"
    return answers


def connections(backend: Any, ids: list[str]) -> dict[str, Any]:
    def read(connection_id: str) -> dict[str, Any]:
        connection = backend.get_connection(connection_id)
        extra = json.loads(connection.extra) if connection.extra else {}
        return {**{name: getattr(connection, name) for name in FIELDS}, "extra": extra}

    return told(read, ids)


VAULT = "airflow.providers.hashicorp.secrets.vault.VaultBackend"


def arguments(asked: dict[str, Any]) -> dict[str, Any]:
    if "backend" in asked:
        return asked["where"]
    return {"url": asked["url"], "token": asked["token"], "mount_point": asked["mount"],
            "kv_engine_version": asked["kv_version"], "connections_path": "connections", "variables_path": "variables"}


def answer(asked: dict[str, Any]) -> dict[str, Any]:
    module, _dot, name = asked.get("backend", VAULT).rpartition(".")
    backend_class = getattr(importlib.import_module(module), name)
    backend, of_tasks = backend_class(**arguments(asked)), backend_class(**arguments(asked))
    with contextlib.suppress(ImportError):
        from airflow.sdk import Connection

        of_tasks._set_connection_class(Connection)
    return {
        "connections": connections(backend, asked["connections"]),
        "tasks": connections(of_tasks, asked["connections"]),
        "variables": told(backend.get_variable, asked["variables"]),
    }


def main() -> None:
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # where Airflow's own words go
    import airflow.providers.hashicorp.secrets.vault  # noqa: F401  # while nobody has asked yet

    for line in sys.stdin:
        answers.write(json.dumps(answer(json.loads(line))) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
