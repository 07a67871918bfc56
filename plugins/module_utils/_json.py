# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: no stable interface for others.

"""Reads JSON that may be none."""

from __future__ import annotations

import json
import typing as t

NOT_JSON: t.Any = object()


def read_json(text: str | bytes, strict: bool = False) -> t.Any:
    """The value of a JSON text, or NOT_JSON. strict: NaN and Infinity, which Python takes, are none."""
    try:
        return json.loads(text, parse_constant=_refuse) if strict else json.loads(text)
    except (ValueError, RecursionError):  # what is nested too deep is as unreadable as what is broken
        return NOT_JSON


def _refuse(name: str) -> t.NoReturn:
    raise ValueError(name)
