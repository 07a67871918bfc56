# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every way to sign in to a real Vault. No Airflow is needed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import environment
import pytest
import vault_ways
from fault_proxy import FaultProxy
from hvac.exceptions import Forbidden
from jwt_issuer import JwtIssuer
from ldap_server import LdapServer
from references import passwords, refusals, to, trouble
from token_review import TokenReview
from vault_server import VaultServer, programs

REFERENCE = to("team/db", "password")


@pytest.fixture(scope="module", params=programs())
def vault(request: pytest.FixtureRequest) -> Iterator[VaultServer]:
    """With TLS, which a client's certificate needs."""
    with VaultServer(program=request.param, tls=True) as vault:
        stored(vault)
        yield vault


@pytest.fixture(scope="module")
def plain_vault() -> Iterator[VaultServer]:
    with VaultServer() as vault:
        stored(vault)
        yield vault


@pytest.fixture
def proxy(plain_vault: VaultServer) -> Iterator[FaultProxy]:
    """To see what is asked."""
    with FaultProxy(plain_vault.url) as proxy:
        yield proxy


@pytest.fixture
def root(vault: VaultServer) -> Any:
    return vault.client()


def stored(vault: VaultServer) -> None:
    vault.client().secrets.kv.v2.create_or_update_secret("team/db", {"password": "stored"})


def leads_in(vault: VaultServer, way: dict[str, Any], **wrong: Any) -> str:
    """A way does; with something else in it, it does not. Returns the sentence then told."""
    option = {"url": vault.url, **({"ca_path": str(vault.ca_path)} if vault.tls else {}), **way}
    assert passwords(option, REFERENCE) == ["stored"]
    told = trouble({**option, **wrong}, REFERENCE)
    assert not [word for word in ("token", "secret_id", "password", "jwt") if word in wrong and wrong[word] in told]
    assert told.endswith("Nothing was changed, since connection 'c0': password needs a secret from there")
    return told


def test_token(vault: VaultServer, root: Any) -> None:
    assert "does not accept the token" in leads_in(vault, vault_ways.token(root), token="s.unknown")


def test_a_token_that_was_revoked(vault: VaultServer, root: Any) -> None:
    way = vault_ways.token(root)
    root.auth.token.revoke(way["token"])
    told = trouble({"url": vault.url, "ca_path": str(vault.ca_path), **way}, REFERENCE)
    assert "does not accept the token: it has expired, was revoked or used up" in told


@pytest.mark.parametrize("auth_mount", ["", "ci/deploy"])
def test_approle(vault: VaultServer, root: Any, auth_mount: str) -> None:
    way = vault_ways.approle(root, auth_mount=auth_mount)
    assert way.get("auth_mount", "") == auth_mount
    told = leads_in(vault, way, secret_id="wrong-secret-id")
    assert "refuses the sign-in with approle (invalid role or secret ID)" in told


def test_approle_without_a_secret_id(vault: VaultServer, root: Any) -> None:
    way = vault_ways.approle(root, auth_mount="open")
    del way["secret_id"]
    open_role = {"bind_secret_id": False, "token_bound_cidrs": "127.0.0.1/32"}
    root.write_data(f"auth/open/role/{vault_ways.ROLE}", data=open_role)
    leads_in(vault, way, role_id="wrong-role-id")


def test_userpass(vault: VaultServer, root: Any) -> None:
    told = leads_in(vault, vault_ways.userpass(root), password="wrong-password")
    assert "refuses the sign-in with userpass (invalid username or password)" in told


def test_jwt(vault: VaultServer, root: Any) -> None:
    wrong = JwtIssuer().sign(sub="windsock", aud="vault")
    assert "refuses the sign-in with jwt (error validating token" in leads_in(vault, vault_ways.jwt(root), jwt=wrong)


def test_kubernetes(vault: VaultServer, root: Any) -> None:
    with TokenReview() as cluster, TokenReview() as other:
        told = leads_in(vault, vault_ways.kubernetes(root, cluster), jwt=other.token("windsock", "airflow"))
        assert "refuses the sign-in with kubernetes" in told
        told = leads_in(vault, vault_ways.kubernetes(root, cluster), role="nobody")
        assert 'refuses the sign-in with kubernetes (invalid role name "nobody")' in told


def test_cert(vault: VaultServer, root: Any) -> None:
    way = vault_ways.cert(root, vault)
    stranger = {"client_cert": str(vault.stranger_cert), "client_key": str(vault.stranger_key)}
    assert "refuses the sign-in with cert (invalid certificate" in leads_in(vault, way, **stranger)
    leads_in(vault, {**way, "role": ""}, role="nobody")


def test_a_certificate_with_its_key_in_one_file(vault: VaultServer, root: Any, tmp_path: Any) -> None:
    way = vault_ways.cert(root, vault)
    both = tmp_path / "both.pem"
    both.write_text(vault.client_key.read_text() + vault.client_cert.read_text())
    del way["client_key"]
    option = {"url": vault.url, "validate_certs": False, **way, "client_cert": str(both)}
    assert passwords(option, REFERENCE) == ["stored"]


def test_ldap() -> None:
    """Newer ones have it as a plugin that no package brings."""
    with (
        VaultServer(program=str(environment.ensure("openbao-2.6") / "bin" / "bao")) as vault,
        LdapServer({"ann": "password-of-ann"}) as directory,
    ):
        stored(vault)
        told = leads_in(vault, vault_ways.ldap(vault.client(), directory), password="wrong-password")
        assert "refuses the sign-in with ldap (ldap operation failed: failed to bind as user)" in told


@pytest.mark.parametrize("prepare", [vault_ways.approle, vault_ways.jwt, vault_ways.userpass])
def test_a_way_that_is_not_mounted_there(vault: VaultServer, root: Any, prepare: Any) -> None:
    told = leads_in(vault, prepare(root), auth_mount="else/where")
    assert "(auth_mount else/where) refuses the sign-in with" in told and "or has no such way to sign in" in told


# -- certificates


def test_who_checks_certificates_needs_the_right_authority(vault: VaultServer, root: Any) -> None:
    option = {"url": vault.url, **vault_ways.approle(root)}
    assert passwords({**option, "ca_path": str(vault.ca_path)}, REFERENCE) == ["stored"]
    assert passwords(option, REFERENCE, environment={"VAULT_CACERT": str(vault.ca_path)}) == ["stored"]
    assert passwords({**option, "validate_certs": False}, REFERENCE) == ["stored"]
    for more in ({}, {"ca_path": str(vault.client_ca_path)}):
        told = trouble({**option, **more}, REFERENCE)
        assert f"the TLS connection to {vault.url} failed (certificate verify failed: " in told
        assert "see vault.ca_path and vault.validate_certs" in told


def test_files_that_are_no_certificates(vault: VaultServer, root: Any, tmp_path: Any) -> None:
    (tmp_path / "none.pem").write_text("no certificate")
    none = str(tmp_path / "none.pem")
    told = trouble({"url": vault.url, "ca_path": none, **vault_ways.approle(root)}, REFERENCE)
    assert "vault.ca_path" in told and told.endswith("password needs a secret from there")
    way = {"url": vault.url, "ca_path": str(vault.ca_path), **vault_ways.cert(root, vault)}
    for wrong in ({"client_cert": none}, {"client_key": none}, {"client_key": str(vault.stranger_key)}):
        told = trouble({**way, **wrong}, REFERENCE)
        assert "vault.client_key" in told or "the TLS connection to" in told


def test_a_certificate_of_the_environment_is_not_ours(vault: VaultServer, root: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """hvac would take it."""
    monkeypatch.setattr("hvac.v1.VAULT_CLIENT_CERT", "/nowhere.pem")
    option = {"url": vault.url, "ca_path": str(vault.ca_path), **vault_ways.approle(root)}
    assert passwords(option, REFERENCE) == ["stored"]


# -- what Vault's own tools leave


def test_the_environment_says_what_the_task_does_not(plain_vault: VaultServer) -> None:
    way = vault_ways.approle(plain_vault.client())
    told = {"VAULT_ADDR": plain_vault.url, "VAULT_ROLE_ID": way["role_id"], "VAULT_SECRET_ID": way["secret_id"]}
    assert passwords({}, REFERENCE, environment=told) == ["stored"]
    token = vault_ways.token(plain_vault.client())["token"]
    assert passwords({}, REFERENCE, environment={"VAULT_ADDR": plain_vault.url, "VAULT_TOKEN": token}) == ["stored"]
    # What the task says comes first.
    wrong = {"VAULT_ADDR": "http://127.0.0.1:1", "VAULT_TOKEN": "s.unknown"}
    option = {"url": plain_vault.url, "role_id": way["role_id"], "secret_id": way["secret_id"]}
    assert passwords(option, REFERENCE, environment=wrong) == ["stored"]


def test_the_token_file(plain_vault: VaultServer, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    option = {"url": plain_vault.url}
    (missing,) = refusals(option, REFERENCE)
    assert missing == "vault.token: is missing; token_file or VAULT_TOKEN or ~/.vault-token may hold it too"
    (tmp_path / ".vault-token").write_text(vault_ways.token(plain_vault.client())["token"] + "\n")
    assert passwords(option, REFERENCE) == ["stored"]
    (tmp_path / "mine").write_text("s.unknown")
    assert "does not accept the token" in trouble({**option, "token_file": str(tmp_path / "mine")}, REFERENCE)


def test_the_file_of_a_json_web_token(plain_vault: VaultServer, tmp_path: Any) -> None:
    way = vault_ways.jwt(plain_vault.client())
    (tmp_path / "jwt").write_text(way.pop("jwt"))
    option = {"url": plain_vault.url, **way, "jwt_file": str(tmp_path / "jwt")}
    assert passwords(option, REFERENCE) == ["stored"]


# -- the token's life


def tokens_of(proxy: FaultProxy) -> set[str]:
    return {request.headers["X-Vault-Token"] for request in proxy.requests if "X-Vault-Token" in request.headers}


def asked(proxy: FaultProxy) -> list[str]:
    return [f"{request.method} {request.path.removeprefix('/v1/')}" for request in proxy.requests]


def test_one_login_and_its_token_is_revoked(plain_vault: VaultServer, proxy: FaultProxy) -> None:
    root = plain_vault.client()
    passwords({"url": proxy.url, **vault_ways.approle(root)}, REFERENCE, REFERENCE)
    assert asked(proxy) == [
        "POST auth/approle/login", "GET secret/data/team/db", "POST auth/token/revoke-self",
    ]
    (token,) = tokens_of(proxy)
    with pytest.raises(Forbidden):
        root.auth.token.lookup(token)


def test_it_is_revoked_after_a_failure_too(plain_vault: VaultServer, proxy: FaultProxy) -> None:
    root = plain_vault.client()
    option = {"url": proxy.url, "retries": 0, **vault_ways.approle(root)}
    refusals(option, to("nowhere", "x"))
    proxy.cut(path="/data/")
    trouble(option, REFERENCE)
    assert asked(proxy).count("POST auth/token/revoke-self") == 2
    for token in tokens_of(proxy):
        with pytest.raises(Forbidden):
            root.auth.token.lookup(token)


def test_the_users_own_token_is_not_revoked(plain_vault: VaultServer, proxy: FaultProxy) -> None:
    way = vault_ways.token(plain_vault.client())
    passwords({"url": proxy.url, **way}, REFERENCE)
    assert asked(proxy) == ["GET secret/data/team/db"]
    assert plain_vault.client().auth.token.lookup(way["token"])


def test_a_batch_token_cannot_be_revoked_and_nobody_tries(plain_vault: VaultServer, proxy: FaultProxy) -> None:
    way = vault_ways.approle(plain_vault.client(), auth_mount="batch", token_type="batch")
    passwords({"url": proxy.url, **way}, REFERENCE)
    assert asked(proxy) == ["POST auth/batch/login", "GET secret/data/team/db"]


def test_who_may_not_revoke_reads_all_the_same(plain_vault: VaultServer, proxy: FaultProxy) -> None:
    way = vault_ways.approle(plain_vault.client(), auth_mount="bare", token_no_default_policy=True)
    assert passwords({"url": proxy.url, **way}, REFERENCE) == ["stored"]
    assert proxy.requests[-1].status == 403


# -- namespaces


def test_a_namespace(plain_vault: VaultServer) -> None:
    plain_vault.client().write_data("sys/namespaces/team1", data={})
    root = plain_vault.client(namespace="team1")
    root.sys.enable_secrets_engine("kv", path="secret", options={"version": "1"})
    root.secrets.kv.v1.create_or_update_secret("team/db", {"password": "of team1"})
    way = vault_ways.approle(root)
    option = {"url": plain_vault.url, "namespace": "team1", **way}
    assert passwords(option, REFERENCE) == ["of team1"]
    del option["namespace"]
    assert passwords(option, REFERENCE, environment={"VAULT_NAMESPACE": "team1/"}) == ["of team1"]
    assert refusals({**option, "namespace": "team1"}, to("none", "x"))[0].endswith(
        "Vault has no secret at secret/none in the namespace team1"
    )
    told = trouble({**option, "namespace": "team2"}, REFERENCE)
    assert "(auth_mount approle in the namespace team2) has no such way to sign in: approle" in told
