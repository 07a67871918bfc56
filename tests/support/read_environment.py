# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Airflow's own EnvironmentVariablesBackend as a process of an Airflow's environment.

    python read_environment.py < '{"connections": [id], "variables": [key]}'

Writes what read_backend.py writes, of the variables that it was started with.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys

from read_backend import connections, told


def main() -> None:
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # where Airflow's own words go
    from airflow.secrets.environment_variables import EnvironmentVariablesBackend

    asked = json.load(sys.stdin)
    backend, of_tasks = EnvironmentVariablesBackend(), EnvironmentVariablesBackend()
    with contextlib.suppress(ImportError):
        from airflow.sdk import Connection

        of_tasks._set_connection_class(Connection)
    json.dump({
        "connections": connections(backend, asked["connections"]),
        "tasks": connections(of_tasks, asked["connections"]),
        "variables": told(backend.get_variable, asked["variables"]),
    }, answers)
    answers.close()


if __name__ == "__main__":
    main()
