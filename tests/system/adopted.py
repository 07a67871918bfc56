# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A deployment of 500 objects that somebody made by hand, awkward ones among them; every secret has CANARY in it."""

from __future__ import annotations

import json
from typing import Any

CANARY = "Cnry7"
TEXTS = (
    "plain", " leading", "trailing ", "1.10", "1e5", "0x1F", "yes", "null", "~", "2024-01-31", "12:30:45", "a: b", "- a", "#x",
    "{{ ds }}", "{% if x %}", "{# x #}", "l1\nl2", "l1\n  l2\n\nl3\n", "l1 \nl2", "a\r\nb", "tab\there", "ä 日本 😀", "\u2028", "\x07",
    "'", '"', "\\", "[1,  2]", '{"a":1}', '{"a": 1.5, "b": [true, null, "{{ x }}"]}', '{"é": "\\u00e9"}', "12345678901234567890",
    '{"vault": "a", "key": "b"}', "!vault x", "$ANSIBLE_VAULT;1.1;AES256", "=", "<<", "true", '"quoted"', "%", "@x", "`x`",
)  # fmt: skip
SECRETS = (
    "{0}-plain", "{0} '\"\\ quoted", " {0} ", "{0}\nsecond line\n", "{0} {{{{ x }}}}", "{0} ä 日本 😀", "!{0}", "{0}: # - $x `y`",
    "-----BEGIN RSA PRIVATE KEY-----\n{0}\n-----END RSA PRIVATE KEY-----\n", "END\n{0}",
)  # fmt: skip
CONNECTION_IDS = ("007", "1.10", "yes", "null", "2024-01-31", "a.b-c", "...", "-x-", "0x1F", "True")
VARIABLE_KEYS = ("007", "yes", "null", "a b", "a/b", "ä", "{{ x }}", "a: b", "- x", "..", "x#y", "a`b", "password of ä", "it's")
POOL_NAMES = ("yes", "1.10", "a b", "ä", "{{ x }}", "#1")

Objects = dict[str, dict[str, dict[str, Any]]]
"""By the plural names of kinds, and ids: fields with their real values; extra is a dict, the value of a variable a text."""


def secret(number: int) -> str:
    return SECRETS[number % len(SECRETS)].format(f"{CANARY}-{number}")


def adopted(prefix: str, beyond_ascii: bool, bleeds: bool) -> Objects:
    """beyond_ascii: whether ids of connections may be. bleeds: whether a secret is to be in a harmless text as well."""
    ids = [*CONNECTION_IDS, *(["verbindung_ä"] if beyond_ascii else [])]
    return {
        "connections": {
            f"{prefix}{number:03}_{ids[number % len(ids)]}": connection(number, bleeds) for number in range(150)
        },
        "variables": dict(variable(prefix, number) for number in range(300)),
        "pools": {
            f"{prefix}{number:02}_{POOL_NAMES[number % len(POOL_NAMES)]}": {
                "slots": number, **({"description": TEXTS[number % len(TEXTS)]} if number % 2 else {}),
                **({"include_deferred": True} if number % 3 == 0 else {}),
            }
            for number in range(50)
        },
    }  # fmt: skip


def connection(number: int, bleeds: bool) -> dict[str, Any]:
    text = TEXTS[number % len(TEXTS)]
    fields: dict[str, Any] = {"conn_type": ("postgres", "http", "aws")[number % 3]}
    if number % 2:
        fields |= {"password": secret(number), "login": ("007", "etl", "a b", "yes")[number % 4]}
    if number % 3:
        fields |= {"host": f"host-{number}.example.com", "port": number + 1, "schema": ("on", "1e3", "db")[number % 3]}
    if number % 4 == 0:
        fields |= {"description": text}
    extra: dict[str, Any] = {}
    if number % 5 == 0:
        extra |= {"timeout": number, "ratio": 0.1 * number, "flag": number % 2 == 0, "text": text, "nested": {"a": [1, {"b": text}]}}
    if number % 5 == 1:
        extra |= {"api_key": secret(number), "headers": {"x-api-key": secret(number + 1), "accept": text}}
    if number % 5 == 2:
        extra |= {"hosts": [{"name": text, "token": secret(number)}, {"name": "b", "token": None}], "yes": "no"}
        extra |= {"config": json.dumps({"password": f"{CANARY}-config-{number}"}), "hook": telling(number)}
    if number % 25 == 3:
        extra |= {"where": {"vault": "x", "key": "y"}, "password": secret(number)}
    if number % 50 == 8 and bleeds:  # once the other is loaded, Airflow masks its password wherever it occurs
        extra |= {"note": f"see {secret(number + 1)} of the other"}
    return {**fields, **({"extra": extra} if extra else {})}


def variable(prefix: str, number: int) -> tuple[str, dict[str, Any]]:
    key = f"{prefix}{number:03}_{VARIABLE_KEYS[number % len(VARIABLE_KEYS)]}"
    value = TEXTS[number % len(TEXTS)]
    if number % 6 == 1:
        key = f"{key}_api_token"
    if "token" in key or "password" in key:  # a common word would be masked everywhere
        value = secret(number)
    elif number % 6 == 2:
        value = json.dumps({"url": f"https://{number}.example.com", "auth": {"password": secret(number)}, "list": [1, 2.5, text_of(number)]})
    elif number % 6 == 3:
        value = telling(number)
    elif number % 6 == 4 and number % 4 == 0:
        value = json.dumps({"config": json.dumps({"deeper": telling(number // 4)}), "list": [1, 2.5]})
    return key, {"value": value, **({"description": text_of(number)} if number % 4 == 0 else {})}


def telling(number: int) -> str:
    """A text with a secret that only the text itself tells of."""
    return (
        f"postgresql://etl:{CANARY}-{number}@db.example.com/x",
        f"postgresql://etl:a/{CANARY}-{number}@db.example.com/x",
        f"https://hooks.example.com/{number}?Token={CANARY}-{number}",
    )[number // 3 % 3]


def text_of(number: int) -> str:
    return TEXTS[(number * 7) % len(TEXTS)]


def real_value(objects: Objects, kind: str, object_id: str, field: str) -> Any:
    """What has to be put into Vault, by what the list says of it."""
    fields = objects[f"{kind}s"][object_id]
    name, *path = field.split(".")
    value: Any = fields.get(name, "")  # where there is no password, an empty text
    if kind == "variable" and path:
        value = json.loads(value)
    for part in path:
        value = value[int(part)] if isinstance(value, list) else value[part]
    return value
