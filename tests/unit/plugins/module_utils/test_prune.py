# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What goes because nobody declares it, what stays all the same, and why."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.windsock.airflow.plugins.module_utils._faults import Refused
from ansible_collections.windsock.airflow.plugins.module_utils._memory import Memories
from ansible_collections.windsock.airflow.plugins.module_utils._prune import Pruned, Pruning, prune, shared
from ansible_collections.windsock.airflow.tests.unit.fakes import (
    AIRFLOW_2,
    AIRFLOW_3,
    CONNECTION,
    KINDS,
    POOL,
    VARIABLE,
    by_id,
    connection,
    pool,
    stored,
    told,
    variable,
)

PG = {"conn_type": "postgres"}


def pools(letters: str) -> list[t.Any]:
    return [stored(POOL, letter, slots=1) for letter in letters]


def ids(**by_kind: str) -> dict[str, frozenset[str]]:
    """Ids of one letter each, by kind."""
    return {kind: frozenset(letters) for kind, letters in by_kind.items()}


def pruned(
    mode: str,
    *actual: t.Any,
    desired: t.Sequence[t.Any] = (),
    kinds: t.Sequence[t.Any] = KINDS,
    own: t.Any = None,
    others: t.Any = None,
    trouble: t.Any = None,
    abilities: t.Any = AIRFLOW_3,
    **options: t.Any,
) -> Pruned:
    memories = Memories("ours", own, others or {}, trouble or {})
    return prune(desired, kinds, by_id(*actual), Pruning(mode, owner="ours", **options), memories, abilities)


def gone(result: Pruned) -> list[str]:
    return [one.id for one in result.absent]


# Which objects


def test_none_prunes_nothing() -> None:
    assert pruned("none", *pools("ab"), own=ids(pool="ab")) == Pruned()


def test_owned_prunes_what_the_owner_applied_and_nobody_declares() -> None:
    result = pruned("owned", *pools("abcd"), desired=[pool("a")], own=ids(pool="ab"))
    assert gone(result) == ["b"]
    assert result.notes == []


def test_all_prunes_whatever_nobody_declares() -> None:
    result = pruned("all", *pools("abc"), desired=[pool("a")], own=ids(pool="ab"))
    assert gone(result) == ["b", "c"]


def test_all_needs_no_memory_of_its_own() -> None:
    result = pruned("all", *pools("ab"), desired=[pool("a")])
    assert gone(result) == ["b"]
    assert result.notes == []


def test_what_is_to_go_is_declared_absent() -> None:
    (one,) = pruned("all", *pools("a")).absent
    assert (one.kind, one.id, one.present, one.fields) == (POOL, "a", False, {})


@pytest.mark.parametrize("mode", ["owned", "all"])
def test_what_is_declared_absent_is_not_pruned_too(mode: str) -> None:
    assert gone(pruned(mode, *pools("a"), desired=[pool("a", state="absent")], own=ids(pool="a"))) == []


@pytest.mark.parametrize("mode", ["owned", "all"])
def test_only_kinds_that_are_declared_are_pruned(mode: str) -> None:
    actual = [*pools("a"), stored(VARIABLE, "a", value="x"), stored(CONNECTION, "a", **PG)]
    own = ids(pool="a", variable="a", connection="a")
    for kind in KINDS:
        result = pruned(mode, *actual, kinds=[kind], own=own)
        assert [(one.kind, one.id) for one in result.absent] == [(kind, "a")]
    assert gone(pruned(mode, *actual, kinds=[], own=own)) == []


def test_an_id_of_another_kind_is_another_object() -> None:
    actual = [*pools("a"), stored(VARIABLE, "a", value="x")]
    result = pruned("owned", *actual, desired=[variable("a")], own=ids(pool="a", variable="a"))
    assert [one.kind for one in result.absent] == [POOL]


# Guards


@pytest.mark.parametrize("mode", ["owned", "all"])
def test_so_many_may_go_as_the_limit_says(mode: str) -> None:
    assert len(pruned(mode, *pools("abc"), own=ids(pool="abc"), limit=3).absent) == 3
    assert (
        pruned(mode, *pools("abc"), desired=[pool(name) for name in "abc"], own=ids(pool="abc"), limit=0).absent == []
    )


@pytest.mark.parametrize(("mode", "limit"), [("owned", 2), ("all", 2), ("all", 0)])
def test_more_than_the_limit_is_refused(mode: str, limit: int) -> None:
    (fault,) = told(lambda: pruned(mode, *pools("abc"), own=ids(pool="abc"), limit=limit))
    assert fault == (
        f"prune_limit: prune={mode} would delete 3 pools ('a', 'b', 'c'), and no more than {limit} may go in one run. "
        "If that is meant, set prune_limit to 3"
    )


def test_the_limit_counts_all_kinds_together_and_names_a_few() -> None:
    actual = [*pools("abcd"), stored(VARIABLE, "v", value="CANARY"), stored(CONNECTION, "pg", **PG, login="CANARY")]
    (fault,) = told(lambda: pruned("all", *actual, limit=5))
    assert "would delete 4 pools, 1 variable, 1 connection (" in fault
    assert "('a', 'b', 'c', 'd', 'v', ...)" in fault
    assert "set prune_limit to 6" in fault
    assert "CANARY" not in fault


def test_what_stays_does_not_count() -> None:
    actual = [stored(POOL, "default_pool", slots=1), *pools("abcd")]
    result = pruned("all", *actual, desired=[pool("a")], protect=("b",), others={"x": ids(pool="c")}, limit=1)
    assert gone(result) == ["d"]


@pytest.mark.parametrize("mode", ["owned", "all"])
@pytest.mark.parametrize(
    ("pattern", "stay"),
    [
        ("airflow_db", ["airflow_db"]),
        ("airflow_*", ["airflow_db", "airflow_x"]),
        ("?irflow_db", ["airflow_db"]),
        ("[ax]irflow_x", ["airflow_x"]),
        ("AIRFLOW_*", ["AIRFLOW_DB"]),
        ("airflow", []),
        ("*", ["AIRFLOW_DB", "airflow_db", "airflow_x", "x/y"]),
        ("x*", ["x/y"]),
        ("", []),
    ],
)
def test_what_is_protected_stays(mode: str, pattern: str, stay: list[str]) -> None:
    """Shell patterns of whole ids, upper and lower case told apart on every machine."""
    names = ["AIRFLOW_DB", "airflow_db", "airflow_x", "x/y"]
    own = {"variable": frozenset(names)}
    actual = [stored(VARIABLE, name, value="x") for name in names]
    left = set(names) - set(gone(pruned(mode, *actual, own=own, protect=("nothing", pattern))))
    assert sorted(left) == stay


@pytest.mark.parametrize("mode", ["owned", "all"])
def test_default_pool_always_stays(mode: str) -> None:
    result = pruned(mode, stored(POOL, "default_pool", slots=1), own={"pool": frozenset({"default_pool"})})
    assert result.absent == []


def test_a_variable_named_like_default_pool_is_nothing_special() -> None:
    assert gone(pruned("all", stored(VARIABLE, "default_pool", value="x"))) == ["default_pool"]


@pytest.mark.parametrize("mode", ["owned", "all"])
def test_what_another_owner_applied_stays(mode: str) -> None:
    result = pruned(mode, *pools("abc"), own=ids(pool="ab"), others={"x": ids(pool="b"), "y": ids(pool="c")})
    assert gone(result) == ["a"]


@pytest.mark.parametrize("mode", ["owned", "all"])
def test_an_owner_of_another_kind_of_that_id_protects_nothing(mode: str) -> None:
    assert gone(pruned(mode, *pools("a"), own=ids(pool="a"), others={"x": ids(variable="a")})) == ["a"]


# Where the memory is no help


@pytest.mark.parametrize("mode", ["owned", "all"])
def test_where_a_memory_cannot_be_read_nothing_is_pruned(mode: str) -> None:
    """Be it another owner's: who would know what is theirs?"""
    result = pruned(mode, *pools("ab"), own=ids(pool="ab"), trouble={"windsock_applied_61": "the variable is damaged"})
    assert (result.absent, result.released) == ([], [])
    assert result.notes == [
        "the variable is damaged",
        "nothing was pruned, since nobody can say what belongs to whom",
    ]


def test_where_nothing_is_pruned_an_unreadable_memory_is_told_all_the_same() -> None:
    assert pruned("none", trouble={"windsock_applied_61": "it is damaged"}).notes == ["it is damaged"]


def test_without_a_memory_owned_prunes_nothing_and_says_so() -> None:
    result = pruned("owned", *pools("ab"), others={"x": ids(pool="a")})
    assert (result.absent, result.released) == ([], [])
    assert result.notes == ["nothing was pruned: this deployment has no memory of what the owner 'ours' applied before"]


def test_with_an_empty_memory_there_is_nothing_to_say() -> None:
    assert pruned("owned", *pools("ab"), own={}) == Pruned()


def test_what_the_api_cannot_reach_stays_and_is_named() -> None:
    slashed, plain = stored(POOL, "a/b", slots=1), stored(POOL, "c", slots=1)
    result = pruned("all", slashed, plain, abilities=AIRFLOW_2)
    assert gone(result) == ["c"]
    (note,) = result.notes
    assert "pool 'a/b'" in note
    assert gone(pruned("all", slashed, plain)) == ["a/b", "c"]
    assert pruned("all", slashed, protect=("a/*",), abilities=AIRFLOW_2).notes == []


# What an owner gives up


def test_without_pruning_only_what_has_vanished_is_given_up() -> None:
    """Else what somebody makes under that name would be taken for this owner's."""
    result = pruned("none", *pools("a"), own=ids(pool="ab", variable="v"), kinds=[POOL])
    assert (gone(result), result.released) == ([], [("pool", "b")])


@pytest.mark.parametrize("mode", ["owned", "all"])
def test_what_has_vanished_is_given_up(mode: str) -> None:
    assert pruned(mode, *pools("a"), own=ids(pool="ab")).released == [("pool", "b")]


@pytest.mark.parametrize("mode", ["owned", "all"])
def test_what_another_owner_applied_too_is_given_up_and_stays(mode: str) -> None:
    result = pruned(mode, *pools("ab"), own=ids(pool="ab"), others={"x": ids(pool="a")})
    assert result.released == [("pool", "a")]
    assert gone(result) == ["b"]


def test_what_cannot_go_is_given_up_and_stays() -> None:
    own = {"pool": frozenset({"default_pool"})}
    result = pruned("owned", stored(POOL, "default_pool", slots=64), own=own)
    assert (result.absent, result.released) == ([], [("pool", "default_pool")])


def test_what_is_declared_is_not_given_up() -> None:
    result = pruned(
        "owned", *pools("a"), desired=[pool("a"), pool("b")], own=ids(pool="ab"), others={"x": ids(pool="a")}
    )
    assert result.released == []


def test_what_is_protected_is_not_given_up() -> None:
    assert pruned("owned", *pools("a"), own=ids(pool="a"), protect=("a",)).released == []


def test_of_kinds_that_are_not_declared_nothing_is_given_up() -> None:
    assert pruned("owned", kinds=[VARIABLE], own=ids(pool="a", variable="v")).released == [("variable", "v")]


def test_what_goes_is_given_up_only_once_it_is_gone() -> None:
    """See the engine: it may fail to go."""
    assert pruned("owned", *pools("a"), own=ids(pool="a")).released == []


# What several owners declare


def test_what_several_owners_declare_is_one_sentence() -> None:
    memories = Memories("ours", ids(pool="a"), {"x": ids(pool="ab"), "y": ids(pool="a", connection="c")})
    (sentence,) = shared([pool("a"), pool("z"), connection("c", **PG), variable("a")], memories)
    assert sentence == (
        "declared here for the owner 'ours', and applied by other owners as well: pool 'a' ('x', 'y'), "
        "connection 'c' ('y'). Each run undoes what differs in the other's declaration"
    )


def test_of_many_that_several_owners_declare_a_few_are_named() -> None:
    (sentence,) = shared([pool(name) for name in "abcdefg"], Memories("ours", None, {"x": ids(pool="abcdefg")}))
    assert "pool 'e' ('x') and 2 more. Each" in sentence
    assert "'f'" not in sentence


def test_what_only_this_owner_declares_is_not_worth_a_sentence() -> None:
    assert shared([pool("a")], Memories("ours", ids(pool="a"), {"x": ids(pool="b", variable="a")})) == []
    assert shared([pool("a")], Memories("")) == []


def test_too_many_are_refused_before_anything_else_is_looked_at() -> None:
    with pytest.raises(Refused) as caught:
        pruned("all", *pools("abc"), limit=1)
    assert caught.value.message.startswith("One fault in what is declared, nothing was changed:")
