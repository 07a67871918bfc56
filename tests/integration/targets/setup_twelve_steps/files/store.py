# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a deployment has, read by Airflow's own command line: the independent reader, which sees secrets in clear.

    store.py AIRFLOW                     {connections, variables, pools}, each a dict by id; empty fields are left out
    store.py AIRFLOW --forget PREFIX     delete what earlier runs left there under such ids

AIRFLOW is the executable that tests/support/airflow_server.py makes; it knows a command more, `stored-variables`.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

# What owners have applied: kept by airflow_settings beside the objects, and a matter of tests/system/test_prune.py.
MEMORY = "windsock_applied_"


class Store:
    def __init__(self, airflow: str) -> None:
        self.airflow = airflow

    def ask(self, *words: str) -> str:
        return subprocess.run([self.airflow, *words], check=True, capture_output=True, text=True).stdout

    def connections(self) -> dict:
        with tempfile.TemporaryDirectory() as folder:
            # Airflow 2 fails after it has exported to standard output.
            path = Path(folder) / "connections.json"
            self.ask("connections", "export", str(path))
            exported = json.loads(path.read_text())
        for fields in exported.values():
            fields["extra"] = json.loads(fields["extra"]) if fields["extra"] else None
        return exported

    def variables(self) -> dict:
        return json.loads(self.ask("stored-variables"))

    def pools(self) -> dict:
        listed = json.loads(self.ask("pools", "list", "-o", "json"))
        return {pool["pool"]: {"slots": int(pool["slots"]), "include_deferred": pool["include_deferred"] == "True",
                               "description": pool["description"], "team_name": pool.get("team_name")} for pool in listed}

    def everything(self) -> dict:
        kinds = self.connections, self.variables, self.pools
        with ThreadPoolExecutor(3) as several:
            read = zip(("connections", "variables", "pools"), several.map(lambda kind: kind(), kinds))
            return {name: {each: _filled(fields) for each, fields in objects.items()} for name, objects in read}

    def forget(self, prefix: str) -> None:
        for kind, objects in self.everything().items():
            for each in objects:
                if each.startswith(prefix):
                    self.ask(kind, "delete", each)


def _filled(fields: dict) -> dict:
    return {name: value for name, value in fields.items() if value is not None}


if __name__ == "__main__":
    store = Store(sys.argv[1])
    if sys.argv[2:3] == ["--forget"]:
        store.forget(sys.argv[3])
    else:
        everything = store.everything()
        everything["variables"] = {key: each for key, each in everything["variables"].items() if not key.startswith(MEMORY)}
        print(json.dumps(everything))
