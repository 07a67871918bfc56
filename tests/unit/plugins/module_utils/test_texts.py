# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Texts of declarations: the same values as Ansible's own loader, the line of each entry, and flaws by their place."""

from __future__ import annotations

import builtins
import json
import typing as t

import pytest
import yaml
from ansible.parsing.dataloader import DataLoader
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.windsock.airflow.plugins.module_utils._texts import Content, Flaw, read_json_text
from ansible_collections.windsock.airflow.plugins.module_utils._yaml import YamlMissing, read_yaml

AWKWARD = r"""%YAML 1.1
---
# The first comment
variables:
  - {key: words, value: [yes, No, ON, off, true, y, n, ~, null, Null, "yes", 'null', !!str yes]}
  - {key: numbers, value: [0755, 0o17, 0x1F, 0b101, 1_000, +5, -5, 12:30:45, 1e3, 1.5e+3, 1.0, .5, 5., 09, 1__0]}
  - {key: dates, value: [2024-01-31, 2024-01-31 12:30:45, 2001-12-14t21:59:43.10-05:00, "2024-01-31", 12-31]}
  - {key: tagged, value: [!!int "5", !!float "5", !!null x, !!map {a: b}, !!seq [a], !!bool "no"]}
  - key: unsafe
    value: [!unsafe "{{ ds }}", !unsafe {a: ["{% if %}", 5]}, !unsafe [1, "{# x #}"]]
  - key: blocks
    value: |+
      first
        second: "{{ ds }}"

    description: >-
      folded into
      one line

      and another
  - key: quotes
    value: "tab\tnew\nline é \u00e9 \U0001F600 \x41 \
      continued"
    description: 'it''s
      one line'
  - key: plain
      over lines
    value: a # comment
  - &base
    key: base
    value: &deep {host: h, port: 1, nested: &nested [1, {a: 1}]}
  - {key: again, value: *deep, description: *nested}
"""
MERGES = """
connections:
  - &a {connection_id: a, host: of a, port: 1, extra: &extra {x: 1, y: [1, 2]}}
  - &b {connection_id: b, host: of b, login: of b}
  - {<<: *a, connection_id: c, extra: *extra}
  - {connection_id: d, <<: [*b, *a], port: 4}
  - <<: *a
    <<: *b
  - deep: {er: {<<: *extra, x: 2}}
  - "<<": text
pools:
  - {2: int, 1.5: float, true: bool, ~: "null", 2024-01-01: date, ? quoted : x, empty: , 0x10: hex}
  - ? name
    : a
  - []
  -
  - text
"""


def sections(content: Content) -> dict[str, t.Any]:
    assert content.sections is not None
    return {section.key: section.value for section in content.sections}


def as_ansible(text: str) -> t.Any:
    """What a module gets of a file that Ansible's loader has read."""
    return json.loads(json.dumps(DataLoader().load(text), default=lambda date: date.isoformat()))


@pytest.fixture(params=["C", "Python"])
def parser(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """With and without PyYAML's parser in C."""
    if request.param == "Python":
        monkeypatch.delattr(yaml, "CSafeLoader")


@pytest.mark.usefixtures("parser")
@pytest.mark.parametrize(
    "text",
    [
        AWKWARD,
        MERGES.replace("2024-01-01: date, ", ""),
        AWKWARD.replace("\n", "\r\n"),
        "\ufeffpools: [{name: a}]",
        "{pools: [{name: a}, ],}",
        "'pools': [{\"name\": 'a', \"slots\": 1}]\n...\n",
        "---\n",
        "# nothing\n",
        "",
        "null",
    ],
    ids=["values", "merges", "windows", "mark", "flow", "end", "start", "comment", "empty", "null"],
)
def test_yaml_is_what_ansibles_own_loader_makes_of_it(text: str) -> None:
    content = read_yaml(text, {})
    assert content.flaws == []
    assert sections(content) == (as_ansible(text) or {})


def test_what_ansible_cannot_pass_to_a_module_is_text() -> None:
    assert sections(read_yaml("{a: [=, <<], 2024-01-01: b}", None)) == {"a": ["=", "<<"], "2024-01-01": "b"}


TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"])) | st.text("ab:,[ ]{}\"'é\n-#&*!|>%@`", max_size=6)
LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXTS
VALUES = st.recursive(LEAVES, lambda below: st.lists(below, max_size=4) | st.dictionaries(TEXTS, below, max_size=4))


@given(st.dictionaries(st.text("abc", min_size=1, max_size=3), st.lists(VALUES, max_size=4) | st.none(), min_size=1))
def test_what_was_dumped_is_read_again(declared: dict[str, t.Any]) -> None:
    for content in (
        read_json_text(json.dumps(declared)),
        read_json_text(json.dumps(declared, indent="\t", ensure_ascii=False)),
        read_yaml(yaml.safe_dump(declared, allow_unicode=True), None),
    ):
        assert content.flaws == []
        assert sections(content) == declared


JSON_LINES = """{
  "connections": [ {"a": [1,
      2]},
    3, [], {},

    "x"], "variables" : [],
  "pools": null,
  "more": [
    {"name": "\\n"}
  ]
}
"""
YAML_LINES = """# comment
connections:
- a:
  - 1
- 3
-

  b: 1
variables: []

pools: ~
more: [
  {name: x},
  y]
"""


@pytest.mark.usefixtures("parser")
def test_the_lines_of_keys_and_entries() -> None:
    def lines(content: Content) -> dict[str, tuple[int, list[int]]]:
        return {section.key: (section.line, section.lines) for section in content.sections or ()}

    assert lines(read_json_text(JSON_LINES)) == {
        "connections": (2, [2, 4, 4, 4, 6]),
        "variables": (6, []),
        "pools": (7, []),
        "more": (8, [9]),
    }
    assert lines(read_yaml(YAML_LINES, None)) == {
        "connections": (2, [3, 5, 8]),
        "variables": (9, []),
        "pools": (11, []),
        "more": (12, [13, 14]),
    }


def flaws(content: Content) -> list[str]:
    return [f"{flaw.reason}{flaw.place}" for flaw in content.flaws]


@pytest.mark.usefixtures("parser")
def test_flaws_inside_a_yaml_text_are_all_told() -> None:
    text = """
pools:
  - name: a
    name: b
    slots: !!int canary
    description: 2024-13-45
    extra: {{ canary }}
  - !canary {a: 1}
  - !!python/object:canary [x]
  - !!binary Y2FuYXJ5
  - {<<: canary, [a]: b}
  - {x: !vault canary, y: !vault canary2, z: 0b_}
  - &twice {y: 1, y: 2}
  - {<<: *twice}
"""
    number = "looks like a number or a date, and is none: put it in quotes"
    tag = "has a tag that means nothing here"
    key = "a key must be text, and a template must be in quotes"
    assert flaws(read_yaml(text, {"canary2": "decrypted"})) == [
        "the key 'name' is there twice in one mapping line 4, column 5",
        f"{number} line 5, column 12",
        f"{number} line 6, column 18",
        f"{key} line 7, column 13",
        f"{tag} line 8, column 5",
        f"{tag} line 9, column 5",
        f"{tag} line 10, column 5",
        "can only be merged if it is a mapping line 11, column 10",
        f"{key} line 11, column 18",
        "cannot be decrypted with the ansible-vault passwords of this run line 12, column 9",
        f"{number} line 12, column 46",
        "the key 'y' is there twice in one mapping line 13, column 19",
    ]
    assert flaws(read_yaml("a: !vault x", None)) == [
        "is encrypted with ansible-vault, which only the controller can decrypt line 1, column 4"
    ]


def test_an_override_of_what_is_merged_is_no_repetition() -> None:
    text = "x: {deep: {er: &b {<<: {k: 0}, k: 1}}}\ny: {<<: *b, k: 2}\n"
    content = read_yaml(text, None)
    assert flaws(content) == []
    assert sections(content) == {"x": {"deep": {"er": {"k": 1}}}, "y": {"k": 2}}


def test_flaws_inside_a_json_text_are_all_told() -> None:
    text = '{\n"pools": [{"name": "a", "name": "b"},\n {"extra": {"x": 1,\n "x": 2}}],\n"more": {"y": 1, "y": 2}}'
    assert flaws(read_json_text(text)) == [
        "the key 'name' is there twice in one mapping line 2",
        "the key 'x' is there twice in one mapping line 3",
        "the key 'y' is there twice in one mapping line 5",
    ]


def test_what_stands_behind_a_key_without_a_blank_is_not_told() -> None:
    for read in (read_json_text, lambda text: read_yaml(text, None)):
        (flaw,) = flaws(read('{"a": {"password:canary": 1, "password:canary": 1}}'))
        assert flaw.startswith("the key 'password...' is there twice in one mapping")


def raised(text: str, read: t.Any = lambda text: read_yaml(text, {})) -> str:
    with pytest.raises(Flaw) as flaw:
        read(text)
    assert "canary" not in str(flaw.value)
    assert flaw.value.__cause__ is None
    return f"{flaw.value.reason}{flaw.value.place}"


@pytest.mark.usefixtures("parser")
def test_texts_that_cannot_be_read_are_told_by_their_place() -> None:
    assert raised("a: b\n c: canary\n") == "is neither YAML nor JSON line 2, column 3"
    assert raised('a: "canary\n\nb: c') == "is neither YAML nor JSON line 3, column 5"
    second = "has a second document, or an alias without its anchor"
    assert raised("a: b\n---\nc: canary\n") == f"{second} line 2, column 1"
    assert raised("a: b\nc: *canary\n") == f"{second} line 2, column 4"
    assert raised("é: b\nc: canary\x01\n") == "holds a character that YAML does not allow line 2"
    assert raised("a: &a [*a]") == "is nested too deeply, or refers to itself"
    assert raised("a: &a {b: *a}") == "is nested too deeply, or refers to itself"


def test_json_that_cannot_be_read_is_told_by_its_place() -> None:
    assert raised('{"a":\n [canary]}', read_json_text) == "is neither YAML nor JSON line 2, column 3"
    assert raised("{", read_json_text) == "is neither YAML nor JSON line 1, column 2"
    assert raised("[" * 100000, read_json_text) == "is nested too deeply"
    assert raised(f'{{"a": {"9" * 5000}}}', read_json_text) == "holds a number that is too large"


@pytest.mark.parametrize("text", ["[]", "text", "5", "[{a: b}]"])
def test_what_is_no_mapping_has_no_sections(text: str) -> None:
    assert read_yaml(text, None).sections is None


def test_json_that_is_no_mapping_has_no_sections() -> None:
    assert read_json_text("[]").sections is None


def test_nan_is_left_to_the_types() -> None:
    for content in (read_json_text('{"a": [NaN]}'), read_yaml("{a: [.nan]}", None)):
        assert str(sections(content)["a"]) == "[nan]"


def test_without_pyyaml(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *rest: t.Any) -> t.Any:
        if name == "yaml":
            raise ImportError("canary")
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(YamlMissing):
        read_yaml("a: b", None)
    assert sections(read_json_text('{"a": "b"}')) == {"a": "b"}
