# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs a module in this process as Ansible does: parameters as JSON in, one JSON document out."""

from __future__ import annotations

import importlib
import json
import sys
import syslog
import typing as t
from dataclasses import dataclass

import pytest
from ansible import module_utils
from ansible.module_utils import basic
from ansible.module_utils.common import warnings
from ansible.module_utils.common.parameters import PASS_VARS

MODULES = "ansible_collections.windsock.airflow.plugins.modules"


@dataclass(frozen=True)
class Run:
    """code: of the process. result: what the module returned. everything: all that it wrote anywhere, logs too."""

    code: t.Any
    result: dict[str, t.Any]
    everything: str


class ModuleRunner:
    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self.monkeypatch = monkeypatch
        self.capsys = capsys
        self.logged: list[str] = []
        monkeypatch.setattr(syslog, "syslog", lambda *arguments: self.logged.append(repr(arguments)))
        monkeypatch.setattr(sys, "argv", ["module"])

    def __call__(self, module: str, *, check_mode: bool = False, diff: bool = False, **params: t.Any) -> Run:
        internal = {"_ansible_check_mode": check_mode, "_ansible_diff": diff, "_ansible_module_name": module}
        if "inject_invocation" in PASS_VARS:  # since ansible-core 2.21
            internal["_ansible_inject_invocation"] = True
        arguments = {"ANSIBLE_MODULE_ARGS": {**params, **internal}}
        self.monkeypatch.setattr(basic, "_ANSIBLE_ARGS", json.dumps(arguments).encode())
        if hasattr(basic, "_ANSIBLE_PROFILE"):  # since ansible-core 2.19
            self.monkeypatch.setattr(basic, "_ANSIBLE_PROFILE", "legacy")
        for name in ("_global_warnings", "_global_deprecations"):  # they would pass on to the next run
            if name in vars(warnings):
                self.monkeypatch.setattr(warnings, name, type(vars(warnings)[name])())
        if hasattr(module_utils, "_internal"):  # since 2.19; another test may have imported what only the controller has
            self.monkeypatch.setattr(module_utils._internal, "is_controller", False)
        main = importlib.import_module(f"{MODULES}.{module}").main
        with pytest.raises(SystemExit) as left:
            main()
        written = self.capsys.readouterr()
        return Run(left.value.code, json.loads(written.out), "\n".join([written.out, written.err, *self.logged]))
