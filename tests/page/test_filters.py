# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filters: each alone, together, taken back, and in the address."""

from __future__ import annotations

import pytest
import samples
from browser import Browser
from selenium.webdriver.support.ui import Select

NIGHT = [
    "prod-eu connection warehouse", "prod-eu connection orders_replica", "prod-eu variable sla_minutes",
    "prod-eu variable retention", "prod-eu variable flags", "prod-eu pool reports",
    "prod-us pool default_pool", "prod-us connection warehouse",
]
UNKNOWN = ["prod-eu connection sftp_partner", "staging variable api_token"]
SHADOWED = ["prod-eu connection warehouse"]


@pytest.fixture
def night(browser: Browser) -> Browser:
    browser.open(samples.night())
    return browser


def choose(browser: Browser, name: str, text: str) -> None:
    if name == "text":
        browser.one("#text").send_keys(text)
    else:
        Select(browser.one(f"#{name}")).select_by_value(text)


def test_all_is_shown_at_first(night: Browser) -> None:
    assert (night.shown(), night.shown("unknown"), night.shown("shadowed")) == (NIGHT, UNKNOWN, SHADOWED)
    assert night.count() == "8 of 8 changes, 2 of 2 unknown, 1 of 1 shadowed"
    assert night.fragment() == ""


@pytest.mark.parametrize(("name", "text", "changes", "unknown", "shadowed"), [
    ("deployment", "prod-us", NIGHT[6:], [], []),
    ("deployment", "staging", [], UNKNOWN[1:], []),
    ("kind", "pool", [NIGHT[5], NIGHT[6]], [], []),
    ("kind", "connection", [NIGHT[0], NIGHT[1], NIGHT[7]], UNKNOWN[:1], SHADOWED),
    ("action", "delete", [NIGHT[1]], UNKNOWN, SHADOWED),  # these two have no action
    ("action", "replace", [NIGHT[7]], UNKNOWN, SHADOWED),
    ("text", "orders_rep", [NIGHT[1]], [], []),  # id
    ("text", "WAREHOUSE", [NIGHT[0], NIGHT[7]], [], SHADOWED),
    ("text", "extra.timeout", [NIGHT[0]], [], []),  # field
    ("text", "private_key", [], UNKNOWN[:1], []),  # name of a secret
    ("text", "db-old.eu", [NIGHT[0]], [], []),  # value before, with an emphasised part
    ("text", "db-new.eu", [NIGHT[0]], [], []),
    ("text", "5432", [NIGHT[0]], [], []),  # value that is the same
    ("text", "sales_119", [NIGHT[3]], [], []),  # far behind in a long one
    ("text", "ben", [NIGHT[1], NIGHT[2]], [], []),  # user
    ("text", "AIRFLOW_CONN", [], [], SHADOWED),
    ("text", "  warehouse  new ", [NIGHT[0]], [], []),  # all words
    ("text", "warehouse nowhere", [], [], []),
])
def test_each_alone(night: Browser, name: str, text: str,
                    changes: list[str], unknown: list[str], shadowed: list[str]) -> None:
    choose(night, name, text)
    assert (night.shown(), night.shown("unknown"), night.shown("shadowed")) == (changes, unknown, shadowed)
    assert night.count() == f"{len(changes)} of 8 changes, {len(unknown)} of 2 unknown, {len(shadowed)} of 1 shadowed"


def test_together_and_reset(night: Browser) -> None:
    chosen = {"deployment": "prod-eu", "kind": "variable", "action": "update", "text": "paged"}
    for name, text in chosen.items():
        choose(night, name, text)
    assert night.shown() == [NIGHT[2]]
    night.one("button[type=reset]").click()
    assert night.shown() == NIGHT
    assert [night.one(f"#{name}").get_property("value") for name in chosen] == [""] * 4
    assert night.fragment() == ""


def test_what_is_chosen_can_be_linked_to(night: Browser) -> None:
    choose(night, "kind", "variable")
    choose(night, "text", "sla minutes & more=#")
    link = night.fragment()
    night.open(samples.night(), link)
    assert night.one("#kind").get_property("value") == "variable"
    assert night.one("#text").get_property("value") == "sla minutes & more=#"
    assert night.shown() == []
    night.open(samples.night(), "#deployment=prod-eu&action=delete")
    assert night.shown() == [NIGHT[1]]


def test_another_address_filters_anew(night: Browser) -> None:
    night.driver.execute_script("location.hash = 'kind=pool'")
    night.wait(lambda: night.shown() == [NIGHT[5], NIGHT[6]])
    night.driver.back()
    night.wait(lambda: night.shown() == NIGHT)


def test_the_table_leads_to_a_deployment(night: Browser) -> None:
    night.one("a.only[href='#deployment=prod-us']").click()
    night.wait(lambda: night.shown() == NIGHT[6:])
    assert night.focused().get_attribute("id") == "changes"


def test_the_skip_link_leaves_the_filters_alone(night: Browser) -> None:
    choose(night, "kind", "pool")
    night.driver.execute_script("document.querySelector('.skip').click()")
    night.wait(lambda: night.fragment() == "#kind=pool")
    assert night.focused().get_attribute("id") == "changes"
    assert night.shown() == [NIGHT[5], NIGHT[6]]


def test_a_link_to_what_is_not_there_says_so(browser: Browser) -> None:
    browser.open(samples.night(), "#deployment=gone")
    assert browser.shown() == []
    assert Select(browser.one("#deployment")).first_selected_option.text == "gone (not in this report)"
    assert browser.text("#of-changes") == "None matches the filters."


def test_a_deployment_of_which_nothing_is_known_is_not_in_sync(night: Browser) -> None:
    for name, word in {"lab": "failed", "dr-site": "unreachable", "sandbox": "pending"}.items():
        choose(night, "deployment", name)
        assert night.text("#of-changes") == f"Nothing is known of {name}: {word}."


@pytest.mark.parametrize(("states", "sentence"), [
    (["in_sync", "in_sync"], "Nothing differs."),
    (["in_sync", "failed"], "Nothing differs in the 1 deployment that could be compared."),
    (["unreachable", "pending"], "No deployment has been compared."),
    ([], "There is no deployment in this report."),
])
def test_nothing_in_words(browser: Browser, states: list[str], sentence: str) -> None:
    browser.open(samples.report(*[samples.deployment(f"host-{number}", state) for number, state in enumerate(states)]))
    assert browser.text("#of-changes") == sentence
    assert browser.text(".headline").count(sentence) == 1
    assert browser.count() == "0 of 0 changes, 0 of 0 unknown, 0 of 0 shadowed"


def test_two_thousand_changes(browser: Browser) -> None:
    browser.open(samples.many())
    assert browser.count() == "2,000 of 2,000 changes, 0 of 0 unknown, 0 of 0 shadowed"
    assert len(browser.shown()) == 2000
    choose(browser, "deployment", "deployment-07")
    assert len(browser.shown()) == 100
    choose(browser, "kind", "pool")
    assert browser.shown() == [f"deployment-07 pool object_7_{number}" for number in range(2, 100, 3)]
    choose(browser, "text", "user3")
    # Of the 33 those of this user; those who signed in as user_3, user_30 to user_39 are others.
    assert browser.shown() == [
        f"deployment-07 pool object_7_{number}" for number in range(2, 100, 3) if number % 7 == 3]
    browser.one("button[type=reset]").click()
    assert len(browser.shown()) == 2000
