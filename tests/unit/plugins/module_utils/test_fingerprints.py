# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keys as users give them, and what fingerprints tell apart."""

from __future__ import annotations

import base64
import hashlib
import re
import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.windsock.airflow.plugins.module_utils import _fingerprints
from ansible_collections.windsock.airflow.plugins.module_utils._declaration import Desired
from ansible_collections.windsock.airflow.plugins.module_utils._fingerprints import (
    Deployment,
    Fingerprinter,
    Key,
    WrongKey,
)
from ansible_collections.windsock.airflow.tests.unit.fakes import (
    CONNECTION,
    KINDS,
    POOL,
    VARIABLE,
    connection,
    variable,
)

RANDOM = bytes.fromhex("fb" * 16 + "0123456789abcdef" * 2)
DEPLOYMENT = Deployment(b"i" * 16, b"s" * 16)
HEX = RANDOM.hex()
BASE64 = base64.b64encode(RANDOM).decode()
PASSPHRASE = "correct horse battery staple"


@pytest.fixture
def stretched(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, t.Any]]:
    """How passphrases were stretched; it is not really done, since it is slow on purpose."""
    made: list[dict[str, t.Any]] = []

    def quickly(passphrase: bytes, **how: t.Any) -> bytes:
        made.append({"passphrase": passphrase, **how})
        return hashlib.sha256(passphrase + how["salt"]).digest()

    monkeypatch.setattr(_fingerprints.hashlib, "scrypt", quickly)
    return made


def maker(key: str = HEX, deployment: Deployment = DEPLOYMENT) -> Fingerprinter:
    return Key(key).within(deployment)


def printed(value: t.Any, made_by: Fingerprinter | None = None, **words: t.Any) -> str:
    """The fingerprint of a value in a field of an object."""
    place = {"kind": CONNECTION, "object_id": "pg", "name": "extra", "team": None, **words}
    fields = {place["name"]: value, **({"team_name": place["team"]} if place["team"] else {})}
    one = Desired(place["kind"], place["object_id"], True, fields, frozenset())
    return (made_by or maker()).of(one, [place["name"]])[place["name"]]


# Keys


@pytest.mark.parametrize(
    "given_key",
    [HEX, HEX.upper(), HEX[:30] + HEX[30:].upper(), BASE64, base64.urlsafe_b64encode(RANDOM).decode(), f"\n {BASE64}\n", f" {HEX} "],
    ids=["hex", "upper case hex", "mixed hex", "base64", "urlsafe base64", "base64 with a line's end", "hex with spaces"],
)
def test_the_same_random_bytes_are_the_same_key_however_they_are_written(
    stretched: list[t.Any], given_key: str
) -> None:
    assert {"+", "/", "="} <= {*BASE64}
    assert maker(given_key).name == maker(HEX).name
    assert printed("pw", maker(given_key)) == printed("pw", maker(HEX))
    assert stretched == []


@given(st.binary(min_size=32, max_size=100))
def test_any_random_bytes_are_a_key_in_hex_and_mostly_the_same_in_base64(random: bytes) -> None:
    """Not where the base64 looks like a passphrase, which one key of a thousand does; it is good for a key all the same."""
    text = base64.b64encode(random).decode()
    assert Key(random.hex())._random == random
    looks_random = all(re.search(some, text) for some in ("[a-z]", "[A-Z]", "[0-9]"))
    assert Key(text)._random == (random if looks_random else None)


@pytest.mark.parametrize(
    "passphrase",
    [
        PASSPHRASE,
        "x" * 20,
        "a" * 44,
        "A" * 44,
        "aB" * 22,
        "correct-horse-battery-9-Staples-in-a-row-four",
        RANDOM[:31].hex(),
        HEX + "a",
        base64.b64encode(RANDOM[:31]).decode(),
        base64.b64encode(RANDOM).decode().rstrip("="),
        BASE64[:20] + "\n" + BASE64[20:],
        "pässwörter sind lang genug",
        "秘密" * 10,
        '["looks like a list"]',
    ],
    ids=lambda text: text[:12],
)
def test_anything_else_of_twenty_characters_is_a_passphrase(stretched: list[t.Any], passphrase: str) -> None:
    """Rather a random key that is stretched for nothing than a passphrase that is not."""
    maker(passphrase)
    assert [how["passphrase"] for how in stretched] == [passphrase.encode()]


def test_what_is_around_a_passphrase_does_not_count_and_what_is_in_it_does(stretched: list[t.Any]) -> None:
    assert maker(f" {PASSPHRASE}\n").name == maker(PASSPHRASE).name
    assert maker(PASSPHRASE.replace(" ", "  ")).name != maker(PASSPHRASE).name


def test_a_passphrase_is_stretched_with_the_salt_of_the_deployment_and_at_a_price(stretched: list[t.Any]) -> None:
    maker(PASSPHRASE)
    (how,) = stretched
    assert how["salt"] == DEPLOYMENT.salt
    assert how["n"] * how["r"] * 128 >= 2**25, "32 MB for each guess"
    assert how["dklen"] >= 32


def test_two_deployments_have_nothing_of_a_passphrase_in_common() -> None:
    """Stretched for real."""
    one, other = (maker(PASSPHRASE, Deployment(b"i" * 16, salt)) for salt in (b"1" * 16, b"2" * 16))
    assert one.name != other.name
    assert printed("pw", one) != printed("pw", other)


WRONG = {
    "empty": "",
    "blank": " \n" * 20,
    "nineteen characters": "nineteen-characters",
    "nineteen characters and spaces": "  nineteen-characters  ",
    "nine bytes of hex": "0123456789abcdef01",
    "none": None,
    "a number": 12345678901234567890,
    "a truth": True,
    "bytes": b"0123456789abcdef" * 4,
    "a list": ["0123456789abcdef" * 4],
    "a dict": {"key": "0123456789abcdef" * 4},
    "no Unicode, as bytes read as text are": "\udcff\udc00" * 16,
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_no_key_is_refused_without_being_shown(name: str) -> None:
    with pytest.raises(WrongKey) as caught:
        Key(WRONG[name])
    assert str(caught.value) == (
        "must be at least 32 random bytes in base64 or hex (`openssl rand -base64 32`), or a passphrase of at least 20 "
        "characters"
    )


@given(st.one_of(st.text(max_size=50), st.integers(), st.none(), st.lists(st.text()), st.booleans(), st.floats()))
def test_whatever_is_given_it_is_a_key_or_refused(given_key: t.Any) -> None:
    try:
        key = Key(given_key)
    except WrongKey:
        return
    assert isinstance(given_key, str)
    assert len(given_key) >= 20
    assert given_key.strip() not in repr(key)


# Fingerprints


def test_a_fingerprint_stays_what_it_is() -> None:
    """Were it computed in another way, the next run would write every secret of every deployment."""
    one = connection(conn_type="http", password="pw-ü", secret_extra={"b": [1, None, True, 1.5], "a": {"c": "d"}})
    made = maker().of(one, ["password", "extra"])
    assert (maker().name, made) == ("4430f7", {"password": "sfaPWsQHaVlo9LvX", "extra": "x5RtEtrMTK+aOfzq"})


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from([0.0, 1.0, -0.0, 1.5]) | st.sampled_from(["", "0", "1", "1.0", "null", "a"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("ab"), inner, max_size=2),
    max_leaves=4,
)


def tagged(value: t.Any) -> t.Any:
    """A value as something that Python compares with its types, dicts whatever the order of their keys."""
    if isinstance(value, dict):
        return "dict", frozenset((key, tagged(item)) for key, item in value.items())
    if isinstance(value, list):
        return "list", tuple(map(tagged, value))
    return type(value).__name__, repr(value)


@given(json_values, json_values)
def test_values_have_the_same_fingerprint_if_and_only_if_they_are_the_same(one: t.Any, other: t.Any) -> None:
    assert (printed(one) == printed(other)) == (tagged(one) == tagged(other))


@pytest.mark.parametrize(
    "values",
    [
        [1, 1.0, "1", "1.0", True, "true", [1], {"1": 1}],
        [0, 0.0, False, None, "", "null", [], {}, [[]], [None], {"": None}],
        ["a,b", ["a", "b"], ["a,b"], ["a", ["b"]], '["a", "b"]'],
        [{"a": {"b": 1}}, {"a": "b", "b": 1}, {"a.b": 1}, {"a": [{"b": 1}]}],
        ["a", "a ", " a", "A", "a\n", "á", "a\u0301"],
        ["\\u0061", "a", '"a"', "'a'"],
    ],
    ids=["one", "nothing", "lists", "nesting", "texts", "escapes"],
)
def test_values_that_look_alike_are_told_apart(values: list[t.Any]) -> None:
    assert len({printed(value) for value in values}) == len(values)


@given(st.text(st.characters(exclude_categories=["Cs"])), st.text(st.characters(exclude_categories=["Cs"])))
def test_texts_are_told_apart_to_the_letter(one: str, other: str) -> None:
    assert (printed(one) == printed(other)) == (one == other)


@given(st.dictionaries(st.text(max_size=3), json_values, min_size=2, max_size=6).flatmap(lambda some: st.permutations([*some.items()])))
def test_the_order_of_keys_does_not_matter(items: list[t.Any]) -> None:
    assert printed(dict(items)) == printed(dict(sorted(items)))
    assert printed([{"deep": dict(items)}]) == printed([{"deep": dict(reversed(items))}])


def test_the_order_of_lists_does_matter() -> None:
    assert printed([1, 2]) != printed([2, 1])


def test_keys_count_as_the_texts_that_are_stored() -> None:
    assert printed({1: "a", "b": {2: 3}}) == printed({"b": {"2": 3}, "1": "a"})


@pytest.mark.parametrize("word", ["value", "secret_value"])
def test_a_variable_of_json_counts_by_its_meaning_and_one_of_text_to_the_letter(word: str) -> None:
    """A dict of the user's is stored as JSON, and in which order it stands nobody said."""

    def of_variable(value: t.Any) -> str:
        return maker().of(variable(**{word: value}), ["value"])["value"]

    assert of_variable({"a": {"c": 1, "d": "é"}, "b": 2}) == of_variable({"b": 2, "a": {"d": "é", "c": 1}})
    assert of_variable({"a": 1}) != of_variable({"a": 2})
    assert of_variable({"a": 1}) != of_variable({"a": 1.0})
    assert of_variable([1, 2]) != of_variable([2, 1])
    assert of_variable('{"a": 1, "b": 2}') != of_variable('{"b": 2, "a": 1}')


def test_a_number_and_its_digits_are_the_same_in_a_variable_which_stores_only_texts() -> None:
    """Versions of Ansible differ in what a template makes of it."""
    one, other = variable(secret_value=1234), variable(secret_value="1234")
    assert maker().of(one, ["value"]) == maker().of(other, ["value"])


PLACES: dict[str, dict[str, t.Any]] = {
    "field": {"name": "password"},
    "object": {"object_id": "pg2"},
    "kind": {"kind": VARIABLE},
    "another kind": {"kind": POOL},
    "team": {"team": "t"},
    "another team": {"team": "u"},
    "deployment": {"made_by": maker(deployment=Deployment(b"j" * 16, DEPLOYMENT.salt))},
    "key": {"made_by": maker(RANDOM[::-1].hex())},
    "nothing": {},
}


def test_the_same_value_has_another_fingerprint_at_every_place() -> None:
    """So that nobody sees who shares a password with whom, and a row that was copied to another object is of no use."""
    assert len({printed("pw", **words) for words in PLACES.values()}) == len(PLACES)


short_words = st.text("ab", max_size=3)


@given(*[st.tuples(st.sampled_from(KINDS), short_words, short_words, short_words)] * 2)
def test_no_two_places_are_the_same_by_how_their_names_are_joined(one: t.Any, other: t.Any) -> None:
    first, second = (
        printed("pw", kind=kind, team=team, object_id=object_id, name=name) for kind, team, object_id, name in (one, other)
    )
    assert (first == second) == (one == other)


def test_of_a_random_key_the_salt_of_the_deployment_is_of_no_account() -> None:
    assert printed("pw", maker(deployment=Deployment(DEPLOYMENT.id, b"?" * 16))) == printed("pw")


@given(st.text(max_size=3000))
def test_a_fingerprint_shows_neither_the_value_nor_its_length(value: str) -> None:
    assert len(base64.b64decode(printed(value), validate=True)) == 12


def test_all_fields_that_are_asked_for_are_printed_and_no_other() -> None:
    one = connection(conn_type="http", password="pw", secret_extra={"token": "t"})
    both = maker().of(one, ["extra", "password"])
    assert [*both] == ["extra", "password"]
    assert maker().of(one, ["password"]) == {"password": both["password"]}
    assert maker().of(one, []) == {}


# Names of keys, and deployments


def test_a_keys_name_tells_keys_apart_and_is_too_short_to_tell_more() -> None:
    names = {maker(bytes([each] * 32).hex()).name for each in range(100)}
    assert len(names) == 100
    assert {len(bytes.fromhex(name)) for name in names} == {3}
    assert maker().name != maker(deployment=Deployment.new()).name


def test_a_new_deployment_is_like_no_other() -> None:
    deployments = [Deployment.new() for _each in range(100)]
    parts = [part for deployment in deployments for part in deployment]
    assert len({*parts}) == 200
    assert {len(part) for part in parts} == {16}
