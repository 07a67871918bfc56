# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Desired objects against actual ones."""

from __future__ import annotations

import itertools
import typing as t

import pytest

from ansible_collections.windsock.airflow.plugins.module_utils._abilities import Abilities
from ansible_collections.windsock.airflow.plugins.module_utils._comparison import Verdict
from ansible_collections.windsock.airflow.plugins.module_utils._plan import Known, Plan, Policy, leaves, make_plan
from ansible_collections.windsock.airflow.tests.unit.fakes import (
    AIRFLOW_2,
    AIRFLOW_3,
    CONNECTION,
    POOL,
    VARIABLE,
    by_id,
    connection,
    declared,
    planned,
    pool,
    stored,
    told,
    variable,
)

PG = {"conn_type": "postgres", "host": "db"}


def actions(plan: Plan) -> list[tuple[str, t.Any]]:
    return [(change.action, change.write) for change in plan.changes]


def counted(plan: Plan) -> tuple[int, int, int]:
    return len(plan.changes), len(plan.unchanged), len(plan.unknown)


@pytest.mark.parametrize("update_secrets", ["always", "on_create"])
def test_what_is_missing_is_created_with_its_secrets_and_without_empty_fields(update_secrets: str) -> None:
    plan = planned(connection(**PG, password="pw", login="", port=0, extra={}), update_secrets=update_secrets)
    assert actions(plan) == [("create", {**PG, "password": "pw"})]


@pytest.mark.parametrize(
    ("one", "missing"),
    [(connection(host="db"), "conn_type"), (variable(description="d"), "value"), (pool(description="d"), "slots")],
    ids=["connection", "variable", "pool"],
)
def test_what_a_new_object_needs_is_asked_for(one: t.Any, missing: str) -> None:
    (fault,) = told(lambda: planned(one))
    assert fault.startswith(f"{one.kind.name} {one.id!r}: {missing}: is missing")


def test_an_existing_object_needs_nothing() -> None:
    assert counted(planned(connection(host="db"), stored(CONNECTION, "pg", **PG))) == (0, 1, 0)


def test_every_impossible_change_is_told_at_once() -> None:
    assert len(told(lambda: planned([connection("a"), connection("b"), variable()]))) == 3


def test_only_what_differs_is_written() -> None:
    (change,) = planned(connection(**PG, login="new"), stored(CONNECTION, "pg", **PG, login="old")).changes
    assert (change.action, change.write) == ("update", {"login": "new"})
    assert change.findings == {("login",): Verdict.DIFFERS}
    assert change.sendable == {"conn_type", "host", "login"}


def test_what_is_not_declared_is_left_alone() -> None:
    actual = stored(CONNECTION, "pg", **PG, login="theirs", password="***", extra={"a": 1}, port=1, schema="s")
    assert counted(planned(connection(**PG), actual)) == (0, 1, 0)


def test_a_declared_empty_field_empties() -> None:
    plan = planned(connection(host="", extra={}), stored(CONNECTION, "pg", **PG, extra={"a": 1}))
    assert actions(plan) == [("update", {"host": None, "extra": {}})]


def test_extra_is_written_whole() -> None:
    actual = stored(CONNECTION, "pg", **PG, extra={"a": 1, "b": 2, "token": "***"})
    plan = planned(connection(extra={"a": 1, "b": 3}, secret_extra={"token": "t"}), actual, update_secrets="on_create")
    (change,) = plan.changes
    assert change.write == {"extra": {"a": 1, "b": 3, "token": "t"}}
    assert change.findings == {("extra", "b"): Verdict.DIFFERS, ("extra", "token"): Verdict.UNKNOWN}


def test_deleting() -> None:
    gone = connection(state="absent")
    assert counted(planned(gone)) == (0, 1, 0)
    assert actions(planned(gone, stored(CONNECTION, "pg", **PG))) == [("delete", {})]


def test_the_order_of_the_declaration_is_kept() -> None:
    plan = planned([pool("b", slots=1), variable("a", value="1"), pool("a", slots=1)])
    assert [change.id for change in plan.changes] == ["b", "a", "a"]


@pytest.mark.parametrize(
    ("one", "actual"),
    [
        (connection(password="pw"), stored(CONNECTION, "pg", **PG, password="***")),
        (connection(secret_extra={"token": "t"}), stored(CONNECTION, "pg", **PG, extra={"token": "***"})),
        (connection(extra={"token": "t"}), stored(CONNECTION, "pg", **PG, extra={"token": "***"})),
        (variable(secret_value="s"), stored(VARIABLE, "v", value="***")),
        (variable(value={"password": "s"}), stored(VARIABLE, "v", value='{"password": "***"}')),
    ],
    ids=["password", "leaf of secret_extra", "leaf of extra", "variable", "leaf of a variable"],
)
def test_what_cannot_be_compared_is_written_always_or_told_as_unknown(one: t.Any, actual: t.Any) -> None:
    always = planned(one, actual)
    assert actions(always) == [("update", one.fields)]
    assert set(always.changes[0].findings.values()) == {Verdict.UNKNOWN}
    assert counted(planned(one, actual, update_secrets="on_create")) == (0, 0, 1)


@pytest.mark.parametrize("update_secrets", ["always", "on_create", "on_change"])
@pytest.mark.parametrize(
    ("one", "actual"),
    [
        (connection(host="db-airflow-1"), stored(CONNECTION, "pg", conn_type="postgres", host="db-***-1")),
        (connection(extra={"a": {"b": "zz-pw-zz"}}), stored(CONNECTION, "pg", **PG, extra={"a": {"b": "zz-***-zz"}})),
        (variable(value="to airflow"), stored(VARIABLE, "v", value="to ***")),
    ],
    ids=["host", "extra", "variable"],
)
def test_an_open_value_with_somebody_elses_secret_in_it_is_unknown_and_left_alone(
    one: t.Any, actual: t.Any, update_secrets: str
) -> None:
    """Mask bleed: it is no secret, and what is readable of it is as declared."""
    assert counted(planned(one, actual, update_secrets=update_secrets)) == (0, 0, 1)


def test_a_secret_that_is_masked_in_part_is_a_secret_all_the_same() -> None:
    actual = stored(CONNECTION, "pg", **PG, extra={"url": "https://***@host"})
    plan = planned(connection(secret_extra={"url": "https://pw@host"}), actual)
    assert plan.changes[0].findings == {("extra", "url"): Verdict.UNKNOWN}


def test_an_unknown_secret_is_not_written_beside_a_change_if_only_on_create() -> None:
    actual = stored(CONNECTION, "pg", **PG, password="***")
    one = connection(host="other", password="pw")
    assert actions(planned(one, actual, update_secrets="on_create")) == [("update", {"host": "other"})]
    assert actions(planned(one, actual)) == [("update", {"host": "other", "password": "pw"})]


@pytest.mark.parametrize("update_secrets", ["always", "on_create"])
def test_a_declared_password_that_the_server_does_not_have_is_drift(update_secrets: str) -> None:
    plan = planned(connection(password="pw"), stored(CONNECTION, "pg", **PG), update_secrets=update_secrets)
    assert actions(plan) == [("update", {"password": "pw"})]
    assert plan.changes[0].findings == {("password",): Verdict.DIFFERS}


def test_a_secret_that_the_server_shows_is_compared() -> None:
    one = variable(secret_value="s")
    assert counted(planned(one, stored(VARIABLE, "v", value="s"))) == (0, 1, 0)
    assert counted(planned(one, stored(VARIABLE, "v", value="t"), update_secrets="on_create")) == (1, 0, 0)


@pytest.mark.parametrize("update_secrets", ["always", "on_create"])
def test_clearing_a_password_replaces_the_connection_and_carries_over_what_is_not_declared(update_secrets: str) -> None:
    actual = stored(CONNECTION, "pg", **PG, password="***", login="theirs", port=1, extra={"a": 1}, description="d")
    (change,) = planned(connection(password="", description=""), actual, update_secrets=update_secrets).changes
    assert change.action == "replace"
    assert change.write == {**PG, "login": "theirs", "port": 1, "extra": {"a": 1}}
    assert change.findings == {("password",): Verdict.DIFFERS, ("description",): Verdict.DIFFERS}


def test_clearing_a_password_that_is_not_there_is_nothing_to_do() -> None:
    assert counted(planned(connection(password=""), stored(CONNECTION, "pg", **PG))) == (0, 1, 0)


def test_clearing_a_password_is_refused_where_secrets_would_be_lost() -> None:
    actual = stored(CONNECTION, "pg", **PG, password="***", extra={"token": "***"}, login="me-***")
    (fault,) = told(lambda: planned(connection(password=""), actual))
    assert fault.startswith("connection 'pg': password: ")
    assert "Declare extra, login too" in fault


def test_clearing_a_password_is_possible_where_those_secrets_are_declared() -> None:
    actual = stored(CONNECTION, "pg", **PG, password="***", extra={"token": "***"})
    (change,) = planned(connection(password="", secret_extra={"token": "t"}), actual).changes
    assert change.write == {**PG, "extra": {"token": "t"}}


def test_a_mask_is_never_written() -> None:
    actual = stored(CONNECTION, "pg", conn_type="postgres", host="h-***", password="***", extra={"a": "***", "b": 1})
    one = connection(extra={"b": 2}, login="me")
    assert "***" not in repr([change.write for change in planned(one, actual).changes])


@pytest.mark.parametrize("words", [{"description": "mine"}, {"description": ""}, {"team_name": "t"}], ids=str)
def test_of_default_pool_only_slots_and_include_deferred_can_be_changed(words: dict[str, t.Any]) -> None:
    actual = stored(POOL, "default_pool", slots=128, description="Default pool")
    (fault,) = told(lambda: planned(pool("default_pool", **words), actual))
    assert fault.startswith(f"pool 'default_pool': {[*words][0]}: cannot be changed")


def test_the_slots_of_default_pool_can_be_changed_and_its_own_description_declared() -> None:
    actual = stored(POOL, "default_pool", slots=128, description="Default pool")
    one = pool("default_pool", slots=4, include_deferred=True, description="Default pool")
    assert actions(planned(one, actual)) == [("update", {"slots": 4, "include_deferred": True})]


def test_enforced_defaults_put_back_what_others_set() -> None:
    one = declared(POOL, {"name": "p", "slots": 1}, enforce_defaults=True)
    plan = planned(one, stored(POOL, "p", slots=1, description="theirs", include_deferred=True))
    assert actions(plan) == [("update", {"description": None, "include_deferred": False})]


def test_leaves_walk_dicts_and_stop_at_anything_else() -> None:
    assert leaves({"a": 1, "extra": {"b": {"c": [1, {"d": 2}]}, "e": {}}}) == [
        ("a",),
        ("extra", "b", "c"),
        ("extra", "e"),
    ]


# What a reading does not tell. Airflow 2 never tells whether there is a password.

UNSEEN = {
    "password": (connection(password="pw"), stored(CONNECTION, "pg", unseen={"password"}, **PG)),
    "extra": (connection(extra={"a": 1}), stored(CONNECTION, "pg", unseen={"extra"}, **PG)),
}


@pytest.mark.parametrize("name", UNSEEN)
def test_what_was_not_seen_is_written_always_or_told_as_unknown(name: str) -> None:
    one, actual = UNSEEN[name]
    (change,) = planned(one, actual).changes
    assert (change.action, change.write) == ("update", one.fields)
    assert change.findings == {(name,): Verdict.UNKNOWN}
    assert counted(planned(one, actual, update_secrets="on_create")) == (0, 0, 1)


def test_what_was_not_seen_is_not_written_beside_a_change_if_only_on_create() -> None:
    one, actual = connection(host="other", password="pw"), UNSEEN["password"][1]
    assert actions(planned(one, actual, update_secrets="on_create")) == [("update", {"host": "other"})]
    assert actions(planned(one, actual)) == [("update", {"host": "other", "password": "pw"})]


@pytest.mark.parametrize("update_secrets", ["always", "on_create"])
def test_a_password_that_nobody_can_see_is_not_cleared_blindly(update_secrets: str) -> None:
    """That would delete the connection and create it anew in each run."""
    one, actual = connection(password=""), UNSEEN["password"][1]
    assert counted(planned(one, actual, update_secrets=update_secrets)) == (0, 0, 1)
    (change,) = planned(connection(password="", host="other"), actual, update_secrets=update_secrets).changes
    assert (change.action, change.write) == ("update", {"host": "other"})


def test_what_is_not_declared_may_be_unseen() -> None:
    assert counted(planned(connection(**PG), stored(CONNECTION, "pg", unseen={"extra", "password"}, **PG))) == (0, 1, 0)


def test_what_the_server_cannot_do_is_told_with_every_other_fault() -> None:
    desired = [pool("p", slots=-1), pool("missing"), connection(team_name="t", **PG)]
    assert told(lambda: planned(desired, abilities=AIRFLOW_2)) == [
        "pool 'missing': slots: is missing, and the pool does not exist yet, so it is needed",
        *told(lambda: planned(desired[0], abilities=AIRFLOW_2)),
        *told(lambda: planned(desired[2], abilities=AIRFLOW_2)),
    ]


# Variables


@pytest.mark.parametrize("abilities", [AIRFLOW_2, AIRFLOW_3], ids=["2", "3"])
def test_a_variable_that_airflow_cannot_decrypt_is_written_anew(abilities: Abilities) -> None:
    """Its fernet_key has been changed; some versions then show no value."""
    (change,) = planned(variable(value="x"), stored(VARIABLE, "v", value=None), abilities=abilities).changes
    assert (change.action, change.write) == ("update", {"value": "x"})


@pytest.mark.parametrize(
    ("declared", "reading"),
    [("3.10", "3.1"), ("1e3", "1000.0"), ('{"a": 1, "a": 2}', '{"a": 2}'), ("[1,  2]", "[1, 2]")],
)
def test_a_text_counts_letter_by_letter_where_airflow_shows_it_so(declared: str, reading: str) -> None:
    actual = stored(VARIABLE, "v", value=reading)
    assert planned(variable(value=declared), actual, abilities=AIRFLOW_2).changes
    assert not planned(variable(value=declared), actual, abilities=AIRFLOW_3).changes, "here it may be the very text"


@pytest.mark.parametrize("reading", ['{"a":[1,2.0]}', '{ "a" : [1, 2.0] }'])
def test_what_is_declared_as_yaml_counts_as_json_everywhere(reading: str) -> None:
    for abilities in (AIRFLOW_2, AIRFLOW_3):
        plan = planned(variable(value={"a": [1, 2.0]}), stored(VARIABLE, "v", value=reading), abilities=abilities)
        assert not plan.changes


def test_asterisks_that_somebody_has_stored_are_found_where_airflow_masks_nothing() -> None:
    """Airflow 2 stores what a tool read elsewhere and sent back."""
    for words in ({"secret_value": "pw-12345"}, {"value": {"password": "pw-12345"}}):
        reading = "***" if "secret_value" in words else '{"password": "***"}'
        plan = planned(variable(**words), stored(VARIABLE, "v", value=reading), abilities=AIRFLOW_2, update_secrets="on_create")
        assert [change.action for change in plan.changes] == ["update"]


# With what is remembered


def remembering(one: t.Any, *actual: t.Any, mode: str, abilities: Abilities = AIRFLOW_3, **known: Known) -> Plan:
    """The plan where so much is known of some fields, and nothing of the others."""

    def of(desired: t.Any, name: str) -> Known:
        assert desired is one
        return known.get(name, Known.NOTHING)

    return make_plan([one], by_id(*actual), Policy(mode), abilities, of)


MODES = ("on_change", "always", "on_create")
HIDDEN = {
    "password": ("password", connection(password="pw"), stored(CONNECTION, "pg", **PG, password="***")),
    "unseen password": ("password", connection(password="pw"), stored(CONNECTION, "pg", {"password"}, **PG)),
    "leaf": ("extra", connection(secret_extra={"token": "t"}), stored(CONNECTION, "pg", **PG, extra={"token": "***"})),
    "open leaf": ("extra", connection(extra={"token": "t"}), stored(CONNECTION, "pg", **PG, extra={"token": "***"})),
    "variable": ("value", variable(secret_value="s"), stored(VARIABLE, "v", value="***")),
    "masked in part": (
        "extra",
        connection(secret_extra={"url": "https://pw@host"}),
        stored(CONNECTION, "pg", **PG, extra={"url": "https://***@host"}),
    ),
}
EXPECTED = {
    ("on_change", Known.APPLIED): "unchanged",
    ("on_change", Known.OTHER): "differs",
    ("on_change", Known.NOTHING): "unknown, written",
    ("on_create", Known.APPLIED): "unchanged",
    ("on_create", Known.OTHER): "unknown",
    ("on_create", Known.NOTHING): "unknown",
    ("always", Known.APPLIED): "unknown, written",
    ("always", Known.OTHER): "unknown, written",
    ("always", Known.NOTHING): "unknown, written",
}


def judged(plan: Plan) -> str:
    if plan.changes:
        (change,) = plan.changes
        verdicts = {verdict.value for verdict in change.findings.values()}
        return {"differs": "differs", "unknown": "unknown, written"}[",".join(verdicts)]
    return "unknown" if plan.unknown else "unchanged"


@pytest.mark.parametrize("name", HIDDEN)
@pytest.mark.parametrize(("mode", "known"), EXPECTED, ids=lambda value: getattr(value, "value", value))
def test_what_is_hidden_is_judged_by_what_is_remembered(mode: str, known: Known, name: str) -> None:
    field, one, actual = HIDDEN[name]
    plan = remembering(one, actual, mode=mode, **{field: known})
    assert judged(plan) == EXPECTED[mode, known]
    assert actions(plan) == ([("update", one.fields)] if plan.changes else [])


BLURRED = (connection(extra={"a": "zz-pw-zz"}), stored(CONNECTION, "pg", **PG, extra={"a": "zz-***-zz"}))


@pytest.mark.parametrize(("mode", "known"), [*itertools.product(MODES, Known)], ids=lambda value: getattr(value, "value", value))
def test_what_is_open_and_hidden_in_part_is_written_only_where_it_is_known_to_be_another(mode: str, known: Known) -> None:
    plan = remembering(*BLURRED, mode=mode, extra=known)
    if known is Known.APPLIED and mode != "always":
        assert judged(plan) == "unchanged"
    elif known is Known.OTHER and mode == "on_change":
        assert judged(plan) == "differs"
    else:
        assert judged(plan) == "unknown"


SHOWN = {
    "same": (connection(extra={"a": 1}), stored(CONNECTION, "pg", **PG, extra={"a": 1}), "unchanged"),
    "other": (connection(extra={"a": 1}), stored(CONNECTION, "pg", **PG, extra={"a": 2}), "differs"),
    "missing password": (connection(password="pw"), stored(CONNECTION, "pg", **PG), "differs"),
    "missing leaf": (connection(secret_extra={"token": "t"}), stored(CONNECTION, "pg", **PG), "differs"),
    "one leaf more": (connection(extra={}), stored(CONNECTION, "pg", **PG, extra={"token": "***"}), "differs"),
    "around the mask": (
        connection(secret_extra={"url": "https://pw@host"}),
        stored(CONNECTION, "pg", **PG, extra={"url": "https://***@other"}),
        "differs",
    ),
    "no password": (connection(password=""), stored(CONNECTION, "pg", **PG), "unchanged"),
    "a variable in clear": (variable(secret_value="s"), stored(VARIABLE, "v", value="t"), "differs"),
}


@pytest.mark.parametrize("name", SHOWN)
@pytest.mark.parametrize(("mode", "known"), [*itertools.product(MODES, Known)], ids=lambda value: getattr(value, "value", value))
def test_what_is_shown_is_believed_whatever_is_remembered(mode: str, known: Known, name: str) -> None:
    one, actual, expected = SHOWN[name]
    plan = remembering(one, actual, mode=mode, password=known, extra=known, value=known)
    assert judged(plan) == expected


@pytest.mark.parametrize("mode", MODES)
def test_only_what_is_hidden_is_asked_for(mode: str) -> None:
    """A fingerprint costs time."""
    asked: list[str] = []
    one = connection(**PG, login="me", password="pw", extra={"a": 1}, secret_extra={"token": "t"})
    actual = stored(CONNECTION, "pg", **PG, login="me", password="***", extra={"a": 1, "token": "***"})
    plan = make_plan([one], by_id(actual), Policy(mode), AIRFLOW_3, lambda _one, name: [asked.append(name), Known.APPLIED][1])
    assert asked == ([] if mode == "always" else ["password", "extra"])
    assert bool(plan.changes) == (mode == "always")


def test_a_visible_difference_beside_a_known_secret_writes_the_field_whole() -> None:
    one = connection(extra={"a": 1}, secret_extra={"token": "t"})
    actual = stored(CONNECTION, "pg", **PG, extra={"a": 2, "token": "***"})
    for known, findings in (
        (Known.APPLIED, {("extra", "a"): Verdict.DIFFERS}),
        # A fingerprint is of the whole field, so it may be another one for the sake of what visibly differs.
        (Known.OTHER, {("extra", "a"): Verdict.DIFFERS, ("extra", "token"): Verdict.UNKNOWN}),
        (Known.NOTHING, {("extra", "a"): Verdict.DIFFERS, ("extra", "token"): Verdict.UNKNOWN}),
    ):
        (change,) = remembering(one, actual, mode="on_change", extra=known).changes
        assert change.write == {"extra": {"a": 1, "token": "t"}}
        assert change.findings == findings


def test_a_known_secret_is_not_written_beside_a_change_and_may_be_sent_with_it() -> None:
    actual = stored(CONNECTION, "pg", **PG, password="***")
    plan = remembering(connection(host="other", password="pw"), actual, mode="on_change", password=Known.APPLIED)
    assert actions(plan) == [("update", {"host": "other"})]
    assert plan.changes[0].sendable == {"host", "password"}


@pytest.mark.parametrize("mode", MODES)
def test_each_hidden_field_is_judged_for_itself(mode: str) -> None:
    one = connection(password="pw", secret_extra={"token": "t"})
    actual = stored(CONNECTION, "pg", **PG, password="***", extra={"token": "***"})
    plan = remembering(one, actual, mode=mode, password=Known.APPLIED, extra=Known.OTHER)
    written = {"on_change": {"extra"}, "always": {"password", "extra"}, "on_create": set()}[mode]
    assert {name for change in plan.changes for name in change.write} == written


@pytest.mark.parametrize("known", Known)
@pytest.mark.parametrize("mode", MODES)
def test_a_password_that_nobody_can_see_is_cleared_only_where_there_was_another(mode: str, known: Known) -> None:
    plan = remembering(connection(password=""), stored(CONNECTION, "pg", {"password"}, **PG), mode=mode, password=known)
    if (mode, known) == ("on_change", Known.OTHER):
        assert actions(plan) == [("replace", PG)]
    else:
        assert not plan.changes
        assert counted(plan) == ((0, 1, 0) if known is Known.APPLIED and mode != "always" else (0, 0, 1))


@pytest.mark.parametrize("known", Known)
@pytest.mark.parametrize("mode", MODES)
def test_what_is_missing_is_created_whatever_is_remembered(mode: str, known: Known) -> None:
    one = connection(**PG, password="pw", secret_extra={"token": "t"})
    assert actions(remembering(one, mode=mode, password=known, extra=known)) == [("create", one.fields)]


@pytest.mark.parametrize("known", Known)
@pytest.mark.parametrize("mode", MODES)
def test_what_is_to_go_goes_whatever_is_remembered(mode: str, known: Known) -> None:
    plan = remembering(connection(state="absent"), HIDDEN["password"][2], mode=mode, password=known)
    assert actions(plan) == [("delete", {})]
