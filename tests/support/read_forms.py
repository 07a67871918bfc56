# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the connections of Airflow itself make of fields, URIs, JSON and environment variables, in its own environment.

    python read_forms.py ANSWERS <QUESTIONS

Questions, as JSON: {fields: [...], uris: [...], jsons: [...], env: {...}, connections: [id], variables: [key]}.
Answers, for each reader, "models" and, in Airflow 3, "tasks": {get_uri, as_json: of each fields; uris, jsons,
connections: the fields of each; variables: the values}. Instead of what failed stands the error's name.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from typing import Any

FIELDS = ("conn_type", "host", "login", "password", "schema", "port")


def told(make: Callable[[Any], Any], given: Any) -> Any:
    try:
        return make(given)
    except Exception as error:
        return type(error).__name__


def fields(connection: Any) -> dict[str, Any]:
    extra = json.loads(connection.extra) if connection.extra else {}
    named = {**{name: getattr(connection, name) for name in FIELDS}, "description": connection.description}
    return {**{name: value or None for name, value in named.items()}, "extra": extra}


def made(cls: Any, given: dict[str, Any]) -> Any:
    extra = json.dumps(given["extra"]) if given.get("extra") else None
    return cls(conn_id="x", **{**given, "extra": extra})


def answers(cls: Any, asked: dict[str, Any]) -> dict[str, Any]:
    from airflow.secrets.environment_variables import EnvironmentVariablesBackend

    backend = EnvironmentVariablesBackend()
    if hasattr(backend, "_set_connection_class"):
        backend._set_connection_class(cls)
    return {
        "get_uri": [told(lambda each: made(cls, each).get_uri(), each) for each in asked["fields"]],
        "as_json": [told(lambda each: made(cls, each).as_json(), each) for each in asked["fields"]],
        "uris": [told(lambda each: fields(cls(conn_id="x", uri=each)), each) for each in asked["uris"]],
        "jsons": [told(lambda each: fields(cls.from_json(each, "x")), each) for each in asked["jsons"]],
        "connections": {each: told(lambda each: fields(backend.get_connection(each)), each) for each in asked["connections"]},
        "variables": {each: told(backend.get_variable, each) for each in asked["variables"]},
    }


def main() -> None:
    from airflow.models.connection import Connection

    asked = json.load(sys.stdin)
    os.environ.update(asked["env"])
    readers = {"models": Connection}
    try:
        from airflow.sdk import Connection as OfTasks

        readers["tasks"] = OfTasks
    except ImportError:
        pass
    with open(sys.argv[1], "w") as file:
        json.dump({name: answers(cls, asked) for name, cls in readers.items()}, file)


if __name__ == "__main__":
    main()
