# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Airflow and the Vaults of the playbooks, what stands before them and does harm, and what was written of them."""

from __future__ import annotations

import base64
import contextlib
import dataclasses
import json
import ssl
import zlib
from typing import Any

import trustme
from airflow_server import AirflowServer
from echo import FORMS, echo
from fault_proxy import Answer, FaultProxy, Forward
from moto_server import MotoServer
from raw_api import IDENTITY, raw_api
from vaults import SLOW, Vaults

MEMORY = "windsock_applied_"
PREFIXES = "leaks", MEMORY
LISTED = "leaks_found"  # by the server that is called own


class Servers:
    """A with statement starts and stops them."""

    def __init__(self) -> None:
        self.airflow = AirflowServer()
        self.vaults = Vaults()
        self.proxies: dict[str, FaultProxy] = {}
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> Servers:
        self._stack.enter_context(self.airflow)
        self.api = raw_api(self.airflow)
        self._log_read = self._entries_read = 0
        self._proxy("good")
        for form, status in FORMS:
            proxy = self._proxy(f"echo_{form}")
            proxy.add(echo(proxy, form, status), writes_only=True, times=None)
        partly = self._proxy("partly")
        partly.add(echo(partly, "input", 422), path="/variables", writes_only=True, times=None)
        stranger = self._proxy("stranger")
        stranger.add(echo(stranger, "html", 401), path="/auth/token", times=None)
        self._proxy("cut").cut(writes_only=True, times=None)
        self._proxy("lost").lose_answer(writes_only=True, times=None)
        self._proxy("truncated").truncate(20, writes_only=True, times=None)
        self._proxy("own").add(_filtered, method="GET", path="/(connections|variables)$", times=None)
        self._proxy("slow").delay(SLOW, times=None)
        self._proxy("untrusted", _tls())
        closed = self._proxy("closed")  # as a proxy_url
        closed.add(echo(closed, "html", 407), times=None)
        aws = self._stack.enter_context(MotoServer())
        self.proxies["aws"] = self._stack.enter_context(FaultProxy(aws.url))
        for form, status in FORMS:
            proxy = self.proxies[f"aws_{form}"] = self._stack.enter_context(FaultProxy(aws.url))
            proxy.add(echo(proxy, form, status), times=None)
        self._stack.enter_context(self.vaults)
        self.proxies.update(self.vaults.proxies)
        return self

    def __exit__(self, *unused: object) -> None:
        self._stack.close()

    def _proxy(self, name: str, tls: ssl.SSLContext | None = None) -> FaultProxy:
        self.proxies[name] = self._stack.enter_context(FaultProxy(self.airflow.url, tls))
        return self.proxies[name]

    @property
    def urls(self) -> dict[str, str]:
        """For the playbooks, by name."""
        return {
            **{name: proxy.url for name, proxy in self.proxies.items()},
            "plain": self.proxies["good"].url.replace("http:", "https:"),
            "gone": "http://127.0.0.1:1",
        }

    def begin(self) -> None:
        """As if nobody had been here before."""
        for prefix in PREFIXES:
            self.api.clear(prefix)
        for proxy in self.proxies.values():
            proxy.requests.clear()
        self.log()
        self.audit_log()

    def addresses(self) -> str:
        """Of every request, as a gateway writes them to its log."""
        requests = [request for proxy in self.proxies.values() for request in proxy.requests]
        return "\n".join(f"{request.method} {request.path}?{request.query}" for request in requests)

    def secrets(self) -> dict[str, Any]:
        """The tokens that Airflow handed out, and what opens a Vault: they are secrets too."""
        requests = [request for proxy in self.proxies.values() for request in proxy.requests]
        given = {request.headers.get("Authorization", "") for request in requests}
        tokens = sorted(each.removeprefix("Bearer ") for each in given if each.startswith("Bearer ey"))
        return {**{f"token {number} of Airflow": each for number, each in enumerate(tokens)}, **self.vaults.secrets()}

    def log(self) -> str:
        """What Airflow has logged since this was last asked."""
        content = self.airflow.log.read_bytes()
        new, self._log_read = content[self._log_read :], len(content)
        return new.decode(errors="replace")

    def audit_log(self) -> list[dict[str, Any]]:
        """The entries since this was last asked."""
        entries: list[dict[str, Any]] = []
        while True:
            offset = self._entries_read + len(entries)
            status, found = self.api("GET", f"/eventLogs?limit=100&order_by=id&offset={offset}")
            assert status == 200, found
            entries += found["event_logs"]
            if not found["event_logs"]:
                break
        self._entries_read += len(entries)
        return entries

    def memories(self) -> dict[str, dict[str, Any]]:
        """What the collection has noted for itself, decoded without any code of it."""
        keys = self.api.ids("variables", MEMORY)
        return {key: _decoded(self.api.get("variables", key)["value"]) for key in keys}


def _decoded(text: str) -> dict[str, Any]:
    _form, *packed = text.split()
    return json.loads(zlib.decompress(base64.b64decode("".join(packed))))


def _filtered(forward: Forward) -> Answer:
    """A list with nothing of the playbooks that run at the same time; what they declare Airflow does not always mask."""
    answer = forward()
    data = json.loads(answer.body)
    (plural,) = set(data) & set(IDENTITY)
    data[plural] = [each for each in data[plural] if each[IDENTITY[plural]].startswith(LISTED)]
    data["total_entries"] = len(data[plural])
    return dataclasses.replace(answer, body=json.dumps(data).encode())


def _tls() -> ssl.SSLContext:
    """A certificate that nobody trusts."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    return context
