# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: no stable interface for others.

"""Pools."""

from __future__ import annotations

from .._comparison import Path
from ._kind import DESCRIPTION, TEAM, Field, Fields, Kind, Option
from ._types import flag, integer, text

DEFAULT_POOL = "default_pool"


def _fold(words: Fields) -> tuple[Fields, frozenset[Path]]:
    return words, frozenset()


POOL = Kind(
    name="pool",
    plural="pools",
    identity=Option("name", text(longest=256, empty=False), required=True),
    options=(
        Option("slots", integer(-1, 2147483647)),
        DESCRIPTION,
        Option("include_deferred", flag()),
        TEAM,
    ),
    fields=(
        Field("slots", has_default=False, show=True),
        Field("description", show=True),
        Field("include_deferred", default=False, show=True),
        Field("team_name", show=True),
    ),
    fold=_fold,
    # Without it the scheduler stops. Airflow refuses to delete it alone, but deletes it in bulk.
    undeletable=frozenset({DEFAULT_POOL}),
    changeable={DEFAULT_POOL: ("slots", "include_deferred")},
    use=("occupied_slots", "running_slots", "queued_slots", "scheduled_slots", "deferred_slots", "open_slots"),
)
