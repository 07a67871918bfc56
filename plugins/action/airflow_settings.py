# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Puts the texts of files into C(src) in place of their paths: files and vault passwords are on the controller. Of env
files in C(shadows) it hands on the names only.

The module makes declarations of them. What is wrong is handed on too, for the module to tell with every other fault.
"""

from __future__ import annotations

from typing import Any

from ansible.errors import AnsibleError
from ansible.module_utils.parsing.convert_bool import boolean
from ansible.plugins.action import ActionBase

from ansible_collections.windsock.airflow.plugins.module_utils._files import Handed, expand, not_found
from ansible_collections.windsock.airflow.plugins.module_utils._shadows import names_in
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
        if isinstance(arguments.get("shadows"), dict) and arguments["shadows"].get("env_files") is not None:
            arguments["shadows"] = {**arguments["shadows"], "env_files": self._named(arguments["shadows"]["env_files"])}
        wrap_async = bool(self._task.async_val)
        result.update(self._execute_module(module_args=arguments, task_vars=task_vars, wrap_async=wrap_async))
        return result

    def _named(self, paths: Any) -> list[dict[str, Any]]:
        """The names that env files set. Their values stay here."""
        paths = [paths] if isinstance(paths, str) else paths
        if not isinstance(paths, list) or not all(isinstance(path, str) for path in paths):
            return [{"path": "", "fault": "must be a list of files"}]
        named: list[dict[str, Any]] = []
        for path in paths:
            try:
                found = hand_on(self._find_needle("files", path), self._loader)
            except AnsibleError:
                found = {"path": path, "fault": "there is no such file"}
            text = found.pop("text", "")
            named.append({"path": found["path"], "names": names_in(text), **({"fault": found["fault"]} if "fault" in found else {})})
        return named

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
