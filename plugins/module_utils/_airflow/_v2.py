# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: no stable interface for others.

"""Airflow 3: C(/api/v2)."""

from __future__ import annotations

import typing as t

from .._abilities import Abilities
from .._faults import ServerFault
from .._kinds import Kind
from .._kinds._kind import Fields
from .._plan import Actual
from ._dialect import Outcome
from ._events import AIRFLOW_3
from ._rest import Rest, written
from ._transport import Answer
from ._user import User

# What the body of a single update must hold, also where the mask keeps it from being written.
BODY_NEEDS = {
    "connection": frozenset({"conn_type"}),
    "variable": frozenset({"value"}),
    "pool": frozenset({"slots", "include_deferred"}),
}
# Its bulk service stores variables without their team.
BULK_CREATE_LOSES = {"variable": frozenset({"team_name"})}


def abilities_of(release: tuple[int, int]) -> Abilities:
    """What Airflow of such a release can do; one that nobody has measured counts as the older neighbour."""
    if release >= (3, 3):
        return Abilities(bulk_create_loses=BULK_CREATE_LOSES, bulk_update_needs=BODY_NEEDS)
    return Abilities(
        logs_bulk_in_clear=True,
        bulk_create_loses=BULK_CREATE_LOSES,
        # Up to 3.1 a bulk update of a variable without its description empties that, and one of a pool without
        # include_deferred sets it to false.
        bulk_update_needs={**BODY_NEEDS, "variable": frozenset({"value", "description"})},
        bulk_update_keeps={"pool": frozenset({"description"})},
        # 3.0 stores -1 only by a bulk request, and then answers 500 to every list of pools.
        shows_undecryptable=False,
        unlimited_pools=release >= (3, 1),
        teams=release >= (3, 2),
        masks_whole_in_variables=2,
    )


class V2(Rest):
    """See Dialect."""

    api_version = "v2"
    health_path = "/api/v2/monitor/health"

    def create(self, kind: Kind, object_id: str, fields: Fields) -> None:
        body = _entity(kind, object_id, fields)
        answer = self._transport.request("POST", self._path(kind), body=body, repeatable=False)
        self._expected(answer, f"creating {kind.name} {object_id!r}", kind.identity.name)

    def update(self, kind: Kind, object_id: str, fields: Fields, actual: Actual) -> None:
        required = {name: actual.fields.get(name) for name in BODY_NEEDS[kind.name]}
        if kind.name == "variable":
            required = {"value": ""}  # what was read of a value is never sent back, it may be masked
        body = _entity(kind, object_id, {**required, **fields})
        if kind.name == "pool":
            body["pool"] = body.pop("name")
        mask = [("update_mask", name) for name in fields]  # repeated: a comma list answers 200 and writes nothing
        answer = self._transport.request("PATCH", self._path(kind, object_id), mask, body)
        self._expected(answer, f"updating {kind.name} {object_id!r}", kind.identity.name)

    def bulk(self, kind: Kind, action: str, objects: dict[str, Fields]) -> list[Outcome]:
        entities: list[t.Any] = [_entity(kind, each, fields) for each, fields in objects.items()]
        request: dict[str, t.Any] = {"action": action, "entities": entities}
        if action == "delete":
            request.update(entities=[*objects], action_on_non_existence="skip")
        answer = self._transport.request(
            "PATCH", self._path(kind), body={"actions": [request]}, repeatable=action != "create"
        )
        self._done(answer, f"{action[:-1]}ing {len(objects)} {kind.plural}")
        result = answer.data.get(action) if isinstance(answer.data, dict) else None
        if not isinstance(result, dict):
            raise ServerFault(f"the answer to a bulk {action} of {kind.plural} does not say what became of it")
        return self._outcomes(action, objects, result)

    def user(self) -> User | None:
        # Airflow 3.0 has no such page and answers with one for browsers, of which nobody is to be told.
        answer = self._transport.request("GET", "/ui/auth/me")
        told = answer.data.get("username") if answer.good and isinstance(answer.data, dict) else None
        if isinstance(told, str):
            return User(told, "airflow")
        refused = self._transport.access.token and answer.status in (401, 403)
        return None if refused else super().user()

    def _outcomes(self, action: str, objects: dict[str, Fields], result: dict[str, t.Any]) -> list[Outcome]:
        """HTTP 200 says nothing: an action that failed stands there with its errors, and nothing of it was written."""
        errors = [error for error in result.get("errors") or () if isinstance(error, dict)]
        if errors:
            reasons = "; ".join(str(error.get("error", "")) for error in errors[:3])
            reason = self._transport.scrubber.scrubbed(reasons)
            raise ServerFault(f"Airflow refuses it: {reason}", errors[0].get("status_code") or 400)
        succeeded = set(result.get("success") or ())
        if action == "delete":
            succeeded = set(objects)  # what is not named was gone already
        return [
            Outcome(each, None if each in succeeded else "Airflow did not confirm it, its answer does not name it")
            for each in objects
        ]

    kinds_by_event = AIRFLOW_3

    def _choosing(self, events: t.Iterable[str]) -> list[tuple[str, str]]:
        return [("included_events", each) for each in events]  # a comma list answers 200, without any entry

    def _narrowing(self, kind: Kind, beginning: str) -> list[tuple[str, str]]:
        return [("variable_key_pattern", f"{beginning}%")] if beginning and kind.name == "variable" else []

    def _says_absent(self, answer: Answer) -> bool:
        return answer.status == 404 and isinstance(answer.data, dict) and "not found" in str(answer.data.get("detail"))

    def _explain(self, kind: Kind, answer: Answer, doing: str) -> None:
        super()._explain(kind, answer, doing)
        if answer.status == 500 and kind.name == "connection":
            raise ServerFault(
                f"{doing}: Airflow answers HTTP 500. It does that when the extra of a stored connection is not valid "
                "JSON; `airflow connections export -` in the server's environment shows which, delete or mend it",
                answer.status,
            )


def _entity(kind: Kind, object_id: str, fields: Fields) -> dict[str, t.Any]:
    return {kind.identity.name: object_id, **written(fields)}
