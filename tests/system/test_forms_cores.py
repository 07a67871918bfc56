# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A playbook with every filter, under the oldest and the newest ansible-core: there and back, from what Ansible hands over."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import environment
import pytest

ROOT = Path(__file__).resolve().parents[2]
PLAYBOOK = """
- hosts: localhost
  gather_facts: false
  vars:
    ansible_python_interpreter: "{{ ansible_playbook_python }}"
    login: air
    warehouse:
      connection_id: warehouse
      conn_type: postgres
      host: db.example.com
      login: "{{ login }}flow"
      password: !vault |
VAULTED
      port: "{{ 5432 }}"
      extra: {Nested: {a: [1, "{{ login }}"]}}
    plain: {connection_id: warehouse, conn_type: postgres, host: db.example.com, login: airflow, password: Cnry-of-vault, port: 5432,
            extra: {Nested: {a: [1, air]}}}
    uri: postgres://airflow:Cnry-of-vault@db.example.com:5432/?__extra__=%7B%22Nested%22%3A+%7B%22a%22%3A+%5B1%2C+%22air%22%5D%7D%7D
    declared:
      connections: ["{{ warehouse }}"]
      variables: [{key: v, value: {a: "{{ login }}"}}]
      pools: [{name: p, slots: 3, include_deferred: true}]
  tasks:
    - name: There and back
      vars:
        env: "{{ declared | windsock.airflow.to_env }}"
        settings: "{{ declared | windsock.airflow.to_astro_settings }}"
        read: "{{ settings | to_yaml | windsock.airflow.from_astro_settings(secret=true) }}"
      ansible.builtin.assert:
        that:
          - warehouse | windsock.airflow.to_conn_uri == uri
          - uri | windsock.airflow.from_conn_uri('warehouse') == plain
          - warehouse | windsock.airflow.to_conn_json | string | windsock.airflow.from_conn_json('warehouse') == plain
          - warehouse | windsock.airflow.to_conn_json | windsock.airflow.from_conn_json(connection_id='warehouse') == plain
          - env.keys() | sort == ['AIRFLOW_CONN_WAREHOUSE', 'AIRFLOW_VAR_V']
          - env.AIRFLOW_CONN_WAREHOUSE | windsock.airflow.from_conn_json('warehouse') == plain
          - read.connections[0].secret_extra == plain.extra
          - read.connections[0].password == 'Cnry-of-vault'
          - "read.pools == [{'name': 'p', 'slots': 3}]"
          - "({'warehouse': uri} | windsock.airflow.from_airflow_export('connections')) == [plain]"
          - ('warehouse=' ~ uri) | windsock.airflow.from_airflow_export('connections') == [plain]
    - name: The environment as a whole
      vars:
        env: "{{ declared | windsock.airflow.to_env(conn_format='uri') }}"
      ansible.builtin.command: printenv AIRFLOW_CONN_WAREHOUSE
      environment: "{{ env }}"
      register: printed
      failed_when: printed.stdout != uri
      no_log: true
    - name: An error
      ansible.builtin.debug:
        msg: "{{ warehouse | combine({'conn_type': 'my-type'}) | windsock.airflow.to_conn_uri }}"
      ignore_errors: true
"""


@pytest.mark.parametrize("core", ["ansible-2.16", "ansible-2.22"])
def test_every_filter(core, tmp_path):
    try:
        environment.ensure(core)
    except environment.MissingPython as missing:
        pytest.skip(str(missing))
    (tmp_path / "password").write_text("of the test")

    def run(*command: str) -> str:
        done = subprocess.run([sys.executable, str(ROOT / "scripts" / "run.py"), core, *command], cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    encrypted = run("ansible-vault", "encrypt_string", "--vault-password-file", "password", "Cnry-of-vault")
    lines = [line.strip() for line in encrypted.splitlines() if line.strip() and "!vault" not in line and "Encryption" not in line]
    (tmp_path / "play.yml").write_text(PLAYBOOK.replace("VAULTED", "\n".join(f"        {line}" for line in lines)))
    console = run("ansible-playbook", "-vvv", "-i", "localhost,", "-c", "local", "--vault-password-file", "password", "play.yml")
    assert "ok=3 " in console and "ignored=1 " in console
    assert "to_conn_uri: connection 'warehouse': conn_type: cannot be said in a URI: Airflow would read 'my_type'" in console
    told = console.split("TASK [An error]", 1)[1]
    assert "Cnry-of-vault" not in told
    assert "pool 'p': left out, pools are only in Airflow's database" in console
    assert "pool 'p': include_deferred: left out" in console
