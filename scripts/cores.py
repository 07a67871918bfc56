# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run tests/cores/smoke.yml under each ansible-core that we lock, against the server of the environment.

At -vvv and with --diff: afterwards no secret may be found in what was printed. It stands in build/cores/NAME.log.
A core whose Python is not on this machine is skipped, by name. Arguments: only these environments.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from environment import NO_PYTHON, REQUIREMENTS, ROOT  # noqa: E402

TESTS = ROOT / "tests" / "cores"
LOGS = ROOT / "build" / "cores"


def smoke(name: str) -> str:
    """How it went: passed, skipped or failed."""
    log = LOGS / f"{name}.log"
    with open(log, "w") as output:
        code = subprocess.run(
            [
                sys.executable,
                ROOT / "scripts" / "run.py",
                name,
                "ansible-playbook",
                "-i",
                "localhost,",
                "-vvv",
                "--diff",
                TESTS / "smoke.yml",
            ],
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
        ).returncode
    if code == NO_PYTHON:
        return "skipped: " + log.read_text().strip()
    if code:
        print(*log.read_text(errors="replace").splitlines()[-60:], sep="\n")
        return f"FAILED, see {log.relative_to(ROOT)}"
    leaks = subprocess.run(
        [sys.executable, TESTS / "check_output.py", log.relative_to(ROOT)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return ("passed: " if leaks.returncode == 0 else "FAILED: ") + leaks.stdout.strip() + leaks.stderr.strip()


def main(names: list[str]) -> int:
    LOGS.mkdir(parents=True, exist_ok=True)
    failed = False
    for name in names or ["dev", *sorted(path.stem for path in REQUIREMENTS.glob("ansible-*.txt"))]:
        outcome = smoke(name)
        print(f"{name:14} {outcome}", flush=True)
        failed |= outcome.startswith("FAILED")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
