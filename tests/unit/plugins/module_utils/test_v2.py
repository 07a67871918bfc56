# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The dialect of Airflow 3, over real HTTP on loopback."""

from __future__ import annotations

import base64
import json
import typing as t
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.windsock.airflow.plugins.module_utils._airflow._access import Access
from ansible_collections.windsock.airflow.plugins.module_utils._airflow._events import AIRFLOW_3 as EVENTS
from ansible_collections.windsock.airflow.plugins.module_utils._airflow._rest import quoted
from ansible_collections.windsock.airflow.plugins.module_utils._airflow._transport import Transport
from ansible_collections.windsock.airflow.plugins.module_utils._airflow._user import User
from ansible_collections.windsock.airflow.plugins.module_utils._airflow._v2 import V2, abilities_of
from ansible_collections.windsock.airflow.plugins.module_utils._faults import ServerFault, Uncertain
from ansible_collections.windsock.airflow.tests.unit.audit_log import NO_WRITE, AuditLog
from ansible_collections.windsock.airflow.tests.unit.fakes import (
    AIRFLOW_3,
    AIRFLOW_3_0,
    CONNECTION,
    KINDS,
    POOL,
    VARIABLE,
    Crowd,
    stored,
)
from ansible_collections.windsock.airflow.tests.unit.scripted_http import Reply, ScriptedServer, Seen


@pytest.fixture
def server(http: ScriptedServer, pauses: list[float]) -> V2:
    return V2(Transport(Access(url=http.url, token="t")), "3.3.2", AIRFLOW_3)


def page(kind: t.Any, ids: t.Iterable[t.Any], total: int) -> Reply:
    entries = [{kind.identity.name: str(each), "slots": 1} for each in ids]
    return Reply(200, {kind.plural: entries, "total_entries": total})


def pages(kind: t.Any, ids: t.Sequence[t.Any], size: int = 100) -> t.Callable[[Seen], Reply]:
    """The page that is asked for; all but the first one are asked for in any order."""

    def asked(seen: Seen) -> Reply:
        start = int(dict(seen.query)["offset"])
        return page(kind, ids[start : start + size], len(ids))

    return asked


def bulk_reply(action: str, success: t.Any = (), errors: t.Any = ()) -> Reply:
    return Reply(200, {action: {"success": list(success), "errors": list(errors)}})


# Health and user


def test_the_health_is_read_from_its_own_path(http: ScriptedServer, server: V2) -> None:
    http.begin(Reply(200, {"metadatabase": {"status": "healthy"}}))
    assert server.health() == {"metadatabase": {"status": "healthy"}}
    assert (http.requests[0].method, http.requests[0].path) == ("GET", "/api/v2/monitor/health")


def token(**claims: t.Any) -> str:
    def part(content: t.Any) -> str:
        return base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")

    return f"{part({'alg': 'HS512'})}.{part(claims)}.c2lnbmVk"


PAGE_FOR_BROWSERS = Reply(200, b"<!DOCTYPE html><html></html>")  # what Airflow 3.0 answers
NOBODY = Reply(404, {"detail": "Not Found"})


@pytest.mark.parametrize(
    ("access", "answer", "user"),
    [
        ({"token": token(sub="7")}, Reply(200, {"id": "7", "username": "anna"}), User("anna", "airflow")),
        ({"username": "anna", "password": "p"}, Reply(200, {"id": "7", "username": "a"}), User("a", "airflow")),
        ({"username": "anna", "password": "p"}, PAGE_FOR_BROWSERS, User("anna", "airflow_username")),
        ({"username": "anna", "password": "p"}, Reply(403, {"detail": "no"}), User("anna", "airflow_username")),
        ({"token": token(sub="anna")}, PAGE_FOR_BROWSERS, User("anna", "token")),
        ({"token": token(sub=7)}, NOBODY, User("7", "token")),
        ({"token": token(sub="anna")}, Reply(403, {"detail": "Invalid JWT token"}), None),
        ({"token": token(sub="anna")}, Reply(401, {"detail": "Not authenticated"}), None),
        ({"token": token(role="x")}, NOBODY, None),
        ({"token": token(sub=["x"])}, NOBODY, None),
        ({"token": token(sub="")}, NOBODY, None),
        ({"token": "opaque"}, NOBODY, None),
        ({"token": "a.b.c"}, NOBODY, None),
        ({"token": "a.é.c"}, NOBODY, None),
        ({"token": "a.W10.c"}, NOBODY, None),
        ({}, Reply(401, {"detail": "Not authenticated"}), None),
        ({"token": "opaque"}, Reply(200, ["username"]), None),
    ],
)
def test_who_is_signed_in(http: ScriptedServer, access: dict[str, str], answer: Reply, user: User | None) -> None:
    server = V2(Transport(Access(url=http.url, **access)), "3.3.2", AIRFLOW_3)
    http.begin(answer)
    assert server.user() == user
    assert [(seen.method, seen.path) for seen in http.requests] == [("GET", "/ui/auth/me")]


# Listing


def test_a_list_is_read_page_by_page_in_a_fixed_order(http: ScriptedServer, server: V2) -> None:
    http.begin(*[pages(POOL, range(250))] * 3)
    assert [each.id for each in server.list(POOL)] == [str(each) for each in range(250)]
    assert sorted(int(dict(seen.query)["offset"]) for seen in http.requests) == [0, 100, 200]
    for seen in http.requests:
        assert (seen.method, seen.path) == ("GET", "/api/v2/pools")
        assert [name for name, _value in seen.query] == ["limit", "offset", "order_by"]
        assert (dict(seen.query)["limit"], dict(seen.query)["order_by"]) == ("100", "name")


def test_the_pages_after_the_first_are_read_four_at_a_time(
    http: ScriptedServer, server: V2, monkeypatch: pytest.MonkeyPatch
) -> None:
    crowd, read = Crowd(4), server._page

    def at_once(kind: t.Any, offset: int, beginning: str) -> t.Any:
        if offset:
            crowd.come_and_go()
        return read(kind, offset, beginning)

    monkeypatch.setattr(server, "_page", at_once)
    http.begin(*[pages(POOL, range(9), size=1)] * 9)
    assert [each.id for each in server.list(POOL)] == [str(each) for each in range(9)]
    assert crowd.most == 4


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_an_empty_list_needs_one_request(http: ScriptedServer, server: V2, kind: t.Any) -> None:
    http.begin(page(kind, [], 0))
    assert server.list(kind) == []
    assert http.requests[0].path == f"/api/v2/{kind.plural}"


def test_a_server_with_smaller_pages_is_read_whole(http: ScriptedServer, server: V2) -> None:
    http.begin(*[pages(POOL, [1, 2, 3], size=2)] * 2)
    assert len(server.list(POOL)) == 3
    assert dict(http.requests[1].query)["offset"] == "2"


def test_objects_that_come_and_go_meanwhile_do_not_confuse_the_reader(http: ScriptedServer, server: V2) -> None:
    growing = [page(POOL, [1, 2], 3), page(POOL, [2, 3], 4)]
    whole = [page(POOL, [0, 1], 4), page(POOL, [2, 3], 4)]
    http.begin(*growing, *whole)
    assert [each.id for each in server.list(POOL)] == ["0", "1", "2", "3"]
    shrinking = [page(POOL, [1, 2], 4), page(POOL, [], 2)]
    http.begin(*shrinking, page(POOL, [1, 2], 2))
    assert [each.id for each in server.list(POOL)] == ["1", "2"]


def test_an_object_that_moves_to_a_page_that_was_read_is_not_missed(http: ScriptedServer, server: V2) -> None:
    """1 is deleted between the pages, so that 3 moves to the first one."""
    http.begin(page(POOL, [1, 2], 4), page(POOL, [4], 3), page(POOL, [2, 3], 3), page(POOL, [4], 3))
    assert [each.id for each in server.list(POOL)] == ["2", "3", "4"]


def test_a_list_that_never_stands_still_is_what_was_seen_of_it(http: ScriptedServer, server: V2) -> None:
    """Rather one object too many, that is gone already, than one too few, which would pass for absent."""
    http.begin(*[page(POOL, [each], 3) for each in (1, 1, 1, 1, 2, 1, 1, 3, 1)])
    assert sorted(each.id for each in server.list(POOL)) == ["1", "2", "3"]
    assert len(http.requests) == 9


@pytest.mark.parametrize(
    "answer",
    [Reply(200, {"other": 1}), Reply(200, b"<html>"), Reply(200, b""), Reply(403, {"detail": "no"})],
    ids=["other", "html", "empty", "forbidden"],
)
def test_a_list_that_cannot_be_read_is_never_taken_for_an_empty_one(
    http: ScriptedServer, server: V2, answer: Reply
) -> None:
    http.begin(page(POOL, range(2), 4), answer)
    with pytest.raises(ServerFault):
        server.list(POOL)


def test_a_listed_connection_is_seen_whole(http: ScriptedServer, server: V2) -> None:
    entry = {"connection_id": "pg", "conn_type": "postgres", "password": "***", "extra": '{"a": 1}'}
    http.begin(Reply(200, {"connections": [entry], "total_entries": 1}))
    expected = stored(CONNECTION, "pg", conn_type="postgres", password="***", extra={"a": 1})
    assert server.list(CONNECTION) == [expected]


def test_a_list_of_connections_that_breaks_tells_why_that_may_be(http: ScriptedServer, server: V2) -> None:
    http.begin(Reply(500, {"detail": "boom"}))
    with pytest.raises(ServerFault, match="extra of a stored connection is not valid JSON"):
        server.list(CONNECTION)


def test_variables_that_begin_so_are_asked_for_alone(http: ScriptedServer, server: V2) -> None:
    """To the server an underscore stands for any character, so what comes too much is left out."""
    http.begin(page(VARIABLE, ["windsock_applied_61", "windsock-applied_61"], 2))
    assert [each.id for each in server.list(VARIABLE, "windsock_applied_")] == ["windsock_applied_61"]
    (seen,) = http.requests
    assert seen.target.endswith("&variable_key_pattern=windsock_applied_%25")
    assert dict(seen.query)["variable_key_pattern"] == "windsock_applied_%"


def test_a_list_of_pools_that_breaks_tells_why_that_may_be_where_it_may(http: ScriptedServer, server: V2) -> None:
    http.begin(*[Reply(500, {"detail": "boom"})] * 2)
    with pytest.raises(ServerFault) as caught:
        server.list(POOL)
    assert "unlimited" not in caught.value.message
    server.abilities = AIRFLOW_3_0
    with pytest.raises(ServerFault, match=r"`airflow pools set NAME SLOTS DESCRIPTION`"):
        server.list(POOL)


# Reading


def test_a_connection_as_it_is_read(http: ScriptedServer, server: V2) -> None:
    http.begin(
        Reply(
            200,
            {
                "connection_id": "pg",
                "conn_type": "postgres",
                "description": "",
                "host": None,
                "login": "me",
                "password": "***",
                "schema": "",
                "port": 0,
                "extra": '{"a": {"token": "***"}}',
                "team_name": None,
                "unheard_of": 1,
            },
        )
    )
    expected = stored(CONNECTION, "pg", conn_type="postgres", login="me", password="***", extra={"a": {"token": "***"}})
    assert server.get(CONNECTION, "pg") == expected
    assert not expected.unseen


@pytest.mark.parametrize(
    ("extra", "read"),
    [
        (None, {}),
        ("", {}),
        ("{}", {}),
        ("null", {}),
        ('{"a": 1}', {"a": 1}),
        ("[1]", [1]),
        ("no json", "no json"),
        ("[" * 9999, "[" * 9999),
    ],
    ids=lambda value: str(value)[:10],
)
def test_whatever_stands_in_extra_can_be_read(http: ScriptedServer, server: V2, extra: t.Any, read: t.Any) -> None:
    http.begin(Reply(200, {"connection_id": "pg", "conn_type": "x", "extra": extra}))
    actual = server.get(CONNECTION, "pg")
    assert actual is not None
    assert actual.fields["extra"] == read


def test_an_empty_variable_is_not_a_missing_value(http: ScriptedServer, server: V2) -> None:
    http.begin(Reply(200, {"key": "v", "value": "", "description": ""}))
    assert server.get(VARIABLE, "v") == stored(VARIABLE, "v", value="")


def test_what_does_not_exist_is_none(http: ScriptedServer, server: V2) -> None:
    http.begin(Reply(404, {"detail": "The Connection with connection_id: `pg` was not found"}))
    assert server.get(CONNECTION, "pg") is None


GATEWAY_404 = [
    Reply(404, b"<html>not found</html>"),
    Reply(404, {"detail": "Not Found"}),
    Reply(404, b""),
    Reply(404, {"error": "x"}),
]


@pytest.mark.parametrize("answer", GATEWAY_404, ids=["html", "no such route", "empty", "other json"])
def test_a_404_of_somebody_else_is_not_absence(http: ScriptedServer, server: V2, answer: Reply) -> None:
    http.begin(answer)
    with pytest.raises(ServerFault) as caught:
        server.get(CONNECTION, "pg")
    assert caught.value.message.startswith("reading connection 'pg': ")


@pytest.mark.parametrize(
    ("object_id", "segment"),
    [
        ("plain-id_1.x", "plain-id_1.x"),
        ("a/b", "a%2Fb"),
        ("a b", "a%20b"),
        ("é", "%C3%A9"),
        ("%41", "%2541"),
        ("a?b#c", "a%3Fb%23c"),
        ("a+b", "a%2Bb"),
        (".", "%2E"),
        ("..", "%2E%2E"),
        ("../pools", "..%2Fpools"),
    ],
)
def test_ids_are_quoted_on_the_wire(http: ScriptedServer, server: V2, object_id: str, segment: str) -> None:
    http.begin(Reply(200, {"key": object_id, "value": "x"}), Reply(204))
    server.get(VARIABLE, object_id)
    server.delete(VARIABLE, object_id)
    assert {seen.target for seen in http.requests} == {f"/api/v2/variables/{segment}"}


@given(st.text(min_size=1))
def test_a_quoted_id_is_one_segment_and_comes_back_as_it_was(object_id: str) -> None:
    segment = quoted(object_id)
    assert unquote(segment) == object_id
    assert not set("/?# ") & set(segment)
    assert segment not in (".", "..")


# Writing one


def test_creating_a_connection(http: ScriptedServer, server: V2) -> None:
    http.begin(Reply(201, {"connection_id": "pg"}))
    server.create(CONNECTION, "pg", {"conn_type": "postgres", "extra": {"a": "é"}})
    (seen,) = http.requests
    assert (seen.method, seen.target) == ("POST", "/api/v2/connections")
    assert {**seen.body, "extra": json.loads(seen.body["extra"])} == {
        "connection_id": "pg",
        "conn_type": "postgres",
        "extra": {"a": "é"},
    }


def test_creating_what_exists_is_a_conflict(http: ScriptedServer, server: V2) -> None:
    http.begin(Reply(409, {"detail": "exists"}))
    with pytest.raises(ServerFault) as caught:
        server.create(POOL, "p", {"slots": 1})
    assert caught.value.status == 409
    assert caught.value.about_the_request


@pytest.mark.parametrize("lost", [Reply(cut=True), Reply(503)], ids=["cut", "503"])
def test_creating_is_never_repeated_blindly(http: ScriptedServer, server: V2, lost: Reply) -> None:
    http.begin(lost, lost)
    with pytest.raises(Uncertain):
        server.create(POOL, "p", {"slots": 1})
    with pytest.raises(Uncertain):
        server.bulk(POOL, "create", {"p": {"slots": 1}, "q": {"slots": 1}})


def test_updating_a_connection_names_each_field_in_a_mask_of_its_own(http: ScriptedServer, server: V2) -> None:
    http.begin(Reply(200, {"connection_id": "pg"}))
    actual = stored(CONNECTION, "pg", conn_type="postgres", password="***", extra={"token": "***"})
    server.update(CONNECTION, "pg", {"host": "new", "extra": {}}, actual)
    (seen,) = http.requests
    assert (seen.method, seen.path) == ("PATCH", "/api/v2/connections/pg")
    assert seen.query == [("update_mask", "host"), ("update_mask", "extra")]
    assert seen.body == {"connection_id": "pg", "conn_type": "postgres", "host": "new", "extra": None}


def test_updating_a_pool_sends_what_airflow_insists_on(http: ScriptedServer, server: V2) -> None:
    http.begin(Reply(200, {"name": "p"}))
    server.update(POOL, "p", {"description": None}, stored(POOL, "p", slots=3, include_deferred=True))
    (seen,) = http.requests
    assert seen.query == [("update_mask", "description")]
    assert seen.body == {"pool": "p", "slots": 3, "include_deferred": True, "description": None}


def test_updating_a_variable_never_sends_back_the_value_that_was_read(http: ScriptedServer, server: V2) -> None:
    http.begin(Reply(200, {"key": "v"}))
    server.update(VARIABLE, "v", {"description": "new"}, stored(VARIABLE, "v", value="read"))
    (seen,) = http.requests
    assert seen.query == [("update_mask", "description")]
    assert "read" not in seen.content.decode()


@pytest.mark.parametrize("answer", [{}, [], {"status": "ok"}], ids=str)
def test_an_answer_that_names_no_object_confirms_no_write(http: ScriptedServer, server: V2, answer: t.Any) -> None:
    """A gateway answers 200 too."""
    http.begin(Reply(200, answer), Reply(200, answer))
    with pytest.raises(ServerFault):
        server.create(POOL, "p", {"slots": 1})
    with pytest.raises(ServerFault):
        server.update(POOL, "p", {"slots": 2}, stored(POOL, "p", slots=1))


def test_deleting(http: ScriptedServer, server: V2) -> None:
    http.begin(Reply(204), Reply(404, {"detail": "The Pool with name: `p` was not found"}))
    server.delete(POOL, "p")
    server.delete(POOL, "p")
    assert [(seen.method, seen.target, seen.content) for seen in http.requests] == [
        ("DELETE", "/api/v2/pools/p", b"")
    ] * 2


@pytest.mark.parametrize("answer", GATEWAY_404, ids=["html", "no such route", "empty", "other json"])
def test_a_404_of_somebody_else_is_no_deletion_and_no_objection(
    http: ScriptedServer, server: V2, answer: Reply
) -> None:
    http.begin(*[answer] * 3)
    for write in (
        lambda: server.delete(POOL, "p"),
        lambda: server.create(POOL, "p", {"slots": 1}),
        lambda: server.bulk(POOL, "delete", {"p": {}, "q": {}}),
    ):
        with pytest.raises(ServerFault) as caught:
            write()
        assert not caught.value.about_the_request


@pytest.mark.parametrize(
    "answer", [Reply(200, b"<html>login</html>"), Reply(302, headers={"Location": "/x"})], ids=["html", "redirect"]
)
@pytest.mark.parametrize("method", ["create", "update", "delete"])
def test_an_answer_that_is_not_airflows_is_no_success(
    http: ScriptedServer, server: V2, answer: Reply, method: str
) -> None:
    http.begin(answer)
    calls: dict[str, t.Callable[[], t.Any]] = {
        "create": lambda: server.create(POOL, "p", {"slots": 1}),
        "update": lambda: server.update(POOL, "p", {"slots": 1}, stored(POOL, "p", slots=2)),
        "delete": lambda: server.delete(POOL, "p"),
    }
    with pytest.raises(ServerFault):
        calls[method]()


# Writing many


def test_creating_many_is_one_request_that_overwrites_nothing(http: ScriptedServer, server: V2) -> None:
    http.begin(bulk_reply("create", ["a", "b"]))
    outcomes = server.bulk(POOL, "create", {"a": {"slots": 1}, "b": {"slots": 2}})
    assert [(each.id, each.reason) for each in outcomes] == [("a", None), ("b", None)]
    (seen,) = http.requests
    assert (seen.method, seen.target) == ("PATCH", "/api/v2/pools")
    (action,) = seen.body["actions"]
    assert action["action"] == "create"
    assert action.get("action_on_existence", "fail") == "fail"
    assert action["entities"] == [{"name": "a", "slots": 1}, {"name": "b", "slots": 2}]


def test_deleting_many_names_ids_and_takes_no_offence_at_those_gone(http: ScriptedServer, server: V2) -> None:
    http.begin(bulk_reply("delete", ["a"]))
    assert [each.reason for each in server.bulk(VARIABLE, "delete", {"a": {}, "b/c": {}})] == [None, None]
    assert http.requests[0].body == {
        "actions": [{"action": "delete", "entities": ["a", "b/c"], "action_on_non_existence": "skip"}]
    }


@pytest.mark.parametrize("action", ["create", "update"])
def test_what_a_bulk_answer_does_not_name_was_not_done(http: ScriptedServer, server: V2, action: str) -> None:
    http.begin(bulk_reply(action, ["a"]))
    first, second = server.bulk(POOL, action, {"a": {"slots": 1}, "b": {"slots": 1}})
    assert first.reason is None
    assert second.reason
    assert "did not confirm" in second.reason


@pytest.mark.parametrize("action", ["create", "update", "delete"])
def test_http_200_with_errors_is_a_failure(http: ScriptedServer, server: V2, action: str) -> None:
    http.begin(bulk_reply(action, ["a"], [{"error": "The pools a exist already", "status_code": 409}]))
    with pytest.raises(ServerFault) as caught:
        server.bulk(POOL, action, {"a": {"slots": 1}, "b": {"slots": 1}})
    assert caught.value.status == 409
    assert "exist already" in caught.value.message


def test_errors_of_a_bulk_answer_show_no_secret(http: ScriptedServer, server: V2) -> None:
    server.hide(["CANARY"])
    http.begin(bulk_reply("create", [], [{"error": "bad value CANARY", "status_code": 400}]))
    with pytest.raises(ServerFault) as caught:
        server.bulk(VARIABLE, "create", {"a": {"value": "CANARY"}, "b": {"value": "x"}})
    assert "CANARY" not in caught.value.message


@pytest.mark.parametrize(
    "answer",
    [Reply(200, {}), Reply(200, {"create": None}), Reply(200, b"<html>"), Reply(200, b""), Reply(200, [])],
    ids=["empty", "null", "html", "nothing", "list"],
)
def test_a_bulk_answer_that_says_nothing_is_a_failure(http: ScriptedServer, server: V2, answer: Reply) -> None:
    http.begin(answer)
    with pytest.raises(ServerFault):
        server.bulk(POOL, "create", {"a": {"slots": 1}, "b": {"slots": 1}})


def test_a_bulk_request_that_fails_as_a_whole_tells_place_and_complaint_only(http: ScriptedServer, server: V2) -> None:
    detail = [
        {"loc": ["body", "actions", 0, "entities", 1, "slots"], "msg": "Input should be greater", "input": "CANARY"}
    ]
    http.begin(Reply(422, {"detail": detail}))
    with pytest.raises(ServerFault) as caught:
        server.bulk(POOL, "update", {"a": {"slots": 1}, "b": {"slots": -5}})
    assert caught.value.about_the_request
    assert "slots: Input should be greater" in caught.value.message
    assert "CANARY" not in caught.value.message


def test_which_faults_are_about_the_request() -> None:
    assert all(ServerFault("x", status).about_the_request for status in (400, 404, 409, 413, 422))
    assert not any(ServerFault("x", status).about_the_request for status in (None, 401, 403, 429, 500, 503))


def test_updating_many_sends_no_mask(http: ScriptedServer, server: V2) -> None:
    """3.0 and 3.1 refuse one, 3.3 does not heed it; what is not in the entity is left alone."""
    http.begin(bulk_reply("update", ["a", "b"]))
    server.bulk(VARIABLE, "update", {name: {"value": "x"} for name in ("a", "b")})
    assert http.requests[0].target == "/api/v2/variables"
    (action,) = http.requests[0].body["actions"]
    assert action == {"action": "update", "entities": [{"key": name, "value": "x"} for name in ("a", "b")]}


# The audit log, see test_audit_log too


def test_events_are_chosen_by_a_parameter_each(http: ScriptedServer, server: V2) -> None:
    """A list in one is answered with 200, and without any entry."""
    actions = {"actions": [{"action": "update", "entities": [{"name": "p"}, {"name": "q"}]}]}
    http.begin(AuditLog((6, "post_variable", {"key": "v"}), (7, "bulk_pools", actions)))
    assert [(event.id, event.kind, event.ids) for event in server.log(6).events] == [(7, POOL, {"p", "q"})]
    (seen,) = http.requests
    assert seen.path == "/api/v2/eventLogs"
    chosen = [value for name, value in seen.query if name == "included_events"]
    assert chosen == sorted(EVENTS)
    assert {"post_connection", "bulk_variables", "delete_pool", "cli_connections_import"} <= {*chosen}
    assert len(seen.target) < 2000, "what any proxy takes"


def test_entries_of_other_events_are_left_to_the_server(http: ScriptedServer, server: V2) -> None:
    log = AuditLog((1, "post_pool", {"name": "a"}), (2, NO_WRITE, None), (3, "cli_pool_set", None), page=1)
    http.begin(*[log] * 2)
    assert [(event.id, event.ids) for event in server.log(1).events] == [(3, None)]


# What each release can do


@pytest.mark.parametrize("release", [(3, 3), (3, 4), (3, 10), (4, 0)], ids=str)
def test_the_newest_airflow_can_do_everything(release: tuple[int, int]) -> None:
    assert abilities_of(release) == AIRFLOW_3
    assert (AIRFLOW_3.can_bulk, AIRFLOW_3.lists_extra, AIRFLOW_3.shows_passwords) == (True, True, True)
    assert (AIRFLOW_3.unlimited_pools, AIRFLOW_3.slash_in_pool_name, AIRFLOW_3.teams) == (True, True, True)
    assert AIRFLOW_3.bulk_update_needs == {
        "connection": {"conn_type"},
        "variable": {"value"},
        "pool": {"slots", "include_deferred"},
    }
    assert AIRFLOW_3.bulk_update_keeps == {}
    assert not AIRFLOW_3.logs_bulk_in_clear


@pytest.mark.parametrize(
    ("release", "unlimited_pools", "teams"),
    [((3, 0), False, False), ((3, 1), True, False), ((3, 2), True, True), ((2, 10), False, False)],
    ids=str,
)
def test_an_older_airflow_3_can_do_less(release: tuple[int, int], unlimited_pools: bool, teams: bool) -> None:
    abilities = abilities_of(release)
    assert (abilities.unlimited_pools, abilities.teams) == (unlimited_pools, teams)
    assert abilities.bulk_update_needs == {**AIRFLOW_3.bulk_update_needs, "variable": {"value", "description"}}
    assert abilities.bulk_update_keeps == {"pool": {"description"}}
    assert abilities.can_bulk
    assert abilities.lists_extra
    assert abilities.logs_bulk_in_clear


@pytest.mark.parametrize(("release", "told"), [((3, 0), True), ((3, 1), True), ((3, 3), False)])
def test_variables_that_cannot_be_decrypted_break_the_list_of_older_versions(
    http: ScriptedServer, release: tuple[int, int], told: bool
) -> None:
    server = V2(Transport(Access(url=http.url, token="t")), "3.x", abilities_of(release))
    http.begin(Reply(500, {"detail": "Internal Server Error"}))
    with pytest.raises(ServerFault) as caught:
        server.list(VARIABLE)
    assert ("fernet_key" in caught.value.message) == told
