# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: no stable interface for others.

"""The ways to sign in to Vault: one class for each, which checks what the user gave and then asks for a token."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field
from urllib.parse import quote

if t.TYPE_CHECKING:
    from ._access import Words

TOKEN_FILE = "~/.vault-token"  # where `vault login` and `bao login` leave it
SERVICE_ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount/token"


@dataclass(frozen=True)
class Way:
    """A way to sign in. mount: where Vault has it."""

    mount: str = ""

    def sign_in(self, client: t.Any) -> t.Any:
        """Ask for a token. Returns Vault's answer, None where the user's own token is used."""
        return None

    def secrets(self) -> list[str]:
        """What must not stand in a message."""
        return []


@dataclass(frozen=True)
class Token(Way):
    """A token that the user has: given, in the environment, or in the file where C(vault login) leaves it."""

    token: str = field(default="", repr=False)

    @classmethod
    def read(cls, words: Words) -> Way:
        return cls(token=words.secret_or_file("token", "token_file", TOKEN_FILE) or "")

    def sign_in(self, client: t.Any) -> t.Any:
        client.token = self.token

    def secrets(self) -> list[str]:
        return [self.token]


@dataclass(frozen=True)
class AppRole(Way):
    """A role for machines. Some roles need no secret_id."""

    role_id: str = ""
    secret_id: str | None = field(default=None, repr=False)

    @classmethod
    def read(cls, words: Words) -> Way:
        mount = words.path("auth_mount") or "approle"
        return cls(mount, words.text("role_id", needed=True) or "", words.text("secret_id"))

    def sign_in(self, client: t.Any) -> t.Any:
        return client.auth.approle.login(self.role_id, self.secret_id, mount_point=self.mount)

    def secrets(self) -> list[str]:
        return [self.role_id, self.secret_id or ""]


@dataclass(frozen=True)
class Userpass(Way):
    """A user of Vault's own."""

    username: str = ""
    password: str = field(default="", repr=False)
    default_mount: t.ClassVar[str] = "userpass"

    @classmethod
    def read(cls, words: Words) -> Way:
        mount = words.path("auth_mount") or cls.default_mount
        return cls(mount, words.text("username", needed=True) or "", words.text("password", needed=True) or "")

    def sign_in(self, client: t.Any) -> t.Any:
        # hvac puts the name into the address as it is.
        return client.auth.userpass.login(quote(self.username, safe=""), self.password, mount_point=self.mount)

    def secrets(self) -> list[str]:
        return [self.password]


@dataclass(frozen=True)
class Ldap(Userpass):
    """A user of a directory."""

    default_mount: t.ClassVar[str] = "ldap"

    def sign_in(self, client: t.Any) -> t.Any:
        return client.auth.ldap.login(self.username, self.password, mount_point=self.mount)


@dataclass(frozen=True)
class Jwt(Way):
    """A signed JSON Web Token, as CI systems give one to their jobs."""

    role: str = ""
    jwt: str = field(default="", repr=False)

    @classmethod
    def read(cls, words: Words) -> Way:
        mount = words.path("auth_mount") or "jwt"
        return cls(mount, words.text("role") or "", words.secret_or_file("jwt", "jwt_file", "") or "")

    def sign_in(self, client: t.Any) -> t.Any:
        return client.auth.jwt.jwt_login(self.role, self.jwt, path=self.mount)

    def secrets(self) -> list[str]:
        return [self.jwt]


@dataclass(frozen=True)
class Kubernetes(Jwt):
    """The token of a pod's service account."""

    @classmethod
    def read(cls, words: Words) -> Way:
        mount = words.path("auth_mount") or "kubernetes"
        role = words.text("role", needed=True) or ""
        return cls(mount, role, words.secret_or_file("jwt", "jwt_file", SERVICE_ACCOUNT) or "")

    def sign_in(self, client: t.Any) -> t.Any:
        return client.auth.kubernetes.login(self.role, self.jwt, mount_point=self.mount)


@dataclass(frozen=True)
class Cert(Way):
    """A client certificate. role: the name of one of Vault's certificates; it tries all where there is none."""

    client_cert: str = ""
    client_key: str | None = None
    role: str = ""

    @classmethod
    def read(cls, words: Words) -> Way:
        mount = words.path("auth_mount") or "cert"
        client_cert = words.file("client_cert", needed=True) or ""
        return cls(mount, client_cert, words.file("client_key"), words.text("role") or "")

    def sign_in(self, client: t.Any) -> t.Any:
        # The session brings the certificate. hvac's own method refuses to do without validate_certs.
        role = {"name": self.role} if self.role else {}
        return client.adapter.login(f"/v1/auth/{quote(self.mount)}/login", json=role)

    @property
    def files(self) -> str | tuple[str, str]:
        """The certificate and its key, which may stand in one file."""
        return (self.client_cert, self.client_key) if self.client_key else self.client_cert


WAYS: dict[str, t.Any] = {
    "token": Token,
    "approle": AppRole,
    "userpass": Userpass,
    "ldap": Ldap,
    "jwt": Jwt,
    "kubernetes": Kubernetes,
    "cert": Cert,
}
