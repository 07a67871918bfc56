# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: plain_declarations
short_description: Finds files of declarations that Ansible has nothing to template in
version_added: 0.1.0
author:
  - Windsock contributors (@windsock)
description:
  - Returns the files of declarations that paths stand for, if the module M(windsock.airflow.airflow_settings) can read
    them by itself, which is many times faster; and nothing if there are templates for Ansible to evaluate.
  - All files or none, since they are merged in order, and the module merges those that it reads before anything else.
  - What form the files have does not matter here.
  - The role P(windsock.airflow.airflow_settings#role) uses it to find its way.
options:
  _terms:
    description:
      - Files, and folders of files. Of a folder, its C(*.yml), C(*.yaml) and C(*.json), sorted by name, without hidden
        ones and without subfolders.
      - A relative path is relative to the folder of the playbook.
    type: list
    elements: str
    required: true
  templates:
    description:
      - Whether there are templates to evaluate.
      - If not given, the files are looked through for V({{), V({%) and V({#). What is encrypted whole is decrypted for
        that, in memory.
    type: bool
seealso:
  - plugin: windsock.airflow.declarations
    plugin_type: lookup
  - module: windsock.airflow.airflow_settings
"""

EXAMPLES = r"""
- name: Tell which files the module could read by itself
  ansible.builtin.debug:
    msg: "{{ query('windsock.airflow.plain_declarations', 'declarations/') }}"
"""

RETURN = r"""
_list:
  description:
    - The absolute paths of the files, or nothing.
  type: list
  elements: path
"""

from typing import Any

from ansible.errors import AnsibleLookupError
from ansible.plugins.lookup import LookupBase

from ansible_collections.windsock.airflow.plugins.plugin_utils._declaration_files import (
    DeclarationFileError,
    holds_template,
    of_each_file,
)


class LookupModule(LookupBase):
    def run(self, terms: list[Any], variables: dict[str, Any] | None = None, **kwargs: Any) -> list[str]:
        self.set_options(var_options=variables, direct=kwargs)
        told = self.get_option("templates")
        basedir = (variables or {}).get("playbook_dir") or self._loader.get_basedir()

        def templated(file: str) -> bool:
            return holds_template(file, self._loader) if told is None else told

        try:
            found = of_each_file(terms, basedir, templated)
        except DeclarationFileError as error:
            raise AnsibleLookupError(str(error)) from None
        return [] if any(found.values()) else list(found)
