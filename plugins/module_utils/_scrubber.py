# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: no stable interface for others.

"""Keeps secrets out of what somebody else wrote."""

from __future__ import annotations

import json
import typing as t

SHORTEST = 4  # shorter texts stand in any message by chance
LONGEST_TEXT = 500


class Scrubber:
    """Knows some secrets."""

    def __init__(self, secrets: t.Iterable[str] = ()) -> None:
        self._hidden: set[str] = set()
        self.hide(secrets)

    def hide(self, secrets: t.Iterable[str]) -> None:
        """Keep these texts out as well."""
        forms = (form for secret in secrets for form in _forms(secret))
        self._hidden.update(form for form in forms if len(form) >= SHORTEST)

    def scrubbed(self, text: str) -> str:
        """A text, unless it holds a secret: then only that there was one."""
        if any(form in text for form in self._hidden):
            return "(its reason holds a secret and is not shown)"
        return text if len(text) <= LONGEST_TEXT else text[:LONGEST_TEXT] + " ..."


def _forms(secret: str) -> tuple[str, ...]:
    """A secret as it may stand in a text: as it is, on one line, as Python shows it, as JSON writes it."""
    return secret, " ".join(secret.split()), repr(secret)[1:-1], json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]
