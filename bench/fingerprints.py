# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What fingerprints cost a run in which nothing differs: read the memory, compare each secret. Prints the seconds.

    python bench/fingerprints.py 1000
"""

from __future__ import annotations

import json
import sys
import time

from ansible_collections.windsock.airflow.plugins.module_utils._airflow._v2 import abilities_of
from ansible_collections.windsock.airflow.plugins.module_utils._declaration import declare, listed
from ansible_collections.windsock.airflow.plugins.module_utils._fingerprints import Deployment, Key
from ansible_collections.windsock.airflow.plugins.module_utils._history import History
from ansible_collections.windsock.airflow.plugins.module_utils._kinds import CONNECTION, VARIABLE
from ansible_collections.windsock.airflow.plugins.module_utils._knowledge import Knowledge
from ansible_collections.windsock.airflow.plugins.module_utils._memory import (
    Applied,
    Secrets,
    encoded,
    key_of,
    read_memories,
)
from ansible_collections.windsock.airflow.plugins.module_utils._plan import Actual, Known

OWNER = "bench"


def main(count: int) -> None:
    words = [{"connection_id": f"c{each}", "conn_type": "postgres", "password": f"pw-{each}"} for each in range(count)]
    desired = declare(listed(CONNECTION, words))
    key, deployment = Key("0123456789abcdef" * 4), Deployment.new()
    maker = key.within(deployment)
    rows = {("connection", one.id): Applied(maker.name, 1, maker.of(one, ["password"])) for one in desired}
    stored = {"value": encoded(OWNER, {}, Secrets(deployment, rows))}
    started = time.perf_counter()
    secrets = read_memories([Actual(VARIABLE, key_of(OWNER), stored)], OWNER).secrets
    knowledge = Knowledge([key], secrets, History(), abilities_of((3, 3)))
    known = [knowledge.of(one, "password") for one in desired]
    seconds = time.perf_counter() - started
    assert known == [Known.APPLIED] * count
    print(json.dumps({"seconds": seconds}))


if __name__ == "__main__":
    main(int(sys.argv[1]))
