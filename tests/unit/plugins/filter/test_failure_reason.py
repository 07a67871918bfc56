# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The results are those that ansible-core 2.16, 2.19 and 2.22 gave; each may hold the canary but for what is kept."""

from __future__ import annotations

import pytest

from ansible_collections.windsock.airflow.plugins.filter.failure_reason import FilterModule

reason = FilterModule().filters()["failure_reason"]

OURS = "windsock.airflow.airflow_settings"
SPEC = "ansible.builtin.validate_argument_spec"
UNTOLD = "may hold secrets"
FINALIZATION = "Task failed: Finalization of task args for 'windsock.airflow.airflow_settings' failed: Error while resolving "

KEPT = {
    "of the module, 2.16": (OURS, {"failed": True, "invocation": {}, "msg": "nobody answers"}, "nobody answers"),
    "of the module, 2.22": (OURS, {"failed": True, "ansible_parsed": True, "msg": "nobody answers"}, "nobody answers"),
    "of the module, refused": (OURS, {"failures": [], "msg": "2 faults"}, "2 faults"),
    "unreachable": (
        OURS,
        {"unreachable": True, "msg": "Task failed: Failed to connect to the host via ssh: refused"},
        "Failed to connect to the host via ssh: refused",
    ),
    "of a lookup, 2.22": (
        OURS,
        {"msg": FINALIZATION + "value for 'pools': The lookup plugin 'windsock.airflow.declarations' failed: a\nb"},
        "a\nb",
    ),
    "of a lookup, 2.16": (
        OURS,
        {
            "msg": "An unhandled exception occurred while templating '{{ query('windsock.airflow.plain_declarations', "
            "airflow_settings_files) }}'. Error was a <class 'ansible.errors.AnsibleLookupError'>, original message: "
            "/n/x.yml: there is no such file or folder\n/n/y: there is no such file or folder"
        },
        "/n/x.yml: there is no such file or folder\n/n/y: there is no such file or folder",
    ),
    "of a lookup without a word of whom, 2.16": (
        OURS,
        {"msg": "/t.yml: variables: a template cannot be evaluated: 'nowhere' is undefined"},
        "/t.yml: variables: a template cannot be evaluated: 'nowhere' is undefined",
    ),
    "of a file, 2.16": (
        OURS,
        {"msg": "/k.yml: unknown key 'conections'; a file of declarations has connections, variables, pools"},
        "/k.yml: unknown key 'conections'; a file of declarations has connections, variables, pools",
    ),
    "of our filter, 2.16": (
        OURS,
        {"msg": "merge_declarations: source 1 must be a list of connections"},
        "merge_declarations: source 1 must be a list of connections",
    ),
    "of arguments": (
        SPEC,
        {
            "msg": "Validation of arguments failed: 'Canary' cannot",
            "argument_errors": [
                "argument 'airflow_settings_timeout' is of type str and we were unable to convert to int: \"'Canary'\" cannot",
                "value of airflow_drift_fail must be one of: drift, unknown, never, got: Canary",
            ],
        },
        "argument 'airflow_settings_timeout' is of type str and we were unable to convert to int\n"
        "value of airflow_drift_fail must be one of: drift, unknown, never",
    ),
    "undefined": (
        SPEC,
        {"msg": "The error was: 'Canary' + 'nowhere' is undefined. 'nowhere' is undefined"},
        "A template cannot be evaluated: 'nowhere' is undefined.",
    ),
    "without Python": (
        OURS,
        {"msg": "", "rc": 127, "module_stdout": "Canary", "module_stderr": "Canary"},
        "There is no Python where the module is to run, see ansible_python_interpreter.",
    ),
}

HIDDEN = {
    "syntax": {"msg": "template error while templating string: unexpected 'end'. String: {{ 'Canary' + }}. unexpected"},
    "type": {"msg": "Unexpected templating type error occurred on ({{ 'Canary' + 1 }}): can only concatenate str"},
    "another lookup, 2.16": {"msg": "An unhandled exception occurred while running the lookup plugin 'pipe'. Error was a "
                                    "<class 'AnsibleError'>, original message: lookup_plugin.pipe(echo Canary) returned 3"},
    "another lookup, 2.22": {"msg": "Task failed: The lookup plugin 'pipe' failed: echo Canary"},
    "no line but ours": {"msg": "/n/x.yml: there is no such file or folder\nCanary"},
    "an attribute": {"msg": "'dict object' has no attribute 'Canary'"},
    "an argument of another shape": {"msg": "Canary", "argument_errors": ["Canary is wrong"]},
    "no result of the module": {"msg": "Canary", "module_stdout": "Canary", "rc": 1},
    "timeout": {"msg": "Canary", "timedout": {"period": 3}},
    "nothing": {},
}


@pytest.mark.parametrize("case", KEPT)
def test_what_is_safe_is_told(case):
    action, result, told = KEPT[case]
    assert reason(result, action) == told


@pytest.mark.parametrize("action", [OURS, SPEC, ""])
@pytest.mark.parametrize("case", HIDDEN)
def test_nothing_else_is_told(case, action):
    told = reason(HIDDEN[case], action)
    assert told and "Canary" not in told


def test_the_task_is_told_at_least():
    assert reason(HIDDEN["type"], OURS, "Apply the declared settings") == (
        "The task 'Apply the declared settings' failed. What Ansible says of it may hold secrets, so it stands in the "
        "output of the run alone."
    )


@pytest.mark.parametrize("result", [None, "Canary", ["Canary"]])
def test_what_is_no_result(result):
    assert UNTOLD in reason(result, OURS)


def test_words_of_other_modules_are_not_taken_for_ours():
    assert "Canary" not in reason({"invocation": {}, "msg": "Canary"}, "ansible.builtin.uri")
