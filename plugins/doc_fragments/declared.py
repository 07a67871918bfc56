# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    # A whole set of declared objects.
    DOCUMENTATION = r"""
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
      - "Known by their content are, too: Astronomer's C(airflow_settings.yaml) (one key, C(airflow)), and what
        C(airflow connections export), C(airflow pools export) and C(airflowctl) write, JSON, YAML or C(.env). An export
        of variables may hold anything, so it is taken for one only if V(variables) is in its name. What could be more
        than one of these is refused."
      - None of these other forms says what is secret, so every variable and every C(extra) in them is taken for one, and
        never shown. One that is empty or missing is not declared, nor is a list in C(airflow_settings.yaml) that holds
        nothing but an empty template.
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
"""

    # What is to become of objects that nobody declares.
    PRUNING = r"""
options:
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
        case differ, but for names of environment variables, which are in capitals."
    type: list
    elements: str
    default: []
"""
