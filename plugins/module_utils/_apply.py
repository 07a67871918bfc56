# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: no stable interface for others.

"""Carries a plan out and keeps a ledger of what became of every change."""

from __future__ import annotations

import json
import time
import typing as t
from collections import Counter
from dataclasses import dataclass, field

from ._airflow._dialect import Dialect
from ._comparison import Verdict
from ._faults import ServerFault, Uncertain
from ._json import read_json
from ._kinds import VARIABLE
from ._kinds._kind import Fields
from ._masking import holds_secret_names
from ._parallel import in_parallel
from ._plan import Actual, Change, Plan
from ._reading import Reader

MOST_OBJECTS = 500  # of one bulk request
FIRST_OBJECTS = 50  # of the first one, when nobody knows yet how quick the server is
# Airflow writes each request into its audit log, where MySQL keeps no more than 65,535 bytes, and refuses what is longer.
MOST_BYTES = 45_000
QUICK = 1.0  # seconds in which a server answers that may be asked for more at a time
SLOW = 5.0  # seconds beyond which it is asked for less
ALREADY_THERE = 409
LOOKS = 3  # how often a creation whose answer was lost is looked for and tried again


@dataclass
class Ledger:
    """done in the order in which it was done; failed with the reason, never holding a value.

    half_done: something that failed was changed all the same. sent counts the requests that wrote an object, or tried.
    """

    done: list[Change] = field(default_factory=list)
    failed: list[tuple[Change, str]] = field(default_factory=list)
    half_done: bool = False
    sent: Counter[tuple[str, str]] = field(default_factory=Counter)
    _settled: set[int] = field(default_factory=set)

    def succeed(self, changes: t.Iterable[Change]) -> None:
        """Note what was done."""
        changes = [*changes]
        self.done += changes
        self._settled.update(map(id, changes))

    def fail(self, changes: t.Iterable[Change], why: str) -> None:
        """Note what failed, for one reason."""
        changes = [*changes]
        self.failed += [(change, why) for change in changes]
        self._settled.update(map(id, changes))

    def undo(self, why: str) -> None:
        """Note that nothing of what seemed done lasts."""
        undone, self.done = self.done, []
        self.fail(undone, why)

    def unsettled(self, changes: list[Change]) -> list[Change]:
        """Those of which it is not noted yet what became of them."""
        return [change for change in changes if id(change) not in self._settled]


def apply(plan: Plan, server: Dialect) -> Ledger:
    """Write the changes. Faults of single objects are noted and the rest goes on; where the server itself fails

    (gone, no rights), everything not yet written is noted as not attempted.
    """
    return _Applier(server).run(plan)


class _Pace:
    """How many objects a request may hold, so that it is answered well within the timeout.

    Airflow's masker compiles a pattern of all secrets it knows, anew for each new one: 100 connections with passwords
    take a server that knows of none 1 s, and one that knows of 900 half a minute (measured on 3.3.2).
    """

    def __init__(self) -> None:
        self.objects = FIRST_OBJECTS

    def learn(self, seconds: float) -> None:
        if seconds < QUICK:
            self.objects = min(self.objects * 4, MOST_OBJECTS)
        elif seconds > SLOW:
            self.objects = max(self.objects // 4, 1)


class _Applier:
    def __init__(self, server: Dialect) -> None:
        self.server = server
        self.ledger = Ledger()
        self.pace = _Pace()
        self.fault: ServerFault | None = None  # after which nothing new begins

    def run(self, plan: Plan) -> Ledger:
        alone, together = _groups(plan.changes, self.server)
        in_parallel(lambda change: self.attempt([change]), alone)
        for group in together:
            left = group
            while left:
                batch = _batch(left, self.pace.objects)
                left = left[len(batch) :]
                started = time.monotonic()
                self.attempt(batch)
                if len(batch) > 1:
                    self.pace.learn(time.monotonic() - started)
        if self.fault:
            why = f"not attempted, since before it: {self.fault.message}"
            self.ledger.fail(self.ledger.unsettled(plan.changes), why)
        return self.ledger

    def attempt(self, batch: list[Change]) -> None:
        """Write a batch, unless the server has failed before."""
        if self.fault:
            return
        try:
            self.carry_out(batch)
        except ServerFault as fault:
            self.fault = self.fault or fault
            perhaps = isinstance(fault, Uncertain)
            self.ledger.half_done |= perhaps
            told = f"{fault.message}; nobody knows whether it was done all the same" if perhaps else fault.message
            self.ledger.fail(self.ledger.unsettled(batch), told)

    def carry_out(self, batch: list[Change]) -> None:
        """Write a batch; where Airflow objects to it, in halves, until the culprit stands alone."""
        try:
            if len(batch) == 1:
                self.one(batch[0])
            else:
                self.bulk(batch)
        except ServerFault as fault:
            if isinstance(fault, Uncertain) or not fault.about_the_request:
                raise
            if len(batch) == 1:
                self.ledger.fail(batch, _refusal(batch[0], fault))
                return
            left = self.ledger.unsettled(batch)
            middle = (len(left) + 1) // 2
            for half in (left[:middle], left[middle:]):
                if half:
                    self.carry_out(half)

    def one(self, change: Change) -> None:
        kind, object_id = change.kind, change.id
        if change.action == "create":
            self.create([change])
        elif change.action == "replace":
            # What Airflow refuses of it (a team where there are none) has to show before anything is deleted.
            self.send([change], 2)
            self.server.update(kind, object_id, change.write, change.actual)
            try:
                self.server.delete(kind, object_id)
            except ServerFault:
                self.ledger.half_done = True
                raise
            try:
                self.create([change])
            except ServerFault as fault:
                self.ledger.half_done = True
                raise ServerFault(f"{_half_replaced(change)}: {fault.message}", fault.status) from None
        else:
            self.send([change])
            if change.action == "delete":
                self.server.delete(kind, object_id)
            else:
                self.server.update(kind, object_id, change.write, change.actual)
            self.ledger.succeed([change])

    def bulk(self, batch: list[Change]) -> None:
        kind, action = batch[0].kind, batch[0].action
        if action == "create":
            self.create(batch)
            return
        by_id = {change.id: change for change in batch}
        self.send(batch)
        for outcome in self.server.bulk(kind, action, {change.id: _entity(change, self.server) for change in batch}):
            if outcome.reason is None:
                self.ledger.succeed([by_id[outcome.id]])
            else:
                self.ledger.fail([by_id[outcome.id]], outcome.reason)

    def send(self, changes: t.Iterable[Change], times: int = 1) -> None:
        for change in changes:
            self.ledger.sent[change.kind.name, change.id] += times

    def create(self, batch: list[Change]) -> None:
        """Create objects. Where the answer is lost, look what is there, and go on with what is not.

        A request whose answer was lost may still be at work when it is looked for, and be seen only when the next
        one finds the objects there (409).
        """
        left = {change.id: change for change in batch}
        lost = False
        for last in (*[False] * (LOOKS - 1), True):
            try:
                self.create_once(left)
                self.ledger.succeed(left.values())
                return
            except ServerFault as fault:
                if not isinstance(fault, Uncertain) and not (lost and fault.status == ALREADY_THERE):
                    raise
                lost = True
                try:
                    missing = self.not_there(left)
                except ServerFault as blind:
                    raise Uncertain(blind.message, blind.status) from None
                self.ledger.succeed(change for each, change in left.items() if each not in missing)
                left = missing
                if not left:
                    return
                if last:
                    raise ServerFault(fault.message, fault.status) from None

    def create_once(self, wanted: dict[str, Change]) -> None:
        first, *more = wanted.values()
        self.send(wanted.values())
        kind = first.kind
        if not more:
            self.server.create(kind, first.id, first.write)
            return
        for outcome in self.server.bulk(kind, "create", {each: change.write for each, change in wanted.items()}):
            if outcome.reason is not None:
                raise ServerFault(outcome.reason, 400)

    def not_there(self, wanted: dict[str, Change]) -> dict[str, Change]:
        """Which of these objects the server does not have as they were to be created."""
        there = Reader(self.server).objects([change.desired for change in wanted.values()])
        found = {object_id: there.get((change.kind.name, object_id)) for object_id, change in wanted.items()}
        return {object_id: change for object_id, change in wanted.items() if _differs(change, found[object_id], self.server)}


def _refusal(change: Change, fault: ServerFault) -> str:
    if change.action == "create" and fault.status == ALREADY_THERE:
        return (
            f"creating {change.kind.name} {change.id!r}: somebody else created it while this run was at work, and it is "
            "left as it is; run again to compare it"
        )
    return fault.message


def _half_replaced(change: Change) -> str:
    carried = sorted(set(change.write) - set(change.desired.fields))
    told = f", without {', '.join(carried)}, which nobody declares" if carried else ""
    return f"deleted to clear its password, and could not be created anew; the next run creates it{told}"


def _differs(change: Change, found: Actual | None, server: Dialect) -> bool:
    """Whether an object is missing, or visibly another than the change makes it."""
    return found is None or any(
        Verdict.DIFFERS in change.kind.fields_by_name[name].same(value, found.fields[name], server.abilities).values()
        for name, value in change.write.items()
        if name not in found.unseen
    )


def _groups(changes: list[Change], server: Dialect) -> tuple[list[Change], list[list[Change]]]:
    """Changes that stand alone, and those that the server can do in one request, by kind and action."""
    alone: list[Change] = []
    together: dict[tuple[str, str], list[Change]] = {}
    for change in changes:
        if _bulkable(change, server):
            together.setdefault((change.kind.name, change.action), []).append(change)
        else:
            alone.append(change)
    return alone, [*together.values()]


def _batch(group: list[Change], objects: int) -> list[Change]:
    """As much of a group as one request may hold."""
    size = 0
    for count, change in enumerate(group[:objects]):
        size += len(json.dumps(change.write)) + len(change.id) + 50
        if size > MOST_BYTES:
            return group[: max(count, 1)]
    return group[:objects]


def _bulkable(change: Change, server: Dialect) -> bool:
    if not server.abilities.can_bulk or change.action == "replace":
        return False  # a bulk request that deletes and creates the same id deletes it and refuses to create it
    lost = server.abilities.bulk_create_loses.get(change.kind.name, frozenset())
    if change.action == "create" and set(change.write) & lost:
        return False
    if change.action == "update":
        # What an entity must hold is sent only where it is declared; an object with rules of its own goes alone.
        needed = server.abilities.bulk_update_needs.get(change.kind.name, frozenset())
        kept = server.abilities.bulk_update_keeps.get(change.kind.name, frozenset())
        emptied = {name for name, value in change.write.items() if value is None}
        if not needed <= change.sendable or emptied & kept or change.id in change.kind.changeable:
            return False
    logged = server.abilities.logs_bulk_in_clear and change.action != "delete"
    return not (logged and _holds_secrets(change, _entity(change, server)))


def _holds_secrets(change: Change, sent: Fields) -> bool:
    """Whether something that is sent is secret by declaration, or for its name, but for a password."""
    if any(path[0] in sent and path[0] != "password" for path in change.desired.secret):
        return True
    if change.kind is VARIABLE:
        return holds_secret_names({change.id: read_json(sent.get("value") or "")})
    return holds_secret_names(sent.get("extra"))


def _entity(change: Change, server: Dialect) -> Fields:
    if change.action != "update":
        return change.write
    needed = server.abilities.bulk_update_needs.get(change.kind.name, frozenset())
    return {**{name: change.desired.fields[name] for name in needed}, **change.write}
