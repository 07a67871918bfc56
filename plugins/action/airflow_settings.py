# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads C(src) on the controller, where the files and the vault passwords are; the module gets one merged declaration."""

from __future__ import annotations

import os
from typing import Any

from ansible.errors import AnsibleError
from ansible.plugins.action import ActionBase

from ansible_collections.windsock.airflow.plugins.module_utils._merge import IDENTITIES, merge

ENDINGS = (".yml", ".yaml", ".json")


class Unreadable(Exception):
    """What is wrong with a file, without anything that stands in it."""


class ActionModule(ActionBase):
    _supports_check_mode = True
    _supports_async = True
    _supports_diff = True

    def run(self, tmp: Any = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result = super().run(tmp, task_vars)
        arguments = dict(self._task.args)
        sources = arguments.pop("src", None)
        if sources is not None:
            try:
                arguments.update(self._merged(sources, arguments))
            except Unreadable as fault:
                return {**result, "failed": True, "msg": str(fault)}
        result.update(
            self._execute_module(module_args=arguments, task_vars=task_vars, wrap_async=bool(self._task.async_val))
        )
        return result

    def _merged(self, sources: Any, arguments: dict[str, Any]) -> dict[str, Any]:
        names = [sources] if isinstance(sources, str) else sources
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise Unreadable("src: must be a list of files and folders")
        loaded, faults = [], []
        for name in names:
            try:
                loaded += [self._load(path) for path in self._files(name)]
            except Unreadable as fault:
                faults.append(str(fault))
        if faults:
            raise Unreadable("\n".join(faults))
        merged = {}
        for kind in IDENTITIES:
            own = arguments.get(kind)
            if own is not None and not isinstance(own, list):
                merged[kind] = own  # the module refuses it, with every other fault
            elif own is not None or any(kind in each for each in loaded):
                merged[kind] = merge(kind, [*(each.get(kind) for each in loaded), own])
        return merged

    def _files(self, name: str) -> list[str]:
        try:
            path = self._find_needle("files", os.path.expanduser(name))
        except AnsibleError:
            raise Unreadable(f"src: there is no file or folder {name}") from None
        if not os.path.isdir(path):
            return [path]
        inside = sorted(each for each in os.listdir(path) if each.endswith(ENDINGS) and not each.startswith("."))
        if not inside:
            raise Unreadable(f"src: the folder {name} holds no {', '.join(ENDINGS)} file")
        return [os.path.join(path, each) for each in inside]

    def _load(self, path: str) -> dict[str, Any]:
        try:
            content = self._loader.load_from_file(path, unsafe=True)
        except Exception as error:  # the loader's own text quotes the lines around a fault, which may hold a secret
            raise Unreadable(f"src: {path} cannot be read ({_why(error)})") from None
        if content is None:
            return {}
        if not isinstance(content, dict):
            raise Unreadable(f"src: {path} must be a dict of {', '.join(IDENTITIES)}")
        unknown = sorted(str(key)[:60] for key in content if key not in IDENTITIES)
        if unknown:
            raise Unreadable(f"src: {path} holds {', '.join(unknown)}, known are {', '.join(IDENTITIES)}")
        wrong = [kind for kind in content if not isinstance(content[kind], (list, type(None)))]
        if wrong:
            raise Unreadable(f"src: {path}: {', '.join(wrong)} must be a list")
        return content


def _why(error: Exception) -> str:
    """File, line and the kind of fault, as far as they can be had without quoting the file."""
    mark = getattr(error.__cause__ or error, "problem_mark", None)
    if mark is not None:
        return f"line {mark.line + 1}: not valid YAML"
    if "vault" in type(error).__name__.lower() or "vault" in str(error).lower()[:200]:
        return "it is encrypted, and no vault password that was given decrypts it"
    return "not valid YAML or JSON"
