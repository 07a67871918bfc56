# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Entries of the audit log, as servers were seen to write them: which objects each is about."""

from __future__ import annotations

import json
import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.windsock.airflow.plugins.module_utils._airflow._events import (
    AIRFLOW_2,
    AIRFLOW_3,
    COMMAND_LINE,
    Event,
    read_event,
)
from ansible_collections.windsock.airflow.tests.unit.fakes import CONNECTION, KINDS, POOL, VARIABLE

EVERY = {**AIRFLOW_2, **AIRFLOW_3}


def entry(name: str, extra: t.Any = None) -> dict[str, t.Any]:
    """An entry; extra that is no text as the JSON of it."""
    text = extra if extra is None or isinstance(extra, str) else json.dumps(extra)
    return {"event_log_id": 7, "when": "2026-01-01T00:00:00Z", "owner": "ann", "event": name, "extra": text}


def command(*words: str) -> dict[str, str]:
    """What the command line leaves behind: the words as Python writes a list."""
    return {"host_name": "vm", "full_command": repr(["/usr/bin/airflow", *words])}


def ids(name: str, extra: t.Any, kinds: dict[str, t.Any] = EVERY) -> set[str] | None:
    """The ids that an event names, None where it names none."""
    event = read_event(entry(name, extra), kinds)
    assert event is not None
    return None if event.ids is None else set(event.ids)


def test_what_is_told_of_an_event() -> None:
    event = read_event(entry("patch_pool", {"pool": "p", "slots": 1, "method": "PATCH"}), AIRFLOW_3)
    assert event == Event(7, "2026-01-01T00:00:00Z", "ann", "patch_pool", POOL, frozenset({"p"}))


@pytest.mark.parametrize("kinds", [AIRFLOW_2, AIRFLOW_3], ids=["2", "3"])
@pytest.mark.parametrize("name", ["trigger_dag_run", "cli_db_clean", "get_connection", "paused", "", None])
def test_what_is_no_write_is_no_event(kinds: dict[str, t.Any], name: t.Any) -> None:
    assert read_event(entry(name, {"connection_id": "pg"}), kinds) is None


def test_each_generation_has_names_of_its_own_and_the_command_line_in_common() -> None:
    assert set(AIRFLOW_2) & set(AIRFLOW_3) == set(COMMAND_LINE)
    for kinds in (AIRFLOW_2, AIRFLOW_3):
        assert {*kinds.values()} == {*KINDS}


# Which objects it is about

REQUESTS: list[tuple[str, dict[str, t.Any], str]] = [
    ("api.connection.create", {"connection_id": "pg", "conn_type": "http", "password": "***"}, "pg"),
    ("api.connection.edit", {"connection_id": "pg", "host": "h"}, "pg"),
    ("api.connection.delete", {"connection_id": "pg"}, "pg"),
    ("ui.connection.create", {"connection_id": "pg"}, "pg"),
    ("api.variable.create", {"key": "v", "value": "***"}, "v"),
    ("api.variable.edit", {"value": "three", "key": "v"}, "v"),
    ("api.variable.delete", {"variable_key": "v"}, "v"),
    ("api.post_pool", {"name": "p", "slots": 1}, "p"),
    ("ui.post_pool", {"name": "o", "slots": 1}, "o"),
    ("api.patch_pool", {"update_mask": "slots", "pool_name": "p", "slots": 2}, "p"),
    ("api.delete_pool", {"pool_name": "p"}, "p"),
    ("post_connection", {"connection_id": "pg", "conn_type": "http", "method": "POST"}, "pg"),
    ("patch_connection", {"connection_id": "pg", "host": "h2", "method": "PATCH"}, "pg"),
    ("delete_connection", {"connection_id": "pg", "method": "DELETE"}, "pg"),
    ("post_variable", {"value": "x", "key": "v", "method": "POST"}, "v"),
    ("patch_variable", {"key": "v", "value": "***", "method": "PATCH"}, "v"),
    ("delete_variable", {"variable_key": "v", "method": "DELETE"}, "v"),
    ("post_pool", {"name": "p", "slots": 1, "method": "POST"}, "p"),
    ("patch_pool", {"pool": "p", "slots": 1, "method": "PATCH"}, "p"),
    ("delete_pool", {"pool_name": "p", "method": "DELETE"}, "p"),
]


@pytest.mark.parametrize(("name", "extra", "object_id"), REQUESTS, ids=[name for name, _extra, _id in REQUESTS])
def test_a_request_names_its_object(name: str, extra: dict[str, t.Any], object_id: str) -> None:
    generation = AIRFLOW_2 if "." in name else AIRFLOW_3
    event = read_event(entry(name, extra), generation)
    assert event is not None
    assert event.ids == {object_id}
    assert not event.vague
    for kind in KINDS:
        assert event.concerns(kind, object_id) == (kind.name in name)
        assert not event.concerns(kind, "other")


def test_a_rename_is_about_both() -> None:
    assert ids("api.patch_pool", {"pool_name": "old", "name": "new", "slots": 1}) == {"old", "new"}


@pytest.mark.parametrize(
    ("name", "extra"),
    [
        ("patch_variable", {"value": "x", "method": "PATCH"}),
        ("api.connection.edit", {"host": "h2", "description": "d"}),
        ("api.connection.edit", {"connection_id": 5}),
        ("connection.delete", {"pk": "1"}),
        ("variables.varimport", {"action_if_exists": "overwrite"}),
        ("create_default_connections", {"method": "POST"}),
        ("patch_connection", None),
        ("patch_connection", ""),
        ("patch_connection", "no json"),
        ("patch_connection", [1]),
        ("patch_connection", "[" * 9999),
    ],
    ids=str,
)
def test_an_event_that_names_no_object_may_be_about_any_of_its_kind(name: str, extra: t.Any) -> None:
    event = read_event(entry(name, extra), EVERY)
    assert event is not None
    assert event.ids is None
    assert event.vague
    assert [kind for kind in KINDS if event.concerns(kind, "anything")] == [EVERY[name]]


# Bulk requests of Airflow 3


def test_a_bulk_request_names_its_objects_action_by_action() -> None:
    actions = [
        {"action": "create", "entities": [{"connection_id": "a", "password": "***"}, {"connection_id": "b"}]},
        {"action": "delete", "entities": ["c", "a"], "action_on_non_existence": "skip"},
    ]
    assert ids("bulk_connections", {"actions": actions, "method": "PATCH"}) == {"a", "b", "c"}


@pytest.mark.parametrize(
    ("name", "identity"), [("bulk_connections", "connection_id"), ("bulk_variables", "key"), ("bulk_pools", "name")]
)
def test_each_kind_has_its_own_word_for_an_id_in_bulk(name: str, identity: str) -> None:
    assert ids(name, {"actions": [{"action": "update", "entities": [{identity: "a"}]}]}) == {"a"}


def test_a_bulk_request_without_objects_is_about_none() -> None:
    event = read_event(entry("bulk_pools", {"actions": []}), AIRFLOW_3)
    assert event is not None
    assert not event.vague
    assert not event.concerns(POOL, "p")


@pytest.mark.parametrize(
    "actions",
    [
        None,
        "***",
        5,
        [None],
        [{}],
        [{"action": "create"}],
        [{"action": "create", "entities": "***"}],
        [{"action": "create", "entities": [5]}],
        [{"action": "create", "entities": [{"key": "not of this kind"}]}],
        [{"action": "create", "entities": ["a"]}, {"action": "create", "entities": [None]}],
    ],
    ids=str,
)
def test_a_bulk_request_that_cannot_be_read_may_be_about_anything(actions: t.Any) -> None:
    assert ids("bulk_pools", {"actions": actions}) is None


# Ids that hold a text which Airflow knows as a secret


@pytest.mark.parametrize(
    ("masked", "about", "not_about"),
    [
        ("***_main", ["prod_db_main", "_main"], ["prod_db_other", "main"]),
        ("my_***", ["my_secret", "my_"], ["my", "your_secret"]),
        ("***", ["anything", ""], []),
        ("a_***_b_***_c", ["a_x_b_y_c", "a__b__c"], ["a_b_c", "a_x_b_y_d"]),
        ("a***a", ["aa", "axa"], ["a"]),
    ],
)
def test_a_masked_id_may_be_any_that_reads_so(masked: str, about: list[str], not_about: list[str]) -> None:
    event = read_event(entry("post_connection", {"connection_id": masked}), AIRFLOW_3)
    assert event is not None
    assert event.vague
    assert [each for each in about if not event.concerns(CONNECTION, each)] == []
    assert [each for each in not_about if event.concerns(CONNECTION, each)] == []
    assert not event.concerns(VARIABLE, about[0])


def test_a_masked_id_among_others_in_bulk() -> None:
    actions = [{"action": "create", "entities": [{"name": "***_b"}, {"name": "plain"}]}]
    event = read_event(entry("bulk_pools", {"actions": actions}), AIRFLOW_3)
    assert event is not None
    assert event.vague
    assert [each for each in ("x_b", "plain", "x_c") if event.concerns(POOL, each)] == ["x_b", "plain"]


# The web pages of Airflow 2

PAGES = [f"{kind}.{verb}" for kind in ("connection", "variable", "pool") for verb in ("create", "edit")]


@pytest.mark.parametrize("extra", [{}, {"pk": "1"}, None, ""], ids=str)
@pytest.mark.parametrize("name", PAGES)
def test_a_form_that_is_only_opened_is_no_write(name: str, extra: t.Any) -> None:
    assert read_event(entry(name, extra), AIRFLOW_2) is None


@pytest.mark.parametrize(
    ("name", "extra", "object_id"),
    [
        ("connection.create", {"conn_id": "pg", "conn_type": "http", "password": "***", "port": ""}, "pg"),
        ("connection.edit", {"conn_id": "pg", "conn_type": "http", "password": "***", "pk": "1"}, "pg"),
        ("variable.create", {"key": "v", "val": "***", "description": "d"}, "v"),
        ("variable.edit", {"key": "v", "val": "***", "description": "d", "pk": "1"}, "v"),
        ("pool.create", {"pool": "p", "slots": "3", "description": "d"}, "p"),
        ("pool.edit", {"pool": "p", "slots": "4", "description": "e", "pk": "2"}, "p"),
    ],
    ids=PAGES,
)
def test_a_form_that_is_sent_names_its_object(name: str, extra: dict[str, t.Any], object_id: str) -> None:
    assert ids(name, extra, AIRFLOW_2) == {object_id}


@pytest.mark.parametrize("kind", ["connection", "variable", "pool"])
def test_a_deletion_in_the_pages_tells_only_a_number_and_may_be_of_any_object(kind: str) -> None:
    for extra in ({"pk": "1"}, {}):
        assert ids(f"{kind}.delete", extra, AIRFLOW_2) is None


def test_forms_belong_to_the_pages_and_an_empty_request_is_no_form() -> None:
    assert ids("api.connection.edit", {}, AIRFLOW_2) is None
    assert ids("patch_connection", {}, AIRFLOW_3) is None


# The command line


@pytest.mark.parametrize(
    ("name", "words", "object_id"),
    [
        ("cli_connections_add", ("connections", "add", "pg", "--conn-type", "http", "--conn-password", "********"), "pg"),
        ("cli_connections_add", ("connections", "add", "--conn-uri", "http://u:********@h/x?token=t", "pg"), "pg"),
        ("cli_connections_add", ("connections", "add", "pg", "--conn-json", '{"conn_type": "http", "n": "it\'s"}'), "pg"),
        ("cli_connections_delete", ("connections", "delete", "pg"), "pg"),
        ("cli_variables_set", ("variables", "set", "--description", "of it", "v", "********"), "v"),
        ("cli_variables_set", ("variables", "set", "v", "a\nb"), "v"),
        ("cli_variables_delete", ("variables", "delete", "v"), "v"),
        ("cli_pool_set", ("pools", "set", "p ü", "3", "desc of it"), "p ü"),
        ("cli_pool_delete", ("pools", "delete", "p"), "p"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_id_is_one_of_the_words_of_a_command(name: str, words: tuple[str, ...], object_id: str) -> None:
    for generation in (AIRFLOW_2, AIRFLOW_3):
        event = read_event(entry(name, command(*words)), generation)
        assert event is not None
        assert event.ids == {*words[2:]}
        assert event.concerns(generation[name], object_id)
        assert not event.concerns(generation[name], "other")
        assert not event.concerns(generation[name], "add")


@pytest.mark.parametrize("name", [name for name in COMMAND_LINE if name.endswith("_import")])
def test_an_import_may_be_of_anything(name: str) -> None:
    kind = name.removeprefix("cli_").removesuffix("_import")
    assert ids(name, command(kind, "import", "/tmp/all.json")) is None


def test_the_eight_asterisks_of_the_command_line_are_no_mask_of_an_id() -> None:
    event = read_event(entry("cli_variables_set", command("variables", "set", "v", "********")), AIRFLOW_3)
    assert event is not None
    assert not event.concerns(VARIABLE, "some_other")


@pytest.mark.parametrize(
    "told",
    [None, 5, "", "airflow connections add pg", "['airflow', 'connections'", "('airflow', 'a', 'b', 'pg')", "__import__('os')", "[" * 500],
    ids=str,
)
def test_a_command_that_cannot_be_read_may_be_of_anything(told: t.Any) -> None:
    assert ids("cli_connections_add", {"full_command": told}) is None
    assert ids("cli_connections_add", {}) is None


# Whatever stands there

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.sampled_from(["***", "pg"]),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(["connection_id", "key", "name", "actions", "entities", "full_command", "pk"]), inner, max_size=3
    ),
    max_leaves=8,
)


@given(st.sampled_from(sorted(EVERY)), anything | st.text())
def test_nothing_in_an_entry_breaks_the_reader(name: str, extra: t.Any) -> None:
    event = read_event(entry(name, extra), EVERY)
    if event is not None:
        assert event.kind is EVERY[name]
        assert event.vague or event.ids is not None
        assert event.concerns(event.kind, "pg") in (True, False)


@given(st.sampled_from(sorted(EVERY)), anything)
def test_what_an_event_concerns_it_names_or_is_vague_about(name: str, extra: t.Any) -> None:
    """Or it would be left out where events are looked up by the ids that they name."""
    event = read_event(entry(name, extra), EVERY)
    if event is not None and event.concerns(event.kind, "pg"):
        assert event.vague or "pg" in (event.ids or ())
