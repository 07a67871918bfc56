# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: no stable interface for others.

"""The other forms that Airflow's settings have, to and from declarations. Pure: no file, no server, no Ansible.

Nothing is lost in silence: what the other form cannot hold is a fault, or is noted as left out.
"""
