# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The keeper's promise: what it runs ends with whoever started it, however that happens."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import keeper
import pytest

KEEPER = str(Path(keeper.__file__))
# A command with a child, as a server with workers, and one that leaves its group: all tell their process ids.
FAMILY = ["sh", "-c", "sleep 60 & child=$!; setsid sleep 60 & echo $$ $child $!; wait"]


def is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return False
    return state != "Z"


def all_end(pids: list[int]) -> bool:
    deadline = time.monotonic() + 10
    while any(map(is_alive, pids)) and time.monotonic() < deadline:
        time.sleep(0.02)
    return not any(map(is_alive, pids))


@pytest.fixture
def kept() -> Iterator[tuple[subprocess.Popen[str], list[int]]]:
    process = subprocess.Popen(
        [sys.executable, KEEPER, *FAMILY], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    pids = [int(pid) for pid in process.stdout.readline().split()]
    assert len(pids) == 3 and all(map(is_alive, pids))
    yield process, pids
    process.kill()
    process.wait()
    process.stdin.close()
    process.stdout.close()


def test_all_end_when_the_lifeline_is_closed(kept) -> None:
    process, pids = kept
    process.stdin.close()
    assert all_end(pids)
    process.wait(timeout=10)


def test_all_end_when_the_keeper_is_asked_to(kept) -> None:
    process, pids = kept
    process.terminate()
    assert all_end(pids)


def test_the_command_ends_when_the_keeper_is_killed(kept) -> None:
    process, pids = kept
    process.kill()
    assert all_end(pids[:1])
    for pid in pids[1:]:
        os.kill(pid, signal.SIGKILL)


def test_all_end_when_the_holder_is_killed() -> None:
    holder = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import subprocess, sys; subprocess.Popen(sys.argv[1:], stdin=subprocess.PIPE).wait()",
            sys.executable,
            KEEPER,
            *FAMILY,
        ],
        stdout=subprocess.PIPE,
        text=True,
    )
    with holder:
        pids = [int(pid) for pid in holder.stdout.readline().split()]
        holder.kill()
        assert all_end(pids)


@pytest.mark.parametrize("code", [0, 7])
def test_the_exit_code_is_the_commands(code: int) -> None:
    with subprocess.Popen(
        [sys.executable, KEEPER, "sh", "-c", f"sleep 60 & exit {code}"], stdin=subprocess.PIPE
    ) as process:
        assert process.wait(timeout=10) == code
