# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  airflow_url:
    description:
      - The address of the deployment, with its path prefix if it has one, with or without C(/api/v1) or C(/api/v2) at
        its end.
      - If not given, the environment variable E(AIRFLOW_API_URL) is used.
    type: str
  airflow_username:
    description:
      - Who signs in. Needs O(airflow_password).
      - If neither this nor O(airflow_token) is given, the environment variables E(AIRFLOW_API_TOKEN), or
        E(AIRFLOW_API_USERNAME) and E(AIRFLOW_API_PASSWORD), are used.
    type: str
  airflow_password:
    description:
      - The password of O(airflow_username).
      - If not given, the environment variable E(AIRFLOW_API_PASSWORD) is used.
    type: str
  airflow_token:
    description:
      - A bearer token, instead of a username and password.
      - If no credentials are given, the environment variable E(AIRFLOW_API_TOKEN) is used.
      - If that is not set either, E(ASTRO_API_TOKEN) is used for a deployment on Astro, that is where O(airflow_url)
        begins with C(https://) and its host ends with C(.astronomer.run) or C(.astronomer.io), unless O(validate_certs)
        is V(false) or O(airflow_headers) have an C(Authorization). It is sent nowhere else.
    type: str
  airflow_headers:
    description:
      - Further headers for each request, as gateways in front of Airflow want them. Never shown.
    type: dict
  validate_certs:
    description:
      - Whether the server's TLS certificate is checked.
    type: bool
    default: true
  ca_path:
    description:
      - A file of CA certificates (PEM) to check the server's certificate against. Read where the module runs.
    type: path
  client_cert:
    description:
      - A client certificate (PEM) for TLS, with its key if O(client_key) is not given. Read where the module runs.
    type: path
  client_key:
    description:
      - The key of O(client_cert) (PEM). Read where the module runs.
    type: path
  proxy_url:
    description:
      - A proxy to reach the deployment through. Without it the usual environment variables (E(HTTPS_PROXY),
        E(NO_PROXY) and so on) are heeded, if C(apache-airflow-client) is 3.3.2 or newer.
    type: str
  timeout:
    description:
      - How long one request may take, in seconds.
    type: int
    default: 30
  retries:
    description:
      - How often a request is repeated after a connection error or an answer of 429, 502, 503 or 504, each time after
        a longer pause, or the one that the server asks for (at most 60 seconds).
      - A creation whose answer was lost is not repeated blindly, it is looked for first.
    type: int
    default: 3
  api_version:
    description:
      - The version of Airflow's API, V(v1) for Airflow 2 and V(v2) for Airflow 3. V(auto) finds it out, which costs
        one request more on Airflow 2.
    type: str
    choices: [auto, v1, v2]
    default: auto
requirements:
  - Python >= 3.10
  - apache-airflow-client >= 3.0
"""
