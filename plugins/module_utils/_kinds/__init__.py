# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: no stable interface for others.

"""The kinds of objects that the collection manages. A new kind is one descriptor here and its name below."""

from __future__ import annotations

from ._connection import CONNECTION
from ._kind import Kind
from ._pool import POOL
from ._variable import VARIABLE

KINDS: tuple[Kind, ...] = (POOL, VARIABLE, CONNECTION)

__all__ = ("CONNECTION", "KINDS", "POOL", "VARIABLE", "Kind")
