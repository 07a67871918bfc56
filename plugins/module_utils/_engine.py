# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: no stable interface for others.

"""The way of the data: declaration, plan, apply, report."""

from __future__ import annotations

import dataclasses
import typing as t

from ._airflow._dialect import Dialect
from ._apply import Ledger, apply
from ._comparison import Path
from ._declaration import Desired
from ._kinds import Kind
from ._memory import Memories, Objects, changed, remember
from ._plan import Plan, Policy, make_plan
from ._prune import Pruned, Pruning, prune, shared
from ._reading import Reader
from ._report import Report, make_report, object_after

Work = t.Callable[[Dialect, bool], Report]
"""What is left to do once the declaration is read: given a server and whether only to check."""


def run(
    desired: list[Desired], kinds: list[Kind], policy: Policy, pruning: Pruning, server: Dialect, check_mode: bool
) -> Report:
    """Bring a deployment to what is declared, of these kinds; in check mode only say what that takes."""
    server.hide(_secret_texts(desired))
    reader = Reader(server)
    actual = reader.objects(desired, kinds if pruning.mode != "none" else ())
    memories = reader.memories(pruning.owner) if pruning.owner or pruning.mode == "all" else Memories("")
    complete = [kind for kind in kinds if reader.has_listed(kind)]
    pruned = prune(desired, complete, actual, pruning, memories, server.abilities)
    plan = make_plan([*desired, *pruned.absent], actual, policy, server.abilities)
    ledger = _carry_out(plan, server, check_mode)
    notes = [*pruned.notes, *(shared(desired, memories) if pruning.owner else ())]
    if memories.writable and not check_mode:
        notes += _remember(plan, ledger, pruned, memories, server)
    report = make_report(plan, ledger, server)
    return dataclasses.replace(report, hints=[*report.hints, *notes])


def run_one(desired: Desired, policy: Policy, server: Dialect, check_mode: bool) -> Report:
    """The same for a single object, which the report then holds as it is now."""
    server.hide(_secret_texts([desired]))
    actual = Reader(server).objects([desired])
    plan = make_plan([desired], actual, policy, server.abilities)
    report = make_report(plan, _carry_out(plan, server, check_mode), server)
    if not report.failed:
        found = actual.get((desired.kind.name, desired.id))
        report.result[desired.kind.name] = object_after(desired, found, report.result["changed"])
    return report


def _carry_out(plan: Plan, server: Dialect, check_mode: bool) -> Ledger:
    return Ledger(done=plan.changes) if check_mode else apply(plan, server)


def _remember(plan: Plan, ledger: Ledger, pruned: Pruned, memories: Memories, server: Dialect) -> list[str]:
    """Note what is there as declared, and what is gone. Returns what the user has to know."""
    settled = [change.desired for change in ledger.done] + plan.unchanged + plan.unknown
    claimed = _by_kind((one.kind.name, one.id) for one in settled if one.present)
    absent = [(one.kind.name, one.id) for one in settled if not one.present]
    released = _by_kind([*absent, *pruned.released])
    known = memories.own or {}
    if changed(known, claimed, released) == known:
        return []
    why = remember(server, memories.owner, claimed, released)
    told = f"what was applied could not be noted for the owner {memories.owner!r}, so prune=owned will not know it"
    return [] if why is None else [f"{told}: {why}"]


def _by_kind(objects: t.Iterable[tuple[str, str]]) -> Objects:
    ids: dict[str, set[str]] = {}
    for kind_name, object_id in objects:
        ids.setdefault(kind_name, set()).add(object_id)
    return {kind: frozenset(some) for kind, some in ids.items()}


def _secret_texts(desired: list[Desired]) -> list[str]:
    """Every declared secret that is a text."""
    texts: list[str] = []

    def collect(one: Desired, path: Path, value: t.Any) -> None:
        if isinstance(value, str):
            if one.is_secret(path):
                texts.append(value)
        elif isinstance(value, (dict, list)):
            items = value.items() if isinstance(value, dict) else enumerate(value)
            for key, item in items:
                collect(one, (*path, str(key)), item)

    for one in desired:
        for name, value in one.fields.items():
            collect(one, (name,), value)
    return texts
