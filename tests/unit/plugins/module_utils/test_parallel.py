# Copyright: Windsock contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Requests side by side: their order, their number, and what becomes of the rest when one fails."""

from __future__ import annotations

import threading
import typing as t

import pytest

from ansible_collections.windsock.airflow.plugins.module_utils._parallel import in_parallel
from ansible_collections.windsock.airflow.tests.unit.fakes import Crowd


class Trouble(Exception):
    """Raised by the work of a test."""


def test_the_results_are_in_the_order_of_the_items_whichever_is_ready_first() -> None:
    second_is_ready = threading.Event()

    def work(item: int) -> int:
        if item == 0:
            assert second_is_ready.wait(10)
        elif item == 1:
            second_is_ready.set()
        return item * 10

    assert in_parallel(work, range(20)) == [item * 10 for item in range(20)]


@pytest.mark.parametrize(("count", "at_once", "together"), [(5, 8, 5), (6, 3, 3), (16, None, 8)])
def test_so_many_are_at_work_at_once_and_no_more(count: int, at_once: int | None, together: int) -> None:
    crowd = Crowd(together)
    options = {} if at_once is None else {"at_once": at_once}
    in_parallel(lambda _item: crowd.come_and_go(), range(count), **options)
    assert crowd.most == together


@pytest.mark.parametrize("count", [0, 1])
def test_for_less_than_two_there_is_no_second_thread(count: int) -> None:
    threads = in_parallel(lambda _item: threading.current_thread(), range(count))
    assert threads == [threading.current_thread()] * count


@pytest.mark.parametrize("culprit", [0, 1, 9])
def test_an_exception_is_raised_as_it_is(culprit: int) -> None:
    def work(item: int) -> None:
        if item == culprit:
            raise Trouble(item)

    with pytest.raises(Trouble, match=str(culprit)):
        in_parallel(work, range(10))


def test_of_several_exceptions_the_first_in_order_is_raised_once_all_that_began_has_ended() -> None:
    second_failed, ended = threading.Event(), []

    def work(item: int) -> None:
        if item == 0:
            assert second_failed.wait(10)
        else:
            second_failed.set()
        ended.append(item)
        raise Trouble(item)

    with pytest.raises(Trouble, match="0"):
        in_parallel(work, range(2))
    assert sorted(ended) == [0, 1]


def test_after_an_exception_nothing_new_begins_although_an_earlier_item_is_still_at_work() -> None:
    """A list of which one page is refused at once, while another one is slow, is not read to its end."""
    first_began, too_late = threading.Event(), threading.Event()
    began: list[int] = []

    def work(item: int) -> t.Any:
        began.append(item)
        if item == 0:
            first_began.set()
            too_late.wait(0.1)  # would another one begin?
        elif item == 1:
            assert first_began.wait(10)
            raise Trouble(item)
        else:
            too_late.set()

    with pytest.raises(Trouble, match="1"):
        in_parallel(work, range(20), at_once=2)
    assert sorted(began) == [0, 1]
