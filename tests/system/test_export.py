# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Adopting a deployment of 500 objects: export, fill Vault by the list, apply it there and to an empty one."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from adopted import CANARY, Objects, adopted, real_value
from airflow_server import AirflowServer
from harness import Playbook
from raw_api import IDENTITY, Api
from stored import Stored
from vault_server import VaultServer, find_program

KEY = "ab" * 32
BLOCK = re.compile(r"^### `([^\n]+)`$.*?^```sh\n(vault kv put [^\n]*<<'END'\n)(.*?)\nEND\n```$", re.DOTALL | re.MULTILINE)
BY_COMMAND = 15  # so many places are filled by the commands themselves, which take a while


def is_airflow_2(server: AirflowServer) -> bool:
    return server.generation.api == "/api/v1"


@pytest.fixture
def objects(api: Api, server: AirflowServer, name: str) -> Iterator[Objects]:
    # Airflow 2 runs with two workers, each of which masks what it has seen itself: no two exports need be the same then.
    is_3 = not is_airflow_2(server)
    objects = adopted(name, beyond_ascii=is_3, bleeds=is_3)
    for plural, of_kind in objects.items():
        api.create(plural, *({
            IDENTITY[plural]: object_id, **fields, **({"extra": json.dumps(fields["extra"])} if "extra" in fields else {}),
        } for object_id, fields in of_kind.items()))  # fmt: skip
    yield objects
    api.clear("windsock_applied_")


def snapshot(stored: Stored, name: str) -> dict[str, dict[str, Any]]:
    """All that is stored under names of the test's own, as Airflow's own command line tells it."""
    told = {"connections": stored.connections(), "variables": stored.variables(), "pools": stored.pools()}
    return {plural: {key: each for key, each in of_kind.items() if key.startswith(name)} for plural, of_kind in told.items()}


def export(playbook: Playbook, dest: Path, name: str, *options: str, **variables: Any) -> Any:
    """The result of the module."""
    task = {
        "ansible.builtin.include_role": {"name": "windsock.airflow.airflow_export"},
        "vars": {"airflow_export_dest": str(dest), "airflow_export_include": [f"{name}*"], **variables},
    }
    played = playbook(task, options=options)
    assert played.code == 0, played.console
    assert CANARY not in played.console
    (result,) = [each for each in played.results if "secrets" in each]
    return result


def texts(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in sorted(folder.iterdir())}


def fill(page: str, secrets: list[dict[str, Any]], objects: Objects, vault: VaultServer, folder: Path) -> None:
    """Do what the list says, with the real values in place of the asterisks."""
    of_place: dict[str, dict[str, Any]] = {}
    for each in secrets:
        value = real_value(objects, each["kind"], each["id"], each["field"])
        of_place.setdefault(f"secret/{each['path']}", {})[each["key"]] = value
    blocks = BLOCK.findall(page)
    assert {place: set(json.loads(values)) for place, _put, values in blocks} == {
        place: set(values) for place, values in of_place.items()
    }
    assert all("***" in json.dumps(value) for *_place, values in blocks for value in json.loads(values).values())
    script = "".join(
        f"{put}{json.dumps(of_place[place], ensure_ascii=False)}\nEND\n" for place, put, _values in blocks[:BY_COMMAND]
    )
    (folder / "vault").symlink_to(find_program("bao"))
    reach = {"VAULT_ADDR": vault.url, "BAO_ADDR": vault.url, "VAULT_TOKEN": vault.root_token, "BAO_TOKEN": vault.root_token}
    environ = {**os.environ, **reach, "PATH": f"{folder}:{os.environ['PATH']}", "HOME": str(folder)}
    subprocess.run(["sh", "-e"], input=script, env=environ, text=True, check=True, stdout=subprocess.DEVNULL)
    client = vault.client()
    for place, put, _values in blocks[BY_COMMAND:]:
        assert f"secret/{shlex.split(put)[4]}" == place
        client.secrets.kv.v2.create_or_update_secret(place.removeprefix("secret/"), of_place[place])


def apply(playbook: Playbook, files: Path, vault_option: dict[str, Any], *options: str, **variables: Any) -> Any:
    task = {
        "ansible.builtin.include_role": {"name": "windsock.airflow.airflow_settings"},
        "vars": {
            "airflow_settings_files": [str(files)], "airflow_settings_vault": vault_option,
            **{f"airflow_settings_{name}": value for name, value in variables.items()},
        },
    }  # fmt: skip
    played = playbook(task, options=options)
    assert played.code == 0, played.console
    assert CANARY not in played.console
    (result,) = [each for each in played.results if "changes" in each]
    return result


@pytest.mark.servers("2", "3.0", "3.3")
def test_a_deployment_is_adopted(
    server: AirflowServer, playbook: Playbook, stored: Stored, objects: Objects, name: str, vault: VaultServer,
    vault_option: dict[str, Any], tmp_path: Path,
) -> None:  # fmt: skip
    server.restart()  # only so does it forget the secrets of other tests, which it would mask in these objects
    before = snapshot(stored, name)
    assert sum(map(len, before.values())) == 500
    dest = tmp_path / "airflow"

    checked = export(playbook, dest, name, "--check", "--diff")
    assert checked["changed"] and not dest.exists()
    assert CANARY not in json.dumps(checked)
    written = export(playbook, dest, name)
    assert written["changed"] and written["summary"] == {"connections": 150, "variables": 300, "pools": 50}
    assert written["secrets"] == checked["secrets"]
    files = texts(dest)
    assert {each["after_header"]: each["after"] for each in checked["diff"]} == {
        str(dest / file): text for file, text in files.items()
    }
    assert CANARY not in "".join(files.values())
    assert not any("***" in files[file] for file in files if file.endswith(".yml"))
    bleeding = [object_id for object_id, fields in objects["connections"].items() if "note" in fields.get("extra", {})]
    assert {(remark["kind"], remark["id"]) for remark in written["remarks"]} == {("connection", each) for each in bleeding}
    again = export(playbook, dest, name)
    assert not again["changed"] and texts(dest) == files

    fill(files["secrets-to-fill-in.md"], written["secrets"], objects, vault, tmp_path)
    for variables in ({}, {"templates": True}):
        assert apply(playbook, dest, vault_option, "--check", update_secrets="on_create", **variables)["changes"] == []
    apply(playbook, dest, vault_option, fingerprint_key=KEY)
    assert snapshot(stored, name) == before
    second = apply(playbook, dest, vault_option, fingerprint_key=KEY)
    assert not second["changed"]
    unknown = {plural: counts["unknown"] for plural, counts in second["summary"].items()}
    # That a connection has no password is what Airflow 2 never tells.
    without = sum("password" not in each for each in objects["connections"].values()) if is_airflow_2(server) else 0
    assert unknown == {"pools": 0, "variables": 0, "connections": without}
    assert texts(dest) == files and not export(playbook, dest, name)["changed"]

    with AirflowServer(server.version) as empty:
        elsewhere = Playbook(empty.url, empty.admin, tmp_path / "elsewhere")
        assert apply(elsewhere, dest, vault_option, fingerprint_key=KEY)["changed"]
        assert snapshot(Stored(empty.cli_session()), name) == before
