# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: no stable interface for others.

"""Who wrote an object last, as far as Airflow's audit log tells, whether it was a run of this owner or anybody else."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field
from itertools import islice

from ._airflow._dialect import Dialect
from ._airflow._events import Event
from ._faults import ServerFault

MOST_READ = 5000  # entries, 100 a request; an object that was not written since then has been as it is for long

ObjectKey = tuple[str, str]


@dataclass(frozen=True)
class LastWrites:
    """The newest write of each object that has one in the log, and notes for the user."""

    events: dict[ObjectKey, Event] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def told(self, kind_name: str, object_id: str) -> dict[str, t.Any] | None:
        """The write of an object as a module returns it."""
        event = self.events.get((kind_name, object_id))
        if event is None:
            return None
        certain = object_id in (event.ids or ())
        return {"user": event.who, "when": event.when, "event": event.name, "certain": certain}


def read_last_writes(server: Dialect, wanted: t.Collection[ObjectKey]) -> LastWrites:
    """Read the log backwards until each object is found, or so many entries are read."""
    missing: dict[str, set[str]] = {}
    for kind_name, object_id in wanted:
        missing.setdefault(kind_name, set()).add(object_id)
    found: dict[ObjectKey, Event] = {}
    try:
        for event in islice(server.log_backwards(), MOST_READ) if wanted else ():
            ids = missing.get(event.kind.name, set())
            written = {each for each in ids if event.concerns(event.kind, each)} if event.vague else ids & (event.ids or set())
            found.update({(event.kind.name, each): event for each in written})
            ids -= written
            if not any(missing.values()):
                break
    except ServerFault as fault:
        return LastWrites(notes=[f"the audit log cannot be read, so nobody can say who wrote what differs: {fault.message}"])
    return LastWrites(found)
