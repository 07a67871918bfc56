# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: no stable interface for others.

"""Keyed hashes of what was applied: a changed secret shows, and nobody has to read one.

HMAC-SHA256, with a key of its own for each object, over a form that tells types apart (C(1) from C("1")). Only who has
the user's key can tell from a fingerprint what a weak secret is.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import re
import secrets
import typing as t
from functools import cached_property

from ._declaration import Desired
from ._kinds._variable import JsonText

SHORTEST_KEY = 32  # bytes
SHORTEST_PASSPHRASE = 20  # characters
SALT = 16  # bytes
FINGERPRINT = 12  # bytes: by chance, two of a million objects have the same one once in 10^17 deployments
KEY_NAME = 3  # bytes
# 0.1 s and 32 MB, once in a run
SCRYPT = {"n": 2**15, "r": 8, "p": 1, "maxmem": 2**26, "dklen": 32}


class WrongKey(ValueError):
    """Why a key is refused. Never holds it."""


class Key:
    """What the user gave as a fingerprint_key: at least 32 random bytes in base64 or hex, or a passphrase."""

    def __init__(self, given: t.Any) -> None:
        text = given.strip() if isinstance(given, str) and is_unicode(given) else ""
        self._random = _random_bytes(text)
        self._passphrase = text
        if self._random is None and len(text) < SHORTEST_PASSPHRASE:
            raise WrongKey(
                f"must be at least {SHORTEST_KEY} random bytes in base64 or hex (`openssl rand -base64 {SHORTEST_KEY}`), "
                f"or a passphrase of at least {SHORTEST_PASSPHRASE} characters"
            )

    def within(self, deployment: Deployment) -> Fingerprinter:
        """The fingerprints that this key makes in a deployment."""
        if self._random is not None:
            return Fingerprinter(self._random, deployment)
        stretched = hashlib.scrypt(self._passphrase.encode(), salt=deployment.salt, **SCRYPT)
        return Fingerprinter(stretched, deployment)


class Deployment(t.NamedTuple):
    """What tells the fingerprints of one deployment from those of another; random, and no secret.

    salt is what passphrases are stretched with.
    """

    id: bytes
    salt: bytes

    @classmethod
    def new(cls) -> Deployment:
        return cls(secrets.token_bytes(SALT), secrets.token_bytes(SALT))


class Fingerprinter:
    """A key within a deployment. name tells keys apart, and nothing of them."""

    def __init__(self, key: bytes, deployment: Deployment) -> None:
        self._extracted = hmac.digest(deployment.id, key, "sha256")  # HKDF-Extract

    @cached_property
    def name(self) -> str:
        return self._derived("name")[:KEY_NAME].hex()

    def of(self, desired: Desired, fields: t.Iterable[str]) -> dict[str, str]:
        """The fingerprints of some declared fields of an object, each of the whole field."""
        key = self._derived(desired.kind.name, desired.fields.get("team_name") or "", desired.id)
        return {name: _printed(key, name, desired.fields[name]) for name in fields}

    def _derived(self, *place: str) -> bytes:
        """HKDF-Expand of one block."""
        return hmac.digest(self._extracted, json.dumps(["windsock", *place]).encode() + b"\x01", "sha256")


def _printed(key: bytes, name: str, value: t.Any) -> str:
    # JSON tells 1, 1.0, "1" and true apart, and a field's name stands before its value.
    canonical = json.dumps([name, _sorted(value)], separators=(",", ":"))
    return base64.b64encode(hmac.digest(key, canonical.encode(), "sha256")[:FINGERPRINT]).decode()


def _sorted(value: t.Any) -> t.Any:
    """A value with the keys of its dicts as the texts that Airflow stores, in order."""
    if isinstance(value, JsonText):
        return json.dumps(json.loads(value), sort_keys=True, ensure_ascii=False)
    if isinstance(value, dict):
        return {str(key): _sorted(value[key]) for key in sorted(value, key=str)}
    return [_sorted(item) for item in value] if isinstance(value, list) else value


def is_unicode(text: str) -> bool:
    """Whether a text can be encoded. Bytes of something else, read as a text, cannot."""
    return not re.search("[\ud800-\udfff]", text)


def _random_bytes(text: str) -> bytes | None:
    """The bytes that a text writes in hex or base64, None if it writes none, too few, or looks like a passphrase."""
    if re.fullmatch(f"(?:[0-9a-fA-F]{{2}}){{{SHORTEST_KEY},}}", text):
        return bytes.fromhex(text)
    if not all(re.search(some, text) for some in ("[a-z]", "[A-Z]", "[0-9]")):
        return None
    try:
        found = base64.b64decode(text.translate({ord("-"): "+", ord("_"): "/"}), validate=True)
    except (binascii.Error, ValueError):
        return None
    return found if len(found) >= SHORTEST_KEY else None
