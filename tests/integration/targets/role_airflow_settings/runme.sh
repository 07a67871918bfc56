#!/usr/bin/env bash
# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# The role as a user runs it, for two hosts, read back by Airflow's own command line. What it printed, at -vvv
# with diffs, must be readable and must hold none of the secrets, all of which have "canary" in them. One host after the
# other: both are the same Airflow, whose SQLite answers two busy writers with "database is locked".

set -eu -o pipefail

output=$(mktemp -d)
trap 'rm -rf "$output"' EXIT

export ANSIBLE_FORCE_COLOR=0 ANSIBLE_NOCOLOR=1 ANSIBLE_PIPELINING=1
ansible-playbook main.yml -i inventory.yml -e @../../integration_config.yml -e "role_test_output=$output" \
    --vault-password-file vault-password --forks 1 --diff -vvv "$@" 2>&1 | tee "$output/log"

fail() {
    echo "FAILED: $1" >&2
    exit 1
}

if grep -n canary "$output/log"; then
    fail "a secret was printed"
fi
for line in \
    "connections: 2 created" \
    "create pool role_one_pool: description, slots" \
    "create variable role_two_inline: description (secret: value)" \
    "create connection role_one_warehouse: conn_type, extra.sslmode, host, port (secret: extra.options.token, password)" \
    "update connection role_two_warehouse: host"; do
    grep -qF "\"$line\"" "$output/log" || fail "the summary does not say: $line"
done

python readme.py ../../integration_config.yml
