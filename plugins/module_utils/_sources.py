# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: no stable interface for others.

"""C(src): files of declarations, merged by id under what the task itself declares.

Files of the controller come as texts from the action plugin. A text costs Ansible next to nothing, while thousands of
objects cost it more than they cost Airflow. Files of the host (C(remote_src)) are found and read here.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from ._declaration import Given, listed
from ._faults import Fault, as_word, suggestion
from ._files import Handed, load_here
from ._kinds import KINDS, Kind
from ._merge import IDENTITIES, merge_parts
from ._texts import Content, Flaw, read_json_text, twice
from ._yaml import YamlMissing, read_yaml


@dataclass(frozen=True)
class Declarations:
    """What a file declares, by the plural name of each kind that it names, and what is wrong with the file."""

    lists: dict[str, list[Given]] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)


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
        return _declarations(path, _content(handed))
    except Flaw as flaw:
        return _faulty(path, flaw)


def _content(handed: Handed) -> Content:
    """JSON is read as JSON, which is many times faster; all else is YAML. So does Ansible."""
    if "fault" in handed:
        raise Flaw(handed["fault"])
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
        return _faulty(path, Flaw(f"must be a mapping with the keys {', '.join(IDENTITIES)}"))
    flaws = list(content.flaws)
    lists: dict[str, list[Given]] = {}
    for section in content.sections:
        kind = known.get(section.key)
        if kind is None:
            flaws.append(Flaw(f"unknown key {as_word(section.key)!r}, {suggestion(section.key, known)}", section.line))
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
