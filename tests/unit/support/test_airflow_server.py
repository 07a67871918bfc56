# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the real servers are prepared with; that they run is seen in tests/system."""

from __future__ import annotations

import hashlib
import threading
from pathlib import Path

import airflow_server
import environment
import pytest
from airflow_generations import Airflow2, Airflow3, generation_of, is_among, quick_hash


@pytest.mark.parametrize(("version", "names", "expected"), [
    ("3.0.6", ["3.0.6"], True), ("3.0.6", ["3.0"], True), ("3.0.6", ["2", "3"], True),
    ("3.0.6", ["2", "3.1"], False), ("3.10.0", ["3.1"], False), ("3.0.6", ["3.0.60"], False), ("3.0.6", [], False),
])
def test_a_version_is_among_names(version: str, names: list[str], expected: bool) -> None:
    assert is_among(version, names) is expected


def test_generations() -> None:
    assert isinstance(generation_of("2.10.5"), Airflow2)
    assert isinstance(generation_of("3.3.2"), Airflow3)


def test_a_quick_hash_is_one_round_over_its_own_salt() -> None:
    method, salt, told = quick_hash("password").split("$")
    assert method == "pbkdf2:sha256:1"
    assert told == hashlib.pbkdf2_hmac("sha256", b"password", salt.encode(), 1).hex()
    assert quick_hash("password") != quick_hash("password")


def test_a_lock_file_is_made_with_the_options_of_its_source(tmp_path: Path) -> None:
    source = tmp_path / "x.in"
    source.write_text("# An old one.\n# uv: --exclude-newer 2025-02-20 --exclude-newer-package b=2025-03-01\na==1\n")
    assert environment.resolver_options(source) == [
        "--exclude-newer", "2025-02-20", "--exclude-newer-package", "b=2025-03-01"]
    source.write_text("# A new one.\na==1\n")
    assert environment.resolver_options(source) == []


class Server:
    """Starts only when as many are starting as there are; or not at all."""

    def __init__(self, together: threading.Barrier, starts: bool = True):
        self.together, self.starts, self.runs = together, starts, False

    def start(self) -> None:
        self.together.wait(timeout=10)
        if not self.starts:
            raise RuntimeError("did not start")
        self.runs = True

    def stop(self) -> None:
        self.runs = False


def test_several_start_side_by_side() -> None:
    together = threading.Barrier(3)
    servers = [Server(together) for each in range(3)]
    airflow_server.start_all(servers)
    assert all(server.runs for server in servers)


def test_if_one_does_not_start_none_goes_on_running() -> None:
    together = threading.Barrier(3)
    servers = [Server(together), Server(together, starts=False), Server(together)]
    with pytest.raises(RuntimeError, match="did not start"):
        airflow_server.start_all(servers)
    assert not any(server.runs for server in servers)
