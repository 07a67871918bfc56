# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The action as Ansible's executor calls it, with values as Ansible's loader has them."""

from __future__ import annotations

import json
import os
import stat

import jsonschema
import pytest
from ansible.parsing.dataloader import DataLoader
from ansible.playbook.play_context import PlayContext
from ansible.playbook.task import Task
from ansible.plugins.loader import connection_loader

from ansible_collections.windsock.airflow.plugins.action.airflow_drift_report import ActionModule
from ansible_collections.windsock.airflow.plugins.plugin_utils._drift import _files
from ansible_collections.windsock.airflow.plugins.plugin_utils._version import VERSION
from ansible_collections.windsock.airflow.tests.unit.sample_report import AWKWARD, outcome, outcomes, result, schema

OTHERS = ["json", "junit", "prom", "markdown"]  # than the page, which has tests of its own


@pytest.fixture
def act(tmp_path, monkeypatch):
    """Runs the action in an empty folder."""
    monkeypatch.chdir(tmp_path)

    def run(check_mode=False, **options):
        loaded = DataLoader().load(json.dumps(options).replace("\\ud800", "").replace("\\udc80", ""))
        task = Task.load({"name": "report", "action": "debug", "check_mode": check_mode})
        task.args = loaded
        context = PlayContext()
        connection = connection_loader.get("local", context)
        return ActionModule(task, connection, context, DataLoader(), None, None).run(task_vars={})

    return run


def test_the_files_are_written_in_check_mode_too(act, tmp_path):
    for check_mode in (True, False):
        dest = f"reports/{check_mode}"
        done = act(check_mode, deployments=outcomes(), dest=dest, formats=OTHERS)
        names = ["drift.json", "drift.junit.xml", "drift.prom", "drift.md"]
        assert done["files"] == [str(tmp_path / dest / name) for name in names]
        assert sorted(os.listdir(tmp_path / dest)) == sorted(names)
        assert (done["changed"], done["state"]) == (False, "failed")
        assert "failed" not in done
        written = json.loads((tmp_path / dest / "drift.json").read_text())
        jsonschema.Draft202012Validator(schema()).validate(written)
        assert written["summary"] == done["summary"]
        assert (written["title"], written["collection"]) == ("Airflow drift", VERSION)
        assert [each["name"] for each in written["deployments"]] == list(outcomes())


def test_the_options(act, tmp_path, monkeypatch):
    monkeypatch.setenv("REPORTS", str(tmp_path / "of the environment"))
    done = act(deployments={"host": None}, dest="$REPORTS", formats="prom,json", title=AWKWARD["markup"], mode="600")
    assert [os.path.basename(path) for path in done["files"]] == ["drift.json", "drift.prom"]
    written = tmp_path / "of the environment" / "drift.json"
    assert json.loads(written.read_text())["title"] == AWKWARD["markup"]
    assert stat.S_IMODE(written.stat().st_mode) == 0o600
    act(deployments={"host": None}, formats=["json"])
    assert stat.S_IMODE((tmp_path / "airflow-drift" / "drift.json").stat().st_mode) == 0o644


def test_without_formats_it_only_tells_the_state(act, tmp_path):
    done = act(deployments={"host": outcome(result())}, formats=[])
    assert (done["state"], done["files"]) == ("in_sync", [])


def test_the_page_is_asked_for_only_with_html(act, monkeypatch):
    monkeypatch.setitem(_files.FILES, "html", ("drift.html", lambda report: f"<p>{report['state']}"))
    assert [os.path.basename(path) for path in act(deployments={"host": None})["files"]][0] == "drift.html"
    assert len(act(deployments={"host": None})["files"]) == 5


def test_all_that_is_wrong_is_told_at_once_and_nothing_is_written(act, tmp_path):
    done = act(deployments=["canary"], dest="", formats=["pdf"], mode=420, dset="canary")
    assert done["failed"] is True
    for told in ("pdf", "dset", "deployments: must be", "dest: must not", "mode: must be"):
        assert told in done["msg"], told
    assert "canary" not in done["msg"]
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("mode", ["rw", "0o644", "64", "06444", "0649", "", "1777", 420, ["0644"]])
def test_a_mode_that_is_none(act, mode):
    done = act(deployments={"host": None}, formats=["json"], mode=mode)
    assert done.get("failed") is True and done["msg"].startswith("mode: must be")


@pytest.mark.parametrize("deployments", [{}, [], None, "text", 1])
def test_deployments_that_are_none(act, deployments):
    assert act(deployments=deployments, formats=["json"])["failed"] is True


def test_what_cannot_be_written_is_told_with_the_state_and_what_was(act, tmp_path):
    (tmp_path / "file").write_text("")
    done = act(deployments={"host": None}, dest="file", formats=["json"])
    assert (done["failed"], done["state"], done["files"]) == (True, "pending", [])
    assert done["msg"] == f"The report cannot be written to {tmp_path}/file: File exists"
    (tmp_path / "reports" / "drift.prom").mkdir(parents=True)
    done = act(deployments={"host": None}, dest="reports", formats=OTHERS)
    assert done["msg"] == f"The report cannot be written to {tmp_path}/reports: Is a directory"
    assert [os.path.basename(path) for path in done["files"]] == ["drift.json", "drift.junit.xml"]
    assert sorted(os.listdir(tmp_path / "reports")) == ["drift.json", "drift.junit.xml", "drift.prom"]
