# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reports for the tests of the page: a night's run, one full of markup, one of 2,000 changes."""

from __future__ import annotations

import json
from typing import Any

KINDS = "connection", "variable", "pool"
ACTIONS = "create", "update", "replace", "delete"
STATES = "in_sync", "unknown", "drift", "failed", "unreachable", "pending"

ANNA = {"user": "anna", "when": "2026-11-29T17:03:11.123456+00:00", "event": "patch_connection", "certain": True}
BULK = {"user": "ben", "when": "2026-11-28T08:00:00Z", "event": "bulk_variables", "certain": False}


def change(kind: str, id: str, action: str, before: Any, after: Any, fields: Any = (), secrets: Any = (),
           written: Any = None) -> dict[str, Any]:
    return {"kind": kind, "id": id, "action": action, "fields": list(fields), "secrets": list(secrets),
            "before": before, "after": after, "written": written}


def deployment(name: str, state: str, *, changes: Any = (), unknown: Any = (), shadowed: Any = (), notes: Any = (),
               unchanged: int = 5, reason: str | None = None, url: str | None = None,
               version: str = "3.3.2") -> dict[str, Any]:
    compared = state in ("in_sync", "unknown", "drift")
    counts = {kind: dict.fromkeys((*ACTIONS, "unknown"), 0) | {"unchanged": unchanged if compared else 0}
              for kind in KINDS}
    for one in changes:
        counts[one["kind"]][one["action"]] += 1
    for one in unknown:
        counts[one["kind"]]["unknown"] += 1
    return {
        "name": name, "url": url or f"https://{name}.airflow.example.com", "state": state, "reason": reason,
        "started": None if state == "pending" else "2026-11-30T01:00:00Z",
        "finished": None if state == "pending" else "2026-11-30T01:00:09Z",
        "airflow": {"version": version, "api_version": "v2"} if compared else None,
        "counts": counts,
        "changes": list(changes), "unknown": list(unknown), "shadowed": list(shadowed), "notes": list(notes),
    }


def report(*deployments: dict[str, Any], title: str = "Nightly drift") -> dict[str, Any]:
    states = [one["state"] for one in deployments]
    objects = {word: sum(kind[word] for one in deployments for kind in one["counts"].values())
               for word in (*ACTIONS, "unknown", "unchanged")}
    objects["shadowed"] = sum(len(one["shadowed"]) for one in deployments)
    severity = "failed", "unreachable", "drift", "unknown", "pending"
    worst = next((state for state in severity if state in states), "in_sync")
    return {
        "format": 1, "title": title, "generated": "2026-11-30T01:02:03Z", "collection": "0.1.0", "state": worst,
        "summary": {"deployments": {state: states.count(state) for state in STATES}, "objects": objects},
        "deployments": list(deployments),
    }


def night() -> dict[str, Any]:
    """Every state, every action, every type of value."""
    long_json = json.dumps({"rules": [{"table": f"sales_{number}", "keep": number} for number in range(120)]})
    return report(
        deployment("prod-eu", "drift", unchanged=190, changes=[
            change("connection", "warehouse", "update", written=ANNA, fields=["host", "extra.timeout"],
                   secrets=["password"],
                   before={"conn_type": "postgres", "host": "db-old.eu.example.com", "login": "etl", "port": 5432,
                           "password": "(secret)", "extra": {"sslmode": "require", "timeout": 5}},
                   after={"conn_type": "postgres", "host": "db-new.eu.example.com", "login": "etl", "port": 5432,
                          "password": "(secret, changed)", "extra": {"sslmode": "require", "timeout": 30}}),
            change("connection", "orders_replica", "delete", written=BULK, fields=["conn_type", "host"],
                   before={"conn_type": "mysql", "host": "orders.example.com"}, after={}),
            change("variable", "sla_minutes", "update", written=BULK, fields=["value"],
                   before={"value": "30", "description": "until somebody is paged"},
                   after={"value": 30, "description": "until somebody is paged"}),
            change("variable", "retention", "update", fields=["value"], before={"value": long_json},
                   after={"value": long_json.replace('"keep": 60', '"keep": 61')}),
            change("variable", "flags", "update", written=ANNA,
                   fields=["value.beta", "value.limit", "value.none", "value.regions"],
                   before={"value": {"beta": True, "limit": 1.5, "none": None, "regions": ["eu", "us"], "same": False}},
                   after={"value": {"beta": "true", "limit": 2, "none": "", "regions": ["eu"], "same": False}}),
            change("pool", "reports", "create", fields=["slots", "include_deferred"], before={},
                   after={"slots": 8, "include_deferred": False, "description": ""}),
        ], unknown=[{"kind": "connection", "id": "sftp_partner", "secrets": ["password", "extra.private_key"],
                     "written": None}],
            shadowed=[{"kind": "connection", "id": "warehouse", "by": "environment variable AIRFLOW_CONN_WAREHOUSE"}],
            notes=["The audit log cannot be read by this user: who wrote an object is not known for 2 of them."]),
        deployment("prod-us", "drift", unchanged=196, changes=[
            change("pool", "default_pool", "update", written=ANNA, fields=["slots"],
                   before={"slots": 128, "include_deferred": False}, after={"slots": 256, "include_deferred": False}),
            change("connection", "warehouse", "replace", fields=["conn_id"], before={"conn_type": "postgres"},
                   after={"conn_type": "redshift", "host": "wh.us.example.com"}),
        ]),
        deployment("staging", "unknown", unknown=[
            {"kind": "variable", "id": "api_token", "secrets": ["value"], "written": ANNA}]),
        deployment("test", "in_sync"),
        deployment("dr-site", "unreachable", reason="Failed to connect to the host via ssh: connection timed out"),
        deployment("lab", "failed",
                   reason="https://lab.airflow.example.com answers 401 Unauthorized: check airflow_token."),
        deployment("sandbox", "pending"),
    )


ATTACKS = [
    "</script><script>window.attacked = 1</script>",
    "<img src=x onerror=\"window.attacked = 2\">",
    "<!--<script>", "]]>", "-->", "</style>", "</title>", "</noscript><script>window.attacked = 3</script>",
    "javascript:window.attacked=4", "'\"><svg onload=window.attacked=5>", "${window.attacked=6}", "$title $$ ${data}",
    "&lt;b&gt;", "\\u003cscript\\u003e", "\u2028window.attacked=7\u2029", "__proto__", "constructor",
    "<a href='https://attack.invalid/'>x</a><link rel=stylesheet href=https://attack.invalid/a.css>",
]


def markup() -> dict[str, Any]:
    """Every text that anybody else can choose is markup."""
    def drifted(text: str) -> dict[str, Any]:
        return {
            "changes": [
                change("connection", f"id {text}", "update", fields=[f"extra.{text}", text], secrets=[f"secret {text}"],
                       before={"description": text, "extra": {text: f"before {text}"}},
                       after={"description": text, "extra": {text: f"after {text}"}},
                       written={"user": f"user {text}", "when": text, "event": text, "certain": False}),
                change("variable", text, "create", before={}, after={"value": [text, {text: text}]}),
            ],
            "unknown": [{"kind": "variable", "id": text, "secrets": [text], "written": None}],
            "shadowed": [{"kind": "pool", "id": text, "by": f"by {text}"}],
        }

    return report(*[
        deployment(f"host-{number} {text}", state, reason=f"reason {text}", url=f"https://x/{text}", version=text,
                   notes=[f"note {text}"], **(drifted(text) if state == "drift" else {}))
        for number, text in enumerate(ATTACKS) for state in ("drift", "failed")
    ], title=f"title {' '.join(ATTACKS)}")


def many(count: int = 2000, deployments: int = 20) -> dict[str, Any]:
    each = count // deployments

    def one(where: int, number: int) -> dict[str, Any]:
        kind, action = KINDS[number % 3], ACTIONS[number % 4]
        old = {"host": f"old-{number}.example.com", "port": 5432, "login": f"user_{number % 50}", "schema": "public",
               "description": "of the data platform", "extra": {"timeout": 5, "sslmode": "require"}}
        new = {**old, "host": f"new-{number}.example.com", "extra": {"timeout": number, "sslmode": "require"}}
        return change(kind, f"object_{where}_{number}", action, {} if action == "create" else old,
                      {} if action == "delete" else new, fields=["host", "extra.timeout"],
                      written={**ANNA, "user": f"user{number % 7}"})

    return report(*[
        deployment(f"deployment-{where:02}", "drift", changes=[one(where, number) for number in range(each)])
        for where in range(deployments)
    ])


def unbroken() -> dict[str, Any]:
    long = "x" * 400
    return report(*[
        deployment(f"host{long}", state, reason=f"reason{long}", notes=[f"note{long}"], version=long, changes=[
            change("connection", f"id{long}", "update", fields=[f"extra.{long}"], secrets=[long],
                   before={"extra": {long: "a" * 3000, "same": long}},
                   after={"extra": {long: "b" * 3000, "same": long}},
                   written={**ANNA, "user": f"user{long}", "event": long}),
            change("variable", long, "update", fields=["value"], before={"value": long}, after={"value": f"{long}y"}),
        ] if state == "drift" else [],
            unknown=[{"kind": "pool", "id": long, "secrets": [long], "written": None}] if state == "drift" else [],
            shadowed=[{"kind": "pool", "id": long, "by": long}] if state == "drift" else [])
        for state in ("drift", "failed")
    ], title=f"title{long}")
