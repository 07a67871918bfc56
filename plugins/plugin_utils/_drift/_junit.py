# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: no stable interface for others.

"""A report as JUnit XML, for CI: a suite for each deployment, and in it a case for each kind of objects."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from ._words import change_in_words, one_line, state_in_words, unknown_in_words, visible

COUNTED = ("tests", "failures", "errors", "skipped")


def junit(report: dict[str, Any]) -> str:
    root = Element("testsuites", name=one_line(report["title"]))
    for deployment in report["deployments"]:
        _suite(root, deployment)
    for word in COUNTED:
        root.set(word, str(sum(int(suite.get(word, 0)) for suite in root)))
    indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(root, encoding="unicode") + "\n"


def _suite(root: Element, deployment: dict[str, Any]) -> None:
    name = one_line(deployment["name"])
    suite = SubElement(root, "testsuite", name=name)
    cases = [_case(suite, name, deployment, kind) for kind in deployment["counts"]]
    suite.set("tests", str(len(cases)))
    for word, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(word, str(len(suite.findall(f"testcase/{tag}"))))
    if deployment["started"]:
        suite.set("timestamp", deployment["started"])
        if deployment["finished"]:
            taken = _time(deployment["finished"]) - _time(deployment["started"])
            suite.set("time", str(max(0, int(taken.total_seconds()))))


def _case(suite: Element, name: str, deployment: dict[str, Any], kind: str) -> Element:
    """Of what JUnit can say of a case, the worst: an error, a failure, or that it was skipped."""
    case = SubElement(suite, "testcase", classname=name, name=f"{kind}s")
    changes = [each for each in deployment["changes"] if each["kind"] == kind]
    unknown = [each for each in deployment["unknown"] if each["kind"] == kind]
    lines = [change_in_words(each, _quoted) for each in changes] + [unknown_in_words(each, _quoted) for each in unknown]
    state = deployment["state"]
    if state in ("failed", "unreachable"):
        words = state_in_words(state)
        _say(case, "error", f"{words}: {deployment['reason']}", [str(deployment["reason"]), *lines], words)
    elif changes:
        _say(case, "failure", _differ(len(changes), kind), lines, "drift")
    elif unknown:
        _say(case, "skipped", f"nobody can tell whether {_differ(len(unknown), kind)}", lines)
    elif state == "pending":
        _say(case, "skipped", "not looked at yet", [])
    notes = [
        f"{kind} {_quoted(each['id'])} is overruled by {each['by']}"
        for each in deployment["shadowed"]
        if each["kind"] == kind
    ]
    if notes:
        SubElement(case, "system-out").text = visible("\n".join([*notes, ""]))
    return case


def _say(case: Element, tag: str, message: str, lines: list[str], type_: str = "") -> None:
    element = SubElement(case, tag, message=one_line(message))
    if type_:
        element.set("type", type_)
    if lines:
        element.text = visible("\n".join(lines))


def _quoted(text: str) -> str:
    """Names as they are; quoted where it would not be seen where they end."""
    return text if re.fullmatch(r"[\w./:@-]+", text) else repr(text)


def _differ(count: int, kind: str) -> str:
    return f"{count:,} {kind} differs" if count == 1 else f"{count:,} {kind}s differ"


def _time(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ")
