# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is received at /dev/log while the modules run."""

from __future__ import annotations

import contextlib
import socket
import threading
from pathlib import Path

LINE = Path("/dev/log")


class Syslog:
    """A with statement listens. there is False where the machine has a syslog of its own, or lets us have none."""

    def __init__(self) -> None:
        self._received: list[bytes] = []
        self._ended = threading.Event()
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._thread = threading.Thread(target=self._listen)
        self.there = False

    def __enter__(self) -> Syslog:
        with contextlib.suppress(OSError):
            if _is_dead():
                LINE.unlink()
            self._socket.bind(str(LINE))
            self._socket.settimeout(0.2)
            self._thread.start()
            self.there = True
        return self

    def __exit__(self, *unused: object) -> None:
        if self.there:
            self._ended.set()
            self._thread.join()
            LINE.unlink()
        self._socket.close()

    def _listen(self) -> None:
        while not self._ended.is_set():
            with contextlib.suppress(TimeoutError):
                self._received.append(self._socket.recv(1 << 20))

    def take(self) -> str:
        """What has come since this was last asked."""
        received, self._received = self._received, []
        return b"\n".join(received).decode(errors="replace")


def _is_dead() -> bool:
    """Whether somebody who was killed has left it behind."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as visitor:
        try:
            visitor.connect(str(LINE))
        except ConnectionRefusedError:
            return True
        except OSError:
            return False
    return False
