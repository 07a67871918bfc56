# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: no stable interface for others.

"""What every version of Airflow's API can be asked. Only dialects know that versions differ."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from .._abilities import Abilities
from .._kinds import Kind
from .._kinds._kind import Fields
from .._plan import Actual
from ._events import Event
from ._user import User


@dataclass(frozen=True)
class Outcome:
    """What became of one object of a bulk request; reason is None where it succeeded."""

    id: str
    reason: str | None = None


@dataclass(frozen=True)
class Log:
    """The audit log from an entry on. position is its newest entry; events are those that tell of writes, the newest

    first; whole says that none of them can have been trimmed.
    """

    position: int
    events: list[Event]
    whole: bool


class Dialect(t.Protocol):
    """One API version of one deployment, signed in. Safe to use from several threads.

    The methods that write raise ServerFault, or Uncertain where the answer to something that must not be repeated
    was lost. Fields are canonical (see Kind); a field of None is to be emptied.
    """

    version: str
    api_version: str
    abilities: Abilities
    about: dict[str, t.Any]  # what the module returns of where it was
    repeats: int  # how many requests that write were sent anew since their answers were lost

    def hide(self, secrets: t.Iterable[str]) -> None:
        """Keep these texts out of every message about the server's answers."""

    def list(self, kind: Kind, beginning: str = "") -> list[Actual]:
        """Every object of a kind whose id begins so."""

    def get(self, kind: Kind, object_id: str) -> Actual | None:
        """One object, None where there is none."""

    def create(self, kind: Kind, object_id: str, fields: Fields) -> None:
        """Create one object. An existing one is a ServerFault with status 409, never overwritten."""

    def update(self, kind: Kind, object_id: str, fields: Fields, actual: Actual) -> None:
        """Write these fields of one object, and no other; actual is what was read of it."""

    def delete(self, kind: Kind, object_id: str) -> None:
        """Delete one object; one that is gone already is no fault."""

    def bulk(self, kind: Kind, action: str, objects: dict[str, Fields]) -> list[Outcome]:
        """C(create), C(update) or C(delete) objects in one request, if the abilities have can_bulk.

        A request that fails as a whole raises ServerFault; nothing was written then.
        """

    def commit(self, check_mode: bool = False) -> None:
        """Make what was written last, where that takes something more. Raises ServerFault; nothing was written then.

        In check mode, which gets here with the ability writes_on_commit only, all but that.
        """

    def close(self) -> None:
        """Sign out, where that takes something. Nothing is asked any more."""

    def log(self, after: int | None) -> Log:
        """What the audit log has after the entry of this number; None: only where it stands."""

    def log_backwards(self) -> t.Iterator[Event]:
        """What the audit log tells of writes, the newest first; a page is asked for when it is needed."""

    def health(self) -> dict[str, t.Any]:
        """The state of each component of the deployment."""

    def user(self) -> User | None:
        """Who is signed in, None where that is not known."""
