# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The target env of the module airflow_secrets_backend: what becomes of files, and what is refused before that."""

from __future__ import annotations

import json
import os
import stat
import typing as t
from pathlib import Path

import pytest

from ansible_collections.windsock.airflow.plugins.module_utils import _atomic
from ansible_collections.windsock.airflow.plugins.module_utils._backends import _file
from ansible_collections.windsock.airflow.plugins.module_utils._backends._file import FileBackend
from ansible_collections.windsock.airflow.plugins.module_utils._faults import ServerFault
from ansible_collections.windsock.airflow.tests.unit.module_runner import ModuleRunner, Run

HTTP = {"connection_id": "warehouse_Db", "conn_type": "http", "host": "h", "password": "CANARY"}
LINE = 'AIRFLOW_CONN_WAREHOUSE_DB={"conn_type": "http", "host": "h", "password": "CANARY"}\n'


def warned(run: Run, text: str) -> bool:
    """In the result; where a test has loaded Ansible's controller into this process too, on the screen, in short lines."""
    return "".join(text.split()) in "".join(run.everything.split())


class Place:
    """A file in a folder of its own, and the module that writes it."""

    def __init__(self, run: ModuleRunner, folder: Path) -> None:
        self.run, self.folder, self.path = run, folder, folder / "airflow.env"

    def __call__(self, **words: t.Any) -> Run:
        found = self.run("airflow_secrets_backend", **{"target": "env", "path": str(self.path), **words})
        assert "CANARY" not in found.everything
        return found

    def settles(self, **words: t.Any) -> list[dict[str, t.Any]]:
        """The changes, which check mode tells too, and which are done once."""
        before = self.state()
        predicted = self(check_mode=True, **words).result
        assert self.state() == before
        first, again = self(**words).result, self(**words).result
        assert "failed" not in first, first
        assert (predicted["changes"], predicted["changed"]) == (first["changes"], first["changed"])
        assert (again["changes"], again["changed"]) == ([], False)
        return first["changes"]

    def refused(self, **words: t.Any) -> str:
        before = self.state()
        found = self(**words)
        assert found.result.get("failed") and not found.result.get("changed") and self.state() == before
        return found.result["msg"]

    def state(self) -> t.Any:
        return {each.name: (each.read_bytes(), each.stat().st_mode) for each in self.folder.iterdir() if each.is_file()}

    @property
    def mode(self) -> str:
        return oct(stat.S_IMODE(self.path.stat().st_mode))


@pytest.fixture
def place(run_module: ModuleRunner, tmp_path: Path) -> Place:
    return Place(run_module, tmp_path)


# What becomes of the file


def test_a_new_file(place: Place) -> None:
    changes = place.settles(
        connections=[HTTP], variables=[{"key": "a", "value": {"b": [1]}}, {"key": "e", "value": ""}]
    )
    assert [(each["id"], each["action"]) for each in changes] == [
        ("a", "create"),
        ("e", "create"),
        ("warehouse_Db", "create"),
    ]
    assert place.path.read_text() == f'AIRFLOW_VAR_A={{"b": [1]}}\nAIRFLOW_VAR_E=\n{LINE}'
    assert place.mode == "0o600" and [each.name for each in place.folder.iterdir()] == ["airflow.env"]


def test_only_what_is_declared_changes(place: Place) -> None:
    place.path.write_text(f"# kept\nPATH=x\n\nAIRFLOW_VAR_B=1\n{LINE}AIRFLOW_CONN_lower=x\nLAST=1")
    place.path.chmod(0o600)
    changes = place.settles(connections=[{"connection_id": "warehouse_Db", "port": 5}])
    assert [(each["id"], each["fields"], each["secrets"]) for each in changes] == [("warehouse_Db", ["port"], [])]
    line = LINE.replace("}", ', "port": 5}')
    assert place.path.read_text() == f"# kept\nPATH=x\n\nAIRFLOW_VAR_B=1\n{line}AIRFLOW_CONN_lower=x\nLAST=1"


def test_what_is_declared_absent(place: Place) -> None:
    place.path.write_text(f"A=1\n{LINE}B=2\n")
    place.settles(
        connections=[{"connection_id": "warehouse_Db", "state": "absent"}, {"connection_id": "x", "state": "absent"}]
    )
    assert place.path.read_text() == "A=1\nB=2\n"


def test_a_uri_that_somebody_wrote_is_a_connection(place: Place) -> None:
    place.path.write_text("AIRFLOW_CONN_WAREHOUSE_DB=http://:CANARY@h\n")
    place.path.chmod(0o600)
    assert place.settles(connections=[HTTP]) == []
    place.settles(connections=[{**HTTP, "password": "CANARY2"}])
    assert place.path.read_text() == LINE.replace("CANARY", "CANARY2")


@pytest.mark.parametrize(
    "text", ["AIRFLOW_CONN_X={broken CANARY", "AIRFLOW_CONN_X=[1]", "AIRFLOW_CONN_X", 'AIRFLOW_CONN_X={"a": 1}']
)
def test_what_airflow_cannot_read_is_somebody_elses(place: Place, text: str) -> None:
    place.path.write_text(f"{text}\n")
    told = place.refused(connections=[{**HTTP, "connection_id": "x"}])
    assert f"connection 'x' in {place.path}" in told and "may be somebody else's" in told
    found = place(connections=[HTTP], prune="all")
    assert not found.result.get("failed") and place.path.read_text() == f"{text}\n{LINE}"
    assert warned(found, "cannot be read by Airflow")


def test_a_link_stays_a_link(place: Place) -> None:
    place.path.symlink_to(place.folder / "real.env")
    (place.folder / "real.env").write_text("A=1\n")
    place.settles(connections=[HTTP])
    assert place.path.is_symlink() and (place.folder / "real.env").read_text() == f"A=1\n{LINE}"


def test_other_permissions_are_set_right(place: Place) -> None:
    place.path.write_text(LINE)
    place.path.chmod(0o644)
    predicted = place(connections=[HTTP], check_mode=True, diff=True).result
    assert predicted["changed"] and predicted["changes"] == [] and place.mode == "0o644"
    assert predicted["mode"] == {"before": "0644", "after": "0600"}
    assert predicted["diff"] == [
        {
            "before_header": str(place.path),
            "after_header": str(place.path),
            "before": {"mode": "0644"},
            "after": {"mode": "0600"},
        }
    ]
    assert place(connections=[HTTP]).result["changed"] and place.mode == "0o600"
    assert place(connections=[HTTP]).result == {**place(connections=[HTTP]).result, "changed": False, "mode": None}
    place.settles(connections=[HTTP], mode="0640")
    assert place.mode == "0o640"


def test_other_permissions_where_something_is_written_too(place: Place) -> None:
    place.path.write_text("A=1\n")
    place.path.chmod(0o644)
    found = place(connections=[HTTP]).result
    assert found["mode"] == {"before": "0644", "after": "0600"} and place.mode == "0o600"


# What goes wrong


def test_a_crash_leaves_the_old_file(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    place.path.write_text("A=1\n")

    def broken(*_paths: str) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "replace", broken)
    told = place.refused(connections=[HTTP])
    assert told == f"{place.path} cannot be written: Input/output error"
    assert [each.name for each in place.folder.iterdir()] == ["airflow.env"]


def test_somebody_elses_writing_is_not_lost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a"
    path.write_text("old")
    there, not_there = FileBackend(str(path)), FileBackend(str(tmp_path / "b"))
    assert there.text == "old" and not_there.text == ""
    for backend, file in ((there, path), (not_there, tmp_path / "b")):
        file.write_text("newer")
        monkeypatch.setattr(FileBackend, "render", lambda self: "mine")
        backend._dirty = True
        with pytest.raises(ServerFault, match="somebody else"):
            backend.commit()
        assert file.read_text() == "newer"
    assert sorted(tmp_path.iterdir()) == [path, tmp_path / "b"]


def test_the_owner_stays_or_nothing_is_written(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    place.path.write_text("A=1\n")
    owned: list[t.Any] = []
    found = os.stat_result((*place.path.stat()[:4], 4321, 4322, *place.path.stat()[6:]))
    monkeypatch.setattr(_file.os, "fchown", lambda _handle, *owner: owned.append(owner))
    _file._keep_owner(os.open(place.path, os.O_RDONLY), found)
    assert owned == [(4321, 4322)]

    def refused(*_arguments: t.Any) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(_file.os, "fchown", refused)
    with pytest.raises(OSError, match="run as its owner"):
        _file._keep_owner(os.open(place.path, os.O_RDONLY), found)


@pytest.mark.parametrize(
    ("number", "why"), [(13, "Permission denied"), (30, "Read-only file system"), (28, "No space left on device")]
)
def test_a_folder_that_cannot_be_written(place: Place, monkeypatch: pytest.MonkeyPatch, number: int, why: str) -> None:
    def broken(*_arguments: t.Any, **_more: t.Any) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(_atomic.tempfile, "mkstemp", broken)
    assert place.refused(connections=[HTTP]) == f"{place.path} cannot be written: {why}"


def test_bytes_that_are_no_text(place: Place) -> None:
    place.path.write_bytes(b"A=\xff\n")
    assert place.refused(connections=[HTTP]) == f"{place.path} is not UTF-8"


@pytest.mark.parametrize(
    ("form", "text", "why"),
    [("compose", "A='", "line 1: a quote is not closed"), ("systemd", "A=1\nB=\"", "line 2: a quote is not closed"),
     ("kubernetes", "kind: 'Secret", "it is no YAML")],
)  # fmt: skip
def test_a_file_of_another_kind(place: Place, form: str, text: str, why: str) -> None:
    place.path.write_text(text)
    name = {"secret_name": "a"} if form == "kubernetes" else {}
    assert why in place.refused(format=form, connections=[HTTP], **name)


@pytest.mark.parametrize(
    ("words", "text", "told"),
    [
        ({"format": "dockerfile"}, "FROM a\nENV AIRFLOW_VAR_A=1 B=2\n", "is set there together with other variables"),
        ({"format": "dockerfile", "variables": [], "prune": "all"}, "ENV AIRFLOW_VAR_A=1 B=2\n", "is set there together"),
        (
            {"format": "kubernetes"},
            "kind: Secret\nmetadata: {name: s, namespace: a}\n---\nkind: Secret\nmetadata: {name: s, namespace: b}\n",
            "line 4: the Secret stands twice; give secret_namespace",
        ),
        (
            {"format": "kubernetes"},
            "kind: Secret\nmetadata: {name: s}\nstringData:\n  AIRFLOW_VAR_A: &v 'x'\n  OTHER: *v\n",
            "write out what has an anchor",
        ),
        ({"format": "kubernetes"}, '{"kind": "Secret", "metadata": {"name": "s"}}', "one key a line"),
        (
            {"format": "kubernetes", "variables": [{"key": f"v{n}", "value": "x" * 120_000} for n in range(9)]},
            "",
            "no more than 1 MiB",
        ),
    ],
)
def test_check_mode_fails_where_the_run_would(place: Place, words: dict[str, t.Any], text: str, told: str) -> None:
    place.path.write_text(text)
    name = {"secret_name": "s"} if words["format"] == "kubernetes" else {}
    declared = {"variables": [{"key": "a", "value": "2"}, {"key": "b", "value": "2"}], **name, **words}
    predicted = place.refused(check_mode=True, **declared)
    assert told in predicted and predicted == place.refused(**declared)


def test_check_mode_tells_that_comments_are_lost(place: Place) -> None:
    place.path.write_text("airflow:  # comment\n  variables: []\n")
    declared = {"target": "astro_settings", "variables": [{"key": "a", "value": "2"}]}
    for check_mode in (True, False):
        assert warned(place(check_mode=check_mode, **declared), "comments in")
    assert not warned(place(check_mode=True, **declared), "comments in")


# What is refused


def test_everything_is_told_at_once(place: Place) -> None:
    told = place.refused(
        connections=[HTTP, {**HTTP, "connection_id": "warehouse_dB"}, {**HTTP, "connection_id": "typed", "conn_type": "google-cloud"},
                     {**HTTP, "connection_id": "of_team", "team_name": "crew"}],
        variables=[{"key": "two words", "value": "CANARY"}, {"key": "lines", "secret_value": "CANARY\nCANARY"},
                   {"key": "long", "value": "CANARY" * 20_000}, {"key": "longer", "value": "x" * 140_000}],
    )  # fmt: skip
    for line in (
        "connection 'warehouse_Db': names of environment variables are in capitals, so it would be the same one as 'warehouse_dB'",
        "connection 'warehouse_dB': names of environment variables are in capitals, so it would be the same one as 'warehouse_Db'",
        "connection 'typed': conn_type: Airflow would read 'google_cloud' here, so declare that",
        "connection 'of_team': team_name: objects of a team cannot be kept here: there they would be everybody's",
        "variable 'two words': in an env file of docker, ids cannot have blanks or '='",
        "variable 'lines': value: a line break cannot stand in an env file of docker",
        "variable 'long': value: docker reads no lines of more than 64 KiB",
        "variable 'longer': value: Linux takes no environment variable of more than 128 KiB",
    ):
        assert f"- {line}\n" in f"{told}\n"
    assert "8 faults" in told


def test_an_absent_object_clashes_too(place: Place) -> None:
    told = place.refused(variables=[{"key": "a", "value": "1"}, {"key": "A", "state": "absent"}])
    assert "variable 'a': names of environment variables are in capitals" in told


@pytest.mark.parametrize(
    ("form", "key", "taken"),
    [("docker", "a/b", True), ("docker", "a=b", False), ("docker", "\u00fc", True), ("docker", "a\u00a0b", False),
     ("compose", "a-b.c", True), ("compose", "a/b", False), ("compose", "\u00fc", False),
     ("systemd", "a_1", True), ("systemd", "a-b", False), ("systemd", "a.b", False),
     ("kubernetes", "a-b.c", True), ("kubernetes", "a b", False), ("kubernetes", "a" * 242, False),
     ("dockerfile", "a-b.c", True), ("dockerfile", "a b", False), ("dockerfile", "a$b", False)],
)  # fmt: skip
def test_ids_that_a_format_takes(place: Place, form: str, key: str, taken: bool) -> None:
    words = {
        "format": form,
        "variables": [{"key": key, "value": "x"}],
        **({"secret_name": "a"} if form == "kubernetes" else {}),
    }
    if taken:
        place.settles(**words)
        assert f"AIRFLOW_VAR_{key.upper()}" in place.path.read_text()
    else:
        assert f"variable {key!r}: in " in place.refused(**words)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ({"path": None}, "path: is missing: the file to write"),
        ({"path": "relative.env"}, "path: must be an absolute path"),
        ({"path": "/"}, "path: is a folder"),
        ({"path": "/nowhere/airflow.env"}, "path: its folder does not exist"),
        ({"mode": "rw"}, 'mode: must be permissions in octal, in quotes, such as "0600"'),
        ({"format": "toml"}, "value of format must be one of"),
        ({"format": "kubernetes"}, "secret_name: is missing: the name of the Secret"),
        ({"format": "kubernetes", "secret_name": "A_b"}, "secret_name: must be lower case letters"),
        (
            {"format": "kubernetes", "secret_name": "a", "secret_namespace": "a.b"},
            "secret_namespace: must be lower case letters",
        ),
        ({"secret_name": "a"}, "secret_name: is for format=kubernetes only"),
    ],
)
def test_options(place: Place, words: dict[str, t.Any], told: str) -> None:
    assert told in place.refused(variables=[{"key": "two words", "value": "x"}], **words)


# Pruning and its memory


def test_pruning_goes_by_the_ids_of_the_owner(place: Place) -> None:
    place.settles(
        owner="me", connections=[HTTP], variables=[{"key": "Kept", "value": "1"}, {"key": "Gone", "value": "1"}]
    )
    changes = place.settles(owner="me", prune="owned", connections=[], variables=[{"key": "Kept", "value": "1"}])
    assert [(each["id"], each["action"]) for each in changes] == [("Gone", "delete"), ("warehouse_Db", "delete")]
    assert (
        "AIRFLOW_VAR_KEPT=1\n" in place.path.read_text()
        and "AIRFLOW_VAR_WINDSOCK_APPLIED_6D65=" in place.path.read_text()
    )


def test_pruning_spares_what_another_owner_has_applied(place: Place) -> None:
    place.settles(owner="me", variables=[{"key": "Mine", "value": "1"}])
    place.settles(owner="you", variables=[{"key": "yours", "value": "1"}])
    changes = place.settles(owner="you", prune="all", variables=[{"key": "yours", "value": "1"}])
    assert changes == [] and "AIRFLOW_VAR_MINE=1\n" in place.path.read_text()


@pytest.mark.parametrize("owners", [("me", "you"), ("you", "me")])
def test_what_two_owners_spell_differently_is_one(place: Place, owners: tuple[str, str]) -> None:
    spelled = {"me": "Both", "you": "BOTH"}
    for owner in owners:
        found = place(owner=owner, variables=[{"key": spelled[owner], "value": "1"}])
    assert warned(found, f"({owners[0]!r})")
    assert place.settles(owner="me", prune="owned", variables=[]) == []
    assert "AIRFLOW_VAR_BOTH=1\n" in place.path.read_text()
    changes = place.settles(owner="you", prune="owned", variables=[])
    assert [each["action"] for each in changes] == ["delete"] and "AIRFLOW_VAR_BOTH" not in place.path.read_text()


def test_an_owner_may_change_the_spelling(place: Place) -> None:
    for spelling in ("Foo", "foo"):
        place.settles(owner="me", prune="owned", variables=[{"key": spelling, "value": "1"}])
    assert [each["id"] for each in place.settles(owner="me", prune="owned", variables=[])] == ["foo"]
    assert "AIRFLOW_VAR_FOO" not in place.path.read_text()


def test_what_an_owner_has_applied_is_a_change_of_the_file(place: Place) -> None:
    declared = {"variables": [{"key": "a", "value": "1"}]}
    place.settles(**declared)
    for owner in ("me", "you"):
        assert place.settles(owner=owner, **declared) == []
        place.path.write_text(place.path.read_text().replace("AIRFLOW_VAR_WINDSOCK", "#"))
        before = place.state()
        assert place(check_mode=True, owner=owner, **declared).result["changed"] and place.state() == before
        assert place(owner=owner, **declared).result["changed"] and place.state() != before
        assert not place(owner=owner, **declared).result["changed"]


def test_pruning_stays_within_its_limit_and_spares_the_protected(place: Place) -> None:
    place.path.write_text(
        "".join(f"AIRFLOW_VAR_V{number}=1\n" for number in range(4)) + "AIRFLOW_CONN_C=http://h\nOTHER=1\n"
    )
    assert "prune_limit" in place.refused(prune="all", prune_limit=3, variables=[])
    changes = place.settles(prune="all", prune_limit=3, protect=["v3"], variables=[])
    assert [each["id"] for each in changes] == ["v0", "v1", "v2"]
    assert place.path.read_text() == "AIRFLOW_VAR_V3=1\nAIRFLOW_CONN_C=http://h\nOTHER=1\n"


@pytest.mark.parametrize("pattern", ["KEEP_*", "Keep_Me", "keep_[a-z]*"])
def test_what_is_protected_may_be_spelled_in_any_case(place: Place, pattern: str) -> None:
    place.path.write_text("AIRFLOW_VAR_KEEP_ME=1\nAIRFLOW_VAR_GO=1\n")
    changes = place.settles(prune="all", protect=[pattern], variables=[])
    assert [each["id"] for each in changes] == ["go"] and place.path.read_text() == "AIRFLOW_VAR_KEEP_ME=1\n"


def test_what_belongs_to_a_team_is_not_pruned(place: Place) -> None:
    place.path.write_text("AIRFLOW_VAR__CREW___KEY=1\nAIRFLOW_VAR_KEY=1\n")
    assert [each["id"] for each in place.settles(prune="all", variables=[])] == ["key"]


# Other words


def test_a_dockerfile_comes_with_a_warning(place: Place) -> None:
    found = place(format="dockerfile", connections=[HTTP])
    assert warned(found, "is in the image, for everybody to read who has it")
    assert place.path.read_text() == f"ENV AIRFLOW_CONN_WAREHOUSE_DB='{LINE.split('=', 1)[1][:-1]}'\n"


def test_the_diff_shows_no_secret(place: Place) -> None:
    place.path.write_text(LINE)
    place.path.chmod(0o600)
    found = place(diff=True, connections=[{**HTTP, "password": "CANARY2", "host": "other"}]).result
    assert found["diff"][0]["before"] == {"conn_type": "http", "host": "h", "password": "(secret)"}
    assert found["diff"][0]["after"] == {"conn_type": "http", "host": "other", "password": "(secret, changed)"}
    assert json.dumps(found["changes"]).count("password") == 1


def test_pools_are_passed_over(place: Place) -> None:
    assert place.settles(pools=[{"name": "p", "slots": 1}], variables=[{"key": "a", "value": "1"}])
    assert place.path.read_text() == "AIRFLOW_VAR_A=1\n"
