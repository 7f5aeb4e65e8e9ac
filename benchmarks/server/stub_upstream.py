"""A token endpoint that costs next to nothing: `python -m benchmarks.server.stub_upstream 0.2`.

It numbers its tokens, so that whoever counts them can tell each from every other.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import ssl
from pathlib import Path
from typing import cast

import uvloop

# Observed tokens have 2,462 to 2,578 characters.
TOKEN_CHARACTERS = 2400
HEAD_END = b"\r\n\r\n"
NUMBER_DIGITS = 12

_HEAD = (
    "HTTP/1.1 200 OK\r\n"
    "date: Mon, 01 Jan 2029 00:00:00 GMT\r\n"
    "content-type: application/json\r\n"
    "content-length: {length}\r\n"
    "cache-control: no-store\r\n"
    "x-request-id: 00000000-0000-0000-0000-000000000000\r\n"
    "connection: keep-alive\r\n\r\n"
)
_BEFORE = '{"token":"'
_AFTER = "A" * (TOKEN_CHARACTERS - NUMBER_DIGITS) + '","expires_in_seconds":60}'
_LENGTH = len(_BEFORE) + NUMBER_DIGITS + len(_AFTER)
_START = (_HEAD.format(length=_LENGTH) + _BEFORE).encode()
_END = _AFTER.encode()


class TokenEndpoint(asyncio.Protocol):
    """Answers every request on a connection with the next token, after a fixed delay."""

    def __init__(self, numbers: itertools.count[int], delay_seconds: float) -> None:
        self._numbers = numbers
        self._delay_seconds = delay_seconds
        self._unread = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Answer each complete head; requests have no body."""
        self._unread += data
        *heads, self._unread = self._unread.split(HEAD_END)
        for _ in heads:
            if self._delay_seconds:
                asyncio.get_running_loop().call_later(self._delay_seconds, self._answer)
            else:
                self._answer()

    def _answer(self) -> None:
        assert self._transport is not None
        if not self._transport.is_closing():
            number = f"{next(self._numbers):0{NUMBER_DIGITS}d}".encode()
            self._transport.write(_START + number + _END)


async def serve(delay_seconds: float, certificates: Path | None) -> None:
    """Serve on a free loopback port until ended."""
    context = None
    if certificates is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificates / "cert.pem", certificates / "key.pem")
    numbers = itertools.count(1)
    listener = await asyncio.get_running_loop().create_server(
        lambda: TokenEndpoint(numbers, delay_seconds), "127.0.0.1", 0, backlog=2048, ssl=context
    )
    print(
        f"http{'s' if context else ''}://127.0.0.1:{listener.sockets[0].getsockname()[1]}",
        flush=True,
    )
    await listener.serve_forever()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("delay_seconds", type=float)
    parser.add_argument("--tls", type=Path, help="a folder with cert.pem and key.pem")
    told = parser.parse_args()
    uvloop.run(serve(told.delay_seconds, told.tls))
