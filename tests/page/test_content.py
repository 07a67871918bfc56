# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the page says of a run, with scripts and without, and on paper."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator

import pytest
import samples
from browser import PHONE, Browser
from selenium.webdriver.common.by import By


@pytest.fixture
def night(browser: Browser) -> Browser:
    browser.open(samples.night())
    return browser


@pytest.fixture
def no_scripts(browser: Browser) -> Iterator[Browser]:
    browser.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    yield browser
    browser.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})


def object_of(browser: Browser, id: str, section: str = "changes", which: int = 0) -> str:
    found = [one for one in browser.all(f"#of-{section} .object")
             if one.find_element(By.CSS_SELECTOR, ".id").text == id]
    return re.sub(r"\s+", " ", found[which].text)


def test_the_headline(night: Browser) -> None:
    assert night.driver.title == "Failed - Nightly drift"
    assert night.text("h1") == "Nightly drift"
    headline = night.text("header")
    assert "8 objects differ in 2 of 7 deployments." in headline
    assert "1 deployment failed. 1 deployment is unreachable. 1 deployment has not been compared yet." in headline
    assert "2 objects have secrets that cannot be compared. 1 object is shadowed." in headline
    assert "Report of 2026-11-30 01:02:03 UTC" in headline


def test_the_table_of_deployments(night: Browser) -> None:
    cells = [[cell.text for cell in row.find_elements(By.CSS_SELECTOR, "th, td")]
             for row in night.all(".deployments tbody tr")]
    rows = {name.split("\n")[0]: others for name, *others in cells}
    assert list(rows) == ["lab", "dr-site", "prod-eu", "prod-us", "staging", "sandbox", "test"]  # the worst first
    assert rows["prod-eu"] == ["Drift", "3.3.2", "1", "4", "0", "1", "1", "1", "570"]
    assert rows["lab"][0] == "Failed\nhttps://lab.airflow.example.com answers 401 Unauthorized: check airflow_token."
    assert rows["dr-site"][0] == "Unreachable\nFailed to connect to the host via ssh: connection timed out"
    assert all("not known" in cell for cell in rows["sandbox"][1:])  # no zero for what nobody looked at


def test_a_change_side_by_side(night: Browser) -> None:
    told = object_of(night, "warehouse")
    assert told.startswith("update connection warehouse")
    assert "host before db-old.eu.example.com after db-new.eu.example.com" in told
    assert "extra.timeout before 5 after 30" in told
    assert "password before (secret) after (secret, changed)" in told
    assert "4 fields are the same" in told and "5432" not in told
    assert told.endswith("Secret: password Last written: anna, 2026-11-29 17:03:11 UTC (patch_connection)")
    assert [mark.text for mark in night.all("mark")[:2]] == ["old", "new"]


def test_what_is_only_there_or_only_declared_has_one_side(night: Browser) -> None:
    deleted, created = object_of(night, "orders_replica"), object_of(night, "reports")
    assert "host before orders.example.com Last" in deleted and "after" not in deleted
    assert 'slots after 8 include_deferred after false description after "" Last' in created
    assert "before" not in created


def test_values_of_all_types_are_told_apart(night: Browser) -> None:
    assert 'value before "30" after 30' in object_of(night, "sla_minutes")
    flags = object_of(night, "flags")
    assert 'value.beta before true after "true"' in flags
    assert "value.limit before 1.5 after 2" in flags
    assert 'value.none before null after ""' in flags
    assert 'value.regions before ["eu", "us"] after ["eu"]' in flags


def test_what_differs_is_never_left_out(night: Browser) -> None:
    assert "conn_id differs, but its values are not in the report" in object_of(night, "warehouse", which=1)


def test_a_long_text_shows_where_it_differs_and_opens(night: Browser) -> None:
    assert '"keep": 60}' in object_of(night, "retention") and "sales_119" not in object_of(night, "retention")
    for summary in night.all("details.long summary"):
        night.press(summary)
    assert object_of(night, "retention").count("sales_119") == 2


def test_who_wrote_it_as_far_as_known(night: Browser) -> None:
    assert "ben, 2026-11-28 08:00:00 UTC (bulk_variables) - not certain" in object_of(night, "orders_replica")
    assert "not certain" not in object_of(night, "warehouse")
    assert object_of(night, "reports").endswith("Last written: not known")


def test_unknown_and_shadowed_stand_apart(night: Browser) -> None:
    assert object_of(night, "sftp_partner", "unknown") == \
        "connection sftp_partner Secrets: password, extra.private_key Last written: not known"
    assert object_of(night, "warehouse", "shadowed") == \
        "connection warehouse By environment variable AIRFLOW_CONN_WAREHOUSE"
    assert "sftp_partner" not in night.text("#of-changes")


def test_notes(night: Browser) -> None:
    assert re.search("prod-eu\n+The audit log cannot be read by this user", night.text(".notes"))
    night.open(samples.report(samples.deployment("test", "in_sync")))
    assert "No notes." in night.text(".notes")


def test_without_scripts_there_is_a_list(no_scripts: Browser) -> None:
    no_scripts.open(samples.night())
    told = no_scripts.one("body").text
    assert "8 objects differ in 2 of 7 deployments." in told and "prod-us" in told
    assert "prod-eu: connection warehouse: update; host, extra.timeout; secret: password; last written: anna" in told
    assert "staging: variable api_token: secret: value; last written: anna" in told
    assert "prod-eu: connection warehouse: environment variable AIRFLOW_CONN_WAREHOUSE" in told
    assert not no_scripts.one("form").is_displayed()


def test_on_paper(night: Browser) -> None:
    night.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {
        "media": "print", "features": [{"name": "prefers-color-scheme", "value": "dark"}]})
    assert not night.one("#kind").is_displayed() and not night.one("button").is_displayed()
    assert night.one("#count").is_displayed()  # whether all is on paper
    of_object = night.one(".object")
    assert of_object.value_of_css_property("content-visibility") == "visible"
    assert of_object.value_of_css_property("color") == "rgba(0, 0, 0, 1)"
    assert night.driver.execute_script("return getComputedStyle(document.documentElement).backgroundColor") == \
        "rgb(255, 255, 255)"
    night.look()


def test_printing_opens_long_texts_and_closes_them_again(night: Browser) -> None:
    night.driver.execute_script("""
        window.open_ = []
        window.addEventListener("beforeprint", () => open_.push(document.querySelectorAll("details.long[open]").length))
        window.addEventListener("afterprint", () => open_.push(document.querySelectorAll("details.long[open]").length))
        """)
    printed = base64.b64decode(night.driver.print_page())
    assert printed.startswith(b"%PDF")
    assert night.driver.execute_script("return open_") == [2, 0]


@pytest.mark.parametrize("report", [samples.night, samples.unbroken, samples.markup, samples.report])
def test_a_phone_scrolls_in_one_direction(browser: Browser, report) -> None:
    browser.look(PHONE)
    browser.open(report())
    # What is out of sight is laid out too, once it has been seen.
    browser.driver.execute_script("""
        document.querySelectorAll(".object").forEach((one) => { one.style.contentVisibility = "visible" })
        document.querySelectorAll("details").forEach((one) => { one.open = true })
        """)
    width, wider = browser.driver.execute_script("""
        const beyond = [...document.querySelectorAll("body *")].filter((one) => !one.closest(".skip, thead, .unseen")
          && one.getBoundingClientRect().right > innerWidth + 0.5)
        return [document.documentElement.scrollWidth, beyond.map((one) => one.outerHTML.slice(0, 200))]
        """)
    assert wider == []
    assert width == PHONE[0]
