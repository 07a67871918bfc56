# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: no stable interface for others.

"""The places where Airflow looks for connections and variables besides its database, by name.

Each is imported only where it is asked for: every import costs each task.
"""

from __future__ import annotations

import importlib
import typing as t

from .._faults import Fault, Refused

if t.TYPE_CHECKING:
    from ._backend import Backend

# Where each kind of place is: a module here, and in it a class with a classmethod C(read) of its options, which raises
# Refused.
TARGETS = {
    "env": "_env",
}


def read_backend(words: dict[str, t.Any]) -> Backend:
    """The place that the options of a task name, not looked at yet. Raises Refused with every fault."""
    target = words.get("target")
    if target not in TARGETS:
        raise Refused([Fault("target", f"must be one of {', '.join(TARGETS)}")])
    options = words.get(target)
    if not isinstance(options, dict):
        raise Refused([Fault(str(target), "is needed: a dict that says where" if options is None else "must be a dict")])
    others = [name for name in TARGETS if name != target and words.get(name) is not None]
    faults = [Fault(name, f"is not for target={target}") for name in others]
    module = importlib.import_module(f"{__name__}.{TARGETS[str(target)]}")
    backend: Backend = module.read(options, words, faults)
    return backend
