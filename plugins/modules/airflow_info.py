#!/usr/bin/python

# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: airflow_info
short_description: Tell what an Airflow deployment is and has
version_added: 0.1.0
description:
  - Returns the version, the health and the connections, variables and pools of a deployment, in the words of a
    declaration.
  - "Secrets are masked as Airflow 3 masks them: passwords, and what stands under a name that looks secret. A secret
    under another name, as a variable of the key C(foo) may hold, is in the result, as it is for everybody who may
    read the API."
  - Airflow 2 masks no variable at all. There this module does it, by the names that Airflow 3 hides. Of a password
    Airflow 2 does not even tell whether there is one.
  - The variables in which this collection keeps what owners have applied are left out.
author:
  - Windsock contributors (@windsock)
extends_documentation_fragment:
  - windsock.airflow.access
  - windsock.airflow.vault
  - windsock.airflow.attributes
  - windsock.airflow.attributes.info
options:
  gather_subset:
    description:
      - What to return.
    type: list
    elements: str
    choices: [all, health, connections, variables, pools]
    default: [all]
seealso:
  - module: windsock.airflow.airflow_settings
"""

EXAMPLES = r"""
---
- name: Everything
  windsock.airflow.airflow_info:
    airflow_url: https://airflow.example.com
    airflow_token: "{{ vault_airflow_token }}"
  register: deployment

- name: Version and pools
  windsock.airflow.airflow_info:
    airflow_url: https://airflow.example.com
    airflow_token: "{{ vault_airflow_token }}"
    gather_subset: [pools]
"""

RETURN = r"""
---
airflow:
  description: The server.
  returned: success
  type: dict
  contains:
    version:
      description: Airflow's version.
      type: str
    api_version:
      description: The version of the API that was used.
      type: str
  sample: {version: 3.3.2, api_version: v2}
health:
  description: The state of each component, as Airflow tells it.
  returned: when asked for
  type: dict
  sample:
    metadatabase: {status: healthy}
    scheduler: {status: healthy, latest_scheduler_heartbeat: "2026-01-01T00:00:00+00:00"}
connections:
  description:
    - The connections, in the words of a declaration.
    - A password reads C(***) where there is one. On Airflow 2 it is always left out.
  returned: when asked for
  type: list
  elements: dict
  sample:
    - {connection_id: warehouse, conn_type: postgres, host: warehouse.example.com, password: "***", extra: {}}
variables:
  description: The variables, in the words of a declaration; each value is the stored text.
  returned: when asked for
  type: list
  elements: dict
  sample:
    - {key: environment, value: production}
pools:
  description: The pools, in the words of a declaration.
  returned: when asked for
  type: list
  elements: dict
  sample:
    - {name: default_pool, slots: 128, include_deferred: false}
"""

from ansible_collections.windsock.airflow.plugins.module_utils import _arguments, _module
from ansible_collections.windsock.airflow.plugins.module_utils._jobs._info import Info


def main() -> None:
    _module.run(_arguments.GATHER + _arguments.VAULT + _arguments.ACCESS, Info())


if __name__ == "__main__":
    main()
