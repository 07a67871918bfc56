# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: no stable interface for others.

"""Finds and reads files of declarations, on the controller and on the host. Knows nothing of what is in them."""

from __future__ import annotations

import os
import typing as t

SUFFIXES = (".yml", ".yaml", ".json")
VAULT = b"$ANSIBLE_VAULT"


class Handed(t.TypedDict, total=False):
    """A file as it is handed on: its text, or why there is none.

    vaulted: what the values say that are encrypted one by one, under their encrypted texts.
    """

    path: str
    text: str
    vaulted: dict[str, str]
    fault: str


def expand(path: str) -> list[str]:
    """The files that a path stands for: itself, or what a folder holds, sorted by name. Raises OSError."""
    path = os.path.normpath(path)
    if os.path.isfile(path):
        return [path]
    if os.path.isdir(path):
        names = sorted(name for name in os.listdir(path) if name.endswith(SUFFIXES) and not name.startswith("."))
        return [file for file in (os.path.join(path, name) for name in names) if os.path.isfile(file)]
    raise FileNotFoundError(path)


def not_found(path: str) -> Handed:
    """In place of a file that is not there."""
    return {"path": path, "fault": "there is no such file or folder"}


def load(path: str, decrypt: t.Callable[[bytes], bytes]) -> Handed:
    """A file with its text. decrypt is for one that ansible-vault encrypted whole, and raises ValueError."""
    try:
        with open(path, "rb") as file:
            content = file.read()
        if content.startswith(VAULT):
            content = decrypt(content)
        return {"path": path, "text": content.decode("utf-8-sig")}
    except OSError:
        return {"path": path, "fault": "cannot be read"}
    except UnicodeDecodeError as error:
        return {"path": path, "fault": f"is not UTF-8, see line {content.count(10, 0, error.start) + 1}"}
    except ValueError as error:
        return {"path": path, "fault": str(error)}


def load_here(path: str) -> list[Handed]:
    """What a path of this host stands for."""
    path = os.path.expanduser(os.path.expandvars(path))
    if not os.path.isabs(path):
        return [{"path": path, "fault": "must be an absolute path, since remote_src is set"}]
    try:
        return [load(file, _refuse) for file in expand(path)]
    except OSError:
        return [not_found(path)]


def _refuse(_content: bytes) -> bytes:
    raise ValueError("is encrypted with ansible-vault, which only the controller can decrypt")
