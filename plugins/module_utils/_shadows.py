# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: no stable interface for others.

"""The option C(shadows): what Airflow looks at before its database, so that what stands there is dead.

Only names are known here, never a value.
"""

from __future__ import annotations

import posixpath
import re
import typing as t
from dataclasses import dataclass, field

from ._declaration import Desired
from ._faults import Fault, as_word, suggestion
from ._secrets._reference import WrongReference, read_path

OPTIONS: dict[str, dict[str, t.Any]] = {
    "environment": {"type": "list", "elements": "str", "default": []},
    "env_files": {"type": "list", "elements": "path", "default": []},
    "vault": {
        "type": "dict",
        "options": {"connections_path": {"type": "str"}, "variables_path": {"type": "str"}, "mount": {"type": "str"}},
    },
}
PREFIXES = {"connection": "AIRFLOW_CONN_", "variable": "AIRFLOW_VAR_"}
NAME = re.compile(r"[^\s=]+")

Folder = tuple[str, "str | None"]
"""A folder in Vault, and the mount, None for that of the option C(vault)."""
Listing = t.Mapping[Folder, "set[str]"]
"""What folders in Vault hold, as far as that is known."""


@dataclass(frozen=True)
class Shadows:
    """environment: names of variables. paths: where Vault has the objects of each kind. mount: of these paths."""

    environment: frozenset[str] = frozenset()
    paths: dict[str, str] = field(default_factory=dict)
    mount: str | None = None

    def folders(self, desired: t.Iterable[Desired]) -> set[Folder]:
        """The folders in Vault that tell whether these objects are there."""
        return {(posixpath.dirname(self._path(one)), self.mount) for one in desired if self._may_be_in_vault(one)}

    def over(self, desired: t.Iterable[Desired], listing: Listing) -> list[dict[str, str]]:
        """What lies over which object, as a module returns it."""
        return [
            {"kind": one.kind.name, "id": one.id, "by": by}
            for one in desired
            if one.present
            for by in (*self._variables(one), *self._secrets(one, listing))
        ]

    def _variables(self, one: Desired) -> list[str]:
        prefix = PREFIXES.get(one.kind.name)
        names = [f"{prefix}{one.id.upper()}"] if prefix else []
        if prefix and one.fields.get("team_name"):
            names.append(f"{prefix}_{str(one.fields['team_name']).upper()}___{one.id.upper()}")
        return [f"environment variable {name}" for name in names if name in self.environment]

    def _secrets(self, one: Desired, listing: Listing) -> list[str]:
        if not self._may_be_in_vault(one):
            return []
        folder, name = posixpath.split(self._path(one))
        return [f"secret {self._path(one)} in Vault"] if name in listing.get((folder, self.mount), ()) else []

    def _may_be_in_vault(self, one: Desired) -> bool:
        if not one.present or one.kind.name not in self.paths:
            return False
        try:
            return read_path(one.id, "") == one.id
        except WrongReference:  # a key that would be another path, which no secret can have
            return False

    def _path(self, one: Desired) -> str:
        return f"{self.paths[one.kind.name]}/{one.id}"


def read_shadows(given: t.Any) -> tuple[Shadows, list[Fault]]:
    """The option of a module, and what is wrong with it."""
    if given is None:
        return Shadows(), []
    if not isinstance(given, dict):
        return Shadows(), [Fault("shadows", "must be a dict")]
    faults = _unknown(given, OPTIONS, "shadows")
    names = _names(given.get("environment"), faults) | _of_files(given.get("env_files"), faults)
    vault = given.get("vault")
    if not isinstance(vault, (dict, type(None))):
        faults.append(Fault("shadows.vault", "must be a dict"))
        vault = None
    words = vault or {}
    faults += _unknown(words, OPTIONS["vault"]["options"], "shadows.vault")
    paths = {kind: _path_of(words, f"{kind}s_path", faults) for kind in PREFIXES}
    mount = _path_of(words, "mount", faults)
    if vault is not None and not any(words.get(f"{kind}s_path") for kind in PREFIXES):
        faults.append(Fault("shadows.vault", "needs connections_path or variables_path, as Airflow's VaultBackend has them"))
    return Shadows(names, {kind: path for kind, path in paths.items() if path}, mount), faults


def names_in(text: str) -> list[str]:
    """The names of the variables of connections and variables that an env file sets, and nothing of their values."""
    return re.findall(r"^\s*(?:export\s+)?(AIRFLOW_(?:CONN|VAR)_[^\s=]+)\s*=", text, re.MULTILINE)


def _names(given: t.Any, faults: list[Fault]) -> frozenset[str]:
    if given is None:
        return frozenset()
    if not isinstance(given, list) or not all(isinstance(name, str) for name in given):
        faults.append(Fault("shadows.environment", "must be a list of names"))
        return frozenset()
    if not all(NAME.fullmatch(name) for name in given):  # not which: a value may stand behind the name
        faults.append(Fault("shadows.environment", "must hold names of environment variables only, without their values"))
    return frozenset(given)


def _of_files(given: t.Any, faults: list[Fault]) -> frozenset[str]:
    """What the action plugin has found in the files."""
    names: list[str] = []
    for file in given or ():
        if not isinstance(file, dict):  # which the action plugin has not seen
            faults.append(Fault("shadows", "must be a dict, not a text"))
            break
        if "fault" in file:
            faults.append(Fault(f"shadows.env_files {file['path']}", file["fault"]))
        names += file.get("names", ())
    return frozenset(names)


def _unknown(given: dict[str, t.Any], known: t.Iterable[str], where: str) -> list[Fault]:
    return [Fault(where, f"{as_word(word)}: unknown option, {suggestion(word, known)}") for word in given if word not in known]


def _path_of(words: dict[str, t.Any], word: str, faults: list[Fault]) -> str | None:
    if words.get(word) in (None, ""):
        return None
    try:
        return read_path(words[word], word)
    except WrongReference as wrong:
        faults.append(Fault("shadows.vault", str(wrong)))
        return None
