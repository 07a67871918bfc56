#!/usr/bin/python

# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: airflow_secrets_backend
short_description: Keep connections and variables in a place where Airflow looks before its database
version_added: 0.1.0
description:
  - Writes declared connections and variables to where Airflow looks for them besides its database, in the layout of
    Airflow's own readers, and keeps them there as declared.
  - "Every such place shows what it holds, so secrets are compared like anything else: a run without differences writes
    nothing. Only on Astro an organization may forbid that; then secrets are written in each run. Neither results nor
    diffs hold a secret."
  - An object or field that is not declared is left alone, unless O(prune) or O(enforce_defaults) says otherwise. What
    no connection or variable of Airflow is stays as it is.
  - Pools live in Airflow's database only; those that are declared are passed over, but for O(target=astro_settings).
    Objects of a team are refused, since
    there they would be everybody's.
author:
  - Windsock contributors (@windsock)
extends_documentation_fragment:
  - windsock.airflow.declared
  - windsock.airflow.declared.pruning
  - windsock.airflow.backend
  - windsock.airflow.backend.env
  - windsock.airflow.backend.kv
  - windsock.airflow.backend.aws
  - windsock.airflow.backend.astro
  - windsock.airflow.vault
  - windsock.airflow.attributes.alone
requirements:
  - PyYAML, for O(src) in YAML, O(format=kubernetes) and O(target=astro_settings)
  - hvac >= 2.0, for O(target=vault)
  - boto3, for O(target=ssm) and O(target=secretsmanager)
  - apache-airflow-client >= 3.0, for O(target=astro_environment)
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  idempotent:
    support: full
options:
  target:
    description:
      - What kind of place it is.
      - V(vault) is the layout of Airflow's VaultBackend, in the Vault that O(vault) reaches.
      - V(ssm) is AWS Systems Manager's Parameter Store, V(secretsmanager) AWS Secrets Manager, each in the layout of
        Airflow's own backend for it. They need C(boto3) where the module runs.
      - V(env) is a file that sets environment variables, of the kind that O(format) says.
      - V(astro_settings) is Astronomer's C(airflow_settings.yaml), from which C(astro dev) fills a local Airflow. It holds
        pools too.
      - V(astro_environment) are the connections and Airflow variables of Astro's Environment Manager, through Astro's REST
        API. Built from its documentation and tested on a stand-in server only, never on the real thing.
    type: str
    choices: [env, vault, ssm, secretsmanager, astro_settings, astro_environment]
    required: true
  owner:
    description:
      - In whose name objects are applied. If it is not empty, what was applied is kept as one more variable in the place
        itself, whose key begins with C(windsock_applied_), so that O(prune=owned) knows what is to go.
      - "In a file that variable counts too: if it is all that is written anew, the task has changed something, though
        RV(changes) is empty."
      - It needs a place for variables, so O(variables_path) or O(variables_prefix) where there are such.
    type: str
    default: ""
  enforce_defaults:
    description:
      - Whether every field that is not declared, of an object that is, goes back to Airflow's default.
    type: bool
    default: false
seealso:
  - module: windsock.airflow.airflow_settings
"""

EXAMPLES = r"""
---
- name: An env file for a container
  windsock.airflow.airflow_secrets_backend:
    target: env
    path: /etc/airflow/airflow.env
    src:
      - airflow/common.yml
    connections:
      - connection_id: warehouse
        conn_type: postgres
        host: warehouse.example.com
        login: etl
        password: "{{ vault_warehouse_password }}"

- name: A Secret for the pods of Airflow, to be applied by kubectl or the module kubernetes.core.k8s
  windsock.airflow.airflow_secrets_backend:
    target: env
    format: kubernetes
    path: /srv/manifests/airflow-env.yaml
    secret_name: airflow-env
    secret_namespace: airflow
    variables:
      - key: environment
        value: production

- name: What a local Airflow of the Astro CLI is filled from
  windsock.airflow.airflow_secrets_backend:
    target: astro_settings
    path: /home/me/project/airflow_settings.yaml
    src:
      - airflow/common.yml

- name: What all deployments of an Astro workspace have
  windsock.airflow.airflow_secrets_backend:
    target: astro_environment
    astro_organization: clm8qv74h000008mlf08scq7k
    astro_workspace: clm8t5u4q000008jq4qoc3031
    astro_auto_link: true
    astro_token: "{{ vault_astro_api_token }}"
    src:
      - airflow/common.yml

- name: Where Airflow's VaultBackend looks
  windsock.airflow.airflow_secrets_backend:
    target: vault
    vault:
      url: https://vault.example.com:8200
      role_id: "{{ vault_approle_role_id }}"
      secret_id: "{{ vault_approle_secret_id }}"
    mount: airflow
    connections_path: connections
    variables_path: variables
    variables:
      - key: partner_token
        secret_value: "{{ vault_partner_token }}"

- name: Where Airflow's SecretsManagerBackend looks
  windsock.airflow.airflow_secrets_backend:
    target: secretsmanager
    aws_region: eu-central-1
    connections_prefix: airflow/connections
    variables_prefix: airflow/variables
    kms_key_id: alias/airflow
    src:
      - airflow/common.yml
"""

RETURN = r"""
---
changes:
  description:
    - What was changed, in check mode what would be. Names only, never a value.
  returned: success and partial failure
  type: list
  elements: dict
  contains:
    kind:
      description: V(connection), V(variable) or V(pool).
      type: str
    id:
      description: The object's id.
      type: str
    action:
      description:
        - V(create), V(update), V(delete), or V(replace) where a connection had to be deleted and created anew.
      type: str
    fields:
      description: The fields that differ, dotted inside C(extra).
      type: list
      elements: str
    secrets:
      description:
        - The secret fields that differ from what is there or from what was last applied, or were written because they
          cannot be compared.
      type: list
      elements: str
    blind:
      description:
        - Whether it is written only because Airflow does not show its secrets, so that nobody knows whether anything
          differs.
      type: bool
    written:
      description:
        - The newest write of the object, or attempt at one, that the audit log tells of, whoever that was; null where it
          tells of none. C(user), C(when) and C(event) are the log's own words. C(certain) is V(false) where the entry
          does not name the objects that it is about, as that of an import does not.
      type: dict
      returned: with O(windsock.airflow.airflow_settings#module:audit_log)
  sample:
    - kind: connection
      id: warehouse
      action: update
      fields: [host, extra.timeout]
      secrets: [password]
      blind: false
      written: {user: jane, when: "2026-01-01T09:30:00Z", event: patch_connection, certain: true}
summary:
  description:
    - How many objects were created, updated, deleted or left unchanged, per kind.
    - V(unknown) counts objects that were left alone and hold secrets which Airflow does not show, so that nobody
      can say whether they are as declared. Those that a O(windsock.airflow.airflow_settings#module:fingerprint_key)
      knows to be as declared count as unchanged.
  returned: success and partial failure
  type: dict
  sample:
    connections: {created: 1, updated: 0, deleted: 0, unchanged: 9, unknown: 0}
    variables: {created: 0, updated: 2, deleted: 0, unchanged: 8, unknown: 0}
    pools: {created: 0, updated: 0, deleted: 0, unchanged: 5, unknown: 0}
failures:
  description:
    - What is wrong with the declaration, or what could not be done.
  returned: when the declaration is at fault, or single objects failed
  type: list
  elements: dict
  contains:
    kind:
      description: The kind of the object, null where an option of the task is at fault.
      type: str
    id:
      description: The object's id, null where it has none that can be read.
      type: str
    reason:
      description: What is wrong and with which field. Holds no value.
      type: str
target:
  description: The place, as messages name it.
  returned: success and partial failure
  type: str
  sample: /etc/airflow/airflow.env
mode:
  description: The permissions that the file had and has now, if they were others than O(mode); else null.
  returned: success, where the place is a file
  type: dict
  contains:
    before:
      description: What they were.
      type: str
    after:
      description: What they are.
      type: str
  sample: {before: "0644", after: "0600"}
"""

from ansible_collections.windsock.airflow.plugins.module_utils import _arguments, _module
from ansible_collections.windsock.airflow.plugins.module_utils._jobs._backend import ToBackend


def main() -> None:
    _module.run(
        _arguments.SETS + _arguments.PRUNE + _arguments.OWNER + _arguments.BACKEND + _arguments.VAULT, ToBackend()
    )


if __name__ == "__main__":
    main()
