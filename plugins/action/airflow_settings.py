# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads C(src) on the controller, where files and vault passwords are; the module gets one merged declaration."""

from __future__ import annotations

from typing import Any

from ansible.errors import AnsibleError
from ansible.plugins.action import ActionBase

from ansible_collections.windsock.airflow.plugins.module_utils._merge import IDENTITIES, merge
from ansible_collections.windsock.airflow.plugins.plugin_utils._declaration_files import (
    DeclarationFileError,
    expand,
    read,
)


class ActionModule(ActionBase):
    _supports_check_mode = True
    _supports_async = True
    _supports_diff = True

    def run(self, tmp: Any = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result = super().run(tmp, task_vars)
        arguments = dict(self._task.args)
        sources = arguments.pop("src", None)
        if sources is not None:
            files, faults = self._read([sources] if isinstance(sources, str) else sources)
            if faults:
                return {**result, "failed": True, "msg": "\n".join(faults)}
            arguments.update(_merged(files, arguments))
        wrap_async = bool(self._task.async_val)
        result.update(self._execute_module(module_args=arguments, task_vars=task_vars, wrap_async=wrap_async))
        return result

    def _read(self, sources: Any) -> tuple[list[dict[str, Any]], list[str]]:
        """The contents of all files, and every fault."""
        if not isinstance(sources, list) or not all(isinstance(source, str) for source in sources):
            return [], ["src: must be a list of files and folders"]
        files, faults = [], []
        for source in sources:
            try:
                files += [read(path, self._loader) for path in expand(self._find_needle("files", source), "/")]
            except DeclarationFileError as fault:
                faults.append(f"src: {fault}")
            except AnsibleError:
                faults.append(f"src: {source}: there is no such file or folder")
        return files, faults


def _merged(files: list[dict[str, Any]], arguments: dict[str, Any]) -> dict[str, Any]:
    merged = {}
    for kind in IDENTITIES:
        own = arguments.get(kind)
        if own is not None and not isinstance(own, list):
            merged[kind] = own  # the module refuses it, with every other fault
        elif own is not None or any(kind in each for each in files):
            merged[kind] = merge(kind, [*(each.get(kind) for each in files), own])
    return merged
