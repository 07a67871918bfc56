# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run everything that must pass, one after the other, and tell how each went: the whole of `make test`."""

from __future__ import annotations

import subprocess
import sys
import time

STEPS = "setup", "lint", "unit", "integration", "system", "leaks", "docs", "test-dist", "demo"


def main() -> int:
    outcomes: list[tuple[str, bool, float]] = []
    for step in STEPS:
        print(f"\n==== {step}", flush=True)
        started = time.monotonic()
        passed = subprocess.run(["make", "--no-print-directory", step], check=False).returncode == 0
        outcomes.append((step, passed, time.monotonic() - started))
        # Without the environments nothing else can run.
        if step == "setup" and not passed:
            break
    print()
    for step, passed, seconds in outcomes:
        print(f"{'passed' if passed else 'FAILED'} {step:12} {seconds:6.1f} s")
    failed = sum(not passed for step, passed, seconds in outcomes)
    print(f"steps: {len(outcomes) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
