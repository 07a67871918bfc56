# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: no stable interface for others.

"""A Secret of Kubernetes as a manifest, in a file of YAML that may hold more than it.

The nodes of YAML know where they stand, so that only what changes is written and all the rest stays as it is.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
import typing as t

from .._faults import ServerFault
from .._yaml import YamlMissing
from ._env_text import Entry, Unreadable

TITLE = "a Secret of Kubernetes"
NAMES = r"[A-Za-z0-9_.-]{1,253}"
NAMES_TOLD = "have only letters, digits, underscores, dots and hyphens, at most 253"
MOST_BYTES = 1024 * 1024  # of all values of a Secret
UNPRINTABLE = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")


def refuses(name: str, value: str) -> str | None:
    """Everything can be written."""
    return None


class Manifest:
    """See Sheet. What is there stays in its section, data or stringData; what is new goes to data, if there is any.

    namespace: None where it does not matter.
    """

    def __init__(self, text: str, name: str, namespace: str | None) -> None:
        self.name = name
        self.namespace = namespace
        self.text = text
        self.end = "\r\n" if re.match(r"[^\n]*\r\n", text) else "\n"
        self._values: dict[str, Entry] = {}
        self._changed: dict[str, str | None] = {}
        self._sections = self._read()

    def names(self) -> list[str]:
        return [name for name in {**self._values, **self._changed} if self.get(name)]

    def get(self, name: str) -> Entry | None:
        if name in self._changed:
            value = self._changed[name]
            return None if value is None else Entry(name, value)
        return self._values.get(name)

    def put(self, name: str, value: str) -> None:
        self._changed[name] = value

    def drop(self, name: str) -> None:
        self._changed[name] = None

    def render(self) -> str:
        if not self._changed:
            return self.text
        held = [entry.value or "" for entry in map(self.get, self.names()) if entry]
        if sum(len(value.encode()) for value in held) > MOST_BYTES:
            raise ServerFault("a Secret of Kubernetes holds no more than 1 MiB")
        if self._sections is None:
            return self._with_document()
        if self.document.flow_style:
            raise ServerFault("the manifest must be written one key a line to be changed, which JSON is not")
        self.text += "" if self.text.endswith("\n") else self.end
        edits: list[tuple[int, int, str]] = []
        new = {name: value for name, value in self._changed.items() if value is not None and name not in self._values}
        target = "stringData" if "stringData" in self._sections and "data" not in self._sections else "data"
        for section, (key, mapping) in self._sections.items():
            edits += self._edits(section, key, mapping, new if section == target else {})
        if new and target not in self._sections:
            edits.append(self._new_section(new))
        text = self.text
        for start, end, put in sorted(edits, reverse=True):
            text = text[:start] + put + text[end:]
        return text

    # What is there

    def _read(self) -> dict[str, tuple[t.Any, t.Any]] | None:
        """The keys and nodes of data and stringData, None where there is no such Secret."""
        found = self._found()
        if found is None:
            return None
        self.document, fields = found, _fields(found)
        sections = {name: fields[name] for name in ("data", "stringData") if name in fields}
        for name, (_key, mapping) in sections.items():
            if mapping.id == "mapping":
                for key, (_node, value) in _fields(mapping).items():
                    self._values[key] = _entry(key, value, name == "data")
            elif mapping.value:
                raise Unreadable(f"line {_line(mapping)}: {name} is no mapping")
        return sections

    def _found(self) -> t.Any:
        """The document of the Secret, None where there is none. Beside one that is written otherwise, no second one is
        to be."""
        documents = _documents(self.text)
        for item in self._named(item for document in documents for item in _items(document)):
            if self.namespace is None or _metadata(item, "namespace") in (None, self.namespace):
                raise Unreadable(f"line {_line(item)}: the Secret stands in a List; give it a document of its own")
        named = self._named(documents)
        ours = [document for document in named if self.namespace in (None, _metadata(document, "namespace"))]
        homeless = [document for document in named if _metadata(document, "namespace") is None]
        if homeless and not ours:
            raise Unreadable(f"line {_line(homeless[0])}: the Secret has no namespace; write metadata.namespace there")
        if len(ours) > 1:
            raise Unreadable(f"line {_line(ours[1])}: the Secret stands twice; give secret_namespace, or take one away")
        return ours[0] if ours else None

    def _named(self, nodes: t.Iterable[t.Any]) -> list[t.Any]:
        """The Secrets of this name."""
        return [node for node in nodes if _text(_fields(node), "kind") == "Secret" and _metadata(node, "name") == self.name]

    # What is to be written

    def _edits(self, section: str, key: t.Any, mapping: t.Any, new: dict[str, str]) -> t.Iterator[tuple[int, int, str]]:
        """Where a section changes: from, to, and what then stands there."""
        fields = _fields(mapping) if mapping.id == "mapping" else {}
        changed = {name: value for name, value in self._changed.items() if name in fields}
        if not changed and not new:
            return
        emptied = all(changed.get(name, "") is None for name in fields) and not new
        if mapping.id != "mapping" or mapping.flow_style or emptied:
            yield self._anew(section, key, mapping, fields, new)
            return
        for name, value in changed.items():
            yield self._whole_line(*fields[name], "" if value is None else self._lines({name: value}, section, ""))
        if new:
            first = [*fields.values()][0][0]
            last = max(self._behind(node) for _key, node in fields.values())
            yield last, last, self._lines(new, section, " " * first.start_mark.column)

    def _anew(
        self, section: str, key: t.Any, mapping: t.Any, fields: t.Any, new: dict[str, str]
    ) -> tuple[int, int, str]:
        """A section that is empty, or becomes it, or does not stand one key a line."""
        kept = [entry for entry in map(self.get, fields) if entry]
        values = {entry.name: entry.value for entry in kept if entry.value is not None}
        if len(values) < len(kept):
            raise ServerFault(f"{section} of the Secret must be written one key a line to be changed", 400)
        lines = self._lines({**values, **new}, section, " " * (key.start_mark.column + 2))
        return self._whole_line(key, mapping, f"{section}:{self.end}{lines}" if lines else f"{section}: {{}}{self.end}")

    def _new_section(self, new: dict[str, str]) -> tuple[int, int, str]:
        fields = _fields(self.document)
        last = max(self._behind(node) for _key, node in fields.values())
        return last, last, f"data:{self.end}{self._lines(new, 'data', '  ')}"

    def _with_document(self) -> str:
        before = self.text
        if before.strip():
            before += "" if before.endswith("\n") else self.end
            before += "" if before.rstrip().endswith("---") else f"---{self.end}"
        values = {name: value for name, value in self._changed.items() if value is not None}
        namespace = [f"  namespace: {json.dumps(self.namespace)}"] if self.namespace else []
        head = [
            "apiVersion: v1",
            "kind: Secret",
            "metadata:",
            f"  name: {json.dumps(self.name)}",
            *namespace,
            "type: Opaque",
        ]
        lines = self._lines(values, "data", "  ")
        return (
            before
            + "".join(f"{line}{self.end}" for line in head)
            + (f"data:{self.end}{lines}" if lines else f"data: {{}}{self.end}")
        )

    def _lines(self, values: dict[str, str], section: str, indent: str) -> str:
        written = (_base64(value) if section == "data" else _quoted(value) for value in values.values())
        return "".join(f"{indent}{name}: {value}{self.end}" for name, value in zip(values, written))

    def _whole_line(self, key: t.Any, value: t.Any, put: str) -> tuple[int, int, str]:
        """An entry from its key to the end of its last line; with its indentation where nothing is put there."""
        start, end = key.start_mark.index, self._behind(value)
        return start - (0 if put else key.start_mark.column), end, put

    def _behind(self, node: t.Any) -> int:
        """Behind the line in which a node ends. That of a block begins the next one."""
        if node.id == "mapping" and not node.flow_style and node.value:
            return self._behind(node.value[-1][1])
        if node.id == "sequence" and not node.flow_style and node.value:
            return self._behind(node.value[-1])
        end = node.end_mark.index
        if self.text[end - 1 : end] == "\n" and end > node.start_mark.index:
            return end
        found = self.text.find("\n", end)
        return len(self.text) if found < 0 else found + 1


def _documents(text: str) -> list[t.Any]:
    try:
        import yaml
    except ImportError as error:
        raise YamlMissing("yaml") from error
    try:
        # The loader in Python, since its marks count characters in every version.
        documents = list(yaml.compose_all(text, Loader=yaml.SafeLoader))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise Unreadable(f"line {mark.line + 1}: it is no YAML" if mark else "it is no YAML") from None
    except (yaml.YAMLError, RecursionError):
        raise Unreadable("it is no YAML") from None
    return [document for document in documents if document is not None and document.id == "mapping"]


def _fields(node: t.Any) -> dict[str, tuple[t.Any, t.Any]]:
    """Key and value nodes of a mapping by the text of the key."""
    found: dict[str, tuple[t.Any, t.Any]] = {}
    for key, value in node.value if node.id == "mapping" else ():
        if key.id == "scalar":
            if key.value in found:
                raise Unreadable(f"line {_line(key)}: a key stands twice")
            found[key.value] = (key, value)
    return found


def _metadata(node: t.Any, name: str) -> str | None:
    """A word of the metadata, None where it is empty."""
    fields = _fields(node)
    return _text(_fields(fields["metadata"][1]), name) or None if "metadata" in fields else None


def _line(node: t.Any) -> int:
    line: int = node.start_mark.line + 1
    return line


def _items(document: t.Any) -> list[t.Any]:
    """What a List holds."""
    fields = _fields(document)
    held = fields["items"][1] if "items" in fields and (_text(fields, "kind") or "").endswith("List") else None
    return held.value if held is not None and held.id == "sequence" else []


def _text(fields: dict[str, tuple[t.Any, t.Any]], name: str) -> str | None:
    node = fields[name][1] if name in fields else None
    return node.value if node is not None and node.id == "scalar" else None


def _entry(name: str, node: t.Any, packed: bool) -> Entry:
    if node.id != "scalar" or (not packed and not node.tag.endswith(":str")):
        return Entry(name, None, "is no text in the manifest")
    if not packed:
        return Entry(name, node.value)
    try:
        return Entry(name, base64.b64decode(re.sub(r"\s", "", node.value), validate=True).decode())
    except (binascii.Error, ValueError):
        return Entry(name, None, "is no base64 of a text")


def _base64(value: str) -> str:
    return f'"{base64.b64encode(value.encode()).decode()}"'  # without quotes some would be numbers


def _quoted(value: str) -> str:
    """A text in double quotes of YAML, which are those of JSON and a few escapes more."""
    return UNPRINTABLE.sub(lambda found: f"\\u{ord(found[0]):04x}", json.dumps(value, ensure_ascii=False))
