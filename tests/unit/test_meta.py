# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The collection agrees with itself: documentation with argument specs, examples with both, files with each other."""

from __future__ import annotations

import ast
import importlib
import re
import subprocess
import sys
import textwrap
import typing as t
from pathlib import Path

import pytest
import yaml
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.windsock.airflow.plugins.module_utils import _arguments, _module
from ansible_collections.windsock.airflow.plugins.module_utils._airflow._access import read_access
from ansible_collections.windsock.airflow.plugins.module_utils._arguments import Arguments
from ansible_collections.windsock.airflow.plugins.module_utils._kinds import KINDS, Kind
from ansible_collections.windsock.airflow.tests.unit.fakes import declared, told

ROOT = Path(_arguments.__file__).parents[2]
PLUGINS = ROOT / "plugins"
MODULES = sorted(file.stem for file in (PLUGINS / "modules").glob("*.py"))
FQCN = "windsock.airflow."
ALONE = {"airflow_secrets_backend"}  # modules that no API of a deployment is asked by

every_module = pytest.mark.parametrize("module", MODULES)
every_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)


def python(name: str) -> t.Any:
    return importlib.import_module(f"ansible_collections.windsock.airflow.plugins.{name}")


def documentation(module: str) -> dict[str, t.Any]:
    """The documentation of a module with the options of its fragments."""
    documented = yaml.safe_load(python(f"modules.{module}").DOCUMENTATION)
    options = dict(documented.get("options") or {})
    for fragment in documented["extends_documentation_fragment"]:
        name, _dot, part = fragment.removeprefix(FQCN).partition(".")
        text = getattr(python(f"doc_fragments.{name}").ModuleDocFragment, (part or "documentation").upper())
        options.update(yaml.safe_load(text)["options"])
    return {**documented, "options": options}


# Documentation alone: what runs is the action plugin of the same name, on the controller.
ACTIONS = sorted(module for module in MODULES if not hasattr(python(f"modules.{module}"), "main"))


def options_of(module: str) -> dict[str, t.Any]:
    """The real options of a module."""
    return python(f"action.{module}").ARGUMENTS if module in ACTIONS else program(module)[0].options


def program(module: str) -> tuple[Arguments, t.Any]:
    """What a module's main() runs: its arguments and its job."""
    called: list[t.Any] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_module, "run", lambda *arguments: called.extend(arguments))
        python(f"modules.{module}").main()
    arguments, job = called
    return arguments, job


# Documentation and argument specs


def as_documented(options: dict[str, t.Any]) -> dict[str, t.Any]:
    return {name: _comparable(option, option.get("suboptions"), as_documented) for name, option in options.items()}


def as_specified(options: dict[str, t.Any]) -> dict[str, t.Any]:
    return {name: _comparable(option, option.get("options"), as_specified) for name, option in options.items()}


def _comparable(option: dict[str, t.Any], below: t.Any, convert: t.Callable[[t.Any], t.Any]) -> dict[str, t.Any]:
    return {
        "type": option.get("type", "str"),
        "elements": option.get("elements"),
        "required": option.get("required", False),
        "default": option.get("default"),
        "choices": option.get("choices"),
        "aliases": option.get("aliases", []),
        "suboptions": convert(below) if below else None,
    }


@every_module
def test_the_documented_options_are_the_real_ones(module: str) -> None:
    assert as_documented(documentation(module)["options"]) == as_specified(options_of(module))


@every_module
def test_every_option_is_described(module: str) -> None:
    def described(options: dict[str, t.Any]) -> None:
        for name, option in options.items():
            assert all(isinstance(line, str) and line.strip() for line in option["description"]), name
            described(option.get("suboptions") or {})

    described(documentation(module)["options"])


@every_kind
def test_single_and_set_options_are_documented_in_the_same_words(kind: Kind) -> None:
    in_set = documentation("airflow_settings")["options"][kind.plural]["suboptions"]
    single = yaml.safe_load(python(f"modules.airflow_{kind.name}").DOCUMENTATION)["options"]
    own = "|".join(single)

    def as_in_set(value: t.Any) -> t.Any:
        if isinstance(value, dict):
            return {name: as_in_set(item) for name, item in value.items()}
        if isinstance(value, list):
            return [as_in_set(item) for item in value]
        return re.sub(rf"O\(({own})\)", rf"O({kind.plural}[].\1)", value) if isinstance(value, str) else value

    assert list(in_set) == list(single)
    assert in_set == as_in_set(single)


@every_module
def test_all_modules_that_write_return_the_same_things_in_the_same_words(module: str) -> None:
    returned = yaml.safe_load(python(f"modules.{module}").RETURN)
    assert "results" not in returned  # Ansible's own word for what a loop registers
    if module not in ("airflow_info", "airflow_export") and module not in ACTIONS:
        text = python("modules.airflow_settings").RETURN
        if module in ALONE:  # whose options are not all there
            text = re.sub(r"O\((audit_log|fingerprint_key)\)", rf"O({FQCN}airflow_settings#module:\1)", text)
        shared = yaml.safe_load(text)
        own = {module.removeprefix("airflow_"), "target", "mode"} - {"settings"}
        if module != "airflow_settings":
            del shared["shadowed"]
        if module in ALONE:
            shared = {name: shared[name] for name in ("changes", "summary", "failures")}
        assert {name: text for name, text in returned.items() if name not in own} == shared


# Files


def test_the_action_group_holds_every_module_that_reaches_a_deployment() -> None:
    """No other: the group is there to set access once, and a module refuses options that it does not have."""
    runtime = yaml.safe_load((ROOT / "meta/runtime.yml").read_text())
    reaching = [module for module in MODULES if "airflow_url" in options_of(module)]
    assert sorted(runtime["action_groups"]["airflow"]) == reaching


def test_only_a_module_without_access_is_an_action_alone() -> None:
    assert ACTIONS == ["airflow_drift_report"]
    for module in ACTIONS:
        assert not set(_arguments.ACCESS.options) & set(options_of(module))


def test_the_version_is_the_one_of_the_collection() -> None:
    assert yaml.safe_load((ROOT / "galaxy.yml").read_text())["version"] == python("plugin_utils._version").VERSION


@every_module
def test_every_module_has_an_integration_target(module: str) -> None:
    target = ROOT / "tests/integration/targets" / module
    assert (target / "tasks/main.yml").exists() or (target / "runme.sh").exists()


@every_module
def test_a_module_file_is_documentation_and_a_few_lines(module: str) -> None:
    source = (PLUGINS / "modules" / f"{module}.py").read_text()
    tree = ast.parse(source)
    texts = [
        line
        for node in tree.body
        if isinstance(node, ast.Assign)
        and getattr(node.targets[0], "id", "") in ("DOCUMENTATION", "EXAMPLES", "RETURN")
        for line in range(node.lineno, (node.end_lineno or 0) + 1)
    ]
    code = [
        line
        for number, line in enumerate(source.splitlines(), start=1)
        if number not in texts and line.strip() and not line.startswith("#")
    ]
    assert len(code) <= 30


def python_files() -> list[Path]:
    return sorted(PLUGINS.rglob("*.py"))


def test_only_dialects_know_versions_of_the_server() -> None:
    """A difference between servers is an ability that the dialect states."""
    found = [
        f"{file.relative_to(ROOT)}:{node.lineno}"
        for file in python_files()
        if not {"_airflow", "_secrets"} & set(file.relative_to(PLUGINS).parts)  # the versions of Vault's engines are its own
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Compare)
        for operand in (node.left, *node.comparators)
        if re.fullmatch(r"v\d|\d+(\.\d+)+", str(getattr(operand, "value", "")))
        or "version" in str(getattr(operand, "attr", ""))
    ]
    assert not found


def imports_of(file: Path) -> set[str]:
    """The modules of this collection that a file imports, by the last part of their names."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.ImportFrom):
            found.update([*(node.module or "").split("."), *(alias.name for alias in node.names if not node.module)])
    return found


# Of a server only its abilities are known to what sends nothing.
SERVER = {file.stem for file in (PLUGINS / "module_utils/_airflow").glob("_*.py")} - {"__init__"}


def test_data_goes_one_way() -> None:
    """Declaration and plan know nothing of what comes after them, nor of a server."""
    later = {
        "_comparison": {"_kinds", "_declaration", "_plan", "_apply", "_report", "_engine", "_module", "_airflow"},
        "_uri": {"_kinds", "_declaration", "_plan", "_apply", "_report", "_engine", "_module", "_airflow"},
        "_files": {"_texts", "_yaml", "_sources", "_declaration", "_module"},
        "_texts": {"_yaml", "_sources", "_kinds", "_declaration", "_module"},
        "_yaml": {"_sources", "_kinds", "_declaration", "_module"},
        "_sources": {"_plan", "_apply", "_report", "_engine", "_module", "_airflow"},
        "_declaration": {"_sources", "_plan", "_apply", "_report", "_engine", "_module", "_airflow"},
        "_plan": {"_prune", "_memory", "_reading", "_apply", "_report", "_engine", "_module", *SERVER},
        "_limits": {"_prune", "_memory", "_reading", "_apply", "_report", "_engine", "_module", *SERVER},
        "_memory": {"_prune", "_reading", "_apply", "_report", "_engine", "_module"},
        "_prune": {"_reading", "_apply", "_report", "_engine", "_module", *SERVER},
        "_reading": {"_prune", "_apply", "_report", "_engine", "_module"},
        "_apply": {"_prune", "_report", "_engine", "_module"},
        "_report": {"_engine", "_module"},
        "_engine": {"_module"},
    }
    for name, forbidden in later.items():
        assert not imports_of(PLUGINS / "module_utils" / f"{name}.py") & forbidden, name


IMPORT_EACH = """\
import importlib, sys
ours = sys.argv[1]
for name in sys.argv[2:]:
    for known in [each for each in sys.modules if each.startswith(ours)]:
        del sys.modules[known]
    try:
        importlib.import_module(ours + name)
    except ImportError as error:
        print(name, error)
"""


def test_every_file_can_be_imported_first() -> None:
    """As ansible-test does, and whoever imports one of them alone."""
    files = sorted(file.relative_to(PLUGINS / "module_utils") for file in (PLUGINS / "module_utils").rglob("_[!_]*.py"))
    ours = _arguments.__name__.removesuffix("_arguments")
    names = [".".join(file.with_suffix("").parts) for file in files]
    run = subprocess.run([sys.executable, "-c", IMPORT_EACH, ours, *names], capture_output=True, text=True, check=True)
    assert len(names) > 30
    assert run.stdout.splitlines() == []


def test_only_one_place_is_an_ansible_module() -> None:
    """Nothing else exits, fails or reads parameters, so that nothing else can leak."""
    for file in (PLUGINS / "module_utils").rglob("*.py"):
        if file.name != "_module.py":
            assert not re.search(r"AnsibleModule|fail_json\(|exit_json\(|import basic", file.read_text()), file.name


# Examples


class Loader(yaml.SafeLoader):
    """YAML as playbooks have it."""


Loader.add_constructor("!vault", lambda loader, node: "vaulted")
Loader.add_constructor("!unsafe", lambda loader, node: loader.construct_scalar(node))


def blocks(file: Path) -> t.Iterator[str]:
    """The blocks of YAML in a Markdown or reStructuredText file."""
    text = file.read_text()
    if file.suffix == ".md":
        yield from re.findall(r"^```ya?ml\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
        return
    for found in re.finditer(r"^( *)\.\. code-block:: ya?ml.*\n((?:\1 +.*\n|\s*\n)+)", text + "\n", re.MULTILINE):
        yield textwrap.dedent("\n".join(line for line in found[2].splitlines() if not re.match(r" +:\w+:", line)))


DOCUMENTS = [*ROOT.glob("*.md"), *sorted(ROOT.glob("docs/docsite/**/*.rst")), *sorted(ROOT.glob("roles/*/README.md"))]
EXAMPLES = {
    **{module: [python(f"modules.{module}").EXAMPLES] for module in MODULES},
    **{str(file.relative_to(ROOT)): list(blocks(file)) for file in DOCUMENTS},
    **{str(file.relative_to(ROOT)): [file.read_text()] for file in sorted(ROOT.glob("playbooks/*.yml"))},
}
every_example = pytest.mark.parametrize("source", [name for name, found in EXAMPLES.items() if found])


def mappings(source: str) -> t.Iterator[dict[str, t.Any]]:
    """Every mapping in the examples of a source, at any depth."""

    def below(value: t.Any) -> t.Iterator[dict[str, t.Any]]:
        if isinstance(value, dict):
            value = {name: item for name, item in value.items() if name != "patterns"}  # of ids: no declarations
            yield value
        for each in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
            yield from below(each)

    for block in EXAMPLES[source]:
        for document in yaml.load_all(block, Loader):
            yield from below(document)


OF_TYPE: dict[t.Any, t.Any] = {"int": 1, "bool": True, "list": [], "dict": {}}
OF_NAME = {
    "uri": "scheme://host",
    "airflow_url": "https://host",
    "proxy_url": "http://host",
    "fingerprint_key": "7f" * 32,
}


def filled(value: t.Any, spec: dict[str, t.Any], name: str = "") -> t.Any:
    """A value with something that fits in the place of each template."""
    if isinstance(value, str) and value.lstrip().startswith("{{"):
        return OF_NAME.get(name, OF_TYPE.get(spec.get("type"), "text"))
    options = spec.get("options", {})
    if isinstance(value, dict) and options:
        return {name: filled(item, options.get(name, {}), name) for name, item in value.items()}
    if isinstance(value, list):
        return [filled(item, {**spec, "type": spec.get("elements")}, name) for item in value]
    return value


def task_of(mapping: dict[str, t.Any]) -> tuple[str, dict[str, t.Any]] | None:
    """The module of ours that a task calls, and its parameters."""
    for name, params in mapping.items():
        if isinstance(name, str) and name.startswith(FQCN) and name.removeprefix(FQCN) in MODULES:
            return name.removeprefix(FQCN), params or {}
    return None


def complaints(module: str, params: dict[str, t.Any]) -> list[str]:
    """What Ansible and this collection have against the parameters of a task."""
    if module in ACTIONS:
        options = options_of(module)
        return ArgumentSpecValidator(options).validate(filled(params, {"options": options})).error_messages
    arguments, job = program(module)
    params = filled(params, {"options": arguments.options})
    judged = ArgumentSpecValidator(arguments.options).validate(params)
    access = {name: value for name, value in params.items() if name in _arguments.ACCESS.options}
    for name in ("ca_path", "client_cert", "client_key"):
        access.pop(name, None)
    defaults = {name: spec.get("default") for name, spec in arguments.options.items()}
    url = {"AIRFLOW_API_URL": "https://airflow.example.com", "AIRFLOW_API_PASSWORD": "p"}
    # Without src: the action plugin reads the files, and those of an example are not there.
    given = {name: value for name, value in params.items() if name in arguments.withheld and name != "src"}
    prepared = {**defaults, **judged.validated_parameters}
    environment = url if "airflow_username" in access else {**url, "AIRFLOW_API_PASSWORD": ""}
    reached = () if module in ALONE else told(lambda: read_access({**defaults, **access}, environment))
    return [*judged.error_messages, *reached, *told(lambda: job.prepare(given, prepared))]


@every_example
def test_every_task_of_the_examples_is_valid(source: str) -> None:
    for mapping in mappings(source):
        task = task_of(mapping)
        if task is not None:
            assert complaints(*task) == [], mapping.get("name")


@every_example
def test_module_defaults_of_the_examples_hold_real_options(source: str) -> None:
    for mapping in mappings(source):
        for group, params in (mapping.get("module_defaults") or {}).items():
            if group == f"group/{FQCN}airflow" and isinstance(params, dict):
                assert set(params) <= set((_arguments.ACCESS + _arguments.VAULT).options)


@every_example
def test_every_declaration_of_the_examples_is_valid(source: str) -> None:
    """Files of declarations, and the role's variables."""
    for mapping in mappings(source):
        for kind in KINDS:
            for name in (kind.plural, f"airflow_settings_{kind.plural}"):
                if isinstance(mapping.get(name), list):
                    options = _arguments.one(kind).options
                    entries = [filled(entry, {"options": options}) for entry in mapping[name]]
                    assert told(lambda kind=kind, entries=entries: declared(kind, *entries)) == []


@every_example
def test_every_variable_of_a_role_in_the_examples_exists(source: str) -> None:
    for specs in ROOT.glob("roles/*/meta/argument_specs.yml"):
        role = specs.parent.parent.name
        known = yaml.safe_load(specs.read_text())["argument_specs"]["main"]["options"]
        used = {name for mapping in mappings(source) for name in mapping if str(name).startswith(f"{role}_")}
        assert used <= set(known) | {f"{role}__result"}


def test_the_examples_are_found() -> None:
    def shown(sources: t.Iterable[str]) -> set[str]:
        return {task[0] for source in sources for mapping in mappings(source) if (task := task_of(mapping))}

    assert shown(MODULES) == set(MODULES)
    for ending in (".md", ".rst"):
        assert "airflow_settings" in shown(source for source in EXAMPLES if source.endswith(ending)), ending


def test_what_is_wrong_with_an_example_is_found() -> None:
    """The judge of the examples itself: each of these has a fault of another sort."""
    assert complaints("airflow_pool", {"name": "p", "slots": "{{ slots }}"}) == []
    for wrong in ({"name": "p", "slot": 1}, {"slots": 1}, {"name": "p", "slots": -2}, {"name": "p", "retries": -1}):
        assert complaints("airflow_pool", wrong) != []
    for wrong in ({}, {"deployments": {}, "format": "pdf"}, {"deployments": {}, "formats": ["pdf"]}):
        assert complaints("airflow_drift_report", wrong) != []


def test_every_option_of_the_place_is_a_variable_of_the_role() -> None:
    role = ROOT / "roles/airflow_secrets_backend"
    specs = yaml.safe_load((role / "meta/argument_specs.yml").read_text())["argument_specs"]["main"]["options"]
    handed = yaml.safe_load((role / "vars/main.yml").read_text())["airflow_secrets_backend__options"]
    of_declarations = (_arguments.SETS + _arguments.VAULT).names
    options = program("airflow_secrets_backend")[0].names - of_declarations
    assert {*handed} == options
    assert {name for name in specs if name.startswith("airflow_secrets_backend_")} == {
        f"airflow_secrets_backend_{name}" for name in {*options, "no_log"}
    }


def test_the_defaults_of_each_role_are_the_documented_ones() -> None:
    for specs in ROOT.glob("roles/*/meta/argument_specs.yml"):
        options = yaml.safe_load(specs.read_text())["argument_specs"]["main"]["options"]
        defaults = yaml.safe_load((specs.parent.parent / "defaults/main.yml").read_text())
        assert {name: option["default"] for name, option in options.items() if "default" in option} == {
            name: value for name, value in defaults.items() if value is not None and "default" in options.get(name, {})
        }
        assert set(defaults) <= set(options)
