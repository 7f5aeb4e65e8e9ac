"""One keep-alive HTTP connection that asks for tokens one after the other."""

from __future__ import annotations

import asyncio
import re
import time
from typing import TYPE_CHECKING, cast

from benchmarks.server.stub_upstream import HEAD_END

if TYPE_CHECKING:
    from benchmarks.server.tally import Tally

# As a browser asks for a token from a page of the same origin.
REQUEST = (
    b"GET /api/voice-token HTTP/1.1\r\nhost: 127.0.0.1\r\naccept: application/json\r\n"
    b"sec-fetch-site: same-origin\r\n\r\n"
)
CONTENT_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
STATUS = slice(9, 12)  # of "HTTP/1.1 200 OK"
# A server that closes on every request must not turn the load into a storm of connections.
PAUSE_AFTER_LOSS_SECONDS = 0.1


class Client(asyncio.Protocol):
    """A closed loop of one: the next request goes out once the last answer is complete.

    Args:
        host: Where the server listens.
        port: Likewise.
        tally: Told of every request, answer and loss; says when to stop asking.
    """

    def __init__(self, host: str, port: int, tally: Tally) -> None:
        self._host = host
        self._port = port
        self._tally = tally
        self._transport: asyncio.Transport | None = None
        self._unread = bytearray()
        self._asked_at: float | None = None
        self._closing = False

    @property
    def is_waiting(self) -> bool:
        """Whether an answer is still due."""
        return self._asked_at is not None

    async def open(self) -> None:
        """Connect."""
        loop = asyncio.get_running_loop()
        await loop.create_connection(lambda: self, self._host, self._port)

    def ask(self) -> None:
        """Send the next request, unless the load is over."""
        if self._transport is not None and self._tally.may_ask():
            self._asked_at = time.perf_counter()
            self._transport.write(REQUEST)

    def close(self) -> None:
        """Hang up; an answer that is still due counts as never given."""
        self._closing = True
        if self._asked_at is not None:
            self._tally.unanswered(self._asked_at)
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin anew, with nothing read."""
        self._transport = cast("asyncio.Transport", transport)
        self._unread.clear()

    def data_received(self, data: bytes) -> None:
        """Read on; a complete answer is counted, and the next request sent."""
        self._unread += data
        head_length = self._unread.find(HEAD_END)
        if head_length < 0:
            return
        found = CONTENT_LENGTH.search(self._unread, 0, head_length)
        start = head_length + len(HEAD_END)
        end = start + (int(found[1]) if found else 0)
        if len(self._unread) < end or self._asked_at is None:
            return
        status, body = int(self._unread[STATUS]), bytes(self._unread[start:end])
        del self._unread[:end]
        self._tally.answered(status, body, self._asked_at)
        self._asked_at = None
        self.ask()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        """Count a request that is lost with its connection, and connect again."""
        self._transport = None
        if self._closing:
            return
        if self._asked_at is not None:
            self._tally.lost(self._asked_at)
            self._asked_at = None
        asyncio.get_running_loop().call_later(PAUSE_AFTER_LOSS_SECONDS, self._reopen)

    def _reopen(self) -> None:
        if self._tally.may_ask() and not self._closing:
            self._reopening = asyncio.ensure_future(self._open_and_ask())

    async def _open_and_ask(self) -> None:
        try:
            await self.open()
        except OSError:
            self._tally.lost(time.perf_counter())
        else:
            self.ask()
