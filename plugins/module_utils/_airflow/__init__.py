# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: no stable interface for others.

"""Finds a deployment's API version and signs in. The result is a Dialect; nothing above knows of HTTP."""

from __future__ import annotations

import re
import typing as t

from .._faults import ServerFault
from .._json import NOT_JSON
from . import _v1, _v2
from ._access import Access
from ._dialect import Dialect
from ._transport import Answer, Transport

OLDEST = (2, 10)


def connect(access: Access) -> Dialect:
    """Reach a deployment. Raises ServerFault with one sentence where that fails."""
    transport = Transport(access)
    for api_version in ("v2", "v1") if access.api_version == "auto" else (access.api_version,):
        version = _version(transport, api_version)
        if version is not None:
            return _speaking(api_version, version, transport)
    asked = "Airflow API" if access.api_version == "auto" else f"Airflow API {access.api_version}"
    raise ServerFault(f"{access.url} has no {asked} (HTTP 404): check the address and its path prefix", 404)


def _speaking(api_version: str, version: str, transport: Transport) -> Dialect:
    access = transport.access
    found = re.match(r"(\d+)\.(\d+)", version)
    release = (int(found[1]), int(found[2])) if found else OLDEST
    if release < OLDEST:
        raise ServerFault(f"{access.url} is Airflow {version}; this collection speaks to Airflow 2.10 and newer")
    if api_version == _v1.V1.api_version:
        if access.username:
            transport.use_basic(access.username, access.password or "")
        return _v1.V1(transport, version, _v1.ABILITIES)
    if access.username:
        transport.use_token(_token(transport, access))
    return _v2.V2(transport, version, _v2.abilities_of(release))


def _version(transport: Transport, api_version: str) -> str | None:
    """The version that the server names, None where there is no such API. Needs no sign-in."""
    path = f"/api/{api_version}/version"
    answer = transport.request("GET", path)
    if answer.good and isinstance(answer.data, dict) and isinstance(answer.data.get("version"), str):
        return answer.data["version"]
    if answer.status == 404:
        return None
    if answer.status < 300:
        raise ServerFault(
            f"{transport.access.url} is no Airflow: it answers {path} with "
            + ("something that is not JSON" if answer.data is NOT_JSON else "JSON that names no version")
        )
    transport.fail(answer, "asking for Airflow's version")


def _token(transport: Transport, access: Access) -> str:
    """A JSON Web Token for a username and password."""
    credentials = {"username": access.username, "password": access.password}
    answer: Answer = transport.request("POST", "/auth/token", body=credentials)
    if answer.status in (401, 403):
        raise ServerFault(f"{access.url} does not accept airflow_username and airflow_password", answer.status)
    data: t.Any = answer.data
    if not answer.good or not isinstance(data, dict) or not isinstance(data.get("access_token"), str):
        transport.fail(answer, "signing in")
    return data["access_token"]
