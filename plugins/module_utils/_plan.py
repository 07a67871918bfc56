# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: no stable interface for others.

"""Desired objects against actual ones: what has to change. Pure; sends nothing."""

from __future__ import annotations

import enum
import typing as t
from dataclasses import dataclass, field

from ._abilities import Abilities
from ._comparison import Findings, Path, Verdict, compare, worst
from ._declaration import Desired
from ._faults import Fault, Refused
from ._fingerprints import Key
from ._kinds import Kind
from ._kinds._kind import Fields
from ._limits import impossible
from ._masking import holds_mask
from ._secrets._reference import Unread


@dataclass(frozen=True)
class Actual:
    """An object as the server shows it: canonical values of every field, masked where it masks.

    unseen names the fields of which this reading says nothing, not even whether they are empty. use is what the server
    told of what is going on with it. clear: secrets were read in clear, so that the values of fields that may hold some
    are not to be told.
    """

    kind: Kind
    id: str
    fields: Fields
    unseen: frozenset[str] = frozenset()
    use: Fields = field(default_factory=dict)
    clear: bool = False


class Known(enum.Enum):
    """What is remembered of a declared field that Airflow does not show."""

    APPLIED = "applied"  # it was written as it is declared, and nobody is known to have written it since
    OTHER = "other"  # something else was written
    NOTHING = "nothing"


def nothing_known(desired: Desired, name: str) -> Known:
    """What is remembered where nothing is."""
    return Known.NOTHING


@dataclass(frozen=True)
class Policy:
    """How secrets that cannot be compared are treated.

    C(on_change) writes those that are not known to be as declared, C(always) all, C(on_create) none. keys are those of
    fingerprints, the current one first.
    """

    update_secrets: str = "always"
    keys: tuple[Key, ...] = ()


@dataclass(frozen=True)
class Change:
    """One object that has to change.

    action is create, update, replace (deleted and created anew) or delete. write holds the fields to send; findings
    the leaves that made it necessary; sendable every declared field that may stand in the request without changing
    more than was found.
    """

    kind: Kind
    id: str
    action: str
    desired: Desired
    actual: Actual | None
    write: Fields
    findings: Findings
    sendable: frozenset[str] = frozenset()

    @property
    def blind(self) -> bool:
        """Whether it is made only since Airflow does not show secrets, so that nobody knows whether anything differs."""
        return self.action == "update" and bool(self.findings) and Verdict.DIFFERS not in self.findings.values()


@dataclass(frozen=True)
class Plan:
    """changes in the order of the declaration; unchanged and unknown name objects that are left alone.

    unseen holds, by kind and id, what of the unknown ones could not be compared.
    """

    changes: list[Change]
    unchanged: list[Desired]
    unknown: list[Desired]
    unseen: dict[tuple[str, str], Findings] = field(default_factory=dict)


ActualObjects = dict[tuple[str, str], Actual]


def make_plan(
    desired: t.Iterable[Desired],
    actual: ActualObjects,
    policy: Policy,
    abilities: Abilities,
    known: t.Callable[[Desired, str], Known] = nothing_known,
) -> Plan:
    """Compare. known tells what is remembered of a field that is not shown.

    Raises Refused where the server or its state makes a declaration impossible, with every such fault."""
    plan = Plan([], [], [])
    faults: list[Fault] = []
    for one in desired:
        found = actual.get((one.kind.name, one.id))
        if not one.present:
            if found is None:
                plan.unchanged.append(one)
            else:
                plan.changes.append(Change(one.kind, one.id, "delete", one, found, {}, {}))
        elif found is None:
            _creation(one, plan, faults)
        else:
            _comparison(one, found, policy, abilities, known, plan, faults)
    faults += [_fault(change.desired, why) for change in plan.changes for why in impossible(change, abilities)]
    if faults:
        raise Refused(faults)
    return plan


def needs_secrets(one: Desired, found: Actual | None, policy: Policy, abilities: Abilities) -> bool:
    """Whether the values that an object awaits are needed: not where no secret is to be written or compared."""
    if found is None or policy.update_secrets != "on_create":
        return True
    # The readable rest of a field may differ, or Airflow have none where one is declared: then it is written. And to
    # clear a password the whole connection is.
    telling = [name for name in one.fields if one.is_unread(name) or (name == "password" and one.fields[name] is None)]
    return any(Verdict.DIFFERS in _findings(one, name, found, abilities).values() for name in telling)


def _creation(one: Desired, plan: Plan, faults: list[Fault]) -> None:
    for name in one.kind.needed():
        if name not in one.fields:
            faults.append(
                _fault(one, f"{name}: is missing, and the {one.kind.name} does not exist yet, so it is needed")
            )
    write = {name: value for name, value in one.fields.items() if not _empty(value)}
    findings: Findings = dict.fromkeys(leaves(write), Verdict.DIFFERS)
    plan.changes.append(Change(one.kind, one.id, "create", one, None, write, findings))


def _comparison(
    one: Desired,
    found: Actual,
    policy: Policy,
    abilities: Abilities,
    known: t.Callable[[Desired, str], Known],
    plan: Plan,
    faults: list[Fault],
) -> None:
    findings: Findings = {}
    write: Fields = {}
    same: set[str] = set()
    for name, value in one.fields.items():
        of_field = _enlightened(one, name, _findings(one, name, found, abilities), policy, known)
        verdict = worst(of_field.values())
        if verdict is Verdict.SAME:
            same.add(name)
            continue
        findings.update(of_field)
        # A password is cleared by deleting and creating the connection: not without knowing of one.
        cleared = name in found.unseen and value is None
        blind = verdict is Verdict.UNKNOWN and policy.update_secrets != "on_create" and not cleared
        # extra is written whole, so that one readable difference writes its secrets too.
        if verdict is Verdict.DIFFERS or blind:
            write[name] = value
    if not write:
        if findings:
            plan.unseen[one.kind.name, one.id] = findings
        (plan.unknown if findings else plan.unchanged).append(one)
        return
    written = {
        path: verdict
        for path, verdict in findings.items()
        if path[0] in write and verdict is not Verdict.BLURRED
    }
    allowed = one.kind.changeable.get(one.id)
    for name in write if allowed is not None else ():
        if name not in allowed:
            faults.append(_fault(one, f"{name}: cannot be changed, of this object only {' and '.join(allowed)} can"))
    if write.get("password", "") is None and not abilities.clears_passwords:
        plan.changes.append(_replacement(one, found, written, faults))
    else:
        sendable = frozenset(same | set(write))
        plan.changes.append(Change(one.kind, one.id, "update", one, found, write, written, sendable))


def _findings(one: Desired, name: str, found: Actual, abilities: Abilities) -> Findings:
    """What is found about a field, by whole paths."""
    if name in found.unseen:
        return {(name,): Verdict.UNKNOWN}
    declared, reading = one.fields[name], found.fields[name]
    same = one.kind.fields_by_name[name].same
    compared = compare(declared, reading) if isinstance(declared, Unread) else same(declared, reading, abilities)
    findings = {(name, *path): verdict for path, verdict in compared.items()}
    return {
        # What is declared openly and shown in part has a text in it that is secret elsewhere. It is no secret itself.
        path: Verdict.UNKNOWN if verdict is Verdict.BLURRED and one.is_secret(path) else verdict
        for path, verdict in findings.items()
    }


def _enlightened(
    one: Desired, name: str, findings: Findings, policy: Policy, known: t.Callable[[Desired, str], Known]
) -> Findings:
    """The findings about a field, with what is remembered in place of what is not shown."""
    hidden = {path for path, verdict in findings.items() if verdict in (Verdict.UNKNOWN, Verdict.BLURRED)}
    if not hidden or policy.update_secrets == "always":
        return findings
    remembered = known(one, name)
    if remembered is Known.APPLIED:
        return {path: verdict for path, verdict in findings.items() if path not in hidden}
    # A fingerprint is of the whole field: another one may come from what visibly differs.
    if remembered is Known.OTHER and policy.update_secrets == "on_change" and Verdict.DIFFERS not in findings.values():
        return {path: Verdict.DIFFERS if path in hidden else verdict for path, verdict in findings.items()}
    return findings


def _replacement(one: Desired, found: Actual, findings: Findings, faults: list[Fault]) -> Change:
    """Airflow ignores an emptied password; only deleting and creating the connection clears it.

    What nobody declared is carried over, where the server shows it whole. This is the one place where something
    that was read is sent.
    """
    carried = {name: value for name, value in found.fields.items() if name not in one.fields and not _empty(value)}
    hidden = sorted(name for name, value in carried.items() if holds_mask(value))
    if hidden:
        faults.append(
            _fault(
                one,
                "password: Airflow clears a password only by deleting and creating the connection, and "
                f"{', '.join(hidden)}, which is not declared, holds secrets that would be lost. "
                f"Declare {', '.join(hidden)} too",
            )
        )
    declared = {name: value for name, value in one.fields.items() if not _empty(value)}
    return Change(one.kind, one.id, "replace", one, found, {**carried, **declared}, findings)


def leaves(fields: Fields, path: Path = ()) -> list[Path]:
    """The paths of all leaves; dicts inside C(extra) are walked, anything else is a leaf."""
    found: list[Path] = []
    for name, value in fields.items():
        here = (*path, str(name))
        if isinstance(value, dict) and value:
            found += leaves(value, here)
        else:
            found.append(here)
    return found


def _empty(value: t.Any) -> bool:
    return value is None or value == {}


def _fault(one: Desired, reason: str) -> Fault:
    return Fault(f"{one.kind.name} {one.id!r}", reason, one.kind.name, one.id)
