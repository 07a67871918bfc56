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
      - It is written in one step, so that a crash leaves the old one, and keeps its owner. A link stays a link. What sets
        no connection or variable stays as it is, byte for byte; of C(airflow_settings.yaml) what nobody declares stays,
        only its comments are lost, with a warning.
      - If anything cannot be written, nothing is.
    type: path
  mode:
    description:
      - The permissions of the file, in octal and in quotes. Others are set right, which is told as a change and in RV(mode).
      - Nobody may have a right that the owner has not, as from a number without quotes.
    type: raw
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

    # Parameter Store and Secrets Manager of AWS.
    AWS = r"""
options:
  connections_prefix:
    description:
      - The prefix of the connections, as Airflow's backend has it, for O(target=ssm) and O(target=secretsmanager). Without
        it, connections are passed over.
    type: str
  variables_prefix:
    description:
      - The prefix of the variables, as Airflow's backend has it, for O(target=ssm) and O(target=secretsmanager). Without
        it, variables are passed over.
    type: str
  kms_key_id:
    description:
      - The KMS key for what is created, by its id, ARN or alias. Without it, AWS's own key for the service.
      - What is there already keeps its key in Secrets Manager; in Parameter Store it gets this one when it is written.
    type: str
  parameter_tier:
    description:
      - The tier of parameters that are written. V(standard) holds up to 4,096 bytes, V(advanced) 8,192 and costs money.
    type: str
    choices: [standard, advanced]
    default: standard
  separator:
    description:
      - What stands between the prefix and the id, C(sep) of Airflow's SecretsManagerBackend, for O(target=secretsmanager).
    type: str
    default: /
  recovery_days:
    description:
      - For how many days a deleted secret can be brought back, for O(target=secretsmanager); V(7) to V(30), or V(0) to
        delete it for good at once. One that is declared again before is brought back with its new value.
    type: int
    default: 30
  aws_region:
    description:
      - The region. Without it, what AWS's own tools have set counts, as E(AWS_DEFAULT_REGION).
    type: str
  aws_profile:
    description:
      - A profile of AWS's own tools.
    type: str
  aws_access_key:
    description:
      - The id of an access key. Without keys and profile, boto3 looks where AWS's own tools keep them, and takes the role
        of the machine. Never shown.
    type: str
  aws_secret_key:
    description:
      - The access key's secret. Never shown.
    type: str
  aws_session_token:
    description:
      - The token of a temporary access key. Never shown.
    type: str
  aws_endpoint_url:
    description:
      - Another address of the service, as of a VPC endpoint.
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
