# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Blocks of a guide page, for the tests that hold it true.

    page = Page("nightly")
    page.block("``inventory.yml``:")       # the first literal block behind these words
    page.commands("Run it:")               # what is typed in there
"""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[2] / "docs/docsite/rst"


class Page:
    def __init__(self, name: str) -> None:
        self.text = (FOLDER / f"{name}.rst").read_text()

    def block(self, after: str) -> str:
        """Behind words that stand on the page once, wherever the lines are broken."""
        places = list(re.finditer(r"\s+".join(map(re.escape, after.split())), self.text))
        if len(places) != 1:
            raise LookupError(f"{len(places)} times on the page: {after}")
        behind = self.text[places[0].end() :]
        found = re.search(r"^( *)\.\. code-block:: \w+\n\n((?:\1   .*\n|\n)+)", behind, re.MULTILINE)
        if not found:
            raise LookupError(f"no block after: {after}")
        return textwrap.dedent(found[2]).strip() + "\n"

    def commands(self, after: str) -> list[str]:
        return [line[2:] for line in self.block(after).replace("\\\n", " ").splitlines() if line.startswith("$ ")]
