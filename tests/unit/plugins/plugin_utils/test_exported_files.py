# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files of an export: whole or not at all, and nobody else's."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ansible_collections.windsock.airflow.plugins.plugin_utils._exported_files import NotOurs, put

TEXTS = {"b.yml": "---\n# of prod\nb: é\r\n", "a.md": "# of prod\n"}


def test_what_is_there_is_left_alone(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "folder"
    first = put(str(folder), TEXTS, 0o600, False)
    assert [(each.path, each.before) for each in first] == [(f"{folder}/a.md", None), (f"{folder}/b.yml", None)]
    assert (folder / "b.yml").read_bytes() == TEXTS["b.yml"].encode()
    assert (folder / "b.yml").stat().st_mode & 0o777 == 0o600
    then = (folder / "b.yml").stat().st_mtime_ns
    again = put(str(folder), TEXTS, 0o600, False)
    assert all(each.before == each.after for each in again)
    assert (folder / "b.yml").stat().st_mtime_ns == then
    assert sorted(path.name for path in folder.iterdir()) == ["a.md", "b.yml"]


def test_a_folder_is_named_as_in_a_shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("EXPORTS", "of/prod")
    assert put("~/$EXPORTS", TEXTS, 0o600, False)[0].path == f"{tmp_path}/of/prod/a.md"


def test_check_mode_writes_nothing(tmp_path: Path) -> None:
    assert [each.before for each in put(str(tmp_path / "x"), TEXTS, 0o600, True)] == [None, None]
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize("theirs", ["connections: []\n", "---\n# of staging\n", "---\n"])
@pytest.mark.parametrize("check_mode", [False, True])
def test_what_somebody_else_wrote_is_not_overwritten(tmp_path: Path, theirs: str, check_mode: bool) -> None:
    (tmp_path / "b.yml").write_text(theirs)
    with pytest.raises(NotOurs, match="b.yml: is there"):
        put(str(tmp_path), TEXTS, 0o600, check_mode)
    assert [path.name for path in tmp_path.iterdir()] == ["b.yml"]
    assert (tmp_path / "b.yml").read_text() == theirs


def test_an_empty_file_is_nobodys(tmp_path: Path) -> None:
    (tmp_path / "b.yml").touch()
    put(str(tmp_path), TEXTS, 0o600, False)
    assert "of prod" in (tmp_path / "b.yml").read_text()


def test_a_write_that_fails_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refusing(*arguments: object) -> None:
        raise PermissionError(1, "no")

    put(str(tmp_path), TEXTS, 0o600, False)
    monkeypatch.setattr(os, "fchmod", refusing)
    with pytest.raises(PermissionError):
        put(str(tmp_path), {"a.md": "# of prod\nmore\n"}, 0o600, False)
    assert (tmp_path / "a.md").read_text() == TEXTS["a.md"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.md", "b.yml"]
