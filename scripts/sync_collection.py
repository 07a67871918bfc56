# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Copy the checkout to build/collections/ansible_collections/windsock/airflow and print that folder.

A real copy, no link: ansible-test insists. Copied is what git tracks or would track; only what differs is written,
and what is no longer there is removed.
"""

from __future__ import annotations

import filecmp
import shutil
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from environment import ROOT, exclusive  # noqa: E402

COLLECTIONS = ROOT / "build" / "collections"
COPY = COLLECTIONS / "ansible_collections" / "windsock" / "airflow"
GENERATED_THERE = "tests/output", "tests/integration/integration_config.yml"


def sync() -> Path:
    with exclusive("collection"):
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        ).stdout.split("\0")
        wanted = {Path(name) for name in listed if name and (ROOT / name).is_file()}
        if not (COPY / ".git").exists():
            # ansible-test asks git which files there are, and ours would say: none, build/ is ignored.
            subprocess.run(["git", "init", "-q", "--initial-branch=copy", str(COPY)], check=True)
        for path in sorted(COPY.rglob("*"), reverse=True):
            name = path.relative_to(COPY)
            if str(name).startswith(GENERATED_THERE) or {".git", "__pycache__"} & set(name.parts):
                continue
            if path.is_dir():
                if not any(path.iterdir()):
                    path.rmdir()
            elif name not in wanted:
                path.unlink()
        for name in wanted:
            source, copy = ROOT / name, COPY / name
            if not copy.exists() or not filecmp.cmp(source, copy):
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(source, copy)
    return COPY


if __name__ == "__main__":
    print(sync())
