# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    # Where a backend is.
    DOCUMENTATION = r"""
options:
  path:
    description:
      - The file, by its absolute path, for O(target=env) and O(target=astro_settings). Its folder must exist.
      - It is written in one step, so that a crash leaves the old one. Lines that set no connection or variable stay, and
        of C(airflow_settings.yaml) what nobody declares; only its comments are lost, with a warning.
    type: path
  mode:
    description:
      - The permissions that the file gets whenever it is written.
    type: str
    default: "0600"
"""

    # The layout of Airflow's VaultBackend.
    VAULT = r"""
options:
  connections_path:
    description:
      - The folder of the connections, as Airflow's VaultBackend has it, for O(target=vault). Without it, connections are
        passed over.
      - A connection is written as its fields. One that is there as a C(conn_uri) is read, and written as its fields when
        it changes.
      - With KV version 2 each write names the version that it follows, so that none of somebody else's is lost, and what
        is deleted can be brought back with C(vault kv undelete). KV version 1 has neither.
    type: str
  variables_path:
    description:
      - The folder of the variables, as Airflow's VaultBackend has it, for O(target=vault). Without it, variables are passed
        over.
    type: str
  mount:
    description:
      - The mount of the KV engine, for O(target=vault). Without it, that of O(vault).
    type: str
"""

    # The Environment Manager of Astro.
    ASTRO = r"""
options:
  astro_organization:
    description:
      - The organization's id, for O(target=astro_environment). If not given, the environment variable
        E(ASTRO_ORGANIZATION_ID) is used.
    type: str
  astro_workspace:
    description:
      - The id of the workspace that the objects belong to, or O(astro_deployment). Objects that belong to the other are
        neither seen nor changed.
    type: str
  astro_deployment:
    description:
      - The id of the deployment that the objects belong to. What is linked to it from its workspace is not its own.
    type: str
  astro_auto_link:
    description:
      - Whether objects that are created in a workspace are linked to all its deployments. Those that are there keep their
        links.
    type: bool
    default: false
  astro_token:
    description:
      - An API token of the organization, workspace or deployment. Never shown.
      - If not given, the environment variable E(ASTRO_API_TOKEN) is used where O(astro_url) begins with C(https://) and its
        host ends with C(.astronomer.io) or C(.astronomer.run), and nowhere else.
    type: str
  astro_url:
    description:
      - The address of Astro's API, of which version 1 is used.
    type: str
    default: https://api.astronomer.io
  ca_path:
    description:
      - A file of CA certificates (PEM) to check the certificate of O(astro_url) against. Read where the module runs.
    type: path
"""
