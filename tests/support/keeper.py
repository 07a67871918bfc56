# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run a command that cannot outlive whoever started it:  python keeper.py COMMAND ARGS

Standard input is the lifeline: when it ends, because its holder closed it or was killed, the command's whole
process group ends too, and whoever has left the group, as a process of Airflow 2's scheduler does. Nothing else is
read from it. The exit code is the command's.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

PATIENCE = 5  # seconds between asking politely and killing
PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36


def die_with_parent() -> None:
    """In a child, for the case that its parent is killed and can no longer clean up."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def end_group(group: int) -> None:
    for number in (signal.SIGTERM, signal.SIGKILL):
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            try:
                os.killpg(group, number)
            except ProcessLookupError:
                return
            time.sleep(0.05)
            _reap()


def adopt_orphans() -> None:
    """Whose parents end becomes our child, and not init's."""
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1)


def end_orphans() -> None:
    """Until there is none: each that ends may leave us its own children."""
    while children := _children():
        for pid in children:
            os.kill(pid, signal.SIGKILL)
        time.sleep(0.01)
        _reap()


def _reap() -> None:
    """As long as nobody asks for their ends, they and their group go on to exist."""
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def _children() -> list[int]:
    pids = [int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()]
    return [pid for pid in pids if _parent(pid) == os.getpid()]


def _parent(pid: int) -> int | None:
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return None  # it has ended meanwhile


def main() -> int:
    adopt_orphans()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the holder of the lifeline
    signal.signal(signal.SIGTERM, lambda *_: os.close(0))
    child = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL, start_new_session=True,
                             preexec_fn=die_with_parent)
    try:
        while child.poll() is None:
            try:
                ready = select.select([0], [], [], 0.2)[0]
                if ready and not os.read(0, 1024):
                    break
            except OSError:
                break
        return child.returncode or 0
    finally:
        end_group(child.pid)
        end_orphans()


if __name__ == "__main__":
    sys.exit(main())
