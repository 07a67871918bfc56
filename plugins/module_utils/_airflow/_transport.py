# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: no stable interface for others.

"""Carries requests to Airflow by the official client's transport, and turns what goes wrong into sentences.

A request is repeated after connection errors, 429, 502, 503 and 504. One that must not be done twice (a POST) is
repeated only when it certainly was not carried out; else Uncertain is raised, and the caller looks before it goes on.
"""

from __future__ import annotations

import base64
import typing as t
from dataclasses import dataclass
from urllib.parse import unquote, urlencode, urlsplit

from .._faults import ServerFault, Uncertain
from .._json import NOT_JSON, read_json
from .._parallel import AT_ONCE
from .._patience import patience
from .._scrubber import Scrubber
from .._tls import tls_reason
from ._access import Access
from ._client import load_client

OVERLOADED = 429
GATEWAY_TROUBLE = (502, 503, 504)


@dataclass(frozen=True)
class Answer:
    """data is the decoded JSON, None for an empty body; NOT_JSON for anything else."""

    status: int
    data: t.Any
    location: str | None = None

    @property
    def good(self) -> bool:
        return 200 <= self.status <= 299 and self.data is not NOT_JSON


class Transport:
    """One deployment, over kept-alive connections. Safe to use from several threads."""

    whom = "Airflow"
    tls_options = "ca_path, client_cert and validate_certs"

    def __init__(self, access: Access) -> None:
        client = load_client()
        import urllib3  # comes with the client

        self.access = access
        self.repeats = 0
        self.scrubber = Scrubber(access.secrets())
        self._urllib3 = urllib3
        self._api_exception = client.ApiException
        configuration = self._configuration(client.Configuration)
        try:
            self._pool = client.RESTClientObject(configuration)
        except ImportError:
            raise ServerFault("a SOCKS proxy needs the Python package PySocks where the module runs") from None
        self._patience = patience(access.retries)
        self._headers = {"Accept": "application/json", "User-Agent": "windsock.airflow", **access.headers}
        if access.token:
            self.use_token(access.token)

    def use_token(self, token: str) -> None:
        """Sign every request from now on."""
        self._authorize("Bearer", token)

    def use_basic(self, username: str, password: str) -> None:
        """Send the credentials with every request from now on."""
        self._authorize("Basic", base64.b64encode(f"{username}:{password}".encode()).decode())

    def _authorize(self, scheme: str, credentials: str) -> None:
        self.scrubber.hide([credentials])
        self._headers = {**self._headers, "Authorization": f"{scheme} {credentials}"}

    def request(
        self,
        method: str,
        path: str,
        query: t.Sequence[tuple[str, t.Any]] = (),
        body: t.Any = None,
        repeatable: bool = True,
    ) -> Answer:
        """Send a request and return whatever is answered.

        Path begins with a slash below the deployment's address, already quoted. Raises ServerFault where nothing
        usable comes back, Uncertain where a request that is not repeatable may have been carried out.
        """
        url = self.access.url + path + (f"?{urlencode(query)}" if query else "")
        headers = dict(self._headers)
        if body is not None:  # without a body, Airflow 2 refuses a DELETE that has a content type
            headers["Content-Type"] = "application/json"
        waiting, fault = self._patience, ServerFault
        while True:
            response, error = None, None
            try:
                response = self._pool.request(method, url, headers, body, _request_timeout=self.access.timeout)
                content = response.read()
            except (self._urllib3.exceptions.HTTPError, self._api_exception, OSError, ValueError) as caught:
                error = caught
            if error is None and response.status != OVERLOADED and response.status not in GATEWAY_TROUBLE:
                return _answer(response, content)
            certainly_not_done = self._never_sent(error) if error else response.status == OVERLOADED
            if not certainly_not_done and method != "GET":
                fault = Uncertain
            if not repeatable and not certainly_not_done:
                raise Uncertain(self._told(error, response), response.status if response else None)
            if error is not None and self._hopeless(error):
                raise fault(self._told(error, None))
            try:
                waiting = waiting.increment(method, url, response=response and response.response, error=None)
            except self._urllib3.exceptions.MaxRetryError:
                raise fault(self._told(error, response), response.status if response else None) from None
            self.repeats += method != "GET"
            waiting.sleep(response and response.response)

    def fail(self, answer: Answer, doing: str) -> t.NoReturn:
        """Say in one sentence what an answer that was not hoped for means."""
        raise ServerFault(self._meaning(answer, doing), answer.status)

    def _configuration(self, configuration_class: t.Any) -> t.Any:
        access = self.access
        configuration = configuration_class(host=access.url)
        configuration.verify_ssl = access.validate_certs
        configuration.ssl_ca_cert = access.ca_path
        configuration.cert_file = access.client_cert
        configuration.key_file = access.client_key
        configuration.retries = False  # repeated here, where it is known what may be
        configuration.connection_pool_maxsize = AT_ONCE  # its own number depends on the cores of this machine
        if access.proxy_url:
            configuration.proxy = _without_userinfo(access.proxy_url)
            configuration.no_proxy = ""  # asked for in so many words, so the environment does not overrule it
            userinfo = urlsplit(access.proxy_url).netloc.rpartition("@")[0]
            if userinfo:
                configuration.proxy_headers = self._urllib3.make_headers(proxy_basic_auth=unquote(userinfo))
        elif not hasattr(configuration, "no_proxy"):  # a client that does not look into the environment
            configuration.proxy = _proxy_of_the_environment(access.url)
        if not access.validate_certs:
            self._urllib3.disable_warnings(self._urllib3.exceptions.InsecureRequestWarning)
        return configuration

    def _never_sent(self, error: Exception) -> bool:
        kinds = self._urllib3.exceptions
        return isinstance(error, (kinds.NewConnectionError, kinds.ConnectTimeoutError, kinds.ProxyError))

    def _hopeless(self, error: Exception) -> bool:
        """Errors that another try would only repeat."""
        kinds = self._urllib3.exceptions
        if isinstance(error, kinds.NameResolutionError):
            return False  # resolvers have bad moments
        return isinstance(error, (kinds.SSLError, kinds.LocationValueError, self._api_exception)) or not isinstance(
            error, (kinds.HTTPError, OSError)
        )

    def _told(self, error: Exception | None, response: t.Any) -> str:
        url, kinds = self.access.url, self._urllib3.exceptions
        if error is None:
            if response.status == OVERLOADED:
                return f"{url} asks to be left alone for a while (HTTP 429), also after {self.access.retries} retries"
            return f"{url} answers HTTP {response.status}: {self.whom} behind its gateway is down or overloaded"
        name = type(error).__name__
        if isinstance(error, (kinds.SSLError, self._api_exception)):
            return (
                f"{url}: the TLS connection failed ({tls_reason(error)}); see {self.tls_options}"
            )
        if isinstance(error, kinds.ProxyError):
            return f"{url}: the proxy cannot be used ({type(getattr(error, 'original_error', error)).__name__})"
        if isinstance(error, kinds.NameResolutionError):
            return f"{url}: there is no such host"
        if isinstance(error, kinds.NewConnectionError):
            return f"{url}: nobody answers there (connection refused or no route); is it the right address?"
        if isinstance(error, kinds.TimeoutError):
            return f"{url} did not answer within {self.access.timeout} seconds (option timeout)"
        if isinstance(error, kinds.HTTPError):
            return f"{url} broke the connection off ({name})"
        return f"{url} cannot be reached ({name})"

    def _meaning(self, answer: Answer, doing: str) -> str:
        url = self.access.url
        # The first line: Airflow 2 goes on with the schema and the instance. Cut only once no secret is in it.
        reason = self.scrubber.scrubbed(reason_of(answer.data)).split("\n", 1)[0]
        if answer.location is not None:
            return f"{doing}: {url} redirects to another address ({place_of(answer.location)}); give that as airflow_url"
        if answer.data is NOT_JSON:
            return (
                f"{doing}: {url} answers HTTP {answer.status} with something that is not JSON; "
                "is it an Airflow, or a gateway in front of one (see airflow_headers)?"
            )
        if answer.status == 401 or (answer.status == 403 and "token" in reason.lower()):
            return f"{doing}: {url} does not accept the sign-in (HTTP {answer.status}{reason and ', '}{reason})"
        if answer.status == 403 and self._headers.get("Authorization", "").startswith("Basic "):
            return (  # Airflow 2 answers the same to both
                f"{doing}: airflow_username and airflow_password are wrong, or this user has no right to (HTTP 403"
                f"{reason and ', '}{reason})"
            )
        if answer.status == 403:
            return f"{doing}: who is signed in has no right to (HTTP 403{reason and ', '}{reason})"
        return f"{doing}: {url} answers HTTP {answer.status}{reason and ', '}{reason}"


def reason_of(data: t.Any) -> str:
    """Airflow's reason in an error body, without the input that it repeats (which may be a secret)."""
    if not isinstance(data, dict):
        return ""
    detail = data.get("detail") or data.get("title") or data.get("error") or ""
    if isinstance(detail, dict):
        detail = detail.get("message") or detail.get("reason") or ""
    if isinstance(detail, list):
        detail = "; ".join(_complaint(each) for each in detail[:5] if isinstance(each, dict))
    return str(detail)


def _complaint(entry: dict[str, t.Any]) -> str:
    place = ".".join(str(part) for part in entry.get("loc") or () if part not in ("body", "actions"))
    return f"{place}: {entry.get('msg', '')}" if place else str(entry.get("msg", ""))


def _answer(response: t.Any, content: bytes) -> Answer:
    location = response.headers.get("Location") if 300 <= response.status <= 399 else None
    return Answer(response.status, read_json(content) if content else None, location)


def _proxy_of_the_environment(url: str) -> str | None:
    from urllib.request import getproxies, proxy_bypass  # only here, every import costs each task

    parts = urlsplit(url)
    return None if proxy_bypass(parts.netloc) else getproxies().get(parts.scheme)


def place_of(location: str) -> str:
    parts = urlsplit(location)
    return f"{parts.scheme}://{parts.hostname}" if parts.hostname else "a path of its own"


def _without_userinfo(url: str) -> str:
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
