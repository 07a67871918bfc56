# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writes the report of a run over many deployments, on the controller.

In check mode too: the run that it reports of is one, and the report is what it is for.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.module_utils.errors import UnsupportedError
from ansible.plugins.action import ActionBase

from ansible_collections.windsock.airflow.plugins.module_utils._atomic import write_atomically
from ansible_collections.windsock.airflow.plugins.plugin_utils._drift._files import FILES, rendered
from ansible_collections.windsock.airflow.plugins.plugin_utils._drift._plain import plain
from ansible_collections.windsock.airflow.plugins.plugin_utils._drift._report import make_report
from ansible_collections.windsock.airflow.plugins.plugin_utils._version import VERSION

ARGUMENTS: dict[str, Any] = {
    "deployments": {"type": "dict", "required": True},
    "dest": {"type": "path", "default": "airflow-drift"},
    "formats": {"type": "list", "elements": "str", "choices": list(FILES), "default": list(FILES)},
    "title": {"type": "str", "default": "Airflow drift"},
    "mode": {"type": "raw", "default": "0644"},
}


class ActionModule(ActionBase):
    _requires_connection = False
    _supports_check_mode = True

    def run(self, tmp: Any = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result = super().run(tmp, task_vars)
        options, faults = _options(self._task.args)
        if faults:
            return {**result, "failed": True, "msg": "\n".join(faults)}
        report = make_report(
            options["deployments"], title=options["title"], generated=datetime.now(timezone.utc), collection=VERSION
        )
        result.update(changed=False, state=report["state"], summary=report["summary"], files=[])
        contents = rendered(report, options["formats"])  # all of them, before any is written
        try:
            folder = os.path.abspath(options["dest"])
            os.makedirs(folder, exist_ok=True)
            for name, content in contents.items():
                path = os.path.join(folder, name)
                write_atomically(path, content, int(options["mode"], 8))
                result["files"].append(path)
        except OSError as error:
            message = f"The report cannot be written to {folder}: {error.strerror}"
            return {**result, "failed": True, "msg": message}
        return result


def _options(given: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """The options, and all that is wrong with them."""
    # What became of the hosts is large and may be anything: it is neither copied nor shown.
    deployments = given.get("deployments")
    names_hosts = isinstance(deployments, Mapping) and len(deployments) > 0
    small = {**plain({**given, "deployments": None}), "deployments": {}}
    judged = ArgumentSpecValidator(ARGUMENTS).validate(small)
    options = judged.validated_parameters
    faults = [
        f"Unsupported option: {error}" if isinstance(error, UnsupportedError) else str(error) for error in judged.errors
    ]
    if not names_hosts:
        faults.append("deployments: must be a dictionary with at least one host")
    if options["dest"] == "":
        faults.append("dest: must not be empty")
    if not isinstance(options["mode"], str) or not re.fullmatch("0?[0-7]{3}", options["mode"]):
        faults.append("mode: must be three or four octal digits in quotes, such as '0644'")
    return {**options, "deployments": deployments}, faults
