#!/usr/bin/env bash
# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# The role as users run it, in whole plays: how these end, and what stands in the report.

set -eu -o pipefail

export ANSIBLE_NOCOLOR=1 ANSIBLE_FORCE_COLOR=0
python test.py ../../integration_config.yml
