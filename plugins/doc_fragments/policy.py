# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  update_secrets:
    description:
      - What to do with secrets of objects that exist. Airflow never gives a secret back, so it cannot be compared.
      - With V(always) they are written each time, and the task says C(changed). With V(on_create) they are written
        when the object is created, and when it turns out that Airflow has none where one is declared.
      - With V(on_create), the secrets of an C(extra), or of a variable that holds JSON, are written along if something
        readable in that same field differs, since Airflow takes the field as one.
      - The same holds for values that are not declared as secret and that Airflow masks all the same, because their
        names look secret. A secret that Airflow shows is compared, and written only if it differs.
    type: str
    choices: [always, on_create]
    default: always
  enforce_defaults:
    description:
      - Whether every field that is not declared, of an object that is, goes back to Airflow's default.
    type: bool
    default: false
"""
