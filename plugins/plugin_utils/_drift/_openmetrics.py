# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: no stable interface for others.

"""A report as metrics: text that is both OpenMetrics and what node_exporter's textfile collector reads.

So: gauges only, whose names are the same in both, no units, no comments of our own, and no time behind a value, which
the collector refuses. To it C(# EOF) is a comment.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timezone
from typing import Any

from ._report import COUNTED, STATES
from ._words import visible

Sample = tuple[dict[str, str], int]


def openmetrics(report: dict[str, Any]) -> str:
    deployments = report["deployments"]
    # What nobody has looked at has no objects, which is not the same as none.
    seen = [each for each in deployments if each["airflow"] is not None]
    families = {
        ("objects", "Declared objects by what a run would do with them."): (
            ({"deployment": each["name"], "kind": kind, "state": word}, counts[word])
            for each in seen
            for kind, counts in each["counts"].items()
            for word in COUNTED
        ),
        ("shadowed_objects", "Declared objects that something overrules which Airflow asks before its database."): (
            ({"deployment": each["name"], "kind": kind}, sum(one["kind"] == kind for one in each["shadowed"]))
            for each in seen
            for kind in each["counts"]
        ),
        ("deployment_state", "1 for the state that the deployment is in."): (
            ({"deployment": each["name"], "state": state}, int(each["state"] == state))
            for each in deployments
            for state in STATES
        ),
        ("deployment_checked_timestamp_seconds", "When the deployment was compared."): (
            ({"deployment": each["name"]}, _seconds(each["finished"])) for each in seen if each["finished"]
        ),
        ("deployments", "Deployments by state."): (
            ({"state": state}, count) for state, count in report["summary"]["deployments"].items()
        ),
        ("run_timestamp_seconds", "When the report was made."): [({}, _seconds(report["generated"]))],
    }
    lines = [line for (name, told), samples in families.items() for line in _family(name, told, samples)]
    return "\n".join([*lines, "# EOF", ""])


def _family(name: str, told: str, samples: Any) -> Iterator[str]:
    name = f"windsock_drift_{name}"
    yield f"# HELP {name} {told}"
    yield f"# TYPE {name} gauge"
    for labels, value in samples:
        inside = ",".join(f'{label}="{_escaped(text)}"' for label, text in labels.items())
        yield f"{name}{{{inside}}} {value}" if inside else f"{name} {value}"


def _escaped(text: str) -> str:
    return visible(text).replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")


def _seconds(time: str) -> int:
    return int(datetime.strptime(time, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc).timestamp())
