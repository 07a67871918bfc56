# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: no stable interface for others.

"""Requests side by side."""

from __future__ import annotations

import typing as t

AT_ONCE = 8

Item = t.TypeVar("Item")
Result = t.TypeVar("Result")


def in_parallel(work: t.Callable[[Item], Result], items: t.Sequence[Item], at_once: int = AT_ONCE) -> list[Result]:
    """The results of work for every item, in order, a few at a time.

    After an exception nothing new begins; the first in order is raised once all that had begun has ended.
    """
    if len(items) < 2:
        return [work(item) for item in items]
    from concurrent.futures import ThreadPoolExecutor  # only for many; every import costs each task

    failed: dict[int, BaseException] = {}

    def unless_failed(number: int) -> t.Any:
        if not failed:
            try:
                return work(items[number])
            except BaseException as error:
                failed[number] = error
        return None

    with ThreadPoolExecutor(min(at_once, len(items))) as executor:
        results = [*executor.map(unless_failed, range(len(items)))]
    if failed:
        raise failed[min(failed)]
    return results
