# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: no stable interface for others.

"""A backend that is one file: read whole, written whole, atomically, so that a crash leaves the old one."""

from __future__ import annotations

import contextlib
import os
import re
import tempfile
import typing as t
from functools import cached_property

from .._airflow._dialect import Outcome
from .._faults import Fault, ServerFault
from .._kinds import Kind
from .._kinds._kind import Fields
from ._backend import Backend


def read_file_options(words: dict[str, t.Any], faults: list[Fault]) -> tuple[str, int]:
    """The options C(path) and C(mode)."""
    path, mode = words.get("path"), str(words.get("mode") or "0600")
    if not isinstance(path, str) or not path:
        faults.append(Fault("path", "is missing: the file to write"))
        path = ""
    elif not os.path.isabs(path):
        faults.append(Fault("path", "must be an absolute path"))
    elif os.path.isdir(path):
        faults.append(Fault("path", "is a folder"))
    elif not os.path.isdir(os.path.dirname(path)):
        faults.append(Fault("path", "its folder does not exist"))
    if not re.fullmatch(r"0?[0-7]{3}", mode):
        faults.append(Fault("mode", 'must be permissions in octal, in quotes, such as "0600"'))
        mode = "0600"
    return path, int(mode, 8)


class FileBackend(Backend):
    """path: absolute. mode: the permissions that the file is to have, since it holds secrets."""

    def __init__(self, path: str, mode: int = 0o600) -> None:
        super().__init__()
        self.path = path
        self.mode = mode
        self.title = path
        self._dirty = False

    def render(self) -> str:
        """The file's text with what was written."""
        raise NotImplementedError

    @cached_property
    def text(self) -> str:
        """What the file holds; nothing where there is none."""
        try:
            with open(self.path, "rb") as file:
                return file.read().decode("utf-8")
        except FileNotFoundError:
            return ""
        except UnicodeDecodeError:
            raise ServerFault(f"{self.path} is not UTF-8") from None
        except OSError as error:
            raise ServerFault(f"{self.path} cannot be read: {error.strerror}") from None

    def bulk(self, kind: Kind, action: str, objects: dict[str, Fields]) -> list[Outcome]:
        for object_id, fields in objects.items():
            if action == "delete":
                self.delete(kind, object_id)
            else:
                actual = self.get(kind, object_id)
                self.write(kind, object_id, {**(actual.fields if actual else {}), **fields}, actual is None)
        return [Outcome(each) for each in objects]

    def write(self, kind: Kind, object_id: str, fields: Fields, new: bool) -> None:
        self._dirty = True
        self.put(kind, object_id, fields)

    def remove(self, kind: Kind, object_id: str) -> None:
        self._dirty = True
        self.drop(kind, object_id)

    def put(self, kind: Kind, object_id: str, fields: Fields) -> None:
        """Note an object for the next text."""
        raise NotImplementedError

    def drop(self, kind: Kind, object_id: str) -> None:
        """Note that an object is gone from the next text."""
        raise NotImplementedError

    def commit(self) -> None:
        if self._dirty:
            try:
                write_atomically(self.path, self.render(), self.mode)
            except OSError as error:
                raise ServerFault(f"{self.path} cannot be written: {error.strerror}") from None
            self._dirty = False


def write_atomically(path: str, text: str, mode: int) -> None:
    """Put a text into a file in one step. It keeps the owner that the file had. Raises OSError."""
    path = os.path.realpath(path)  # a link stays a link
    handle, temporary = tempfile.mkstemp(prefix=f".{os.path.basename(path)}.", dir=os.path.dirname(path))
    try:
        with os.fdopen(handle, "wb") as file:
            os.fchmod(file.fileno(), mode)
            with contextlib.suppress(FileNotFoundError, PermissionError):
                found = os.stat(path)
                os.fchown(file.fileno(), found.st_uid, found.st_gid)
            file.write(text.encode("utf-8"))
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise
