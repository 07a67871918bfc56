# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: no stable interface for others.

"""A file of YAML of which a part is changed: the rest is written as it was, but for comments, which PyYAML forgets."""

from __future__ import annotations

import re
import typing as t

from ._texts import Flaw, twice
from ._yaml import INT, MAPPING, NULL, SEQUENCE, TEXT, Reading, pyyaml, sentences


class Nodes:
    """PyYAML's nodes of a text. Raises Flaw, or YamlMissing.

    A node is put in the place of another one, never changed: others may refer to it.
    """

    def __init__(self, text: str) -> None:
        self._yaml = pyyaml()
        with sentences(self._yaml, text):
            self._loader = self._yaml.SafeLoader(text)
            self.root = self._loader.get_single_node()
        if self.root is not None and self.root.tag == NULL:
            self.root = None

    def value(self, node: t.Any) -> t.Any:
        """What a node says. Raises Flaw."""
        reading = Reading(self._loader, None)
        value = reading.value(node)
        for flaw in reading.flaws.values():
            raise flaw
        return value

    def below(self, mapping: t.Any, key: str) -> t.Any:
        """What a mapping has under a key; None if there is none, or null. Raises Flaw."""
        found = [value for name, value in mapping.value if name.value == key]
        if len(found) > 1:
            raise Flaw(twice(key))
        return found[0] if found and found[0].tag != NULL else None

    def put(self, mapping: t.Any, key: str, node: t.Any) -> t.Any:
        """Give a mapping a node under a key."""
        mapping.value[:] = [pair for pair in mapping.value if pair[0].value != key]
        mapping.value.append((self.scalar(key), node))
        mapping.flow_style = False
        return node

    def scalar(self, value: str | int) -> t.Any:
        """A text that stays a text in every version of YAML, or a number."""
        if isinstance(value, int):
            return self._yaml.ScalarNode(INT, str(value))
        plain = re.fullmatch("[a-z]+_[a-z_]+|airflow|connections|pools|variables", value)
        special = not value.isprintable()
        return self._yaml.ScalarNode(TEXT, str(value), style=None if plain else '"' if special else "'")

    def mapping(self, pairs: t.Iterable[tuple[str, t.Any]] = ()) -> t.Any:
        """A mapping of nodes."""
        return self._yaml.MappingNode(MAPPING, [(self.scalar(key), node) for key, node in pairs], flow_style=False)

    def sequence(self) -> t.Any:
        """A list without entries."""
        return self._yaml.SequenceNode(SEQUENCE, [], flow_style=False)

    def text(self) -> str:
        """The whole text."""
        if self.root is None:
            return ""
        written: str = self._yaml.serialize(
            self.root, Dumper=self._yaml.SafeDumper, allow_unicode=True, width=float("inf")
        )
        return written
