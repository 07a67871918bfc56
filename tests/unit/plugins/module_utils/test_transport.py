# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Requests over real HTTP on loopback: what is sent, what is repeated, and how trouble is told."""

from __future__ import annotations

import base64
import typing as t

import pytest

from ansible_collections.windsock.airflow.plugins.module_utils._airflow import connect
from ansible_collections.windsock.airflow.plugins.module_utils._airflow._access import Access
from ansible_collections.windsock.airflow.plugins.module_utils._airflow._transport import NOT_JSON, Transport
from ansible_collections.windsock.airflow.plugins.module_utils._airflow._v2 import abilities_of
from ansible_collections.windsock.airflow.plugins.module_utils._faults import ServerFault, Uncertain
from ansible_collections.windsock.airflow.tests.unit.scripted_http import Reply, ScriptedServer, unused_url

OK = Reply(200, {"fine": True})


def transport(url: str, **options: t.Any) -> Transport:
    return Transport(Access(url=url, **options))


def fault_of(call: t.Callable[[], t.Any]) -> ServerFault:
    """The fault that a call raises, which must be one sentence for a user."""
    with pytest.raises(ServerFault) as caught:
        call()
    assert "\n" not in caught.value.message
    assert "Traceback" not in caught.value.message
    return caught.value


# What is sent


def test_a_request_as_it_goes_over_the_wire(http: ScriptedServer) -> None:
    http.begin(OK)
    sender = transport(f"{http.url}/prefix", token="t0ken", headers={"X-Gateway": "g", "X-Latin": "é"})
    answer = sender.request("POST", "/api/v2/pools", [("update_mask", "a"), ("update_mask", "b c")], {"name": "é"})
    assert (answer.status, answer.data, answer.good) == (200, {"fine": True}, True)
    (seen,) = http.requests
    assert (seen.method, seen.target) == ("POST", "/prefix/api/v2/pools?update_mask=a&update_mask=b+c")
    assert seen.body == {"name": "é"}
    assert seen.headers["Authorization"] == "Bearer t0ken"
    assert seen.headers["X-Gateway"] == "g"
    assert seen.headers["X-Latin"] == "é"
    assert seen.headers["Accept"] == seen.headers["Content-Type"] == "application/json"


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_without_a_body_there_is_no_content_type(http: ScriptedServer, method: str) -> None:
    http.begin(Reply(204))
    answer = transport(http.url).request(method, "/x")
    assert (answer.good, answer.data) == (True, None)
    assert "Content-Type" not in http.requests[0].headers
    assert "Authorization" not in http.requests[0].headers


def test_a_quoted_path_is_sent_as_it_is(http: ScriptedServer) -> None:
    http.begin(OK)
    transport(http.url).request("GET", "/api/v2/variables/a%2Fb%20%C3%A9%2541%2E%2E")
    assert http.requests[0].target == "/api/v2/variables/a%2Fb%20%C3%A9%2541%2E%2E"


def test_connections_are_kept_alive(http: ScriptedServer) -> None:
    http.begin(OK, OK)
    sender = transport(http.url)
    sender.request("GET", "/a")
    sender.request("GET", "/b")
    assert [seen.path for seen in http.requests] == ["/a", "/b"]


def test_a_proxy_is_used_with_its_credentials(http: ScriptedServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "*")
    http.begin(OK)
    proxy = http.url.replace("http://", "http://me:p%40ss@")
    transport("http://airflow.example.com", proxy_url=proxy).request("GET", "/x")
    (seen,) = http.requests
    assert seen.target == "http://airflow.example.com/x"
    assert base64.b64decode(seen.headers["Proxy-Authorization"].removeprefix("Basic ")).decode() == "me:p@ss"


def test_the_environments_proxy_is_used_where_none_is_given(
    http: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", http.url)
    monkeypatch.setenv("http_proxy", http.url)
    http.begin(OK)
    transport("http://airflow.example.com").request("GET", "/x")
    assert http.requests[0].target == "http://airflow.example.com/x"


class OldConfiguration:
    """That of clients before 3.3.2, which looks for no proxy."""

    def __init__(self, host: str) -> None:
        self.host = host
        self.proxy = self.proxy_headers = self.assert_hostname = self.socket_options = None
        self.retries = self.tls_server_name = self.ca_cert_data = None


@pytest.mark.parametrize(("exempt", "expected"), [("", "PROXY"), ("other.example.com", "PROXY"), ("*", None)])
def test_older_clients_use_the_environments_proxy_too(
    exempt: str, expected: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy"):
        monkeypatch.setenv(name, "http://proxy.example.com")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, exempt)
    made = transport("http://airflow.example.com")._configuration(OldConfiguration)
    assert made.proxy == (expected and "http://proxy.example.com")


# What is repeated


@pytest.mark.parametrize("status", [429, 502, 503, 504])
@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
def test_an_overloaded_server_is_asked_again(
    http: ScriptedServer, pauses: list[float], method: str, status: int
) -> None:
    http.begin(Reply(status), Reply(status, b"<html>"), OK)
    assert transport(http.url).request(method, "/x", body={"a": 1}).good
    assert len(http.requests) == 3
    assert len({(seen.method, seen.target, seen.content) for seen in http.requests}) == 1


@pytest.mark.parametrize(
    "trouble", [Reply(cut=True), Reply(200, {"long": "x" * 100}, short=50)], ids=["cut", "truncated"]
)
def test_a_broken_connection_is_tried_again(http: ScriptedServer, pauses: list[float], trouble: Reply) -> None:
    http.begin(trouble, OK)
    assert transport(http.url).request("GET", "/x").data == {"fine": True}


def test_the_number_of_retries_is_heeded_and_the_pauses_grow(http: ScriptedServer, pauses: list[float]) -> None:
    http.begin(*[Reply(503)] * 6)
    fault = fault_of(lambda: transport(http.url, retries=5).request("GET", "/x"))
    assert fault.status == 503
    assert len(http.requests) == 6
    assert pauses == sorted(pauses)
    assert 1 < sum(pauses) <= 50


def test_no_retries_means_one_request(http: ScriptedServer, pauses: list[float]) -> None:
    http.begin(Reply(503))
    fault_of(lambda: transport(http.url, retries=0).request("GET", "/x"))
    assert pauses == []


@pytest.mark.parametrize(("asked", "made"), [("7", 7), ("0", 0), ("3600", 60)], ids=["honoured", "none", "capped"])
@pytest.mark.parametrize("status", [429, 503])
def test_retry_after(http: ScriptedServer, pauses: list[float], status: int, asked: str, made: float) -> None:
    http.begin(Reply(status, headers={"Retry-After": asked}), OK)
    transport(http.url).request("GET", "/x")
    assert sum(pauses) == made


@pytest.mark.parametrize("asked", ["soon", "-5", "1.5", ""], ids=repr)
def test_a_retry_after_that_makes_no_sense_is_ignored(http: ScriptedServer, pauses: list[float], asked: str) -> None:
    http.begin(Reply(503, headers={"Retry-After": asked}), OK)
    assert transport(http.url).request("GET", "/x").good


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 422, 500])
def test_other_answers_are_handed_on_at_once(http: ScriptedServer, pauses: list[float], status: int) -> None:
    http.begin(Reply(status, {"detail": "d"}))
    answer = transport(http.url).request("GET", "/x")
    assert (answer.status, answer.data, answer.good) == (status, {"detail": "d"}, False)
    assert pauses == []


@pytest.mark.parametrize(
    "lost",
    [Reply(cut=True), Reply(201, {"long": "x" * 100}, short=50), Reply(502), Reply(503), Reply(504)],
    ids=["cut", "truncated", "502", "503", "504"],
)
def test_what_must_not_be_done_twice_is_not_repeated_when_its_answer_is_lost(
    http: ScriptedServer, pauses: list[float], lost: Reply
) -> None:
    http.begin(lost)
    fault = fault_of(lambda: transport(http.url).request("POST", "/x", body={}, repeatable=False))
    assert isinstance(fault, Uncertain)
    assert len(http.requests) == 1


def test_an_answer_that_comes_too_late_is_lost_too(http: ScriptedServer, pauses: list[float]) -> None:
    http.begin(Reply(201, delay=1.5))
    fault = fault_of(lambda: transport(http.url, timeout=1).request("POST", "/x", body={}, repeatable=False))
    assert isinstance(fault, Uncertain)
    assert "did not answer within 1 seconds" in fault.message


def test_what_must_not_be_done_twice_is_repeated_when_it_certainly_was_not_done(
    http: ScriptedServer, pauses: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    http.begin(Reply(429), OK)
    assert transport(http.url).request("POST", "/x", body={}, repeatable=False).good


def test_a_refused_connection_is_tried_again_even_for_a_post(pauses: list[float]) -> None:
    fault = fault_of(lambda: transport(unused_url(), retries=2).request("POST", "/x", body={}, repeatable=False))
    assert not isinstance(fault, Uncertain)
    assert len(pauses) >= 1
    assert "nobody answers there" in fault.message


# How trouble is told


def test_tls_trouble_is_told_at_once(http: ScriptedServer, pauses: list[float]) -> None:
    url = http.url.replace("http:", "https:")
    fault = fault_of(lambda: transport(url).request("GET", "/x"))
    assert "TLS connection failed" in fault.message
    assert pauses == []


def test_an_unusable_proxy_is_told(pauses: list[float]) -> None:
    proxy = unused_url().replace("http://", "http://me:CANARY@")
    fault = fault_of(lambda: transport("http://airflow.example.com", proxy_url=proxy, retries=0).request("GET", "/x"))
    assert "the proxy cannot be used" in fault.message
    assert "CANARY" not in fault.message


@pytest.mark.parametrize(
    "content", [b"<html>", b"{", b"\xff\xfe", b"[" * 100_000], ids=["html", "cut", "binary", "deep"]
)
def test_what_is_not_json_is_no_good_answer(http: ScriptedServer, content: bytes) -> None:
    http.begin(Reply(200, content))
    answer = transport(http.url).request("GET", "/x")
    assert answer.data is NOT_JSON
    assert not answer.good


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_told_and_not_followed(http: ScriptedServer, status: int) -> None:
    http.begin(Reply(status, headers={"Location": "https://login.example.com/?next=CANARY"}))
    sender = transport(http.url, token="t")
    answer = sender.request("GET", "/x")
    fault = fault_of(lambda: sender.fail(answer, "reading"))
    assert "redirects to another address (https://login.example.com)" in fault.message
    assert "CANARY" not in fault.message


@pytest.mark.parametrize(
    ("status", "body", "told"),
    [
        (401, {"detail": "Invalid"}, "reading: URL does not accept the sign-in (HTTP 401, Invalid)"),
        (401, b"", "reading: URL does not accept the sign-in (HTTP 401)"),
        (
            403,
            {"detail": "Invalid JWT token"},
            "reading: URL does not accept the sign-in (HTTP 403, Invalid JWT token)",
        ),
        (403, {"detail": "Forbidden"}, "reading: who is signed in has no right to (HTTP 403, Forbidden)"),
        (404, {"detail": "gone"}, "reading: URL answers HTTP 404, gone"),
        (404, b"<html>", "reading: URL answers HTTP 404 with something that is not JSON; is it an Airflow"),
        (500, {"detail": {"reason": "x", "message": "boom"}}, "reading: URL answers HTTP 500, boom"),
        (500, b"", "reading: URL answers HTTP 500"),
        (400, {"title": "Bad Request", "detail": None}, "reading: URL answers HTTP 400, Bad Request"),
        (400, ["odd"], "reading: URL answers HTTP 400"),
    ],
)
def test_each_answer_has_its_sentence(http: ScriptedServer, status: int, body: t.Any, told: str) -> None:
    http.begin(Reply(status, body))
    sender = transport(http.url)
    answer = sender.request("GET", "/x")
    fault = fault_of(lambda: sender.fail(answer, "reading"))
    assert fault.message.startswith(told.replace("URL", http.url))
    assert fault.status == status


def test_a_422_tells_place_and_complaint_and_never_the_input(http: ScriptedServer) -> None:
    complaint = {
        "type": "int_parsing",
        "loc": ["body", "actions", 0, "entities", 3, "port"],
        "msg": "Input should be a valid integer",
        "input": "CANARY",
        "ctx": {"error": "CANARY"},
    }
    http.begin(Reply(422, {"detail": [{**complaint, "loc": ["body"], "msg": "bad"}, *[complaint] * 20]}))
    sender = transport(http.url)
    answer = sender.request("POST", "/x", body={})
    message = fault_of(lambda: sender.fail(answer, "writing")).message
    assert "HTTP 422, bad; 0.entities.3.port: Input should be a valid integer" in message
    assert "CANARY" not in message
    assert len(message) < 600


@pytest.mark.parametrize(
    "secret",
    ["CANARY", 'CAN"ARY\\back', "CANARY\nline", "CAN'ARY", "CÄNARY"],
    ids=["plain", "quotes", "line", "quote", "umlaut"],
)
@pytest.mark.parametrize(
    "wrapped", [str, repr, lambda text: __import__("json").dumps(text)], ids=["as it is", "repr", "json"]
)
def test_a_reason_that_holds_a_secret_is_not_shown(
    http: ScriptedServer, secret: str, wrapped: t.Callable[[str], str]
) -> None:
    http.begin(Reply(400, {"detail": f"cannot use {wrapped(secret)} here"}))
    sender = transport(http.url)
    sender.scrubber.hide([secret])
    answer = sender.request("GET", "/x")
    message = fault_of(lambda: sender.fail(answer, "writing")).message
    assert "ARY" not in message
    assert "not shown" in message


@pytest.mark.parametrize("option", ["password", "token", "headers"])
def test_the_users_own_credentials_are_kept_out_of_reasons(http: ScriptedServer, option: str) -> None:
    http.begin(Reply(400, {"detail": "you sent CANARY"}))
    sender = transport(http.url, username="me", **{option: {"X": "CANARY"} if option == "headers" else "CANARY"})
    answer = sender.request("GET", "/x")
    assert "CANARY" not in fault_of(lambda: sender.fail(answer, "reading")).message


def test_a_long_reason_is_cut(http: ScriptedServer) -> None:
    http.begin(Reply(400, {"detail": "long " * 1000}))
    sender = transport(http.url)
    answer = sender.request("GET", "/x")
    assert len(fault_of(lambda: sender.fail(answer, "reading")).message) < 700


def test_access_shows_no_secret_of_its_own() -> None:
    secrets = {"password": "CANARY", "token": "CANARY", "headers": {"X": "CANARY"}, "proxy_url": "http://u:CANARY@p"}
    assert "CANARY" not in repr(Access(url="http://a", **secrets))


# Reaching a deployment and signing in

VERSION = Reply(200, {"version": "3.3.2", "git_version": None})


def test_signing_in_with_a_password(http: ScriptedServer) -> None:
    http.begin(VERSION, Reply(201, {"access_token": "jwt"}), Reply(200, {"metadatabase": {}}))
    server = connect(Access(url=http.url, username="me", password="pw"))
    assert (server.version, server.api_version) == ("3.3.2", "v2")
    server.health()
    version, sign_in, health = http.requests
    assert (version.method, version.path) == ("GET", "/api/v2/version")
    assert (sign_in.method, sign_in.path, sign_in.body) == ("POST", "/auth/token", {"username": "me", "password": "pw"})
    assert "Authorization" not in sign_in.headers
    assert health.headers["Authorization"] == "Bearer jwt"


def test_with_a_token_there_is_no_sign_in(http: ScriptedServer) -> None:
    http.begin(VERSION)
    connect(Access(url=http.url, token="t"))
    assert [seen.path for seen in http.requests] == ["/api/v2/version"]


@pytest.mark.parametrize("status", [401, 403])
def test_a_wrong_password_is_told_without_it(http: ScriptedServer, status: int) -> None:
    http.begin(VERSION, Reply(status, {"detail": "CANARY is wrong"}))
    fault = fault_of(lambda: connect(Access(url=http.url, username="me", password="CANARY")))
    assert fault.message == f"{http.url} does not accept airflow_username and airflow_password"


@pytest.mark.parametrize(
    "answer",
    [Reply(201, b"<html>"), Reply(201, {"token": "x"}), Reply(404, b""), Reply(302, headers={"Location": "/login"})],
    ids=["html", "no token", "404", "redirect"],
)
def test_a_sign_in_that_gives_no_token_is_a_fault(http: ScriptedServer, answer: Reply) -> None:
    http.begin(VERSION, answer)
    assert fault_of(lambda: connect(Access(url=http.url, username="me", password="pw"))).message.startswith(
        "signing in: "
    )


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (Reply(200, b"<html>"), "something that is not JSON"),
        (Reply(200, b""), "no Airflow"),
        (Reply(200, {"hello": "world"}), "names no version"),
        (Reply(200, {"version": 3}), "names no version"),
        (Reply(302, headers={"Location": "https://sso.example.com/"}), "redirects"),
        (Reply(500, b"<html>"), "HTTP 500"),
    ],
    ids=["html", "empty", "other json", "odd version", "redirect", "500"],
)
def test_what_is_no_airflow_is_told(http: ScriptedServer, answer: Reply, told: str) -> None:
    http.begin(answer)
    assert told in fault_of(lambda: connect(Access(url=http.url, token="t"))).message


def test_an_address_without_an_airflow_api_is_told(http: ScriptedServer) -> None:
    http.begin(Reply(404, b"<html>"), Reply(404, b"<html>"))
    fault = fault_of(lambda: connect(Access(url=http.url, token="t")))
    assert "check the address" in fault.message
    assert [seen.path for seen in http.requests] == ["/api/v2/version", "/api/v1/version"]


@pytest.mark.parametrize("api_version", ["v1", "v2"])
def test_a_given_api_version_is_not_guessed_around(http: ScriptedServer, api_version: str) -> None:
    http.begin(Reply(404, b""))
    fault = fault_of(lambda: connect(Access(url=http.url, token="t", api_version=api_version)))
    assert api_version in fault.message
    assert [seen.path for seen in http.requests] == [f"/api/{api_version}/version"]


def test_after_the_sign_in_the_token_is_kept_out_of_reasons(http: ScriptedServer) -> None:
    http.begin(VERSION, Reply(201, {"access_token": "CANARY"}), Reply(400, {"detail": "you sent CANARY"}))
    server = connect(Access(url=http.url, username="me", password="pw"))
    assert "CANARY" not in fault_of(server.health).message


@pytest.mark.parametrize(
    ("version", "release"),
    [
        ("3.0.6", (3, 0)),
        ("3.1.8", (3, 1)),
        ("3.1.0rc1", (3, 1)),
        ("3.2.2", (3, 2)),
        ("3.3.2", (3, 3)),
        ("3.10.0", (3, 10)),
        ("3.3.0+astro.1", (3, 3)),
        ("4.0.0.dev0", (4, 0)),
        ("unheard of", (2, 10)),
    ],
)
def test_a_server_has_the_abilities_of_its_release(
    http: ScriptedServer, version: str, release: tuple[int, int]
) -> None:
    """A version that names no release counts as the oldest."""
    http.begin(Reply(200, {"version": version}))
    server = connect(Access(url=http.url, token="t"))
    assert (server.version, server.abilities) == (version, abilities_of(release))
