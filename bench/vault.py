# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A real OpenBao with secrets for many connections, near or far, and what is asked of it."""

from __future__ import annotations

import contextlib
import random
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from data import PREFIX
from vault_reads import path_of

PATHS = 400
REFERENCES = 1000

#: How far OpenBao is: seconds that each request waits in our proxy, None without the proxy. That is written in Python
#: and costs by itself, most where several requests come at once; "0ms" beside "direct" shows how much.
DISTANCES: dict[str, float | None] = {"direct": None, "0ms": 0, "20ms": 0.02}

#: A password that a connection is declared with, for the place of its secret and the value.
Form = Callable[[str, str, str], Any]


def literal(path: str, key: str, value: str) -> Any:
    return value


def reference(path: str, key: str, value: str) -> Any:
    return {"vault": path, "key": key}


def lookup(path: str, key: str, value: str) -> Any:
    return "{{ lookup('community.hashi_vault.vault_kv2_get', '" + path + "').secret." + key + " }}"


class BenchVault:
    def __init__(self) -> None:
        from environment import ensure
        from fault_proxy import FaultProxy
        from vault_server import VaultServer
        from vault_ways import approle

        #: What the plays run with: the lookups' collection is only there.
        self.python: Path = ensure("bench") / "bin" / "python"
        self._stack = contextlib.ExitStack()
        self._server = self._stack.enter_context(VaultServer())
        self._proxy = self._stack.enter_context(FaultProxy(self._server.url))
        root = self._server.client()
        self._way = approle(root)
        rng = random.Random(332)
        self.values = [f"pw-{number}-{rng.getrandbits(96):024x}" for number in range(REFERENCES)]
        for number in range(PATHS):
            secret = {_key(each): self.values[each] for each in range(number, REFERENCES, PATHS)}
            root.secrets.kv.v2.create_or_update_secret(path_of(number), secret)

    def __enter__(self) -> BenchVault:
        return self

    def __exit__(self, *unused: object) -> None:
        self._stack.close()

    def connections(self, form: Form) -> list[dict[str, Any]]:
        """Each with a secret of its own, two or three of which are at the same path."""
        return [
            {
                "connection_id": f"{PREFIX}vault_{number:04d}",
                "conn_type": "postgres",
                "host": f"host-{number}.example.test",
                "login": "etl",
                "password": form(path_of(number % PATHS), _key(number), value),
            }
            for number, value in enumerate(self.values)
        ]

    def at(self, distance: str) -> dict[str, str]:
        """Be so far away from now on. Returns the environment of a program that reads from here."""
        self._proxy.reset()
        seconds = DISTANCES[distance]
        if seconds:
            self._proxy.delay(seconds, times=None)
        url = self._server.url if seconds is None else self._proxy.url
        role_id, secret_id = self._way["role_id"], self._way["secret_id"]
        return {
            "VAULT_ADDR": url,
            "VAULT_ROLE_ID": role_id,
            "VAULT_SECRET_ID": secret_id,
            "ANSIBLE_HASHI_VAULT_ADDR": url,
            "ANSIBLE_HASHI_VAULT_AUTH_METHOD": "approle",
            "ANSIBLE_HASHI_VAULT_ROLE_ID": role_id,
            "ANSIBLE_HASHI_VAULT_SECRET_ID": secret_id,
        }

    def asked(self) -> str | None:
        """How many sign-ins, reads, tokens revoked; None without the proxy, which counts them."""
        counts = Counter(_sort(request.method, request.path) for request in self._proxy.requests)
        if not counts:
            return None
        others = f"+{counts['other']}" if counts["other"] else ""
        return f"{counts['sign-in']}/{counts['read']}/{counts['revoke']}{others}"


def _key(number: int) -> str:
    return f"key_{number // PATHS}"


def _sort(method: str, path: str) -> str:
    if path.endswith("/login"):
        return "sign-in"
    if path.endswith("/revoke-self"):
        return "revoke"
    return "read" if method == "GET" and path.startswith("/v1/secret/") else "other"
