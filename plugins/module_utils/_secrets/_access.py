# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: no stable interface for others.

"""The option C(vault): how Vault is reached and signed in to, as the user gave it; checked without a request."""

from __future__ import annotations

import os
import typing as t
from dataclasses import dataclass
from functools import cached_property

from .._address import http_address
from .._faults import Fault, as_word, suggestion
from .._kinds._types import Type, Wrong, choice, flag, integer, text
from ._reference import WrongReference, read_path
from ._sign_in import TOKEN_FILE, WAYS, Way

ENVIRONMENT = {
    "url": "VAULT_ADDR",
    "namespace": "VAULT_NAMESPACE",
    "ca_path": "VAULT_CACERT",
    "token": "VAULT_TOKEN",
    "role_id": "VAULT_ROLE_ID",
    "secret_id": "VAULT_SECRET_ID",
}


@dataclass(frozen=True)
class VaultAccess:
    """url has no trailing slash and no C(/v1); kv_version None is to be found out; timeout is in seconds."""

    url: str
    way: Way
    namespace: str | None = None
    mount: str = "secret"
    kv_version: int | None = None
    ca_path: str | None = None
    validate_certs: bool = True
    timeout: int = 30
    retries: int = 3


OPTIONS: dict[str, dict[str, t.Any]] = {
    "url": {"type": "str"},
    "namespace": {"type": "str"},
    "mount": {"type": "str", "default": "secret"},
    "kv_version": {"type": "str", "choices": ["auto", "1", "2"], "default": "auto"},
    "auth_method": {"type": "str", "choices": [*WAYS]},
    "auth_mount": {"type": "str"},
    "token": {"type": "str", "no_log": True},
    "token_file": {"type": "path", "default": TOKEN_FILE, "no_log": False},
    "role_id": {"type": "str"},
    "secret_id": {"type": "str", "no_log": True},
    "username": {"type": "str"},
    "password": {"type": "str", "no_log": True},
    "role": {"type": "str"},
    "jwt": {"type": "str", "no_log": True},
    "jwt_file": {"type": "path"},
    "client_cert": {"type": "path"},
    "client_key": {"type": "path", "no_log": False},
    "ca_path": {"type": "path"},
    "validate_certs": {"type": "bool", "default": True},
    "timeout": {"type": "int", "default": 30},
    "retries": {"type": "int", "default": 3},
}


class VaultOption:
    """The option of a module. What stands in the environment and in files is looked at only if it is asked for.

    faults are always wrong, of_references only if anything refers to Vault.
    """

    def __init__(self, given: t.Any, environment: t.Mapping[str, str]) -> None:
        self._given = given
        self._environment = environment
        self.faults = _misshapen(given)

    @cached_property
    def _read(self) -> tuple[VaultAccess | None, list[Fault]]:
        if self._given is not None and not isinstance(self._given, dict):
            return None, []
        words = Words(self._given or {}, self._environment)
        access = _access(words)
        return None if words.faults or self.faults else access, words.faults

    @property
    def access(self) -> VaultAccess | None:
        return self._read[0]

    @property
    def of_references(self) -> list[Fault]:
        return self._read[1]


def read_vault(given: t.Any, environment: t.Mapping[str, str] | None = None) -> VaultOption:
    """The option of a module, filled from the environment."""
    return VaultOption(given, os.environ if environment is None else environment)


def _misshapen(given: t.Any) -> list[Fault]:
    if given is not None and not isinstance(given, dict):
        return [Fault("vault", "must be a dict")]
    unknown = [str(word) for word in given or () if word not in OPTIONS]
    return [Fault("vault", f"{as_word(word)}: unknown option, {suggestion(word, OPTIONS)}") for word in unknown]


def _access(words: Words) -> VaultAccess | None:
    way = _way(words)
    access = VaultAccess(
        url=_url(words),
        way=way or Way(),
        namespace=words.path("namespace"),
        mount=words.path("mount") or "secret",
        kv_version=_kv_version(words),
        ca_path=words.file("ca_path"),
        validate_certs=words.parsed("validate_certs", flag()) is not False,
        timeout=words.number("timeout", 1),
        retries=words.number("retries", 0),
    )
    return access if way else None


def _kv_version(words: Words) -> int | None:
    version = words.parsed("kv_version", text()) or "auto"  # what a number is, is a text here
    if version not in OPTIONS["kv_version"]["choices"]:
        words.fault("kv_version", "must be 1, 2 or auto")
    return {"1": 1, "2": 2}.get(version)


def _url(words: Words) -> str:
    url = words.text("url", needed=True)
    parts = http_address(url or "")
    if url and parts is None:
        words.fault("url", "must be an address like https://vault.example.com:8200, with http or https")
    elif parts is not None and (parts.username or parts.password or parts.query or parts.fragment):
        words.fault("url", "must not hold credentials, a query or a fragment")
    return (url or "").rstrip("/").removesuffix("/v1")


def _way(words: Words) -> Way | None:
    method = words.parsed("auth_method", choice(*WAYS)) or _likely(words)
    if words.has_fault("auth_method"):
        return None
    return WAYS[method].read(words)


def _likely(words: Words) -> str:
    """The way to sign in that is meant where nobody says it; what the task gives comes before the environment."""
    for method, word in (("token", "token"), ("approle", "role_id")):
        if words.own(word):
            return method
    return "approle" if not words.text("token") and words.text("role_id") else "token"


class Words:
    """The words of the option, and what is wrong with them."""

    def __init__(self, given: dict[str, t.Any], environment: t.Mapping[str, str]) -> None:
        self.given = given
        self.environment = environment
        self.faults: list[Fault] = []

    def fault(self, word: str, reason: str) -> None:
        if not self.has_fault(word):  # some are looked at twice
            self.faults.append(Fault(f"vault.{word}", reason))

    def has_fault(self, word: str) -> bool:
        return any(fault.where == f"vault.{word}" for fault in self.faults)

    def own(self, word: str) -> bool:
        """Whether the task gives it."""
        return self.given.get(word) not in (None, "")

    def parsed(self, word: str, type: Type) -> t.Any:
        """A word that the task gives, None where it does not."""
        if not self.own(word):
            return None
        try:
            return type.parse(self.given[word])
        except Wrong as wrong:
            self.fault(word, str(wrong))
            return None

    def text(self, word: str, needed: bool = False) -> str | None:
        """A text of the task, or else of the environment."""
        variable = ENVIRONMENT.get(word, "")
        value = self.parsed(word, text()) or (None if self.own(word) else self.environment.get(variable)) or None
        if needed and value is None:
            self.fault(word, "is missing" + (f"; the environment variable {variable} may hold it too" if variable else ""))
        return value

    def number(self, word: str, lowest: int) -> int:
        value = self.parsed(word, integer(lowest, 10**6))
        return OPTIONS[word]["default"] if value is None else value

    def path(self, word: str) -> str | None:
        """A path in Vault."""
        value = self.text(word)
        try:
            return value and read_path(value, word)
        except WrongReference:
            self.fault(word, "must be a path, such as secret")
            return None

    def file(self, word: str, default: str = "", needed: bool = False) -> str | None:
        """A file that can be read, where the module runs."""
        path = os.path.expanduser(self.text(word) or default)
        if not path:
            if needed:
                self.fault(word, "is missing")
            return None
        if not os.path.isfile(path) or not os.access(path, os.R_OK):
            # Not which: people put what is to stand in the file here.
            self.fault(word, "there is no such file, or it cannot be read where the module runs")
            return None
        return path

    def secret_or_file(self, word: str, file_word: str, default: str) -> str | None:
        """A secret that is given, or else stands in a file."""
        value = self.text(word)
        if value is None and not self.own(word):
            path = self.file(file_word, default, needed=True) if self.own(file_word) or self._is_there(default) else None
            if path is not None:
                with open(path, encoding="utf-8", errors="replace") as file:
                    value = file.read().strip()
            elif not self.has_fault(file_word):
                others = " or ".join(filter(None, [file_word, ENVIRONMENT.get(word), default]))
                self.fault(word, f"is missing; {others} may hold it too")
        if value is not None and (not value or not value.isascii() or not value.isprintable()):
            self.fault(word, "is empty, or holds a line break or another character that no such secret has")
        return value

    @staticmethod
    def _is_there(path: str) -> bool:
        return bool(path) and os.path.isfile(os.path.expanduser(path))
