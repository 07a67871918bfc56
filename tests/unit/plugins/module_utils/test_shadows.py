# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What Airflow looks at before its database."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.windsock.airflow.plugins.module_utils._shadows import Shadows, names_in, read_shadows
from ansible_collections.windsock.airflow.tests.unit.fakes import connection, pool, variable

CANARY = "CANARY-Zq9"
PATHS = {"connections_path": "airflow/connections", "variables_path": "/airflow/variables/"}


def shadows(**given: t.Any) -> Shadows:
    found, faults = read_shadows(given)
    assert not faults, [*map(str, faults)]
    return found


def faults(given: t.Any) -> list[str]:
    _found, faults = read_shadows(given)
    assert faults
    assert CANARY not in repr(faults)
    return [*map(str, faults)]


def test_an_environment_variable_lies_over_the_object_of_its_name() -> None:
    names = ["AIRFLOW_CONN_WAREHOUSE", "AIRFLOW_VAR_MY.KEY-1", "AIRFLOW_CONN_lower", "AIRFLOW_VAR_P", "PATH"]
    desired = [
        connection("warehouse", conn_type="http"),
        connection("lower", conn_type="http"),
        connection("other", conn_type="http"),
        connection("gone", state="absent"),
        variable("My.key-1", value="x"),
        variable("warehouse", value="x"),
        pool("p", slots=1),
    ]
    assert shadows(environment=[*names, "AIRFLOW_CONN_GONE"]).over(desired, {}) == [
        {"kind": "connection", "id": "warehouse", "by": "environment variable AIRFLOW_CONN_WAREHOUSE"},
        {"kind": "variable", "id": "My.key-1", "by": "environment variable AIRFLOW_VAR_MY.KEY-1"},
    ]


def test_a_team_has_variables_of_its_own() -> None:
    desired = [connection("c", conn_type="http", team_name="Blue"), connection("d", conn_type="http")]
    names = ["AIRFLOW_CONN__BLUE___C", "AIRFLOW_CONN__BLUE___D"]
    assert [each["by"] for each in shadows(environment=names).over(desired, {})] == [
        "environment variable AIRFLOW_CONN__BLUE___C"
    ]


def test_names_are_taken_out_of_an_env_file_and_nothing_else() -> None:
    text = (
        "# AIRFLOW_CONN_COMMENT=x\n"
        f"AIRFLOW_CONN_A={CANARY}\n"
        f"export AIRFLOW_VAR_B='{CANARY}'\n"
        f"  AIRFLOW_VAR_C = {CANARY} AIRFLOW_CONN_D=1\n"
        "AIRFLOW__CORE__FERNET_KEY=k\nPATH=/bin\r\nAIRFLOW_CONN_E=\r\nAIRFLOW_CONN_NOTHING\n"
    )
    assert names_in(text) == ["AIRFLOW_CONN_A", "AIRFLOW_VAR_B", "AIRFLOW_VAR_C", "AIRFLOW_CONN_E"]


def test_what_was_found_in_files_counts_like_what_is_named() -> None:
    found = shadows(env_files=[{"path": "/a.env", "names": ["AIRFLOW_VAR_B"]}], environment=["AIRFLOW_VAR_A"])
    assert found.environment == {"AIRFLOW_VAR_A", "AIRFLOW_VAR_B"}


def test_secrets_lie_over_the_objects_of_their_paths() -> None:
    found = shadows(vault={**PATHS, "mount": "kv"})
    desired = [
        connection("pg", conn_type="http"),
        connection("other", conn_type="http"),
        variable("team/key", value="x"),
        variable("plain", value="x"),
        variable("../up", value="x"),
        pool("pg", slots=1),
        connection("gone", state="absent"),
    ]
    folders = {("airflow/connections", "kv"), ("airflow/variables/team", "kv"), ("airflow/variables", "kv")}
    assert found.folders(desired) == folders
    listing = {
        ("airflow/connections", "kv"): {"pg", "gone", "plain"},
        ("airflow/variables/team", "kv"): {"key"},
        ("airflow/variables", "kv"): {"pg"},
    }
    assert found.over(desired, listing) == [
        {"kind": "connection", "id": "pg", "by": "secret airflow/connections/pg in Vault"},
        {"kind": "variable", "id": "team/key", "by": "secret airflow/variables/team/key in Vault"},
    ]


def test_a_kind_without_a_path_is_not_looked_for() -> None:
    found = shadows(vault={"variables_path": "v"})
    assert found.folders([connection("pg", conn_type="http")]) == set()


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ([], "must be a dict"),
        ({"environ": []}, "did you mean environment"),
        ({"environment": "AIRFLOW_CONN_A"}, "a list of names"),
        ({"environment": [1]}, "a list of names"),
        ({"environment": [f"AIRFLOW_CONN_A={CANARY}"]}, "without their values"),
        ({"env_files": [{"path": "/a.env", "fault": "cannot be read"}]}, "/a.env: cannot be read"),
        ({"env_files": [f"/{CANARY}.env"]}, "must be a dict, not a text"),
        ({"vault": CANARY}, "shadows.vault: must be a dict"),
        ({"vault": {}}, "connections_path or variables_path"),
        ({"vault": {"mount": "kv"}}, "connections_path or variables_path"),
        ({"vault": {"connections_path": "a/../b"}}, "connections_path: must be a path"),
        ({"vault": {"connections_path": "a", "mount": 1}}, "mount: must be a path"),
        ({"vault": {"connections": "a"}}, "did you mean connections_path"),
    ],
)
def test_what_is_wrong_is_told_without_a_value(given: t.Any, told: str) -> None:
    assert told in "\n".join(faults(given))


def test_all_that_is_wrong_is_told_at_once() -> None:
    assert len(faults({"what": 1, "environment": "A", "vault": {"mount": ""}, "env_files": [{"path": "a", "fault": "f"}]})) == 4


def test_nothing_given_is_nothing() -> None:
    assert read_shadows(None) == (Shadows(), [])
