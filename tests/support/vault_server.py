# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A real Vault for a test, OpenBao: started on a free port of 127.0.0.1, gone without a trace afterwards.

    with VaultServer() as vault:                       # 0.3 s; a KV v2 store at secret/, as in Vault's dev mode
        vault.url, vault.root_token                    # 'http://127.0.0.1:40321', 's.gehNkn...'
        vault.client()                                 # hvac's, as root
        vault.seal()                                   # from now on every request is refused
        vault.unseal()

    with VaultServer(tls=True) as vault:
        vault.ca_path                                  # who signed the server's certificate
        vault.client_cert, vault.client_key            # signed by vault.client_ca_path
        vault.stranger_cert, vault.stranger_key        # signed by nobody known

    python3 tests/support/vault_server.py -- COMMAND ARGS

The last form exports WINDSOCK_VAULT_URL and WINDSOCK_VAULT_TOKEN, runs COMMAND and exits with its code.
VaultServer(program="vault") runs HashiCorp's, or what a path leads to; programs() names all that are here.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import ssl
import subprocess
import sys
import tempfile
import time
import typing
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SUPPORT = Path(__file__).resolve().parent
sys.path[:0] = [str(ROOT / "scripts"), str(SUPPORT)]

import environment  # noqa: E402
import keeper  # noqa: E402
from airflow_server import free_port  # noqa: E402

if typing.TYPE_CHECKING:
    import hvac

START_SECONDS = 30
STARTED = "server started!"
PORT_TAKEN = "address already in use"


def programs() -> list[str]:
    """Those to test against."""
    return ["bao", *(["vault"] if shutil.which("vault") else [])]


def find_program(name: str) -> str:
    beside = Path(sys.executable).parent  # not resolved: a virtual environment's python is a link
    if name == "bao":
        return shutil.which(name, path=beside) or str(environment.ensure("dev") / "bin" / name)
    return shutil.which(name) or name


class VaultServer:
    def __init__(self, program: str = "bao", tls: bool = False):
        self.program = program
        self.tls = tls
        self.port = 0
        self.root_token = ""
        self.folder = Path(tempfile.gettempdir()) / f"windsock-vault-{secrets.token_hex(6)}"  # while it runs
        self.log = self.folder / "server.log"
        self.ca_path = self.folder / "server-ca.pem"
        self.client_ca_path = self.folder / "client-ca.pem"
        self.client_cert, self.client_key = self.folder / "client.pem", self.folder / "client.key"
        self.stranger_cert, self.stranger_key = self.folder / "stranger.pem", self.folder / "stranger.key"
        self._unseal_key = ""
        self._keeper: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}"

    def client(self, **options: typing.Any) -> hvac.Client:
        """As root; `options` are those of hvac.Client, such as `token` or `namespace`."""
        import hvac  # main() does without

        # With `verify` and `cert` given, hvac does not look into the caller's environment.
        usual = {"token": self.root_token, "verify": str(self.ca_path) if self.tls else True, "cert": ()}
        return hvac.Client(self.url, **{**usual, **options})

    # -- its life

    def start(self) -> VaultServer:
        """Returns when it answers. Not in dev mode: that has no TLS of ours, and takes a second port."""
        self.folder.mkdir(mode=0o700)
        try:
            if self.tls:
                self._write_certificates()
            self._run()
            self._prepare()
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        self._end()
        shutil.rmtree(self.folder, ignore_errors=True)

    def seal(self) -> None:
        self._ask("PUT", "sys/seal")

    def unseal(self) -> None:
        self._ask("PUT", "sys/unseal", key=self._unseal_key)
        self._wait_for("sys/health")

    def __enter__(self) -> VaultServer:
        return self.start()

    def __exit__(self, *unused: object) -> None:
        self.stop()

    # -- how

    def _write_certificates(self) -> None:
        """Three authorities: the server's, its clients', and one that nobody trusts."""
        import trustme

        server, clients, strangers = trustme.CA(), trustme.CA(), trustme.CA()
        server.cert_pem.write_to_path(self.ca_path)
        clients.cert_pem.write_to_path(self.client_ca_path)
        for name, issued in (
            ("server", server.issue_cert("127.0.0.1", "localhost")),
            ("client", clients.issue_cert("windsock.example.org", common_name="windsock")),
            ("stranger", strangers.issue_cert("windsock.example.org", common_name="windsock")),
        ):
            issued.cert_chain_pems[0].write_to_path(self.folder / f"{name}.pem")
            issued.private_key_pem.write_to_path(self.folder / f"{name}.key")

    def _run(self) -> None:
        attempts = 3
        for attempt in range(1, attempts + 1):
            self.port = free_port()
            (self.folder / "config.json").write_text(json.dumps(self._config()))
            with open(self.log, "wb") as log:
                self._keeper = subprocess.Popen(
                    [sys.executable, str(SUPPORT / "keeper.py"), find_program(self.program), "server",
                     "-config=config.json"],
                    env=clean_environ(self.folder), stdin=subprocess.PIPE, stdout=log, stderr=log, cwd=self.folder,
                    start_new_session=True)  # who kills our process group must not kill the keeper before its work
            if self._listens():
                return
            self._end()
            told = self.log.read_text(errors="replace")
            if PORT_TAKEN not in told or attempt == attempts:
                raise RuntimeError(f"{self.program} did not start; the end of its log:\n{told[-3000:]}")

    def _config(self) -> dict[str, typing.Any]:
        tls = {"tls_cert_file": "server.pem", "tls_key_file": "server.key"} if self.tls else {"tls_disable": True}
        config = {
            "storage": {"inmem": {}},
            "listener": {"tcp": {"address": f"127.0.0.1:{self.port}", **tls}},
            "api_addr": self.url,
            "disable_clustering": True,  # no second port, and no half second to leave it
        }
        # HashiCorp's must lock its memory or be told not to, OpenBao no longer knows the word.
        return config if Path(self.program).name == "bao" else {**config, "disable_mlock": True}

    def _listens(self) -> bool:
        """Its own word: an answer from the port could be somebody else's who was quicker."""
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self._keeper and self._keeper.poll() is None:
            if STARTED in self.log.read_text(errors="replace"):
                return True
            time.sleep(0.01)
        return False

    def _prepare(self) -> None:
        told = self._ask("PUT", "sys/init", secret_shares=1, secret_threshold=1)
        self.root_token, self._unseal_key = told["root_token"], told["keys"][0]
        self.unseal()
        self._ask("POST", "sys/mounts/secret", type="kv", options={"version": "2"})
        self._wait_for("secret/config")  # a new store of version 2 needs a moment

    def _wait_for(self, path: str) -> None:
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                self._ask("GET", path)
                return
            except OSError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.01)

    def _ask(self, method: str, path: str, **body: typing.Any) -> typing.Any:
        """By urllib, so that main() needs nothing but Python."""
        trusting = ssl.create_default_context(cafile=self.ca_path) if self.tls else None
        opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=trusting))
        request = urllib.request.Request(f"{self.url}/v1/{path}", json.dumps(body).encode() if body else None,
                                         {"X-Vault-Token": self.root_token}, method=method)
        with opener.open(request, timeout=START_SECONDS) as answer:
            return json.loads(answer.read() or "null")

    def _end(self) -> None:
        if self._keeper and self._keeper.stdin:
            self._keeper.stdin.close()
            self._keeper.wait()
        self._keeper = None


def clean_environ(home: Path) -> dict[str, str]:
    """Nothing of the caller's Vault or Python settings reaches the server."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith(("BAO_", "PYTHON", "VAULT_"))}
    return {**ours, "HOME": str(home)}


def main() -> int:
    if sys.argv[1:2] != ["--"] or len(sys.argv) < 3:
        print("usage: vault_server.py -- COMMAND ARGS", file=sys.stderr)
        return 2
    # So that the server is stopped in order; when this process is killed outright, the keeper still does it.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    vault = VaultServer()
    try:
        vault.start()
        return subprocess.run(sys.argv[2:], check=False, preexec_fn=keeper.die_with_parent, env={
            **os.environ, "WINDSOCK_VAULT_URL": vault.url, "WINDSOCK_VAULT_TOKEN": vault.root_token}).returncode
    except RuntimeError as failure:
        print(failure, file=sys.stderr)
        return 1
    finally:
        vault.stop()


if __name__ == "__main__":
    sys.exit(main())
