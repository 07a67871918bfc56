# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files are replaced whole."""

from __future__ import annotations

import os
import threading

import pytest

from ansible_collections.windsock.airflow.plugins.module_utils._atomic import write_atomically


def test_a_file_is_replaced_with_the_mode_that_was_asked_for(tmp_path):
    path = tmp_path / "drift.prom"
    for content, mode in ((b"one", 0o600), (b"two", 0o644), (b"", 0o440)):
        write_atomically(str(path), content, mode)
        assert path.read_bytes() == content
        assert path.stat().st_mode & 0o777 == mode
    assert os.listdir(tmp_path) == ["drift.prom"]


def test_a_link_is_replaced_and_what_it_shows_is_left_alone(tmp_path):
    (tmp_path / "other").write_text("other")
    (tmp_path / "drift.md").symlink_to("other")
    write_atomically(str(tmp_path / "drift.md"), b"new", 0o644)
    assert (tmp_path / "other").read_text() == "other"
    assert not (tmp_path / "drift.md").is_symlink()


def test_what_fails_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch):
    path = tmp_path / "drift.json"
    path.write_text("old")

    def full(_handle):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write_atomically(str(path), b"new", 0o644)
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["drift.json"]
    (tmp_path / "folder").mkdir()
    monkeypatch.undo()
    with pytest.raises(OSError):
        write_atomically(str(tmp_path / "folder"), b"new", 0o644)
    assert sorted(os.listdir(tmp_path)) == ["drift.json", "folder"]


def test_nobody_reads_half_of_a_file_nor_takes_another_for_metrics(tmp_path):
    path = tmp_path / "drift.prom"
    contents = [b"a" * 1_000_000, b"b" * 1_000_000]
    write_atomically(str(path), contents[0], 0o644)
    done = threading.Event()

    def write_on():
        for number in range(30):
            write_atomically(str(path), contents[number % 2], 0o644)
        done.set()

    writer = threading.Thread(target=write_on)
    writer.start()
    seen = set()
    while not done.is_set():
        assert {name for name in os.listdir(tmp_path) if name.endswith(".prom")} == {"drift.prom"}
        seen.add(path.read_bytes())
    writer.join()
    assert seen <= set(contents)
