# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The oracle of the truth test: what a server shows, what a truthful run says and does. Uses nothing of plugins/.

    rules = Rules("3.3.2")
    told = expect(declared, state, "on_create", rules)      # what must be reported, for each object
    state = after(declared, state, told)                    # what must be stored once that is applied
    remembered = learnt(declared, told, {}, rules)          # what is known then, with a key, of what a server hides

A state holds all that is stored, in clear: `{(plural, id): {field: value}}`, None for what is empty, a dict for extra.
"""

from __future__ import annotations

import copy
import dataclasses
import json
import re
from collections.abc import Iterable
from typing import Any

MASK = "***"
Path = tuple[str, ...]
Key = tuple[str, str]  # plural, id
Fields = dict[str, Any]
State = dict[Key, Fields]
Remembered = dict[Key, Fields]  # what was last applied, of fields that may be hidden, and that nobody has touched since

EMPTY: dict[str, Fields] = {
    "connections": {"conn_type": None, "description": None, "host": None, "login": None, "password": None,
                    "schema": None, "port": None, "extra": {}},
    "variables": {"value": None, "description": None},
    "pools": {"slots": None, "description": None, "include_deferred": False},
}
NEEDED = {"connections": "conn_type", "variables": "value", "pools": "slots"}
KIND = {"connections": "connection", "variables": "variable", "pools": "pool"}

# Secrets that every server under test knows of (see prime): it shows them as *** wherever they occur. None is part of
# another, and no other text of the test contains one by chance.
SECRETS = ["hush-plain-q1z", "hush-ünï-漢字-q2z", "hush-{{ jinja }}-q3z", "hush 'quotes\" and \\ q4z", "hush@:/?#&=%q5z",
           "918273645546372819", '{"hush": "json-q7z"}', "hush\nlines\tq8z", " hush around q9z ", "hush-" + "long" * 80,
           "hush-$HOME-^.*[q11z", "hush-%s-{0}-q12z"]
SECRET_WORDS = ("password", "api_key", "token", "secret", "private_key")


@dataclasses.dataclass(frozen=True)
class Rules:
    """What differs between servers, as airflow-api-facts.md has it and their maskers are written."""

    version: str

    @property
    def release(self) -> tuple[int, int]:
        major, minor, *_rest = self.version.split(".")
        return int(major), int(minor)

    @property
    def v1(self) -> bool:
        """Passwords are not shown at all, variables in clear; several processes, each knowing secrets of its own."""
        return self.release[0] == 2

    @property
    def unlimited_pools(self) -> bool:
        return self.release >= (3, 1)

    @property
    def masks_below_depth(self) -> bool:
        """Secret names are minded at any depth; before that only down to some depth, and no text below it."""
        return self.release >= (3, 3)

    def unreachable(self, key: Key) -> bool:
        """No request changes or deletes it."""
        return self.v1 and key[0] == "pools" and "/" in key[1]


# -- What a server shows


def looks_secret(name: Any) -> bool:
    return any(word in name.lower() for word in SECRET_WORDS) if isinstance(name, str) else False


def shown_extra(extra: Any, rules: Rules, knows: bool) -> Any:
    return _masked(extra, None, 0, 5, rules, knows)


def shown_variable(key: str, text: str, rules: Rules, knows: bool) -> str:
    if rules.v1:
        return text
    value = as_json(text)
    if value is NO_JSON:
        return MASK if looks_secret(key) else _without_secrets(text, knows)
    if rules.release >= (3, 3):
        return json.dumps(_masked(value, key, 0, 5, rules, knows))
    return json.dumps(_masked(value, None, 0, 1, rules, knows))  # the key does not count


def _masked(value: Any, name: str | None, depth: int, deepest: int, rules: Rules, knows: bool) -> Any:
    if depth > deepest and not rules.masks_below_depth:
        return value
    if looks_secret(name):
        return _hidden(value, depth, deepest)
    if isinstance(value, dict):
        return {key: _masked(item, key, depth + 1, deepest, rules, knows) for key, item in value.items()}
    if isinstance(value, list):
        return [_masked(item, None, depth + 1, deepest, rules, knows) for item in value]
    if isinstance(value, str) and depth <= deepest:
        return _without_secrets(value, knows)
    return value


def _hidden(value: Any, depth: int, deepest: int) -> Any:
    """Numbers and the like are shown, but not below some depth."""
    if depth > deepest or isinstance(value, str):
        return MASK
    if isinstance(value, dict):
        return {key: _hidden(item, depth + 1, deepest) for key, item in value.items()}
    if isinstance(value, list):
        return [_hidden(item, depth + 1, deepest) for item in value]
    return value


def _without_secrets(text: str, knows: bool) -> str:
    for secret in SECRETS if knows else ():
        text = text.replace(secret, MASK)
    return text


# -- What can be known of a declared value, given what is shown

SAME, BLURRED, UNKNOWN, DIFFERS = "same", "blurred", "unknown", "differs"
WORST = (DIFFERS, UNKNOWN, BLURRED, SAME)
NO_JSON: Any = object()


def as_json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return NO_JSON


def same_json(one: Any, other: Any) -> bool:
    """1, 1.0 and true are three values."""
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


def judge(declared: Any, reading: Any, whole: Any, path: Path = ()) -> dict[Path, str]:
    """Each leaf that differs or is unknown. whole: what the server would show for the declared value."""
    if isinstance(declared, dict) and isinstance(reading, dict):
        found: dict[Path, str] = {}
        for key in {**declared, **reading}:
            if key in declared and key in reading:
                found |= judge(declared[key], reading[key], _inside(whole, key), (*path, key))
            else:
                found[(*path, key)] = DIFFERS
        return found
    if isinstance(declared, list) and isinstance(reading, list) and len(declared) == len(reading):
        found = {}
        for index, (mine, theirs) in enumerate(zip(declared, reading, strict=True)):
            found |= judge(mine, theirs, _inside(whole, index), (*path, str(index)))
        return found
    if isinstance(reading, str) and MASK in reading:
        fits = fits_mask(declared, reading) if isinstance(declared, str) else whole == MASK
        return {path: (UNKNOWN if reading == MASK else BLURRED) if fits else DIFFERS}
    return {} if same_json(declared, reading) else {path: DIFFERS}


def _inside(whole: Any, place: Any) -> Any:
    return whole[place] if isinstance(whole, (dict, list)) else MASK


def fits_mask(text: str, reading: str) -> bool:
    return re.fullmatch(".*".join(map(re.escape, reading.split(MASK))), text, re.DOTALL) is not None


def judge_variable(key: str, declared: str, stored: str, rules: Rules, knows: bool, as_text: bool) -> str:
    """as_text: it was declared as a text, not as YAML that is stored as JSON."""
    reading = shown_variable(key, stored, rules, knows)
    if rules.v1:
        theirs = as_json(reading)
        same = reading == declared or not as_text and theirs is not NO_JSON and same_json(as_json(declared), theirs)
        return SAME if same else DIFFERS
    if reading == declared:
        return UNKNOWN if MASK in reading else SAME
    mine, theirs = as_json(declared), as_json(reading)
    if reading == MASK:
        return UNKNOWN  # nothing at all is seen
    if theirs is NO_JSON and MASK in reading:
        return BLURRED if fits_mask(declared, reading) else DIFFERS
    if mine is NO_JSON or theirs is NO_JSON:
        return DIFFERS
    verdicts = judge(mine, theirs, as_json(shown_variable(key, declared, rules, knows))).values()
    return worst(verdicts)


def worst(verdicts: Iterable[str]) -> str:
    return min(verdicts, key=WORST.index, default=SAME)


def judge_field(key: Key, field: str, declared: Any, stored: Any, rules: Rules, knows: bool,
                as_text: bool = True) -> dict[Path, str]:
    if field == "password":
        if rules.v1:
            return {("password",): UNKNOWN}
        if declared is None or stored is None:
            return {} if declared == stored else {("password",): DIFFERS}
        return {("password",): UNKNOWN}
    if field == "extra":
        shown = shown_extra(stored, rules, knows)
        return judge(declared, shown, shown_extra(declared, rules, knows), ("extra",))
    if field == "value":
        verdict = judge_variable(key[1], declared, stored, rules, knows, as_text)
        return {} if verdict == SAME else {("value",): verdict}
    return {} if same_json(declared, stored) else {(field,): DIFFERS}


# -- What a truthful run says


@dataclasses.dataclass
class Declared:
    """words: what the user writes, without the id. fields: what they mean. secret: the paths that must not be shown."""

    plural: str
    id: str
    words: Fields
    fields: Fields
    secret: frozenset[Path] = frozenset()
    present: bool = True

    @property
    def key(self) -> Key:
        return self.plural, self.id

    def meant(self, enforce: bool) -> Fields:
        if not (enforce and self.present):
            return self.fields
        return {**{name: copy.deepcopy(value) for name, value in EMPTY[self.plural].items()
                   if name != NEEDED[self.plural]}, **self.fields}

    @property
    def as_text(self) -> bool:
        return isinstance(self.words.get("secret_value", self.words.get("value")), str)

    def may_be_hidden(self, field: str, value: Any, rules: Rules) -> bool:
        """Whether a server may not show a field."""
        if field == "password":
            return value is not None or rules.v1
        return field == "extra" and value != {} or field == "value" and not rules.v1

    def is_secret(self, path: Path) -> bool:
        return any(path[:len(each)] == each for each in self.secret)

    def hides(self, path: Path) -> bool:
        """Whether it is a secret, or part of one, or one is below it."""
        return any(path[:len(each)] == each or each[:len(path)] == path for each in self.secret)


@dataclasses.dataclass
class Told:
    """action: None if it is left alone; then unknown says as what. write: the fields that are sent.

    perhaps: further secrets that may be named, since some process of the server may know them and another not.
    """

    action: str | None
    fields: frozenset[str] = frozenset()
    secrets: frozenset[str] = frozenset()
    perhaps: frozenset[str] = frozenset()
    unknown: frozenset[bool] = frozenset()
    write: frozenset[str] = frozenset()


class Unfit(Exception):
    """Nobody can say what must be told, or it must be refused: no case for this test."""


def expect(declared: Iterable[Declared], state: State, policy: str, rules: Rules, enforce: bool = False,
           doomed: Iterable[Key] = (), remembered: Remembered | None = None) -> dict[Key, Told]:
    """doomed: what prune deletes if it is there. remembered: None without a key."""
    told = {key: Told("delete") for key in doomed if key in state}
    for one in declared:
        # Airflow 2 has several processes, of which each may know a secret or not.
        ways = [_expect_one(one, state.get(one.key), policy, rules, enforce, knows, remembered or {})
                for knows in ((True, False) if rules.v1 else (True,))]
        told[one.key] = ways[0] if len(ways) == 1 else _either(*ways)
    for key, each in told.items():
        if rules.unreachable(key) and each.action in ("update", "delete"):
            raise Unfit("refused")
    return told


def _either(one: Told, other: Told) -> Told:
    if (one.action, one.fields, one.write) != (other.action, other.fields, other.write):
        raise Unfit("ambiguous")
    return dataclasses.replace(one, secrets=one.secrets & other.secrets, perhaps=one.secrets ^ other.secrets,
                               unknown=one.unknown | other.unknown)


def _expect_one(one: Declared, found: Fields | None, policy: str, rules: Rules, enforce: bool, knows: bool,
                remembered: Remembered) -> Told:
    if not one.present:
        return Told("delete") if found else Told(None, unknown=frozenset({False}))
    meant = one.meant(enforce)
    if found is None:
        if NEEDED[one.plural] not in meant:
            raise Unfit("refused")
        return _named(one, "create", dict.fromkeys(leaves(not_empty(meant)), DIFFERS), frozenset(meant))
    findings: dict[Path, str] = {}
    write: set[str] = set()
    for field, value in meant.items():
        of_field = judge_field(one.key, field, value, found[field], rules, knows, one.as_text)
        # What is declared openly and hidden in part has somebody else's secret in it.
        of_field = {path: UNKNOWN if verdict == BLURRED and one.is_secret(path) else verdict
                    for path, verdict in of_field.items()}
        if policy != "always" and field in remembered.get(one.key, {}):
            of_field = _reminded(of_field, same_json(remembered[one.key][field], value), policy)
        findings |= of_field
        blind = policy != "on_create" and UNKNOWN in of_field.values() and not (field == "password" and value is None)
        if DIFFERS in of_field.values() or blind:
            write.add(field)
    if not write:
        return Told(None, unknown=frozenset({bool(findings)}))
    replace = "password" in write and meant["password"] is None
    if replace and "extra" not in meant and MASK in json.dumps(shown_extra(found["extra"], rules, knows)):
        raise Unfit("refused")
    written = {path: verdict for path, verdict in findings.items() if path[0] in write and verdict != BLURRED}
    return _named(one, "replace" if replace else "update", written, frozenset(write))


def _reminded(findings: dict[Path, str], same: bool, policy: str) -> dict[Path, str]:
    """What is hidden is as it was applied."""
    hidden = {path for path, verdict in findings.items() if verdict in (UNKNOWN, BLURRED)}
    if same:
        return {path: verdict for path, verdict in findings.items() if path not in hidden}
    if policy == "on_change" and DIFFERS not in findings.values():
        return {path: DIFFERS if path in hidden else verdict for path, verdict in findings.items()}
    return findings


def learnt(declared: Iterable[Declared], told: dict[Key, Told], remembered: Remembered, rules: Rules,
           enforce: bool = False) -> Remembered:
    """What is remembered once all that was told is done."""
    new = {key: dict(fields) for key, fields in remembered.items() if key not in told or told[key].action != "delete"}
    for one in declared:
        each, meant = told[one.key], one.meant(enforce)
        if not one.present or not each.action:
            continue
        fields = {} if each.action != "update" else new.get(one.key, {})
        written = meant if each.action != "update" else {name: meant[name] for name in each.write}
        for field, value in written.items():
            fields.pop(field, None)
            if one.may_be_hidden(field, value, rules):
                fields[field] = copy.deepcopy(value)
        new[one.key] = fields
    return new


def _named(one: Declared, action: str, findings: dict[Path, str], write: frozenset[str]) -> Told:
    secrets = {path for path, verdict in findings.items() if verdict == UNKNOWN or one.hides(path)}
    fields = frozenset(".".join(path) for path in findings if path not in secrets)
    return Told(action, fields, frozenset(".".join(path) for path in secrets) - fields, write=write)


def not_empty(fields: Fields) -> Fields:
    return {name: value for name, value in fields.items() if value is not None and value != {}}


def leaves(value: Any, path: Path = ()) -> list[Path]:
    if isinstance(value, dict) and (value or not path):
        return [leaf for name, item in value.items() for leaf in leaves(item, (*path, name))]
    return [path]


def after(declared: Iterable[Declared], state: State, told: dict[Key, Told], enforce: bool = False) -> State:
    """What is stored once all that was told is done; everything else stays."""
    new = copy.deepcopy(state)
    for key, each in told.items():
        if each.action == "delete":
            del new[key]
    for one in declared:
        each, meant = told[one.key], one.meant(enforce)
        if each.action == "create":
            new[one.key] = copy.deepcopy({**EMPTY[one.plural], **meant})
        elif each.action == "update":
            new[one.key].update({name: copy.deepcopy(meant[name]) for name in each.write})
        elif each.action == "replace":
            new[one.key].update(copy.deepcopy(meant))
    return new
