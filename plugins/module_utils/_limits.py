# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: no stable interface for others.

"""Changes that a server cannot make, or that would break it."""

from __future__ import annotations

import typing as t

from ._abilities import Abilities

if t.TYPE_CHECKING:
    from ._kinds import Kind
    from ._plan import Change


def unreachable(kind: Kind, object_id: str, abilities: Abilities) -> bool:
    """Whether this server's API cannot be asked for a single object of such an id."""
    return kind.name == "pool" and "/" in object_id and not abilities.slash_in_pool_name


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
    if change.action != "create" and unreachable(change.kind, change.id, abilities):
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
