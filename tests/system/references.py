# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""References resolved as a module does it, without an Airflow."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.windsock.airflow.plugins.module_utils._declaration import declare, listed
from ansible_collections.windsock.airflow.plugins.module_utils._faults import Refused, ServerFault
from ansible_collections.windsock.airflow.plugins.module_utils._kinds import CONNECTION
from ansible_collections.windsock.airflow.plugins.module_utils._secrets._access import read_vault
from ansible_collections.windsock.airflow.plugins.module_utils._secrets._resolution import resolve

Option = dict[str, Any]


def to(path: str, key: str | None = None, **more: Any) -> dict[str, Any]:
    """A reference."""
    return {"vault": path, **({"key": key} if key else {}), **more}


def passwords(option: Option, *references: Any, environment: Mapping[str, str] | None = None) -> list[str]:
    """The passwords of as many connections, called c0, c1 and so on."""
    vault = read_vault(option, environment or {})
    words = [{"connection_id": f"c{number}", "password": each} for number, each in enumerate(references)]
    desired = declare(listed(CONNECTION, words), False, vault.faults, lambda: vault.of_references)
    assert vault.access
    return [one.fields["password"] for one in resolve(desired, vault.access)]


def refusals(option: Option, *references: Any, environment: Mapping[str, str] | None = None) -> list[str]:
    """What is wrong with each reference or option, in order, without the place in the declaration."""
    try:
        read = passwords(option, *references, environment=environment)
    except Refused as refused:
        return [fault.reason if fault.kind else str(fault) for fault in refused.faults]
    raise AssertionError(f"read: {read}")


def trouble(option: Option, *references: Any, environment: Mapping[str, str] | None = None) -> str:
    """The sentence where Vault cannot be used at all."""
    try:
        read = passwords(option, *references, environment=environment)
    except ServerFault as fault:
        return fault.message
    raise AssertionError(f"read: {read}")
