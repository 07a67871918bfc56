# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: no stable interface for others.

"""The way of the data: declaration, plan, apply, report."""

from __future__ import annotations

import typing as t

from ._airflow._dialect import Dialect
from ._apply import Ledger, apply
from ._comparison import Path
from ._declaration import Desired
from ._kinds import Kind
from ._plan import ActualObjects, Policy, make_plan
from ._report import Report, make_report, object_after

Work = t.Callable[[Dialect, bool], Report]
"""What is left to do once the declaration is read: given a server and whether only to check."""

FEW = 2  # up to so many objects of a kind are asked for one by one, more are listed


def run(desired: list[Desired], policy: Policy, server: Dialect, check_mode: bool) -> Report:
    """Bring a deployment to what is declared; in check mode only say what that takes."""
    return _run(desired, policy, server, check_mode)[0]


def run_one(desired: Desired, policy: Policy, server: Dialect, check_mode: bool) -> Report:
    """The same for a single object, which the report then holds as it is now."""
    report, actual = _run([desired], policy, server, check_mode)
    if not report.failed:
        found = actual.get((desired.kind.name, desired.id))
        report.result[desired.kind.name] = object_after(desired, found, report.result["changed"])
    return report


def _run(desired: list[Desired], policy: Policy, server: Dialect, check_mode: bool) -> tuple[Report, ActualObjects]:
    server.hide(_secret_texts(desired))
    actual = read(desired, server)
    plan = make_plan(desired, actual, policy)
    ledger = Ledger(done=plan.changes) if check_mode else apply(plan, server)
    return make_report(plan, ledger, server), actual


def read(desired: list[Desired], server: Dialect) -> ActualObjects:
    """What the server has of the declared objects."""
    wanted: dict[Kind, list[str]] = {}
    for one in desired:
        wanted.setdefault(one.kind, []).append(one.id)
    found = []
    for kind, ids in wanted.items():
        found += [server.get(kind, each) for each in ids] if len(ids) <= FEW else server.list(kind)
    return {(each.kind.name, each.id): each for each in found if each is not None}


def _secret_texts(desired: list[Desired]) -> list[str]:
    """Every declared secret that is a text."""
    texts: list[str] = []

    def collect(one: Desired, path: Path, value: t.Any) -> None:
        if isinstance(value, str):
            if one.is_secret(path):
                texts.append(value)
        elif isinstance(value, (dict, list)):
            items = value.items() if isinstance(value, dict) else enumerate(value)
            for key, item in items:
                collect(one, (*path, str(key)), item)

    for one in desired:
        for name, value in one.fields.items():
            collect(one, (name,), value)
    return texts
