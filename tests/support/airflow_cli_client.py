# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ask a session of Airflow's command line:  python -IS airflow_cli_client.py SOCKET ARGS

As `airflow ARGS` in that server's environment, only quick. Imports as little as possible for that reason.
"""

import json
import os
import socket
import sys
import time

PATIENCE = 120  # a session needs 3 s to load, but several servers may be starting at the same time


def ask(path, argv):
    """The session's answer, {code, stdout, stderr}; waits for a session that is still starting."""
    deadline = time.monotonic() + PATIENCE
    while True:
        call = socket.socket(socket.AF_UNIX)
        try:
            call.connect(path)
            break
        except (FileNotFoundError, ConnectionRefusedError):
            call.close()
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
    with call, call.makefile("rw", encoding="utf-8") as stream:
        stream.write(json.dumps({"argv": list(argv), "cwd": os.getcwd()}) + "\n")
        stream.flush()
        line = stream.readline()
    if not line:
        raise ConnectionError("Airflow's command line ended without an answer")
    return json.loads(line)


if __name__ == "__main__":
    told = ask(sys.argv[1], sys.argv[2:])
    sys.stdout.buffer.write(told["stdout"].encode())
    sys.stderr.buffer.write(told["stderr"].encode())
    sys.exit(told["code"])
