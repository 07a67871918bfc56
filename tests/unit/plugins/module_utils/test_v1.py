# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The dialect of Airflow 2, over real HTTP on loopback."""

from __future__ import annotations

import base64
import json
import typing as t

import pytest

from ansible_collections.windsock.airflow.plugins.module_utils._airflow import connect
from ansible_collections.windsock.airflow.plugins.module_utils._airflow._access import Access
from ansible_collections.windsock.airflow.plugins.module_utils._airflow._events import AIRFLOW_2 as EVENTS
from ansible_collections.windsock.airflow.plugins.module_utils._airflow._transport import Transport
from ansible_collections.windsock.airflow.plugins.module_utils._airflow._user import User
from ansible_collections.windsock.airflow.plugins.module_utils._airflow._v1 import V1
from ansible_collections.windsock.airflow.plugins.module_utils._faults import ServerFault, Uncertain
from ansible_collections.windsock.airflow.tests.unit.audit_log import NO_WRITE, AuditLog
from ansible_collections.windsock.airflow.tests.unit.fakes import (
    AIRFLOW_2,
    CONNECTION,
    KINDS,
    POOL,
    VARIABLE,
    stored,
)
from ansible_collections.windsock.airflow.tests.unit.scripted_http import Reply, ScriptedServer, Seen

ERRORS = "https://airflow.apache.org/docs/apache-airflow/2.11.2/stable-rest-api-ref.html#section/Errors"
ABSENT = Reply(404, {"detail": "not there", "status": 404, "title": "Not Found", "type": f"{ERRORS}/NotFound"})
NO_SUCH_ROUTE = Reply(404, {"detail": None, "status": 404, "title": "Not Found", "type": "about:blank"})
every_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)


@pytest.fixture
def server(http: ScriptedServer, pauses: list[float]) -> V1:
    return V1(Transport(Access(url=http.url, token="t")), "2.11.2", AIRFLOW_2)


def as_sent(seen: Seen) -> tuple[str, str, t.Any]:
    """Method, target and body of a request."""
    return seen.method, seen.target, seen.body if seen.content else None


# Listing


@every_kind
def test_a_list_is_read_page_by_page_in_a_fixed_order(http: ScriptedServer, server: V1, kind: t.Any) -> None:
    name = kind.identity.name

    def page(seen: Seen) -> Reply:
        start = int(dict(seen.query)["offset"])
        return Reply(200, {kind.plural: [{name: each} for each in "abcde"[start : start + 2]], "total_entries": 5})

    http.begin(*[page] * 3)
    assert [each.id for each in server.list(kind)] == [*"abcde"]
    assert sorted(map(as_sent, http.requests)) == [
        ("GET", f"/api/v1/{kind.plural}?limit=100&offset={offset}&order_by={name}", None) for offset in (0, 2, 4)
    ]


def test_a_listed_connection_says_nothing_of_its_extra_nor_of_its_password(http: ScriptedServer, server: V1) -> None:
    entry = {"connection_id": "pg", "conn_type": "postgres", "description": None, "host": "db", "port": 5432}
    http.begin(Reply(200, {"connections": [entry], "total_entries": 1}))
    expected = stored(CONNECTION, "pg", {"extra", "password"}, conn_type="postgres", host="db", port=5432)
    assert server.list(CONNECTION) == [expected]


@pytest.mark.parametrize("kind", [POOL, VARIABLE], ids=lambda kind: kind.name)
def test_listed_pools_and_variables_are_seen_whole(http: ScriptedServer, server: V1, kind: t.Any) -> None:
    http.begin(Reply(200, {kind.plural: [{kind.identity.name: "a"}], "total_entries": 1}))
    (actual,) = server.list(kind)
    assert not actual.unseen


def test_variables_that_begin_so_are_chosen_here_for_there_is_no_query_for_it(http: ScriptedServer, server: V1) -> None:
    entries = [{"key": key, "value": "x"} for key in ("other", "windsock_applied_61")]
    http.begin(Reply(200, {"variables": entries, "total_entries": 2}))
    assert [each.id for each in server.list(VARIABLE, "windsock_applied_")] == ["windsock_applied_61"]
    assert http.requests[0].target == "/api/v1/variables?limit=100&offset=0&order_by=key"


def test_a_list_of_pools_that_breaks_is_told_with_what_to_do(http: ScriptedServer, server: V1) -> None:
    detail = "inf is not of type 'integer'\n\nFailed validating 'type' in schema['pools']"
    http.begin(Reply(500, {"detail": detail, "title": "Response body does not conform"}))
    with pytest.raises(ServerFault) as caught:
        server.list(POOL)
    assert caught.value.message.startswith("listing pools: Airflow answers HTTP 500. Airflow 2.11.2 does that ")
    assert "unlimited slots (-1)" in caught.value.message
    assert "`airflow pools set NAME SLOTS DESCRIPTION`" in caught.value.message
    assert caught.value.status == 500


# Reading


def test_a_connection_that_is_read_alone_says_nothing_of_its_password(http: ScriptedServer, server: V1) -> None:
    http.begin(Reply(200, {"connection_id": "pg", "conn_type": "postgres", "extra": '{"a": 1}', "port": None}))
    expected = stored(CONNECTION, "pg", {"password"}, conn_type="postgres", extra={"a": 1})
    assert server.get(CONNECTION, "pg") == expected
    assert as_sent(http.requests[0]) == ("GET", "/api/v1/connections/pg", None)


@every_kind
def test_what_does_not_exist_is_none(http: ScriptedServer, server: V1, kind: t.Any) -> None:
    http.begin(ABSENT)
    assert server.get(kind, "a/b") is None
    assert http.requests[0].target == f"/api/v1/{kind.plural}/a%2Fb"


OTHER_404 = {
    "no such route": NO_SUCH_ROUTE,
    "as Airflow 3 says it": Reply(404, {"detail": "The Pool with name: `p` was not found"}),
    "html": Reply(404, b"<html>not found</html>"),
    "empty": Reply(404, b""),
}


@pytest.mark.parametrize("answer", OTHER_404)
def test_a_404_of_somebody_else_is_not_absence(http: ScriptedServer, server: V1, answer: str) -> None:
    """Airflow 2 itself has no route for a pool with a slash in its name."""
    http.begin(OTHER_404[answer], OTHER_404[answer])
    with pytest.raises(ServerFault) as caught:
        server.get(POOL, "p")
    assert not caught.value.about_the_request
    with pytest.raises(ServerFault):
        server.delete(POOL, "p")


def test_the_health_is_read_from_its_own_path(http: ScriptedServer, server: V1) -> None:
    http.begin(Reply(200, {"metadatabase": {"status": "healthy"}}))
    assert server.health() == {"metadatabase": {"status": "healthy"}}
    assert as_sent(http.requests[0]) == ("GET", "/api/v1/health", None)


def test_nobody_is_asked_who_is_signed_in(http: ScriptedServer) -> None:
    """Airflow 2 tells it to nobody but an administrator."""
    http.begin(VERSION)
    server = connect(Access(url=http.url, username="me", password="pw", api_version="v1"))
    assert server.user() == User("me", "airflow_username")
    assert len(http.requests) == 1


# Creating


def test_creating_a_connection(http: ScriptedServer, server: V1) -> None:
    http.begin(Reply(200, {"connection_id": "pg"}))
    server.create(CONNECTION, "pg", {"conn_type": "postgres", "password": "pw", "extra": {"a": "é"}})
    (seen,) = http.requests
    assert as_sent(seen)[:2] == ("POST", "/api/v1/connections")
    assert {**seen.body, "extra": json.loads(seen.body["extra"])} == {
        "connection_id": "pg",
        "conn_type": "postgres",
        "password": "pw",
        "extra": {"a": "é"},
    }


def test_creating_a_pool(http: ScriptedServer, server: V1) -> None:
    http.begin(Reply(200, {"name": "p"}))
    server.create(POOL, "p", {"slots": 1, "include_deferred": True})
    body = {"name": "p", "slots": 1, "include_deferred": True}
    assert [*map(as_sent, http.requests)] == [("POST", "/api/v1/pools", body)]


def test_creating_a_variable_looks_first(http: ScriptedServer, server: V1) -> None:
    http.begin(ABSENT, Reply(200, {"key": "a/b"}))
    server.create(VARIABLE, "a/b", {"value": "x"})
    assert [*map(as_sent, http.requests)] == [
        ("GET", "/api/v1/variables/a%2Fb", None),
        ("POST", "/api/v1/variables", {"key": "a/b", "value": "x"}),
    ]


def test_a_variable_that_exists_is_a_conflict_and_never_overwritten(http: ScriptedServer, server: V1) -> None:
    http.begin(Reply(200, {"key": "v", "value": "theirs", "description": "theirs"}))
    with pytest.raises(ServerFault) as caught:
        server.create(VARIABLE, "v", {"value": "x"})
    assert caught.value.status == 409
    assert caught.value.message == "creating variable 'v': it exists already"
    assert [seen.method for seen in http.requests] == ["GET"]


@pytest.mark.parametrize("kind", [POOL, CONNECTION], ids=lambda kind: kind.name)
def test_creating_anything_else_that_exists_is_a_conflict_too(http: ScriptedServer, server: V1, kind: t.Any) -> None:
    http.begin(Reply(409, {"detail": "exists already", "type": f"{ERRORS}/AlreadyExists"}))
    with pytest.raises(ServerFault) as caught:
        server.create(kind, "a", {})
    assert caught.value.status == 409


@pytest.mark.parametrize("lost", [Reply(cut=True), Reply(503)], ids=["cut", "503"])
def test_creating_is_never_repeated_blindly(http: ScriptedServer, server: V1, lost: Reply) -> None:
    http.begin(lost, ABSENT, lost)
    with pytest.raises(Uncertain):
        server.create(POOL, "p", {"slots": 1})
    with pytest.raises(Uncertain):
        server.create(VARIABLE, "v", {"value": "x"})


# Updating


def test_updating_a_connection_sends_one_list_as_the_mask_and_only_what_is_written(
    http: ScriptedServer, server: V1
) -> None:
    http.begin(Reply(200, {"connection_id": "pg"}))
    actual = stored(CONNECTION, "pg", {"password"}, conn_type="postgres", extra={"token": "***"})
    server.update(CONNECTION, "pg", {"host": None, "password": "pw", "extra": {}}, actual)
    (seen,) = http.requests
    assert (seen.method, seen.path) == ("PATCH", "/api/v1/connections/pg")
    assert seen.query == [("update_mask", "host,password,extra")]
    # The id is for the audit log, which tells only what is in the body.
    assert seen.body == {"connection_id": "pg", "host": None, "password": "pw", "extra": None}


@pytest.mark.parametrize(
    ("fields", "mask", "body"),
    [
        ({"value": "x"}, "val", {"key": "v", "value": "x"}),
        ({"description": "new"}, "description", {"key": "v", "value": "", "description": "new"}),
        ({"description": None}, "description", {"key": "v", "value": "", "description": ""}),
        ({"value": "x", "description": None}, "val,description", {"key": "v", "value": "x", "description": ""}),
    ],
    ids=["value", "description", "no description", "both"],
)
def test_updating_a_variable(
    http: ScriptedServer, server: V1, fields: dict[str, t.Any], mask: str, body: dict[str, t.Any]
) -> None:
    """Airflow 2 calls a value val in a mask, wants one in any body, and takes no null for a description."""
    http.begin(Reply(200, {"key": "v"}))
    server.update(VARIABLE, "v", fields, stored(VARIABLE, "v", value="read", description="read"))
    (seen,) = http.requests
    assert (seen.method, seen.path, seen.query) == ("PATCH", "/api/v1/variables/v", [("update_mask", mask)])
    assert seen.body == body


@pytest.mark.parametrize(
    "fields",
    [
        {"slots": 2},
        {"include_deferred": False},
        {"description": None},
        {"slots": 2, "description": "d", "include_deferred": True},
    ],
    ids="+".join,
)
def test_updating_a_pool_always_has_a_mask_and_no_name(
    http: ScriptedServer, server: V1, fields: dict[str, t.Any]
) -> None:
    """Without a mask it is reset where nothing is sent; a name renames it."""
    http.begin(Reply(200, {"name": "p"}))
    server.update(POOL, "p", fields, stored(POOL, "p", slots=1, description="old", include_deferred=True))
    (seen,) = http.requests
    assert (seen.method, seen.path) == ("PATCH", "/api/v1/pools/p")
    assert seen.query == [("update_mask", ",".join(fields))]
    assert seen.body == fields


@pytest.mark.parametrize("answer", [{}, [], {"status": "ok"}], ids=str)
def test_an_answer_that_names_no_object_confirms_no_write(http: ScriptedServer, server: V1, answer: t.Any) -> None:
    http.begin(Reply(200, answer), Reply(200, answer))
    with pytest.raises(ServerFault):
        server.create(POOL, "p", {"slots": 1})
    with pytest.raises(ServerFault):
        server.update(POOL, "p", {"slots": 2}, stored(POOL, "p", slots=1))


# Deleting


def test_deleting_has_no_content_type_which_airflow_2_would_refuse(http: ScriptedServer, server: V1) -> None:
    http.begin(Reply(204), ABSENT)
    server.delete(CONNECTION, "pg")
    server.delete(CONNECTION, "pg")
    assert [*map(as_sent, http.requests)] == [("DELETE", "/api/v1/connections/pg", None)] * 2
    assert not any("Content-Type" in seen.headers for seen in http.requests)


def test_there_are_no_bulk_requests(http: ScriptedServer, server: V1) -> None:
    assert not server.abilities.can_bulk
    with pytest.raises(NotImplementedError):
        server.bulk(POOL, "delete", {"a": {}, "b": {}})


def test_only_the_first_line_of_a_reason_is_told(http: ScriptedServer, server: V1) -> None:
    """Below it stand the schema and the whole answer."""
    http.begin(Reply(400, {"detail": "it is bad\n\nFailed validating 'type' in schema:\n    CANARY"}))
    with pytest.raises(ServerFault) as caught:
        server.create(POOL, "p", {"slots": 1})
    assert caught.value.message.endswith("answers HTTP 400, it is bad")


# The audit log, see test_audit_log too


def test_events_are_chosen_by_one_list_of_names(http: ScriptedServer, server: V1) -> None:
    """Of a repeated parameter only the last counts here."""
    http.begin(AuditLog((6, "variable.edit", {"key": "v"}), (7, "api.post_pool", {"name": "p"})))
    assert [(event.id, event.kind, event.ids) for event in server.log(6).events] == [(7, POOL, {"p"})]
    (seen,) = http.requests
    assert seen.path == "/api/v1/eventLogs"
    (chosen,) = [value for name, value in seen.query if name == "included_events"]
    assert chosen.split(",") == sorted(EVENTS)
    assert {"api.connection.edit", "ui.post_pool", "variable.edit", "cli_pool_set", "variables.varimport"} <= {*chosen.split(",")}


def test_entries_of_other_events_are_left_to_the_server(http: ScriptedServer, server: V1) -> None:
    log = AuditLog((1, "api.post_pool", {"name": "a"}), (2, NO_WRITE, None), (3, "cli_pool_set", None), page=1)
    http.begin(*[log] * 2)
    assert [(event.id, event.ids) for event in server.log(1).events] == [(3, None)]


# Reaching it and signing in

NO_V2 = Reply(404, b"<html>Airflow 404 = lots of circles</html>")
VERSION = Reply(200, {"version": "2.11.2", "git_version": None})
FINE = Reply(200, {"metadatabase": {"status": "healthy"}})


def test_finding_out_the_version_costs_one_more_request(http: ScriptedServer) -> None:
    http.begin(NO_V2, VERSION)
    server = connect(Access(url=http.url, username="me", password="pw"))
    assert (server.version, server.api_version, server.abilities) == ("2.11.2", "v1", AIRFLOW_2)
    assert [seen.path for seen in http.requests] == ["/api/v2/version", "/api/v1/version"]


def test_where_v1_is_asked_for_nothing_else_is_tried(http: ScriptedServer) -> None:
    http.begin(VERSION)
    assert connect(Access(url=http.url, token="t", api_version="v1")).api_version == "v1"
    assert [seen.path for seen in http.requests] == ["/api/v1/version"]


def test_airflow_2_takes_the_password_with_each_request(http: ScriptedServer) -> None:
    http.begin(NO_V2, VERSION, FINE)
    connect(Access(url=http.url, username="müller", password="pä:ss")).health()
    assert ["Authorization" in seen.headers for seen in http.requests] == [False, False, True]
    scheme, _space, credentials = http.requests[-1].headers["Authorization"].partition(" ")
    assert scheme == "Basic"
    assert base64.b64decode(credentials).decode("utf-8") == "müller:pä:ss"


def test_a_token_is_taken_as_it_is(http: ScriptedServer) -> None:
    """As gateways in front of an Airflow 2 have it."""
    http.begin(NO_V2, VERSION, FINE)
    connect(Access(url=http.url, token="t0ken")).health()
    assert http.requests[-1].headers["Authorization"] == "Bearer t0ken"


def test_the_credentials_are_kept_out_of_reasons_in_their_encoded_form_too(http: ScriptedServer) -> None:
    encoded = base64.b64encode(b"me:CANARY").decode()
    http.begin(VERSION, *(Reply(400, {"detail": f"you sent {told}"}) for told in (encoded, "CANARY")))
    server = connect(Access(url=http.url, username="me", password="CANARY", api_version="v1"))
    for told in (encoded, "CANARY"):
        with pytest.raises(ServerFault) as caught:
            server.health()
        assert told not in caught.value.message


@pytest.mark.parametrize("version", ["2.9.3", "2.9", "1.10.15", "2.0.0"])
def test_an_airflow_that_is_too_old_is_refused_by_name(http: ScriptedServer, version: str) -> None:
    http.begin(NO_V2, Reply(200, {"version": version}))
    with pytest.raises(ServerFault) as caught:
        connect(Access(url=http.url, username="me", password="pw"))
    assert caught.value.message == (
        f"{http.url} is Airflow {version}; this collection speaks to Airflow 2.10 and newer"
    )


@pytest.mark.parametrize("version", ["2.10.0", "2.10.5+astro.1", "2.11.2", "2.12.0b1", "2.100.0"])
def test_every_airflow_2_from_10_on_can_do_the_same(http: ScriptedServer, version: str) -> None:
    http.begin(NO_V2, Reply(200, {"version": version}))
    server = connect(Access(url=http.url, token="t"))
    assert (server.version, server.abilities) == (version, AIRFLOW_2)


def test_what_airflow_2_cannot_do() -> None:
    can = AIRFLOW_2
    assert (can.lists_extra, can.shows_passwords, can.can_bulk) == (False, False, False)
    assert (can.unlimited_pools, can.slash_in_pool_name, can.teams) == (False, False, False)


@pytest.mark.parametrize("detail", [None, "Forbidden"])
def test_a_403_to_a_password_may_mean_either(http: ScriptedServer, detail: str | None) -> None:
    """Airflow 2 answers the same to a wrong password and to a user without rights."""
    http.begin(VERSION, Reply(403, {"detail": detail, "title": "Forbidden"}))
    server = connect(Access(url=http.url, username="me", password="pw", api_version="v1"))
    with pytest.raises(ServerFault) as caught:
        server.list(POOL)
    assert "airflow_username and airflow_password are wrong, or this user has no right" in caught.value.message
