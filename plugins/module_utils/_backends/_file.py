# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: no stable interface for others.

"""A backend that is one file: read whole, written whole, atomically, so that a crash leaves the old one."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import re
import stat
import typing as t
from functools import cached_property

from .._airflow._dialect import Outcome
from .._atomic import write_atomically
from .._faults import Fault, ServerFault
from .._kinds import Kind
from .._kinds._kind import Fields
from ._backend import Backend


def read_file_options(words: dict[str, t.Any], faults: list[Fault]) -> tuple[str, int]:
    """The options C(path) and C(mode)."""
    path, mode = words.get("path"), words.get("mode") or "0600"
    if not isinstance(path, str) or not path:
        faults.append(Fault("path", "is missing: the file to write"))
        path = ""
    elif not os.path.isabs(path):
        faults.append(Fault("path", "must be an absolute path"))
    elif os.path.isdir(path):
        faults.append(Fault("path", "is a folder"))
    elif not os.path.isdir(os.path.dirname(path)):
        faults.append(Fault("path", "its folder does not exist"))
    return path, _permissions(mode, faults)


def _permissions(mode: t.Any, faults: list[Fault]) -> int:
    """What is not in quotes YAML makes a decimal number of, by which others would get rights; so may a role make text."""
    quotes = 'must be permissions in octal, in quotes, such as "0600"'
    if not isinstance(mode, str) or not re.fullmatch(r"0?[0-7]{3}", mode):
        faults.append(Fault("mode", quotes))
        return 0o600
    bits = int(mode, 8)
    if (bits >> 3 | bits) & 7 & ~(bits >> 6):
        faults.append(Fault("mode", f"gives others what the owner may not; it {quotes}"))
    return bits


class FileBackend(Backend):
    """path: absolute. mode: the permissions that the file is to have, since it holds secrets."""

    abilities = dataclasses.replace(Backend.abilities, writes_on_commit=True)

    def __init__(self, path: str, mode: int = 0o600) -> None:
        super().__init__()
        self.path = path
        self.mode = mode
        self.title = path
        self._dirty = False
        self._refused: set[tuple[str, str]] = set()

    def render(self) -> str:
        """The file's text with what was written."""
        raise NotImplementedError

    @cached_property
    def found(self) -> os.stat_result | None:
        """What the file was like before anything was read of it."""
        try:
            return os.stat(self.path)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise ServerFault(f"{self.path} cannot be read: {error.strerror}") from None

    @cached_property
    def text(self) -> str:
        """What the file holds; nothing where there is none."""
        if self.found is None:
            return ""
        try:
            with open(self.path, "rb") as file:
                return file.read().decode("utf-8")
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
        with self._noting(kind, object_id):
            self.put(kind, object_id, fields)

    def remove(self, kind: Kind, object_id: str) -> None:
        with self._noting(kind, object_id):
            self.drop(kind, object_id)

    @contextlib.contextmanager
    def _noting(self, kind: Kind, object_id: str) -> t.Iterator[None]:
        """All or nothing: what cannot be kept holds up the rest."""
        self._dirty = True
        self._refused.add((kind.name, object_id))
        yield
        self._refused.discard((kind.name, object_id))

    def put(self, kind: Kind, object_id: str, fields: Fields) -> None:
        """Note an object for the next text."""
        raise NotImplementedError

    def drop(self, kind: Kind, object_id: str) -> None:
        """Note that an object is gone from the next text."""
        raise NotImplementedError

    def commit(self, check_mode: bool = False) -> None:
        if not self._dirty:
            return
        if self._refused:
            raise ServerFault(f"nothing was written to {self.path}, since not everything could be")
        text = self.render().encode()
        if not check_mode:
            try:
                write_atomically(os.path.realpath(self.path), text, self.mode, self._check)
            except OSError as error:
                raise ServerFault(f"{self.path} cannot be written: {error.strerror or error}") from None
        self._dirty, self.rewritten = False, True

    def _check(self, new: int) -> None:
        """The owner stays the same, and what somebody else wrote since it was read stays too."""
        if self.found is not None:
            _keep_owner(new, self.found)
        if _identity(_now(os.path.realpath(self.path))) != _identity(self.found):
            raise OSError("somebody else has written it meanwhile; run again")

    def settle(self, check_mode: bool) -> dict[str, t.Any]:
        """The permissions of a file that was there are set right too, since it holds secrets."""
        found = None if self.found is None else stat.S_IMODE(self.found.st_mode)
        if found in (None, self.mode):
            return {"mode": None}
        if not check_mode:
            try:
                os.chmod(self.path, self.mode)
            except OSError as error:
                raise ServerFault(f"the permissions of {self.path} cannot be set: {error.strerror}") from None
        return {"mode": {"before": f"{found:04o}", "after": f"{self.mode:04o}"}}


def _keep_owner(handle: int, found: os.stat_result) -> None:
    made = os.fstat(handle)
    if (made.st_uid, made.st_gid) != (found.st_uid, found.st_gid):
        try:
            os.fchown(handle, found.st_uid, found.st_gid)
        except PermissionError:
            raise OSError("its owner and group would become others; run as its owner") from None


def _now(path: str) -> os.stat_result | None:
    try:
        return os.stat(path)
    except FileNotFoundError:
        return None


def _identity(found: os.stat_result | None) -> tuple[int, ...] | None:
    return None if found is None else (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns)
