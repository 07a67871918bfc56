# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: no stable interface for others.

"""What each module does: its parameters become a declaration, the engine does the rest."""

from __future__ import annotations

import typing as t

from . import _engine
from ._airflow._dialect import Dialect
from ._declaration import declare
from ._faults import Fault
from ._kinds import KINDS, Kind
from ._plan import Actual, Policy
from ._prune import Pruning
from ._reading import Reader
from ._report import Report
from ._sources import gather, read_sources

Words = dict[str, t.Any]


class One:
    """One object of a kind."""

    def __init__(self, kind: Kind) -> None:
        self.kind = kind

    def prepare(self, given: Words, params: Words) -> _engine.Work:
        words = {name: value for name, value in given.items() if name in self.kind.names}
        (desired,) = declare([(self.kind, words, self.kind.name)], params["enforce_defaults"])
        policy = Policy(params["update_secrets"])
        return lambda server, check_mode: _engine.run_one(desired, policy, server, check_mode)


class Sets:
    """Objects of every kind."""

    def prepare(self, given: Words, params: Words) -> _engine.Work:
        files = read_sources(given.get("src"), bool(params.get("remote_src")))
        faults = [*_wrong_pruning(params), *(fault for file in files for fault in file.faults)]
        entries = [each for kind in KINDS for each in gather(kind, files, given.get(kind.plural))]
        desired = declare(entries, params["enforce_defaults"], faults)
        sources = [given, *(file.lists for file in files)]
        kinds = [kind for kind in KINDS if any(source.get(kind.plural) is not None for source in sources)]
        policy = Policy(params["update_secrets"])
        pruning = Pruning(params["prune"], params["prune_limit"], tuple(params["protect"] or ()), params["owner"] or "")
        return lambda server, check_mode: _engine.run(desired, kinds, policy, pruning, server, check_mode)


class Info:
    """What a deployment is and has."""

    def prepare(self, given: Words, params: Words) -> _engine.Work:
        wanted = set(params["gather_subset"] or ["all"])
        if "all" in wanted:
            wanted = {"health", *(kind.plural for kind in KINDS)}
        return lambda server, check_mode: self._report(server, wanted)

    def _report(self, server: Dialect, wanted: set[str]) -> Report:
        result: Words = {"changed": False, "airflow": {"version": server.version, "api_version": server.api_version}}
        if "health" in wanted:
            result["health"] = server.health()
        reader = Reader(server)
        for kind in KINDS:
            if kind.plural in wanted:
                result[kind.plural] = [_declared(each) for each in reader.everything(kind)]
        return Report(result)


LONGEST_OWNER = 100  # bytes of UTF-8; its variable's key has two characters for each, and room for 250


def _wrong_pruning(params: Words) -> list[Fault]:
    owner, faults = params["owner"] or "", []
    if params["prune_limit"] < 0:
        faults.append(Fault("prune_limit", "must be 0 or more"))
    if len(owner.encode(errors="replace")) > LONGEST_OWNER:
        faults.append(Fault("owner", f"must have no more than {LONGEST_OWNER} characters, or fewer if they are not ASCII"))
    if params["prune"] == "owned" and not owner:
        faults.append(Fault("owner", "is needed for prune=owned; an empty one keeps no memory of what was applied"))
    return faults


def _declared(actual: Actual) -> Words:
    """An object in the words of a declaration; empty fields are left out."""
    fields = {name: value for name, value in actual.fields.items() if value is not None}
    return {actual.kind.identity.name: actual.id, **fields}
