# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: declarations
short_description: Loads declarations of Airflow objects from files and folders
version_added: 0.1.0
author:
  - Windsock contributors (@windsock)
description:
  - Reads files of declarations on the controller and returns what they declare of one kind, one list for each file, in
    the order given. Merge them with P(windsock.airflow.merge_declarations#filter).
  - The role P(windsock.airflow.airflow_settings#role) uses it where files hold templates, so that no secret has to pass
    through a fact or a registered variable.
  - A file is YAML or JSON and holds a mapping with any of the keys C(connections), C(variables) and C(pools), each
    of them a list. Every other key is refused.
  - Astronomer's C(airflow_settings.yaml) and files that Airflow has exported are known by their content, as those of
    O(windsock.airflow.airflow_settings#module:src). An C(.env) file is taken as it stands, without templates.
  - A file may be encrypted whole with ansible-vault, or hold inline C(!vault) values. It may hold Jinja templates and
    lookups. Only the templates of the kind asked for are evaluated, each of them once.
options:
  _terms:
    description:
      - Files, and folders of files. Of a folder, its C(*.yml), C(*.yaml) and C(*.json) are read, sorted by name,
        without hidden ones and without subfolders.
      - A relative path is relative to the folder of the playbook.
    type: list
    elements: str
    required: true
  kind:
    description:
      - What to return.
    type: str
    choices:
      - connections
      - variables
      - pools
    required: true
seealso:
  - plugin: windsock.airflow.plain_declarations
    plugin_type: lookup
  - plugin: windsock.airflow.merge_declarations
    plugin_type: filter
  - module: windsock.airflow.airflow_settings
"""

EXAMPLES = r"""
- name: Apply the pools of a folder
  windsock.airflow.airflow_settings:
    airflow_url: https://airflow.example.org
    pools: >-
      {{ query('windsock.airflow.declarations', 'declarations/', kind='pools')
         | windsock.airflow.merge_declarations('pools') }}
"""

RETURN = r"""
_list:
  description:
    - One list of declarations for each file, V(null) for a file that does not declare the kind.
  type: list
  elements: raw
"""

import re
from typing import Any

from ansible.errors import AnsibleLookupError
from ansible.plugins.lookup import LookupBase
from ansible.utils.display import Display

from ansible_collections.windsock.airflow.plugins.module_utils._forms._form import Notes
from ansible_collections.windsock.airflow.plugins.plugin_utils._declaration_files import (
    DeclarationFileError,
    OtherForm,
    of_each_file,
    read,
)


class LookupModule(LookupBase):
    def run(self, terms: list[Any], variables: dict[str, Any] | None = None, **kwargs: Any) -> list[list[Any] | None]:
        self.set_options(var_options=variables, direct=kwargs)
        kind = self.get_option("kind")
        basedir = (variables or {}).get("playbook_dir") or self._loader.get_basedir()
        try:
            contents = of_each_file(terms, basedir, lambda file: read(file, self._loader))
        except DeclarationFileError as error:
            raise AnsibleLookupError(str(error)) from None

        sources: list[list[Any] | None] = []
        faults: list[str] = []
        for file, content in contents.items():
            notes = Notes()
            if not isinstance(content, OtherForm) and content.get(kind) is None:
                sources.append(None)
                continue
            try:
                declared = self._declared(content, kind, notes)
            except Exception as error:  # of a filter, on older versions of ansible-core any
                faults.append(f"{file}: {kind}: {_reason(error)}")
                continue
            faults += notes.faults
            for note in notes.lost:
                Display().warning(note)
            if declared is not None and not isinstance(declared, list):
                faults.append(f"{file}: {kind} must be a list")
            sources.append(declared)
        if faults:
            raise AnsibleLookupError("\n".join(faults))
        return sources

    def _declared(self, content: dict[str, Any] | OtherForm, kind: str, notes: Notes) -> Any:
        """What a file says of a kind, its templates evaluated."""
        if isinstance(content, OtherForm):
            return content.declared(kind, self._templar.template, notes)
        return self._templar.template(content[kind])


def _reason(error: Exception) -> str:
    """Why a template fails, in words that hold nothing of it: Ansible's own may show the lines around, or all of it."""
    missing = re.search(r"'[A-Za-z_]\w*' is undefined", str(error))
    return f"a template cannot be evaluated: {missing[0] if missing else type(error).__name__}"
