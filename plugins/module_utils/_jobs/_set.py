# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: no stable interface for others.

"""A set of objects of every kind."""

from __future__ import annotations

import typing as t

from .._declaration import declare
from .._engine import Work, run
from .._faults import Fault
from .._kinds import KINDS
from .._prune import Pruning
from .._secrets._access import read_vault
from .._shadows import read_shadows
from .._sources import gather, read_sources
from ._policy import read_policy

Words = dict[str, t.Any]


class Set:
    """The job of the module for a whole set."""

    def prepare(self, given: Words, params: Words) -> Work:
        files = read_sources(given.get("src"), bool(params.get("remote_src")))
        policy, wrong = read_policy(given, params)
        vault = read_vault(given.get("vault"))
        of_files = (fault for file in files for fault in file.faults)
        shadows, unread = read_shadows(given.get("shadows"))
        asks_vault = bool(shadows.paths)
        faults = [*wrong, *vault.faults, *_wrong_pruning(params), *unread, *of_files]
        faults += vault.of_references if asks_vault else []
        entries = [each for kind in KINDS for each in gather(kind, files, given.get(kind.plural))]
        desired = declare(
            entries, params["enforce_defaults"], faults, lambda: [] if asks_vault else vault.of_references
        )
        sources = [given, *(file.lists for file in files)]
        kinds = [kind for kind in KINDS if any(source.get(kind.plural) is not None for source in sources)]
        pruning = Pruning(params["prune"], params["prune_limit"], tuple(params["protect"] or ()), params["owner"] or "")
        audit_log = bool(params.get("audit_log"))
        wanted = None if given.get("shadows") is None else shadows
        return lambda server, check_mode: run(
            desired, kinds, policy, pruning, server, check_mode, vault, audit_log, wanted
        )


def _wrong_pruning(params: Words) -> list[Fault]:
    owner, faults = params.get("owner", "default") or "", []
    if params["prune_limit"] < 0:
        faults.append(Fault("prune_limit", "must be 0 or more"))
    if params["prune"] == "owned" and not owner:
        faults.append(Fault("owner", "is needed for prune=owned; an empty one keeps no memory of what was applied"))
    return faults
