# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: no stable interface for others.

"""A set of declared objects: what files and the task itself say, and what is to become of the rest."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field, replace

from .._declaration import Desired, declare
from .._faults import Fault
from .._kinds import KINDS, Kind
from .._prune import Pruning
from .._report import Report
from .._secrets._access import VaultOption
from .._sources import gather, read_sources

Words = dict[str, t.Any]


@dataclass(frozen=True)
class Declared:
    """desired objects, and the kinds of which anything is declared, be it an empty list.

    notes: what is to be known of the files.
    """

    desired: list[Desired]
    kinds: list[Kind]
    notes: list[str] = field(default_factory=list)

    def noted(self, report: Report) -> Report:
        """A report with the notes."""
        return replace(report, hints=[*report.hints, *self.notes]) if self.notes else report


def read_declared(
    given: Words, params: Words, faults: list[Fault], vault: VaultOption, needs_vault: bool = False
) -> Declared:
    """What is declared. faults: what was found before. Raises Refused with every fault."""
    files = read_sources(given.get("src"), bool(params.get("remote_src")))
    found = [*faults, *vault.faults, *(vault.of_references if needs_vault else ())]
    found += [fault for file in files for fault in file.faults]
    entries = [each for kind in KINDS for each in gather(kind, files, given.get(kind.plural))]
    of_references = tuple if needs_vault else lambda: vault.of_references
    desired = declare(entries, bool(params.get("enforce_defaults")), found, of_references)
    sources = [given, *(file.lists for file in files)]
    kinds = [kind for kind in KINDS if any(source.get(kind.plural) is not None for source in sources)]
    return Declared(desired, kinds, [note for file in files for note in file.notes])


def read_pruning(params: Words) -> tuple[Pruning, list[Fault]]:
    """What is to be pruned, and what is wrong with that."""
    owner, faults = params.get("owner") or "", []
    if params["prune_limit"] < 0:
        faults.append(Fault("prune_limit", "must be 0 or more"))
    if params["prune"] == "owned" and not owner:
        faults.append(Fault("owner", "is needed for prune=owned; an empty one keeps no memory of what was applied"))
    return Pruning(params["prune"], params["prune_limit"], tuple(params["protect"] or ()), owner), faults
