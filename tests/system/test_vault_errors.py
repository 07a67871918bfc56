# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a user is told when a secret cannot be had from a real Vault. No Airflow is needed."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
import vault_ways
from fault_proxy import FaultProxy
from references import passwords, refusals, to, trouble
from vault_server import VaultServer, programs

FINE = to("team/db", "password")
NEEDED = "Nothing was changed, since connection 'c0': password needs a secret from there"


@pytest.fixture(scope="module", params=programs())
def vault(request: pytest.FixtureRequest) -> Iterator[VaultServer]:
    with VaultServer(program=request.param) as vault:
        root = vault.client()
        kv = root.secrets.kv
        kv.v2.create_or_update_secret("team/db", {"password": "stored", "user": "etl"})
        kv.v2.create_or_update_secret("team/only", {"pw": "the only one"})
        kv.v2.create_or_update_secret("team/typed", {"number": 5, "flag": True, "none": None, "dict": {"a": 1}})
        kv.v2.create_or_update_secret("team/empty", {})
        kv.v2.create_or_update_secret("team/masked", {"pw": "be***en"})
        for number in (1, 2, 3):
            kv.v2.create_or_update_secret("team/versions", {"pw": f"number {number}"})
        kv.v2.delete_secret_versions("team/versions", [2])
        kv.v2.destroy_secret_versions("team/versions", [1])
        root.sys.enable_secrets_engine("kv", path="old", options={"version": "1"})
        kv.v1.create_or_update_secret("db", {"pw": "of version 1"}, mount_point="old")
        kv.v1.create_or_update_secret("data/db", {"data": {"pw": "x"}, "metadata": {"a": 1}}, mount_point="old")
        root.sys.enable_secrets_engine("kv", path="deep/er", options={"version": "2"})
        kv.v2.create_or_update_secret("a b/ü?#%/c", {"pw": "awkward"}, mount_point="deep/er")
        root.sys.enable_secrets_engine("transit")
        yield vault


@pytest.fixture
def proxy(vault: VaultServer) -> Iterator[FaultProxy]:
    with FaultProxy(vault.url) as proxy:
        yield proxy


@pytest.fixture
def option(vault: VaultServer, proxy: FaultProxy) -> dict[str, Any]:
    """Of somebody who may read every KV engine, once without delay."""
    root = vault.client()
    policies = [vault_ways.reader(root, mount) for mount in ("secret", "old", "deep/er")]
    return {"url": proxy.url, "retries": 1, **vault_ways.approle(root, policies=policies)}


def limited(vault: VaultServer, proxy: FaultProxy, *paths: str, **how: Any) -> dict[str, Any]:
    """The option of somebody who may read only these paths."""
    root = vault.client()
    rules = "\n".join(f'path "{path}" {{ capabilities = ["read"] }}' for path in paths)
    root.sys.create_or_update_policy("limited", rules)
    return {"url": proxy.url, "retries": 1, **vault_ways.approle(root, auth_mount="limited", policies=["limited"], **how)}


# -- one secret


def test_all_that_is_there(option: dict[str, Any]) -> None:
    read = passwords(
        option, FINE, to("team/only"), to("/team/db/", "user"), to("team/versions", version=3), to("db", mount="old"),
        to("a b/ü?#%/c", mount="deep/er"), to("team/only", mount="secret"), to("team/only", version="1"),
    )  # fmt: skip
    assert read == [
        "stored", "the only one", "etl", "number 3", "of version 1", "awkward", "the only one", "the only one",
    ]  # fmt: skip


WRONG = {
    "missing": (to("team/none", "x"), "Vault has no secret at secret/team/none"),
    "key": (to("team/db", "pw"), "the secret at team/db has no key 'pw'; it has 'password', 'user'"),
    "which": (to("team/db"), "key: is missing, and the secret at team/db has more than one: 'password', 'user'"),
    "empty": (to("team/empty"), "the secret at team/empty is empty"),
    "number": (to("team/typed", "number"), "what Vault has at team/typed, key 'number' must be text, not a whole number"),
    "flag": (to("team/typed", "flag"), "what Vault has at team/typed, key 'flag' must be text, not a boolean"),
    "null": (to("team/typed", "none"), "what Vault has at team/typed, key 'none' must be text, not an empty value"),
    "dict": (to("team/typed", "dict"), "what Vault has at team/typed, key 'dict' must be text, not a dict"),
    "masked": (to("team/masked"), "what Vault has at team/masked is or contains '***', which is how Airflow shows a "
               "secret that it hides; written back it would destroy the secret"),
    "deleted": (to("team/versions", version=2),
                "version 2 of the secret at secret/team/versions is deleted (`vault kv undelete` brings it back)"),
    "destroyed": (to("team/versions", version=1), "version 1 of the secret at secret/team/versions was destroyed"),
    "version": (to("team/versions", version=9),
                "Vault has no secret at secret/team/versions, or no version 9 of it"),
    "with the mount": (to("secret/team/db", "password"),
                       "Vault has no secret at secret/secret/team/db; a path is given without secret/ before it"),
    "with data": (to("data/team/db", "password"),
                  "Vault has no secret at secret/data/team/db; a path is given without data/ before it"),
    "as the API has it": (to("secret/data/team/db", "password"),
                          "Vault has no secret at secret/secret/data/team/db; a path is given without secret/data/ before it"),
    "no versions": (to("db", version=1, mount="old"),
                    "version: the engine at old is KV version 1, which keeps no versions"),
    "missing in version 1": (to("none", mount="old"), "Vault has no secret at old/none"),
    "forbidden": (to("x", mount="nowhere"), "Vault does not permit to read nowhere/x: a policy of the token needs "
                  '`path "nowhere/data/x" { capabilities = ["read"] }`, or the mount nowhere is not the right one'),
}  # fmt: skip


def test_every_fault_is_told_at_once(option: dict[str, Any]) -> None:
    told = refusals(option, FINE, *(reference for reference, _told in WRONG.values()))
    assert told == [f"password: {reason}" for _reference, reason in WRONG.values()]


def test_each_by_itself(option: dict[str, Any]) -> None:
    """Also where it is the first thing that is known of its mount."""
    for reference, reason in WRONG.values():
        assert refusals(option, reference) == [f"password: {reason}"]


def test_no_engine_is_mounted_there(vault: VaultServer, proxy: FaultProxy) -> None:
    root = {"url": proxy.url, "token": vault.root_token}
    assert refusals(root, to("x", "y", mount="nowhere")) == ["password: Vault has no engine mounted at nowhere (mount)"]
    told = refusals(root, to("keys", "y", mount="transit"))
    assert told == ["password: the engine at transit is of the type transit, and secrets are read only of KV"]
    assert [request.path for request in proxy.requests if "/transit/" in request.path] == ["/v1/transit/data/keys"]


# -- which version of KV


@pytest.mark.parametrize("kv_version", [1, "1"])
def test_the_wrong_version_of_kv(option: dict[str, Any], kv_version: Any) -> None:
    told = refusals({**option, "kv_version": kv_version}, FINE)
    assert told == ["password: the engine at secret is KV version 2, not 1 (kv_version)"]
    told = refusals({**option, "kv_version": 2, "mount": "old"}, to("db"))
    assert told == ["password: the engine at old is KV version 1, not 2 (kv_version)"]


def test_the_version_of_kv_is_found_out(vault: VaultServer, proxy: FaultProxy) -> None:
    """Also by who has no right but to a single secret, and not even the default policy."""
    for path, reference, value in (("secret/data/team/db", FINE, "stored"), ("old/db", to("db", mount="old"), "of version 1")):
        for bare in (False, True):
            way = limited(vault, proxy, path, token_no_default_policy=bare)
            assert passwords(way, reference) == [value]


def test_a_secret_of_version_1_that_is_called_as_one_of_version_2(option: dict[str, Any], proxy: FaultProxy) -> None:
    told = refusals({**option, "mount": "old"}, to("db", "no such key"))
    assert told == ["password: the secret at db has no key 'no such key'; it has 'pw'"]
    assert passwords({**option, "mount": "old"}, to("db")) == ["of version 1"]


# -- rights


def test_who_may_not_read_is_told_the_line_that_would_allow_it(vault: VaultServer, proxy: FaultProxy) -> None:
    way = limited(vault, proxy, "secret/data/team/db", "old/db")
    told = refusals(way, FINE, to("team/only"), to("db", mount="old"), to("other", mount="old"))
    assert told == [
        'password: Vault does not permit to read secret/team/only: a policy of the token needs `path "secret/data/team/only" '
        '{ capabilities = ["read"] }`, or the mount secret is not the right one',
        'password: Vault does not permit to read old/other: a policy of the token needs `path "old/other" '
        '{ capabilities = ["read"] }`, or the mount old is not the right one',
    ]
    # The line that is told does it.
    way = limited(vault, proxy, "secret/data/team/only")
    assert passwords(way, to("team/only")) == ["the only one"]


# -- Vault itself


def test_a_sealed_vault(vault: VaultServer, option: dict[str, Any]) -> None:
    vault.seal()
    try:
        sealed = f"the Vault at {option['url']} is sealed: it has to be unsealed first. "
        assert trouble(option, FINE) == sealed + NEEDED
        assert trouble({"url": option["url"], "retries": 0, "token": "s.any"}, FINE, FINE) == sealed + (
            "Nothing was changed, since connection 'c0': password, and 1 more, need a secret from there"
        )
    finally:
        vault.unseal()


def test_a_rate_limit_of_vaults_own(vault: VaultServer, option: dict[str, Any]) -> None:
    root = vault.client()
    root.write_data("sys/quotas/rate-limit/few", data={"rate": 1, "interval": "2s", "path": "secret"})
    try:
        told = trouble({**option, "retries": 0}, *[to(f"team/{name}", "x") for name in "abcde"])
        assert f"{option['url']} has a rate limit, and it was still reached after 0 retries" in told
        assert passwords({**option, "retries": 8}, FINE, to("team/only")) == ["stored", "the only one"]
    finally:
        root.delete("sys/quotas/rate-limit/few")


def test_a_standby_without_an_active_one(option: dict[str, Any], proxy: FaultProxy) -> None:
    proxy.answer(500, '{"errors": ["local node not active but active cluster node not found"]}', path="/data/", times=None)
    assert trouble(option, FINE).startswith(f"{proxy.url} is a standby of Vault that does not answer requests: ")


STATUS = {
    412: "{url} does not have the newest state of Vault yet, also after 1 retries. ",
    429: "{url} has a rate limit, and it was still reached after 1 retries. ",
    472: "{url} is a standby of Vault that does not answer requests: give the address of the active one. ",
    473: "{url} is a standby of Vault that does not answer requests: give the address of the active one. ",
    500: "{url} answers HTTP 500 while reading secret/team/db, also after 1 retries (internal error). ",
    501: "the Vault at {url} is not initialized. ",
    502: "{url} answers HTTP 502 while reading secret/team/db, also after 1 retries (internal error). ",
    503: "{url} answers HTTP 503 while reading secret/team/db, also after 1 retries (internal error). ",
    400: "{url} answers HTTP 400 while reading secret/team/db (internal error). ",
}


@pytest.mark.parametrize("status", STATUS)
def test_an_answer_that_is_none(option: dict[str, Any], proxy: FaultProxy, status: int) -> None:
    proxy.answer(status, '{"errors": ["internal error"]}', path="/data/", times=None)
    assert trouble(option, FINE) == STATUS[status].format(url=proxy.url) + NEEDED
    again = status in (412, 429, 500, 502, 503)
    assert len(reads(proxy)) == 1 + again
    assert proxy.requests[-1].path == "/v1/auth/token/revoke-self"


@pytest.mark.parametrize("status", [400, 403, 404])
def test_what_another_try_would_only_repeat_is_not_tried_again(
    option: dict[str, Any], proxy: FaultProxy, status: int
) -> None:
    proxy.answer(status, '{"errors": ["permission denied"]}', path="/login", times=None)
    trouble(option, FINE)
    assert len(proxy.requests) == 1


@pytest.mark.parametrize("status", [412, 429, 500, 502, 503])
@pytest.mark.parametrize("path", ["/login", "/data/"])
def test_what_passes_is_waited_for(option: dict[str, Any], proxy: FaultProxy, status: int, path: str) -> None:
    proxy.answer(status, '{"errors": []}', path=path)
    assert passwords(option, FINE) == ["stored"]


def test_vault_says_how_long_to_wait(option: dict[str, Any], proxy: FaultProxy) -> None:
    proxy.answer(429, "{}", {"Content-Type": "application/json", "Retry-After": "1"}, path="/data/")
    started = time.monotonic()
    assert passwords(option, FINE) == ["stored"]
    assert time.monotonic() - started >= 1  # not how quick it is, but that it was heeded


def reads(proxy: FaultProxy) -> list[Any]:
    return [request for request in proxy.requests if "/data/" in request.path]


# -- what lies between


@pytest.mark.parametrize("path", ["/login", "/data/"])
@pytest.mark.parametrize("harm", ["cut", "truncate"])
def test_an_answer_that_is_cut(option: dict[str, Any], proxy: FaultProxy, path: str, harm: str) -> None:
    def spoil(times: int | None) -> None:
        proxy.truncate(10, path=path, times=times) if harm == "truncate" else proxy.cut(path=path, times=times)

    spoil(1)
    assert passwords(option, FINE) == ["stored"]
    proxy.reset()
    spoil(None)
    told = trouble(option, FINE)
    assert told.startswith(f"{proxy.url} broke the connection off (") and told.endswith(NEEDED)


def test_a_slow_answer(option: dict[str, Any], proxy: FaultProxy) -> None:
    proxy.delay(1.5, path="/data/", times=None)
    told = trouble({**option, "retries": 0, "timeout": 1}, FINE)
    assert told == f"{proxy.url} did not answer within 1 seconds (vault.timeout). {NEEDED}"


@pytest.mark.parametrize("body", ["<html>", "[]", '"x"', ""])
def test_something_that_is_no_vault(option: dict[str, Any], proxy: FaultProxy, body: str) -> None:
    proxy.answer(200, body, path="/data/")
    told = trouble(option, FINE)
    assert told.startswith(f"{proxy.url} answers with something that is not Vault's JSON: is it a Vault, or a gateway")
    proxy.answer(200, body, path="/login")
    assert trouble(option, FINE).startswith(f"{proxy.url} answers ")


def test_what_an_answer_says_back_is_not_shown(option: dict[str, Any], proxy: FaultProxy) -> None:
    """Neither a credential with a line break in it, nor what stands in place of a number."""
    secret = "CANARY'quo\"te\nline"
    way = {"url": option["url"], "retries": 0, "auth_method": "userpass", "username": "u", "password": secret}
    for text in (secret, f"wrong: {secret}!", secret.replace("\n", " ")):
        proxy.answer(400, json.dumps({"errors": [text]}), path="/login")
        told = trouble(way, FINE)
        assert "(its reason holds a secret and is not shown)" in told and "CANARY" not in told
    about = {"created_time": "x", "version": "CANARY", "destroyed": True}
    proxy.answer(404, json.dumps({"data": {"metadata": about}}), path="/data/")
    assert refusals(option, FINE) == ["password: Vault has no secret at secret/team/db"]


def test_a_second_factor(option: dict[str, Any], proxy: FaultProxy) -> None:
    proxy.answer(200, '{"auth": {"client_token": "", "mfa_requirement": {"mfa_request_id": "x"}}}', path="/login")
    assert trouble(option, FINE) == (
        f"{proxy.url} wants a second factor for this sign-in, which this module cannot give. {NEEDED}"
    )


def test_a_standby_that_leads_to_the_active_one(vault: VaultServer, option: dict[str, Any], proxy: FaultProxy) -> None:
    proxy.answer(307, "", {"Location": f"{vault.url}/v1/secret/data/team/db"}, path="/data/")
    assert passwords(option, FINE) == ["stored"]
    proxy.answer(307, "", {"Location": "http://u:p@127.0.0.1:1/x?token=t"}, path="/data/", times=None)
    told = trouble(option, FINE)
    assert told.startswith(f"nobody answers at http://127.0.0.1:1, where {proxy.url} redirects to, (")


def test_nobody_is_there(option: dict[str, Any]) -> None:
    told = trouble({**option, "url": "http://127.0.0.1:1"}, FINE)
    assert told == f"nobody answers at http://127.0.0.1:1 (connection refused or no route), see vault.url. {NEEDED}"
    told = trouble({**option, "url": "http://vault.invalid", "retries": 0}, FINE)
    assert told == f"there is no such host: http://vault.invalid. {NEEDED}"


def test_no_tls_there(option: dict[str, Any], vault: VaultServer) -> None:
    told = trouble({**option, "url": vault.url.replace("http:", "https:")}, FINE)
    assert "failed (wrong version number); see vault.ca_path and vault.validate_certs" in told
