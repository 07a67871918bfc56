# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: no stable interface for others.

"""The way of the data: declaration, plan, apply, report."""

from __future__ import annotations

import dataclasses
import typing as t
from functools import partial

from ._airflow._dialect import Dialect
from ._apply import Ledger, apply
from ._comparison import Path
from ._declaration import Desired
from ._faults import ServerFault
from ._history import contested, read_history, told, written_by_others
from ._kinds import Kind
from ._knowledge import Knowledge, forget, forgotten
from ._last_writes import LastWrites, read_last_writes
from ._memory import Memories, Objects, Secrets, changed, remember
from ._plan import ActualObjects, Policy, make_plan, needs_secrets, nothing_known
from ._prune import Pruned, Pruning, prune, shared
from ._reading import Reader
from ._report import Report, make_report, object_after
from ._secrets._access import VaultOption
from ._shadows import Shadows

Work = t.Callable[[Dialect, bool], Report]
"""What is left to do once the declaration is read: given a server and whether only to check."""


def run(
    desired: list[Desired],
    kinds: list[Kind],
    policy: Policy,
    pruning: Pruning,
    server: Dialect,
    check_mode: bool,
    vault: VaultOption | None = None,
    audit_log: bool = False,
    shadows: Shadows | None = None,
) -> Report:
    """Bring a deployment to what is declared, of these kinds; in check mode only say what that takes.

    vault: where the references are resolved, if there are any. audit_log: whether to tell who wrote an object last.
    shadows: what to tell of what Airflow looks at before its database, None for nothing.
    """
    server.hide(_secret_texts(desired))
    reader = Reader(server)
    actual = reader.objects(desired, kinds if pruning.mode != "none" else ())
    memories = reader.memories(pruning.owner) if pruning.owner or pruning.mode == "all" else Memories("")
    complete = [kind for kind in kinds if reader.has_listed(kind)]
    pruned = prune(desired, complete, actual, pruning, memories, server.abilities)
    desired = _with_secrets(desired, actual, policy, vault, server)
    task = _Task([*desired, *pruned.absent], actual, policy, memories, server, check_mode, audit_log)
    task.carry_out()
    if memories.writable and not task.only_told:
        task.remember(_claimed(task), _released(task, pruned))
    task.commit()
    notes = [*pruned.notes, *(shared(desired, memories) if pruning.owner else ()), *task.notes]
    shadowed: dict[str, t.Any] = {}
    if shadows is not None:
        shadowed["shadowed"], why = _shadowed(desired, shadows, vault)
        notes += why
    report = task.report(notes)
    return dataclasses.replace(report, result={**report.result, **shadowed})


def run_one(
    desired: Desired,
    policy: Policy,
    owner: str,
    server: Dialect,
    check_mode: bool,
    vault: VaultOption | None = None,
    audit_log: bool = False,
) -> Report:
    """The same for a single object, which the report then holds as it is now. It is nobody's property."""
    server.hide(_secret_texts([desired]))
    reader = Reader(server)
    actual = reader.objects([desired])
    memories = reader.memory(owner) if policy.keys else Memories("")
    (desired,) = _with_secrets([desired], actual, policy, vault, server)
    task = _Task([desired], actual, policy, memories, server, check_mode, audit_log)
    task.carry_out()
    if memories.writable and not task.only_told:
        task.remember({}, {})
    task.commit()
    report = task.report([*memories.trouble.values(), *task.notes])
    if not report.failed:
        found = actual.get((desired.kind.name, desired.id))
        report.result[desired.kind.name] = object_after(desired, found, report.result["changed"])
    return report


class _Task:
    """What is to be done with some objects, and what became of it."""

    def __init__(
        self,
        desired: list[Desired],
        actual: ActualObjects,
        policy: Policy,
        memories: Memories,
        server: Dialect,
        check_mode: bool,
        audit_log: bool,
    ) -> None:
        self.actual = actual
        self.memories = memories
        self.server = server
        self.check_mode = check_mode
        # Where nothing lasts before the commit, check mode does all that comes before it, and fails where the run would.
        self.only_told = check_mode and not server.abilities.writes_on_commit
        self.notes: list[str] = []
        self.remembers = policy.update_secrets == "on_change" and memories.writable
        self.knowledge: Knowledge | None = None
        if policy.keys:
            rows = memories.secrets.applied
            places = [(one.kind.name, one.id) for one in desired]
            # Read after the objects: what somebody writes in between is noticed, here or in the next run.
            history = read_history(server, {place: rows[place] for place in places if place in rows})
            self.knowledge = Knowledge(policy.keys, memories.secrets, history, server.abilities)
            self.notes += [*history.notes, *written_by_others(history), *self.knowledge.notes(desired)]
        known = self.knowledge.of if self.knowledge else nothing_known
        self.plan = make_plan(desired, actual, policy, server.abilities, known)
        self.writes: LastWrites | None = None
        if audit_log:  # before anything is written, which then would be the last
            differing = [(each.kind.name, each.id) for each in (*self.plan.changes, *self.plan.unknown)]
            self.writes = read_last_writes(server, differing)
            self.notes += self.writes.notes

    def carry_out(self) -> None:
        """Write what has to change, in check mode only say so."""
        if self.only_told:
            self.ledger = Ledger(done=self.plan.changes)
            return
        outdated = self.knowledge.outdated(self.plan) if self.knowledge and self.memories.writable else {}
        if outdated:  # should that fail, the last note most likely fails too, and is told; else nothing is lost
            remember(self.server, self.memories.owner, {}, {}, lambda now: forget(now, outdated))
        self.ledger = apply(self.plan, self.server)

    def commit(self) -> None:
        """Make what was written last."""
        if self.only_told:
            return
        try:
            self.server.commit(self.check_mode)
        except ServerFault as fault:
            if not self.ledger.done:  # what is noted for the owner is all that there was
                self.notes.append(fault.message)
            self.ledger.undo(fault.message)

    def remember(self, claimed: Objects, released: Objects) -> None:
        """Note what is there as declared, what is gone, and what is known of secrets."""
        learn = self._learn(self.knowledge) if self.knowledge else partial(forgotten, ledger=self.ledger)
        own = self.memories.own or {}
        if changed(own, claimed, released) != own or learn(self.memories.secrets) != self.memories.secrets:
            self._note(claimed, released, learn)

    def report(self, notes: list[str]) -> Report:
        report = make_report(self.plan, self.ledger, self.server, self.remembers, self.writes)
        if self.knowledge and self.knowledge.history.position is not None:
            report.result["written_by_others"] = told(self.knowledge.history)
        return dataclasses.replace(report, hints=[*report.hints, *notes])

    def _learn(self, knowledge: Knowledge) -> t.Callable[[Secrets], Secrets]:
        position, disputed = knowledge.history.position, frozenset[tuple[str, str]]()
        if self.ledger.sent:
            position, disputed = contested(self.server, knowledge.history, self.ledger.sent)
        return lambda now: knowledge.learn(now, self.plan, self.ledger, self.actual, position, disputed)

    def _note(self, claimed: Objects, released: Objects, learn: t.Callable[[Secrets], Secrets]) -> None:
        owner = self.memories.owner
        why = remember(self.server, owner, claimed, released, learn)
        if why is not None:
            lost = "prune=owned will not know it" + (", nor the next run which secrets it wrote" if self.knowledge else "")
            self.notes.append(f"what was applied could not be noted for the owner {owner!r}, so {lost}: {why}")


def _with_secrets(
    desired: list[Desired], actual: ActualObjects, policy: Policy, vault: VaultOption | None, server: Dialect
) -> list[Desired]:
    """The objects with what they need of Vault."""
    wanted = [
        one
        for one in desired
        if one.awaited and needs_secrets(one, actual.get((one.kind.name, one.id)), policy, server.abilities)
    ]
    if not wanted:
        return desired
    if vault is None or vault.access is None:
        raise ValueError("a declaration with references comes with a Vault")  # seen to by declare()
    from ._secrets._resolution import resolve  # only here, every import costs each task

    full = {(one.kind.name, one.id): one for one in resolve(wanted, vault.access)}
    server.hide(_secret_texts([*full.values()]))
    return [full.get((one.kind.name, one.id), one) for one in desired]


def _shadowed(
    desired: list[Desired], shadows: Shadows, vault: VaultOption | None
) -> tuple[list[dict[str, str]], list[str]]:
    """What lies over the objects, and notes on what nobody can say."""
    folders = shadows.folders(desired)
    if not folders or vault is None or vault.access is None:  # that it is needed is seen to before
        return shadows.over(desired, {}), []
    from ._secrets._kv import Absent, list_folders  # only here, every import costs each task
    from ._secrets._session import VaultTrouble

    try:
        held = list_folders(folders, vault.access)
    except VaultTrouble as trouble:
        return shadows.over(desired, {}), [f"whether secrets in Vault lie over objects cannot be said: {trouble}"]
    reasons = {each.reason: None for each in held.values() if isinstance(each, Absent)}
    listing = {folder: names for folder, names in held.items() if not isinstance(names, Absent)}
    return shadows.over(desired, listing), [f"whether secrets in Vault lie over objects cannot be said: {why}" for why in reasons]


def _claimed(task: _Task) -> Objects:
    return _by_kind((one.kind.name, one.id) for one in _settled(task) if one.present)


def _released(task: _Task, pruned: Pruned) -> Objects:
    absent = [(one.kind.name, one.id) for one in _settled(task) if not one.present]
    return _by_kind([*absent, *pruned.released])


def _settled(task: _Task) -> list[Desired]:
    return [change.desired for change in task.ledger.done] + task.plan.unchanged + task.plan.unknown


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
