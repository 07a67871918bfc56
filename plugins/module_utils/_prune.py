# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: no stable interface for others.

"""What is to go because nobody declares it. Pure; sends nothing."""

from __future__ import annotations

import typing as t
from collections import Counter
from dataclasses import dataclass, field

from ._abilities import Abilities
from ._declaration import Desired
from ._faults import Fault, Refused
from ._kinds import Kind
from ._limits import unreachable
from ._memory import Memories
from ._patterns import matches
from ._plan import ActualObjects

MOST_NAMED = 5


@dataclass(frozen=True)
class Pruning:
    """mode: C(none), C(owned) or C(all); limit: the most deletions; protect: shell patterns of ids; owner: who asks,
    empty where no memory is kept."""

    mode: str = "none"
    limit: int = 10
    protect: tuple[str, ...] = ()
    owner: str = ""


@dataclass(frozen=True)
class Pruned:
    """absent: undeclared objects that are to go. released: what the owner no longer owns though it stays, or is gone
    already. notes: what the user has to know."""

    absent: list[Desired] = field(default_factory=list)
    released: list[tuple[str, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def prune(
    desired: t.Sequence[Desired],
    kinds: t.Iterable[Kind],
    actual: ActualObjects,
    pruning: Pruning,
    memories: Memories,
    abilities: Abilities,
) -> Pruned:
    """Judge the undeclared objects of these kinds, of which all that there is was read.

    Raises Refused where more would go than the limit allows.
    """
    notes = [*memories.trouble.values()]
    if memories.trouble:
        unpruned = [] if pruning.mode == "none" else ["nothing was pruned, since nobody can say what belongs to whom"]
        return Pruned(notes=[*notes, *unpruned])
    if pruning.mode == "owned" and memories.own is None:
        told = f"nothing was pruned: this deployment has no memory of what the owner {pruning.owner!r} applied before"
        return Pruned(notes=[*notes, told])
    declared = {(one.kind.name, one.id) for one in desired}
    wanted = {kind.name: kind for kind in kinds}
    doomed = [
        (wanted[kind_name], object_id)
        for kind_name, object_id in actual
        if kind_name in wanted
        and (kind_name, object_id) not in declared
        and _may_go(wanted[kind_name], object_id, pruning, memories, abilities)
    ]
    stuck = [(kind, object_id) for kind, object_id in doomed if unreachable(kind, object_id, abilities)]
    if stuck:
        names = ", ".join(f"{kind.name} {object_id!r}" for kind, object_id in stuck[:MOST_NAMED])
        notes.append(
            f"not pruned, since the API of this version of Airflow cannot reach an object of such a name: {names}"
            f"{', ...' if len(stuck) > MOST_NAMED else ''}. Delete it by Airflow's command line, or protect it"
        )
    absent = [Desired(*one, False, {}, frozenset()) for one in doomed if one not in stuck]
    if len(absent) > pruning.limit:
        raise Refused([_too_many(absent, pruning)])
    owned = [(kind.name, object_id) for kind in wanted.values() for object_id in memories.owned(kind)]
    released = [
        (kind_name, object_id)
        for kind_name, object_id in owned
        if (kind_name, object_id) not in declared
        and (
            (kind_name, object_id) not in actual
            or object_id in wanted[kind_name].undeletable
            # What two owners applied goes only once the second one gives it up too.
            or memories.owners_of(wanted[kind_name], object_id)
        )
    ]
    return Pruned(absent, released, notes)


def shared(desired: t.Iterable[Desired], memories: Memories) -> list[str]:
    """A sentence about the declared objects that other owners have applied too, if there are any."""
    both = [(one, owners) for one in desired if (owners := memories.owners_of(one.kind, one.id))]
    if not both:
        return []
    names = [f"{one.kind.name} {one.id!r} ({', '.join(map(repr, owners))})" for one, owners in both[:MOST_NAMED]]
    more = f" and {len(both) - MOST_NAMED} more" if len(both) > MOST_NAMED else ""
    return [
        f"declared here for the owner {memories.owner!r}, and applied by other owners as well: "
        f"{', '.join(names)}{more}. Each run undoes what differs in the other's declaration"
    ]


def _may_go(kind: Kind, object_id: str, pruning: Pruning, memories: Memories, abilities: Abilities) -> bool:
    if pruning.mode == "none" or object_id in kind.undeletable or memories.owners_of(kind, object_id):
        return False
    if matches(object_id, pruning.protect, abilities.ids_in_capitals):
        return False
    return pruning.mode == "all" or object_id in memories.owned(kind)


def _too_many(doomed: list[Desired], pruning: Pruning) -> Fault:
    counts = Counter(one.kind for one in doomed)
    told = ", ".join(f"{count} {kind.name if count == 1 else kind.plural}" for kind, count in counts.items())
    names = ", ".join(repr(one.id) for one in doomed[:MOST_NAMED])
    return Fault(
        "prune_limit",
        f"prune={pruning.mode} would delete {told} ({names}{', ...' if len(doomed) > MOST_NAMED else ''}), and no more "
        f"than {pruning.limit} may go in one run. If that is meant, set prune_limit to {len(doomed)}",
    )
