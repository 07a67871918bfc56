# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How a deployment is reached, as the user gives it."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest

from ansible_collections.windsock.airflow.plugins.module_utils._airflow._access import Access, read_access
from ansible_collections.windsock.airflow.plugins.module_utils._arguments import ACCESS
from ansible_collections.windsock.airflow.plugins.module_utils._faults import Refused
from ansible_collections.windsock.airflow.tests.unit.fakes import told

DEFAULTS = {name: spec.get("default") for name, spec in ACCESS.options.items()}
URL = "https://airflow.example.com"


def access(environment: dict[str, str] | None = None, **params: t.Any) -> Access:
    return read_access({**DEFAULTS, "airflow_url": URL, "airflow_token": None, **params}, environment or {})


@pytest.mark.parametrize(
    ("given", "url"),
    [
        ("https://a.example.com", "https://a.example.com"),
        ("https://a.example.com/", "https://a.example.com"),
        ("https://a.example.com//", "https://a.example.com"),
        ("https://a.example.com/api/v2", "https://a.example.com"),
        ("https://a.example.com/api/v1/", "https://a.example.com"),
        ("https://a.example.com:8080/org/dep/api/v2/", "https://a.example.com:8080/org/dep"),
        ("http://[::1]:8080/org", "http://[::1]:8080/org"),
        ("  https://a.example.com\n", "https://a.example.com"),
        ("https://a.example.com/api/v2x", "https://a.example.com/api/v2x"),
    ],
)
def test_the_address_with_and_without_prefix_and_version(given: str, url: str) -> None:
    assert access(airflow_url=given).url == url


# Wrong options, the option that is told, and what is told of it.
WRONG: list[tuple[dict[str, t.Any], str, str]] = [
    ({"airflow_url": None}, "airflow_url", "is missing"),
    ({"airflow_url": ""}, "airflow_url", "is missing"),
    ({"airflow_url": ["CANARY"]}, "airflow_url", "must be text"),
    ({"airflow_url": "CANARY.example.com"}, "airflow_url", "must be an address like"),
    ({"airflow_url": "ftp://CANARY"}, "airflow_url", "http or https"),
    ({"airflow_url": "https://"}, "airflow_url", "must be an address like"),
    ({"airflow_url": "https://CANARY:port"}, "airflow_url", "must be an address like"),
    ({"airflow_url": "https://CANARY:0"}, "airflow_url", "must be an address like"),
    ({"airflow_url": "https://[CANARY"}, "airflow_url", "must be an address like"),
    ({"airflow_url": "https://me:CANARY@host"}, "airflow_url", "must not hold credentials"),
    ({"airflow_url": "https://host/?key=CANARY"}, "airflow_url", "must not have a query"),
    ({"airflow_url": "https://host/#CANARY"}, "airflow_url", "must not have a query"),
    ({"airflow_username": "CANARY"}, "airflow_password", "is missing"),
    ({"airflow_password": "CANARY"}, "airflow_username", "is missing"),
    (
        {"airflow_username": "CANARY", "airflow_password": "CANARY", "airflow_token": "CANARY"},
        "airflow_token",
        "together with",
    ),
    ({"airflow_token": "CANARY\nX-Header: 1"}, "airflow_token", "line break"),
    ({"airflow_token": "CANARY☃"}, "airflow_token", "cannot hold"),
    ({"airflow_token": {"a": "CANARY"}}, "airflow_token", "must be text"),
    ({"airflow_headers": "CANARY"}, "airflow_headers", "must be a dict"),
    ({"airflow_headers": {"a b": "CANARY"}}, "airflow_headers", "name that HTTP does not allow"),
    ({"airflow_headers": {"X": ["CANARY"]}}, "airflow_headers.X", "must be text"),
    ({"airflow_headers": {"X": "CANARY\r\nY: 1"}}, "airflow_headers.X", "line break"),
    ({"proxy_url": "CANARY:3128"}, "proxy_url", "must be an address like"),
    ({"proxy_url": "ftp://CANARY"}, "proxy_url", "must be an address like"),
    ({"ca_path": "/no/such/file"}, "ca_path", "no readable file /no/such/file"),
    ({"ca_path": "/"}, "ca_path", "no readable file"),
    ({"client_cert": "/no/such/file"}, "client_cert", "no readable file"),
    ({"timeout": 0}, "timeout", "must be 1 or more"),
    ({"timeout": -1}, "timeout", "must be 1 or more"),
    ({"retries": -1}, "retries", "must be 0 or more"),
]


@pytest.mark.parametrize(("params", "option", "reason"), WRONG, ids=lambda value: str(value)[:60])
def test_each_mistake_is_told_once_and_shows_no_value(params: dict[str, t.Any], option: str, reason: str) -> None:
    faults = told(lambda: access(**params))
    assert len(faults) == 1, faults
    assert faults[0].startswith(f"{option}: ")
    assert reason in faults[0]
    assert "CANARY" not in faults[0]


def test_a_key_needs_its_certificate(tmp_path: Path) -> None:
    key = tmp_path / "key.pem"
    key.touch()
    assert told(lambda: access(client_key=str(key))) == ["client_key: needs client_cert"]
    assert access(client_key=str(key), client_cert=str(key)).client_key == str(key)


def test_all_mistakes_are_told_at_once() -> None:
    assert len(told(lambda: access(airflow_url="x", airflow_username="u", timeout=0, retries=-1, proxy_url="p"))) == 5


ENVIRONMENT = {
    "AIRFLOW_API_URL": "https://environment.example.com",
    "AIRFLOW_API_USERNAME": "env-user",
    "AIRFLOW_API_PASSWORD": "env-password",
}


def test_the_environment_fills_in() -> None:
    read = access(ENVIRONMENT, airflow_url=None)
    assert (read.url, read.username, read.password) == ("https://environment.example.com", "env-user", "env-password")
    assert access({"AIRFLOW_API_TOKEN": "env-token"}).token == "env-token"


def test_the_task_comes_before_the_environment() -> None:
    environment = {**ENVIRONMENT, "AIRFLOW_API_TOKEN": "env-token"}
    by_token = access(environment, airflow_token="t")
    assert (by_token.url, by_token.token, by_token.username) == (URL, "t", None)
    by_name = access(environment, airflow_username="u", airflow_password="p")
    assert (by_name.token, by_name.username, by_name.password) == (None, "u", "p")
    assert access(environment, airflow_username="u").password == "env-password"


def test_an_empty_variable_of_the_environment_is_none() -> None:
    assert access({"AIRFLOW_API_TOKEN": "", "AIRFLOW_API_USERNAME": ""}).token is None


def test_numbers_are_taken_as_their_digits() -> None:
    assert access(airflow_username="u", airflow_password=1234).password == "1234"
    assert access(airflow_headers={"X": 1}).headers == {"X": "1"}


def test_what_must_not_stand_in_a_message() -> None:
    assert access(airflow_username="u", airflow_password="p", airflow_headers={"X": "h"}).secrets() == ["p", "h"]


ASTRO = {"ASTRO_API_TOKEN": "ASTRO-CANARY"}


@pytest.mark.parametrize("host", ["a.astronomer.run", "A.Astronomer.RUN", "a.b.astronomer.io:8443"])
def test_the_token_of_astro_is_for_deployments_on_astro(host: str) -> None:
    found = access(ASTRO, airflow_url=f"https://{host}/dabc/api/v2")
    assert (found.token, "ASTRO-CANARY" in repr(found), found.secrets()) == ("ASTRO-CANARY", False, ["ASTRO-CANARY"])


@pytest.mark.parametrize(
    "params",
    [
        {"airflow_url": "http://a.astronomer.run"},
        {"airflow_url": "https://astronomer.run.example.com"},
        {"airflow_url": "https://astronomer.run"},
        {"airflow_url": "https://a.notastronomer.run"},
        {"airflow_url": "https://example.com/.astronomer.run"},
        {"airflow_url": "https://a.astronomer.run:443.example.com"},
        {"airflow_url": "https://a.astronomer.run", "validate_certs": False},
        {"airflow_url": "https://a.astronomer.run", "airflow_headers": {"authorization": "Bearer mine"}},
        {"airflow_url": "https://a.astronomer.run", "airflow_username": "u", "airflow_password": "p"},
    ],
)
def test_the_token_of_astro_goes_nowhere_else(params: dict[str, t.Any]) -> None:
    try:
        assert access(ASTRO, **params).token is None
    except Refused as refused:
        assert "CANARY" not in refused.message


def test_the_token_of_astro_comes_last() -> None:
    assert access({**ASTRO, "AIRFLOW_API_TOKEN": "mine"}, airflow_url="https://a.astronomer.run").token == "mine"
    found = access(
        {**ASTRO, "AIRFLOW_API_USERNAME": "u", "AIRFLOW_API_PASSWORD": "p"}, airflow_url="https://a.astronomer.run"
    )
    assert (found.username, found.token) == ("u", None)
    assert access(ASTRO, airflow_url="https://a.astronomer.run", airflow_token="mine").token == "mine"


def test_a_token_of_astro_that_no_header_can_hold_is_told() -> None:
    with pytest.raises(Refused) as refusal:
        access({"ASTRO_API_TOKEN": "CANARY\nx"}, airflow_url="https://a.astronomer.run")
    assert "ASTRO_API_TOKEN" in refusal.value.message and "CANARY" not in refusal.value.message
