# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who else wrote an object, as far as the audit log tells."""

from __future__ import annotations

import typing as t
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.windsock.airflow.plugins.module_utils import _history
from ansible_collections.windsock.airflow.plugins.module_utils._airflow._dialect import Log
from ansible_collections.windsock.airflow.plugins.module_utils._airflow._events import Event
from ansible_collections.windsock.airflow.plugins.module_utils._faults import ServerFault
from ansible_collections.windsock.airflow.plugins.module_utils._history import (
    History,
    contested,
    read_history,
    told,
    written_by_others,
)
from ansible_collections.windsock.airflow.plugins.module_utils._memory import Applied
from ansible_collections.windsock.airflow.tests.unit.fakes import CONNECTION, KINDS, POOL, VARIABLE, MemoryServer

PG, MYSQL, POOL_P = ("connection", "pg"), ("connection", "mysql"), ("pool", "p")
NO_LOG = ServerFault("reading the audit log: no right to (HTTP 403)", 403)


def event(number: int, kind: t.Any = CONNECTION, *ids: str, who: str = "ann") -> Event:
    """Without ids it tells of none."""
    when = f"2026-01-01T00:00:{number:02}Z"
    return Event(number, when, who, f"patch_{kind.name}", kind, frozenset(ids) if ids else None)


def server_with(*events: Event) -> MemoryServer:
    server = MemoryServer()
    server.events = [*events]
    return server


def seen(**positions: int | None) -> dict[tuple[str, str], Applied]:
    """Connections, and up to which entry each is accounted for."""
    return {("connection", object_id): Applied(seen=position) for object_id, position in positions.items()}


# Since they were applied


def test_a_write_after_the_object_was_applied_is_somebody_elses() -> None:
    history = read_history(server_with(event(4, CONNECTION, "pg"), event(5, CONNECTION, "pg")), seen(pg=4))
    assert history == History(5, {PG: event(5, CONNECTION, "pg")})


def test_what_was_accounted_for_is_told_no_more() -> None:
    assert read_history(server_with(event(4, CONNECTION, "pg")), seen(pg=4)) == History(4)


def test_of_several_writes_the_newest_is_told() -> None:
    log = [event(number, CONNECTION, "pg", who=who) for number, who in ((1, "ann"), (2, "ben"), (3, "cleo"))]
    assert read_history(server_with(*log), seen(pg=0)).edits == {PG: log[2]}


def test_each_object_is_accounted_for_up_to_its_own_entry() -> None:
    log = [event(2, CONNECTION, "pg", "mysql"), event(6, CONNECTION, "mysql")]
    assert read_history(server_with(*log), seen(pg=3, mysql=1)).edits == {MYSQL: log[1]}
    assert read_history(server_with(*log), seen(pg=1, mysql=6)).edits == {PG: log[0]}


def test_the_log_is_read_from_the_oldest_entry_on_that_matters() -> None:
    server = server_with(event(9, CONNECTION, "pg"))
    read_history(server, seen(pg=7, mysql=5, other=None))
    assert server.calls == [("log", 5)]


@pytest.mark.parametrize("rows", [{}, seen(pg=None)], ids=["nothing", "when the log could not be read"])
def test_where_nothing_is_accounted_for_only_where_the_log_stands_is_asked(rows: dict[t.Any, Applied]) -> None:
    server = server_with(event(9, CONNECTION, "pg"))
    assert read_history(server, rows) == History(9)
    assert server.calls == [("log", None)]


def test_what_was_applied_while_the_log_could_not_be_read_has_no_history() -> None:
    history = read_history(server_with(event(5, CONNECTION, "pg"), event(6, CONNECTION, "mysql")), seen(pg=None, mysql=5))
    assert [*history.edits] == [MYSQL]


def test_writes_of_other_objects_and_of_other_kinds_of_the_same_name_do_not_matter() -> None:
    log = server_with(event(1, POOL, "pg"), event(2, VARIABLE, "pg"), event(3, CONNECTION, "other"), event(4, POOL))
    assert read_history(log, seen(pg=0)).edits == {}


def test_a_write_of_nobody_knows_what_may_be_of_any_object_of_its_kind() -> None:
    history = read_history(server_with(event(1, CONNECTION)), {**seen(pg=0, mysql=0, late=1), POOL_P: Applied(seen=0)})
    assert {*history.edits} == {PG, MYSQL}


def test_a_masked_id_may_be_of_any_object_that_reads_so() -> None:
    history = read_history(server_with(event(1, CONNECTION, "p***")), seen(pg=0, mysql=0))
    assert {*history.edits} == {PG}


# What the log cannot tell


def test_a_log_that_cannot_be_read_is_one_note_and_nothing_else() -> None:
    server = server_with(event(5, CONNECTION, "pg"))
    server.trouble["log"] = [NO_LOG]
    assert read_history(server, seen(pg=4)) == History(
        notes=[
            "the audit log cannot be read, so nobody can say whether secrets were changed by hand: "
            "reading the audit log: no right to (HTTP 403)"
        ]
    )


@pytest.mark.parametrize("log", [[], [event(1)], [event(7, CONNECTION, "mysql")]], ids=["emptied", "begun anew", "trimmed"])
def test_a_log_that_does_not_reach_back_is_told_and_read_as_far_as_it_does(log: list[Event]) -> None:
    history = read_history(server_with(*log), seen(pg=5, mysql=5))
    (note,) = history.notes
    assert note.startswith("the audit log has been trimmed")
    assert history.stale
    assert history.position == (log[-1].id if log else 0)
    assert {*history.edits} == ({MYSQL} if history.position == 7 else set())


def test_a_log_that_was_trimmed_up_to_what_is_accounted_for_tells_everything() -> None:
    history = read_history(server_with(event(6, CONNECTION, "pg")), seen(pg=5))
    assert history == History(6, {PG: event(6, CONNECTION, "pg")})


@pytest.mark.parametrize(("entries", "far"), [(_history.FAR, False), (_history.FAR + 1, True)])
def test_what_runs_have_to_read_again_and_again_is_bounded(entries: int, far: bool) -> None:
    """Entries of others, as of other owners; without this each run had to read all of them since the last change."""
    server = server_with(*(event(number, POOL, "theirs") for number in range(1, 10 + entries + 1)))
    assert read_history(server, seen(pg=10)).stale == far


# During a run


def test_our_own_requests_are_not_somebody_elses() -> None:
    server = server_with(event(1), event(2, CONNECTION, "pg", "mysql"), event(3, CONNECTION, "pg"))
    assert contested(server, History(1), Counter({PG: 2, MYSQL: 1})) == (3, set())


def test_one_more_entry_than_requests_is_somebody_elses() -> None:
    server = server_with(event(2, CONNECTION, "pg"), event(3, CONNECTION, "pg"), event(4, CONNECTION, "mysql"))
    assert contested(server, History(1), Counter({PG: 1, MYSQL: 1})) == (4, {PG})


def test_entries_before_the_run_are_not_counted() -> None:
    server = server_with(event(1, CONNECTION, "pg"), event(2, CONNECTION, "pg"))
    assert contested(server, History(1), Counter({PG: 1})) == (2, set())


def test_a_write_of_nobody_knows_what_makes_doubtful_what_we_wrote() -> None:
    log = [event(1, CONNECTION, "pg"), event(2, POOL, "p"), event(3, CONNECTION)]
    assert contested(server_with(*log), History(0), Counter({PG: 1, POOL_P: 1})) == (3, {PG})


def test_what_we_did_not_write_is_a_matter_of_the_next_run() -> None:
    assert contested(server_with(event(1, CONNECTION, "mysql")), History(0), Counter({PG: 1})) == (1, set())


def test_a_request_that_was_sent_twice_for_its_answer_was_lost_may_have_two_entries() -> None:
    server = server_with(event(1, CONNECTION, "pg"), event(2, CONNECTION, "pg"))
    server.repeats = 1
    assert contested(server, History(0), Counter({PG: 1})) == (2, set())
    server.events.append(event(3, CONNECTION, "pg"))
    assert contested(server, History(0), Counter({PG: 1})) == (3, {PG})


def test_where_the_log_could_not_be_read_before_it_is_not_asked_for_after() -> None:
    server = server_with(event(1, CONNECTION, "pg"))
    assert contested(server, History(), Counter({PG: 1})) == (None, set())
    assert server.calls == []


def test_where_the_log_cannot_be_read_after_the_run_everything_is_doubtful() -> None:
    server = server_with()
    server.trouble["log"] = [NO_LOG]
    assert contested(server, History(0), Counter({PG: 1, MYSQL: 1})) == (None, {PG, MYSQL})


# Looking events up

some_ids = st.sampled_from(["pg", "pg2", "mysql", "", "p***", "***", "***2"])
logs = st.lists(st.tuples(st.sampled_from(KINDS), st.none() | st.frozensets(some_ids, max_size=3)), max_size=8)


@given(logs, st.sampled_from(KINDS), st.sampled_from(["pg", "pg2", "mysql", "other"]))
def test_looking_up_finds_what_searching_finds(log: list[t.Any], kind: t.Any, object_id: str) -> None:
    events = [Event(number, "", "", "", each, ids) for number, (each, ids) in reversed([*enumerate(log)])]
    index = _history._Index(Log(len(log), events, True))
    assert index.of((kind.name, object_id)) == [each for each in events if each.concerns(kind, object_id)]


# What the user is told


def edits(count: int) -> History:
    found = [event(number, CONNECTION, f"c{number}") for number in range(1, count + 1)]
    return History(count, {("connection", f"c{each.id}"): each for each in reversed(found)})


def test_edits_are_returned_in_order() -> None:
    assert told(edits(0)) == []
    both = History(2, {POOL_P: event(2, POOL, "p"), PG: event(1, CONNECTION, "pg", who="ben")})
    assert told(both) == [
        {"kind": "connection", "id": "pg", "user": "ben", "when": "2026-01-01T00:00:01Z", "event": "patch_connection"},
        {"kind": "pool", "id": "p", "user": "ann", "when": "2026-01-01T00:00:02Z", "event": "patch_pool"},
    ]


def test_a_sentence_says_who_wrote_what_and_when() -> None:
    assert written_by_others(edits(0)) == []
    assert written_by_others(edits(2)) == [
        "written by somebody else since this owner applied them, so that nobody knows what their secrets are now: "
        "connection 'c1' (by ann, 2026-01-01T00:00:01Z, patch_connection), "
        "connection 'c2' (by ann, 2026-01-01T00:00:02Z, patch_connection)"
    ]


@pytest.mark.parametrize(("count", "more"), [(5, ""), (6, " and 1 more"), (9, " and 4 more")])
def test_a_sentence_names_a_few_and_counts_the_rest(count: int, more: str) -> None:
    (sentence,) = written_by_others(edits(count))
    assert sentence.count("(by ann") == 5
    assert sentence.endswith(f"patch_connection){more}")
