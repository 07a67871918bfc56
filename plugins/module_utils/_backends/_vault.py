# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: no stable interface for others.

"""The layout of Airflow's VaultBackend: a secret for each connection and variable, in KV version 1 or 2.

Each write says which version it follows (check-and-set), so that nothing is lost that somebody else wrote meanwhile.
"""

from __future__ import annotations

import contextlib
import json
import threading
import typing as t

from .._abilities import Abilities
from .._faults import Fault, ServerFault
from .._kinds import CONNECTION, VARIABLE, Kind
from .._kinds._kind import Fields
from .._secrets._access import VaultAccess, read_vault
from .._secrets._reference import WrongReference, read_path
from ._backend import JSON_FIELDS, Backend, Misshapen, connection_fields, decoded, nested

if t.TYPE_CHECKING:
    from .._secrets._folder import Folder

OPTIONS: dict[str, dict[str, t.Any]] = {
    "connections_path": {"type": "str"},
    "variables_path": {"type": "str"},
    "mount": {"type": "str"},
}
WITHHELD: frozenset[str] = frozenset()
PATHS = {CONNECTION: "connections_path", VARIABLE: "variables_path"}


def read(words: dict[str, t.Any], faults: list[Fault]) -> Backend | None:
    option = read_vault(words.get("vault"))
    faults += option.faults or option.of_references
    paths: dict[Kind, str] = {}
    for kind, word in PATHS.items():
        path = _path(words, word, faults)
        if path is not None:
            paths[kind] = path
    if not any(words.get(word) for word in PATHS.values()):
        faults.append(Fault("connections_path", "is missing, or variables_path: as Airflow's VaultBackend has them"))
    if nested([f"{path}/" for path in paths.values()]):
        faults.append(Fault("variables_path", "must be another folder than connections_path, and none within the other"))
    mount = _path(words, "mount", faults)
    return None if faults or option.access is None else VaultBackend(option.access, mount or option.access.mount, paths)


def _path(words: dict[str, t.Any], word: str, faults: list[Fault]) -> str | None:
    if words.get(word) in (None, ""):
        return None
    try:
        return read_path(words[word], word)
    except WrongReference as wrong:
        faults.append(Fault("", str(wrong)))
        return None


class VaultBackend(Backend):
    """paths: the folder of each kind that is kept there."""

    def __init__(self, access: VaultAccess, mount: str, paths: dict[Kind, str]) -> None:
        super().__init__()
        self.access = access
        self.mount = mount
        self.paths = paths
        self.title = f"Vault at {access.url}, mount {mount}"
        self.abilities = Abilities(
            shows_variables_as_stored=True,
            masks=False,
            clears_passwords=True,
            can_bulk=False,
            lists_contents=False,
            holds=frozenset(kind.name for kind in paths),
            drops={"variable": frozenset({"description"})},
        )
        self._folder: Folder | None = None
        self._fault: ServerFault | None = None
        self._lock = threading.Lock()
        self._stack = contextlib.ExitStack()
        self._versions: dict[str, int] = {}
        self._secrets: dict[str, dict[str, t.Any]] = {}

    def wrong_id(self, kind: Kind, object_id: str) -> str | None:
        with contextlib.suppress(WrongReference):
            if read_path(object_id, "") == object_id:
                return None
        return "such an id is no path in Vault"  # or one that leads out of its folder

    @property
    def folder(self) -> Folder:
        """The engine, signed in to once: who comes meanwhile waits, and gets the same refusal."""
        with self._lock:
            if self._fault is not None:
                raise ServerFault(self._fault.message, self._fault.status)
            if self._folder is None:
                from .._secrets._folder import Folder  # hvac is imported only where it is asked for

                try:
                    with self._sentences():
                        self._folder = self._stack.enter_context(Folder.open(self.access, self.mount))
                except ServerFault as fault:
                    self._fault = fault
                    raise
            return self._folder

    def close(self) -> None:
        self._stack.close()

    def ids(self, kind: Kind) -> list[str]:
        with self._sentences():
            ids = self.folder.below(self.paths[kind]) if kind in self.paths else []
        return [each for each in ids if kind is VARIABLE or "/" not in each]  # in which no connection's id has a slash

    def read(self, kind: Kind, object_id: str) -> Fields | None:
        if kind not in self.paths:
            return None
        path = self._path(kind, object_id)
        with self._sentences():
            secret, version = self.folder.read(path)
        self._versions[path] = version
        if secret is None:
            return None
        self._secrets[path] = secret
        if kind is VARIABLE:
            if not isinstance(secret.get("value"), str):
                raise Misshapen("has no text as its 'value'")
            return {"value": secret["value"]}
        if "conn_uri" in secret:
            if set(secret) != {"conn_uri"} or not isinstance(secret["conn_uri"], str):
                raise Misshapen("has a conn_uri and something else")
            return decoded(CONNECTION, secret["conn_uri"])
        # Airflow 2 takes the type as it stands there, so one that only Airflow 3 would correct is not what is declared.
        return {**connection_fields(secret), "conn_type": secret.get("conn_type")}

    def write(self, kind: Kind, object_id: str, fields: Fields, new: bool) -> None:
        path = self._path(kind, object_id)
        if kind is VARIABLE:  # what else stands there Airflow does not look at, and it is not ours
            secret = {**({} if new else self._secrets.get(path, {})), "value": fields["value"]}
        else:
            secret = {name: fields[name] for name in JSON_FIELDS if fields.get(name) not in (None, {})}
            if "extra" in secret:
                secret["extra"] = json.dumps(secret["extra"], ensure_ascii=False)
        with self._sentences():
            self._versions[path] = self.folder.write(path, secret, self._versions.get(path, 0))

    def remove(self, kind: Kind, object_id: str) -> None:
        path = self._path(kind, object_id)
        with self._sentences():
            self.folder.remove(path, self._versions.get(path, 0))

    def _path(self, kind: Kind, object_id: str) -> str:
        return f"{self.paths[kind]}/{object_id}"

    @contextlib.contextmanager
    def _sentences(self) -> t.Iterator[None]:
        from .._secrets._folder import BAD_REQUEST, SecretTrouble
        from .._secrets._session import VaultTrouble

        try:
            yield
        except SecretTrouble as trouble:
            raise ServerFault(str(trouble), BAD_REQUEST) from None
        except VaultTrouble as trouble:
            raise ServerFault(str(trouble)) from None
