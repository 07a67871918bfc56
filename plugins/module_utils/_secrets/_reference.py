# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: no stable interface for others.

"""C({vault: path, key: name}): a secret by the place where Vault keeps it. Pure."""

from __future__ import annotations

import enum
import re
import typing as t
from dataclasses import dataclass

from .._faults import as_word

WORDS = ("vault", "key", "mount", "version")


class Unread(enum.Enum):
    """Stands in a declaration for what only Vault knows.

    VALUE is there once it is read; ANYTHING may turn out to be empty too.
    """

    VALUE = "value"
    ANYTHING = "anything"


@dataclass(frozen=True)
class Place:
    """Where Vault keeps a secret. mount None: where all are that say nothing else. version None: the newest."""

    path: str
    mount: str | None = None
    version: int | None = None

    def __str__(self) -> str:
        within = f"{self.mount}/{self.path}" if self.mount else self.path
        return within if self.version is None else f"{within} version {self.version}"


@dataclass(frozen=True)
class Reference:
    """A value of a secret; key None: the only one it has, or the secret as a whole where that is what is wanted."""

    place: Place
    key: str | None = None

    def __str__(self) -> str:
        return str(self.place) + (f", key {self.key!r}" if self.key is not None else "")


class WrongReference(ValueError):
    """The reason why a reference is refused. Holds nothing of it: a secret may stand there by mistake."""


def is_reference(value: t.Any) -> bool:
    """Whether a value is meant as a reference. A dict whose C(vault) is no text is a dict like any other."""
    return isinstance(value, dict) and isinstance(value.get("vault"), str)


def read_reference(value: dict[str, t.Any]) -> Reference:
    """The reference that a dict is. Raises WrongReference."""
    unknown = [str(word) for word in value if word not in WORDS]
    if unknown:
        raise WrongReference(
            f"has 'vault', as a reference has, and {as_word(unknown[0])!r}, which none has: it may have {', '.join(WORDS)}. "
            "If vault is no path here, declare it outside of the secrets"
        )
    key = value.get("key")
    if key is not None and (not isinstance(key, str) or not key):
        raise WrongReference("key: must be a text, the name of a value in the secret")
    return Reference(_place(value), key)


def read_source(value: t.Any) -> Reference:
    """What C(from_vault) says: a path, or a reference without a key. Raises WrongReference."""
    if isinstance(value, str):
        value = {"vault": value}
    if not is_reference(value):
        raise WrongReference("must be a path, or a dict with the path as vault, and mount and version if needed")
    reference = read_reference(value)
    if reference.key is not None:
        raise WrongReference("key: the secret is taken as a whole, so none can be given")
    return reference


def _place(value: dict[str, t.Any]) -> Place:
    mount, version = value.get("mount"), value.get("version")
    if isinstance(version, str) and version.isdecimal():
        version = int(version)
    if version is not None and (isinstance(version, bool) or not isinstance(version, int) or version < 1):
        raise WrongReference("version: must be a whole number from 1, or left out for the newest")
    return Place(read_path(value["vault"], "vault"), None if mount is None else read_path(mount, "mount"), version)


def read_path(value: t.Any, name: str) -> str:
    """A path without slashes around it. Raises WrongReference."""
    path = value.strip("/") if isinstance(value, str) else ""
    # What HTTP would make another path of.
    if not path or any(part in ("", ".", "..") for part in path.split("/")) or re.search(r"[\x00-\x1f\x7f]", path):
        raise WrongReference(f"{name}: must be a path, such as airflow/warehouse")
    return path


def mentions_reference(value: t.Any) -> bool:
    """Whether a value, or anything in it, looks just like a reference."""
    if isinstance(value, dict):
        return (is_reference(value) and value.keys() <= set(WORDS)) or any(map(mentions_reference, value.values()))
    return isinstance(value, list) and any(map(mentions_reference, value))


def with_references(value: t.Any, path: str = "") -> t.Any:
    """A value with every reference in it read. Raises WrongReference."""
    if is_reference(value):
        try:
            return read_reference(value)
        except WrongReference as wrong:
            raise WrongReference(f"{path}: {wrong}" if path else str(wrong)) from None
    if isinstance(value, dict):
        return {key: with_references(item, f"{path}.{key}" if path else str(key)) for key, item in value.items()}
    if isinstance(value, list):
        return [with_references(item, f"{path}.{index}" if path else str(index)) for index, item in enumerate(value)]
    return value


Found = tuple[str, Reference]
"""A reference, and where in a field it stands: dotted, empty for the field itself."""


def references_in(value: t.Any, path: str = "") -> list[Found]:
    """The references in a value."""
    if isinstance(value, Reference):
        return [(path, value)]
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [each for key, item in items for each in references_in(item, f"{path}.{key}" if path else str(key))]


def replaced(value: t.Any, instead: t.Callable[[Reference], t.Any]) -> t.Any:
    """A value with something else instead of each reference."""
    if isinstance(value, Reference):
        return instead(value)
    if isinstance(value, dict):
        return {key: replaced(item, instead) for key, item in value.items()}
    return [replaced(item, instead) for item in value] if isinstance(value, list) else value


def holds_unread(value: t.Any) -> bool:
    """Whether something in a value is still in Vault."""
    if isinstance(value, dict):
        return any(map(holds_unread, value.values()))
    return isinstance(value, Unread) or (isinstance(value, list) and any(map(holds_unread, value)))
