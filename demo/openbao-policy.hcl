# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# All that the playbook may do in OpenBao: read what is below airflow/ of the store secret/. Only policies have data/ in
# the path. That a token may revoke itself is said by the policy "default", which each has.
path "secret/data/airflow/*" {
  capabilities = ["read"]
}
