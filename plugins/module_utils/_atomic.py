# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: no stable interface for others.

"""A file is replaced in one step: who reads it finds the old one or the new one, and a crash leaves the old one."""

from __future__ import annotations

import contextlib
import os
import tempfile
import typing as t


def write_atomically(path: str, content: bytes, mode: int, check: t.Callable[[int], None] | None = None) -> None:
    """Put something into a file, in place of what is called so, be it a link. Raises OSError; nothing was written then.

    check gets the descriptor of the new file just before that takes the old one's place, and raises OSError where it
    must not.
    """
    folder, name = os.path.split(path)
    # node_exporter's collector takes any *.prom for a file of its own.
    handle, temporary = tempfile.mkstemp(prefix=f".{name}.", suffix=".tmp", dir=folder)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
            if check is not None:
                check(file.fileno())
            os.fchmod(file.fileno(), mode)  # until now it was only for its owner to read
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise
