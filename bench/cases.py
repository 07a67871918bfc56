# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The cases. To add one, write a function here and decorate it with `@case`.

It gets a `Stand` (one server), puts the server into the state that the case begins with, runs one program and returns
its time. `less` names the case whose time is taken off (what Ansible costs anyhow), `floor` the case that what is left
is compared with, `aim` the ratio that we would like to see: printed, never asserted. Both are measured along with it.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from data import PREFIX, DataSet
from stand import BUILD, BenchError, Stand, Time


@dataclass(frozen=True)
class Case:
    name: str
    measure: Callable[[Stand], Time]
    objects: int
    less: str | None
    floor: str | None
    aim: float | None
    servers: tuple[str, ...] | None

    @property
    def needs(self) -> tuple[str, ...]:
        return tuple(name for name in (self.less, self.floor) if name)


CASES: dict[str, Case] = {}

Measure = Callable[[Stand], Time]


def case(
    name: str,
    objects: int,
    *,
    less: str | None = None,
    floor: str | None = None,
    aim: float | None = None,
    servers: tuple[str, ...] | None = None,
) -> Callable[[Measure], Measure]:
    """Enter a function as the case `name`, on all servers or on some."""

    def enter(measure: Measure) -> Measure:
        CASES[name] = Case(name, measure, objects, less, floor, aim, servers)
        return measure

    return enter


def play(stand: Stand, task: dict[str, Any], data: DataSet | None = None, changed: bool = False) -> Time:
    """The time of a playbook of one task, which must report `changed` as expected."""
    done = stand.play([task], data.file if data else None)
    if bool(done.changed) != changed:
        raise BenchError(f"the task said changed={bool(done.changed)}, expected {changed}")
    return Time(done.seconds)


@case("empty-playbook", 0)
def empty_playbook(stand: Stand) -> Time:
    return Time(stand.play([]).seconds)


# -- a whole set in one task -----------------------------------------------------------------------------------------


AIM = 2.0


def whole_set(suffix: str = "", **counts: int) -> None:
    """Creation, no-op and repair of one set of objects, by the collection and by the floor."""
    data = DataSet(BUILD / "bench" / f"data{suffix}", **counts)
    lists = {kind: "{{ " + kind + " }}" for kind in data.declarations}

    begin: dict[str, Callable[[Stand], None]] = {
        "create": lambda stand: stand.wiped(),
        "noop": lambda stand: stand.created(data),
        "repair": lambda stand: stand.drifted(data),
    }

    @case(f"nothing{suffix}", data.objects, less="empty-playbook")
    def nothing(stand: Stand) -> Time:
        return play(stand, {"bench_nothing": lists}, data)

    @case(f"nothing-src{suffix}", 0, less="empty-playbook")
    def nothing_src(stand: Stand) -> Time:
        return play(stand, {"bench_nothing": {}})

    def settings(stand: Stand, job: str, given: dict[str, Any], variables: DataSet | None) -> Time:
        begin[job](stand)
        task = {"windsock.airflow.airflow_settings": {**given, "update_secrets": "on_create"}}
        time = play(stand, task, variables, changed=job != "noop")
        stand.expect_as_declared(data)
        return time

    def enter(job: str) -> None:
        floor = f"floor-{job}{suffix}"

        @case(floor, data.objects)
        def plain(stand: Stand) -> Time:
            begin[job](stand)
            time = stand.script(job, data)
            stand.expect_as_declared(data)
            return time

        @case(f"settings-{job}{suffix}", data.objects, less=f"nothing{suffix}", floor=floor, aim=AIM)
        def from_variables(stand: Stand) -> Time:
            return settings(stand, job, lists, data)

        # No aim: reading the files is work of its own, which a module without data does not do.
        @case(f"settings-src-{job}{suffix}", data.objects, less=f"nothing-src{suffix}", floor=floor)
        def from_files(stand: Stand) -> Time:
            return settings(stand, job, {"src": [str(data.file)]}, None)

    for job in begin:
        enter(job)


whole_set()


# -- Airflow's own tool ----------------------------------------------------------------------------------------------


def airflowctl(kind: str, **counts: int) -> None:
    """`airflowctl KIND import`: creates, and compares nothing."""
    data = DataSet(BUILD / "bench" / f"data-{kind}", **{"connections": 0, "variables": 0, "pools": 0, **counts})

    @case(f"floor-{kind}", data.objects)
    def plain(stand: Stand) -> Time:
        stand.wiped()
        return stand.script("create", data)

    @case(f"airflowctl-{kind}", data.objects, floor=f"floor-{kind}")
    def its_import(stand: Stand) -> Time:
        if not stand.airflowctl:
            raise BenchError("airflowctl is not there")
        stand.wiped()
        # The place is read from a file of its home; a token from the environment needs no keyring.
        home = stand.folder / "airflowctl"
        home.mkdir(exist_ok=True)
        (home / "production.json").write_text(json.dumps({"api_url": stand.url}), encoding="utf-8")
        seconds, _output = stand.program(
            stand.airflowctl,
            kind,
            "import",
            data.airflowctl_file(kind),
            AIRFLOW_HOME=str(home),
            AIRFLOW_CLI_TOKEN=stand.api().sign_in(),
        )
        stand.expect_as_declared(data)
        return Time(seconds)


airflowctl("connections", connections=1000)
airflowctl("variables", variables=1000)


# -- one object at a time --------------------------------------------------------------------------------------------

LOOP = 10


def loop(name: str, module: str, options: dict[str, Any], floor: str | None = None, aim: float | None = None) -> None:
    @case(name, LOOP, less="empty-playbook", floor=floor, aim=aim)
    def looped(stand: Stand) -> Time:
        stand.wiped()
        return play(stand, {module: options, "loop": list(range(LOOP))}, changed=floor is not None)


loop("loop-nothing", "bench_nothing", {})
loop(
    "loop-variable",
    "windsock.airflow.airflow_variable",
    {"key": PREFIX + "loop_{{ item }}", "value": "value {{ item }}"},
    floor="loop-nothing",
    aim=1.6,
)
loop(
    "loop-connection",
    "windsock.airflow.airflow_connection",
    {
        "connection_id": PREFIX + "loop_{{ item }}",
        "conn_type": "postgres",
        "host": "host-{{ item }}.example.test",
        "password": "pw-{{ item }}-bench",
        "extra": {"timeout": 10},
    },
    floor="loop-nothing",
    aim=1.6,
)
