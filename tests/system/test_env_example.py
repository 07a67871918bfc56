# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The example of the guide page about environment variables, typed in as it stands there, in each format."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from harness import COLLECTIONS

PAGE = (Path(__file__).resolve().parents[2] / "docs/docsite/rst/environment.rst").read_text()
FORMATS = ("docker", "compose", "systemd", "kubernetes", "dockerfile")
INVENTORY = """\
all:
  children: {workers: {hosts: {worker: }}}
  vars: {ansible_connection: local, ansible_python_interpreter: "{{ ansible_playbook_python }}"}
"""


def block(after: str) -> str:
    """The first literal block behind a text of the page."""
    found = re.search(r"\.\. code-block:: \w+\n\n((?:   .*\n|\n)+)", PAGE[PAGE.index(after) :])
    assert found, after
    return textwrap.dedent(found[1]).strip() + "\n"


@pytest.mark.parametrize("form", FORMATS)
def test_the_example_of_the_page(tmp_path: Path, form: str) -> None:
    path = tmp_path / "airflow.env"
    (tmp_path / "airflow").mkdir()
    (tmp_path / "airflow" / "settings.yml").write_text(block("``airflow/settings.yml``"))
    (tmp_path / "environment.yml").write_text(block("``environment.yml``:").replace("/etc/airflow/airflow.env", str(path)))
    (tmp_path / "inventory.yml").write_text(INVENTORY)
    environ = {**{name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE_")},
               "ANSIBLE_COLLECTIONS_PATH": COLLECTIONS, "ANSIBLE_HOME": str(tmp_path / "home"), "ANSIBLE_NOCOLOR": "true"}
    more = {"docker": [], "kubernetes": ["-e", "airflow_secrets_backend_format=kubernetes",
                                         "-e", "airflow_secrets_backend_secret_name=airflow-env"]}.get(
        form, ["-e", f"airflow_secrets_backend_format={form}"])
    commands = re.findall(r"\$ (ansible-playbook [^#\n]*)", block("airflow_secrets_backend_path: /etc/airflow/airflow.env"))
    for number, words in enumerate([each.split() for each in (*commands, commands[-1])]):
        done = subprocess.run([str(Path(sys.executable).parent / words[0]), *words[1:], *more], cwd=tmp_path, env=environ,
                              capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        assert f"changed={0 if number == 2 else 1}" in done.stdout and "$5" not in done.stdout
        assert path.exists() == (number > 0)
    assert path.read_text() == block(f"``{form}``\n^^^")
    assert ("for everybody to read" in done.stderr) == (form == "dockerfile")
