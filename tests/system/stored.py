# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is stored, in clear, as Airflow's own command line tells it; in the same shape for every version."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any


class Stored:
    def __init__(self, session: Callable[..., str]):
        self.session = session

    def connections(self) -> dict[str, dict[str, Any]]:
        with tempfile.TemporaryDirectory() as folder:
            # Airflow 2 fails after it has exported to standard output.
            path = Path(folder) / "connections.json"
            self.session("connections", "export", str(path))
            exported = json.loads(path.read_text())
        for fields in exported.values():
            fields["extra"] = decoded(fields["extra"]) if fields["extra"] else {}
        return exported

    def connection(self, object_id: str) -> dict[str, Any]:
        return self.connections()[object_id]

    def variable(self, key: str) -> str:
        return self.session("variables", "get", key).removesuffix("\n")

    def variables(self) -> dict[str, dict[str, Any]]:
        """Value and description by key; a value that is JSON comes decoded."""
        variables = json.loads(self.session("stored-variables"))
        return {key: {**each, "value": decoded(each["value"])} for key, each in variables.items()}

    def pools(self) -> dict[str, dict[str, Any]]:
        """Everything is text. Only versions that know teams tell one."""
        told = self.session("pools", "list", "-o", "json")
        pools = json.JSONDecoder().raw_decode(told[told.index("["):])[0]  # warnings may stand around it
        return {each["pool"]: {"team_name": None, **each} for each in pools}


def decoded(text: str) -> Any:
    """Airflow 2 takes any text as the extra of a connection, and every version as a variable."""
    try:
        return json.loads(text)
    except ValueError:
        return text
