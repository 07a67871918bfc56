# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files that set environment variables, loaded by the tools that they are for, where those are at hand.

    docker        the client of Docker, which hands the variables to a daemon; that one is ours
    compose       Docker Compose, C(docker compose) or C(docker-compose), C(WINDSOCK_COMPOSE) in the environment wins
    systemd       the function of systemd's own library that reads C(EnvironmentFile=)
    kubernetes    C(kubectl kustomize), which reads manifests and writes them anew

Of each there is a reading of our own too, as short as can be, for machines without it. Nothing builds an image here: a
Dockerfile is only read by our own rules, which were compared with the parser of BuildKit.
"""

from __future__ import annotations

import base64
import ctypes
import http.server
import json
import os
import re
import shutil
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

Environment = dict[str, str]
Loader = Callable[[Path], Environment]
LIBRARIES = ("/usr/lib/x86_64-linux-gnu/systemd", "/usr/lib/aarch64-linux-gnu/systemd", "/usr/lib/systemd", "/usr/lib64/systemd")


def loaders(form: str) -> dict[str, Loader]:
    """By the name of the tool, those that are here."""
    found: dict[str, Loader] = {}
    if form == "docker":
        found = {"by hand": docker_by_hand, **({"docker": docker} if shutil.which("docker") else {})}
    if form == "compose":
        found = {"by hand": compose_by_hand, **({"compose": compose} if compose_command() else {})}
    if form == "systemd":
        found = {"by hand": systemd_by_hand, **({"libsystemd": systemd} if systemd_library() else {})}
    if form == "kubernetes":
        found = {"by hand": kubernetes_by_hand, **({"kubectl": kubernetes} if shutil.which("kubectl") else {})}
    if form == "dockerfile":
        found = {"by hand": dockerfile_by_hand}
    return found


def run(*words: str, **environ: str) -> str:
    done = subprocess.run(words, capture_output=True, text=True, env={"PATH": os.environ["PATH"], "HOME": "/nowhere", **environ},
                          check=False, encoding="utf-8")
    assert done.returncode == 0, done.stderr
    return done.stdout


def docker(path: Path) -> Environment:
    asked: list[Any] = []

    class Daemon(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.answer(b"OK")

        do_HEAD = do_GET

        def do_POST(self) -> None:
            asked.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.answer(b'{"Id": "1", "Warnings": []}')

        def answer(self, body: bytes) -> None:
            self.send_response(201 if self.command == "POST" else 200)
            self.send_header("Api-Version", "1.41")
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        def log_message(self, *_unused: Any) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Daemon) as daemon:
        threading.Thread(target=daemon.serve_forever, daemon=True).start()
        run("docker", "create", "--env-file", str(path), "image", DOCKER_HOST=f"tcp://127.0.0.1:{daemon.server_port}")
        daemon.shutdown()
    (one,) = asked
    return dict(each.split("=", 1) for each in one["Env"])


def docker_by_hand(path: Path) -> Environment:
    lines = path.read_bytes().decode().removesuffix("\n").split("\n")
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def compose_command() -> list[str]:
    if os.environ.get("WINDSOCK_COMPOSE"):
        return [os.environ["WINDSOCK_COMPOSE"]]
    for words in (["docker-compose"], ["docker", "compose"]):
        if shutil.which(words[0]) and subprocess.run([*words, "version"], capture_output=True, check=False).returncode == 0:
            return words
    return []


def compose(path: Path) -> Environment:
    file = path.with_suffix(".compose.json")
    file.write_text(json.dumps({"services": {"a": {"image": "a", "env_file": [str(path)]}}}))
    told = json.loads(run(*compose_command(), "-p", "p", "-f", str(file), "config", "--format", "json"))
    # What it prints is a Compose file again, in which a dollar sign is two.
    return {name: value.replace("$$", "$") for name, value in told["services"]["a"]["environment"].items()}


def compose_by_hand(path: Path) -> Environment:
    """Values of ours only, which are all in quotes, each on one line."""
    found = re.findall(r"^(\w+)=(?:'([^'\n]*)'|\"((?:[^\"\\\n]|\\.)*)\")$", path.read_bytes().decode(), re.MULTILINE)
    meant = {"n": "\n", "r": "\r"}
    return {name: single or re.sub(r"\\(.)", lambda one: meant.get(one[1], one[1]), double) for name, single, double in found}


def systemd_library() -> Path | None:
    return next((found for folder in LIBRARIES for found in sorted(Path(folder).glob("libsystemd-shared-*.so"))), None)


def systemd(path: Path) -> Environment:
    library = ctypes.CDLL(str(systemd_library()))
    found = ctypes.POINTER(ctypes.c_char_p)()
    code = library.load_env_file(None, str(path).encode(), ctypes.byref(found))
    assert code >= 0, os.strerror(-code)
    read: Environment = {}
    place = 0
    while found and found[place] is not None:
        name, _equals, value = found[place].decode().partition("=")  # type: ignore[union-attr]
        read[name] = value
        place += 1
    return read


def systemd_by_hand(path: Path) -> Environment:
    """Values of ours only, which are all in quotes."""
    found = re.findall(r"^(\w+)=(?:'([^']*)'|\"((?:[^\"\\]|\\.)*)\")$", path.read_bytes().decode(), re.MULTILINE | re.DOTALL)
    return {name: single or re.sub(r'\\(["\\$`])', r"\1", double) for name, single, double in found}


def kubernetes(path: Path) -> Environment:
    folder = path.with_suffix(".kustomize")
    folder.mkdir(exist_ok=True)
    shutil.copy(path, folder / "secret.yaml")
    (folder / "kustomization.yaml").write_text("resources: [secret.yaml]")
    return of_secret(yaml.safe_load(run("kubectl", "kustomize", str(folder))))


def kubernetes_by_hand(path: Path) -> Environment:
    return of_secret(yaml.safe_load(path.read_bytes()))


def of_secret(secret: dict[str, Any]) -> Environment:
    return {name: base64.b64decode(value).decode() for name, value in secret["data"].items()}


def dockerfile_by_hand(path: Path) -> Environment:
    """Instructions of ours only, of which each sets one variable in quotes."""
    found = re.findall(r"^ENV (\w+)=(?:'([^'\n]*)'|\"((?:[^\"\\\n]|\\.)*)\")$", path.read_bytes().decode(), re.MULTILINE)
    return {name: single or re.sub(r'\\(["\\$])', r"\1", double) for name, single, double in found}
