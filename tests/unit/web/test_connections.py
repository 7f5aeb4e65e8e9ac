"""What stands in front of uvicorn, with its waits made short."""

import asyncio
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

import pytest
from starlette.types import Receive, Scope, Send

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
