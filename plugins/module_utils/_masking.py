# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: no stable interface for others.

"""Airflow shows C(***) where it hides a secret, and anywhere else where a text contains one that it knows.

Such a reading says nothing of what is stored. It is never a difference by itself, and is never sent back:
several servers would store the three asterisks (airflow-api-facts, "Writing").
"""

from __future__ import annotations

import re
import typing as t

MASK = "***"
# What Airflow 3 hides is named so, unless it is configured otherwise.
TELLING = (
    "access_key",
    "access_token",
    "api_key",
    "apikey",
    "auth_header",
    "authorization",
    "bearer",
    "connection_string",
    "dsn",
    "keyfile_dict",
    "passphrase",
    "passwd",
    "password",
    "private_key",
    "proxies",
    "proxy",
    "secret",
    "service_account",
    "service_key",
    "token",
    "webhook_url",
)


def looks_secret(name: str) -> bool:
    """Whether what has such a name is hidden by Airflow 3."""
    return any(word in re.sub(r"\W+", "_", name.lower()) for word in TELLING)


def holds_secret_names(value: t.Any) -> bool:
    """Whether anything in a JSON value has a name that looks secret."""
    if isinstance(value, dict):
        return any(looks_secret(str(key)) or holds_secret_names(item) for key, item in value.items())
    return isinstance(value, list) and any(map(holds_secret_names, value))


def masked(name: str, value: t.Any) -> t.Any:
    """A JSON value as Airflow 3 shows it under a name."""
    if looks_secret(name) and value is not None:
        return MASK
    if isinstance(value, dict):
        return {key: masked(str(key), item) for key, item in value.items()}
    return [masked("", item) for item in value] if isinstance(value, list) else value


def holds_mask(value: t.Any) -> bool:
    """Whether a text, or a text anywhere inside a dict or list, contains the mask."""
    if isinstance(value, str):
        return MASK in value
    if isinstance(value, dict):
        return any(holds_mask(item) for item in value.values())
    if isinstance(value, (list, tuple)):
        return any(holds_mask(item) for item in value)
    return False


def may_be(reading: str, text: str) -> bool:
    """Whether a masked reading is what the server would show for this text.

    Each visible part is taken at its first place after the one before: a regular expression would try all places.
    """
    first, *middle, last = reading.split(MASK)
    if not text.startswith(first) or not text.endswith(last) or len(text) < len(first) + len(last):
        return False
    place, end = len(first), len(text) - len(last)
    for part in middle:
        place = text.find(part, place, end)
        if place < 0:
            return False
        place += len(part)
    return True
