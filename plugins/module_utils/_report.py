# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: no stable interface for others.

"""A plan and its ledger become what the module returns. Of secrets only names ever stand here."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from ._airflow._dialect import Dialect
from ._apply import Ledger
from ._comparison import Path, Verdict
from ._declaration import Desired
from ._kinds import KINDS
from ._kinds._kind import Fields
from ._last_writes import LastWrites
from ._plan import Actual, Change, Plan

SECRET = "(secret)"
SECRET_CHANGED = "(secret, changed)"
SECRET_UNKNOWN = "(secret, unknown)"
NOT_SHOWN = "(not shown)"

COUNTED = {"create": "created", "update": "updated", "replace": "updated", "delete": "deleted"}


@dataclass(frozen=True)
class Report:
    """result: what the module returns, but for the diff, which is made only where it is asked for."""

    result: dict[str, t.Any]
    diff: t.Callable[[], list[dict[str, t.Any]]] = list
    failed: bool = False
    message: str = ""
    hints: list[str] = field(default_factory=list)


def make_report(
    plan: Plan, ledger: Ledger, server: Dialect, remembers: bool = False, writes: LastWrites | None = None
) -> Report:
    """Describe what was done (in check mode: what would be).

    remembers: the next run knows what this one has written. writes: who wrote the objects before, if that was asked.
    """
    finished = {id(change) for change in ledger.done}
    done = [change for change in plan.changes if id(change) in finished]  # in the order of check mode
    result = {
        "changed": bool(done) or ledger.half_done,
        "changes": [{**_entry(change), **_written(change.kind.name, change.id, writes)} for change in done],
        "unknown": [
            {
                "kind": one.kind.name,
                "id": one.id,
                "secrets": sorted({_name(path) for path in plan.unseen[one.kind.name, one.id]}),
                **_written(one.kind.name, one.id, writes),
            }
            for one in plan.unknown
        ],
        "summary": _summary(plan, done),
        **server.about,
    }
    message = ""
    if ledger.failed:
        result["failures"] = [
            {"kind": change.kind.name, "id": change.id, "reason": why} for change, why in ledger.failed
        ]
        message = _told(plan, ledger)
    return Report(result, lambda: [_diff(change) for change in done], bool(ledger.failed), message, _hints(done, remembers))


def _told(plan: Plan, ledger: Ledger) -> str:
    first, why = ledger.failed[0]
    if len(plan.changes) == 1:
        return why
    return (
        f"{len(ledger.failed)} of {len(plan.changes)} changes failed, {len(ledger.done)} were made; "
        f"the first that failed: {first.kind.name} {first.id!r}: {why}"
    )


def object_after(desired: Desired, actual: Actual | None, changed: bool) -> Fields | None:
    """An object as it is after the run, in the words of a declaration, secrets masked. None where it is absent."""
    if not desired.present:
        return None
    stored = actual.fields if actual else desired.kind.defaults(desired.id)
    unseen = actual.unseen if actual else frozenset()
    told = {
        name: value
        for name, value in desired.fields.items()
        if name in unseen or ((changed or actual is None) and not desired.is_unread(name))
    }
    fields = {**stored, **told}
    shown = {name: _shown(desired, (name,), value, actual=name not in desired.fields) for name, value in fields.items()}
    return {desired.kind.identity.name: desired.id, **_plain(shown)}


def _summary(plan: Plan, done: list[Change]) -> dict[str, dict[str, int]]:
    counts = {
        kind.plural: dict.fromkeys(("created", "updated", "deleted", "unchanged", "unknown"), 0)
        for kind in reversed(KINDS)
    }
    for change in done:
        counts[change.kind.plural][COUNTED[change.action]] += 1
    for word, untouched in (("unchanged", plan.unchanged), ("unknown", plan.unknown)):
        for one in untouched:
            counts[one.kind.plural][word] += 1
    return counts


def _entry(change: Change) -> dict[str, t.Any]:
    """Names only, dotted inside extra."""
    names: set[str] = set()
    secrets: set[str] = set()
    for path in change.findings:
        (secrets if _hidden(change, path) else names).add(_name(path))
    return {
        "kind": change.kind.name,
        "id": change.id,
        "action": change.action,
        "fields": sorted(names),
        "secrets": sorted(secrets - names),
        "blind": change.blind,
    }


def _written(kind_name: str, object_id: str, writes: LastWrites | None) -> dict[str, t.Any]:
    return {} if writes is None else {"written": writes.told(kind_name, object_id)}


def _hidden(change: Change, path: Path) -> bool:
    """Secret by declaration, with what is above a secret, or masked by the server for its name."""
    desired = change.desired
    above = any(secret[: len(path)] == path for secret in desired.secret)
    return above or desired.is_secret(path) or change.findings.get(path) is Verdict.UNKNOWN


def _name(path: Path) -> str:
    return ".".join(path)


def _diff(change: Change) -> dict[str, t.Any]:
    title = f"{change.kind.name} {change.id}"
    before: Fields = {}
    after: Fields = {}
    if change.actual is not None:
        before = {
            name: _read(change, (name,), value)
            for name, value in change.actual.fields.items()
            if value is not None and value != {}
        }
        unseen = [name for name in change.actual.unseen if change.desired.fields.get(name) is not None]
        before.update(dict.fromkeys(unseen, SECRET))  # whether it is there the server does not say
    if change.action == "update":
        for name in change.write:
            before[name], after[name] = _both(change, (name,), change.actual.fields.get(name), change.write[name])
        after = {**before, **after}
    elif change.action != "delete":
        declared = change.desired.fields
        after = {
            name: _shown(change.desired, (name,), value, name not in declared) for name, value in change.write.items()
        }
    return {
        "before_header": f"{title} (absent)" if change.actual is None else title,
        "after_header": f"{title} (absent)" if change.action == "delete" else title,
        "before": _plain(before),
        "after": _plain(after),
    }


def _both(change: Change, path: Path, reading: t.Any, value: t.Any) -> tuple[t.Any, t.Any]:
    """A field that is written, before and after. Values of extra are shown leaf by leaf."""
    if (
        isinstance(reading, dict)
        and isinstance(value, dict)
        and not (len(path) == 1 and change.desired.is_secret(path))
    ):
        before, after = {}, {}
        for key in {**reading, **value}:
            here = (*path, str(key))
            if key in reading and key in value:
                before[key], after[key] = _both(change, here, reading[key], value[key])
            elif key in reading:
                before[key] = NOT_SHOWN  # nobody declares it now, so nobody says whether it is a secret
            else:
                after[key] = _shown(change.desired, here, value[key])
        return before, after
    verdict = _verdict(change, path)
    if change.desired.is_secret(path) or verdict is Verdict.UNKNOWN:
        nothing = (reading is None or reading == {}) and path[0] not in change.actual.unseen
        told = {Verdict.DIFFERS: SECRET_CHANGED, Verdict.UNKNOWN: SECRET_UNKNOWN, Verdict.SAME: SECRET}[verdict]
        return (None if nothing else SECRET), (None if value is None else told)
    if value is None and reading is not None and not change.kind.fields_by_name[path[0]].show:
        return NOT_SHOWN, None  # emptied, so nobody declares openly what stood there
    return _read(change, path, reading), _shown(change.desired, path, value)


def _read(change: Change, path: Path, value: t.Any) -> t.Any:
    """A value that was read, as it may be shown."""
    veiled = change.actual is not None and change.actual.clear and change.kind.fields_by_name[path[0]].hidden
    if veiled and value is not None and value != {}:
        return SECRET if change.desired.is_secret(path) else NOT_SHOWN
    return _shown(change.desired, path, value, actual=True)


def _verdict(change: Change, path: Path) -> Verdict:
    below = [verdict for where, verdict in change.findings.items() if where[: len(path)] == path]
    return Verdict.DIFFERS if Verdict.DIFFERS in below else Verdict.UNKNOWN if below else Verdict.SAME


def _shown(desired: Desired, path: Path, value: t.Any, actual: bool = False) -> t.Any:
    """A value as it may be shown. actual: read from the server, where only what is declared openly, or is of a field
    that never holds secrets, may be shown."""
    if value is None or value == {}:
        return value
    if desired.is_secret(path):
        return SECRET
    if isinstance(value, dict):
        return {key: _shown(desired, (*path, str(key)), item, actual) for key, item in value.items()}
    if actual and not desired.kind.fields_by_name[path[0]].show and not _declared(desired, path):
        return NOT_SHOWN
    return value


def _declared(desired: Desired, path: Path) -> bool:
    """Whether a plain value is declared at this very place."""
    place: t.Any = desired.fields
    for part in path:
        if not isinstance(place, dict) or part not in place:
            return False
        place = place[part]
    return not isinstance(place, dict)


def _plain(fields: Fields) -> Fields:
    return {name: value for name, value in fields.items() if value is not None}


def _hints(done: list[Change], remembers: bool) -> list[str]:
    blind = [change for change in done if change.blind]
    if not blind:
        return []
    told = (
        f"{len(blind)} {'object is' if len(blind) == 1 else 'objects are'} written only because Airflow does not show "
        "secrets, so that nobody knows whether these have changed. "
    )
    if remembers:
        return [told + "Once a run with this fingerprint_key has written them, the next one knows."]
    return [
        told + "That is so in each run, unless there is a fingerprint_key, so that only changed secrets are written, or "
        "update_secrets=on_create, so that secrets of objects that exist are left alone."
    ]
