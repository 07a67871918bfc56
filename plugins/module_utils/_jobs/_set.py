# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: no stable interface for others.

"""A set of objects of every kind."""

from __future__ import annotations

import typing as t

from .._engine import Work, run
from .._secrets._access import read_vault
from .._shadows import read_shadows
from ._airflow import OfAirflow
from ._declared import read_declared, read_pruning
from ._policy import read_policy

Words = dict[str, t.Any]


class Set(OfAirflow):
    """The job of the module for a whole set."""

    def prepare(self, given: Words, params: Words) -> Work:
        policy, wrong = read_policy(given, params)
        pruning, wrongly_pruned = read_pruning(params)
        vault = read_vault(given.get("vault"))
        shadows, wrong_shadows = read_shadows(given.get("shadows"))
        faults = [*wrong, *wrongly_pruned, *wrong_shadows]
        declared = read_declared(given, params, faults, vault, needs_vault=bool(shadows.paths))
        audit_log = bool(params.get("audit_log"))
        wanted = None if given.get("shadows") is None else shadows
        return lambda server, check_mode: declared.noted(
            run(declared.desired, declared.kinds, policy, pruning, server, check_mode, vault, audit_log, wanted)
        )
