# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Judges one run of a module: what it told against what was to be told, what is stored against what was to be stored."""

from __future__ import annotations

from collections import Counter
from typing import Any

COUNTED = {"create": "created", "update": "updated", "replace": "updated", "delete": "deleted"}
SECRET = "canary"  # a part of every secret that the tests use


def mismatches(run: dict, step: dict, turn: str, before: dict, previous: dict, now: dict) -> list[str]:
    """What is wrong, in sentences. before: what was stored before the first step, previous: before this run."""
    again = turn.endswith("again")
    refused = step.get("refused")
    wanted = previous
    if refused is not None:
        told = _refusal(run, refused)
    else:
        told = _told(run, step, again)
        if not turn.startswith("check"):
            wanted = {kind: {**objects, **step.get("stored", {}).get(kind, {})} for kind, objects in before.items()}
    if SECRET in str(run):
        told.append("a secret is in the result")
    for kind, objects in wanted.items():
        told += _unlike(f"stored {kind}", now[kind], objects)
    return told


def _refusal(run: dict, texts: list[str]) -> list[str]:
    if not run.get("failed"):
        return ["it should have failed"]
    changed = ["it says changed, and should have changed nothing"] if run.get("changed") else []
    return changed + [f"msg does not hold {text!r}: {run['msg']}" for text in texts if text not in run["msg"]]


def _told(run: dict, step: dict, again: bool) -> list[str]:
    failures = step.get("failures", {})
    if bool(run.get("failed")) != bool(failures):
        return [f"failed is {run.get('failed')}: {run.get('msg')}"]
    told = _failures({f"{each['kind']} {each['id']}": each["reason"] for each in run.get("failures", ())}, failures)
    changes = _meant(step.get("again" if again else "changes", []))
    told += _unlike("changes", _by_object(run["changes"]), _by_object(changes))
    counts = Counter((f"{each['kind']}s", COUNTED[each["action"]]) for each in changes)
    for kind, summary in run["summary"].items():
        told += _unlike(f"summary of {kind}", {each: summary[each] for each in COUNTED.values()},
                        {each: counts[kind, each] for each in COUNTED.values()})
    if run["changed"] != bool(changes):
        told.append(f"changed is {run['changed']}")
    if "diff" in step:
        told += _unlike("diff", _by_header(run["diff"]), _by_header([] if again and not changes else _meant(step["diff"])))
    for name, wanted in step.get("returned", {}).items():
        told += _unlike(name, run[name], wanted)
    hinted = any("update_secrets=on_create" in warning for warning in run.get("warnings", ()))
    if hinted != (step.get("hint") in (("always", "again") if again else ("always",))):
        told.append(f"hint about secrets that were written blindly: {hinted}")
    return told


def _meant(entries: list[dict]) -> list[dict]:
    """The entries that are meant for this server: those without a `when`, or where it holds."""
    return [{name: value for name, value in each.items() if name != "when"} for each in entries if each.get("when", True)]


def _failures(reasons: dict, wanted: dict) -> list[str]:
    return _unlike("failures", sorted(reasons), sorted(wanted)) + [
        f"the reason for {name} does not hold {text!r}: {reasons[name]}"
        for name, text in wanted.items() if name in reasons and text not in reasons[name]]


def _by_object(changes: list[dict]) -> dict:
    """The order in which changes are told is no promise. Names of fields may be left out where there are none.

    Which of them are blind is not looked at here.
    """
    named = [{name: value for name, value in each.items() if name != "blind"} for each in changes]
    return {f"{each['kind']} {each['id']}": {"fields": [], "secrets": [], **each} for each in named}


def _by_header(diff: list[dict]) -> dict:
    return {each["after_header"]: each for each in diff}


def _unlike(what: str, found: Any, wanted: Any) -> list[str]:
    """Where two values differ, leaf by leaf."""
    if isinstance(found, dict) and isinstance(wanted, dict):
        names = {**wanted, **found}
        return [each for name in names
                for each in _unlike(f"{what}: {name}", found.get(name, "absent"), wanted.get(name, "absent"))]
    return [] if found == wanted and isinstance(found, bool) == isinstance(wanted, bool) else [
        f"{what} is {found!r}, and should be {wanted!r}"]


class FilterModule:
    def filters(self) -> dict:
        return {"mismatches": mismatches}
