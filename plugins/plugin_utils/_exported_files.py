# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: no stable interface for others.

"""Files of an export on the controller: each is there whole or not at all, and nobody else's is overwritten."""

from __future__ import annotations

import os
from dataclasses import dataclass

from ansible_collections.windsock.airflow.plugins.module_utils._atomic import write_atomically


class NotOurs(Exception):
    """Files that are there and were not written by an export of the same deployment, in a sentence for each."""


@dataclass(frozen=True)
class Written:
    """before is None where there was no file."""

    path: str
    before: str | None
    after: str


def put(folder: str, texts: dict[str, str], mode: int, check_mode: bool) -> list[Written]:
    """Write texts into a folder, by the names of their files; in check mode only look. Raises NotOurs or OSError."""
    folder = os.path.expanduser(os.path.expandvars(folder))
    files = [Written(path, _text(path), text) for path, text in _sorted(folder, texts)]
    strange = [each.path for each in files if each.before and _head(each.before) != _head(each.after)]
    if strange:
        raise NotOurs("\n".join(
            f"{path}: is there, and is no export of this deployment. Move it away, or give another dest" for path in strange
        ))
    if not check_mode:
        os.makedirs(folder, exist_ok=True)
        for each in files:
            if each.before != each.after:
                write_atomically(each.path, each.after.encode(), mode)
    return files


def _sorted(folder: str, texts: dict[str, str]) -> list[tuple[str, str]]:
    return [(os.path.join(folder, name), texts[name]) for name in sorted(texts)]


def _head(text: str) -> str:
    """What tells an export: its first line that is not the same in every file of YAML."""
    lines = text.splitlines()
    return next((line for line in lines if line != "---"), "")


def _text(path: str) -> str | None:
    try:
        with open(path, encoding="utf-8", newline="") as file:
            return file.read()
    except FileNotFoundError:
        return None
    except UnicodeDecodeError:
        return "not a text"
