# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: no stable interface for others.

"""One object of a kind."""

from __future__ import annotations

import typing as t

from .._declaration import declare
from .._engine import Work, run_one
from .._kinds import Kind
from .._secrets._access import read_vault
from ._airflow import OfAirflow
from ._policy import read_policy

Words = dict[str, t.Any]


class One(OfAirflow):
    """The job of a module for one object."""

    def __init__(self, kind: Kind) -> None:
        self.kind = kind

    def prepare(self, given: Words, params: Words) -> Work:
        words = {name: value for name, value in given.items() if name in self.kind.names}
        policy, faults = read_policy(given, params)
        vault = read_vault(given.get("vault"))
        place = [(self.kind, words, self.kind.name)]
        (desired,) = declare(place, params["enforce_defaults"], [*faults, *vault.faults], lambda: vault.of_references)
        owner = params.get("owner") or ""
        audit_log = bool(params.get("audit_log"))
        return lambda server, check_mode: run_one(desired, policy, owner, server, check_mode, vault, audit_log)
