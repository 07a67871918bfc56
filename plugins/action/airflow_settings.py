# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Puts the texts of files into C(src) in place of their paths: files and vault passwords are on the controller.

The module makes declarations of them. What is wrong is handed on too, for the module to tell with every other fault.
"""

from __future__ import annotations

from typing import Any

from ansible.errors import AnsibleError
from ansible.module_utils.parsing.convert_bool import boolean
from ansible.plugins.action import ActionBase

from ansible_collections.windsock.airflow.plugins.module_utils._files import Handed, expand, not_found
from ansible_collections.windsock.airflow.plugins.plugin_utils._declaration_files import hand_on


class ActionModule(ActionBase):
    _supports_check_mode = True
    _supports_async = True
    _supports_diff = True

    def run(self, tmp: Any = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result = super().run(tmp, task_vars)
        arguments = dict(self._task.args)
        sources = arguments.get("src")
        if sources is not None and not _is_true(arguments.get("remote_src")):
            arguments["src"] = self._handed([sources] if isinstance(sources, str) else sources)
        wrap_async = bool(self._task.async_val)
        result.update(self._execute_module(module_args=arguments, task_vars=task_vars, wrap_async=wrap_async))
        return result

    def _handed(self, sources: Any) -> list[Handed]:
        if not isinstance(sources, list) or not all(isinstance(source, str) for source in sources):
            return [{"path": "src", "fault": "must be a list of files and folders"}]
        handed: list[Handed] = []
        for source in sources:
            try:
                files = expand(self._find_needle("files", source))
            except (AnsibleError, OSError):
                handed.append(not_found(source))
                continue
            handed += [hand_on(file, self._loader) for file in files]
        return handed


def _is_true(value: Any) -> bool:
    try:
        return boolean(value)
    except TypeError:  # no boolean, which the module says with every other fault
        return False
