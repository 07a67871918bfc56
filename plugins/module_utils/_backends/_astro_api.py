# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: no stable interface for others.

"""Environment objects in Astro's REST API, version 1: how they are listed and written, and what its answers mean."""

from __future__ import annotations

import typing as t

from .._airflow._access import Access
from .._airflow._transport import Answer, Transport, place_of
from .._faults import ServerFault
from .._json import NOT_JSON

MOST_LISTED = 1000  # of one page, as Astro's own command line asks for
PATH = "/environment-objects"
Record = dict[str, t.Any]


class EnvironmentObjects(Transport):
    """Those of one organization, over kept-alive connections. Safe to use from several threads."""

    whom = "Astro"
    tls_options = "ca_path"

    def __init__(self, access: Access, scope: str, entity: str) -> None:
        super().__init__(access)
        self.scope, self.entity = scope, entity
        self.shows_secrets = True

    def listed(self, object_type: str) -> list[Record]:
        """All of a type that belong to the workspace or deployment itself, with their secrets if they may be had."""
        found: list[Record] = []
        total: int | None = None
        while total is None or len(found) < total:
            page, total = self._page(object_type, len(found))
            found += page
            if not page:
                break
        own = (self.scope, self.entity)
        return [each for each in found if (each.get("scope"), each.get("scopeEntityId")) == own]

    def create(self, body: Record) -> None:
        answer = self.request("POST", PATH, body={"scope": self.scope, "scopeEntityId": self.entity, **body}, repeatable=False)
        if not answer.good:
            self.fail(answer, f"creating {body['objectKey']!r}")

    def update(self, record: Record, body: Record) -> Record:
        """What the object is then. Nothing happens if it is done twice."""
        answer = self.request("POST", f"{PATH}/{record['id']}", body=body)
        if not answer.good:
            self.fail(answer, f"changing {record['objectKey']!r}")
        return answer.data if isinstance(answer.data, dict) else {}

    def delete(self, record: Record) -> None:
        answer = self.request("DELETE", f"{PATH}/{record['id']}")
        if not answer.good and answer.status != 404:
            self.fail(answer, f"deleting {record['objectKey']!r}")

    def _page(self, object_type: str, offset: int) -> tuple[list[Record], int]:
        query = [
            ("workspaceId" if self.scope == "WORKSPACE" else "deploymentId", self.entity),
            ("objectType", object_type),
            ("resolveLinked", "false"),  # else what is linked from a workspace comes along, which is not the deployment's own
            ("showSecrets", "true" if self.shows_secrets else "false"),
            ("limit", MOST_LISTED),
            ("offset", offset),
        ]
        answer = self.request("GET", PATH, query)
        if self.shows_secrets and answer.status in (400, 403) and "showsecrets" in _message(answer).lower():
            self.shows_secrets = False  # the organization does not allow it
            return self._page(object_type, offset)
        page = answer.data.get("environmentObjects") if answer.good and isinstance(answer.data, dict) else None
        if answer.good and not (isinstance(page, list) and all(map(_is_sound, page))):
            raise ServerFault(f"{self.access.url} answers with something that is no list of environment objects")
        if not answer.good or page is None:
            self.fail(answer, "listing environment objects")
        total = answer.data.get("totalCount")
        return page, total if isinstance(total, int) else offset + len(page)

    def _meaning(self, answer: Answer, doing: str) -> str:
        url = self.access.url
        reason = self.scrubber.scrubbed(_message(answer)).split("\n", 1)[0]
        told = f"HTTP {answer.status}{reason and ', '}{reason}"
        if answer.location is not None:
            return f"{doing}: {url} redirects to another address ({place_of(answer.location)}); give that as astro_url"
        if answer.data is NOT_JSON:
            return f"{doing}: {url} answers HTTP {answer.status} with something that is not JSON; is it Astro's API?"
        if answer.status == 401:
            return f"{doing}: {url} does not accept astro_token ({told})"
        if answer.status == 403:
            return f"{doing}: astro_token has no right to ({told})"
        if answer.status == 404:
            return f"{doing}: there is no such organization, {self.scope.lower()} or object, or none that astro_token may see ({told})"
        return f"{doing}: {url} answers {told}"


def _message(answer: Answer) -> str:
    """Astro's reason, if it is a text: of anything else the notation is not known, and so not what may be in it."""
    message = answer.data.get("message") if isinstance(answer.data, dict) else None
    return message if isinstance(message, str) else ""


def _is_sound(record: t.Any) -> bool:
    return isinstance(record, dict) and isinstance(record.get("objectKey"), str)
