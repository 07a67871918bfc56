# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: no stable interface for others.

"""What a kind of object is: the words a user declares it with, and the fields that Airflow has for it."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field
from functools import cached_property

from .._abilities import Abilities
from .._comparison import Findings, Path, Verdict, compare
from ._types import Type, choice, text

Fields = dict[str, t.Any]


@dataclass(frozen=True)
class Option:
    """A word of a declaration.

    secret: its value must never be shown, and may be a reference to Vault. whole: a reference without a key is the
    whole secret.
    """

    name: str
    type: Type
    aliases: tuple[str, ...] = ()
    required: bool = False
    secret: bool = False
    whole: bool = False
    choices: tuple[str, ...] = ()
    default: t.Any = None

    def spec(self) -> dict[str, t.Any]:
        """The option in an Ansible argument spec."""
        # A secret may be a reference, which is a dict.
        ansible = "raw" if self.secret and self.type.ansible == "str" else self.type.ansible
        spec: dict[str, t.Any] = {"type": ansible, "no_log": self.secret}
        if self.aliases:
            spec["aliases"] = list(self.aliases)
        if self.required:
            spec["required"] = True
        if self.choices:
            spec["choices"] = list(self.choices)
        if self.default is not None:
            spec["default"] = self.default
        return spec


def _same(declared: t.Any, reading: t.Any, abilities: Abilities) -> Findings:
    return compare(declared, reading, masks=abilities.masks)


@dataclass(frozen=True)
class Field:
    """A field that Airflow stores.

    default is what an undeclared field of a new object holds (None: empty); a field without default must be declared
    for a new object. empty is the value that says "none" of a field that has a default, declared or read.
    same compares a declared value with what a server of such abilities shows; show says whether a value may be shown
    that nobody declared openly, of an object that is to be deleted for example; hidden, whether Airflow may hide what
    is stored.
    """

    name: str
    default: t.Any = None
    has_default: bool = True
    empty: t.Any = ""
    same: t.Callable[[t.Any, t.Any, Abilities], Findings] = _same
    show: bool = False
    hidden: bool = False


class Clash(ValueError):
    """Options of one object that contradict each other. Told to the user, so it holds no value."""


@dataclass(frozen=True, eq=False)
class Kind:
    """A kind of object that Airflow keeps.

    identity names the option and field that tells objects apart; options are the further words of a declaration;
    fold turns parsed words into fields and the paths in them that are secret; undeletable and changeable hold ids
    with rules of their own: objects that must not go, and the only fields that Airflow lets change. Ids that begin
    with reserved are those of what this collection keeps for itself. use names what Airflow tells of an object beside its
    fields, since nobody declares it.
    """

    name: str
    plural: str
    identity: Option
    options: tuple[Option, ...]
    fields: tuple[Field, ...]
    fold: t.Callable[[Fields], tuple[Fields, frozenset[Path]]]
    undeletable: frozenset[str] = frozenset()
    changeable: dict[str, tuple[str, ...]] = field(default_factory=dict)
    reserved: str = ""
    use: tuple[str, ...] = ()

    @cached_property
    def words(self) -> tuple[Option, ...]:
        """Every option of a declaration of this kind, in the order of the documentation."""
        return (self.identity, *self.options, STATE)

    @cached_property
    def names(self) -> dict[str, str]:
        """The name of the option that each word, an alias too, stands for."""
        return {name: option.name for option in self.words for name in (option.name, *option.aliases)}

    @cached_property
    def fields_by_name(self) -> dict[str, Field]:
        """The fields under their names."""
        return {each.name: each for each in self.fields}

    def keeps(self, object_id: str) -> bool:
        """Whether an object is one that this collection keeps for itself, and that nobody is to manage or see."""
        return bool(self.reserved) and object_id.startswith(self.reserved)

    def needed(self) -> tuple[str, ...]:
        """The fields without which an object cannot be created."""
        return tuple(each.name for each in self.fields if not each.has_default)

    def canonical(self, fields: Fields) -> Fields:
        """Fields as they are compared, declared or read: what says "none" is None."""
        emptied: Fields = {}
        for name, value in fields.items():
            known = self.fields_by_name[name]
            emptied[name] = None if known.has_default and value == known.empty else value
        return emptied

    def defaults(self, object_id: str) -> Fields:
        """What C(enforce_defaults) puts undeclared fields back to."""
        allowed = self.changeable.get(object_id)
        return {
            each.name: each.default
            for each in self.fields
            if each.has_default and (allowed is None or each.name in allowed)
        }


STATE = Option("state", choice("present", "absent"), choices=("present", "absent"), default="present")
DESCRIPTION = Option("description", text())
TEAM = Option("team_name", text(longest=50))


def whole(verdict: Verdict) -> Findings:
    """Findings about a field that is compared as one."""
    return {} if verdict is Verdict.SAME else {(): verdict}
