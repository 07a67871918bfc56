# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: no stable interface for others.

"""C(src): files of declarations, merged by id under what the task itself declares.

Files of the controller come as texts from the action plugin. A text costs Ansible next to nothing, while thousands of
objects cost it more than they cost Airflow. Files of the host (C(remote_src)) are found and read here.
"""

from __future__ import annotations

import json
import typing as t
from dataclasses import dataclass, field

from ._declaration import Given, listed
from ._faults import Fault, unknown
from ._files import Handed, load_here
from ._forms._text import guessed
from ._kinds import KINDS, Kind
from ._merge import IDENTITIES, merge_parts
from ._texts import Content, Flaw, Section, read_json_text, twice
from ._yaml import YamlMissing, read_yaml

NO_MAPPING = f"must be a mapping with the keys {', '.join(IDENTITIES)}"


@dataclass(frozen=True)
class Declarations:
    """What a file declares, by the plural name of each kind that it names, and what is wrong with the file.

    notes: what is to be known of a file that has another form.
    """

    lists: dict[str, list[Given]] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def read_sources(src: t.Any, remote: bool) -> list[Declarations]:
    """Each file of C(src) by itself."""
    if src is None:
        return []
    if not remote:
        if isinstance(src, list) and all(isinstance(each, dict) for each in src):
            return [_read(handed) for handed in src]
        return [_faulty("src", Flaw("is read by the action plugin of this module, which this call went around"))]
    sources = [src] if isinstance(src, str) else src
    if not isinstance(sources, list) or not all(isinstance(each, str) for each in sources):
        return [_faulty("src", Flaw("must be a list of files and folders"))]
    return [_read(handed) for path in sources for handed in load_here(path)]


def gather(kind: Kind, files: list[Declarations], own: t.Any) -> list[Given]:
    """All declarations of a kind: those of the files merged in order, the task's own over them."""
    sources = [file.lists[kind.plural] for file in files if kind.plural in file.lists]
    options = [] if own is None else listed(kind, own)
    if isinstance(own, list):
        return _merged(kind, [*sources, options])
    return [*_merged(kind, sources), *options]  # what is no list is refused as such


def _merged(kind: Kind, sources: list[list[Given]]) -> list[Given]:
    if len(sources) < 2:
        return [given for source in sources for given in source]
    merged = merge_parts(kind.plural, [[words for _kind, words, _place in source] for source in sources])
    return [
        (kind, words, " and ".join(sources[source][entry][2] for source, entry in parts)) for words, parts in merged
    ]


def _read(handed: Handed) -> Declarations:
    path = handed["path"]
    try:
        if "fault" in handed:
            raise Flaw(handed["fault"])
        if guessed(handed["text"]) == "env":
            return _of_env(path, handed["text"])
        entries = _list_of_json(handed["text"])
        if entries is not None:
            return _of_other_form(path, entries) or _faulty(path, Flaw(NO_MAPPING))
        content = _content(handed)
        if content.sections and any(section.key not in IDENTITIES for section in content.sections):
            return _of_sections(path, content, content.sections) or _declarations(path, content)
        return _declarations(path, content)
    except Flaw as flaw:
        return _faulty(path, flaw)


def _of_env(path: str, text: str) -> Declarations:
    """Lines of C(NAME=value)."""
    from ._forms._files import Unclear, declared_in_env
    from ._forms._form import Notes

    notes = Notes()
    try:
        return _converted(path, declared_in_env(text, notes), notes, {})
    except Unclear as why:
        raise Flaw(str(why)) from None


def _of_sections(path: str, content: Content, sections: list[Section]) -> Declarations | None:
    """A mapping that has another form; None if it has none."""
    data: dict[str, t.Any] = {}
    flaws = list(content.flaws)
    for section in sections:
        if section.key in data:
            flaws.append(Flaw(twice(section.key), section.line))
        data[section.key] = section.value
    found = _of_other_form(path, data, {section.key: section.line for section in sections})
    return Declarations(faults=[_fault(path, flaw) for flaw in flaws]) if found and flaws else found


def _of_other_form(path: str, data: t.Any, lines: dict[str, int] | None = None) -> Declarations | None:
    from ._forms._files import Unclear, declared_in, form_of
    from ._forms._form import Notes

    try:
        form = form_of(path, data)
    except Unclear as why:
        raise Flaw(str(why)) from None
    if form is None:
        return None
    notes = Notes()
    return _converted(path, declared_in(form, data, notes), notes, lines or {})


def _converted(path: str, words: dict[str, list[t.Any]], notes: t.Any, lines: dict[str, int]) -> Declarations:
    """Declarations that were made of another form, each with the line where it begins if that is known."""
    lists: dict[str, list[Given]] = {}
    for kind in KINDS:
        for each in words.get(kind.plural, ()):
            line = lines.get(each[kind.identity.name])
            place = f"{path}{f' line {line}' if line else ''}: {kind.plural}"
            lists.setdefault(kind.plural, []).append((kind, each, place))
        if kind.plural in words:
            lists.setdefault(kind.plural, [])
    faults = [Fault(path, fault) for fault in notes.faults]
    return Declarations({} if faults else lists, faults, [f"{path}: {note}" for note in notes.lost])


def _list_of_json(text: str) -> list[t.Any] | None:
    """A text that is a list of JSON, as airflowctl writes it."""
    if not text.lstrip().startswith("["):
        return None
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, list) else None


def _content(handed: Handed) -> Content:
    """JSON is read as JSON, which is many times faster; all else is YAML. So does Ansible."""
    text, vaulted = handed["text"], handed.get("vaulted")
    if not text.lstrip().startswith(("{", "[")):
        return read_yaml(text, vaulted)
    try:
        return read_json_text(text)
    except Flaw:
        try:
            return read_yaml(text, vaulted)
        except (Flaw, YamlMissing):
            if not handed["path"].endswith(".json"):
                raise
        raise  # what is wrong with it as JSON


def _declarations(path: str, content: Content) -> Declarations:
    """The lists in a text, and whether it is what a file of declarations may be."""
    known = {kind.plural: kind for kind in KINDS}
    if content.sections is None:
        return _faulty(path, Flaw(NO_MAPPING))
    flaws = list(content.flaws)
    lists: dict[str, list[Given]] = {}
    for section in content.sections:
        kind = known.get(section.key)
        if kind is None:
            flaws.append(Flaw(unknown("key", section.key, known), section.line))
        elif section.key in lists:
            flaws.append(Flaw(twice(section.key), section.line))
        elif section.value is not None and not isinstance(section.value, list):
            flaws.append(Flaw(f"{section.key} must be a list", section.line))
        elif section.value is not None:
            lists[section.key] = [
                (kind, words, f"{path} line {line}: {section.key}[{number}]")
                for number, (words, line) in enumerate(zip(section.value, section.lines))
            ]
    return Declarations(lists, [_fault(path, flaw) for flaw in flaws])


def _faulty(path: str, flaw: Flaw) -> Declarations:
    return Declarations(faults=[_fault(path, flaw)])


def _fault(path: str, flaw: Flaw) -> Fault:
    return Fault(f"{path}{flaw.place}", flaw.reason)
