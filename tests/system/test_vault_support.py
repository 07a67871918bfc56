# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every way to sign in to a real Vault leads in, and no other credential does. No Airflow is needed."""

from __future__ import annotations

from collections.abc import Iterator

import hvac
import pytest
import vault_ways
from hvac.exceptions import Forbidden, InvalidRequest
from jwt_issuer import JwtIssuer
from ldap_server import LdapServer
from token_review import TokenReview
from vault_server import VaultServer
from vault_ways import Way


@pytest.fixture(scope="module")
def vault() -> Iterator[VaultServer]:
    """With TLS, which a client's certificate needs."""
    with VaultServer(tls=True) as vault:
        vault.client().secrets.kv.v2.create_or_update_secret("team/db", {"password": "stored"})
        yield vault


@pytest.fixture(scope="module")
def directory(vault: VaultServer) -> Iterator[LdapServer]:
    if "ldap" not in vault.client().read("sys/plugins/catalog")["data"]["auth"]:
        pytest.skip("LDAP is not built into OpenBao 2.7 and newer")
    with LdapServer({"ann": "password-of-ann"}) as directory:
        yield directory


@pytest.fixture(scope="module")
def cluster() -> Iterator[TokenReview]:
    with TokenReview() as cluster:
        yield cluster


def sign_in(vault: VaultServer, way: Way) -> hvac.Client:
    options = dict(way)
    method = options.pop("auth_method")
    at = options.pop("auth_mount", method)
    if method == "token":
        return vault.client(token=options["token"])
    certificate = (options.pop("client_cert"), options.pop("client_key")) if method == "cert" else ()
    if method == "cert":
        options["name"] = options.pop("role")
    user = f"/{options.pop('username')}" if "username" in options else ""
    client = vault.client(token="", cert=certificate)
    client.token = client.write_data(f"auth/{at}/login{user}", data=options)["auth"]["client_token"]
    return client


def read(client: hvac.Client) -> str:
    return client.secrets.kv.v2.read_secret_version("team/db", raise_on_deleted_version=True)["data"]["data"]["password"]


def leads_in(vault: VaultServer, way: Way, **wrong: str) -> None:
    assert read(sign_in(vault, way)) == "stored"
    with pytest.raises((Forbidden, InvalidRequest)):
        read(sign_in(vault, {**way, **wrong}))


def test_token(vault: VaultServer) -> None:
    leads_in(vault, vault_ways.token(vault.client()), token="s.unknown")


def test_userpass(vault: VaultServer) -> None:
    leads_in(vault, vault_ways.userpass(vault.client()), password="wrong")


@pytest.mark.parametrize("auth_mount", ["", "ci/deploy"])
def test_approle(vault: VaultServer, auth_mount: str) -> None:
    way = vault_ways.approle(vault.client(), auth_mount=auth_mount)
    assert way.get("auth_mount", "") == auth_mount
    leads_in(vault, way, secret_id="wrong")


def test_ldap(vault: VaultServer, directory: LdapServer) -> None:
    leads_in(vault, vault_ways.ldap(vault.client(), directory), password="wrong")


def test_jwt(vault: VaultServer) -> None:
    leads_in(vault, vault_ways.jwt(vault.client()), jwt=JwtIssuer().sign(sub="windsock", aud="vault"))


def test_kubernetes(vault: VaultServer, cluster: TokenReview) -> None:
    with TokenReview() as other:
        leads_in(vault, vault_ways.kubernetes(vault.client(), cluster), jwt=other.token("windsock", "airflow"))


def test_cert(vault: VaultServer) -> None:
    leads_in(vault, vault_ways.cert(vault.client(), vault),
             client_cert=str(vault.stranger_cert), client_key=str(vault.stranger_key))


def test_who_signs_in_may_do_what_the_policies_say_and_gets_the_token_that_was_asked_for(vault: VaultServer) -> None:
    root = vault.client()
    client = sign_in(vault, vault_ways.userpass(root, auth_mount="others", policies=["default"], token_type="batch"))
    assert client.auth.token.lookup_self()["data"]["type"] == "batch"
    with pytest.raises(Forbidden):
        read(client)
