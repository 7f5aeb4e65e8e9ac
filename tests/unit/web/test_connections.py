"""What stands in front of uvicorn, with its waits made short."""

import asyncio
from collections.abc import Iterable
from contextlib import AsyncExitStack
from typing import Any
from urllib.parse import urlsplit

import pytest
from starlette.types import Receive, Scope, Send
from websockets.asyncio.client import connect

from app.observability.metrics import Metrics
from app.web import connections
from tests.support import serve

PART = bytes(1024 * 1024)
BYTES = 64 * len(PART)


async def test_caller_that_reads_nothing_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    """An answer that nobody takes holds neither memory nor a connection for ever."""
    monkeypatch.setattr(connections, "SWEEP_SECONDS", 0.02)
    monkeypatch.setattr(connections, "STALL_SECONDS", 0.1)
    ended = asyncio.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        length = (b"content-length", str(BYTES).encode())
        await send({"type": "http.response.start", "status": 200, "headers": [length]})
        for _ in range(BYTES // len(PART)):
            await send({"type": "http.response.body", "body": PART, "more_body": True})
        ended.set()

    bounded = connections.Connections(Metrics(), most=10, most_of_one=10)
    async with serve(app, http=bounded.protocol, lifespan="off") as url:
        parts = urlsplit(url)
        _, writer = await asyncio.open_connection(parts.hostname, parts.port, limit=1024)
        writer.write(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        await asyncio.wait_for(ended.wait(), 30)
        writer.transport.abort()


async def test_calls_of_a_demo_are_not_closed_as_idle(monkeypatch: pytest.MonkeyPatch) -> None:
    """A call that says nothing stays, also where its address has more connections than it may."""
    sweeps: asyncio.Queue[None] = asyncio.Queue()
    sweep = connections.Connections._sweep

    def counted(bounds: connections.Connections, opened: Any) -> None:
        sweep(bounds, opened)
        sweeps.put_nowait(None)

    monkeypatch.setattr(connections.Connections, "_sweep", counted)
    monkeypatch.setattr(connections, "SWEEP_SECONDS", 0.02)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        assert scope["type"] == "websocket"
        await receive()
        await send({"type": "websocket.accept"})
        while (message := await receive())["type"] == "websocket.receive":
            await send({"type": "websocket.send", "text": message["text"]})

    bounded = connections.Connections(Metrics(), most=10, most_of_one=1)
    async with serve(app, http=bounded.protocol, lifespan="off") as url, AsyncExitStack() as stack:
        place = url.replace("http", "ws", 1)
        calls = [await stack.enter_async_context(connect(place)) for _ in range(4)]
        for _ in range(3):
            await asyncio.wait_for(sweeps.get(), 30)
        for call in calls:
            await call.send("hello")
            assert await asyncio.wait_for(call.recv(), 30) == "hello"


class Opened:
    """A connection as far as the bounds look at it; `looks` counts how often they look."""

    looks = 0

    def __init__(self, opened: set[Any], address: str, *, is_idle: bool) -> None:
        self.connections = opened
        self.address = address
        self.since = 0.0
        self.is_closed = False
        self._is_idle = is_idle
        opened.add(self)

    @property
    def is_idle(self) -> bool:
        """Whether it may be closed."""
        Opened.looks += 1
        return self._is_idle and not self.is_closed

    def abort(self) -> None:
        """Close it; the bounds are not told yet."""
        self.is_closed = True


@pytest.mark.parametrize("most_of_one", [100, 2000])
async def test_accepting_looks_at_few_however_many_are_open(
    most_of_one: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where all are busy, one more is not worth a look at each of them."""
    monkeypatch.setattr(Opened, "looks", 0)
    bounded = connections.Connections(Metrics(), most=100, most_of_one=most_of_one)
    opened: set[Any] = set()
    for _ in range(1000):
        one: Any = Opened(opened, "one", is_idle=False)
        bounded.add(one)

    assert Opened.looks <= 2 * 1000


async def test_longest_idle_makes_room_and_of_its_own_address_first() -> None:
    """One that was answered since counts as younger than one that was opened later."""
    bounded = connections.Connections(Metrics(), most=4, most_of_one=3)
    opened: set[Any] = set()

    def open_one(address: str) -> Any:
        connection: Any = Opened(opened, address, is_idle=True)
        bounded.add(connection)
        return connection

    elsewhere, first, second, third = map(open_one, ("a", "b", "b", "b"))
    bounded.rest(first)
    fourth = open_one("b")
    assert [each.is_closed for each in (elsewhere, first, second, third, fourth)] == [
        *(False, False, True, False, False)
    ]

    opened.remove(second)
    bounded.remove(second)
    open_one("c")
    assert [each.is_closed for each in (elsewhere, first, third, fourth)] == [
        *(True, False, False, False)
    ]


async def test_one_that_is_answered_after_its_end_is_not_kept() -> None:
    """As may be where requests came one behind the other: an attacker could fill memory so."""
    bounded = connections.Connections(Metrics(), most=1, most_of_one=9)
    opened: set[Any] = set()
    gone: Any = Opened(opened, "one", is_idle=True)
    bounded.add(gone)
    opened.remove(gone)
    bounded.remove(gone)
    bounded.rest(gone)
    first: Any = Opened(opened, "one", is_idle=True)
    bounded.add(first)
    second: Any = Opened(opened, "one", is_idle=True)
    bounded.add(second)

    assert not gone.is_closed
    assert first.is_closed


async def test_head_and_body_leave_as_one_packet() -> None:
    """What is written in one turn of the loop, uvicorn's two writes as well, is sent at once."""
    sent: list[list[bytes]] = []

    class Transport(asyncio.Transport):
        def is_closing(self) -> bool:
            return False

        def close(self) -> None:
            sent.append([])

        def writelines(self, list_of_data: Iterable[Any]) -> None:
            sent.append(list(list_of_data))

    joined = connections.JoinedWrites(Transport())
    joined.write(b"head")
    joined.write(b"body")
    await asyncio.sleep(0)
    joined.write(b"last")
    joined.close()
    await asyncio.sleep(0)

    assert sent == [[b"head", b"body"], [b"last"], []]
