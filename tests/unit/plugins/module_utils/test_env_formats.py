# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Texts that set environment variables: what is written comes back, what others write is read as their tool reads it.

The readings that are stated here were seen of the tools themselves: docker 28.2, Compose 2.40, systemd 252, and the parser
of BuildKit. tests/system/test_env_files.py asks those again that are at hand.
"""

from __future__ import annotations

import typing as t

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.windsock.airflow.plugins.module_utils._backends import (
    _env_compose,
    _env_docker,
    _env_dockerfile,
    _env_kubernetes,
    _env_systemd,
)
from ansible_collections.windsock.airflow.plugins.module_utils._backends._env_text import Lines, Unreadable
from ansible_collections.windsock.airflow.plugins.module_utils._faults import ServerFault

GRAMMARS: dict[str, t.Any] = {
    "docker": _env_docker,
    "compose": _env_compose,
    "systemd": _env_systemd,
    "dockerfile": _env_dockerfile,
}
TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=30)
AWKWARD = st.text(st.sampled_from("ab \t'\"\\$`#={}:%\n\r~\u00fc\u6f22\u2028\x85\ufeff"), max_size=20)


def opened(form: str, text: str) -> t.Any:
    if form == "kubernetes":
        return _env_kubernetes.Manifest(text, "airflow", None)
    return Lines(text, GRAMMARS[form].Grammar(text))


def values(form: str, text: str) -> dict[str, str | None]:
    sheet = opened(form, text)
    assert sheet.render() == text
    return {name: sheet.get(name).value for name in sheet.names()}


every_format = pytest.mark.parametrize("form", [*GRAMMARS, "kubernetes"])
every_grammar = pytest.mark.parametrize("form", GRAMMARS)


# What is written


@every_format
@given(texts=st.lists(TEXTS | AWKWARD, max_size=5))
def test_what_is_written_comes_back(form: str, texts: list[str]) -> None:
    refuses = _env_kubernetes.refuses if form == "kubernetes" else GRAMMARS[form].refuses
    written = {f"AIRFLOW_VAR_{place}": text for place, text in enumerate(texts) if not refuses("AIRFLOW_VAR_1", text)}
    sheet = opened(form, "")
    for name, value in written.items():
        sheet.put(name, value)
    assert values(form, sheet.render()) == written


@pytest.mark.parametrize(
    ("form", "value", "line"),
    [
        ("docker", "a 'b' \"c\" $d \\e #f", "X=a 'b' \"c\" $d \\e #f"),
        ("compose", '{"a": "$b\\"c"}', 'X=\'{"a": "$b\\"c"}\''),
        ("compose", 'it\'s $x "q"\\n\nend', r'''X="it's \$x \"q\"\\n\nend"'''),
        ("compose", "ends with \\", r'X="ends with \\"'),
        ("systemd", '{"a": "$b"}', 'X=\'{"a": "$b"}\''),
        ("systemd", 'it\'s $x `y` "q" \\n\nend', 'X="it\'s \\$x \\`y\\` \\"q\\" \\\\n\nend"'),
        ("dockerfile", '{"a": "$b\\"c"}', 'ENV X=\'{"a": "$b\\"c"}\''),
        ("dockerfile", 'it\'s $x "q" \\n', r'''ENV X="it's \$x \"q\" \\n"'''),
    ],
)
def test_how_it_is_written(form: str, value: str, line: str) -> None:
    sheet = opened(form, "")
    sheet.put("X", value)
    assert sheet.render() == f"{line}\n"


def test_a_backtick_may_be_what_escapes_in_a_dockerfile() -> None:
    text = '# escape=`\nFROM x\nENV A="it\'s `$5" B=a\\b\n'
    assert values("dockerfile", text) == {"A": "it's $5", "B": "a\\b"}
    sheet = opened("dockerfile", text)
    sheet.put("C", "it's $x \\ `")
    assert sheet.render() == text + 'ENV C="it\'s `$x \\ ``"\n'


@pytest.mark.parametrize(
    ("form", "value", "why"),
    [
        ("docker", "a\nb", "line break"),
        ("docker", "a\r", "line break"),
        ("docker", "x" * 65536, "64 KiB"),
        ("dockerfile", "a\nb", "line break"),
        ("dockerfile", "'" * 40_000 + '"' * 40_000, "64 KiB"),
        ("systemd", "a\ufffeb", "no character"),
        ("systemd", "\U0010ffff", "no character"),
    ],
)
def test_what_cannot_be_written(form: str, value: str, why: str) -> None:
    assert why in GRAMMARS[form].refuses("X", value)


# What others write


@pytest.mark.parametrize(
    ("form", "text", "read"),
    [
        ("docker", " X=a # b\n#Y=1\n\n\tZ='q'\nW\nV=\n", {"X": "a # b", "Z": "'q'", "W": None, "V": ""}),
        ("docker", "\ufeffX=1\r\nY=2\r\n", {"X": "1", "Y": "2"}),
        ("docker", "X=a=b\nX=c", {"X": "c"}),
        ("docker", "X=a\u2028b\x0bc\n", {"X": "a\u2028b\x0bc"}),
        ("compose", "export X=1\nY: two words # c\nZ=a#b\nW=''\nV=\nU\n",
         {"X": "1", "Y": "two words", "Z": "a#b", "W": "", "V": "", "U": None}),
        ("compose", "X='a\\'b\\n $c'\nY=\"a\\tb\\\"c$$d\\$e\\q\\0101\" # c\nZ=$X\nV=a$$b\n",
         {"X": "a'b\\n $c", "Y": "a\tb\"c$d$e\\qA", "Z": None, "V": "a$b"}),
        ("compose", 'X="two\nlines"\n  Y="1"\r\nZ=\'x\'\n', {"X": "two\nlines", "Y": "1", "Z": "x"}),
        ("systemd", "X=1 \n; c\n# d\n Y = two words  \nZ='a'\"b\"  'c'\nW\nV=\n",
         {"X": "1", "Y": "two words", "Z": "abc", "V": ""}),
        ("systemd", 'X="a\\"b\\\\c\\nd\\\ne"\nY=a\\\nb\\ \nZ=a"b"#c\nV=\'two\nlines\'\n',
         {"X": 'a"b\\c\\nde', "Y": "ab ", "Z": 'a"b"#c', "V": "two\nlines"}),
        ("systemd", "X=1\r\nY='2'\r\n", {"X": "1", "Y": "2"}),
        ("dockerfile", "FROM a\nENV X=1\nFROM b\nenv Y=1 Z='two words' W=a\\ b\nENV V two  words\n",
         {"Y": "1", "Z": "two words", "W": "a b", "V": "two  words"}),
        ("dockerfile", "FROM a\nRUN <<EOF cat\nENV X=1\nEOF\nENV Y=\\\n# c\n\n2 Z=3\n#ENV W=1\n", {"Y": "2", "Z": "3"}),
        ("dockerfile", "FROM a\nENV X=$Y Z=\"a\\$b$\" W='$c'\n", {"X": None, "Z": "a$b$", "W": "$c"}),
    ],
)  # fmt: skip
def test_what_others_write(form: str, text: str, read: dict[str, str | None]) -> None:
    assert values(form, text) == read


@every_grammar
@given(text=AWKWARD | TEXTS)
def test_nothing_gets_lost(form: str, text: str) -> None:
    try:
        sheet = opened(form, text)
    except Unreadable as why:
        assert str(why).startswith("line ")
        return
    assert sheet.render() == text
    sheet.put("NEW", "1")
    assert sheet.render().startswith(text)
    sheet.drop("NEW")
    assert sheet.render() in (text, f"{text}\n", f"{text}\r\n")


@pytest.mark.parametrize("text", ["A=1\nX='a\nB=2\n", 'A=1\nX="a\\"\n'])
@pytest.mark.parametrize("form", ["compose", "systemd"])
def test_a_quote_that_is_not_closed(form: str, text: str) -> None:
    with pytest.raises(Unreadable, match="line 2: a quote is not closed"):
        opened(form, text)


def test_something_behind_a_quote() -> None:
    with pytest.raises(Unreadable, match="line 1: something stands behind a closing quote"):
        opened("compose", "X='a'b\n")


def test_an_end_in_midst_of_an_escape() -> None:
    with pytest.raises(Unreadable, match="line 2: it ends with a backslash"):
        opened("systemd", "A=1\nX=a\\")


# What is changed


@pytest.mark.parametrize(
    ("form", "text", "after"),
    [
        ("docker", "# a\nX=1\n\nY=2", "# a\nX=new\n\nY=2\nZ=z\n"),
        ("docker", "X=1\r\nY=2\r\n", "X=new\r\nY=2\r\nZ=z\r\n"),
        ("docker", "X=1\nY=2\nX=3\n#end\n", "Y=2\nX=new\n#end\nZ=z\n"),
        ("compose", "export X='a\nb' # c\nY=$X\n", "X='new'\nY=$X\nZ='z'\n"),
        ("systemd", "X=a\\\nb\r\nY=2\r\n", "X='new'\nY=2\r\nZ='z'\n"),
        (
            "dockerfile",
            "FROM a\nENV X=1\nFROM b\nENV \\\n  X=1\nRUN x",
            "FROM a\nENV X=1\nFROM b\nENV X='new'\nRUN x\nENV Z='z'\n",
        ),
    ],
)
def test_only_what_changes_is_touched(form: str, text: str, after: str) -> None:
    sheet = opened(form, text)
    sheet.put("X", "new")
    sheet.put("Z", "z")
    assert sheet.render() == after


def test_what_stands_twice_goes_for_good() -> None:
    sheet = opened("docker", "X=1\nY=2\nX=3\n")
    sheet.drop("X")
    assert sheet.get("X") is None and sheet.render() == "Y=2\n"


def test_an_instruction_of_several_variables_is_not_taken_apart() -> None:
    sheet = opened("dockerfile", "FROM a\nENV X=1 Y=2\n")
    for change in (lambda: sheet.put("X", "3"), lambda: sheet.drop("Y")):
        with pytest.raises(ServerFault, match=r"[XY] is set there together with other variables"):
            change()
    assert sheet.render() == "FROM a\nENV X=1 Y=2\n"


# Manifests

MANIFEST = """\
# of the team
apiVersion: v1
kind: ConfigMap
metadata: {name: airflow}
data:
  X: "no"
---
apiVersion: v1
kind: Secret
metadata:
  name: airflow
  namespace: prod
stringData:
  A: |
    two
    lines
  X: 'old'  # why
data:
  Y: b2xk
  Z: !!binary "AAEC/w=="
type: Opaque
"""


def test_a_manifest_is_read() -> None:
    assert values("kubernetes", MANIFEST) == {"A": "two\nlines\n", "X": "old", "Y": "old", "Z": None}


def test_a_manifest_is_changed_in_place() -> None:
    sheet = opened("kubernetes", MANIFEST)
    sheet.put("X", "new\n\u00fc\x85")
    sheet.put("N", "new")
    sheet.drop("A")
    assert sheet.render() == MANIFEST.replace("  A: |\n    two\n    lines\n", "").replace(
        "  X: 'old'  # why\n", '  X: "new\\n\u00fc\\u0085"\n').replace("type:", '  N: "bmV3"\ntype:')  # fmt: skip
    assert list(yaml.safe_load_all(sheet.render()))[1]["stringData"] == {"X": "new\n\u00fc\x85"}


@pytest.mark.parametrize(
    ("given", "after"),
    [
        ("data: {}\n", 'data:\n  N: "bg=="\n'),
        ("data:\n", 'data:\n  N: "bg=="\n'),
        ("data: {A: YQ==, X: eA==}\n", 'data:\n  A: "YQ=="\n  N: "bg=="\n'),
        ("data:\n    X: eA==\n", 'data:\n    N: "bg=="\n'),
        ("data:\n    X: eA==", 'data:\n    N: "bg=="\n'),
        ("stringData:\n  A: a\n", 'stringData:\n  A: a\n  N: "n"\n'),
        ("type: Opaque", 'type: Opaque\ndata:\n  N: "bg=="\n'),
    ],
)
def test_where_a_new_key_goes(given: str, after: str) -> None:
    head = "kind: Secret\nmetadata: {name: airflow}\n"
    sheet = opened("kubernetes", head + given)
    sheet.put("N", "n")
    sheet.drop("X")
    assert sheet.render() == head + after


def test_the_last_key_leaves_an_empty_mapping() -> None:
    sheet = opened("kubernetes", "kind: Secret\nmetadata: {name: airflow}\ndata:\n  X: eA==\ntype: Opaque\n")
    sheet.drop("X")
    assert sheet.render() == "kind: Secret\nmetadata: {name: airflow}\ndata: {}\ntype: Opaque\n"


def test_a_new_manifest_stands_behind_the_others() -> None:
    sheet = _env_kubernetes.Manifest("kind: ConfigMap", "airflow", "prod")
    sheet.put("X", "1")
    assert sheet.render().startswith("kind: ConfigMap\n---\napiVersion: v1\nkind: Secret\n")
    documents = list(yaml.safe_load_all(sheet.render()))
    assert documents[1] == {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "airflow", "namespace": "prod"},
                            "type": "Opaque", "data": {"X": "MQ=="}}  # fmt: skip


def test_a_secret_of_another_namespace_is_another_one() -> None:
    sheet = _env_kubernetes.Manifest(MANIFEST, "airflow", "test")
    assert sheet.names() == []
    sheet.put("X", "1")
    assert sheet.render().startswith(MANIFEST + "---\n")
    assert _env_kubernetes.Manifest(MANIFEST, "airflow", "prod").names() == ["Y", "Z", "A", "X"]


def test_of_two_manifests_the_one_of_the_namespace_counts() -> None:
    nowhere = "kind: Secret\nmetadata: {name: airflow}\n---\n"
    assert _env_kubernetes.Manifest(nowhere + MANIFEST, "airflow", "prod").names() == ["Y", "Z", "A", "X"]


def test_a_manifest_of_no_namespace_gets_no_second_one_beside_it() -> None:
    with pytest.raises(Unreadable, match="line 3: the Secret has no namespace; write metadata.namespace there"):
        _env_kubernetes.Manifest("kind: ConfigMap\n---\nkind: Secret\nmetadata: {name: airflow}\n", "airflow", "prod")


@pytest.mark.parametrize("namespace", [None, "prod"])
@pytest.mark.parametrize("of_its_own", ["", ", namespace: prod"])
def test_a_secret_in_a_list_gets_no_second_one_beside_it(namespace: str | None, of_its_own: str) -> None:
    text = f"kind: List\nitems:\n- kind: ConfigMap\n- kind: Secret\n  metadata: {{name: airflow{of_its_own}}}\n"
    with pytest.raises(Unreadable, match="line 4: the Secret stands in a List; give it a document of its own"):
        _env_kubernetes.Manifest(text, "airflow", namespace)
    assert _env_kubernetes.Manifest(text, "other", namespace).names() == []


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("kind: Secret\nmetadata: {name: airflow}\ndata: [a]\n", "line 3: data is no mapping"),
        ("kind: Secret\nmetadata: {name: airflow}\ndata:\n  X: a\n  X: b\n", "line 5: a key stands twice"),
        ("kind: 'Secret\n", "it is no YAML"),
    ],
)
def test_what_is_no_manifest(text: str, why: str) -> None:
    with pytest.raises(Unreadable, match=why):
        opened("kubernetes", text)


def test_json_is_read_and_not_changed() -> None:
    sheet = opened("kubernetes", '{"kind": "Secret", "metadata": {"name": "airflow"}, "data": {"X": "eA=="}}')
    assert sheet.get("X").value == "x"
    sheet.put("X", "y")
    with pytest.raises(ServerFault, match="one key a line"):
        sheet.render()


def test_a_secret_holds_a_mebibyte() -> None:
    sheet = opened("kubernetes", "")
    for number in range(9):
        sheet.put(f"X{number}", "x" * 120_000)
    with pytest.raises(ServerFault, match="no more than 1 MiB"):
        sheet.render()
