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
      - The file, by its absolute path, for O(target=env). Its folder must exist.
      - It is written in one step, so that a crash leaves the old one, and keeps its owner. A link stays a link. What sets
        no connection or variable stays as it is, byte for byte.
      - If anything cannot be written, nothing is.
    type: path
  mode:
    description:
      - The permissions of the file. Others are set right, which is told as a change and in RV(mode).
    type: str
    default: "0600"
"""

    # A file that sets environment variables.
    ENV = r"""
options:
  format:
    description:
      - What kind of file it is, for O(target=env). Each is written so that its tool gets back the very text, and what is
        there is read as that tool reads it.
      - "V(docker) is an env file as C(docker run --env-file) takes it, and Compose with C(format: raw). No line break can
        stand in it, and no line of more than 64 KiB."
      - V(compose) is an C(env_file) of Docker Compose.
      - V(systemd) is an C(EnvironmentFile) of systemd. Names there have only letters, digits and underscores.
      - V(kubernetes) is a manifest of a Secret, for C(envFrom). It may stand in a file with others. Needs PyYAML.
      - V(dockerfile) is a Dockerfile, of which C(ENV) instructions are written at the end. Everybody who has the image can
        read them, so each run warns of it.
    type: str
    choices: [docker, compose, systemd, kubernetes, dockerfile]
    default: docker
  secret_name:
    description:
      - The name of the Secret, for O(format=kubernetes).
    type: str
  secret_namespace:
    description:
      - The namespace of the Secret, for O(format=kubernetes). Without it, a Secret of that name in any is meant, and a new
        one gets none.
    type: str
"""

    # The layout of Airflow's VaultBackend. No part may be called as another fragment is, which Ansible would take.
    KV = r"""
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
