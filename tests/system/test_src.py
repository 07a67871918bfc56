# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Declarations that airflow_settings reads from files: merged by id in order, vault understood, faults told by file."""

from __future__ import annotations

import json

from ansible.parsing.vault import VaultLib, VaultSecret

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
    faulty = ["missing.yml", "bad.yml", "bad.json", "unknown.yml", "list.yml", "text.yml", "other-vault.yml"]
    tasks = [{"windsock.airflow.airflow_settings": {"src": src}, "ignore_errors": True}
             for src in (faulty, ["wrong.yml", "twice.yml"], ["kind.yml"], [{"a": LEAK}])]
    run = playbook(*tasks, files=files, options=("-vvv", "--diff", *VAULT))
    assert proxy.requests == [] and all(result["failed"] for result in run.results), run.console
    first, second, third, _fourth = (result["msg"] for result in run.results)
    assert [each for each in faulty if each not in first] == [], first
    assert "conections" in first and "line" in first and "decrypt" in first
    for words in ("connections[0] 'c': password: ", "connections[0] 'c': port: ", "pools[0] 'p': slots: ", "variables[1] 'v': declared"):
        assert words in second
    assert "connections" in third
    assert LEAK not in json.dumps(run.results) and "Traceback" not in run.console
    for place, text in run.everything().items():
        assert LEAK not in text, place
