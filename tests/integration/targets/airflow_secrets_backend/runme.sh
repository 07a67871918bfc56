#!/usr/bin/env bash
# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# A playbook: were this target a role, ansible-test would run the collection's role of the same name instead.

set -eu

ANSIBLE_ROLES_PATH="$PWD/.." ansible-playbook -i "$INVENTORY_PATH" -e @../../integration_config.yml main.yml "$@"
