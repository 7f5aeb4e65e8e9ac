"""What the tests of the transport share: a client that is checked at its end, and odd upstreams."""

from __future__ import annotations

import asyncio
import socket
import struct
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from app.upstream.transport import open_http_client
from app.upstream.transport.pool import PooledTransport
from tests.integration.raw_upstream import answer

if TYPE_CHECKING:
    import ssl
    from asyncio import StreamReader, StreamWriter
    from collections.abc import AsyncIterator

    from app.upstream.transport import PooledClient
    from tests.integration.raw_upstream import Behaviour

ONE = answer(b"one")
OK = "HTTP/1.1 200 OK\r\n"
HINTS = b"HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\nContent-Length: 5\r\n\r\n"


@asynccontextmanager
async def client_of(
    *,
    connect_seconds: float = 5,
    read_seconds: float = 5,
    max_connections: int = 8,
    keep_alive_seconds: float = 60,
    context: ssl.SSLContext | None = None,
) -> AsyncIterator[PooledClient]:
    """Run a client; at the end every socket of it must be gone, and no place taken."""
    pool = PooledTransport(max_connections, keep_alive_seconds=keep_alive_seconds, context=context)
    async with open_http_client(
        connect_seconds=connect_seconds,
        read_seconds=read_seconds,
        max_connections=max_connections,
        transport=pool,
    ) as client:
        yield client
    assert pool._open == {}
    assert pool._in_use == 0


def pool_of(client: PooledClient) -> PooledTransport:
    """Return what lies under a client."""
    pool = client._transport
    assert isinstance(pool, PooledTransport)
    return pool


async def warmed(client: PooledClient) -> None:
    """Wait until warming up has come to its end."""
    warming = pool_of(client)._warming
    assert warming is not None
    await warming


def sending(*pieces: bytes, then_close: bool = False) -> Behaviour:
    """Return an upstream that answers every request with these pieces, each sent by itself."""

    async def behave(_: StreamReader, writer: StreamWriter, number: int) -> None:
        for piece in pieces:
            writer.write(piece)
            await asyncio.sleep(0.005)
        if then_close:
            writer.close()

    return behave


def chunked(*chunks: bytes, trailers: str = "") -> bytes:
    """Return a whole chunked answer."""
    body = b"".join(b"%x;name=value\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks)
    return (
        f"{OK}Transfer-Encoding: chunked\r\n\r\n".encode() + body + f"0\r\n{trailers}\r\n".encode()
    )


def hang_up(writer: StreamWriter, how: str) -> None:
    """End a connection, politely or with a reset."""
    if how == "reset":
        line = writer.get_extra_info("socket")
        line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.close()
