# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Servers that say back what they were sent, secrets and all: actions for FaultProxy.add."""

from __future__ import annotations

import contextlib
import json
from typing import Any
from urllib.parse import quote

from fault_proxy import Answer, FaultProxy

# How it says it, and with which status.
FORMS = [
    ("input", 422),
    ("message", 422),
    ("decoded", 400),
    ("repr", 409),
    ("json", 500),
    ("html", 403),
    ("bulk", 200),
]
VAULT_FORMS = [
    ("json", 400),
    ("decoded", 403),
    ("repr", 500),
    ("html", 403),
    ("deleted", 404),
    ("redirect", 307),
]


def echo(proxy: FaultProxy, form: str, status: int) -> Any:
    def action(forward: Any) -> Answer:
        sent = proxy.requests[-1]
        text = sent.body.decode()
        if form == "html":
            text += json.dumps(sent.headers)
        with contextlib.suppress(ValueError):
            if form == "decoded":  # the secret itself, no longer in the notation of JSON
                text = "; ".join(strings(json.loads(sent.body)))
            if form == "repr":
                text = repr(json.loads(sent.body))
        complaint = {"type": "x", "loc": ["body", "password"], "msg": "is wrong", "input": text, "ctx": {"e": text}}
        body: dict[str, Any] = {
            "input": {"detail": [complaint]},
            "message": {"detail": [{"loc": ["body", "password"], "msg": f"Value error: {text}"}]},
        }.get(form, {"detail": f"Could not do that with {text}"})
        told = status
        if form == "bulk" and b'"actions"' in sent.body:
            (actions,) = json.loads(sent.body)["actions"]
            body = {actions["action"]: {"success": [], "errors": [{"error": text, "status_code": 400}]}}
        elif form == "bulk":
            told = 400
        content = f"<html>{text}</html>" if form == "html" else json.dumps(body)
        return Answer(told, [("Content-Type", "application/json")], content.encode())

    return action


def vault_echo(proxy: FaultProxy, form: str, status: int) -> Any:
    """In the words of Vault: headers, which hold the token, and the body, which holds the credentials."""

    def action(forward: Any) -> Answer:
        sent = proxy.requests[-1]
        said = {"headers": sent.headers, "body": json.loads(sent.body or "{}")}
        decoded = "; ".join(strings(said))
        told = {"json": json.dumps(said), "repr": repr(said)}.get(form, decoded)
        about = {"version": told, "created_time": told, "deletion_time": told, "destroyed": False}
        body = {"deleted": {"data": {"data": None, "metadata": about}}}.get(form, {"errors": [told]})
        content = f"<html>{told}</html>" if form == "html" else json.dumps(body)
        headers = [("Content-Type", "application/json")]
        if form == "redirect":  # to a host that is not there
            headers.append(("Location", f"http://127.0.0.1:1/{quote(decoded)}"))
        return Answer(status, headers, content.encode())

    return action


def strings(value: Any) -> list[str]:
    if isinstance(value, (dict, list)):
        return [text for each in (value.values() if isinstance(value, dict) else value) for text in strings(each)]
    return [str(value)]
