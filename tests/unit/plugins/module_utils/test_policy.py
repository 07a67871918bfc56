# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How secrets are to be treated: what the options and the environment say, and what is wrong with them."""

from __future__ import annotations

import json
import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.windsock.airflow.plugins.module_utils._fingerprints import Deployment
from ansible_collections.windsock.airflow.plugins.module_utils._jobs._policy import ENVIRONMENT, read_policy
from ansible_collections.windsock.airflow.plugins.module_utils._memory import key_of
from ansible_collections.windsock.airflow.plugins.module_utils._plan import Policy

KEY = "0123456789abcdef" * 4
OTHER_KEY = "fedcba9876543210" * 4
NO_KEY = "CANARY-too-short"
DEPLOYMENT = Deployment(b"i" * 16, b"s" * 16)


@pytest.fixture(autouse=True)
def no_key_of_the_developers_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(ENVIRONMENT, raising=False)


def read(key: t.Any = None, **params: t.Any) -> tuple[Policy, list[str]]:
    policy, faults = read_policy({} if key is None else {"fingerprint_key": key}, {"owner": "default", **params})
    return policy, [str(fault) for fault in faults]


def names(policy: Policy) -> list[str]:
    """Of the keys, in their order."""
    return [key.within(DEPLOYMENT).name for key in policy.keys]


A, B = (names(read(key)[0])[0] for key in (KEY, OTHER_KEY))


# Keys, and what they make the default


def test_without_a_key_secrets_are_always_written() -> None:
    assert read() == (Policy("always", ()), [])


@pytest.mark.parametrize(
    ("key", "expected"),
    [(KEY, [A]), ([KEY], [A]), ([KEY, OTHER_KEY], [A, B]), ([OTHER_KEY, KEY], [B, A]), (f" {KEY}\n", [A])],
    ids=["one", "a list of one", "two", "the other way round", "with a line's end"],
)
def test_with_a_key_what_has_changed_is_written(key: t.Any, expected: list[str]) -> None:
    policy, faults = read(key)
    assert (policy.update_secrets, names(policy), faults) == ("on_change", expected, [])


@pytest.mark.parametrize("mode", ["on_change", "always", "on_create"])
def test_what_is_asked_for_counts_before_the_default(mode: str) -> None:
    policy, faults = read(KEY, update_secrets=mode)
    assert (policy.update_secrets, names(policy), faults) == (mode, [A], [])


@pytest.mark.parametrize("mode", ["always", "on_create"])
def test_two_of_the_modes_need_no_key(mode: str) -> None:
    assert read(update_secrets=mode) == (Policy(mode, ()), [])


def test_on_change_needs_one() -> None:
    assert read(update_secrets="on_change")[1] == ["fingerprint_key: is needed for update_secrets=on_change"]


# The environment


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (KEY, [A]),
        (f"{KEY}\n", [A]),
        (json.dumps([KEY]), [A]),
        (json.dumps([KEY, OTHER_KEY]), [A, B]),
        ("", []),
        ("[]", []),
        ('[""]', None),
        ("[5]", None),
    ],
    ids=["a key", "with a line's end", "a list of one", "a list", "nothing", "an empty list", "an empty key", "a number"],
)
def test_the_environment_holds_a_key_or_a_list_as_json(
    monkeypatch: pytest.MonkeyPatch, text: str, expected: list[str] | None
) -> None:
    monkeypatch.setenv(ENVIRONMENT, text)
    policy, faults = read()
    assert (None if faults else names(policy)) == expected


def test_a_passphrase_that_looks_like_a_list_and_is_none_is_a_passphrase(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ENVIRONMENT, "[this is no JSON, is it")
    policy, faults = read()
    assert (len(policy.keys), faults) == (1, [])


@pytest.mark.parametrize("empty", [None, "", []], ids=str)
def test_the_option_counts_before_the_environment_unless_it_is_empty(
    monkeypatch: pytest.MonkeyPatch, empty: t.Any
) -> None:
    """Empty is what a template of a variable makes that nobody has set."""
    monkeypatch.setenv(ENVIRONMENT, OTHER_KEY)
    assert names(read(KEY)[0]) == [A]
    assert names(read(empty)[0]) == [B]


@pytest.mark.parametrize("empty", ["", []], ids=str)
def test_an_empty_key_is_none(empty: t.Any) -> None:
    assert read(empty) == (Policy("always", ()), [])


def test_bytes_that_are_no_text_in_the_environment_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """As a key that was never encoded: Python reads them as surrogates."""
    monkeypatch.setenv(ENVIRONMENT, bytes(range(200, 240)).decode("utf-8", "surrogateescape"))
    (fault,) = read()[1]
    assert fault.startswith("fingerprint_key: must be at least 32 random bytes")


# What is wrong


@pytest.mark.parametrize(
    ("key", "count"),
    [(NO_KEY, 1), ([KEY, NO_KEY], 1), ([NO_KEY, NO_KEY], 2), (5, 1), (False, 1), ({"CANARY": KEY}, 1), ([[KEY]], 1), ([None], 1)],
    ids=str,
)
@pytest.mark.parametrize("mode", [None, "on_change"])
def test_each_wrong_key_is_one_fault_that_does_not_show_it(key: t.Any, count: int, mode: str | None) -> None:
    _policy, faults = read(key, update_secrets=mode)
    assert len(faults) == count
    assert {fault[:25] for fault in faults} == {"fingerprint_key: must be "}
    assert "CANARY" not in repr(faults)
    assert KEY not in repr(faults)


odd_words = st.text("§ß¶ \udc80", min_size=2, max_size=40)


@given(st.lists(odd_words, min_size=1, max_size=3), st.sampled_from([None, "on_change", "on_create"]))
def test_whatever_the_keys_are_each_is_one_or_a_fault_that_holds_nothing_of_it(keys: list[str], mode: t.Any) -> None:
    policy, faults = read(keys, update_secrets=mode)
    assert len(policy.keys) + len(faults) == len(keys)
    assert not set("§ß¶") & {*repr((policy, faults))}
    assert "udc80" not in repr((policy, faults))


def test_a_key_needs_an_owner_whose_memory_it_is_for() -> None:
    assert read(KEY, owner="")[1] == ["owner: is needed with a fingerprint_key; an empty one keeps no memory"]
    assert read(KEY, owner=None)[1] == read(KEY, owner="")[1]
    assert read(owner="")[1] == []


@pytest.mark.parametrize("owner", ["o" * 100, "ö" * 50, "漢" * 33])
def test_an_owner_may_have_a_hundred_bytes_which_fit_into_a_key(owner: str) -> None:
    assert read(KEY, owner=owner)[1] == []
    assert len(key_of(owner)) <= 250


@pytest.mark.parametrize("owner", ["o" * 101, "ö" * 51, "漢" * 34])
def test_a_longer_owner_is_refused(owner: str) -> None:
    assert read(owner=owner)[1] == ["owner: must have no more than 100 characters, or fewer if they are not ASCII"]


def test_an_owner_that_is_no_unicode_is_refused() -> None:
    assert read(owner="o\udc80")[1] == ["owner: must be valid Unicode"]


def test_every_fault_is_told_at_once() -> None:
    assert len(read([NO_KEY, NO_KEY], owner="o" * 101)[1]) == 3
