# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Create, modify, delete: what is declared to a place besides the database, and the action on each object."""

from __future__ import annotations

from typing import Any

CANARY = "CANARY-Pl4ce"

STEPS: dict[str, tuple[dict[str, Any], dict[str, str]]] = {
    "create": (
        {
            "connections": [
                {"connection_id": "c", "conn_type": "http", "host": "h", "password": CANARY, "secret_extra": {"k": CANARY}}
            ],
            "variables": [{"key": "folder/v", "secret_value": {"a": CANARY}}, {"key": "w", "value": "x", "description": "d"}],
        },
        {"c": "create", "folder/v": "create", "w": "create"},
    ),
    "modify": (
        {
            "connections": [{"connection_id": "c", "host": "other", "password": ""}],
            "variables": [{"key": "folder/v", "secret_value": f"{CANARY}2"}, {"key": "w", "value": "x"}],
        },
        {"c": "update", "folder/v": "update"},
    ),
    "delete": (
        {
            "connections": [{"connection_id": "c", "state": "absent"}],
            "variables": [{"key": "folder/v", "state": "absent"}, {"key": "w", "state": "absent"}],
        },
        {"c": "delete", "folder/v": "delete", "w": "delete"},
    ),
}
