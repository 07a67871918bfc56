# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: no stable interface for others.

"""What the versions of Airflow's API have in common."""

from __future__ import annotations

import json
import typing as t
from urllib.parse import quote

from .._abilities import Abilities
from .._faults import ServerFault
from .._json import NOT_JSON, read_json
from .._kinds import Kind
from .._kinds._kind import Fields
from .._parallel import in_parallel
from .._plan import Actual
from ._dialect import Log
from ._events import Event, read_event
from ._transport import Answer, Transport
from ._user import User, user_of

PAGE = 100  # servers cut a page at their maximum_page_limit, 100 unless configured otherwise
READINGS = 3  # how often a list is read that changes meanwhile
PAGES_AT_ONCE = 4  # on a server with several workers, or far away; one with a single worker is neither helped nor hurt


class Rest:
    """Lists, reads and deletes objects; how they are written each version has its own way."""

    api_version: str
    health_path: str
    kinds_by_event: dict[str, Kind]

    def __init__(self, transport: Transport, version: str, abilities: Abilities) -> None:
        self._transport = transport
        self.version = version
        self.abilities = abilities

    @property
    def repeats(self) -> int:
        return self._transport.repeats

    @property
    def about(self) -> dict[str, t.Any]:
        return {"airflow": {"version": self.version, "api_version": self.api_version}}

    def commit(self, check_mode: bool = False) -> None:
        """Each request is final."""

    def close(self) -> None:
        """A token of Airflow's cannot be given back."""

    def hide(self, secrets: t.Iterable[str]) -> None:
        self._transport.scrubber.hide(secrets)

    def list(self, kind: Kind, beginning: str = "") -> list[Actual]:
        objects: dict[str, dict[str, t.Any]] = {}
        for _reading in range(READINGS):
            pages = self._pages(kind, beginning)
            found = {str(entry[kind.identity.name]): entry for page in pages for entry in page[kind.plural]}
            objects.update(found)
            # Where others create and delete meanwhile, objects move from page to page, and one may have been missed.
            if {page.get("total_entries", len(found)) for page in pages} == {len(found)}:
                objects = found
                break
        return [
            self._actual(kind, entry, listed=True)
            for object_id, entry in objects.items()
            if object_id.startswith(beginning)
        ]

    def get(self, kind: Kind, object_id: str) -> Actual | None:
        answer = self._transport.request("GET", self._path(kind, object_id))
        if self._says_absent(answer):
            return None
        doing = f"reading {kind.name} {object_id!r}"
        self._explain(kind, answer, doing)
        return self._actual(kind, self._expected(answer, doing, kind.identity.name))

    def delete(self, kind: Kind, object_id: str) -> None:
        answer = self._transport.request("DELETE", self._path(kind, object_id))
        if not self._says_absent(answer):
            self._done(answer, f"deleting {kind.name} {object_id!r}")

    def log(self, after: int | None) -> Log:
        entries: dict[int, dict[str, t.Any]] = {}
        chosen = self._choosing(sorted(self.kinds_by_event))
        offset = 0
        while True:
            query = [("order_by", "-event_log_id"), ("limit", 1 if after is None else PAGE), ("offset", offset), *chosen]
            page = self._entries(query)
            entries.update({int(entry["event_log_id"]): entry for entry in page})
            offset += len(page)
            if after is None or not page or min(entries) <= after:
                break
        newest = max(entries, default=0)
        if after is None:
            return Log(newest or self._end("-"), [], True)
        events = [read_event(entries[each], self.kinds_by_event) for each in sorted(entries, reverse=True) if each > after]
        whole = self._reaches_back(entries, newest, after)
        # Where it holds no write any more it stands where it stood, or, once trimmed, at its newest entry of any event:
        # else each run would find it trimmed anew.
        position = newest if newest >= after else after if whole else self._end("-")
        return Log(position, [each for each in events if each], whole)

    def log_backwards(self) -> t.Iterator[Event]:
        chosen = self._choosing(sorted(self.kinds_by_event))
        last: int | None = None  # entries that are written meanwhile move the others from page to page
        offset = 0
        while True:
            page = self._entries([("order_by", "-event_log_id"), ("limit", PAGE), ("offset", offset), *chosen])
            for entry in page:
                if last is None or int(entry["event_log_id"]) < last:
                    last = int(entry["event_log_id"])
                    event = read_event(entry, self.kinds_by_event)
                    if event is not None:
                        yield event
            if not page:
                return
            offset += len(page)

    def health(self) -> dict[str, t.Any]:
        return self._expected(self._transport.request("GET", self.health_path), "reading the health", "metadatabase")

    def user(self) -> User | None:
        return user_of(self._transport.access)

    def _reaches_back(self, entries: t.Iterable[int], newest: int, after: int) -> bool:
        """Whether the log holds all that was written after an entry. It may have been trimmed, or emptied."""
        if newest >= after and min(entries, default=after + 1) <= after:
            return True
        if newest < after and self._end("-") < after:
            return False
        oldest = self._end("")
        return not oldest or oldest <= after + 1

    def _end(self, order: str) -> int:
        """The number of the oldest or (-) the newest entry of any event, 0 where there is none."""
        entries = self._entries([("order_by", f"{order}event_log_id"), ("limit", 1)])
        return int(entries[0]["event_log_id"]) if entries else 0

    def _entries(self, query: list[tuple[str, t.Any]]) -> list[dict[str, t.Any]]:
        answer = self._transport.request("GET", f"/api/{self.api_version}/eventLogs", query)
        return self._expected(answer, "reading the audit log", "event_logs")["event_logs"]

    def _choosing(self, events: t.Iterable[str]) -> list[tuple[str, str]]:
        """The query for only the entries of some events."""
        raise NotImplementedError

    def _pages(self, kind: Kind, beginning: str) -> list[dict[str, t.Any]]:
        first = self._page(kind, 0, beginning)
        size, total = len(first[kind.plural]), first.get("total_entries", 0)
        offsets = range(size, total, size) if size else ()
        return [first, *in_parallel(lambda offset: self._page(kind, offset, beginning), offsets, PAGES_AT_ONCE)]

    def _page(self, kind: Kind, offset: int, beginning: str) -> dict[str, t.Any]:
        query = [("limit", PAGE), ("offset", offset), ("order_by", kind.identity.name)]
        answer = self._transport.request("GET", self._path(kind), [*query, *self._narrowing(kind, beginning)])
        doing = f"listing {kind.plural}"
        self._explain(kind, answer, doing)
        return self._expected(answer, doing, kind.plural)

    def _narrowing(self, kind: Kind, beginning: str) -> list[tuple[str, str]]:
        """The query for only the objects whose id begins so, where the server has such a query."""
        return []

    def _says_absent(self, answer: Answer) -> bool:
        """Whether an answer is about an object that is not there.

        A gateway's 404, or that of a wrong address, must not pass for that.
        """
        raise NotImplementedError

    def _explain(self, kind: Kind, answer: Answer, doing: str) -> None:
        """Raise ServerFault where a failure to read has a reason that Airflow does not tell."""
        if answer.status == 500 and kind.name == "pool" and not self.abilities.unlimited_pools:
            raise ServerFault(
                f"{doing}: Airflow answers HTTP 500. Airflow {self.version} does that as long as there is a pool of "
                "unlimited slots (-1), and then no pool can be managed through its API. `airflow pools list` in the "
                "server's environment shows which it is; give it a number: `airflow pools set NAME SLOTS DESCRIPTION`",
                answer.status,
            )
        if answer.status == 500 and kind.name == "variable" and not self.abilities.shows_undecryptable:
            raise ServerFault(
                f"{doing}: Airflow answers HTTP 500. Airflow {self.version} does that when it cannot decrypt a stored "
                "variable, since its fernet_key is another one now; `airflow variables list` in the server's environment "
                "names all of them, set or delete those whose `airflow variables get` fails",
                answer.status,
            )

    def _actual(self, kind: Kind, entry: dict[str, t.Any], listed: bool = False) -> Actual:
        fields = {each.name: entry.get(each.name) for each in kind.fields}
        if "extra" in fields:
            fields["extra"] = _extra(fields["extra"])
        use = {each: entry.get(each) for each in kind.use}
        return Actual(kind, str(entry[kind.identity.name]), kind.canonical(fields), self._unseen(kind, listed), use)

    def _unseen(self, kind: Kind, listed: bool) -> frozenset[str]:
        """The fields of which a reading of such an object, alone or in a list, says nothing."""
        if kind.name != "connection":
            return frozenset()
        unseen = set() if self.abilities.shows_passwords else {"password"}
        if listed and not self.abilities.lists_extra:
            unseen.add("extra")
        return frozenset(unseen)

    def _path(self, kind: Kind, object_id: str | None = None) -> str:
        path = f"/api/{self.api_version}/{kind.plural}"
        return path if object_id is None else f"{path}/{quoted(object_id)}"

    def _expected(self, answer: Answer, doing: str, key: str) -> dict[str, t.Any]:
        if not answer.good or not isinstance(answer.data, dict) or key not in answer.data:
            self._fail(answer, doing)
        return answer.data

    def _done(self, answer: Answer, doing: str) -> None:
        if not answer.good:
            self._fail(answer, doing)

    def _fail(self, answer: Answer, doing: str) -> t.NoReturn:
        try:
            self._transport.fail(answer, doing)
        except ServerFault as fault:
            if answer.status == 404 and not self._says_absent(answer):
                raise ServerFault(fault.message) from None  # a gateway's: no objection of Airflow's to this object
            raise


def quoted(object_id: str) -> str:
    """An id as a segment of a path. Dots are quoted where a path would take them for a folder."""
    return object_id.replace(".", "%2E") if object_id in (".", "..") else quote(object_id, safe="")


def written(fields: Fields) -> Fields:
    """Fields as the API takes them: an extra is a text of JSON."""
    if not isinstance(fields.get("extra"), dict):
        return fields
    # An empty extra is stored as none: "{}" and null are the same to a connection.
    return {**fields, "extra": json.dumps(fields["extra"], ensure_ascii=False) if fields["extra"] else None}


def _extra(stored: str | None) -> t.Any:
    """An extra as a dict; what is no JSON (older servers took anything) stays a text, which never is the same."""
    extra = read_json(stored) if stored else None
    return {} if extra is None else stored if extra is NOT_JSON else extra
