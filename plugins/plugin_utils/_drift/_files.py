# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: no stable interface for others.

"""The files that a report is written to, and what stands in each."""

from __future__ import annotations

import json
from typing import Any

from ._junit import junit
from ._markdown import markdown
from ._openmetrics import openmetrics


def _html(report: dict[str, Any]) -> str:
    from ._page import page  # the largest of them, and often not asked for

    return page(report)


def _json(report: dict[str, Any]) -> str:
    return json.dumps(report, ensure_ascii=False, allow_nan=False, indent=2) + "\n"


FILES = {
    "html": ("drift.html", _html),
    "json": ("drift.json", _json),
    "junit": ("drift.junit.xml", junit),
    "prom": ("drift.prom", openmetrics),
    "markdown": ("drift.md", markdown),
}


def rendered(report: dict[str, Any], formats: list[str]) -> dict[str, bytes]:
    """The contents by the names of the files."""
    # Half of a surrogate pair has no place in UTF-8. In JSON what stands here for it is its escape.
    return {
        name: render(report).encode("utf-8", "backslashreplace")
        for each, (name, render) in FILES.items()
        if each in formats
    }
