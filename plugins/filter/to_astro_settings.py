# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

from ansible_collections.windsock.airflow.plugins.module_utils._forms import _astro
from ansible_collections.windsock.airflow.plugins.plugin_utils._conversion import convert


def to_astro_settings(declarations: Any) -> Any:
    return convert("to_astro_settings", _astro.to_astro_settings, declarations)


class FilterModule:
    def filters(self) -> dict[str, Any]:
        return {"to_astro_settings": to_astro_settings}
