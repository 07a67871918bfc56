# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: no stable interface for others.

"""What the jobs have in common that are about a deployment."""

from __future__ import annotations

import typing as t

from .._airflow import connect
from .._airflow._access import read_access
from .._airflow._dialect import Dialect


class OfAirflow:
    """Reaches a deployment by its REST API."""

    def reach(self, words: dict[str, t.Any]) -> t.Callable[[], Dialect]:
        access = read_access(words)
        return lambda: connect(access)
