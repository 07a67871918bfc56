# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a server cannot do is told before anything is written."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest

from ansible_collections.windsock.airflow.tests.unit.fakes import (
    AIRFLOW_2,
    AIRFLOW_3,
    CONNECTION,
    POOL,
    VARIABLE,
    connection,
    planned,
    pool,
    stored,
    told,
    variable,
)

PG = {"conn_type": "postgres"}
P = stored(POOL, "p", slots=1, description="theirs")
SLASH = stored(POOL, "a/b", slots=1)

# The ability, something that needs it, the object that is there, and how the fault begins.
NEEDED: dict[str, tuple[str, t.Any, t.Any, str]] = {
    "unlimited pool created": ("unlimited_pools", pool(slots=-1), None, "pool 'p': slots: "),
    "pool made unlimited": ("unlimited_pools", pool(slots=-1), P, "pool 'p': slots: "),
    "pool of a team": ("teams", pool(slots=1, team_name="t"), None, "pool 'p': team_name: "),
    "variable of a team": ("teams", variable(value="x", team_name="t"), None, "variable 'v': team_name: "),
    "connection of a team": ("teams", connection(**PG, team_name="t"), None, "connection 'pg': team_name: "),
    "pool with a slash updated": ("slash_in_pool_name", pool("a/b", slots=2), SLASH, "pool 'a/b': name: "),
    "pool with a slash deleted": ("slash_in_pool_name", pool("a/b", state="absent"), SLASH, "pool 'a/b': name: "),
}

FREE: dict[str, tuple[t.Any, t.Any]] = {
    "pool with a number of slots": (pool(slots=1), None),
    "pool left unlimited": (pool(slots=-1), stored(POOL, "p", slots=-1)),
    "no slots declared": (pool(description="ours"), P),
    "empty team": (pool(slots=1, team_name=""), None),
    "pool with a slash created": (pool("a/b", slots=1), None),
    "pool with a slash as it is": (pool("a/b", slots=1), SLASH),
    "pool with a slash that is not there": (pool("a/b", state="absent"), None),
    "variable with a slash": (variable("a/b", value="x"), stored(VARIABLE, "a/b", value="y")),
    "variable of -1": (variable(value=-1), None),
    "team as it is": (connection(team_name="t"), stored(CONNECTION, "pg", **PG, team_name="t")),
}


def faults(one: t.Any, actual: t.Any, abilities: t.Any) -> list[str]:
    return told(lambda: planned(one, *([actual] if actual else []), abilities=abilities))


@pytest.mark.parametrize("name", NEEDED)
def test_what_needs_an_ability_that_is_missing_is_refused(name: str) -> None:
    ability, one, actual, beginning = NEEDED[name]
    lacking = dataclasses.replace(AIRFLOW_3, **{ability: False})
    (fault,) = faults(one, actual, lacking)
    assert fault.startswith(beginning)
    assert faults(one, actual, AIRFLOW_2) == [fault]
    assert faults(one, actual, AIRFLOW_3) == []


@pytest.mark.parametrize("name", FREE)
def test_what_needs_no_such_ability_is_not_refused(name: str) -> None:
    assert faults(*FREE[name], AIRFLOW_2) == []


def test_every_reason_is_told() -> None:
    one = pool("a/b", slots=-1, team_name="t")
    assert [fault.split(": ")[1] for fault in faults(one, SLASH, AIRFLOW_2)] == ["slots", "team_name", "name"]


@pytest.mark.parametrize(("state", "verb"), [("present", "update"), ("absent", "delete")])
def test_for_a_pool_with_a_slash_the_way_around_is_told(state: str, verb: str) -> None:
    (fault,) = faults(pool("a/b", slots=2, state=state), SLASH, AIRFLOW_2)
    assert f"cannot {verb} a pool" in fault
    assert "`airflow pools" in fault
