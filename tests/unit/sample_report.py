# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Outcomes of hosts as the role hands them on, and the report of them: every state, and awkward texts everywhere."""

from __future__ import annotations

import json
import typing as t
from datetime import datetime, timezone
from pathlib import Path

from ansible_collections.windsock.airflow.plugins.plugin_utils._drift import _report

NOW = datetime(2026, 11, 30, 1, 2, 3, tzinfo=timezone.utc)
TIMES = {"started": "2026-11-30T01:01:00Z", "finished": "2026-11-30T01:01:42Z"}

AWKWARD = {
    "markup": "<script>alert(1)</script><img src=x onerror=alert(2)>",
    "end of script": "</script></style></textarea><!-- ]]> -->",
    "attributes": '" onmouseover="alert(3)" \' onfocus=\'alert(4)',
    "entities": "&lt;b&gt; &amp; &#60;",
    "lines": "one\ntwo\r\nthree\tfour",
    "controls": "bell \x07 null \x00 escape \x1b[31m delete \x7f next line \x85",
    "not of XML": "\ufffe \uffff",
    "half a pair": "\ud800 and \udc80",
    "right to left": "user\u202etxt.exe \u2066isolated\u2069",
    "separators": "a\u2028b\u2029c",
    "letters": "Überflug 東京 🛫 e\u0301",
    "markdown": "| a | **b** `c` ``d`` [e](javascript:alert(5)) @here <!channel> #1 ~~f~~",
    "templates": "{{ 7 * 7 }} {% raw %} ${7*7}",
    "backslashes": 'a\\b \\n \\" end \\',
    "address": "javascript:alert(6)",
    "nothing": "",
    "space": "   ",
    "long": "long " * 2000,
}


def written(user: str = "anna", event: str = "patch_connection", certain: bool = True) -> dict[str, t.Any]:
    return {"user": user, "when": "2026-11-29T22:14:05.123456+00:00", "event": event, "certain": certain}


def change(
    kind: str, id: str, action: str = "update", before: t.Any = None, after: t.Any = None, **more: t.Any
) -> tuple[dict[str, t.Any], dict[str, t.Any]]:
    """An entry of the module's changes, and the one of its diff."""
    before, after = before or {}, after or {}
    fields = sorted(name for name in {**before, **after} if before.get(name) != after.get(name))
    entry = {"kind": kind, "id": id, "action": action, "fields": fields, "secrets": [], "blind": False, "written": None}
    title = f"{kind} {id}"
    return {**entry, **more}, {"before_header": title, "after_header": title, "before": before, "after": after}


def result(*changes: tuple[dict[str, t.Any], dict[str, t.Any]], **more: t.Any) -> dict[str, t.Any]:
    """What the module returns in check and diff mode."""
    counted = {"created": 0, "updated": len(changes), "deleted": 0, "unchanged": 40, "unknown": 0}
    return {
        "changed": bool(changes),
        "changes": [entry for entry, _diff in changes],
        "diff": [diff for _entry, diff in changes],
        "summary": {kind: dict(counted) for kind in ("connections", "variables", "pools")},
        "airflow": {"version": "3.3.2", "api_version": "v2"},
        "unknown": [],
        "shadowed": [],
        **more,
    }


def outcome(found: t.Any = None, **more: t.Any) -> dict[str, t.Any]:
    url = "https://airflow.example.com"
    return {**TIMES, "url": url, "result": found, "failed": None, "unreachable": None, **more}


def drifted() -> dict[str, t.Any]:
    """One of each sort of change, of each kind."""
    return result(
        change(
            "connection",
            "warehouse",
            before={"conn_type": "postgres", "host": "db-old.example.com", "port": 5432, "password": "(secret)"},
            after={"conn_type": "postgres", "host": "db.example.com", "port": 5433, "password": "(secret, changed)"},
            fields=["host", "port"],
            secrets=["password"],
            written=written(),
        ),
        change("connection", "orders", "create", after={"conn_type": "http", "extra": {"timeout": 5, "tls": True}}),
        change(
            "connection", "hand_made", "delete", before={"conn_type": "http"}, written=written("bob", certain=False)
        ),
        change(
            "variable", "environment", "replace", {"value": "staging"}, {"value": {"name": "production", "level": 1.5}}
        ),
        change("variable", "never_written_through_the_api", "update", {"value": "a"}, {"value": "b"}),
        change("pool", "warehouse", before={"slots": 2}, after={"slots": 4}, written=written("", "patch_pool")),
        change("connection", "erp", secrets=["password", "extra.token"], blind=True, written=written("carol")),
        unknown=[{"kind": "variable", "id": "api_key", "secrets": ["value"], "written": None}],
        shadowed=[{"kind": "connection", "id": "warehouse", "by": "environment variable AIRFLOW_CONN_WAREHOUSE"}],
        warnings=["The audit log has been trimmed: what it held of changes by hand is not known any more."],
    )


def awkward() -> dict[str, t.Any]:
    """Every awkward text as an id, a name of a field and of a secret, a value, a user, a note."""
    changes = [
        change(
            ("connection", "variable", "pool")[number % 3],
            text,
            before={"value": text, "nested": {text: [text, None, True, 1.5]}},
            after={"value": f"{text}!", "nested": {}},
            fields=[text, "value"],
            secrets=[text],
            written=written(text, text),
        )
        for number, text in enumerate(AWKWARD.values())
    ]
    return result(
        *changes,
        unknown=[{"kind": "variable", "id": text, "secrets": [text], "written": None} for text in AWKWARD.values()],
        shadowed=[{"kind": "pool", "id": text, "by": text} for text in AWKWARD.values()],
        warnings=list(AWKWARD.values()),
        airflow={"version": AWKWARD["markup"], "api_version": AWKWARD["attributes"]},
    )


def outcomes() -> dict[str, t.Any]:
    """Hosts in every state, some with awkward names and messages."""
    return {
        "prod-eu": outcome(drifted()),
        "prod-us": outcome(result()),
        "staging": outcome(
            result(unknown=[{"kind": "connection", "id": "s3", "secrets": ["password"], "written": None}])
        ),
        "broken": outcome(failed="The server answered 500.\nThree times."),
        "down": {**outcome(unreachable="Connection timed out"), "finished": None},
        "later": None,
        "odd": outcome({"changes": "none"}),
        "awkward": outcome(awkward(), url=AWKWARD["address"]),
        AWKWARD["markup"]: outcome(failed=AWKWARD["markdown"], url=AWKWARD["attributes"]),
        AWKWARD["markdown"]: outcome(unreachable=AWKWARD["controls"]),
    }


def many(count: int = 2000) -> dict[str, t.Any]:
    """The outcome of one host with that many changes."""
    return outcome(
        result(
            *(
                change("variable", f"key_{number}", "update", {"value": number}, {"value": -number})
                for number in range(count)
            )
        )
    )


def report(hosts: t.Mapping[str, t.Any] | None = None, title: str = "Airflow drift") -> dict[str, t.Any]:
    return _report.make_report(outcomes() if hosts is None else hosts, title=title, generated=NOW, collection="0.1.0")


def schema() -> dict[str, t.Any]:
    """The published one."""
    root = Path(_report.__file__).parents[3]
    return json.loads((root / "roles/airflow_drift/files/drift.schema.json").read_text())
