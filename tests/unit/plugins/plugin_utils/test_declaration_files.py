# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the action plugin hands on of a file: a plain text, decrypted in memory, or the reason why there is none."""

from __future__ import annotations

import os
import tempfile

import pytest
from ansible import constants
from ansible.parsing.dataloader import DataLoader
from ansible.parsing.vault import VaultLib, VaultSecret

from ansible_collections.windsock.airflow.plugins.plugin_utils._declaration_files import hand_on

SECRETS = [(constants.DEFAULT_VAULT_ID_MATCH, VaultSecret(b"of-this-test-only"))]
OTHER_SECRETS = [(constants.DEFAULT_VAULT_ID_MATCH, VaultSecret(b"another"))]


def encrypted(text: str) -> str:
    return VaultLib(SECRETS).encrypt(text).decode()


@pytest.fixture
def handed(tmp_path, monkeypatch):
    path = tmp_path / "a.yml"

    def hand(content, secrets=None):
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        loader = DataLoader()
        loader.set_vault_secrets(SECRETS if secrets is None else secrets)
        folder = tmp_path / "temporary"
        folder.mkdir(exist_ok=True)
        monkeypatch.setattr(tempfile, "tempdir", str(folder))
        monkeypatch.setattr(constants, "DEFAULT_LOCAL_TMP", str(folder))
        answer = hand_on(str(path), loader)
        assert os.listdir(folder) == []
        assert answer.pop("path") == str(path)
        # Plain texts, without what Ansible attaches to those that it has read or decrypted.
        assert {type(text) for text in [*answer.values(), *answer.get("vaulted", {}).values()]} <= {str, dict}
        return answer

    return hand


def test_a_text_as_it_stands(handed):
    text = "variables:\n- {key: é, value: '{{ ds }}'}\r\n"
    assert handed(text) == {"text": text}
    assert handed(b"\xef\xbb\xbf{}") == {"text": "{}"}
    assert handed("") == {"text": ""}


def test_a_file_encrypted_whole(handed):
    assert handed(encrypted("pools: []")) == {"text": "pools: []"}
    for secrets in ([], OTHER_SECRETS):
        reason = "cannot be decrypted with the ansible-vault passwords of this run"
        assert handed(encrypted("canary"), secrets) == {"fault": reason}
    assert "fault" in handed("$ANSIBLE_VAULT;1.1;AES256\ncanary\n")


def test_values_encrypted_one_by_one(handed):
    one, two = encrypted("é: [\n"), encrypted("two")
    lines = "\n".join(f"      {line}" for line in one.splitlines())
    text = f"variables:\n- key: a\n  value: !vault |\n{lines}\n- {{key: b, value: !vault {two!r}}}\n"
    text = text.replace(repr(two), '"' + two.replace("\n", "\\n") + '"')
    assert handed(text) == {"text": text, "vaulted": {one: "é: [\n", two: "two"}}
    # Those that cannot be decrypted are left out, and a text that is broken is handed on: the module tells the places.
    assert handed(text, OTHER_SECRETS) == {"text": text, "vaulted": {}}
    broken = f"{text}[{{ !vault x\n- !vault [a]"
    assert handed(broken) == {"text": broken, "vaulted": {one: "é: [\n", two: "two"}}
    assert handed("a: !vault canary") == {"text": "a: !vault canary", "vaulted": {}}


def test_what_cannot_be_read(handed, tmp_path):
    assert handed("é\ncafé".encode("latin-1")) == {"fault": "is not UTF-8, see line 1"}
    assert handed(encrypted("x").encode() + b"\xe9") == {
        "fault": "cannot be decrypted with the ansible-vault passwords of this run"
    }
    assert hand_on(str(tmp_path), DataLoader())["fault"] == "cannot be read"
