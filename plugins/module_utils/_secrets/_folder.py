# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: no stable interface for others.

"""Reads, writes and deletes secrets of one KV engine, each write behind the version that was read."""

from __future__ import annotations

import contextlib
import typing as t

from ._access import VaultAccess
from ._kv import KV, Engine, signed_in
from ._session import Refusal, Session, VaultTrouble

BAD_REQUEST = 400  # the answer to a secret that cannot be taken, or to a check-and-set that fails


class SecretTrouble(VaultTrouble):
    """One secret cannot be had or written; others may well be."""


class Folder:
    """What is below a mount. Raises VaultTrouble. Safe to use from several threads."""

    def __init__(self, session: Session, mount: str, version: int) -> None:
        self.session = session
        self.mount = mount
        self.version = version
        self._kv = session.client.secrets.kv

    @classmethod
    @contextlib.contextmanager
    def open(cls, access: VaultAccess, mount: str) -> t.Iterator[Folder]:
        """Sign in, and out at the end."""
        with signed_in(access) as session:
            engine = Engine(session, mount, access.kv_version)
            version = access.kv_version or engine.told_version()
            if engine.told_type not in (None, *KV):
                raise VaultTrouble(f"the engine at {mount} is of the type {engine.told_type}, and only KV is written to")
            if version is None:
                raise VaultTrouble(
                    f"Vault does not tell which version of KV is mounted at {mount}{session.in_namespace}, or nothing is: "
                    "give vault.kv_version, or the token the right to read something there"
                )
            yield cls(session, mount, version)

    def below(self, path: str) -> list[str]:
        """The paths of all secrets below a folder, relative to it."""
        found: list[str] = []
        folders = [""]
        while folders:
            beginning = folders.pop()
            for key in self._keys(f"{path}/{beginning}".rstrip("/")):
                (folders if key.endswith("/") else found).append(f"{beginning}{key}")
        return sorted(found)

    def read(self, path: str) -> tuple[dict[str, t.Any] | None, int]:
        """A secret, None where there is none, and its version, 0 where it never had one."""
        try:
            if self.version == 1:
                found = self._json(self._kv.v1.read_secret(path, self.mount)).get("data")
                return self._secret(found, path), 0
            answer = self._json(self._kv.v2.read_secret_version(path, mount_point=self.mount, raise_on_deleted_version=True))
            data = answer.get("data") or {}
            return self._secret(data.get("data"), path), int((data.get("metadata") or {}).get("version") or 0)
        except Refusal as refusal:
            if refusal.status != 404 or refusal.says("no handler for route"):
                raise self._trouble(refusal, "read", path) from None
            metadata = (refusal.data.get("data") or {}).get("metadata") or {}  # of a version that is deleted
            return None, int(metadata.get("version") or 0)

    def write(self, path: str, secret: dict[str, t.Any], follows: int) -> int:
        """Write the version that comes after another one, 0 for the first; returns its number."""
        try:
            if self.version == 1:
                # With a method named, hvac does not look first whether it is there.
                self._kv.v1.create_or_update_secret(path, secret, method="POST", mount_point=self.mount)
                return 0
            answer = self._json(self._kv.v2.create_or_update_secret(path, secret, cas=follows, mount_point=self.mount))
            return int((answer.get("data") or {}).get("version") or follows + 1)
        except Refusal as refusal:
            if refusal.status == BAD_REQUEST and refusal.says("check-and-set"):
                raise SecretTrouble(self._meanwhile(path)) from None
            raise self._trouble(refusal, "create", path) from None

    def remove(self, path: str, version: int) -> None:
        """Delete the newest version, which `vault kv undelete` can bring back; of KV version 1 the secret for good."""
        try:
            if self.version == 1:
                self._kv.v1.delete_secret(path, self.mount)
                return
            if self.read(path)[1] != version:  # deleting knows no check-and-set
                raise SecretTrouble(self._meanwhile(path))
            self._kv.v2.delete_latest_version_of_secret(path, mount_point=self.mount)
        except Refusal as refusal:
            raise self._trouble(refusal, "delete", path) from None

    def _keys(self, path: str) -> list[str]:
        reading = self._kv.v1.list_secrets if self.version == 1 else self._kv.v2.list_secrets
        try:
            return [str(key) for key in (self._json(reading(path, self.mount)).get("data") or {}).get("keys") or ()]
        except Refusal as refusal:
            if refusal.status == 404 and not refusal.says("no handler for route"):
                return []
            raise self._trouble(refusal, "list", path) from None

    def _json(self, answer: t.Any) -> dict[str, t.Any]:
        return self.session.json(answer)

    def _secret(self, found: t.Any, path: str) -> dict[str, t.Any]:
        if not isinstance(found, dict):
            raise SecretTrouble(f"what Vault has at {self.mount}/{path} is no secret of a KV engine")
        return found

    def _meanwhile(self, path: str) -> str:
        return f"somebody else wrote {self.mount}/{path} while this run was at work, and it is left as it is; run again"

    def _trouble(self, refusal: Refusal, capability: str, path: str) -> VaultTrouble:
        doing = {"create": "writing", "read": "reading", "delete": "deleting", "list": "listing"}[capability]
        if refusal.status != 403:
            trouble = SecretTrouble if refusal.status == BAD_REQUEST else VaultTrouble
            return trouble(self.session.meaning(refusal, f"{doing} {self.mount}/{path}"))
        if refusal.is_about_the_token:
            return VaultTrouble(
                f"{self.session.access.url} does not accept the token: it has expired, was revoked or used up, or never was one"
            )
        part = "" if self.version == 1 else "metadata/" if capability == "list" else "data/"
        needs = '"create", "update"' if capability == "create" else f'"{capability}"'
        return SecretTrouble(
            f"Vault does not permit {doing} {self.mount}/{path}{self.session.in_namespace}: a policy of the token needs "
            f'`path "{self.mount}/{part}{path}" {{ capabilities = [{needs}] }}`'
        )
