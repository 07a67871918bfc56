# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Stands in for Astro's REST API, for the environment objects of one organization. Made from what is published of it:

(a) the reference of version 1, https://www.astronomer.io/docs/astro/api/v-1/environment/list-environment-objects and the
    pages beside it for get, create, update and delete; version 1beta1, which ends in January 2027, has the same objects;
(b) the migration guide, https://www.astronomer.io/docs/astro/api/v-1/migrate-v1-api: the address is /v1;
(c) Astronomer's command line, https://github.com/astronomer/astro-cli, cloud/env/{objects,conn,link,errors}.go;
(d) Astronomer's Terraform provider, https://github.com/astronomer/terraform-provider-astro,
    internal/provider/resources/resource_environment_object.go and docs.

Each fact below names its source. It refuses what they do not name, so that nothing is sent on the off-chance. Nobody has
compared it with the real thing.
"""

from __future__ import annotations

import http.server
import json
import threading
from typing import Any
from urllib.parse import parse_qsl, urlsplit

TYPES = {"CONNECTION": "connection", "AIRFLOW_VARIABLE": "airflowVariable"}  # (a); others are not stood in for
QUERY = {
    *("offset", "limit", "sorts", "workspaceId", "deploymentId"),
    *("objectType", "objectKey", "showSecrets", "resolveLinked"),
}  # (a)
CREATE = {
    *("objectKey", "objectType", "scope", "scopeEntityId", "airflowVariable", "connection"),
    *("autoLinkDeployments", "links", "excludeLinks", "description"),
}  # (a), description (d)
UPDATE = CREATE - {"objectKey", "objectType", "scope", "scopeEntityId"}  # (a)
OF_WORKSPACE = {"autoLinkDeployments", "links", "excludeLinks"}  # (a): "Only applicable for WORKSPACE scope"
CONNECTION = {
    "type": str, "host": str, "login": str, "password": str, "schema": str, "port": int, "extra": dict, "authTypeId": str,
}  # (a), authTypeId (d)  # fmt: skip
VARIABLE = {"value": str, "isSecret": bool}  # (a)


class Refusal(Exception):
    """status and message, as the API has them in the body of an error (c: NormalizeAPIError)."""


class AstroStandIn:
    """shows_secrets: the organization's setting (c: errors.go). null_empties: what null does in an update, which (c) and

    (d) do not agree on. most: how many objects a page has at most, whatever limit says.
    """

    token, organization = "astro-stand-in-token", "org1"

    def __init__(self, shows_secrets: bool = True, null_empties: bool = False, most: int = 1000):
        self.shows_secrets, self.null_empties, self.most = shows_secrets, null_empties, most
        self.objects: dict[str, dict[str, Any]] = {}
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.stand_in = self
        self._lock = threading.Lock()
        self._count = 0
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> AstroStandIn:
        self._thread.start()
        return self

    def __exit__(self, *unused: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def of(self, key: str, scope: str = "DEPLOYMENT") -> dict[str, Any]:
        (found,) = [each for each in self.objects.values() if (each["objectKey"], each["scope"]) == (key, scope)]
        return found

    def put(self, key: str, scope: str = "DEPLOYMENT", entity: str = "dep1", **more: Any) -> dict[str, Any]:
        """An object of somebody else's."""
        self._count += 1
        object_type = "CONNECTION" if "connection" in more else "AIRFLOW_VARIABLE"
        made = {"objectKey": key, "objectType": object_type, "scope": scope, "scopeEntityId": entity}
        self.objects[f"id{self._count}"] = {"id": f"id{self._count}", **made, **more}
        return self.objects[f"id{self._count}"]

    def answer(self, method: str, target: str, token: str | None, content: bytes) -> Any:
        parts = urlsplit(target)
        if token != f"Bearer {self.token}":  # (a)
            raise Refusal(401, "Invalid authorization token")
        head = f"/v1/organizations/{self.organization}/environment-objects"  # (a), (b)
        if parts.path != head and not parts.path.startswith(f"{head}/"):
            raise Refusal(404, "not found")
        object_id = parts.path[len(head) + 1 :]
        with self._lock:
            if method == "GET" and not object_id:
                return self._list(dict(parse_qsl(parts.query)))
            if parts.query:
                raise Refusal(400, "Invalid query")
            if method == "POST" and not object_id:
                return self._create(json.loads(content))
            if object_id not in self.objects:
                raise Refusal(404, "environment object not found")
            if method == "POST":  # (a): an update is a POST too
                return self._update(self.objects[object_id], json.loads(content))
            if method == "DELETE" and not content:
                del self.objects[object_id]
                return None  # (a): 204
        raise Refusal(405, "method not allowed")

    def _list(self, query: dict[str, str]) -> Any:
        unknown = set(query) - QUERY
        if unknown or query.get("objectType", "CONNECTION") not in TYPES:
            raise Refusal(400, "Invalid query")
        secrets = query.get("showSecrets") == "true"
        if secrets and not self.shows_secrets:  # (c): errors.go looks for these words
            raise Refusal(403, "showSecrets is not allowed for this organization")
        found = [each for each in self.objects.values() if query.get("objectType") in (None, each["objectType"])]
        for name in ("workspaceId", "deploymentId"):
            if name in query:
                found = [each for each in found if each["scopeEntityId"] == query[name] or self._is_linked(each, query)]
        offset = int(query.get("offset", 0))
        page = found[offset : offset + min(int(query.get("limit", 20)), self.most)]  # (a): 20 if nothing is said
        shown = [each if secrets else _without_secrets(each) for each in page]
        return {"environmentObjects": shown, "totalCount": len(found), "limit": len(page), "offset": offset}  # (a)

    def _is_linked(self, one: dict[str, Any], query: dict[str, str]) -> bool:
        """(c): what is linked from the workspace comes along, unless resolveLinked is false."""
        links = [each["scopeEntityId"] for each in one.get("links", ())]
        return query.get("resolveLinked") != "false" and query.get("deploymentId") in links

    def _create(self, body: dict[str, Any]) -> Any:
        _check(body, CREATE)
        scope, key = body.get("scope"), body.get("objectKey")
        if not key or scope not in ("WORKSPACE", "DEPLOYMENT") or not body.get("scopeEntityId"):
            raise Refusal(400, "a required property is missing")  # (a)
        if body.get("objectType") not in TYPES or TYPES[body["objectType"]] not in body:
            raise Refusal(400, "Invalid objectType")
        if scope == "DEPLOYMENT" and OF_WORKSPACE & set(body):
            raise Refusal(400, "Only applicable for WORKSPACE scope")
        same = ("objectKey", "objectType", "scope", "scopeEntityId")
        if any(all(each[name] == body[name] for name in same) for each in self.objects.values()):
            raise Refusal(409, f"environment object {key} already exists")
        if body["objectType"] == "CONNECTION" and not body["connection"].get("type"):  # (c): "Type is required"
            raise Refusal(400, "connection.type is required")
        part = body.pop(TYPES[body["objectType"]])
        if body["objectType"] == "AIRFLOW_VARIABLE":
            part = {"value": "", "isSecret": False, **part}
        return {"id": self.put(**_renamed(body), **{TYPES[body["objectType"]]: part})["id"]}  # (a): only the id

    def _update(self, one: dict[str, Any], body: dict[str, Any]) -> Any:
        _check(body, UPDATE)
        kind = TYPES[one["objectType"]]
        if kind not in body:  # (c): "The platform requires the typed body field"
            raise Refusal(400, f"{kind} is required")
        if one["scope"] == "DEPLOYMENT" and OF_WORKSPACE & set(body):
            raise Refusal(400, "Only applicable for WORKSPACE scope")
        part = body[kind]
        if kind == "airflowVariable":
            if "isSecret" in part:  # (d): the update has only the value
                raise Refusal(400, "airflowVariable.isSecret: unknown property")
            if not (one[kind]["isSecret"] and part.get("value") == ""):  # (c): "treats as no change for a secret"
                one[kind] = {**one[kind], **part}
        else:
            if not part.get("type"):  # (c): "Type is required by the API"
                raise Refusal(400, "connection.type is required")
            given = {name: value for name, value in part.items() if value is not None or self.null_empties}
            one[kind] = {**one[kind], **given}  # (c): "overlaid as a partial update"
            one[kind].pop("authTypeId", None)
        if one["scope"] == "WORKSPACE":
            overrides = {each["scopeEntityId"]: each for each in one.get("links", ())}
            # (c): arrays that are left out are emptied, what is left out of an entry of theirs stays; and the flag is cleared.
            one["links"] = [{**overrides.get(each["scopeEntityId"], {}), **each} for each in body.get("links", ())]
            one["excludeLinks"] = body.get("excludeLinks", [])
            one["autoLinkDeployments"] = body.get("autoLinkDeployments", False)
        return _without_secrets(one)  # (a): the object


def _renamed(body: dict[str, Any]) -> dict[str, Any]:
    return {
        {"objectKey": "key", "scopeEntityId": "entity"}.get(name, name): value
        for name, value in body.items()
        if name != "objectType"
    }


def _check(body: Any, known: set[str]) -> None:
    """(a): names and types."""
    if not isinstance(body, dict) or set(body) - known:
        raise Refusal(400, "unknown property")
    for name, properties in (("connection", CONNECTION), ("airflowVariable", VARIABLE)):
        for key, value in body.get(name, {}).items():
            wanted = properties.get(key)
            if wanted is None or value is not None and (isinstance(value, bool) != (wanted is bool) or not isinstance(value, wanted)):
                raise Refusal(400, f"{name}.{key}: unknown property or wrong type")


def _without_secrets(one: dict[str, Any]) -> dict[str, Any]:
    """(a): "If the value is a secret, the value returned is empty". (d): passwords are not echoed."""
    shown = json.loads(json.dumps(one))
    if shown.get("airflowVariable", {}).get("isSecret"):
        shown["airflowVariable"]["value"] = ""
    shown.get("connection", {}).pop("password", None)
    return shown


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def _answer(self) -> None:
        content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        try:
            status, body = 200, self.server.stand_in.answer(self.command, self.path, self.headers["Authorization"], content)
        except Refusal as refusal:
            status, message = refusal.args
            body = {"message": message, "requestId": "r1", "statusCode": status}
        data = b"" if body is None else json.dumps(body).encode()
        self.send_response(204 if body is None else status)
        self.send_header("Content-Type", "application/json")
        if body is not None:
            self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_POST = do_DELETE = _answer

    def log_message(self, *unused: object) -> None:
        pass
