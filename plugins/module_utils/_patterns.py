# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: no stable interface for others.

"""Shell patterns of ids, as C(protect) and C(patterns) have them. Capital letters count, as they do in Airflow's database."""

from __future__ import annotations

import fnmatch
import os.path
import re
import typing as t


def matches(object_id: str, patterns: t.Iterable[str], in_capitals: bool = False) -> bool:
    """Whether any of the patterns is about an object of such an id. in_capitals: upper and lower case are the same."""
    if in_capitals:
        object_id, patterns = object_id.upper(), [pattern.upper() for pattern in patterns]
    return any(fnmatch.fnmatchcase(object_id, pattern) for pattern in patterns)


def plain(pattern: str) -> bool:
    """Whether a pattern is an id, and of the letters that every API takes in a path."""
    return bool(re.fullmatch(r"[\w.-]+", pattern, re.ASCII))


def beginning(patterns: t.Sequence[str]) -> str:
    """What every id that these patterns are about begins with."""
    return os.path.commonprefix([re.match(r"[\w./-]*", pattern, re.ASCII)[0] for pattern in patterns])  # type: ignore[index]
