# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading the audit log, as both versions of the API have it in common, over real HTTP on loopback."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.windsock.airflow.plugins.module_utils._airflow._access import Access
from ansible_collections.windsock.airflow.plugins.module_utils._airflow._dialect import Log
from ansible_collections.windsock.airflow.plugins.module_utils._airflow._events import Event
from ansible_collections.windsock.airflow.plugins.module_utils._airflow._rest import Rest
from ansible_collections.windsock.airflow.plugins.module_utils._airflow._transport import Transport
from ansible_collections.windsock.airflow.plugins.module_utils._airflow._v1 import V1
from ansible_collections.windsock.airflow.plugins.module_utils._airflow._v2 import V2
from ansible_collections.windsock.airflow.plugins.module_utils._faults import ServerFault
from ansible_collections.windsock.airflow.tests.unit.audit_log import NO_WRITE, AuditLog
from ansible_collections.windsock.airflow.tests.unit.fakes import AIRFLOW_2, AIRFLOW_3, CONNECTION
from ansible_collections.windsock.airflow.tests.unit.scripted_http import Reply, ScriptedServer


@pytest.fixture(params=["v1", "v2"])
def server(request: pytest.FixtureRequest, http: ScriptedServer, pauses: list[float]) -> Rest:
    transport = Transport(Access(url=http.url, token="t"))
    return V1(transport, "2.11.2", AIRFLOW_2) if request.param == "v1" else V2(transport, "3.3.2", AIRFLOW_3)


def write(number: int, server: Rest, object_id: str = "pg") -> tuple[int, str, t.Any]:
    """Somebody wrote a connection."""
    return number, _name(server), {"connection_id": object_id}


def _name(server: Rest) -> str:
    return "api.connection.edit" if isinstance(server, V1) else "patch_connection"


def others(*numbers: int) -> list[tuple[int, str, t.Any]]:
    """Entries that tell of no write, as each run of a task leaves some."""
    return [(number, NO_WRITE, None) for number in numbers]


def reading(http: ScriptedServer, server: Rest, log: AuditLog, after: int | None, requests: int) -> Log:
    """What is read, in so many requests at most."""
    http.begin(*[log] * requests)
    found = server.log(after)
    http.script.clear()
    return found


def numbers(log: Log) -> list[int]:
    return [event.id for event in log.events]


# What it holds


def test_events_are_told_the_newest_first_and_none_that_was_known(http: ScriptedServer, server: Rest) -> None:
    log = AuditLog(*(write(number, server, f"c{number}") for number in range(1, 6)))
    found = reading(http, server, log, 3, 1)
    when = "2026-01-01T00:00:00.00000{}+00:00"
    assert found == Log(
        5,
        [
            Event(number, when.format(number), "ann", _name(server), CONNECTION, frozenset({f"c{number}"}))
            for number in (5, 4)
        ],
        True,
    )


def test_only_writes_are_asked_for(http: ScriptedServer, server: Rest) -> None:
    log = AuditLog(*others(1, 2), write(3, server), *others(4), write(5, server), *others(6))
    found = reading(http, server, log, 3, 1)
    assert (found.position, numbers(found), found.whole) == (5, [5], True)


def test_a_form_that_was_only_opened_counts_as_read_and_is_no_event(http: ScriptedServer, server: Rest) -> None:
    if isinstance(server, V1):
        log = AuditLog(write(1, server), (2, "connection.edit", {"pk": "1"}), write(3, server), (4, "connection.edit", {}))
        found = reading(http, server, log, 1, 1)
        assert (found.position, numbers(found), found.whole) == (4, [3], True)


def test_it_is_read_page_by_page_up_to_the_entry_that_is_known(http: ScriptedServer, server: Rest) -> None:
    log = AuditLog(*(write(number, server) for number in range(1, 501)))
    found = reading(http, server, log, 350, 2)
    assert (found.position, numbers(found), found.whole) == (500, [*range(500, 350, -1)], True)
    asked = [[pair for pair in seen.query if pair[0] != "included_events"] for seen in http.requests]
    assert asked == [
        [("order_by", "-event_log_id"), ("limit", "100"), ("offset", offset)] for offset in ("0", "100")
    ]


def test_where_nothing_is_new_one_page_is_read(http: ScriptedServer, server: Rest) -> None:
    log = AuditLog(*(write(number, server) for number in range(1, 501)))
    assert reading(http, server, log, 500, 1) == Log(500, [], True)


def test_a_server_with_smaller_pages_is_read_all_the_same(http: ScriptedServer, server: Rest) -> None:
    log = AuditLog(*(write(number, server) for number in range(1, 21)), page=3)
    assert numbers(reading(http, server, log, 12, 3)) == [*range(20, 12, -1)]


def test_entries_that_come_while_it_is_read_are_counted_once(http: ScriptedServer, server: Rest) -> None:
    """They push the others to the next page."""
    log = AuditLog(*(write(number, server) for number in range(1, 11)), page=5)

    def one_more(seen: t.Any) -> Reply:
        reply = log(seen)
        log.entries.append(write(len(log.entries) + 1, server))
        return reply

    http.begin(*[one_more] * 3)
    assert numbers(server.log(1)) == [*range(10, 1, -1)]


# Where it stands


def test_where_it_stands_needs_one_entry(http: ScriptedServer, server: Rest) -> None:
    log = AuditLog(*(write(number, server) for number in range(1, 501)), *others(501))
    assert reading(http, server, log, None, 1) == Log(500, [], True)
    assert dict(http.requests[0].query)["limit"] == "1"


def test_where_it_holds_no_write_it_stands_at_its_newest_entry(http: ScriptedServer, server: Rest) -> None:
    """Not at its beginning, or the next run would miss what was trimmed before the first one."""
    log = AuditLog(*others(*range(1000, 1100)))
    assert reading(http, server, log, None, 2) == Log(1099, [], True)
    log.entries.append(write(1200, server))
    found = reading(http, server, log, 1099, 3)
    assert (found.position, numbers(found), found.whole) == (1200, [1200], True)


def test_where_it_is_empty_it_stands_at_its_beginning(http: ScriptedServer, server: Rest) -> None:
    assert reading(http, server, AuditLog(), None, 2) == Log(0, [], True)
    assert reading(http, server, AuditLog(), 0, 2) == Log(0, [], True)
    assert numbers(reading(http, server, AuditLog(*others(1), write(2, server)), 0, 3)) == [2]


# Trimmed, emptied, begun anew


def test_a_log_that_was_trimmed_before_what_is_known_is_whole(http: ScriptedServer, server: Rest) -> None:
    log = AuditLog(*others(90), *(write(number, server) for number in (95, 100)))
    assert reading(http, server, log, 95, 1) == Log(100, [t.cast(Event, _event(100, server))], True)


def _event(number: int, server: Rest) -> Event:
    when = f"2026-01-01T00:00:00.{number:06}+00:00"
    return Event(number, when, "ann", _name(server), CONNECTION, frozenset({"pg"}))


@pytest.mark.parametrize(("oldest", "whole"), [(80, True), (95, True), (96, True), (97, False), (100, False)])
def test_what_no_entry_is_left_of_may_have_been_trimmed(
    http: ScriptedServer, server: Rest, oldest: int, whole: bool
) -> None:
    log = AuditLog(*others(oldest), write(110, server))
    found = reading(http, server, log, 95, 3)
    assert (found.position, numbers(found), found.whole) == (110, [110], whole)


@pytest.mark.parametrize("left", [[], [1, 2, 3]], ids=["emptied", "begun anew"])
def test_a_log_that_ends_before_what_is_known_was_emptied(
    http: ScriptedServer, server: Rest, left: list[int]
) -> None:
    """On SQLite the numbers begin at 1 again."""
    log = AuditLog(*(write(number, server) for number in left))
    found = reading(http, server, log, 95, 3)
    assert (found.position, numbers(found), found.whole) == (max(left, default=0), [], False)


def test_a_log_of_which_only_entries_of_no_writes_are_left_is_told_as_trimmed_once(
    http: ScriptedServer, server: Rest
) -> None:
    """As where it is trimmed each night, and nobody has written an object for long."""
    log = AuditLog(*others(*range(1000, 1100)))
    trimmed = reading(http, server, log, 95, 4)
    assert (trimmed.events, trimmed.whole) == ([], False)
    log.entries += others(*range(1100, 1300))
    later = reading(http, server, log, trimmed.position, 3)
    assert later == Log(trimmed.position, [], True), "and no run has anything to note"
    del log.entries[:20]
    assert reading(http, server, log, trimmed.position, 3).whole
    log.entries.append(write(1500, server))
    assert numbers(reading(http, server, log, trimmed.position, 3)) == [1500]


# What is no log


@pytest.mark.parametrize(
    "answer",
    [
        Reply(403, {"detail": "Forbidden"}),
        Reply(404, {"detail": "Not Found"}),
        Reply(404, b"<html>"),
        Reply(200, b"<html>"),
        Reply(200, {"other": []}),
        Reply(200, []),
    ],
    ids=["forbidden", "not found", "a gateway's", "html", "other json", "a list"],
)
@pytest.mark.parametrize("after", [None, 5])
def test_what_is_no_log_is_a_fault_and_never_an_empty_one(
    http: ScriptedServer, server: Rest, after: int | None, answer: Reply
) -> None:
    http.begin(answer)
    with pytest.raises(ServerFault) as caught:
        server.log(after)
    assert caught.value.message.startswith("reading the audit log: ")


# Backwards


def test_backwards_it_is_read_page_by_page_as_far_as_is_asked(http: ScriptedServer, server: Rest) -> None:
    log = AuditLog(*(write(number, server) for number in range(1, 251)), *others(251))
    http.begin(log)
    backwards = server.log_backwards()
    assert [next(backwards).id for _each in range(100)] == [*range(250, 150, -1)]
    assert len(http.requests) == 1
    http.begin(*[log] * 3)
    assert [event.id for event in backwards] == [*range(150, 0, -1)]


def test_entries_that_come_meanwhile_are_not_told_twice(http: ScriptedServer, server: Rest) -> None:
    log = AuditLog(*(write(number, server) for number in range(1, 121)))
    http.begin(*[log] * 3)
    backwards = server.log_backwards()
    first = [next(backwards).id for _each in range(100)]
    log.entries += [write(number, server) for number in range(121, 131)]
    assert [*first, *(event.id for event in backwards)] == [*range(120, 0, -1)]
