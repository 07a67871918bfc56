# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The cases. To add one, write a function here and decorate it with `@case`.

It gets a `Stand` (one server), puts the server into the state that the case begins with, runs one program and returns
its time. `less` names the case whose time is taken off (what Ansible costs anyhow), `floor` the case that what is left
is compared with, `aim` the ratio that we would like to see: printed, never asserted. Both are measured along with it.
Cases of one `group` share a state of the server; the groups are measured one after the other.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from data import IDENTITY, OWNER, PREFIX, DataSet
from floor import V2
from stand import BUILD, BenchError, Stand, Time, settings
from vault import DISTANCES, PATHS, REFERENCES, Form, literal, lookup, reference

BENCH = Path(__file__).resolve().parent
NEWEST = ("3.3.2",)
AIRFLOW_3 = ("3.0.6", "3.3.2")
AIRFLOW_2 = ("2.11.2",)
SERVERS = (*AIRFLOW_2, *AIRFLOW_3)


def representative(version: str) -> str:
    """The one of these servers whose cases another version gets: the newest that is not newer, else the oldest."""

    def order(each: str) -> list[int]:
        return [int(part) for part in each.split(".")]

    return max((each for each in SERVERS if order(each) <= order(version)), key=order, default=SERVERS[0])


@dataclass(frozen=True)
class Case:
    name: str
    measure: Callable[[Stand], Time]
    objects: int
    less: str | None
    floor: str | None
    aim: float | None
    servers: tuple[str, ...]
    group: str
    turns: int

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
    servers: tuple[str, ...] = SERVERS,
    group: str = "",
    turns: int = 9,
) -> Callable[[Measure], Measure]:
    """Enter a function as the case `name`. `turns`: it is not measured more often than that, since it takes long."""

    def enter(measure: Measure) -> Measure:
        CASES[name] = Case(name, measure, objects, less, floor, aim, servers, group, turns)
        return measure

    return enter


def play(stand: Stand, task: dict[str, Any], data: DataSet | None = None, changed: bool = False) -> Time:
    """The time of a playbook of one task, which must report `changed` as expected."""
    done = stand.play([task], data.file if data else None)
    if bool(done.changed) != changed:
        raise BenchError(f"the task said changed={bool(done.changed)}, expected {changed}")
    return done.time


@case("empty-playbook", 0)
def empty_playbook(stand: Stand) -> Time:
    return stand.play([]).time


@case("nothing-src", 0, less="empty-playbook")
def nothing_src(stand: Stand) -> Time:
    """An empty module: what is left of a task with `src` when nothing is to be done."""
    return play(stand, {"bench_nothing": {}})


# -- a whole set in one task -----------------------------------------------------------------------------------------


def whole_set(
    suffix: str,
    data: DataSet,
    jobs: Collection[str] = ("create", "noop", "repair"),
    drifting: Collection[str] = tuple(IDENTITY),
    aims: dict[str, float] | None = None,
    servers: tuple[str, ...] = SERVERS,
    turns: int = 9,
) -> None:
    """Creation, no-op and repair of a set of objects: by the floor, by the collection from variables and from files.

    From files is measured everywhere, since only that is free of Ansible's own cost; from variables where `aims` asks.
    """
    aims = aims or {}
    lists = {kind: "{{ " + kind + " }}" for kind, objects in data.declarations.items() if objects}
    shared: dict[str, Any] = {"servers": servers, "group": suffix, "turns": turns}

    begin: dict[str, Callable[[Stand], None]] = {
        "create": lambda stand: stand.wiped(),
        "noop": lambda stand: stand.settled(data),
        "repair": lambda stand: stand.drifted(data, drifting),
    }

    if any(name.startswith("variables-") for name in aims):

        @case(f"nothing{suffix}", data.objects, less="empty-playbook", **shared)
        def nothing(stand: Stand) -> Time:
            return play(stand, {"bench_nothing": lists}, data)

    def measured(stand: Stand, job: str, given: dict[str, Any], variables: DataSet | None) -> Time:
        begin[job](stand)
        time = play(stand, settings(**given), variables, changed=job != "noop")
        if job != "noop":
            stand.expect_as_declared(data)
        return time

    def enter(job: str) -> None:
        floor = f"floor-{job}{suffix}"

        @case(floor, data.objects, **shared)
        def plain(stand: Stand) -> Time:
            begin[job](stand)
            time = stand.script(job, data)
            stand.expect_as_declared(data)
            return time

        aim = aims.get(f"src-{job}")

        @case(f"settings-src-{job}{suffix}", data.objects, less="nothing-src", floor=floor, aim=aim, **shared)
        def from_files(stand: Stand) -> Time:
            return measured(stand, job, {"src": [str(data.file)]}, None)

        aim = aims.get(f"variables-{job}")
        if aim is None:
            return

        @case(f"settings-{job}{suffix}", data.objects, less=f"nothing{suffix}", floor=floor, aim=aim, **shared)
        def from_variables(stand: Stand) -> Time:
            return measured(stand, job, lists, data)

    for job in jobs:
        enter(job)


def objects_of(suffix: str, connections: int, variables: int, pools: int) -> DataSet:
    return DataSet(BUILD / "bench" / f"data{suffix}", connections, variables, pools)


# Reading the files is work of its own, which a module without data does not do: so an aim by src is the harder one.
whole_set(
    "",
    objects_of("", 1000, 1000, 100),
    aims={"variables-create": 2.0, "variables-noop": 2.0, "variables-repair": 2.0},
    servers=AIRFLOW_3,
)
# Few, since each request costs such a server 0.15 s and more, and nearly every object needs one.
whole_set("-100", objects_of("-100", 100, 100, 20), servers=AIRFLOW_2, turns=1)


# -- Airflow's own tool ----------------------------------------------------------------------------------------------


def airflowctl(kind: str, data: DataSet) -> None:
    """`airflowctl KIND import`, which creates and compares nothing, beside the collection with the same objects."""
    whole_set(f"-{kind}", data, jobs=["create"], servers=AIRFLOW_3)

    @case(
        f"airflowctl-create-{kind}",
        data.objects,
        floor=f"floor-create-{kind}",
        servers=AIRFLOW_3,
        group=f"-{kind}",
    )
    def its_import(stand: Stand) -> Time:
        if not stand.airflowctl:
            raise BenchError("airflowctl is not there")
        stand.wiped()
        # The place is read from a file of its home; a token from the environment needs no keyring.
        home = stand.folder / "airflowctl"
        home.mkdir(exist_ok=True)
        (home / "production.json").write_text(json.dumps({"api_url": stand.url}), encoding="utf-8")
        api = stand.api()
        assert isinstance(api, V2)
        time, _output = stand.program(
            stand.airflowctl,
            kind,
            "import",
            data.airflowctl_file(kind),
            AIRFLOW_HOME=str(home),
            AIRFLOW_CLI_TOKEN=api.token(),
            PYTHON_KEYRING_BACKEND="keyring.backends.null.Keyring",
        )
        # The airflowctl of the time of 3.0 drops `schema` without a word; a newer one cannot speak to 3.0.
        stand.expect_as_declared(data, but=["schema"] if stand.version.startswith("3.0.") else [])
        return time


airflowctl("connections", objects_of("-connections", 1000, 0, 0))
airflowctl("variables", objects_of("-variables", 0, 1000, 0))


# -- one object at a time --------------------------------------------------------------------------------------------

LOOP = 10


def loop(name: str, module: str, options: dict[str, Any], floor: str | None = None, aim: float | None = None) -> None:
    @case(name, LOOP, less="empty-playbook", floor=floor, aim=aim, servers=NEWEST, group="loop")
    def looped(stand: Stand) -> Time:
        stand.wiped()
        done = stand.play([{module: options, "loop": list(range(LOOP))}], watched=False)
        if bool(done.changed) != (floor is not None):
            raise BenchError(f"the loop said changed={bool(done.changed)}")
        return done.time


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


# -- growth ----------------------------------------------------------------------------------------------------------
# What a nightly run costs from 1,000 to 10,000 objects of a kind: time and memory of the module shall grow as they do.
# (For every page of a list, Airflow 3.3 reads every id, to see which the user may read: the floor grows faster.)

for thousands, jobs, aims in (
    (1, ["noop"], {"variables-noop": 2.0}),
    (3, ["noop"], {"variables-noop": 2.0}),
    (10, ["noop", "repair"], {"src-noop": 1.5, "variables-noop": 2.0, "src-repair": 3.0, "variables-repair": 3.0}),
):
    whole_set(
        f"-{thousands}k",
        objects_of(f"-{thousands}k", 1000 * thousands, 1000 * thousands, 0),
        jobs=jobs,
        drifting=["connections"],
        aims=aims,
        servers=NEWEST,
        turns=2,
    )


# -- fingerprints ----------------------------------------------------------------------------------------------------

KEY = "0123456789abcdef" * 4


@case("fingerprints-1k", 1000, servers=NEWEST)
def fingerprints(stand: Stand) -> Time:
    """Within the module, without a server: 1,000 secrets are to add less than 0.05 s."""
    time, output = stand.program(sys.executable, "-B", BENCH / "fingerprints.py", 1000, PYTHONPATH=str(BUILD / "collections"))
    return time._replace(inside=json.loads(output)["seconds"])


@case("settings-src-noop-key-1k", 2000, less="nothing-src", floor="floor-noop-1k", servers=NEWEST, group="-1k", turns=2)
def with_a_key(stand: Stand) -> Time:
    """The same as settings-src-noop-1k, and it knows that no secret has changed."""
    data = objects_of("-1k", 1000, 1000, 0)
    stand.settled(data)
    task = settings(src=[str(data.file)], update_secrets="on_change", fingerprint_key=KEY)
    stand.play([task])
    return play(stand, task)


# -- a fleet ---------------------------------------------------------------------------------------------------------
# The night run over 50 deployments of 100 objects, in which nothing differs and every secret is known: the role
# airflow_drift and its report, beside a play that runs an empty module on each of 50 hosts.

FLEET = 50


def fleet(forks: int) -> None:
    shared: dict[str, Any] = {"servers": NEWEST, "group": "fleet", "turns": 1}
    data = objects_of("-fleet", 45, 45, 10)

    @case(f"fleet-nothing-{forks}-forks", FLEET * data.objects, **shared)
    def nothing(stand: Stand) -> Time:
        return stand.fleet(FLEET, forks, {}, [{"bench_nothing": {}}])

    @case(f"fleet-drift-{forks}-forks", FLEET * data.objects, floor=f"fleet-nothing-{forks}-forks", **shared)
    def drift(stand: Stand) -> Time:
        policy = {"update_secrets": "on_change", "fingerprint_key": KEY, "owner": OWNER}
        if stand.holds is not data:
            stand.settled(data)
            stand.play([settings(src=[str(data.file)], **policy)])
        given = {"url": stand.url, "files": [str(data.file)], **policy}
        variables = {f"airflow_settings_{name}": value for name, value in given.items()}
        destination = stand.folder / "airflow-drift"
        role = {"ansible.builtin.include_role": {"name": "windsock.airflow.airflow_drift"}}
        time = stand.fleet(FLEET, forks, {**variables, "airflow_drift_dest": str(destination)}, [role])
        report = json.loads((destination / "drift.json").read_text())
        if report["summary"]["deployments"]["in_sync"] != FLEET:
            raise BenchError(f"not all are in sync: {report['summary']}")
        return time


for forks in (1, 5, 10):
    fleet(forks)


# -- secrets from Vault ----------------------------------------------------------------------------------------------
# A nightly run in which nothing differs, with 1,000 secrets at 400 paths. References are compared with the same secrets
# written out, lookups of community.hashi_vault with references: how many times longer a whole playbook takes.


def nightly(stand: Stand, form: Form, distance: str) -> Time:
    vault = stand.vault

    def run(form: Form, distance: str, changed: bool) -> Time:
        given = {"connections": vault.connections(form), "update_secrets": "on_change", "fingerprint_key": KEY}
        done = stand.play([settings(**given)], python=vault.python, **vault.at(distance))
        if bool(done.changed) != changed:
            raise BenchError(f"the task said changed={bool(done.changed)}, expected {changed}")
        return done.time

    if stand.holds is not vault:
        stand.wiped()
        run(reference, "direct", changed=True)
        stand.holds = vault
    time = run(form, distance, changed=False)
    return time._replace(vault=vault.asked())


def plain_reads(stand: Stand, what: str, distance: str) -> Time:
    vault = stand.vault
    environ = vault.at(distance)
    time, output = stand.program(vault.python, "-B", BENCH / "vault_reads.py", what, PATHS, **environ)
    return time._replace(inside=json.loads(output)["seconds"], vault=vault.asked())


def from_vault(distance: str) -> None:
    shared: dict[str, Any] = {"servers": NEWEST, "group": "vault"}

    # What our proxy costs is the ratio of the script's runs with it and without.
    @case(f"vault-reads-{distance}", PATHS, floor="vault-reads-direct" if distance == "0ms" else None, **shared)
    def reads(stand: Stand) -> Time:
        return plain_reads(stand, "secrets", distance)

    # Whether it would pay to ask for the versions first, and to read only what has a new one.
    @case(f"vault-metadata-{distance}", PATHS, floor=f"vault-reads-{distance}", **shared)
    def metadata(stand: Stand) -> Time:
        return plain_reads(stand, "metadata", distance)

    @case(f"vault-references-{distance}", REFERENCES, floor="vault-literals", **shared)
    def references(stand: Stand) -> Time:
        return nightly(stand, reference, distance)

    @case(f"vault-lookups-{distance}", REFERENCES, floor=f"vault-references-{distance}", turns=3, **shared)
    def lookups(stand: Stand) -> Time:
        return nightly(stand, lookup, distance)


@case("vault-literals", REFERENCES, servers=NEWEST, group="vault")
def literals(stand: Stand) -> Time:
    """The same run with the secrets written out."""
    return nightly(stand, literal, "direct")


for distance in DISTANCES:
    from_vault(distance)
