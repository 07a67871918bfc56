# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""No secret leaves: canaries wherever a secret may stand, then a search through all that a run wrote anywhere.

Every module runs at -vvv --diff, successfully, refused, and against a server that fails in the nastiest ways: it echoes
what was sent. Searched are the console, the log file, a callback's file, the fact cache, leftover files, and syslog.
"""

from __future__ import annotations

import base64
import contextlib
import json
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from fault_proxy import Answer

pytestmark = pytest.mark.servers("3.3")

SYSLOG = "/dev/log"


def pem(core: str) -> str:
    lines = "\n".join(f"{core}{number}{'MIIEvQIBADANBgkqhkiG9w0BAQ'}" for number in range(3))
    return f"-----BEGIN PRIVATE KEY-----\n{lines}\n-----END PRIVATE KEY-----\n"


def quoted(core: str) -> str:
    return f"PW'quo\"te\\back{core}\n"


# Where a secret stands -> a text that is part of it and of nothing else. It shows in any form but base64.
CORES = {place: f"Cnry{number:02}zq" for number, place in enumerate(
    ("password", "second password", "extra pem", "extra list", "extra deep", "value", "json value", "uri", "header", "token",
     "wrong password", "mistyped", "wrong type", "mask beside"))}
INTEGER = 918273645
SECRETS = {
    "password": pem(CORES["password"]), "second": quoted(CORES["second password"]), "pem": pem(CORES["extra pem"]),
    "list": [quoted(CORES["extra list"]), 1], "deep": {"er": {"est": quoted(CORES["extra deep"])}}, "value": pem(CORES["value"]),
    "json": {"k": quoted(CORES["json value"]), "n": INTEGER}, "uri": f"postgres://u:{CORES['uri']}%22%27%5C@h:5/db?token={CORES['uri']}",
    "header": f"Bearer {CORES['header']}", "token": f"{CORES['token']}.{CORES['token']}.sig", "wrong": quoted(CORES["wrong password"]),
    "mistyped": CORES["mistyped"], "typed": [{"x": CORES["wrong type"]}], "masked": f"{CORES['mask beside']}***",
    "integer": INTEGER, "short": "a", "word": "airflow",
}
NEEDLES = [*CORES.values(), str(INTEGER)] + [
    base64.b64encode(text.encode()).decode().rstrip("=") for text in SECRETS.values() if isinstance(text, str) and len(text) > 8
] + [quote(CORES["uri"] + "\"'\\")]


def var(name: str) -> str:
    return f"{{{{ secrets.{name} }}}}"


def tasks(prefix: str) -> list[dict[str, Any]]:
    """Every module, a canary in every place of each that may hold a secret."""
    connections = [
        {"connection_id": f"{prefix}pem", "conn_type": "http", "host": "h", "password": var("password"),
         "extra": {"timeout": 5}, "secret_extra": {"pem": var("pem"), "list": var("list"), "deep": var("deep"), "n": var("integer")}},
        {"connection_id": f"{prefix}quote", "conn_type": "http", "password": var("second"), "port": 5432},
        {"connection_id": f"{prefix}uri", "uri": var("uri")},
        {"connection_id": f"{prefix}integer", "conn_type": "http", "password": var("integer")},
        {"connection_id": f"{prefix}airflow_a", "conn_type": "airflow", "description": "a airflow", "password": var("short"),
         "secret_extra": {"a": var("word")}},
    ]
    variables = [{"key": f"{prefix}pem", "secret_value": var("value")}, {"key": f"{prefix}json", "secret_value": var("json")},
                 {"key": f"{prefix}airflow", "secret_value": var("word")}, {"key": f"{prefix}a", "secret_value": var("short")}]
    return [
        {"windsock.airflow.airflow_settings": {"connections": connections, "variables": variables,
                                               "pools": [{"name": f"{prefix}p", "slots": 1}]}},
        {"windsock.airflow.airflow_connection": {**connections[0], "host": "i"}},
        {"windsock.airflow.airflow_connection": {**connections[2], "connection_id": f"{prefix}uri2"}},
        {"windsock.airflow.airflow_variable": {**variables[0], "description": "d"}},
        {"windsock.airflow.airflow_variable": {**variables[1], "key": f"{prefix}json2"}},
        {"windsock.airflow.airflow_pool": {"name": f"{prefix}p", "slots": 2}},
    ]


def ignoring(all_tasks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{**task, "ignore_errors": True, "register": f"result{number}"} for number, task in enumerate(all_tasks)] + [
        {"ansible.builtin.set_fact": {f"kept{number}": f"{{{{ result{number} }}}}", "cacheable": True}}
        for number in range(len(all_tasks))]


@pytest.fixture
def play(playbook, server):
    def run(all_tasks: list[dict[str, Any]], *options: str, **access: Any) -> Any:
        access = {"airflow_url": playbook.url, "airflow_username": server.admin[0], "airflow_password": server.admin[1],
                  "airflow_headers": {"X-Gateway": var("header")}, **access}
        with syslog() as received:
            played = playbook(*ignoring(all_tasks), options=("-vvv", "--diff", "-e", "@secrets.json", *options),
                              access={name: value for name, value in access.items() if value is not None},
                              files={"secrets.json": json.dumps({"secrets": SECRETS})})
        if received is not None:
            (played.folder / "syslog").write_bytes(b"\n".join(received))
        return played
    return run


def search(run: Any) -> None:
    assert len(run.results) > 1, run.console
    texts = run.everything()
    assert {"console", "ansible.log", "results.jsonl"} <= set(texts) and any(name.startswith("facts/") for name in texts)
    for place, text in texts.items():
        for needle in NEEDLES:
            at = text.find(needle)
            assert at < 0, f"{place}: ...{text[max(0, at - 700):at + 60]}"
    assert "Traceback" not in run.console
    assert not [each for each in texts if "AnsiballZ" in each]


@contextlib.contextmanager
def syslog() -> Iterator[list[bytes] | None]:
    """What arrives at /dev/log; None where this machine has one, or none can be made."""
    received: list[bytes] = []
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
        try:
            line.bind(SYSLOG)
        except OSError:
            yield None
            return
        try:
            line.settimeout(0.2)
            ended = threading.Event()

            def listen() -> None:
                while not ended.is_set():
                    with contextlib.suppress(TimeoutError):
                        received.append(line.recv(1 << 20))

            thread = threading.Thread(target=listen)
            thread.start()
            yield received
            ended.set()
            thread.join()
        finally:
            Path(SYSLOG).unlink()


def test_success(play, stored, name):
    run = play(tasks(name))
    assert run.code == 0, run.console
    search(run)
    first = run.results[0]
    # Short and common secrets mangle nothing.
    assert f"{name}airflow_a" in [change["id"] for change in first["changes"]] and first["airflow"]["version"]
    assert "(secret)" in run.console and "a airflow" in run.console
    now = stored.connections()
    assert now[f"{name}pem"]["password"] == SECRETS["password"] and now[f"{name}pem"]["extra"] == {
        "timeout": 5, "pem": SECRETS["pem"], "list": SECRETS["list"], "deep": SECRETS["deep"], "n": INTEGER}
    assert now[f"{name}quote"]["password"] == SECRETS["second"] and now[f"{name}integer"]["password"] == str(INTEGER)
    assert stored.variable(f"{name}json") == json.dumps(SECRETS["json"])


def test_changes_clearing_and_deletion(play, name):
    play(tasks(name)[:1])
    changed = tasks(name)[:2]
    settings = changed[0]["windsock.airflow.airflow_settings"]
    settings["connections"][0] |= {"password": var("second"), "secret_extra": {"pem": var("second"), "now": "x"}, "login": "l"}
    settings["connections"][1] |= {"password": ""}
    settings["connections"][3] = {"connection_id": f"{name}integer", "extra": {"a": "b"}}
    settings["variables"][0] = {"key": f"{name}pem", "secret_value": var("second")}
    settings["variables"][1] = {"key": f"{name}json", "secret_value": {"k": "open", "n": 1}}
    settings["variables"][2] = {"key": f"{name}airflow", "state": "absent"}
    gone = [{"windsock.airflow.airflow_connection": {"connection_id": f"{name}pem", "state": "absent"}},
            {"windsock.airflow.airflow_variable": {"key": f"{name}json", "state": "absent"}}]
    for options in (["--check"], []):
        run = play([*changed, *gone], *options)
        assert run.code == 0 and all(result["changed"] for result in run.results[:1]), run.console
        search(run)


def test_refusal(play, proxy, name):
    wrong = tasks(name)
    settings = wrong[0]["windsock.airflow.airflow_settings"]
    settings["connections"][0] |= {"port": "x", "passwrod": var("mistyped"), "host": var("typed")}
    settings["connections"][1] |= {"password": var("typed"), "login": var("masked"), "uri": var("uri")}
    settings["connections"][2] = {"connection_id": f"{name}uri", "uri": var("mistyped")}
    settings["variables"][0] |= {"value": var("mistyped"), "secret": var("mistyped")}
    settings["variables"][1] |= {"secret_value": var("masked")}
    settings["timeout"] = "abc"
    wrong[1]["windsock.airflow.airflow_connection"] |= {"passwrod": var("mistyped"), "password": var("typed"), "port": [1]}
    wrong[2]["windsock.airflow.airflow_connection"] |= {"retries": "abc", "validate_certs": [1]}
    wrong[3]["windsock.airflow.airflow_variable"] |= {"secret_value": var("masked"), "state": "x", "secert": var("mistyped")}
    wrong[4]["windsock.airflow.airflow_variable"] |= {"value": var("typed"), "api_version": 5, "airflow_tokn": var("mistyped")}
    wrong[5]["windsock.airflow.airflow_pool"] |= {"slots": "x", "airflow_headers": {"X Y": var("header"), "Z": var("typed")}}
    wrong += [{"windsock.airflow.airflow_settings": {"connections": var("mistyped"), "airflow_password": var("typed")}},
              {"windsock.airflow.airflow_info": {"airflow_headers": var("mistyped"), "gather_subset": "everything"}},
              {"windsock.airflow.airflow_info": {"airflow_token": var("typed"), "timeout": "abc"}},
              {"windsock.airflow.airflow_pool": {"slots": 1, "airflow_token": var("token")}}]
    run = play(wrong)
    assert all(result["failed"] for result in run.results) and proxy.requests == []
    search(run)


def test_wrong_sign_in(play, name):
    token = {"airflow_username": None, "airflow_password": None, "airflow_token": var("token")}
    for access in ({"airflow_password": var("wrong")}, token):
        run = play([*tasks(name)[:2], {"windsock.airflow.airflow_info": {}}], **access)
        assert all(result["failed"] for result in run.results)
        search(run)


def echo(proxy: Any, form: str, status: int) -> Any:
    """A server that says back what it was sent."""
    def action(forward: Any) -> Answer:
        sent = proxy.requests[-1]
        text = sent.body.decode()
        if form == "html":
            text += json.dumps(sent.headers)
        with contextlib.suppress(ValueError):
            if form == "decoded":  # the secret itself, no longer in the notation of JSON
                text = "; ".join(strings(json.loads(sent.body)))
            if form == "repr":
                text = repr(json.loads(sent.body))
        body = {
            "input": {"detail": [{"type": "x", "loc": ["body", "password"], "msg": "is wrong", "input": text, "ctx": {"e": text}}]},
            "message": {"detail": [{"loc": ["body", "password"], "msg": f"Value error: {text}"}]},
        }.get(form, {"detail": f"Could not do that with {text}"})
        told = status
        if form == "bulk" and b'"actions"' in sent.body:
            (actions,) = json.loads(sent.body)["actions"]
            body = {actions["action"]: {"success": [], "errors": [{"error": text, "status_code": 400}]}}
        elif form == "bulk":
            told = 400
        content = f"<html>{text}</html>" if form == "html" else json.dumps(body)
        return Answer(told, [("Content-Type", "application/json")], content.encode())
    return action


def strings(value: Any) -> list[str]:
    if isinstance(value, (dict, list)):
        return [text for each in (value.values() if isinstance(value, dict) else value) for text in strings(each)]
    return [str(value)]


FORMS = [("input", 422), ("message", 422), ("decoded", 400), ("repr", 409), ("json", 500), ("html", 403), ("bulk", 200)]


def filled(value: Any) -> Any:
    """The tasks' words with the secrets in them, as a module gets them."""
    if isinstance(value, dict):
        return {key: filled(item) for key, item in value.items()}
    if isinstance(value, list):
        return [filled(item) for item in value]
    return SECRETS[value[11:-3]] if isinstance(value, str) and value.startswith("{{ secrets.") else value


@pytest.mark.parametrize(("form", "status"), FORMS)
def test_a_server_that_echoes(engine, proxy, name, form, status):
    proxy.add(echo(proxy, form, status), writes_only=True, times=None)
    settings, connection, *_others = (filled(next(iter(task.values()))) for task in tasks(name))
    for run in (engine(**settings, retries=0), engine.one("connection", **connection, retries=0)):
        told = json.dumps(run.result) + run.msg
        assert run.failed and [needle for needle in NEEDLES if needle in told] == [], told


@pytest.mark.parametrize(("form", "status"), FORMS[:-1])
def test_a_sign_in_that_echoes(engine, proxy, form, status):
    proxy.add(echo(proxy, form, status), path="/auth/token", times=None)
    for password in (SECRETS["wrong"], SECRETS["password"], str(INTEGER)):
        told = engine.fault(airflow_username="u", airflow_password=password, airflow_headers={"X-Gateway": SECRETS["header"]},
                            retries=0, pools=[])
        assert [needle for needle in NEEDLES if needle in told] == [], told


def test_a_server_that_echoes_through_ansible(play, proxy, name):
    proxy.add(echo(proxy, "json", 422), writes_only=True, times=None)
    run = play(tasks(name), retries=0)
    assert all(result["failed"] for result in run.results), run.console
    search(run)


def test_lost_connections(play, proxy, name):
    proxy.cut(writes_only=True, times=None)
    run = play(tasks(name), retries=0)
    assert all(result["failed"] for result in run.results)
    search(run)


def test_syslog(play, name):
    """Every run here is searched in syslog too; this one shows that there is something to search."""
    texts = play(tasks(name)[4:]).everything()
    if "syslog" not in texts:
        pytest.skip(f"{SYSLOG} is somebody else's here, or cannot be made")
    assert "airflow_variable" in texts["syslog"] and "airflow_pool" in texts["syslog"]
