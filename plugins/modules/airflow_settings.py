#!/usr/bin/python

# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: airflow_settings
short_description: Keep connections, variables and pools of an Airflow deployment as declared
version_added: 0.1.0
description:
  - "Brings a whole set of connections, variables and pools to what is declared: lists what the deployment has,
    compares, and writes the differences in bulk."
  - An object or field that is not declared is left alone, unless O(prune) or O(enforce_defaults) says otherwise.
  - Everything that can be refused without a server is refused before the first request, all faults at once. Where
    single objects fail, the others are written, and the failure says what was done and what was not.
author:
  - Windsock contributors (@windsock)
extends_documentation_fragment:
  - windsock.airflow.declared
  - windsock.airflow.declared.pruning
  - windsock.airflow.access
  - windsock.airflow.vault
  - windsock.airflow.policy
  - windsock.airflow.attributes
requirements:
  - PyYAML, for O(src) in YAML
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  idempotent:
    support: partial
    details:
      - With O(update_secrets=always), the default without a O(fingerprint_key), secrets that Airflow does not show are
        written each time.
options:
  owner:
    description:
      - In whose name objects are applied. Whoever declares a part of a deployment on their own needs a name of their
        own, at most 100 characters, or fewer if they are not ASCII.
      - What an owner has applied is kept in one Airflow variable for each owner, whose key begins with
        C(windsock_applied_). No module of this collection ever shows, changes or deletes it otherwise.
      - If two owners declare the same object, a warning says so. Neither prunes what the other has applied.
      - With an empty string nothing is kept, and O(prune=owned) and a O(fingerprint_key) are refused.
    type: str
    default: default
  shadows:
    description:
      - What Airflow looks at before its database. A declared object that is there too is told in RV(shadowed), since
        what stands in the database is then dead. Nothing else comes of it.
      - Only names are looked at, never a value.
    type: dict
    suboptions:
      environment:
        description:
          - Names of environment variables of the deployment, such as V(AIRFLOW_CONN_WAREHOUSE). Others than those of
            connections and variables may be among them.
        type: list
        elements: str
        default: []
      env_files:
        description:
          - Files with the deployment's environment variables, as Docker and systemd take them, on the controller. They
            may be encrypted with ansible-vault. Only the names are taken out.
        type: list
        elements: path
        default: []
      vault:
        description:
          - Where the deployment's own VaultBackend looks, in the Vault that O(vault) reaches. The folders are listed; a
            token needs the right to do that. Where it lacks, a warning says so.
        type: dict
        suboptions:
          connections_path:
            description:
              - The folder of the connections. Without it, connections are not looked for.
            type: str
          variables_path:
            description:
              - The folder of the variables. Without it, variables are not looked for.
            type: str
          mount:
            description:
              - The mount of the engine, that of O(vault) if it is left out.
            type: str
seealso:
  - module: windsock.airflow.airflow_connection
  - module: windsock.airflow.airflow_variable
  - module: windsock.airflow.airflow_pool
  - module: windsock.airflow.airflow_info
"""

EXAMPLES = r"""
---
- name: A deployment's settings
  windsock.airflow.airflow_settings:
    airflow_url: https://airflow.example.com
    airflow_username: ansible
    airflow_password: "{{ vault_airflow_password }}"
    update_secrets: on_create
    connections:
      - connection_id: warehouse
        conn_type: postgres
        host: warehouse.example.com
        login: etl
        password: "{{ vault_warehouse_password }}"
      - connection_id: retired
        state: absent
    variables:
      - key: environment
        value: production
      - key: partner_token
        secret_value: "{{ vault_partner_token }}"
    pools:
      - name: warehouse
        slots: 4

- name: Only the secrets that were rotated since they were last applied
  windsock.airflow.airflow_settings:
    airflow_url: https://airflow.example.com
    airflow_username: ansible
    airflow_password: "{{ vault_airflow_password }}"
    fingerprint_key: "{{ vault_fingerprint_key }}"
    connections:
      - connection_id: warehouse
        password: "{{ vault_warehouse_password }}"
    variables:
      - key: partner_token
        secret_value: "{{ vault_partner_token }}"
  register: settings

- name: Who else wrote these objects since then, as Airflow's audit log tells
  ansible.builtin.debug:
    var: settings.written_by_others

- name: Secrets from HashiCorp Vault or OpenBao, with one sign-in for all of them
  windsock.airflow.airflow_settings:
    airflow_url: https://airflow.example.com
    airflow_token: "{{ vault_airflow_token }}"
    fingerprint_key: "{{ vault_fingerprint_key }}"
    connections:
      - connection_id: orders
        conn_type: postgres
        host: orders.example.com
        login: etl
        password: {vault: airflow/orders, key: password}
      - connection_id: shipping_api
        conn_type: http
        host: https://shipping.example.com
        secret_extra:
          headers:
            x-api-key: {vault: airflow/shipping, version: 1}
      - connection_id: erp
        from_vault: airflow/connections/erp
    variables:
      - key: smtp_settings
        from_vault: airflow/variables/smtp_settings
    vault:
      url: https://vault.example.com:8200
      role_id: "{{ vault_approle_role_id }}"
      secret_id: "{{ vault_approle_secret_id }}"

- name: The same deployment for several tasks
  module_defaults:
    group/windsock.airflow.airflow:
      airflow_url: https://airflow.example.com
      airflow_token: "{{ vault_airflow_token }}"
  block:
    - name: Pools first
      windsock.airflow.airflow_settings:
        pools:
          - {name: warehouse, slots: 4}

    - name: These variables and no others of ours, whatever was declared before
      windsock.airflow.airflow_settings:
        owner: analytics
        prune: owned
        variables:
          - {key: analytics_bucket, value: "s3://analytics"}

    - name: Declarations from files
      windsock.airflow.airflow_settings:
        src:
          - airflow/common.yml
          - airflow/production

    - name: What differs, who wrote it last, and what Airflow never reads from its database
      windsock.airflow.airflow_settings:
        src:
          - airflow/common.yml
        audit_log: true
        shadows:
          environment: [AIRFLOW_VAR_XMPL_COMMON, AIRFLOW_CONN_WAREHOUSE]
      check_mode: true

    - name: Declarations that are on the host already, under absolute paths
      vars:
        checkout: "{{ playbook_dir }}"  # with a local connection, the host is this machine
      windsock.airflow.airflow_settings:
        src:
          - "{{ checkout }}/airflow/common.yml"
        remote_src: true
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
      returned: with O(audit_log)
  sample:
    - kind: connection
      id: warehouse
      action: update
      fields: [host, extra.timeout]
      secrets: [password]
      blind: false
      written: {user: jane, when: "2026-01-01T09:30:00Z", event: patch_connection, certain: true}
unknown:
  description:
    - Objects that were left alone, and of which nobody can say whether they are as declared, since Airflow does not
      show their secrets. Those that a O(fingerprint_key) knows to be as declared are not among them.
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
    secrets:
      description: The fields that cannot be compared, dotted inside C(extra).
      type: list
      elements: str
    written:
      description: As in C(changes).
      type: dict
      returned: with O(audit_log)
  sample:
    - {kind: connection, id: warehouse, secrets: [password]}
summary:
  description:
    - How many objects were created, updated, deleted or left unchanged, per kind.
    - V(unknown) counts objects that were left alone and hold secrets which Airflow does not show, so that nobody
      can say whether they are as declared. Those that a O(fingerprint_key) knows to be as declared count as unchanged.
  returned: success and partial failure
  type: dict
  sample:
    connections: {created: 1, updated: 0, deleted: 0, unchanged: 9, unknown: 0}
    variables: {created: 0, updated: 2, deleted: 0, unchanged: 8, unknown: 0}
    pools: {created: 0, updated: 0, deleted: 0, unchanged: 5, unknown: 0}
written_by_others:
  description:
    - Objects that somebody else wrote, or tried to, since they were last applied in the name of this O(owner), each
      with the newest such write. Somebody else is whoever is not a run of this owner. A single module without a
      O(fingerprint_key) is nobody's.
    - An object is told here until a real run, not one in check mode, has noted that.
  returned: success and partial failure, with a fingerprint_key and where Airflow's audit log can be read
  type: list
  elements: dict
  contains:
    kind:
      description: V(connection), V(variable) or V(pool).
      type: str
    id:
      description: The object's id.
      type: str
    user:
      description: Who it was, as the audit log names them.
      type: str
    when:
      description: When it was, as the audit log has it.
      type: str
    event:
      description: What was done, in the audit log's word for it.
      type: str
  sample:
    - {kind: connection, id: warehouse, user: jane, when: "2026-01-01T09:30:00Z", event: patch_connection}
shadowed:
  description:
    - Declared objects that Airflow does not take from its database, since it finds them elsewhere before, as far as
      O(shadows) tells.
  returned: success and partial failure, with shadows
  type: list
  elements: dict
  contains:
    kind:
      description: V(connection) or V(variable).
      type: str
    id:
      description: The object's id.
      type: str
    by:
      description: What Airflow takes in its place, by name.
      type: str
  sample:
    - {kind: connection, id: warehouse, by: environment variable AIRFLOW_CONN_WAREHOUSE}
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
airflow:
  description: The server.
  returned: success and partial failure
  type: dict
  contains:
    version:
      description: Airflow's version.
      type: str
    api_version:
      description: The version of the API that was used.
      type: str
  sample: {version: 3.3.2, api_version: v2}
"""

from ansible_collections.windsock.airflow.plugins.module_utils import _arguments, _module
from ansible_collections.windsock.airflow.plugins.module_utils._jobs._set import Set


def main() -> None:
    _module.run(
        _arguments.SETS + _arguments.PRUNE + _arguments.SHADOWS + _arguments.POLICY + _arguments.VAULT + _arguments.ACCESS,
        Set(),
    )


if __name__ == "__main__":
    main()
