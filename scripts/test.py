# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run everything that must pass, and tell how each went: the whole of `make test`.

What is in one row runs at the same time, on two cores: ansible-test waits for its servers half of the time.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from threading import Lock

Lane = tuple[str, ...]  # steps that run one after the other
ROWS: tuple[tuple[Lane, ...], ...] = (
    (("setup",),),
    (("integration",), ("lint", "unit", "docs", "page", "leaks")),
    (("system",),),
    (("test-dist", "demo"),),
)
# More cases of each round trip than whoever runs `make unit` at every change has time for.
THOROUGH = {"unit": {"WINDSOCK_ROUND_TRIPS": "1000"}}

outcomes: list[tuple[str, bool, float]] = []
reasons: dict[str, list[str]] = {}  # of each step that failed, the lines of its output that tell most
printing = Lock()


def run(step: str, alone: bool) -> None:
    """Where others run at the same time, what it says is printed once it is done."""
    if alone:
        print(f"\n==== {step}", flush=True)
    started = time.monotonic()
    environ = {**os.environ, **THOROUGH.get(step, {})}
    command = ["make", "--no-print-directory", step]
    said: list[str] = []
    with subprocess.Popen(
        command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
    ) as process:
        for line in process.stdout or ():
            said.append(line.rstrip())
            if alone:
                print(line, end="", flush=True)
    with printing:
        if not alone:
            print(f"\n==== {step}", *said, sep="\n", flush=True)
        outcomes.append((step, process.returncode == 0, time.monotonic() - started))
        if process.returncode:
            reasons[step] = telling(said)


def telling(said: list[str]) -> list[str]:
    """What is worth repeating at the end, where it is found: pytest's names of what failed, and the last lines."""
    named = [line for line in said[:-5] if line.startswith(("FAILED ", "ERROR", "[ERROR]", "fatal: "))]
    return [line[:200] for line in named[-10:] + said[-5:]]


def run_lane(lane: Lane, alone: bool) -> None:
    for step in lane:
        run(step, alone)


def main() -> int:
    for row in ROWS:
        with ThreadPoolExecutor(len(row)) as lanes:
            for each in [lanes.submit(run_lane, lane, len(row) == 1) for lane in row]:
                each.result()
        # Without the environments nothing else can run.
        if row[0] == ("setup",) and not outcomes[0][1]:
            break
    for step, lines in reasons.items():
        print(f"\n==== {step} failed:", *lines, sep="\n")
    print()
    for step, passed, seconds in outcomes:
        print(f"{'passed' if passed else 'FAILED'} {step:12} {seconds:6.1f} s")
    failed = sum(not passed for step, passed, seconds in outcomes)
    print(f"steps: {len(outcomes) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
