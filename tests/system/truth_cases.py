# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The generator of the truth test: random declarations with awkward values, and what somebody does behind their back.

A case is plain data and prints as such, so that one that fails can be kept as a test of its own.
"""

from __future__ import annotations

import copy
import dataclasses
import functools
import json
import unicodedata
from typing import Any
from urllib.parse import quote

from hypothesis import assume
from hypothesis import strategies as st
from truth_model import (
    EMPTY,
    MASK,
    NEEDED,
    NO_JSON,
    SECRETS,
    Declared,
    Fields,
    Key,
    Path,
    Remembered,
    Rules,
    State,
    Told,
    Unfit,
    after,
    as_json,
    expect,
    learnt,
    leaves,
    looks_secret,
)


@dataclasses.dataclass
class Mutation:
    """A thing that somebody does by the raw API: create, update, delete, or recreate (delete and create)."""

    what: str
    key: Key
    fields: Fields = dataclasses.field(default_factory=dict)

    def on(self, state: State) -> None:
        if self.what == "delete":
            del state[self.key]
        elif self.what == "update":
            state[self.key].update(copy.deepcopy(self.fields))
        else:
            state[self.key] = copy.deepcopy({**EMPTY[self.key[0]], **self.fields})


@dataclasses.dataclass
class Case:
    """before: what is there already. dropped: what is no longer declared after the first run, redeclared: what is declared

    in another way then. keyed: with a fingerprint_key.
    """

    declared: list[Declared]
    mutations: list[Mutation] = dataclasses.field(default_factory=list)
    before: State = dataclasses.field(default_factory=dict)
    policy: str = "on_create"
    enforce: bool = False
    prune: bool = False
    dropped: list[Key] = dataclasses.field(default_factory=list)
    redeclared: list[Declared] = dataclasses.field(default_factory=list)
    keyed: bool = False

    def named(self, prefix: str) -> Case:
        """The same with ids of its own."""
        def own(key: Key) -> Key:
            return key[0], prefix + key[1]

        return dataclasses.replace(
            self, declared=[dataclasses.replace(one, id=prefix + one.id) for one in self.declared],
            mutations=[dataclasses.replace(each, key=own(each.key)) for each in self.mutations],
            before={own(key): fields for key, fields in self.before.items()},
            dropped=[own(key) for key in self.dropped],
            redeclared=[dataclasses.replace(one, id=prefix + one.id) for one in self.redeclared])

    @property
    def later(self) -> list[Declared]:
        new = {one.key: one for one in self.redeclared}
        return [new.get(one.key, one) for one in self.declared if one.key not in self.dropped]

    def first(self, rules: Rules) -> dict[Key, Told]:
        return expect(self.declared, self.before, self.policy, rules, self.enforce)

    def again(self, state: State, remembered: Remembered, rules: Rules) -> dict[Key, Told]:
        """The same once more."""
        return expect(self.declared, state, self.policy, rules, self.enforce, (), remembered)

    def second(self, state: State, remembered: Remembered, rules: Rules) -> dict[Key, Told]:
        return expect(self.later, state, self.policy, rules, self.enforce, self.doomed, remembered)

    def learnt(self, declared: list[Declared], told: dict[Key, Told], remembered: Remembered, rules: Rules) -> Remembered:
        return learnt(declared, told, remembered, rules, self.enforce) if self.keyed else {}

    @property
    def doomed(self) -> list[Key]:
        return [one.key for one in self.declared if one.key in self.dropped and one.present]


# -- Values

TEXTS = [
    "x", "plain text", "{{ 7 * 7 }}", "{{ undefined }}", "{% raw %}{{ x }}{% endraw %}", "{# note #}", "1234", "007",
    "1.10", "1e5", "true", "yes", "null", "None", "~", "NaN", " NaN", "[NaN ]", "-Infinity", " leading", "trailing ",
    "multi\nline\ttab", "\r\n", "'single' \"double\"", "back\\slash \\n", "$(reboot) `id` $HOME", "a=b&c=d#e?f",
    "%s %d %% {0} {}", "<b>&amp;</b>", "l" * 400, "\u00fc\u6f22\u5b57\U0001f32c", "e\u0301", "\u00e9", "\u200b",
    "\u202eabc", "\u2028", "\x7f", "\x1b[31m", "\ufeff", "!vault x", "!unsafe x", "- item", "key: value", "|",
    "[1,  2]", '{"b": 1, "a": [1.50, null]}', '{"a": 1, "a": 2}', '"quoted"', '"\\u00e9"', "{'python': 1}", "* * *",
    "**", "-", "@", "__omit_place_holder__",
]
KEYS = ["a", "b", "n", "host", "with.dot", "sp ace", "\u00fc", "{{ k }}", "1", "", "-", "x" * 60]
SECRET_KEYS = ["password", "api_key", "my-Token", "client_secret "]
CONNECTION_IDS = ["c", "C", "a.b-c_d", "0", "-", "\u00fc\u6f22", "x" * 150, "d", "e", "f"]
OTHER_IDS = [
    "v", "V", "a/b", "/", "sp ace", "\u00fc\u6f22\U0001f32c", "{{ j }}", "%41", "%2F", "a?b#c", "a&b=c", "'q\"q'",
    "-x", "a\\b", "..", "1.10", '{"a": 1}', "w" * 180, "a;b", "a+b", "~", "u", "t",
]
SECRET_VARIABLES = ["api_password", "My Token", "the_secret"]

free_texts = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=12)
texts = st.one_of(st.sampled_from(TEXTS), free_texts).filter(lambda text: MASK not in text and not _is_minus_zero(text))
secrets = st.sampled_from(SECRETS)
# A text in which a server that knows the secret shows the mask.
bleeding = st.builds("{}{}{}".format, st.sampled_from(["", "zz-"]), secrets, st.sampled_from(["", "-zz", " \u00fc"]))
numbers = st.sampled_from([0, 1, -7, 2**40, 10**20, 1.0, 0.5, -2.25, 1e100, True, False, None])
# Of these a server may take the text for a secret, so that it must be one that stands nowhere else.
hidden_leaves = st.one_of(secrets, secrets, st.sampled_from([7077077077070, 0.125, True, None, ""]))


def _is_minus_zero(text: str) -> bool:
    """Whether a zero has a sign is not what this test is about."""
    return "-0" in text and as_json(text) is not NO_JSON


@functools.cache
def json_values(depth: int = 3) -> st.SearchStrategy[Any]:
    leaf = st.one_of(texts, texts, numbers, numbers, bleeding)
    if not depth:
        return leaf
    return st.one_of(leaf, leaf, st.lists(json_values(depth - 1), max_size=3), json_objects(depth))


@st.composite
def json_objects(draw: Any, depth: int = 3, most: int = 4) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for key in draw(st.lists(st.sampled_from(KEYS + SECRET_KEYS), max_size=most, unique=True)):
        made[key] = draw(hidden_values(depth - 1)) if looks_secret(key) else draw(json_values(depth - 1))
    if depth == 3 and draw(st.integers(0, 11)) == 0:  # deeper than where maskers stop
        deep: Any = {"n": draw(numbers), "password": draw(hidden_values(1))}
        for _level in range(draw(st.integers(3, 6))):
            deep = {draw(st.sampled_from(["a", "b", "my-Token"])): deep}
        made["deep"] = deep
    return made


@functools.cache
def hidden_values(depth: int) -> st.SearchStrategy[Any]:
    """Below a secret-looking name."""
    if depth <= 0:
        return hidden_leaves
    below = hidden_values(depth - 1)
    return st.one_of(hidden_leaves, hidden_leaves, st.lists(below, max_size=2),
                     st.dictionaries(st.sampled_from(["a", "token", "{{ k }}"]), below, max_size=2))


def long_texts(draw: Any, longest: int | None = None) -> str:
    if draw(st.integers(0, 30)) == 0:
        return "long \u00fc" * 300 if longest is None else "l" * longest
    return draw(texts)


# -- What is stored: a value for each field of an object


@st.composite
def field_values(draw: Any, rules: Rules, key: Key, field: str) -> Any:
    """As it is stored, None for empty."""
    plural, object_id = key
    if field == "conn_type":
        return draw(st.sampled_from(["http", "postgres", "generic", "\u00fcn\u00ef", "my type", "{{ t }}"]))
    if field in ("description", "host", "login", "schema"):
        return long_texts(draw, 500 if field in ("host", "schema") else None) or None
    if field == "port":
        return draw(st.sampled_from([None, 1, 80, 5432, 65535]))
    if field == "password":
        return draw(st.one_of(secrets, secrets, st.none()))
    if field == "extra":
        return draw(json_objects())
    if field == "slots":
        return draw(st.sampled_from([0, 1, 2, 128, 2147483647] + ([-1, -1] if rules.unlimited_pools else [])))
    if field == "include_deferred":
        return draw(st.booleans())
    assert field == "value", field
    some = (secrets, secrets, hidden_values(3)) if looks_secret(object_id) else (
        texts, bleeding, json_values(), json_objects())
    value = draw(st.one_of(some))
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=draw(st.booleans()))


@st.composite
def stored_objects(draw: Any, rules: Rules, key: Key) -> Fields:
    fields = copy.deepcopy(EMPTY[key[0]])
    for field in fields:
        if field == NEEDED[key[0]] or draw(st.booleans()):
            fields[field] = draw(field_values(rules, key, field))
    return fields


# -- Declarations


@st.composite
def declarations(draw: Any, rules: Rules, key: Key, exists: bool) -> Declared:
    """exists: then it may lack what an object needs when it is created."""
    plural, object_id = key
    if draw(st.integers(0, 11)) == 0:
        return Declared(plural, object_id, {"state": "absent"}, {}, present=False)
    if plural == "connections" and draw(st.integers(0, 7)) == 0:
        return draw(uri_declarations(object_id))
    fields: Fields = {}
    words: Fields = {}
    secret: set[Path] = {("password",)}
    for field in EMPTY[plural]:
        needed = field == NEEDED[plural]
        declared = draw(st.integers(0, 9)) < 5 or needed and not (exists and draw(st.booleans()))
        if not declared:
            if draw(st.integers(0, 9)) == 0:
                words[field] = None  # the same as to leave it out
        elif field == "extra":
            words |= draw(extras())
            fields["extra"] = merged(words.get("extra") or {}, words.get("secret_extra") or {})
            if isinstance(fields["extra"], str):
                fields["extra"] = json.loads(fields["extra"])
            secret |= {("extra", *path) for path in leaves(words.get("secret_extra") or {})}
        elif field == "value":
            word = draw(st.sampled_from(["value", "value", "secret_value"]))
            value = draw(values(looks_secret(object_id)))
            words[word] = value
            fields[field] = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
            secret |= {("value",)} if word == "secret_value" else set()
        else:
            fields[field] = draw(field_values(rules, key, field))
            words[field] = draw(spellings(field, fields[field]))
    return Declared(plural, object_id, words, fields, frozenset(secret))


@st.composite
def extras(draw: Any) -> Fields:
    words: Fields = {}
    if draw(st.integers(0, 3)):
        words["extra"] = draw(json_objects())
    if not words or draw(st.booleans()):
        words["secret_extra"] = draw(json_objects())
        if "extra" in words and draw(st.booleans()):  # both have something of one and the same dict
            words["extra"]["shared"] = draw(json_objects(1))
            words["secret_extra"]["shared"] = draw(json_objects(1))
    if set(words) == {"extra"} and draw(st.booleans()):
        words["extra"] = json.dumps(words["extra"], indent=draw(st.sampled_from([None, 1])))
    return words


def merged(base: Any, over: Fields) -> Any:
    if isinstance(base, str):
        return base
    return {**copy.deepcopy(base), **{
        key: merged(base[key], value) if isinstance(value, dict) and isinstance(base.get(key), dict) else
        copy.deepcopy(value) for key, value in over.items()}}


@functools.cache
def values(hidden: bool) -> st.SearchStrategy[Any]:
    """Of a variable, as a user writes it; hidden: below a secret-looking key."""
    if hidden:
        return st.one_of(secrets, secrets, hidden_values(3).filter(lambda value: value is not None and value != ""))
    every = st.one_of(texts, bleeding, st.just(""), json_values(), json_objects())
    return every.filter(lambda value: value is not None)


@st.composite
def spellings(draw: Any, field: str, value: Any) -> Any:
    """The ways to write one and the same value."""
    if field == "include_deferred":
        return draw(st.sampled_from([value, "yes" if value else "no", str(value)]))
    if field in ("port", "slots"):
        value = value or 0
        return draw(st.sampled_from([value, value, str(value)]))
    if value is None:
        return ""
    if str(value).isdecimal() and str(value).isascii() and str(int(value)) == value:
        return draw(st.sampled_from([value, int(value)]))
    return value


@st.composite
def uri_declarations(draw: Any, object_id: str) -> Declared:
    """A URI names all fields but the description; those that are not in it are emptied."""
    some_text = texts.filter(bool)
    fields: Fields = {
        "conn_type": draw(st.sampled_from(["http", "postgres", "my_type"])),
        "host": draw(st.sampled_from([None, "h", "db.example.com", "10.0.0.1"])),
        "login": draw(st.one_of(st.none(), some_text)),
        "password": draw(st.one_of(st.none(), secrets)),
        "schema": draw(st.one_of(st.none(), some_text.filter(lambda text: len(text) <= 500))),
        "port": draw(st.sampled_from([None, 1, 5432])),
        "extra": draw(st.one_of(st.just({}), json_objects())),
    }
    user = quote(fields["login"] or "", safe="")
    if fields["password"]:
        user += ":" + quote(fields["password"], safe="")
    where = (fields["host"] or "") + (f":{fields['port']}" if fields["port"] else "")
    scheme, schema = fields["conn_type"].replace("_", "-"), quote(fields["schema"] or "", safe="")
    uri = f"{scheme}://{user}{'@' if user else ''}{where}/{schema}"
    if fields["extra"]:
        uri += f"?__extra__={quote(json.dumps(fields['extra']), safe='')}"
    words: Fields = {"uri": uri}
    secret = {(field,) for field in fields if field != "conn_type"}
    if draw(st.booleans()):
        fields["description"] = draw(texts) or None
        words["description"] = fields["description"] or ""
    return Declared("connections", object_id, words, fields, frozenset(secret))


# -- What somebody does


@st.composite
def mutations(
    draw: Any, rules: Rules, state: State, declared: list[Declared], untouchable: set[Key]
) -> Mutation | None:
    """untouchable: must not go away."""
    known = {one.key for one in declared}
    there = sorted(state)
    what = draw(st.sampled_from(["change"] * 9 + ["delete", "create"]))
    if what == "create" or not there:
        gone = sorted(known - set(state))  # it comes back, other than it was; or it was declared absent
        anew = gone and draw(st.booleans())
        key = draw(st.sampled_from(gone) if anew else new_keys(rules, state.keys() | known))
        return Mutation("create", key, draw(stored_objects(rules, key)))
    key = draw(st.sampled_from(there))
    if what == "delete" or rules.unreachable(key):
        return None if key in untouchable else Mutation("delete", key)
    now = state[key]
    meant = [field for one in declared if one.key == key for field in one.fields]
    field = draw(st.sampled_from(meant if meant and draw(st.integers(0, 2)) else sorted(now)))
    if field == "extra":
        new = draw(changed_objects(now["extra"]))
    elif field == "value" and as_json(now["value"]) is not NO_JSON and draw(st.integers(0, 3)) == 0:
        new = json.dumps(as_json(now["value"]), indent=1)  # the same, written in another way
    elif isinstance(now[field], str) and field not in ("conn_type", "password") and draw(st.integers(0, 3)) == 0:
        new = nearly_text(key, field, now[field])
    else:
        new = draw(field_values(rules, key, field))
    if field == "password" and new is None:
        if now["password"] is None or key in untouchable:
            return None
        return Mutation("recreate", key, {**now, "password": None})
    return Mutation("update", key, {field: new})


def nearly_text(key: Key, field: str, text: str) -> str:
    value = as_json(text) if field == "value" else NO_JSON
    if looks_secret(key[1]) or len(text) > 400:
        return text
    return nearly(text) if value is NO_JSON else json.dumps(nearly(value))


def nearly(value: Any) -> Any:
    """Another value that is easily taken for the same."""
    if isinstance(value, str):
        other = unicodedata.normalize("NFC", value)
        return other if other not in (value, MASK) else f"{value} "
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, int):
        return float(value) if value else False
    if isinstance(value, list):
        return [*map(nearly, value)] or {}
    return {None: "", 1.0: 1}.get(value, str(value)) if not isinstance(value, dict) else None


@st.composite
def changed_objects(draw: Any, value: dict[str, Any]) -> dict[str, Any]:
    """One leaf is another, one is new, one is gone; or all is new."""
    if not value or draw(st.integers(0, 7)) == 0:
        return draw(json_objects())
    changed = copy.deepcopy(value)
    if draw(st.integers(0, 4)) == 0:
        key = draw(st.sampled_from(KEYS + SECRET_KEYS))
        changed[key] = draw(hidden_values(1) if looks_secret(key) else json_values(1))
        return changed
    *parents, last = draw(st.sampled_from(sorted(leaves(value))))
    place = changed
    for parent in parents:
        place = place[parent]
    hidden = any(map(looks_secret, [*parents, last]))
    way = draw(st.sampled_from(["gone", "other", "other", "last item", "nearly", "nearly"]))
    if way == "gone":
        del place[last]
    elif way == "nearly" and not hidden:
        place[last] = nearly(place[last])
    elif way == "last item" and isinstance(place[last], list) and place[last]:
        place[last][-1] = draw(hidden_leaves if hidden else json_values(1))
    else:
        place[last] = draw(hidden_values(1) if hidden else json_values(1))
    return changed


@st.composite
def new_keys(draw: Any, rules: Rules, taken: Any, plurals: tuple[str, ...] = ("connections", "variables", "pools")) -> Key:
    plural = draw(st.sampled_from(plurals))
    ids = {"connections": CONNECTION_IDS, "variables": OTHER_IDS + SECRET_VARIABLES * 2, "pools": OTHER_IDS}[plural]
    if rules.v1 and plural == "connections":
        ids = [each for each in ids if each.isascii()]
    object_id = draw(st.sampled_from(ids))
    number = 0
    while (plural, f"{object_id}{number or ''}") in taken:
        number += 1
    return plural, f"{object_id}{number or ''}"


# -- The whole


@st.composite
def cases(draw: Any, rules: Rules) -> Case:
    policy = draw(st.sampled_from(["on_create"] * 3 + ["on_change"] * 4 + ["always"]))
    keyed = policy == "on_change" or draw(st.booleans())
    case = Case([], policy=policy, keyed=keyed, enforce=draw(st.integers(0, 4)) == 0, prune=draw(st.integers(0, 4)) == 0)
    # Often more than two of a kind, which are listed and written together.
    plurals = draw(st.sampled_from([("connections",), ("variables",), ("pools",), ("connections", "variables"),
                                    ("connections", "variables", "pools"), ("connections", "variables", "pools")]))
    taken: set[Key] = set()
    for _each in range(draw(st.integers(1, 6))):
        key = draw(new_keys(rules, taken, plurals))
        taken.add(key)
        exists = draw(st.integers(0, 3)) == 0
        if exists:
            case.before[key] = draw(stored_objects(rules, key))
        case.declared.append(draw(declarations(rules, key, exists)))
    if draw(st.integers(0, 2)) == 0:
        stranger = draw(new_keys(rules, taken))
        case.before[stranger] = draw(stored_objects(rules, stranger))
    if case.prune:
        case.dropped = [one.key for one in case.declared if draw(st.integers(0, 3)) == 0]
    for one in case.declared:
        if one.key not in case.dropped and draw(st.integers(0, 4)) == 0:
            case.redeclared.append(draw(declarations(rules, one.key, True)))
    try:
        told = case.first(rules)
        state = after(case.declared, case.before, told, case.enforce)
        remembered = case.learnt(case.declared, told, {}, rules)
        told = case.again(state, remembered, rules)
        remembered = case.learnt(case.declared, told, remembered, rules)
        untouchable = {one.key for one in case.declared if one.present and NEEDED[one.plural] not in one.fields}
        for _each in range(draw(st.integers(0, 7))):
            mutation = draw(mutations(rules, state, case.declared, untouchable))
            if mutation is not None:
                mutation.on(state)
                case.mutations.append(mutation)
                remembered.pop(mutation.key, None)
        told = case.second(state, remembered, rules)
        state = after(case.later, state, told, case.enforce)
        case.second(state, case.learnt(case.later, told, remembered, rules), rules)
    except Unfit:
        assume(False)
    return case
