# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: no stable interface for others.

"""Who is signed in to Vault: hvac's client over kept-alive connections, patient, and all that may go wrong in sentences."""

from __future__ import annotations

import typing as t
from urllib.parse import urlsplit

from .._parallel import AT_ONCE
from .._patience import patience
from .._scrubber import Scrubber
from .._tls import tls_reason
from . import HvacMissing
from ._access import VaultAccess
from ._sign_in import WAYS, Cert, Token

AGAIN = (412, 429, 500, 502, 503)  # 412: a standby does not know yet what was just written


class VaultTrouble(Exception):
    """Vault cannot be used. One sentence without its end, which is for whoever wanted something from it."""


class Refusal(Exception):
    """An answer of Vault's that is none of 2xx."""

    def __init__(self, status: int, errors: list[str], data: dict[str, t.Any]) -> None:
        super().__init__(f"HTTP {status}")
        self.status = status
        self.errors = errors
        self.data = data

    def says(self, text: str) -> bool:
        """Whether one of the errors or warnings has a text in it."""
        return any(text in told.lower() for told in (*self.errors, *map(str, self.data.get("warnings") or ())))

    @property
    def is_about_the_token(self) -> bool:
        """Whether nothing can be had with this token. Of one that only lacks a right, Vault tells an error more."""
        return self.status == 403 and (self.errors == ["permission denied"] or self.says("invalid token"))


class Session:
    """A client of hvac's that is patient, and who is signed in with it."""

    def __init__(self, access: VaultAccess) -> None:
        try:
            import hvac
            import requests
            import urllib3
        except ImportError as error:
            raise HvacMissing(str(error)) from error
        self.access = access
        self._requests, self._urllib3 = requests, urllib3
        self._scrubber = Scrubber(access.way.secrets())
        self._retries = access.retries
        self._revokes = False
        verify: bool | str = (access.ca_path or True) if access.validate_certs else False
        self._http = self._patient_session(verify)
        if not access.validate_certs:
            urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
        self.client = hvac.Client(
            access.url,
            token="",  # else hvac looks for one by itself
            verify=verify,
            cert=(),  # else hvac looks for one by itself too; the session has that of Cert
            timeout=access.timeout,
            session=self._http,
            namespace=access.namespace,
            adapter=self._adapter(hvac),
        )

    def sign_in(self) -> None:
        way = self.access.way
        try:
            answer = way.sign_in(self.client)
        except Refusal as refusal:
            raise VaultTrouble(self._login_meaning(refusal)) from None
        except (KeyError, TypeError, ValueError):
            raise VaultTrouble(f"{self.access.url} answers the sign-in with something that is no token") from None
        if isinstance(way, Token):
            return
        auth = self.json(answer).get("auth") or {}
        if not self.client.token:
            raise VaultTrouble(f"{self.access.url} wants a second factor for this sign-in, which this module cannot give")
        self._scrubber.hide([self.client.token])
        self._revokes = auth.get("token_type") != "batch"  # which ends by itself and cannot be revoked

    def sign_out(self) -> None:
        """Revoke a token that was got for this task. Where that fails, it ends when its time is over."""
        if self._revokes:
            self._retries = 0  # whatever made it fail, there is no use in waiting
            try:
                self.client.auth.token.revoke_self()
            except (Refusal, VaultTrouble):
                pass

    def close(self) -> None:
        self._http.close()

    def json(self, answer: t.Any) -> dict[str, t.Any]:
        """The dict that an answer is."""
        try:
            data = answer.json()
        except ValueError:
            data = None
        if not isinstance(data, dict):
            raise VaultTrouble(
                f"{self.access.url} answers with something that is not Vault's JSON: is it a Vault, or a gateway in front of one"
            )
        return data

    @property
    def in_namespace(self) -> str:
        return f" in the namespace {self.access.namespace}" if self.access.namespace else ""

    def meaning(self, refusal: Refusal, doing: str) -> str:
        """An answer that concerns more than one secret."""
        url, retries = self.access.url, self.access.retries
        if refusal.status == 503 and refusal.says("sealed"):
            return f"the Vault at {url} is sealed: it has to be unsealed first"
        if refusal.says("not initialized") or refusal.status == 501:
            return f"the Vault at {url} is not initialized"
        if refusal.status in (472, 473) or (refusal.status >= 500 and refusal.says("not active")):
            return f"{url} is a standby of Vault that does not answer requests: give the address of the active one"
        if refusal.status == 429:
            return f"{url} has a rate limit, and it was still reached after {retries} retries"
        if refusal.status == 412:
            return f"{url} does not have the newest state of Vault yet, also after {retries} retries"
        if 300 <= refusal.status <= 399:
            return f"{url} redirects to another address; give that as vault.url"
        if refusal.status in AGAIN:
            return f"{url} answers HTTP {refusal.status} while {doing}, also after {retries} retries{self._told(refusal)}"
        return f"{url} answers HTTP {refusal.status} while {doing}{self._told(refusal)}"

    def _login_meaning(self, refusal: Refusal) -> str:
        method = next(name for name, way in WAYS.items() if way is type(self.access.way))
        at = f"{self.access.url} (auth_mount {self.access.way.mount}{self.in_namespace})"
        if refusal.status == 404 or refusal.says("no handler for route"):
            return f"{at} has no such way to sign in: {method}"
        if refusal.status == 403:
            return f"{at} refuses the sign-in with {method}, or has no such way to sign in{self._told(refusal)}"
        if refusal.status in (400, 401):
            return f"{at} refuses the sign-in with {method}{self._told(refusal)}"
        return self.meaning(refusal, f"signing in with {method}")

    def _told(self, refusal: Refusal) -> str:
        # Looked through before its line breaks go, which a secret may have too.
        text = " ".join(self._scrubber.scrubbed("; ".join(refusal.errors[:3])).split())
        return f" ({text[:300]})" if text else ""

    def _patient_session(self, verify: bool | str) -> t.Any:
        class Http(self._requests.Session):  # type: ignore[misc,name-defined]
            """Follows a standby to the active server, but never from https to http: the token goes along."""

            def get_redirect_target(self, response: t.Any) -> str | None:
                target: str | None = super().get_redirect_target(response)
                downgrade = target is not None and target.startswith("http:") and response.url.startswith("https:")
                return None if downgrade else target

        http = Http()
        http.verify = verify  # hvac prefers a session's own
        if isinstance(self.access.way, Cert):
            http.cert = self.access.way.files
        adapter = self._requests.adapters.HTTPAdapter(pool_maxsize=AT_ONCE)
        http.mount("https://", adapter)
        http.mount("http://", adapter)
        return http

    def _adapter(self, hvac: t.Any) -> t.Any:
        session = self

        class Patient(hvac.adapters.RawAdapter):  # type: ignore[misc,name-defined]
            """Tries again where that may help, and raises Refusal with all that an answer says."""

            def request(self, method: str, url: str, headers: t.Any = None, raise_exception: bool = True, **more: t.Any) -> t.Any:
                waiting = patience(session._retries)
                while True:
                    response = error = None
                    try:
                        response = super().request(method, url, headers, raise_exception=False, **more)
                        if response.status_code not in AGAIN:
                            break
                    except OSError as caught:  # requests' own, and what files of certificates bring
                        error = caught
                        if session._is_hopeless(error):
                            raise VaultTrouble(session._unreached(error)) from None
                    answered = None if response is None else response.raw
                    try:
                        waiting = waiting.increment(method, url, response=answered)
                    except session._urllib3.exceptions.MaxRetryError:
                        if error is not None:
                            raise VaultTrouble(session._unreached(error)) from None
                        break
                    waiting.sleep(answered)
                if not response.ok or response.is_redirect:
                    raise _refusal(response)
                return response

        return Patient

    def _is_hopeless(self, error: t.Any) -> bool:
        kinds = self._requests.exceptions
        temporary = isinstance(error, (kinds.ConnectionError, kinds.Timeout, kinds.ChunkedEncodingError))
        return isinstance(error, kinds.SSLError) or not temporary

    def _unreached(self, error: t.Any) -> str:
        url, kinds = self.access.url, self._requests.exceptions
        asked = str(getattr(getattr(error, "request", None), "url", None) or url)
        if not asked.startswith(url):
            url = f"{_origin(asked)}, where {url} redirects to,"
        reason = getattr(error.args[0] if error.args else None, "reason", None)
        if isinstance(error, kinds.SSLError):
            return f"the TLS connection to {url} failed ({tls_reason(reason or error)}); see vault.ca_path and vault.validate_certs"
        if not isinstance(error, kinds.RequestException):
            return f"a file of certificates cannot be used for {url}, see vault.ca_path, vault.client_cert and vault.client_key"
        if isinstance(error, kinds.ProxyError):
            return f"the proxy to {url} cannot be used"
        if isinstance(error, kinds.Timeout):
            return f"{url} did not answer within {self.access.timeout} seconds (vault.timeout)"
        if isinstance(reason, self._urllib3.exceptions.NameResolutionError):
            return f"there is no such host: {url}"
        if isinstance(reason, self._urllib3.exceptions.NewConnectionError):
            return f"nobody answers at {url} (connection refused or no route), see vault.url"
        return f"{url} broke the connection off ({type(error).__name__})"


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"


def _refusal(response: t.Any) -> Refusal:
    try:
        data = response.json()
    except ValueError:
        data = None
    data = data if isinstance(data, dict) else {}
    errors = data.get("errors")
    return Refusal(response.status_code, [str(each) for each in errors] if isinstance(errors, list) else [], data)
