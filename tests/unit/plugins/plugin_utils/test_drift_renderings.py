# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Each rendering of a report as an independent reader of that format takes it."""

from __future__ import annotations

import json
import re

import junitparser
import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from prometheus_client import parser as prometheus
from prometheus_client.openmetrics import parser as open_metrics

from ansible_collections.windsock.airflow.plugins.plugin_utils._drift import _files, _report
from ansible_collections.windsock.airflow.plugins.plugin_utils._drift._words import one_line, visible
from ansible_collections.windsock.airflow.tests.unit.sample_report import (
    AWKWARD,
    change,
    drifted,
    many,
    outcome,
    outcomes,
    report,
    result,
    written,
)

# Everything that a text may hold, halves of surrogate pairs too.
TEXTS = st.text(st.characters(exclude_categories=[]), max_size=30)


def rendered(made, kind):
    """What is in the file."""
    (content,) = _files.rendered(made, [kind]).values()
    return content.decode("utf-8")


@st.composite
def reports(draw):
    """Reports in which every text is anything."""
    names = draw(st.lists(TEXTS, max_size=3, unique_by=visible))

    def text():
        return draw(TEXTS)

    hosts = {}
    for name in names:
        found = result(
            change("connection", text(), fields=[text()], secrets=[text()], written=written(text(), text())),
            unknown=[{"kind": "variable", "id": text(), "secrets": [text()], "written": None}],
            shadowed=[{"kind": "pool", "id": text(), "by": text()}],
        )
        hosts[name] = draw(st.sampled_from([outcome(found), outcome(failed=text()), outcome(unreachable=text())]))
    return report(hosts, text())


# JSON


def test_json_is_the_report_itself():
    made = report()
    assert json.loads(rendered(made, "json")) == made
    assert AWKWARD["letters"] in rendered(made, "json")  # to be read by people


# JUnit


def suites(made):
    return {suite.name: suite for suite in junitparser.JUnitXml.fromstring(rendered(made, "junit").encode())}


def said(case):
    """The classes of what a case holds, and their messages."""
    return [(type(each).__name__, each.message) for each in case.result]


def test_junit_has_a_suite_for_each_deployment_and_a_case_for_each_kind():
    found = suites(report())
    assert list(found) == [one_line(name) for name in outcomes()]
    for name, suite in found.items():
        assert [(case.classname, case.name) for case in suite] == [
            (name, "connections"),
            (name, "variables"),
            (name, "pools"),
        ]


@pytest.mark.parametrize(
    ("given_outcome", "expected"),
    [
        (outcome(result()), [[], [], []]),
        (
            outcome(drifted()),
            [
                [("Failure", "3 connections differ")],
                [("Failure", "2 variables differ")],
                [("Failure", "1 pool differs")],
            ],
        ),
        (
            outcome(result(unknown=[{"kind": "variable", "id": "v", "secrets": ["value"]}])),
            [[], [("Skipped", "nobody can tell whether 1 variable differs")], []],
        ),
        (outcome(failed="No.\nNo!"), [[("Error", "failed: No. No!")]] * 3),
        (outcome(drifted(), failed="No."), [[("Error", "failed: No.")]] * 3),
        (outcome(unreachable="No."), [[("Error", "unreachable: No.")]] * 3),
        (None, [[("Skipped", "not looked at yet")]] * 3),
    ],
)
def test_what_junit_says_of_a_deployment(given_outcome, expected):
    (suite,) = suites(report({"host": given_outcome})).values()
    assert [said(case) for case in suite] == expected


def test_junit_names_each_change_and_who_made_it():
    connections, variables, _pools = suites(report({"host": outcome(drifted())}))["host"]
    (failure,) = connections.result
    assert failure.text.splitlines() == [
        "update connection warehouse: host, port, password (secret); "
        "last written by anna at 2026-11-29 22:14:05 UTC (patch_connection)",
        "create connection orders",
        "delete connection hand_made; last written by bob at 2026-11-29 22:14:05 UTC (patch_connection), "
        "as far as the audit log tells",
        "unknown connection erp: Airflow does not show its secrets password, extra.token; "
        "last written by carol at 2026-11-29 22:14:05 UTC (patch_connection)",
    ]
    assert connections.system_out.strip() == (
        "connection warehouse is overruled by environment variable AIRFLOW_CONN_WAREHOUSE"
    )
    assert variables.system_out is None


def test_the_sums_of_junit_are_those_of_its_cases():
    whole = junitparser.JUnitXml.fromstring(rendered(report(), "junit").encode())
    told = [(each.tests, each.failures, each.errors, each.skipped) for each in (whole, *whole)]
    whole.update_statistics()
    for suite in whole:
        suite.update_statistics()
    assert told == [(each.tests, each.failures, each.errors, each.skipped) for each in (whole, *whole)]
    assert told[0][1] and told[0][2] and told[0][3]
    assert next(iter(whole)).timestamp == "2026-11-30T01:01:00Z"


def test_junit_shows_what_xml_cannot_hold():
    text = rendered(report({"host": outcome(failed="".join(AWKWARD.values()))}), "junit")
    assert r"bell \x07 null \x00 escape \x1b[31m" in text
    assert r"\ufffe \uffff" in text
    assert r"\ud800 and \udc80" in text
    assert r"user\u202etxt" in text


@given(made=reports())
def test_whatever_is_in_a_report_junit_is_read(made):
    suite_names = [suite.name or "" for suite in junitparser.JUnitXml.fromstring(rendered(made, "junit").encode())]
    assert suite_names == [one_line(deployment["name"]) for deployment in made["deployments"]]


# Metrics


def samples(made):
    """The values by name and labels, as both readers of the two formats find them."""
    text = rendered(made, "prom")
    found = [
        [
            ((sample.name, *sorted(sample.labels.items())), sample.value)
            for family in reader.text_string_to_metric_families(text)
            for sample in family.samples
            if family.type == "gauge" and sample.timestamp is None
        ]
        for reader in (open_metrics, prometheus)
    ]
    assert found[0] == found[1]
    assert len(found[0]) == len(dict(found[0])) == len([line for line in text.split("\n") if line and line[0] != "#"])
    return dict(found[0])


def test_metrics_tell_counts_states_and_times():
    found = samples(report())
    objects = {
        key[2:]: value
        for key, value in found.items()
        if key[:2] == ("windsock_drift_objects", ("deployment", "prod-eu"))
    }
    assert objects[("kind", "connection"), ("state", "update")] == 1
    assert objects[("kind", "variable"), ("state", "unknown")] == 1
    assert objects[("kind", "pool"), ("state", "unchanged")] == 40
    assert len(objects) == len(_report.KINDS) * len(_report.COUNTED)
    for deployment in report()["deployments"]:
        labels = ("deployment", visible(deployment["name"]))
        states = {
            key[2]: value for key, value in found.items() if key[:2] == ("windsock_drift_deployment_state", labels)
        }
        assert states == {("state", state): float(state == deployment["state"]) for state in _report.STATES}
    assert found[("windsock_drift_deployments", ("state", "failed"))] == 3
    assert found[("windsock_drift_shadowed_objects", ("deployment", "prod-eu"), ("kind", "connection"))] == 1
    assert found[("windsock_drift_run_timestamp_seconds",)] == 1796000523
    assert found[("windsock_drift_deployment_checked_timestamp_seconds", ("deployment", "prod-eu"))] == 1796000502


def test_of_what_nobody_has_looked_at_there_are_no_counts():
    counted = {dict(key[1:])["deployment"] for key in samples(report()) if key[0] == "windsock_drift_objects"}
    assert counted == {"prod-eu", "prod-us", "staging", "awkward"}


@pytest.mark.parametrize("name", ['a"b', "a\\b", "a\\nb", "a\nb", 'a\\"b\\', "a{b}c,d=e", "# EOF"])
def test_a_label_is_what_it_was(name):
    assert {dict(key[1:]).get("deployment") for key in samples(report({name: outcome(result())}))} == {name, None}


def test_metrics_end_as_openmetrics_wants_and_hold_nothing_that_the_collector_refuses():
    text = rendered(report(), "prom")
    assert text.endswith("\n# EOF\n")
    assert "\r" not in text
    assert not re.search(r"^(?!#).* \S+ \S+$", re.sub(r"\{.*\}", "", text), re.MULTILINE)  # no times


@given(made=reports())
def test_whatever_is_in_a_report_metrics_are_read(made):
    found = samples(made)
    for deployment in made["deployments"]:
        name = visible(deployment["name"])
        key = ("windsock_drift_deployment_state", ("deployment", name), ("state", deployment["state"]))
        assert found[key] == 1


# Markdown


def tokens(made):
    """What a renderer makes of it: tables as GitHub and GitLab have them."""
    return MarkdownIt("commonmark").enable("table").parse(rendered(made, "markdown"))


def inside(made):
    return [below for token in tokens(made) for below in (token.children or ())]


HARMLESS = {"text", "code_inline", "softbreak", "hardbreak"}


def test_nothing_of_a_server_is_markup():
    made = report()
    assert {token.type for token in inside(made)} == HARMLESS - {"softbreak"}
    assert not [token for token in tokens(made) if token.type in ("html_block", "fence", "code_block")]
    plain = " ".join(token.content for token in inside(made) if token.type == "text")
    for text in ("alert", "script", "@", "<", "channel", "http", "\u202e"):
        assert text not in plain
    code = [token.content for token in inside(made) if token.type == "code_inline"]
    assert one_line(AWKWARD["markdown"]) in code
    assert AWKWARD["markup"] in code
    assert "bell \\x07 null \\x00 escape \\x1b[31m delete \\x7f next line \\x85" in code


def table(made):
    rows = []
    for token, below in zip(tokens(made), tokens(made)[1:]):
        if token.type == "tr_open":
            rows.append([])
        elif token.type in ("th_open", "td_open"):
            rows[-1].append("".join(each.content for each in below.children))
    return rows


def test_the_table_has_a_row_for_each_deployment():
    head, *rows = table(report())
    assert head == ["deployment", "state", "create", "update", "replace", "delete", "unknown", "unchanged"]
    assert [row[0] for row in rows] == [one_line(name, 120) for name in outcomes()]
    assert rows[0][1:] == ["drift", "1", "3", "1", "1", "2", "120"]
    assert rows[4][1:] == ["unreachable", "", "", "", "", "", ""]
    assert {len(row) for row in rows} == {8}


@pytest.mark.parametrize("name", ["`", "``a", "b`", "a``b`c", "a|b", "a\\|b", "\\", "<!-- a", "&amp;", "* a", "1. a"])
def test_a_name_is_shown_as_it_is(name):
    made = report({name: outcome(failed=name)})
    assert table(made)[1][0] == name
    assert [token.content for token in inside(made) if token.type == "code_inline"] == [name, name, name]


def test_the_head_tells_the_state():
    assert rendered(report(), "markdown").startswith("### Airflow drift: failed\n")
    made = report({"a": outcome(result()), "b": outcome(result())}, title="*a* <b> @all\n# c")
    text = rendered(made, "markdown")
    assert text.startswith("### \\*a\\* \\<b\\> \\@all \\# c: in sync\n")
    assert "2 deployments: 2 in sync." in text
    assert "Objects: 240 unchanged." in text


def test_the_first_changes_are_there_and_how_many_more():
    text = rendered(report({"host": many(2000)}), "markdown")
    assert text.count("update variable") == 20
    assert text.endswith("- `host`: update variable `key_19`: `value`\n- and 1,980 more changes\n")
    assert "more" not in rendered(report({"host": many(20)}), "markdown")
    assert text.count("\n") < 50


def test_failures_deployments_and_fields_are_not_without_end_either():
    hosts = {f"host{number}": outcome(failed="long " * 1000) for number in range(150)}
    text = rendered(report(hosts), "markdown")
    assert len(text) < 12000
    assert "- and 130 more deployments" in text
    assert "- and 50 more deployments" in text
    fields = change("connection", "c", fields=[f"f{number}" for number in range(5)], secrets=["s1", "s2", "s3"])
    text = rendered(report({"host": outcome(result(fields))}), "markdown")
    assert text.endswith("update connection `c`: `f0`, `f1`, `f2`, `f3`, `f4`, `s1` (secret); 2 more fields\n")


@given(made=reports())
def test_whatever_is_in_a_report_markdown_is_harmless(made):
    assert {token.type for token in inside(made)} <= HARMLESS
    assert len(table(made)) == 1 + len(made["deployments"])
    for row, deployment in zip(table(made)[1:], made["deployments"]):
        assert row[0] == (one_line(deployment["name"], 120) or "(empty)")


# Words


@given(text=TEXTS)
def test_a_visible_text_has_a_place_in_utf8_and_in_xml(text):
    shown = visible(text)
    shown.encode("utf-8")
    assert not re.search("[^\t\n\x20-\x7e\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", shown)
    assert "\n" not in one_line(text)


@pytest.mark.parametrize(
    ("when", "told"),
    [
        ("2026-11-29T22:14:05.123456+00:00", "2026-11-29 22:14:05 UTC"),
        ("2026-11-29T23:14:05+01:00", "2026-11-29 22:14:05 UTC"),
        ("2026-11-29T22:14:05Z", "2026-11-29 22:14:05 UTC"),
        ("2026-11-29T22:14:05", "2026-11-29T22:14:05"),
        ("last night", "'last night'"),
    ],
)
def test_when_it_was(when, told):
    entry = change("pool", "p", written={"user": None, "when": when, "event": None, "certain": True})
    (suite,) = suites(report({"host": outcome(result(entry))})).values()
    assert list(suite)[2].result[0].text == f"update pool p; last written at {told}"
