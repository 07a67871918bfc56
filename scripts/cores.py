# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run the playbooks of tests/cores under each ansible-core that we lock, against the server of the environment.

One whose Python is not on this machine is skipped, by name.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from environment import NO_PYTHON, REQUIREMENTS, ROOT  # noqa: E402

RUN = [sys.executable, str(ROOT / "scripts" / "run.py")]


def main() -> int:
    environments = [*sorted(path.stem for path in REQUIREMENTS.glob("ansible-*.txt")), "dev"]
    outcomes: dict[str, str] = {}
    for name in environments:
        for playbook in sorted((ROOT / "tests" / "cores").glob("*.yml")):
            print(f"-- {name}: {playbook.name}", flush=True)
            code = subprocess.run([*RUN, name, "ansible-playbook", "-i", "localhost,", str(playbook)],
                                  check=False).returncode
            outcomes[f"{name} {playbook.name}"] = {0: "passed", NO_PYTHON: "skipped"}.get(code, "failed")
    for what, outcome in outcomes.items():
        print(f"{outcome:8} {what}")
    return 0 if outcomes and "failed" not in outcomes.values() else 1


if __name__ == "__main__":
    sys.exit(main())
