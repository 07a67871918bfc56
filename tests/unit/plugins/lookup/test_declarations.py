# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
import yaml
from ansible import constants
from ansible.errors import AnsibleLookupError
from ansible.parsing.dataloader import DataLoader
from ansible.parsing.vault import VaultLib, VaultSecret
from ansible.template import Templar

from ansible_collections.windsock.airflow.plugins.lookup.declarations import DOCUMENTATION, LookupModule

NAME = "windsock.airflow.declarations"
SECRETS = [(constants.DEFAULT_VAULT_ID_MATCH, VaultSecret(b"of-this-test-only"))]
OTHER_SECRETS = [(constants.DEFAULT_VAULT_ID_MATCH, VaultSecret(b"another"))]


# What Ansible's plugin loader does with the documentation, so that the plugin knows its options.
constants.config.initialize_plugin_configuration_definitions("lookup", NAME, yaml.safe_load(DOCUMENTATION)["options"])


@pytest.fixture
def load(tmp_path):
    def run(*terms, kind="pools", secrets=None, **variables):
        variables["playbook_dir"] = str(tmp_path)
        loader = DataLoader()
        loader.set_vault_secrets(secrets or SECRETS)
        lookup = LookupModule(loader=loader, templar=Templar(loader=loader, variables=variables))
        lookup._load_name = NAME
        return lookup.run(list(terms), variables, kind=kind)

    return run


def refused(load, *terms, **options):
    with pytest.raises(AnsibleLookupError) as error:
        load(*terms, **options)
    assert "canary" not in str(error.value)
    return str(error.value)


def test_one_list_for_each_file_in_the_order_given(load, tmp_path):
    (tmp_path / "b.yml").write_text("pools: [{name: b}]\nvariables: [{key: not-asked-for}]\n")
    (tmp_path / "a.json").write_text('{"pools": [{"name": "a", "slots": 1}]}')
    (tmp_path / "empty.yml").write_text("---\n")
    (tmp_path / "null.yml").write_text("pools:\n")
    (tmp_path / "none.yml").write_text("pools: []\n")
    assert load("b.yml", str(tmp_path / "a.json"), "empty.yml", "null.yml", "none.yml") == [
        [{"name": "b"}],
        [{"name": "a", "slots": 1}],
        None,
        None,
        [],
    ]
    assert load(["b.yml", "a.json"]) == [[{"name": "b"}], [{"name": "a", "slots": 1}]]
    assert load() == []


def test_of_a_folder_the_yaml_and_json_files_by_name(load, tmp_path):
    folder = tmp_path / "folder"
    (folder / "sub.yml").mkdir(parents=True)
    for name in ("20.yaml", "10.json", "30.yml"):
        (folder / name).write_text(f'{{"pools": [{{"name": "{name}"}}]}}')
    for name in (".hidden.yml", "notes.txt", "old.yml~"):
        (folder / name).write_text("{ not yaml")
    assert [source[0]["name"] for source in load("folder/")] == ["10.json", "20.yaml", "30.yml"]


def test_templates_of_the_kind_asked_for_are_evaluated(load, tmp_path):
    (tmp_path / "a.yml").write_text(
        "pools:\n  - name: '{{ prefix }}_a'\n    description: !unsafe '{{ ds }}'\nvariables: '{{ undefined_canary }}'\n"
    )
    assert load("a.yml", prefix="x") == [[{"name": "x_a", "description": "{{ ds }}"}]]


def test_a_kind_may_be_one_template(load, tmp_path):
    (tmp_path / "a.yml").write_text("pools: '{{ mine }}'\n")
    assert load("a.yml", mine=[{"name": "a"}]) == [[{"name": "a"}]]


def test_a_file_encrypted_whole(load, tmp_path):
    # Inline !vault values need a whole run of Ansible: tests/integration/targets/role_airflow_settings.
    (tmp_path / "whole.yml").write_bytes(VaultLib(SECRETS).encrypt("pools: [{name: whole}]\n"))
    assert load("whole.yml") == [[{"name": "whole"}]]


def test_all_faults_of_the_files_are_told_at_once(load, tmp_path):
    (tmp_path / "keys.yml").write_text("conections: [canary]\npool: canary\n")
    (tmp_path / "other.yml").write_text("pools: []\ncanary: canary\n")
    (tmp_path / "list.yml").write_text("- canary\n")
    (tmp_path / "text.yml").write_text("canary\n")
    (tmp_path / "broken.yml").write_text("pools:\n  - name: canary\n   slots: 1\n")
    (tmp_path / "broken.json").write_text('{"pools": [canary')
    told = refused(
        load, "gone.yml", "keys.yml", "other.yml", "list.yml", "text.yml", "broken.yml", "broken.json"
    ).splitlines()
    assert [line.removeprefix(f"{tmp_path}/").partition(":")[::2] for line in told] == [
        ("gone.yml", " there is no such file or folder"),
        ("keys.yml", " unknown key 'conections', 'pool'; a file of declarations has connections, variables, pools"),
        ("other.yml", " unknown key; a file of declarations has connections, variables, pools"),
        ("list.yml", " must be a mapping with the keys connections, variables, pools"),
        ("text.yml", " must be a mapping with the keys connections, variables, pools"),
        ("broken.yml", " neither YAML nor JSON, see line 3, column 4"),
        ("broken.json", told[6].partition(":")[2]),
    ]
    assert "neither YAML nor JSON" in told[6]


@pytest.mark.parametrize("content", ["pools:", "pools: '{{ none }}'", "pools: '{{ empty | default(none) }}'"])
def test_a_kind_that_is_null_is_not_declared(load, tmp_path, content):
    """An empty list would declare that there is to be none of it, and prune goes by that."""
    (tmp_path / "a.yml").write_text(content)
    assert load("a.yml", none=None) == [None]


@pytest.mark.parametrize(
    "content",
    ["pools: {name: canary}", "pools: canary", "pools: 7", "pools: ''", "pools: {}", "pools: '{{ nothing }}'"],
)
def test_a_kind_must_be_a_list(load, tmp_path, content):
    (tmp_path / "a.yml").write_text(content)
    assert refused(load, "a.yml", nothing="") == f"{tmp_path}/a.yml: pools must be a list"


def test_a_file_of_another_password_is_named(load, tmp_path):
    (tmp_path / "whole.yml").write_bytes(VaultLib(SECRETS).encrypt("pools: [{name: canary}]\n"))
    told = refused(load, "whole.yml", secrets=OTHER_SECRETS)
    assert told == f"{tmp_path}/whole.yml: cannot be decrypted with the ansible-vault passwords of this run"


@pytest.mark.parametrize("template", ["{{ nowhere }}", "canary {{ nowhere", "canary {{ nowhere }}"])
def test_a_template_that_fails_is_told_without_what_stands_around_it(load, tmp_path, template):
    (tmp_path / "a.yml").write_text(f"pools:\n  - description: canary\n    name: '{template}'\n")
    told = refused(load, "a.yml")
    assert told.startswith(f"{tmp_path}/a.yml: pools: ")


def test_a_broken_encrypted_file_is_told_by_its_place(load, tmp_path):
    (tmp_path / "whole.yml").write_bytes(VaultLib(SECRETS).encrypt("pools:\n  - name: canary\n   slots: canary\n"))
    assert refused(load, "whole.yml") == f"{tmp_path}/whole.yml: neither YAML nor JSON, see line 3, column 4"


def test_files_of_other_forms(load, tmp_path):
    (tmp_path / "airflow_settings.yaml").write_text(
        "airflow:\n  pools: [{pool_name: '{{ prefix }}_a', pool_slot: 1}]\n  variables: '{{ undefined_canary }}'\n"
    )
    (tmp_path / "exported.json").write_text('{"b": {"slots": 2, "description": "{{ prefix }}"}}')
    (tmp_path / "connections.env").write_text("c=http://{{ prefix }}\n")
    assert load("airflow_settings.yaml", "exported.json", "connections.env", prefix="x") == [
        [{"name": "x_a", "slots": 1}],
        [{"name": "b", "slots": 2, "description": "x"}],
        None,
    ]
    assert load("connections.env", kind="connections")[0][0]["connection_id"] == "c"


def test_faults_of_files_of_other_forms_name_the_file(load, tmp_path):
    (tmp_path / "a.yml").write_text("airflow: {pools: [{pool_name: p, pool_slots: canary}]}\n")
    (tmp_path / "b.env").write_text("AIRFLOW_CONN_X=canary\n")
    (tmp_path / "c.json").write_text('{"x": "canary"}')
    told = refused(load, "b.env", "c.json").splitlines()
    assert [line.partition(":")[0].rpartition("/")[2] for line in told] == ["b.env", "c.json"]
    told = refused(load, "a.yml").splitlines()
    assert told[0].removeprefix(f"{tmp_path}/") == "a.yml: pools[0] 'p': unknown key 'pool_slots', did you mean pool_slot?"
