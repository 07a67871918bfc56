# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: no stable interface for others.

"""What can go wrong, as the user is told it. No text here ever holds a declared value."""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass

MOST_TOLD = 200


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong with one declared object.

    kind and id are None where the object cannot be told apart; where says how the user finds it
    (C(connections[3] 'pg_main')), reason begins with the field's name where one field is to blame.
    """

    where: str
    reason: str
    kind: str | None = None
    id: str | None = None

    def __str__(self) -> str:
        return f"{self.where}: {self.reason}" if self.where else self.reason


class Refused(Exception):
    """The declaration cannot be carried out; nothing was written. Holds every fault that was found."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__(f"{len(faults)} faults")
        self.faults = faults

    @property
    def message(self) -> str:
        count = "One fault" if len(self.faults) == 1 else f"{len(self.faults)} faults"
        lines = [f"- {fault}" for fault in self.faults[:MOST_TOLD]]
        if len(self.faults) > MOST_TOLD:
            lines.append(f"- and {len(self.faults) - MOST_TOLD} more")
        return "\n".join([f"{count} in what is declared, nothing was changed:", *lines])


class ServerFault(Exception):
    """The server cannot be used, or refused a request. The message is one sentence for the user.

    status is the HTTP status, or None where there was no answer.
    """

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.status = status

    @property
    def about_the_request(self) -> bool:
        """Whether the server objects to what was asked, so that another request may well succeed."""
        return self.status in (400, 404, 409, 413, 422)


class Uncertain(ServerFault):
    """A request that must not be repeated blindly was sent and its answer lost: look before doing it again."""


def as_word(word: t.Any) -> str:
    """An unknown word as it may be shown: where the blank behind a colon is missing, a value is a part of it."""
    found = re.match(r"[\w.-]{0,60}", str(word))
    head = found[0] if found else ""
    return head if head == str(word) else f"{head}..."


def suggestion(word: str, known: t.Iterable[str]) -> str:
    """What may have been meant by a word that is not known."""
    import difflib  # only for this; every import costs each task

    near = difflib.get_close_matches(as_word(word).removesuffix("..."), known, n=1)
    return f"did you mean {near[0]}?" if near else f"known are {', '.join(sorted(known))}"


def unknown(what: str, key: t.Any, known: t.Iterable[str]) -> str:
    """What is said of a key of a file that is not known. It is named only if it is much like one that is.

    For the file may be something else altogether, and a key of it a piece of a secret.
    """
    meant = suggestion(str(key), known)
    return f"unknown {what} {as_word(key)!r}, {meant}" if meant.startswith("did you") else f"unknown {what}, {meant}"
