#!/bin/sh
# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# ansible-test integration against the servers that tests/support/airflow_server.py and vault_server.py have started;
# arguments: targets.
set -eu
cd build/collections/ansible_collections/windsock/airflow
cat > tests/integration/integration_config.yml <<END
---
airflow_url: $AIRFLOW_API_URL
airflow_username: $AIRFLOW_API_USERNAME
airflow_password: $AIRFLOW_API_PASSWORD
airflow_viewer_username: $WINDSOCK_VIEWER_USERNAME
airflow_viewer_password: $WINDSOCK_VIEWER_PASSWORD
airflow_cli: $WINDSOCK_AIRFLOW_CLI
airflow_version: $WINDSOCK_AIRFLOW_VERSION
vault_url: $WINDSOCK_VAULT_URL
vault_token: $WINDSOCK_VAULT_TOKEN
END
exec ansible-test integration --color no --continue-on-error "$@"
