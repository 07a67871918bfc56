# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: no stable interface for others.

"""Words that several renderings of a report share."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any

# Control characters but tab and line feed, what XML 1.0 does not have, halves of surrogate pairs, and what turns the
# direction of text around, so that it reads other than it is.
_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")


def visible(text: str) -> str:
    """A text that every format can hold: what cannot be seen is shown as Python writes it."""
    return _UNSEEN.sub(lambda found: ascii(found[0])[1:-1], text)


def one_line(text: str, most: int = 200) -> str:
    """The same, shortened, in one line."""
    line = " ".join(visible(text).split())
    return line if len(line) <= most else line[: most - 1] + "…"


def state_in_words(state: str) -> str:
    return state.replace("_", " ")


def number_of(count: int, word: str) -> str:
    return f"{count:,} {word}" if count == 1 else f"{count:,} {word}s"


def change_in_words(change: dict[str, Any], quote: Callable[[str], str]) -> str:
    """What is done to an object, the names of what differs, and who wrote it last. quote: makes a text harmless."""
    names = [*map(quote, change["fields"]), *(f"{quote(name)} (secret)" for name in change["secrets"])]
    told = f"{change['action']} {change['kind']} {quote(change['id'])}"
    if change["action"] in ("update", "replace") and names:
        told += f": {', '.join(names)}"
    return told + written_in_words(change["written"], quote)


def unknown_in_words(entry: dict[str, Any], quote: Callable[[str], str]) -> str:
    told = f"unknown {entry['kind']} {quote(entry['id'])}: Airflow does not show its secrets"
    if entry["secrets"]:
        told += f" {', '.join(map(quote, entry['secrets']))}"
    return told + written_in_words(entry["written"], quote)


def written_in_words(written: dict[str, Any] | None, quote: Callable[[str], str]) -> str:
    if written is None:
        return ""
    by = f" by {quote(written['user'])}" if written["user"] else ""
    when = f" at {_moment(written['when'], quote)}" if written["when"] else ""
    event = f" ({quote(written['event'])})" if written["event"] else ""
    return f"; last written{by}{when}{event}" + ("" if written["certain"] else ", as far as the audit log tells")


def _moment(when: str, quote: Callable[[str], str]) -> str:
    try:
        # Before Python 3.11 the letter for UTC is not understood.
        time = datetime.fromisoformat(when.replace("Z", "+00:00"))
        return time.astimezone(timezone.utc).strftime("%Y-%m-%d %H:%M:%S UTC") if time.tzinfo else quote(when)
    except (ValueError, OverflowError):
        return quote(when)
