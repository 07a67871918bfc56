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

from ansible_collections.windsock.airflow.plugins.lookup.plain_declarations import DOCUMENTATION, LookupModule

NAME = "windsock.airflow.plain_declarations"
SECRETS = [(constants.DEFAULT_VAULT_ID_MATCH, VaultSecret(b"of-this-test-only"))]

# What Ansible's plugin loader does with the documentation, so that the plugin knows its options.
constants.config.initialize_plugin_configuration_definitions("lookup", NAME, yaml.safe_load(DOCUMENTATION)["options"])


@pytest.fixture
def find(tmp_path):
    def run(*terms, secrets=None, **options):
        loader = DataLoader()
        loader.set_vault_secrets(SECRETS if secrets is None else secrets)
        lookup = LookupModule(loader=loader)
        lookup._load_name = NAME
        found = lookup.run(list(terms), {"playbook_dir": str(tmp_path)}, **options)
        return [path.removeprefix(f"{tmp_path}/") for path in found]

    return run


def test_files_without_templates_are_found(find, tmp_path):
    (tmp_path / "folder").mkdir()
    for name in ("one.yml", "folder/b.json", "folder/a.yml", "folder/.hidden.yml", "folder/notes.txt"):
        (tmp_path / name).write_text("pools: [] # } }} { %")
    assert find("one.yml", "folder/", "one.yml") == ["one.yml", "folder/a.yml", "folder/b.json"]
    assert find(["folder", f"{tmp_path}/one.yml"], templates=None) == ["folder/a.yml", "folder/b.json", "one.yml"]
    assert find() == []


@pytest.mark.parametrize("template", ["{{ a }}", "{% if %}", "{# x #}", "{{"])
def test_a_template_in_one_of_them_and_none_is_found(find, tmp_path, template):
    (tmp_path / "a.yml").write_text("pools: []")
    (tmp_path / "b.yml").write_text(f"pools:\n# {template}")
    assert find("a.yml", "b.yml") == []
    assert find("b.yml", templates=False) == ["b.yml"]
    assert find("a.yml", templates=True) == []


def test_what_is_encrypted_is_looked_through(find, tmp_path):
    (tmp_path / "plain.yml").write_bytes(VaultLib(SECRETS).encrypt("pools: []"))
    (tmp_path / "templates.yml").write_bytes(VaultLib(SECRETS).encrypt("pools: '{{ a }}'"))
    assert find("plain.yml") == ["plain.yml"]
    assert find("templates.yml") == []
    # Told that there is none, it does not look, and the module tells what is wrong with the file.
    assert find("templates.yml", secrets=[], templates=False) == ["templates.yml"]


def test_all_faults_are_told_at_once(find, tmp_path):
    (tmp_path / "vault.yml").write_bytes(VaultLib(SECRETS).encrypt("canary"))
    (tmp_path / "latin.yml").write_bytes(b"canary\n\xe9")
    with pytest.raises(AnsibleLookupError) as error:
        find("gone.yml", "vault.yml", "latin.yml", secrets=[])
    assert str(error.value).splitlines() == [
        f"{tmp_path}/gone.yml: there is no such file or folder",
        f"{tmp_path}/vault.yml: cannot be decrypted with the ansible-vault passwords of this run",
        f"{tmp_path}/latin.yml: is not UTF-8, see line 2",
    ]
