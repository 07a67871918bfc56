# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Declarations in short, and a deployment in memory."""

from __future__ import annotations

import copy
import typing as t

from ansible_collections.windsock.airflow.plugins.module_utils._airflow._dialect import Abilities, Outcome
from ansible_collections.windsock.airflow.plugins.module_utils._airflow._v2 import ABILITIES
from ansible_collections.windsock.airflow.plugins.module_utils._declaration import Desired, declare, listed
from ansible_collections.windsock.airflow.plugins.module_utils._faults import Refused, ServerFault
from ansible_collections.windsock.airflow.plugins.module_utils._kinds import CONNECTION, KINDS, POOL, VARIABLE, Kind
from ansible_collections.windsock.airflow.plugins.module_utils._plan import (
    Actual,
    ActualObjects,
    Plan,
    Policy,
    make_plan,
)

Words = dict[str, t.Any]


def declared(kind: Kind, *entries: t.Any, enforce_defaults: bool = False) -> list[Desired]:
    """The entries of a list of declarations, read."""
    return declare(listed(kind, [*entries]), enforce_defaults)


def connection(connection_id: str = "pg", **words: t.Any) -> Desired:
    return declared(CONNECTION, {"connection_id": connection_id, **words})[0]


def variable(key: str = "v", **words: t.Any) -> Desired:
    return declared(VARIABLE, {"key": key, **words})[0]


def pool(name: str = "p", **words: t.Any) -> Desired:
    return declared(POOL, {"name": name, **words})[0]


def stored(kind: Kind, object_id: str, **fields: t.Any) -> Actual:
    """An object as the server shows it, fields that are not given at their defaults."""
    defaults = {each.name: copy.deepcopy(each.default) for each in kind.fields}
    assert set(fields) <= set(defaults), "not a field of this kind"
    return Actual(kind, object_id, {**defaults, **fields})


def by_id(*actual: Actual) -> ActualObjects:
    return {(each.kind.name, each.id): each for each in actual}


def planned(desired: t.Any, *actual: Actual, update_secrets: str = "always") -> Plan:
    """The plan for one object or a list of them."""
    desired = desired if isinstance(desired, list) else [desired]
    return make_plan(desired, by_id(*actual), Policy(update_secrets))


def told(call: t.Callable[[], t.Any]) -> list[str]:
    """The faults that a call is refused with."""
    try:
        call()
    except Refused as refused:
        return [str(fault) for fault in refused.faults]
    return []


class MemoryServer:
    """A Dialect that keeps objects in memory and notes every call that writes or reads.

    refused: ids that a request must not hold, or it fails as a whole (422), as Airflow does. trouble: exceptions
    that the next calls raise, by method; (exception, True) raises it after the call was carried out.
    """

    version = "3.3.2"
    api_version = "v2"

    def __init__(self, *objects: Actual, can_bulk: bool = True) -> None:
        self.abilities = ABILITIES if can_bulk else Abilities()
        self.objects: dict[tuple[str, str], Words] = {(each.kind.name, each.id): dict(each.fields) for each in objects}
        self.calls: list[tuple[str, t.Any]] = []
        self.hidden: list[str] = []
        self.refused: set[str] = set()
        self.unconfirmed: set[str] = set()
        self.trouble: dict[str, list[t.Any]] = {}

    def ids(self, kind: Kind) -> list[str]:
        return [name for kind_name, name in self.objects if kind_name == kind.name]

    def writes(self) -> list[tuple[str, t.Any]]:
        return [call for call in self.calls if call[0] not in ("list", "get")]

    def hide(self, secrets: t.Iterable[str]) -> None:
        self.hidden += secrets

    def list(self, kind: Kind) -> list[Actual]:
        self._called("list", kind.plural)
        return [self._actual(kind, object_id) for object_id in self.ids(kind)]

    def get(self, kind: Kind, object_id: str) -> Actual | None:
        self._called("get", object_id)
        return self._actual(kind, object_id) if (kind.name, object_id) in self.objects else None

    def create(self, kind: Kind, object_id: str, fields: Words) -> None:
        self._writing("create", object_id, [object_id], lambda: self._create(kind, {object_id: fields}))

    def update(self, kind: Kind, object_id: str, fields: Words, actual: Actual) -> None:
        self._writing("update", object_id, [object_id], lambda: self.objects[kind.name, object_id].update(fields))

    def delete(self, kind: Kind, object_id: str) -> None:
        self._writing("delete", object_id, [object_id], lambda: self.objects.pop((kind.name, object_id), None))

    def bulk(self, kind: Kind, action: str, objects: dict[str, Words]) -> list[Outcome]:
        def carry_out() -> None:
            if action == "create":
                self._create(kind, objects)
            for object_id, fields in objects.items():
                if action == "update":
                    self.objects[kind.name, object_id].update(fields)
                if action == "delete":
                    self.objects.pop((kind.name, object_id), None)

        self._writing(f"bulk {action}", objects, objects, carry_out)
        return [Outcome(each, "not confirmed" if each in self.unconfirmed else None) for each in objects]

    def health(self) -> Words:
        return {"metadatabase": {"status": "healthy"}}

    def _create(self, kind: Kind, objects: dict[str, Words]) -> None:
        there = [each for each in objects if (kind.name, each) in self.objects]
        if there:
            raise ServerFault(f"exists already: {', '.join(there)}", 409)
        for object_id, fields in objects.items():
            self.objects[kind.name, object_id] = stored(kind, object_id, **fields).fields

    def _actual(self, kind: Kind, object_id: str) -> Actual:
        return Actual(kind, object_id, dict(self.objects[kind.name, object_id]))

    def _called(self, method: str, what: t.Any) -> None:
        self.calls.append((method, what))
        if self.trouble.get(method):
            trouble = self.trouble[method].pop(0)
            if isinstance(trouble, Exception):
                raise trouble

    def _writing(self, method: str, what: t.Any, ids: t.Iterable[str], carry_out: t.Callable[[], t.Any]) -> None:
        after = None
        if self.trouble.get(method) and isinstance(self.trouble[method][0], tuple):
            after = self.trouble[method].pop(0)[0]
        self._called(method, what)
        if self.refused & set(ids):
            raise ServerFault(f"{method}: Airflow answers HTTP 422", 422)
        carry_out()
        if after is not None:
            raise after


__all__ = (
    "CONNECTION",
    "KINDS",
    "POOL",
    "VARIABLE",
    "MemoryServer",
    "by_id",
    "connection",
    "declared",
    "planned",
    "pool",
    "stored",
    "told",
    "variable",
)
