# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: no stable interface for others.

"""Environment variables: C(AIRFLOW_CONN_...) and C(AIRFLOW_VAR_...)."""

from __future__ import annotations

import re
import typing as t

from .._declaration import Desired
from ._connection import json_of, uri_of
from ._form import Notes, leave_out, sections

FORMATS: dict[str, t.Callable[[Desired, Notes], str | None]] = {"json": json_of, "uri": uri_of}


def to_env(declarations: t.Any, conn_format: t.Any, notes: Notes) -> dict[str, str]:
    if conn_format not in FORMATS:
        notes.faults.append(f"conn_format: must be {' or '.join(FORMATS)}")
        return {}
    found = sections(declarations, notes)
    env: dict[str, str] = {}
    claimed: dict[str, list[str]] = {}  # by which objects
    for one in [*found.get("connections", []), *found.get("variables", [])]:
        where = f"{one.kind.name} {one.id!r}"
        name = _name(one)
        if not re.fullmatch("[A-Za-z0-9_]+", one.id):
            what = one.kind.identity.name
            notes.faults.append(
                f"{where}: {what}: cannot be in the name of an environment variable, which has only "
                "the letters A to Z, digits and underscores"
            )
            continue
        claimed.setdefault(name, []).append(where)
        value = _value(one, FORMATS[conn_format], notes)
        if value is not None:
            env[name] = value
    notes.faults += [
        f"{' and '.join(claims)} would be one environment variable, {name}"
        for name, claims in claimed.items()
        if len(claims) > 1
    ]
    notes.lost += [f"pool {pool.id!r}: left out, pools are only in Airflow's database" for pool in found.get("pools", [])]
    return env


def _name(one: Desired) -> str:
    prefix = "AIRFLOW_CONN_" if one.kind.name == "connection" else "AIRFLOW_VAR_"
    # Since Airflow 3.2, and read there only with core.multi_team.
    team = f"_{one.fields['team_name']}___" if one.fields["team_name"] else ""
    return f"{prefix}{team}{one.id}".upper()


def _value(one: Desired, write: t.Callable[[Desired, Notes], str | None], notes: Notes) -> str | None:
    if one.kind.name == "variable":
        leave_out(one, ("description",), "an environment variable", notes)
        return str(one.fields["value"])
    teamless = Desired(one.kind, one.id, True, {**one.fields, "team_name": None}, one.secret)  # it is in the name
    return write(teamless, notes)
