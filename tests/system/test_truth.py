# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check mode tells the truth: random objects are applied and changed by hand, and all that is told is what was done.

truth_cases.py makes the cases, truth_model.py says what has to come of each; here they are played on a real server.
Each goes: prepare by hand, check, apply, apply again, change by hand, check, apply, check. After both applications
Airflow's own command line has to confirm what is stored, the fields that nobody declared too.

The numbers of cases are CASES, times WINDSOCK_TRUTH_FACTOR. The seeds are fixed. What has failed once stands below as
a test of its own.
"""

from __future__ import annotations

import json
import os
import random
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from airflow_server import AirflowServer
from fault_proxy import FaultProxy
from harness import Engine, Playbook
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.database import InMemoryExampleDatabase
from raw_api import IDENTITY, Api
from stored import Stored, decoded
from truth_cases import Case, Mutation, cases
from truth_model import EMPTY, SECRETS, Declared, Fields, Key, Rules, State, Told, after, same_json

FACTOR = float(os.environ.get("WINDSOCK_TRUTH_FACTOR", "1"))
CASES = {"3.3.2": 300}
CASES_ELSEWHERE = 60
CASES_BY_PLAYBOOK = 10
KEY = "0123456789abcdef" * 4
BYTES = 20_000  # of randomness for a case, more than the largest takes

FOUND = {"create": "missing", "update": "different", "replace": "with a password too much", "delete": "too much"}
COUNTS = {"create": "created", "update": "updated", "replace": "updated", "delete": "deleted"}


class World:
    """One server, and what happens on it."""

    def __init__(self, api: Api, stored: Stored, rules: Rules, prefix: str):
        self.api, self.stored, self.rules, self.prefix = api, stored, rules, prefix
        self.played: Counter[str] = Counter()

    def prime(self) -> None:
        """Every process of the server gets to know the secrets, so that it masks them from now on."""
        self.api.create("connections", *(
            {"connection_id": f"{self.prefix}prime{number}", "conn_type": "http", "password": secret}
            for number, secret in enumerate(SECRETS)))
        for _look in range(8 if self.rules.v1 else 1):
            self.api.ids("connections")

    def begin(self, case: Case) -> Case:
        """The case with ids of its own, and what is there before it."""
        self.played["cases"] += 1
        self.played["declared objects"] += len(case.declared)
        self.played["changes by hand"] += len(case.mutations)
        case = case.named(f"{self.prefix}{self.played['cases']}_")
        for key, fields in case.before.items():
            self.do(Mutation("create", key, fields))
        return case

    def do(self, mutation: Mutation) -> None:
        plural, object_id = mutation.key
        fields = dict(mutation.fields)
        if "extra" in fields:
            fields["extra"] = json.dumps(fields["extra"]) if fields["extra"] else None
        if mutation.what == "update":
            self.api.update(plural, object_id, **{name: "" if name == "description" and value is None else value
                                                  for name, value in fields.items()})
        if mutation.what in ("delete", "recreate"):
            self.api.delete(plural, [object_id])
        if mutation.what in ("create", "recreate"):
            given = {name: value for name, value in fields.items() if value is not None}
            self.api.create(plural, {IDENTITY[plural]: object_id, **given})

    def confirm(self, state: State, *gone: Key) -> None:
        """Airflow's own command line tells of the same objects with the same fields."""
        readers: dict[str, Callable[[], Any]] = {
            "connections": self.stored.connections, "variables": self.stored.variables, "pools": self.stored.pools}
        plurals = sorted({plural for plural, _id in (*state, *gone)})
        with ThreadPoolExecutor(len(readers)) as several:
            there = dict(zip(plurals, several.map(lambda plural: readers[plural](), plurals), strict=True))
        for key, fields in state.items():
            found = told_by_airflow(key[0], there[key[0]].get(key[1]))
            assert same_json(found, expected_of_airflow(key[0], fields)), (key, found, fields)
        assert [key for key in gone if key not in state and key[1] in there[key[0]]] == []

    def note(self, told: dict[Key, Told]) -> None:
        """What there was to be found once everything was changed by hand."""
        for each in told.values():
            self.played[f"found to be {FOUND[each.action]}" if each.action else
                        "unknown" if each.unknown == {True} else "unchanged"] += 1

    def told(self) -> str:
        return ", ".join(f"{count} {what}" for what, count in self.played.items())

    def end(self, case: Case) -> None:
        keys = {one.key for one in case.declared} | set(case.before) | {each.key for each in case.mutations}
        if any(map(self.rules.unreachable, keys)):
            there = self.stored.pools()
            keys = {key for key in keys if key[0] != "pools" or key[1] in there}
        for plural in EMPTY:
            self.api.delete(plural, [object_id for of_kind, object_id in keys if of_kind == plural])
        if owner(case):
            self.api.delete("variables", [f"windsock_applied_{owner(case).encode().hex()}"])


def told_by_airflow(plural: str, found: Fields | None) -> Fields | None:
    if found is None:
        return None
    told = {name: found[name] for name in EMPTY[plural]}
    if plural == "pools":
        told |= {"slots": int(found["slots"]), "include_deferred": found["include_deferred"] == "True"}
    return {name: None if value == "" and name != "value" else value for name, value in told.items()}


def expected_of_airflow(plural: str, fields: Fields) -> Fields:
    return {**fields, "value": decoded(fields["value"])} if plural == "variables" else fields


def owner(case: Case) -> str:
    """Who applies it: only with prune or a key somebody with a memory."""
    return case.declared[0].id[:40] if case.prune or case.keyed else ""


def options(case: Case, declared: list[Declared]) -> dict[str, Any]:
    lists: dict[str, list[Fields]] = {one.plural: [] for one in case.declared}
    for one in declared:
        lists[one.plural].append({IDENTITY[one.plural]: one.id, **one.words})
    keyed = {"fingerprint_key": KEY} if case.keyed else {}
    return {**lists, **keyed, "update_secrets": case.policy, "enforce_defaults": case.enforce, "owner": owner(case),
            "prune": "owned" if case.prune else "none"}


def compare(result: dict[str, Any], told: dict[Key, Told]) -> None:
    """What a run reports is what had to be told, and nothing else."""
    changes = {(f"{each['kind']}s", each["id"]): each for each in result["changes"]}
    assert len(changes) == len(result["changes"])
    assert {key: each["action"] for key, each in changes.items()} == {
        key: each.action for key, each in told.items() if each.action}, result["changes"]
    for key, change in changes.items():
        assert change["fields"] == sorted(told[key].fields), (key, change, told[key])
        assert set(change["secrets"]) - told[key].perhaps == told[key].secrets, (key, change, told[key])
        assert change["secrets"] == sorted(change["secrets"])
    assert result["changed"] == bool(changes)
    for plural, counts in result["summary"].items():
        of_kind = [each for key, each in told.items() if key[0] == plural]
        actions = Counter(COUNTS[each.action] for each in of_kind if each.action)
        assert {word: counts[word] for word in ("created", "updated", "deleted")} == {
            word: actions[word] for word in ("created", "updated", "deleted")}
        left = [each.unknown for each in of_kind if not each.action]
        assert counts["unchanged"] + counts["unknown"] == len(left)
        surely, perhaps = left.count(frozenset({True})), left.count(frozenset({True, False}))
        assert surely <= counts["unknown"] <= surely + perhaps, (plural, counts, told)


# -- Through the engine, one case after the other


class ByEngine:
    def __init__(self, world: World, engine: Engine, proxy: FaultProxy):
        self.world, self.engine, self.proxy = world, engine, proxy

    def run(self, case: Case, declared: list[Declared], told: dict[Key, Told], check: bool = False) -> None:
        self.proxy.reset()
        run = self.engine(check=check, **options(case, declared))
        assert not run.failed, run.msg
        if check:
            assert self.proxy.writes == []
        compare(run.result, told)

    def play(self, case: Case) -> None:
        case = self.world.begin(case)
        try:
            self._play(case)
        finally:
            self.world.end(case)

    def _play(self, case: Case) -> None:
        rules, state = self.world.rules, case.before
        told = case.first(rules)
        if case.before:
            self.run(case, case.declared, told, check=True)
        self.run(case, case.declared, told)
        state = after(case.declared, state, told, case.enforce)
        remembered = case.learnt(case.declared, told, {}, rules)
        self.world.confirm(state, *(one.key for one in case.declared))
        told = case.again(state, remembered, rules)
        self.run(case, case.declared, told)
        remembered = case.learnt(case.declared, told, remembered, rules)
        for mutation in case.mutations:
            self.world.do(mutation)
            mutation.on(state)
            remembered.pop(mutation.key, None)
        told = case.second(state, remembered, rules)
        self.world.note(told)
        self.run(case, case.later, told, check=True)
        self.run(case, case.later, told)
        state = after(case.later, state, told, case.enforce)
        remembered = case.learnt(case.later, told, remembered, rules)
        self.world.confirm(state, *(one.key for one in case.declared))
        self.run(case, case.later, case.second(state, remembered, rules), check=True)


# -- Through ansible-playbook, all cases in each of three plays, since it takes seconds to start


class ByPlaybook:
    def __init__(self, world: World, playbook: Playbook, proxy: FaultProxy):
        self.world, self.playbook, self.proxy = world, playbook, proxy

    def run(self, *runs: tuple[Case, list[Declared], dict[Key, Told], bool]) -> None:
        """A task for each. Texts with braces have to arrive as they are: every other task has them in a file."""
        tasks, files = [], {}
        for number, (case, declared, _told, check) in enumerate(runs):
            arguments = options(case, declared)
            if number % 2:
                lists = {plural: arguments.pop(plural) for plural in EMPTY if plural in arguments}
                files[f"declared{number}.json"] = json.dumps(lists)
                arguments["src"] = [f"declared{number}.json"]
            task = f"- windsock.airflow.airflow_settings: {unsafe(arguments)}\n  check_mode: {json.dumps(check)}\n"
            tasks.append(task)
        self.proxy.reset()
        played = self.playbook(text="".join(tasks), files=files)
        assert (played.code, len(played.results)) == (0, len(runs)), played.console
        for (_case, _declared, told, _check), result in zip(runs, played.results, strict=True):
            compare(result, told)
        if all(check for _case, _declared, _told, check in runs):
            assert self.proxy.writes == []

    def play(self, cases: list[Case]) -> None:
        cases = [self.world.begin(case) for case in cases]
        try:
            self._play(cases)
        finally:
            for case in cases:
                self.world.end(case)

    def _play(self, cases: list[Case]) -> None:
        rules, runs, states, known = self.world.rules, [], [], []
        for case in cases:
            told = case.first(rules)
            state = after(case.declared, case.before, told, case.enforce)
            remembered = case.learnt(case.declared, told, {}, rules)
            again = case.again(state, remembered, rules)
            runs += [(case, case.declared, told, False), (case, case.declared, again, False)]
            states.append(state)
            known.append(case.learnt(case.declared, again, remembered, rules))
        self.run(*runs)
        declared = [one.key for case in cases for one in case.declared]
        self.world.confirm(together(states), *declared)
        for case, state, remembered in zip(cases, states, known, strict=True):
            for mutation in case.mutations:
                self.world.do(mutation)
                mutation.on(state)
                remembered.pop(mutation.key, None)
        tolds = [case.second(state, remembered, rules) for case, state, remembered in zip(cases, states, known, strict=True)]
        self.run(*((case, case.later, told, True) for case, told in zip(cases, tolds, strict=True)))
        runs = []
        for number, (case, told) in enumerate(zip(cases, tolds, strict=True)):
            self.world.note(told)
            states[number] = after(case.later, states[number], told, case.enforce)
            remembered = case.learnt(case.later, told, known[number], rules)
            then = case.second(states[number], remembered, rules)
            runs += [(case, case.later, told, False), (case, case.later, then, True)]
        self.run(*runs)
        self.world.confirm(together(states), *declared)


def together(states: list[State]) -> State:
    return {key: fields for state in states for key, fields in state.items()}


def unsafe(value: Any) -> str:
    """As YAML in which no text is a template."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{quoted(name)}: {unsafe(item)}" for name, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(unsafe, value)) + "]"
    if isinstance(value, float):
        return f"{value:.17e}"  # with a point, or it is a text to YAML
    if isinstance(value, str):
        # Not everywhere: of an unsafe "007" Ansible makes a number.
        return f"!unsafe {quoted(value)}" if "{" in value else quoted(value)
    return json.dumps(value)


def quoted(text: str) -> str:
    plain = {chr(number) for number in range(32, 127)} - set('"\\')
    return '"' + "".join(each if each in plain else f"\\U{ord(each):08x}" for each in text) + '"'


@pytest.fixture(scope="module")
def forgetful(server: AirflowServer) -> None:
    """Nothing is masked but the secrets of these tests: Airflow 2 masks those of one letter too, in any text."""
    if server.generation.api == "/api/v1":
        server.restart()


@pytest.fixture
def world(api: Api, stored: Stored, name: str, forgetful: None) -> World:
    world = World(api, stored, Rules(api.server.version), name)
    world.prime()
    return world


@pytest.fixture
def truth(world: World, engine: Engine, proxy: FaultProxy) -> ByEngine:
    return ByEngine(world, engine, proxy)


@pytest.fixture
def tell(record_property: Callable[[str, Any], None], capsys: pytest.CaptureFixture[str]) -> Iterator[list[str]]:
    """Lines to be seen, whatever becomes of the test."""
    lines: list[str] = []
    yield lines
    record_property("truth", lines)
    with capsys.disabled():
        print("".join(f"\n{line}" for line in lines))


# -- The tests


def play_random_cases(rules: Rules, count: int, play: Callable[[Case], Any], seed: str = "") -> None:
    """From random bytes, not as `given` alone would: that repeats parts of each case in its next five.

    If a case fails, Hypothesis finds the smallest one that does.
    """
    played = 0

    @settings(database=InMemoryExampleDatabase(), phases=(Phase.reuse, Phase.shrink), deadline=None,
              suppress_health_check=list(HealthCheck))
    @given(cases(rules))
    def play_one(case: Case) -> None:
        nonlocal played
        played += 1
        play(case)

    dice = random.Random(f"{rules.version}{seed}")
    while played < count:
        try:
            play_one.hypothesis.fuzz_one_input(dice.randbytes(BYTES))
        except Exception:
            play_one()
            raise


def test_truth(truth: ByEngine, tell: list[str]) -> None:
    version = truth.world.rules.version
    count = round(CASES.get(version, CASES_ELSEWHERE) * FACTOR)
    try:
        play_random_cases(truth.world.rules, count, truth.play)
    finally:
        tell.append(f"truth, Airflow {version}: {truth.world.told()}")
    assert truth.world.played["cases"] >= count


def test_truth_by_playbook(world: World, playbook: Playbook, proxy: FaultProxy, tell: list[str]) -> None:
    cases: list[Case] = []
    play_random_cases(world.rules, CASES_BY_PLAYBOOK, cases.append, "playbook")
    ByPlaybook(world, playbook, proxy).play(cases)
    tell.append(f"truth by ansible-playbook, Airflow {world.rules.version}: {world.told()}")


# -- What has failed once


def variable(object_id: str, value: Any) -> Declared:
    text = value if isinstance(value, str) else json.dumps(value)
    return Declared("variables", object_id, {"value": value}, {"value": text})


@pytest.mark.parametrize("text", ["NaN", " NaN", "[NaN ]", '{"a":  NaN}'])
def test_not_a_number(truth: ByEngine, text: str) -> None:
    """Python takes it for JSON, and Airflow 3 shows it serialised anew. It equals nothing, yet it is no drift."""
    truth.play(Case([variable("v", text)]))


@pytest.mark.parametrize("value", [{"password": [5]}, {"token": {"n": True}}, {"api_key": [[]]},
                                   {"secret": {"a": {"n": None}}}, {"a": {"token": 5}}, {"password": 5}])
def test_what_is_no_text_below_a_secret_name_in_a_variable(truth: ByEngine, value: Any) -> None:
    """Airflow 3.0 and 3.1 show it as *** from the second level on, later ones from the sixth."""
    truth.play(Case([variable("v", value)]))


@pytest.mark.servers("2")
@pytest.mark.parametrize("count", [1, 3])
def test_connection_ids_beyond_ascii_on_airflow_2(
    engine: Engine, proxy: FaultProxy, api: Api, name: str, count: int
) -> None:
    """Airflow 2 answers 500 to their creation, so that it is refused before anything is written."""
    others = [{"connection_id": f"{name}{number}", "conn_type": "http"} for number in range(count - 1)]
    told = engine.refused(connections=[*others, {"connection_id": f"{name}\u00fc", "conn_type": "http"}])
    assert f"{name}\u00fc" in told and "connection_id" in told
    assert proxy.writes == [] and api.ids("connections", name) == []
