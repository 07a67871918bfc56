# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The files of a report are there whole or not at all, and nothing else is."""

from __future__ import annotations

from ansible_collections.windsock.airflow.plugins.plugin_utils._drift._files import rendered
from ansible_collections.windsock.airflow.tests.unit.sample_report import report


def test_the_names_of_the_files():
    made = rendered(report(), ["markdown", "json", "prom", "junit"])
    assert list(made) == ["drift.json", "drift.junit.xml", "drift.prom", "drift.md"]
    assert list(rendered(report(), ["prom"])) == ["drift.prom"]
    assert rendered(report(), []) == {}
