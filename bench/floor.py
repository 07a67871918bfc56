#!/usr/bin/env python
# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The floor: the fewest requests that can do the work, by a plain script with one kept-alive connection.

Run as a script it does one job (`create`, `noop` or `repair`) and prints what it took from the first request to the
last, comparison included and the interpreter's start left out. As a module it puts servers into a state.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from time import perf_counter
from typing import Any
from urllib.parse import urlsplit

import urllib3

sys.path.insert(0, str(Path(__file__).resolve().parent))

from data import IDENTITY, PREFIX, DataSet, to_api  # noqa: E402  # pylint: disable=wrong-import-position

#: Asking for more gives no more: the server caps a page (`maximum_page_limit`).
PAGE = 100
MASK = "***"


class Api:
    """Airflow's API v2 over one connection."""

    def __init__(self, url: str, username: str, password: str) -> None:
        self._pool = urllib3.connection_from_url(url, maxsize=1, retries=False, timeout=300)
        self._base = urlsplit(url).path.rstrip("/")
        self._credentials = {"username": username, "password": password}
        self._headers = {"Content-Type": "application/json", "Accept": "application/json"}

    def sign_in(self) -> str:
        token = self._call("POST", "/auth/token", self._credentials)["access_token"]
        self._headers["Authorization"] = f"Bearer {token}"
        return token

    def list(self, kind: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        while True:
            page = self._call("GET", f"/api/v2/{kind}?limit={PAGE}&offset={len(found)}")
            found += page[kind]
            if len(found) >= page["total_entries"] or not page[kind]:
                return found

    def bulk(self, kind: str, action: str, entities: list[Any]) -> None:
        """One call for all of them. HTTP 200 is not success: the answer tells what failed."""
        if not entities:
            return
        answer = self._call("PATCH", f"/api/v2/{kind}", {"actions": [{"action": action, "entities": entities}]})
        if answer[action]["errors"]:
            raise RuntimeError(f"bulk {action} of {kind}: {answer[action]['errors'][:3]}")

    def _call(self, method: str, path: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        answer = self._pool.urlopen(method, self._base + path, body=data, headers=self._headers)
        if answer.status >= 300:
            raise RuntimeError(f"{method} {path}: {answer.status} {answer.data[:300]!r}")
        return json.loads(answer.data)


def differences(api: Api, data: DataSet, kind: str) -> list[dict[str, Any]]:
    """List the kind, compare all that can be read, and give the bodies that would put it right."""
    have = {item[IDENTITY[kind]]: item for item in api.list(kind)}
    changed = []
    for identity, wanted in data.wanted[kind].items():
        actual = have.get(identity)
        readable = {name: value for name, value in wanted.items() if name != "password"}
        if actual is None or not all(_alike(actual.get(name), value) for name, value in readable.items()):
            changed.append(to_api(readable))
    return changed


def _alike(actual: Any, wanted: Any) -> bool:
    if actual in (wanted, MASK):
        return True
    if isinstance(actual, str) and isinstance(wanted, dict):
        try:
            return _alike(json.loads(actual), wanted)
        except ValueError:
            return False
    if isinstance(actual, dict) and isinstance(wanted, dict):
        return actual.keys() == wanted.keys() and all(_alike(actual[name], wanted[name]) for name in wanted)
    return False


def create(api: Api, data: DataSet, kind: str) -> None:
    api.bulk(kind, "create", [to_api(wanted) for wanted in data.wanted[kind].values()])


def noop(api: Api, data: DataSet, kind: str) -> None:
    found = differences(api, data, kind)
    if found:
        raise RuntimeError(f"{len(found)} {kind} differ, none should: {found[0]}")


def repair(api: Api, data: DataSet, kind: str) -> None:
    api.bulk(kind, "update", differences(api, data, kind))


def wipe(api: Api) -> None:
    """Delete what earlier runs left, and nothing else."""
    for kind, identity in IDENTITY.items():
        names = [item[identity] for item in api.list(kind) if item[identity].startswith(PREFIX)]
        api.bulk(kind, "delete", names)


def drift(api: Api, data: DataSet) -> None:
    """Change one object in ten behind the collection's back: hosts, extras, values and slots."""
    for kind, objects in data.wanted.items():
        entities = []
        for number, wanted in enumerate(list(objects.values())[::10]):
            entity = {name: value for name, value in wanted.items() if name != "password"}
            if kind == "pools":
                entity["slots"] += 1
            elif kind == "variables":
                entity["value"] = f"changed-{number}"
            elif number % 2:
                entity["host"] = f"changed-{number}.example.test"
            else:
                entity["extra"] = {**entity["extra"], "timeout": 1}
            entities.append(to_api(entity))
        api.bulk(kind, "update", entities)


JOBS = {"create": create, "noop": noop, "repair": repair}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("job", choices=JOBS)
    for kind in IDENTITY:
        parser.add_argument(f"--{kind}", type=int, default=0)
    options = parser.parse_args()

    data = DataSet(Path(), options.connections, options.variables, options.pools)
    kinds = [kind for kind, objects in data.wanted.items() if objects]  # all made before the clock starts
    environ = os.environ
    api = Api(environ["AIRFLOW_API_URL"], environ["AIRFLOW_API_USERNAME"], environ["AIRFLOW_API_PASSWORD"])
    start = perf_counter()
    api.sign_in()
    for kind in kinds:
        JOBS[options.job](api, data, kind)
    print(json.dumps({"seconds": perf_counter() - start}))


if __name__ == "__main__":
    main()
