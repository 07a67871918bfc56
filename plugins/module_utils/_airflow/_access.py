# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: no stable interface for others.

"""How a deployment is reached and signed in to, as the user gave it; checked without a request."""

from __future__ import annotations

import os
import re
import typing as t
from dataclasses import dataclass, field

from .._address import http_address
from .._astro import ASTRO_TOKEN, token_of_astro
from .._faults import Fault, Refused

ENVIRONMENT = {
    "airflow_url": "AIRFLOW_API_URL",
    "airflow_username": "AIRFLOW_API_USERNAME",
    "airflow_password": "AIRFLOW_API_PASSWORD",
    "airflow_token": "AIRFLOW_API_TOKEN",
}
AUTHORIZATION = "authorization"


@dataclass(frozen=True)
class Access:
    """url has no trailing slash and no C(/api/v2); timeout is in seconds."""

    url: str
    username: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)
    token: str | None = field(default=None, repr=False)
    headers: dict[str, str] = field(default_factory=dict, repr=False)
    validate_certs: bool = True
    ca_path: str | None = None
    client_cert: str | None = None
    client_key: str | None = None
    proxy_url: str | None = field(default=None, repr=False)
    timeout: int = 30
    retries: int = 3
    api_version: str = "auto"

    def secrets(self) -> list[str]:
        """What must not stand in a message."""
        return [each for each in (self.password, self.token, *self.headers.values()) if each]


def read_access(params: dict[str, t.Any], environment: t.Mapping[str, str] | None = None) -> Access:
    """The options of a module, filled from the environment. Raises Refused with every fault."""
    reader = _Reader(params, os.environ if environment is None else environment)
    access = reader.read()
    if reader.faults:
        raise Refused(reader.faults)
    return access


class _Reader:
    def __init__(self, params: dict[str, t.Any], environment: t.Mapping[str, str]) -> None:
        self.params = params
        self.environment = environment
        self.faults: list[Fault] = []

    def fault(self, option: str, reason: str) -> None:
        if Fault(option, reason) not in self.faults:  # some options are looked at twice
            self.faults.append(Fault(option, reason))

    def read(self) -> Access:
        headers = self._headers()
        username, password, token = self._credentials()
        url = self._url()
        signed = username or token or AUTHORIZATION in map(str.lower, headers)
        return Access(
            url=url,
            username=username,
            password=password,
            token=token if signed or self.faults else self._token_of_astro(url),
            headers=headers,
            proxy_url=self._proxy(),
            client_key=self._file("client_key"),
            client_cert=self._file("client_cert"),
            ca_path=self._file("ca_path"),
            timeout=self._at_least("timeout", 1),
            retries=self._at_least("retries", 0),
            validate_certs=self.params["validate_certs"],
            api_version=self.params["api_version"],
        )

    def _text(self, option: str, from_environment: bool = True) -> str | None:
        value = self.params.get(option)
        if value is None and from_environment and option in ENVIRONMENT:
            value = self.environment.get(ENVIRONMENT[option]) or None
        if isinstance(value, int) and not isinstance(value, bool):
            value = str(value)
        if value is not None and not isinstance(value, str):
            self.fault(option, "must be text")
            return None
        return value or None

    def _url(self) -> str:
        url = self._text("airflow_url")
        if url is None:
            if not self.faults or self.faults[-1].where != "airflow_url":
                self.fault("airflow_url", "is missing; the environment variable AIRFLOW_API_URL may hold it too")
            return ""
        url = url.strip()
        parts = http_address(url)
        if parts is None:
            self.fault("airflow_url", "must be an address like https://airflow.example.com, with http or https")
        elif parts.username or parts.password:
            self.fault("airflow_url", "must not hold credentials: use airflow_username and airflow_password")
        elif parts.query or parts.fragment:
            self.fault("airflow_url", "must not have a query or a fragment")
        return re.sub(r"(/api/v[0-9]+)?/*$", "", url.rstrip("/"))

    def _credentials(self) -> tuple[str | None, str | None, str | None]:
        """What the task says comes before what the environment says: a username in the task is not overruled by a
        token in the environment."""
        token = self._text("airflow_token", from_environment=False)
        username = self._text("airflow_username", from_environment=False)
        if token and username:
            self.fault("airflow_token", "cannot be given together with airflow_username")
        if not token and not username and not self.params.get("airflow_password"):
            token = self._text("airflow_token")
        if token:
            return None, None, header_safe(token, "airflow_token", self.fault)
        username, password = self._text("airflow_username"), self._text("airflow_password")
        if username and not password:
            self.fault("airflow_password", "is missing, airflow_username is given")
        if password and not username:
            self.fault("airflow_username", "is missing, airflow_password is given")
        return username, password, None

    def _token_of_astro(self, url: str) -> str | None:
        """For a deployment on Astro that nothing else signs in to."""
        token = token_of_astro(url, self.environment) if self.params["validate_certs"] else None
        return token and header_safe(token, ASTRO_TOKEN, self.fault)

    def _headers(self) -> dict[str, str]:
        given = self.params.get("airflow_headers")
        if given is None:
            return {}
        if not isinstance(given, dict):
            self.fault("airflow_headers", "must be a dict of names and texts")
            return {}
        headers = {}
        for name, value in given.items():
            if not re.fullmatch(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", str(name)):
                self.fault("airflow_headers", "holds a name that HTTP does not allow")
            elif isinstance(value, bool) or not isinstance(value, (str, int)):
                self.fault(f"airflow_headers.{name}", "must be text")
            else:
                headers[str(name)] = header_safe(str(value), f"airflow_headers.{name}", self.fault)
        return headers

    def _proxy(self) -> str | None:
        proxy = self._text("proxy_url")
        if proxy is not None and not re.match(r"(https?|socks[45][ah]?)://[^/]", proxy):
            self.fault("proxy_url", "must be an address like http://proxy.example.com:3128")
        return proxy

    def _file(self, option: str) -> str | None:
        path = self._text(option)
        if path is None:
            return None
        path = os.path.expanduser(path)
        if not os.path.isfile(path) or not os.access(path, os.R_OK):
            self.fault(option, f"there is no readable file {path}")
        if option == "client_key" and not self.params.get("client_cert"):
            self.fault(option, "needs client_cert")
        return path

    def _at_least(self, option: str, lowest: int) -> int:
        value = self.params[option]
        if value < lowest:
            self.fault(option, f"must be {lowest} or more")
        return value


def header_safe(value: str, option: str, fault: t.Callable[[str, str], None]) -> str:
    if re.search(r"[\x00-\x08\x0a-\x1f\x7f]", value) or not _latin(value):
        fault(option, "holds a line break or another character that an HTTP header cannot hold")
    return value


def _latin(value: str) -> bool:
    try:
        value.encode("latin-1")
    except UnicodeEncodeError:
        return False
    return True
