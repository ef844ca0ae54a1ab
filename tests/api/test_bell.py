"""Whoever waits is woken once for its group, also when the answer or the ring came first."""

import asyncio
import threading
from concurrent.futures import Future

import pytest

from geo_reports.api.bell import Bell
from geo_reports.errors import ReusedKey


def test_each_gets_its_own_answer_from_another_thread():
    bell, stored = Bell(), [Future() for _ in range(3)]

    def write() -> None:
        stored[0].set_result(True)
        stored[1].set_exception(ReusedKey("no"))
        stored[2].set_result(False)
        bell.ring()

    async def wait():
        waiting = [asyncio.create_task(bell.wait(one)) for one in stored]
        await asyncio.sleep(0)
        threading.Thread(target=write).start()
        return await asyncio.wait_for(asyncio.gather(*waiting, return_exceptions=True), 10)

    first, second, third = asyncio.run(wait())
    assert (first, third) == (True, False)
    assert isinstance(second, ReusedKey)


def test_nobody_is_woken_before_the_ring():
    bell, stored = Bell(), Future()

    async def wait():
        waiting = asyncio.create_task(bell.wait(stored))
        await asyncio.sleep(0)
        stored.set_result(True)
        await asyncio.sleep(0.01)
        early = waiting.done()
        bell.ring()
        return early, await asyncio.wait_for(waiting, 10)

    assert asyncio.run(wait()) == (False, True)


def test_an_answer_that_is_there_already_needs_no_ring():
    stored = Future()
    stored.set_result(False)
    assert asyncio.run(Bell().wait(stored)) is False


def test_who_gave_up_is_not_told():
    bell, left, stays = Bell(), Future(), Future()

    async def wait():
        waiting = [asyncio.create_task(bell.wait(one)) for one in (left, stays)]
        await asyncio.sleep(0)
        waiting[0].cancel()
        left.set_result(True)
        stays.set_result(True)
        bell.ring()
        with pytest.raises(asyncio.CancelledError):
            await waiting[0]
        return await asyncio.wait_for(waiting[1], 10)

    assert asyncio.run(wait()) is True
    assert not left.cancelled()


def test_a_loop_that_ended_is_left_alone():
    bell, stored = Bell(), Future()

    async def leave():
        asyncio.create_task(bell.wait(stored))  # noqa: RUF006 it is left behind on purpose
        await asyncio.sleep(0)

    asyncio.run(leave())
    stored.set_result(True)
    bell.ring()
