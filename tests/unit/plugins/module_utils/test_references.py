# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""References in declarations: what is one, what it stands for, what is compared while it is not read."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.windsock.airflow.plugins.module_utils._comparison import Verdict, compare
from ansible_collections.windsock.airflow.plugins.module_utils._declaration import Desired, completed, declare, listed
from ansible_collections.windsock.airflow.plugins.module_utils._faults import Fault, Refused
from ansible_collections.windsock.airflow.plugins.module_utils._merge import merge
from ansible_collections.windsock.airflow.plugins.module_utils._plan import Policy, needs_secrets
from ansible_collections.windsock.airflow.plugins.module_utils._secrets._reference import (
    Place,
    Reference,
    Unread,
    WrongReference,
)
from ansible_collections.windsock.airflow.tests.unit.fakes import (
    AIRFLOW_2,
    AIRFLOW_3,
    CONNECTION,
    POOL,
    VARIABLE,
    connection,
    declared,
    planned,
    stored,
    told,
    variable,
)

CANARY = "CANARY-Zq9"
ON_CREATE = Policy("on_create")
PW: t.Any = {"vault": "team/db", "key": "pw"}


def full(one: Desired, **secrets: t.Any) -> Desired:
    """An object with the values of its references: the secret at team/db as it is given."""
    return completed([one], lambda reference, whole: secrets if whole else secrets[reference.key or [*secrets][0]])[0]


def refused(one: Desired, **secrets: t.Any) -> list[str]:
    try:
        full(one, **secrets)
    except Refused as fault:
        return [each.reason for each in fault.faults]
    raise AssertionError("not refused")


# -- what is a reference


@pytest.mark.parametrize(
    ("words", "reference"),
    [
        ({"vault": "a/b"}, Reference(Place("a/b"))),
        ({"vault": "/a/b/", "key": "k"}, Reference(Place("a/b"), "k")),
        ({"vault": "a", "mount": "/m/n/", "version": 3}, Reference(Place("a", "m/n", 3))),
        ({"vault": "a", "version": "3", "key": None, "mount": None}, Reference(Place("a", None, 3))),
        ({"vault": "ü b/c?#%"}, Reference(Place("ü b/c?#%"))),
    ],
)
def test_a_reference_is_read(words: t.Any, reference: Reference) -> None:
    one = connection(password=words)
    assert one.awaited is not None
    assert one.awaited.references() == [("password", reference)]


WRONG = [
    ({"vault": ""}, "vault: must be a path"),
    ({"vault": "/"}, "vault: must be a path"),
    ({"vault": "a//b"}, "vault: must be a path"),
    ({"vault": "a/../b"}, "vault: must be a path"),
    ({"vault": "a/."}, "vault: must be a path"),
    ({"vault": "a\nb"}, "vault: must be a path"),
    ({"vault": "a", "mount": "../sys"}, "mount: must be a path"),
    ({"vault": "a", "mount": 5}, "mount: must be a path"),
    ({"vault": "a", "mount": ""}, "mount: must be a path"),
    ({"vault": "a", "key": ""}, "key: must be a text"),
    ({"vault": "a", "key": 5}, "key: must be a text"),
    ({"vault": "a", "version": 0}, "version: must be a whole number from 1"),
    ({"vault": "a", "version": True}, "version: must be a whole number from 1"),
    ({"vault": "a", "version": CANARY}, "version: must be a whole number from 1"),
    ({"vault": "a", "kye": CANARY}, "'kye', which none has"),
]


@pytest.mark.parametrize("option", ["password", "uri", "secret_extra", "secret_value", "deep"])
@pytest.mark.parametrize(("words", "reason"), WRONG)
def test_a_wrong_reference_is_told_without_what_it_holds(option: str, words: t.Any, reason: str) -> None:
    path = ""
    if option == "deep":
        option, words, path = "secret_extra", {"a": [{"b": words}]}, "a.0.b: "
    kind = VARIABLE if option == "secret_value" else CONNECTION
    (fault,) = told(lambda: declared(kind, {kind.identity.name: "x", option: words}))
    assert f"{option}: {path}" in fault and reason in fault and CANARY not in fault


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("", "from_vault: vault: must be a path"),
        ("a/../b", "from_vault: vault: must be a path"),
        ({"path": "a"}, "from_vault: must be a path, or a dict"),
        (["a"], "from_vault: must be a path, or a dict"),
        ({"vault": "a", "key": "k"}, "from_vault: key: the secret is taken as a whole"),
        ({"vault": "a", "version": -1}, "from_vault: version: must be"),
    ],
)
@pytest.mark.parametrize("kind", [CONNECTION, VARIABLE])
def test_a_wrong_source_is_told(kind: t.Any, value: t.Any, reason: str) -> None:
    (fault,) = told(lambda: declared(kind, {kind.identity.name: "x", "from_vault": value}))
    assert reason in fault


@pytest.mark.parametrize(
    ("kind", "words", "reason"),
    [
        (CONNECTION, {"host": PW}, "host: holds what looks like a reference to Vault, which may stand only in password, "
         "secret_extra, uri"),
        (CONNECTION, {"extra": {"a": [PW]}}, "extra: holds what looks like a reference to Vault, which may stand only in "
         "password, secret_extra, uri. If it is meant as it stands, write it as a text of JSON"),
        (CONNECTION, {"port": PW}, "port: holds what looks like a reference"),
        (VARIABLE, {"value": {"a": PW}}, "value: holds what looks like a reference to Vault, which may stand only in "
         "secret_value. If it"),
        (VARIABLE, {"description": PW}, "description: holds what looks like"),
        (POOL, {"slots": PW}, "slots: holds what looks like a reference to Vault, and a pool has no secrets"),
    ],
)  # fmt: skip
def test_a_reference_where_none_may_stand(kind: t.Any, words: t.Any, reason: str) -> None:
    (fault,) = told(lambda: declared(kind, {kind.identity.name: "x", **words}))
    assert reason in fault


def test_what_only_resembles_a_reference_is_taken_as_it_stands() -> None:
    assert connection(extra={"vault": "name", "timeout": 5}).fields["extra"] == {"vault": "name", "timeout": 5}
    assert connection(extra='{"vault": "name"}').fields["extra"] == {"vault": "name"}
    assert connection(secret_extra={"vault": {"url": "x"}}).fields["extra"] == {"vault": {"url": "x"}}
    assert variable(value='{"vault": "x"}').fields["value"] == '{"vault": "x"}'
    for one in (connection(extra={"vault": "name", "timeout": 5}), variable(secret_value={"vault": 5})):
        assert one.awaited is None


def test_faults_of_the_option_count_only_if_something_refers_to_vault() -> None:
    missing = [Fault("vault.url", "is missing")]
    words = {"connection_id": "a", "conn_type": "http"}
    assert declare(listed(CONNECTION, [words]), False, (), lambda: missing)
    for more in ({"password": PW}, {"from_vault": "a"}, {"secret_extra": {"x": [PW]}}):
        faults = told(lambda more=more: declare(listed(CONNECTION, [{**words, **more}]), False, (), lambda: missing))
        assert faults == ["vault.url: is missing"]
        # Together with what else is wrong with it.
        faults = told(lambda more=more: declare(listed(CONNECTION, [{**words, **more, "port": "x"}]), False, (), lambda: missing))
        assert len(faults) == 2
    absent = {**words, "password": PW, "state": "absent"}
    assert declare(listed(CONNECTION, [absent]), False, (), lambda: missing)[0].awaited is None


def test_uri_and_from_vault_exclude_each_other() -> None:
    (fault,) = told(lambda: connection(uri="http://h", from_vault="a"))
    assert "uri: stands for the fields, so it cannot be declared together with from_vault" in fault


# -- what it stands for


def test_values_take_the_place_of_references() -> None:
    one = full(connection(password=PW, extra={"a": 1}, secret_extra={"b": [PW, 2], "c": {"d": PW}}), pw="secret")
    assert one.fields == {"password": "secret", "extra": {"a": 1, "b": ["secret", 2], "c": {"d": "secret"}}}
    assert one.awaited is None
    assert one.is_secret(("extra", "b")) and one.is_secret(("extra", "c", "d")) and not one.is_secret(("extra", "a"))


def test_a_uri_is_parsed_once_it_is_there() -> None:
    one = full(connection(uri={"vault": "a"}), uri="http://u:p@h:1/s")
    assert (one.fields["login"], one.fields["password"], one.fields["port"]) == ("u", "p", 1)
    assert one.is_secret(("host",))
    (reason,) = refused(connection(uri={"vault": "a"}), uri=CANARY)
    assert reason == "uri: must have the form conn-type://login:password@host:port/schema?extra"


def test_what_does_not_fit_is_told_without_it() -> None:
    for value in (5, None, True, [CANARY], {"a": CANARY}):
        (reason,) = refused(connection(password=PW), pw=value)
        assert reason.startswith("password: what Vault has at team/db, key 'pw' must be text, not")
        assert CANARY not in reason
    assert full(variable(secret_value=PW), pw={"a": 1}).fields["value"] == '{"a": 1}'
    (reason,) = refused(connection(secret_extra=PW), pw=[CANARY])
    assert reason == "secret_extra: what Vault has at team/db, key 'pw' must be a dict, not a list"


def test_a_mask_is_never_written() -> None:
    for one in (
        connection(password=PW), connection(secret_extra={"a": [PW]}), variable(secret_value=PW), variable(from_vault="a"),
        connection(from_vault="a"), connection(secret_extra={"vault": "a"}),
    ):  # fmt: skip
        faults = refused(one, pw="a***b", value="***")
        assert faults and all("is or contains '***'" in reason for reason in faults)
    assert refused(connection(from_vault="a"), conn_uri="http://%2A%2A%2A@h") == [
        "login: contains '***' once it is decoded; declare the real value"
    ]


def test_every_fault_of_every_object() -> None:
    def lookup(reference: Reference, whole: bool) -> t.Any:
        raise WrongReference(f"no {reference}")

    objects = [connection("a", password=PW, secret_extra={"x": PW}), variable("b", from_vault="p")]
    with pytest.raises(Refused) as refusal:
        completed(objects, lookup)
    assert [str(fault) for fault in refusal.value.faults] == [
        "connections[0] 'a': password: no team/db, key 'pw'",
        "connections[0] 'a': secret_extra.x: no team/db, key 'pw'",
        "variables[0] 'b': from_vault: no p",
    ]


def test_defaults_are_enforced_beside_what_comes_from_vault() -> None:
    (one,) = declared(CONNECTION, {"connection_id": "a", "password": PW}, enforce_defaults=True)
    fields = full(one, pw="secret").fields
    assert fields["password"] == "secret" and fields["host"] is None and "conn_type" not in fields


def test_a_later_source_replaces_how_a_variable_is_given() -> None:
    assert merge("variables", [[{"key": "a", "value": 1}], [{"key": "a", "from_vault": "p"}]]) == [
        {"key": "a", "from_vault": "p"}
    ]
    assert merge("variables", [[{"key": "a", "from_vault": "p"}], [{"key": "a", "secret_value": "x"}]]) == [
        {"key": "a", "secret_value": "x"}
    ]
    both = [[{"conn_id": "a", "from_vault": "p", "host": "h"}], [{"conn_id": "a", "password": PW}]]
    assert merge("connections", both) == [{"connection_id": "a", "from_vault": "p", "host": "h", "password": PW}]


# -- as long as it is not read


@pytest.mark.parametrize(
    ("declared_value", "reading", "verdict"),
    [
        (Unread.VALUE, None, Verdict.DIFFERS),
        (Unread.VALUE, {}, Verdict.DIFFERS),
        (Unread.VALUE, "***", Verdict.UNKNOWN),
        (Unread.VALUE, "clear", Verdict.UNKNOWN),
        (Unread.VALUE, {"a": 1}, Verdict.UNKNOWN),
        (Unread.ANYTHING, None, Verdict.UNKNOWN),
        (Unread.ANYTHING, "clear", Verdict.UNKNOWN),
    ],
)
def test_what_is_not_read_is_compared_by_whether_it_is_there(declared_value: t.Any, reading: t.Any, verdict: t.Any) -> None:
    assert compare(declared_value, reading) == {(): verdict}


HTTP = {"conn_type": "http"}


@pytest.mark.parametrize(
    ("words", "found", "needed"),
    [
        ({"password": PW}, {"password": "***"}, False),
        ({"password": PW}, {"password": None}, True),
        ({"password": PW, "host": "b"}, {"password": "***", "host": "a"}, False),
        ({"secret_extra": {"a": PW}}, {"extra": {"a": "***"}}, False),
        ({"secret_extra": {"a": PW}}, {"extra": {"a": "clear"}}, False),
        ({"secret_extra": {"a": PW}}, {"extra": {}}, True),
        ({"secret_extra": {"a": PW}, "extra": {"t": 5}}, {"extra": {"a": "***", "t": 4}}, True),
        ({"secret_extra": {"vault": "a"}}, {"extra": {"x": 1}}, False),
        ({"secret_extra": {"vault": "a"}}, {"extra": {}}, True),
        ({"uri": {"vault": "a"}}, {}, False),
        ({"from_vault": "a"}, {}, False),
        ({"from_vault": "a", "host": "b"}, {"host": "a"}, False),
        # Clearing the password deletes the connection, and creates it with everything.
        ({"from_vault": "a", "password": ""}, {"password": "***"}, True),
        ({"from_vault": "a", "password": ""}, {"password": None}, False),
    ],
)
def test_on_create_asks_only_for_what_is_needed(words: t.Any, found: t.Any, needed: bool) -> None:
    one, actual = connection(**words), stored(CONNECTION, "pg", **HTTP, **found)
    assert needs_secrets(one, actual, ON_CREATE, AIRFLOW_3) is needed
    assert needs_secrets(one, None, ON_CREATE, AIRFLOW_3)
    assert needs_secrets(one, actual, Policy("always"), AIRFLOW_3)
    if not needed:
        for change in planned(one, actual, update_secrets="on_create").changes:
            assert not [value for value in change.write.values() if isinstance(value, Unread)]
            assert change.action == "update" and set(change.write) == {"host"}


@pytest.mark.parametrize("words", [{"secret_value": PW}, {"secret_value": {"a": [PW]}}, {"from_vault": "a"}])
@pytest.mark.parametrize("abilities", [AIRFLOW_2, AIRFLOW_3], ids=["Airflow 2", "newest"])
def test_a_variable_that_exists_needs_none(words: t.Any, abilities: t.Any) -> None:
    one = variable(**words)
    assert one.fields["value"] is Unread.VALUE
    assert not needs_secrets(one, stored(VARIABLE, "v", value="x"), ON_CREATE, abilities)
    assert planned(one, stored(VARIABLE, "v", value="x"), update_secrets="on_create", abilities=abilities).unknown == [one]
