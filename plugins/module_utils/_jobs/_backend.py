# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: no stable interface for others.

"""A set of objects in a place where Airflow looks before its database."""

from __future__ import annotations

import dataclasses
import typing as t

from .._airflow._dialect import Dialect
from .._backends import read_backend
from .._backends._backend import Backend
from .._declaration import Desired
from .._engine import Work, run
from .._faults import Fault, Refused
from .._kinds import Kind
from .._plan import Policy
from .._report import Report
from .._secrets._access import VaultOption, read_vault
from ._declared import read_declared, read_pruning

Words = dict[str, t.Any]


class ToBackend:
    """The job of the module for backends."""

    def reach(self, words: Words) -> t.Callable[[], Dialect]:
        backend = read_backend(words)
        return lambda: backend

    def prepare(self, given: Words, params: Words) -> Work:
        pruning, faults = read_pruning(params)
        vault = read_vault(given.get("vault"))
        declared = read_declared(given, params, faults, vault)

        def work(backend: Dialect, check_mode: bool) -> Report:
            if not isinstance(backend, Backend):
                raise TypeError("a place that is no backend")
            return declared.noted(_run(declared.desired, declared.kinds, pruning, backend, check_mode, vault))

        return work


def _run(
    desired: list[Desired], kinds: list[Kind], pruning: t.Any, backend: Backend, check_mode: bool, vault: VaultOption
) -> Report:
    held = [one for one in desired if one.kind.name in backend.abilities.holds]
    backend.expect(held)
    faults = [
        Fault(f"{one.kind.name} {one.id!r}", why, one.kind.name, one.id)
        for one in held
        if one.present
        for why in (*_of_team(one), *backend.objections(one))
    ]
    if pruning.owner and "variable" not in backend.abilities.holds:
        faults.append(Fault("owner", "needs a place for variables too, in one of which it keeps what was applied"))
    if faults:
        raise Refused(faults)
    kept, notes = _without_dropped(held, backend)
    kinds = [kind for kind in kinds if kind.name in backend.abilities.holds]
    # All that is there is shown, so secrets are compared like anything else; where it is not, they are written.
    report = run(kept, kinds, Policy("on_change"), pruning, backend, check_mode, vault)
    result = {name: value for name, value in report.result.items() if name != "unknown" or backend.hides}
    settled = {} if report.failed else backend.settle(check_mode)
    found = {name: each for name, each in settled.items() if each}
    result = {**result, **settled, "changed": result["changed"] or backend.rewritten or bool(found)}

    def diff() -> list[dict[str, t.Any]]:
        more = [(name, each["before"], each["after"]) for name, each in found.items()]
        title = {"before_header": backend.title, "after_header": backend.title}
        return [*report.diff(), *({**title, "before": {n: old}, "after": {n: new}} for n, old, new in more)]

    return dataclasses.replace(report, result=result, diff=diff, hints=[*report.hints, *notes, *backend.notes])


def _of_team(one: Desired) -> list[str]:
    if one.fields.get("team_name") is None:
        return []
    return ["team_name: objects of a team cannot be kept here: there they would be everybody's"]


def _without_dropped(desired: list[Desired], backend: Backend) -> tuple[list[Desired], list[str]]:
    """The objects without what is not kept there, and a sentence for each field that somebody misses."""
    kept, missed = [], dict[tuple[str, str], int]()
    for one in desired:
        drops = backend.abilities.drops.get(one.kind.name, frozenset()) | {"team_name"}
        for name in drops & one.fields.keys():
            if one.fields[name]:
                missed[one.kind.plural, name] = missed.get((one.kind.plural, name), 0) + 1
        kept.append(dataclasses.replace(one, fields={n: v for n, v in one.fields.items() if n not in drops}))
    notes = [
        f"{name} of {count} {plural if count > 1 else plural[:-1]} is left out, which {backend.title} cannot hold"
        for (plural, name), count in sorted(missed.items())
    ]
    return kept, notes
