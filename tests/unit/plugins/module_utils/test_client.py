# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Importing the official client's transport, and nothing else of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
import typing as t
from pathlib import Path

import pytest

from ansible_collections.windsock.airflow.plugins.module_utils._airflow import _client

# Each test imports in a process of its own. _client.py imports nothing of the collection, so its path is enough.
PROGRAM = """
import importlib.util, json, sys
spec = importlib.util.spec_from_file_location("_client", sys.argv[1])
client_file = importlib.util.module_from_spec(spec)
sys.modules["_client"] = client_file
spec.loader.exec_module(client_file)
{before}
try:
    client = client_file.load_client()
    told = dict((name, str(value)) for name, value in vars(client).items())
except client_file.ClientMissing as missing:
    told = dict(missing=str(missing))
loaded = sorted(name for name in sys.modules if name.startswith("airflow_client"))
print(json.dumps(dict(told=told, loaded=loaded, ran=getattr(sys, "ran", []))))
"""


def imported(*path: Path, before: str = "", isolated: bool = True) -> dict[str, t.Any]:
    """What load_client() gives in a new process, and what was loaded and run for it. isolated: no site packages."""
    process = subprocess.run(
        [sys.executable, *(["-S"] if isolated else []), "-c", PROGRAM.format(before=before), _client.__file__],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, path))},
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(process.stdout)


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A package laid out as the official client is; each file notes in sys.ran that it was executed."""
    noted = "import sys; sys.ran = [*sys.__dict__.get('ran', []), __name__]\n"
    files = {
        "client/__init__.py": "import airflow_client.client.models, airflow_client.client.api\n",
        "client/models/__init__.py": "",
        "client/api/__init__.py": "",
        "client/configuration.py": "class Configuration: pass\n",
        "client/exceptions.py": "class ApiException(Exception): pass\n",
        "client/rest.py": "from airflow_client.client.exceptions import ApiException\nclass RESTClientObject: pass\n",
        "client/api_client.py": "import airflow_client.client.models\nclass ApiClient: pass\n",
    }
    for name, content in files.items():
        file = tmp_path / "airflow_client" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(noted + content)
    return tmp_path


def test_of_the_real_client_neither_models_nor_api_are_loaded() -> None:
    """Executing them costs over 2 s in each task."""
    program = imported(isolated=False)
    assert {"Configuration", "RESTClientObject", "ApiException"} <= set(program["told"])
    assert not [name for name in program["loaded"] if ".models" in name or ".api." in name or name.endswith(".api")]


def test_the_packages_own_init_is_not_run(package: Path) -> None:
    program = imported(package)
    assert "missing" not in program["told"]
    assert not {"airflow_client.client", "airflow_client.client.models", "airflow_client.client.api"} & set(
        program["ran"]
    )


def test_where_that_fails_the_plain_import_does_it(package: Path) -> None:
    """Some other layout: the transport needs what only the package's own __init__ sets up."""
    rest = package / "airflow_client/client/rest.py"
    rest.write_text("import airflow_client.client\nairflow_client.client.set_up\nclass RESTClientObject: pass\n")
    init = package / "airflow_client/client/__init__.py"
    init.write_text("set_up = True\n" + init.read_text())
    program = imported(package)
    assert "missing" not in program["told"]
    assert "airflow_client.client.models" in program["ran"]


def test_who_imported_it_whole_before_keeps_it(package: Path) -> None:
    before = textwrap.dedent("""
        import airflow_client.client
        whole = airflow_client.client
    """)
    program = imported(package, before=before)
    assert "missing" not in program["told"]
    assert program["ran"].count("airflow_client.client") == 1


def test_a_client_that_is_not_there_is_told(tmp_path: Path) -> None:
    assert "missing" in imported(tmp_path)["told"]


def test_a_client_that_lacks_something_is_told(package: Path) -> None:
    (package / "airflow_client/client/rest.py").write_text("import a_package_that_nobody_has\n")
    program = imported(package)
    assert "a_package_that_nobody_has" in program["told"]["missing"]
