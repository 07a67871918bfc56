#!/usr/bin/env python
# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The floor: the fewest requests that can do the work, by a plain script.

On Airflow 3 it has one kept-alive connection; a single worker answers several no sooner. On Airflow 2, where each
request costs the server a password hash and most objects need one of their own, it has as many connections as the
collection: so its figure tells of the number of requests, not of who waits side by side.

Run as a script it does one job (`create`, `noop` or `repair`) and prints what it took from the first request to the
last, comparison included and the interpreter's start left out. As a module it puts servers into a state.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Collection, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import perf_counter
from typing import Any
from urllib.parse import quote, urlsplit

import urllib3

sys.path.insert(0, str(Path(__file__).resolve().parent))

from data import IDENTITY, MEMORY, PREFIX, DataSet, to_api  # noqa: E402  # pylint: disable=wrong-import-position

#: Asking for more gives no more: the server caps a page (`maximum_page_limit`).
PAGE = 100
MASK = "***"
#: As long as a server may take for 10,000 objects in one request.
TIMEOUT = 600

Object = dict[str, Any]


class Api:
    """What the two versions have in common. An object is the body that the API takes or gives."""

    path: str
    at_once: int

    def __init__(self, url: str, username: str, password: str) -> None:
        self._pool = urllib3.connection_from_url(url, maxsize=self.at_once, block=True, retries=False, timeout=TIMEOUT)
        self._base = urlsplit(url).path.rstrip("/")
        self._credentials = {"username": username, "password": password}
        self._headers = {"Accept": "application/json"}

    def sign_in(self) -> None:
        raise NotImplementedError

    def read(self, kind: str, wanted: Iterable[str]) -> list[Object]:
        """The objects of these names as far as they are there, and perhaps others, each whole."""
        raise NotImplementedError

    def create(self, kind: str, objects: list[Object]) -> None:
        raise NotImplementedError

    def update(self, kind: str, objects: list[Object]) -> None:
        """Write whole objects but for their secrets, which stay as they are."""
        raise NotImplementedError

    def delete(self, kind: str, names: list[str]) -> None:
        raise NotImplementedError

    def list(self, kind: str) -> list[Object]:
        found: list[Object] = []
        while True:
            page = self._call("GET", f"{self.path}/{kind}?limit={PAGE}&offset={len(found)}")
            found += page[kind]
            if len(found) >= page["total_entries"] or not page[kind]:
                return found

    def _call(self, method: str, path: str, body: Any = None, absent: bool = False) -> Any:
        """The answer's JSON; None where `absent` is allowed and the object is not there."""
        data, headers = None, self._headers
        if body is not None:
            data, headers = json.dumps(body).encode(), {**headers, "Content-Type": "application/json"}
        answer = self._pool.urlopen(method, self._base + path, body=data, headers=headers)
        if absent and answer.status == 404:
            return None
        if answer.status >= 300:
            raise RuntimeError(f"{method} {path}: {answer.status} {answer.data[:300]!r}")
        return json.loads(answer.data) if answer.data else None


class V1(Api):
    """Airflow 2: basic auth with every request, no bulk, and a list of connections without their `extra`."""

    path = "/api/v1"
    at_once = 8

    def sign_in(self) -> None:
        self._headers |= urllib3.make_headers(basic_auth="{username}:{password}".format_map(self._credentials))

    def read(self, kind: str, wanted: Iterable[str]) -> list[Object]:
        if kind != "connections":
            return self.list(kind)
        found = self._each(lambda name: self._call("GET", self._one(kind, name), absent=True), wanted)
        return [each for each in found if each]

    def create(self, kind: str, objects: list[Object]) -> None:
        self._each(lambda each: self._call("POST", f"{self.path}/{kind}", each), objects)

    def update(self, kind: str, objects: list[Object]) -> None:
        def patch(each: Object) -> None:
            # Without a mask a pool's fields that are not sent are reset; these objects are whole.
            self._call("PATCH", self._one(kind, each[IDENTITY[kind]]), each)

        self._each(patch, objects)

    def delete(self, kind: str, names: list[str]) -> None:
        self._each(lambda name: self._call("DELETE", self._one(kind, name), absent=True), names)

    def _one(self, kind: str, name: str) -> str:
        return f"{self.path}/{kind}/{quote(name, safe='')}"

    def _each(self, work: Callable[[Any], Any], items: Iterable[Any]) -> list[Any]:
        with ThreadPoolExecutor(self.at_once) as several:
            return list(several.map(work, items))


class V2(Api):
    """Airflow 3: a token, and one request for all objects of a kind.

    A bulk update of 3.0 resets a variable's description, and a pool's `include_deferred`, where it is not sent. These
    objects are sent whole, so that what the newest release allows is right on all of them.
    """

    path = "/api/v2"
    at_once = 1

    def sign_in(self) -> None:
        self._headers["Authorization"] = f"Bearer {self.token()}"

    def token(self) -> str:
        return self._call("POST", "/auth/token", self._credentials)["access_token"]

    def read(self, kind: str, wanted: Iterable[str]) -> list[Object]:
        return self.list(kind)

    def create(self, kind: str, objects: list[Object]) -> None:
        self._bulk(kind, "create", objects)

    def update(self, kind: str, objects: list[Object]) -> None:
        self._bulk(kind, "update", objects)

    def delete(self, kind: str, names: list[str]) -> None:
        self._bulk(kind, "delete", names)

    def _bulk(self, kind: str, action: str, entities: list[Any]) -> None:
        """One call for all of them. HTTP 200 is not success: the answer tells what failed."""
        if not entities:
            return
        body = {"actions": [{"action": action, "entities": entities}]}
        answer = self._call("PATCH", f"{self.path}/{kind}", body)
        if answer[action]["errors"]:
            raise RuntimeError(f"bulk {action} of {kind}: {answer[action]['errors'][:3]}")


def api_of(version: str) -> type[V1] | type[V2]:
    return V1 if version.startswith("2.") else V2


def differences(api: Api, data: DataSet, kind: str, but: Collection[str] = ()) -> list[Object]:
    """Read the kind, compare all that can be read `but` some fields, and give the bodies that would put it right."""
    have = {item[IDENTITY[kind]]: item for item in api.read(kind, data.wanted[kind])}
    changed = []
    for identity, wanted in data.wanted[kind].items():
        actual = have.get(identity)
        readable = {name: value for name, value in wanted.items() if name != "password" and name not in but}
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
    api.create(kind, [to_api(wanted) for wanted in data.wanted[kind].values()])


def noop(api: Api, data: DataSet, kind: str) -> None:
    found = differences(api, data, kind)
    if found:
        raise RuntimeError(f"{len(found)} {kind} differ, none should: {found[0][IDENTITY[kind]]}")


def repair(api: Api, data: DataSet, kind: str) -> None:
    api.update(kind, differences(api, data, kind))


def wipe(api: Api) -> None:
    """Delete what earlier runs left, and nothing else."""
    for kind, identity in IDENTITY.items():
        names = [item[identity] for item in api.list(kind)]
        api.delete(kind, [name for name in names if name.startswith(PREFIX) or name == MEMORY])


def drift(api: Api, data: DataSet, kinds: Iterable[str] = tuple(IDENTITY)) -> None:
    """Change one object in ten of these kinds behind the collection's back: hosts, extras, values and slots."""
    for kind in kinds:
        changed = []
        for number, wanted in enumerate(list(data.wanted[kind].values())[::10]):
            entity = {name: value for name, value in wanted.items() if name != "password"}
            if kind == "pools":
                entity["slots"] += 1
            elif kind == "variables":
                entity["value"] = f"changed-{number}"
            elif number % 2:
                entity["host"] = f"changed-{number}.example.test"
            else:
                entity["extra"] = {**entity["extra"], "timeout": 1}
            changed.append(to_api(entity))
        api.update(kind, changed)


JOBS = {"create": create, "noop": noop, "repair": repair}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("version", help="of Airflow")
    parser.add_argument("job", choices=JOBS)
    for kind in IDENTITY:
        parser.add_argument(f"--{kind}", type=int, default=0)
    options = parser.parse_args()

    data = DataSet(Path(), options.connections, options.variables, options.pools)
    kinds = [kind for kind, objects in data.wanted.items() if objects]  # all made before the clock starts
    environ = os.environ
    names = "AIRFLOW_API_URL", "AIRFLOW_API_USERNAME", "AIRFLOW_API_PASSWORD"
    api = api_of(options.version)(*(environ[name] for name in names))
    start = perf_counter()
    api.sign_in()
    for kind in kinds:
        JOBS[options.job](api, data, kind)
    print(json.dumps({"seconds": perf_counter() - start}))


if __name__ == "__main__":
    main()
