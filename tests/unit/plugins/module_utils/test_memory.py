# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an owner has applied: how it is written, read again, and kept from harm."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import typing as t
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.windsock.airflow.plugins.module_utils import _memory
from ansible_collections.windsock.airflow.plugins.module_utils._faults import ServerFault
from ansible_collections.windsock.airflow.plugins.module_utils._fingerprints import FINGERPRINT, KEY_NAME, Deployment
from ansible_collections.windsock.airflow.plugins.module_utils._memory import (
    Applied,
    Memories,
    Secrets,
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
deployments = st.builds(Deployment, *[st.binary(min_size=16, max_size=16)] * 2)
fingerprints = st.dictionaries(
    st.sampled_from(["password", "extra", "value"]),
    st.binary(min_size=FINGERPRINT, max_size=FINGERPRINT).map(lambda some: base64.b64encode(some).decode()),
)
rows = st.builds(
    Applied, st.binary(min_size=KEY_NAME, max_size=KEY_NAME).map(bytes.hex), st.none() | st.integers(0, 2**63), fingerprints
)
places = st.tuples(st.sampled_from(["connection", "variable", "pool"]), words)
some_secrets = st.just(Secrets()) | st.builds(Secrets, deployments, st.dictionaries(places, rows, max_size=20))
SOME = {"pool": frozenset({"a", "b"}), "connection": frozenset({"pg"})}


def ids(**by_kind: str) -> dict[str, frozenset[str]]:
    """Ids of one letter each, by kind."""
    return {kind: frozenset(letters) for kind, letters in by_kind.items()}


def memory(owner: str, text: t.Any = None, **by_kind: str) -> t.Any:
    """The variable of an owner."""
    value = encoded(owner, ids(**by_kind)) if text is None else text
    return stored(VARIABLE, key_of(owner), value=value, description="as it was")


# The text


@given(words, objects_by_kind, some_secrets)
def test_what_was_written_is_read_again(owner: str, objects: t.Any, secrets: Secrets) -> None:
    memories = read_memories([stored(VARIABLE, key_of(owner), value=encoded(owner, objects, secrets))], owner)
    assert (memories.own, memories.secrets, memories.trouble, memories.others) == (objects, secrets, {}, {})
    assert memories.writable


@given(words, objects_by_kind, some_secrets)
def test_airflow_finds_nothing_to_mask_in_the_text_and_takes_it_for_no_json(
    owner: str, objects: t.Any, secrets: Secrets
) -> None:
    """It masks secrets of five characters and more wherever they occur, and writes JSON anew."""
    text = encoded(owner, objects, secrets)
    assert not re.search(r"\S{5}", text)
    assert re.fullmatch(r"[A-Za-z0-9+/=]{1,4}( [A-Za-z0-9+/=]{1,4})*", text)
    with pytest.raises(ValueError):
        json.loads(text)


@given(st.lists(words, min_size=1, unique=True).flatmap(lambda some: st.tuples(st.just(some), st.permutations(some))))
def test_the_same_objects_always_give_the_same_text(orders: t.Any) -> None:
    first, second = orders
    forwards = {"pool": frozenset(first), "variable": frozenset("v")}
    backwards = {"variable": frozenset("v"), "pool": frozenset(second)}
    assert encoded("o", forwards) == encoded("o", backwards)


@given(some_secrets)
def test_the_same_secrets_always_give_the_same_text_and_others_another(secrets: Secrets) -> None:
    backwards = {
        place: Applied(each.key, each.seen, dict(reversed(each.fingerprints.items())))
        for place, each in reversed(secrets.applied.items())
    }
    assert encoded("o", SOME, Secrets(secrets.deployment, backwards)) == encoded("o", SOME, secrets)
    more = Secrets(secrets.deployment or Deployment(b"i", b"s"), {**backwards, ("pool", "one more than" * 9): Applied()})
    assert encoded("o", SOME, more) != encoded("o", SOME, secrets)


def test_a_memory_without_secrets_is_as_it_was_before_there_were_any() -> None:
    """So that one who uses no key can go back to an older version of this collection."""
    assert packed_in(encoded("o", SOME)) == {"objects": {"connection": ["pg"], "pool": ["a", "b"]}, "owner": "o"}


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


def test_a_thousand_secrets_fit_into_a_mysql_column() -> None:
    """Airflow stores a variable in a TEXT there, encrypted and so in base64: 65,535 bytes."""
    many = {
        ("connection", f"team_{index:05}_postgres"): Applied("abcdef", 100_000 + index, {"password": print_of(index)})
        for index in range(1000)
    }
    objects = {"connection": frozenset(object_id for _kind, object_id in many)}
    assert len(encoded("default", objects, Secrets(Deployment(b"i" * 16, b"s" * 16), many))) < 45_000


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


def print_of(number: int) -> str:
    """Something that looks like a fingerprint, and that nothing can compress."""
    return base64.b64encode(hashlib.sha256(b"%d" % number).digest()[:FINGERPRINT]).decode()


def packed_in(text: str) -> t.Any:
    """What a text holds."""
    return json.loads(zlib.decompress(base64.b64decode("".join(text.split()[1:]))))


def tampered(text: str) -> str:
    return text[:12] + ("A" if text[12] != "A" else "B") + text[13:]


def packed(content: t.Any) -> str:
    return packed_text(json.dumps(content))


def packed_text(text: str) -> str:
    return "ws1 " + base64.b64encode(zlib.compress(text.encode())).decode()


def with_secrets(**content: t.Any) -> str:
    """The text of a memory whose secrets are of another shape."""
    row = ["connection", "pg", "abcdef", 5, {"password": print_of(1)}]
    return packed({"owner": "ours", "objects": {"pool": ["a"]}, "deployment": PARTS, "applied": [row], **content})


def with_row(*, kind: t.Any = "connection", id: t.Any = "pg", key: t.Any = "abcdef", seen: t.Any = 5, prints: t.Any = None) -> str:
    return with_secrets(applied=[[kind, id, key, seen, {} if prints is None else prints], ["pool", "p", "", None, {}]])


PARTS = ["11" * 16, "22" * 16]
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
    "nested deeper than Python reads": (packed_text('{"owner": ' + "[" * 100_000), "is damaged"),
    "a deployment that is none": (with_secrets(deployment=None), "is damaged"),
    "a deployment of one part": (with_secrets(deployment=PARTS[:1]), "is damaged"),
    "a deployment of three parts": (with_secrets(deployment=[*PARTS, "33"]), "is damaged"),
    "a deployment that is a text": (with_secrets(deployment="1122"), "is damaged"),
    "a deployment of numbers": (with_secrets(deployment=[1, 2]), "is damaged"),
    "a deployment that is no hex": (with_secrets(deployment=["x" * 32, "y" * 32]), "is damaged"),
    "a deployment that is empty": (with_secrets(deployment=["", ""]), "is damaged"),
    "no rows": (packed({"owner": "ours", "objects": {}, "deployment": PARTS}), "is damaged"),
    "rows that are null": (with_secrets(applied=None), "is damaged"),
    "rows that are a dict": (with_secrets(applied={"connection": {}}), "is damaged"),
    "rows that are numbers": (with_secrets(applied=[1, 2]), "is damaged"),
    "rows that are texts": (with_secrets(applied=["abcde"]), "is damaged"),
    "a row that is too short": (with_secrets(applied=[["pool", "p", "", 5]]), "is damaged"),
    "a row that is too long": (with_secrets(applied=[["pool", "p", "", 5, {}, 6]]), "is damaged"),
    "a kind that is no text": (with_row(kind=5), "is damaged"),
    "a kind that is a list": (with_row(kind=["connection"]), "is damaged"),
    "an id that is no text": (with_row(id=5), "is damaged"),
    "an id that is null": (with_row(id=None), "is damaged"),
    "a key that is a list": (with_row(key=["abcdef"]), "is damaged"),
    "a key that is null": (with_row(key=None), "is damaged"),
    "an entry that is a text": (with_row(seen="5"), "is damaged"),
    "an entry that is true": (with_row(seen=True), "is damaged"),
    "an entry that is a decimal": (with_row(seen=5.5), "is damaged"),
    "an entry that is a list": (with_row(seen=[5]), "is damaged"),
    "fingerprints that are a list": (with_row(prints=["password"]), "is damaged"),
    "fingerprints that are a text": (with_row(prints="password"), "is damaged"),
    "a fingerprint that is a number": (with_row(prints={"password": 5}), "is damaged"),
    "a fingerprint that is a dict": (with_row(prints={"password": {}}), "is damaged"),
}


def test_the_shape_that_the_damaged_ones_were_made_of_is_sound() -> None:
    for text in (with_secrets(), with_row()):
        assert read_memories([memory("ours", text)], "ours").trouble == {}


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


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(["", "11", *PARTS, "connection", "pg"]),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.sampled_from(["password", "extra", "11"]), inner),
    max_leaves=12,
)


@given(json_values, json_values)
def test_no_content_breaks_the_reader_nor_who_writes_it_again(deployment: t.Any, applied: t.Any) -> None:
    for content in ({"deployment": deployment, "applied": applied}, {"applied": applied}, {"deployment": PARTS, "applied": applied}):
        text = packed({"owner": "ours", "objects": {"pool": ["a"]}, **content})
        memories = read_memories([memory("ours", text)], "ours")
        if not memories.trouble:
            encoded("ours", memories.own or {}, memories.secrets)


WHOLE = encoded(
    "ours", SOME, Secrets(Deployment(b"i" * 16, b"s" * 16), {("connection", "pg"): Applied("abcdef", 5, {"password": print_of(1)})})
)


@given(st.integers(4, len(WHOLE) - 1), st.sampled_from("Ab9+/= !*"))
def test_a_text_in_which_anything_was_changed_is_damaged_or_says_the_same(place: int, letter: str) -> None:
    """The last characters may be written in more than one way."""
    intact = read_memories([memory("ours", WHOLE)], "ours")
    memories = read_memories([memory("ours", WHOLE[:place] + letter + WHOLE[place + 1 :])], "ours")
    assert memories.trouble or memories == intact


@given(st.integers(4, len(WHOLE) - 1))
def test_a_text_that_was_cut_is_damaged_and_nothing_of_it_is_believed(end: int) -> None:
    memories = read_memories([memory("ours", WHOLE[:end])], "ours")
    assert "is damaged" in memories.trouble[key_of("ours")]
    assert (memories.own, memories.secrets) == (None, Secrets())


def test_secrets_are_those_of_this_owner_only() -> None:
    theirs = memory("theirs", encoded("theirs", SOME, Secrets(Deployment(b"i" * 16, b"s" * 16), {("pool", "p"): Applied()})))
    assert read_memories([theirs], "ours").secrets == Secrets()
    assert read_memories([theirs, memory("ours", WHOLE)], "ours").secrets.applied.keys() == {("connection", "pg")}


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


def learning(secrets: Secrets) -> t.Callable[[Secrets], Secrets]:
    return lambda now: Secrets(secrets.deployment, {**now.applied, **secrets.applied})


SECRETS = Secrets(Deployment(b"i" * 16, b"s" * 16), {("connection", "pg"): Applied("abcdef", 5, {"password": print_of(1)})})


def secrets_now(server: MemoryServer) -> Secrets:
    return read_memories(server.list(VARIABLE), "ours").secrets


@pytest.mark.parametrize("before", [[], [memory("ours", pool="ab")]], ids=["no memory", "one without"])
def test_what_was_learnt_is_written_beside_what_was_applied(before: list[t.Any]) -> None:
    server = MemoryServer(*before)
    assert remember(server, "ours", ids(pool="b"), {}, learning(SECRETS)) is None
    assert secrets_now(server) == SECRETS
    assert now(server) == (ids(pool="ab") if before else ids(pool="b"))


def test_where_nothing_new_was_learnt_nothing_is_written() -> None:
    server = MemoryServer(memory("ours", WHOLE))
    assert remember(server, "ours", {}, {}, learning(SECRETS)) is None
    assert remember(server, "ours", {}, {}) is None
    assert server.writes() == []


def test_who_has_learnt_nothing_leaves_what_is_known_of_secrets() -> None:
    server = MemoryServer(memory("ours", WHOLE))
    assert remember(server, "ours", ids(pool="z"), {}) is None
    assert secrets_now(server) == SECRETS


def test_what_was_learnt_is_added_to_what_is_known_now() -> None:
    """By each try anew, since another run may have been first."""
    server = MemoryServer()
    create = server.create

    def other_run_first(kind: t.Any, object_id: str, fields: t.Any) -> None:
        server.objects["variable", key_of("ours")] = dict(memory("ours", WHOLE).fields)
        create(kind, object_id, fields)

    server.create = other_run_first  # type: ignore[method-assign]
    more = Secrets(SECRETS.deployment, {("pool", "p"): Applied(seen=7)})
    assert remember(server, "ours", {}, {}, learning(more)) is None
    assert secrets_now(server).applied == {**SECRETS.applied, **more.applied}


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
