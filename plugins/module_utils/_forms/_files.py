# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: no stable interface for others.

"""Files of other forms where files of declarations are expected: which one it is, by its content, and what it declares.

An export of variables may hold anything, as a file of declarations with a mistake in it does. So it is taken for one
only if its name says so too.
"""

from __future__ import annotations

import difflib
import os
import typing as t

from .._kinds._kind import Fields
from .._merge import IDENTITIES
from ._astro import KEYS, from_astro_settings
from ._export import from_airflow_export
from ._form import OF_KIND, Notes

ASTRO = "airflow"  # the one key of airflow_settings.yaml
NAMED = "variables"
UNKNOWN = (
    "is neither a file of declarations (connections, variables, pools), nor an airflow_settings.yaml (airflow), nor an "
    f"export of connections or pools; one of variables, which may hold anything, must have '{NAMED}' in its name"
)
ENVIRONMENT = ("AIRFLOW_CONN_", "AIRFLOW_VAR_")


class Unclear(ValueError):
    """Why nobody can say what a file is. Holds nothing of it."""


def form_of(path: str, data: t.Any) -> str | None:
    """ASTRO, or the plural of the kind that was exported; None for whatever is none of these. Raises Unclear."""
    if isinstance(data, list):
        return _of_list(data)
    if not isinstance(data, dict) or not data or set(data) & set(OF_KIND):
        return None
    named = NAMED in os.path.basename(path).lower()
    found = _of_mapping(data)
    if found is not None and named:
        what = "an airflow_settings.yaml" if found == ASTRO else f"an export of {found}"
        raise Unclear(f"looks like {what}, and by its name it is one of variables: rename it")
    if found is not None:
        return found
    if any(map(_is_list_of_declarations, data.values())):
        return None  # below a key that is misspelt
    if named:
        return NAMED
    if any(difflib.get_close_matches(str(key), OF_KIND, 1) for key in data):
        return None
    raise Unclear(UNKNOWN)


def declared_in(form: str, data: t.Any, notes: Notes) -> dict[str, list[Fields]]:
    """The words that a file declares, by the plural of each kind that it names. All that may be secret is one."""
    if form != ASTRO:
        return {form: from_airflow_export(data, form, None, True, notes)}
    made = from_astro_settings(data, True, notes)
    sections = data[ASTRO]
    # What is null, or holds nothing but an empty template, is not declared: else it would be pruned.
    return {plural: words for plural, words in made.items() if words or sections[plural] == []}


def declared_in_env(text: str, notes: Notes) -> dict[str, list[Fields]]:
    """The same of lines of C(NAME=value), in which only connections are exported. Raises Unclear."""
    if any(line.lstrip().startswith(ENVIRONMENT) for line in text.split("\n")):
        raise Unclear(
            f"holds environment variables ({' or '.join(ENVIRONMENT)}), whose capital letters do not tell ids: "
            "only files of 'airflow connections export' can be read in this form"
        )
    return {"connections": from_airflow_export(text, "connections", "env", True, notes)}


def _of_mapping(data: Fields) -> str | None:
    settings = data.get(ASTRO)
    if isinstance(settings, dict) and set(settings) & set(KEYS):
        return ASTRO
    for plural, telling in (("connections", "conn_type"), ("pools", "slots")):
        told = [isinstance(entry, dict) and telling in entry for entry in data.values()]
        if all(told):
            return plural
        if sum(told) * 2 > len(told):
            raise Unclear(f"{told.count(False)} of its {len(told)} entries have no {telling}, so it is no export of {plural}")
    return None


def _of_list(data: list[t.Any]) -> str | None:
    """As airflowctl writes it."""
    for plural, telling in (
        ("connections", ({"connection_id", "conn_id"},)),
        ("variables", ({"key"}, {"value", "val"})),
        ("pools", ({"name", "pool"}, {"slots"})),
    ):
        if data and all(isinstance(entry, dict) and all(names & set(entry) for names in telling) for entry in data):
            return plural
    return None


def _is_list_of_declarations(value: t.Any) -> bool:
    words = {word for identity in IDENTITIES.values() for word in identity}
    return isinstance(value, list) and any(isinstance(entry, dict) and words & set(entry) for entry in value)
