# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A real HTTP server on loopback that answers by script and writes down what it was asked."""

from __future__ import annotations

import http.server
import json
import socket
import threading
import typing as t
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True)
class Reply:
    """body: bytes are sent as they are, anything else as JSON.

    delay: seconds before the answer. cut: no answer, the connection is closed. short: so many bytes of the body are
    never sent.
    """

    status: int = 200
    body: t.Any = b""
    headers: dict[str, str] = field(default_factory=dict)
    delay: float = 0
    cut: bool = False
    short: int = 0

    def content(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


@dataclass(frozen=True)
class Seen:
    """A request as it came over the wire: target is quoted, names of headers are in title case."""

    method: str
    target: str
    headers: dict[str, str]
    content: bytes

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @property
    def query(self) -> list[tuple[str, str]]:
        return parse_qsl(urlsplit(self.target).query)

    @property
    def body(self) -> t.Any:
        return json.loads(self.content)


Answer = Reply | t.Callable[[Seen], Reply]
"""A reply, or what makes one of the request: for requests that may come in any order."""


class ScriptedServer:
    """Answers with the replies of the script, one after the other. What is asked beyond it is a fault of the test."""

    def __init__(self) -> None:
        self.begin()
        self._turn = threading.Lock()
        self._stopping = threading.Event()
        scripted = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1  # one packet for an answer; two would each wait for an acknowledgement

            def answer(self) -> None:
                content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                headers = {name.title(): value for name, value in self.headers.items()}
                reply = scripted.next_reply(Seen(self.command, self.path, headers, content))
                if reply.delay:
                    scripted._stopping.wait(reply.delay)
                if reply.cut:
                    self.close_connection = True
                    self.connection.shutdown(socket.SHUT_RDWR)
                    return
                sent = reply.content()
                self.send_response(reply.status)
                for name, value in reply.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(sent)))
                self.end_headers()
                self.wfile.write(sent[: len(sent) - reply.short])
                if reply.short:
                    self.close_connection = True

            do_GET = do_POST = do_PATCH = do_DELETE = do_CONNECT = answer

            def log_message(self, *arguments: t.Any) -> None:
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True
            block_on_close = False

            def handle_error(self, *arguments: t.Any) -> None:
                pass  # a client that went away, which is what some tests want

        self._server = Server(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)

    def __enter__(self) -> ScriptedServer:
        self._thread.start()
        return self

    def __exit__(self, *_exception: t.Any) -> None:
        self._stopping.set()
        self._server.shutdown()
        self._server.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def begin(self, *script: Answer) -> None:
        self.requests: list[Seen] = []
        self.script = [*script]
        self.unscripted: list[str] = []

    def verify(self) -> None:
        assert not self.unscripted, f"requests that the script has no answer for: {self.unscripted}"
        assert not self.script, f"answers that nobody asked for: {self.script}"

    def next_reply(self, request: Seen) -> Reply:
        with self._turn:
            self.requests.append(request)
            if self.script:
                answer = self.script.pop(0)
                return answer if isinstance(answer, Reply) else answer(request)
            self.unscripted.append(f"{request.method} {request.target}")
            return Reply(599)


def unused_url() -> str:
    """An address on loopback where nobody listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{free.getsockname()[1]}"
