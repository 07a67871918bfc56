# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A proxy of ours between a client and a real server: it writes down every request, and does harm on demand.

    with FaultProxy(server.url) as proxy:
        proxy.answer(503, headers={"Retry-After": "1"}, times=2)            # not forwarded
        proxy.delay(2, path="/api/v2/pools")                                # then forwarded as usual
        proxy.cut(method="POST")                                            # closed before it is forwarded
        proxy.lose_answer(method="PATCH")                                   # carried out, but nobody is told
        proxy.truncate(20)                                                  # the first 20 bytes of the real answer
        proxy.refuse_writes()                                               # 403 to every write from now on
        ...
        assert [r.path for r in proxy.writes] == ["/api/v2/pools"]

A rule meets requests whose method equals `method` and in whose path the regular expression `path` is found; the first
rule that meets acts, `times` times (None: always), after having let pass `after` of them. It serves as a plain-HTTP
`proxy_url` too: such requests have `absolute` set. With `tls` (an ssl.SSLContext) clients reach it by https.
"""

from __future__ import annotations

import dataclasses
import http.client
import http.server
import re
import ssl
import threading
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

SIGN_IN = "/auth/token"
HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "proxy-connection", "content-length", "host"}


@dataclasses.dataclass
class Request:
    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes
    absolute: bool = False
    status: int | None = None  # what the client was told; None: nothing

    @property
    def is_write(self) -> bool:
        return self.method not in ("GET", "HEAD", "LIST") and not (self.method == "POST" and self.path.endswith(SIGN_IN))


@dataclasses.dataclass
class Answer:
    status: int
    headers: list[tuple[str, str]]
    body: bytes
    cut_after: int | None = None  # bytes of the body after which the line goes dead


Forward = Callable[[], Answer]
Action = Callable[[Forward], "Answer | None"]  # None: close without a word


@dataclasses.dataclass
class Rule:
    action: Action
    method: str | None
    path: str
    times: int | None
    after: int
    writes_only: bool = False

    def meets(self, request: Request) -> bool:
        if self.times == 0 or (self.method and request.method != self.method) or not re.search(self.path, request.path):
            return False
        if self.writes_only and not request.is_write:
            return False
        if self.after:
            self.after -= 1
            return False
        if self.times is not None:
            self.times -= 1
        return True


class FaultProxy:
    def __init__(self, target_url: str, tls: ssl.SSLContext | None = None):
        self.target = urlsplit(target_url)
        self.requests: list[Request] = []
        self._rules: list[Rule] = []
        self._lock = threading.Lock()
        self._server = Server(("127.0.0.1", 0), Handler)
        self._server.proxy = self
        if tls:
            # Handshakes belong to the handler's thread: one bad client must not stop the others.
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True, do_handshake_on_connect=False)
        self._origin = f"{'https' if tls else 'http'}://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)

    @property
    def url(self) -> str:
        """The target's address by way of this proxy, with the target's path prefix."""
        return self._origin + self.target.path.rstrip("/")

    @property
    def writes(self) -> list[Request]:
        return [request for request in self.requests if request.is_write]

    def __enter__(self) -> FaultProxy:
        self._thread.start()
        return self

    def __exit__(self, *unused: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def reset(self) -> None:
        """Forget all rules and all requests."""
        with self._lock:
            self._rules.clear()
            self.requests.clear()

    # -- rules

    def add(self, action: Action, method: str | None = None, path: str = "", times: int | None = 1, after: int = 0,
            writes_only: bool = False) -> None:
        with self._lock:
            self._rules.append(Rule(action, method, path, times, after, writes_only))

    def answer(self, status: int, body: str | bytes = "", headers: dict[str, str] | None = None, **which: Any) -> None:
        content = body.encode() if isinstance(body, str) else body
        told = Answer(status, list((headers or {"Content-Type": "application/json"}).items()), content)
        self.add(lambda forward: told, **which)

    def delay(self, seconds: float, **which: Any) -> None:
        def action(forward: Forward) -> Answer:
            time.sleep(seconds)
            return forward()
        self.add(action, **which)

    def cut(self, **which: Any) -> None:
        self.add(lambda forward: None, **which)

    def lose_answer(self, **which: Any) -> None:
        def action(forward: Forward) -> None:
            forward()
        self.add(action, **which)

    def truncate(self, length: int, **which: Any) -> None:
        self.add(lambda forward: dataclasses.replace(forward(), cut_after=length), **which)

    def refuse_writes(self, status: int = 403) -> None:
        self.add(lambda forward: Answer(status, [("Content-Type", "application/json")], b'{"detail": "refused"}'),
                 times=None, writes_only=True)

    # -- the work, in a thread for each client

    def handle(self, request: Request) -> Answer | None:
        with self._lock:
            self.requests.append(request)
            rule = next((rule for rule in self._rules if rule.meets(request)), None)

        def forward() -> Answer:
            return self._forward(request)

        answer = rule.action(forward) if rule else forward()
        request.status = answer.status if answer else None
        return answer

    def _forward(self, request: Request) -> Answer:
        line = http.client.HTTPConnection(str(self.target.hostname), self.target.port or 80, timeout=120)
        try:
            headers = {name: value for name, value in request.headers.items() if name.lower() not in HOP_BY_HOP}
            query = f"?{request.query}" if request.query else ""
            line.request(request.method, request.path + query, request.body or None, headers)
            reply = line.getresponse()
            kept = [(name, value) for name, value in reply.getheaders() if name.lower() not in HOP_BY_HOP]
            return Answer(reply.status, kept, reply.read())
        finally:
            line.close()


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    proxy: FaultProxy

    def handle_error(self, *unused: Any) -> None:
        """Clients that go away, or do not like our certificate, are what such a proxy is for."""


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Server

    def handle_any(self) -> None:
        # The headers' order and repetition do not matter to anything tested here.
        parts = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        request = Request(self.command, parts.path, parts.query, dict(self.headers.items()), body,
                          absolute=bool(parts.scheme))
        answer = self.server.proxy.handle(request)
        self.close_connection = self.close_connection or answer is None or answer.cut_after is not None
        if answer is None:
            return
        self.send_response_only(answer.status)
        for name, value in answer.headers:
            self.send_header(name, value)
        if answer.status not in (204, 304):
            self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.body if answer.cut_after is None else answer.body[:answer.cut_after])

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_LIST = handle_any  # LIST is a word of Vault's

    def log_message(self, *unused: Any) -> None:
        pass
