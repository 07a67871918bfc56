# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The option C(vault), checked without a request."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest

from ansible_collections.windsock.airflow.plugins.module_utils._secrets._access import OPTIONS, VaultAccess, read_vault
from ansible_collections.windsock.airflow.plugins.module_utils._secrets._sign_in import WAYS

CANARY = "CANARY-Zq9"
URL = {"url": "https://vault.example.com:8200"}
TOKEN = {**URL, "token": "t"}


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


def access(given: t.Any, **environment: str) -> VaultAccess:
    option = read_vault(given, environment)
    assert not option.faults and not option.of_references
    assert option.access
    return option.access


def faults(given: t.Any, **environment: str) -> list[str]:
    option = read_vault(given, environment)
    assert option.access is None
    return [str(fault) for fault in (*option.faults, *option.of_references)]


def test_what_is_not_given_has_the_documented_default() -> None:
    found = access(TOKEN)
    assert (found.mount, found.timeout, found.retries, found.validate_certs) == tuple(
        OPTIONS[name]["default"] for name in ("mount", "timeout", "retries", "validate_certs")
    )
    assert (found.kv_version, found.namespace, found.ca_path) == (None, None, None)


def test_what_templates_made_text_of_is_what_it_means() -> None:
    found = access({**TOKEN, "timeout": "5", "retries": "0", "validate_certs": "no", "kv_version": "1", "mount": "/kv/"})
    assert found.timeout == 5 and found.retries == 0 and found.validate_certs is False
    assert (found.kv_version, found.mount) == (1, "kv")
    assert access({**TOKEN, "kv_version": 2}).kv_version == 2
    assert access({**TOKEN, "kv_version": "auto"}).kv_version is None


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("https://v.example.com/", "https://v.example.com"),
        ("https://v.example.com/v1/", "https://v.example.com"),
        ("http://127.0.0.1:8200/vault", "http://127.0.0.1:8200/vault"),
    ],
)
def test_the_address(url: str, found: str) -> None:
    assert access({**TOKEN, "url": url}).url == found


@pytest.mark.parametrize(
    ("given", "environment", "method"),
    [
        (TOKEN, {}, "token"),
        ({**URL, "role_id": "r"}, {}, "approle"),
        ({**URL, "role_id": "r"}, {"VAULT_TOKEN": "t"}, "approle"),
        (TOKEN, {"VAULT_ROLE_ID": "r"}, "token"),
        (URL, {"VAULT_TOKEN": "t", "VAULT_ROLE_ID": "r"}, "token"),
        (URL, {"VAULT_ROLE_ID": "r", "VAULT_SECRET_ID": "s"}, "approle"),
        ({**TOKEN, "auth_method": "approle", "role_id": "r"}, {}, "approle"),
        ({}, {"VAULT_ADDR": "http://v", "VAULT_TOKEN": "t"}, "token"),
        (None, {"VAULT_ADDR": "http://v", "VAULT_TOKEN": "t"}, "token"),
    ],
)
def test_the_way_to_sign_in(given: t.Any, environment: t.Any, method: str) -> None:
    assert isinstance(access(given, **environment).way, WAYS[method])


NEEDS = {
    "token": ["vault.token: is missing; token_file or VAULT_TOKEN or ~/.vault-token may hold it too"],
    "approle": ["vault.role_id: is missing; the environment variable VAULT_ROLE_ID may hold it too"],
    "userpass": ["vault.username: is missing", "vault.password: is missing"],
    "ldap": ["vault.username: is missing", "vault.password: is missing"],
    "jwt": ["vault.jwt: is missing; jwt_file may hold it too"],
    "kubernetes": [
        "vault.role: is missing",
        "vault.jwt: is missing; jwt_file or /var/run/secrets/kubernetes.io/serviceaccount/token may hold it too",
    ],
    "cert": ["vault.client_cert: is missing"],
}


@pytest.mark.parametrize("method", WAYS)
def test_what_each_way_needs(method: str) -> None:
    assert faults({**URL, "auth_method": method}) == NEEDS[method]


def test_every_fault_at_once_and_never_a_value() -> None:
    told = faults(
        {
            "url": f"https://{CANARY}:{CANARY}@v", "namespace": f"../{CANARY}", "mount": [CANARY], "kv_version": CANARY,
            "auth_method": "approle", "role_id": {"a": CANARY}, "secret_id": [CANARY], "auth_mount": f"a/../{CANARY}",
            "validate_certs": CANARY, "timeout": 0, "retries": CANARY,
        }  # fmt: skip
    )
    assert {fault.split(":")[0] for fault in told} == {
        f"vault.{word}"
        for word in ("url", "namespace", "mount", "kv_version", "role_id", "secret_id", "auth_mount", "validate_certs",
                     "timeout", "retries")
    }  # fmt: skip
    assert not [fault for fault in told if CANARY in fault]


@pytest.mark.parametrize("given", [CANARY, [CANARY], 5, True])
def test_it_must_be_a_dict(given: t.Any) -> None:
    assert faults(given) == ["vault: must be a dict"]


def test_an_unknown_word_is_wrong_even_without_references() -> None:
    option = read_vault({**TOKEN, "role-id": CANARY}, {})
    assert [str(fault) for fault in option.faults] == ["vault: role-id: unknown option, did you mean role_id?"]


def test_a_word_with_a_value_in_it_is_cut() -> None:
    """As YAML has it where the blank behind the colon is missing."""
    option = read_vault({**TOKEN, f"secret_id:{CANARY}": None}, {})
    assert [str(fault) for fault in option.faults] == ["vault: secret_id...: unknown option, did you mean secret_id?"]


@pytest.mark.parametrize("word", ["token_file", "ca_path"])
def test_a_secret_in_place_of_its_file_is_not_shown(word: str) -> None:
    (told,) = faults({**(TOKEN if word == "ca_path" else URL), word: CANARY})
    assert told.startswith(f"vault.{word}: there is no such file") and CANARY not in told


def test_nothing_is_looked_at_before_it_is_asked_for() -> None:
    class Untouched(dict[str, str]):
        def get(self, *_arguments: t.Any) -> t.NoReturn:
            raise AssertionError("the environment was read")

    option = read_vault({"mount": "kv"}, Untouched())
    assert option.faults == []
    with pytest.raises(AssertionError, match="the environment was read"):
        assert option.of_references


def test_an_unknown_way() -> None:
    (told,) = faults({**URL, "auth_method": CANARY})
    assert told.startswith("vault.auth_method: must be token or approle or") and CANARY not in told


@pytest.mark.parametrize("word", ["token", "jwt"])
@pytest.mark.parametrize("value", [f"{CANARY}\n", f"{CANARY}é", f"a\x00{CANARY}"])
def test_a_token_that_no_header_can_hold(word: str, value: str) -> None:
    given = {**URL, "auth_method": "token" if word == "token" else "jwt", word: value}
    (told,) = faults(given)
    assert told.startswith(f"vault.{word}: ") and CANARY not in told


def test_files(home: Path) -> None:
    for word in ("ca_path", "token_file"):
        given = {**URL, "token_file": "~/t", word: "~/none"}
        (home / "t").write_text(" s.token\n")
        (told,) = faults(given)
        assert told == f"vault.{word}: there is no such file, or it cannot be read where the module runs"
    assert access({**URL, "token_file": "~/t"}).way.secrets() == ["s.token"]
    (home / ".vault-token").write_text("")
    (told,) = faults(URL)
    assert told.startswith("vault.token: is empty")
    (home / ".vault-token").write_text("s.mine")
    assert access(URL).way.secrets() == ["s.mine"]
    (told,) = faults({**URL, "auth_method": "cert", "client_cert": "~/t", "client_key": "~/none"})
    assert told == "vault.client_key: there is no such file, or it cannot be read where the module runs"


def test_credentials_do_not_stand_in_what_python_shows() -> None:
    given = [
        {**URL, "token": CANARY}, {**URL, "role_id": "r", "secret_id": CANARY},
        {**URL, "auth_method": "ldap", "username": "u", "password": CANARY},
        {**URL, "auth_method": "jwt", "role": "r", "jwt": CANARY},
    ]  # fmt: skip
    for each in given:
        assert CANARY not in repr(access(each))
        assert CANARY in access(each).way.secrets()
