# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The guide page about many deployments, typed in as it stands there."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from airflow_server import AirflowServer
from guide_pages import Page
from raw_api import Api, raw_api
from ssh_server import NoSshd, SshServer
from typed_in import BINARIES, Repository

pytestmark = pytest.mark.servers("3.3.2")

PAGE = Page("fleet")
FILES = (
    "inventory.yml", "group_vars/airflow/main.yml", "group_vars/staging.yml", "group_vars/production.yml",
    "airflow/common/warehouse.yml", "airflow/staging/warehouse.yml", "airflow/production/warehouse.yml",
    "host_vars/production_us.yml",
)  # fmt: skip
CHECK, STAGING, PRODUCTION = PAGE.commands("Look, and apply to one environment")
SHARED = ("warehouse", "mail_to", "windsock_applied_")


@pytest.fixture(scope="module")
def second_server() -> Iterator[AirflowServer]:
    server = AirflowServer("3.3.2")
    try:
        yield server.start()
    finally:
        server.stop()


@pytest.fixture
def europe(second_server: AirflowServer) -> Iterator[Api]:
    api = raw_api(second_server)
    yield api
    for prefix in SHARED:
        api.clear(prefix)


@pytest.fixture
def staging(server: AirflowServer, api: Api) -> Iterator[Api]:
    yield api
    for prefix in SHARED:
        api.clear(prefix)


@pytest.fixture
def settings(staging: Api, europe: Api, tmp_path: Path) -> Repository:
    """Staging is one server, both of production are the other: there each run is limited to one of them."""
    password = staging.server.admin[1]
    repository = Repository(
        tmp_path / "settings",
        {
            "https://airflow-staging.example.com": staging.server.url,
            "https://airflow-eu.example.com": europe.server.url,
            "https://airflow-us.example.com": europe.server.url,
            "airflow_settings_username: ansible": f"airflow_settings_username: {staging.server.admin[0]}",
            "what openssl rand -base64 32 says": "ab" * 32,
            **{f"of the user ansible in {place}": password for place in ("staging", "Europe", "the US")},
        },
    )
    for name in FILES:
        repository.write(name, PAGE.block(f"``{name}``"))
    repository.write("group_vars/airflow/vault.yml", PAGE.block("``group_vars/airflow/vault.yml``, encrypted"))
    (tmp_path / "password").write_text("of ansible-vault\n")
    repository.environ["ANSIBLE_VAULT_PASSWORD_FILE"] = str(tmp_path / "password")
    repository.run("ansible-vault encrypt group_vars/airflow/vault.yml")
    return repository


def slots(api: Api) -> int:
    return api.get("pools", "warehouse")["slots"]


def test_the_tree_is_that_of_the_files(settings: Repository) -> None:
    tree = PAGE.block("Inventory\n---------")
    named = set(re.findall(r"── (\S+)", tree))
    declarations = settings / "airflow"
    there = {path.name for path in settings.folder.rglob("*") if path.is_dir() or declarations not in path.parents}
    assert named == there


def test_overlays(settings: Repository, staging: Api, europe: Api) -> None:
    settings.run(CHECK)
    assert not [api.ids(kind, "warehouse") for api in (staging, europe) for kind in ("connections", "pools")
                if api.ids(kind, "warehouse")], "is checked only"  # fmt: skip
    settings.run(STAGING)
    settings.run(f"{PRODUCTION}:!production_us")
    assert (slots(staging), slots(europe)) == (2, 8)
    for api, host in ((staging, "warehouse-staging.example.com"), (europe, "warehouse.example.com")):
        connection = api.get("connections", "warehouse")
        assert [connection[field] for field in ("host", "port", "login")] == [host, 5432, "etl"]
    assert (staging.ids("variables", "mail_to"), europe.ids("variables", "mail_to")) == (["mail_to"], [])
    told = settings.run("ansible-playbook -i inventory.yml windsock.airflow.apply --limit 'all:!production_us'")
    assert told.count("changed=0") == 2
    settings.run(f"{PRODUCTION}:!production_eu")
    assert slots(europe) == 16 and europe.get("connections", "warehouse")["host"] == "warehouse.example.com"


def test_one_report_of_all(settings: Repository, staging: Api, europe: Api) -> None:
    settings.run(STAGING)
    settings.run(f"{PRODUCTION}:!production_us")
    (command,) = PAGE.commands("One report of all ---")
    settings.run(command, code=2)
    states = {
        each["name"]: each["state"]
        for each in json.loads((settings / "airflow-drift/drift.json").read_text())["deployments"]
    }
    # To the US, what Europe has is drift: there the pool is another size.
    assert states == {"staging_eu": "in_sync", "production_eu": "in_sync", "production_us": "drift"}
    settings.run(f"{command} -e airflow_settings_hosts=staging")
    settings.run(f"{command} --limit production_eu -e airflow_drift_dest=slices/1")
    settings.run(f"{command} --limit production_us -e airflow_drift_dest=slices/2", code=2)
    if shutil.which("jq"):
        (listed,) = PAGE.commands("One list of all that is not in sync")
        settings.folder = settings / "slices"
        assert settings.run(listed) == "production_us drift\n"


def test_in_steps(settings: Repository, staging: Api, europe: Api) -> None:
    """The first failure is the end."""
    (play,) = yaml.safe_load(PAGE.block("this is one of your own:"))
    settings.write("site.yml", yaml.safe_dump([play]))
    settings.run("ansible-playbook -i inventory.yml site.yml --limit 'all:!production_us'")
    assert (slots(staging), slots(europe)) == (2, 8)
    europe.update("pools", "warehouse", slots=5)
    told = settings.run(
        "ansible-playbook -i inventory.yml site.yml --limit 'all:!production_us' "
        """-e '{"vault_airflow_password": {"staging_eu": "wrong", "production_eu": "wrong"}}'""",
        code=2,
    )
    assert "production_eu" not in told and slots(europe) == 5


def test_a_folder_that_is_not_there(settings: Repository, europe: Api) -> None:
    shutil.rmtree(settings / "airflow/production")
    assert "airflow/production" in settings.run(PRODUCTION, code=2)
    (settings / "airflow/production").mkdir()
    settings.run(f"{PRODUCTION}:!production_us")
    assert slots(europe) == 2, "an empty one says nothing"


def test_what_an_overlay_takes_away(settings: Repository, staging: Api, europe: Api) -> None:
    settings.run(f"{PRODUCTION}:!production_us")
    settings.write("airflow/production/less.yml", "pools: [{name: warehouse, state: absent}]\n")
    settings.write("airflow/production/warehouse.yml", "connections: []\n")
    settings.run(f"{PRODUCTION}:!production_us")
    assert europe.ids("pools", "warehouse") == [] and europe.ids("connections", "warehouse")


def test_behind_a_bastion(settings: Repository, staging: Api, europe: Api, tmp_path: Path) -> None:
    """A real SSH server on this machine; two deployments share it. What is declared is read on the controller."""
    try:
        bastion = SshServer(tmp_path)
    except NoSshd as reason:
        pytest.skip(str(reason))
    inventory = yaml.safe_load(PAGE.block("several deployments may share it."))
    group = inventory["all"]["children"]["airflow"]
    for host, api in zip(group["hosts"].values(), (staging, europe), strict=True):
        host["airflow_settings_url"], host["airflow_settings_password"] = api.server.url, api.server.admin[1]
    group["vars"] |= {
        "ansible_host": "127.0.0.1", "ansible_port": bastion.port, "ansible_user": bastion.user,
        "ansible_python_interpreter": f"{BINARIES}/python", "ansible_ssh_common_args": bastion.arguments,
        "stage": "production",
    }  # fmt: skip
    settings.write("bastion.yml", yaml.safe_dump(inventory))
    # The path of a shared connection's socket would be too long here, and its process would outlive the test.
    apart = {"ANSIBLE_SSH_ARGS": "-o ControlMaster=no"}
    with bastion:
        told = settings.run("ansible-playbook -i bastion.yml windsock.airflow.apply", environ=apart)
        assert told.count("failed=0") == 2 and (slots(staging), slots(europe)) == (8, 8)
        settings.run("ansible-playbook -i bastion.yml windsock.airflow.drift", environ=apart)
        assert bastion.sessions() > 0
    told = settings.run("ansible-playbook -i bastion.yml windsock.airflow.drift", code=2, environ=apart)
    assert "2 unreachable" in told
