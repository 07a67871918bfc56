# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is known of secrets before a run, what is forgotten in it, and what is known after."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest

from ansible_collections.windsock.airflow.plugins.module_utils._airflow._events import Event
from ansible_collections.windsock.airflow.plugins.module_utils._apply import Ledger
from ansible_collections.windsock.airflow.plugins.module_utils._fingerprints import Deployment, Key
from ansible_collections.windsock.airflow.plugins.module_utils._history import History
from ansible_collections.windsock.airflow.plugins.module_utils._knowledge import Knowledge, forget
from ansible_collections.windsock.airflow.plugins.module_utils._memory import Applied, ObjectKey, Secrets
from ansible_collections.windsock.airflow.plugins.module_utils._plan import Known, Plan, Policy, make_plan
from ansible_collections.windsock.airflow.tests.unit.fakes import (
    AIRFLOW_2,
    AIRFLOW_3,
    CONNECTION,
    POOL,
    VARIABLE,
    by_id,
    connection,
    pool,
    stored,
    variable,
)

KEY, FORMER, STRANGE = (Key(letter * 64) for letter in "abc")
DEPLOYMENT = Deployment(b"i" * 16, b"s" * 16)
NO_SECRETS = Secrets()
QUIET = History(9)  # nobody wrote anything
PG: ObjectKey = ("connection", "pg")
HTTP = {"conn_type": "http"}
MASKED = stored(CONNECTION, "pg", **HTTP, password="***", extra={"token": "***"})
BOTH = {"password": "pw", "secret_extra": {"token": "t"}}


def row(*desired: t.Any, key: Key = KEY, seen: int | None = 5, deployment: Deployment = DEPLOYMENT) -> Secrets:
    """What is known once these were applied, every hidden field of them."""
    maker = key.within(deployment)
    applied = {}
    for one in desired:
        names = [name for name in ("password", "extra", "value") if one.fields.get(name)]
        applied[one.kind.name, one.id] = Applied(maker.name if names else "", seen, maker.of(one, names))
    return Secrets(deployment, applied)


def edited(*places: ObjectKey, position: int = 9) -> History:
    """A log by which somebody wrote these objects."""
    return History(position, {place: Event(8, "now", "ann", "patch", CONNECTION, None) for place in places})


class Run:
    """A run over some objects that were read, of which everything succeeds unless said otherwise."""

    def __init__(
        self,
        *desired: t.Any,
        actual: t.Any = (MASKED,),
        secrets: Secrets = NO_SECRETS,
        history: History = QUIET,
        keys: t.Sequence[Key] = (KEY,),
        mode: str = "on_change",
        abilities: t.Any = AIRFLOW_3,
    ) -> None:
        self.secrets = secrets
        self.actual = by_id(*actual)
        self.knowledge = Knowledge(keys, secrets, history, abilities)
        self.plan: Plan = make_plan(desired, self.actual, Policy(mode), abilities, self.knowledge.of)

    def learns(
        self,
        position: int | None = 20,
        contested: t.Collection[ObjectKey] = (),
        failed: t.Collection[ObjectKey] = (),
        unsent: t.Collection[ObjectKey] = (),
        now: Secrets | None = None,
    ) -> Secrets:
        ledger = Ledger()
        for change in self.plan.changes:
            place = (change.kind.name, change.id)
            if place in unsent:
                ledger.fail([change], "not attempted")
                continue
            ledger.sent[place] += 1
            if place in failed:
                ledger.fail([change], "refused")
            else:
                ledger.succeed([change])
        return self.knowledge.learn(self.secrets if now is None else now, self.plan, ledger, self.actual, position, contested)

    def actions(self) -> list[str]:
        return [change.action for change in self.plan.changes]


# Before


def known(one: t.Any, secrets: Secrets, name: str = "password", *keys: Key, history: History = QUIET) -> Known:
    return Knowledge(keys or (KEY,), secrets, history, AIRFLOW_3).of(one, name)


def test_what_was_applied_is_known_field_by_field() -> None:
    secrets = row(connection(**BOTH))
    assert known(connection(**BOTH), secrets) is Known.APPLIED
    assert known(connection(**BOTH), secrets, "extra") is Known.APPLIED
    rotated = connection(password="pw", secret_extra={"token": "u"})
    assert known(rotated, secrets) is Known.APPLIED
    assert known(rotated, secrets, "extra") is Known.OTHER


def test_nothing_is_known_of_what_was_never_applied() -> None:
    one = connection(**BOTH)
    assert known(one, Secrets()) is Known.NOTHING
    assert known(one, row(connection("other", **BOTH))) is Known.NOTHING
    assert known(one, row(connection(password="pw")), "extra") is Known.NOTHING
    assert known(one, row(variable("pg", secret_value="pw"))) is Known.NOTHING
    assert known(one, row(pool("pg", slots=1))) is Known.NOTHING


def test_what_somebody_wrote_since_is_not_known_any_more() -> None:
    assert known(connection(**BOTH), row(connection(**BOTH)), history=edited(PG)) is Known.NOTHING
    assert known(connection(**BOTH), row(connection(**BOTH)), history=edited(("connection", "other"))) is Known.APPLIED


@pytest.mark.parametrize(
    ("keys", "same", "rotated"),
    [
        ([KEY], Known.APPLIED, Known.OTHER),
        ([FORMER, KEY], Known.APPLIED, Known.OTHER),
        ([FORMER, STRANGE, KEY], Known.APPLIED, Known.OTHER),
        ([FORMER], Known.NOTHING, Known.NOTHING),
    ],
    ids=["the current", "a former", "one before", "another"],
)
def test_a_key_knows_what_it_made_wherever_it_stands_in_the_list(keys: list[Key], same: Known, rotated: Known) -> None:
    secrets = row(connection(password="pw"))
    assert known(connection(password="pw"), secrets, "password", *keys) is same
    assert known(connection(password="other"), secrets, "password", *keys) is rotated


def test_a_team_that_is_declared_anew_makes_it_another_object() -> None:
    assert known(connection(password="pw", team_name="t"), row(connection(password="pw"))) is Known.OTHER


def test_fingerprints_that_were_copied_from_another_object_are_of_no_use() -> None:
    """Nor are those of another deployment, or of another field."""
    secrets = row(connection("other", password="pw"))
    copied = Secrets(DEPLOYMENT, {PG: secrets.applied["connection", "other"]})
    assert known(connection(password="pw"), copied) is Known.OTHER
    moved = dataclasses.replace(row(connection(password="pw")), deployment=Deployment(b"j" * 16, b"s" * 16))
    assert known(connection(password="pw"), moved) is Known.NOTHING


def test_another_key_is_told_and_how_many_objects_it_is_about() -> None:
    many = [connection(name, password="pw") for name in "abc"]
    secrets = row(*many)
    secrets.applied["pool", "p"] = Applied(seen=5)
    everything = [*many, pool("p", slots=1), connection("unheard-of")]

    def notes(*keys: Key, desired: t.Any = everything) -> list[str]:
        return Knowledge(keys, secrets, History(9), AIRFLOW_3).notes(desired)

    assert notes(KEY) == notes(STRANGE, KEY) == notes(KEY, STRANGE) == []
    (note,) = notes(STRANGE)
    assert note.startswith("the fingerprints of 3 objects were made with another fingerprint_key")
    (note,) = notes(STRANGE, desired=many[:1])
    assert note.startswith("the fingerprints of 1 object were made")
    assert notes(STRANGE, desired=everything[3:]) == []


def test_a_passphrase_is_stretched_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """It takes a tenth of a second on purpose."""
    stretched: list[Deployment] = []
    within = Key.within
    monkeypatch.setattr(Key, "within", lambda key, deployment: [stretched.append(deployment), within(key, deployment)][1])
    desired = [connection(name, password="new") for name in "abc"]
    actual = [stored(CONNECTION, name, **HTTP, password="***") for name in "abc"]
    secrets = row(*(connection(name, password="old") for name in "abc"))
    stretched.clear()
    run = Run(*desired, actual=actual, secrets=secrets)
    run.knowledge.notes(desired)
    run.knowledge.outdated(run.plan)
    for _thrice in range(3):
        run.learns()
    assert stretched == [DEPLOYMENT]


# In it: what is forgotten before it is written


def test_only_what_changes_is_forgotten_beforehand() -> None:
    rotated = connection(password="new", secret_extra={"token": "t"})
    run = Run(rotated, secrets=row(connection(**BOTH)))
    assert run.knowledge.outdated(run.plan) == {PG: {"password"}}
    assert forget(run.secrets, {PG: {"password"}}).applied[PG].fingerprints.keys() == {"extra"}


def test_what_is_written_as_it_was_is_not_forgotten() -> None:
    """A run that dies leaves it as it was, or written once more."""
    for history in (History(9), edited(PG)):
        run = Run(connection(**BOTH), secrets=row(connection(**BOTH)), mode="always", history=history)
        assert run.actions() == ["update"]
        assert run.knowledge.outdated(run.plan) == {}


@pytest.mark.parametrize(
    "secrets",
    [Secrets(), row(connection("other", password="x")), row(connection(secret_extra={"a": "b"}))],
    ids=["nothing", "another object", "another field"],
)
def test_what_is_not_known_need_not_be_forgotten(secrets: Secrets) -> None:
    run = Run(connection(password="new"), secrets=secrets)
    assert run.actions() == ["update"]
    assert run.knowledge.outdated(run.plan) == {}


def test_what_another_key_made_is_forgotten_too() -> None:
    run = Run(connection(password="new"), secrets=row(connection(password="pw"), key=STRANGE))
    assert run.knowledge.outdated(run.plan) == {PG: {"password"}}


def test_what_is_created_anew_or_replaced_is_forgotten_like_that_too() -> None:
    created = Run(connection(**HTTP, password="new"), actual=(), secrets=row(connection(password="pw")))
    assert created.knowledge.outdated(created.plan) == {PG: {"password"}}
    replaced = Run(connection(**HTTP, password="", secret_extra={"token": "u"}), secrets=row(connection(**BOTH)))
    assert replaced.actions() == ["replace"]
    assert replaced.knowledge.outdated(replaced.plan)[PG] >= {"extra"}


def test_what_is_deleted_need_not_be_forgotten_before() -> None:
    run = Run(connection(state="absent"), secrets=row(connection(**BOTH)))
    assert run.actions() == ["delete"]
    assert run.knowledge.outdated(run.plan) == {}


def test_forgetting_leaves_everything_else() -> None:
    secrets = row(connection(**BOTH), variable(secret_value="s"), pool(slots=1))
    left = forget(secrets, {PG: {"password", "extra"}, ("connection", "unheard of"): {"password"}})
    assert left.deployment == DEPLOYMENT
    assert left.applied == {**secrets.applied, PG: Applied("", 5, {})}
    assert forget(secrets, {}) == secrets


# After


@pytest.mark.parametrize("actual", [(), (stored(CONNECTION, "pg", **HTTP),)], ids=["created", "updated"])
def test_what_was_written_is_known_up_to_where_the_log_stands(actual: t.Any) -> None:
    run = Run(connection(**HTTP, **BOTH), actual=actual)
    learnt = run.learns(position=20)
    assert learnt.deployment is not None
    assert learnt == row(connection(**BOTH), seen=20, deployment=learnt.deployment)


def test_each_deployment_is_given_its_name_once() -> None:
    run = Run(connection(**HTTP, **BOTH), actual=())
    learnt = run.learns()
    assert learnt == run.learns()
    assert Run(connection(**HTTP, **BOTH), actual=()).learns().deployment != learnt.deployment
    assert Run(connection("b", **HTTP, **BOTH), actual=(), secrets=learnt).learns().deployment == learnt.deployment


def test_what_was_written_in_part_is_known_in_the_other_part_too() -> None:
    secrets = row(connection(**BOTH))
    rotated = connection(password="new", secret_extra={"token": "t"})
    assert Run(rotated, secrets=secrets).learns() == row(rotated, seen=20)
    undeclared = Run(connection(password="new"), secrets=secrets).learns().applied[PG]
    assert undeclared.fingerprints["extra"] == secrets.applied[PG].fingerprints["extra"]


def test_a_visible_change_leaves_what_is_known_of_secrets() -> None:
    run = Run(connection(host="new", **BOTH), secrets=row(connection(**BOTH)))
    assert run.plan.changes[0].write == {"host": "new"}
    assert run.learns() == row(connection(**BOTH), seen=20)


def test_a_visible_change_of_what_somebody_else_wrote_does_not_make_known_what_they_wrote() -> None:
    """Not even what is not declared this time: it may be declared again."""
    for words, mode in ((BOTH, "on_create"), ({}, "on_change")):
        run = Run(connection(host="new", **words), secrets=row(connection(**BOTH)), history=edited(PG), mode=mode)
        assert run.plan.changes[0].write == {"host": "new"}
        assert run.learns().applied == {PG: Applied(seen=20)}


def test_what_was_replaced_is_known_by_what_was_declared_only() -> None:
    run = Run(connection(**HTTP, password="", secret_extra={"token": "u"}), secrets=row(connection(**BOTH)))
    assert run.learns() == row(connection(secret_extra={"token": "u"}), seen=20)


def test_what_was_created_anew_is_not_known_by_what_it_was_before() -> None:
    run = Run(connection(**HTTP, password="new"), actual=(), secrets=row(connection(**BOTH)))
    assert run.learns() == row(connection(password="new"), seen=20)


def test_what_was_deleted_or_is_gone_has_no_row_any_more() -> None:
    secrets = row(connection(**BOTH), connection("gone", **BOTH), connection("other", **BOTH))
    run = Run(connection(state="absent"), connection("gone", state="absent"), secrets=secrets)
    assert run.actions() == ["delete"]
    assert {*run.learns().applied} == {("connection", "other")}


def test_what_somebody_else_wrote_during_the_run_is_not_known() -> None:
    run = Run(connection(**BOTH), connection("b", **HTTP, **BOTH), secrets=row(connection(password="old")))
    learnt = run.learns(contested={PG})
    assert learnt.applied[PG] == Applied(seen=20)
    assert learnt.applied["connection", "b"].fingerprints.keys() == {"password", "extra"}


def test_where_the_log_could_not_be_read_what_was_written_is_known_all_the_same() -> None:
    run = Run(connection(**HTTP, **BOTH), actual=(), history=History())
    learnt = run.learns(position=None).applied[PG]
    assert (learnt.seen, learnt.fingerprints.keys()) == (None, {"password", "extra"})


def test_of_what_failed_nothing_is_known_and_our_own_attempt_is_not_somebody_elses() -> None:
    """It is in the log like any other request. Whether somebody else's is among those there nobody can say."""
    secrets = row(connection(**BOTH))
    run = Run(connection(password="new", secret_extra={"token": "t"}), secrets=secrets)
    assert run.learns(failed={PG}).applied == {PG: Applied(seen=20)}
    assert run.learns(failed={PG}, contested={PG}).applied == {PG: Applied(seen=20)}


def test_what_could_not_be_created_has_no_row() -> None:
    run = Run(connection(**HTTP, **BOTH), actual=(), secrets=row(connection("other", **BOTH)))
    assert {*run.learns(failed={PG}).applied} == {("connection", "other")}


def test_what_was_not_attempted_is_known_as_before_but_for_what_was_forgotten() -> None:
    secrets = row(connection(**BOTH))
    run = Run(connection(password="new", secret_extra={"token": "t"}), secrets=secrets)
    left = run.learns(unsent={PG}, now=forget(secrets, run.knowledge.outdated(run.plan))).applied[PG]
    assert left == dataclasses.replace(forget(secrets, {PG: {"password"}}).applied[PG], seen=5)


def test_what_is_as_it_was_leaves_the_memory_as_it_was() -> None:
    """However far the log has been read: else each run would write."""
    secrets = row(connection(**BOTH), pool(slots=1))
    run = Run(connection(**BOTH), pool(slots=1), actual=(MASKED, stored(POOL, "p", slots=1)), secrets=secrets)
    assert not run.plan.changes
    assert run.learns(position=9) == secrets


@pytest.mark.parametrize("why", ["trimmed", "edited", "something was written"])
def test_how_far_the_log_has_been_read_is_noted_where_something_is_written_anyhow(why: str) -> None:
    """Up to where it stood when the run began: what came then may be somebody else's."""
    history = {"trimmed": History(9, stale=True), "edited": edited(("pool", "other")), "something was written": History(9)}[why]
    more = [pool(slots=1)] if why == "something was written" else []
    run = Run(connection(**BOTH), *more, secrets=row(connection(**BOTH)), history=history)
    assert run.learns(position=20).applied[PG] == row(connection(**BOTH), seen=9).applied[PG]


def test_where_the_log_cannot_be_read_it_is_still_known_how_far_it_was() -> None:
    run = Run(connection(**BOTH), secrets=row(connection(**BOTH)), history=History())
    assert run.learns(position=None) == row(connection(**BOTH))


def test_once_the_log_can_be_read_that_is_noted() -> None:
    run = Run(connection(**BOTH), secrets=row(connection(**BOTH), seen=None), history=History(9))
    assert run.learns() == row(connection(**BOTH), seen=9)


def test_what_somebody_wrote_is_told_once_and_not_believed_after() -> None:
    run = Run(connection(**BOTH), secrets=row(connection(**BOTH)), history=edited(PG), mode="on_create")
    assert len(run.plan.unknown) == 1
    assert run.learns().applied == {PG: Applied(seen=9)}


def test_a_secret_that_is_left_alone_is_remembered_as_it_is() -> None:
    secrets = row(connection(**BOTH))
    run = Run(connection(password="new", secret_extra={"token": "t"}), secrets=secrets, mode="on_create")
    assert len(run.plan.unknown) == 1
    assert run.learns() == secrets


# Keys that are replaced


def test_what_a_former_key_knows_is_noted_with_the_current_one_and_nothing_is_written() -> None:
    desired = [connection(**BOTH), variable("my_password", secret_value="s")]
    actual = [MASKED, stored(VARIABLE, "my_password", value="***")]
    run = Run(*desired, actual=actual, secrets=row(*desired, key=FORMER), keys=[KEY, FORMER])
    assert not run.plan.changes
    assert run.learns() == row(*desired, seen=9)


def test_what_a_former_key_knows_of_what_is_changed_otherwise_is_noted_with_the_current_one_too() -> None:
    run = Run(connection(host="new", **BOTH), secrets=row(connection(**BOTH), key=FORMER), keys=[KEY, FORMER])
    assert run.plan.changes[0].write == {"host": "new"}
    assert run.learns() == row(connection(**BOTH), seen=20)


def test_of_what_a_former_key_knows_to_be_another_nothing_is_noted() -> None:
    run = Run(connection(password="new"), secrets=row(connection(**BOTH), key=FORMER), keys=[KEY, FORMER], mode="on_create")
    assert run.learns().applied == {PG: Applied(seen=9)}


def test_a_row_never_holds_what_two_keys_made() -> None:
    secrets = row(connection(**BOTH), key=FORMER)
    for keys in ([KEY, FORMER], [KEY]):
        learnt = Run(connection(password="new"), secrets=secrets, keys=keys).learns()
        assert learnt == row(connection(password="new"), seen=20)


# What needs no fingerprint


def test_pools_have_a_row_so_that_it_is_told_who_wrote_them() -> None:
    assert Run(pool(slots=1), actual=()).learns().applied == {("pool", "p"): Applied(seen=20)}


def test_empty_fields_need_none_where_it_is_shown_that_they_are() -> None:
    run = Run(connection(**HTTP, password="", extra={}), actual=())
    assert run.learns().applied == {PG: Applied(seen=20)}


def test_what_is_shown_and_no_secret_loses_its_fingerprint_when_something_is_written_anyhow() -> None:
    """On creation nobody knows yet what is going to be shown."""
    one, note = connection(extra={"timeout": 5}), connection("note", secret_extra={"note": "n"})
    created = Run(connection(**HTTP, extra={"timeout": 5}), actual=()).learns().applied[PG]
    assert created.fingerprints.keys() == {"extra"}
    actual = [stored(CONNECTION, "pg", **HTTP, extra={"timeout": 5}), stored(CONNECTION, "note", **HTTP, extra={"note": "n"})]
    secrets = row(one, note)
    assert Run(one, note, actual=actual, secrets=secrets).learns() == secrets
    learnt = Run(one, note, pool(slots=1), actual=actual, secrets=secrets).learns().applied
    assert learnt[PG] == Applied(seen=9)
    assert learnt["connection", "note"].fingerprints.keys() == {"extra"}, "secret by declaration"


def test_what_is_shown_in_part_keeps_its_fingerprint() -> None:
    one = connection(extra={"note": "zz-airflow-zz"})
    actual = stored(CONNECTION, "pg", **HTTP, extra={"note": "zz-***-zz"})
    run = Run(one, pool(slots=1), actual=(actual,), secrets=row(one))
    assert run.learns().applied[PG].fingerprints.keys() == {"extra"}


def test_what_was_not_read_keeps_its_fingerprint() -> None:
    one = connection(extra={"timeout": 5})
    actual = stored(CONNECTION, "pg", {"extra"}, **HTTP)
    run = Run(one, pool(slots=1), actual=(actual,), secrets=row(one))
    assert run.learns().applied[PG].fingerprints.keys() == {"extra"}


def test_airflow_2_shows_variables_and_never_whether_there_is_a_password() -> None:
    run = Run(
        variable("my_password", secret_value="s"), connection(**HTTP, password=""), actual=(), abilities=AIRFLOW_2
    )
    learnt = run.learns().applied
    assert learnt["variable", "my_password"] == Applied(seen=20)
    assert learnt[PG].fingerprints.keys() == {"password"}


def test_a_password_of_airflow_2_is_cleared_once() -> None:
    actual = stored(CONNECTION, "pg", {"password"}, **HTTP)
    cleared = Run(connection(password=""), actual=(actual,), secrets=row(connection(password="pw")), abilities=AIRFLOW_2)
    assert cleared.actions() == ["replace"]
    learnt = cleared.learns()
    again = Run(connection(password=""), actual=(actual,), secrets=learnt, history=History(20), abilities=AIRFLOW_2)
    assert (again.actions(), len(again.plan.unchanged)) == ([], 1)
    assert again.learns() == learnt
    back = Run(connection(password="pw"), actual=(actual,), secrets=learnt, history=History(20), abilities=AIRFLOW_2)
    assert back.actions() == ["update"]


# Two runs of the same owner at once


def test_what_another_run_of_this_owner_noted_meanwhile_is_kept() -> None:
    run = Run(connection(password="new"), secrets=row(connection(password="pw")))
    theirs = row(connection("theirs", **BOTH), seen=15)
    now = Secrets(DEPLOYMENT, {**run.secrets.applied, **theirs.applied})
    assert run.learns(now=now).applied == {**theirs.applied, **row(connection(password="new"), seen=20).applied}


def test_of_an_object_that_another_run_wrote_meanwhile_that_run_knows_better() -> None:
    """Without a log to tell: what this run found as it had been is not so any more."""
    run = Run(connection(password="pw"), pool(slots=1), secrets=row(connection(password="pw")), history=History())
    now = row(connection(password="theirs"), seen=None)
    assert run.learns(position=None, now=now).applied[PG] == now.applied[PG]


def test_what_another_run_created_meanwhile_and_this_one_wants_absent_does_not_break_it() -> None:
    run = Run(connection("gone", state="absent"), pool(slots=1))
    now = row(connection("gone", password="theirs"))
    assert run.learns(now=now).applied == {**now.applied, ("pool", "p"): Applied(seen=20)}


def test_what_another_run_named_the_deployment_counts() -> None:
    """As of two first runs at once; the fingerprints of the second one must be of use with the name of the first."""
    run = Run(connection(**HTTP, **BOTH), actual=())
    theirs = row(connection("theirs", **BOTH), seen=15)
    assert run.learns(now=theirs) == Secrets(DEPLOYMENT, {**theirs.applied, **row(connection(**BOTH), seen=20).applied})


def test_of_what_is_still_in_vault_nothing_is_remembered() -> None:
    """Nor forgotten: the run leaves it alone, and the next one knows it again."""
    one = connection(password={"vault": "a"}, secret_extra={"token": "t"}, **HTTP)
    secrets = row(connection(**HTTP, **BOTH))
    knowledge = Knowledge([KEY], secrets, QUIET, AIRFLOW_3)
    assert knowledge.of(one, "password") is Known.NOTHING
    assert knowledge.of(one, "extra") is Known.APPLIED
    plan = make_plan([one], by_id(MASKED), Policy("on_create", (KEY,)), AIRFLOW_3, knowledge.of)
    assert plan.unknown == [one]
    learnt = knowledge.learn(secrets, plan, Ledger(), by_id(MASKED), 9, ())
    assert learnt.applied[PG].fingerprints == secrets.applied[PG].fingerprints
