# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: no stable interface for others.

"""An object as it was read becomes words of a declaration, with references for its secrets. Pure.

Each one is tried against the object it comes from, as a run would: what would be a change there, or is refused, is not
exported so.
"""

from __future__ import annotations

import json
import typing as t
from collections.abc import Iterator
from dataclasses import dataclass, field

from .._abilities import Abilities
from .._declaration import declare
from .._faults import Refused
from .._json import NOT_JSON, read_json
from .._kinds import CONNECTION, VARIABLE
from .._plan import Actual, Policy, make_plan
from .._secrets._reference import mentions_reference
from ._scheme import Scheme
from ._secrecy import Hole, Secrecy, filled, holes_in, sealed, split

Words = dict[str, t.Any]


@dataclass(frozen=True)
class Entry:
    """An object of an export: the words of its declaration, None where there are none, and what to say about it."""

    actual: Actual
    words: Words | None
    remarks: list[str] = field(default_factory=list)


def declared(actual: Actual, secrecy: Secrecy, scheme: Scheme, abilities: Abilities, unseen_passwords: bool) -> Entry:
    """unseen_passwords: whether a connection gets a reference for a password of which Airflow does not tell whether
    there is one. Raises Refused where the scheme gives one place to two secrets."""
    reason = ""
    for words, remarks in _candidates(actual, secrecy, abilities, unseen_passwords):
        reason = _complaint(actual, filled(words, lambda hole: {"vault": "path", "key": "key"}), abilities) or ""
        if not reason:
            refer = _Refer(actual, scheme)
            remarks = [*remarks, *map(_partly_masked, (hole for hole in holes_in(words) if hole.is_partly_masked))]
            return Entry(actual, filled(words, refer), remarks)
    return Entry(actual, None, [f"left out: {reason}"])


def _partly_masked(hole: Hole) -> str:
    return (
        f"{'.'.join(hole.path)}: refers to Vault, since Airflow masks a part of it: a text in it is a secret elsewhere, or "
        "was one"
    )


class _Refer:
    """Makes the references of one object."""

    def __init__(self, actual: Actual, scheme: Scheme) -> None:
        self.actual = actual
        self.scheme = scheme

    def __call__(self, hole: Hole) -> Words:
        return self.scheme.refer(self.actual.kind.name, self.actual.id, hole.path, hole.seen)


def _complaint(actual: Actual, words: Words, abilities: Abilities) -> str | None:
    """Why this declaration would not leave the object as it is. Holds no value."""
    try:
        desired = declare([(actual.kind, words, actual.kind.name)])
        plan = make_plan(desired, {(actual.kind.name, actual.id): actual}, Policy("on_create"), abilities)
    except Refused as refused:
        return refused.faults[0].reason
    if plan.changes:
        differing = sorted({path[0] for path in plan.changes[0].findings})
        return f"{', '.join(differing)}: no declaration says just what is stored"
    return None


def _candidates(
    actual: Actual, secrecy: Secrecy, abilities: Abilities, unseen_passwords: bool
) -> Iterator[tuple[Words, list[str]]]:
    """What the object could be declared as, the best first, each with what there is to say about it."""
    words: Words = {actual.kind.identity.name: actual.id}
    remarks: list[str] = []
    changeable = actual.kind.changeable.get(actual.id)
    for each in actual.kind.fields:
        value = actual.fields.get(each.name)
        if each.hidden or value is None or (each.has_default and value == each.default):
            continue
        if changeable is not None and each.name not in changeable:
            continue
        if secrecy.is_text(value):
            remarks.append(f"{each.name}: left out, since it holds a secret, or what looks like one, and cannot refer to Vault")
        else:
            words[each.name] = value
    if actual.kind is CONNECTION:
        if actual.fields.get("password") or ("password" in actual.unseen and unseen_passwords):
            words["password"] = Hole(("password",))
        for more, remark in _extras(actual.fields.get("extra"), secrecy):
            yield {**words, **more}, [*remarks, *remark]
    elif actual.kind is VARIABLE:
        for more, remark in _values(actual.id, actual.fields.get("value"), secrecy, abilities):
            yield {**words, **more}, [*remarks, *remark]
    else:
        yield words, remarks


def _extras(extra: t.Any, secrecy: Secrecy) -> Iterator[tuple[Words, list[str]]]:
    """The extra of a connection."""
    if isinstance(extra, dict):
        extra = json.loads(json.dumps(extra, sort_keys=True))  # where it is written anew, its order may change
        holes = secrecy.with_holes(extra, path=("extra",))
        if isinstance(holes, Hole):
            yield {"secret_extra": holes}, []
        else:
            shown, hidden = split(holes, ("extra",))
            words: Words = {}
            if shown:
                words["extra"] = json.dumps(shown, ensure_ascii=False) if mentions_reference(shown) else shown
            if hidden:
                words["secret_extra"] = hidden
            yield words, []
            if hidden:
                yield {"secret_extra": Hole(("extra",))}, []
        yield {}, ["extra: left out, since it cannot be declared"]
    elif extra:
        yield {}, ["extra: left out, since it is no JSON object, and hooks cannot use it"]
    else:
        yield {}, []


def _values(key: str, text: str | None, secrecy: Secrecy, abilities: Abilities) -> Iterator[tuple[Words, list[str]]]:
    """The value of a variable."""
    whole = {"secret_value": Hole(("value",))}
    content = read_json(text) if text else NOT_JSON
    if text is None:
        yield {}, ["value: left out, since Airflow cannot decrypt it: its fernet_key is another one now"]
    elif text and secrecy.is_name(key):
        yield whole, []
    elif isinstance(content, (dict, list)):
        holes = secrecy.with_holes(content, path=("value",))
        if holes_in(holes):
            yield {"secret_value": sealed(holes, ("value",))}, []
            yield whole, []
        elif _serialised(content, text, abilities) and not mentions_reference(content):
            yield {"value": content}, []
            yield {"value": text}, []
        else:
            yield {"value": text}, []
    elif secrecy.is_text(text):
        yield {"secret_value": secrecy.with_holes(text, path=("value",))}, []
    else:
        yield {"value": text}, []


def _serialised(content: t.Any, text: str, abilities: Abilities) -> bool:
    """Whether a value makes just this text again. Where Airflow serialises anew, it escapes letters as well."""
    forms = [json.dumps(content, ensure_ascii=False)]
    if not abilities.shows_variables_as_stored:
        forms.append(json.dumps(content))
    return text in forms
