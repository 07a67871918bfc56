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
from .._json import read_json
from .._kinds import KINDS, VARIABLE
from .._masking import MASK, looks_secret, masked
from .._plan import Actual
from .._reading import Reader
from .._report import Report
from ._airflow import OfAirflow

Words = dict[str, t.Any]


class Info(OfAirflow):
    """The job of the module that only looks."""

    def prepare(self, given: Words, params: Words) -> Work:
        wanted = set(params["gather_subset"] or ["all"])
        if "all" in wanted:
            wanted = {"health", *(kind.plural for kind in KINDS)}
        return lambda server, check_mode: self._report(server, wanted)

    def _report(self, server: Dialect, wanted: set[str]) -> Report:
        result: Words = {"changed": False, **server.about}
        if "health" in wanted:
            result["health"] = server.health()
        reader = Reader(server)
        for kind in KINDS:
            if kind.plural in wanted:
                result[kind.plural] = [_declared(self._masked(each, server)) for each in reader.everything(kind)]
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


def _declared(actual: Actual) -> Words:
    """An object in the words of a declaration; empty fields are left out."""
    fields = {name: value for name, value in actual.fields.items() if value is not None}
    return {actual.kind.identity.name: actual.id, **fields}
