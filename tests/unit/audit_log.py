# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An audit log that answers as the servers do, for the scripted server."""

from __future__ import annotations

import json
import typing as t

from ansible_collections.windsock.airflow.tests.unit.scripted_http import Reply, Seen

NO_WRITE = "trigger_dag_run"


class AuditLog:
    """entries: number, name of the event, extra. page: how many entries the server sends at most."""

    def __init__(self, *entries: tuple[int, str, t.Any], page: int = 100) -> None:
        self.entries = [*entries]
        self.page = page

    def __call__(self, seen: Seen) -> Reply:
        query = dict(seen.query)
        chosen = self._chosen(seen)
        order = -1 if query["order_by"].startswith("-") else 1
        assert query["order_by"].lstrip("-") == "event_log_id"
        found = sorted((each for each in self.entries if chosen is None or each[1] in chosen), key=lambda each: order * each[0])
        start = int(query.get("offset", 0))
        shown = found[start : start + min(int(query["limit"]), self.page)]
        return Reply(200, {"event_logs": [*map(_shown, shown)], "total_entries": len(found)})

    def _chosen(self, seen: Seen) -> set[str] | None:
        """What is asked for, in the way of the server's version."""
        asked = [value for name, value in seen.query if name == "included_events"]
        if not asked:
            return None
        return {*asked[-1].split(",")} if seen.path.startswith("/api/v1/") else {*asked}


def _shown(entry: tuple[int, str, t.Any]) -> dict[str, t.Any]:
    number, name, extra = entry
    when = f"2026-01-01T00:00:00.{number:06}+00:00"
    return {"event_log_id": number, "when": when, "event": name, "owner": "ann", "extra": extra and json.dumps(extra)}
