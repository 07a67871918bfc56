# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Connection URIs, by the forms that Airflow's documentation has. Another test compares with Airflow's own parser."""

from __future__ import annotations

import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.windsock.airflow.plugins.module_utils._uri import UriFault, parse_uri

NOTHING = {"host": None, "login": None, "password": None, "schema": None, "port": None, "extra": {}}


@pytest.mark.parametrize(
    ("uri", "fields"),
    [
        (
            "my-conn-type://my-login:my-password@my-host:5432/my-schema?param1=val1&param2=val2",
            {
                "conn_type": "my_conn_type",
                "login": "my-login",
                "password": "my-password",
                "host": "my-host",
                "port": 5432,
                "schema": "my-schema",
                "extra": {"param1": "val1", "param2": "val2"},
            },
        ),
        ("postgresql://db", {"conn_type": "postgres", "host": "db"}),
        ("postgres://db", {"conn_type": "postgres", "host": "db"}),
        ("google-cloud-platform://", {"conn_type": "google_cloud_platform"}),
        ("HTTP://host", {"conn_type": "http", "host": "host"}),
        ("aws://", {"conn_type": "aws"}),
        ("scheme://?a=b", {"conn_type": "scheme", "extra": {"a": "b"}}),
        ("scheme:///schema", {"conn_type": "scheme", "schema": "schema"}),
        ("scheme://host/", {"conn_type": "scheme", "host": "host"}),
        ("scheme://host/a/b", {"conn_type": "scheme", "host": "host", "schema": "a/b"}),
        ("scheme://login@host", {"conn_type": "scheme", "login": "login", "host": "host"}),
        ("scheme://:password@host", {"conn_type": "scheme", "password": "password", "host": "host"}),
        ("scheme://login:@host", {"conn_type": "scheme", "login": "login", "host": "host"}),
        ("scheme://host:0", {"conn_type": "scheme", "host": "host"}),
        (
            "aws://AKIA:wJalr%2FXUtn%2BEMI%3A%40@/",
            {"conn_type": "aws", "login": "AKIA", "password": "wJalr/XUtn+EMI:@"},
        ),
        (
            "scheme://a%3Ab:c%40d@h%20x/s%2Ft",
            {
                "conn_type": "scheme",
                "login": "a:b",
                "password": "c@d",
                "host": "h x",
                "schema": "s/t",
            },
        ),
        ("scheme://h?a=b%26c&d=e+f", {"conn_type": "scheme", "host": "h", "extra": {"a": "b&c", "d": "e f"}}),
        ("scheme://h?a=", {"conn_type": "scheme", "host": "h", "extra": {"a": ""}}),
        ("scheme://h?a=1&a=2", {"conn_type": "scheme", "host": "h", "extra": {"a": 2}}),
        (
            "scheme://h?n=1&b=true&l=%5B1%5D&t=text",
            {"conn_type": "scheme", "host": "h", "extra": {"n": 1, "b": True, "l": [1], "t": "text"}},
        ),
        (
            "scheme://h?__extra__=%7B%22my_val%22%3A%20%5B%22list%22%2C%20%22of%22%5D%2C%20"
            "%22extra%22%3A%20%7B%22nested%22%3A%20%7B%22json%22%3A%20%22val%22%7D%7D%7D",
            {
                "conn_type": "scheme",
                "host": "h",
                "extra": {"my_val": ["list", "of"], "extra": {"nested": {"json": "val"}}},
            },
        ),
        ("http://https://host", {"conn_type": "http", "host": "https://host"}),
        (
            "http://https://host:8080/path",
            {"conn_type": "http", "host": "https://host", "port": 8080, "schema": "path"},
        ),
        (
            "spark://spark%3A%2F%2F10.0.0.1:7077",
            {"conn_type": "spark", "host": "spark://10.0.0.1", "port": 7077},
        ),
        ("redis://%2FVar%2Frun%2Fredis.sock", {"conn_type": "redis", "host": "/Var/run/redis.sock"}),
        ("redis://Var%2Frun%2Fredis.sock", {"conn_type": "redis", "host": "Var/run/redis.sock"}),
        ("scheme://[::1]:5432/s", {"conn_type": "scheme", "host": "::1", "port": 5432, "schema": "s"}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_forms_of_airflows_documentation(uri: str, fields: dict[str, t.Any]) -> None:
    assert parse_uri(uri) == {**NOTHING, **fields}


@pytest.mark.parametrize(
    "uri",
    [
        "CANARY",
        "",
        "CANARY:password@host",
        "://CANARY",
        "1a b://CANARY",
        "a://b://CANARY://c",
        "http://me:CANARY@https://host",
        "s://me:CANARY@host:port",
        "s://me:CANARY@host:70000",
        "s://CANARY@[host",
        "s://h?__extra__=CANARY",
        "s://h?__extra__=[%22CANARY%22]",
        "s://h?__extra__=" + "[" * 100_000,
    ],
    ids=lambda uri: uri[:40],
)
def test_what_is_no_uri_is_refused_without_showing_it(uri: str) -> None:
    with pytest.raises(UriFault) as caught:
        parse_uri(uri)
    assert "CANARY" not in str(caught.value)
    assert len(str(caught.value)) < 200


def test_an_extra_too_deep_for_a_parser_stays_text() -> None:
    assert parse_uri("s://h?a=" + "[" * 100_000)["extra"] == {"a": "[" * 100_000}


@given(
    st.text(max_size=30), st.sampled_from(["", "s://", "s://l:p@h:1/", "http://https://", "s://h?", "s://h?__extra__="])
)
def test_any_text_is_read_or_refused(text: str, start: str) -> None:
    try:
        fields = parse_uri(start + text)
    except UriFault:
        return
    assert set(fields) == {"conn_type", *NOTHING}
    assert isinstance(fields["extra"], dict)
