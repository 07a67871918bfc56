# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Declarations of awkward content for every place where Airflow looks, the same ones in each run.

    connections()   100 of them: those that somebody thought of, and then chance, from a seed
    variables()     the same; without line breaks if a place cannot hold any

Ids differ in capitals too, and have only letters, digits and underscores, which every place takes.
"""

from __future__ import annotations

import random
from typing import Any

COUNT = 100
SEED = 20261130

Declared = dict[str, Any]

AWKWARD = "\u00fc\u6f22\U0001f600 /@:%?#&=+;,'\"\\[]{}|^`~$!<>*()-_."
PEM = "-----BEGIN PRIVATE KEY-----\nMIIEvQ+/IBADANBgkq==\nhkiG9w0BAQEFAASC\n-----END PRIVATE KEY-----\n"
NESTED = {"a": {"b": [{"c": AWKWARD}, None, True, 0.5, -1, ""]}, "": {}, AWKWARD: [], "json": '{"a": 1}', "text": "007"}
FRAGMENTS = (
    *AWKWARD, "a", "B", "7", "\t", "://", "%20", "%41", "%", "$HOME", "${HOME}", "$$", "$(id)", "`id`", "{{ ds }}", "{% x %}",
    "\\n", "\\\\", "\\'", '\\"', "''", '""', "#c", " # c", "; ", "://u:p@h:1/s?a=b", "null", "true", "1e3", '{"a": 1}', "[1]",
    "'quoted'", '"quoted"', "export ", "ENV X=", "EOF", "\u2028", "\xa0", "\x7f", "\u0085", "e\u0301", "\u202e",
)  # fmt: skip
LINES = ("\n", "\r\n", "\r", "\n\n", " \n ", "\nA=1\n", "\\\n")
FIELDS = ("description", "host", "login", "password", "schema")
TYPES = ("http", "postgres", "google_cloud_platform", "aws", "my_type", "sqlite", "fs")

THOUGHT_OF: dict[str, Declared] = {
    "every_field": {**{name: name + AWKWARD for name in FIELDS}, "port": 65535, "extra": NESTED},
    "type_only": {},
    "port_only": {"port": 8080},
    "port_0": {"host": "h", "port": 0},
    "no_host": {"login": "AKIA/", "password": "se/cret@", "extra": {"region_name": "eu-west-1"}},
    "no_port": {"host": "h", "login": "l"},
    "empty": {**dict.fromkeys(FIELDS, ""), "port": 0, "extra": {}},
    "protocol_in_host": {"host": "https://example.com/path?a=b#c", "port": 443},
    "two_protocols_in_host": {"host": "https://a://b"},
    "socket_in_host": {"host": "/var/run/Postgres QL/.s", "schema": "db"},
    "ipv6": {"host": "[2001:DB8::1]", "port": 5432},
    "upper_case": {"host": "EXAMPLE.com", "login": "User"},
    "slashes": dict.fromkeys(FIELDS, "//"),
    "quotes": dict.fromkeys(FIELDS, "'\"`'"),
    "backslashes": {**dict.fromkeys(FIELDS, "\\"), "extra": {"\\": "\\\\"}},
    "dollars": {**dict.fromkeys(FIELDS, "$HOME ${HOME} $$ \\$x $"), "extra": {"$": "$1"}},
    "percents": dict.fromkeys(FIELDS, "%41%%20%"),
    "blanks": dict.fromkeys(FIELDS, " \t a \t "),
    "lines": {**dict.fromkeys(FIELDS, "a\nb\r\nc\n"), "extra": {"pem": PEM, "a\nb": "\n"}},
    "json": {**dict.fromkeys(FIELDS, '{"conn_type": "ftp", "host": "not this"}'), "extra": {"a": '{"b": [1]}'}},
    "a_uri": dict.fromkeys(FIELDS, "postgres://u:p@h:1/s?a=b"),
    "words": dict(zip(FIELDS, ("null", "true", "007", "1e5", "0x1F"))),
    "controls": dict.fromkeys(FIELDS, "\x01\x07\x1b[31m\x7f\u0085\u2028\ufeff"),
    "right_to_left": dict.fromkeys(FIELDS, "\u202e\u05d0\u0627e\u0301"),
    "templates": dict.fromkeys(FIELDS, "{{ conn.x.password }} {% raw %}"),
    "extra_text": {"extra": '{"a": {"b": "c"}, "d": [1, 2.5, null, true]}'},
    "extra_secret": {"extra": {"a": 1}, "secret_extra": {"a": {"b": PEM}, "c": AWKWARD}},
    "extra_like_fields": {"extra": {name: name for name in (*FIELDS, "port", "conn_type", "__extra__", "extra")}},
    "long": {"login": "l" * 5000, "password": "p'\"\\$" * 1000, "extra": {"x": "x" * 20_000}},
}  # fmt: skip
VALUES_THOUGHT_OF: dict[str, Any] = {
    "empty": "", "blank": " ", "blanks": " \t a \t ", "awkward": AWKWARD, "quotes": "'\"`'", "single": "'", "double": '"',
    "quoted": "'a'", "double_quoted": '"a"', "backslash": "\\", "backslashes": "\\\\\\", "end": "a\\", "dollars": "$HOME $$ $",
    "hash": "#", "hash_behind": "a # b", "equals": "a=b=", "percents": "%41%", "json": '{"a": {"b": [1, null]}}', "list": "[1]",
    "number": "007", "word": "null", "yes": "true", "template": "{{ ds }}", "uri": "http://u:p@h/s?a=b#c", "long": "x'\"\\$" * 5000,
    "data": NESTED, "items": [1, "a", None, {"b": AWKWARD}], "float": 0.5, "integer": 42, "flag": False,
    "pem": PEM, "crlf": "a\r\nb\r\n", "newline": "\n", "controls": "\x01\x1b\x7f\u0085\u2028\ufeff",
}  # fmt: skip


def connections(prefix: str = "gen_", count: int = COUNT, seed: int = SEED) -> list[Declared]:
    """Declarations of connections."""
    chance = random.Random(seed)
    declared = [{"connection_id": f"{prefix}{name}", "conn_type": "http", **fields} for name, fields in THOUGHT_OF.items()]
    while len(declared) < count:
        declared.append({"connection_id": f"{prefix}Case{len(declared)}", **by_chance(chance)})
    return declared[:count]


def variables(prefix: str = "gen_", count: int = COUNT, seed: int = SEED, lines: bool = True) -> list[Declared]:
    """Declarations of variables."""
    chance = random.Random(seed)
    values = {f"{prefix}{name}": value for name, value in VALUES_THOUGHT_OF.items() if lines or not has_lines(value)}
    while len(values) < count:
        values[f"{prefix}Case{len(values)}"] = value(chance, lines) if chance.random() < 0.3 else text(chance, lines)
    return [{"key": key, "value": value} for key, value in [*values.items()][:count]]


def has_lines(value: Any) -> bool:
    """What is no text is stored as JSON, which has none."""
    return isinstance(value, str) and bool(set("\r\n") & set(value))


def by_chance(chance: random.Random) -> Declared:
    fields: Declared = {"conn_type": chance.choice(TYPES)}
    for name in FIELDS:
        if chance.random() < 0.7:
            fields[name] = text(chance) if chance.random() < 0.9 else ""
    if chance.random() < 0.5:
        fields["port"] = chance.choice((0, 1, 22, 5432, 65535))
    if chance.random() < 0.7:
        fields["extra"] = mapping(chance)
    return fields


def text(chance: random.Random, lines: bool = True) -> str:
    known = FRAGMENTS + LINES if lines else FRAGMENTS
    return "".join(chance.choice(known) for _each in range(chance.randint(1, 12)))


def mapping(chance: random.Random, depth: int = 3) -> Declared:
    return {text(chance): value(chance, depth=depth - 1) for _each in range(chance.randint(0, 4))}


def value(chance: random.Random, lines: bool = True, depth: int = 3) -> Any:
    """What YAML can say."""
    kinds = ["text", "number", "word", *(["list", "dict"] if depth > 0 else [])]
    kind = chance.choice(kinds)
    if kind == "list":
        return [value(chance, lines, depth - 1) for _each in range(chance.randint(0, 3))]
    if kind == "dict":
        return mapping(chance, depth)
    if kind == "number":
        return chance.choice((0, -7, 2**53, 0.25, 1e-7))
    return chance.choice((True, False)) if kind == "word" else text(chance, lines)
