# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: no stable interface for others.

"""Carries a plan out and keeps a ledger of what became of every change."""

from __future__ import annotations

import json
import typing as t
from dataclasses import dataclass, field

from ._airflow._dialect import Dialect
from ._comparison import Verdict
from ._faults import ServerFault, Uncertain
from ._kinds import Kind
from ._kinds._kind import Fields
from ._plan import Change, Plan

MOST_OBJECTS = 250  # of one bulk request; Airflow takes longer for each secret that it has seen before
MOST_BYTES = 1_000_000
ALREADY_THERE = 409
LOOKS = 3  # how often a creation whose answer was lost is looked for and tried again


@dataclass
class Ledger:
    """done in the order in which it was done; failed with the reason, never holding a value."""

    done: list[Change] = field(default_factory=list)
    failed: list[tuple[Change, str]] = field(default_factory=list)


def apply(plan: Plan, server: Dialect) -> Ledger:
    """Write the changes. Faults of single objects are noted and the rest goes on; where the server itself fails

    (gone, no rights), everything not yet written is noted as not attempted.
    """
    return _Applier(server).run(plan)


class _Applier:
    def __init__(self, server: Dialect) -> None:
        self.server = server
        self.ledger = Ledger()

    def run(self, plan: Plan) -> Ledger:
        batches = _batches(plan.changes, self.server)
        for index, batch in enumerate(batches):
            try:
                self.carry_out(batch)
            except ServerFault as fault:
                self.give_up(batches[index], batches[index + 1 :], fault)
                break
        return self.ledger

    def give_up(self, batch: list[Change], later: list[list[Change]], fault: ServerFault) -> None:
        settled = {id(change) for change in (*self.ledger.done, *(failed for failed, _why in self.ledger.failed))}
        self.ledger.failed += [(change, fault.message) for change in batch if id(change) not in settled]
        why = f"not attempted, since before it: {fault.message}"
        self.ledger.failed += [(change, why) for each in later for change in each]

    def carry_out(self, batch: list[Change]) -> None:
        """Write a batch; where Airflow objects to it, in halves, until the culprit stands alone."""
        try:
            if len(batch) == 1:
                self.one(batch[0])
            else:
                self.bulk(batch)
        except ServerFault as fault:
            if not fault.about_the_request:
                raise
            if len(batch) == 1:
                self.ledger.failed.append((batch[0], fault.message))
                return
            middle = len(batch) // 2
            self.carry_out(batch[:middle])
            self.carry_out(batch[middle:])

    def one(self, change: Change) -> None:
        kind, object_id = change.kind, change.id
        if change.action == "update":
            assert change.actual is not None
            self.server.update(kind, object_id, change.write, change.actual)
        if change.action in ("delete", "replace"):
            self.server.delete(kind, object_id)
        if change.action == "replace":
            try:
                self.create([change])
            except ServerFault as fault:
                raise ServerFault(f"{_half_replaced(change)}: {fault.message}", fault.status) from None
        elif change.action == "create":
            self.create([change])
        self.ledger.done.append(change)

    def bulk(self, batch: list[Change]) -> None:
        kind, action = batch[0].kind, batch[0].action
        if action == "create":
            self.create(batch)
            self.ledger.done += batch
            return
        objects = {change.id: _entity(change, self.server) for change in batch}
        by_id = {change.id: change for change in batch}
        for outcome in self.server.bulk(kind, action, objects):
            if outcome.reason is None:
                self.ledger.done.append(by_id[outcome.id])
            else:
                self.ledger.failed.append((by_id[outcome.id], outcome.reason))

    def create(self, batch: list[Change]) -> None:
        """Create objects. Where the answer is lost, look what is there, and go on with what is not.

        A request whose answer was lost may still be at work when it is looked for, and be seen only when the next
        one finds the objects there (409).
        """
        kind = batch[0].kind
        left = {change.id: change for change in batch}
        lost = False
        for last in (*[False] * (LOOKS - 1), True):
            try:
                self.create_once(kind, left)
                return
            except ServerFault as fault:
                if not isinstance(fault, Uncertain) and not (lost and fault.status == ALREADY_THERE):
                    raise
                lost = True
                left = self.not_there(kind, left)
                if not left:
                    return
                if last:
                    raise ServerFault(fault.message, fault.status) from None

    def create_once(self, kind: Kind, wanted: dict[str, Change]) -> None:
        if len(wanted) == 1:
            ((object_id, change),) = wanted.items()
            self.server.create(kind, object_id, change.write)
            return
        for outcome in self.server.bulk(kind, "create", {each: change.write for each, change in wanted.items()}):
            if outcome.reason is not None:
                raise ServerFault(outcome.reason, 400)

    def not_there(self, kind: Kind, wanted: dict[str, Change]) -> dict[str, Change]:
        """Which of these objects the server does not have as they were to be created."""
        there = {each.id: each for each in self.server.list(kind)} if len(wanted) > 1 else {}
        if len(wanted) == 1:
            (object_id,) = wanted
            found = self.server.get(kind, object_id)
            there = {object_id: found} if found else {}
        return {each: change for each, change in wanted.items() if each not in there or _differs(change, there[each].fields)}


def _half_replaced(change: Change) -> str:
    carried = sorted(set(change.write) - set(change.desired.fields))
    told = f", without {', '.join(carried)}, which nobody declares" if carried else ""
    return f"deleted to clear its password, and could not be created anew; the next run creates it{told}"


def _differs(change: Change, fields: Fields) -> bool:
    return any(
        Verdict.DIFFERS in change.kind.field(name).same(value, fields.get(name)).values() for name, value in change.write.items()
    )


def _batches(changes: list[Change], server: Dialect) -> list[list[Change]]:
    """Changes of one kind and action together, as far as the server can do them in one request, of bounded size."""
    batches: list[list[Change]] = []
    together: dict[tuple[str, str], list[Change]] = {}
    for change in changes:
        if _bulkable(change, server):
            together.setdefault((change.kind.name, change.action), []).append(change)
        else:
            batches.append([change])
    for group in together.values():
        batches += _chunks(group)
    return batches


def _chunks(group: list[Change]) -> t.Iterator[list[Change]]:
    chunk: list[Change] = []
    size = 0
    for change in group:
        weight = len(json.dumps(change.write)) + len(change.id) + 50
        if chunk and (len(chunk) == MOST_OBJECTS or size + weight > MOST_BYTES):
            yield chunk
            chunk, size = [], 0
        chunk.append(change)
        size += weight
    if chunk:
        yield chunk


def _bulkable(change: Change, server: Dialect) -> bool:
    if not server.abilities.can_bulk or change.action == "replace":
        return False  # a bulk request that deletes and creates the same id deletes it and refuses to create it
    if change.action == "update":
        # What an entity must hold is sent only where it is declared; an object with rules of its own goes alone.
        needed = server.abilities.bulk_update_needs.get(change.kind.name, frozenset())
        return needed <= change.sendable and change.id not in change.kind.changeable
    return True


def _entity(change: Change, server: Dialect) -> Fields:
    if change.action != "update":
        return change.write
    needed = server.abilities.bulk_update_needs.get(change.kind.name, frozenset())
    return {**{name: change.desired.fields[name] for name in needed}, **change.write}
