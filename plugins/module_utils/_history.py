# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: no stable interface for others.

"""Who else wrote an object, as far as Airflow's audit log tells.

Entries are told apart by their numbers alone, never by a clock: those up to the one that the memory has for an object
are accounted for, and of those since then none is this owner's. During a run its own requests are counted.
"""

from __future__ import annotations

import typing as t
from collections import Counter
from dataclasses import dataclass, field

from ._airflow._dialect import Dialect, Log
from ._airflow._events import Event
from ._faults import ServerFault
from ._kinds import KINDS
from ._memory import Applied, ObjectKey

KIND_BY_NAME = {kind.name: kind for kind in KINDS}


@dataclass(frozen=True)
class History:
    """position: where the log stood, None where it cannot be read. edits: the newest write by somebody else, of each
    object that has one since it was applied. stale: the memory's numbers should be renewed. notes: for the user."""

    position: int | None = None
    edits: dict[ObjectKey, Event] = field(default_factory=dict)
    stale: bool = False
    notes: list[str] = field(default_factory=list)


MOST_NAMED = 5
FAR = 500  # entries that a run may have to read


def read_history(server: Dialect, applied: dict[ObjectKey, Applied]) -> History:
    """What others wrote of these objects since they were applied."""
    since = min((each.seen for each in applied.values() if each.seen is not None), default=None)
    try:
        log = server.log(since)
    except ServerFault as fault:
        told = "the audit log cannot be read, so nobody can say whether secrets were changed by hand"
        return History(notes=[f"{told}: {fault.message}"])
    notes = [] if log.whole else ["the audit log has been trimmed: what it held of changes by hand is not known any more"]
    edits = {}
    index = _Index(log)
    for place, each in applied.items():
        newest = next((event for event in index.of(place) if each.seen is not None and event.id > each.seen), None)
        if newest:
            edits[place] = newest
    far = since is not None and log.position - since > FAR
    return History(log.position, edits, far or not log.whole, notes)


def contested(server: Dialect, history: History, sent: Counter[ObjectKey]) -> tuple[int | None, set[ObjectKey]]:
    """Where the log stands after a run, and which of the objects that it wrote somebody else wrote meanwhile.

    More entries than requests are somebody else's. A request that was sent anew since its answer was lost may have two.
    """
    if history.position is None:
        return None, set()
    try:
        log = server.log(history.position)
    except ServerFault:
        return None, set(sent)
    index = _Index(log)
    return log.position, {place for place, count in sent.items() if len(index.of(place)) > count + server.repeats}


class _Index:
    """The events by object: thousands of objects must not be looked for in thousands of entries each."""

    def __init__(self, log: Log) -> None:
        self.named: dict[ObjectKey, list[Event]] = {}
        self.vague: list[Event] = []
        for event in log.events:
            if event.vague:
                self.vague.append(event)
            for object_id in event.ids or ():
                self.named.setdefault((event.kind.name, object_id), []).append(event)

    def of(self, place: ObjectKey) -> list[Event]:
        """What may be about an object, the newest first."""
        vague = [event for event in self.vague if event.concerns(KIND_BY_NAME[place[0]], place[1])]
        found = {event.id: event for event in (*self.named.get(place, ()), *vague)}
        return [found[each] for each in sorted(found, reverse=True)]


def told(history: History) -> list[dict[str, t.Any]]:
    """The edits as a module returns them."""
    return [
        {"kind": kind_name, "id": object_id, "user": event.who, "when": event.when, "event": event.name}
        for (kind_name, object_id), event in sorted(history.edits.items())
    ]


def written_by_others(history: History) -> list[str]:
    """A sentence about the edits, if there are any."""
    edits = told(history)
    if not edits:
        return []
    names = [f"{each['kind']} {each['id']!r} (by {each['user']}, {each['when']}, {each['event']})" for each in edits]
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return [
        "written by somebody else since this owner applied them, so that nobody knows what their secrets are now: "
        f"{', '.join(names[:MOST_NAMED])}{more}"
    ]
