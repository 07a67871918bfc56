#!/usr/bin/python

# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: airflow_variable
short_description: Keep one variable of an Airflow deployment as declared
version_added: 0.1.0
description:
  - Creates, changes or deletes one variable through Airflow's REST API.
  - A field that is not given is left alone. For more than a few variables use M(windsock.airflow.airflow_settings),
    which needs a few requests for all of them.
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
  key:
    description:
      - The variable's key, at most 250 characters.
    type: str
    required: true
  value:
    description:
      - "The value: any YAML. What is not a string is stored as JSON and compared as JSON."
      - Texts that both are JSON are compared as JSON too, since Airflow 3 shows them serialised anew.
      - Needed for a variable that does not exist yet, if O(secret_value) is not given.
    type: raw
  secret_value:
    description:
      - The value, if it is secret. Never returned or shown, whatever the key. Mutually exclusive with O(value).
      - "A text or any other YAML, or a reference to Vault, V({vault: path, key: name}), see O(vault). In a dict or a
        list, any value at any depth may be a reference too."
    type: raw
  from_vault:
    description:
      - The value from Vault, in the layout of Airflow's own VaultBackend, in which the secret's C(value) is it.
      - A path, or a reference to Vault without a key. A value that is declared beside it wins.
    type: raw
  description:
    description:
      - A description of the variable.
      - An empty string clears it.
    type: str
  team_name:
    description:
      - The team that the variable belongs to.
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
- name: A text
  windsock.airflow.airflow_variable:
    airflow_url: https://airflow.example.com
    airflow_token: "{{ vault_airflow_token }}"
    key: environment
    value: production
    description: Which deployment this is

- name: A structure, stored as JSON
  windsock.airflow.airflow_variable:
    airflow_url: https://airflow.example.com
    airflow_token: "{{ vault_airflow_token }}"
    key: ingest
    value:
      batch_size: 500
      regions: [eu, us]

- name: A secret
  windsock.airflow.airflow_variable:
    airflow_url: https://airflow.example.com
    airflow_token: "{{ vault_airflow_token }}"
    key: partner_token
    secret_value: "{{ vault_partner_token }}"

- name: JSON with a secret of HashiCorp Vault or OpenBao in it
  windsock.airflow.airflow_variable:
    airflow_url: https://airflow.example.com
    airflow_token: "{{ vault_airflow_token }}"
    key: partner_feed
    secret_value:
      url: https://partner.example.com/feed
      token: {vault: airflow/partner, key: token}
    fingerprint_key: "{{ vault_fingerprint_key }}"
    vault:
      url: https://vault.example.com:8200
      role_id: "{{ vault_approle_role_id }}"
      secret_id: "{{ vault_approle_secret_id }}"

- name: A whole variable from where Airflow's own VaultBackend reads it
  windsock.airflow.airflow_variable:
    airflow_url: https://airflow.example.com
    airflow_token: "{{ vault_airflow_token }}"
    key: smtp_settings
    from_vault: airflow/variables/smtp_settings
    fingerprint_key: "{{ vault_fingerprint_key }}"
    vault:
      url: https://vault.example.com:8200
      role_id: "{{ vault_approle_role_id }}"
      secret_id: "{{ vault_approle_secret_id }}"

- name: No such variable
  windsock.airflow.airflow_variable:
    airflow_url: https://airflow.example.com
    airflow_token: "{{ vault_airflow_token }}"
    key: retired
    state: absent
"""

RETURN = r"""
---
variable:
  description:
    - The variable as it is now, in check mode as it would be, in the words of a declaration; null where it is absent.
    - Secrets are masked, and so is what nobody declared and Airflow may keep secrets in.
  returned: success
  type: dict
  sample:
    key: ingest
    value: '{"batch_size": 500, "regions": ["eu", "us"]}'
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
from ansible_collections.windsock.airflow.plugins.module_utils._kinds import VARIABLE


def main() -> None:
    _module.run(_arguments.one(VARIABLE) + _arguments.POLICY + _arguments.VAULT + _arguments.ACCESS, One(VARIABLE))


if __name__ == "__main__":
    main()
