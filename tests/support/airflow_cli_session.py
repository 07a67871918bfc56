# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Airflow's own command line, loaded once and then quick: runs in the server's environment.

    python airflow_cli_session.py SOCKET

`airflow connections get` costs 2.8 s, nearly all of it imports. This process imports once, then forks a child for
each call, and the child runs Airflow's own `main()` on the given words: 0.1 s, any number side by side.
`stored-variables` is a command of ours: key, exact text and description of all. No version's own export has the
text of a value that is JSON, and Airflow 2 tells no description at all.
One call is one connection to the socket: a line of JSON `{argv, cwd}` in, a line `{code, stdout, stderr}` out.
Ends when its standard input ends.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import select
import signal
import socket
import sys
import traceback
from typing import Any


def run_airflow(argv: list[str]) -> int:
    from airflow.__main__ import main

    sys.argv = ["airflow", *argv]
    try:
        main()
    except SystemExit as end:
        if isinstance(end.code, str):
            print(end.code, file=sys.stderr)
            return 1
        return end.code or 0
    except BaseException:
        traceback.print_exc()
        return 1
    return 0


def print_stored_variables() -> int:
    from airflow.models import Variable
    from airflow.utils.session import create_session

    logging.disable()  # Airflow 3.0 warns on standard output of secrets that are too short to be masked
    with create_session() as session:
        print(json.dumps({each.key: {"value": each.val, "description": each.description}
                          for each in session.query(Variable)}))
    return 0


def captured(argv: list[str]) -> dict[str, Any]:
    outputs = {1: os.memfd_create("stdout"), 2: os.memfd_create("stderr")}
    for number, file in outputs.items():
        os.dup2(file, number)
    code = print_stored_variables() if argv == ["stored-variables"] else run_airflow(argv)
    with contextlib.suppress(Exception):
        sys.stdout.flush()
        sys.stderr.flush()
    told = {number: os.pread(file, os.fstat(file).st_size, 0).decode() for number, file in outputs.items()}
    for file in outputs.values():
        os.close(file)
    return {"code": code, "stdout": told[1], "stderr": told[2]}


def answer(call: socket.socket) -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    with call, call.makefile("rw") as stream:
        request = json.loads(stream.readline())
        os.chdir(request.get("cwd") or "/")
        stream.write(json.dumps(captured(request["argv"])) + "\n")


def warm_up() -> None:
    """Load what the reading commands need; nothing of the database connection may reach the children."""
    keep = os.dup(1), os.dup(2)
    for argv in (["connections", "list", "-o", "json"], ["variables", "list", "-o", "json"],
                 ["pools", "list", "-o", "json"]):
        captured(argv)
    os.dup2(keep[0], 1)
    os.dup2(keep[1], 2)
    from airflow import settings

    settings.engine.dispose()


def main() -> None:
    path = sys.argv[1]  # before any call puts its own words there
    warm_up()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # children are reaped by the kernel
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen(64)
    while True:
        ready = select.select([listener, 0], [], [])[0]
        if 0 in ready and not os.read(0, 1024):
            return
        if listener in ready:
            call = listener.accept()[0]
            if os.fork() == 0:
                try:
                    listener.close()
                    answer(call)
                finally:
                    os._exit(0)
            call.close()


if __name__ == "__main__":
    main()
