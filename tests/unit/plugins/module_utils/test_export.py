# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is read becomes declarations: nothing secret in them, nothing lost, and the same when they are read again."""

from __future__ import annotations

import dataclasses
import json
import tempfile
import typing as t
from pathlib import Path

import pytest
import yaml
from ansible.parsing.dataloader import DataLoader
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.windsock.airflow.plugins.module_utils._abilities import Abilities
from ansible_collections.windsock.airflow.plugins.module_utils._declaration import completed, declare
from ansible_collections.windsock.airflow.plugins.module_utils._export._scheme import Scheme, Wanted, plain
from ansible_collections.windsock.airflow.plugins.module_utils._export._secrecy import Secrecy
from ansible_collections.windsock.airflow.plugins.module_utils._export._todo import todo
from ansible_collections.windsock.airflow.plugins.module_utils._export._words import Entry, declared
from ansible_collections.windsock.airflow.plugins.module_utils._export._yaml_text import section
from ansible_collections.windsock.airflow.plugins.module_utils._faults import Refused
from ansible_collections.windsock.airflow.plugins.module_utils._jobs._export import Export
from ansible_collections.windsock.airflow.plugins.module_utils._kinds import CONNECTION, POOL, VARIABLE, Kind
from ansible_collections.windsock.airflow.plugins.module_utils._masking import MASK, masked
from ansible_collections.windsock.airflow.plugins.module_utils._plan import Actual
from ansible_collections.windsock.airflow.plugins.module_utils._yaml import read_yaml
from ansible_collections.windsock.airflow.tests.unit.fakes import AIRFLOW_2, AIRFLOW_3, MemoryServer, planned, stored

AWKWARD = [
    "", " ", "1.10", "1e5", "0x1F", "012", "1_000", "12:30:45", "yes", "No", "y", "~", "null", "true", "2024-01-31", "=", "<<",
    "- a", "a: b", "a #b", "#", "[1,  2]", "{}", "{{ ds }}", "{% if %}", "{# x #}", "!vault x", "&a", "*a", "?", "|", ">", "%",
    "@", "`", "'", '"', "\\", "\n", "a\n", "\na", "a\nb", "a\nb\n", "a\n\n", "a \nb", " a\nb", "a\n\tb", "a\n  b\n\nc", "a\r\nb",
    "\tx", "x\t", "trailing ", "\x07", "\x7f", "\x85", "\xa0", "\u2028x", "\ufeffx", "\ufffe", "ä", "日本", "😀", "a:", "a:b", "://",
    "https://x.example.com:80/y?z=1&w", "---", "...", "--- a", "$ANSIBLE_VAULT;1.1;AES256", "a" * 300, "{{ a }}\nb", "a\nb\n{%",
]  # fmt: skip
texts = st.sampled_from(AWKWARD) | st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=12
)
names = st.sampled_from(["a", "b.c", "password", "API Token", "vault", "key", "yes", "1", "{{ x }}", "x-api-key"]) | texts
numbers = st.integers(-(10**20), 10**20) | st.floats(allow_nan=False, allow_infinity=False)
jsons = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda below: st.lists(below, max_size=3) | st.dictionaries(names, below, max_size=3),
    max_leaves=8,
)


def scheme(**words: t.Any) -> Scheme:
    return Scheme(**{"path": "airflow/{kind}s/{id}", "key": "{field}", "mount": None, "host": "h", **words})


def exported(
    actual: Actual, abilities: Abilities = AIRFLOW_3, to: Scheme | None = None, patterns: tuple[str, ...] = ()
) -> Entry:
    return declared(actual, Secrecy(patterns), to or scheme(), abilities, True)


# The text


def by_ansible(text: str) -> t.Any:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "x.yml")
        path.write_text(text, encoding="utf-8", newline="")
        return DataLoader().load_from_file(str(path))


def by_module(text: str) -> t.Any:
    content = read_yaml(text, None)
    assert content.flaws == []
    return {each.key: each.value for each in content.sections or []}


class Pure(yaml.SafeLoader):
    """As Ansible's, without libyaml."""


Pure.add_constructor("!unsafe", lambda loader, node: loader.construct_scalar(node))

READERS = {"module": by_module, "ansible": by_ansible, "pure": lambda text: yaml.load(text, Pure)}


@pytest.mark.parametrize("reader", READERS)
@given(words=st.lists(st.dictionaries(names.filter(bool), jsons, min_size=1, max_size=4), max_size=3), remark=texts)
def test_what_is_written_is_read(reader: str, words: list[dict[str, t.Any]], remark: str) -> None:
    text = "---\n# head\n\n" + section("variables", [([remark], each) for each in words])
    assert READERS[reader](text) == {"variables": words}


@pytest.mark.parametrize("reader", READERS)
def test_each_awkward_text_is_read(reader: str) -> None:
    words = [{"key": each, "value": [each, {each or "empty": each}]} for each in AWKWARD]
    assert READERS[reader](section("variables", [([], each) for each in words])) == {"variables": words}


def test_it_reads_well() -> None:
    words = {
        "connection_id": "warehouse",
        "description": "The warehouse (new)",
        "host": "https://warehouse.example.com:443/x",
        "login": "007",
        "schema": '{"a": "b"}',
        "extra": {"options": ["a", {"b": 1}], "query": "SELECT 1\nFROM {{ x }}\n", "empty": {}},
        "password": {"vault": "airflow/connections/warehouse", "key": "extra.x-y"},
    }
    assert section("connections", [(["look\nhere: x"], words)]) == (
        """\
connections:
  # look here: x
  - connection_id: warehouse
    description: The warehouse (new)
    host: https://warehouse.example.com:443/x
    login: "007"
    schema: '{"a": "b"}'
    extra:
      options:
        - a
        - b: 1
      query: !unsafe |
        SELECT 1
        FROM {{ x }}
      empty: {}
    password: {vault: airflow/connections/warehouse, key: extra.x-y}
"""
    )
    assert section("pools", []) == "pools: []\n"


# From what is stored to a declaration, and back


def reading_of(kind: Kind, fields: dict[str, t.Any], shows_all: bool) -> Actual:
    """What Airflow shows of an object."""
    fields = dict(fields)
    if kind is CONNECTION:
        fields["extra"] = masked("", fields["extra"])
        fields["password"] = MASK if fields.get("password") else None
        if shows_all:
            fields["password"] = None
        return stored(kind, "c", ["password"] if shows_all else [], **fields)
    return stored(kind, "v", **fields)


def value_at(value: t.Any, path: list[str]) -> t.Any:
    for part in path:
        value = value[int(part)] if isinstance(value, list) else value[part]
    return value


def complete(entry: Entry, wanted: t.Iterable[Wanted], kind: Kind, real: dict[str, t.Any]) -> dict[str, t.Any]:
    """The declared fields with the real secrets in place of the references."""
    text = section(kind.plural, [(entry.remarks, entry.words or {})])
    (words,) = by_module(text)[kind.plural]
    (desired,) = declare([(kind, words, "x")])
    places = {(each.path, each.key): each for each in wanted}
    paths = {each.field: each for each in wanted}
    assert len(paths) == len(places)

    def lookup(reference: t.Any, whole: bool) -> t.Any:
        each = places[reference.place.path, reference.key]
        value = at_dotted(real, each.field)
        return "" if value is None else value  # where there is no password, an empty text

    return completed([desired], lookup)[0].fields


def at_dotted(value: t.Any, dotted: str) -> t.Any:
    """Names hold dots too, so every way to read it is tried."""
    if not dotted:
        return value
    parts = dotted.split(".")
    for length in range(len(parts), 0, -1):
        name = ".".join(parts[:length])
        below = None
        if isinstance(value, dict) and name in value:
            below = value[name]
        elif isinstance(value, list) and name.isdecimal() and int(name) < len(value):
            below = value[int(name)]
        else:
            continue
        try:
            return at_dotted(below, ".".join(parts[length:]))
        except KeyError:
            continue
    raise KeyError(dotted)


def same(one: t.Any, other: t.Any) -> bool:
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


names_without_dots = names.filter(lambda name: "." not in name)
plainer = st.recursive(
    st.none() | st.booleans() | numbers | texts.filter(lambda text: MASK not in text),
    lambda below: st.lists(below, max_size=3) | st.dictionaries(names_without_dots, below, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize("abilities", [AIRFLOW_2, AIRFLOW_3], ids=["2", "3"])
@given(extra=st.dictionaries(names_without_dots, plainer, max_size=4), password=st.none() | st.just("pw"))
def test_a_connection_comes_back_whole(
    abilities: Abilities, extra: dict[str, t.Any], password: str | None
) -> None:
    real = {"conn_type": "http", "login": "1e5", "password": password, "extra": extra}
    actual = reading_of(CONNECTION, real, not abilities.shows_passwords)
    to = scheme()
    entry = exported(actual, abilities, to)
    assert entry.words is not None and not entry.remarks
    assert MASK not in json.dumps(entry.words)
    fields = complete(entry, to.wanted.values(), CONNECTION, real)
    assert same(fields.get("extra") or {}, extra)
    assert (fields.get("password") or None) == password and fields["login"] == "1e5"


@pytest.mark.parametrize("abilities", [AIRFLOW_2, AIRFLOW_3], ids=["2", "3"])
@given(content=plainer, form=st.sampled_from([{}, {"ensure_ascii": False}, {"separators": (",", ":")}, {"indent": 1}]))
def test_a_variable_with_json_comes_back_whole(abilities: Abilities, content: t.Any, form: dict[str, t.Any]) -> None:
    text = json.dumps(content, **form)
    shown = text if abilities.shows_variables_as_stored else json.dumps(masked("", content))
    to = scheme()
    entry = exported(stored(VARIABLE, "v", value=shown), abilities, to)
    assert entry.words is not None and not entry.remarks
    whole = "secret_value" in entry.words and [each.field for each in to.wanted.values()] == ["value"]
    value = complete(entry, to.wanted.values(), VARIABLE, {"value": text if whole else content})["value"]
    assert same(json.loads(value), content)


@pytest.mark.parametrize("text", AWKWARD)
@pytest.mark.parametrize("abilities", [AIRFLOW_2, AIRFLOW_3], ids=["2", "3"])
def test_a_text_is_declared_exactly(abilities: Abilities, text: str) -> None:
    entry = exported(stored(VARIABLE, "v", value=text), abilities)
    assert complete(entry, [], VARIABLE, {})["value"] == text


def test_json_that_is_just_as_we_would_write_it_is_declared_as_yaml() -> None:
    assert exported(stored(VARIABLE, "v", value='{"a": [1]}')).words == {"key": "v", "value": {"a": [1]}}
    for text in ('{"a":1}', '{"a": 1, "a": 1}', '{"a": 1.10}', '{"a": NaN}', "5", '"x"', "null", "true"):
        assert exported(stored(VARIABLE, "v", value=text), AIRFLOW_2).words == {"key": "v", "value": text}
    assert exported(stored(VARIABLE, "v", value='{"a": "\\u00e9"}'), AIRFLOW_2).words == {
        "key": "v", "value": '{"a": "\\u00e9"}',
    }  # fmt: skip
    looks_like_a_reference = '{"vault": "a", "key": "b"}'
    assert exported(stored(VARIABLE, "v", value=looks_like_a_reference)).words == {
        "key": "v", "value": looks_like_a_reference,
    }  # fmt: skip


# What is secret


def ref(field: str, kind: str = "connection", object_id: str = "c") -> dict[str, t.Any]:
    return {"vault": f"airflow/{kind}s/{object_id}", "key": field}


def test_secrets_of_a_connection() -> None:
    extra = {
        "timeout": 5, "verify_token": True, "pin_token": 7, "nothing_secret": None, "password": "",
        "headers": {"x-api-key": MASK, "accept": "json"},
        "hosts": [{"name": "a", "token": MASK}],
        "proxies": {"http": MASK},
        "dsn_of_it": "postgresql://u:CANARY@h/db", "key": "-----BEGIN RSA PRIVATE KEY-----\nCANARY",
        "License": "CANARY", "bleed": "zz-***-zz",
    }  # fmt: skip
    actual = stored(CONNECTION, "c", conn_type="http", password=MASK, extra=extra)
    to = scheme()
    entry = exported(actual, to=to, patterns=("LIC*",))
    assert entry.words == {
        "connection_id": "c",
        "conn_type": "http",
        "password": ref("password"),
        "extra": {
            "headers": {"accept": "json"},
            "nothing_secret": None,
            "password": "",
            "timeout": 5,
            "verify_token": True,
        },
        "secret_extra": {
            "License": ref("extra.License"),
            "bleed": ref("extra.bleed"),
            "dsn_of_it": ref("extra.dsn_of_it"),
            "headers": {"x-api-key": ref("extra.headers.x-api-key")},
            "hosts": [{"name": "a", "token": ref("extra.hosts.0.token")}],
            "key": ref("extra.key"),
            "pin_token": ref("extra.pin_token"),
            "proxies": {"http": ref("extra.proxies.http")},
        },
    }
    assert [remark.partition(":")[0] for remark in entry.remarks] == ["extra.bleed"]
    assert {each.field: each.seen for each in to.wanted.values()}["extra.bleed"] == "zz-***-zz"


def test_what_looks_like_a_reference_and_is_none() -> None:
    """Declared as a text of JSON; in a list, where a reference may stand, it comes from Vault as a whole."""
    shown = {"where": {"vault": "x", "password": MASK}, "list": [{"vault": "y", "token": MASK}]}
    to = scheme()
    entry = exported(stored(CONNECTION, "c", conn_type="http", extra=shown), to=to)
    assert entry.words == {
        "connection_id": "c",
        "conn_type": "http",
        "extra": '{"where": {"vault": "x"}}',
        "secret_extra": {"where": {"password": ref("extra.where.password")}, "list": [ref("extra.list.0")]},
    }
    assert {each.field: each.seen for each in to.wanted.values()}["extra.list.0"] == {"vault": "y", "token": MASK}


def test_secrets_of_variables() -> None:
    def words(key: str, value: str, abilities: Abilities = AIRFLOW_2) -> t.Any:
        return exported(stored(VARIABLE, key, value=value), abilities).words

    assert words("my_password", "CANARY") == {"key": "my_password", "secret_value": ref("value", "variable", "my_password")}
    assert words("my_password", "") == {"key": "my_password", "value": ""}
    assert words("x", '{"a": 1, "token": "CANARY"}') == {
        "key": "x", "secret_value": {"a": 1, "token": ref("value.token", "variable", "x")},
    }  # fmt: skip
    assert words("x", '[{"where": {"vault": "a"}, "token": 5}]') == {
        "key": "x",
        "secret_value": [
            {"where": ref("value.0.where", "variable", "x"), "token": ref("value.0.token", "variable", "x")}
        ],
    }
    assert words("x", "postgresql://u:CANARY@h/db") == {"key": "x", "secret_value": ref("value", "variable", "x")}
    assert words("x", "zz-***-zz", AIRFLOW_3) == {"key": "x", "secret_value": ref("value", "variable", "x")}
    assert words("x", '{"a***b": 1}', AIRFLOW_3) == {"key": "x", "secret_value": ref("value", "variable", "x")}


TELLING = [
    "postgres://u:CANARY@h/d", "postgres://u:p/CANARY@h/d", "postgres://u:p:@/CANARY@h/d",
    "https://h/?token=CANARY", "https://h/?x=1&Access_Token=CANARY&y=2", "https://h/?sig=CANARY", "jdbc:x://h;user=u;password=CANARY",
    "https://h/?API-Key=CANARY", "https://h/?X-Amz-Signature=CANARY",
    "https://CANARY1of1a1long1token@h/1", "host=h password=CANARY", "Server=h;Uid=u;Pwd=CANARY;", "password=CANARY",
    "Bearer CANARY1of2of3", "Authorization: Basic dTpDQU5BUlkK1CANARY==", "Token CANARY1of2of3",
    "a=b;AccountName=a;AccountKey=CANARY==;c=d", "Server=h;User Id=u;Password = CANARY", "passphrase=CANARY", "Bearer CANARYabcdefghijkl",
    "jdbc:oracle:thin:scott/CANARY@//h:1521/x",
    "eyJhbGciOiJub25l.eyJzdWIiOiJ1.CANARY", "ghp_CANARY1of2of3", "xoxb-CANARY-of-Slack", "hvs.CANARY1of2of3",
    "https://hooks.slack.com/services/CANARY/B/1",
    '{"password": "CANARY"}', ' [{"a": [{"pin_token": 123}]}]', json.dumps('{"token": "CANARY"}'),
    json.dumps({"deeper": json.dumps({"url": "http://u:CANARY@h"})}),
]  # fmt: skip
HARMLESS = [
    "https://h:80/?x=1&tokens=5&design=1&token=", "mail a@b", "http://h:80/a:b", "u@h:22", '{"a": "b"}', '{"password": ""}', '"x"', "{",
    "postgres://etl_of_the_warehouse@h/d", "https://etl1@h", "Basic authentication", "bearer of news", "host=h user=u", "password= ", "password = ",
    "a token 2024 of", "https://hooks.slack.com/",
]  # fmt: skip


@pytest.mark.parametrize("abilities", [AIRFLOW_2, AIRFLOW_3], ids=["2", "3"])
@pytest.mark.parametrize("text", TELLING)
def test_texts_that_tell_a_secret_under_any_name(text: str, abilities: Abilities) -> None:
    """In a connection, in a variable, and in the JSON of one; what the list shows is but the mask."""
    for actual, field, real in (
        (stored(CONNECTION, "c", conn_type="http", extra={"a": {"note": text}}), "extra.a.note", {"extra": {"a": {"note": text}}}),
        (stored(VARIABLE, "v", value=json.dumps({"note": text})), "value.note", {"value": {"note": text}}),
    ):
        to = scheme()
        entry = exported(actual, abilities, to)
        assert [(each.field, each.seen) for each in to.wanted.values()] == [(field, MASK)]
        assert "CANARY" not in str(entry.words) and "123" not in str(entry.words) and not entry.remarks
        fields = complete(entry, to.wanted.values(), actual.kind, real)
        after = fields["extra"] if actual.kind is CONNECTION else json.loads(fields["value"])
        assert same(after, real["extra"] if actual.kind is CONNECTION else real["value"])
        assert planned(declare([(actual.kind, entry.words, "x")]), actual, update_secrets="on_create").changes == []
        assert f"`{field}` of the" in todo("h", to.wanted.values(), None, [entry], False)
        assert "CANARY" not in todo("h", to.wanted.values(), None, [entry], False)
    assert "CANARY" not in str(exported(stored(VARIABLE, "v", value=text), abilities).words)
    assert "description" not in (exported(stored(POOL, "p", slots=1, description=text), abilities).words or {})


@pytest.mark.parametrize("text", HARMLESS)
def test_texts_that_tell_none(text: str) -> None:
    entry = exported(stored(CONNECTION, "c", conn_type="http", extra={"note": text}))
    assert entry.words == {"connection_id": "c", "conn_type": "http", "extra": {"note": text}}


def test_what_is_shown_of_a_text_of_json_that_is_partly_masked() -> None:
    to = scheme()
    exported(stored(CONNECTION, "c", conn_type="http", extra={"note": '{"token": "CANARY", "a": "x *** y"}'}), to=to)
    assert [each.seen for each in to.wanted.values()] == [MASK]
    to = scheme()
    entry = exported(stored(CONNECTION, "c", conn_type="http", extra={"note": '{"a": "x *** y"}'}), to=to)
    assert [each.seen for each in to.wanted.values()] == ['{"a": "x *** y"}']
    assert [remark.partition(":")[0] for remark in entry.remarks] == ["extra.note"]


def test_what_cannot_refer_to_vault_is_left_out_and_said() -> None:
    entry = exported(stored(CONNECTION, "c", conn_type="http", host="https://u:CANARY@h", description="a *** b"))
    assert entry.words == {"connection_id": "c", "conn_type": "http"}
    assert [remark.partition(":")[0] for remark in entry.remarks] == ["description", "host"]
    assert "CANARY" not in str(entry.remarks)


def test_what_no_declaration_can_say_is_left_out_and_said() -> None:
    assert exported(stored(CONNECTION, "a b", conn_type="http")).words is None
    assert exported(stored(VARIABLE, "***", value="x")).words is None
    assert exported(stored(CONNECTION, "c", conn_type="http", extra="no JSON")).words == {
        "connection_id": "c", "conn_type": "http",
    }  # fmt: skip
    assert exported(stored(VARIABLE, "v", value=None)).remarks[0].startswith("value: left out")
    nan = stored(CONNECTION, "c", conn_type="http", extra={"x": float("nan")})
    assert exported(nan).remarks[0].startswith("extra: left out")
    deep: t.Any = "x"
    for _level in range(150):
        deep = {"a": deep}
    entry = exported(stored(CONNECTION, "c", conn_type="http", extra=deep))
    assert entry.words is not None and "secret_extra" in entry.words


def test_default_pool_is_declared_by_what_can_be_changed_of_it() -> None:
    assert exported(stored(POOL, "default_pool", slots=128, description="Default pool")).words == {
        "name": "default_pool", "slots": 128,
    }  # fmt: skip


def test_passwords_that_airflow_2_does_not_tell_of() -> None:
    actual = stored(CONNECTION, "c", ["password"], conn_type="http")
    assert "password" in (exported(actual, AIRFLOW_2).words or {})
    assert "password" not in (declared(actual, Secrecy(), scheme(), AIRFLOW_2, False).words or {})


def test_nothing_would_be_changed() -> None:
    actual = stored(CONNECTION, "c", conn_type="http", password=MASK, extra={"a": 1, "password": MASK, "b": "x***y"})
    words = exported(actual).words
    assert planned(declare([(CONNECTION, words, "x")]), actual, update_secrets="on_create").changes == []


# Places


def test_ids_become_parts_of_paths() -> None:
    assert plain("a.b-c_1", ".") == "a.b-c_1"
    strange = ["a b", "a_b", "ä", "..", ".", "a/b", "a.b", "", "a//b", "/a", "A B"]
    assert len({plain(each) for each in strange}) == len(strange)
    assert all(part.strip(".") for each in strange for part in plain(each, "/.").split("/"))
    assert plain("folder/key", "/.") == "folder/key"
    assert plain("sales 2024", "/.") == "sales_2024-0a47f0bd"  # as the guide says


def test_the_scheme() -> None:
    to = scheme(path="{host}/{kind}/{id}/{field}", key="value", mount="kv")
    assert to.refer("connection", "c", ("extra", "a b", "c.d"), MASK) == {
        "vault": f"h/connection/c/extra.{plain('a b')}.{plain('c.d')}", "key": "value", "mount": "kv",
    }  # fmt: skip
    assert to.faults() == []
    wrong = scheme(path="a/../{kin}", key="", mount="/")
    assert [str(fault).partition(":")[0] for fault in wrong.faults()] == [
        "vault_path", "vault_key", "vault_path", "vault_mount",
    ]  # fmt: skip


def test_two_secrets_in_one_place_are_refused() -> None:
    to = scheme(path="airflow")
    to.refer("connection", "a", ("password",), MASK)
    to.refer("connection", "a", ("password",), MASK)
    with pytest.raises(Refused) as refused:
        to.refer("connection", "b", ("password",), MASK)
    assert "password of connection 'a' and password of connection 'b'" in refused.value.message


# The whole


def test_the_list_of_what_to_put_there() -> None:
    to = scheme(mount="team kv")
    to.refer("connection", "it's", ("password",), MASK)
    to.refer("connection", "it's", ("extra", "a\n```"), "x-***")
    page = todo("h", to.wanted.values(), to.mount, [], False)
    place = f"airflow/connections/{plain(chr(105) + 't' + chr(39) + 's')}"
    assert f"vault kv put -mount='team kv' {place} - <<'END'\n" in page
    assert "2 secrets" in page and page.count("```") == 2 + 1  # the name with three of them stays in its line
    half = scheme()
    half.refer("variable", "v", ("value",), "\ud800***")
    assert '"value": "\\ud800***"' in todo("h", half.wanted.values(), None, [], False)
    assert todo("h", [], None, [], False).endswith("refer to no secret.\n")


def run(server: MemoryServer, **params: t.Any) -> dict[str, t.Any]:
    usual = {
        "vault_path": "airflow/{kind}s/{id}", "vault_key": "{field}", "vault_mount": None, "deployment": "prod",
        "kinds": ["connections", "variables", "pools"], "include": ["*"], "exclude": [], "secret_patterns": [],
        "unseen_passwords": "reference",
    }  # fmt: skip
    return Export().prepare({}, {**usual, **params})(server, False).result


def test_files_of_the_chosen_objects_in_the_order_of_their_ids() -> None:
    server = MemoryServer(
        stored(CONNECTION, "b", conn_type="http", password=MASK),
        stored(CONNECTION, "a", conn_type="http"),
        stored(CONNECTION, "a_default", conn_type="http"),
        stored(POOL, "p", slots=1),
        stored(VARIABLE, "windsock_applied_default", value="x"),
    )
    result = run(server, exclude=["*_default"])
    assert result["summary"] == {"pools": 1, "variables": 0, "connections": 2}
    assert result["secrets"] == [
        {"kind": "connection", "id": "b", "field": "password", "mount": None, "path": "airflow/connections/b", "key": "password"}
    ]
    assert result["texts"]["variables.yml"].endswith("\nvariables: []\n")
    assert by_module(result["texts"]["connections.yml"]) == {
        "connections": [
            {"connection_id": "a", "conn_type": "http"},
            {"connection_id": "b", "conn_type": "http", "password": ref("password", object_id="b")},
        ]
    }
    assert run(server, exclude=["*_default"])["texts"] == result["texts"]
    assert set(run(server, kinds=["pools"])["texts"]) == {"pools.yml", "secrets-to-fill-in.md"}
    assert run(server, include=["a*"])["summary"]["connections"] == 2


class Learning(MemoryServer):
    """Masks a word once it has shown a connection, as Airflow does with one that it knows as a secret."""

    def list(self, kind: Kind, beginning: str = "") -> list[Actual]:
        read = super().list(kind, beginning)
        if kind is CONNECTION and self.calls.count(("list", kind.plural)) > 1:
            return [dataclasses.replace(each, fields={**each.fields, "extra": {"note": "see ***"}}) for each in read]
        return read


def test_what_the_server_learns_to_mask_by_being_read_is_not_written() -> None:
    server = Learning(stored(CONNECTION, "c", conn_type="http", extra={"note": "see CANARY"}))
    texts = run(server)["texts"]
    assert "CANARY" not in str(texts)
    assert run(server)["texts"] == texts
