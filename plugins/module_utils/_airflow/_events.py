# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: no stable interface for others.

"""Entries of Airflow's audit log that tell of writes: by the API, by the web pages, by the command line.

What an entry does not tell is whether the write succeeded. Airflow hides texts that it knows as secrets in an entry
too, in ids as well.
"""

from __future__ import annotations

import ast
import typing as t

from .._json import read_json
from .._kinds import CONNECTION, POOL, VARIABLE, Kind
from .._masking import MASK, may_be

COMMAND_LINE = {
    "cli_connections_add": CONNECTION,
    "cli_connections_delete": CONNECTION,
    "cli_connections_import": CONNECTION,
    "cli_variables_set": VARIABLE,
    "cli_variables_delete": VARIABLE,
    "cli_variables_import": VARIABLE,
    "cli_pool_set": POOL,
    "cli_pool_delete": POOL,
    "cli_pool_import": POOL,
}
AIRFLOW_3 = {
    **COMMAND_LINE,
    "create_default_connections": CONNECTION,
    **{f"{verb}_{kind.name}": kind for kind in (CONNECTION, VARIABLE, POOL) for verb in ("post", "patch", "delete")},
    **{f"bulk_{kind.plural}": kind for kind in (CONNECTION, VARIABLE, POOL)},
}
_PAGES = {f"{kind.name}.{verb}": kind for kind in (CONNECTION, VARIABLE, POOL) for verb in ("create", "edit", "delete")}
_API = {name: kind for name, kind in _PAGES.items() if kind is not POOL}
_API.update(dict.fromkeys(("post_pool", "patch_pool", "delete_pool"), POOL))
AIRFLOW_2 = {
    **COMMAND_LINE,
    **_PAGES,
    "variables.varimport": VARIABLE,
    **{f"{origin}.{name}": kind for name, kind in _API.items() for origin in ("api", "ui")},
}
"""The names of events, and the kind that each is about."""

# What an entry calls the id of an object.
IDENTITIES = {
    CONNECTION: ("connection_id", "conn_id"),
    VARIABLE: ("key", "variable_key"),
    POOL: ("name", "pool_name", "pool"),
}


class Event(t.NamedTuple):
    """Somebody wrote, or tried to write. ids is None where the entry does not tell which objects of the kind."""

    id: int
    when: str
    who: str
    name: str
    kind: Kind
    ids: frozenset[str] | None

    @property
    def vague(self) -> bool:
        """Whether it may be about more objects than it names."""
        return self.ids is None or any(MASK in each for each in self.ids)

    def concerns(self, kind: Kind, object_id: str) -> bool:
        """Whether it may be about an object."""
        if kind is not self.kind:
            return False
        if self.ids is None or object_id in self.ids:
            return True
        return any(MASK in each and may_be(each, object_id) for each in self.ids)


def read_event(entry: dict[str, t.Any], kinds: dict[str, Kind]) -> Event | None:
    """An entry of the log; None for one that tells of no write."""
    name = str(entry.get("event"))
    kind = kinds.get(name)
    told = read_json(entry.get("extra") or "{}")
    if kind is None or name in _PAGES and _only_opened(name, told):
        return None
    ids = _ids(name, kind, told)
    return Event(int(entry["event_log_id"]), str(entry["when"]), str(entry.get("owner")), name, kind, ids)


def _only_opened(name: str, told: t.Any) -> bool:
    """Whether only a form was opened: the pages of Airflow 2 log that under the same name."""
    return not name.endswith(".delete") and isinstance(told, dict) and not set(told) - {"pk"}


def _ids(name: str, kind: Kind, told: t.Any) -> frozenset[str] | None:
    if not isinstance(told, dict):
        return None
    if name in COMMAND_LINE:
        return None if name.endswith("_import") else _words(told.get("full_command"))
    if "actions" in told:
        return _in_bulk(kind, told["actions"])
    named = [told[word] for word in IDENTITIES[kind] if isinstance(told.get(word), str)]
    return frozenset(named) or None


def _in_bulk(kind: Kind, actions: t.Any) -> frozenset[str] | None:
    ids: set[str] = set()
    for action in actions if isinstance(actions, list) else [None]:
        entities = action.get("entities") if isinstance(action, dict) else None
        for entity in entities if isinstance(entities, list) else [None]:
            named = entity.get(kind.identity.name) if isinstance(entity, dict) else entity
            if not isinstance(named, str):
                return None
            ids.add(named)
    return frozenset(ids)


def _words(command: t.Any) -> frozenset[str] | None:
    """The words of a command line. The id is one of them; which one, the options before it decide."""
    try:
        words = ast.literal_eval(command)
    except (ValueError, SyntaxError, TypeError):
        return None
    return frozenset(map(str, words[3:])) if isinstance(words, list) else None
