# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files and values for the playbooks: declarations in every state, vaulted ones, and interpreters that come to harm."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ansible.parsing.vault import VaultLib, VaultSecret
from canaries import SECRETS

from ansible_collections.windsock.airflow.plugins.module_utils._kinds import KINDS

DECLARATIONS = {
    "open.yml": "connections: [{connection_id: leaks_file, conn_type: http}]\npools: [{name: leaks_file, slots: 3}]\n",
    "more.json": json.dumps({"variables": [{"key": "leaks_json", "secret_value": SECRETS["json"]}]}),
}
REFERENCES = """
connections:
  - {connection_id: leaks_refers, conn_type: http, secret_extra: {a: [{b: {vault: leaks/pem}}]}}
  - {connection_id: leaks_refers_whole, from_vault: leaks/fields}
variables: [{key: leaks_refers, secret_value: {vault: leaks/value, key: value}}]
"""
# What no loader takes, or what cannot be a declaration.
FAULTY = {
    "unclosed.yml": 'variables:\n  - key: a\n    secret_value: "{broken}\n',
    "colons.yml": "variables:\n  - key: a\n    secret_value: {broken}: b: [c\n",
    "tabs.yml": "variables:\n\t- key: a\n\t  secret_value: {broken}\n",
    "tag.yml": "variables:\n  - {{key: a, secret_value: !secret {broken}}}\n",
    "alias.yml": "variables:\n  - {{key: a, secret_value: *{broken}}}\n",
    "twice.yml": "variables:\n  - {{key: a, secret_value: {broken}, secret_value: b{broken}}}\n",
    "documents.yml": "variables: []\n---\nvariables: [{{key: a, secret_value: {broken}}}]\n",
    "unclosed.json": '{{"variables": [{{"key": "a", "secret_value": "{broken}"',
    "comma.json": '{{"variables": [{{"key": "a", "secret_value": "{broken}",}}]}}',
    "keys.yml": "variable:\n  - {{key: a, secret_value: {broken}}}\n",
    "list.yml": "- {{key: a, secret_value: {broken}}}\n",
    "text.yml": "{broken}\n",
    "number.yml": "variables:\n  - {{key: a, secret_value: !!int {broken}}}\n",
    "character.yml": "variables:\n  - {{key: a, secret_value: {broken}\x07}}\n",
    "no_list.yml": "variables: {{a: {broken}}}\n",
    "wrong_field.yml": "variables:\n  - {{key: a, secret_valeu: {broken}, value: '***{broken}'}}\n",
    "airflow_settings.yaml": "airflow: {{variables: [{{variable_name: a, variable_valeu: {broken}}}]}}\n",
    "wrong_settings.yaml": "airflow: {{connections: [{{conn_id: a, conn_uri: 'http://u:{broken}@h:port/'}}]}}\n",
    "exported.json": '{{"a": {{"conn_type": "x", "pasword": "{broken}", "port": "{broken}"}}}}',
    "variables.json": '{{"a": {{"connections": "{broken}"}}, "a": "{broken}"}}',
    "anything.json": '{{"a": "{broken}"}}',
    "listed.json": '[{{"connection_id": "a", "conn_type": "{broken}", "password": "***{broken}"}}]',
    "wrong_uri.yml": "connections:\n  - {{connection_id: a, uri: 'http://u:{broken}@h:port/'}}\n",
}
# What a template makes of them cannot be had. The text beside it is a secret too.
UNTEMPLATABLE = {
    "undefined.yml": "variables:\n  - {{key: a, secret_value: '{literal}{{{{ nowhere }}}}'}}\n",
    "beside.yml": "variables:\n  - {{key: a, secret_value: '{{{{ secrets.password ~ nowhere }}}}'}}\n",
    "filter.yml": "variables:\n  - {{key: a, secret_value: '{{{{ \"{literal}\" | nowhere }}}}'}}\n",
    "syntax.yml": "variables:\n  - {{key: a, secret_value: '{{{{ \"{literal}\" + }}}}'}}\n",
    "type.yml": "variables:\n  - {{key: a, secret_value: '{{{{ \"{literal}\" + 1 }}}}'}}\n",
    "division.yml": "variables:\n  - {{key: a, secret_value: '{{{{ \"{literal}\" | length / 0 }}}}'}}\n",
    "json.yml": "variables:\n  - {{key: a, secret_value: '{{{{ \"{literal}\" | from_json }}}}'}}\n",
    "yaml.yml": "variables:\n  - {{key: a, secret_value: '{{{{ \"{literal}: b: c\" | from_yaml }}}}'}}\n",
    "hash.yml": "variables:\n  - {{key: a, secret_value: '{{{{ \"{literal}\" | password_hash(\"nowhere\") }}}}'}}\n",
    "pattern.yml": "variables:\n  - {{key: a, secret_value: '{{{{ \"a\" | regex_search(\"{literal}[\") }}}}'}}\n",
    "attribute.yml": "variables:\n  - {{key: a, secret_value: '{{{{ \"{literal}\".nowhere.there }}}}'}}\n",
    "key.yml": "variables:\n  - {{key: a, secret_value: '{{{{ {{}}[secrets.broken] }}}}'}}\n",
    "conversion.yml": "variables:\n  - {{key: a, secret_value: '{{{{ secrets.password | to_datetime }}}}'}}\n",
    "file.yml": "variables:\n  - {{key: a, secret_value: '{{{{ lookup(\"file\", \"{literal}\") }}}}'}}\n",
}
# Files of environment variables that hold secrets already, and what no tool or no Airflow would read.
ELSEWHERE = {
    "compose": "AIRFLOW_VAR_LEAKS='{literal}\n",
    "compose_behind": "AIRFLOW_VAR_LEAKS='a'{literal}\n",
    "systemd": 'AIRFLOW_VAR_LEAKS="{literal}\n',
    "kubernetes": "kind: Secret\nmetadata: {{name: leaks}}\nstringData: {{AIRFLOW_VAR_LEAKS: '{literal}\n",
    "kubernetes_list": "kind: Secret\nmetadata: {{name: leaks}}\nstringData: [{literal}]\n",
    "kubernetes_base64": "kind: Secret\nmetadata: {{name: leaks}}\ndata: {{AIRFLOW_CONN_LEAKS: '{literal}'}}\n",
    "docker": "AIRFLOW_CONN_LEAKS={literal}\n",
    "docker_json": 'AIRFLOW_CONN_LEAKS={{"password": "{literal}"\n',
    "docker_field": 'AIRFLOW_CONN_LEAKS={{"{literal}": 1}}\n',
    "docker_extra": 'AIRFLOW_CONN_LEAKS={{"extra": "{literal}"}}\n',
    "docker_uri": "AIRFLOW_CONN_LEAKS=http://u:{literal}@h:{literal}/\n",
    "dockerfile": "FROM a\nENV AIRFLOW_CONN_LEAKS=$a{literal}\n",
    "dockerfile_two": "FROM a\nENV AIRFLOW_CONN_LEAKS=http://h A={literal}\n",
}
# Written in place of the real one, which takes what is left of the command line.
INTERPRETERS = {
    "killed": "exec timeout -s KILL 2 {python}",
    "interrupted": "exec timeout -s INT 2 {python}",
    "terminated": "exec timeout -s TERM 2 {python}",
    "unheard": "exec >/dev/full; exec {python}",
    "without_client": 'exec "$(dirname "$(readlink -f "$LEAKS_PYTHON")")/python3" -I',
    "short_key": "export WINDSOCK_FINGERPRINT_KEY={short_key}; exec {python}",
    "listed_keys": "export WINDSOCK_FINGERPRINT_KEY={listed_keys}; exec {python}",
    "wrong_password": "export AIRFLOW_API_PASSWORD={wrong_password}; exec {python}",
    "wrong_token": "unset AIRFLOW_API_USERNAME AIRFLOW_API_PASSWORD; export AIRFLOW_API_TOKEN={wrong_token}; "
    "exec {python}",
    "without_hvac": 'export PYTHONPATH="$(dirname "$0")/without_hvac"; exec {python}',
    "vault_of_environment": "export VAULT_ADDR={vault_address} VAULT_TOKEN={wrong_credential}; exec {python}",
}


def write_givens(folder: Path, urls: dict[str, str], vaults: dict[str, Any]) -> None:
    """Everything that the playbooks find in the folder C(given)."""
    right, wrong = _vault(SECRETS["vault_password"]), _vault("another")
    whole = json.dumps({"connections": [{"connection_id": "leaks_file", "password": SECRETS["whole"]}]})
    texts = {
        **{f"declarations/{name}": text for name, text in DECLARATIONS.items()},
        "declarations/whole.yml": right.encrypt(whole).decode(),
        "declarations/zinline.yml": _inline(right, "leaks_inline", SECRETS["inline"]),
        "templated/whole.yml": right.encrypt(whole).decode(),
        "templated/template.yml": "variables:\n  - {key: leaks_template, secret_value: '{{ secrets.text }}'}\n",
        "references/refers.yml": REFERENCES,
        **{f"elsewhere/{name}": text.format(literal=SECRETS["literal"]) for name, text in ELSEWHERE.items()},
        "without_hvac/hvac.py": "raise ImportError('hvac is not to be found')\n",
        "other_vault/whole.yml": wrong.encrypt(whole).decode(),
        "other_vault/inline.yml": _inline(wrong, "leaks_inline", SECRETS["inline"]),
        "other_vault/damaged.yml": right.encrypt(whole).decode()[:-40],
        **{f"faulty/{name}": text.format(**SECRETS) for name, text in FAULTY.items()},
        **{f"untemplatable/{name}": text.format(**SECRETS) for name, text in UNTEMPLATABLE.items()},
        "shadows.env": f"AIRFLOW_VAR_LEAKS_DRIFT={SECRETS['json']!r}\nexport AIRFLOW_CONN_OTHER={SECRETS['word']}\n",
        "lines/exported.env": f"a=http://u:{SECRETS['broken']}@h:port/\n{SECRETS['broken']}\n",
        "lines/environment.env": f"AIRFLOW_CONN_A={SECRETS['broken']}\n",
        "places/broken.yaml": f"airflow: {{variables: [{{variable_name: leaks_text, variable_valeu: {SECRETS['broken']}}}]}}\n",
        "places/unclosed.yaml": f"airflow: {{variables: [{SECRETS['broken']}",
        "vault-password": SECRETS["vault_password"],
        "wrong-vault-password": "yet another",
        "values.json": json.dumps({"urls": urls, "vaults": vaults, "wrong": _wrong()}),
    }
    for name, text in texts.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (folder / "faulty" / "binary.yml").write_bytes(f"variables: [{SECRETS['broken']}".encode() + b"\xff\xfe]")
    words = {
        **{name: shlex.quote(str(value)) for name, value in SECRETS.items()},
        "listed_keys": shlex.quote(json.dumps(SECRETS["listed_keys"])),
        "python": '"$LEAKS_PYTHON"',
    }
    for name, text in INTERPRETERS.items():
        path = folder / f"python-{name}"
        path.write_text(f'#!/bin/sh\n{text.format(**words)} "$@"\n')
        path.chmod(0o755)


def _vault(password: str) -> VaultLib:
    return VaultLib([("default", VaultSecret(password.encode()))])


def _inline(vault: VaultLib, key: str, secret: str) -> str:
    lines = vault.encrypt(secret).decode().splitlines()
    return "\n".join([f"variables:\n  - key: {key}\n    secret_value: !vault |", *(f"      {line}" for line in lines), ""])


def _wrong() -> dict[str, list[Any]]:
    """Of each kind, declarations of which each has one option that is wrong, for every option and way to be wrong."""
    return {kind.plural: [words for option in kind.words for words in _wrong_in(kind, option.name)] for kind in KINDS}


def _wrong_in(kind: Any, option: str) -> Iterator[dict[str, Any]]:
    identity = kind.identity.name
    for number, name in enumerate(("wrong_type", "wrong_dict", "masked", "mistyped", "wrong_uri")):
        is_text = isinstance(SECRETS[name], str)
        if is_text and option == identity:
            continue  # names are no secrets
        if name == "wrong_dict" and option in ("extra", "secret_extra", "value", "secret_value"):
            continue
        if name == "wrong_type" and option in ("value", "secret_value"):
            continue
        if not is_text or name == "masked" or option in ("port", "slots", "include_deferred", "state", "uri", "extra"):
            yield {identity: f"leaks_{option}_{number}", option: SECRETS[name]}
