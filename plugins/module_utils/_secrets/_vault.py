# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: no stable interface for others.

"""Reads secrets of a KV engine: signs in once, reads side by side over kept-alive connections, revokes its token.

hvac carries every request. What goes wrong with one secret is told of that secret; what goes wrong with Vault ends it.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from .._parallel import AT_ONCE, in_parallel
from .._patience import patience
from .._scrubber import Scrubber
from .._tls import tls_reason
from . import HvacMissing
from ._access import VaultAccess
from ._reference import Place
from ._sign_in import WAYS, Cert, Token

AGAIN = (412, 429, 500, 502, 503)  # 412: a standby does not know yet what was just written
TELLS_VERSION = ("created_time", "version")  # what the metadata of KV v2 always has


class VaultTrouble(Exception):
    """Vault cannot be used. One sentence without its end, which is for whoever wanted something from it."""


@dataclass(frozen=True)
class Absent:
    """Why there is no such secret for us."""

    reason: str


Secret = t.Union[dict[str, t.Any], Absent]


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


def read_secrets(places: t.Sequence[Place], access: VaultAccess) -> dict[Place, Secret]:
    """Every secret, each asked for once. All places have a mount. Raises VaultTrouble."""
    session = _Session(access)
    try:
        session.sign_in()
        try:
            return _read(session, places, access.kv_version)
        finally:
            session.sign_out()
    finally:
        session.close()


def _read(session: _Session, places: t.Sequence[Place], kv_version: int | None) -> dict[Place, Secret]:
    """The first of each mount tells which version of KV that is; then all others at once."""
    first = {place.mount: place for place in reversed(places)}
    engines = {mount: _Engine(session, str(mount), kv_version) for mount in first}
    secrets = {place: engines[place.mount].read(place) for place in first.values()}
    others = [place for place in places if place not in secrets]
    secrets.update(zip(others, in_parallel(lambda place: engines[place.mount].read(place), others)))
    return secrets


class _Engine:
    """A KV engine of Vault's. version: which kind of it, None until that is known."""

    def __init__(self, session: _Session, mount: str, version: int | None) -> None:
        self.session = session
        self.mount = mount
        self.version = version
        self.asked: int | None = None  # what Vault says that the version is, where it had to be asked

    def read(self, place: Place) -> Secret:
        try:
            return self._read_1(place) if self.version == 1 else self._read_2(place)
        except Refusal as refusal:
            if self.version is None and refusal.status in (403, 404) and not refusal.is_about_the_token:
                return self._read_of_unknown_version(place, refusal)
            return self._absent(place, refusal)

    def _read_of_unknown_version(self, place: Place, refusal: Refusal) -> Secret:
        """Nothing came by the way of version 2. refusal says why."""
        self.version = self._told_version()
        if self.version is None:  # who may not even know of the mount can only try
            try:
                secret = self._read_1(place)
                self.version = 1
                return secret
            except Refusal as other:
                if other.says("versioned"):
                    self.version = 2
        if self.version == 1:
            return self.read(place)
        return self._absent(place, refusal)

    def _read_2(self, place: Place) -> Secret:
        kv = self.session.client.secrets.kv.v2
        answer = self.session.json(
            kv.read_secret_version(place.path, place.version, self.mount, raise_on_deleted_version=True)
        )
        found = answer.get("data")
        if isinstance(found, dict) and isinstance(found.get("data"), dict) and _is_metadata(found.get("metadata")):
            self.version = 2
            return found["data"]
        raise Refusal(404, [], answer)  # a secret of version 1, which happens to be called so

    def _read_1(self, place: Place) -> Secret:
        if place.version is not None:
            return Absent(f"version: the engine at {self.mount} is KV version 1, which keeps no versions")
        found = self.session.json(self.session.client.secrets.kv.v1.read_secret(place.path, self.mount)).get("data")
        return found if isinstance(found, dict) else Absent(f"what Vault has at {place} is no secret of a KV engine")

    def _told_version(self) -> int | None:
        """The version as Vault tells everybody who may read anything below the mount."""
        if self.asked is None:
            try:
                answer = self.session.json(self.session.client.adapter.get(f"/v1/sys/internal/ui/mounts/{self.mount}"))
            except Refusal:
                return None
            about = answer.get("data") or {}
            options = about.get("options") or {}
            if about.get("type") in ("kv", "generic"):
                self.asked = 2 if options.get("version") == "2" else 1
        return self.asked

    def _absent(self, place: Place, refusal: Refusal) -> Absent:
        """Why a secret cannot be had, if it is about the secret. Raises VaultTrouble where it is not."""
        if refusal.status == 403:
            if refusal.is_about_the_token:
                raise VaultTrouble(
                    f"{self.session.access.url} does not accept the token: it has expired, was revoked or used up, or never was one"
                )
            return Absent(self._forbidden(place))
        if refusal.status != 404:
            raise VaultTrouble(self.session.meaning(refusal, f"reading {place}"))
        about = (refusal.data.get("data") or {}).get("metadata")
        if _is_metadata(about):
            number = about.get("version")
            how = "was destroyed" if about.get("destroyed") else "is deleted (`vault kv undelete` brings it back)"
            return Absent(f"version {number} of the secret at {self.mount}/{place.path} {how}")
        if refusal.says("no handler for route"):
            return Absent(f"Vault has no engine mounted at {self.mount} (mount){self.session.in_namespace}")
        told = self._told_version()
        if told is not None and self.version is not None and told != self.version:
            return Absent(f"the engine at {self.mount} is KV version {told}, not {self.version} (kv_version)")
        within = f"{self.mount}/{place.path}{self.session.in_namespace}"
        version = f", or no version {place.version} of it" if place.version is not None else ""
        return Absent(f"Vault has no secret at {within}{version}{self._hint(place)}")

    def _forbidden(self, place: Place) -> str:
        path = f"{self.mount}/{place.path}" if self.version == 1 else f"{self.mount}/data/{place.path}"
        return (
            f"Vault does not permit to read {place}{self.session.in_namespace}: a policy of the token needs "
            f'`path "{path}" {{ capabilities = ["read"] }}`, or the mount {self.mount} is not the right one'
        )

    def _hint(self, place: Place) -> str:
        for prefix in (f"{self.mount}/data/", f"{self.mount}/", "data/"):
            if place.path.startswith(prefix):
                return f"; a path is given without {prefix} before it"
        return ""


def _is_metadata(value: t.Any) -> bool:
    return isinstance(value, dict) and all(name in value for name in TELLS_VERSION)


class _Session:
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
        if refusal.says("sealed"):
            return f"the Vault at {url} is sealed: it has to be unsealed first"
        if refusal.says("not initialized") or refusal.status == 501:
            return f"the Vault at {url} is not initialized"
        if refusal.status in (472, 473) or refusal.says("standby"):
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
        text = "; ".join(" ".join(error.split()) for error in refusal.errors[:3])
        return f" ({self._scrubber.scrubbed(text)[:300]})" if text else ""

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
                    except session._requests.RequestException as caught:
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
        asked = str(getattr(error.request, "url", "") or url)
        if not asked.startswith(url):
            url = f"{asked.split('/v1/')[0]}, where {url} redirects to,"
        reason = getattr(error.args[0] if error.args else None, "reason", None)
        if isinstance(error, kinds.SSLError):
            return f"the TLS connection to {url} failed ({tls_reason(reason or error)}); see vault.ca_path and vault.validate_certs"
        if isinstance(error, kinds.ProxyError):
            return f"the proxy to {url} cannot be used"
        if isinstance(error, kinds.Timeout):
            return f"{url} did not answer within {self.access.timeout} seconds (vault.timeout)"
        if isinstance(reason, self._urllib3.exceptions.NameResolutionError):
            return f"there is no such host: {url}"
        if isinstance(reason, self._urllib3.exceptions.NewConnectionError):
            return f"nobody answers at {url} (connection refused or no route), see vault.url"
        return f"{url} broke the connection off ({type(error).__name__})"


def _refusal(response: t.Any) -> Refusal:
    try:
        data = response.json()
    except ValueError:
        data = None
    data = data if isinstance(data, dict) else {}
    errors = data.get("errors")
    return Refusal(response.status_code, [str(each) for each in errors] if isinstance(errors, list) else [], data)
