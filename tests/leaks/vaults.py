# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The OpenBaos that keep secrets for the playbooks, what stands before them and does harm, and who may sign in."""

from __future__ import annotations

import contextlib
from typing import Any

import environment
import vault_ways
from canaries import SECRETS, WORD
from echo import VAULT_FORMS, vault_echo
from fault_proxy import FaultProxy
from jwt_issuer import JwtIssuer
from ldap_server import LdapServer
from token_review import TokenReview
from vault_server import VaultServer

READ = "/data/"
SLOW = 60  # seconds; whoever waits for that is killed before
STORED = {
    "pem": {"pem": SECRETS["stored_pem"]},
    "data": SECRETS["stored_data"],
    "several": {
        "number": SECRETS["stored_number"],
        "short": SECRETS["stored_short"],
        "none": None,
        "masked": SECRETS["stored_masked"],
        "data": SECRETS["stored_data"],
        **SECRETS["stored_wrong"],
    },
    "uri": {"conn_uri": SECRETS["stored_uri"]},
    "json": {"conn_uri": SECRETS["stored_json"]},
    "fields": {"conn_type": "http", "port": 5432, **SECRETS["stored_open"], **SECRETS["stored_fields"]},
    "value": {"value": SECRETS["stored_value"]},
    "wrong_uri": {"conn_uri": SECRETS["stored_wrong_uri"]},
    "wrong_json": {"conn_uri": SECRETS["stored_wrong_json"]},
    "wrong_password": {"conn_type": "http", "password": SECRETS["stored_wrong"]},
    "wrong_port": {"conn_type": "http", "port": SECRETS["stored_wrong_port"]},
    "wrong_value": {"value": SECRETS["stored_wrong"]},
    "masked": {"conn_type": "http", "password": SECRETS["stored_masked"]},
    "empty": {},
}
# In which form, and of which way to sign in, a Vault says back what it was sent. All others are in test_leaks.py.
ECHOES = {"json": "token", "decoded": "userpass", "repr": "approle", "html": "jwt", "deleted": "token", "redirect": "token"}

Option = dict[str, Any]


class Vaults:
    """A with statement starts and stops them.

    ways: an option C(vault) for each way to sign in. refused: some with which Vault refuses it. harmed: some by way of
    a server that does harm.
    """

    def __init__(self) -> None:
        self.proxies: dict[str, FaultProxy] = {}
        self.vault, self.sealed = VaultServer(), VaultServer()
        # With LDAP, which newer ones have as a plugin that no package brings.
        self.tls = VaultServer(str(environment.ensure("openbao-2.6") / "bin" / "bao"), tls=True)
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> Vaults:
        for server in (self.vault, self.sealed, self.tls):
            self._stack.enter_context(server)
        self.sealed.seal()
        _store(self.vault)
        _store(self.tls)
        self.url = self._proxy("vault").url
        self.ways = self._prepared()
        self.refused = self._refused()
        self.harmed = self._harmed()
        return self

    def __exit__(self, *unused: object) -> None:
        self._stack.close()

    def _proxy(self, name: str) -> FaultProxy:
        self.proxies[name] = self._stack.enter_context(FaultProxy(self.vault.url))
        return self.proxies[name]

    @property
    def options(self) -> dict[str, dict[str, Option]]:
        """For the playbooks."""
        return {"ways": self.ways, "refused": self.refused, "harmed": self.harmed}

    def _prepared(self) -> dict[str, Option]:
        root, tls_root = self.vault.client(), self.tls.client()
        directory = self._stack.enter_context(LdapServer({vault_ways.USER: SECRETS["directory_password"]}))
        cluster = self._stack.enter_context(TokenReview())
        policies = [vault_ways.reader(root, mount) for mount in ("secret", "old")]
        rights = 'capabilities = ["create", "read", "update", "delete", "list"]'
        root.sys.create_or_update_policy("writer", "".join(
            f'path "secret/{part}/leaks_backend/*" {{ {rights} }}\n' for part in ("data", "metadata")))
        plain = {
            "token": vault_ways.token(root, policies, id=SECRETS["vault_token"]),
            "writer": vault_ways.token(root, [*policies, "writer"]),
            "approle": {**vault_ways.approle(root, policies=policies), "secret_id": SECRETS["secret_id"]},
            "userpass": {
                **vault_ways.userpass(root, policies=policies, password=SECRETS["user_password"]),
                "password": SECRETS["user_password"],
            },
            "jwt": vault_ways.jwt(root, policies=policies),
            "kubernetes": vault_ways.kubernetes(root, cluster, policies=policies),
        }
        root.write_data(
            f"auth/approle/role/{vault_ways.ROLE}/custom-secret-id", data={"secret_id": SECRETS["secret_id"]}
        )
        for method in ("approle", "userpass"):  # else who is refused under one ansible-core is locked out under the next
            root.write_data(f"sys/auth/{method}/tune", data={"user_lockout_config": {"lockout_disable": True}})
        by_tls = {"ldap": vault_ways.ldap(tls_root, directory), "cert": vault_ways.cert(tls_root, self.tls)}
        return {
            **{name: {"url": self.url, "retries": 0, **way} for name, way in plain.items()},
            **{
                name: {"url": self.tls.url, "ca_path": str(self.tls.ca_path), "retries": 0, **way}
                for name, way in by_tls.items()
            },
        }

    def _refused(self) -> dict[str, Option]:
        ways = self.ways
        wrong, wrong_token = SECRETS["wrong_credential"], SECRETS["wrong_vault_token"]
        return {
            "unknown": {**ways["token"], "token": wrong_token},
            "expired": {**ways["token"], **vault_ways.token(self.vault.client(), ttl="1s")},
            "approle": {**ways["approle"], "secret_id": wrong},
            "userpass": {**ways["userpass"], "password": wrong},
            "ldap": {**ways["ldap"], "password": wrong},
            "jwt": {**ways["jwt"], "jwt": JwtIssuer().sign(sub=vault_ways.USER, aud="vault")},
            "kubernetes": {**ways["kubernetes"], "jwt": wrong_token},
            "cert": {
                **ways["cert"],
                "client_cert": str(self.tls.stranger_cert),
                "client_key": str(self.tls.stranger_key),
            },
            "nowhere": {**ways["approle"], "auth_mount": "no/where"},
        }

    def _harmed(self) -> dict[str, Option]:
        token, approle = self.ways["token"], self.ways["approle"]
        self._proxy("vault_busy").answer(429, '{"errors": []}', path=READ, times=None)
        self._proxy("vault_cut").cut(path=READ, times=None)
        self._proxy("vault_truncated").truncate(40, path=READ, times=None)
        self._proxy("vault_slow").delay(SLOW, path=READ, times=None)
        for form, status in VAULT_FORMS:
            proxy = self._proxy(f"vault_echo_{form}")
            proxy.add(vault_echo(proxy, form, status), times=None)
        signed_in = self._proxy("vault_signed_in")  # says back the token that it handed out
        signed_in.add(vault_echo(signed_in, "decoded", 500), path=READ, times=None)
        return {
            **{name: {**approle, "url": self.proxies[f"vault_{name}"].url} for name in ("busy", "cut", "truncated", "signed_in")},
            **{
                f"echo_{form}": {**self.ways[way], "url": self.proxies[f"vault_echo_{form}"].url}
                for form, way in ECHOES.items()
            },
            "slow": {**approle, "url": self.proxies["vault_slow"].url, "timeout": 1},
            "sealed": {**approle, "url": self.sealed.url},
            "gone": {**token, "url": "http://127.0.0.1:1"},
            "untrusted": {**token, "url": self.tls.url},
        }

    def secrets(self) -> dict[str, Any]:
        """What opens a Vault, beside the canaries: made by the servers, and handed out by them so far.

        The tokens of who signs in by TLS no proxy sees; see places.tokens.
        """
        options = [*self.ways.values(), *self.refused.values()]
        sent = [request.headers.get("X-Vault-Token") for proxy in self.proxies.values() for request in proxy.requests]
        roots = [server.root_token for server in (self.vault, self.sealed, self.tls)]
        named = {
            "token of Vault": [*sent, *roots, *(option.get("token") for option in options)],
            "secret_id": [option.get("secret_id") for option in options],
            # Beginnings, so that no piece of one is missed; all have the same head.
            "JWT": [part[:20] for option in options for part in option.get("jwt", "").split(".")[1:]],
            "key of a certificate": [path.read_text() for path in (self.tls.client_key, self.tls.stranger_key)],
        }
        return {
            f"{name} {number}": each
            for name, some in named.items()
            for number, each in enumerate(sorted({each for each in some if each and not WORD.search(each)}))
        }


def _store(server: VaultServer) -> None:
    root = server.client()
    kv = root.secrets.kv
    for name, secret in STORED.items():
        kv.v2.create_or_update_secret(f"leaks/{name}", secret)
    for version in ("stored_password", "stored_rotated"):
        kv.v2.create_or_update_secret("leaks/password", {"password": SECRETS[version], "user": "me"})
    for version in (1, 2, 3):
        kv.v2.create_or_update_secret("leaks/gone", {"password": f"{SECRETS['stored_once']} {version}"})
    kv.v2.delete_secret_versions("leaks/gone", [2, 3])
    kv.v2.destroy_secret_versions("leaks/gone", [1])
    root.sys.enable_secrets_engine("kv", path="old", options={"version": "1"})
    kv.v1.create_or_update_secret("leaks", {"password": SECRETS["stored_of_version_1"]}, mount_point="old")
