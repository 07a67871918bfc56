# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One Chromium for all tests of the page. Without it they fail, and say what to install."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))

from browser import Browser, chromium


@pytest.fixture(scope="session")
def started() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture
def browser(started: Browser) -> Browser:
    """At a desk, in the light, with nothing chosen."""
    started.look()
    return started
