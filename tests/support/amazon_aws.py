# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The collection amazon.aws, for the tests of the recipe with its lookups.

PyPI has it inside of the package ansible, of which nothing else is kept. Version and hashes are those of the bench.

    ensure()    # a folder for ANSIBLE_COLLECTIONS_PATH
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))

import environment  # noqa: E402

FOLDER = ROOT / "build" / "collections-amazon"
WITHIN = "ansible_collections/amazon/aws/"


def pinned() -> str:
    """The package ansible as the bench has it, with its hashes."""
    found = re.search(r"^ansible==\S+ \\\n(?: +--hash=\S+(?: \\)?\n)+", (ROOT / "requirements" / "bench.txt").read_text(), re.M)
    if not found:
        raise LookupError("requirements/bench.txt has no ansible==...")
    return found[0]


def ensure() -> Path:
    """The folder; it is filled where it is not there, or of another version."""
    wanted, stamp = pinned(), FOLDER / "pinned.txt"
    with environment.exclusive("collections-amazon"):
        if not stamp.exists() or stamp.read_text() != wanted:
            fetch(wanted)
            stamp.write_text(wanted)
    return FOLDER


def fetch(wanted: str) -> None:
    pip = environment.ensure("tools") / "bin" / "pip"  # the other environments have none
    with tempfile.TemporaryDirectory() as name:
        (Path(name) / "requirements.txt").write_text(wanted)
        options = ("--no-deps", "--require-hashes", "--only-binary", ":all:", "--requirement", "requirements.txt")
        subprocess.run([str(pip), "download", "--quiet", *options], cwd=name, check=True)
        (wheel,) = Path(name).glob("ansible-*.whl")
        shutil.rmtree(FOLDER, ignore_errors=True)
        with zipfile.ZipFile(wheel) as packed:
            packed.extractall(FOLDER, [each for each in packed.namelist() if each.startswith(WITHIN)])


if __name__ == "__main__":
    print(ensure())
