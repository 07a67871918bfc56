# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: no stable interface for others.

"""What a deployment is and has."""

from __future__ import annotations

import dataclasses
import json
import typing as t

from .._airflow._dialect import Dialect
from .._engine import Work
from .._faults import Fault, Refused
from .._json import read_json
from .._kinds import KINDS, VARIABLE
from .._masking import MASK, looks_secret, masked
from .._plan import Actual
from .._reading import Reader
from .._report import Report
from ._airflow import OfAirflow

Words = dict[str, t.Any]


COMPONENTS = ("metadatabase", "scheduler", "triggerer", "dag_processor")
NEEDED = ("metadatabase", "scheduler")  # without a triggerer, and on Airflow 2 a dag processor, Airflow gets along
HEALTHY = "healthy"


class Info(OfAirflow):
    """The job of the module that only looks."""

    def prepare(self, given: Words, params: Words) -> Work:
        wanted = set(params["gather_subset"] or ["all"])
        if "all" in wanted:
            wanted = {"health", "user", *(kind.plural for kind in KINDS)}
        patterns = {plural: some for plural, some in (params["patterns"] or {}).items() if some is not None}
        pointless = [Fault(f"patterns.{each}", f"{each} are not in gather_subset") for each in patterns if each not in wanted]
        if pointless:
            raise Refused(pointless)
        return lambda server, check_mode: self._report(server, wanted, patterns)

    def _report(self, server: Dialect, wanted: set[str], patterns: dict[str, list[str]]) -> Report:
        result: Words = {"changed": False, **server.about}
        if "health" in wanted:
            result["health"] = _health(server.health())
            result["healthy"] = _healthy(result["health"])
        if "user" in wanted:
            user = server.user()
            result["user"] = dataclasses.asdict(user) if user else None
        reader = Reader(server)
        for kind in KINDS:
            if kind.plural in wanted:
                chosen = patterns.get(kind.plural)
                found = reader.everything(kind) if chosen is None else reader.matching(kind, chosen)
                result[kind.plural] = [_declared(self._masked(each, server)) for each in found]
                if kind.use:  # beside the objects: they are declarations, which nobody could declare with it
                    result[f"{kind.name}_use"] = {each.id: each.use for each in found}
        return Report(result)

    def _masked(self, actual: Actual, server: Dialect) -> Actual:
        """An object with what looks secret masked, on servers that show it too."""
        value = actual.fields.get("value")
        if actual.kind is not VARIABLE or not server.abilities.shows_variables_as_stored or not isinstance(value, str):
            return actual
        content = read_json(value)
        if looks_secret(actual.id) and value:
            value = MASK
        elif isinstance(content, (dict, list)):
            hidden = masked("", content)
            value = value if hidden == content else json.dumps(hidden, ensure_ascii=False)
        return dataclasses.replace(actual, fields={**actual.fields, "value": value})


def _health(told: Words) -> Words:
    """Every component in the same words."""
    return {
        name: {"status": component.get("status"), "latest_heartbeat": component.get(f"latest_{name}_heartbeat")}
        for name in dict.fromkeys([*COMPONENTS, *told])
        for component in [told.get(name) or {}]
    }


def _healthy(health: Words) -> bool:
    """Whether all that a deployment needs is healthy, and nothing else that has ever run is not."""
    return all(
        component["status"] == HEALTHY or (component["status"] is None and name not in NEEDED)
        for name, component in health.items()
    )


def _declared(actual: Actual) -> Words:
    """An object in the words of a declaration; empty fields are left out."""
    fields = {name: value for name, value in actual.fields.items() if value is not None}
    return {actual.kind.identity.name: actual.id, **fields}
