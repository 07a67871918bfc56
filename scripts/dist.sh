#!/bin/sh
# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# The tarball in build/dist, built from the copy: nothing that git ignores can get into it.
set -eu
rm -rf build/dist
mkdir -p build/dist
ansible-galaxy collection build build/collections/ansible_collections/windsock/airflow --output-path build/dist
