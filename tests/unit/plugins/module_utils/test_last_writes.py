# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who wrote an object last, as far as the audit log tells."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.windsock.airflow.plugins.module_utils import _engine, _last_writes
from ansible_collections.windsock.airflow.plugins.module_utils._airflow._events import Event
from ansible_collections.windsock.airflow.plugins.module_utils._faults import ServerFault
from ansible_collections.windsock.airflow.plugins.module_utils._last_writes import read_last_writes
from ansible_collections.windsock.airflow.plugins.module_utils._plan import Policy
from ansible_collections.windsock.airflow.plugins.module_utils._prune import Pruning
from ansible_collections.windsock.airflow.tests.unit.fakes import (
    CONNECTION,
    POOL,
    MemoryServer,
    connection,
    pool,
    stored,
)

NO_LOG = ServerFault("reading the audit log: no right to (HTTP 403)", 403)


def event(number: int, kind: t.Any, *ids: str, who: str = "ann", name: str = "") -> Event:
    """Without ids it tells of none."""
    when = f"2026-01-01T00:00:{number:02}Z"
    return Event(number, when, who, name or f"patch_{kind.name}", kind, frozenset(ids) if ids else None)


def server_with(*events: Event) -> MemoryServer:
    server = MemoryServer()
    server.events = [*events]
    return server


def last(server: MemoryServer, *pools: str) -> dict[str, t.Any]:
    writes = read_last_writes(server, [("pool", each) for each in pools])
    return {each: writes.told("pool", each) for each in pools}


def written(number: int, user: str, event: str = "patch_pool", certain: bool = True) -> dict[str, t.Any]:
    return {"user": user, "when": f"2026-01-01T00:00:{number:02}Z", "event": event, "certain": certain}


def test_the_newest_write_of_each_object_is_told() -> None:
    server = server_with(event(1, POOL, "a"), event(2, POOL, "a", "b", who="ben"), event(3, POOL, "b", who="cleo"))
    assert last(server, "a", "b", "never") == {"a": written(2, "ben"), "b": written(3, "cleo"), "never": None}


def test_objects_of_another_kind_that_are_called_the_same_do_not_count() -> None:
    assert last(server_with(event(1, POOL, "a"), event(2, CONNECTION, "a", who="ben")), "a") == {"a": written(1, "ann")}


def test_an_entry_that_names_no_object_may_be_about_any() -> None:
    server = server_with(event(1, POOL, "a"), event(2, POOL, who="ben", name="cli_pool_import"), event(3, POOL, "b"))
    assert last(server, "a", "b") == {
        "a": written(2, "ben", "cli_pool_import", certain=False),
        "b": written(3, "ann"),
    }


def test_an_id_with_a_mask_in_it_may_be_what_is_behind_the_mask() -> None:
    assert last(server_with(event(1, POOL, "a***")), "abc", "xyz") == {"abc": written(1, "ann", certain=False), "xyz": None}


def test_no_more_is_read_than_is_needed() -> None:
    server = server_with(*(event(number, POOL, "a") for number in range(1, 50)))
    read: list[int] = []
    backwards = server.log_backwards
    server.log_backwards = lambda: (read.append(each.id) or each for each in backwards())  # type: ignore[method-assign]
    last(server, "a")
    assert read == [49]
    read.clear()
    last(server)
    assert read == []


def test_how_much_is_read_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_last_writes, "MOST_READ", 3)
    assert last(server_with(*(event(each, POOL, f"p{each}") for each in range(1, 6))), "p2", "p3") == {
        "p2": None,
        "p3": written(3, "ann"),
    }


def test_a_log_that_cannot_be_read_is_told_once() -> None:
    server = server_with(event(1, POOL, "a"))
    server.trouble["log"] = [NO_LOG]
    writes = read_last_writes(server, [("pool", "a"), ("pool", "b")])
    assert writes.told("pool", "a") is None
    assert len(writes.notes) == 1
    assert "cannot be read" in writes.notes[0] and NO_LOG.message in writes.notes[0]


@pytest.mark.parametrize("check_mode", [True, False])
def test_a_run_tells_who_wrote_before_it(check_mode: bool) -> None:
    server = MemoryServer(
        *(stored(POOL, name, slots=1) for name in "abc"), stored(CONNECTION, "pg", conn_type="http", password="***")
    )
    server.somebody_writes(POOL, "a", "ben", slots=7)
    server.somebody_writes(POOL, "c", "cleo", slots=1)
    server.somebody_writes(CONNECTION, "pg", "dan")
    desired = [*(pool(name, slots=1) for name in "abcd"), connection("pg", conn_type="http", password="pw")]
    report = _engine.run(desired, [POOL], Policy("on_create"), Pruning(), server, check_mode, audit_log=True)
    assert {each["id"]: each["written"] for each in report.result["changes"]} == {"a": written(1, "ben"), "d": None}
    assert [(each["id"], each["secrets"], each["written"]["user"]) for each in report.result["unknown"]] == [
        ("pg", ["password"], "dan")
    ]


def test_without_being_asked_nobody_reads_the_log() -> None:
    server = MemoryServer(stored(POOL, "a", slots=1))
    report = _engine.run([pool("a", slots=2)], [POOL], Policy("always"), Pruning(), server, True)
    assert "written" not in report.result["changes"][0]
    assert not [call for call in server.calls if call[0] == "log"]


def test_a_single_object_is_looked_up_too() -> None:
    server = MemoryServer(stored(POOL, "a", slots=1))
    server.somebody_writes(POOL, "a", "ben", slots=7)
    report = _engine.run_one(pool("a", slots=2), Policy("always"), "", server, True, audit_log=True)
    assert report.result["changes"][0]["written"] == written(1, "ben")


def test_a_change_is_blind_only_if_nothing_is_known_to_differ() -> None:
    server = MemoryServer(
        stored(CONNECTION, "blind", conn_type="http", password="***"),
        stored(CONNECTION, "differs", conn_type="http", password="***"),
    )
    desired = [
        connection("blind", conn_type="http", password="pw"),
        connection("differs", conn_type="https", password="pw"),
        connection("new", conn_type="http", password="pw"),
    ]
    report = _engine.run(desired, [CONNECTION], Policy("always"), Pruning(), server, True)
    assert {each["id"]: each["blind"] for each in report.result["changes"]} == {
        "blind": True,
        "differs": False,
        "new": False,
    }
