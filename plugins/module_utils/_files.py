# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: no stable interface for others.

"""Finds and reads files of declarations, on the controller and on the host. Knows nothing of what is in them."""

from __future__ import annotations

import os
import typing as t

SUFFIXES = (".yml", ".yaml", ".json")
VAULT = b"$ANSIBLE_VAULT;"


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
    if os.path.isdir(path):
        names = sorted(name for name in os.listdir(path) if name.endswith(SUFFIXES) and not name.startswith("."))
        return [file for file in (os.path.join(path, name) for name in names) if os.path.isfile(file)]
    os.stat(path)
    return [path]


def not_found(path: str) -> Handed:
    """In place of a file that is not there."""
    return {"path": path, "fault": "there is no such file or folder"}


def decoded(path: str, content: bytes) -> Handed:
    """A file whose bytes were read."""
    try:
        return {"path": path, "text": content.decode("utf-8-sig")}
    except UnicodeDecodeError as error:
        return {"path": path, "fault": f"is not UTF-8, see line {content[: error.start].count(10) + 1}"}


def read_here(path: str) -> list[Handed]:
    """What a path of this host stands for."""
    path = os.path.expanduser(os.path.expandvars(path))
    if not os.path.isabs(path):
        return [{"path": path, "fault": "must be an absolute path, since remote_src is set"}]
    try:
        return [_read(file) for file in expand(path)]
    except OSError:
        return [not_found(path)]


def _read(path: str) -> Handed:
    try:
        with open(path, "rb") as file:
            content = file.read()
    except OSError:
        return {"path": path, "fault": "cannot be read"}
    if content.startswith(VAULT):
        return {"path": path, "fault": "is encrypted with ansible-vault, which only the controller can decrypt"}
    return decoded(path, content)
