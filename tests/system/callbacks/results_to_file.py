# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A callback as any user may have one: writes the result of every task to $WINDSOCK_RESULTS, a line of JSON each.

Attempts that an `until` did not like are a line each in another file, as soon as they have failed.
"""

from __future__ import annotations

import json
import os
from typing import Any

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: results_to_file
type: notification
short_description: Writes the result of every task to a file
description: For the system tests.
requirements: [enable in configuration]
"""


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "results_to_file"
    CALLBACK_NEEDS_ENABLED = True

    def _write(self, result: Any, failed: bool) -> None:
        if result._task.action.rpartition(".")[2] in ("include_tasks", "set_fact"):
            return
        with open(os.environ["WINDSOCK_RESULTS"], "a") as file:
            file.write(json.dumps({**result._result, "failed": failed}, default=repr) + "\n")

    def v2_runner_retry(self, result: Any) -> None:
        with open(os.environ["WINDSOCK_RESULTS"] + ".retries", "a") as file:
            file.write("an attempt has failed\n")

    def v2_runner_on_ok(self, result: Any) -> None:
        self._write(result, False)

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:
        self._write(result, True)
