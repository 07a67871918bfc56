# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: no stable interface for others.

"""What a deployment is and has."""

from __future__ import annotations

import typing as t

from .._airflow._dialect import Dialect
from .._engine import Work
from .._kinds import KINDS
from .._plan import Actual
from .._reading import Reader
from .._report import Report

Words = dict[str, t.Any]


class Info:
    """The job of the module that only looks."""

    def prepare(self, given: Words, params: Words) -> Work:
        wanted = set(params["gather_subset"] or ["all"])
        if "all" in wanted:
            wanted = {"health", *(kind.plural for kind in KINDS)}
        return lambda server, check_mode: self._report(server, wanted)

    def _report(self, server: Dialect, wanted: set[str]) -> Report:
        result: Words = {"changed": False, "airflow": {"version": server.version, "api_version": server.api_version}}
        if "health" in wanted:
            result["health"] = server.health()
        reader = Reader(server)
        for kind in KINDS:
            if kind.plural in wanted:
                result[kind.plural] = [_declared(each) for each in reader.everything(kind)]
        return Report(result)


def _declared(actual: Actual) -> Words:
    """An object in the words of a declaration; empty fields are left out."""
    fields = {name: value for name, value in actual.fields.items() if value is not None}
    return {actual.kind.identity.name: actual.id, **fields}
