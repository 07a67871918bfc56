# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: no stable interface for others.

"""Variables."""

from __future__ import annotations

import json

from .._abilities import Abilities
from .._comparison import Findings, Path, compare_texts
from ._kind import DESCRIPTION, TEAM, Clash, Field, Fields, Kind, Option, whole
from ._types import json_value, text


def _fold(words: Fields) -> tuple[Fields, frozenset[Path]]:
    words = dict(words)
    secret: frozenset[Path] = frozenset()
    if "secret_value" in words:
        if "value" in words:
            raise Clash("secret_value: cannot be declared together with value")
        words["value"] = words.pop("secret_value")
        secret = frozenset({("value",)})
    if "value" in words and not isinstance(words["value"], str):
        # Airflow 3.0 stores the Python repr of what is not a string, so the text is made here.
        words["value"] = json.dumps(words["value"], ensure_ascii=False)
    return words, secret


def _same_value(declared: str, reading: str, abilities: Abilities) -> Findings:
    return whole(compare_texts(declared, reading, abilities.masks_whole_in_variables))


VARIABLE = Kind(
    name="variable",
    plural="variables",
    identity=Option("key", text(longest=250, empty=False), required=True),
    options=(
        Option("value", json_value()),
        Option("secret_value", json_value(), secret=True),
        DESCRIPTION,
        TEAM,
    ),
    fields=(
        Field("value", has_default=False, same=_same_value),
        Field("description", show=True),
        Field("team_name", show=True),
    ),
    fold=_fold,
    # What owners have applied, see _memory. No rule by which Airflow masks values matches it.
    reserved="windsock_applied_",
)
