# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The examples of every module's documentation, as they stand but for the address and the credentials, run twice."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

pytestmark = pytest.mark.servers("3.3")

MODULES = sorted((Path(__file__).resolve().parents[2] / "plugins" / "modules").glob("airflow_*.py"))
ACCESS = ("airflow_url", "airflow_username", "airflow_password", "airflow_token", "vault")
SECRETS = {
    "vault_airflow_password": "not used", "vault_airflow_token": "not used", "vault_warehouse_password": "Xmpl7-warehouse",
    "vault_billing_key": "Xmpl7-billing", "vault_partner_token": "Xmpl7-partner",
    "vault_reports_password": "Xmpl7-reports",
    "vault_fingerprint_key": "Xmpl7fingerprintKeyOfTheExamplesXmpl7finger=",
    "vault_events_uri": "postgresql://events:Xmpl7-events@events.example.com/db",
}
FILES = {
    "airflow/common.yml": "variables: [{key: xmpl_common, value: 1}]",
    "airflow/production/pools.yml": "pools: [{name: xmpl_production, slots: 2}]",
}
KEPT = {  # in Vault
    "airflow/orders": {"password": "Xmpl7-orders"},
    "airflow/shipping": {"api_key": "Xmpl7-shipping"},
    "airflow/partner": {"token": "Xmpl7-feed"},
    "airflow/connections/erp": {"conn_type": "http", "host": "overruled.example.com", "password": "Xmpl7-erp"},
    "airflow/variables/smtp_settings": {"value": "Xmpl7-smtp"},
}
MADE = {
    "connections": ["warehouse", "reports", "billing_api", "events", "orders", "shipping_api", "erp"],
    "variables": ["environment", "ingest", "partner_token", "partner_feed", "smtp_settings", "xmpl_common"],
    "pools": ["warehouse", "xmpl_production"],
}
# Without a fingerprint_key, a secret that Airflow hides is written each time.
AGAIN = {
    "airflow_connection": [True, False, False, True, False, False, False],
    "airflow_variable": [False, False, True, False, False, False],
    "airflow_export": [True, True],  # each run has a folder of its own
}


def reaching(value: Any, access: dict[str, Any]) -> Any:
    """The example with our server in the place of the one it names."""
    if isinstance(value, dict):
        reaches = "airflow_url" in value  # a reference to Vault has the word vault too
        kept = {key: reaching(item, access) for key, item in value.items() if not (reaches and key in ACCESS)}
        return {**kept, **access} if reaches else kept
    return [reaching(item, access) for item in value] if isinstance(value, list) else value


def in_folder(example: dict[str, Any], folder: Path) -> dict[str, Any]:
    """The same, with files in a folder of ours."""
    ((name, options),) = [(name, options) for name, options in example.items() if isinstance(options, dict) and "target" in options]
    return {**example, name: {**options, "path": str(folder / Path(options["path"]).name)}}


def test_examples_of_files(playbook, tmp_path):
    """Those of the other places have tests of their own."""
    module = next(module for module in MODULES if module.stem == "airflow_secrets_backend")
    examples = yaml.safe_load(re.search(r'EXAMPLES = r"""(.*?)"""', module.read_text(), re.DOTALL)[1])
    tasks = [in_folder(each, tmp_path) for each in examples if "path" in each["windsock.airflow.airflow_secrets_backend"]]
    for changed in (True, False):
        run = playbook(text=json.dumps(tasks), files=FILES, options=("-e", json.dumps(SECRETS)))
        assert run.code == 0 and "Xmpl7" not in run.console, run.console
        assert [result["changed"] for result in run.results] == [changed] * len(tasks), run.console
    assert '"password": "Xmpl7-warehouse"' in (tmp_path / "airflow.env").read_text()


@pytest.fixture
def clean(api):
    yield
    for kind, ids in MADE.items():
        api.delete(kind, ids)
    api("PATCH", "/pools/default_pool?update_mask=slots", {"pool": "default_pool", "slots": 128, "include_deferred": False})


@pytest.mark.parametrize("module", [each for each in MODULES if each.stem != "airflow_secrets_backend"], ids=lambda module: module.stem)
def test_examples_of_the_documentation(module, playbook, stored, clean, root, vault_option):
    examples = yaml.safe_load(re.search(r'EXAMPLES = r"""(.*?)"""', module.read_text(), re.DOTALL)[1])
    (user, password) = playbook.user
    access = {"airflow_url": playbook.url, "airflow_username": user, "airflow_password": password}
    access["vault"] = vault_option
    for path, secret in KEPT.items():
        root.secrets.kv.v2.create_or_update_secret(path, secret)
    tasks = json.dumps(reaching(examples, access))
    first = playbook(text=tasks, files=FILES, options=("-e", json.dumps(SECRETS)))
    assert first.code == 0, first.console
    assert "Xmpl7" not in first.console
    again = playbook(text=tasks, files=FILES, options=("-e", json.dumps(SECRETS)))
    assert again.code == 0, again.console
    changed = [result["changed"] for result in again.results if "airflow" in result]
    assert changed == AGAIN.get(module.stem, [False] * len(changed)), again.console
    if module.stem == "airflow_settings":
        assert stored.connection("warehouse")["password"] == "Xmpl7-warehouse"
        assert stored.variable("xmpl_common") == "1"
        assert stored.pools()["xmpl_production"]["slots"] == "2"
        assert stored.connection("erp")["password"] == "Xmpl7-erp"
        assert stored.connection("shipping_api")["extra"] == {"headers": {"x-api-key": "Xmpl7-shipping"}}
