# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: no stable interface for others.

"""What the page says in sentences."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

from ._side_by_side import visible

# The worst first.
STATES = {
    "failed": "Failed",
    "unreachable": "Unreachable",
    "drift": "Drift",
    "unknown": "Unknown",
    "pending": "Pending",
    "in_sync": "In sync",
}
# Of a deployment in another state nothing is known.
COMPARED = "drift", "unknown", "in_sync"
DIFFERENCES = "create", "update", "replace", "delete"


def headline(report: dict[str, Any]) -> list[str]:
    """What the run found in two paragraphs, the differences first: a deployment that failed hides none of them."""
    deployments, objects = report["summary"]["deployments"], report["summary"]["objects"]
    total = sum(deployments.values())
    differing = sum(objects[word] for word in DIFFERENCES)
    if differing:
        where = sum(1 for deployment in report["deployments"] if deployment["changes"])
        verb = _verb(differing, "differs", "differ")
        first = f"{_objects(differing)} {verb} in {where:,} of {_number(total, 'deployment')}."
    else:
        first = empty(report)["changes"]
    sentences = []
    if deployments["failed"]:
        sentences.append(f"{_number(deployments['failed'], 'deployment')} failed.")
    if deployments["unreachable"]:
        count = deployments["unreachable"]
        sentences.append(f"{_number(count, 'deployment')} {_verb(count, 'is', 'are')} unreachable.")
    if deployments["pending"]:
        count = deployments["pending"]
        sentences.append(f"{_number(count, 'deployment')} {_verb(count, 'has', 'have')} not been compared yet.")
    if objects["unknown"]:
        count = objects["unknown"]
        sentences.append(f"{_objects(count)} {_verb(count, 'has', 'have')} secrets that cannot be compared.")
    if objects["shadowed"]:
        count = objects["shadowed"]
        sentences.append(f"{_objects(count)} {_verb(count, 'is', 'are')} shadowed.")
    return [first, " ".join(sentences)] if sentences else [first]


def empty(report: dict[str, Any]) -> dict[str, str]:
    """The sentence for each section with nothing in it. It claims nothing of what was not compared."""
    states = [deployment["state"] for deployment in report["deployments"]]
    compared = [state for state in states if state in COMPARED]
    if not states:
        return dict.fromkeys(("changes", "unknown", "shadowed"), "There is no deployment in this report.")
    if not compared:
        return dict.fromkeys(("changes", "unknown", "shadowed"), "No deployment has been compared.")
    all_of_them = len(compared) == len(states)
    where = "" if all_of_them else f" in the {_number(len(compared), 'deployment')} that could be compared"
    return {
        "changes": f"Nothing differs{where}.",
        "unknown": f"All that is declared could be compared{where}.",
        "shadowed": f"No shadowed object is known{where}.",
    }


def writer(written: dict[str, Any] | None) -> dict[str, Any]:
    """Who wrote an object last, and when, as far as the audit log tells."""
    if written is None:
        return {"text": "not known", "user": "", "when": "", "event": "", "certain": True}
    user = visible(written["user"]) if written["user"] else "user not known"
    when = visible(instant(written["when"])) if written["when"] else "time not known"
    return {
        "text": f"{user}, {when}",
        "user": user,
        "when": when,
        "event": visible(written["event"] or ""),
        "certain": bool(written["certain"]),
    }


def instant(text: str) -> str:
    """A time of ISO 8601 for people, in UTC; any other text as it is."""
    try:
        # Python 3.10 knows neither Z nor fractions of any length.
        head, plus, zone = text.replace("Z", "+00:00").partition("+")
        moment = datetime.fromisoformat(f"{head.partition('.')[0]}{plus}{zone}")
    except ValueError:
        return text
    if moment.tzinfo is None:
        return text
    return f"{moment.astimezone(timezone.utc):%Y-%m-%d %H:%M:%S} UTC"


def _number(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def _objects(count: int) -> str:
    return _number(count, "object")


def _verb(count: int, one: str, many: str) -> str:
    return one if count == 1 else many
