# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Raw requests as an administrator or another user, to prepare and disturb; the same words for each version of the API.

    api = raw_api(server)
    api.create("pools", {"name": "etl", "slots": 3})
    api.update("pools", "etl", slots=4)
    api("GET", "/pools/etl")                    # status and content, below /api/v1 or /api/v2
"""

from __future__ import annotations

import base64
import json
import urllib.error
import urllib.request
from typing import Any
from urllib.parse import quote

from airflow_server import AirflowServer
from stored import Stored

IDENTITY = {"connections": "connection_id", "variables": "key", "pools": "name"}


class Api:
    root: str
    # What an update must repeat although it does not change it.
    required: dict[str, tuple[str, ...]]

    def __init__(self, server: AirflowServer, user: tuple[str, str] | None = None):
        self.server = server
        self.opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        self.authorization = self.sign_in(*(user or server.admin))

    def sign_in(self, name: str, password: str) -> str:
        raise NotImplementedError

    def __call__(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """Status and content; the content of a refusal is its text."""
        headers = {"Authorization": self.authorization}
        content = None
        if body is not None:
            # Airflow 2 refuses a DELETE that claims to bring JSON.
            headers["Content-Type"] = "application/json"
            content = json.dumps(body).encode()
        request = urllib.request.Request(self.server.url + self.root + path, content, headers, method=method)
        try:
            with self.opener.open(request, timeout=60) as answer:
                data = answer.read()
                return answer.status, json.loads(data) if data else None
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode(errors="replace")

    def get(self, plural: str, object_id: str) -> dict[str, Any]:
        status, data = self("GET", path_of(plural, object_id))
        assert status == 200, (status, data)
        return data

    def create(self, plural: str, *objects: dict[str, Any]) -> None:
        """None of them may exist."""
        raise NotImplementedError

    def update(self, plural: str, object_id: str, **fields: Any) -> None:
        """Only these fields; what has none of them stays."""
        now = self.get(plural, object_id)
        body = {IDENTITY[plural]: object_id, **{name: now[name] for name in self.required[plural]}, **fields}
        status, data = self("PATCH", f"{path_of(plural, object_id)}?{self.mask(plural, list(fields))}", body)
        assert status == 200, (status, data)

    def mask(self, plural: str, names: list[str]) -> str:
        raise NotImplementedError

    def ids(self, plural: str, prefix: str = "") -> list[str]:
        found: list[str] = []
        while True:
            status, data = self("GET", f"/{plural}?limit=100&offset={len(found)}")
            assert status == 200, (status, data)
            found += [each[IDENTITY[plural]] for each in data[plural]]
            if len(found) >= data["total_entries"]:
                return [each for each in found if each.startswith(prefix)]

    def delete(self, plural: str, ids: list[str]) -> None:
        """Those that exist."""
        raise NotImplementedError

    def clear(self, prefix: str) -> None:
        """Delete everything whose id begins so."""
        for plural in IDENTITY:
            self.delete(plural, self.ids(plural, prefix))


class ApiV1(Api):
    """Airflow 2: basic authentication, and one request for each object."""

    root = "/api/v1"
    required = {"connections": (), "variables": ("value",), "pools": ()}

    def sign_in(self, name: str, password: str) -> str:
        return f"Basic {base64.b64encode(f'{name}:{password}'.encode()).decode()}"

    def create(self, plural: str, *objects: dict[str, Any]) -> None:
        for each in objects:
            # Of variables POST would overwrite what is there.
            if plural == "variables":
                assert self("GET", path_of(plural, each["key"]))[0] == 404, each["key"]
            status, data = self("POST", f"/{plural}", each)
            assert status == 200, (status, data)

    def mask(self, plural: str, names: list[str]) -> str:
        if plural == "variables":
            names = ["val" if name == "value" else name for name in names]
        return f"update_mask={','.join(names)}"

    def ids(self, plural: str, prefix: str = "") -> list[str]:
        if plural != "pools":
            return super().ids(plural, prefix)
        # One pool with endless slots, and the API lists none of them.
        return [each for each in Stored(self.server.cli_session()).pools() if each.startswith(prefix)]

    def delete(self, plural: str, ids: list[str]) -> None:
        for each in ids:
            if plural == "pools" and "/" in each:
                self.server.cli_session()("pools", "delete", each)  # no address of the API leads there
                continue
            status, data = self("DELETE", path_of(plural, each))
            assert status in (204, 404), (status, data)


class ApiV2(Api):
    """Airflow 3: a token, and many objects in one request."""

    root = "/api/v2"
    required = {"connections": ("conn_type",), "variables": ("value",), "pools": ("slots", "include_deferred")}

    def sign_in(self, name: str, password: str) -> str:
        body = json.dumps({"username": name, "password": password}).encode()
        request = urllib.request.Request(f"{self.server.url}/auth/token", body, {"Content-Type": "application/json"})
        with self.opener.open(request, timeout=60) as answer:
            self.token = json.load(answer)["access_token"]
        return f"Bearer {self.token}"

    def create(self, plural: str, *objects: dict[str, Any]) -> None:
        self.bulk(plural, {"action": "create", "entities": list(objects), "action_on_existence": "fail"})

    def mask(self, plural: str, names: list[str]) -> str:
        return "&".join(f"update_mask={name}" for name in names)

    def delete(self, plural: str, ids: list[str]) -> None:
        if ids:
            self.bulk(plural, {"action": "delete", "entities": ids, "action_on_non_existence": "skip"})

    def bulk(self, plural: str, action: dict[str, Any]) -> None:
        status, data = self("PATCH", f"/{plural}", {"actions": [action]})
        assert status == 200 and not data[action["action"]]["errors"], (status, data)


def path_of(plural: str, object_id: str) -> str:
    return f"/{plural}/{quote(object_id, safe='')}"


def raw_api(server: AirflowServer, user: tuple[str, str] | None = None) -> Api:
    return {each.root: each for each in (ApiV1, ApiV2)}[server.generation.api](server, user)
