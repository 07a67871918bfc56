# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The part of Kubernetes that Vault asks who a service account is: its TokenReview API, in a thread.

    with TokenReview() as cluster:
        cluster.url, cluster.ca                          # for Vault's kubernetes_host, kubernetes_ca_cert
        jwt = cluster.token("airflow", "deploy")         # of a service account, in a namespace

Whatever token it did not issue itself is not authenticated.
"""

from __future__ import annotations

import http.server
import json
import ssl
import threading
import uuid
from typing import Any

import trustme
from jwt_issuer import JwtIssuer

PATH = "/apis/authentication.k8s.io/v1/tokenreviews"


class TokenReview:
    def __init__(self) -> None:
        self._issuer = JwtIssuer()
        self._users: dict[str, dict[str, Any]] = {}
        self._server = Server(("127.0.0.1", 0), Handler)
        self._server.cluster = self
        authority, tls = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("127.0.0.1").configure_cert(tls)
        self.ca = authority.cert_pem.bytes().decode()
        self._server.socket = tls.wrap_socket(self._server.socket, server_side=True, do_handshake_on_connect=False)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self._server.server_port}"

    def token(self, account: str, namespace: str) -> str:
        name, uid = f"system:serviceaccount:{namespace}:{account}", str(uuid.uuid4())
        token = self._issuer.sign(sub=name, iss="https://kubernetes.default.svc", **{
            "kubernetes.io": {"namespace": namespace, "serviceaccount": {"name": account, "uid": uid}}})
        self._users[token] = {"username": name, "uid": uid, "groups": ["system:serviceaccounts"]}
        return token

    def status(self, token: str) -> dict[str, Any]:
        user = self._users.get(token)
        return {"authenticated": True, "user": user} if user else {"error": "invalid bearer token"}

    def __enter__(self) -> TokenReview:
        self._thread.start()
        return self

    def __exit__(self, *unused: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    cluster: TokenReview


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def do_POST(self) -> None:
        review = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or "{}")
        if self.path != PATH:
            self.send_error(404)
            return
        answer = json.dumps({**review, "status": self.server.cluster.status(review["spec"]["token"])}).encode()
        self.send_response(201)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *unused: Any) -> None:
        pass
