# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A callback as any user may have one: writes what it is told of every task and item, a line of JSON each."""

from __future__ import annotations

import json
import os
from typing import Any

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: tasks_to_json
type: notification
short_description: Writes the result of every task to a file
description: For the hunt for leaks. The file is E(LEAKS_CALLBACK).
requirements: [enable in configuration]
"""


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "tasks_to_json"
    CALLBACK_NEEDS_ENABLED = True

    def _write(self, event: str, result: Any) -> None:
        task = result._task
        line = {"event": event, "action": task.action, "task": task.get_name(), "result": result._result}
        with open(os.environ["LEAKS_CALLBACK"], "a") as file:
            file.write(json.dumps(line, default=repr) + "\n")

    def v2_runner_on_ok(self, result: Any) -> None:
        self._write("ok", result)

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:
        self._write("failed", result)

    def v2_runner_on_unreachable(self, result: Any) -> None:
        self._write("unreachable", result)

    def v2_runner_item_on_ok(self, result: Any) -> None:
        self._write("item ok", result)

    def v2_runner_item_on_failed(self, result: Any) -> None:
        self._write("item failed", result)

    def v2_runner_retry(self, result: Any) -> None:
        self._write("retry", result)
