# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: no stable interface for others.

"""What a server has, read with few requests."""

from __future__ import annotations

import typing as t
from collections.abc import Collection

from ._airflow._dialect import Dialect
from ._declaration import Desired
from ._faults import ServerFault
from ._kinds import VARIABLE, Kind
from ._limits import unreachable
from ._memory import Memories, in_capitals, key_of, no_memories, read_memories
from ._parallel import in_parallel
from ._patterns import beginning, matches, plain
from ._plan import Actual, ActualObjects

FORBIDDEN = 403
FEW = 2  # up to so many objects of a kind are asked for one by one, more are listed


class Reader:
    """Reads one deployment. Lists are kept, so that none is fetched twice."""

    def __init__(self, server: Dialect) -> None:
        self.server = server
        self._lists: dict[str, list[Actual]] = {}

    def everything(self, kind: Kind) -> list[Actual]:
        """All objects of a kind, each whole, without what this collection keeps for itself."""
        return self._whole(kind, self._list(kind))

    def matching(self, kind: Kind, patterns: t.Sequence[str]) -> list[Actual]:
        """As everything, but only the objects that shell patterns are about."""
        if len(patterns) <= FEW and all(plain(pattern) for pattern in patterns):
            return self._alone(kind, [each for each in dict.fromkeys(patterns) if not kind.keeps(each)])
        listed = self.server.list(kind, beginning(patterns))
        return self._whole(kind, [one for one in listed if matches(one.id, patterns)])

    def _whole(self, kind: Kind, objects: list[Actual]) -> list[Actual]:
        listed = [one for one in objects if not kind.keeps(one.id)]
        partial = [one.id for one in listed if "extra" in one.unseen]
        whole = {one.id: one for one in self._alone(kind, partial)}
        return [whole.get(one.id, one) for one in listed]

    def objects(self, desired: t.Iterable[Desired], listed: Collection[Kind] = ()) -> ActualObjects:
        """What there is of the declared objects, and all there is of some kinds.

        Fields that are not declared may be unseen.
        """
        wanted: dict[Kind, list[Desired]] = {kind: [] for kind in listed}
        for one in desired:
            wanted.setdefault(one.kind, []).append(one)
        found = [one for kind, some in wanted.items() for one in self._of_kind(kind, some, kind in listed)]
        return {(one.kind.name, one.id): one for one in found}

    def has_listed(self, kind: Kind) -> bool:
        """Whether everything there is of a kind has been read."""
        return kind.name in self._lists

    def memories(self, owner: str) -> Memories:
        """What the owners have applied."""
        known = self._lists.get(VARIABLE.name)
        if known is None:
            try:
                known = self.server.list(VARIABLE, VARIABLE.reserved)
            except ServerFault as fault:
                if fault.status != FORBIDDEN:
                    raise
                return no_memories(owner, fault.message)
        memories = read_memories([one for one in known if VARIABLE.keeps(one.id)], owner)
        return in_capitals(memories) if self.server.abilities.ids_in_capitals else memories

    def memory(self, owner: str) -> Memories:
        """What this owner has applied, and nothing of the others."""
        try:
            found = self.server.get(VARIABLE, key_of(owner))
        except ServerFault as fault:
            if fault.status != FORBIDDEN:
                raise
            return no_memories(owner, fault.message)
        return read_memories([found] if found else [], owner)

    def _of_kind(self, kind: Kind, desired: list[Desired], all_of_them: bool) -> list[Actual]:
        few = len(desired) <= FEW or not self.server.abilities.lists_contents
        few = few and not any(unreachable(kind, one.id, self.server.abilities) for one in desired)
        if few and not all_of_them:
            return self._alone(kind, [one.id for one in desired])
        found = {one.id: one for one in self._list(kind) if not kind.keeps(one.id)}
        # An extra that a list does not show is read where it matters.
        partial = [
            one.id
            for one in desired
            if one.present and "extra" in one.fields and one.id in found and "extra" in found[one.id].unseen
        ]
        found.update({one.id: one for one in self._alone(kind, partial)})
        return [*found.values()]

    def _list(self, kind: Kind) -> list[Actual]:
        if kind.name not in self._lists:
            self._lists[kind.name] = self.server.list(kind)
        return self._lists[kind.name]

    def _alone(self, kind: Kind, ids: list[str]) -> list[Actual]:
        return [one for one in in_parallel(lambda object_id: self.server.get(kind, object_id), ids) if one is not None]
