# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: no stable interface for others.

"""Changes that a server cannot make, or that would break it."""

from __future__ import annotations

import typing as t

from ._abilities import Abilities

if t.TYPE_CHECKING:
    from ._plan import Change


def impossible(change: Change, abilities: Abilities) -> list[str]:
    """Why this server cannot make a change; empty where it can."""
    reasons = []
    if not abilities.unlimited_pools and change.write.get("slots") == -1:
        reasons.append(
            "slots: this version of Airflow cannot have -1 written through its API, it would answer every list of "
            "pools with HTTP 500 from then on. Declare a number"
        )
    if not abilities.teams and change.write.get("team_name") is not None:
        reasons.append("team_name: this version of Airflow has no teams")
    alone = change.kind.name == "pool" and change.action != "create"
    if not abilities.slash_in_pool_name and alone and "/" in change.id:
        reasons.append(
            f"name: the API of this version of Airflow cannot {change.action} a pool with a slash in its name; "
            "`airflow pools set` and `airflow pools delete` in the server's environment can"
        )
    if not abilities.ids_beyond_ascii and change.kind.name == "connection" and not change.id.isascii():
        reasons.append(
            f"connection_id: this version of Airflow cannot {change.action} a connection whose id holds other than ASCII "
            "letters, digits, underscores, dots and hyphens"
        )
    return reasons
