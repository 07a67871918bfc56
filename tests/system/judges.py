# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Airflow's own readers of the places besides its database, as judges of what was written there."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable
from typing import Any

from airflow_server import SUPPORT, AirflowServer

FIELDS = ("conn_type", "description", "host", "login", "password", "schema", "port", "extra")
Fields = dict[str, Any]


class Judge:
    """One backend of one version of Airflow. where: the arguments of its class."""

    def __init__(self, server: AirflowServer, backend: str, where: Fields, environ: dict[str, str] | None = None) -> None:
        self.airflow_2 = server.version.startswith("2.")
        self.asked = {"backend": backend, "where": where}
        with open(server.home / "judge.log", "ab") as log:
            self.process = subprocess.Popen(
                [str(server.python), str(SUPPORT / "read_backend.py")], env={**server.environ(), **(environ or {})},
                text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log)

    def __call__(self, connections: Iterable[str] = (), variables: Iterable[str] = ()) -> dict[str, Fields]:
        assert self.process.stdin and self.process.stdout
        asked = {**self.asked, "connections": list(connections), "variables": list(variables)}
        self.process.stdin.write(json.dumps(asked) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def close(self) -> None:
        self.process.communicate()


def as_stored(read: Any) -> Any:
    """What a backend reads, as Airflow's database has it: what is empty is null."""
    if not isinstance(read, dict):
        return read
    return {name: read.get(name) or None if name != "extra" else read.get(name) or {} for name in FIELDS}
