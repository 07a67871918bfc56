# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: no stable interface for others.

"""A report as a short summary in Markdown, for a chat or a pull request.

What comes from a server or an inventory stands in code spans: in these no renderer knows markup, links or mentions.
"""

from __future__ import annotations

import re
from typing import Any

from ._report import COUNTED
from ._words import change_in_words, number_of, one_line, state_in_words

SHOWN = 20
MOST_ROWS = 100
MOST_NAMES = 6
TROUBLE = {"failed": "has failed", "unreachable": "is unreachable"}


def markdown(report: dict[str, Any]) -> str:
    deployments = report["deployments"]
    parts = [
        f"### {_escaped(report['title'])}: {state_in_words(report['state'])}",
        _summary(report),
        _table(deployments),
    ]
    troubles = [
        f"- {_code(each['name'])} {TROUBLE[each['state']]}: {_code(each['reason'])}"
        for each in deployments
        if each["reason"] is not None
    ]
    changes = [(each["name"], change) for each in deployments for change in each["changes"]]
    listed = [f"- {_code(name)}: {_change(change)}" for name, change in changes[:SHOWN]]
    parts += _list("Not compared", troubles[:SHOWN] + _more(len(troubles) - SHOWN, "deployment"))
    parts += _list("Changes that a run would make", listed + _more(len(changes) - SHOWN, "change"))
    return "\n\n".join(parts) + "\n"


def _summary(report: dict[str, Any]) -> str:
    summary = report["summary"]
    states = [f"{count:,} {state_in_words(state)}" for state, count in summary["deployments"].items() if count]
    objects = [f"{count:,} {word}" for word, count in summary["objects"].items() if count]
    deployments = number_of(sum(summary["deployments"].values()), "deployment")
    return f"{deployments}: {', '.join(states)}.  \nObjects: {', '.join(objects) or 'none'}.  \n{report['generated']}"


def _table(deployments: list[dict[str, Any]]) -> str:
    rows = [["deployment", "state", *COUNTED], ["---", "---", *("---:" for _word in COUNTED)]]
    for each in deployments[:MOST_ROWS]:
        # What nobody has looked at has no counts.
        sums = [
            f"{sum(kind[word] for kind in each['counts'].values()):,}" if each["airflow"] else "" for word in COUNTED
        ]
        rows.append([_code(each["name"]).replace("|", r"\|"), state_in_words(each["state"]), *sums])
    lines = [f"| {' | '.join(row)} |" for row in rows]
    left = _more(len(deployments) - MOST_ROWS, "deployment")
    return "\n".join(lines) + "".join(f"\n\n{line}" for line in left)


def _change(change: dict[str, Any]) -> str:
    fields, secrets = change["fields"][:MOST_NAMES], change["secrets"][: max(0, MOST_NAMES - len(change["fields"]))]
    left = len(change["fields"]) + len(change["secrets"]) - len(fields) - len(secrets)
    told = change_in_words({**change, "fields": fields, "secrets": secrets}, _code)
    return f"{told}; {number_of(left, 'more field')}" if left else told


def _list(title: str, lines: list[str]) -> list[str]:
    return [f"{title}:", "\n".join(lines)] if lines else []


def _more(left: int, word: str) -> list[str]:
    return [f"- and {number_of(left, f'more {word}')}"] if left > 0 else []


def _code(text: str) -> str:
    """A code span: its fence is longer than any row of backticks inside."""
    line = one_line(text, 120)
    if not line:
        return "(empty)"
    fence = "`" * (1 + max(map(len, re.findall("`+", line)), default=0))
    pad = " " if line[0] == "`" or line[-1] == "`" else ""
    return f"{fence}{pad}{line}{pad}{fence}"


def _escaped(text: str) -> str:
    return re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", one_line(text))
