# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: no stable interface for others.

"""What an owner has applied, kept in one Airflow variable for each owner.

The text is opaque on purpose. Airflow 3 shows JSON with leaves masked by their names and numbers serialised anew, and
shows C(***) in place of a text of five or more characters (its setting min_length_masked_secret) that it knows as a
secret, wherever that occurs: so the text is no JSON and has no five characters in a row.
"""

from __future__ import annotations

import base64
import json
import re
import typing as t
import zlib
from dataclasses import dataclass, field, replace

from ._faults import ServerFault
from ._fingerprints import SALT, Deployment
from ._kinds import VARIABLE, Kind
from ._plan import Actual

if t.TYPE_CHECKING:
    from ._airflow._dialect import Dialect

FORMAT = "ws1"
RUN = 4  # characters between two spaces
TRIES = 3  # how often a memory is written that others write at the same time

Objects = dict[str, frozenset[str]]
"""Ids by the name of their kind."""

ObjectKey = tuple[str, str]
"""The name of a kind, and an id."""


@dataclass(frozen=True)
class Applied:
    """What was last applied to an object.

    fingerprints of whole fields, by their names, made with the key of this name; seen: up to which entry of the audit
    log nobody else is known to have written the object, None where the log could not be read.
    """

    key: str = ""
    seen: int | None = None
    fingerprints: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Secrets:
    """What is known of secrets, without any. deployment is None where nothing was ever applied with a key."""

    deployment: Deployment | None = None
    applied: dict[ObjectKey, Applied] = field(default_factory=dict)


def same_secrets(secrets: Secrets) -> Secrets:
    """What is known where nothing new was learnt."""
    return secrets


class Unreadable(ValueError):
    """Why a memory cannot be read."""


class Foreign(Unreadable):
    """Another version of this collection wrote it."""


@dataclass(frozen=True)
class Memories:
    """What the owners of a deployment have applied.

    own is None where this owner has no memory, or one that cannot be read; others holds the objects of the other
    owners by the owner's name; secrets are those of this owner. trouble says, by variable, what cannot be read and
    what to do. in_capitals: ids that differ in upper and lower case only are one; those of the others are in capitals.
    """

    owner: str
    own: Objects | None = None
    others: dict[str, Objects] = field(default_factory=dict)
    trouble: dict[str, str] = field(default_factory=dict)
    secrets: Secrets = field(default_factory=Secrets)
    in_capitals: bool = False

    @property
    def writable(self) -> bool:
        """Whether the memory of this owner may be written: not over one that cannot be read."""
        return bool(self.owner) and key_of(self.owner) not in self.trouble

    def owned(self, kind: Kind) -> frozenset[str]:
        """The objects of a kind that this owner has applied."""
        return (self.own or {}).get(kind.name, frozenset())

    def owners_of(self, kind: Kind, object_id: str) -> list[str]:
        """The other owners that have applied an object."""
        known_as = object_id.upper() if self.in_capitals else object_id
        return [owner for owner, objects in self.others.items() if known_as in objects.get(kind.name, ())]


def key_of(owner: str) -> str:
    """The key of an owner's variable. Hexadecimal, since a name like C(token-team) would have the value masked."""
    return VARIABLE.reserved + owner.encode().hex()


def read_memories(variables: t.Iterable[Actual], owner: str) -> Memories:
    """The memories among some variables."""
    own, others, trouble, secrets = None, {}, {}, Secrets()
    for variable in variables:
        try:
            found, objects, its_secrets = _decoded(variable)
        except Unreadable as why:
            told = f"the variable {variable.id}, in which this collection keeps what an owner has applied, {why}"
            trouble[variable.id] = f"{told}; {_way_out(variable, owner, why)}"
            continue
        if found == owner:
            own, secrets = objects, its_secrets
        else:
            others[found] = objects
    return Memories(owner, own, others, trouble, secrets)


def in_capitals(memories: Memories) -> Memories:
    """The same where ids that differ in upper and lower case only are one."""
    others = {
        owner: {kind: frozenset(each.upper() for each in ids) for kind, ids in objects.items()}
        for owner, objects in memories.others.items()
    }
    return replace(memories, others=others, in_capitals=True)


def _way_out(variable: Actual, owner: str, why: Unreadable) -> str:
    if isinstance(why, Foreign):
        return "use that version here too"
    if variable.id == key_of(owner):
        return "delete it to begin anew"
    return "delete it, and let that owner run before anybody prunes: without it nobody knows what it has applied"


def no_memories(owner: str, why: str) -> Memories:
    """What is known where the variables cannot be read."""
    return Memories(owner, trouble={key_of(owner): f"what its owners have applied cannot be read: {why}"})


def remember(
    server: Dialect,
    owner: str,
    claimed: Objects,
    released: Objects,
    learn: t.Callable[[Secrets], Secrets] = same_secrets,
) -> str | None:
    """Note what an owner has applied, what is gone, and what was learnt of secrets.

    Returns why that failed, None where it did not. The memory is read anew just before, since other runs of the same
    owner may have written it meanwhile.
    """
    key = key_of(owner)
    try:
        for _try in range(TRIES):
            found = server.get(VARIABLE, key)
            memories = read_memories([found] if found else [], owner)
            if memories.trouble:
                return memories.trouble[key]
            objects = changed(memories.own or {}, claimed, released)
            secrets = _without(learn(memories.secrets), released)
            if (objects, secrets) == (memories.own or {}, memories.secrets):
                return None
            fields = {"value": encoded(owner, objects, secrets)}
            if found is not None:
                server.update(VARIABLE, key, fields, found)
                return None
            try:
                server.create(VARIABLE, key, {**fields, "description": _description(owner)})
                return None
            except ServerFault as fault:
                if fault.status != 409:
                    raise
        return "other runs keep writing it"
    except ServerFault as fault:
        return fault.message


def _without(secrets: Secrets, released: Objects) -> Secrets:
    kept = {place: row for place, row in secrets.applied.items() if place[1] not in released.get(place[0], ())}
    return replace(secrets, applied=kept)


def changed(objects: Objects, claimed: Objects, released: Objects) -> Objects:
    """Objects with some more and some less; kinds without any are left out."""
    kinds = {*objects, *claimed}
    ids = {
        kind: (objects.get(kind, frozenset()) | claimed.get(kind, frozenset())) - released.get(kind, frozenset())
        for kind in kinds
    }
    return {kind: some for kind, some in ids.items() if some}


def encoded(owner: str, objects: Objects, secrets: Secrets = Secrets()) -> str:
    """The text of a variable; the same content always gives the same text."""
    content: dict[str, t.Any] = {"objects": {kind: sorted(objects[kind]) for kind in sorted(objects)}, "owner": owner}
    if secrets.deployment:
        content["deployment"] = [part.hex() for part in secrets.deployment]
        content["applied"] = [
            [*place, each.key, each.seen, dict(sorted(each.fingerprints.items()))]
            for place, each in sorted(secrets.applied.items())
        ]
    packed = base64.b64encode(zlib.compress(json.dumps(content).encode(), 9)).decode()
    return " ".join([FORMAT, *(packed[start : start + RUN] for start in range(0, len(packed), RUN))])


def _decoded(variable: Actual) -> tuple[str, Objects, Secrets]:
    """The owner, its objects and what is known of secrets. The compression brings the checksum by which damage shows."""
    text = variable.fields["value"]
    form, *packed = text.split() if isinstance(text, str) and text.strip() else [""]
    if "***" in str(text):
        raise Unreadable("is masked by Airflow (if its min_length_masked_secret is below 5, raise that)")
    if form != FORMAT:
        raise Foreign("was written by a newer version of this collection") if _is_form(form) else Unreadable("is damaged")
    try:
        content = json.loads(zlib.decompress(base64.b64decode("".join(packed), validate=True)))
        owner = content["owner"]
        objects = {kind: frozenset(ids) for kind, ids in content["objects"].items() if _are_ids(ids)}
        sound, key = len(objects) == len(content["objects"]), key_of(owner)
        secrets = _secrets(content)
    except (ValueError, zlib.error, KeyError, TypeError, AttributeError, RecursionError):
        raise Unreadable("is damaged") from None
    if not sound:
        raise Unreadable("is damaged")
    if key != variable.id:
        raise Unreadable("is that of another owner, copied")
    return owner, objects, secrets


def _secrets(content: dict[str, t.Any]) -> Secrets:
    if "deployment" not in content:
        return Secrets()
    deployment = Deployment(*map(bytes.fromhex, content["deployment"]))
    applied = {(kind, each): Applied(key, seen, {**prints}) for kind, each, key, seen, prints in content["applied"]}
    if {*map(len, deployment)} != {SALT} or not all(_is_sound(*row) for row in applied.items()):
        raise ValueError
    return Secrets(deployment, applied)


def _is_sound(place: ObjectKey, row: Applied) -> bool:
    """Whether everything is of the type that it should be, which nobody checks again."""
    texts = (*place, row.key, *row.fingerprints.values())
    return all(isinstance(text, str) for text in texts) and (row.seen is None or (isinstance(row.seen, int) and not isinstance(row.seen, bool)))


def _are_ids(ids: t.Any) -> bool:
    return isinstance(ids, list) and all(isinstance(each, str) for each in ids)


def _is_form(word: str) -> bool:
    return re.fullmatch(r"ws[0-9]{1,2}", word) is not None


def _description(owner: str) -> str:
    return f"What windsock.airflow has applied for the owner {owner}. Written by it; without it, prune knows nothing."
