# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: no stable interface for others.

"""The report as one page of HTML, which needs nothing else.

What is known of each deployment stands in it as HTML. The changes are data, which the page's script makes HTML of; who
has scripts off gets a list. The page states by hash which style and which script are its own, and the browser runs no
other: whatever a deployment holds stays text.
"""

from __future__ import annotations

import base64
import hashlib
import json
from html import escape
from pathlib import Path
from string import Template
from typing import Any
from urllib.parse import urlencode

from ._page_words import COMPARED, STATES, empty, headline, instant, writer
from ._side_by_side import side_by_side, visible

# Not below plugins/, where ansible-test allows nothing but Python.
PARTS = Path(__file__).resolve().parents[3] / "roles" / "airflow_drift" / "files" / "page"

COUNTS = "create", "update", "replace", "delete", "unknown", "shadowed", "unchanged"


def page(report: dict[str, Any]) -> str:
    """All of it in ASCII, other characters as references: nothing depends on how the file is read."""
    skeleton, style, script = ((PARTS / f"page.{kind}").read_text(encoding="utf-8") for kind in ("html", "css", "js"))
    text = Template(skeleton).substitute(
        csp=_policy(style, script),
        style=style,
        script=script,
        data=_data(report),
        title=_html(report["title"]),
        state=report["state"],
        state_word=STATES[report["state"]],
        headline="".join(f"<p>{_html(text)}</p>" for text in headline(report)),
        generated=_time(report["generated"]),
        collection=_html(report["collection"]),
        deployments="\n".join(map(_row, _worst_first(report))) or _NO_ROW,
        notes="\n".join(filter(None, map(_notes, report["deployments"]))) or "<p>No notes.</p>",
        plain_changes=_plain(report, "changes", _plain_change),
        plain_unknown=_plain(report, "unknown", _plain_unknown),
        plain_shadowed=_plain(report, "shadowed", lambda one: one["by"]),
    )
    return text.encode("ascii", "xmlcharrefreplace").decode("ascii")


def _policy(style: str, script: str) -> str:
    def sha256(text: str) -> str:
        return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"

    return (
        f"default-src 'none'; style-src {sha256(style)}; script-src {sha256(script)}; base-uri 'none'; "
        # The browser then refuses to make HTML of texts, whatever the script might try.
        "form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
    )


def _data(report: dict[str, Any]) -> str:
    """What the script reads, in texts only. No character in it means anything in HTML."""
    deployments = report["deployments"]

    def of_all(what: str, describe: Any) -> list[dict[str, Any]]:
        return [
            {"deployment": number, "kind": one["kind"], "id": visible(one["id"]), **describe(one)}
            for number, deployment in enumerate(deployments)
            for one in deployment[what]
        ]

    data = {
        "deployments": [
            {"name": visible(one["name"]), "state": one["state"], "word": STATES[one["state"]]} for one in deployments
        ],
        "changes": of_all("changes", _change),
        "unknown": of_all("unknown", _unknown),
        "shadowed": of_all("shadowed", lambda one: {"by": visible(one["by"])}),
        "empty": empty(report),
    }
    text = json.dumps(data, separators=(",", ":"))  # beyond ASCII all is escaped, U+2028 too
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _change(change: dict[str, Any]) -> dict[str, Any]:
    differ, same = side_by_side(change)
    return {
        **_unknown(change),
        "action": change["action"],
        "differ": differ,
        "same": same,
    }


def _unknown(one: dict[str, Any]) -> dict[str, Any]:
    return {"secrets": [visible(name) for name in one["secrets"]], "written": writer(one["written"])}


def _html(text: str) -> str:
    return escape(visible(text))


def _time(text: str | None) -> str:
    return f'<time datetime="{escape(visible(text))}">{_html(instant(text))}</time>' if text else "not known"


# The table


_NO_ROW = f'<tr role="row"><td role="cell" colspan="{3 + len(COUNTS)}">There is no deployment in this report.</td></tr>'


def _worst_first(report: dict[str, Any]) -> list[dict[str, Any]]:
    return sorted(report["deployments"], key=lambda deployment: list(STATES).index(deployment["state"]))


def _row(deployment: dict[str, Any]) -> str:
    name, state, reason = visible(deployment["name"]), deployment["state"], deployment["reason"]
    version = (deployment["airflow"] or {}).get("version")
    address = f'<span class="url">{_html(deployment["url"])}</span>' if deployment["url"] else ""
    told = f'<span class="reason">{_html(reason)}</span>' if reason else ""
    cells = [
        f'<th role="rowheader" scope="row"><a class="only" href="#{escape(urlencode({"deployment": name}))}">'
        f"{escape(name)}</a>{address}</th>",
        f'<td role="cell" class="of-state"><span class="state" data-state="{state}">{STATES[state]}</span>{told}</td>',
        f'<td role="cell" data-label="Airflow">{_html(version) if version else _NOT_KNOWN}</td>',
    ]
    for word, number in _totals(deployment).items():
        marked = "" if number else ' class="zero"'
        cells.append(
            f'<td role="cell" data-label="{word}"{marked}>{_NOT_KNOWN if number is None else format(number, ",")}</td>'
        )
    return f'<tr role="row">{"".join(cells)}</tr>'


_NOT_KNOWN = '<span aria-hidden="true">&#8211;</span><span class="unseen">not known</span>'


def _totals(deployment: dict[str, Any]) -> dict[str, int | None]:
    """Over all kinds. Where a deployment was not compared, zero would say too much."""
    counts = {word: sum(kind.get(word, 0) for kind in deployment["counts"].values()) for word in COUNTS}
    counts["shadowed"] = len(deployment["shadowed"])
    return counts if deployment["state"] in COMPARED or any(counts.values()) else dict.fromkeys(COUNTS)


def _notes(deployment: dict[str, Any]) -> str:
    if not deployment["notes"]:
        return ""
    items = "".join(f"<li>{_html(note)}</li>" for note in deployment["notes"])
    return f"<h3>{_html(deployment['name'])}</h3>\n<ul>{items}</ul>"


# Without scripts


def _plain(report: dict[str, Any], what: str, describe: Any) -> str:
    items = [
        f"<li>{_html(deployment['name'])}: {_html(one['kind'])} <code>{_html(one['id'])}</code>: "
        f"{_html(describe(one))}</li>"
        for deployment in report["deployments"]
        for one in deployment[what]
    ]
    return f"<ul>{''.join(items)}</ul>" if items else f"<p>{_html(empty(report)[what])}</p>"


def _plain_change(change: dict[str, Any]) -> str:
    fields = ", ".join(change["fields"])
    return "; ".join(filter(None, [change["action"], fields, _plain_unknown(change)]))


def _plain_unknown(one: dict[str, Any]) -> str:
    secrets = f"secret: {', '.join(one['secrets'])}; " if one["secrets"] else ""
    written = writer(one["written"])
    return f"{secrets}last written: {written['text']}{'' if written['certain'] else ' (not certain)'}"
