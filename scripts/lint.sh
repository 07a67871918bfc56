#!/bin/sh
# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# All checks, or those named: each runs, whatever the others found; the exit code is 1 if any found something.

export NO_COLOR=1 PIP_QUIET=1
tarball=$(ls build/dist/*.tar.gz 2>/dev/null)
failed=

check() {
    name=$1
    shift
    [ -z "$only" ] || [ "$name" = "$only" ] || return 0
    echo "-- $name"
    "$@" || failed="$failed $name"
}

within() {
    python3 scripts/run.py dev --in-collection "$@"
}

importer() {
    # It writes importer_result.json to where it runs.
    (cd build && GALAXY_IMPORTER_CHECK_REQUIRED_TAGS=True python3 ../scripts/run.py dev \
        python -m galaxy_importer.main "../$tarball") >build/galaxy-importer.log 2>&1
    code=$?
    if [ $code != 0 ] || grep -E '^(WARNING|ERROR)' build/galaxy-importer.log; then
        cat build/galaxy-importer.log
        return 1
    fi
}

all() {
    check ruff within ruff check --quiet .
    check yamllint within yamllint --strict .
    check changelog within antsibull-changelog lint
    check docs within antsibull-docs lint-collection-docs --plugin-docs --validate-collection-refs=all \
        --disallow-unknown-collection-refs .
    check ansible-lint within ansible-lint --offline --profile production -q
    check importer importer
    check sanity within ansible-test sanity --color no
}

for only in "${@:-}"; do
    all
done
[ -z "$failed" ] || { echo "These checks found something:$failed" >&2; exit 1; }
