#!/bin/sh
# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# What a user gets: the tarball of build/dist, installed into an empty folder elsewhere and used from there.
set -eu
here=$PWD/tests/dist
tarball=$(ls "$PWD"/build/dist/windsock-airflow-*.tar.gz)
away=$(mktemp -d)
trap 'rm -rf "$away"' EXIT

fail() {
    echo "FAILED: $1" >&2
    exit 1
}

surplus=$(tar tzf "$tarball" | grep -E '^(\.|tests|build|bench|demo|scripts|requirements|Makefile)|\.pyc$') || true
[ -z "$surplus" ] || fail "these have no place in the tarball: $surplus"

# Nothing of the checkout may help.
unset PYTHONPATH
export ANSIBLE_COLLECTIONS_PATH="$away/collections" ANSIBLE_NOCOLOR=1
cd "$away"
ansible-galaxy collection install --offline --collections-path collections "$tarball"
ansible-doc --type module windsock.airflow.airflow_settings >doc.txt
grep -q "$away/collections" doc.txt || fail "the collection comes from elsewhere: $(head -1 doc.txt)"

apply() {
    ansible-playbook --inventory "$here/inventory.yml" windsock.airflow.apply "$@" | tee log.txt
}
apply --check --diff
grep -q 'changed=1 ' log.txt || fail 'the first check finds nothing to change'
apply
apply --check
grep -q 'changed=0 ' log.txt || fail 'what was applied is not as declared'
"$WINDSOCK_AIRFLOW_CLI" connections get dist_db -o json | grep -q '"password": "dist-password"' ||
    fail "Airflow's own command line does not find the connection"
"$WINDSOCK_AIRFLOW_CLI" pools get dist_pool -o json | grep -q '"slots": "7"' ||
    fail "Airflow's own command line does not find the pool"

ansible-playbook --inventory localhost, "$here/smoke.yml"
