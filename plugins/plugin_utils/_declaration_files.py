# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: no stable interface for others.

"""Find and read files of declarations on the controller, with the vault passwords of this run.

As texts, which the module makes declarations of; or, where templates are to be evaluated, by Ansible's own loader. No
error told here holds anything but names and positions.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import ansible.template
import yaml
from ansible.errors import AnsibleError, AnsibleFileNotFound

from ansible_collections.windsock.airflow.plugins.module_utils._faults import as_word, suggestion
from ansible_collections.windsock.airflow.plugins.module_utils._files import Handed, expand, load, not_found
from ansible_collections.windsock.airflow.plugins.module_utils._forms._files import (
    ASTRO,
    Unclear,
    declared_in,
    declared_in_env,
    form_of,
)
from ansible_collections.windsock.airflow.plugins.module_utils._forms._form import Notes
from ansible_collections.windsock.airflow.plugins.module_utils._forms._plain import plain
from ansible_collections.windsock.airflow.plugins.module_utils._forms._text import guessed
from ansible_collections.windsock.airflow.plugins.module_utils._merge import IDENTITIES
from ansible_collections.windsock.airflow.plugins.module_utils._yaml import UNDECIPHERABLE, VAULTED

Decrypt = Callable[[bytes], bytes]

# Before 2.19 every text was a template, and the loader does not know the word.
_TEMPLATES: dict[str, Any] = {"trusted_as_template": True} if hasattr(ansible.template, "trust_as_template") else {}


class DeclarationFileError(Exception):
    """What is wrong with files or folders, in a sentence for each that names it."""


@dataclass(frozen=True)
class OtherForm:
    """A file that is none of declarations, as it stands: airflow_settings.yaml, or an export of the kind named."""

    path: str
    form: str
    content: Any

    def declared(self, kind: str, evaluate: Callable[[Any], Any], notes: Notes) -> list[Any] | None:
        """The declarations of a kind, of whose templates nothing but those is evaluated; None if it names none."""
        if self.form not in (ASTRO, kind):
            return None
        if isinstance(self.content, str):
            return declared_in_env(self.content, notes).get(kind)
        data = plain(evaluate(self.content) if self.form == kind else self._of_kind(kind, evaluate))
        found = declared_in(self.form, data, notes).get(kind)
        notes.faults[:] = [f"{self.path}: {fault}" for fault in notes.faults]
        notes.lost[:] = [f"{self.path}: {note}" for note in notes.lost]
        return found

    def _of_kind(self, kind: str, evaluate: Callable[[Any], Any]) -> dict[str, Any]:
        settings = {key: evaluate(value) if key == kind else None for key, value in self.content[ASTRO].items()}
        return {**dict.fromkeys(self.content), ASTRO: settings}


def of_each_file(terms: Iterable[Any], basedir: str, ask: Callable[[str], Any]) -> dict[str, Any]:
    """Ask something of each file that paths, or lists of paths, stand for, in order. Raises DeclarationFileError."""
    answers: dict[str, Any] = {}
    faults = []
    for path in [path for term in terms for path in ([term] if isinstance(term, str) else term)]:
        path = os.path.normpath(os.path.join(basedir, os.path.expanduser(path)))
        try:
            answers |= {file: ask(file) for file in expand(path)}
        except OSError:
            faults.append(f"{path}: {not_found(path)['fault']}")
        except DeclarationFileError as fault:
            faults.append(str(fault))
    if faults:
        raise DeclarationFileError("\n".join(faults))
    return answers


def hand_on(path: str, loader: Any) -> Handed:
    """One file as the module takes it."""
    handed = load(path, _decrypting(loader))
    if "!vault" in handed.get("text", ""):
        handed["vaulted"] = _vaulted(handed["text"], _decrypting(loader))
    return handed


def holds_template(path: str, loader: Any) -> bool:
    """Whether there may be anything in a file for Ansible to evaluate. Raises DeclarationFileError."""
    loaded = load(path, _decrypting(loader))
    if "fault" in loaded:
        raise DeclarationFileError(f"{path}: {loaded['fault']}")
    return re.search("{[{%#]", loaded["text"]) is not None


def read(path: str, loader: Any) -> dict[str, Any] | OtherForm:
    """One file as it stands, its texts marked as templates. Raises DeclarationFileError."""
    loaded = load(path, _decrypting(loader))
    if guessed(loaded.get("text", "")) == "env":
        return _checked(OtherForm(path, "connections", loaded["text"]))
    try:
        content, fault = loader.load_from_file(path, unsafe=True, **_TEMPLATES), None  # unsafe: no copy
    except AnsibleError as error:
        content, fault = None, _without_content(error)
    if fault:  # raised here, where the loader's own error, which quotes the file, is no longer its context
        raise DeclarationFileError(f"{path}: {fault}")
    if content is None:
        return {}
    form = _form_of(path, content)
    if form is not None:
        return OtherForm(path, form, content)
    if not isinstance(content, dict):
        raise DeclarationFileError(f"{path}: must be a mapping with the keys {', '.join(IDENTITIES)}")
    unknown = [key for key in content if key not in IDENTITIES]
    if unknown:
        # Only what is misspelt: in a file that is something else, a key may be a piece of a secret.
        named = ", ".join(repr(as_word(key)) for key in unknown if suggestion(str(key), IDENTITIES).startswith("did you"))
        raise DeclarationFileError(
            f"{path}: unknown key{named and f' {named}'}; a file of declarations has {', '.join(IDENTITIES)}"
        )
    wrong = [kind for kind in content if not isinstance(content[kind], (list, type(None), str))]  # text: a template
    if wrong:
        raise DeclarationFileError(f"{path}: {', '.join(wrong)} must be a list")
    return content


def _form_of(path: str, content: Any) -> str | None:
    try:
        return form_of(path, content)
    except Unclear as why:
        raise DeclarationFileError(f"{path}: {why}") from None


def _checked(lines: OtherForm) -> OtherForm:
    try:
        lines.declared(lines.form, plain, Notes())
    except Unclear as why:
        raise DeclarationFileError(f"{lines.path}: {why}") from None
    return lines


def _decrypting(loader: Any) -> Decrypt:
    def decrypt(content: bytes) -> bytes:
        try:
            # The loader's public method for it leaves a temporary file while it is used.
            return loader._vault.decrypt(content)
        except AnsibleError:
            reason = UNDECIPHERABLE
        raise ValueError(reason)  # out here, so that nothing of the other error comes along

    return decrypt


def _vaulted(text: str, decrypt: Decrypt) -> dict[str, str]:
    """What each value says that is encrypted by itself, by its encrypted text; not those that cannot be decrypted."""
    values: dict[str, str] = {}
    with contextlib.suppress(yaml.YAMLError):  # the module comes to the same place, and tells it
        for event in yaml.parse(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
            if isinstance(event, yaml.ScalarEvent) and event.tag in VAULTED:
                with contextlib.suppress(ValueError):
                    values[event.value] = decrypt(event.value.encode()).decode()
    return values


def _without_content(error: BaseException) -> str:
    cause: BaseException | None = error
    while cause is not None:
        mark = getattr(cause, "problem_mark", None)
        if mark is not None:
            return f"neither YAML nor JSON, see line {mark.line + 1}, column {mark.column + 1}"
        cause = getattr(cause, "orig_exc", None) or cause.__cause__ or cause.__context__
    if isinstance(error, AnsibleFileNotFound):
        return "cannot be read"
    if "ecrypt" in str(error) or "ault" in str(error):
        return UNDECIPHERABLE
    return f"cannot be loaded ({type(error).__name__})"
