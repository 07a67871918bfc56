# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: no stable interface for others.

"""How AWS is reached: by boto3, which also looks where AWS's own tools keep credentials and regions.

Nothing of an answer's text is ever told: AWS quotes the values that it refuses.
"""

from __future__ import annotations

import contextlib
import typing as t

from .._address import http_address
from .._faults import Fault, ServerFault

OPTIONS: dict[str, dict[str, t.Any]] = {
    "aws_region": {"type": "str"},
    "aws_profile": {"type": "str"},
    "aws_access_key": {"type": "str", "no_log": False},
    "aws_secret_key": {"type": "str", "no_log": True},
    "aws_session_token": {"type": "str", "no_log": True},
    "aws_endpoint_url": {"type": "str"},
    "connections_prefix": {"type": "str"},
    "variables_prefix": {"type": "str"},
    "kms_key_id": {"type": "str", "no_log": False},
}
WITHHELD = frozenset({"aws_access_key", "aws_secret_key", "aws_session_token", "aws_endpoint_url"})
ATTEMPTS = 8  # of each request; AWS slows down who writes more than a few parameters a second

DENIED = ("AccessDenied", "AccessDeniedException", "UnauthorizedOperation")
UNKNOWN_TO_AWS = (
    "UnrecognizedClientException", "InvalidClientTokenId", "InvalidSignatureException", "SignatureDoesNotMatch",
    "ExpiredToken", "ExpiredTokenException", "IncompleteSignature",
)  # fmt: skip
THROTTLED = ("ThrottlingException", "Throttling", "TooManyUpdates", "TooManyRequestsException", "RequestLimitExceeded")


class AwsMissing(ImportError):
    """boto3, or something that it needs, is not installed."""


class Answered(Exception):
    """AWS refuses a request; code is its own word for why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Aws:
    """A client of one of AWS's services. Safe to use from several threads."""

    def __init__(self, service: str, words: dict[str, t.Any]) -> None:
        self.service = service
        self.region = words.get("aws_region")
        self._words = words
        self._client: t.Any = None

    def __call__(self, operation: str, holds: str | None = None, **arguments: t.Any) -> dict[str, t.Any]:
        """What AWS answers; holds: what must be in it. Raises Answered, ServerFault."""
        client = self._client or self._connected()
        code = ""
        try:
            answer: dict[str, t.Any] = getattr(client, operation)(**arguments)
            if holds is None or holds in answer:
                return answer
            where = self._words.get("aws_endpoint_url") or f"AWS {self.service}"
            raise ServerFault(f"{where} answers something that is not AWS's: is there a gateway in front of it")
        except self._errors.ClientError as error:
            code = str(error.response.get("Error", {}).get("Code", ""))
        except self._errors.BotoCoreError as error:
            raise ServerFault(self._unreached(error)) from None
        if code in UNKNOWN_TO_AWS:
            raise ServerFault(f"AWS does not accept the credentials ({code})")
        if code in THROTTLED:
            raise ServerFault(f"AWS {self.service} has too many requests, also after {ATTEMPTS} attempts ({code})")
        raise Answered(code)

    def _connected(self) -> t.Any:
        try:
            import boto3
            import botocore.config
            import botocore.exceptions
        except ImportError as error:
            raise AwsMissing(str(error)) from error
        self._errors = botocore.exceptions
        words = self._words
        config = botocore.config.Config(
            retries={"mode": "adaptive", "max_attempts": ATTEMPTS}, connect_timeout=10, read_timeout=30, max_pool_connections=10
        )
        try:
            session = boto3.session.Session(
                aws_access_key_id=words.get("aws_access_key") or None,
                aws_secret_access_key=words.get("aws_secret_key") or None,
                aws_session_token=words.get("aws_session_token") or None,
                region_name=self.region or None,
                profile_name=words.get("aws_profile") or None,
            )
            self._client = session.client(self.service, endpoint_url=words.get("aws_endpoint_url") or None, config=config)
        except (botocore.exceptions.BotoCoreError, ValueError) as error:
            raise ServerFault(self._unreached(error)) from None
        self.region = self._client.meta.region_name
        return self._client

    def _unreached(self, error: Exception) -> str:
        name = type(error).__name__
        if name == "NoRegionError":
            return "AWS: there is no region; give aws_region, or the environment variable AWS_DEFAULT_REGION"
        if name in ("NoCredentialsError", "PartialCredentialsError", "CredentialRetrievalError"):
            return "AWS: there are no credentials; give aws_access_key and aws_secret_key, aws_profile, or what AWS's tools read"
        if name == "ProfileNotFound":
            return "AWS: there is no such profile as aws_profile names"
        where = self._words.get("aws_endpoint_url") or f"AWS {self.service}"
        return f"{where} cannot be reached ({name})"


def read_aws(service: str, words: dict[str, t.Any], faults: list[Fault]) -> Aws:
    """A client by the options of a task."""
    pair = [bool(words.get(name)) for name in ("aws_access_key", "aws_secret_key")]
    if any(pair) and not all(pair):
        faults.append(Fault("aws_secret_key" if pair[0] else "aws_access_key", "is missing, the other one is there"))
    if words.get("aws_session_token") and not all(pair):
        faults.append(Fault("aws_session_token", "needs aws_access_key and aws_secret_key"))
    if words.get("aws_profile") and any(pair):
        faults.append(Fault("aws_profile", "stands for the keys, so it cannot be together with them"))
    url = words.get("aws_endpoint_url")
    parts = http_address(str(url or ""))
    if url and parts is None:
        faults.append(Fault("aws_endpoint_url", "must be an address with http or https"))
    elif parts is not None and (parts.username or parts.password or parts.query or parts.fragment):
        faults.append(Fault("aws_endpoint_url", "must not hold credentials, a query or a fragment"))
    return Aws(service, words)


@contextlib.contextmanager
def refusals(doing: str, right: str, absent: str = "", **meanings: str) -> t.Iterator[None]:
    """Sentences for what AWS refuses. right: the permission that it takes. meanings: by AWS's own word."""
    try:
        yield
    except Answered as answered:
        if answered.code in DENIED:
            # That one may not be written says nothing of the others.
            status = 400 if doing.startswith(("writing", "deleting")) else 403
            raise ServerFault(f"{doing}: AWS does not permit it, the right {right} is needed", status) from None
        meaning = meanings.get(answered.code, f"AWS refuses it ({answered.code})")
        raise ServerFault(f"{doing}: {meaning}", 409 if answered.code == absent else 400) from None
