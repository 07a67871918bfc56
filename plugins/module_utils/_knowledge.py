# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: no stable interface for others.

"""What a run knows of secrets that Airflow does not show, and what the next run shall know.

A fingerprint tells what was written. It is believed as long as nobody else is known to have written the object since.
"""

from __future__ import annotations

import dataclasses
import typing as t
from functools import cached_property

from ._abilities import Abilities
from ._apply import Ledger
from ._declaration import Desired
from ._fingerprints import Deployment, Fingerprinter, Key
from ._history import History
from ._masking import holds_mask
from ._memory import Applied, ObjectKey, Secrets
from ._plan import Actual, ActualObjects, Change, Known, Plan


class Knowledge:
    """What is known with some keys, of which the first one is current and the others are former ones."""

    def __init__(self, keys: t.Sequence[Key], secrets: Secrets, history: History, abilities: Abilities) -> None:
        self.keys = keys
        self.secrets = secrets
        self.history = history
        self.abilities = abilities
        self._made: dict[ObjectKey, dict[str, str]] = {}
        self._makers: dict[tuple[Deployment, int], Fingerprinter] = {}

    def of(self, desired: Desired, name: str) -> Known:
        """What is remembered of a declared field."""
        return Known.NOTHING if _place(desired) in self.history.edits else self._remembered(desired, name)

    def _remembered(self, desired: Desired, name: str) -> Known:
        place = _place(desired)
        applied = self.secrets.applied.get(place)
        maker = self._by_name.get(applied.key) if applied else None
        if applied is None or maker is None or name not in applied.fingerprints or desired.is_unread(name):
            return Known.NOTHING
        if place not in self._made:  # each is asked for more than once
            names = [each for each in applied.fingerprints if each in desired.fields and not desired.is_unread(each)]
            self._made[place] = maker.of(desired, names)
        return Known.APPLIED if self._made[place][name] == applied.fingerprints[name] else Known.OTHER

    def notes(self, desired: t.Iterable[Desired]) -> list[str]:
        """What the user has to know of the key."""
        rows = [self.secrets.applied.get(_place(one)) for one in desired]
        strange = sum(1 for row in rows if row and row.key and row.key not in self._by_name)
        if not strange:
            return []
        return [
            f"the fingerprints of {strange} {'object' if strange == 1 else 'objects'} were made with another "
            "fingerprint_key, so nobody can say whether their secrets have changed. If it was replaced, give the "
            "former one too, behind the current one"
        ]

    def outdated(self, plan: Plan) -> dict[ObjectKey, set[str]]:
        """The fields that are about to be written, and of which something else is remembered.

        They are forgotten before: should the run die in between, nobody must believe what was there before it.
        """
        found = {}
        for change in plan.changes:
            row = self.secrets.applied.get(_place(change.desired))
            names = set(change.write) & set(row.fingerprints) if row and change.desired.present else set()
            changed = {name for name in names if self._remembered(change.desired, name) is not Known.APPLIED}
            if changed:
                found[_place(change.desired)] = changed
        return found

    def learn(
        self,
        now: Secrets,
        plan: Plan,
        ledger: Ledger,
        actual: ActualObjects,
        position: int | None,
        contested: t.Collection[ObjectKey],
    ) -> Secrets:
        """What is known after a run, added to what the memory holds now.

        position: where the audit log stands; contested: what others wrote during the run.
        """
        deployment = now.deployment or self._deployment
        maker = self._maker(deployment, 0)
        applied = dict(now.applied)
        for change in ledger.done:
            place = _place(change.desired)
            if not change.desired.present:
                applied.pop(place, None)
            elif place in contested:
                applied[place] = Applied(seen=position)
            else:
                forgotten = _is_new(change) or place in self.history.edits
                left = Applied() if forgotten else _without(applied.get(place, Applied()), change.write)
                applied[place] = self._row(left, maker, change.desired, self._settled(change), position)
        for change, _why in ledger.failed:
            place = _place(change.desired)
            if place in applied and ledger.sent[place]:
                # It is in the log too; whether that is ours or somebody else's nobody can say, so nothing is believed.
                applied[place] = Applied(seen=position)
            elif place in applied:
                applied[place] = _without(applied[place], change.write)
        for one in (*plan.unchanged, *plan.unknown):
            place = _place(one)
            if now.applied.get(place) != self.secrets.applied.get(place):
                continue  # another run of this owner knows better
            if one.present:
                row = Applied() if place in self.history.edits else applied.get(place, Applied())
                seen = row.seen if self.history.position is None else self.history.position
                if row.key not in ("", maker.name):  # what is known by a former key is noted by the current one
                    known = [name for name in self._hidden(one) if self.of(one, name) is Known.APPLIED]
                    row = self._row(Applied(), maker, one, known, seen)
                applied[place] = dataclasses.replace(row, seen=seen)
            else:
                applied.pop(place, None)
        moved = self.history.stale or self.history.edits or ledger.sent  # else a run's own writes would pass for others'
        if not moved and _told(applied) == _told(now.applied):
            return now  # but for how far the log has been read, nothing is new
        for one in (*plan.unchanged, *plan.unknown):
            place = _place(one)
            if place in applied and one.present:
                applied[place] = _without(applied[place], self._shown(one, actual[place]))
        return Secrets(deployment, applied)

    def _settled(self, change: Change) -> list[str]:
        """The fields that are as declared once a change is done, and that Airflow may not show."""
        return [
            name
            for name in self._hidden(change.desired)
            if _is_new(change) or name in change.write or self.of(change.desired, name) is Known.APPLIED
        ]

    def _hidden(self, desired: Desired) -> list[str]:
        """The declared fields that Airflow may not show."""
        if desired.kind.name == "variable" and self.abilities.shows_variables_as_stored:
            return []
        return [
            name
            for name, value in desired.fields.items()
            if desired.kind.fields_by_name[name].hidden
            # That a field is empty is shown, but for passwords on some servers.
            and (value not in (None, {}) or (name == "password" and not self.abilities.shows_passwords))
        ]

    def _shown(self, desired: Desired, actual: Actual) -> list[str]:
        """The fields of which no fingerprint is needed, since they were read whole and nothing in them is secret.

        On creation nobody knows that yet.
        """
        return [
            name
            for name in self._hidden(desired)
            if name not in actual.unseen
            and not holds_mask(actual.fields[name])
            and not any(path[0] == name for path in desired.secret)
        ]

    def _row(
        self,
        row: Applied,
        maker: Fingerprinter,
        desired: Desired,
        names: t.Iterable[str],
        seen: int | None,
    ) -> Applied:
        """A row with the fingerprints of these fields made anew."""
        made = maker.of(desired, names)
        if row.key == maker.name:
            made = {**row.fingerprints, **made}
        return Applied(maker.name if made else "", seen, made)

    @cached_property
    def _by_name(self) -> dict[str, Fingerprinter]:
        if self.secrets.deployment is None:
            return {}
        makers = [self._maker(self.secrets.deployment, index) for index in range(len(self.keys))]
        return {maker.name: maker for maker in reversed(makers)}

    @cached_property
    def _deployment(self) -> Deployment:
        return self.secrets.deployment or Deployment.new()

    def _maker(self, deployment: Deployment, index: int) -> Fingerprinter:
        if (deployment, index) not in self._makers:
            self._makers[deployment, index] = self.keys[index].within(deployment)
        return self._makers[deployment, index]


def _is_new(change: Change) -> bool:
    return change.action in ("create", "replace")


def forgotten(now: Secrets, ledger: Ledger) -> Secrets:
    """What is known after a run without a key: nothing of what it wrote, not even since when others may have."""
    return dataclasses.replace(now, applied={place: row for place, row in now.applied.items() if not ledger.sent[place]})


def forget(now: Secrets, fields: dict[ObjectKey, set[str]]) -> Secrets:
    """A memory without some fingerprints."""
    applied = {place: _without(row, fields.get(place, ())) for place, row in now.applied.items()}
    return dataclasses.replace(now, applied=applied)


def _without(row: Applied, names: t.Iterable[str]) -> Applied:
    left = {name: each for name, each in row.fingerprints.items() if name not in names}
    return row if left == row.fingerprints else Applied(row.key if left else "", row.seen, left)


def _told(applied: dict[ObjectKey, Applied]) -> dict[ObjectKey, t.Any]:
    return {place: (row.key, row.fingerprints, row.seen is None) for place, row in applied.items()}


def _place(desired: Desired) -> ObjectKey:
    return desired.kind.name, desired.id
