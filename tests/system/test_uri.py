# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The URI parser against Airflow's own, in the server's environment, over awkward content."""

from __future__ import annotations

import json
import random
import subprocess
from typing import Any
from urllib.parse import quote

import pytest

from ansible_collections.windsock.airflow.plugins.module_utils._uri import UriFault, parse_uri

pytestmark = pytest.mark.servers("3.3")  # the parser of whose Airflow is the rule; 2.x keeps one of two values of a key

AIRFLOW = """
import json, sys
from airflow.models.connection import Connection
answers = []
for uri in json.load(sys.stdin):
    try:
        made = Connection(conn_id="x", uri=uri)
        fields = {name: getattr(made, name) for name in ("conn_type", "host", "login", "password", "schema", "port")}
        answers.append({**fields, "extra": json.loads(made.extra or "{}")})
    except Exception as error:
        answers.append(type(error).__name__)
open(sys.argv[1], "w").write(json.dumps(answers))
"""
AWKWARD = ["", "a", "user", "p@ss", "a:b", "a/b", "a?b", "a#b", "a b", "\u00fc\u6f22", "%", "%41", "a+b", "a&b=c", "'q\"", "\\", "***", "[x]",
           "A.B-c_d", "{{ x }}", "a;b", "x" * 300, "\t", "://", "@", ":", "/", "~", "1e5", "null", "true", "1.10", "[1,  2]", '{"a": 1}']
SCHEMES = ["postgres", "postgresql", "http", "my-type", "google-cloud-platform", "aws", "a_b", "HTTP", "spark", "x1", "mysql+x"]
HOSTS = ["", "h", "example.com", "EXAMPLE.com", "127.0.0.1", "[::1]", "/var/run/sock", "a b", "\u00fc.example", "h%41", "UPPER/Case", "under_score"]
SPECIAL = [
    "", "x", "://", "http:/h", "http//h", "http://", "http:///", "http://:@", "http://:@:/", "http://h:", "http://h:0", "http://h:65535",
    "http://h:65536", "http://h:-1", "http://h:port", "http://h:80:90", "http://[::1", "http://[::1]:5", "http://u@v@h", "http://u:p:q@h",
    "http://https://h", "http://https://u:p@h:5/x?a=b", "http://u@https://h", "http://:5https://h", "a://b://c://d", "spark://k8s://h:443?x=y",
    "http://h/a/b", "http://h//", "http://h/?", "http://h?", "http://h?a", "http://h?a=&b=", "http://h?a=1&a=2", "http://h?a=b;c=d",
    "http://h?__extra__={}", "http://h?__extra__=%7B%22a%22%3A+1%7D", "http://h?__extra__=[1]", "http://h?__extra__=x", "http://h?__extra__=",
    "http://h?__extra__=null", "http://h?__extra__=%7B%22a%22%3A1%7D&b=2", "http://h#frag", "http://h/s#frag?a=b", "http://h?a=b#c",
    "http://h/%2Fs", "http://h/s%3Fa", "1http://h", "-a://h", "a.b://h", "a+b://h", " http://h", "http://h ", "http://u%40d:p%3A@h",
    "http://%2Fsock/x", "http://%2FVar%2FRun:5/x", "http://H%41/x", "jdbc:postgresql://h:5/x", "sqlite:////tmp/x.db", "http://h:\u0661",
    "http://u:p@/x", "http://@h", "http://:p@h", "http://u:@h", "http://h?a=%ff", "http://h?a=true&b=null&c=1e5&d=%5B1%5D&e=%22x%22&f=NaN",
]


# Refused by us alone, on purpose: Airflow makes a connection of it that nobody can have meant.
STRICTER = {"http:/h", "http://h?__extra__="}


def uris() -> list[str]:
    chance = random.Random(7)
    made = list(SPECIAL)
    for number in range(320):
        pick = chance.choice
        encode = (lambda text: quote(text, safe="")) if number % 4 else (lambda text: text)
        login = pick(["", f"{encode(pick(AWKWARD))}@", f"{encode(pick(AWKWARD))}:{encode(pick(AWKWARD))}@"])
        host = pick(HOSTS)
        host = host if host.startswith("[") or not number % 4 else encode(host)
        port = pick(["", "", ":1", ":5432", ":0", ":99999"])
        schema = pick(["", "/", f"/{encode(pick(AWKWARD))}"])
        query = pick(["", "", "?" + "&".join(f"{encode(pick(AWKWARD))}={encode(pick(AWKWARD))}" for _each in range(pick([1, 2, 3]))),
                      "?__extra__=" + encode(json.dumps({pick(AWKWARD): pick(AWKWARD)}))])
        made.append(f"{pick(SCHEMES)}://{login}{host}{port}{schema}{query}")
    return made


def ours(uri: str) -> Any:
    try:
        return parse_uri(uri)
    except UriFault:
        return "refused"


def canonical(fields: Any) -> Any:
    """Empty and absent are the same to a connection. Where Airflow finds no type, it puts the whole into the schema."""
    if not isinstance(fields, dict) or not fields["conn_type"]:
        return "refused"
    return {name: value or None for name, value in fields.items()}


def test_uris_are_read_as_airflow_reads_them(server, tmp_path):
    every = uris()
    assert len(every) >= 300
    answers = tmp_path / "answers.json"
    subprocess.run([str(server.python), "-c", AIRFLOW, str(answers)], input=json.dumps(every), text=True, check=True,
                   env=server.environ(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    differing = [
        {"uri": uri, "ours": mine, "airflow": canonical(theirs)}
        for uri, theirs in zip(every, json.loads(answers.read_text()), strict=True)
        if json.dumps(mine := canonical(ours(uri)), sort_keys=True) != json.dumps(canonical(theirs), sort_keys=True)
        and not (uri in STRICTER and mine == "refused")]
    assert differing == [], "\n".join(json.dumps(each, ensure_ascii=False) for each in differing)


def test_a_fault_in_a_uri_never_shows_it():
    for uri in uris():
        try:
            parse_uri(f"{uri}cnry99")
        except UriFault as fault:
            assert "cnry99" not in str(fault) and str(fault)
