# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A stand-in of AWS, moto, on a free port of 127.0.0.1: in this process, or for a command.

    python moto_server.py -- COMMAND ARGS      # sets AWS_ENDPOINT_URL and credentials for it

moto is laxer than AWS: it takes values, names and credentials that AWS refuses.
"""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import typing

CREDENTIALS = {"AWS_ACCESS_KEY_ID": "AKIAWINDSOCK", "AWS_SECRET_ACCESS_KEY": "moto-takes-any", "AWS_DEFAULT_REGION": "eu-central-1"}


class MotoServer:
    def __init__(self) -> None:
        from moto.server import ThreadedMotoServer

        logging.getLogger("werkzeug").setLevel(logging.WARNING)  # else it tells of each request
        self._server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)

    def __enter__(self) -> MotoServer:
        self._server.start()
        host, port = self._server.get_host_and_port()
        self.url = f"http://{host}:{port}"
        return self

    def __exit__(self, *unused: object) -> None:
        self._server.stop()

    def client(self, service: str) -> typing.Any:
        import boto3

        return boto3.session.Session(
            aws_access_key_id=CREDENTIALS["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
            region_name=CREDENTIALS["AWS_DEFAULT_REGION"],
        ).client(service, endpoint_url=self.url)


def main() -> int:
    if sys.argv[1:2] != ["--"] or len(sys.argv) < 3:
        print("usage: moto_server.py -- COMMAND ARGS", file=sys.stderr)
        return 2
    with MotoServer() as moto:
        environ = {**os.environ, **CREDENTIALS, "AWS_ENDPOINT_URL": moto.url, "WINDSOCK_AWS_URL": moto.url}
        return subprocess.run(sys.argv[2:], check=False, env=environ).returncode


if __name__ == "__main__":
    sys.exit(main())
