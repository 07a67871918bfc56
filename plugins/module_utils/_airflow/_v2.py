# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: no stable interface for others.

"""Airflow 3: C(/api/v2)."""

from __future__ import annotations

import json
import typing as t

from .._faults import ServerFault
from .._json import NOT_JSON, read_json
from .._kinds import Kind
from .._kinds._kind import Fields
from .._plan import Actual
from ._dialect import PAGE, Abilities, Outcome, quoted
from ._transport import Answer, Transport

PREFIX = "/api/v2"

ABILITIES = Abilities(
    can_bulk=True,
    bulk_update_needs={
        "connection": frozenset({"conn_type"}),
        "variable": frozenset({"value"}),
        "pool": frozenset({"slots", "include_deferred"}),
    },
)


class V2:
    """See Dialect."""

    api_version = "v2"
    abilities = ABILITIES

    def __init__(self, transport: Transport, version: str) -> None:
        self._transport = transport
        self.version = version

    def hide(self, secrets: t.Iterable[str]) -> None:
        self._transport.hide(secrets)

    def list(self, kind: Kind) -> list[Actual]:
        objects: dict[str, Actual] = {}
        offset, total = 0, 1
        while offset < total:
            query = [("limit", PAGE), ("offset", offset), ("order_by", kind.identity.name)]
            answer = self._transport.request("GET", f"{PREFIX}/{kind.plural}", query)
            if answer.status == 500:
                raise ServerFault(_broken_list(kind), answer.status)
            page = self._expected(answer, f"listing {kind.plural}", kind.plural)
            entries = page[kind.plural]
            for entry in entries:
                actual = _actual(kind, entry)
                objects[actual.id] = actual  # an object may move to the next page while the list is read
            offset, total = offset + len(entries), page.get("total_entries", 0) if entries else 0
        return [*objects.values()]

    def get(self, kind: Kind, object_id: str) -> Actual | None:
        answer = self._transport.request("GET", self._path(kind, object_id))
        if _says_absent(answer):
            return None
        return _actual(kind, self._expected(answer, f"reading {kind.name} {object_id!r}", kind.identity.name))

    def create(self, kind: Kind, object_id: str, fields: Fields) -> None:
        body = _entity(kind, object_id, fields)
        answer = self._transport.request("POST", f"{PREFIX}/{kind.plural}", body=body, repeatable=False)
        self._expected(answer, f"creating {kind.name} {object_id!r}", kind.identity.name)

    def update(self, kind: Kind, object_id: str, fields: Fields, actual: Actual) -> None:
        # The body must hold these even where the mask keeps them from being written.
        required = {name: actual.fields.get(name) for name in ABILITIES.bulk_update_needs[kind.name]}
        if kind.name == "variable":
            required = {"value": ""}  # what was read of a value is never sent back, it may be masked
        body = _entity(kind, object_id, {**required, **fields})
        if kind.name == "pool":
            body["pool"] = body.pop("name")
        mask = [("update_mask", name) for name in fields]  # repeated: a comma list answers 200 and writes nothing
        answer = self._transport.request("PATCH", self._path(kind, object_id), mask, body)
        self._expected(answer, f"updating {kind.name} {object_id!r}", kind.identity.name)

    def delete(self, kind: Kind, object_id: str) -> None:
        answer = self._transport.request("DELETE", self._path(kind, object_id))
        if not _says_absent(answer):
            self._done(answer, f"deleting {kind.name} {object_id!r}")

    def bulk(self, kind: Kind, action: str, objects: dict[str, Fields]) -> list[Outcome]:
        entities: list[t.Any] = [_entity(kind, each, fields) for each, fields in objects.items()]
        request: dict[str, t.Any] = {"action": action, "entities": entities}
        if action == "delete":
            request.update(entities=[*objects], action_on_non_existence="skip")
        answer = self._transport.request(
            "PATCH", f"{PREFIX}/{kind.plural}", body={"actions": [request]}, repeatable=action != "create"
        )
        self._done(answer, f"{action[:-1]}ing {len(objects)} {kind.plural}")
        result = answer.data.get(action) if isinstance(answer.data, dict) else None
        if not isinstance(result, dict):
            raise ServerFault(f"the answer to a bulk {action} of {kind.plural} does not say what became of it")
        return self._outcomes(kind, action, objects, result)

    def health(self) -> dict[str, t.Any]:
        answer = self._transport.request("GET", f"{PREFIX}/monitor/health")
        return self._expected(answer, "reading the health", "metadatabase")

    def _outcomes(self, kind: Kind, action: str, objects: dict[str, Fields], result: dict[str, t.Any]) -> list[Outcome]:
        """HTTP 200 says nothing: an action that failed stands there with its errors, and nothing of it was written."""
        errors = [error for error in result.get("errors") or () if isinstance(error, dict)]
        if errors:
            reasons = "; ".join(str(error.get("error", "")) for error in errors[:3])
            reason = self._transport.scrubbed(reasons)
            raise ServerFault(f"Airflow refuses it: {reason}", errors[0].get("status_code") or 400)
        succeeded = set(result.get("success") or ())
        if action == "delete":
            succeeded = set(objects)  # what is not named was gone already
        return [
            Outcome(each, None if each in succeeded else "Airflow did not confirm it, its answer does not name it")
            for each in objects
        ]

    def _path(self, kind: Kind, object_id: str) -> str:
        return f"{PREFIX}/{kind.plural}/{quoted(object_id)}"

    def _expected(self, answer: Answer, doing: str, key: str) -> dict[str, t.Any]:
        if not answer.good or not isinstance(answer.data, dict) or key not in answer.data:
            self._transport.fail(answer, doing)
        return answer.data

    def _done(self, answer: Answer, doing: str) -> None:
        if not answer.good:
            self._transport.fail(answer, doing)


def _entity(kind: Kind, object_id: str, fields: Fields) -> dict[str, t.Any]:
    entity = {kind.identity.name: object_id, **fields}
    if isinstance(entity.get("extra"), dict):
        # An empty extra is stored as none: "{}" and null are the same to a connection.
        entity["extra"] = json.dumps(entity["extra"], ensure_ascii=False) if entity["extra"] else None
    return entity


def _actual(kind: Kind, entry: dict[str, t.Any]) -> Actual:
    fields = {each.name: entry.get(each.name) for each in kind.fields}
    if "extra" in fields:
        fields["extra"] = _extra(fields["extra"])
    return Actual(kind, str(entry[kind.identity.name]), kind.canonical(fields))


def _extra(stored: str | None) -> t.Any:
    """An extra as a dict; what is no JSON (older servers took anything) stays a text, which never is the same."""
    extra = read_json(stored) if stored else None
    return {} if extra is None else stored if extra is NOT_JSON else extra


def _says_absent(answer: Answer) -> bool:
    """A gateway's 404, or that of a wrong address, has no such detail; it must not pass for an object's absence."""
    return answer.status == 404 and isinstance(answer.data, dict) and "not found" in str(answer.data.get("detail"))


def _broken_list(kind: Kind) -> str:
    if kind.name == "connection":
        return (
            "listing connections: Airflow answers HTTP 500. It does that when the extra of one stored connection is "
            "not valid JSON; `airflow connections export -` in the server's environment shows which, delete or mend it"
        )
    return f"listing {kind.plural}: Airflow answers HTTP 500; the server's log says why"
