"""What the tests of the transport share: a client that is checked at its end, and odd upstreams."""

import asyncio
import socket
import struct
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx

from app.upstream.transport import CurlTransport
from tests.integration.raw_upstream import Behaviour, answer

ONE = answer(b"one")
OK = "HTTP/1.1 200 OK\r\n"
HINTS = b"HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\nContent-Length: 5\r\n\r\n"


@asynccontextmanager
async def client_of(
    *,
    url: str = "http://127.0.0.1",
    connect_seconds: float = 5,
    read_seconds: float = 5,
    **limits: Any,
) -> AsyncIterator[httpx.AsyncClient]:
    """Run a client over a transport."""
    transport = CurlTransport(
        url,
        connect_seconds=connect_seconds,
        read_seconds=read_seconds,
        **limits,
    )
    async with httpx.AsyncClient(transport=transport, trust_env=False) as client:
        yield client


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
