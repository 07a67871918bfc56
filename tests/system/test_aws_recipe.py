# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The guide page about secrets of AWS, typed in as it stands there: what its lookups ask moto for, and what they show."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import amazon_aws
import pytest
import yaml
from airflow_server import AirflowServer
from fault_proxy import FaultProxy
from guide_pages import Page
from harness import COLLECTIONS
from moto_server import CREDENTIALS, MotoServer
from raw_api import Api
from stored import Stored
from typed_in import Repository

pytestmark = pytest.mark.servers("3.3.2")

PAGE = Page("aws_secrets")
CONNECTIONS = ("warehouse", "billing_api", "partner_feed")
IN_PARAMETERS, IN_SECRETS = "CANARY-aws1", "CANARY-aws2"
PARAMETER = "/infra/warehouse/password"
SECRETS: dict[str, dict[str, Any]] = {
    "infra/billing": {"headers": {"x-api-key": f"{IN_SECRETS}-key"}},
    "infra/partner": {"password": f"{IN_SECRETS}-password", "token": f"{IN_SECRETS}-token"},
}
ONCE_EACH = {PARAMETER: 1, **dict.fromkeys(SECRETS, 1)}


@pytest.fixture(scope="module")
def moto() -> Iterator[MotoServer]:
    with MotoServer() as moto:
        yield moto


@pytest.fixture
def aws(moto: MotoServer) -> Iterator[FaultProxy]:
    """With what the page says that AWS keeps."""
    moto.client("ssm").put_parameter(Name=PARAMETER, Value=IN_PARAMETERS, Type="SecureString", Overwrite=True)
    secrets = moto.client("secretsmanager")
    for name, secret in SECRETS.items():
        secrets.create_secret(Name=name, SecretString=json.dumps(secret))
    with FaultProxy(moto.url) as proxy:
        yield proxy
    for name in SECRETS:
        secrets.delete_secret(SecretId=name, ForceDeleteWithoutRecovery=True)


@pytest.fixture
def repository(server: AirflowServer, aws: FaultProxy, api: Api, tmp_path: Path) -> Iterator[Repository]:
    repository = Repository(tmp_path / "infra", {})
    repository.environ |= {
        **CREDENTIALS, "AWS_URL": aws.url, "ANSIBLE_COLLECTIONS_PATH": f"{COLLECTIONS}:{amazon_aws.ensure()}",
        "AIRFLOW_API_URL": server.url, "AIRFLOW_API_USERNAME": server.admin[0], "AIRFLOW_API_PASSWORD": server.admin[1],
    }  # fmt: skip
    host = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable, "vault_fingerprint_key": "ab" * 32}
    repository.write("inventory.yml", json.dumps({"airflow": {"hosts": {"production": host}}}))
    repository.write("airflow/settings.yml", PAGE.block("``airflow/settings.yml``, the declarations:"))
    repository.write("airflow.yml", PAGE.block("``airflow.yml``, the playbook:"))
    yield repository
    for prefix in (*CONNECTIONS, "partner_token", "windsock_applied_"):
        api.clear(prefix)


def fetched(aws: FaultProxy) -> Counter[str]:
    """How often each was asked for, since the last look."""
    asked = [json.loads(request.body) for request in aws.requests]
    aws.reset()
    return Counter(each.get("Name") or each["SecretId"] for each in asked)


def test_the_recipe_fetches_each_secret_once(
    repository: Repository, aws: FaultProxy, stored: Stored, moto: MotoServer
) -> None:
    check, real = (each.split(" #")[0] for each in PAGE.commands("Look, and do it:"))
    assert "changed=1" in repository.run(check) and fetched(aws) == ONCE_EACH
    assert not set(CONNECTIONS) & set(stored.connections())
    assert "changed=1" in repository.run(real) and fetched(aws) == ONCE_EACH
    assert stored.connection("warehouse")["password"] == IN_PARAMETERS
    assert stored.connection("billing_api")["extra"] == SECRETS["infra/billing"]
    assert stored.connection("partner_feed")["password"] == SECRETS["infra/partner"]["password"]
    assert stored.variable("partner_token") == SECRETS["infra/partner"]["token"]
    assert "changed=0" in repository.run(real) and fetched(aws) == ONCE_EACH

    moto.client("ssm").put_parameter(Name=PARAMETER, Value="rotated", Type="SecureString", Overwrite=True)
    assert "update connection warehouse (secret: password)" in repository.run(real)
    assert stored.connection("warehouse")["password"] == "rotated"


def test_what_is_shown_at_the_highest_verbosity(repository: Repository) -> None:
    """It is as the page says: of ssm_parameter one line holds the value, at -vvvv only, and no other line holds any."""
    shown = repository.run("ansible-playbook -i inventory.yml airflow.yml --check --diff -vvvv")
    leaking = [line for line in shown.splitlines() if IN_PARAMETERS in line or IN_SECRETS in line]
    assert leaking and all(line.startswith("aws_ssm path lookup returning: ") for line in leaking), leaking
    shown = repository.run("ansible-playbook -i inventory.yml airflow.yml --check --diff -vvv")
    assert IN_PARAMETERS not in shown and IN_SECRETS not in shown


def test_what_the_page_warns_of(repository: Repository, aws: FaultProxy) -> None:
    """Were it not so, the page would ask for too much."""
    declared = yaml.safe_load(PAGE.block("``airflow/settings.yml``, the declarations:"))
    (play,) = yaml.safe_load(PAGE.block("``airflow.yml``, the playbook:"))
    role = {"role": "windsock.airflow.airflow_settings", **{f"airflow_settings_{kind}": some for kind, some in declared.items()}}
    of_set_fact = play["pre_tasks"][0]["ansible.builtin.set_fact"]
    play = {"hosts": "airflow", "gather_facts": False, "roles": [role], "vars": of_set_fact}
    repository.write("lists.yml", json.dumps([play]))
    repository.run("ansible-playbook -i inventory.yml lists.yml --check")
    often = fetched(aws)
    assert min(often.values()) > 1 and often["infra/partner"] > often[PARAMETER], often


def test_a_task_without_the_role(repository: Repository, aws: FaultProxy) -> None:
    declared = yaml.safe_load(PAGE.block("``airflow/settings.yml``, the declarations:"))
    connections = [each for each in declared["connections"] if "partner" not in each["connection_id"]]
    task = {"windsock.airflow.airflow_settings": {"connections": connections}}
    repository.write("task.yml", json.dumps([{"hosts": "airflow", "gather_facts": False, "tasks": [task]}]))
    assert "changed=1" in repository.run("ansible-playbook -i inventory.yml task.yml --check")
    assert fetched(aws) == {PARAMETER: 1, "infra/billing": 1}
