#!/bin/sh
# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# The browser that the tests of the report's page look at it with: Debian's packages, where they are missing.
set -eu

is_there() {
    command -v chromium >/dev/null && command -v chromedriver >/dev/null
}

is_there && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    export DEBIAN_FRONTEND=noninteractive
    { apt-get update -q && apt-get install -q -y --no-install-recommends chromium chromium-driver; } >&2
fi
is_there && exit 0
echo "chromium and chromedriver are missing; as root: apt-get install chromium chromium-driver" >&2
exit 1
