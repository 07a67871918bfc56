# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The places that secrets go to: what must not happen to what somebody else has there, and how often is signed in."""

from __future__ import annotations

import contextlib
import threading
import typing as t
from pathlib import Path

import pytest

from ansible_collections.windsock.airflow.plugins.module_utils._airflow._access import Access
from ansible_collections.windsock.airflow.plugins.module_utils._backends import read_backend
from ansible_collections.windsock.airflow.plugins.module_utils._backends._astro_environment import AstroEnvironment
from ansible_collections.windsock.airflow.plugins.module_utils._backends._aws_backend import AwsBackend, Kept
from ansible_collections.windsock.airflow.plugins.module_utils._backends._ssm import ParameterStore
from ansible_collections.windsock.airflow.plugins.module_utils._backends._vault import VaultBackend
from ansible_collections.windsock.airflow.plugins.module_utils._faults import ServerFault
from ansible_collections.windsock.airflow.plugins.module_utils._parallel import in_parallel
from ansible_collections.windsock.airflow.plugins.module_utils._secrets import _folder
from ansible_collections.windsock.airflow.plugins.module_utils._secrets._access import read_vault
from ansible_collections.windsock.airflow.plugins.module_utils._secrets._session import VaultTrouble
from ansible_collections.windsock.airflow.tests.unit.fakes import CONNECTION, VARIABLE, told

VAULT = {"url": "http://127.0.0.1:1", "token": "t"}


# Where things are


@pytest.mark.parametrize("mode", ["416", "257", "0432", 416, 0o600, "640x", "rw-r-----", "07777"])
def test_a_mode_that_is_not_meant_is_refused(tmp_path: Path, mode: t.Any) -> None:
    """An unquoted 0640 is the number 416, which is no 0640 as text."""
    (fault,) = told(lambda: read_backend({"target": "env", "format": "docker", "path": str(tmp_path / "e"), "mode": mode}))
    assert "in quotes" in fault


@pytest.mark.parametrize("mode", ["0600", "600", "0640", "0644", "0660", "0400", "0750"])
def test_a_mode_that_is_meant_is_taken(tmp_path: Path, mode: str) -> None:
    place = read_backend({"target": "env", "format": "docker", "path": str(tmp_path / "e"), "mode": mode})
    assert place.mode == int(mode, 8)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "options",
    [
        {"target": "ssm", "connections_prefix": "/airflow/connections", "variables_prefix": "/airflow"},
        {"target": "ssm", "connections_prefix": "airflow", "variables_prefix": "/airflow/variables/"},
        {"target": "ssm", "connections_prefix": "airflow", "variables_prefix": "/airflow/"},
        {"target": "secretsmanager", "connections_prefix": "airflow", "variables_prefix": "airflow-variables", "separator": "-"},
        {"target": "vault", "vault": VAULT, "connections_path": "airflow/connections", "variables_path": "airflow"},
        {"target": "vault", "vault": VAULT, "connections_path": "airflow", "variables_path": "airflow/variables"},
    ],
)
def test_a_kind_within_the_other_would_be_both(options: dict[str, t.Any]) -> None:
    (fault,) = told(lambda: read_backend({"mode": "0600", "separator": "/", "recovery_days": 30, **options}))
    assert "none within the other" in fault


def test_names_that_only_begin_alike_are_apart() -> None:
    for options in (
        {"target": "ssm", "connections_prefix": "airflow", "variables_prefix": "airflow2"},
        {"target": "vault", "vault": VAULT, "connections_path": "airflow/c", "variables_path": "airflow/c2"},
    ):
        read_backend(options)


# What somebody else has there


class Parameters(ParameterStore):
    """A store with these texts, None for bytes."""

    def __init__(self, **texts: str | None) -> None:
        super().__init__(None, {CONNECTION: "/a/c/", VARIABLE: "/a/v/"}, None, "standard")
        self.texts = {f"/a/{name}": Kept(text, "1") for name, text in texts.items()}

    def fetch(self, names: list[str]) -> dict[str, Kept]:
        return {name: self.texts[name] for name in names if name in self.texts}

    def names(self, prefix: str) -> list[str]:
        return [name for name in self.texts if name.startswith(prefix)]


def test_what_no_connection_can_be_called_is_none() -> None:
    store: AwsBackend = Parameters(**{"c/pg": "http://h", "c/config/sql_alchemy_conn": "http://h", "v/deep/key": "x"})
    assert store.ids(CONNECTION) == ["pg"]
    assert store.ids(VARIABLE) == ["deep/key"]


def test_bytes_are_somebody_elses_and_left_alone() -> None:
    store = Parameters(**{"v/bytes": None, "v/text": "x"})
    assert [each.id for each in store.list(VARIABLE)] == ["text"]
    assert any("'bytes'" in note for note in store.notes)
    with pytest.raises(ServerFault, match="holds bytes"):
        store.get(VARIABLE, "bytes")


class Api:
    """Astro's API, for an organization that hides secrets."""

    shows_secrets = False

    def __init__(self) -> None:
        self.scrubber = self
        self.sent: list[t.Any] = []

    def hide(self, texts: t.Any) -> None:
        pass

    def listed(self, object_type: str) -> list[t.Any]:
        secret = {"id": "at", "parameters": [{"isSecret": True, "isInExtra": True}]}
        part = {"type": "aws", "host": "h", "extra": {"region": "eu"}, "connectionAuthType": secret}
        return [{"id": "1", "objectKey": "c", "connection": part}] if object_type == "CONNECTION" else []

    def update(self, record: t.Any, body: t.Any) -> dict[str, t.Any]:
        self.sent.append(body["connection"])
        return {}


def test_an_extra_that_astro_shows_in_part_is_not_sent_back() -> None:
    place = AstroEnvironment(Access(url="http://astro", token="t"), "DEPLOYMENT", "d", False)
    api = place.__dict__["api"] = Api()
    actual = place.get(CONNECTION, "c")
    assert actual is not None and actual.unseen == {"extra", "password"}
    place.update(CONNECTION, "c", {"host": "new"}, actual)
    place.update(CONNECTION, "c", {"extra": {"region": "us"}}, actual)
    assert [each.get("extra") for each in api.sent] == [None, {"region": "us"}]
    assert [each.get("host") for each in api.sent] == ["new", "h"]


# Signing in


@pytest.mark.parametrize("refused", [False, True])
def test_vault_is_signed_in_to_once_however_many_come(monkeypatch: pytest.MonkeyPatch, refused: bool) -> None:
    opened: list[str] = []
    all_there = threading.Barrier(8, timeout=10)

    class Folder:
        @contextlib.contextmanager
        def opening(self, access: t.Any, mount: str) -> t.Iterator[Folder]:
            opened.append(mount)
            if refused:
                raise VaultTrouble("refuses the sign-in")
            yield self

        def read(self, path: str) -> tuple[None, int]:
            return None, 0

    monkeypatch.setattr(_folder.Folder, "open", Folder().opening)
    access = read_vault(VAULT, {}).access
    assert access is not None
    place = VaultBackend(access, "secret", {VARIABLE: "v"})

    def come(key: str) -> str:
        all_there.wait()
        try:
            return str(place.get(VARIABLE, key))
        except ServerFault as fault:
            return fault.message

    assert set(in_parallel(come, [f"k{number}" for number in range(8)])) == {"refuses the sign-in" if refused else "None"}
    assert opened == ["secret"]
    place.close()
