# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: no stable interface for others.

"""What a deployment has becomes declarations: texts of files, which the action plugin writes on the controller."""

from __future__ import annotations

import fnmatch
import typing as t
from dataclasses import dataclass

from .._airflow._dialect import Dialect
from .._engine import Work
from .._export._scheme import Scheme
from .._export._secrecy import Secrecy
from .._export._todo import todo
from .._export._words import Entry, declared
from .._export._yaml_text import comment, section
from .._faults import Refused
from .._kinds import KINDS, Kind
from .._plan import Actual
from .._reading import Reader
from .._report import Report
from ._airflow import OfAirflow

Words = dict[str, t.Any]

TODO = "secrets-to-fill-in.md"

HEAD = """\
---
# The {kinds} of {host}, as windsock.airflow.airflow_export wrote them down.
# Secrets are references to Vault; {todo} lists what has to be put there.
"""


@dataclass(frozen=True)
class Export(OfAirflow):
    """The job of the module that writes down what there is."""

    def prepare(self, given: Words, params: Words) -> Work:
        scheme = Scheme(
            params["vault_path"], params["vault_key"], params["vault_mount"] or None, params["deployment"] or "Airflow"
        )
        faults = scheme.faults()
        if faults:
            raise Refused(faults)
        return lambda server, check_mode: self._report(server, params, scheme)

    def _report(self, server: Dialect, params: Words, scheme: Scheme) -> Report:
        read = self._read(server, params)
        entries: dict[Kind, list[Entry]] = {}
        unseen_passwords = params["unseen_passwords"] == "reference"
        secrecy = Secrecy(tuple(params["secret_patterns"] or ()))
        for kind, objects in read.items():
            entries[kind] = [
                declared(each, secrecy, scheme, server.abilities, unseen_passwords)
                for each in sorted(objects, key=lambda each: each.id)
                if _is_chosen(each.id, params)
            ]
        every = [entry for some in entries.values() for entry in some]
        unseen = any("password" in entry.actual.unseen and "password" in (entry.words or ()) for entry in every)
        texts = {f"{kind.plural}.yml": _file(kind, some, scheme.host) for kind, some in entries.items()}
        texts[TODO] = todo(scheme.host, scheme.wanted.values(), scheme.mount, every, unseen)
        return Report({
            "changed": False,
            **server.about,
            "summary": {kind.plural: sum(each.words is not None for each in some) for kind, some in entries.items()},
            "secrets": [
                {"kind": each.kind, "id": each.id, "field": each.field,
                 "mount": scheme.mount, "path": each.path, "key": each.key}
                for each in scheme.wanted.values()
            ],
            "remarks": [
                {"kind": entry.actual.kind.name, "id": entry.actual.id, "text": remark}
                for entry in every
                for remark in entry.remarks
            ],
            "texts": texts,  # not for the user, see the action plugin
        })

    def _read(self, server: Dialect, params: Words) -> dict[Kind, list[Actual]]:
        """All objects of the wanted kinds.

        What the server has shown once it knows as a secret, and masks it wherever it occurs. So the first reading shows
        what the second one masks, and only that is the same each time.
        """
        wanted = [kind for kind in KINDS if kind.plural in params["kinds"]]
        for kind in wanted:
            if any(field.hidden for field in kind.fields):
                Reader(server).everything(kind)
        reader = Reader(server)
        return {kind: reader.everything(kind) for kind in wanted}


def _is_chosen(object_id: str, params: Words) -> bool:
    def among(patterns: list[str]) -> bool:
        return any(fnmatch.fnmatchcase(object_id, pattern) for pattern in patterns)

    return among(params["include"] or ["*"]) and not among(params["exclude"] or [])


def _file(kind: Kind, entries: list[Entry], host: str) -> str:
    head = HEAD.format(kinds=kind.plural, host=comment(host), todo=TODO)
    left_out = sum(each.words is None for each in entries)
    if left_out:
        head += f"# Left out: {left_out}, see there.\n"
    return head + "\n" + section(kind.plural, [(each.remarks, each.words) for each in entries if each.words is not None])
