"""A TCP relay on loopback that makes a server as far away as a test wants it."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@asynccontextmanager
async def delayed(port: int, round_trip_seconds: float) -> AsyncIterator[int]:
    """Yield a port that leads to another one, half a round trip later in each direction."""
    tasks: set[asyncio.Task[None]] = set()

    async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        loop = asyncio.get_running_loop()
        last = loop.call_later(0, lambda: None)
        with suppress(ConnectionError):
            while data := await reader.read(65536):
                # A later piece is never due before an earlier one: order is kept.
                last = loop.call_later(round_trip_seconds / 2, writer.write, data)
        loop.call_at(last.when() + 0.001, writer.close)

    async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", port)
        for way in (pass_on(reader, back), pass_on(there, writer)):
            task = asyncio.create_task(way)
            tasks.add(task)
            task.add_done_callback(tasks.discard)

    server = await asyncio.start_server(relay, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
