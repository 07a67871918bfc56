# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A real sshd on a free port of 127.0.0.1, which lets in whoever runs the test, by a key of its own.

    with SshServer(folder) as server:
        server.user, server.port, server.arguments      # arguments of ssh
        server.sessions()                               # how many sessions there have been
"""

from __future__ import annotations

import getpass
import os
import shutil
import socket
import subprocess
import time
from pathlib import Path

from airflow_server import free_port

START_SECONDS = 30


class NoSshd(Exception):
    """It is not installed, or cannot be used by this user."""


class SshServer:
    def __init__(self, folder: Path) -> None:
        sshd = shutil.which("sshd", path=f"{os.environ['PATH']}:/usr/sbin")
        if not sshd or not shutil.which("ssh"):
            raise NoSshd("there is no ssh or no sshd")
        self.user, self.port, self.log = getpass.getuser(), free_port(), folder / "sshd.log"
        for name in ("host", "user"):
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / name], check=True)
        config = folder / "sshd_config"
        config.write_text(
            f"Port {self.port}\nListenAddress 127.0.0.1\nHostKey {folder}/host\nAuthorizedKeysFile {folder}/user.pub\n"
            "PidFile none\nStrictModes no\nUsePAM no\nPasswordAuthentication no\nLogLevel VERBOSE\n"
            "Subsystem sftp internal-sftp\n"
        )
        self.arguments = f"-F none -i {folder}/user -o IdentitiesOnly=yes -o StrictHostKeyChecking=no"
        self.arguments += " -o UserKnownHostsFile=/dev/null"
        self.command = [sshd, "-D", "-e", "-f", str(config)]
        tried = subprocess.run([*self.command, "-t"], capture_output=True, text=True, check=False)
        if tried.returncode:
            raise NoSshd(tried.stderr)

    def __enter__(self) -> SshServer:
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self.process.poll() is None:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return self
            time.sleep(0.05)
        self.__exit__()
        raise RuntimeError(f"sshd did not start; it said:\n{self.log.read_text()}")

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        self.process.wait()

    def sessions(self) -> int:
        return self.log.read_text().count("Starting session")
