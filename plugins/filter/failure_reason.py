# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

OURS = r"windsock\.airflow\."
# From 2.19 on, Ansible says whose words these are: nothing but what this collection wrote comes after it.
TOLD_BY_PLUGIN = re.compile(rf"The (?:lookup|filter) plugin '{OURS}\w+' failed: (.+)", re.DOTALL)
# Before that it may say it in the other order, or say nothing, so that such words are known by their shape.
TOLD_BEFORE = re.compile(rf"'{OURS}\w+'.*original message: (.+)", re.DOTALL)
SHAPES = re.compile(
    r"""[^{}]+:[ ](?:
        there[ ]is[ ]no[ ]such[ ]file[ ]or[ ]folder
        | cannot[ ]be[ ](?:read|decrypted[ ].*|loaded[ ]\(\w+\))
        | is[ ]not[ ]UTF-8,.*
        | neither[ ]YAML[ ]nor[ ]JSON,[ ]see[ ]line[ ]\d+,[ ]column[ ]\d+
        | must[ ]be[ ]a[ ]mapping[ ]with[ ]the[ ]keys[ ].*
        | unknown[ ]key[ ].*;[ ]a[ ]file[ ]of[ ]declarations[ ]has[ ].*
        | (?:\w+,?[ ])+must[ ]be[ ]a[ ]list
        | \w+:[ ]a[ ]template[ ]cannot[ ]be[ ]evaluated:[ ](?:'\w+'[ ]is[ ]undefined|\w+)
        | source[ ]\d+[ ]must[ ]be[ ]a[ ]list[ ]of[ ]\w+
    )""",
    re.VERBOSE,
)
UNDEFINED = re.compile(r"'[A-Za-z_]\w*' is undefined")
# Of what Ansible says of an argument, the part before the value.
ARGUMENT = re.compile(
    r"argument '\w+' is of type .{1,80}? and we were unable to convert to \w+|value of \w+ must be one of: .*(?=, got)"
    r"|missing required arguments: [\w, ]+"
)


def failure_reason(result: Any, action: str = "", task: str = "") -> str:
    """Only words of this collection, of a connection, and names: Ansible's own may quote templates and their values."""
    if not isinstance(result, Mapping):
        return _untold(task)
    message = str(result.get("msg") or "")
    if result.get("unreachable"):
        return message.removeprefix("Task failed: ") or "The host is unreachable."
    if action.startswith("windsock.airflow.") and _is_of_module(result):
        return message
    if "timedout" in result:
        return "The task did not come to its end in the time that it is given."
    if "module_stdout" in result:
        return (
            "There is no Python where the module is to run, see ansible_python_interpreter."
            if result.get("rc") == 127
            else "The module came to no result. The output of the run says more."
        )
    arguments = [found[0] for each in result.get("argument_errors") or [] if (found := ARGUMENT.match(str(each)))]
    return "\n".join(arguments) or _of_plugin(message) or _of_template(message) or _untold(task)


def _is_of_module(result: Mapping[str, Any]) -> bool:
    """Whether a module of ours has said this itself. What it returns shows by another sign on each ansible-core."""
    return "invocation" in result or "failures" in result or bool(result.get("ansible_parsed"))


def _of_plugin(message: str) -> str:
    told = TOLD_BY_PLUGIN.search(message)
    if told:
        return told[1]
    told = TOLD_BEFORE.search(message)
    lines = (told[1] if told else message).splitlines()
    return "\n".join(lines) if lines and all(SHAPES.fullmatch(line) for line in lines) else ""


def _of_template(message: str) -> str:
    missing = UNDEFINED.search(message)
    return f"A template cannot be evaluated: {missing[0]}." if missing else ""


def _untold(task: str) -> str:
    named = f"The task '{task}'" if task else "A task"
    return f"{named} failed. What Ansible says of it may hold secrets, so it stands in the output of the run alone."


class FilterModule:
    def filters(self) -> dict[str, Any]:
        return {"failure_reason": failure_reason}
