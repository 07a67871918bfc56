# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Make build/env/NAME what requirements/NAME.txt says, and print its folder.

    python3 scripts/environment.py NAME            make or update it; nothing to do costs 0.1 s
    python3 scripts/environment.py --lock [NAME]   write the lock files anew from requirements/*.in

Exit code 3: the Python that NAME needs is not on this machine.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
REQUIREMENTS = ROOT / "requirements"
ENVIRONMENTS = ROOT / "build" / "env"
DEFAULT_PYTHON = "3.11"
NEEDS_PYTHON = {"ansible-2.21": "3.12", "ansible-2.22": "3.13"}
NO_PYTHON = 3


class MissingPython(Exception):
    pass


def find_python(version: str) -> str:
    """The real file of the interpreter, never a pyenv shim: ansible-test and venvs need it."""
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    named = [shutil.which(f"python{version}"), *sorted(pyenv.glob(f"{version}.*/bin/python{version}"), reverse=True)]
    tell = "import os, sys; print('%d.%d' % sys.version_info[:2], os.path.realpath(sys.executable))"
    for candidate in [*filter(None, named), "python3"]:
        told = subprocess.run([str(candidate), "-Ic", tell], capture_output=True, text=True, check=False)
        # A version manager's shim is there for versions that are not switched on, and fails.
        if told.returncode:
            continue
        found, path = told.stdout.strip().split(" ", 1)
        if tuple(map(int, found.split("."))) >= tuple(map(int, version.split("."))):
            return path
    raise MissingPython(f"needs Python {version}, which is not here")


def ensure(name: str) -> Path:
    """The folder of the environment, made or updated only if its lock or its interpreter changed."""
    folder, lock = ENVIRONMENTS / name, REQUIREMENTS / f"{name}.txt"
    pins = "".join(line for line in lock.read_text().splitlines(keepends=True) if not line.lstrip().startswith("#"))
    stamp, wanted = folder / ".stamp", hashlib.sha256(pins.encode()).hexdigest()

    def is_current() -> bool:
        # The link of a virtual environment is broken when its interpreter has gone.
        return (folder / "bin" / "python").exists() and stamp.exists() and stamp.read_text() == wanted

    if is_current():
        return folder
    with exclusive(f"env-{name}"):
        if not is_current():
            stamp.unlink(missing_ok=True)
            print(f"making build/env/{name}", file=sys.stderr, flush=True)
            install(name, folder, lock)
            stamp.write_text(wanted)
    return folder


def install(name: str, folder: Path, lock: Path) -> None:
    python = find_python(NEEDS_PYTHON.get(name, DEFAULT_PYTHON))
    if name == "tools":
        run(python, "-m", "venv", str(folder))
        run(str(folder / "bin" / "python"), "-m", "pip", "install", "-q", "--require-hashes", "-r", str(lock))
        return
    uv = str(ensure("tools") / "bin" / "uv")
    if not (folder / "bin" / "python").exists():
        run(uv, "venv", "-q", "--clear", "--python", python, str(folder))
    # Without compiled bytecode, and with PYTHONDONTWRITEBYTECODE set, each start would compile everything anew.
    run(
        uv,
        "pip",
        "sync",
        "-q",
        "--require-hashes",
        "--compile-bytecode",
        "--python",
        str(folder / "bin" / "python"),
        str(lock),
    )


def write_locks(names: list[str]) -> None:
    uv = str(ensure("tools") / "bin" / "uv")
    for name in names or sorted(path.stem for path in REQUIREMENTS.glob("*.in")):
        source = REQUIREMENTS / f"{name}.in"
        run(
            uv,
            "pip",
            "compile",
            "-q",
            "--universal",
            "--generate-hashes",
            "--python-version",
            NEEDS_PYTHON.get(name, DEFAULT_PYTHON),
            "--custom-compile-command",
            f"python3 scripts/environment.py --lock {name}",
            *resolver_options(source),
            str(source),
            "-o",
            f"{REQUIREMENTS / name}.txt",
        )


def resolver_options(source: Path) -> list[str]:
    """What its line `# uv: OPTIONS` says: an old version works only with the packages of its time."""
    lines = source.read_text().splitlines()
    return [option for line in lines if line.startswith("# uv: ") for option in line.split()[2:]]


def run(*command: str) -> None:
    done = subprocess.run(command, stdout=sys.stderr, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} failed with exit code {done.returncode}")


@contextlib.contextmanager
def exclusive(name: str) -> Iterator[None]:
    """Several test processes may want the same thing at the same time: one makes it, the others wait."""
    ENVIRONMENTS.mkdir(parents=True, exist_ok=True)
    with open(ENVIRONMENTS / f".{name}.lock", "w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def main(arguments: list[str]) -> int:
    if arguments[:1] == ["--lock"]:
        write_locks(arguments[1:])
        return 0
    for name in arguments:
        try:
            print(ensure(name))
        except MissingPython as missing:
            print(f"{name}: {missing}", file=sys.stderr)
            return NO_PYTHON
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
