# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

from ansible_collections.windsock.airflow.plugins.module_utils._forms import _env
from ansible_collections.windsock.airflow.plugins.plugin_utils._conversion import convert


def to_env(declarations: Any, conn_format: str = "json") -> Any:
    return convert("to_env", _env.to_env, declarations, conn_format)


class FilterModule:
    def filters(self) -> dict[str, Any]:
        return {"to_env": to_env}
