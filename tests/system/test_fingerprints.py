# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Secrets that were rotated are found, those that were not are left alone, those that somebody changed are told."""

from __future__ import annotations

import http.cookiejar
import json
import re
import sqlite3
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from airflow_server import AirflowServer
from fault_proxy import FaultProxy
from harness import Engine, Run
from raw_api import Api
from stored import Stored

from ansible_collections.windsock.airflow.plugins.module_utils._memory import key_of

KEY = "aGVsbG8gd2luZHNvY2ssIHRoaXMgaXMgYSB0ZXN0IGtleSBvZiA0MyBieXRlcyE1"
OTHER_KEY = "0123456789abcdef" * 4
PASSPHRASE = "correct horse battery staple"


class Keeper:
    """An owner with a key, and what is written for it."""

    def __init__(self, engine: Engine, proxy: FaultProxy, owner: str) -> None:
        self.engine, self.proxy, self.owner = engine, proxy, owner
        self.key: Any = KEY

    def __call__(self, *, check: bool = False, **declared: Any) -> Run:
        self.proxy.reset()
        return self.engine(check=check, **{"fingerprint_key": self.key, "owner": self.owner, **declared})

    def one(self, kind: str, *, check: bool = False, **declared: Any) -> Run:
        self.proxy.reset()
        return self.engine.one(kind, check=check, fingerprint_key=self.key, owner=self.owner, **declared)

    def settles(self, **declared: Any) -> Run:
        """Check mode predicts, the run does it, and then nothing differs nor is anything written."""
        predicted = self(check=True, **declared)
        assert self.writes() == []
        first = self(**declared)
        assert not first.failed, first.msg
        assert sorted(map(str, predicted.changes)) == sorted(map(str, first.changes))
        again = self(**declared)
        assert (again.changes, self.writes()) == ([], [])
        counts = again.result["summary"].values()
        assert sum(count["unknown"] for count in counts) == 0, again.result["summary"]
        return first

    def writes(self) -> list[str]:
        """Of objects; the memory is none."""
        written = [f"{each.method} {each.path}" for each in self.proxy.requests if each.method not in ("GET", "HEAD")]
        return [each for each in written if "/auth/token" not in each]

    def object_writes(self) -> list[str]:
        # A memory that is created is posted to the variables.
        memory = key_of(self.owner)
        return [
            f"{each.method} {each.path}"
            for each in self.proxy.requests
            if each.method not in ("GET", "HEAD") and "/auth/token" not in each.path
            and memory not in each.path and memory.encode() not in each.body
        ]


@pytest.fixture
def keeper(engine: Engine, proxy: FaultProxy, api: Api, name: str) -> Iterator[Keeper]:
    yield Keeper(engine, proxy, name)
    api.delete("variables", [key_of(name)])


def declared(name: str, **secrets: str) -> dict[str, Any]:
    """One object for each place where a secret may stand."""
    words = {"password": "pw-first", "leaf": "leaf-first", "text": "text-first", "uri": "uri-first", **secrets}
    return {
        "connections": [
            {"connection_id": f"{name}password", "conn_type": "http", "host": "h", "password": words["password"]},
            {"connection_id": f"{name}leaf", "conn_type": "http", "extra": {"timeout": 5},
             "secret_extra": {"api_key": words["leaf"], "deep": {"token": words["leaf"]}}},
            {"connection_id": f"{name}uri", "uri": f"http://me:{words['uri']}@host/schema?api_key={words['uri']}"},
        ],
        "variables": [{"key": f"{name}secret_text", "secret_value": words["text"]}],
    }


def changed(name: str, run: Run) -> set[str]:
    return {change["id"].removeprefix(name) for change in run.changes}


def test_create_rotate_and_leave_alone(keeper: Keeper, stored: Stored, name: str) -> None:
    keeper.settles(**declared(name))
    for what, object_id in {"password": "password", "leaf": "leaf", "uri": "uri", "text": "secret_text"}.items():
        rotated = declared(name, **{what: f"{what}-second"})
        found = keeper(check=True, **rotated)
        assert changed(name, found) == {object_id}
        assert "(secret, changed)" in str(found.report.diff())
        keeper.settles(**rotated)
        assert f"{what}-second" in json.dumps(stored.connections()) + json.dumps(stored.variables())
        keeper.settles(**declared(name))


def test_one_of_many_secrets_is_rotated(keeper: Keeper, server: AirflowServer, stored: Stored, name: str) -> None:
    """Exactly one object, exactly one write, beside that of the memory. Older ones write each object alone, so of fewer."""
    count = 1000 if server.version.startswith("3.3.") else 60
    many = [{"connection_id": f"{name}{i}", "conn_type": "http", "password": f"pw-{i}-first"} for i in range(count)]
    keeper.settles(connections=many)
    many[7] = {**many[7], "password": "pw-7-second"}
    found = keeper(connections=many)
    assert [(change["id"], change["action"], change["fields"], change["secrets"]) for change in found.changes] == [
        (f"{name}7", "update", [], ["password"])]
    assert len(keeper.object_writes()) == 1
    assert (keeper(connections=many).changes, keeper.writes()) == ([], [])
    assert stored.connection(f"{name}7")["password"] == "pw-7-second"


def test_a_cleared_password(keeper: Keeper, stored: Stored, name: str) -> None:
    keeper.settles(**declared(name))
    cleared = [{"connection_id": f"{name}password", "conn_type": "http", "host": "h", "password": ""}]
    assert keeper.settles(connections=cleared).actions == {f"{name}password": "replace"}
    assert not stored.connection(f"{name}password")["password"]


def test_cleared_leaves(keeper: Keeper, stored: Stored, name: str) -> None:
    keeper.settles(**declared(name))
    keeper.settles(connections=[{"connection_id": f"{name}leaf", "conn_type": "http", "extra": {"timeout": 5}}])
    assert stored.connection(f"{name}leaf")["extra"] == {"timeout": 5}


@pytest.mark.parametrize("new", [OTHER_KEY, PASSPHRASE])
def test_another_key_with_the_former_one_behind_it(keeper: Keeper, name: str, new: str) -> None:
    """No object is written, only the memory; afterwards the new key alone will do."""
    keeper.settles(**declared(name))
    keeper.key = [new, KEY]
    assert keeper(check=True, **declared(name)).changes == []
    assert keeper(**declared(name)).changes == []
    assert keeper.object_writes() == []
    assert len(keeper.writes()) == 1
    keeper.key = new
    assert (keeper(**declared(name)).changes, keeper.writes()) == ([], [])


def test_another_key_alone_knows_nothing_and_writes(keeper: Keeper, api: Api, name: str) -> None:
    keeper.settles(**declared(name))
    keeper.key = OTHER_KEY
    found = keeper(check=True, **declared(name))
    hidden = hidden_at(api)
    assert changed(name, found) == hidden
    assert "(secret, unknown)" in str(found.report.diff())
    assert any("another fingerprint_key" in hint for hint in found.report.hints)
    keeper.settles(**declared(name))


def hidden_at(api: Api) -> set[str]:
    """Of the declared ones, those whose secrets this server hides: Airflow 2 shows variables in clear."""
    everything = {"password", "leaf", "uri", "secret_text"}
    return everything - {"secret_text"} if api.root == "/api/v1" else everything


@pytest.mark.parametrize("harm", ["deleted", "damaged"])
def test_a_memory_that_is_lost(keeper: Keeper, api: Api, name: str, harm: str) -> None:
    """Unknown means write; damaged is told, and goes on until somebody deletes it."""
    keeper.settles(**declared(name))
    if harm == "deleted":
        api.delete("variables", [key_of(name)])
        assert changed(name, keeper.settles(**declared(name))) == hidden_at(api)
        return
    value = api.get("variables", key_of(name))["value"]
    api.update("variables", key_of(name), value=value[:40] + ("A" if value[40] != "A" else "B") + value[41:])
    for _twice in range(2):
        found = keeper(**declared(name))
        assert changed(name, found) == hidden_at(api)
        assert any("is damaged" in hint for hint in found.report.hints)
    api.delete("variables", [key_of(name)])
    keeper.settles(**declared(name))


def test_what_somebody_changed_by_hand_is_told_and_written_again(
    keeper: Keeper, api: Api, stored: Stored, name: str
) -> None:
    keeper.settles(**declared(name))
    api.update("connections", f"{name}password", password="by-hand")
    api.update("connections", f"{name}leaf", extra=json.dumps({"timeout": 5, "api_key": "by-hand", "deep": {"token": "x-hand"}}))
    found = keeper(check=True, **declared(name))
    if api.root == "/api/v2":
        assert changed(name, found) == {"password", "leaf"}
    told = found.result["written_by_others"]
    assert {f"{name}password", f"{name}leaf"} <= {each["id"] for each in told}
    assert {each["user"] for each in told} == {"admin"}
    assert all(each["when"].startswith("20") and each["kind"] == "connection" for each in told)
    assert any("written by somebody else" in hint for hint in found.report.hints)
    again = keeper.settles(**declared(name))
    assert again.result["written_by_others"]
    assert stored.connection(f"{name}password")["password"] == "pw-first"
    assert keeper(**declared(name)).result["written_by_others"] == []


def test_an_edit_that_changed_nothing_is_told_once(keeper: Keeper, api: Api, name: str) -> None:
    pool = [{"name": f"{name}p", "slots": 3}]
    keeper.settles(pools=pool)
    api.update("pools", f"{name}p", slots=4)
    api.update("pools", f"{name}p", slots=3)
    for check in (True, False):
        (told,) = keeper(check=check, pools=pool).result["written_by_others"]
        assert (told["kind"], told["id"], told["user"]) == ("pool", f"{name}p", "admin")
    assert keeper(pools=pool).result["written_by_others"] == []


@pytest.mark.servers("3")
def test_a_password_that_was_removed_by_hand(keeper: Keeper, api: Api, stored: Stored, name: str) -> None:
    """Presence is compared whatever the mode; here the connection is deleted and created anew without one."""
    keeper.settles(**declared(name))
    api("DELETE", f"/connections/{name}password")
    api.create("connections", {"connection_id": f"{name}password", "conn_type": "http", "host": "h"})
    assert changed(name, keeper.settles(**declared(name))) == {"password"}
    assert stored.connection(f"{name}password")["password"] == "pw-first"


def test_what_was_deleted_and_created_anew_by_hand(keeper: Keeper, api: Api, stored: Stored, name: str) -> None:
    keeper.settles(**declared(name))
    api("DELETE", f"/connections/{name}password")
    api.create("connections", {"connection_id": f"{name}password", "conn_type": "http", "host": "h", "password": "other"})
    assert "password" in changed(name, keeper.settles(**declared(name)))
    assert stored.connection(f"{name}password")["password"] == "pw-first"


def test_the_command_line_writes_too(keeper: Keeper, server: AirflowServer, stored: Stored, name: str) -> None:
    keeper.settles(**declared(name))
    server.cli("connections", "delete", f"{name}password")
    server.cli("connections", "add", f"{name}password", "--conn-type", "http", "--conn-host", "h", "--conn-password", "by-cli")
    found = keeper.settles(**declared(name))
    assert "password" in changed(name, found)
    assert f"{name}password" in {each["id"] for each in found.result["written_by_others"]}
    assert stored.connection(f"{name}password")["password"] == "pw-first"


class Pages:
    """The web pages of Airflow 2, as a browser uses them."""

    def __init__(self, server: AirflowServer) -> None:
        self.url = server.url
        cookies = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        self.opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), cookies)
        username, password = server.operator2
        self.post("/login/", username=username, password=password)

    def post(self, path: str, **fields: Any) -> None:
        """Open the form, fill it in and send it."""
        with self.opener.open(self.url + path, timeout=60) as page:
            found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page.read().decode())
        assert found, path
        form = urllib.parse.urlencode({"csrf_token": found[1], **fields}).encode()
        with self.opener.open(self.url + path, form, timeout=60) as page:
            assert page.status == 200


@pytest.mark.servers("2")
def test_an_edit_by_the_web_page_is_told(
    keeper: Keeper, server: AirflowServer, stored: Stored, name: str
) -> None:
    """On Airflow 3 the page uses the same API as everybody; on 2 it has events of its own."""
    keeper.settles(**declared(name))
    with closing(sqlite3.connect(server.home / "airflow.db", timeout=30)) as database:
        (number,) = database.execute("SELECT id FROM connection WHERE conn_id = ?", (f"{name}password",)).fetchone()
    pages = Pages(server)
    with pages.opener.open(f"{server.url}/connection/edit/{number}", timeout=60):
        assert keeper(check=True, **declared(name)).changes == [], "somebody has only opened the form"
    pages.post(f"/connection/edit/{number}", conn_id=f"{name}password", conn_type="http", host="h", password="by-page",
               description="", schema="", login="", port="", extra="")
    found = keeper.settles(**declared(name))
    assert changed(name, found) == {"password"}
    (told,) = found.result["written_by_others"]
    assert (told["id"], told["user"], told["event"]) == (f"{name}password", "op2", "connection.edit")
    assert stored.connection(f"{name}password")["password"] == "pw-first"


def test_an_empty_log_is_told_and_nothing_is_written_for_it(
    keeper: Keeper, server: AirflowServer, api: Api, name: str
) -> None:
    keeper.settles(**declared(name))
    with closing(sqlite3.connect(server.home / "airflow.db", timeout=30)) as database:
        database.execute("DELETE FROM log")
        database.commit()
    found = keeper(check=True, **declared(name))
    assert found.changes == []
    assert any("trimmed" in hint for hint in found.report.hints)
    assert keeper(**declared(name)).changes == []
    assert not any("trimmed" in hint for hint in keeper(**declared(name)).report.hints)
    api.update("connections", f"{name}password", password="by-hand")
    assert changed(name, keeper(check=True, **declared(name))) >= {"password"}


def test_two_owners_see_each_other(keeper: Keeper, api: Api, name: str) -> None:
    one = declared(name)
    keeper.settles(**one)
    other = declared(name, password="pw-of-the-other")
    try:
        keeper(**other, owner=f"{name}2")
        found = keeper(check=True, **one)
        assert "password" in changed(name, found)
        assert f"{name}password" in {each["id"] for each in found.result["written_by_others"]}
    finally:
        api.delete("variables", [key_of(f"{name}2")])


def test_single_modules_share_the_memory(keeper: Keeper, stored: Stored, name: str) -> None:
    keeper.settles(**declared(name))
    words = declared(name)["connections"][0]
    assert not keeper.one("connection", **words).changed
    assert keeper.writes() == []
    rotated = {**words, "password": "pw-single"}
    assert keeper.one("connection", check=True, **rotated).changed
    assert keeper.one("connection", **rotated).changed
    assert not keeper.one("connection", **rotated).changed
    assert stored.connection(f"{name}password")["password"] == "pw-single"
    single = {"key": f"{name}single_token", "secret_value": "token-1"}
    for check, expected in ((True, True), (False, True), (True, False), (False, False)):
        assert keeper.one("variable", check=check, **single).changed == expected
    found = keeper(check=True, **declared(name, password="pw-single"), prune="owned")
    assert f"{name}single_token" not in found.actions, "a single module claims nothing"


@pytest.mark.servers("2", "3.0", "3.3")
def test_openly_declared_values_that_airflow_masks(keeper: Keeper, stored: Stored, name: str) -> None:
    open_words = {
        "connections": [{"connection_id": f"{name}c", "conn_type": "http", "extra": {"api_key": "k-open", "n": {"secret": "s-open"}}}],
        "variables": [{"key": f"{name}my_password", "value": "v-open"}, {"key": f"{name}json", "value": {"token": "t-open", "n": 1}}],
    }
    keeper.settles(**open_words)
    open_words["variables"][1] = {"key": f"{name}json", "value": {"token": "t-other", "n": 1}}
    assert changed(name, keeper.settles(**open_words)) == {"json"}
    assert json.loads(stored.variable(f"{name}json")) == {"token": "t-other", "n": 1}


def test_mask_bleed_is_no_drift(keeper: Keeper, api: Api, stored: Stored, name: str) -> None:
    secret = "bleeds-everywhere"
    words = {
        "connections": [
            {"connection_id": f"{name}owner", "conn_type": "http", "password": secret},
            {"connection_id": f"{name}victim", "conn_type": "http", "host": "h", "extra": {"note": f"zz-{secret}-zz", "l": [secret]}},
        ],
        "variables": [{"key": f"{name}v", "value": f"a {secret} b"}, {"key": f"{name}j", "value": {"n": secret, "i": 1}}],
    }
    keeper(**words)
    readings = [api.get("connections", f"{name}{each}")["extra"] for _look in range(8) for each in ("owner", "victim")]
    assert any("zz-***-zz" in str(each) for each in readings), "this server does not mask so: the test shows nothing"
    for _twice in range(2):
        assert keeper(check=True, **words).changes == []
        assert keeper(**words).changes == []
    assert stored.connection(f"{name}victim")["extra"] == {"note": f"zz-{secret}-zz", "l": [secret]}
    assert stored.variable(f"{name}v") == f"a {secret} b"


def test_on_create_leaves_a_rotated_secret_and_says_unknown(keeper: Keeper, stored: Stored, name: str) -> None:
    keeper.settles(**declared(name), update_secrets="on_create")
    found = keeper(**declared(name, password="pw-second"), update_secrets="on_create")
    assert found.changes == []
    assert found.result["summary"]["connections"]["unknown"] == 1
    assert stored.connection(f"{name}password")["password"] == "pw-first"
    assert changed(name, keeper.settles(**declared(name, password="pw-second"))) == {"password"}


def test_a_log_that_may_not_be_read_is_told_and_nothing_else_changes(
    keeper: Keeper, server: AirflowServer, proxy: FaultProxy, name: str
) -> None:
    """On Airflow 2 the role Op may write connections and not read the log; on 3 every role may, so the proxy refuses."""
    keeper.settles(**declared(name))
    refusing = json.dumps({"detail": "Forbidden"})
    for words, expected in ((declared(name), set()), (declared(name, password="pw-second"), {"password"}), (declared(name, password="pw-second"), set())):
        for check in (True, False):
            keeper.proxy.reset()
            proxy.answer(403, refusing, method="GET", path="/eventLogs", times=None)
            found = keeper.engine(check=check, fingerprint_key=KEY, owner=name, **words)
            assert changed(name, found) == expected
            assert "written_by_others" not in found.result
            assert [hint for hint in found.report.hints if "audit log cannot be read" in hint] == found.report.hints


def test_a_change_beside_a_touched_secret_does_not_make_it_known(keeper: Keeper, api: Api, name: str) -> None:
    """Found by the truth test: what is written because it visibly differs says nothing of the password beside it."""
    words = {"connection_id": f"{name}c", "conn_type": "http", "password": "pw-first"}
    quiet = {"update_secrets": "on_create"}
    keeper(connections=[words])
    api.update("connections", f"{name}c", conn_type="ftp")
    assert keeper(connections=[words], **quiet).actions == {f"{name}c": "update"}
    assert keeper(connections=[words], **quiet).result["summary"]["connections"]["unknown"] == 1
    assert keeper(connections=[words]).change(f"{name}c")["secrets"] == ["password"]


def test_what_a_run_without_the_key_wrote_is_not_known(keeper: Keeper, proxy: FaultProxy, stored: Stored, name: str) -> None:
    """Nor believed to be what was there before it, even where no log tells."""
    words = {"connection_id": f"{name}c", "conn_type": "http", "password": "pw-first"}
    keeper(connections=[words])
    keeper.engine(connections=[{**words, "password": "pw-second"}], owner=name, update_secrets="always")
    proxy.reset()
    proxy.answer(403, json.dumps({"detail": "Forbidden"}), method="GET", path="/eventLogs", times=None)
    found = keeper.engine(connections=[words], owner=name, fingerprint_key=KEY)
    assert found.change(f"{name}c")["secrets"] == ["password"]
    assert stored.connection(f"{name}c")["password"] == "pw-first"


@pytest.mark.parametrize("answer", ["lost", "cut"])
def test_a_write_whose_answer_is_lost_leaves_nothing_known(
    keeper: Keeper, proxy: FaultProxy, stored: Stored, name: str, answer: str
) -> None:
    """The former secret is declared again: it must be written, though the memory once knew it."""
    first = {"connection_id": f"{name}c", "conn_type": "http", "password": "pw-first"}
    keeper(connections=[first])
    proxy.reset()
    fail = proxy.lose_answer if answer == "lost" else proxy.cut
    fail(method="PATCH", path=f"/connections/{name}c", times=None)
    engine = keeper.engine
    run = engine(connections=[{**first, "password": "pw-second"}], owner=name, fingerprint_key=KEY, retries=0)
    assert run.failed
    proxy.reset()
    proxy.answer(403, json.dumps({"detail": "Forbidden"}), method="GET", path="/eventLogs", times=None)
    assert engine(connections=[first], owner=name, fingerprint_key=KEY).changed
    assert stored.connection(f"{name}c")["password"] == "pw-first"
    assert not engine(connections=[first], owner=name, fingerprint_key=KEY).changed
