#!/usr/bin/python

# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: airflow_export
short_description: Write down what an Airflow deployment has, as declarations
version_added: 0.1.0
description:
  - Writes the connections, variables and pools of a deployment into files of declarations on the controller, one for
    each kind, for M(windsock.airflow.airflow_settings) to apply. It changes nothing in Airflow.
  - Each secret becomes a reference to HashiCorp Vault or OpenBao. A list beside the declarations, with a command for
    each place, says what has to be put there. This module neither knows nor asks for Vault.
  - Once that is done, applying the declarations to the deployment that they come from changes nothing, and applying them
    to an empty one makes the same objects there.
  - "Secret is a password; what Airflow masks; what stands under a name that looks secret, or that
    O(secret_patterns) matches; a private key, a URL or a connection string with a password or a token in it, a token
    that tells itself, such as a JWT, or a text of JSON with any of these, under any name. Another secret under a name
    that looks harmless, which Airflow shows to everybody who may read its API, is written as it is. So read the files
    before you share them."
  - Objects are in the order of their ids, and nothing in the files tells when they were written, so that two exports
    of the same deployment are the same.
  - A field or an object of which Airflow does not show enough, or that no declaration can say, is left out, which a
    comment and the list tell.
  - The variables in which this collection keeps what owners have applied are left out.
author:
  - Windsock contributors (@windsock)
extends_documentation_fragment:
  - windsock.airflow.access
  - windsock.airflow.vault
  - windsock.airflow.attributes
attributes:
  check_mode:
    support: full
    details:
      - Reads the deployment, and says which files would be written.
  diff_mode:
    support: full
  idempotent:
    support: full
options:
  dest:
    description:
      - The folder on the controller, which is made if need be. A relative path is relative to where C(ansible-playbook)
        was started.
      - C(connections.yml), C(variables.yml) and C(pools.yml) are written into it, and the list
        C(secrets-to-fill-in.md).
      - A file of such a name that this module did not write for the same O(deployment) is not overwritten. That is an
        error.
    type: path
    required: true
  mode:
    description:
      - The permissions of files that are written, in octal.
    type: str
    default: "0600"
  deployment:
    description:
      - What the deployment is called in the files, and C({host}) in O(vault_path).
      - If not given, it is the name of the inventory host.
    type: str
  kinds:
    description:
      - Which kinds of objects to export.
    type: list
    elements: str
    choices: [connections, variables, pools]
    default: [connections, variables, pools]
  include:
    description:
      - Shell patterns of ids. Only objects of which one matches are exported.
    type: list
    elements: str
    default: ["*"]
  exclude:
    description:
      - Shell patterns of ids. Objects of which one matches are left out, such as V(*_default) for the connections that
        come with Airflow.
    type: list
    elements: str
    default: []
  secret_patterns:
    description:
      - Shell patterns of further names under which there are secrets, keys of variables, and names at any depth of
        C(extra) and of the JSON in a variable. Whether letters are capital is no matter.
    type: list
    elements: str
    default: []
  unseen_passwords:
    description:
      - Airflow 2 does not tell which connections have a password. Airflow 3 does, and this is no matter there.
      - With V(reference) each connection gets a reference for it. Where there is none, take the reference out; or put an
        empty text into Vault, and the connection counts as unknown in each run.
      - With V(omit) none does. Then applying the declarations leaves passwords alone, and makes connections without.
    type: str
    choices: [reference, omit]
    default: reference
  vault_path:
    description:
      - Where in Vault the secrets of an object are to be, without the mount and without C(data/).
      - "C({host}), C({kind}) (C(connection) or C(variable)), C({id}) and C({field}) in it stand for what they say. What
        could not be a part of a path in them becomes an underscore, with a hash at the end."
      - Two secrets in one place are an error.
    type: str
    default: airflow/{kind}s/{id}
  vault_key:
    description:
      - The name of a value there, with the same words. C({field}) is C(password), C(value), or dotted, such as
        C(extra.headers.x-api-key).
    type: str
    default: "{field}"
  vault_mount:
    description:
      - The mount of the KV engine, which is then written into each reference.
      - If not given, references have none, so that O(windsock.airflow.airflow_settings#module:vault.mount) is meant.
    type: str
seealso:
  - module: windsock.airflow.airflow_settings
  - module: windsock.airflow.airflow_info
"""

EXAMPLES = r"""
---
- name: Adopt a deployment
  windsock.airflow.airflow_export:
    airflow_url: https://airflow.example.com
    airflow_token: "{{ vault_airflow_token }}"
    dest: airflow-export/production

- name: Only what the data team made, with its secrets in its own part of Vault
  windsock.airflow.airflow_export:
    airflow_url: https://airflow.example.com
    airflow_token: "{{ vault_airflow_token }}"
    dest: airflow-export/data
    include: ["data_*"]
    exclude: ["data_tmp_*"]
    kinds: [connections, variables]
    secret_patterns: ["*pin", "license*"]
    vault_mount: team/kv
    vault_path: "data/{kind}/{id}"
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
files:
  description: The files that were written, or in check mode would be, or are just so already.
  returned: success
  type: list
  elements: str
  sample: [airflow-export/production/connections.yml, airflow-export/production/secrets-to-fill-in.md]
summary:
  description: How many objects of each kind are declared in the files.
  returned: success
  type: dict
  sample: {pools: 3, variables: 40, connections: 25}
secrets:
  description: What has to be put into Vault, in the order of the declarations.
  returned: success
  type: list
  elements: dict
  contains:
    kind:
      description: The kind of the object.
      type: str
    id:
      description: The id of the object.
      type: str
    field:
      description: Where in the object, dotted.
      type: str
    mount:
      description: The mount of the KV engine, if O(vault_mount) is given.
      type: str
    path:
      description: The path of the secret in Vault.
      type: str
    key:
      description: The name of the value in the secret.
      type: str
  sample:
    - {kind: connection, id: warehouse, field: password, mount: null, path: airflow/connections/warehouse, key: password}
remarks:
  description: What has to be looked at, such as what was left out and why.
  returned: success
  type: list
  elements: dict
  contains:
    kind:
      description: The kind of the object.
      type: str
    id:
      description: The id of the object.
      type: str
    text:
      description: The remark, which holds no value.
      type: str
  sample: []
"""

from ansible_collections.windsock.airflow.plugins.module_utils import _arguments, _module
from ansible_collections.windsock.airflow.plugins.module_utils._jobs._export import Export


def main() -> None:
    _module.run(_arguments.EXPORT + _arguments.VAULT + _arguments.ACCESS, Export())


if __name__ == "__main__":
    main()
