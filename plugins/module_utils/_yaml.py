# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: no stable interface for others.

"""Reads YAML of declarations as Ansible's loader does, only faster and with lines.

PyYAML parses; its nodes are made into values here, which takes half the time of its own way and knows each line. What
Ansible makes of a value on its way to a module is made of it here too: dates become texts, keys become texts.
"""

from __future__ import annotations

import contextlib
import json
import re
import typing as t

from ._texts import Content, Flaw, Section, twice

TEXT, NULL, BOOL, INT, FLOAT, TIMESTAMP, SEQUENCE, MAPPING, MERGE, VALUE = (
    f"tag:yaml.org,2002:{name}"
    for name in ("str", "null", "bool", "int", "float", "timestamp", "seq", "map", "merge", "value")
)
UNSAFE = "!unsafe"  # no matter here, where nothing is a template
VAULTED = ("!vault", "!vault-encrypted")
UNDECIPHERABLE = "cannot be decrypted with the ansible-vault passwords of this run"
UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")


class YamlMissing(ImportError):
    """PyYAML is not installed."""


def read_yaml(text: str, vaulted: dict[str, str] | None) -> Content:
    """A text of YAML. Raises Flaw, or YamlMissing.

    vaulted: see _files.Handed.
    """
    yaml = pyyaml()
    with sentences(yaml, text):
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)(text)
        try:
            return Reading(loader, vaulted).content(loader.get_single_node())
        finally:
            loader.dispose()


def pyyaml() -> t.Any:
    """PyYAML. Raises YamlMissing."""
    try:
        import yaml
    except ImportError as error:
        raise YamlMissing("yaml") from error
    return yaml


@contextlib.contextmanager
def sentences(yaml: t.Any, text: str) -> t.Iterator[None]:
    """What PyYAML objects to as a Flaw."""
    try:
        yield
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        composed = isinstance(error, yaml.composer.ComposerError)
        reason = "has a second document, or an alias without its anchor" if composed else "is neither YAML nor JSON"
        raise Flaw(reason, mark.line + 1, mark.column + 1) from None
    except yaml.YAMLError:
        found = UNPRINTABLE.search(text)
        line = text.count("\n", 0, found.start()) + 1 if found else None
        raise Flaw("holds a character that YAML does not allow", line) from None
    except RecursionError:
        raise Flaw("is nested too deeply, or refers to itself") from None


class Reading:
    """Makes values of nodes, and notes what is wrong with them."""

    def __init__(self, loader: t.Any, vaulted: dict[str, str] | None) -> None:
        self.loader = loader
        self.vaulted = vaulted
        self.flaws: dict[tuple[int, int, str], Flaw] = {}  # once each: what is referred to is made anew each time
        self.scalars = {
            TEXT: loader.construct_scalar,
            MERGE: loader.construct_scalar,  # where it is no key, << is a text, and so is =
            VALUE: loader.construct_scalar,
            NULL: loader.construct_yaml_null,
            BOOL: loader.construct_yaml_bool,
            INT: loader.construct_yaml_int,
            FLOAT: loader.construct_yaml_float,
            TIMESTAMP: lambda node: loader.construct_yaml_timestamp(node).isoformat(),
        }

    def content(self, root: t.Any) -> Content:
        if root is None or root.tag == NULL:
            return Content([], [])
        if root.id != "mapping":
            return Content(None, [])
        sections = [
            Section(
                self.key(key),
                key.start_mark.line + 1,
                self.value(value),
                [entry.start_mark.line + 1 for entry in value.value] if value.id == "sequence" else [],
            )
            for key, value in root.value
        ]
        return Content(sections, list(self.flaws.values()))

    def value(self, node: t.Any) -> t.Any:
        if node.id == "scalar":
            return node.value if node.tag == TEXT else self.scalar(node)
        if node.id == "mapping" and node.tag in (MAPPING, UNSAFE):
            return self.mapping(node)
        if node.id == "sequence" and node.tag in (SEQUENCE, UNSAFE):
            return [self.value(each) for each in node.value]
        return self.flaw(node, "has a tag that means nothing here")

    def scalar(self, node: t.Any) -> t.Any:
        tag = node.tag
        if tag == UNSAFE:
            tag = self.loader.resolve(type(node), node.value, (True, False))
        if tag in VAULTED:
            return self.decrypted(node)
        if tag not in self.scalars:
            return self.flaw(node, "has a tag that means nothing here")
        try:
            return self.scalars[tag](node)
        except (ValueError, LookupError, AttributeError):
            return self.flaw(node, "looks like a number or a date, and is none: put it in quotes")

    def decrypted(self, node: t.Any) -> t.Any:
        if self.vaulted is None:
            return self.flaw(node, "is encrypted with ansible-vault, which only the controller can decrypt")
        if node.value not in self.vaulted:
            return self.flaw(node, UNDECIPHERABLE)
        return self.vaulted[node.value]

    def mapping(self, node: t.Any) -> dict[str, t.Any]:
        own: dict[str, t.Any] = {}
        merged: dict[str, t.Any] = {}
        for key_node, value_node in node.value:
            if key_node.tag == MERGE:
                merged.update(self.merged(value_node))
                continue
            key = self.key(key_node)
            if key in own:
                self.flaw(key_node, twice(key))
            own[key] = self.value(value_node)
        return {**merged, **own} if merged else own

    def merged(self, node: t.Any) -> dict[str, t.Any]:
        """What C(<<) brings: a mapping, or several of which the first wins."""
        mapping: dict[str, t.Any] = {}
        for each in reversed(node.value if node.id == "sequence" else [node]):
            if each.id != "mapping":
                self.flaw(each, "can only be merged if it is a mapping")
            else:
                mapping.update(self.mapping(each))
        return mapping

    def key(self, node: t.Any) -> str:
        if node.id != "scalar":
            self.flaw(node, "a key must be text, and a template must be in quotes")
            return ""
        value = self.value(node)
        return value if isinstance(value, str) else json.dumps(value)

    def flaw(self, node: t.Any, reason: str) -> t.Any:
        """Note it; null stands in for what is wrong."""
        line, column = node.start_mark.line + 1, node.start_mark.column + 1
        self.flaws[line, column, reason] = Flaw(reason, line, column)
        return None
