# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: no stable interface for others.

"""Find and read files of declarations on the controller.

A file is a mapping with any of the keys connections, variables and pools. Ansible's own loader reads it, so it may be
encrypted with ansible-vault, whole or value by value. No error told here holds anything but names and positions.
"""

from __future__ import annotations

import os
from typing import Any

import ansible.template
from ansible.errors import AnsibleError, AnsibleFileNotFound

from ansible_collections.windsock.airflow.plugins.module_utils._merge import IDENTITIES

SUFFIXES = (".yml", ".yaml", ".json")

# Before 2.19 every text was a template, and the loader does not know the word.
_TEMPLATES: dict[str, Any] = {"trusted_as_template": True} if hasattr(ansible.template, "trust_as_template") else {}


class DeclarationFileError(Exception):
    """What is wrong with one file or folder, as a sentence that names it."""


def expand(path: str, basedir: str) -> list[str]:
    """The files that a path stands for: itself, or what a folder holds, sorted by name."""
    path = os.path.normpath(os.path.join(basedir, os.path.expanduser(path)))
    if os.path.isfile(path):
        return [path]
    if os.path.isdir(path):
        names = sorted(name for name in os.listdir(path) if name.endswith(SUFFIXES) and not name.startswith("."))
        return [file for file in (os.path.join(path, name) for name in names) if os.path.isfile(file)]
    raise DeclarationFileError(f"{path}: there is no such file or folder")


def read(path: str, loader: Any, templates: bool = False) -> dict[str, Any]:
    """One file as it stands. templates: whether texts in it may be evaluated as templates later."""
    try:
        content, fault = loader.load_from_file(path, unsafe=True, **(_TEMPLATES if templates else {})), None  # no copy
    except AnsibleError as error:
        content, fault = None, _without_content(error)
    if fault:  # raised here, where the loader's own error, which quotes the file, is no longer its context
        raise DeclarationFileError(f"{path}: {fault}")
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise DeclarationFileError(f"{path}: must be a mapping with the keys {', '.join(IDENTITIES)}")
    unknown = [str(key) for key in content if key not in IDENTITIES]
    if unknown:
        raise DeclarationFileError(
            f"{path}: unknown key {', '.join(map(repr, unknown))}; a file of declarations has {', '.join(IDENTITIES)}"
        )
    allowed = (list, type(None), str) if templates else (list, type(None))
    wrong = [kind for kind in content if not isinstance(content[kind], allowed)]
    if wrong:
        raise DeclarationFileError(f"{path}: {', '.join(wrong)} must be a list")
    return content


def _without_content(error: BaseException) -> str:
    cause: BaseException | None = error
    while cause is not None:
        mark = getattr(cause, "problem_mark", None)
        if mark is not None:
            return f"neither YAML nor JSON, see line {mark.line + 1}, column {mark.column + 1}"
        cause = getattr(cause, "orig_exc", None) or cause.__cause__ or cause.__context__
    if isinstance(error, AnsibleFileNotFound):
        return "cannot be read"
    if "ecrypt" in str(error) or "ault" in str(error):
        return "cannot be decrypted with the ansible-vault passwords of this run"
    return f"cannot be loaded ({type(error).__name__})"
