"""Places and the queue for them."""

import asyncio
from collections import defaultdict

import httpx
import pytest

from app.errors import OverloadedError
from app.observability.metrics import Metrics
from app.upstream.client import AgentsClient, Budget
from app.upstream.responses import MintedToken
from tests.service import KEY, TOKEN, UPSTREAM


class Held:
    """A client of one place, and an upstream that answers a mint once it is released."""

    def __init__(self, max_waiting: int) -> None:
        self.order: list[int] = []
        self.release: defaultdict[int, asyncio.Event] = defaultdict(asyncio.Event)
        self.client = AgentsClient(
            httpx.MockTransport(self.answer),
            base_url=UPSTREAM,
            api_key=KEY,
            budget=Budget(max_in_flight=1, max_waiting=max_waiting),
            metrics=Metrics(),
        )

    async def answer(self, request: httpx.Request) -> httpx.Response:
        """Say which mint has the place, and keep it until released."""
        number = int(request.url.params["expires_in_seconds"])
        self.order.append(number)
        await self.release[number].wait()
        return httpx.Response(200, json={"token": TOKEN, "expires_in_seconds": number})

    async def mint(self, number: int) -> MintedToken:
        """Ask for a token that is known by its expiry."""
        return await self.client.mint(expires_in_seconds=number, max_session_duration_seconds=900)


async def settle() -> None:
    """Let every task go as far as it can."""
    for _ in range(20):
        await asyncio.sleep(0)


async def test_places_are_given_in_order_and_refused_beyond_the_queue() -> None:
    """First come, first served; who finds the queue full is refused without waiting."""
    held = Held(max_waiting=2)
    async with asyncio.TaskGroup() as group:
        for number in (1, 2, 3):
            group.create_task(held.mint(number))
            await settle()
        with pytest.raises(OverloadedError):
            await held.mint(4)
        assert held.order == [1]
        for number in (1, 2, 3):
            held.release[number].set()

    assert held.order == [1, 2, 3]


async def test_waiter_that_gives_up_leaves_its_place_in_the_queue() -> None:
    """A cancelled caller neither holds a place nor blocks the queue."""
    held = Held(max_waiting=1)
    first = asyncio.create_task(held.mint(1))
    await settle()
    waiter = asyncio.create_task(held.mint(2))
    await settle()
    waiter.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiter
    second = asyncio.create_task(held.mint(3))
    await settle()
    assert not second.done()

    held.release[1].set()
    held.release[3].set()
    assert (await first, await second) == (MintedToken(TOKEN, 1), MintedToken(TOKEN, 3))
    assert held.order == [1, 3]


async def test_holder_that_gives_up_frees_the_place() -> None:
    """A place is given back however its holder ends."""
    held = Held(max_waiting=0)
    holder = asyncio.create_task(held.mint(1))
    await settle()
    holder.cancel()
    with pytest.raises(asyncio.CancelledError):
        await holder

    held.release[2].set()
    assert await held.mint(2) == MintedToken(TOKEN, 2)
