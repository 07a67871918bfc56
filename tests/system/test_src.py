# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Declarations that airflow_settings reads from files: merged by id in order, vault understood, faults told by file."""

from __future__ import annotations

import json
import re

import pytest
from ansible.parsing.vault import VaultLib, VaultSecret

pytestmark = pytest.mark.servers("3.3")

LEAK = "Cnry77zq"
VAULT = ("--vault-password-file", "vault.pw")


def encrypted(text: str, password: str = "vault-pw") -> str:
    return VaultLib([("default", VaultSecret(password.encode()))]).encrypt(text).decode()


def inline(text: str) -> str:
    return "!vault |\n" + "".join(f"          {line}\n" for line in encrypted(text).splitlines())


def test_files_folders_and_vault_are_merged_in_order(playbook, stored, proxy, name):
    files = {
        "vault.pw": "vault-pw",
        "base.yml": f"""
connections:
  - {{connection_id: {name}a, conn_type: http, host: base, description: base, extra: {{x: 1}}}}
  - {{conn_id: {name}b, conn_type: ftp}}
variables:
  - {{key: {name}v, value: base}}
  - {{key: {name}template, value: "{{{{ 1 + 1 }}}}"}}
  - key: {name}inline
    secret_value: {inline(LEAK + "inline")}
pools:
  - {{name: {name}p, slots: 1, description: base}}
""",
        "secret.yml": encrypted(f"""
connections:
  - {{connection_id: {name}a, password: "{LEAK}password", secret_extra: {{k: "{LEAK}extra"}}}}
variables:
  - {{key: {name}v, secret_value: "{LEAK}value"}}
"""),
        "folder/20.json": json.dumps({"pools": [{"name": f"{name}p", "slots": 20}], "connections": [{"connection_id": f"{name}b", "port": 20}]}),
        "folder/10.yml": f"pools: [{{name: {name}p, slots: 10, include_deferred: true}}]\n",
        "folder/30.yaml": "",
        "folder/.hidden.yml": "nonsense: 1",
        "folder/notes.txt": "not: [yaml",
    }
    task = {"airflow_settings": {"src": ["base.yml", "secret.yml", "folder"], "update_secrets": "on_create",
                                 "connections": [{"connection_id": f"{name}a", "host": "task"}]}}
    run = playbook(task, task, files=files, options=("-vvv", "--diff", *VAULT))
    assert run.code == 0 and [result["changed"] for result in run.results] == [True, False], run.console
    assert LEAK not in json.dumps(run.results) and LEAK not in run.console
    now = stored.connections()
    assert now[f"{name}a"] == {"conn_type": "http", "host": "task", "description": "base", "login": None, "schema": None, "port": None,
                               "password": f"{LEAK}password", "extra": {"x": 1, "k": f"{LEAK}extra"}}
    assert (now[f"{name}b"]["conn_type"], now[f"{name}b"]["port"]) == ("ftp", 20)
    assert [stored.variable(f"{name}{key}") for key in ("v", "template", "inline")] == [f"{LEAK}value", "{{ 1 + 1 }}", f"{LEAK}inline"]
    pool = stored.pools()[f"{name}p"]
    assert (pool["slots"], pool["include_deferred"], pool["description"]) == ("20", "True", "base")


def test_faults_name_the_file_and_not_its_content(playbook, proxy):
    files = {
        "vault.pw": "vault-pw",
        "bad.yml": f"connections:\n  - connection_id: c\n    password: \"{LEAK}\n  other: [\n",
        "bad.json": '{"connections": [{"password": "' + LEAK + '"',
        "unknown.yml": f"conections: []\npasswords: [{LEAK}]\n",
        "list.yml": f"- {LEAK}\n",
        "text.yml": LEAK,
        "kind.yml": f"connections: {{a: {LEAK}}}\n",
        "wrong.yml": f"connections:\n  - {{connection_id: c, conn_type: http, password: [{LEAK}], port: x}}\npools: [{{name: p, slots: {LEAK}}}]\n",
        "other-vault.yml": encrypted(f"connections: [{{connection_id: c, password: {LEAK}}}]", "another-password"),
        "twice.yml": f"variables: [{{key: v, value: {LEAK}}}, {{key: v, value: b}}]",
        "empty/readme.md": LEAK,
    }
    faulty = ["missing.yml", "bad.yml line 5, column 1", "bad.json line 1, column 41", "unknown.yml line 1", "unknown.yml line 2", "list.yml",
              "text.yml", "other-vault.yml"]
    tasks = [{"windsock.airflow.airflow_settings": {"src": src}, "ignore_errors": True}
             for src in ([*dict.fromkeys(each.split()[0] for each in faulty)], ["wrong.yml", "twice.yml"], ["kind.yml"],
                         [{"path": "a.yml", "text": LEAK}])]
    run = playbook(*tasks, files=files, options=("-vvv", "--diff", *VAULT))
    assert proxy.requests == [] and all(result["failed"] for result in run.results), run.console
    first, second, third, fourth = (result["msg"] for result in run.results)
    assert [each for each in faulty if f"/{each}: " not in first and f"- {each}: " not in first] == [], first
    assert "conections" in first and "decrypt" in first
    for words in ("wrong.yml line 2: connections[0] 'c': password: ", "wrong.yml line 2: connections[0] 'c': port: ",
                  "wrong.yml line 3: pools[0] 'p': slots: ", "twice.yml line 1: variables[1] 'v': declared"):
        assert words in second
    assert "kind.yml line 1: connections must be a list" in third
    assert "src: must be a list of files and folders" in fourth
    assert LEAK not in json.dumps(run.results) and "Traceback" not in run.console
    for place, text in run.everything().items():
        assert LEAK not in text, place


def test_files_of_the_host(playbook, stored, proxy, name, tmp_path):
    """Read where the module runs; here that is this machine too, so the paths are what tells."""
    host = tmp_path / "host"
    (host / "folder").mkdir(parents=True)
    (host / "one.yml").write_text(f"variables: [{{key: {name}v, secret_value: {LEAK}one}}]\n")
    (host / "folder" / "two.json").write_text(json.dumps({"variables": [{"key": f"{name}v", "description": "two"}]}))
    (host / "vault.yml").write_text(encrypted(f"variables: [{{key: {name}v, secret_value: {LEAK}}}]"))
    (host / "wrong.yml").write_text(f"pools:\n- name: {name}p\n  slots: {LEAK}\n")
    task = {"src": [f"{host}/one.yml", f"{host}/folder/"], "remote_src": True, "update_secrets": "on_create"}
    run = playbook({"airflow_settings": task}, {"airflow_settings": task}, options=("-vvv", "--diff"))
    assert [result["changed"] for result in run.results] == [True, False], run.console
    assert stored.variables()[f"{name}v"] == {"value": f"{LEAK}one", "description": "two"}
    proxy.reset()
    wrong = {"src": [f"{host}/{each}" for each in ("vault.yml", "gone.yml", "wrong.yml")] + ["one.yml"], "remote_src": "yes"}
    refused = playbook({"airflow_settings": wrong}, files={"one.yml": "", "vault.pw": "vault-pw"}, options=("-vvv", *VAULT))
    assert proxy.requests == [] and refused.code != 0
    for words in ("vault.yml: is encrypted", "gone.yml: there is no such", "wrong.yml line 2: pools[0]", "one.yml: must be an absolute path"):
        assert words in refused.result["msg"]
    for each in (run, refused):
        for place, text in each.everything().items():
            assert LEAK not in text, place


def test_in_the_background(playbook, stored, name, tmp_path):
    files = {"vault.pw": "vault-pw", "a.yml": encrypted(f"variables: [{{key: {name}v, secret_value: {LEAK}}}]")}
    task = {"windsock.airflow.airflow_settings": {"src": "a.yml"}, "async": 60, "poll": 1}
    run = playbook(task, files=files, options=("-vvv", *VAULT), environ={"ANSIBLE_ASYNC_DIR": str(tmp_path / "run1" / "jobs")})
    assert run.code == 0 and stored.variable(f"{name}v") == LEAK, run.console
    for place, text in run.everything().items():
        # Ansible removes the module that it ran in the background some seconds later.
        assert LEAK not in text or place.startswith("tmp/ansible-tmp-"), place


ROLE = "windsock.airflow.airflow_settings"
APPLY = {"ansible.builtin.include_role": {"name": ROLE}}


def taken(run):
    """How many files the module read by itself, in each run of the role."""
    return [int(count) for count in re.findall(r'"src": "\((\d+) entries\)"', run.console)]


def declared(run, kind):
    """What each run of the role declared of a kind beside the files that the module read; None if nothing did."""
    found = re.findall(rf'"{kind}": (?:null|"\((\d+) entries\)")', run.console)
    return [int(count) if count else None for count in found]


def test_the_role_leaves_files_without_templates_to_the_module(playbook, stored, name):
    files = {
        "vault.pw": "vault-pw",
        "plain/a.yml": f"""
variables:
  - {{key: {name}v, value: a, description: a}}
  - key: {name}inline
    secret_value: {inline(LEAK + "inline")}
pools: [{{name: {name}p, slots: 1}}]
""",
        "plain/b.yml": encrypted(f"variables: [{{key: {name}v, secret_value: '{LEAK}b'}}]"),
        "templates.yml": f"pools: [{{name: {name}p, slots: '{{{{ 2 * 2 }}}}'}}]",
        "airflow.yml": f"variables: [{{key: {name}ds, value: 's3://{{{{ ds }}}}'}}]",
    }
    common = {"airflow_settings_update_secrets": "on_create", "airflow_settings_owner": "",
              "airflow_settings_pools": [{"name": f"{name}p", "include_deferred": True}]}
    run = playbook(
        {**APPLY, "vars": {**common, "airflow_settings_files": ["plain", "templates.yml"]}},
        {**APPLY, "vars": {**common, "airflow_settings_files": ["templates.yml", "plain"], "airflow_settings_templates": True}},
        {**APPLY, "vars": {**common, "airflow_settings_files": ["plain/"]}},
        {**APPLY, "vars": {**common, "airflow_settings_files": ["plain", "airflow.yml"], "airflow_settings_templates": False}},
        files=files, options=("-vvv", "--diff", *VAULT), environ={"ANSIBLE_INJECT_INVOCATION": "true"})
    assert run.code == 0, run.console
    assert taken(run) == [0, 0, 2, 3]
    # A kind that nothing declares is not declared as empty, which would be pruned.
    assert [declared(run, kind) for kind in ("connections", "variables", "pools")] == [[None] * 4, [2, 2, None, None], [1] * 4]
    # The same is merged in the same order, whoever reads the files.
    assert [len(result["changes"]) for result in run.results if "airflow" in result] == [3, 1, 0, 1]
    assert stored.variable(f"{name}v") == f"{LEAK}b" and stored.variable(f"{name}inline") == f"{LEAK}inline"
    assert stored.variable(f"{name}ds") == "s3://{{ ds }}"
    pool = stored.pools()[f"{name}p"]
    assert (pool["slots"], pool["include_deferred"]) == ("1", "True")
    for place, text in run.everything().items():
        assert LEAK not in text, place
