"""One connection to an upstream: a request goes out, its answer comes in, and nothing else."""

from __future__ import annotations

import asyncio
from select import POLLIN, poll
from typing import TYPE_CHECKING, cast

import httpx

from app.upstream.transport.answer import Answer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

# Of a body that nobody takes; then the upstream has to wait.
HIGH_WATER_BYTES = 64 * 1024


class Connection(asyncio.Protocol):
    """Carries one request at a time.

    Whatever goes wrong, a wait that is cancelled included, closes it at once: bytes that might
    still come must not be taken for the answer to the next request.

    Args:
        on_lost: Called once, when the connection is gone.
    """

    def __init__(self, on_lost: Callable[[Connection], None]) -> None:
        self._loop = asyncio.get_running_loop()
        self._on_lost = on_lost
        self._answer: Answer | None = None
        # Not the exception itself: its traceback would hold on to all of this.
        self._failure: tuple[type[httpx.TransportError], str] | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._is_paused = False
        self.idle_since = 0.0
        self.gone = self._loop.create_future()

    async def ask(self, request: bytes, read_seconds: float | None) -> Answer:
        """Send a request; returns once the head of its answer is complete.

        Raises:
            ReadError: The connection ended before any byte of an answer.
            ReadTimeout: No byte came for so long.
            RemoteProtocolError: What came is not one answer.
        """
        if self._transport.is_closing():
            raise httpx.ReadError("the connection ended before the request")
        self._answer = answer = Answer()
        self._transport.write(request)
        while not answer.status:
            await self._wait(read_seconds)
        return answer

    async def read(self, answer: Answer, read_seconds: float | None) -> bytes:
        """Return the next piece of the body; nothing at its end.

        Raises:
            ReadTimeout: No byte came for so long.
            RemoteProtocolError: It broke off, or is not HTTP.
        """
        while not answer.body and not answer.is_complete:
            if self._is_paused:
                self._is_paused = False
                self._transport.resume_reading()
            await self._wait(read_seconds)
        return answer.take_body()

    def finish(self) -> bool:
        """Forget the answer; returns whether another request may follow it."""
        answer, self._answer = self._answer, None
        may_follow = (
            answer is not None
            and answer.is_complete
            and answer.may_follow
            and not self._is_paused
            and not self._transport.is_closing()
        )
        if not may_follow:
            self.abort()
        return may_follow

    def is_quiet(self) -> bool:
        """Tell whether nothing, not even an end, came since it was last used.

        The system is asked, as the event loop may not have come to look yet.
        """
        return not self._transport.is_closing() and not self._poll.poll(0)

    def abort(self) -> None:
        """Close, without waiting for the other side; an answer under way is not to be had."""
        if self._failure is None and self._answer is not None and not self._answer.is_complete:
            self._failure = httpx.ReadError, "the connection was closed"
        self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self._transport = cast("asyncio.Transport", transport)
        self._poll = poll()
        self._poll.register(transport.get_extra_info("socket").fileno(), POLLIN)

    def data_received(self, data: bytes) -> None:
        """Read on; what nobody asked for ends the connection unread."""
        answer = self._answer
        if answer is None or answer.is_complete:
            self.abort()
            return
        try:
            answer.feed(data)
        except httpx.RemoteProtocolError as failure:
            self._fail(failure)
            return
        if len(answer.body) > HIGH_WATER_BYTES and not self._is_paused and not answer.is_complete:
            self._is_paused = True
            self._transport.pause_reading()
        self._wake()

    def connection_lost(self, exc: Exception | None) -> None:
        """End the answer with the connection."""
        if self._answer is not None and self._failure is None:
            try:
                self._answer.end(is_clean=exc is None)
            except httpx.TransportError as failure:
                self._failure = type(failure), str(failure)
        self._wake()
        self.gone.set_result(None)
        self._on_lost(self)

    async def _wait(self, seconds: float | None) -> None:
        """Wait until something came, the end included."""
        if self._failure is None:
            self._waiter = self._loop.create_future()
            timer = self._loop.call_later(seconds, self._time_out) if seconds else None
            try:
                await self._waiter
            except BaseException:
                self.abort()
                raise
            finally:
                self._waiter = None
                if timer is not None:
                    timer.cancel()
        if self._failure is not None:
            failure, words = self._failure
            raise failure(words)

    def _time_out(self) -> None:
        self._fail(httpx.ReadTimeout("no byte for too long"))

    def _fail(self, failure: httpx.TransportError) -> None:
        self._failure = type(failure), str(failure)
        self._transport.abort()
        self._wake()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


class Body(httpx.AsyncByteStream):
    """The body of an answer; closing it gives the connection back, or closes it too."""

    def __init__(
        self,
        connection: Connection,
        answer: Answer,
        read_seconds: float | None,
        give_back: Callable[[Connection], None],
    ) -> None:
        self._give_back = give_back
        self._connection: Connection | None = connection
        self._answer = answer
        self._read_seconds = read_seconds

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while self._connection is not None:
            piece = await self._connection.read(self._answer, self._read_seconds)
            if not piece:
                return
            yield piece

    async def aclose(self) -> None:
        """Be done with it, whether or not all of it was read."""
        connection, self._connection = self._connection, None
        if connection is not None:
            self._give_back(connection)
