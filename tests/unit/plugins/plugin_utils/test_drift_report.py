# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Outcomes of hosts become a report, which always is as its schema says."""

from __future__ import annotations

import copy
import datetime
import json

import jsonschema
import pytest
from ansible.parsing.dataloader import DataLoader
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.windsock.airflow.plugins.module_utils._kinds import KINDS
from ansible_collections.windsock.airflow.plugins.plugin_utils._drift import _plain, _report
from ansible_collections.windsock.airflow.tests.unit.sample_report import (
    AWKWARD,
    NOW,
    TIMES,
    awkward,
    change,
    drifted,
    many,
    outcome,
    outcomes,
    report,
    result,
    schema,
    written,
)

VALIDATOR = jsonschema.Draft202012Validator(schema(), format_checker=jsonschema.FormatChecker())


def valid(made):
    """A report as whoever reads the file has it, which must be the report itself."""
    read = json.loads(json.dumps(made, allow_nan=False))
    VALIDATOR.validate(read)
    assert read == made
    return made


def one(given_outcome):
    """The deployment that an outcome becomes."""
    (deployment,) = valid(report({"host": given_outcome}))["deployments"]
    return deployment


# The schema


def test_the_schema_is_one_that_describes_everything():
    jsonschema.Draft202012Validator.check_schema(schema())

    def described(place, node):
        if isinstance(node, dict):
            properties = node.get("properties")
            if isinstance(properties, dict):
                assert node["additionalProperties"] is False, place
                assert sorted(node["required"]) == sorted(properties), place
                for name, below in properties.items():
                    named = schema()["$defs"].get(below.get("$ref", "").rpartition("/")[2], {})
                    words = below.get("description") or named.get("description")
                    assert words or name in _report.STATES or "properties" in named, f"{place}.{name}"
            for name, below in node.items():
                described(f"{place}.{name}", below)

    described("", schema())


def test_the_sample_is_as_the_schema_says_and_less_or_more_is_not():
    whole = valid(report())
    for broken in (
        {**whole, "more": 1},
        {name: value for name, value in whole.items() if name != "title"},
        {**whole, "state": "fine"},
        {**whole, "generated": "yesterday"},
        {**whole, "deployments": [{**whole["deployments"][0], "more": 1}]},
    ):
        with pytest.raises(jsonschema.ValidationError):
            VALIDATOR.validate(broken)


def test_the_kinds_are_those_of_the_collection():
    assert sorted(_report.KINDS) == sorted(kind.name for kind in KINDS)
    assert [f"{kind}s" for kind in _report.KINDS] == [kind.plural for kind in reversed(KINDS)]


# States


@pytest.mark.parametrize(
    ("given_outcome", "state"),
    [
        (outcome(result()), "in_sync"),
        (outcome(drifted()), "drift"),
        (outcome(result(unknown=[{"kind": "pool", "id": "p", "secrets": []}])), "unknown"),
        (outcome(result(change("connection", "c", secrets=["password"], blind=True))), "unknown"),
        (outcome(result(shadowed=[{"kind": "pool", "id": "p", "by": "something"}])), "in_sync"),
        (outcome(failed="no"), "failed"),
        (outcome(unreachable="no"), "unreachable"),
        (outcome(drifted(), failed="no"), "failed"),
        (outcome(failed="no", unreachable="no"), "failed"),
        (None, "pending"),
        ({}, "pending"),
        ("", "pending"),
    ],
)
def test_the_state_of_a_deployment(given_outcome, state):
    deployment = one(given_outcome)
    assert deployment["state"] == state
    assert (deployment["reason"] is not None) == (state in ("failed", "unreachable"))


@pytest.mark.parametrize("number", range(len(_report.WORST_FIRST)))
def test_the_state_of_the_whole_is_the_worst(number):
    of_state = {
        "in_sync": outcome(result()),
        "pending": None,
        "unknown": outcome(result(unknown=[{"kind": "pool", "id": "p", "secrets": []}])),
        "drift": outcome(drifted()),
        "unreachable": outcome(unreachable="no"),
        "failed": outcome(failed="no"),
    }
    assert set(_report.WORST_FIRST) == set(_report.STATES) == set(of_state)
    states = _report.WORST_FIRST[number:]
    made = valid(report({state: of_state[state] for state in reversed(states)}))
    assert made["state"] == states[0]
    assert made["summary"]["deployments"] == {state: int(state in states) for state in _report.STATES}
    assert [deployment["name"] for deployment in made["deployments"]] == list(reversed(states))


def test_a_failed_deployment_does_not_hide_drift():
    made = valid(report({"a": outcome(drifted()), "b": outcome(failed="no"), "c": outcome(drifted(), failed="no")}))
    assert made["state"] == "failed"
    assert made["summary"]["deployments"]["drift"] == 1
    assert made["summary"]["objects"]["update"] == 6
    assert len(made["deployments"][2]["changes"]) == 6


def test_nothing_that_was_found_of_a_failed_host_does_no_harm():
    for found in (None, {"msg": "no"}, "no"):
        deployment = one(outcome(found, failed="The message.\nIn two lines."))
        assert (deployment["state"], deployment["reason"]) == ("failed", "The message.\nIn two lines.")
        assert deployment["airflow"] is None


def test_an_empty_text_is_none_as_templates_have_it_before_ansible_core_2_19():
    empty = dict.fromkeys(("url", "started", "finished", "failed", "unreachable"), "")
    deployment = one({**outcome(drifted()), **empty})
    assert (deployment["state"], deployment["reason"]) == ("drift", None)
    assert deployment["url"] is deployment["started"] is deployment["finished"] is None
    assert one({**outcome(""), **empty})["state"] == "failed"
    assert one({**outcome(""), **empty, "unreachable": "no"})["state"] == "unreachable"


# What is in it


def test_changes_unknowns_and_counts():
    deployment = one(outcome(drifted()))
    assert deployment["changes"][0] == {
        "kind": "connection",
        "id": "warehouse",
        "action": "update",
        "fields": ["host", "port"],
        "secrets": ["password"],
        "before": {"conn_type": "postgres", "host": "db-old.example.com", "port": 5432, "password": "(secret)"},
        "after": {"conn_type": "postgres", "host": "db.example.com", "port": 5433, "password": "(secret, changed)"},
        "written": written(),
    }
    assert "erp" not in [each["id"] for each in deployment["changes"]]
    assert deployment["unknown"] == [
        {"kind": "connection", "id": "erp", "secrets": ["password", "extra.token"], "written": written("carol")},
        {"kind": "variable", "id": "api_key", "secrets": ["value"], "written": None},
    ]
    same = {"unchanged": 40}
    assert deployment["counts"] == {
        "connection": {"create": 1, "update": 1, "replace": 0, "delete": 1, "unknown": 1, **same},
        "variable": {"create": 0, "update": 1, "replace": 1, "delete": 0, "unknown": 1, **same},
        "pool": {"create": 0, "update": 1, "replace": 0, "delete": 0, "unknown": 0, **same},
    }
    assert len(deployment["shadowed"]) == len(deployment["notes"]) == 1


def test_awkward_texts_are_what_they_were():
    deployment = one(outcome(awkward()))
    assert [each["id"] for each in deployment["changes"]] == list(AWKWARD.values())
    assert [each["before"]["value"] for each in deployment["changes"]] == list(AWKWARD.values())
    assert deployment["notes"] == list(AWKWARD.values())


def test_many_changes():
    assert valid(report({"host": many()}))["summary"]["objects"]["update"] == 2000


@pytest.mark.parametrize(
    ("time", "told"),
    [
        ("2026-11-30T01:02:03Z", "2026-11-30T01:02:03Z"),
        ("2026-11-30T01:02:03.456789+00:00", "2026-11-30T01:02:03Z"),
        ("2026-11-30T03:02:03+02:00", "2026-11-30T01:02:03Z"),
        ("2026-11-30T01:02:03", "2026-11-30T01:02:03Z"),
        ("2026-11-30 01:02:03", "2026-11-30T01:02:03Z"),
        (None, None),
    ],
)
def test_times_are_of_one_form(time, told):
    assert one({**outcome(result()), "started": time})["started"] == told


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("https://u:canary@airflow.example.com:8080/a?b=c#d", "https://airflow.example.com:8080/a"),
        ("https://airflow.example.com/a@b", "https://airflow.example.com/a@b"),
        ("https://u:canary@[bad", "[bad"),
        (None, None),
    ],
)
def test_an_address_holds_no_credentials(url, told):
    assert one(outcome(result(), url=url))["url"] == told


# What is not as expected


def changed(place, value):
    """An outcome with something else in one place."""
    made = copy.deepcopy(outcome(drifted()))
    *path, last = place
    node = made
    for part in path:
        node = node[part]
    if value is KeyError:
        del node[last]
    else:
        node[last] = value
    return made


@pytest.mark.parametrize(
    ("place", "value", "told"),
    [
        (["result"], None, "result must be a mapping"),
        (["result"], "text", "result must be a mapping"),
        (["result", "changes"], KeyError, "result.changes must be a list"),
        (["result", "changes", 3], None, "result.changes[3] must be a mapping"),
        (["result", "changes", 0, "kind"], "dag", "result.changes[0].kind must be one of connection, variable, pool"),
        (["result", "changes", 0, "id"], 1, "result.changes[0].id must be a text"),
        (["result", "changes", 0, "fields"], ["a", 1], "result.changes[0].fields[1] must be a text"),
        (["result", "changes", 0, "written"], "anna", "result.changes[0].written must be a mapping"),
        (["result", "diff"], KeyError, "result.diff must have one entry for each of result.changes"),
        (["result", "diff", 0], KeyError, "result.diff must have one entry for each of result.changes"),
        (["result", "diff", 0, "before"], "text", "result.diff[0].before must be a mapping"),
        (["result", "unknown"], KeyError, "result.unknown must be a list"),
        (["result", "summary", "pools", "unchanged"], -1, "result.summary.pools.unchanged must be a number of objects"),
        (
            ["result", "summary", "pools", "unchanged"],
            True,
            "result.summary.pools.unchanged must be a number of objects",
        ),
        (["result", "airflow"], KeyError, "result.airflow must be a mapping"),
        (["started"], "yesterday", "started must be a time"),
        (["failed"], True, "failed must be a text or null"),
        (["url"], 1, "url must be a text or null"),
    ],
)
def test_what_is_not_as_expected_fails_the_host_with_a_sentence(place, value, told):
    deployment = one(changed(place, value))
    assert deployment["state"] == "failed"
    assert deployment["reason"].startswith(f"What this host handed on cannot be read: {told}")
    assert deployment["changes"] == []


def test_it_fails_no_other_host_and_keeps_where_and_when():
    made = valid(report({"odd": outcome({}), "text": "text", "fine": outcome(drifted())}))
    odd, text, fine = made["deployments"]
    assert (odd["state"], odd["url"], odd["started"]) == ("failed", "https://airflow.example.com", TIMES["started"])
    assert text["reason"] == "What this host handed on cannot be read: the outcome must be a mapping."
    assert fine["state"] == "drift"


def test_what_is_nested_too_deeply_fails_the_host():
    nested = []
    for _level in range(5000):
        nested = [nested]
    deployment = one(outcome(result(change("variable", "v", before={"value": nested}, fields=["value"]))))
    assert deployment["reason"] == "What this host handed on cannot be read: it is nested too deeply."


def test_the_sentence_holds_no_value():
    for place in (["result", "changes", 0, "kind"], ["result", "changes", 0, "action"], ["started"], ["result"]):
        assert "canary" not in json.dumps(one(changed(place, "canary")))


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary() | st.dates(),
    lambda below: st.lists(below) | st.dictionaries(st.text() | st.integers() | st.none(), below) | st.sets(st.text()),
    max_leaves=5,
)


@st.composite
def damaged(draw):
    """The outcome of a host with junk in one place of any depth."""
    whole = {"outcome": outcome(drifted())}
    node, key = whole, "outcome"
    while isinstance(node[key], (dict, list)) and node[key] and draw(st.integers(0, 4)):
        node = node[key]
        key = draw(st.sampled_from(sorted(node) if isinstance(node, dict) else range(len(node))))
    node[key] = draw(JUNK)
    return whole["outcome"]


@given(hosts=st.dictionaries(st.text() | st.integers(), damaged() | JUNK, max_size=3), title=st.text())
def test_whatever_hosts_hand_on_there_is_a_report(hosts, title):
    made = valid(report(hosts, title))
    assert len(made["deployments"]) == len(hosts)
    assert all(deployment["state"] in _report.STATES for deployment in made["deployments"])


# Plain data

PLAIN = {dict, list, str, int, float, bool, type(None)}


def kinds_of(value):
    """The classes of a value and of all in it."""
    below = [*value, *value.values()] if isinstance(value, dict) else value if isinstance(value, list) else []
    return {type(value)}.union(*map(kinds_of, below))


def test_what_ansible_attaches_to_values_is_gone():
    text = json.dumps({**outcomes(), "half a pair": None}).replace("\\ud800", "").replace("\\udc80", "")
    loaded = DataLoader().load(text)
    assert not kinds_of(loaded) <= PLAIN  # or this shows nothing
    made = report(loaded)
    assert kinds_of(made) <= PLAIN
    assert made["summary"] == report({**outcomes(), "half a pair": None})["summary"]


class Text(str):
    """As those of Ansible."""


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (Text("a"), "a"),
        (float("nan"), "nan"),
        (float("-inf"), "-inf"),
        (1e300, 1e300),
        (10**30, 10**30),
        (True, True),
        (b"a\xff", "a\\xff"),
        ((1, (2,)), [1, [2]]),
        ({"b", "a"}, ["a", "b"]),
        (
            {2: "a", True: "b", None: "c", 1.5: "d", (1, 2): "e"},
            {"2": "a", "true": "b", "null": "c", "1.5": "d", "[1, 2]": "e"},
        ),
        (datetime.date(2026, 11, 30), "2026-11-30"),
        (NOW, "2026-11-30T01:02:03+00:00"),
    ],
)
def test_only_what_json_has(value, told):
    made = _plain.plain(value)
    assert made == told
    assert kinds_of(made) == kinds_of(told)
