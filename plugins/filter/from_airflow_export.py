# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

from ansible_collections.windsock.airflow.plugins.module_utils._forms import _export
from ansible_collections.windsock.airflow.plugins.plugin_utils._conversion import convert


def from_airflow_export(content: Any, kind: str, file_format: str | None = None, secret: bool = False) -> Any:
    return convert("from_airflow_export", _export.from_airflow_export, content, kind, file_format, secret)


class FilterModule:
    def filters(self) -> dict[str, Any]:
        return {"from_airflow_export": from_airflow_export}
