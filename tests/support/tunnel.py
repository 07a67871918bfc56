# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A proxy that takes only CONNECT, and leads every host to one port of this machine: for names that are not ours."""

from __future__ import annotations

import contextlib
import socket
import socketserver
import threading


class Tunnel:
    def __init__(self, port: int):
        self.port = port
        self.asked: list[str] = []  # host and port
        self._server = Server(("127.0.0.1", 0), Handler)
        self._server.tunnel = self
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Tunnel:
        self._thread.start()
        return self

    def __exit__(self, *unused: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    tunnel: Tunnel


class Handler(socketserver.StreamRequestHandler):
    server: Server

    def handle(self) -> None:
        words = self.rfile.readline().decode().split()
        while self.rfile.readline().strip():
            pass
        self.server.tunnel.asked.append(words[1])
        if words[0] != "CONNECT":
            self.wfile.write(b"HTTP/1.1 405 Only CONNECT\r\n\r\n")
            return
        with socket.create_connection(("127.0.0.1", self.server.tunnel.port)) as there:
            self.wfile.write(b"HTTP/1.1 200 Connected\r\n\r\n")
            back = threading.Thread(target=carry, args=(there, self.connection), daemon=True)
            back.start()
            carry(self.connection, there)
            back.join()


def carry(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_WR)
