# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A real headless Chromium with one page of ours in it."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from selenium import webdriver
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait

from ansible_collections.windsock.airflow.plugins.plugin_utils._drift._page import page

INSTALL = "Install Debian's packages chromium and chromium-driver, or what your system calls them."
DESK, PHONE = (1280, 900), (360, 740)


def _program(*names: str) -> str:
    found = next(filter(None, map(shutil.which, names)), None)
    if found is None:
        raise RuntimeError(f"The tests of the page need {' or '.join(names)}. {INSTALL}")
    return found


@contextmanager
def chromium() -> Iterator[Browser]:
    """Everything it writes goes to a folder that is removed with it."""
    with tempfile.TemporaryDirectory(prefix="windsock-page-", ignore_cleanup_errors=True) as folder:
        options = webdriver.ChromeOptions()
        options.binary_location = _program("chromium", "chromium-browser", "google-chrome")
        for argument in ("--headless=new", f"--user-data-dir={folder}/profile", "--no-first-run", "--disable-gpu",
                         "--disable-dev-shm-usage", "--disable-background-networking", "--hide-scrollbars"):
            options.add_argument(argument)
        if os.geteuid() == 0:  # as in a container, where its own sandbox cannot be set up
            options.add_argument("--no-sandbox")
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        homes = dict.fromkeys(("HOME", "TMPDIR", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"), folder)
        # With its path given, selenium looks for no driver anywhere else.
        service = webdriver.ChromeService(_program("chromedriver"), env={**os.environ, **homes})
        driver = webdriver.Chrome(options=options, service=service)
        try:
            yield Browser(driver, Path(folder))
        finally:
            driver.quit()


class Browser:
    def __init__(self, driver: webdriver.Chrome, folder: Path) -> None:
        self.driver = driver
        self._folder = folder
        self._pages = 0
        self.file: Path | None = None

    def look(self, size: tuple[int, int] = DESK, scheme: str = "light") -> None:
        """At which size, and whether its user likes it dark."""
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
            "width": size[0], "height": size[1], "deviceScaleFactor": 1, "mobile": size[0] == PHONE[0]})
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {
            "features": [{"name": "prefers-color-scheme", "value": scheme}]})

    def open(self, report: dict[str, Any], fragment: str = "") -> None:
        self._pages += 1
        self.file = self._folder / f"{self._pages}.html"
        self.file.write_text(page(report), encoding="utf-8")
        for kind in ("browser", "performance"):
            self.driver.get_log(kind)  # of the page before
        self.driver.get(self.file.as_uri() + fragment)

    def wait(self, until: Callable[[], Any]) -> None:
        """A new address is told to the page only after a click on it is over."""
        WebDriverWait(self.driver, 30, poll_frequency=0.02).until(lambda driver: until())

    def press(self, element: WebElement) -> None:
        """By keyboard: what the mouse aims at moves, while what comes into sight is laid out."""
        self.driver.execute_script("arguments[0].focus()", element)
        ActionChains(self.driver).send_keys(Keys.ENTER).perform()

    # What happened

    def complaints(self) -> list[str]:
        return [entry["message"] for entry in self.driver.get_log("browser")]

    def requests(self) -> list[str]:
        """Addresses that were asked for, but for the page itself."""
        messages = [json.loads(entry["message"])["message"] for entry in self.driver.get_log("performance")]
        asked = [message["params"]["request"]["url"] for message in messages
                 if message["method"] == "Network.requestWillBeSent"]
        return [url for url in asked if url.partition("#")[0] != self.file.as_uri()]

    # What is there

    def all(self, selector: str) -> list[WebElement]:
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def one(self, selector: str) -> WebElement:
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def text(self, selector: str = "body") -> str:
        """As it is shown, also where that is out of sight."""
        return self.driver.execute_script("return document.querySelector(arguments[0]).innerText", selector)

    def count(self) -> str:
        return self.text("#count")

    def shown(self, section: str = "changes") -> list[str]:
        """What is shown of a section: deployment, kind and id of each."""
        return self.driver.execute_script("""
            return [...document.querySelectorAll(`#of-${arguments[0]} .object`)]
              .filter((one) => one.getBoundingClientRect().height > 0)
              .map((one) => [one.closest(".group").querySelector(".name").textContent,
                             one.querySelector(".kind").textContent, one.querySelector(".id").textContent].join(" "))
            """, section)

    def focused(self) -> WebElement:
        return self.driver.switch_to.active_element

    def fragment(self) -> str:
        return self.driver.execute_script("return location.hash")
