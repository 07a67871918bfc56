# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the user is told of a run, and that no secret is in it."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.windsock.airflow.plugins.module_utils import _engine
from ansible_collections.windsock.airflow.plugins.module_utils._faults import ServerFault
from ansible_collections.windsock.airflow.plugins.module_utils._plan import Policy
from ansible_collections.windsock.airflow.plugins.module_utils._report import Report
from ansible_collections.windsock.airflow.tests.unit.fakes import (
    AIRFLOW_2,
    CONNECTION,
    POOL,
    VARIABLE,
    MemoryServer,
    connection,
    pool,
    stored,
    variable,
)
from ansible_collections.windsock.airflow.tests.unit.fakes import run as run_set

ALWAYS, ON_CREATE = Policy("always"), Policy("on_create")
PG = {"conn_type": "postgres", "host": "db"}


def run(desired: t.Any, *objects: t.Any, update_secrets: str = "always") -> Report:
    """What a check of one object or a list of them tells."""
    desired = desired if isinstance(desired, list) else [desired]
    return run_set(MemoryServer(*objects), *desired, update_secrets=update_secrets, check_mode=True)


def run_one(one: t.Any, *objects: t.Any, policy: Policy = ALWAYS, check_mode: bool = False) -> dict[str, t.Any]:
    report = _engine.run_one(one, policy, "", MemoryServer(*objects), check_mode)
    return report.result[one.kind.name]


def only_diff(report: Report) -> tuple[t.Any, t.Any]:
    (diff,) = report.diff()
    return diff["before"], diff["after"]


def everything(report: Report) -> str:
    return repr((report.result, report.diff(), report.message, report.hints))


# Every place that a secret may stand in: what is declared, and what the server has.
SECRETS = {
    "created": (
        connection(**PG, password="CANARY", secret_extra={"a": {"b": "CANARY"}, "l": ["CANARY"], "n": 1}),
        None,
    ),
    "created by uri": (connection(uri="http://CANARY:CANARY@CANARY/CANARY?token=CANARY"), None),
    "updated by uri": (
        connection(uri="http://CANARY:CANARY@CANARY/CANARY?token=CANARY"),
        stored(
            CONNECTION,
            "pg",
            conn_type="http",
            host="CANARY1",
            login="CANARY2",
            schema="CANARY3",
            extra={"token": "CANARY4"},
        ),
    ),
    "secret leaf shown by the server": (
        connection(secret_extra={"a": "CANARY"}),
        stored(CONNECTION, "pg", **PG, extra={"a": "CANARY-old"}),
    ),
    "leaf that is no longer declared": (
        connection(extra={"a": 1}),
        stored(CONNECTION, "pg", **PG, extra={"a": 2, "b": "CANARY", "c": {"d": ["CANARY"]}}),
    ),
    "declared secret dict in the place of a plain value": (
        connection(secret_extra={"a": {"b": "CANARY"}}),
        stored(CONNECTION, "pg", **PG, extra={"a": "open"}),
    ),
    "declared secret dict in the place of null": (
        connection(secret_extra={"a": {"b": "CANARY"}}),
        stored(CONNECTION, "pg", **PG, extra={"a": None}),
    ),
    "declared plain value in the place of a dict": (
        connection(extra={"a": "open"}),
        stored(CONNECTION, "pg", **PG, extra={"a": {"b": "CANARY"}}),
    ),
    "extra that is no dict on the server": (
        connection(secret_extra={"a": "CANARY"}),
        stored(CONNECTION, "pg", **PG, extra=["CANARY"]),
    ),
    "extra that is no JSON on the server": (
        connection(secret_extra={"a": "CANARY"}),
        stored(CONNECTION, "pg", **PG, extra="CANARY"),
    ),
    "undeclared login and extra": (
        connection(host="new"),
        stored(
            CONNECTION, "pg", **PG, login="CANARY", password="CANARY", extra={"a": "CANARY", "b": {"c": ["CANARY"]}}
        ),
    ),
    "connection deleted": (
        connection(state="absent"),
        stored(CONNECTION, "pg", **PG, login="CANARY", password="CANARY", extra={"a": "CANARY"}),
    ),
    "connection replaced": (
        connection(password=""),
        stored(CONNECTION, "pg", **PG, login="CANARY", password="***", extra={"a": "CANARY"}),
    ),
    "variable created": (variable(secret_value="CANARY"), None),
    "variable created from a dict": (variable(secret_value={"a": ["CANARY"]}), None),
    "variable updated": (variable(secret_value="CANARY"), stored(VARIABLE, "v", value="CANARY-old")),
    "variable deleted": (variable(state="absent"), stored(VARIABLE, "v", value="CANARY")),
    "undeclared value": (variable(description="new"), stored(VARIABLE, "v", value="CANARY")),
}


@pytest.mark.parametrize("place", SECRETS)
@pytest.mark.parametrize("policy", [ALWAYS, ON_CREATE], ids=lambda policy: policy.update_secrets)
@pytest.mark.parametrize("check_mode", [True, False], ids=["check", "real"])
def test_no_secret_is_in_anything_that_is_told(place: str, policy: Policy, check_mode: bool) -> None:
    one, actual = SECRETS[place]
    objects = [actual] if actual else []
    report = _engine.run_one(one, policy, "", MemoryServer(*objects), check_mode)
    assert report.result["changed"]
    assert "CANARY" not in everything(report)


@pytest.mark.parametrize("place", SECRETS)
def test_no_secret_is_told_when_the_server_refuses(place: str) -> None:
    one, actual = SECRETS[place]
    server = MemoryServer(*([actual] if actual else []))
    server.refused = {one.id}
    report = _engine.run_one(one, ALWAYS, "", server, False)
    assert report.failed
    assert "CANARY" not in everything(report)


def test_the_transport_is_told_what_to_keep_out_of_messages() -> None:
    server = MemoryServer()
    desired = [
        connection(**PG, password="one", secret_extra={"a": {"b": "two"}, "l": ["three"]}, extra={"open": "open"}),
        variable(secret_value="four"),
    ]
    run_set(server, *desired, check_mode=True)
    assert {"one", "two", "three", "four"} <= set(server.hidden)
    assert "open" not in server.hidden


def test_changes_name_what_differs_dotted_and_secrets_apart() -> None:
    actual = stored(CONNECTION, "pg", **PG, password="***", extra={"a": {"b": 1}, "token": "***", "old": 1})
    one = connection(host="new", password="pw", extra={"a": {"b": 2}}, secret_extra={"token": "t", "x": {"y": "s"}})
    assert run(one, actual).result["changes"] == [
        {
            "kind": "connection",
            "id": "pg",
            "action": "update",
            "fields": ["extra.a.b", "extra.old", "host"],
            "secrets": ["extra.token", "extra.x", "password"],
            "blind": False,
        }
    ]


def test_an_openly_declared_value_that_the_server_masks_counts_as_secret() -> None:
    report = run(variable("db_password", value="s3cret"), stored(VARIABLE, "db_password", value="***"))
    (change,) = report.result["changes"]
    assert (change["fields"], change["secrets"]) == ([], ["value"])
    assert "s3cret" not in everything(report)


def test_the_diff_of_a_creation() -> None:
    report = run(connection(**PG, password="pw", extra={"a": 1}, secret_extra={"b": {"c": "s"}}))
    assert report.diff() == [
        {
            "before_header": "connection pg (absent)",
            "after_header": "connection pg",
            "before": {},
            "after": {**PG, "password": "(secret)", "extra": {"a": 1, "b": {"c": "(secret)"}}},
        }
    ]


def test_the_diff_of_an_update_tells_changed_secrets_from_unknown_ones() -> None:
    actual = stored(
        CONNECTION,
        "pg",
        **PG,
        login="theirs",
        password="***",
        extra={"shown": "old", "masked": "***", "gone": 1, "n": 1},
    )
    one = connection(
        host="new", password="pw", extra={"n": 2}, secret_extra={"shown": "new", "masked": "s", "added": "s"}
    )
    before, after = only_diff(run(one, actual))
    assert before == {
        "conn_type": "postgres",
        "host": "db",
        "login": "(not shown)",
        "password": "(secret)",
        "extra": {"shown": "(secret)", "masked": "(secret)", "gone": "(not shown)", "n": 1},
    }
    assert after == {
        "conn_type": "postgres",
        "host": "new",
        "login": "(not shown)",
        "password": "(secret, unknown)",
        "extra": {"n": 2, "shown": "(secret, changed)", "masked": "(secret, unknown)", "added": "(secret)"},
    }


def test_the_diff_of_a_password_that_was_not_there() -> None:
    before, after = only_diff(run(connection(password="pw"), stored(CONNECTION, "pg", **PG)))
    assert "password" not in before
    assert after["password"] == "(secret, changed)"


def test_the_diff_of_a_deletion_shows_only_what_never_is_secret() -> None:
    actual = stored(CONNECTION, "pg", **PG, login="l", password="***", extra={"a": "x"}, port=1)
    report = run(connection(state="absent"), actual)
    before, after = only_diff(report)
    assert after == {}
    hidden = {"host": "(not shown)", "login": "(not shown)", "extra": {"a": "(not shown)"}}
    assert before == {"conn_type": "postgres", "port": 1, "password": "(secret)", **hidden}
    assert report.diff()[0]["after_header"] == "connection pg (absent)"


def test_what_was_declared_as_a_secret_uri_is_not_shown_when_it_goes() -> None:
    actual = stored(CONNECTION, "hook", conn_type="http", host="hooks.example.com", schema="CANARY", port=1, login="CANARY")
    for one in (connection("hook", state="absent"), connection("hook", description="new")):
        assert "CANARY" not in repr(run(one, actual).diff())
        assert "hooks" not in repr(run(one, actual).diff())


def test_the_diff_of_a_replacement_loses_only_the_password() -> None:
    before, after = only_diff(
        run(connection(**PG, password=""), stored(CONNECTION, "pg", **PG, password="***", port=5))
    )
    assert before == {**after, "password": "(secret)"}
    assert after == {**PG, "port": 5}


def test_there_is_one_diff_for_each_change_and_none_for_the_rest() -> None:
    report = run(
        [pool("a", slots=1), pool("b", slots=1), pool("c", slots=2)], *(stored(POOL, each, slots=1) for each in "bc")
    )
    assert [diff["after_header"] for diff in report.diff()] == ["pool a", "pool c"]


def test_the_summary_counts_every_declared_object_once() -> None:
    desired = [
        connection("new", **PG),
        connection("cleared", password=""),
        connection("unknown", password="pw"),
        connection("gone", state="absent"),
        connection("never", state="absent"),
        variable("same", value="1"),
        variable("other", value="1"),
        pool(slots=1),
    ]
    objects = [
        stored(CONNECTION, "cleared", **PG, password="***"),
        stored(CONNECTION, "unknown", **PG, password="***"),
        stored(CONNECTION, "gone", **PG),
        stored(CONNECTION, "of others", **PG),
        stored(VARIABLE, "same", value="1"),
        stored(VARIABLE, "other", value="2"),
    ]
    summary = run(desired, *objects, update_secrets="on_create").result["summary"]
    assert summary == {
        "connections": {"created": 1, "updated": 1, "deleted": 1, "unchanged": 1, "unknown": 1},
        "variables": {"created": 0, "updated": 1, "deleted": 0, "unchanged": 1, "unknown": 0},
        "pools": {"created": 1, "updated": 0, "deleted": 0, "unchanged": 0, "unknown": 0},
    }
    assert sum(sum(counts.values()) for counts in summary.values()) == len(desired)


def test_check_mode_says_what_a_real_run_then_does_and_writes_nothing() -> None:
    desired = [connection(**PG, password="pw"), variable(value="2"), pool(state="absent")]
    objects = [stored(VARIABLE, "v", value="1"), stored(POOL, "p", slots=1)]
    checking, doing = MemoryServer(*objects), MemoryServer(*objects)
    predicted = run_set(checking, *desired, check_mode=True)
    done = run_set(doing, *desired)
    assert checking.writes() == []
    assert sorted(map(repr, predicted.result.pop("changes"))) == sorted(map(repr, done.result.pop("changes")))
    assert predicted.result == done.result
    again = run_set(doing, *desired, update_secrets="on_create")
    assert not again.result["changed"]


def test_nothing_to_do_is_no_change() -> None:
    report = run(variable(value="1"), stored(VARIABLE, "v", value="1"))
    assert (report.result["changed"], report.result["changes"], report.diff(), report.hints) == (False, [], [], [])


def test_the_hint_counts_objects_that_were_written_blindly() -> None:
    masked = [stored(VARIABLE, each, value="***") for each in ("a", "b", "c")]
    desired = [variable("a", secret_value="s"), variable("b", value="s"), variable("c", value="s", description="new")]
    (hint,) = run(desired, *masked).hints
    assert hint.startswith("2 objects are written only because")
    assert "fingerprint_key" in hint and "update_secrets=on_create" in hint
    assert run(desired, *masked, update_secrets="on_create").hints == []


def test_a_partial_failure_tells_both_sides() -> None:
    server = MemoryServer()
    server.refused = {"bad"}
    report = run_set(server, pool("good", slots=1), pool("bad", slots=1))
    assert report.failed
    assert report.result["changed"]
    assert [change["id"] for change in report.result["changes"]] == ["good"]
    assert [(each["kind"], each["id"]) for each in report.result["failures"]] == [("pool", "bad")]
    assert report.message.startswith("1 of 2 changes failed, 1 were made; the first that failed: pool 'bad': ")


def test_a_run_that_only_failed_changed_nothing() -> None:
    server = MemoryServer()
    server.trouble["create"] = [ServerFault("gone")]
    report = run_set(server, pool(slots=1))
    assert report.failed
    assert not report.result["changed"]


def test_a_connection_that_was_deleted_and_not_created_anew_is_a_change() -> None:
    server = MemoryServer(stored(CONNECTION, "pg", **PG, password="***"))
    server.trouble["create"] = [ServerFault("gone")]
    report = run_set(server, connection(password=""))
    assert report.failed
    assert server.ids(CONNECTION) == []
    assert report.result["changed"]


def test_the_object_of_a_single_module() -> None:
    actual = stored(CONNECTION, "pg", **PG, login="theirs", password="***", extra={"a": "x"})
    shown = run_one(connection(host="new", port=5, secret_extra={"t": "s"}), actual)
    assert shown == {
        "connection_id": "pg",
        "conn_type": "postgres",
        "host": "new",
        "login": "(not shown)",
        "password": "(secret)",
        "port": 5,
        "extra": {"t": "(secret)"},
    }


def test_the_object_of_a_single_module_that_did_not_change() -> None:
    assert run_one(variable(value="1.10"), stored(VARIABLE, "v", value="1.1"))["value"] == "1.1"
    assert run_one(variable(secret_value="s"), stored(VARIABLE, "v", value="s"))["value"] == "(secret)"


def test_an_absent_object_is_null() -> None:
    assert run_one(pool(state="absent")) is None
    assert run_one(pool(state="absent"), stored(POOL, "p", slots=1)) is None


def test_an_object_that_could_not_be_created_is_not_returned() -> None:
    server = MemoryServer()
    server.refused = {"p"}
    assert "pool" not in _engine.run_one(pool(slots=1), ALWAYS, "", server, False).result


# Airflow 2 tells neither whether there is a password, nor in a list what stands in extra.


def run_on_airflow_2(one: t.Any, *objects: t.Any, update_secrets: str = "always") -> Report:
    server = MemoryServer(*objects, abilities=AIRFLOW_2)
    return run_set(server, one, update_secrets=update_secrets, check_mode=True)


def test_the_diff_tells_a_password_that_nobody_can_see_as_unknown() -> None:
    actual = stored(CONNECTION, "pg", unseen={"password"}, **PG)
    before, after = only_diff(run_on_airflow_2(connection(host="new", password="pw"), actual))
    assert (before["password"], after["password"]) == ("(secret)", "(secret, unknown)")
    assert (before["host"], after["host"]) == ("db", "new")


def test_a_password_that_nobody_can_see_counts_as_a_secret_that_changed_or_not() -> None:
    one, actual = connection(password="pw"), stored(CONNECTION, "pg", unseen={"password"}, **PG)
    report = run_on_airflow_2(one, actual)
    assert [(change["fields"], change["secrets"]) for change in report.result["changes"]] == [([], ["password"])]
    assert len(report.hints) == 1
    quiet = run_on_airflow_2(one, actual, update_secrets="on_create")
    assert quiet.result["summary"]["connections"]["unknown"] == 1
    assert quiet.hints == []


def test_of_an_unseen_password_an_object_shows_only_what_was_declared() -> None:
    server = MemoryServer(stored(CONNECTION, "pg", **PG, password="CANARY"), abilities=AIRFLOW_2)
    assert "password" not in _engine.run_one(connection(host="new"), ALWAYS, "", server, False).result["connection"]
    shown = _engine.run_one(connection(password="CANARY"), ALWAYS, "", server, False).result["connection"]
    assert shown["password"] == "(secret)"


def test_an_object_shows_nothing_of_what_is_still_in_vault() -> None:
    found = stored(CONNECTION, "pg", conn_type="http", host="a", password="***", login="l", extra={"a": "b"})
    on_create = Policy("on_create")
    assert run_one(connection(from_vault="team/db", host="b"), found, policy=on_create) == {
        "connection_id": "pg", "conn_type": "http", "host": "b", "login": "(secret)", "password": "(secret)",
        "extra": "(secret)",
    }  # fmt: skip
    assert run_one(connection(password={"vault": "a"}), found, policy=on_create)["password"] == "(secret)"
