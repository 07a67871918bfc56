# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

from ansible.errors import AnsibleFilterError

from ansible_collections.windsock.airflow.plugins.module_utils._merge import IDENTITIES, merge


def merge_declarations(sources: Any, kind: str, undeclared: Any = None) -> Any:
    # Never a value in these texts: what a user put in the wrong place may well be a secret.
    if kind not in IDENTITIES:
        raise AnsibleFilterError(f"merge_declarations: the kind must be one of {', '.join(IDENTITIES)}")
    if not isinstance(sources, (list, tuple)):
        raise AnsibleFilterError("merge_declarations: needs a list of sources, each of them a list of declarations")
    wrong = [
        f"merge_declarations: source {number} must be a list of {kind}"
        for number, source in enumerate(sources, start=1)
        if not isinstance(source, (list, tuple, type(None)))
    ]
    if wrong:
        raise AnsibleFilterError("\n".join(wrong))
    if undeclared is not None and all(source is None for source in sources):
        return undeclared
    return merge(kind, sources)


class FilterModule:
    def filters(self) -> dict[str, Any]:
        return {"merge_declarations": merge_declarations}
