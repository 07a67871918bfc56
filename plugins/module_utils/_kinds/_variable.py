# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: no stable interface for others.

"""Variables."""

from __future__ import annotations

import json

from .._abilities import Abilities
from .._comparison import Findings, Path, Verdict, compare_texts
from .._json import NOT_JSON, read_json
from .._secrets._reference import Unread, holds_unread
from ._kind import DESCRIPTION, TEAM, Clash, Field, Fields, Kind, Option, whole
from ._types import Wrong, json_value, source, text


class JsonText(str):
    """The JSON of a value that was not declared as a text, so that only what it means counts."""


def _fold(words: Fields) -> tuple[Fields, frozenset[Path]]:
    words = dict(words)
    secret: frozenset[Path] = frozenset()
    if "secret_value" in words:
        if "value" in words:
            raise Clash("secret_value: cannot be declared together with value")
        words["value"] = words.pop("secret_value")
        secret = frozenset({("value",)})
    if "from_vault" in words:
        stored = words.pop("from_vault")
        if "value" not in words:
            words["value"] = stored if isinstance(stored, Unread) else _of_backend(stored)
            secret = frozenset({("value",)})
    if holds_unread(words.get("value")):
        words["value"] = Unread.VALUE
    elif "value" in words and not isinstance(words["value"], str):
        # Airflow 3.0 stores the Python repr of what is not a string, so the text is made here.
        words["value"] = JsonText(json.dumps(words["value"], ensure_ascii=False))
    return words, secret


def _of_backend(secret: Fields) -> str:
    """The value that a secret in the layout of Airflow's VaultBackend holds."""
    value = secret.get("value")
    if not isinstance(value, str):
        raise Clash(
            "from_vault: the secret is not as Airflow's VaultBackend has it: "
            + ("its value must be text" if "value" in secret else "it has no 'value'")
        )
    try:
        return json_value().parse(value)
    except Wrong as wrong:
        raise Clash(f"from_vault: its value {wrong}") from None


def _same_value(declared: str, reading: str | None, abilities: Abilities) -> Findings:
    if reading is None:  # stored, but Airflow cannot decrypt it: its fernet_key is another one now
        return whole(Verdict.DIFFERS)
    if abilities.shows_variables_as_stored:  # so that three asterisks are what somebody has stored
        same = declared == reading or (isinstance(declared, JsonText) and _meaning(declared) == _meaning(reading))
        return whole(Verdict.SAME if same else Verdict.DIFFERS)
    return whole(compare_texts(declared, reading, abilities.masks_whole_in_variables))


def _meaning(text: str) -> str:
    """A JSON text in the one form that all of its meaning have; any other text as it is."""
    value = read_json(text)
    return text if value is NOT_JSON else json.dumps(value, sort_keys=True)


VARIABLE = Kind(
    name="variable",
    plural="variables",
    identity=Option("key", text(longest=250, empty=False), required=True),
    options=(
        Option("value", json_value()),
        Option("secret_value", json_value(), secret=True),
        Option("from_vault", source(), whole=True),
        DESCRIPTION,
        TEAM,
    ),
    fields=(
        Field("value", has_default=False, same=_same_value, hidden=True),
        Field("description", show=True),
        Field("team_name", show=True),
    ),
    fold=_fold,
    # What owners have applied, see _memory. No rule by which Airflow masks values matches it.
    reserved="windsock_applied_",
)
