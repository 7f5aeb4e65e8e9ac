"""Places and the queue for them."""

import asyncio

import pytest

from app.errors import OverloadedError
from app.upstream.client import Slots


async def hold(slots: Slots, order: list[int], number: int, release: asyncio.Event) -> None:
    """Take a place, say so, and keep it until released."""
    async with slots:
        order.append(number)
        await release.wait()


async def test_slots_serve_in_order_and_refuse_beyond_the_queue() -> None:
    """First come, first served; who finds the queue full is refused without waiting."""
    slots, order, release = Slots(1, 2), list[int](), asyncio.Event()
    async with asyncio.TaskGroup() as group:
        for number in range(3):
            group.create_task(hold(slots, order, number, release))
            await asyncio.sleep(0)
        with pytest.raises(OverloadedError):
            await slots.__aenter__()
        assert order == [0]
        release.set()

    assert order == [0, 1, 2]


async def test_waiter_that_gives_up_leaves_its_place_in_the_queue() -> None:
    """A cancelled caller neither holds a place nor blocks the queue."""
    slots = Slots(1, 1)
    async with slots:
        waiter = asyncio.create_task(slots.__aenter__())
        await asyncio.sleep(0)
        waiter.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiter
        second = asyncio.create_task(slots.__aenter__())
        await asyncio.sleep(0)
        assert not second.done()

    await second
    await slots.__aexit__()


async def test_failure_inside_frees_the_place() -> None:
    """A place is given back however its holder ends."""
    slots = Slots(1, 0)
    with pytest.raises(KeyError):
        async with slots:
            raise KeyError

    async with slots:
        pass
