# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""For those who see little, or who use no mouse."""

from __future__ import annotations

from pathlib import Path

import axe_core_python
import pytest
import samples
from browser import DESK, PHONE, Browser
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys

AXE = (Path(axe_core_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")


def violations(browser: Browser) -> list[str]:
    """All that axe finds, of whatever weight."""
    browser.driver.execute_script("""
        // Axe passes over what is not laid out.
        document.querySelectorAll(".object").forEach((one) => { one.style.contentVisibility = "visible" })
        """)
    browser.driver.execute_script(AXE)
    found = browser.driver.execute_async_script("axe.run().then(arguments[0])")
    assert len(found["passes"]) > 20
    return [f"{one['id']} ({one['impact']}): {node['html'][:200]}"
            for one in found["violations"] for node in one["nodes"]]


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("fragment", ["", "#kind=variable&text=ben", "#deployment=lab", "#deployment=gone"])
def test_axe_finds_nothing(browser: Browser, size: tuple[int, int], scheme: str, fragment: str) -> None:
    browser.look(size, scheme)
    browser.open(samples.night(), fragment)
    assert violations(browser) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_where_all_is_open(browser: Browser, scheme: str) -> None:
    browser.look(scheme=scheme)
    browser.open(samples.night())
    browser.driver.execute_script("document.querySelectorAll('details').forEach((one) => { one.open = true })")
    assert violations(browser) == []


@pytest.mark.parametrize("report", [samples.report, samples.markup])
def test_axe_finds_nothing_in_odd_reports(browser: Browser, report) -> None:
    browser.open(report())
    assert violations(browser) == []


def test_axe_would_find_something(browser: Browser) -> None:
    browser.open(samples.night())
    browser.driver.execute_script("""
        document.querySelector("label").remove()
        document.querySelector("h1").style.color = "#ccc"
        """)
    assert {one.split()[0] for one in violations(browser)} >= {"color-contrast", "select-name"}


def test_everything_by_keyboard(browser: Browser) -> None:
    browser.open(samples.night())
    reached = walk(browser)
    assert reached[0] == "Skip to what differs"
    for id in ("deployment", "kind", "action", "text"):
        assert id in reached
    assert "Reset" in reached and "What the words mean" in reached and "lab" in reached
    assert any(text.startswith("4 fields are the same") for text in reached)

    type_(browser, "kind", "v")  # as in any list of choices
    assert len(browser.shown()) == 3
    type_(browser, "text", "sla")
    assert browser.shown() == ["prod-eu variable sla_minutes"]
    ActionChains(browser.driver).send_keys(Keys.TAB, Keys.ENTER).perform()  # on Reset
    assert len(browser.shown()) == 8


def test_details_open_by_keyboard(browser: Browser) -> None:
    browser.open(samples.night())
    browser.press(browser.one("details.same summary"))
    assert "5432" in browser.text("details.same")


def test_focus_is_seen(browser: Browser) -> None:
    browser.open(samples.night())
    for _tab in range(12):
        ActionChains(browser.driver).send_keys(Keys.TAB).perform()
        focused = browser.focused()
        assert focused.value_of_css_property("outline-style") == "solid"
        assert focused.value_of_css_property("outline-width") == "2px"


def test_the_count_is_told(browser: Browser) -> None:
    browser.open(samples.night())
    assert browser.one("#count").get_attribute("aria-live") == "polite"
    assert browser.one("#count").aria_role == "status"


def test_a_state_is_a_word_and_a_shape(browser: Browser) -> None:
    browser.open(samples.night())
    shapes = browser.driver.execute_script("""
        return [...document.querySelectorAll("tbody .state")].map((one) =>
          [one.textContent, getComputedStyle(one, "::before").content])
        """)
    assert len({word for word, _shape in shapes}) == len({shape for _word, shape in shapes}) == 6


def test_in_a_narrow_window_the_table_is_still_a_table(browser: Browser) -> None:
    browser.look(PHONE)
    browser.open(samples.night())
    tree = browser.driver.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]
    roles = [node["role"]["value"] for node in tree if not node.get("ignored")]
    assert roles.count("table") == 1 and roles.count("rowheader") == 7 and roles.count("columnheader") == 10


def walk(browser: Browser, steps: int = 40) -> list[str]:
    """What Tab comes to, by id or text."""
    reached = []
    for _step in range(steps):
        ActionChains(browser.driver).send_keys(Keys.TAB).perform()
        focused = browser.focused()
        reached.append(focused.get_attribute("id") or focused.text)
    return reached


def type_(browser: Browser, id: str, text: str) -> None:
    browser.driver.execute_script("document.getElementById(arguments[0]).focus()", id)
    ActionChains(browser.driver).send_keys(text).perform()
