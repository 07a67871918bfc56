# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: no stable interface for others.

"""The only place that talks to Ansible: parameters come in here, and here is every way out."""

from __future__ import annotations

import gc
import os
import typing as t

from ansible.module_utils.basic import AnsibleModule, missing_required_lib
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ._airflow._client import ClientMissing
from ._airflow._dialect import Dialect
from ._arguments import Arguments
from ._backends._aws import AwsMissing
from ._engine import Work
from ._faults import Fault, Refused, ServerFault, as_word, suggestion
from ._secrets import HvacMissing
from ._yaml import YamlMissing

ADDRESSES = ("airflow_url", "aws_endpoint_url", "astro_url")
HIDDEN = "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"


class Job(t.Protocol):
    """What a module does."""

    def reach(self, words: dict[str, t.Any]) -> t.Callable[[], Dialect]:
        """How the place is reached that it is about, of all parameters. Raises Refused with every fault.

        What that returns reaches it, and raises ServerFault.
        """

    def prepare(self, given: dict[str, t.Any], params: dict[str, t.Any]) -> Work:
        """Read the declaration, without a server. Raises Refused with every fault.

        given holds the withheld parameters as the user wrote them, params the others as Ansible converted them.
        """


class Module(AnsibleModule):
    """An AnsibleModule whose own code never holds what may be secret, nor shows any of it."""

    def __init__(self, arguments: Arguments, job: Job) -> None:
        self.arguments = arguments
        self.job = job
        self.given: dict[str, t.Any] = {}
        self.constructed = False
        super().__init__(argument_spec=arguments.options, supports_check_mode=True)
        self.constructed = True

    def _load_params(self) -> None:
        """Take what is withheld out before Ansible validates, logs and returns parameters."""
        super()._load_params()
        self.given = {name: self.params.pop(name) for name in self.arguments.withheld & set(self.params)}
        # Ansible insists on what is required; it gets a word in its place.
        self.params.update(dict.fromkeys(self.arguments.required & set(self.given), "given"))

    def log(self, msg: str, log_args: t.Any = None) -> None:
        """To syslog goes the module's name, and none of its parameters."""
        super().log(f"Invoked {self._name}" if msg.startswith("Invoked") else msg)

    def fail_json(self, msg: str, **kwargs: t.Any) -> t.NoReturn:  # type: ignore[override]
        """Ansible's constructor stops at its first fault; the user gets all of them, in this collection's words."""
        if not self.constructed:
            self.constructed = True
            kwargs = guarded(lambda: self._all_faults(msg))
            msg = kwargs.pop("msg")
        super().fail_json(msg=msg, invocation=self._invocation(), **kwargs)

    def exit_json(self, **kwargs: t.Any) -> t.NoReturn:
        super().exit_json(invocation=self._invocation(), **kwargs)

    def prepare(self) -> tuple[t.Callable[[], Dialect], Work]:
        """Check everything that can be checked without a server. Raises Refused with every fault."""
        faults: list[Fault] = []
        reach = work = None
        try:
            reach = self.job.reach({**self.params, **self.given})
        except Refused as refused:
            faults += refused.faults
        try:
            work = self.job.prepare(self.given, self.params)
        except Refused as refused:
            faults += refused.faults
        if faults or work is None or reach is None:
            raise Refused(faults)
        return reach, work

    def _all_faults(self, msg: str) -> t.NoReturn:
        """Judge the options that Ansible saw once more, without stopping, and then the rest. Always raises Refused."""
        arguments = self.arguments
        options = {name: spec for name, spec in arguments.options.items() if name not in arguments.withheld}
        plain = {
            name: value
            for name, value in self.params.items()
            if name in options and (value is not None or "default" in options[name])  # Ansible has put None there
        }
        faults = [
            Fault("", f"{as_word(name)}: unknown option, {suggestion(name, arguments.names)}")
            for name in self.params
            if name not in arguments.names and not name.startswith("_ansible")
        ]
        judged = ArgumentSpecValidator(options).validate(plain)
        faults += [Fault("", message) for message in judged.error_messages]
        self.params = judged.validated_parameters
        for name, spec in options.items():  # what Ansible could not convert must not trouble the checks that follow
            if spec["type"] in ("int", "bool", "dict") and type(self.params.get(name)).__name__ != spec["type"]:
                self.params[name] = spec.get("default")
        try:
            self.prepare()
        except Refused as refused:
            faults += refused.faults
        raise Refused(faults or [Fault("", msg)])

    def _invocation(self) -> dict[str, t.Any]:
        """The parameters for -vvv: of what is withheld only that it was given, of unknown ones nothing."""
        shown = {name: value for name, value in self.params.items() if name in self.arguments.options}
        shown.update({name: _hinted(name, value) for name, value in self.given.items()})
        return {"module_args": shown}


def run(arguments: Arguments, job: Job) -> None:
    """Run a module. Never returns, never shows a traceback, never a secret."""
    gc.disable()  # a short life: collecting costs a tenth of the time of a large set and frees nothing
    module = Module(arguments, job)
    # Outside of any except: there Ansible would add the exception to the result.
    result = guarded(lambda: _work(module))
    for hint in result.pop("hints", ()):
        module.warn(hint)
    if "msg" in result:
        module.fail_json(**result)
    module.exit_json(**result)


def _work(module: Module) -> dict[str, t.Any]:
    """The result; with a msg where something failed."""
    reach, work = module.prepare()
    server = reach()
    try:
        report = work(server, module.check_mode)
    finally:
        server.close()
    result = {**report.result, "hints": report.hints}
    if module._diff:
        result["diff"] = report.diff()
    if report.failed:
        result["msg"] = report.message
    return result


def guarded(work: t.Callable[[], dict[str, t.Any]]) -> dict[str, t.Any]:
    """Do something; what goes wrong becomes a msg that holds no text of anybody else's."""
    try:
        return work()
    except Refused as refused:
        return {"msg": refused.message, "failures": failures_of(refused)}
    except ServerFault as fault:
        return {"msg": fault.message}
    except ClientMissing:
        return {"msg": missing_required_lib("apache-airflow-client >= 3.0")}
    except HvacMissing:
        return {"msg": missing_required_lib("hvac >= 2.0", reason="for references to Vault")}
    except AwsMissing:
        return {"msg": missing_required_lib("boto3", reason="for AWS")}
    except YamlMissing:
        return {"msg": missing_required_lib("PyYAML", reason="for files of YAML")}
    except Exception as error:
        return {
            "msg": f"This is a fault of windsock.airflow: {type(error).__name__} at {_place(error)}. Please report it."
        }


def _hinted(name: str, value: t.Any) -> t.Any:
    if value is None or name == "airflow_username":
        return value
    if name in ADDRESSES and isinstance(value, str) and not set(value) & set("@?#"):  # a password may stand before the host, a token behind it
        return value
    return f"({len(value)} entries)" if isinstance(value, list) else HIDDEN


def failures_of(refused: Refused) -> list[dict[str, t.Any]]:
    return [
        {"kind": fault.kind, "id": fault.id, "reason": fault.reason if fault.kind else str(fault)}
        for fault in refused.faults
    ]


def _place(error: Exception) -> str:
    """File and line of an exception, without its text, which may hold anything."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{os.path.basename(trace.tb_frame.f_code.co_filename)}:{trace.tb_lineno}" if trace else "an unknown place"
