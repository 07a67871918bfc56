# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The fault proxy does what the tests ask of it; http.client is the client, a little server the target."""

from __future__ import annotations

import http.client
import http.server
import ssl
import threading
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
import trustme
from fault_proxy import FaultProxy


class Target(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    seen: list[tuple[str, str, bytes]] = []

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.seen.append((self.command, self.path, body))
        self.send_response(200)
        self.send_header("Content-Length", "10")
        self.send_header("X-Target", "yes")
        self.end_headers()
        self.wfile.write(b"0123456789")

    do_POST = do_PATCH = do_DELETE = do_GET

    def log_message(self, *unused: object) -> None:
        pass


@pytest.fixture
def target() -> Iterator[str]:
    Target.seen.clear()
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Target) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/prefix"
        server.shutdown()


@pytest.fixture
def proxy(target: str) -> Iterator[FaultProxy]:
    with FaultProxy(target) as proxy:
        yield proxy


def ask(
    proxy: FaultProxy, method: str, path: str, body: bytes | None = None, **how: ssl.SSLContext
) -> tuple[int, bytes]:
    parts = urlsplit(proxy.url)
    line = (http.client.HTTPSConnection if how else http.client.HTTPConnection)(
        "127.0.0.1", parts.port, timeout=5, **how
    )
    try:
        line.request(method, parts.path + path, body)
        answer = line.getresponse()
        return answer.status, answer.read()
    finally:
        line.close()


def test_it_forwards_and_writes_down(proxy: FaultProxy) -> None:
    assert ask(proxy, "PATCH", "/pools/a%2Fb?x=1&x=2", b"body") == (200, b"0123456789")
    assert Target.seen == [("PATCH", "/prefix/pools/a%2Fb?x=1&x=2", b"body")]
    request = proxy.requests[0]
    assert (request.method, request.path, request.query, request.body, request.status) == (
        "PATCH",
        "/prefix/pools/a%2Fb",
        "x=1&x=2",
        b"body",
        200,
    )


def test_reading_and_signing_in_are_no_writes(proxy: FaultProxy) -> None:
    for method, path in (("GET", "/x"), ("POST", "/auth/token"), ("POST", "/x"), ("PATCH", "/x"), ("DELETE", "/x")):
        ask(proxy, method, path)
    assert [(write.method, write.path) for write in proxy.writes] == [
        ("POST", "/prefix/x"),
        ("PATCH", "/prefix/x"),
        ("DELETE", "/prefix/x"),
    ]
    proxy.reset()
    proxy.refuse_writes()
    assert [ask(proxy, method, "/x")[0] for method in ("GET", "POST", "DELETE")] == [200, 403, 403]


def test_rules_choose_by_method_path_and_count(proxy: FaultProxy) -> None:
    proxy.answer(503, "busy", method="GET", path="/pools$", times=2, after=1)
    assert [ask(proxy, "GET", "/pools")[0] for each in range(4)] == [200, 503, 503, 200]
    proxy.answer(500, times=None)
    assert [ask(proxy, "POST", "/other")[0] for each in range(3)] == [500] * 3


def test_a_cut_request_is_not_carried_out_and_a_lost_answer_is(proxy: FaultProxy) -> None:
    proxy.cut()
    with pytest.raises(http.client.RemoteDisconnected):
        ask(proxy, "POST", "/x")
    assert Target.seen == []
    proxy.lose_answer()
    with pytest.raises(http.client.RemoteDisconnected):
        ask(proxy, "POST", "/x")
    assert len(Target.seen) == 1
    assert [request.status for request in proxy.requests] == [None, None]


def test_a_body_can_end_early_and_an_answer_come_late(proxy: FaultProxy) -> None:
    proxy.truncate(4)
    with pytest.raises(http.client.IncompleteRead):
        ask(proxy, "GET", "/x")
    proxy.delay(0.2)
    began = time.monotonic()
    assert ask(proxy, "GET", "/x")[0] == 200
    assert time.monotonic() - began >= 0.2


def test_it_speaks_tls(target: str) -> None:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    with FaultProxy(target, tls=context) as proxy:
        with pytest.raises(ssl.SSLCertVerificationError):
            ask(proxy, "GET", "/x", context=ssl.create_default_context())
        assert ask(proxy, "GET", "/x", context=trusting) == (200, b"0123456789")
