# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A repository as a guide page has it, in a folder, with real addresses in the place of those of the page."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from harness import COLLECTIONS

BINARIES = Path(sys.executable).parent


class Repository:
    def __init__(self, folder: Path, instead: dict[str, str]) -> None:
        self.folder, self.instead = folder, instead
        for needed in (folder, folder.parent / "home"):
            needed.mkdir(exist_ok=True)
        # Nothing of the caller's settings: what a page needs, it says.
        self.environ = {
            "PATH": f"{BINARIES}:/usr/local/bin:/usr/bin:/bin", "HOME": str(folder.parent / "home"),
            "LANG": "C.UTF-8", "ANSIBLE_COLLECTIONS_PATH": COLLECTIONS, "ANSIBLE_NOCOLOR": "true",
            **{name: value for name, value in os.environ.items() if name == "NO_PROXY"},
        }  # fmt: skip

    def __truediv__(self, name: str) -> Path:
        return self.folder / name

    def write(self, name: str, text: str) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(self.real(text))

    def real(self, text: str) -> str:
        for told, real in self.instead.items():
            text = text.replace(told, real)
        return text

    def run(self, script: str, code: int = 0, environ: dict[str, str] | None = None, shell: str = "bash") -> str:
        """What it prints; it must end with this code. `environ` comes over that of a user who has all installed."""
        given = {name: self.real(value) for name, value in (environ or {}).items()}
        done = subprocess.run(
            [shell, "-ec", self.real(script)], cwd=self.folder, env={**self.environ, **given},
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == code, f"{script}\nexit code {done.returncode}\n{done.stdout}"
        return done.stdout
