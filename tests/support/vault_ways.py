# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every way to sign in to a Vault, prepared on a running server as root; each gives the options that a user writes.

    root = vault.client()
    approle(root)                                          # {'auth_method': 'approle', 'role_id': ..., ...}
    approle(root, auth_mount="ci", token_type="batch")     # mounted elsewhere; how the token is to be
    ldap(root, directory), kubernetes(root, cluster), cert(root, vault)

Who signs in may read everything below secret/, unless `policies` names others. Other words, such as `token_ttl`, are
written to the role as they are. OpenBao has LDAP built in up to 2.6.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jwt_issuer import JwtIssuer

if TYPE_CHECKING:
    import hvac
    from ldap_server import LdapServer
    from token_review import TokenReview
    from vault_server import VaultServer

Way = dict[str, str]
USER, PASSWORD = "windsock", "password-of-windsock"
ROLE = "windsock"
NAMESPACE = "airflow"


def reader(root: hvac.Client, mount: str = "secret") -> str:
    """The name of a policy that may read everything below a mount."""
    name = f"read-{mount}".replace("/", "-")
    root.sys.create_or_update_policy(name, f'path "{mount}/*" {{ capabilities = ["read"] }}')
    return name


def token(root: hvac.Client, policies: list[str] | None = None, **how: Any) -> Way:
    created = root.auth.token.create(policies=rights(root, policies)["token_policies"], **how)
    return {"auth_method": "token", "token": created["auth"]["client_token"]}


def userpass(root: hvac.Client, auth_mount: str = "", policies: list[str] | None = None, **how: Any) -> Way:
    at = mounted(root, "userpass", auth_mount)
    root.write_data(f"auth/{at}/users/{USER}", data={"password": PASSWORD, **rights(root, policies), **how})
    return {**named("userpass", auth_mount), "username": USER, "password": PASSWORD}


def approle(root: hvac.Client, auth_mount: str = "", policies: list[str] | None = None, **how: Any) -> Way:
    at = mounted(root, "approle", auth_mount)
    role = f"auth/{at}/role/{ROLE}"
    root.write_data(role, data={**rights(root, policies), **how})
    return {
        **named("approle", auth_mount),
        "role_id": root.read(f"{role}/role-id")["data"]["role_id"],
        "secret_id": root.write_data(f"{role}/secret-id")["data"]["secret_id"],
    }


def ldap(root: hvac.Client, directory: LdapServer, auth_mount: str = "", policies: list[str] | None = None,
         **how: Any) -> Way:
    """As the first of the directory's users."""
    at = mounted(root, "ldap", auth_mount)
    root.write_data(f"auth/{at}/config", data={
        "url": directory.url, "userdn": directory.people, "userattr": "uid", **rights(root, policies), **how})
    username, password = next(iter(directory.users.items()))
    return {**named("ldap", auth_mount), "username": username, "password": password}


def jwt(root: hvac.Client, auth_mount: str = "", policies: list[str] | None = None, **how: Any) -> Way:
    at = mounted(root, "jwt", auth_mount)
    issuer = JwtIssuer()
    root.write_data(f"auth/{at}/config", data={"jwt_validation_pubkeys": issuer.public_key})
    root.write_data(f"auth/{at}/role/{ROLE}", data={
        "role_type": "jwt", "user_claim": "sub", "bound_audiences": "vault", **rights(root, policies), **how})
    return {**named("jwt", auth_mount), "role": ROLE, "jwt": issuer.sign(sub=USER, aud="vault")}


def kubernetes(root: hvac.Client, cluster: TokenReview, auth_mount: str = "", policies: list[str] | None = None,
               **how: Any) -> Way:
    at = mounted(root, "kubernetes", auth_mount)
    root.write_data(f"auth/{at}/config", data={
        "kubernetes_host": cluster.url, "kubernetes_ca_cert": cluster.ca,
        "disable_local_ca_jwt": True})  # where the tests run in a pod, it would take the pod's
    root.write_data(f"auth/{at}/role/{ROLE}", data={
        "bound_service_account_names": USER, "bound_service_account_namespaces": NAMESPACE,
        **rights(root, policies), **how})
    return {**named("kubernetes", auth_mount), "role": ROLE, "jwt": cluster.token(USER, NAMESPACE)}


def cert(root: hvac.Client, vault: VaultServer, auth_mount: str = "", policies: list[str] | None = None,
         **how: Any) -> Way:
    """Of a server with TLS."""
    at = mounted(root, "cert", auth_mount)
    root.write_data(f"auth/{at}/certs/{ROLE}", data={
        "certificate": vault.client_ca_path.read_text(), **rights(root, policies), **how})
    return {**named("cert", auth_mount), "role": ROLE,
            "client_cert": str(vault.client_cert), "client_key": str(vault.client_key)}


def mounted(root: hvac.Client, method: str, auth_mount: str) -> str:
    """Where the method is; it is switched on there if it was not."""
    at = auth_mount or method
    if f"{at}/" not in root.sys.list_auth_methods()["data"]:
        root.sys.enable_auth_method(method, path=at)
    return at


def rights(root: hvac.Client, policies: list[str] | None) -> dict[str, Any]:
    return {"token_policies": [reader(root)] if policies is None else policies}


def named(method: str, auth_mount: str) -> Way:
    return {"auth_method": method, **({"auth_mount": auth_mount} if auth_mount else {})}
