# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The module reads a deployment where it runs and returns texts; here they become files of the controller."""

from __future__ import annotations

from typing import Any

from ansible.plugins.action import ActionBase

from ansible_collections.windsock.airflow.plugins.plugin_utils._exported_files import NotOurs, put


class ActionModule(ActionBase):
    _supports_check_mode = True
    _supports_async = False
    _supports_diff = True

    def run(self, tmp: Any = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result = super().run(tmp, task_vars)
        arguments = dict(self._task.args)
        if not arguments.get("deployment"):
            arguments["deployment"] = (task_vars or {}).get("inventory_hostname")
        result.update(self._execute_module(module_args=arguments, task_vars=task_vars))
        texts = result.pop("texts", None)
        if texts is None or result.get("failed"):
            return result
        mode = _permissions(arguments.get("mode"))
        if mode is None:
            told = "mode: must be the permissions of a file in octal, in quotes, such as '0600', with no more for others than the owner"
            return {**result, "failed": True, "msg": told}
        texts = {str(name): str(text) for name, text in texts.items()}  # of no class of Ansible's
        try:
            written = put(str(arguments["dest"]), texts, mode, self._task.check_mode)
        except NotOurs as fault:
            return {**result, "failed": True, "msg": str(fault)}
        except OSError as error:
            return {**result, "failed": True, "msg": f"dest: cannot be written: {error.strerror}: {error.filename}"}
        result["changed"] = any(each.before != each.after for each in written)
        result["files"] = [each.path for each in written]
        if self._task.diff:
            result["diff"] = [
                {"before_header": each.path, "after_header": each.path, "before": each.before or "", "after": each.after}
                for each in written
                if each.before != each.after
            ]
        return result


def _permissions(mode: Any) -> int | None:
    """What is no text YAML has read as octal already."""
    try:
        number = mode if isinstance(mode, int) else int(str(mode or "0600"), 8)
    except ValueError:
        return None
    # A number that a role has made decimal text of would give rights to others.
    sound = 0 <= number <= 0o777 and not (number >> 3 | number) & 7 & ~(number >> 6)
    return number if sound else None
