# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Declarations in short, and a deployment in memory."""

from __future__ import annotations

import copy
import threading
import typing as t

from ansible_collections.windsock.airflow.plugins.module_utils import _engine
from ansible_collections.windsock.airflow.plugins.module_utils._abilities import Abilities
from ansible_collections.windsock.airflow.plugins.module_utils._airflow._dialect import Log, Outcome
from ansible_collections.windsock.airflow.plugins.module_utils._airflow._events import Event
from ansible_collections.windsock.airflow.plugins.module_utils._airflow._user import User
from ansible_collections.windsock.airflow.plugins.module_utils._airflow._v1 import ABILITIES as AIRFLOW_2
from ansible_collections.windsock.airflow.plugins.module_utils._airflow._v2 import abilities_of
from ansible_collections.windsock.airflow.plugins.module_utils._declaration import Desired, declare, listed
from ansible_collections.windsock.airflow.plugins.module_utils._faults import Refused, ServerFault
from ansible_collections.windsock.airflow.plugins.module_utils._kinds import CONNECTION, KINDS, POOL, VARIABLE, Kind
from ansible_collections.windsock.airflow.plugins.module_utils._masking import looks_secret, masked
from ansible_collections.windsock.airflow.plugins.module_utils._plan import (
    Actual,
    ActualObjects,
    Plan,
    Policy,
    make_plan,
)
from ansible_collections.windsock.airflow.plugins.module_utils._prune import Pruning
from ansible_collections.windsock.airflow.plugins.module_utils._report import Report

Words = dict[str, t.Any]

AIRFLOW_3 = abilities_of((3, 3))
AIRFLOW_3_0 = abilities_of((3, 0))


def declared(kind: Kind, *entries: t.Any, enforce_defaults: bool = False) -> list[Desired]:
    """The entries of a list of declarations, read."""
    return declare(listed(kind, [*entries]), enforce_defaults)


def connection(connection_id: str = "pg", **words: t.Any) -> Desired:
    return declared(CONNECTION, {"connection_id": connection_id, **words})[0]


def variable(key: str = "v", **words: t.Any) -> Desired:
    return declared(VARIABLE, {"key": key, **words})[0]


def pool(name: str = "p", **words: t.Any) -> Desired:
    return declared(POOL, {"name": name, **words})[0]


def stored(kind: Kind, object_id: str, unseen: t.Iterable[str] = (), **fields: t.Any) -> Actual:
    """An object as the server shows it, fields that are not given at their defaults."""
    defaults = {each.name: copy.deepcopy(each.default) for each in kind.fields}
    assert set(fields) <= set(defaults), "not a field of this kind"
    return Actual(kind, object_id, {**defaults, **fields}, frozenset(unseen))


def by_id(*actual: Actual) -> ActualObjects:
    return {(each.kind.name, each.id): each for each in actual}


def planned(desired: t.Any, *actual: Actual, update_secrets: str = "always", abilities: Abilities = AIRFLOW_3) -> Plan:
    """The plan for one object or a list of them."""
    desired = desired if isinstance(desired, list) else [desired]
    return make_plan(desired, by_id(*actual), Policy(update_secrets), abilities)


def run(
    server: MemoryServer,
    *desired: Desired,
    kinds: t.Iterable[Kind] | None = None,
    update_secrets: str = "always",
    check_mode: bool = False,
    **pruning: t.Any,
) -> Report:
    """The whole way, of the kinds that are there unless others are named; pruning: see Pruning, and no owner."""
    wanted = {one.kind for one in desired} if kinds is None else kinds
    return _engine.run([*desired], [*wanted], Policy(update_secrets), Pruning(**pruning), server, check_mode)


def told(call: t.Callable[[], t.Any]) -> list[str]:
    """The faults that a call is refused with."""
    try:
        call()
    except Refused as refused:
        return [str(fault) for fault in refused.faults]
    return []


class Crowd:
    """Whoever comes stays until so many are there at once, and a moment longer, for one more to show up."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.here = self.most = 0
        self._changed = threading.Condition()

    def come_and_go(self) -> None:
        with self._changed:
            self.here += 1
            self.most = max(self.most, self.here)
            self._changed.notify_all()
            assert self._changed.wait_for(lambda: self.most >= self.size, 10), "so many never were there at once"
            self._changed.wait_for(lambda: self.most > self.size, 0.05)
            self.here -= 1


class MemoryServer:
    """A Dialect that keeps objects in memory and notes every call that writes or reads.

    What its abilities say that it does not show, it does not show; with masks, it masks what Airflow does. events is
    its audit log, the oldest first. refused: ids that a request must not hold, or it
    fails as a whole (422), as Airflow does. trouble: exceptions that the next calls raise, by method; (exception,
    True) raises it after the call was carried out.
    """

    version = "3.3.2"
    api_version = "v2"
    about: t.ClassVar[Words] = {"airflow": {"version": "3.3.2", "api_version": "v2"}}

    def __init__(self, *objects: Actual, abilities: Abilities = AIRFLOW_3, masks: bool = False) -> None:
        self.abilities = abilities
        self.masks = masks
        self.repeats = 0
        self.events: list[Event] = []
        self.objects: dict[tuple[str, str], Words] = {(each.kind.name, each.id): dict(each.fields) for each in objects}
        self.calls: list[tuple[str, t.Any]] = []
        self.hidden: list[str] = []
        self.refused: set[str] = set()
        self.unconfirmed: set[str] = set()
        self.trouble: dict[str, list[t.Any]] = {}
        self._one_at_a_time = threading.RLock()

    def ids(self, kind: Kind) -> list[str]:
        """Of the objects that are no memory of this collection."""
        return [name for kind_name, name in self.objects if kind_name == kind.name and not kind.keeps(name)]

    def writes(self) -> list[tuple[str, t.Any]]:
        return [call for call in self.calls if call[0] not in ("list", "get", "log")]

    def reads(self) -> list[tuple[str, t.Any]]:
        return [call for call in self.calls if call[0] in ("list", "get")]

    def commit(self, check_mode: bool = False) -> None:
        assert not check_mode

    def hide(self, secrets: t.Iterable[str]) -> None:
        self.hidden += secrets

    def list(self, kind: Kind, beginning: str = "") -> list[Actual]:
        with self._one_at_a_time:
            self._called("list", f"{kind.plural} {beginning}*" if beginning else kind.plural)
            ids = [each for kind_name, each in self.objects if kind_name == kind.name and each.startswith(beginning)]
            return [self._actual(kind, object_id, listed=True) for object_id in ids]

    def get(self, kind: Kind, object_id: str) -> Actual | None:
        with self._one_at_a_time:
            self._called("get", object_id)
            return self._actual(kind, object_id) if (kind.name, object_id) in self.objects else None

    def create(self, kind: Kind, object_id: str, fields: Words) -> None:
        self._writing("create", kind, object_id, [object_id], lambda: self._create(kind, {object_id: fields}))

    def update(self, kind: Kind, object_id: str, fields: Words, actual: Actual) -> None:
        self._writing("update", kind, object_id, [object_id], lambda: self.objects[kind.name, object_id].update(fields))

    def delete(self, kind: Kind, object_id: str) -> None:
        self._writing("delete", kind, object_id, [object_id], lambda: self.objects.pop((kind.name, object_id), None))

    def bulk(self, kind: Kind, action: str, objects: dict[str, Words]) -> list[Outcome]:
        def carry_out() -> None:
            if action == "create":
                self._create(kind, objects)
            for object_id, fields in objects.items():
                if action == "update":
                    self.objects[kind.name, object_id].update(fields)
                if action == "delete":
                    self.objects.pop((kind.name, object_id), None)

        assert self.abilities.can_bulk
        self._writing(f"bulk {action}", kind, objects, objects, carry_out)
        return [Outcome(each, "not confirmed" if each in self.unconfirmed else None) for each in objects]

    def log(self, after: int | None) -> Log:
        self._called("log", after)
        position = self.events[-1].id if self.events else 0
        found = [event for event in reversed(self.events) if after is not None and event.id > after]
        reaches_back = after is None or not self.events or self.events[0].id <= after + 1
        return Log(position, found, reaches_back and position >= (after or 0))

    def log_backwards(self) -> t.Iterator[Event]:
        self._called("log", "backwards")
        yield from reversed(self.events)

    def somebody_writes(self, kind: Kind, object_id: str, who: str = "somebody", **fields: t.Any) -> None:
        """By hand, behind everybody's back but the audit log's."""
        self.objects[kind.name, object_id].update(fields)
        self._logged(kind, [object_id], who)

    def _logged(self, kind: Kind, ids: t.Iterable[str], who: str = "windsock") -> None:
        number = self.events[-1].id + 1 if self.events else 1
        self.events.append(Event(number, f"2026-01-01T00:00:{number:02}Z", who, f"patch_{kind.name}", kind, frozenset(ids)))

    def health(self) -> Words:
        return {"metadatabase": {"status": "healthy"}}

    def user(self) -> User | None:
        return None

    def _create(self, kind: Kind, objects: dict[str, Words]) -> None:
        there = [each for each in objects if (kind.name, each) in self.objects]
        if there:
            raise ServerFault(f"exists already: {', '.join(there)}", 409)
        for object_id, fields in objects.items():
            self.objects[kind.name, object_id] = stored(kind, object_id, **fields).fields

    def _actual(self, kind: Kind, object_id: str, listed: bool = False) -> Actual:
        fields = dict(self.objects[kind.name, object_id])
        if self.masks and not (kind is VARIABLE and self.abilities.shows_variables_as_stored):
            fields = _masked(kind, object_id, fields)
        unseen = set()
        if kind is CONNECTION and not self.abilities.shows_passwords:
            unseen.add("password")
        if kind is CONNECTION and listed and not self.abilities.lists_extra:
            unseen.add("extra")
        return stored(kind, object_id, unseen, **{name: fields[name] for name in fields if name not in unseen})

    def _called(self, method: str, what: t.Any) -> None:
        self.calls.append((method, what))
        if self.trouble.get(method):
            trouble = self.trouble[method].pop(0)
            if isinstance(trouble, Exception):
                raise trouble

    def _writing(
        self, method: str, kind: Kind, what: t.Any, ids: t.Iterable[str], carry_out: t.Callable[[], t.Any]
    ) -> None:
        with self._one_at_a_time:
            after = None
            if self.trouble.get(method) and isinstance(self.trouble[method][0], tuple):
                after = self.trouble[method].pop(0)[0]
            self._called(method, what)
            self._logged(kind, ids)
            if self.refused & set(ids):
                raise ServerFault(f"{method}: Airflow answers HTTP 422", 422)
            carry_out()
            if after is not None:
                raise after


def _masked(kind: Kind, object_id: str, fields: Words) -> Words:
    shown = dict(fields)
    if shown.get("password"):
        shown["password"] = "***"
    if "extra" in shown:
        shown["extra"] = masked("", shown["extra"])
    if kind is VARIABLE and looks_secret(object_id):
        shown["value"] = "***"
    return shown


__all__ = (
    "AIRFLOW_2",
    "AIRFLOW_3",
    "AIRFLOW_3_0",
    "CONNECTION",
    "KINDS",
    "POOL",
    "VARIABLE",
    "Crowd",
    "MemoryServer",
    "by_id",
    "connection",
    "declared",
    "planned",
    "pool",
    "run",
    "stored",
    "told",
    "variable",
)
