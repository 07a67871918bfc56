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
  connections:
    description:
      - Connections.
    type: list
    elements: dict
    suboptions:
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
            O(fingerprint_key) tells that another one was applied.
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
          - Compared and written as a whole, together with O(connections[].secret_extra). An empty dict clears it.
        type: raw
      secret_extra:
        description:
          - Extra parameters that are secret. Merged over O(connections[].extra), dicts inside dicts too.
          - No value in it is ever returned or shown, whatever its name.
          - Any value in it, at any depth, may be a reference to Vault. If it is one as a whole, the secret's value
            must be a dict; without a key, the whole secret is meant.
        type: dict
      uri:
        description:
          - The whole connection in Airflow's URI form, instead of the fields. Secret as a whole.
          - A text, or a reference to Vault.
          - What the URI does not name is cleared. Only O(connections[].description) and O(connections[].team_name)
            may stand beside it.
        type: raw
      from_vault:
        description:
          - "The whole connection from Vault, in the layout of Airflow's own VaultBackend: C(conn_uri), or the fields by
            their names."
          - A path, or a reference to Vault without a key.
          - What the secret does not name is cleared, but for O(connections[].description). Fields that are declared beside it
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
  variables:
    description:
      - Variables.
    type: list
    elements: dict
    suboptions:
      key:
        description:
          - The variable's key, at most 250 characters.
        type: str
        required: true
      value:
        description:
          - "The value: any YAML. What is not a string is stored as JSON and compared as JSON."
          - Texts that both are JSON are compared as JSON too, since Airflow 3 shows them serialised anew.
          - Needed for a variable that does not exist yet, if O(variables[].secret_value) is not given.
        type: raw
      secret_value:
        description:
          - The value, if it is secret. Never returned or shown, whatever the key. Mutually exclusive with
            O(variables[].value).
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
  pools:
    description:
      - Pools.
    type: list
    elements: dict
    suboptions:
      name:
        description:
          - The pool's name, at most 256 characters. On Airflow 2, a pool with a slash in its name can be created, but
            neither changed nor deleted.
          - Of V(default_pool), only O(pools[].slots) and O(pools[].include_deferred) can be changed, and it cannot
            be deleted.
        type: str
        required: true
      slots:
        description:
          - How many slots it has; V(-1) is unlimited. Airflow 2 and 3.0 break on that, so it is refused there.
          - Needed for a pool that does not exist yet.
        type: int
      description:
        description:
          - A description of the pool.
          - An empty string clears it.
        type: str
      include_deferred:
        description:
          - Whether deferred tasks take up slots.
        type: bool
      team_name:
        description:
          - The team that the pool belongs to.
          - Only for deployments that run in multi-team mode (Airflow 3.2 and newer); others refuse it.
        type: str
      state:
        description:
          - Whether the object is to exist.
        type: str
        choices: [present, absent]
        default: present
  src:
    description:
      - Files or folders of declarations, YAML or JSON, each a dict of O(connections), O(variables) and O(pools). Of a
        folder all C(*.yml), C(*.yaml) and C(*.json) are read, in the order of their names, without hidden ones and
        without subfolders.
      - Objects of the same id are merged field by field, in the order given; the options of the task come last.
      - Looked for on the controller, where Ansible looks for files of a role or playbook. What ansible-vault encrypted
        is decrypted, whole files (faster) and inline values. Templates are not evaluated.
      - What is wrong with an object is told with the file and the line where it begins; if it is declared in several
        files, with each of them. A key that stands twice in a mapping is refused.
      - "The module reads the files by itself, so this is the way for thousands of objects. YAML needs PyYAML where the
        module runs; JSON needs nothing and is read several times faster."
    type: list
    elements: path
  remote_src:
    description:
      - Whether O(src) names files and folders of the host, not of the controller.
      - Their paths must be absolute. What ansible-vault encrypted is refused there, since its passwords stay on the
        controller.
    type: bool
    default: false
  prune:
    description:
      - What to do with objects that are not declared.
      - V(none) leaves them alone.
      - V(owned) deletes those that an earlier run of the same O(owner) applied, that is created, changed or found as
        declared. Without a memory of such runs nothing is deleted, and a warning says why.
      - V(all) deletes them, whoever made them, but for what other owners have applied.
      - Only in the kinds that are declared. An empty list declares a kind of which nothing is to be left.
      - If what any owner has applied cannot be read, nothing is deleted, and a warning says why.
      - C(default_pool) is never deleted.
    type: str
    choices: [none, owned, all]
    default: none
  prune_limit:
    description:
      - How many objects O(prune) may delete in one run. If it were more, nothing is written at all, and the task fails,
        in check mode too. Objects that are declared absent do not count.
    type: int
    default: 10
  protect:
    description:
      - "Shell patterns of ids that O(prune) never deletes, of whatever kind: V(legacy_*), for example. Upper and lower
        case differ."
    type: list
    elements: str
    default: []
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
