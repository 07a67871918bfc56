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
  - Returns the version and the health of a deployment, who is signed in, and its connections, variables and pools, in
    the words of a declaration.
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
    choices: [all, health, user, connections, variables, pools]
    default: [all]
  patterns:
    description:
      - Shell patterns of ids, such as V(etl_*), by kind. Only the objects that one of them is about are returned. Capital
        letters count.
      - A kind that is not named here is returned whole, one with an empty list not at all.
      - One or two ids without C(*), C(?) and C([) are read alone, which takes no list of everything.
    type: dict
    suboptions:
      connections:
        description:
          - Patterns of C(connection_id).
        type: list
        elements: str
      variables:
        description:
          - Patterns of C(key).
        type: list
        elements: str
      pools:
        description:
          - Patterns of C(name).
        type: list
        elements: str
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

- name: One connection and some variables
  windsock.airflow.airflow_info:
    airflow_url: https://airflow.example.com
    airflow_token: "{{ vault_airflow_token }}"
    gather_subset: [connections, variables]
    patterns:
      connections: [warehouse]
      variables: ["etl_*", "ingest"]

- name: Wait until Airflow answers and can be managed, up to 10 minutes
  windsock.airflow.airflow_info:
    airflow_url: https://airflow.example.com
    airflow_token: "{{ vault_airflow_token }}"
    gather_subset: [health]
  register: deployment
  until: deployment is success and deployment.health.metadatabase.status == 'healthy'
  retries: 60
  delay: 10
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
  description:
    - The state of each component by its name, as Airflow tells it, on every version in the same words. There are at least
      C(metadatabase), C(scheduler), C(triggerer) and C(dag_processor).
    - No sign-in is needed to read it.
  returned: when asked for
  type: dict
  contains:
    scheduler:
      description: A component. The others have the same keys.
      type: dict
      contains:
        status:
          description: V(healthy), V(unhealthy), or null for one that has never run.
          type: str
        latest_heartbeat:
          description: When it was last alive; null where Airflow knows of no time.
          type: str
  sample:
    metadatabase: {status: healthy, latest_heartbeat: null}
    scheduler: {status: healthy, latest_heartbeat: "2026-01-01T00:00:00+00:00"}
    triggerer: {status: null, latest_heartbeat: null}
    dag_processor: {status: healthy, latest_heartbeat: "2026-01-01T00:00:00+00:00"}
healthy:
  description:
    - Whether the deployment works. The metadata database and the scheduler must be healthy, and no other component
      unhealthy.
    - A triggerer or dag processor that has never run (status null) does not count, since not every deployment has one.
      Where yours has, ask for its status in RV(health) too.
  returned: when health is asked for
  type: bool
  sample: true
user:
  description: Who is signed in. Null where that is not known, as with a token that says nothing of it.
  returned: when asked for
  type: dict
  contains:
    name:
      description: The name. Some auth managers, FAB among them, put the user's number into a token instead.
      type: str
    source:
      description:
        - Who says so.
        - V(airflow) where Airflow told it, as 3.3 does.
        - V(airflow_username) where it is only known as whom requests are signed in. Airflow 3 has checked it. Airflow 2
          has not before the first object is read.
        - V(token) for what stands in the token. Airflow has not checked it before the first object is read.
      type: str
  sample: {name: ansible, source: airflow}
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
pool_use:
  description:
    - What is going on in each of RV(pools), by its name, as Airflow tells it. It stands apart so that RV(pools) can be
      declared as they are.
    - The keys are C(occupied_slots), C(running_slots), C(queued_slots), C(scheduled_slots), C(deferred_slots) and
      C(open_slots). The open slots of a pool without a limit are V(-1).
  returned: when pools are asked for
  type: dict
  sample:
    default_pool:
      occupied_slots: 3
      running_slots: 2
      queued_slots: 1
      scheduled_slots: 0
      deferred_slots: 0
      open_slots: 125
"""

from ansible_collections.windsock.airflow.plugins.module_utils import _arguments, _module
from ansible_collections.windsock.airflow.plugins.module_utils._jobs._info import Info


def main() -> None:
    _module.run(_arguments.GATHER + _arguments.VAULT + _arguments.ACCESS, Info())


if __name__ == "__main__":
    main()
