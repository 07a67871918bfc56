# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: no stable interface for others.

"""What became of each host of a run is made one report: plain data, as files/drift.schema.json of the role says."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime, timezone
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from ._plain import plain

Report = dict[str, Any]

FORMAT = 1
KINDS = ("connection", "variable", "pool")
ACTIONS = ("create", "update", "replace", "delete")
COUNTED = (*ACTIONS, "unknown", "unchanged")
WORST_FIRST = ("failed", "unreachable", "drift", "unknown", "pending", "in_sync")
STATES = ("in_sync", "unknown", "drift", "failed", "unreachable", "pending")


def make_report(outcomes: Mapping[Any, Any], *, title: str, generated: datetime, collection: str) -> Report:
    """outcomes: by name of the host, None or empty for one that has not had its turn. collection: its version."""
    deployments = [_deployment(plain(str(name)), outcome) for name, outcome in outcomes.items()]
    states = [deployment["state"] for deployment in deployments]
    counts = [of_kind for deployment in deployments for of_kind in deployment["counts"].values()]
    return {
        "format": FORMAT,
        "title": title,
        "generated": _utc(generated),
        "collection": collection,
        "state": min(states, key=WORST_FIRST.index, default="in_sync"),
        "summary": {
            "deployments": {state: states.count(state) for state in STATES},
            "objects": {
                **{word: sum(of_kind[word] for of_kind in counts) for word in COUNTED},
                "shadowed": sum(len(deployment["shadowed"]) for deployment in deployments),
            },
        },
        "deployments": deployments,
    }


UNREADABLE = "What this host handed on cannot be read"


class Unexpected(Exception):
    """What of an outcome is not as it should be, in a sentence without values."""

    def __init__(self, what: str) -> None:
        super().__init__(f"{UNREADABLE}: {what}.")


def _deployment(name: str, outcome: Any) -> dict[str, Any]:
    nothing = {"name": name, "url": None, "state": "pending", "reason": None, "started": None, "finished": None}
    nothing.update(_nothing_found())
    if outcome in (None, "", {}):
        return nothing
    try:
        return {**nothing, **_read(_Part(plain(outcome), "the outcome"))}
    except Unexpected as unexpected:
        return {**nothing, "state": "failed", "reason": str(unexpected)}
    except RecursionError:
        return {**nothing, "state": "failed", "reason": f"{UNREADABLE}: it is nested too deeply."}


def _read(outcome: _Part) -> dict[str, Any]:
    failed, unreachable = outcome["failed"].text_or_none(), outcome["unreachable"].text_or_none()
    state = "failed" if failed is not None else "unreachable" if unreachable is not None else None
    reason = "\n".join(filter(None, (failed, unreachable))) or None
    try:
        found = _found(outcome["result"])  # also of a host that has failed, which does not hide what was found before
    except Unexpected as unexpected:
        found = _nothing_found()
        if state is None:
            state, reason = "failed", str(unexpected)
    return {
        "url": _without_user(outcome["url"].text_or_none()),
        "state": state or ("drift" if found["changes"] else "unknown" if found["unknown"] else "in_sync"),
        "reason": reason,
        "started": outcome["started"].time_or_none(),
        "finished": outcome["finished"].time_or_none(),
        **found,
    }


def _nothing_found() -> dict[str, Any]:
    """airflow is None where no server was looked at, so that its counts of nothing say nothing."""
    counts = {kind: dict.fromkeys(COUNTED, 0) for kind in KINDS}
    return {"airflow": None, "counts": counts, "changes": [], "unknown": [], "shadowed": [], "notes": []}


def _found(result: _Part) -> dict[str, Any]:
    """What the module airflow_settings found in check mode."""
    changes, diffs = result["changes"].entries(), result["diff"].entries_or_none()
    if len(changes) != len(diffs):
        raise Unexpected("result.diff must have one entry for each of result.changes, as it has in diff mode")
    found = _nothing_found()
    for change, diff in zip(changes, diffs):
        # Only written since Airflow does not show its secrets: nobody knows whether it differs.
        if change["blind"].value is True:
            found["unknown"].append(_unknown(change))
        else:
            found["changes"].append(_change(change, diff))
    found["unknown"] += [_unknown(each) for each in result["unknown"].entries()]
    found["shadowed"] = [{**_object(each), "by": each["by"].text()} for each in result["shadowed"].entries_or_none()]
    found["notes"] = [note.text() for note in result["warnings"].entries_or_none()]
    found["airflow"] = {name: result["airflow"][name].text() for name in ("version", "api_version")}
    found["counts"] = {kind: _counts(kind, found, result["summary"]) for kind in KINDS}
    return found


def _counts(kind: str, found: dict[str, Any], summary: _Part) -> dict[str, int]:
    actions = [change["action"] for change in found["changes"] if change["kind"] == kind]
    return {
        **{action: actions.count(action) for action in ACTIONS},
        "unknown": sum(each["kind"] == kind for each in found["unknown"]),
        "unchanged": summary[f"{kind}s"]["unchanged"].count(),
    }


def _object(entry: _Part) -> dict[str, Any]:
    return {"kind": entry["kind"].one_of(KINDS), "id": entry["id"].text()}


def _change(change: _Part, diff: _Part) -> dict[str, Any]:
    return {
        **_object(change),
        "action": change["action"].one_of(ACTIONS),
        "fields": change["fields"].texts(),
        "secrets": change["secrets"].texts(),
        "before": diff["before"].mapping(),
        "after": diff["after"].mapping(),
        "written": _written(change["written"]),
    }


def _unknown(entry: _Part) -> dict[str, Any]:
    return {**_object(entry), "secrets": entry["secrets"].texts(), "written": _written(entry["written"])}


def _written(entry: _Part) -> dict[str, Any] | None:
    if entry.value in (None, ""):
        return None
    told = {name: entry[name].text_or_none() for name in ("user", "when", "event")}
    return {**told, "certain": entry["certain"].value is True}


class _Part:
    """A value of an outcome, and where it stands for the sentence if it is not what it should be."""

    def __init__(self, value: Any, place: str) -> None:
        self.value = value
        self.place = place

    def __getitem__(self, name: str) -> _Part:
        """What a mapping has under a name, None if nothing."""
        place = name if self.place == "the outcome" else f"{self.place}.{name}"
        return _Part(self.mapping().get(name), place)

    def mapping(self) -> dict[str, Any]:
        return self._expected(isinstance(self.value, dict), "a mapping")

    def entries(self) -> list[_Part]:
        listed = self._expected(isinstance(self.value, list), "a list")
        return [_Part(value, f"{self.place}[{number}]") for number, value in enumerate(listed)]

    def entries_or_none(self) -> list[_Part]:
        return [] if self.value is None else self.entries()

    def texts(self) -> list[str]:
        return [entry.text() for entry in self.entries()]

    def text(self) -> str:
        return self._expected(isinstance(self.value, str), "a text")

    def text_or_none(self) -> str | None:
        """Before ansible-core 2.19 a template that yields none is an empty text."""
        return self._expected(self.value is None or isinstance(self.value, str), "a text or null") or None

    def count(self) -> int:
        number = isinstance(self.value, int) and not isinstance(self.value, bool)
        return self._expected(number and self.value >= 0, "a number of objects")

    def one_of(self, words: Iterable[str]) -> str:
        return self._expected(self.value in words, f"one of {', '.join(words)}")

    def time_or_none(self) -> str | None:
        text = self.text_or_none()
        try:
            # Before Python 3.11 the letter for UTC is not understood.
            return None if text is None else _utc(datetime.fromisoformat(text.replace("Z", "+00:00")))
        except (ValueError, OverflowError):
            return self._expected(False, "a time as of ISO 8601")

    def _expected(self, right: bool, what: str) -> Any:
        if not right:
            raise Unexpected(f"{self.place} must be {what}")
        return self.value


def _utc(time: datetime) -> str:
    """To the second; a time without a zone is one of UTC."""
    aware = time if time.tzinfo else time.replace(tzinfo=timezone.utc)
    return aware.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def _without_user(url: str | None) -> str | None:
    """A report is read by many: should an address hold credentials against all advice, they stay out."""
    try:
        parts = urlsplit(url or "")
    except ValueError:
        return re.sub(r"[?#].*", "", str(url).rpartition("@")[2], flags=re.DOTALL)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="")) if url else None
