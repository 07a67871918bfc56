# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: no stable interface for others.

"""How secrets are treated: options that modules for one object and for a set share."""

from __future__ import annotations

import os
import typing as t

from .._faults import Fault
from .._fingerprints import Key, WrongKey, is_unicode
from .._json import NOT_JSON, read_json
from .._plan import Policy

ENVIRONMENT = "WINDSOCK_FINGERPRINT_KEY"
LONGEST_OWNER = 100  # bytes of UTF-8; its variable's key has two characters for each, and room for 250

Words = dict[str, t.Any]


def read_policy(given: Words, params: Words) -> tuple[Policy, list[Fault]]:
    """The policy, and what is wrong with the options."""
    faults: list[Fault] = []
    keys: list[Key] = []
    for key in _keys(given.get("fingerprint_key")):
        try:
            keys.append(Key(key))
        except WrongKey as wrong:
            faults.append(Fault("fingerprint_key", str(wrong)))
    asked = params.get("update_secrets")
    owner = params.get("owner", "default") or ""
    if asked == "on_change" and not keys and not faults:
        faults.append(Fault("fingerprint_key", "is needed for update_secrets=on_change"))
    if not is_unicode(owner):
        faults.append(Fault("owner", "must be valid Unicode"))
    if len(owner.encode(errors="replace")) > LONGEST_OWNER:
        faults.append(Fault("owner", f"must have no more than {LONGEST_OWNER} characters, or fewer if they are not ASCII"))
    if keys and not owner:
        faults.append(Fault("owner", "is needed with a fingerprint_key; an empty one keeps no memory"))
    return Policy(asked or ("on_change" if keys else "always"), tuple(keys)), faults


def _keys(given: t.Any) -> list[t.Any]:
    """What may be keys, the current one first. In the environment a list is JSON."""
    if given is None or given == "" or given == []:
        text = os.environ.get(ENVIRONMENT, "")
        listed = read_json(text) if text.startswith("[") else NOT_JSON
        given = text if listed is NOT_JSON else listed
    if given is None or given == "" or given == []:
        return []
    return given if isinstance(given, list) else [given]
