# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whole runs with owners: what is pruned, what is remembered of it, and what check mode says of both."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest

from ansible_collections.windsock.airflow.plugins.module_utils import _engine
from ansible_collections.windsock.airflow.plugins.module_utils._abilities import Abilities
from ansible_collections.windsock.airflow.plugins.module_utils._faults import Refused, ServerFault, Uncertain
from ansible_collections.windsock.airflow.plugins.module_utils._fingerprints import Key
from ansible_collections.windsock.airflow.plugins.module_utils._memory import Secrets, encoded, key_of, read_memories
from ansible_collections.windsock.airflow.plugins.module_utils._plan import Policy
from ansible_collections.windsock.airflow.plugins.module_utils._prune import Pruning
from ansible_collections.windsock.airflow.plugins.module_utils._report import Report
from ansible_collections.windsock.airflow.tests.unit.fakes import (
    AIRFLOW_2,
    AIRFLOW_3,
    AIRFLOW_3_0,
    CONNECTION,
    KINDS,
    POOL,
    VARIABLE,
    MemoryServer,
    connection,
    pool,
    run,
    stored,
    told,
    variable,
)

PG = {"conn_type": "postgres"}
GONE = ServerFault("nobody answers there")
OWNED = {"mode": "owned", "owner": "ours"}
every_generation = pytest.mark.parametrize(
    "abilities", [AIRFLOW_2, AIRFLOW_3_0, None], ids=["Airflow 2", "Airflow 3.0", "newest"]
)


def server_with(letters: str, **memories: str) -> MemoryServer:
    """Pools of one letter each, and owners that applied pools of one letter each."""
    return MemoryServer(
        *(stored(POOL, letter, slots=1) for letter in letters),
        *(remembered(owner, applied) for owner, applied in memories.items()),
    )


def remembered(owner: str, pools: str) -> t.Any:
    return stored(VARIABLE, key_of(owner), value=encoded(owner, {"pool": frozenset(pools)}))


def pools(letters: str) -> list[t.Any]:
    return [pool(letter, slots=1) for letter in letters]


def memory(server: MemoryServer, owner: str = "ours") -> t.Any:
    """What the server has of an owner, by kind."""
    found = [stored(VARIABLE, key, **fields) for (_kind, key), fields in server.objects.items() if VARIABLE.keeps(key)]
    own = read_memories(found, owner).own
    return None if own is None else {kind: "".join(sorted(some)) for kind, some in own.items()}


def changes(report: Report) -> list[tuple[str, str]]:
    return [(change["action"], change["id"]) for change in report.result["changes"]]


# Pruning


@every_generation
def test_what_an_earlier_run_applied_and_this_one_does_not_declare_goes(abilities: t.Any) -> None:
    server = MemoryServer(stored(POOL, "theirs", slots=1), **({"abilities": abilities} if abilities else {}))
    run(server, *pools("abcd"), **OWNED)
    report = run(server, *pools("ae"), **OWNED)
    assert sorted(changes(report)) == [("create", "e"), ("delete", "b"), ("delete", "c"), ("delete", "d")]
    assert report.result["summary"]["pools"] == {
        "created": 1,
        "updated": 0,
        "deleted": 3,
        "unchanged": 1,
        "unknown": 0,
    }
    assert sorted(server.ids(POOL)) == ["a", "e", "theirs"]
    assert memory(server) == {"pool": "ae"}
    again = run(server, *pools("ae"), **OWNED)
    assert (again.result["changed"], again.hints) == (False, [])


def test_pruning_can_begin_after_runs_without() -> None:
    server = MemoryServer()
    run(server, *pools("ab"), owner="ours")
    run(server, *pools("a"), owner="ours")
    assert memory(server) == {"pool": "ab"}
    assert changes(run(server, *pools("a"), **OWNED)) == [("delete", "b")]


def test_an_empty_list_leaves_nothing_of_a_kind_but_what_must_stay() -> None:
    server = MemoryServer(
        stored(POOL, "default_pool", slots=1),
        stored(POOL, "p", slots=1),
        stored(CONNECTION, "pg", **PG),
        stored(VARIABLE, "v", value="x"),
        remembered("other", "q"),
    )
    report = run(server, kinds=[POOL, VARIABLE], mode="all", owner="ours")
    assert sorted(changes(report)) == [("delete", "p"), ("delete", "v")]
    assert server.ids(POOL) == ["default_pool"]
    assert server.ids(CONNECTION) == ["pg"]
    assert memory(server, "other") == {"pool": "q"}


def test_kinds_that_are_pruned_are_listed_however_few_are_declared() -> None:
    server = server_with("ab")
    run(server, *pools("a"), mode="all", owner="ours", check_mode=True)
    assert server.calls == [("list", "pools"), ("list", "variables windsock_applied_*")]


def test_more_deletions_than_the_limit_are_refused_before_anything_is_written() -> None:
    server = server_with("abc", ours="abc")
    (fault,) = told(lambda: run(server, *pools("x"), limit=2, **OWNED))
    assert fault.startswith("prune_limit: prune=owned would delete 3 pools")
    assert server.writes() == []
    assert changes(run(server, *pools("x"), limit=3, **OWNED))[0] == ("create", "x")


def test_the_limit_holds_in_check_mode_too() -> None:
    with pytest.raises(Refused):
        run(server_with("ab"), kinds=[POOL], mode="all", limit=1, check_mode=True)


@pytest.mark.parametrize("owner", ["ours", ""])
def test_what_another_owner_applied_is_never_pruned(owner: str) -> None:
    server = server_with("abc", other="b")
    run(server, *pools("a"), mode="all", owner=owner)
    assert server.ids(POOL) == ["a", "b"]


def test_what_the_server_cannot_delete_stays_and_is_told() -> None:
    server = MemoryServer(stored(POOL, "a/b", slots=1), stored(POOL, "c", slots=1), abilities=AIRFLOW_2)
    report = run(server, *pools("x"), mode="all", owner="ours")
    assert sorted(server.ids(POOL)) == ["a/b", "x"]
    assert "pool 'a/b'" in report.hints[0]


def test_nothing_of_what_is_pruned_is_shown_that_may_be_secret() -> None:
    server = MemoryServer(
        stored(CONNECTION, "pg", **PG, login="CANARY", password="CANARY", extra={"a": "CANARY"}),
        stored(VARIABLE, "v", value="CANARY"),
    )
    report = run(server, kinds=KINDS, mode="all", owner="ours")
    assert len(report.diff()) == 2
    assert "CANARY" not in repr((report.result, report.diff(), report.hints, report.message))


# Check mode


def rich_server() -> MemoryServer:
    return server_with("abcde", ours="abcd", other="cde")


@pytest.mark.parametrize("pruning", [{"mode": "none"}, {"mode": "owned"}, {"mode": "all"}], ids=str)
@pytest.mark.parametrize("broken", [False, True], ids=["", "unreadable memory"])
def test_check_mode_says_what_a_real_run_then_does_and_writes_nothing(pruning: dict[str, str], broken: bool) -> None:
    checking, doing = rich_server(), rich_server()
    for server in (checking, doing):
        server.objects["pool", "f"] = stored(POOL, "f", slots=1).fields
        if broken:
            server.objects["variable", key_of("other")]["value"] = "damaged"
    desired = [pool("a", slots=2), *pools("ex"), pool("f", state="absent")]
    predicted = run(checking, *desired, check_mode=True, owner="ours", **pruning)
    done = run(doing, *desired, owner="ours", **pruning)
    assert checking.writes() == []
    assert predicted.result == done.result
    assert predicted.diff() == done.diff()
    assert predicted.hints == done.hints
    assert checking.reads() == doing.reads()[: len(checking.reads())]


def test_a_memory_is_no_change() -> None:
    server = server_with("a")
    report = run(server, *pools("a"), owner="ours")
    assert memory(server) == {"pool": "a"}
    assert (report.result["changed"], report.result["changes"], report.diff()) == (False, [], [])


# What is remembered


def test_the_memory_is_written_last() -> None:
    server = server_with("ab", ours="ab")
    run(server, *pools("axyz"), **OWNED)
    assert [method for method, _what in server.writes()][-1] == "update"
    assert server.calls[-2:] == [("get", key_of("ours")), ("update", key_of("ours"))]


def test_all_that_is_as_declared_is_claimed_whatever_had_to_be_done_for_it() -> None:
    server = MemoryServer(
        stored(POOL, "p", slots=1), stored(POOL, "q", slots=9), stored(CONNECTION, "c", **PG, password="***")
    )
    desired = [pool("p", slots=1), pool("q", slots=2), variable("v", value="x"), connection("c", password="pw")]
    report = run(server, *desired, owner="ours", update_secrets="on_create")
    assert report.result["summary"]["connections"]["unknown"] == 1
    assert memory(server) == {"pool": "pq", "variable": "v", "connection": "c"}


def test_what_could_not_be_created_is_not_claimed() -> None:
    server = MemoryServer()
    server.refused = {"b"}
    assert run(server, *pools("abc"), owner="ours").failed
    assert memory(server) == {"pool": "ac"}


def test_what_could_not_be_updated_is_not_claimed_anew_and_not_given_up() -> None:
    server = server_with("ab", ours="b")
    server.refused = {"a", "b"}
    assert run(server, pool("a", slots=2), pool("b", slots=2), **OWNED).failed
    assert memory(server) == {"pool": "b"}


def test_what_bulk_did_not_confirm_is_not_claimed() -> None:
    server = server_with("ab")
    server.unconfirmed = {"b"}
    run(server, *(pool(name, slots=2, include_deferred=False) for name in "ab"), owner="ours")
    assert memory(server) == {"pool": "a"}


def test_what_was_not_attempted_is_not_claimed() -> None:
    server = MemoryServer()
    server.trouble["create"] = [None, GONE]
    desired = [pool("p", slots=1), variable("v", value="x"), connection("c", **PG)]
    assert run(server, *desired, owner="ours").failed
    assert memory(server) == {"pool": "p"}


def test_what_could_not_be_deleted_stays_remembered_and_goes_next_time() -> None:
    server = server_with("abc", ours="abc")
    server.refused = {"b"}
    report = run(server, *pools("a"), **OWNED)
    assert [failure["id"] for failure in report.result["failures"]] == ["b"]
    assert memory(server) == {"pool": "ab"}
    server.refused = set()
    assert changes(run(server, *pools("a"), **OWNED)) == [("delete", "b")]
    assert memory(server) == {"pool": "a"}


@pytest.mark.parametrize("letters", ["ab", "b"], ids=["deleted", "gone already"])
def test_what_is_declared_absent_is_given_up(letters: str) -> None:
    server = server_with(letters, ours="ab")
    run(server, pool("a", state="absent"), owner="ours")
    assert memory(server) == {"pool": "b"}


def test_what_has_vanished_is_given_up_so_that_another_may_make_it_anew() -> None:
    server = server_with("a", ours="ab")
    run(server, *pools("a"), **OWNED)
    assert memory(server) == {"pool": "a"}
    server.objects["pool", "b"] = stored(POOL, "b", slots=1).fields
    assert changes(run(server, *pools("a"), **OWNED)) == []


def test_where_nothing_changes_the_memory_is_not_even_read_again() -> None:
    server = server_with("ab", ours="ab")
    run(server, *pools("ab"), **OWNED)
    assert server.calls == [("list", "pools"), ("list", "variables windsock_applied_*")]


def test_a_change_of_a_known_object_needs_no_memory_written() -> None:
    server = server_with("ab", ours="ab")
    run(server, pool("a", slots=2), owner="ours")
    assert server.writes() == [("update", "a")]


def test_without_an_owner_there_is_no_memory() -> None:
    server = MemoryServer()
    run(server, *pools("ab"))
    assert server.calls == [("get", "a"), ("get", "b"), ("bulk create", {name: {"slots": 1} for name in "ab"})]


def test_what_others_noted_meanwhile_is_kept() -> None:
    server = server_with("a", ours="a")
    create = server.create

    def and_another_run(*arguments: t.Any) -> None:
        create(*arguments)
        server.objects["variable", key_of("ours")]["value"] = encoded("ours", {"pool": frozenset("az")})

    server.create = and_another_run  # type: ignore[method-assign]
    run(server, *pools("ax"), owner="ours")
    assert memory(server) == {"pool": "axz"}


# Several owners


def test_what_two_owners_declare_goes_once_both_have_given_it_up() -> None:
    server = MemoryServer()
    first, second = {"mode": "owned", "owner": "first"}, {"mode": "owned", "owner": "second"}
    run(server, *pools("ab"), **first)
    assert "pool 'b' ('first')" in run(server, *pools("bc"), **second).hints[-1]
    (hint,) = run(server, *pools("ab"), check_mode=True, **first).hints
    assert "pool 'b' ('second')" in hint
    assert changes(run(server, *pools("a"), **first)) == []
    assert memory(server, "first") == {"pool": "a"}
    assert run(server, *pools("bc"), **second).hints == []
    assert changes(run(server, *pools("c"), **second)) == [("delete", "b")]


def test_two_owners_do_not_prune_each_other() -> None:
    server = MemoryServer()
    for expected in (1, 0):
        assert len(changes(run(server, *pools("a"), mode="owned", owner="first"))) == expected
        assert len(changes(run(server, *pools("b"), mode="owned", owner="second"))) == expected
    assert server.ids(POOL) == ["a", "b"]


# Where the memory is no help


def test_a_lost_memory_prunes_nothing_and_begins_anew() -> None:
    server = server_with("ab")
    report = run(server, *pools("a"), **OWNED)
    assert report.hints == ["nothing was pruned: this deployment has no memory of what the owner 'ours' applied before"]
    assert server.ids(POOL) == ["a", "b"]
    assert memory(server) == {"pool": "a"}


@pytest.mark.parametrize("mode", ["none", "owned", "all"])
def test_an_unreadable_memory_keeps_nothing_from_being_applied_and_is_left_as_it_is(mode: str) -> None:
    server = server_with("ab", ours="ab")
    server.objects["variable", key_of("ours")]["value"] = "ws1 damaged"
    report = run(server, *pools("ax"), mode=mode, owner="ours")
    assert server.ids(POOL) == ["a", "b", "x"]
    assert server.writes() == [("create", "x")]
    assert not report.failed
    assert key_of("ours") in report.hints[0]
    assert "is damaged; delete it to begin anew" in report.hints[0]
    assert len(report.hints) == (1 if mode == "none" else 2)


def test_an_unreadable_memory_of_another_owner_keeps_nobody_from_noting_what_they_applied() -> None:
    server = server_with("ab", ours="ab", other="b")
    server.objects["variable", key_of("other")]["value"] = "ws1 damaged"
    run(server, *pools("ax"), **OWNED)
    assert server.ids(POOL) == ["a", "b", "x"]
    assert memory(server) == {"pool": "abx"}


def test_who_may_not_read_variables_can_still_apply() -> None:
    server = server_with("ab", ours="ab")
    server.trouble["list"] = [None, ServerFault("listing variables: no right to (HTTP 403)", 403)]
    report = run(server, *pools("ax"), **OWNED)
    assert server.writes() == [("create", "x")]
    assert not report.failed
    assert "no right to (HTTP 403)" in report.hints[0]
    assert "nothing was pruned" in report.hints[1]


@pytest.mark.parametrize("status", [None, 403, 422, 500])
def test_what_could_not_be_noted_is_told_and_the_run_has_not_failed(status: int | None) -> None:
    server = server_with("", ours="")
    server.trouble["update"] = [ServerFault("nobody answers there", status)]
    report = run(server, *pools("a"), owner="ours")
    assert changes(report) == [("create", "a")]
    assert not report.failed
    assert report.hints == [
        "what was applied could not be noted for the owner 'ours', so prune=owned will not know it: "
        "nobody answers there"
    ]


# Secrets that are remembered

KEY, FORMER, STRANGE = (Key(letter * 64) for letter in "abc")
NO_RIGHT = ServerFault("reading the audit log: no right to (HTTP 403)", 403)


class Owner:
    """An owner with keys, against one server."""

    def __init__(self, server: MemoryServer, *keys: Key, name: str = "ours") -> None:
        self.server, self.keys, self.name = server, keys or (KEY,), name
        self.mode = "on_change"

    def __call__(self, *desired: t.Any, check_mode: bool = False, prune: str = "none") -> Report:
        self.server.calls.clear()
        kinds = [kind for kind in KINDS if prune != "none" or any(one.kind is kind for one in desired)]
        pruning = Pruning(prune, owner=self.name)
        return _engine.run([*desired], kinds, Policy(self.mode, self.keys), pruning, self.server, check_mode)

    def one(self, desired: t.Any, check_mode: bool = False) -> Report:
        self.server.calls.clear()
        return _engine.run_one(desired, Policy(self.mode, self.keys), self.name, self.server, check_mode)

    def settles(self, *desired: t.Any) -> list[tuple[str, str]]:
        """What check mode predicts, what the run does, and after which nothing is written, not even the memory."""
        predicted = self(*desired, check_mode=True)
        assert self.server.writes() == []
        done = self(*desired)
        assert not done.failed, done.message
        assert predicted.result == done.result
        assert predicted.diff() == done.diff()
        assert predicted.hints == done.hints
        again = self(*desired)
        assert (changes(again), self.server.writes()) == ([], [])
        assert sum(count["unknown"] for count in again.result["summary"].values()) == 0
        assert again.hints == []
        return changes(done)

    @property
    def memory(self) -> t.Any:
        return self.server.objects["variable", key_of(self.name)]

    @property
    def secrets(self) -> Secrets:
        """What is remembered of secrets."""
        return read_memories([stored(VARIABLE, key_of(self.name), **self.memory)], self.name).secrets

    def object_writes(self) -> list[tuple[str, t.Any]]:
        return [(method, what) for method, what in self.server.writes() if what != key_of(self.name)]


def masking(abilities: Abilities = AIRFLOW_3, *objects: t.Any) -> MemoryServer:
    return MemoryServer(*objects, abilities=abilities, masks=True)


@pytest.fixture(params=[AIRFLOW_2, AIRFLOW_3_0, AIRFLOW_3], ids=["Airflow 2", "Airflow 3.0", "newest"])
def owner(request: pytest.FixtureRequest) -> Owner:
    return Owner(masking(request.param))


def secrets(**words: str) -> list[t.Any]:
    """One object for each place where a secret may stand."""
    words = {"password": "pw-1", "leaf": "leaf-1", "text": "text-1", "uri": "uri-1", **words}
    return [
        connection("password", **PG, host="h", password=words["password"]),
        connection("leaf", **PG, extra={"timeout": 5}, secret_extra={"api_key": words["leaf"], "deep": {"token": words["leaf"]}}),
        connection("uri", uri=f"http://me:{words['uri']}@host/schema?api_key={words['uri']}"),
        variable("secret_text", secret_value=words["text"]),
        pool("p", slots=1),
    ]


ALL = {"password", "leaf", "uri", "secret_text"}


def hidden_at(owner: Owner) -> set[str]:
    """Those whose secrets the server does not show."""
    return ALL - {"secret_text"} if owner.server.abilities is AIRFLOW_2 else ALL


def changed_ids(report: Report) -> set[str]:
    return {object_id for _action, object_id in changes(report)}


def told_of(report: Report) -> set[str]:
    """What somebody else wrote."""
    return {each["id"] for each in report.result["written_by_others"]}


def test_what_is_created_is_known_and_a_second_run_writes_nothing(owner: Owner) -> None:
    assert {action for action, _id in owner.settles(*secrets())} == {"create"}


@pytest.mark.parametrize("what", ["password", "leaf", "uri", "text"])
def test_a_rotated_secret_is_found_and_written_and_nothing_else(owner: Owner, what: str) -> None:
    owner.settles(*secrets())
    rotated = secrets(**{what: "second"})
    assert owner.settles(*rotated) == [("update", "secret_text" if what == "text" else what)]
    assert "second" in repr(owner.server.objects)
    owner.settles(*secrets())
    assert "second" not in repr(owner.server.objects)


def test_a_rotated_secret_is_told_as_changed(owner: Owner) -> None:
    owner.settles(*secrets())
    report = owner(*secrets(password="second"), check_mode=True)
    (entry,) = report.result["changes"]
    assert (entry["fields"], entry["secrets"]) == ([], ["password"])
    assert report.diff()[0]["after"]["password"] == "(secret, changed)"


def test_of_a_thousand_secrets_the_rotated_one_is_written_in_one_request() -> None:
    owner = Owner(masking())
    many = [connection(f"c{each}", **PG, password=f"pw-{each}") for each in range(1000)]
    owner(*many)
    many[7] = connection("c7", **PG, password="second")
    report = owner(*many)
    assert changes(report) == [("update", "c7")]
    assert owner.object_writes() == [("update", "c7")]
    assert (changes(owner(*many)), owner.server.writes()) == ([], [])
    assert {key for (key, _id) in owner.server.objects} == {"connection", "variable"}


def test_a_cleared_password_and_a_cleared_leaf(owner: Owner) -> None:
    owner.settles(*secrets())
    assert owner.settles(connection("password", **PG, host="h", password="")) == [("replace", "password")]
    assert owner.settles(connection("leaf", **PG, extra={"timeout": 5})) == [("update", "leaf")]
    assert owner.server.objects["connection", "leaf"]["extra"] == {"timeout": 5}
    assert owner.settles(*secrets()) == [("update", "password"), ("update", "leaf")]


def test_no_text_that_is_written_for_it_holds_a_secret_or_who_it_is_of(owner: Owner) -> None:
    owner.settles(*secrets(password="CANARY", leaf="CANARY", text="CANARY", uri="CANARY"))
    report = owner(*secrets())
    assert "CANARY" not in repr((owner.memory, owner.secrets, report.result, report.diff(), report.hints))


# Keys


def test_a_new_key_with_the_former_one_behind_it_writes_only_the_memory(owner: Owner) -> None:
    owner.keys = (FORMER,)
    owner.settles(*secrets())
    owner.keys = (KEY, FORMER)
    assert owner.settles(*secrets()) == []
    owner.keys = (KEY,)
    assert (changes(owner(*secrets())), owner.server.writes()) == ([], [])
    assert owner.settles(*secrets(leaf="second")) == [("update", "leaf")]


def test_while_a_key_is_replaced_a_rotated_secret_is_found(owner: Owner) -> None:
    owner.keys = (FORMER,)
    owner.settles(*secrets())
    owner.keys = (KEY, STRANGE, FORMER)
    assert owner.settles(*secrets(password="second")) == [("update", "password")]


def test_another_key_alone_knows_nothing_and_says_so() -> None:
    owner = Owner(masking(), FORMER)
    owner.settles(*secrets())
    owner.keys = (KEY,)
    report = owner(*secrets())
    assert changed_ids(report) == ALL
    assert any("of 4 objects were made with another fingerprint_key" in hint for hint in report.hints)
    assert "(secret, unknown)" in repr(report.diff())
    again = owner(*secrets())
    assert (changes(again), owner.server.writes(), again.hints) == ([], [], [])


def test_the_first_run_with_a_key_writes_what_nobody_knows_and_then_knows_it(owner: Owner) -> None:
    run(owner.server, *secrets(), owner="ours")
    assert changed_ids(owner(*secrets())) == hidden_at(owner)
    again = owner(*secrets())
    assert (changes(again), owner.server.writes(), again.hints) == ([], [], [])


# Memory that is lost


def test_a_memory_that_was_deleted_begins_anew(owner: Owner) -> None:
    owner.settles(*secrets())
    del owner.server.objects["variable", key_of("ours")]
    assert changed_ids(owner(*secrets())) == hidden_at(owner)
    assert (changes(owner(*secrets())), owner.server.writes()) == ([], [])


@pytest.mark.parametrize("harm", ["ws1 damaged", "ws2 abcd", "***", ""], ids=["damaged", "foreign", "masked", "empty"])
def test_a_memory_that_cannot_be_read_knows_nothing_is_told_and_never_written_over(owner: Owner, harm: str) -> None:
    owner.settles(*secrets())
    owner.memory["value"] = harm
    for run_it in (lambda: owner(*secrets()), lambda: owner(*secrets())):
        report = run_it()
        assert changed_ids(report) == hidden_at(owner)
        assert any(f"the variable {key_of('ours')}" in hint for hint in report.hints)
        assert not report.failed
        assert owner.memory["value"] == harm
    report = owner.one(secrets()[0])
    assert (report.result["changed"], owner.memory["value"]) == (True, harm)
    assert any(f"the variable {key_of('ours')}" in hint for hint in report.hints)


def test_a_memory_of_another_deployment_knows_nothing_of_this_one() -> None:
    """As where somebody copied the variables."""
    one, other = Owner(masking()), Owner(masking())
    one.settles(*secrets())
    other.settles(*secrets())
    assert one.secrets.deployment != other.secrets.deployment
    other.memory["value"] = encoded("ours", {}, dataclasses.replace(one.secrets, deployment=other.secrets.deployment))
    assert changed_ids(other(*secrets())) == ALL


def test_a_memory_that_was_put_back_is_not_believed_beyond_what_the_log_tells() -> None:
    """An old one, from a backup: what this owner itself wrote since passes for somebody else's."""
    owner = Owner(masking())
    owner.settles(*secrets())
    before = dict(owner.memory)
    owner.settles(*secrets(password="second"))
    owner.memory.update(before)
    assert changed_ids(owner(*secrets())) == {"password"}
    assert owner.server.objects["connection", "password"]["password"] == "pw-1"


# Somebody else


def test_what_somebody_changed_by_hand_is_told_and_written_again(owner: Owner) -> None:
    owner.settles(*secrets())
    owner.server.somebody_writes(CONNECTION, "password", "ann", password="by hand")
    predicted = owner(*secrets(), check_mode=True)
    (told_edit,) = predicted.result["written_by_others"]
    assert (told_edit["kind"], told_edit["id"], told_edit["user"], told_edit["event"]) == (
        "connection", "password", "ann", "patch_connection"
    )
    (hint,) = [hint for hint in predicted.hints if "somebody else" in hint]
    assert f"connection 'password' (by ann, {told_edit['when']}, patch_connection)" in hint
    report = owner(*secrets())
    assert (report.result, report.hints) == (predicted.result, predicted.hints)
    assert changes(report) == [("update", "password")]
    assert owner.server.objects["connection", "password"]["password"] == "pw-1"
    again = owner(*secrets())
    assert (changes(again), owner.server.writes(), told_of(again), again.hints) == ([], [], set(), [])


def test_what_is_not_declared_this_time_is_nobodys_concern(owner: Owner) -> None:
    """Until it is declared again."""
    owner.settles(*secrets())
    owner.server.somebody_writes(CONNECTION, "password", password="by hand")
    report = owner(*secrets()[1:])
    assert (changes(report), told_of(report)) == ([], set())
    assert told_of(owner(*secrets(leaf="second")[1:])) == set()
    report = owner(*secrets(leaf="second"))
    assert (changes(report), told_of(report)) == ([("update", "password")], {"password"})


def test_an_edit_that_changed_nothing_to_be_seen_is_told_once(owner: Owner) -> None:
    owner.settles(*secrets())
    owner.server.somebody_writes(POOL, "p")
    for check_mode in (True, False):
        report = owner(*secrets(), check_mode=check_mode)
        assert (changes(report), told_of(report)) == ([], {"p"})
    assert told_of(owner(*secrets())) == set()
    assert owner.server.writes() == []


@pytest.mark.parametrize("visible", [True, False])
def test_what_somebody_wrote_is_not_believed_once_it_was_told(visible: bool) -> None:
    """On_create leaves their secret alone, and a later run must not take it for ours."""
    owner = Owner(masking())
    owner.settles(*secrets())
    owner.server.somebody_writes(CONNECTION, "password", password="by hand", **({"host": "theirs"} if visible else {}))
    owner.mode = "on_create"
    assert changes(owner(*secrets())) == ([("update", "password")] if visible else [])
    assert owner(*secrets()).result["summary"]["connections"]["unknown"] == 1
    owner.mode = "on_change"
    assert changes(owner(*secrets())) == [("update", "password")]
    assert owner.server.objects["connection", "password"]["password"] == "pw-1"


def test_a_password_that_was_removed_by_hand_is_written_whatever_the_mode() -> None:
    for mode in ("on_change", "always", "on_create"):
        owner = Owner(masking())
        owner.settles(*secrets())
        owner.server.somebody_writes(CONNECTION, "password", password=None)
        owner.mode = mode
        assert ("update", "password") in changes(owner(*secrets()))
        assert owner.server.objects["connection", "password"]["password"] == "pw-1"


def test_two_owners_tell_of_each_other_and_neither_believes_what_it_wrote_before(owner: Owner) -> None:
    other = Owner(owner.server, STRANGE, name="theirs")
    owner.settles(*secrets())
    other(*secrets(password="theirs"))
    report = owner(*secrets())
    assert "password" in changed_ids(report)
    assert "password" in told_of(report)
    assert owner.server.objects["connection", "password"]["password"] == "pw-1"
    assert changes(owner(*secrets())) == []


def once_after(server: MemoryServer, method: str, then: t.Callable[[], None], object_id: str = "") -> None:
    """Somebody does something right after the first call of a method, or after the first one for an object."""
    call = getattr(server, method)

    def and_then(*arguments: t.Any) -> t.Any:
        found = call(*arguments)
        if not object_id or object_id in arguments:
            setattr(server, method, call)
            then()
        return found

    setattr(server, method, and_then)


@pytest.mark.parametrize(
    ("method", "object_id"),
    [("log", ""), ("update", key_of("ours")), ("update", "password")],
    ids=["after the log was read", "after it was forgotten", "after it was written"],
)
def test_what_somebody_writes_during_the_run_is_not_taken_for_ours(owner: Owner, method: str, object_id: str) -> None:
    owner.settles(*secrets())
    server, rotated = owner.server, secrets(password="second")
    once_after(server, method, lambda: server.somebody_writes(CONNECTION, "password", password="by hand"), object_id)
    assert changes(owner(*rotated)) == [("update", "password")]
    assert owner.object_writes() == [("update", "password")]
    owner(*rotated)
    assert owner.object_writes() == [("update", "password")]
    assert server.objects["connection", "password"]["password"] == "second"
    assert (changes(owner(*rotated)), server.writes()) == ([], [])


def test_what_somebody_writes_during_the_run_and_we_do_not_is_told_by_the_next_one() -> None:
    owner = Owner(masking())
    owner.settles(*secrets())
    once_after(owner.server, "log", lambda: owner.server.somebody_writes(CONNECTION, "leaf", extra={"api_key": "by hand"}))
    assert changes(owner(*secrets(password="second"))) == [("update", "password")]
    report = owner(*secrets(password="second"))
    assert (changes(report), told_of(report)) == ([("update", "leaf")], {"leaf"})


# Runs that die, and requests that fail


class Killed(BaseException):
    """The process is gone."""


def killed(owner: Owner, *desired: t.Any, after_its_update: bool) -> None:
    """A run that dies as it updates the connection, before that or after."""
    server, update = owner.server, owner.server.update

    def dies(kind: t.Any, object_id: str, *arguments: t.Any) -> None:
        if object_id != "password" or after_its_update:
            update(kind, object_id, *arguments)
        if object_id == "password":
            raise Killed

    server.update = dies  # type: ignore[method-assign]
    with pytest.raises(Killed):
        owner(*desired)
    server.update = update  # type: ignore[method-assign]


@pytest.mark.parametrize("log_readable", [True, False], ids=["with a log", "without"])
def test_a_run_that_dies_after_its_write_is_no_reason_to_believe_what_was_before(owner: Owner, log_readable: bool) -> None:
    """The object has the new password, and the old one may be declared again."""
    owner.settles(*secrets())
    killed(owner, *secrets(password="second"), after_its_update=True)
    assert owner.server.objects["connection", "password"]["password"] == "second"
    owner.server.trouble["log"] = [] if log_readable else [NO_RIGHT] * 9
    assert changes(owner(*secrets())) == [("update", "password")]
    assert owner.server.objects["connection", "password"]["password"] == "pw-1"


@pytest.mark.parametrize("declared_then", ["pw-1", "second"])
def test_a_run_that_dies_before_its_write_writes_the_next_time(owner: Owner, declared_then: str) -> None:
    owner.settles(*secrets())
    killed(owner, *secrets(password="second"), after_its_update=False)
    assert owner.settles(*secrets(password=declared_then)) == [("update", "password")]


def test_what_failed_is_tried_again_and_is_not_told_as_somebody_elses(owner: Owner) -> None:
    """Requests that were refused are in the log like any others."""
    owner.settles(*secrets())
    rotated = secrets(password="second", leaf="second")
    owner.server.refused = {"password"}
    for _twice in range(2):
        report = owner(*rotated)
        assert report.failed
        assert told_of(report) == set()
        assert [failure["id"] for failure in report.result["failures"]] == ["password"]
    owner.server.refused = set()
    report = owner(*rotated)
    assert (changes(report), told_of(report)) == ([("update", "password")], set())
    assert (changes(owner(*rotated)), owner.server.writes()) == ([], [])


def test_what_failed_is_not_believed_to_be_what_it_was(owner: Owner) -> None:
    """Its answer may have been lost on the way, and the old declaration may come back."""
    owner.settles(*secrets())
    owner.server.trouble["update"] = [None, (Uncertain("the connection broke"), True)]
    assert owner(*secrets(password="second")).failed
    assert owner.server.objects["connection", "password"]["password"] == "second"
    assert changes(owner(*secrets())) == [("update", "password")]
    assert owner.server.objects["connection", "password"]["password"] == "pw-1"


def test_what_was_not_attempted_is_known_as_before() -> None:
    owner = Owner(masking())
    owner.settles(*secrets())
    owner.server.trouble["update"] = [None, GONE]
    rotated = [connection("password", **PG, host="new", password="pw-1"), *secrets()[1:]]
    assert owner(*rotated[:1], variable("secret_text", secret_value="second")).failed
    assert owner.settles(*secrets()) in ([], [("update", "secret_text")], [("update", "password"), ("update", "secret_text")])


def test_where_the_memory_cannot_be_written_that_is_told_once_and_nothing_old_is_believed(owner: Owner) -> None:
    owner.settles(*secrets())
    update = owner.server.update

    def no_memories(kind: t.Any, object_id: str, *arguments: t.Any) -> None:
        if VARIABLE.keeps(object_id):
            raise ServerFault("no right to", 403)
        update(kind, object_id, *arguments)

    owner.server.update = no_memories  # type: ignore[method-assign]
    report = owner(*secrets(password="second"))
    assert changes(report) == [("update", "password")]
    assert not report.failed
    assert [hint for hint in report.hints if "could not be noted" in hint] == [
        "what was applied could not be noted for the owner 'ours', so prune=owned will not know it, nor the next run "
        "which secrets it wrote: no right to"
    ]
    owner.server.update = update  # type: ignore[method-assign]
    assert changes(owner(*secrets())) == [("update", "password")], "our own write passes for somebody else's"


def test_where_only_the_forgetting_failed_nothing_is_told_for_it_was_noted_in_the_end(owner: Owner) -> None:
    owner.settles(*secrets())
    owner.server.trouble["update"] = [ServerFault("busy", 500)]
    report = owner(*secrets(password="second"))
    assert (changes(report), report.hints) == ([("update", "password")], [])
    assert (changes(owner(*secrets(password="second"))), owner.server.writes()) == ([], [])


# The log


def test_a_log_that_may_not_be_read_is_one_hint_and_nothing_else(owner: Owner) -> None:
    owner.settles(*secrets())
    for declared_now, expected in ((secrets(), []), (secrets(leaf="second"), [("update", "leaf")]), (secrets(leaf="second"), [])):
        for check_mode in (True, False):
            owner.server.trouble["log"] = [NO_RIGHT] * 9
            report = owner(*declared_now, check_mode=check_mode)
            assert changes(report) == expected
            assert "written_by_others" not in report.result
            (hint,) = report.hints
            assert hint.startswith("the audit log cannot be read, so nobody can say whether secrets were changed by hand")


def test_where_the_log_never_could_be_read_secrets_are_known_all_the_same(owner: Owner) -> None:
    owner.server.trouble["log"] = [NO_RIGHT] * 99
    owner(*secrets())
    assert (changes(owner(*secrets())), owner.server.writes()) == ([], [])
    assert changes(owner(*secrets(leaf="second"))) == [("update", "leaf")]
    owner.server.somebody_writes(CONNECTION, "leaf", extra={"api_key": "by hand", "deep": {"token": "x"}, "timeout": 5})
    assert changes(owner(*secrets(leaf="second"))) == [], "nobody can know"
    owner.server.trouble["log"] = []
    assert told_of(owner(*secrets(leaf="second"))) == set()
    owner.server.somebody_writes(CONNECTION, "leaf", extra={"api_key": "by hand", "deep": {"token": "x"}, "timeout": 5})
    assert changes(owner(*secrets(leaf="second"))) == [("update", "leaf")]


def test_where_the_log_cannot_be_read_at_the_end_what_was_written_is_doubtful() -> None:
    owner = Owner(masking())
    owner.settles(*secrets())
    owner.server.trouble["log"] = [None, NO_RIGHT]
    assert changes(owner(*secrets(password="second"))) == [("update", "password")]
    assert changes(owner(*secrets(password="second"))) == [("update", "password")]
    assert (changes(owner(*secrets(password="second"))), owner.server.writes()) == ([], [])


def test_a_log_that_was_emptied_is_told_until_it_is_noted_and_no_object_is_written(owner: Owner) -> None:
    owner.settles(*secrets())
    owner.server.events.clear()
    for check_mode in (True, False):
        report = owner(*secrets(), check_mode=check_mode)
        assert changes(report) == []
        assert ["trimmed" in hint for hint in report.hints] == [True]
    assert owner(*secrets()).hints == []
    owner.server.somebody_writes(CONNECTION, "password", password="by hand")
    assert changes(owner(*secrets())) == [("update", "password")]


def test_our_own_requests_are_ours_in_whatever_order_runs_come(owner: Owner) -> None:
    """Of two sets and single objects of the same owner, none is told of another's."""
    first, second = secrets()[:2], secrets()[2:]
    for each in (first, second, first):
        assert told_of(owner(*each)) == set()
    assert told_of(owner.one(first[0])) == set()
    assert changes(owner(*first[:1], *second)) == []
    assert told_of(owner(*secrets(password="second", text="second"))) == set()
    assert told_of(owner.one(secrets(password="second")[0])) == set()
    assert changes(owner(*secrets(password="second", text="second"))) == []


# Modes


def test_on_create_leaves_a_rotated_secret_alone_and_says_unknown(owner: Owner) -> None:
    owner.mode = "on_create"
    owner.settles(*secrets())
    report = owner(*secrets(password="second"))
    assert (changes(report), report.result["summary"]["connections"]["unknown"]) == ([], 1)
    owner.mode = "on_change"
    assert owner.settles(*secrets(password="second")) == [("update", "password")]


def test_always_writes_what_is_known_too_and_remembers_it() -> None:
    owner = Owner(masking())
    owner.mode = "always"
    owner(*secrets())
    for _twice in range(2):
        assert changed_ids(owner(*secrets())) == ALL
    owner.mode = "on_change"
    assert changes(owner(*secrets())) == []


def test_what_a_run_without_a_key_wrote_is_not_known_to_one_with_it(owner: Owner) -> None:
    """Nor is it somebody else's. Whether the log can be read or not."""
    for log_readable in (True, False):
        owner.server = masking(owner.server.abilities)
        owner.settles(*secrets())
        run(owner.server, *secrets(password="second"), owner="ours")
        owner.server.trouble["log"] = [] if log_readable else [NO_RIGHT] * 9
        report = owner(*secrets())
        assert "password" in changed_ids(report)
        assert not report.result.get("written_by_others")
        assert owner.server.objects["connection", "password"]["password"] == "pw-1"


# What is gone


@pytest.mark.parametrize("key", [True, False], ids=["with a key", "without"])
def test_what_is_deleted_is_forgotten(owner: Owner, key: bool) -> None:
    owner.settles(*secrets())
    gone = [connection("password", state="absent"), *secrets()[1:4]]
    report = owner(*gone) if key else run(owner.server, *gone, owner="ours", update_secrets="on_create")
    assert ("delete", "password") in changes(report)
    assert ("connection", "password") not in owner.secrets.applied
    assert {object_id for _kind, object_id in owner.secrets.applied} == {"leaf", "uri", "secret_text", "p"}


def test_what_is_pruned_is_forgotten(owner: Owner) -> None:
    owner.settles(*secrets())
    assert changes(owner(*secrets()[1:], prune="owned")) == [("delete", "password")]
    assert ("connection", "password") not in owner.secrets.applied


def test_what_has_vanished_and_is_not_declared_any_more_is_forgotten(owner: Owner) -> None:
    """Or the memory would only grow."""
    owner.settles(*secrets())
    del owner.server.objects["connection", "password"]
    owner(*secrets()[1:], prune="owned")
    assert ("connection", "password") not in owner.secrets.applied


def test_what_was_deleted_and_created_anew_by_hand_is_not_believed(owner: Owner) -> None:
    owner.settles(*secrets())
    owner.server.somebody_writes(CONNECTION, "password", password="other")
    assert changes(owner(*secrets())) == [("update", "password")]


def test_what_is_created_anew_by_us_is_known_by_what_was_written(owner: Owner) -> None:
    owner.settles(*secrets())
    del owner.server.objects["connection", "password"]
    assert owner.settles(*secrets(password="second")) == [("create", "password")]


# Single objects


def test_a_single_object_is_known_too_and_belongs_to_nobody(owner: Owner) -> None:
    one, rotated = secrets()[0], secrets(password="second")[0]
    for desired, expected in ((one, True), (one, False), (rotated, True), (rotated, False)):
        assert owner.one(desired, check_mode=True).result["changed"] == expected
        assert owner.server.writes() == []
        assert owner.one(desired).result["changed"] == expected
        assert bool(owner.server.writes()) == expected
    assert owner.server.objects["connection", "password"]["password"] == "second"
    assert memory(owner.server) == {}
    assert changes(owner(*secrets()[1:], prune="owned"))
    assert "password" in owner.server.ids(CONNECTION)


def test_a_single_object_shares_the_memory_of_its_owners_sets(owner: Owner) -> None:
    owner.settles(*secrets())
    assert not owner.one(secrets()[0]).result["changed"]
    assert owner.server.writes() == []
    assert owner.one(secrets(password="second")[0]).result["changed"]
    assert changes(owner(*secrets(password="second"))) == []
    assert changes(owner(*secrets())) == [("update", "password")]


def test_a_single_object_that_failed_or_is_gone(owner: Owner) -> None:
    one, rotated = secrets()[0], secrets(password="second")[0]
    owner.one(one)
    owner.server.refused = {"password"}
    assert owner.one(rotated).failed
    owner.server.refused = set()
    assert told_of(owner.one(one)) == set()
    assert owner.one(connection("password", state="absent")).result["changed"]
    assert owner.secrets.applied == {}


def test_a_single_object_of_another_key_is_told() -> None:
    owner = Owner(masking(), FORMER)
    owner.one(secrets()[0])
    owner.keys = (KEY,)
    report = owner.one(secrets()[0])
    assert report.result["changed"]
    assert any("of 1 object were made with another fingerprint_key" in hint for hint in report.hints)


def test_who_may_not_read_the_memory_can_still_write_a_single_object(owner: Owner) -> None:
    owner.server.trouble["get"] = [None, ServerFault("reading variable: no right to (HTTP 403)", 403)]
    report = owner.one(secrets()[0])
    assert report.result["changed"]
    assert owner.server.writes() == [("create", "password")]
    assert any("no right to (HTTP 403)" in hint for hint in report.hints)
