# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

from ansible_collections.windsock.airflow.plugins.module_utils._forms import _astro
from ansible_collections.windsock.airflow.plugins.plugin_utils._conversion import convert


def from_astro_settings(settings: Any, secret: bool = False) -> Any:
    return convert("from_astro_settings", _astro.from_astro_settings, settings, secret)


class FilterModule:
    def filters(self) -> dict[str, Any]:
        return {"from_astro_settings": from_astro_settings}
