# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: no stable interface for others.

"""Reads secrets of KV engines: signs in once, reads side by side, revokes the token.

What goes wrong with one secret is told of that secret; what goes wrong with Vault ends it all.
"""

from __future__ import annotations

import contextlib
import typing as t
from dataclasses import dataclass
from urllib.parse import quote

from .._parallel import in_parallel
from ._access import VaultAccess
from ._reference import Place
from ._session import Refusal, Session, VaultTrouble

KV = ("kv", "generic")  # what a KV engine is called, and was once
TELLS_VERSION = ("created_time", "version")  # what the metadata of KV version 2 always has


@dataclass(frozen=True)
class Absent:
    """Why there is no such secret for us."""

    reason: str


Secret: t.TypeAlias = "dict[str, t.Any] | Absent"


def read_secrets(places: t.Sequence[Place], access: VaultAccess) -> dict[Place, Secret]:
    """Every secret, each asked for once. All places have a mount. Raises VaultTrouble."""
    with signed_in(access) as session:
        return _read(session, places, access.kv_version)


def list_folders(folders: t.Collection[tuple[str, str | None]], access: VaultAccess) -> dict[tuple[str, str | None], set[str] | Absent]:
    """What folders hold, each a path and a mount, None for the usual one. Raises VaultTrouble."""
    with signed_in(access) as session:
        engines = {mount: Engine(session, mount or access.mount, access.kv_version) for _path, mount in folders}
        return {(path, mount): engines[mount].names(path) for path, mount in sorted(folders, key=str)}


@contextlib.contextmanager
def signed_in(access: VaultAccess) -> t.Iterator[Session]:
    session = Session(access)
    try:
        session.sign_in()
        try:
            yield session
        finally:
            session.sign_out()
    finally:
        session.close()


def _read(session: Session, places: t.Sequence[Place], kv_version: int | None) -> dict[Place, Secret]:
    """The first of each mount tells which version of KV that is; then all others at once."""
    first = {place.mount: place for place in reversed(places)}
    engines = {mount: Engine(session, str(mount), kv_version) for mount in first}
    secrets = {place: engines[place.mount].read(place) for place in first.values()}
    others = [place for place in places if place not in secrets]
    secrets.update(zip(others, in_parallel(lambda place: engines[place.mount].read(place), others)))
    return secrets


class Engine:
    """A KV engine of Vault's. version: which kind of it, None until that is known."""

    def __init__(self, session: Session, mount: str, version: int | None) -> None:
        self.session = session
        self.mount = mount
        self.version = version
        self._told: dict[str, t.Any] = {}  # what Vault says of the engine, where it had to be asked

    def read(self, place: Place) -> Secret:
        try:
            return self._read_1(place) if self.version == 1 else self._read_2(place)
        except Refusal as refusal:
            if self.version is None and refusal.status in (403, 404) and not refusal.is_about_the_token:
                return self._read_of_unknown_version(place, refusal)
            return self._absent(place, refusal)

    def names(self, path: str) -> set[str] | Absent:
        """The secrets of a folder by name; of none that is there, nothing."""
        self.version = self.version or self.told_version()
        if self.version is None and self._told:
            return Absent(f"the engine at {self.mount} is of the type {self._told['type']}, and only KV is looked at")
        kv = self.session.client.secrets.kv
        reading = kv.v1.list_secrets if self.version == 1 else kv.v2.list_secrets
        try:
            keys = (self.session.json(reading(path, self.mount)).get("data") or {}).get("keys") or []
        except Refusal as refusal:
            if refusal.status == 404 and not refusal.says("no handler for route"):
                return set()
            return self._absent(Place(path), refusal) if refusal.status != 403 or refusal.is_about_the_token else Absent(
                f"Vault does not permit to list {self.mount}/{path}{self.session.in_namespace}: a policy of the token needs "
                f'`path "{self.mount}/{"" if self.version == 1 else "metadata/"}{path}/" {{ capabilities = ["list"] }}`'
            )
        return {str(key) for key in keys if not str(key).endswith("/")}

    def _read_of_unknown_version(self, place: Place, refusal: Refusal) -> Secret:
        """Nothing came by the way of version 2. refusal says why."""
        self.version = self.told_version()
        if self.version is None and self._told:
            return Absent(f"the engine at {self.mount} is of the type {self._told['type']}, and secrets are read only of KV")
        if self.version is None:  # who may not even know of the mount can only try
            try:
                secret = self._read_1(place)
                self.version = 1
                return secret
            except Refusal as other:
                if other.says("versioned"):
                    self.version = 2
        if self.version == 1:
            return self.read(place)
        return self._absent(place, refusal)

    def _read_2(self, place: Place) -> Secret:
        kv = self.session.client.secrets.kv.v2
        answer = self.session.json(
            kv.read_secret_version(place.path, place.version, self.mount, raise_on_deleted_version=True)
        )
        found = answer.get("data")
        if isinstance(found, dict) and isinstance(found.get("data"), dict) and _is_metadata(found.get("metadata")):
            self.version = 2
            return found["data"]
        raise Refusal(404, [], answer)  # a secret of version 1, which happens to be called so

    def _read_1(self, place: Place) -> Secret:
        if place.version is not None:
            return Absent(f"version: the engine at {self.mount} is KV version 1, which keeps no versions")
        found = self.session.json(self.session.client.secrets.kv.v1.read_secret(place.path, self.mount)).get("data")
        return found if isinstance(found, dict) else Absent(f"what Vault has at {place} is no secret of a KV engine")

    def told_version(self) -> int | None:
        """The version as Vault tells everybody who may read anything below the mount; None if it does not."""
        if not self._told:
            try:
                about = self.session.client.adapter.get(f"/v1/sys/internal/ui/mounts/{quote(self.mount)}")
            except Refusal:
                return None
            self._told = {"type": "", **(self.session.json(about).get("data") or {})}
        if self._told["type"] not in KV:
            return None
        return 2 if (self._told.get("options") or {}).get("version") == "2" else 1

    @property
    def told_type(self) -> str | None:
        """What kind of engine it is, None where Vault does not tell."""
        return self._told.get("type")

    def _absent(self, place: Place, refusal: Refusal) -> Absent:
        """Why a secret cannot be had, if it is about the secret. Raises VaultTrouble where it is not."""
        if refusal.status == 403:
            if refusal.is_about_the_token:
                raise VaultTrouble(
                    f"{self.session.access.url} does not accept the token: it has expired, was revoked or used up, or never was one"
                )
            return Absent(self._forbidden(place))
        if refusal.status != 404:
            raise VaultTrouble(self.session.meaning(refusal, f"reading {place}"))
        about = (refusal.data.get("data") or {}).get("metadata")
        if _is_metadata(about) and isinstance(about["version"], int):
            number = about["version"]
            how = "was destroyed" if about.get("destroyed") else "is deleted (`vault kv undelete` brings it back)"
            return Absent(f"version {number} of the secret at {self.mount}/{place.path} {how}")
        if refusal.says("no handler for route"):
            return Absent(f"Vault has no engine mounted at {self.mount} (mount){self.session.in_namespace}")
        told = self.told_version()
        if told is not None and self.version is not None and told != self.version:
            return Absent(f"the engine at {self.mount} is KV version {told}, not {self.version} (kv_version)")
        within = f"{self.mount}/{place.path}{self.session.in_namespace}"
        version = f", or no version {place.version} of it" if place.version is not None else ""
        return Absent(f"Vault has no secret at {within}{version}{self._hint(place)}")

    def _forbidden(self, place: Place) -> str:
        path = f"{self.mount}/{place.path}" if self.version == 1 else f"{self.mount}/data/{place.path}"
        return (
            f"Vault does not permit to read {place}{self.session.in_namespace}: a policy of the token needs "
            f'`path "{path}" {{ capabilities = ["read"] }}`, or the mount {self.mount} is not the right one'
        )

    def _hint(self, place: Place) -> str:
        for prefix in (f"{self.mount}/data/", f"{self.mount}/", "data/"):
            if place.path.startswith(prefix):
                return f"; a path is given without {prefix} before it"
        return ""


def _is_metadata(value: t.Any) -> bool:
    return isinstance(value, dict) and all(name in value for name in TELLS_VERSION)
