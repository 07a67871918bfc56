#!/usr/bin/env python
# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The floor of reading secrets: a plain script with hvac signs in, reads each once, eight at a time, signs out.

    python bench/vault_reads.py secrets 400
    python bench/vault_reads.py metadata 400          # only what tells the version

VAULT_ADDR, VAULT_ROLE_ID and VAULT_SECRET_ID say where and as whom. Prints the seconds from the first request to the
last.
"""

from __future__ import annotations

import json
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from time import perf_counter

AT_ONCE = 8


def path_of(number: int) -> str:
    return f"bench/{number:04d}"


def main(what: str, count: int) -> None:
    import hvac
    import requests

    session = requests.Session()
    session.mount("http://", requests.adapters.HTTPAdapter(pool_maxsize=AT_ONCE))
    client = hvac.Client(os.environ["VAULT_ADDR"], token="", session=session)
    kv = client.secrets.kv.v2

    def read(number: int) -> int:
        if what == "metadata":
            return kv.read_secret_metadata(path_of(number))["data"]["current_version"]
        return len(kv.read_secret_version(path_of(number), raise_on_deleted_version=True)["data"]["data"])

    start = perf_counter()
    client.auth.approle.login(os.environ["VAULT_ROLE_ID"], os.environ["VAULT_SECRET_ID"])
    with ThreadPoolExecutor(AT_ONCE) as several:
        found = list(several.map(read, range(count)))
    client.auth.token.revoke_self()
    seconds = perf_counter() - start
    assert all(found)
    print(json.dumps({"seconds": seconds}))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
