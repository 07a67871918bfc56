# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run a command in one of our environments, with the collection as it stands now.

    python3 scripts/run.py ENVIRONMENT [--in-collection] COMMAND ARGS

The environment is made if need be, the collection copied (scripts/sync_collection.py) and put on
ANSIBLE_COLLECTIONS_PATH and PYTHONPATH. With --in-collection the command runs inside that copy.
What Ansible keeps in the user's home goes to build/home instead.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from environment import NO_PYTHON, ROOT, MissingPython, ensure, find_python  # noqa: E402
from sync_collection import COLLECTIONS, sync  # noqa: E402

HOME = ROOT / "build" / "home"
# ansible-test downloads this script to make virtual environments with pip. Python brings pip itself.
GET_PIP = """\
import subprocess, sys
subprocess.check_call([sys.executable, "-m", "ensurepip", "--default-pip"], stdout=subprocess.DEVNULL)
words = [word for word in sys.argv[1:] if word not in ("--no-setuptools", "--no-wheel")]
sys.exit(subprocess.call([sys.executable, "-m", "pip", "install", *words]))
"""
GET_PIP_NAMES = "get_pip_23_1_2.py", "get_pip_24_2.py", "get_pip_25_2.py"  # cores 2.16 to 2.22


def home() -> Path:
    """A home folder for ansible-test and ansible-lint; pip's settings and caches stay the user's."""
    cache = HOME / ".ansible" / "test" / "cache"
    cache.mkdir(parents=True, exist_ok=True)
    for name in GET_PIP_NAMES:
        (cache / name).write_text(GET_PIP)
    for name in (".cache", ".config"):
        link, target = HOME / name, Path.home() / name
        if target.exists() and not link.is_symlink():
            link.symlink_to(target)
    return HOME


def search_path(folder: Path) -> str:
    """PATH with the real folders of the interpreters: behind pyenv's shims they fail in ansible-test."""
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    usual = [name for name in os.environ["PATH"].split(":") if name != str(pyenv / "shims")]
    real = [Path(find_python("3.11")).parent, *sorted((pyenv / "versions").glob("3.*/bin"))]
    return ":".join(map(str, [folder / "bin", *real, *usual]))


def environ(folder: Path) -> dict[str, str]:
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE_")},
        "PATH": search_path(folder),
        "VIRTUAL_ENV": str(folder),
        "HOME": str(home()),
        # Ansible refuses to start where the encoding is not UTF-8.
        "LC_ALL": os.environ.get("LC_ALL") or os.environ.get("LANG") or "C.UTF-8",
        "PYTHONPATH": str(COLLECTIONS),
        "HYPOTHESIS_STORAGE_DIRECTORY": str(ROOT / "build" / "hypothesis"),
        "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS),
        "ANSIBLE_LOCALHOST_WARNING": "false",
        "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false",
    }


def main(arguments: list[str]) -> int:
    try:
        folder = ensure(arguments.pop(0))
    except MissingPython as missing:
        print(missing, file=sys.stderr)
        return NO_PYTHON
    copy = sync()
    if arguments[0] == "--in-collection":
        arguments.pop(0)
        os.chdir(copy)
    environment = environ(folder)
    os.environ["PATH"] = environment["PATH"]
    os.execvpe(arguments[0], arguments, environment)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
