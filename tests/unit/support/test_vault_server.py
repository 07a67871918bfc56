# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The real Vault that other tests use. The ways to sign in to it are looked at in tests/system."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests
import vault_server
from hvac.exceptions import VaultDown
from vault_server import VaultServer


@pytest.fixture(scope="module")
def vault() -> Iterator[VaultServer]:
    with VaultServer(tls=True) as vault:
        yield vault


def answers(url: str) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", int(url.rsplit(":", 1)[1]))) == 0


def in_time(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 10
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.02)
    return condition()


def test_it_knows_nothing_of_its_starter_and_leaves_nothing_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BAO_LOG_LEVEL", "trace")
    with VaultServer() as vault:
        assert vault.client().is_authenticated()
        assert "[TRACE]" not in vault.log.read_text()
    assert not answers(vault.url) and not vault.folder.exists()


def test_one_that_does_not_start_says_why_and_leaves_nothing_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    vault = VaultServer()
    monkeypatch.setattr(vault, "_config", lambda: {"storage": {"nowhere": {}}})
    with pytest.raises(RuntimeError, match="nowhere"):
        vault.start()
    assert not vault.folder.exists()


def test_a_port_that_somebody_else_took_is_given_up(vault: VaultServer, monkeypatch: pytest.MonkeyPatch) -> None:
    ports = [vault.port, vault_server.free_port()]
    monkeypatch.setattr(vault_server, "free_port", lambda: ports.pop(0))
    with VaultServer() as other:
        assert not ports and other.port != vault.port


def test_a_command_is_given_one_that_ends_with_it(tmp_path: Path) -> None:
    script = Path(vault_server.__file__)
    command = "import os, sys; print(os.environ['WINDSOCK_VAULT_URL'], os.environ['WINDSOCK_VAULT_TOKEN']); sys.exit(7)"
    # Without site-packages: it runs on any Python.
    done = subprocess.run([sys.executable, "-S", script, "--", sys.executable, "-c", command],
                          capture_output=True, text=True, check=False, env={**os.environ, "TMPDIR": str(tmp_path)})
    url, token = done.stdout.split()
    assert (done.returncode, done.stderr) == (7, "")
    assert token and not answers(url) and not any(tmp_path.iterdir())


def test_it_ends_with_who_started_it(tmp_path: Path) -> None:
    script = Path(vault_server.__file__)
    starter = subprocess.Popen([sys.executable, script, "--", "sh", "-c", "echo $WINDSOCK_VAULT_URL; exec sleep 60"],
                               stdout=subprocess.PIPE, text=True, env={**os.environ, "TMPDIR": str(tmp_path)})
    with starter:
        url = starter.stdout.readline().strip()
        assert answers(url)
        os.kill(starter.pid, signal.SIGKILL)
        assert in_time(lambda: not answers(url))


def test_it_can_be_sealed(vault: VaultServer) -> None:
    vault.seal()
    with pytest.raises(VaultDown):
        vault.client().read("secret/config")
    vault.unseal()
    assert vault.client().read("secret/config")


def test_only_who_knows_its_authority_trusts_it(vault: VaultServer) -> None:
    assert vault.client().is_authenticated()
    with pytest.raises(requests.exceptions.SSLError):
        vault.client(verify=str(vault.client_ca_path)).is_authenticated()
