# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: no stable interface for others.

"""The places where Airflow looks for connections and variables besides its database.

Each target is a module here with OPTIONS, the options that it has of its own; WITHHELD, those of them that Ansible must
not see; and C(read), which makes a Backend of the words of a task.
"""

from __future__ import annotations

import typing as t

from .._faults import Fault, Refused
from . import _astro_environment, _astro_settings, _env_files, _secretsmanager, _ssm, _vault

if t.TYPE_CHECKING:
    from ._backend import Backend


class Target(t.Protocol):
    """What a module here has."""

    OPTIONS: dict[str, dict[str, t.Any]]
    WITHHELD: frozenset[str]

    def read(self, words: dict[str, t.Any], faults: list[Fault]) -> Backend | None:
        """A place, not looked at yet; what is wrong goes to the faults."""


TARGETS: dict[str, t.Any] = {
    "env": _env_files,
    "vault": _vault,
    "ssm": _ssm,
    "secretsmanager": _secretsmanager,
    "astro_settings": _astro_settings,
    "astro_environment": _astro_environment,
}
"""Modules by the name of the target, each a Target."""

OPTIONS: dict[str, dict[str, t.Any]] = {
    name: spec for target in TARGETS.values() for name, spec in target.OPTIONS.items()
}
WITHHELD: frozenset[str] = frozenset().union(*(target.WITHHELD for target in TARGETS.values()))


def read_backend(words: dict[str, t.Any]) -> Backend:
    """The place that the options of a task name. Raises Refused with every fault."""
    target = TARGETS.get(str(words.get("target")))
    if target is None:
        raise Refused([Fault("target", f"must be one of {', '.join(TARGETS)}")])
    faults = [
        Fault(name, f"is not for target={words['target']}")
        for name, spec in OPTIONS.items()
        if name not in target.OPTIONS and words.get(name) not in (None, spec.get("default"))
    ]
    backend: Backend | None = target.read(words, faults)
    if faults or backend is None:
        raise Refused(faults)
    return backend
