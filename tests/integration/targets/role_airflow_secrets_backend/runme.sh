#!/usr/bin/env bash
# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# The role as a user runs it. What it printed, at -vvv with diffs, must hold none of the secrets, which have "canary" in them.

set -eu -o pipefail

output=$(mktemp -d)
trap 'rm -rf "$output"' EXIT

export ANSIBLE_FORCE_COLOR=0 ANSIBLE_NOCOLOR=1
ansible-playbook main.yml -i inventory.yml -e "role_test_output=$output" --diff -vvv "$@" 2>&1 | tee "$output/log"

if grep -n canary "$output/log"; then
    echo "FAILED: a secret was printed" >&2
    exit 1
fi
for line in "connections: 1 created" "create variable from_playbook: value" "create connection api: conn_type (secret: password)"; do
    grep -qF "\"$line\"" "$output/log" || { echo "FAILED: the summary does not say: $line" >&2; exit 1; }
done

python readme.py
