# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a user may write, what it becomes, and how every mistake is told."""

from __future__ import annotations

import json
import re
import typing as t

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.windsock.airflow.plugins.module_utils._declaration import declare, listed
from ansible_collections.windsock.airflow.plugins.module_utils._kinds import Kind
from ansible_collections.windsock.airflow.tests.unit.fakes import (
    CONNECTION,
    KINDS,
    POOL,
    VARIABLE,
    connection,
    declared,
    pool,
    told,
    variable,
)

CANARY = "CANARY-Zq9"
NESTED: t.Any = CANARY
for _level in range(120):
    NESTED = [NESTED]

# One wrong declaration each: kind, words, the field that is told, and what is told of it.
WRONG_CONNECTIONS: list[tuple[str, t.Any, str, str]] = [
    ("id missing", {"host": CANARY}, "connection_id", "is missing"),
    ("id null", {"connection_id": None, "host": CANARY}, "connection_id", "is missing"),
    ("id empty", {"connection_id": ""}, "connection_id", "must not be empty"),
    ("id with a space", {"connection_id": f"{CANARY} x"}, "connection_id", "only letters, digits"),
    ("id with a slash", {"connection_id": f"{CANARY}/x"}, "connection_id", "only letters, digits"),
    ("id ending in a line break", {"connection_id": f"{CANARY}\n"}, "connection_id", "only letters, digits"),
    ("id too long", {"connection_id": CANARY * 21}, "connection_id", "no more than 200"),
    ("id a list", {"connection_id": [CANARY]}, "connection_id", "must be text, not a list"),
    ("id a boolean", {"connection_id": True}, "connection_id", "must be text, not a boolean"),
    ("unknown option", {"connection_id": "pg", "passwrod": CANARY}, "passwrod", "did you mean password?"),
    ("no blank behind a colon", {"connection_id": "pg", f"password:{CANARY}": None}, "password...", "did you mean"),
    ("unknown option, nothing near", {"connection_id": "pg", "zzzz": CANARY}, "zzzz", "known are conn_id, conn_type"),
    ("option of another kind", {"connection_id": "pg", "slots": 70707}, "slots", "unknown option"),
    ("id and alias differ", {"connection_id": "pg", "conn_id": CANARY}, "connection_id", "given twice"),
    ("conn_type empty", {"connection_id": "pg", "conn_type": ""}, "conn_type", "must not be empty"),
    ("conn_type a list", {"connection_id": "pg", "conn_type": [CANARY]}, "conn_type", "not a list"),
    ("conn_type a dict", {"connection_id": "pg", "conn_type": {"a": CANARY}}, "conn_type", "not a dict"),
    ("conn_type too long", {"connection_id": "pg", "conn_type": CANARY * 51}, "conn_type", "no more than 500"),
    ("host a list", {"connection_id": "pg", "host": [CANARY]}, "host", "must be text, not a list"),
    ("host too long", {"connection_id": "pg", "host": CANARY * 51}, "host", "no more than 500"),
    ("host with NUL", {"connection_id": "pg", "host": f"{CANARY}\x00"}, "host", "NUL"),
    ("host no Unicode", {"connection_id": "pg", "host": f"{CANARY}\ud800"}, "host", "valid Unicode"),
    ("login a boolean", {"connection_id": "pg", "login": True}, "login", "not a boolean: put it in quotes"),
    ("login a decimal number", {"connection_id": "pg", "login": 70.707}, "login", "put it in quotes"),
    ("password a dict", {"connection_id": "pg", "password": {"p": CANARY}}, "password", "not a dict"),
    ("password a list", {"connection_id": "pg", "password": [CANARY]}, "password", "not a list"),
    ("password a decimal number", {"connection_id": "pg", "password": 70.707}, "password", "put it in quotes"),
    ("password with NUL", {"connection_id": "pg", "password": f"{CANARY}\x00"}, "password", "NUL"),
    ("password masked", {"connection_id": "pg", "password": "***"}, "password", "'***'"),
    ("password masked in part", {"connection_id": "pg", "password": f"{CANARY}***"}, "password", "'***'"),
    ("schema a number too long", {"connection_id": "pg", "schema": CANARY * 51}, "schema", "no more than 500"),
    ("schema a list", {"connection_id": "pg", "schema": [CANARY]}, "schema", "not a list"),
    ("description a dict", {"connection_id": "pg", "description": {"a": CANARY}}, "description", "not a dict"),
    ("port too high", {"connection_id": "pg", "port": 70707}, "port", "a whole number from 0 to 65535"),
    ("port negative", {"connection_id": "pg", "port": -7070}, "port", "a whole number from 0 to 65535"),
    ("port a word", {"connection_id": "pg", "port": CANARY}, "port", "a whole number"),
    ("port a decimal number", {"connection_id": "pg", "port": 5432.5}, "port", "a whole number"),
    ("port decimal text", {"connection_id": "pg", "port": "5432.0"}, "port", "a whole number"),
    ("port a boolean", {"connection_id": "pg", "port": True}, "port", "a whole number"),
    ("port empty", {"connection_id": "pg", "port": ""}, "port", "a whole number"),
    ("port a list", {"connection_id": "pg", "port": [7070]}, "port", "a whole number"),
    ("port many digits", {"connection_id": "pg", "port": "9" * 5000}, "port", "a whole number"),
    ("extra a list", {"connection_id": "pg", "extra": [CANARY]}, "extra", "must be a dict"),
    ("extra a number", {"connection_id": "pg", "extra": 70707}, "extra", "must be a dict"),
    ("extra no JSON", {"connection_id": "pg", "extra": f"{{'a': '{CANARY}'}}"}, "extra", "is not valid JSON"),
    ("extra cut JSON", {"connection_id": "pg", "extra": f'{{"a": "{CANARY}"'}, "extra", "is not valid JSON"),
    ("extra JSON list", {"connection_id": "pg", "extra": f'["{CANARY}"]'}, "extra", "not a list"),
    ("extra JSON null", {"connection_id": "pg", "extra": "null"}, "extra", "must be a dict"),
    ("extra JSON NaN", {"connection_id": "pg", "extra": '{"a": NaN}'}, "extra", "is not valid JSON"),
    ("extra with infinity", {"connection_id": "pg", "extra": {"a": float("inf")}}, "extra", "NaN or Infinity"),
    ("extra too deep", {"connection_id": "pg", "extra": {"a": NESTED}}, "extra", "100 levels"),
    ("extra JSON far too deep", {"connection_id": "pg", "extra": "[" * 100_000}, "extra", "is not valid JSON"),
    ("extra with NUL", {"connection_id": "pg", "extra": {"a": f"{CANARY}\x00"}}, "extra", "NUL"),
    ("extra with NUL in a key", {"connection_id": "pg", "extra": {f"{CANARY}\x00": 1}}, "extra", "NUL"),
    ("extra with bytes", {"connection_id": "pg", "extra": {"a": CANARY.encode()}}, "extra", "JSON does not have"),
    ("extra masked deep", {"connection_id": "pg", "extra": {"a": [{"b": f"{CANARY}***"}]}}, "extra", "'***'"),
    ("extra masked in JSON", {"connection_id": "pg", "extra": f'{{"{CANARY}": "***"}}'}, "extra", "'***'"),
    ("extra masked in escaped JSON", {"connection_id": "pg", "extra": r'{"a": "\u002a\u002a*"}'}, "extra", "'***'"),
    (
        "secret_extra a text",
        {"connection_id": "pg", "secret_extra": CANARY},
        "secret_extra",
        "must be a dict, not text",
    ),
    ("secret_extra a list", {"connection_id": "pg", "secret_extra": [CANARY]}, "secret_extra", "not a list"),
    ("secret_extra masked", {"connection_id": "pg", "secret_extra": {"a": {"b": "***"}}}, "secret_extra", "'***'"),
    (
        "uri with a field",
        {"connection_id": "pg", "uri": f"http://{CANARY}", "host": CANARY},
        "uri",
        "together with host",
    ),
    (
        "uri with secrets",
        {"connection_id": "pg", "uri": f"http://{CANARY}", "secret_extra": {"a": CANARY}},
        "uri",
        "together with secret_extra",
    ),
    ("uri no URI", {"connection_id": "pg", "uri": CANARY}, "uri", "must have the form"),
    ("uri empty", {"connection_id": "pg", "uri": ""}, "uri", "must not be empty"),
    ("uri a dict", {"connection_id": "pg", "uri": {"a": CANARY}}, "uri", "not a dict"),
    ("uri with a wrong port", {"connection_id": "pg", "uri": f"pg://l:{CANARY}@h:70707"}, "uri", "check its port"),
    ("uri with an open bracket", {"connection_id": "pg", "uri": f"pg://{CANARY}@[::1"}, "uri", "square brackets"),
    (
        "uri with a wrong extra",
        {"connection_id": "pg", "uri": f"pg://h?__extra__={CANARY}"},
        "uri",
        "not a JSON object",
    ),
    ("uri with NUL", {"connection_id": "pg", "uri": f"pg://{CANARY}%00"}, "uri", "host must not hold a NUL"),
    ("uri with NaN", {"connection_id": "pg", "uri": f"pg://{CANARY}?a=NaN"}, "uri", "extra holds NaN"),
    ("uri with too long a host", {"connection_id": "pg", "uri": "pg://" + CANARY * 51}, "uri", "no more than 500"),
    ("uri masked", {"connection_id": "pg", "uri": f"pg://{CANARY}:***@h"}, "uri", "'***'"),
    ("uri masked, quoted", {"connection_id": "pg", "uri": f"pg://{CANARY}:%2A%2A%2a@h"}, "password", "'***'"),
    ("team_name too long", {"connection_id": "pg", "team_name": CANARY * 6}, "team_name", "no more than 50"),
    ("state unknown", {"connection_id": "pg", "state": CANARY}, "state", "must be present or absent"),
    ("state a boolean", {"connection_id": "pg", "state": True}, "state", "must be present or absent"),
]
WRONG_VARIABLES: list[tuple[str, t.Any, str, str]] = [
    ("key missing", {"value": CANARY}, "key", "is missing"),
    ("key empty", {"key": "", "value": CANARY}, "key", "must not be empty"),
    ("key too long", {"key": CANARY * 26}, "key", "no more than 250"),
    ("key masked", {"key": f"{CANARY}***"}, "key", "must not contain '***'"),
    ("key a dict", {"key": {"a": CANARY}}, "key", "must be text, not a dict"),
    ("key a decimal number", {"key": 70.707}, "key", "put it in quotes"),
    ("both values", {"key": "v", "value": CANARY, "secret_value": CANARY}, "secret_value", "together with value"),
    ("value masked", {"key": "v", "value": "***"}, "value", "'***'"),
    ("value masked deep", {"key": "v", "value": {"a": [CANARY, {"b": "x***"}]}}, "value", "'***'"),
    ("value masked in JSON", {"key": "v", "value": f'{{"{CANARY}": "***"}}'}, "value", "'***'"),
    ("value masked in escaped JSON", {"key": "v", "value": r'{"a": "\u002a\u002a\u002a"}'}, "value", "'***'"),
    ("secret_value masked", {"key": "v", "secret_value": f"{CANARY}***"}, "secret_value", "'***'"),
    ("value with NaN", {"key": "v", "value": [CANARY, float("nan")]}, "value", "NaN or Infinity"),
    ("value with bytes", {"key": "v", "value": CANARY.encode()}, "value", "JSON does not have"),
    ("value no Unicode", {"key": "v", "value": {"a": f"{CANARY}\udfff"}}, "value", "valid Unicode"),
    ("secret_value too deep", {"key": "v", "secret_value": NESTED}, "secret_value", "100 levels"),
    ("description a list", {"key": "v", "description": [CANARY]}, "description", "not a list"),
    ("unknown option", {"key": "v", "val": CANARY}, "val", "did you mean value?"),
    ("option of a connection", {"key": "v", "password": CANARY}, "password", "unknown option"),
    ("state misspelt", {"key": "v", "state": "Present"}, "state", "must be present or absent"),
]
WRONG_POOLS: list[tuple[str, t.Any, str, str]] = [
    ("name missing", {"slots": 70707}, "name", "is missing"),
    ("name empty", {"name": ""}, "name", "must not be empty"),
    ("name too long", {"name": CANARY * 26}, "name", "no more than 256"),
    ("name a list", {"name": [CANARY]}, "name", "not a list"),
    ("slots below -1", {"name": "p", "slots": -7070}, "slots", "a whole number from -1 to 2147483647"),
    ("slots too many", {"name": "p", "slots": 7_070_707_070}, "slots", "a whole number from -1"),
    ("slots a word", {"name": "p", "slots": CANARY}, "slots", "a whole number"),
    ("slots a decimal number", {"name": "p", "slots": 70.707}, "slots", "a whole number"),
    ("slots a boolean", {"name": "p", "slots": False}, "slots", "a whole number"),
    ("slots a dict", {"name": "p", "slots": {"a": CANARY}}, "slots", "a whole number"),
    ("include_deferred a word", {"name": "p", "include_deferred": CANARY}, "include_deferred", "true or false"),
    ("include_deferred a number", {"name": "p", "include_deferred": 70707}, "include_deferred", "true or false"),
    ("include_deferred a list", {"name": "p", "include_deferred": [CANARY]}, "include_deferred", "true or false"),
    ("description masked", {"name": "p", "description": f"{CANARY}***"}, "description", "'***'"),
    ("secret in a pool", {"name": "p", "secret_extra": {"a": CANARY}}, "secret_extra", "unknown option"),
    ("default_pool absent", {"name": "default_pool", "state": "absent"}, "state", "cannot be deleted"),
]
WRONG = [
    pytest.param(kind, words, field, reason, id=f"{kind.name}: {title}")
    for kind, cases in ((CONNECTION, WRONG_CONNECTIONS), (VARIABLE, WRONG_VARIABLES), (POOL, WRONG_POOLS))
    for title, words, field, reason in cases
]


def leaves_of(value: t.Any) -> t.Iterator[t.Any]:
    if isinstance(value, dict):
        for each in value.values():
            yield from leaves_of(each)
    elif isinstance(value, list):
        for each in value:
            yield from leaves_of(each)
    else:
        yield value


@pytest.mark.parametrize(("kind", "words", "field", "reason"), WRONG)
def test_each_mistake_is_told_once_and_shows_no_value(
    kind: Kind, words: dict[str, t.Any], field: str, reason: str
) -> None:
    faults = told(lambda: declared(kind, words))
    assert len(faults) == 1, faults
    (fault,) = faults
    identity = kind.identity.name
    if field == identity:  # it may be shown, or be the very thing that is wrong
        assert re.match(rf"{kind.plural}\[0\]( '\w+')?: {field}: ", fault)
    else:
        assert fault.startswith(f"{kind.plural}[0] '{words[identity]}': {field}: ")
    assert reason in fault
    assert CANARY not in fault
    shown = [str(leaf) for name, value in words.items() if name != identity for leaf in leaves_of(value)]
    assert not [leaf for leaf in shown if len(leaf) > 3 and leaf in fault]


def test_there_are_enough_mistakes() -> None:
    assert len(WRONG) >= 70


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
@pytest.mark.parametrize("words", [CANARY, 70707, {"a": CANARY}, True], ids=["text", "number", "dict", "boolean"])
def test_what_is_no_list_is_refused_as_a_whole(kind: Kind, words: t.Any) -> None:
    assert told(lambda: declare(listed(kind, words))) == [f"{kind.plural}: must be a list of dicts"]


@pytest.mark.parametrize("entry", [CANARY, None, [CANARY], 70707], ids=["text", "null", "list", "number"])
def test_an_entry_that_is_no_dict_is_told_with_its_place(entry: t.Any) -> None:
    assert told(lambda: declared(POOL, {"name": "good"}, entry)) == ["pools[1]: must be a dict"]


def test_all_mistakes_are_told_at_once() -> None:
    given = [
        *listed(
            CONNECTION, [{"connection_id": "a b", "port": 70000}, {"connection_id": "pg", "port": -1, "extra": []}]
        ),
        *listed(VARIABLE, [{"value": 1}]),
        *listed(POOL, "none"),
    ]
    faults = told(lambda: declare(given))
    assert [fault.split(": ")[:2] for fault in faults] == [
        ["connections[0]", "connection_id"],
        ["connections[0]", "port"],
        ["connections[1] 'pg'", "port"],
        ["connections[1] 'pg'", "extra"],
        ["variables[0]", "key"],
        ["pools", "must be a list of dicts"],
    ]


def test_a_mask_that_shows_only_when_decoded_is_told_beside_other_mistakes() -> None:
    faults = told(lambda: declared(CONNECTION, {"connection_id": "pg", "port": -1, "extra": r'{"a": "\u002a**"}'}))
    assert [fault.split(": ")[1] for fault in faults] == ["port", "extra"]


@pytest.mark.parametrize(
    ("kind", "entries"),
    [
        (CONNECTION, [{"connection_id": "x"}, {"connection_id": "y"}, {"conn_id": "x"}]),
        (CONNECTION, [{"connection_id": "2024"}, {"connection_id": "y"}, {"connection_id": 2024}]),
        (VARIABLE, [{"key": "x"}, {"key": "X"}, {"key": "x", "state": "absent"}]),
    ],
    ids=["alias", "number", "present and absent"],
)
def test_an_id_declared_twice_is_refused(kind: Kind, entries: list[t.Any]) -> None:
    faults = told(lambda: declared(kind, *entries))
    assert len(faults) == 1
    assert faults[0].startswith(f"{kind.plural}[2]")
    assert faults[0].endswith(f"declared already as {kind.plural}[0]")


def test_the_same_id_in_two_kinds_is_no_duplicate() -> None:
    assert len(declare([*listed(VARIABLE, [{"key": "x"}]), *listed(POOL, [{"name": "x"}])])) == 2


def test_null_is_as_if_left_out() -> None:
    nulls = dict.fromkeys((option.name for option in CONNECTION.options), None)
    assert connection(**nulls, state=None).fields == {}
    assert connection(**nulls).present


@pytest.mark.parametrize("words", [{"connection_id": "pg", "conn_id": None}, {"conn_id": "pg", "connection_id": None}])
def test_null_beside_the_alias_is_as_if_left_out(words: dict[str, t.Any]) -> None:
    assert told(lambda: declared(CONNECTION, words)) == []


def test_the_alias_names_the_same_option() -> None:
    assert declared(CONNECTION, {"conn_id": "pg"})[0].id == "pg"
    assert declared(CONNECTION, {"conn_id": "pg", "connection_id": "pg"})[0].id == "pg"


@pytest.mark.parametrize(
    ("words", "fields"),
    [
        ({"port": "5432"}, {"port": 5432}),
        ({"port": " 5432\n"}, {"port": 5432}),
        ({"login": 1234}, {"login": "1234"}),
        ({"password": 1234}, {"password": "1234"}),
        ({"extra": '{"a": [1, 2.5, null, true]}'}, {"extra": {"a": [1, 2.5, None, True]}}),
        ({"extra": ""}, {"extra": {}}),
        ({"extra": " "}, {"extra": {}}),
    ],
    ids=str,
)
def test_what_templates_made_of_a_connection_is_understood(words: dict[str, t.Any], fields: dict[str, t.Any]) -> None:
    assert connection(**words).fields == fields


@pytest.mark.parametrize(
    ("given_as", "stored_as"), [("-1", -1), ("128", 128), (0, 0), ("+3", 3)], ids=["unlimited", "text", "none", "sign"]
)
def test_slots_may_be_digits(given_as: t.Any, stored_as: int) -> None:
    assert pool(slots=given_as).fields == {"slots": stored_as}


@pytest.mark.parametrize(
    ("given_as", "stored_as"),
    [("yes", True), ("True", True), (1, True), ("off", False), ("false", False), (0, False)],
)
def test_flags_may_be_the_words_that_ansible_takes(given_as: t.Any, stored_as: bool) -> None:
    assert pool(include_deferred=given_as).fields == {"include_deferred": stored_as}


@pytest.mark.parametrize("name", ["description", "host", "login", "password", "schema", "team_name"])
def test_an_empty_text_clears_a_field(name: str) -> None:
    assert connection(**{name: ""}).fields == {name: None}


def test_port_0_and_an_empty_extra_clear() -> None:
    assert connection(port=0, extra={}).fields == {"port": None, "extra": {}}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("plain", "plain"),
        ("1.10", "1.10"),
        ("", ""),
        (1, "1"),
        (1.5, "1.5"),
        (True, "true"),
        ({"b": "é", "a": [1, None]}, '{"b": "é", "a": [1, null]}'),
        ([], "[]"),
    ],
    ids=repr,
)
def test_a_variable_is_text_and_anything_else_its_json(value: t.Any, text: str) -> None:
    assert variable(value=value).fields == {"value": text}
    assert variable(secret_value=value).fields == {"value": text}


def test_only_the_secret_spelling_of_a_value_is_secret() -> None:
    assert not variable(value="x").is_secret(("value",))
    assert variable(secret_value="x").is_secret(("value",))


def test_secret_extra_is_merged_deep_over_extra_and_only_its_leaves_are_secret() -> None:
    one = connection(
        extra={"a": {"open": 1, "shadowed": 2}, "list": [1], "b": 1},
        secret_extra={"a": {"shadowed": "s", "new": {"deep": "s"}}, "list": ["s"]},
    )
    assert one.fields["extra"] == {"a": {"open": 1, "shadowed": "s", "new": {"deep": "s"}}, "list": ["s"], "b": 1}
    for path in ("extra.a.shadowed", "extra.a.new.deep", "extra.list", "extra.list.0", "password"):
        assert one.is_secret(tuple(path.split("."))), path
    for path in ("extra", "extra.a", "extra.a.open", "extra.b", "host", "login"):
        assert not one.is_secret(tuple(path.split("."))), path


def test_merging_leaves_what_the_user_gave_as_it_was() -> None:
    extra, secret_extra = {"a": {"b": 1}}, {"a": {"c": {"d": 1}}}
    one = connection(extra=extra, secret_extra=secret_extra)
    one.fields["extra"]["a"]["c"]["d"] = 2
    assert (extra, secret_extra) == ({"a": {"b": 1}}, {"a": {"c": {"d": 1}}})


def test_an_empty_secret_extra_makes_no_secret_of_extra() -> None:
    assert not connection(extra={"a": 1}, secret_extra={}).is_secret(("extra", "a"))


def test_a_uri_is_secret_whole_but_for_the_type_and_stands_for_every_field() -> None:
    one = connection(uri="postgresql://me:pw@db:5432/app?sslmode=require", description="open")
    assert one.fields == {
        "conn_type": "postgres",
        "host": "db",
        "login": "me",
        "password": "pw",
        "schema": "app",
        "port": 5432,
        "extra": {"sslmode": "require"},
        "description": "open",
    }
    secret = {name for name in one.fields if one.is_secret((name,))}
    assert secret == {"host", "login", "password", "schema", "port", "extra"}


def test_defaults_are_enforced_for_present_objects_and_only_where_nothing_is_declared() -> None:
    (one,) = declared(CONNECTION, {"connection_id": "pg", "host": "db"}, enforce_defaults=True)
    assert one.fields == {
        "host": "db",
        "description": None,
        "login": None,
        "password": None,
        "schema": None,
        "port": None,
        "extra": {},
        "team_name": None,
    }
    (gone,) = declared(CONNECTION, {"connection_id": "pg", "state": "absent"}, enforce_defaults=True)
    assert gone.fields == {}


def test_of_default_pool_only_what_airflow_lets_change_is_enforced() -> None:
    assert declared(POOL, {"name": "default_pool"}, enforce_defaults=True)[0].fields == {"include_deferred": False}
    ordinary = declared(POOL, {"name": "p", "slots": 1}, enforce_defaults=True)[0]
    assert ordinary.fields == {"slots": 1, "description": None, "include_deferred": False, "team_name": None}


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just("***") | st.just(CANARY),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
@settings(max_examples=25)
@given(data=st.data())
def test_whatever_is_given_is_read_or_refused_and_what_is_read_can_be_sent(kind: Kind, data: st.DataObject) -> None:
    words = data.draw(st.dictionaries(st.sampled_from([option.name for option in kind.words]), anything))
    words[kind.identity.name] = "id"
    result: list[t.Any] = []
    faults = told(lambda: result.extend(declared(kind, words)))
    assert bool(faults) != bool(result)
    assert not any(CANARY in fault for fault in faults)
    if result:
        sent = json.dumps(result[0].fields, allow_nan=False)
        assert "***" not in sent
        sent.encode("utf-8")
