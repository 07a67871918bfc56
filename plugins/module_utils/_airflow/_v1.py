# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: no stable interface for others.

"""Airflow 2: C(/api/v1)."""

from __future__ import annotations

import typing as t

from .._abilities import Abilities
from .._faults import ServerFault
from .._kinds import Kind
from .._kinds._kind import Fields
from .._plan import Actual
from ._dialect import Outcome
from ._events import AIRFLOW_2
from ._rest import Rest, written
from ._transport import Answer

ABILITIES = Abilities(
    lists_extra=False,
    shows_passwords=False,
    can_bulk=False,
    # -1 is stored with an answer of 500, and from then on every list of pools is a 500 as well.
    unlimited_pools=False,
    slash_in_pool_name=False,
    teams=False,
    ids_beyond_ascii=False,
    shows_variables_as_stored=True,
)

MASK_NAMES = {"value": "val"}  # what an update_mask calls a field, where that is another name than the field's


class V1(Rest):
    """See Dialect."""

    api_version = "v1"
    health_path = "/api/v1/health"

    def create(self, kind: Kind, object_id: str, fields: Fields) -> None:
        doing = f"creating {kind.name} {object_id!r}"
        # A POST of a variable that exists overwrites it, description and all, so look first. No request does both.
        if kind.name == "variable" and self.get(kind, object_id) is not None:
            raise ServerFault(f"{doing}: it exists already", 409)
        body = {kind.identity.name: object_id, **written(fields)}
        answer = self._transport.request("POST", self._path(kind), body=body, repeatable=False)
        self._expected(answer, doing, kind.identity.name)

    def update(self, kind: Kind, object_id: str, fields: Fields, actual: Actual) -> None:
        body = written(fields)
        if kind.name == "connection":
            body = {"connection_id": object_id, **body}  # else the audit log does not tell which one it was
        if kind.name == "variable":
            # Both are required whatever the mask says, and a description is not cleared by null.
            body = {"key": object_id, "value": "", **body}
            if "description" in body:
                body["description"] = body["description"] or ""
        # One list: of a repeated parameter only the last counts. Without a mask, a pool is reset where nothing is sent.
        mask = [("update_mask", ",".join(MASK_NAMES.get(name, name) for name in fields))]
        answer = self._transport.request("PATCH", self._path(kind, object_id), mask, body)
        self._expected(answer, f"updating {kind.name} {object_id!r}", kind.identity.name)

    def bulk(self, kind: Kind, action: str, objects: dict[str, Fields]) -> list[Outcome]:
        raise NotImplementedError("Airflow 2 has no bulk requests")

    kinds_by_event = AIRFLOW_2

    def _choosing(self, events: t.Iterable[str]) -> list[tuple[str, str]]:
        return [("included_events", ",".join(events))]  # of a repeated parameter only the last counts

    def _says_absent(self, answer: Answer) -> bool:
        told = answer.data.get("type") if isinstance(answer.data, dict) else None
        return answer.status == 404 and str(told).endswith("#section/Errors/NotFound")
