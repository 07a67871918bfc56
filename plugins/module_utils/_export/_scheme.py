# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: no stable interface for others.

"""Where in Vault the secrets of an export are to be: a path and a key for each, made by a scheme of the user's."""

from __future__ import annotations

import hashlib
import re
import typing as t
from dataclasses import dataclass, field

from .._comparison import Path
from .._faults import Fault, Refused, as_word
from .._secrets._reference import WrongReference, read_path

PLACEHOLDER = re.compile(r"\{(\w*)\}")
WORDS = ("host", "kind", "id", "field")


@dataclass(frozen=True)
class Wanted:
    """A secret that has to be put into Vault.

    path and key: where. kind, id and field: of what it is. seen: what may be shown of it, see Hole.
    """

    path: str
    key: str
    kind: str
    id: str
    field: str
    seen: t.Any


@dataclass
class Scheme:
    """Makes the references, and keeps a list of what they need.

    path and key are texts with {host}, {kind}, {id} and {field}; mount is None where references are to have none.
    """

    path: str
    key: str
    mount: str | None
    host: str
    wanted: dict[tuple[str, str], Wanted] = field(default_factory=dict)

    def faults(self) -> list[Fault]:
        """What is wrong with the scheme itself."""
        found = [
            Fault("", f"{name}: {as_word(word)!r} is no placeholder, those are {', '.join(map(_braced, WORDS))}")
            for name, text in (("vault_path", self.path), ("vault_key", self.key))
            for word in PLACEHOLDER.findall(text)
            if word not in WORDS
        ]
        if not self.key:
            found.append(Fault("", "vault_key: must not be empty"))
        for name, text in (("vault_path", self.path), ("vault_mount", self.mount)):
            try:
                read_path("secret" if text is None else self._with(text, "kind", "id", "field"), name)
            except WrongReference as wrong:
                found.append(Fault("", str(wrong)))
        return found

    def refer(self, kind: str, object_id: str, path: Path, seen: t.Any) -> dict[str, t.Any]:
        """The reference to a secret. Raises Refused where another one has the same place."""
        words = (kind, plain(object_id, "/."), ".".join(plain(part) for part in path))
        wanted = Wanted(
            self._with(self.path, *words).strip("/"), self._with(self.key, *words), kind, object_id, ".".join(path), seen
        )
        other = self.wanted.setdefault((wanted.path, wanted.key), wanted)
        if (other.kind, other.id, other.field) != (kind, object_id, wanted.field):
            raise Refused([
                Fault(
                    "",
                    "vault_path and vault_key: give one place in Vault to two secrets, "
                    f"{other.field} of {other.kind} {other.id!r} and {wanted.field} of {kind} {object_id!r}. "
                    "Use {kind}, {id} and {field} in them",
                )
            ])
        reference = {"vault": wanted.path, "key": wanted.key}
        return reference if self.mount is None else {**reference, "mount": self.mount}

    def _with(self, text: str, kind: str, object_id: str, field: str) -> str:
        words = {"host": plain(self.host, "."), "kind": kind, "id": object_id, "field": field}
        return PLACEHOLDER.sub(lambda found: words.get(found[1], ""), text)


def plain(name: str, beside: str = "") -> str:
    """A name that can be a part of a path or a key: letters, digits, underscores, hyphens, and what is named.

    Where it has anything else, that becomes an underscore, and a hash keeps it apart from others.
    """
    if re.fullmatch(rf"[\w{re.escape(beside)}-]+", name, re.ASCII) and all(
        part.strip(".") for part in name.split("/")
    ):
        return name
    return re.sub(r"[^\w-]", "_", name, flags=re.ASCII) + "-" + hashlib.sha256(name.encode()).hexdigest()[:8]


def _braced(word: str) -> str:
    return f"{{{word}}}"
