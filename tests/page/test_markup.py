# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever a deployment, an inventory or a log holds is shown as text. Nothing runs, nothing is fetched."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
import samples
from browser import Browser

from ansible_collections.windsock.airflow.plugins.plugin_utils._drift._page import PARTS, page
from ansible_collections.windsock.airflow.plugins.plugin_utils._drift._side_by_side import visible


@pytest.fixture
def markup(browser: Browser) -> Browser:
    browser.open(samples.markup())
    return browser


def test_nothing_of_it_runs(markup: Browser) -> None:
    assert markup.driver.execute_script("return window.attacked") is None
    assert markup.complaints() == []
    assert markup.requests() == []


def test_nothing_of_it_is_an_element(markup: Browser) -> None:
    tags = set(markup.driver.execute_script("return [...document.querySelectorAll('*')].map((one) => one.localName)"))
    assert not tags & {"img", "svg", "link", "iframe", "b"}
    assert len(markup.all("script")) == 2 and len(markup.all("style")) == 1
    addresses = markup.driver.execute_script(
        "return [...document.querySelectorAll('[href]')].map((one) => one.getAttribute('href'))")
    assert {address[0] for address in addresses} == {"#"}
    attributes = set(markup.driver.execute_script(
        "return [...document.querySelectorAll('*')].flatMap((one) => one.getAttributeNames())"))
    assert not [name for name in attributes if name.startswith("on")]


@pytest.mark.parametrize("attack", samples.ATTACKS)
def test_all_of_it_is_shown(markup: Browser, attack: str) -> None:
    number, text = samples.ATTACKS.index(attack), visible(attack)
    changes, table = (markup.driver.execute_script(f"return document.querySelector('{where}').textContent")
                      for where in ("#of-changes", ".deployments"))
    for shown in (f"host-{number} {text}", f"id {text}", f"before {text}", f"after {text}", f"secret {text}",
                  f"user {text}", f"extra.{text}"):
        # What before and after have in common, the emphasis stands between.
        assert shown in changes
    assert f"host-{number} {text}" in table and f"reason {text}" in table and f"https://x/{text}" in table
    assert f"note {text}" in markup.text(".notes")
    assert f"by {text}" in markup.driver.execute_script("return document.querySelector('#of-shadowed').textContent")
    assert text in markup.text("h1") and text in markup.driver.title


@pytest.mark.parametrize("attack", samples.ATTACKS)
def test_a_link_to_it_filters_by_it(markup: Browser, attack: str) -> None:
    number = samples.ATTACKS.index(attack)
    link = [one for one in markup.all("a.only") if one.text == f"host-{number} {visible(attack)}"][0]
    link.click()
    markup.wait(lambda: len(markup.shown()) == 2)
    assert markup.driver.execute_script("return window.attacked") is None


def test_filters_in_an_address_are_text(browser: Browser) -> None:
    browser.open(samples.night(), "#deployment=%3Cimg+src%3Dx+onerror%3D%22window.attacked%3D8%22%3E&text=%3Cb%3E")
    assert "<img src=x onerror" in browser.text("#deployment")
    assert browser.driver.execute_script("return window.attacked") is None
    assert browser.complaints() == []


def test_the_browser_itself_keeps_scripts_styles_and_requests_out(browser: Browser) -> None:
    """So that the three tests above do not rest on our care alone. This also shows that complaints would be seen."""
    browser.open(samples.night())
    with pytest.raises(Exception, match="TrustedHTML"):
        browser.driver.execute_script("document.body.innerHTML = '<b>'")
    for tag, attribute in {"img": "src", "iframe": "src", "link": "href"}.items():
        browser.driver.execute_script("""
            const made = document.createElement(arguments[0])
            made.setAttribute("rel", "stylesheet")
            made.setAttribute(arguments[1], "https://attack.invalid/x")
            document.body.append(made)
            """, tag, attribute)
    browser.driver.execute_script("document.body.setAttribute('style', 'color: red')")
    browser.driver.execute_async_script(
        "fetch('https://attack.invalid/y').catch(() => {}).then(() => setTimeout(arguments[0], 100))")
    complaints = "\n".join(browser.complaints())
    for directive in ("img-src", "frame-src", "style-src", "connect-src"):
        assert directive in complaints


def test_requests_would_be_seen(browser: Browser) -> None:
    """The witness of `no request` sees those of a page without a policy."""
    browser.open(samples.night())
    other = Path(browser.file).with_name("other.html")
    other.write_text("<img src='other.png'>")
    browser.driver.get(other.as_uri())
    assert [url for url in browser.requests() if url.endswith("other.png")]


@pytest.mark.parametrize("report", [samples.night, samples.many])
def test_no_request_and_no_complaint(browser: Browser, report) -> None:
    browser.open(report())
    browser.one("#text").send_keys("ware")
    assert (browser.requests(), browser.complaints()) == ([], [])


def test_the_policy_is_strict() -> None:
    policy = re.search('Content-Security-Policy" content="([^"]+)"', page(samples.night()))[1]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy and "http" not in policy and "*" not in policy


def test_the_page_is_one_file_in_ascii() -> None:
    text = page(samples.report(samples.deployment("h\u00f6st \u2028 \ud800", "in_sync", notes=["\u202e\x00"])))
    assert text.isascii()
    assert "h&#246;st \\u2028 \\ud800" in text and "\\u202e\\u0000" in text

    class Addresses(HTMLParser):
        found: list[str] = []

        def handle_starttag(self, tag, attrs):
            self.found += [value for name, value in attrs if name in ("src", "href", "action", "srcset")]

    Addresses().feed(text)
    assert {address[0] for address in Addresses.found} == {"#"}


@pytest.mark.parametrize("part", ["page.css", "page.js"])
def test_what_is_hashed_means_the_same_in_every_encoding(part: str) -> None:
    text = (PARTS / part).read_text()
    assert text.isascii() and "\r" not in text and "</" not in text and "<!--" not in text


def test_the_script_makes_no_markup() -> None:
    script = (PARTS / "page.js").read_text()
    for word in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval", "Function(", "DOMParser"):
        assert word not in script
