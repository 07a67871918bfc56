# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an owner has applied: how it is written, read again, and kept from harm."""

from __future__ import annotations

import base64
import json
import re
import typing as t
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.windsock.airflow.plugins.module_utils import _memory
from ansible_collections.windsock.airflow.plugins.module_utils._faults import ServerFault
from ansible_collections.windsock.airflow.plugins.module_utils._memory import (
    Memories,
    changed,
    encoded,
    key_of,
    no_memories,
    read_memories,
    remember,
)
from ansible_collections.windsock.airflow.tests.unit.fakes import (
    CONNECTION,
    POOL,
    VARIABLE,
    MemoryServer,
    by_id,
    stored,
)

words = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)
objects_by_kind = st.dictionaries(
    st.sampled_from(["connection", "variable", "pool"]), st.frozensets(words, min_size=1, max_size=30)
)
SOME = {"pool": frozenset({"a", "b"}), "connection": frozenset({"pg"})}


def ids(**by_kind: str) -> dict[str, frozenset[str]]:
    """Ids of one letter each, by kind."""
    return {kind: frozenset(letters) for kind, letters in by_kind.items()}


def memory(owner: str, text: t.Any = None, **by_kind: str) -> t.Any:
    """The variable of an owner."""
    value = encoded(owner, ids(**by_kind)) if text is None else text
    return stored(VARIABLE, key_of(owner), value=value, description="as it was")


# The text


@given(words, objects_by_kind)
def test_what_was_written_is_read_again(owner: str, objects: t.Any) -> None:
    memories = read_memories([stored(VARIABLE, key_of(owner), value=encoded(owner, objects))], owner)
    assert (memories.own, memories.trouble, memories.others) == (objects, {}, {})
    assert memories.writable


@given(words, objects_by_kind)
def test_airflow_finds_nothing_to_mask_in_the_text_and_takes_it_for_no_json(owner: str, objects: t.Any) -> None:
    """It masks secrets of five characters and more wherever they occur, and writes JSON anew."""
    text = encoded(owner, objects)
    assert re.fullmatch(r"[A-Za-z0-9+/=]{1,4}( [A-Za-z0-9+/=]{1,4})*", text)
    with pytest.raises(ValueError):
        json.loads(text)


@given(st.lists(words, min_size=1, unique=True).flatmap(lambda some: st.tuples(st.just(some), st.permutations(some))))
def test_the_same_objects_always_give_the_same_text(orders: t.Any) -> None:
    first, second = orders
    forwards = {"pool": frozenset(first), "variable": frozenset("v")}
    backwards = {"variable": frozenset("v"), "pool": frozenset(second)}
    assert encoded("o", forwards) == encoded("o", backwards)


@given(words)
def test_a_key_shows_nothing_of_the_owner_that_airflow_would_mask_for(owner: str) -> None:
    assert re.fullmatch(r"windsock_applied_([0-9a-f]{2})+", key_of(owner))


@given(words, words)
def test_each_owner_has_a_key_of_its_own(one: str, other: str) -> None:
    assert (key_of(one) == key_of(other)) == (one == other)


def test_many_ids_need_little_room() -> None:
    """It has to fit beside everything else that a request may hold."""
    many = {"connection": frozenset(f"team_{index:05}_postgres" for index in range(10_000))}
    assert len(encoded("default", many)) < 100_000


# Reading


def test_the_memories_of_all_owners_are_told_apart() -> None:
    memories = read_memories([memory("ours", pool="ab"), memory("a", pool="bc"), memory("b", connection="b")], "ours")
    assert memories.own == ids(pool="ab")
    assert memories.others == {"a": ids(pool="bc"), "b": ids(connection="b")}
    assert (memories.owned(POOL), memories.owned(CONNECTION)) == ({"a", "b"}, frozenset())
    assert memories.owners_of(POOL, "a") == []
    assert memories.owners_of(POOL, "b") == ["a"]
    assert memories.owners_of(CONNECTION, "b") == ["b"]


def test_without_a_variable_there_is_no_memory_but_it_may_be_written() -> None:
    memories = read_memories([memory("other", pool="a")], "ours")
    assert memories.own is None
    assert memories.owned(POOL) == frozenset()
    assert memories.writable


def test_an_empty_memory_is_one_all_the_same() -> None:
    assert read_memories([memory("ours")], "ours").own == {}


def test_nobody_has_no_memory_to_write() -> None:
    assert not Memories("").writable


def tampered(text: str) -> str:
    return text[:12] + ("A" if text[12] != "A" else "B") + text[13:]


def packed(content: t.Any) -> str:
    return "ws1 " + base64.b64encode(zlib.compress(json.dumps(content).encode())).decode()


GOOD = encoded("ours", SOME)
UNREADABLE = {
    "one character changed": (tampered(GOOD), "is damaged"),
    "something in between": (GOOD[:11] + "!" + GOOD[11:], "is damaged"),
    "cut": (GOOD[:-8], "is damaged"),
    "only the format": ("ws1", "is damaged"),
    "empty": ("", "is damaged"),
    "blank": (" \n", "is damaged"),
    "none": (None, "is damaged"),
    "somebody's text": ("hello world", "is damaged"),
    "not of this alphabet": ("ws1 äöü", "is damaged"),
    "json": ('{"a": 1}', "is damaged"),
    "no owner": (packed({"objects": {}}), "is damaged"),
    "an owner that is no text": (packed({"owner": 5, "objects": {}}), "is damaged"),
    "no objects": (packed({"owner": "ours"}), "is damaged"),
    "a list": (packed([]), "is damaged"),
    "ids that are none": (packed({"owner": "ours", "objects": {"pool": 5}}), "is damaged"),
    "masked": ("***", "is masked by Airflow"),
    "masked in part": (GOOD[:10] + "***" + GOOD[14:], "is masked by Airflow"),
    "a later format": ("ws2 abcd", "was written by a newer version of this collection"),
    "of another owner": (encoded("theirs", SOME), "is that of another owner, copied"),
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_what_cannot_be_read_is_told_by_its_variable_and_never_written_over(name: str) -> None:
    text, why = UNREADABLE[name]
    variable = memory("ours", "x", pool="a")
    variable.fields["value"] = text
    memories = read_memories([variable], "ours")
    assert memories.own is None
    assert not memories.writable
    (told,) = [*memories.trouble.values()]
    assert f"the variable {key_of('ours')}, in which" in told
    assert f", {why}" in told
    assert told.endswith("; use that version here too" if "newer" in why else "; delete it to begin anew")


@pytest.mark.parametrize("name", UNREADABLE)
def test_what_became_unreadable_meanwhile_is_not_written_over_either(name: str) -> None:
    variable = memory("ours", "x")
    variable.fields["value"] = UNREADABLE[name][0]
    server = MemoryServer(variable)
    why = remember(server, "ours", ids(pool="p"), {})
    assert why is not None
    assert UNREADABLE[name][1] in why
    assert server.writes() == []


@given(st.text(max_size=60))
def test_no_text_breaks_the_reader(text: str) -> None:
    memories = read_memories([stored(VARIABLE, key_of("ours"), value=f"ws1 {text}")], "ours")
    assert len(memories.trouble) == 1


def test_another_owners_unreadable_memory_keeps_nobody_from_writing() -> None:
    memories = read_memories([memory("other", "damaged"), memory("ours", pool="a")], "ours")
    assert [*memories.trouble] == [key_of("other")]
    assert "let that owner run before anybody prunes" in memories.trouble[key_of("other")]
    assert memories.own == ids(pool="a")
    assert memories.writable


def test_what_cannot_be_asked_for_is_told_and_not_written() -> None:
    memories = no_memories("ours", "no right to")
    assert not memories.writable
    assert [*memories.trouble.values()] == ["what its owners have applied cannot be read: no right to"]


# Writing


def now(server: MemoryServer, owner: str = "ours") -> t.Any:
    """What the server has of an owner."""
    return read_memories(server.list(VARIABLE), owner).own


def test_the_first_memory_is_created_and_says_what_it_is() -> None:
    server = MemoryServer()
    assert remember(server, "ours", ids(pool="ab"), {}) is None
    assert server.writes() == [("create", key_of("ours"))]
    assert now(server) == ids(pool="ab")
    assert "owner ours" in server.objects["variable", key_of("ours")]["description"]


def test_a_memory_is_updated_and_its_description_left() -> None:
    server = MemoryServer(memory("ours", pool="abc", connection="x"))
    assert remember(server, "ours", ids(pool="d", variable="v"), ids(pool="a", connection="x")) is None
    assert server.writes() == [("update", key_of("ours"))]
    assert now(server) == ids(pool="bcd", variable="v")
    assert server.objects["variable", key_of("ours")]["description"] == "as it was"


def test_what_others_wrote_meanwhile_is_kept() -> None:
    """The memory that the run has read at its beginning is of no account."""
    server = MemoryServer(memory("ours", pool="a"))
    read_memories(server.list(VARIABLE), "ours")
    server.objects["variable", key_of("ours")]["value"] = encoded("ours", ids(pool="ab", connection="x"))
    assert remember(server, "ours", ids(pool="c"), ids(pool="a")) is None
    assert now(server) == ids(pool="bc", connection="x")


def test_two_runs_that_create_the_same_memory_both_find_their_objects_in_it() -> None:
    server = MemoryServer()
    create = server.create

    def other_run_first(kind: t.Any, object_id: str, fields: t.Any) -> None:
        server.objects.update({key: dict(one.fields) for key, one in by_id(memory("ours", pool="b")).items()})
        create(kind, object_id, fields)

    server.create = other_run_first  # type: ignore[method-assign]
    assert remember(server, "ours", ids(pool="a"), {}) is None
    assert [method for method, _what in server.calls] == ["get", "create", "get", "update"]
    assert now(server) == ids(pool="ab")


def test_a_memory_that_always_exists_and_is_never_found_is_given_up() -> None:
    server = MemoryServer()
    server.trouble["create"] = [ServerFault("exists already", 409)] * 50
    assert remember(server, "ours", ids(pool="a"), {}) == "other runs keep writing it"
    assert len(server.writes()) == _memory.TRIES


@pytest.mark.parametrize(
    ("claimed", "released"),
    [({}, {}), (ids(pool="a"), {}), ({}, ids(pool="x", connection="y")), (ids(pool="ab"), ids(variable="v"))],
    ids=["nothing", "known", "unknown", "both"],
)
def test_where_nothing_changes_nothing_is_written(claimed: t.Any, released: t.Any) -> None:
    server = MemoryServer(memory("ours", pool="ab"))
    assert remember(server, "ours", claimed, released) is None
    assert server.writes() == []


def test_nothing_to_remember_makes_no_memory() -> None:
    server = MemoryServer()
    assert remember(server, "ours", {}, ids(pool="a")) is None
    assert server.writes() == []


def test_the_last_object_leaves_an_empty_memory() -> None:
    """Which is another thing than none: the owner has applied nothing that is left."""
    server = MemoryServer(memory("ours", pool="a"))
    assert remember(server, "ours", {}, ids(pool="a")) is None
    assert now(server) == {}


@pytest.mark.parametrize("method", ["get", "create", "update"])
def test_a_fault_while_remembering_is_told(method: str) -> None:
    server = MemoryServer(*([] if method == "create" else [memory("ours", pool="a")]))
    server.trouble[method] = [ServerFault("no right to", 403)]
    assert remember(server, "ours", ids(pool="b"), {}) == "no right to"


def test_no_other_owners_memory_is_touched() -> None:
    server = MemoryServer(memory("other", pool="a"))
    remember(server, "ours", ids(pool="a"), ids(pool="a"))
    remember(server, "ours", ids(pool="b"), {})
    assert now(server, "other") == ids(pool="a")


def test_objects_with_some_more_and_some_less() -> None:
    objects = ids(pool="abc", connection="x")
    assert changed(objects, ids(pool="d", variable="v"), ids(pool="a", connection="x", variable="q")) == ids(
        pool="bcd", variable="v"
    )
    assert changed({}, {}, ids(pool="a")) == {}
    assert objects == ids(pool="abc", connection="x")
