# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each row of airflow-api-facts.md: the user gets the right outcome whatever the row says.

The rows are named in the docstrings, in their order. Where the server is in the way, another test of this folder has
the row: paging and bulk sizes test_requests.py, signing in test_server_faults.py. What only older versions do stands
in test_facts_older.py.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Callable, Iterator
from typing import Any

import pytest

QUIET = {"update_secrets": "on_create"}


# -- Reading back


@pytest.mark.servers("3")
def test_password_is_shown_as_a_mask_or_null(engine, stored, api, name):
    """`password` of a connection in GET: presence is always compared, equality is unknown."""
    declared = {"connection_id": f"{name}c", "conn_type": "http", "password": "first-pw"}
    engine.settles(connections=[declared], **QUIET)
    assert engine(connections=[declared], **QUIET).result["summary"]["connections"]["unknown"] == 1
    api("DELETE", f"/connections/{name}c")
    api.create("connections", {"connection_id": f"{name}c", "conn_type": "http"})
    found = engine.settles(connections=[declared], **QUIET)
    assert found.change(f"{name}c")["secrets"] == ["password"]
    assert stored.connection(f"{name}c")["password"] == "first-pw"
    rotated = engine(connections=[{**declared, "password": "second-pw"}])
    assert rotated.change(f"{name}c") == {
        "kind": "connection", "id": f"{name}c", "action": "update", "fields": [], "secrets": ["password"], "blind": True}
    assert stored.connection(f"{name}c")["password"] == "second-pw"


DEEP_SECRETS = {
    "host": "h", "password": "p-12345", "n": {"api_key": "k-12345", "x": 1, "m": {"token": "t-12345", "secret": ["l-12345"]}},
    "empty": {"password": "", "api_key": None}, "below": {"passwords": {"a": "b-12345", "deep": {"er": {"est": {"x": "y-1"}}}}},
    "a": {"b": {"c": {"d": {"e": {"f": {"password": {"g": "h-12345", "i": 5}}}}}}},
}


def test_secret_looking_keys_inside_extra(engine, stored, name):
    """Secret-looking keys inside `extra`, at any depth: no drift by their mask, readable changes beside them found."""
    declared = {"connection_id": f"{name}c", "conn_type": "http", "extra": DEEP_SECRETS}
    engine.settles(connections=[declared], **QUIET)
    assert stored.connection(f"{name}c")["extra"] == DEEP_SECRETS
    changed = {**DEEP_SECRETS, "n": {**DEEP_SECRETS["n"], "x": 2}}
    found = engine.settles(connections=[{**declared, "extra": changed}], **QUIET)
    assert found.change(f"{name}c")["fields"] == ["extra.n.x"]
    assert stored.connection(f"{name}c")["extra"] == changed
    gone = {key: value for key, value in changed.items() if key != "password"}
    found = engine.settles(connections=[{**declared, "extra": gone}], **QUIET)
    assert "extra.password" in found.change(f"{name}c")["fields"] + found.change(f"{name}c")["secrets"]
    assert stored.connection(f"{name}c")["extra"] == gone


@pytest.mark.parametrize("number", [5, 0, 1.5, True, False, None, 123456789])
def test_numbers_under_secret_looking_names(engine, stored, name, number):
    """Numbers and booleans under a secret-looking name are not masked: so they are compared, whatever the policy."""
    declared = {"connection_id": f"{name}c", "conn_type": "http", "extra": {"password": number}}
    engine.settles(connections=[declared])
    found = engine.settles(connections=[{**declared, "extra": {"password": 77}}], **QUIET)
    assert [found.actions, stored.connection(f"{name}c")["extra"]] == [{f"{name}c": "update"}, {"password": 77}]


@pytest.mark.parametrize("value", ["plain-text", "1.10", 12345, {"a": "b-secret"}, {"a": 1, "b": [True, None]}, ["x-12345"],
                                   "", '"quoted"', {"password": "p-1", "deep": {"password": {"a": 1, "b": {"c": 1}}}}])
def test_variable_with_a_secret_looking_key(engine, stored, name, value):
    """A variable with a secret-looking key is shown as `***`: unknown under on_create, written under always."""
    declared = {"key": f"{name}api_password", "secret_value": value}
    engine.settles(variables=[declared], **QUIET)
    told = stored.variable(f"{name}api_password")
    assert told == (value if isinstance(value, str) else json.dumps(value))
    other = engine(variables=[{**declared, "secret_value": {"entirely": "other", "n": 77}}])
    assert other.actions == {f"{name}api_password": "update"}
    assert json.loads(stored.variable(f"{name}api_password")) == {"entirely": "other", "n": 77}


def test_variable_with_masked_leaves(engine, stored, name):
    """A variable holding JSON with a secret-looking key inside is masked inside: the readable part is compared."""
    value = {"a": 1, "password": "masked-1", "l": [{"token": "masked-2", "x": "y"}], "n": {"api_key": "masked-3"}}
    declared = {"key": f"{name}v", "value": value}
    engine.settles(variables=[declared], **QUIET)
    changed = {**value, "a": 2}
    engine.settles(variables=[{**declared, "value": changed}], **QUIET)
    assert json.loads(stored.variable(f"{name}v")) == changed


def test_pages(engine, api, stored, name):
    """Page size: the server never gives more than 100, so more pages are read, and every object is found."""
    api.create("variables", *({"key": f"{name}{i:03}", "value": "x"} for i in range(230)))
    declared = [{"key": f"{name}{i:03}", "value": "x"} for i in range(230)]
    assert not engine(variables=declared).changed
    declared[229]["value"] = "y"
    assert engine(variables=declared).actions == {f"{name}229": "update"}
    assert stored.variable(f"{name}229") == "y"


@pytest.mark.servers("3.1", "3.2", "3.3")
def test_unlimited_pool(engine, stored, name):
    """`GET /pools` when any pool has `slots: -1`, and `slots: -1` on create: both fine on 3.3."""
    engine.settles(pools=[{"name": f"{name}{i}", "slots": -1} for i in range(3)])
    assert stored.pools()[f"{name}0"]["slots"] == "-1"
    engine.settles(pools=[{"name": f"{name}{i}", "slots": 5} for i in range(3)])
    engine.settles(pools=[{"name": f"{name}0", "slots": -1}])
    assert stored.pools()[f"{name}0"]["slots"] == "-1"


@pytest.mark.servers("3")
def test_mask_bleed(engine, api, stored, name):
    """Mask bleed: a secret that the server has loaded reads `***` inside other connections too. No drift, no harm."""
    secret = "bleeding-secret"
    engine(connections=[{"connection_id": f"{name}owner", "conn_type": "http", "password": secret}])
    victim = {"connection_id": f"{name}victim", "conn_type": "http", "host": "h",
              "extra": {"note": f"zz-{secret}-zz", "plain": "1", "list": [secret, "x"]}}
    engine(connections=[victim])
    bled = api.get("connections", f"{name}victim")["extra"]
    assert "zz-***-zz" in bled, "this server does not mask so: the test shows nothing"
    assert not engine(connections=[victim], **QUIET).changed
    found = engine(connections=[{**victim, "host": "i"}], **QUIET)
    assert found.change(f"{name}victim")["fields"] == ["host"]
    assert stored.connection(f"{name}victim")["extra"] == victim["extra"]
    changed = {**victim, "host": "i", "extra": {**victim["extra"], "plain": "2"}}
    assert engine(connections=[changed], **QUIET).change(f"{name}victim")["fields"] == ["extra.plain"]
    assert stored.connection(f"{name}victim")["extra"] == changed["extra"]
    other = {**changed, "extra": {**changed["extra"], "note": "yy-other-zz"}}
    assert engine(connections=[other], **QUIET).changed
    assert stored.connection(f"{name}victim")["extra"] == other["extra"]


def test_mask_bleed_into_variables(engine, stored, name):
    """Mask bleed, in a variable's text: no drift, nothing corrupted."""
    secret = "bleeding-into-variables"
    engine(connections=[{"connection_id": f"{name}owner", "conn_type": "http", "password": secret}])
    for value in (f"text {secret} text", {"note": f"a {secret} b", "n": 1}, secret):
        engine.one("variable", key=f"{name}v", value=value)
        assert not engine.one("variable", key=f"{name}v", value=value, **QUIET).changed
        engine.one("variable", key=f"{name}v", description="d", **QUIET)
        assert stored.variable(f"{name}v") == (value if isinstance(value, str) else json.dumps(value))


@pytest.mark.servers("3")
def test_mask_bleed_keeps_a_password_from_being_cleared(engine, stored, name):
    """Mask bleed: what cannot be read whole is not carried over when a password is cleared by replacing."""
    secret = "bleeding-before-replace"
    engine(connections=[
        {"connection_id": f"{name}owner", "conn_type": "http", "password": secret},
        {"connection_id": f"{name}victim", "conn_type": "http", "password": "pw-bleed", "extra": {"note": f"z{secret}"}}])
    engine(connections=[{"connection_id": f"{name}owner"}])
    assert "extra" in engine.refused(connections=[{"connection_id": f"{name}victim", "password": ""}])
    assert stored.connection(f"{name}victim")["password"] == "pw-bleed"


RESERIALISED = ["1.10", "1e5", "[1,  2]", '{"a":"\u00e9"}', '{"b": 1, "a": 2}', " 5 ", "true", "null", '"text"', "-0", "1E400",
                "[1.50, 2e0]", "12345678901234567890", "0.1000000000000000055", "[]", "{}", "1_000", "NaN", '{"a": 1, "a": 2}',
                "\u00e9", "", " ", "line\nline\n", "[1, 2", "True", "'x'", "a\tb", "\U0001f32c"]


@pytest.mark.parametrize("value", RESERIALISED)
def test_variable_text_is_stored_as_it_is_and_is_no_drift(engine, stored, name, value):
    """Variable text that looks like JSON is re-serialised (`1.10` reads `1.1`): no eternal drift."""
    engine.settles(variables=[{"key": f"{name}v", "value": value}])
    assert stored.variable(f"{name}v") == value


@pytest.mark.parametrize(("before", "after"), [
    ("1.10", "1.11"), ("[1,  2]", "[1, 3]"), ("1e5", "1e6"), ('{"a":"\u00e9"}', '{"a":"e"}'), ("1", "1.0"), ("1", "true"),
    ("1", '"1"'), ("{}", "[]"), ("", " "), ("null", ""), ("true", "True"), ("[1, 2]", "[2, 1]"), ('{"a": null}', "{}"),
    ("\u00e9", "e\u0301"), ("x", "x\n")])
def test_a_real_change_among_such_values_is_found(engine, stored, name, before, after):
    """Variable text that is re-serialised: a real change among such values is still found."""
    engine(variables=[{"key": f"{name}v", "value": before}])
    assert engine.settles(variables=[{"key": f"{name}v", "value": after}]).actions == {f"{name}v": "update"}
    assert stored.variable(f"{name}v") == after


@pytest.mark.servers("2")
@pytest.mark.parametrize(("before", "after"), [("3.1", "3.10"), ("1000.0", "1e3"), ('{"a": 2}', '{"a": 1, "a": 2}')])
def test_a_change_of_spelling_is_found_where_texts_are_shown_as_they_are(engine, stored, name, before, after):
    """Variable text: byte-exact on 2.x, so that a version 3.1 is not taken for 3.10."""
    engine(variables=[{"key": f"{name}v", "value": before}])
    assert engine.settles(variables=[{"key": f"{name}v", "value": after}]).actions == {f"{name}v": "update"}
    assert stored.variable(f"{name}v") == after


@pytest.mark.servers("2")
def test_asterisks_that_a_tool_has_stored_are_found(engine, api, stored, name):
    """`"***"` sent as a variable's value, or inside its JSON: stored literally. Variables read in clear, so it shows."""
    declared = [{"key": f"{name}a", "secret_value": "pw-12345"}, {"key": f"{name}b", "value": {"password": "pw-12345"}}]
    api.create("variables", {"key": f"{name}a", "value": "***"}, {"key": f"{name}b", "value": '{"password": "***"}'})
    assert engine.settles(variables=declared, **QUIET).actions == {f"{name}a": "update", f"{name}b": "update"}
    assert stored.variable(f"{name}a") == "pw-12345"


@pytest.fixture
def undecryptable(server, api, name):
    """A variable that was stored with another fernet_key."""
    key = f"{name}lost"
    api.create("variables", {"key": key, "value": "x"})
    with contextlib.closing(sqlite3.connect(server.home / "airflow.db", timeout=30)) as database:
        database.execute("UPDATE variable SET val = 'gAAAAABm', is_encrypted = 1 WHERE key = ?", (key,))
        database.commit()
        yield key
        database.execute("DELETE FROM variable WHERE key = ?", (key,))
        database.commit()


def test_a_variable_that_airflow_cannot_decrypt(engine, stored, undecryptable, api, name):
    """Newly measured: it reads null on 2.x and 3.3, and lets every list answer 500 on 3.0 and 3.1."""
    declared = [{"key": undecryptable, "value": "new"}]
    others = [{"key": f"{name}{i}", "value": "x"} for i in range(3)]
    if api("GET", "/variables")[0] == 500:
        told = engine.fault(variables=[*declared, *others])
        assert "fernet_key" in told and "500" in told and "\n" not in told
    else:
        assert engine.settles(variables=[*declared, *others]).actions[undecryptable] == "update"
        assert stored.variable(undecryptable) == "new"


@contextlib.contextmanager
def broken_row(server: Any, connection_id: str) -> Iterator[None]:
    """A connection whose extra is not JSON, as only Airflow 2 or a hand in the database leaves it."""
    with contextlib.closing(sqlite3.connect(server.home / "airflow.db", timeout=30)) as database:
        database.execute("INSERT INTO connection (conn_id, conn_type, extra, is_encrypted, is_extra_encrypted)"
                         " VALUES (?, 'http', 'not json', 0, 0)", (connection_id,))
        database.commit()
        try:
            yield
        finally:
            database.execute("DELETE FROM connection WHERE conn_id = ?", (connection_id,))
            database.commit()


@pytest.mark.servers("3")
def test_a_broken_stored_row(engine, server, name):
    """One stored row with an `extra` that is not JSON: the list answers 500. One clear sentence."""
    declared = [{"connection_id": f"{name}{i}", "conn_type": "http"} for i in range(3)]
    with broken_row(server, f"{name}broken"):
        told = engine.fault(connections=declared)
        assert "extra" in told and "JSON" in told and "500" in told and "\n" not in told
        single = engine.fault(connections=[{"connection_id": f"{name}broken", "host": "h"}])
        assert f"{name}broken" in single and "500" in single and "\n" not in single
        engine.settles(connections=declared[:1])  # what does not need the list works


AWKWARD = ["a/b", "sp ace", "\u00fc\u6f22\U0001f32c", "..", ".", "%41", "%2F", "a?b#c", "a&b=c", "{{ j }}", "a%20b", "-x", "a\\b", "'q\"q'",
           "A" * 200, "a;b", "a+b", "~"]


@pytest.mark.servers("3")
@pytest.mark.parametrize("kind", ["variable", "pool"])
def test_awkward_names(engine, stored, api, kind):
    """Names with `/`, space, non-ASCII, URL-quoted (variable keys and pool names): each created, changed, deleted."""
    plural, identity, field = {"variable": ("variables", "key", "value"), "pool": ("pools", "name", "slots")}[kind]
    names = AWKWARD if kind == "variable" else AWKWARD + ["a" * 256]
    try:
        # alone: by a path for each
        for number, each in enumerate(names):
            for value in (number + 1, number + 2):
                run = engine.one(kind, **{identity: each, field: value})
                assert run.changed and not run.failed, (each, run.result)
                assert not engine.one(kind, **{identity: each, field: value}).changed
        there = stored.pools() if kind == "pool" else stored.variables()
        assert set(names) <= set(there)
        for number, each in enumerate(names):
            value = there[each]["slots" if kind == "pool" else "value"]
            assert int(value) == number + 2, each
        for each in names:
            assert engine.one(kind, **{identity: each, "description": "d"}).changed
            assert api("GET", f"/{plural}?limit=100")[0] == 200
            assert engine.one(kind, **{identity: each, "state": "absent"}).actions == {each: "delete"}
        assert not set(names) & set(api.ids(plural))
        # together: in bulk
        engine.settles(**{plural: [{identity: each, field: 1} for each in names]})
        engine.settles(**{plural: [{identity: each, field: 2, "description": "d"} for each in names]})
        assert set(names) <= set(api.ids(plural))
        engine.settles(**{plural: [{identity: each, "state": "absent"} for each in names]})
        assert not set(names) & set(api.ids(plural))
    finally:
        api.delete(plural, [each for each in api.ids(plural) if each in names])


# -- Writing


@pytest.mark.parametrize("declared", [
    {"connections": [{"connection_id": "m", "conn_type": "http", field: value}]} for field, value in [
        ("password", "***"), ("password", "a***b"), ("login", "***"), ("host", "***"), ("schema", "***"), ("description", "***"),
        ("extra", {"a": "***"}), ("extra", {"a": {"b": ["x", "z***"]}}), ("extra", '{"a": "***"}'),
        ("extra", '{"a": "\\u002a\\u002a\\u002a"}'), ("secret_extra", {"a": "***"}), ("conn_type", "***")]
] + [
    {"connections": [{"connection_id": "m", "uri": uri}]} for uri in ("http://u:***@h", "http://u:%2A%2A%2A@h", "http://h?a=%2a**")
] + [
    {"variables": [{"key": "m", field: value}]} for field, value in [
        ("value", "***"), ("value", {"a": "***"}), ("value", ["***"]), ("value", '{"password": "***"}'), ("secret_value", "***"),
        ("secret_value", {"a": {"b": "x***"}}), ("description", "***")]
] + [{"pools": [{"name": "m", "slots": 1, "description": "***"}]}], ids=lambda declared: json.dumps(declared)[:80])
def test_a_mask_is_refused(engine, proxy, declared):
    """`"***"` sent back, anywhere: would be stored literally, so it is refused before a request."""
    told = engine.refused(**declared)
    assert "***" in told and " 'm'" in told
    assert proxy.requests == []


@pytest.mark.parametrize(("value", "text"), [
    (5, "5"), (1.5, "1.5"), (True, "true"), ({"a": [1, None]}, '{"a": [1, null]}'), ([], "[]"), ({"\u00e9": "\u00e9"}, '{"\u00e9": "\u00e9"}'),
    ("{'a': 1}", "{'a': 1}")])
def test_variable_values_that_are_not_text(engine, stored, name, value, text):
    """Variable value that is not a string: stored as JSON."""
    engine.settles(variables=[{"key": f"{name}v", "value": value}])
    assert stored.variable(f"{name}v") == text


@pytest.mark.servers("3")
def test_each_field_is_cleared_and_put_back(engine, stored, api, name):
    """`description: null`, `extra: ""`, empty fields: each is cleared by an empty value, the others stay."""
    whole = {"connection_id": f"{name}c", "conn_type": "http", "description": "d", "host": "h", "login": "l", "schema": "s",
             "port": 80, "extra": {"a": 1}}
    empty = {"description": "", "host": "", "login": "", "schema": "", "port": 0, "extra": {}}
    engine.settles(connections=[whole])
    for field, nothing in empty.items():
        cleared = engine.settles(connections=[{"connection_id": f"{name}c", field: nothing}])
        assert [each.split(".")[0] for each in cleared.change(f"{name}c")["fields"]] == [field]
        now = stored.connection(f"{name}c")
        assert not now[field]
        assert {key: value for key, value in now.items() if key not in (field, "password")} == {
            key: value for key, value in whole.items() if key not in (field, "connection_id")}
        engine.settles(connections=[{"connection_id": f"{name}c", field: whole[field]}])
    cleared = engine.settles(connections=[{"connection_id": f"{name}c", "conn_type": "http", **empty}])
    assert cleared.actions == {f"{name}c": "update"}
    assert not any(value for key, value in stored.connection(f"{name}c").items() if key != "conn_type")
    engine.settles(variables=[{"key": f"{name}v", "value": "x", "description": "d"}])
    engine.settles(variables=[{"key": f"{name}v", "description": ""}])
    assert api.get("variables", f"{name}v")["description"] is None
    engine.settles(variables=[{"key": f"{name}v", "value": ""}])
    assert stored.variable(f"{name}v") == ""
    engine.settles(pools=[{"name": f"{name}p", "slots": 1, "description": "d", "include_deferred": True}])
    engine.settles(pools=[{"name": f"{name}p", "description": ""}])
    assert not api.get("pools", f"{name}p")["description"] and api.get("pools", f"{name}p")["include_deferred"]


@pytest.mark.parametrize("extra", [{}, "", "{}", "  "])
def test_extra_is_cleared(engine, stored, name, extra):
    """`extra: ""`: cleared, and stays so."""
    engine(connections=[{"connection_id": f"{name}c", "conn_type": "http", "extra": {"a": 1, "password": "p-12345"}}])
    engine.settles(connections=[{"connection_id": f"{name}c", "extra": extra}])
    assert stored.connection(f"{name}c")["extra"] == {}


@pytest.mark.parametrize("extra", ["[1]", "5", '"text"', "null", "not json", ["a"], 5, True])
def test_extra_that_is_no_object_is_refused(engine, proxy, extra):
    """`extra` that is not a JSON object: refused before a request."""
    assert "extra" in engine.refused(connections=[{"connection_id": "m", "conn_type": "http", "extra": extra}])
    assert proxy.requests == []


@pytest.mark.parametrize("connection_id", ["a/b", "sp ace", "a:b", "a@b", "a#b", "", "a\n"])
def test_connection_ids_that_airflow_refuses(engine, proxy, connection_id):
    r"""Connection id outside `[\w.-]+`: refused before a request."""
    assert "connection_id" in engine.refused(connections=[{"connection_id": connection_id, "conn_type": "http"}])
    assert proxy.requests == []


@pytest.mark.servers("3")
@pytest.mark.parametrize("connection_id", ["\u00fc\u6f22", "..", ".", "a.b-c_d", "-", "0", "x" * 200])
def test_connection_ids_that_airflow_takes(engine, api, connection_id):
    r"""Connection id within `[\w.-]+`: created, changed, deleted, alone and in bulk."""
    try:
        for conn_type in ("http", "ftp"):
            engine.settles(connections=[{"connection_id": connection_id, "conn_type": conn_type}])
        assert api.ids("connections", connection_id)
        engine.settles(connections=[{"connection_id": connection_id, "state": "absent"}])
        assert connection_id not in api.ids("connections")
    finally:
        api.delete("connections", [each for each in api.ids("connections") if each == connection_id])


def test_undeclared_fields_of_a_pool_stay(engine, api, name):
    """PATCH pool without `update_mask`, and with `update_mask=slots` alone: what is not declared stays."""
    api.create("pools", *({"name": f"{name}{i}", "slots": 1, "description": "d", "include_deferred": True} for i in range(4)))
    engine.settles(pools=[{"name": f"{name}0", "slots": 2}])
    engine.settles(pools=[{"name": f"{name}{i}", "slots": 3} for i in range(1, 4)])
    for i in range(4):
        pool = api.get("pools", f"{name}{i}")
        assert (pool["slots"], pool["description"], pool["include_deferred"]) == (2 if i == 0 else 3, "d", True)
    engine.settles(pools=[{"name": f"{name}0", "include_deferred": False}])
    pool = api.get("pools", f"{name}0")
    assert (pool["slots"], pool["description"], pool["include_deferred"]) == (2, "d", False)


def test_default_pool(engine, proxy, api, stored):
    """`default_pool`: cannot be deleted, alone or in bulk, nor described; slots and include_deferred can be changed."""
    before = api.get("pools", "default_pool")
    try:
        for others in ([], [{"name": "default_pool_x", "state": "absent"}, {"name": "default_pool_y", "state": "absent"}]):
            told = engine.refused(pools=[{"name": "default_pool", "state": "absent"}, *others])
            assert "default_pool" in told and "state" in told
        assert proxy.requests == []
        told = engine.refused(pools=[{"name": "default_pool", "description": "mine"}])
        assert "default_pool" in told and "description" in told
        assert proxy.writes == []
        engine.settles(pools=[{"name": "default_pool", "slots": 200}])
        engine.settles(pools=[{"name": "default_pool", "slots": 201, "include_deferred": True}])
        engine.settles(pools=[{"name": "default_pool", "slots": 202}, {"name": "default_pool_z", "slots": 1},
                              {"name": "default_pool_w", "slots": 1}])
        engine.settles(pools=[{"name": "default_pool", "slots": 203}], enforce_defaults=True)
        now = stored.pools()["default_pool"]
        assert (now["slots"], now["description"], now["include_deferred"]) == ("203", before["description"], "False")
    finally:
        engine.one("pool", name="default_pool", slots=before["slots"], include_deferred=before["include_deferred"])
        api.delete("pools", ["default_pool_z", "default_pool_w"])


WITH_PASSWORD = {"conn_type": "http", "description": "d", "host": "h", "login": "l", "schema": "s", "port": 81,
                 "password": "to-be-cleared", "extra": '{"a": [1, "x"], "b": {"c": null}}'}


@pytest.mark.servers("3")
def test_a_password_is_cleared_by_replacing(engine, stored, api, name):
    """Clearing a connection's password is ignored by the server: replaced, and what is not declared survives."""
    api.create("connections", {"connection_id": f"{name}c", **WITH_PASSWORD})
    run = engine.settles(connections=[{"connection_id": f"{name}c", "password": "", "host": "i"}])
    assert run.change(f"{name}c") == {
        "kind": "connection", "id": f"{name}c", "action": "replace", "fields": ["host"], "secrets": ["password"], "blind": False}
    assert stored.connection(f"{name}c") == {
        **WITH_PASSWORD, "password": None, "host": "i", "extra": json.loads(WITH_PASSWORD["extra"])}


@pytest.mark.servers("3")
def test_a_password_is_not_cleared_where_secrets_would_be_lost(engine, proxy, stored, api, name):
    """Clearing a password: refused with an explanation where undeclared secrets would be lost; done once declared."""
    secret = {**WITH_PASSWORD, "extra": '{"token": "t-12345", "x": 1}'}
    api.create("connections", {"connection_id": f"{name}c", **secret})
    told = engine.refused(connections=[{"connection_id": f"{name}c", "password": ""}], check=True)
    assert f"{name}c" in told and "extra" in told and "lost" in told and "t-12345" not in told
    assert told == engine.refused(connections=[{"connection_id": f"{name}c", "password": ""}])
    assert proxy.writes == [] and stored.connection(f"{name}c")["password"] == "to-be-cleared"
    engine.settles(connections=[{"connection_id": f"{name}c", "password": "", "secret_extra": {"token": "t-23456"}}], **QUIET)
    now = stored.connection(f"{name}c")
    assert (now["password"], now["extra"], now["login"]) == (None, {"token": "t-23456"}, "l")


@pytest.mark.servers("3")
def test_a_uri_without_password_clears_it(engine, stored, name):
    """Clearing a password: a URI stands for the whole connection, so one without password clears it."""
    engine.settles(connections=[{"connection_id": f"{name}c", "uri": "postgres://u:gone-soon@h:5/db?a=1"}], **QUIET)
    assert stored.connection(f"{name}c")["password"] == "gone-soon"
    engine.settles(connections=[{"connection_id": f"{name}c", "uri": "postgres://u@h"}], **QUIET)
    now = stored.connection(f"{name}c")
    assert (now["password"], now["login"], now["port"], now["schema"], now["extra"]) == (None, "u", None, None, {})


def test_description_of_a_variable_alone(engine, stored, api, name):
    """Mask name for a variable's value, and the body of a masked PATCH: the value stays when only the text changes."""
    api.create("variables", {"key": f"{name}plain", "value": "1.10", "description": "d"},
               {"key": f"{name}password", "value": "hidden-1", "description": "d"})
    for key, value in (("plain", "1.10"), ("password", "hidden-1")):
        engine.settles(variables=[{"key": f"{name}{key}", "description": "other"}])
        assert stored.variable(f"{name}{key}") == value
        assert api.get("variables", f"{name}{key}")["description"] == "other"
    engine.settles(variables=[{"key": f"{name}plain", "value": "2.20"}])
    assert api.get("variables", f"{name}plain")["description"] == "other"


def test_ids_differ_by_case(engine, api, name):
    """Rename is refused by the server, so an id of other case is another object, never a rename."""
    engine.settles(variables=[{"key": f"{name}Ab", "value": "1"}, {"key": f"{name}aB", "value": "2"}])
    assert len(api.ids("variables", name)) == 2


def test_several_fields_of_one_object(engine, stored, api, name):
    """`update_mask` as a comma list writes nothing: several fields in one update are all written."""
    api.create("connections", {"connection_id": f"{name}c", **WITH_PASSWORD})
    engine.settles(connections=[{"connection_id": f"{name}c", "host": "i", "port": 82, "login": "m", "schema": ""}])
    now = stored.connection(f"{name}c")
    assert (now["host"], now["port"], now["login"], now["schema"]) == ("i", 82, "m", None)


@pytest.mark.parametrize("conn_type", [{}, {"conn_type": "http"}, {"conn_type": "ftp"}], ids=str)
@pytest.mark.parametrize("count", [1, 4])
def test_undeclared_fields_of_a_connection_stay(engine, stored, api, name, conn_type, count):
    """PATCH connection without `conn_type` in the body, and a bulk update's `update_mask`: undeclared fields stay."""
    ids = [f"{name}{i}" for i in range(count)]
    api.create("connections", *({"connection_id": each, **WITH_PASSWORD} for each in ids))
    engine.settles(connections=[{"connection_id": each, "host": "i", **conn_type} for each in ids])
    now = stored.connections()
    for each in ids:
        assert now[each] == {**WITH_PASSWORD, "host": "i", "extra": json.loads(WITH_PASSWORD["extra"]), **conn_type}


def raced(api: Any, plural: str, *objects: dict[str, Any]) -> Callable[[Any], Any]:
    """Somebody else creates objects just before our write arrives."""
    def action(forward: Any) -> Any:
        api.create(plural, *objects)
        return forward()
    return action


@pytest.mark.servers("3")
@pytest.mark.parametrize("count", [1, 2, 7])
def test_what_somebody_else_created_meanwhile_is_not_overwritten(engine, proxy, stored, api, name, count):
    """POST on an existing key, and bulk answers of 200 with `errors`: a failure of that object, the others are written."""
    foreign = {"key": f"{name}0", "value": "theirs", "description": "d"}
    proxy.add(raced(api, "variables", foreign), path="/variables$", writes_only=True)
    declared = [{"key": f"{name}{i}", "value": "ours"} for i in range(count)]
    run = engine(variables=declared)
    assert run.failed and run.changed is (count > 1)
    assert [(failure["kind"], failure["id"]) for failure in run.failures] == [("variable", f"{name}0")]
    assert "somebody else created it" in run.failures[0]["reason"] and f"{name}0" in run.msg
    assert set(run.actions) == {f"{name}{i}" for i in range(1, count)}
    assert stored.variables()[f"{name}0"] == {"value": "theirs", "description": "d"}
    again = engine.settles(variables=declared)
    assert again.actions == {f"{name}0": "update"}
    assert api.get("variables", f"{name}0")["description"] == "d"


@pytest.mark.servers("3")
def test_connections_created_meanwhile(engine, proxy, stored, api, name):
    """POST of a connection that exists, and bulk create of several that exist: each its own failure."""
    for count, clashing in ((1, [0]), (6, [1, 4])):
        api.clear(name)
        foreign = [{"connection_id": f"{name}{i}", "conn_type": "ftp", "password": "their-pw-1"} for i in clashing]
        proxy.reset()
        proxy.add(raced(api, "connections", *foreign), path="/connections$", writes_only=True)
        run = engine(connections=[{"connection_id": f"{name}{i}", "conn_type": "http"} for i in range(count)])
        assert {failure["id"] for failure in run.failures} == {f"{name}{i}" for i in clashing}
        assert len(run.changes) == count - len(clashing)
        assert stored.connection(f"{name}{clashing[0]}")["password"] == "their-pw-1"


@pytest.mark.servers("3")
def test_objects_deleted_meanwhile(engine, proxy, api, name):
    """Bulk answers of 200 with `errors`: an update of what is gone fails, a deletion of it does not."""
    ids = [f"{name}{i}" for i in range(4)]

    def vanish(forward: Any) -> Any:
        api.delete("pools", ids[:1])
        return forward()

    api.create("pools", *({"name": each, "slots": 1} for each in ids))
    proxy.add(vanish, path="/pools$", writes_only=True)
    run = engine(pools=[{"name": each, "slots": 2, "include_deferred": False} for each in ids])
    assert [failure["id"] for failure in run.failures] == ids[:1] and set(run.actions) == set(ids[1:])
    proxy.reset()
    api.create("pools", {"name": ids[0], "slots": 1})
    proxy.add(vanish, path="/pools$", writes_only=True)
    assert not engine(pools=[{"name": each, "state": "absent"} for each in ids]).failed
    assert api.ids("pools", name) == []


def test_description_of_variables_survives_a_bulk_update(engine, stored, api, name):
    """Bulk overwrite of a variable without description nulls it: ours leaves it."""
    api.create("variables", *({"key": f"{name}{i}", "value": "a", "description": "d"} for i in range(5)))
    engine.settles(variables=[{"key": f"{name}{i}", "value": "b"} for i in range(5)])
    assert all(stored.variables()[f"{name}{i}"] == {"value": "b", "description": "d"} for i in range(5))


@pytest.mark.servers("3.2", "3.3")
@pytest.mark.parametrize("kind", ["connections", "variables", "pools"])
def test_team_name_is_refused_by_the_server(engine, api, name, kind):
    """`team_name` sent to a server that does not run multi-team: 422 for the whole request. That object alone fails."""
    declared = {"connections": [{"connection_id": f"{name}{i}", "conn_type": "http"} for i in range(4)],
                "variables": [{"key": f"{name}{i}", "value": "x"} for i in range(4)],
                "pools": [{"name": f"{name}{i}", "slots": 1} for i in range(4)]}[kind]
    declared[2]["team_name"] = "red"
    run = engine(**{kind: declared})
    assert [failure["id"] for failure in run.failures] == [f"{name}2"]
    assert "team" in run.failures[0]["reason"] and "\n" not in run.failures[0]["reason"]
    assert len(run.changes) == 3 and len(api.ids(kind, name)) == 3


@pytest.mark.servers("3.2", "3.3")
def test_what_airflow_refuses_of_a_replacement_is_known_before_the_deletion(engine, stored, api, name):
    """Clearing a password deletes the connection; a team that the server refuses must not leave it deleted."""
    api.create("connections", {"connection_id": f"{name}c", **WITH_PASSWORD})
    before = stored.connection(f"{name}c")
    run = engine(connections=[{"connection_id": f"{name}c", "password": "", "extra": {}, "team_name": "red"}])
    assert "team" in run.failures[0]["reason"]
    assert not run.result["changed"]
    assert stored.connection(f"{name}c") == before and before["password"]


@pytest.mark.servers("3")
def test_enforce_defaults(engine, stored, api, name):
    """Hands off unless asked: enforce_defaults puts every undeclared field back."""
    api.create("connections", {"connection_id": f"{name}c", **WITH_PASSWORD})
    api.create("variables", {"key": f"{name}v", "value": "x", "description": "d"})
    api.create("pools", {"name": f"{name}p", "slots": 3, "description": "d", "include_deferred": True})
    run = engine.settles(enforce_defaults=True, connections=[{"connection_id": f"{name}c", "host": "h"}],
                         variables=[{"key": f"{name}v", "value": "x"}], pools=[{"name": f"{name}p", "slots": 3}])
    assert run.actions == {f"{name}c": "replace", f"{name}v": "update", f"{name}p": "update"}
    now = stored.connection(f"{name}c")
    assert {key: value for key, value in now.items() if value} == {"conn_type": "http", "host": "h"}
    assert stored.variables()[f"{name}v"]["description"] is None
    pool = api.get("pools", f"{name}p")
    assert (pool["slots"], pool["description"] or None, pool["include_deferred"]) == (3, None, False)


# -- Bulk


@pytest.mark.parametrize("plural", ["connections", "variables", "pools"])
def test_ids_declared_twice_are_refused(engine, proxy, plural):
    """The same key twice in one action: reported twice as success. So it is refused before a request."""
    one = {"connections": {"connection_id": "twice", "conn_type": "http"}, "variables": {"key": "twice", "value": "x"},
           "pools": {"name": "twice", "slots": 1}}[plural]
    told = engine.refused(**{plural: [one, {**one, "description": "d"}]})
    assert f"{plural}[1] 'twice'" in told and f"{plural}[0]" in told
    assert proxy.requests == []


@pytest.mark.servers("3")
def test_bulk_delete(engine, proxy, api, name):
    """Bulk delete: several in one request, and what is gone already is no fault."""
    api.create("connections", *({"connection_id": f"{name}{i}", "conn_type": "http"} for i in range(120)))
    run = engine.settles(connections=[{"connection_id": f"{name}{i}", "state": "absent"} for i in range(130)])
    assert len(run.changes) == 120 and api.ids("connections", name) == []
    assert len([write for write in proxy.writes if write.path.endswith("/connections")]) <= 2


def test_all_three_kinds_at_once(engine, stored, name):
    """A whole set: created, changed and deleted together, each confirmed by Airflow's own command line."""
    whole = {"connections": [{"connection_id": f"{name}{i}", "conn_type": "http", "secret_extra": {"k": f"s{i}"}} for i in range(4)],
             "variables": [{"key": f"{name}{i}", "value": {"n": i}} for i in range(4)],
             "pools": [{"name": f"{name}{i}", "slots": i} for i in range(4)]}
    engine.settles(**whole, **QUIET)
    whole["connections"][0] |= {"host": "h"}
    whole["connections"][1] = {"connection_id": f"{name}1", "state": "absent"}
    whole["variables"][2]["value"] = "text"
    whole["pools"][3] = {"name": f"{name}3", "state": "absent"}
    run = engine.settles(**whole, **QUIET)
    assert sorted((change["kind"], change["id"], change["action"]) for change in run.changes) == [
        ("connection", f"{name}0", "update"), ("connection", f"{name}1", "delete"),
        ("pool", f"{name}3", "delete"), ("variable", f"{name}2", "update")]
    connections = stored.connections()
    assert connections[f"{name}0"]["host"] == "h" and connections[f"{name}0"]["extra"] == {"k": "s0"}
    assert f"{name}1" not in connections and stored.variable(f"{name}2") == "text" and f"{name}3" not in stored.pools()
