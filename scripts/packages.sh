#!/bin/sh
# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# What tests need that no Python package has: Debian's packages, where their programs are missing.
#     sh scripts/packages.sh browser   chromium and its driver, which look at the report's page
#     sh scripts/packages.sh bastion   sshd; without it that test is skipped
set -eu

missing() {
    for program in "$@"; do
        PATH="$PATH:/usr/sbin" command -v "$program" >/dev/null || return 0
    done
    return 1
}

get() {
    [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || return 0
    export DEBIAN_FRONTEND=noninteractive
    { apt-get update -q && apt-get install -q -y --no-install-recommends "$@"; } >&2
}

case $1 in
browser)
    missing chromium chromedriver && get chromium chromium-driver
    if missing chromium chromedriver; then
        echo "chromium and chromedriver are missing; as root: apt-get install chromium chromium-driver" >&2
        exit 1
    fi
    ;;
bastion)
    # Only in a container, whose policy keeps the package from starting a server on port 22.
    if missing ssh sshd && [ -e /usr/sbin/policy-rc.d ]; then
        get openssh-client openssh-server || true
    fi
    ;;
esac
