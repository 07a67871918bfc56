# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files of declarations: from the action plugin or the host, merged by id, every fault with its file and line."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest

from ansible_collections.windsock.airflow.plugins.module_utils import _yaml
from ansible_collections.windsock.airflow.plugins.module_utils._arguments import POLICY, PRUNE, SETS
from ansible_collections.windsock.airflow.plugins.module_utils._faults import Refused
from ansible_collections.windsock.airflow.plugins.module_utils._jobs import _set
from ansible_collections.windsock.airflow.plugins.module_utils._kinds import KINDS
from ansible_collections.windsock.airflow.plugins.module_utils._sources import gather, read_sources
from ansible_collections.windsock.airflow.tests.unit.module_runner import ModuleRunner
from ansible_collections.windsock.airflow.tests.unit.scripted_http import Reply, ScriptedServer

PARAMS = {name: spec.get("default") for name, spec in (SETS + PRUNE + POLICY).options.items()}
VAULT = "$ANSIBLE_VAULT;1.1;AES256\n3330\n"


def handed(**texts: str) -> list[dict[str, str]]:
    """Files as the action plugin hands them on; a name's last _ stands for its dot."""
    return [{"path": ".".join(name.rsplit("_", 1)), "text": text} for name, text in texts.items()]


def refused(src: t.Any, remote_src: bool = False, **own: t.Any) -> list[str]:
    """The faults that airflow_settings has with it; none of them may show a canary."""
    try:
        _set.Set().prepare({"src": src, **own}, {**PARAMS, "remote_src": remote_src})
    except Refused as refused:
        assert "canary" not in refused.message
        return [str(fault) for fault in refused.faults]
    return []


def declared(src: t.Any, remote_src: bool = False, **own: t.Any) -> dict[str, list[t.Any]]:
    """The words of all declarations, by kind."""
    files = read_sources(src, remote_src)
    assert [fault for file in files for fault in file.faults] == []
    found = {
        kind.plural: [words for _kind, words, _place in gather(kind, files, own.get(kind.plural))] for kind in KINDS
    }
    return {plural: words for plural, words in found.items() if words}


A = "connections:\n- {connection_id: a, host: a, port: 1}\n- {conn_id: b, host: b}\n"
B = '{"connections": [{"connection_id": "b", "port": 2}], "pools": [{"name": "p", "slots": 1}]}'


def test_files_are_merged_in_order_and_the_options_come_last() -> None:
    own = [{"connection_id": "a", "host": "own"}, {"connection_id": "c"}]
    assert declared(handed(a_yml=A, b_json=B, empty_yml="", null_yml="pools:\n"), connections=own) == {
        "connections": [
            {"connection_id": "a", "host": "own", "port": 1},
            {"connection_id": "b", "host": "b", "port": 2},
            {"connection_id": "c"},
        ],
        "pools": [{"name": "p", "slots": 1}],
    }
    assert declared(handed(a_yml=A)) == {
        "connections": [{"connection_id": "a", "host": "a", "port": 1}, {"conn_id": "b", "host": "b"}]
    }
    assert declared(None, connections=own) == {"connections": own}
    assert declared([], connections=own) == {"connections": own}


def test_the_kinds_that_files_name_are_declared(monkeypatch: pytest.MonkeyPatch) -> None:
    """Among these it is pruned: an empty list is a declaration, null is none."""
    called: list[t.Any] = []
    monkeypatch.setattr(
        _set, "run", lambda _desired, kinds, *_rest: called.append([kind.plural for kind in kinds])
    )
    for text, own in (("pools: []\nvariables:\n", {}), ("pools:\n", {"variables": [], "connections": None}), ("", {})):
        given = {"src": handed(a_yml=text), **own}
        _set.Set().prepare(given, PARAMS)(None, True)
    assert called == [["pools"], ["variables"], []]


def test_json_that_is_none_may_be_yaml() -> None:
    assert declared(handed(a_json="{pools: [{name: p}],}")) == {"pools": [{"name": "p"}]}
    assert refused(handed(a_json='{"pools":\n\t[{"name": "canary",\n\tx]}')) == [
        "a.json line 3, column 2: is neither YAML nor JSON"
    ]
    assert refused(handed(a_yml="{pools: [canary\n")) == ["a.yml line 2, column 1: is neither YAML nor JSON"]


def test_faults_of_declarations_name_the_file_and_the_line() -> None:
    text = "# a comment\npools:\n  - name: p\n    slots: -2\n  - {name: q, slots: 1}\n  - canary\n\n  - slots: 1\n"
    told = [
        "pools.yml line 3: pools[0] 'p': slots: must be a whole number from -1 to 2147483647",
        "pools.yml line 6: pools[2]: must be a dict",
        "pools.yml line 8: pools[3]: name: is missing",
    ]
    assert refused(handed(pools_yml=text)) == told
    as_json = '{\n"pools": [ {"name": "p", "slots": -2},\n{"name": "q", "slots": 1},\n"canary", {"slots": 1}]}'
    assert [each.split(": ")[0] for each in refused(handed(pools_json=as_json))] == [
        f"pools.json line {line}" for line in (2, 4, 4)
    ]


def test_an_object_of_several_files_is_told_with_all_its_places() -> None:
    files = handed(a_yml=A, b_json=B)
    assert refused(
        files, connections=[{"connection_id": "b", "port": -1}, {"connection_id": "a", "port": "canary"}]
    ) == [
        "a.yml line 2: connections[0] and connections[1] 'a': port: must be a whole number from 0 to 65535",
        "a.yml line 3: connections[1] and b.json line 1: connections[0] and connections[0] 'b': "
        "port: must be a whole number from 0 to 65535",
    ]


def test_an_id_twice_in_one_file_is_refused() -> None:
    text = "variables:\n- {key: v, value: canary}\n- {key: v, value: canary}\n"
    assert refused(handed(a_yml=text, b_yml="variables: [{key: v, description: d}]")) == [
        "a.yml line 3: variables[1] 'v': declared already as a.yml line 2: variables[0] and b.yml line 1: variables[0]"
    ]


def test_a_file_has_lists_of_the_three_kinds_only() -> None:
    files = handed(
        a_yml="conections: [canary]\n\npools: {a: canary}\nvariables: canary\n5: x\n",
        b_json='{"pools": [],\n"pools": []}',
        list_yml="- canary",
        text_yml="canary",
        list_json="[]",
    )
    mapping = "must be a mapping with the keys connections, variables, pools"
    assert refused(files) == [
        "a.yml line 1: unknown key 'conections', did you mean connections?",
        "a.yml line 3: pools must be a list",
        "a.yml line 4: variables must be a list",
        "a.yml line 5: unknown key, known are connections, pools, variables",
        "b.json line 2: the key 'pools' is there twice in one mapping",
        f"list.yml: {mapping}",
        f"text.yml: {mapping}",
        f"list.json: {mapping}",
    ]


def test_all_faults_are_told_at_once() -> None:
    files = [*handed(a_yml="pools: [{name: p, name: q, slots: x}]"), {"path": "gone.yml", "fault": "is not there"}]
    assert refused(files, variables="canary") == [
        "a.yml line 1, column 19: the key 'name' is there twice in one mapping",
        "gone.yml: is not there",
        "a.yml line 1: pools[0] 'q': slots: must be a whole number from -1 to 2147483647",
        "variables: must be a list of dicts",
    ]


@pytest.mark.parametrize("src", ["a.yml", ["a.yml"], [{}, "a.yml"], 5, {"a": "canary"}], ids=str)
def test_paths_that_no_action_plugin_has_read_are_refused(src: t.Any) -> None:
    assert refused(src) == ["src: is read by the action plugin of this module, which this call went around"]


def test_values_encrypted_one_by_one_come_decrypted() -> None:
    text = "variables: [{key: a, secret_value: !vault cipher}, {key: b, secret_value: !vault other}]"
    assert declared([{"path": "a.yml", "text": text, "vaulted": {"cipher": "x", "other": "y"}}]) == {
        "variables": [{"key": "a", "secret_value": "x"}, {"key": "b", "secret_value": "y"}]
    }
    assert refused([{"path": "a.yml", "text": text, "vaulted": {"cipher": "x"}}]) == [
        "a.yml line 1, column 75: cannot be decrypted with the ansible-vault passwords of this run"
    ]


# Files of the host


def test_files_and_folders_of_the_host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "one.yml").write_text(A)
    (tmp_path / "folder/sub.yml").mkdir(parents=True)
    for name, text in {
        "20.yaml": "pools: [{name: p, slots: 20}]",
        "10.json": B,
        ".hidden.yml": "-",
        "x.txt": "-",
    }.items():
        (tmp_path / "folder" / name).write_text(text)
    wanted = {
        "connections": [
            {"connection_id": "a", "host": "a", "port": 1},
            {"connection_id": "b", "host": "b", "port": 2},
        ],
        "pools": [{"name": "p", "slots": 20}],
    }
    assert declared([str(tmp_path / "one.yml"), f"{tmp_path}/folder/"], True) == wanted
    monkeypatch.setenv("HOME", str(tmp_path))
    assert declared(["~/one.yml", "$HOME/folder"], True) == wanted
    assert declared("~/one.yml", True)["connections"][0]["port"] == 1
    assert refused(["~/one.yml"], True) == []


def test_what_cannot_be_used_on_the_host(tmp_path: Path) -> None:
    (tmp_path / "vault.yml").write_text(VAULT)
    (tmp_path / "inline.yml").write_text("variables:\n- {key: v, secret_value: !vault canary}\n")
    (tmp_path / "latin.yml").write_bytes("pools:\n# caf\xe9 canary".encode("latin-1"))
    (tmp_path / "wrong.yml").write_text("pools: [{name: p, slots: canary}]")
    names = ["gone.yml", "vault.yml", "inline.yml", "latin.yml", "wrong.yml"]
    vault = "is encrypted with ansible-vault, which only the controller can decrypt"
    assert refused(["relative.yml", *(f"{tmp_path}/{name}" for name in names)], True) == [
        "relative.yml: must be an absolute path, since remote_src is set",
        f"{tmp_path}/gone.yml: there is no such file or folder",
        f"{tmp_path}/vault.yml: {vault}",
        f"{tmp_path}/inline.yml line 2, column 26: {vault}",
        f"{tmp_path}/latin.yml: is not UTF-8, see line 2",
        f"{tmp_path}/wrong.yml line 1: pools[0] 'p': slots: must be a whole number from -1 to 2147483647",
    ]


@pytest.mark.parametrize("src", [{"path": "canary", "text": ""}, [{"path": "canary", "text": ""}], [5], 5], ids=str)
def test_on_the_host_only_paths_are_taken(src: t.Any) -> None:
    assert refused(src, True) == ["src: must be a list of files and folders"]


# Through the module


def test_the_module_reads_texts_and_shows_nothing_of_them(http: ScriptedServer, run_module: ModuleRunner) -> None:
    http.begin(Reply(200, {"version": "3.3.2"}), Reply(404, {"detail": "was not found"}), Reply(201, {"key": "v"}))
    src = handed(a_yml="variables:\n- {key: v, secret_value: CANARY}\n")
    run = run_module("airflow_settings", airflow_url=http.url, airflow_token="t", owner="", diff=True, src=src)
    assert run.result["changed"] is True
    assert http.requests[-1].body == {"key": "v", "value": "CANARY"}
    assert "CANARY" not in run.everything
    assert run.result["invocation"]["module_args"]["src"] == "(1 entries)"


def test_faults_of_options_and_files_are_told_at_once(run_module: ModuleRunner) -> None:
    src = handed(a_yml="pools:\n- {name: p, slots: CANARY}\n")
    run = run_module("airflow_settings", src=src, timeout="x", remote_src="maybe")
    for told in ("airflow_url", "timeout", "remote_src", "a.yml line 2: pools[0] 'p': slots: "):
        assert told in run.result["msg"], told
    assert "CANARY" not in run.everything
    assert run.result["failures"][-1]["kind"] == "pool"


def test_without_pyyaml_the_module_says_so(run_module: ModuleRunner, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(*_arguments: t.Any) -> t.NoReturn:
        raise _yaml.YamlMissing("CANARY")

    monkeypatch.setattr("ansible_collections.windsock.airflow.plugins.module_utils._sources.read_yaml", missing)
    run = run_module("airflow_settings", airflow_url="http://a", airflow_token="t", src=handed(a_yml="CANARY"))
    assert "PyYAML" in run.result["msg"]
    assert "CANARY" not in run.everything
    run = run_module("airflow_settings", airflow_url="http://a", airflow_token="t", src=handed(a_json="{CANARY"))
    assert "a.json line 1, column 2: is neither YAML nor JSON" in run.result["msg"]
