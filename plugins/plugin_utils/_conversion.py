# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: no stable interface for others.

"""A conversion as a filter: plain data in and out, faults as Ansible's error, what is left out as warnings."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible.errors import AnsibleFilterError
from ansible.utils.display import Display

from ansible_collections.windsock.airflow.plugins.module_utils._forms._form import Notes
from ansible_collections.windsock.airflow.plugins.module_utils._forms._plain import plain


def convert(name: str, conversion: Callable[..., Any], *given: Any) -> Any:
    """The result of a conversion. What it was given is in no error and no warning."""
    notes = Notes()
    result = conversion(*map(plain, given), notes)
    if notes.faults:
        raise AnsibleFilterError("\n".join(f"{name}: {fault}" for fault in notes.faults))
    for each in notes.lost:
        Display().warning(f"{name}: {each}")
    return result
