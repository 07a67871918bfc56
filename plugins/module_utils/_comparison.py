# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: no stable interface for others.

"""Compares a declared value with what the server shows of the stored one, leaf by leaf."""

from __future__ import annotations

import enum
import math
import typing as t

from ._json import NOT_JSON, read_json
from ._masking import MASK, may_be
from ._secrets._reference import Unread

Path = tuple[str, ...]


class Verdict(enum.Enum):
    """What is known of a declared leaf."""

    SAME = "same"
    DIFFERS = "differs"
    UNKNOWN = "unknown"  # masked, and consistent with the declaration
    BLURRED = "blurred"  # masked only in part, as any text is that contains one which Airflow knows as a secret


Findings = dict[Path, Verdict]


def worst(verdicts: t.Iterable[Verdict]) -> Verdict:
    """DIFFERS before UNKNOWN before BLURRED before SAME; no verdict at all is SAME."""
    found = set(verdicts)
    for verdict in (Verdict.DIFFERS, Verdict.UNKNOWN, Verdict.BLURRED):
        if verdict in found:
            return verdict
    return Verdict.SAME


# From this depth on, Airflow's masker shows a dict, a list or a number below a secret-looking name as the mask too.
MASKED_WHOLE = 6  # in variables of some versions sooner, see Abilities


def compare(
    declared: t.Any, reading: t.Any, path: Path = (), masked_whole: int = MASKED_WHOLE, masks: bool = True
) -> Findings:
    """Compare two JSON values. The result names the leaves that differ or are unknown, not those that are the same.

    masks: a mask in the reading hides something.
    """
    if isinstance(declared, Unread):
        missing = declared is Unread.VALUE and reading in (None, {})
        return {path: Verdict.DIFFERS if missing else Verdict.UNKNOWN}
    if isinstance(declared, dict) and isinstance(reading, dict):
        findings: Findings = {}
        for key in {**declared, **reading}:
            if key in declared and key in reading:
                findings.update(compare(declared[key], reading[key], (*path, str(key)), masked_whole, masks))
            else:
                findings[(*path, str(key))] = Verdict.DIFFERS
        return findings
    if isinstance(declared, list) and isinstance(reading, list) and len(declared) == len(reading):
        findings = {}
        for index, (mine, theirs) in enumerate(zip(declared, reading)):
            findings.update(compare(mine, theirs, (*path, str(index)), masked_whole, masks))
        return findings
    if masks and reading == MASK and len(path) >= masked_whole:
        return {path: Verdict.UNKNOWN}
    if masks and isinstance(reading, str) and MASK in reading and isinstance(declared, str):
        masked = Verdict.UNKNOWN if reading == MASK else Verdict.BLURRED
        return {path: masked if may_be(reading, declared) else Verdict.DIFFERS}
    return {} if _same(declared, reading) else {path: Verdict.DIFFERS}


def _same(declared: t.Any, reading: t.Any) -> bool:
    """Equality as JSON has it: Python's takes 1 for 1.0 and for true, and a NaN for none at all."""
    if isinstance(declared, bool) or isinstance(reading, bool):
        return declared is reading
    if isinstance(declared, float) and isinstance(reading, float) and math.isnan(declared):
        return math.isnan(reading)
    return isinstance(declared, float) == isinstance(reading, float) and declared == reading


def compare_texts(declared: str, reading: str, masked_whole: int = MASKED_WHOLE) -> Verdict:
    """Compare texts of variables. Airflow 3 parses what looks like JSON and shows it serialised anew

    (C(1.10) reads C(1.1), C([1,  2]) reads C([1, 2])), so that two JSON texts are compared as JSON: anything
    finer would be drift for ever.
    """
    if declared == reading:
        return Verdict.SAME
    mine, theirs = read_json(declared), read_json(reading)
    if theirs is NOT_JSON and MASK in reading:
        mine = NOT_JSON  # a mask does not tell whether what it hides is JSON
    if (mine is NOT_JSON) != (theirs is NOT_JSON):
        return Verdict.DIFFERS
    if mine is NOT_JSON:
        mine, theirs = declared, reading
    return worst(compare(mine, theirs, (), masked_whole).values())
