# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Secrets of awkward content in the layouts of Airflow's VaultBackend.

connections(), URI_AMONG_FIELDS and VARIABLES can be read, REFUSED and REFUSED_VARIABLES must not be.
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

Secret = dict[str, Any]

AWKWARD = "\u00fc\u6f22 /@:%?#&=+;'\"\\[]{}|^`~"
PEM = "-----BEGIN PRIVATE KEY-----\nMIIEvQ+/IBADANBgkq==\nhkiG9w0BAQEFAASC\n-----END PRIVATE KEY-----\n"
OPTIONAL = ("host", "login", "password", "schema", "port", "extra", "description")
MANY = {
    "text": "x", "none": None, "yes": True, "no": False, "number": 5, "decimal": 0.25, "negative": -7, "empty": "",
    "list": [1, "a", None], "dict": {"deep": {"er": [{"er": 1}]}}, "json": '{"a": 1}', "digits": "007", "word": "true",
    "": "no name", "a.b": 1, "\u00fc": "\u6f22",
}


def quoted(value: Any) -> str:
    return quote(value if isinstance(value, str) else json.dumps(value), safe="")


URIS: dict[str, str] = {
    "plain": "http://user:pa55word@example.com:8080/schema?timeout=x",
    "every_part": f"my-type://{quoted('l' + AWKWARD)}:{quoted('p' + AWKWARD)}@{quoted('h' + AWKWARD)}:5432/"
                  f"{quoted('s' + AWKWARD)}?{quoted('k' + AWKWARD)}={quoted('v' + AWKWARD)}",
    "unquoted": "http://a+b;c:d'e,f=g@h.example.com/x y+z/and/more?a=b c+d",
    "unicode": "http://\u00fcser:p\u00e4ss@h\u00f6st/sch\u00e9ma?k\u00eby=\u6f22",
    "percent": "http://100%25:%2541@h/%25?a=%2525",
    "two_schemes": "spark://k8s://kubernetes.example.com:443/s?deploy-mode=cluster",
    "two_schemes_all": "http://https://user:p%40ss@example.com:8443/s?a=b",
    "protocol_quoted": "http://user@https%3A%2F%2FExample.com:8443/s",
    "socket": "postgresql://user:p@%2Fvar%2Frun%2FPostgreSQL:5432/db",
    "socket_relative": "mysql://user:p@Run%2FMySQL.sock:3306/db",
    "socket_in_query": "mysql://user:p@/db?unix_socket=%2Ftmp%2FMy.sock",
    "ipv6": "postgresql://user:p@[2001:DB8::1]:5432/db",
    "ipv6_zone": "http://[fe80::1%25eth0]:80/",
    "port_only": "http://:8080",
    "port_0": "http://h:0",
    "no_host": "aws://AKIA%2F:se%2Fcret@/?region_name=eu-west-1",
    "type_only": "google-cloud-platform://",
    "empty_parts": "http://:@/?",
    "login_only": "ftp://user@",
    "password_only": "redis://:pa%3Ass@h:6379/0",
    "upper_case": "HTTP://User@EXAMPLE.com/Schema",
    "file": "sqlite:////tmp/My%20Data.db",
    "fragment": "http://h/s#f?a=b",
    "values": "http://h?a=1&b=1.5&c=true&d=null&e=%5B1%2C2%5D&f=&g=007&h=%7B%22x%22%3A%201%7D&i=%22quoted%22&a.b=1e5",
    "twice": "http://h?a=1&a=2",
    "pem": f"ssh://h?private_key={quoted(PEM)}",
    "whole_extra": f"http://h?__extra__={quoted(MANY)}",
    "whole_extra_wins": f"http://h?a=b&__extra__={quoted({'deep': {'pem': PEM}})}",
    "newline_around": " http://user:p@h/s?a=b\n",
    "long": f"http://{'l' * 3000}:{'p' * 3000}@{'h' * 480}/{'s' * 500}?a={'x' * 30_000}",
}  # fmt: skip
BESIDE_URIS: dict[str, Secret] = {
    "beside_fields": {"conn_uri": "http://h/s", "conn_type": "ftp", "login": "not this", "port": "none",
                      "description": "nor this"},
    "beside_anything": {"conn_uri": "http://h/s", "owner": "team", "rotated": 5},
}  # fmt: skip

FIELDS: dict[str, Secret] = {
    "plain": {"conn_type": "http", "host": "example.com", "login": "user", "password": "p", "schema": "s", "port": 8080,
              "extra": {"a": "b"}, "description": "What it is for"},
    "every_field": {"conn_type": "my_type", "host": f"h{AWKWARD}", "login": f"l{AWKWARD}", "password": f"p{AWKWARD}",
                    "schema": f"s{AWKWARD}", "description": f"d{AWKWARD}", "extra": {AWKWARD: AWKWARD}},
    "password": {"conn_type": "http",
                 "password": "'single' \"double\" \\back\\slash\nline\ttab {{ brace }} $HOME %41"},
    "spaces_around": {"conn_type": "http", "login": " user ", "password": " \n", "host": "h ", "schema": "\ts",
                      "description": " "},
    "like_other_types": {"conn_type": "http", "login": "007", "password": "1e5", "host": "null", "schema": "true",
                         "description": "[1]"},
    "protocol": {"conn_type": "http", "host": "https://Example.com:8443/x?a=b"},
    "two_schemes": {"conn_type": "spark", "host": "k8s://a://b"},
    "socket": {"conn_type": "mysql", "host": "/var/run/MySQL.sock"},
    "ipv6": {"conn_type": "http", "host": "[2001:DB8::1]", "port": 443},
    "port_only": {"conn_type": "http", "port": 8080},
    "port_text": {"conn_type": "http", "port": "5432"},
    "port_text_spaces": {"conn_type": "http", "port": " 5432\n"},
    "port_0": {"conn_type": "http", "port": 0},
    "port_text_0": {"conn_type": "http", "port": "0"},
    "port_empty": {"conn_type": "http", "port": ""},
    "type_only": {"conn_type": "aws"},
    "type_hyphens": {"conn_type": "google-cloud-platform"},
    "type_postgresql": {"conn_type": "postgresql", "host": "h"},
    "type_upper_case": {"conn_type": "HTTP", "host": "h"},
    "empty": {"conn_type": "http", **dict.fromkeys(OPTIONAL, "")},
    "null": {"conn_type": "http", **dict.fromkeys(OPTIONAL)},
    "extra_empty": {"conn_type": "http", "extra": {}},
    "extra_empty_list": {"conn_type": "http", "extra": []},
    "extra_empty_text": {"conn_type": "http", "extra": " {}\n"},
    "extra_dict": {"conn_type": "http", "extra": MANY},
    "extra_text": {"conn_type": "http", "extra": json.dumps(MANY)},
    "extra_text_indented": {"conn_type": "http", "extra": f"\n{json.dumps(MANY, ensure_ascii=False, indent=4)}\n"},
    "extra_pem": {"conn_type": "ssh", "extra": {"private_key": PEM, "keyfile_dict": {"key": PEM}}},
    "extra_numbers": {"conn_type": "http",
                      "extra": '{"a": 1.0, "b": 1e5, "c": 12345678901234567890, "d": -0.0, "e": 1.10}'},
    "extra_like_ours": {"conn_type": "http", "extra": {"vault": "connections/x", "key": "y", "deep": {"vault": "x"}}},
    "extra_like_airflows": {"conn_type": "http", "extra": {"__extra__": '{"a": 1}', "conn_uri": "http://h"}},
    "uri_empty": {"conn_type": "http", "uri": "", "host": "h"},
    "long": {"conn_type": "c" * 500, "host": "h" * 500, "login": "l" * 5000, "password": "p" * 20_000,
             "schema": "s" * 500, "description": "d" * 5000,
             "extra": {"a": "x" * 50_000, "b": [{"n": number} for number in range(300)]}},
}  # fmt: skip

URI_AMONG_FIELDS: dict[str, Secret] = {
    "alone": {"uri": "http://u:p@h:1/s?a=1"},
    "beside_empty_fields": {"uri": "http://u:p@h:1/s?a=1", "host": "", "port": None, "extra": {}},
    "beside_a_description": {"uri": "http://u:p@h:1/s?a=1", "description": "What it is for"},
}


def as_json(secret: Secret) -> Secret:
    """The same in the layout that has the fields as JSON."""
    return {"conn_uri": f" {json.dumps(secret)}\n"}


def connections(with_json: bool) -> dict[str, Secret]:
    """Every secret, called by its layout and its case. with_json: the provider of Airflow 2 takes that for a URI."""
    made: dict[str, Secret] = {f"uri_{case}": {"conn_uri": uri} for case, uri in URIS.items()}
    made |= {f"uri_{case}": secret for case, secret in BESIDE_URIS.items()}
    made |= {f"fields_{case}": secret for case, secret in FIELDS.items()}
    return made | {f"json_{case}": as_json(secret) for case, secret in FIELDS.items() if with_json}


VARIABLES: dict[str, Secret] = {
    "plain": {"value": "a value"},
    "awkward": {"value": AWKWARD},
    "empty": {"value": ""},
    "blank": {"value": " \n"},
    "lines": {"value": f"\n{PEM}\n"},
    "quotes": {"value": "'single' \"double\" \\back\\slash {{ brace }}"},
    "json": {"value": '{"b": [1,  2.50, null],\n "a": "\\u00fc"}'},
    "json_text": {"value": '"text"'},
    "digits": {"value": "007"},
    "word": {"value": "true"},
    "a_uri": {"value": "http://u:p@h"},
    "long": {"value": "x" * 100_000},
    "beside_anything": {"value": "x", "description": "not this", "owner": 5},
    "in/folders": {"value": "x"},
    "called oddly @:%?#&=+\u00fc": {"value": "x"},
}

TAKES = "takes it"
LAYOUT = "from_vault: the secret is not as Airflow's VaultBackend has it: "
NAMES = ("is neither conn_uri nor one of conn_type, host, login, password, schema, port, extra, description, "
         "team_name, uri")
URI_FORM = "from_vault: its conn_uri: must have the form conn-type://login:password@host:port/schema?extra"
EMPTY = "from_vault: its conn_uri must not be empty"
NO_EXTRA = "from_vault: its extra must be a dict or a text with a JSON object, not "
NO_PORT = "from_vault: its port must be a whole number from 0 to 65535"

# Each with what the newest VaultBackend does with it, and what we say. Its errors go to Airflow's log, and the next
# backend is asked. Of what it takes it makes a connection that nobody can have meant, or that cannot be written.
REFUSED: dict[str, tuple[Secret, str, str]] = {
    "unknown": ({"conn_type": "http", "hots": "h"}, "TypeError", f"{LAYOUT}'hots' {NAMES}"),
    "unknown_in_json": (as_json({"conn_type": "http", "hots": "h"}), "TypeError", f"{LAYOUT}'hots' {NAMES}"),
    "an_id": ({"conn_type": "http", "conn_id": "x"}, "TypeError", f"{LAYOUT}'conn_id' {NAMES}"),
    "a_variable": ({"value": "x"}, "TypeError", f"{LAYOUT}'value' {NAMES}"),
    "conn_uri_in_json": (as_json({"conn_uri": "http://h"}), "TypeError", f"{LAYOUT}'conn_uri' {NAMES}"),
    "conn_uri_empty": ({"conn_uri": "", "conn_type": "http"}, "TypeError", EMPTY),
    "conn_uri_null": ({"conn_uri": None, "conn_type": "http"}, "TypeError", EMPTY),
    "conn_uri_blank": ({"conn_uri": " "}, "IndexError", URI_FORM),
    "conn_uri_dict": ({"conn_uri": {"conn_type": "http"}}, "AttributeError", "from_vault: its conn_uri must be text"),
    "conn_uri_text": ({"conn_uri": "hello"}, TAKES, URI_FORM),
    "conn_uri_list": ({"conn_uri": "[1]"}, TAKES, URI_FORM),
    "conn_uri_broken": ({"conn_uri": '{"conn_type": '}, "JSONDecodeError",
                        "from_vault: its conn_uri is neither a URI nor JSON"),
    "uri_dict": ({"uri": {"conn_type": "http"}}, "AttributeError", "from_vault: its uri must be text"),
    "uri_json": ({"uri": '{"conn_type": "http"}'}, TAKES, URI_FORM.replace("conn_uri", "uri")),
    "uri_and_fields": ({"uri": "http://h", "conn_type": "http", "login": "u"}, "AirflowException",
                       "from_vault: its uri stands for the fields, so it cannot be together with conn_type, login"),
    "extra_list": ({"conn_type": "http", "extra": [1]}, "ValueError", f"{NO_EXTRA}a list"),
    "extra_number": ({"conn_type": "http", "extra": 5}, "ValueError", f"{NO_EXTRA}a whole number"),
    "extra_text": ({"conn_type": "http", "extra": "a=b"}, "ValueError", "from_vault: its extra is not valid JSON"),
    "extra_text_list": ({"conn_type": "http", "extra": "[1]"}, "ValueError", f"{NO_EXTRA}a list"),
    "extra_in_uri": ({"conn_uri": "http://h?__extra__=[1]"}, "ValueError",
                     "from_vault: its conn_uri: holds __extra__, which is not a JSON object"),
    "conn_type_number": ({"conn_type": 5}, "TypeError", "from_vault: its conn_type must be text"),
    "host_number": ({"conn_type": "http", "host": 5}, TAKES, "from_vault: its host must be text"),
    "login_boolean": ({"conn_type": "http", "login": True}, TAKES, "from_vault: its login must be text"),
    "password_number": ({"conn_type": "http", "password": 5}, "TypeError", "from_vault: its password must be text"),
    "password_dict": ({"conn_type": "http", "password": {}}, TAKES, "from_vault: its password must be text"),
    "schema_list": ({"conn_type": "http", "schema": ["s"]}, TAKES, "from_vault: its schema must be text"),
    "port_text": ({"conn_type": "http", "port": "https"}, "ValueError", NO_PORT),
    "port_boolean": ({"conn_type": "http", "port": True}, TAKES, NO_PORT),
    "port_large": ({"conn_type": "http", "port": 65536}, TAKES, NO_PORT),
    "port_list": ({"conn_type": "http", "port": [1]}, "TypeError", NO_PORT),
    "mask": ({"conn_type": "http", "password": "***"}, TAKES,
             "from_vault: what Vault has at connections/mask is or contains '***', which is how Airflow shows a secret "
             "that it hides; written back it would destroy the secret"),
}  # fmt: skip

# With what the backend has for the value.
REFUSED_VARIABLES: dict[str, tuple[Secret, Any, str]] = {
    "number": ({"value": 5}, 5, f"{LAYOUT}its value must be text"),
    "dict": ({"value": {"a": 1}}, {"a": 1}, f"{LAYOUT}its value must be text"),
    "null": ({"value": None}, None, f"{LAYOUT}its value must be text"),
    "other_key": ({"val": "x"}, None, f"{LAYOUT}it has no 'value'"),
    "nothing": ({}, None, f"{LAYOUT}it has no 'value'"),
}
