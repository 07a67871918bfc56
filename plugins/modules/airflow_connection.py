#!/usr/bin/python

# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: airflow_connection
short_description: Keep one connection of an Airflow deployment as declared
version_added: 0.1.0
description:
  - Creates, changes or deletes one connection through Airflow's REST API.
  - A field that is not given is left alone. For more than a few connections use
    M(windsock.airflow.airflow_settings), which needs a few requests for all of them.
author:
  - Windsock contributors (@windsock)
extends_documentation_fragment:
  - windsock.airflow.access
  - windsock.airflow.vault
  - windsock.airflow.policy
  - windsock.airflow.attributes
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
  connection_id:
    description:
      - "The connection's id: letters, digits, underscores, dots and hyphens, at most 200. Airflow 2 takes only
        ASCII."
    type: str
    required: true
    aliases: [conn_id]
  conn_type:
    description:
      - The type, for example V(postgres), V(http) or V(aws).
      - Needed for a connection that does not exist yet.
    type: str
  description:
    description:
      - A description of the connection.
      - An empty string clears it.
    type: str
  host:
    description:
      - The host.
      - An empty string clears it.
    type: str
  login:
    description:
      - The login. A whole number is taken as its digits.
      - An empty string clears it.
    type: str
  password:
    description:
      - The password. Never returned or shown.
      - "A text, or a reference to Vault, V({vault: path, key: name}), see O(vault)."
      - An empty string clears it. Airflow does that only by deleting the connection and creating it anew, so
        this is what then happens; it is refused where secrets would be lost that are not declared. If the run dies
        between the two, the fields that are not declared are lost.
      - Airflow 2 does not show whether there is a password. There an empty string leaves it alone, unless
        C(fingerprint_key) tells that another one was applied.
    type: raw
  schema:
    description:
      - The schema, for most databases the name of the database.
      - An empty string clears it.
    type: str
  port:
    description:
      - The port, V(1) to V(65535).
      - "V(0) clears it."
    type: int
  extra:
    description:
      - "The extra parameters: a dict, or a string that holds a JSON object."
      - Compared and written as a whole, together with O(secret_extra). An empty dict clears it.
    type: raw
  secret_extra:
    description:
      - Extra parameters that are secret. Merged over O(extra), dicts inside dicts too.
      - No value in it is ever returned or shown, whatever its name.
      - Any value in it, at any depth, may be a reference to Vault. If it is one as a whole, the secret's value
        must be a dict; without a key, the whole secret is meant.
    type: dict
  uri:
    description:
      - The whole connection in Airflow's URI form, instead of the fields. Secret as a whole.
      - A text, or a reference to Vault.
      - What the URI does not name is cleared. Only O(description) and O(team_name) may stand beside it.
    type: raw
  from_vault:
    description:
      - "The whole connection from Vault, in the layout of Airflow's own VaultBackend: C(conn_uri), or the fields by
        their names."
      - A path, or a reference to Vault without a key.
      - What the secret does not name is cleared, but for O(description). Fields that are declared beside it
        win over those of the secret. What comes from it is not shown, but for C(conn_type) and C(description).
    type: raw
  team_name:
    description:
      - The team that the connection belongs to.
      - Only for deployments that run in multi-team mode (Airflow 3.2 and newer); others refuse it.
    type: str
  state:
    description:
      - Whether the object is to exist.
    type: str
    choices: [present, absent]
    default: present
seealso:
  - module: windsock.airflow.airflow_settings
  - module: windsock.airflow.airflow_info
"""

EXAMPLES = r"""
---
- name: A database with its password from ansible-vault
  windsock.airflow.airflow_connection:
    airflow_url: https://airflow.example.com
    airflow_username: ansible
    airflow_password: "{{ vault_airflow_password }}"
    connection_id: warehouse
    conn_type: postgres
    host: warehouse.example.com
    port: 5432
    schema: analytics
    login: etl
    password: "{{ vault_warehouse_password }}"
    extra:
      sslmode: require

- name: A database whose password is written when it was rotated, and only then
  windsock.airflow.airflow_connection:
    airflow_url: https://airflow.example.com
    airflow_username: ansible
    airflow_password: "{{ vault_airflow_password }}"
    connection_id: reports
    conn_type: mysql
    host: reports.example.com
    login: reader
    password: "{{ vault_reports_password }}"
    fingerprint_key: "{{ vault_fingerprint_key }}"

- name: An API with a secret inside its extra, written only when the connection is created
  windsock.airflow.airflow_connection:
    airflow_url: https://airflow.example.com
    airflow_token: "{{ vault_airflow_token }}"
    connection_id: billing_api
    conn_type: http
    host: https://billing.example.com
    extra:
      timeout: 20
    secret_extra:
      headers:
        x-api-key: "{{ vault_billing_key }}"
    update_secrets: on_create

- name: The whole connection as a URI
  windsock.airflow.airflow_connection:
    airflow_url: https://airflow.example.com
    airflow_token: "{{ vault_airflow_token }}"
    connection_id: events
    uri: "{{ vault_events_uri }}"

- name: A database with its password from HashiCorp Vault or OpenBao
  windsock.airflow.airflow_connection:
    airflow_url: https://airflow.example.com
    airflow_token: "{{ vault_airflow_token }}"
    connection_id: orders
    conn_type: postgres
    host: orders.example.com
    login: etl
    password: {vault: airflow/orders, key: password}
    fingerprint_key: "{{ vault_fingerprint_key }}"
    vault:
      url: https://vault.example.com:8200
      role_id: "{{ vault_approle_role_id }}"
      secret_id: "{{ vault_approle_secret_id }}"

- name: A whole connection from where Airflow's own VaultBackend reads it, but for its host
  windsock.airflow.airflow_connection:
    airflow_url: https://airflow.example.com
    airflow_token: "{{ vault_airflow_token }}"
    connection_id: erp
    from_vault: airflow/connections/erp
    host: erp.example.com
    fingerprint_key: "{{ vault_fingerprint_key }}"
    vault:
      url: https://vault.example.com:8200
      role_id: "{{ vault_approle_role_id }}"
      secret_id: "{{ vault_approle_secret_id }}"

- name: No such connection
  windsock.airflow.airflow_connection:
    airflow_url: https://airflow.example.com
    airflow_token: "{{ vault_airflow_token }}"
    connection_id: retired
    state: absent
"""

RETURN = r"""
---
connection:
  description:
    - The connection as it is now, in check mode as it would be, in the words of a declaration; null where it is absent.
    - Secrets are masked, and so is what nobody declared and Airflow may keep secrets in.
  returned: success
  type: dict
  sample:
    connection_id: warehouse
    conn_type: postgres
    host: warehouse.example.com
    port: 5432
    password: (secret)
    extra: {sslmode: require}
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
from ansible_collections.windsock.airflow.plugins.module_utils._jobs._one import One
from ansible_collections.windsock.airflow.plugins.module_utils._kinds import CONNECTION


def main() -> None:
    _module.run(_arguments.one(CONNECTION) + _arguments.POLICY + _arguments.VAULT + _arguments.ACCESS, One(CONNECTION))


if __name__ == "__main__":
    main()
