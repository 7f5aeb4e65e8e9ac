"""uvicorn's HTTP parser, with bounds on what it reads before there is a request to speak of."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from app.errors import RequestError
from app.web.middleware.security_headers import BARE
from app.web.problem_details import problem_response

if TYPE_CHECKING:
    import asyncio

MAX_HEAD_BYTES = 32 * 1024
HEAD_SECONDS = 10
# The longest body that any route reads is a few hundred bytes.
MAX_BODY_BYTES = 16 * 1024
BODY_SECONDS = 10
BODY_FIELDS = {b"content-length", b"transfer-encoding"}
# Closing on bytes that are still coming resets the connection, and the caller never reads why.
LINGER_SECONDS = 1


class BadHeadError(RequestError):
    """What came is no request head that we read to its end."""

    def __init__(self, status: HTTPStatus, detail: str) -> None:
        super().__init__(status.phrase, detail=detail)
        self.status = status.value
        self.code = "invalid_request"
        self.title = status.phrase


class Gathered:
    """A transport that sends at once what is written within one turn of the loop.

    uvicorn writes head and body of an answer one after the other: two packets, two system calls,
    and a client that is woken twice.

    Args:
        transport: Sends.
        loop: Runs it.
    """

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._written: list[bytes] = []

    def write(self, data: bytes) -> None:
        """Keep it until the turn is over."""
        if not self._written:
            self._loop.call_soon(self.flush)
        self._written.append(data)

    def flush(self) -> None:
        """Send what was kept."""
        if self._written:
            data = b"".join(self._written)
            self._written.clear()
            self._transport.write(data)

    def write_eof(self) -> None:
        """Send what was kept, and the end."""
        self.flush()
        self._transport.write_eof()

    def close(self) -> None:
        """Send what was kept, and close."""
        self.flush()
        self._transport.close()

    def __getattr__(self, name: str) -> Any:
        """Leave all else to the transport."""
        return getattr(self._transport, name)


class BoundedHttpProtocol(HttpToolsProtocol):
    """Answers 431 or 413 to what is too long, 408 to what takes too long, 400 to no HTTP.

    Without it, one caller could fill the memory with headers or hold connections open for ever.
    A body that nobody reads, such as that of a GET, has the same bounds.
    """

    _head_bytes = 0
    _body_bytes = 0
    _in_head = True
    _deadline: asyncio.TimerHandle | None = None
    _refused = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Start the clock: the first request must come within `HEAD_SECONDS`."""
        gathered = cast("asyncio.Transport", Gathered(transport, self.loop))
        super().connection_made(gathered)
        self._deadline = self.loop.call_later(HEAD_SECONDS, self._too_slow)

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the clock."""
        self._stop_clock()
        super().connection_lost(exc)

    def on_message_begin(self) -> None:
        """Start counting a request's head."""
        super().on_message_begin()
        self._in_head = True
        self._head_bytes = 0
        if self._deadline is None:
            self._deadline = self.loop.call_later(HEAD_SECONDS, self._too_slow)

    def on_headers_complete(self) -> None:
        """Start the body's clock; it stops at once where there is none."""
        self._in_head = False
        self._stop_clock()
        self._body_bytes = 0
        super().on_headers_complete()
        if _has_body(self.headers):
            self._deadline = self.loop.call_later(BODY_SECONDS, self._body_too_slow)

    def on_body(self, body: bytes) -> None:
        """Pass a part of the body on, unless it grows too long."""
        self._body_bytes += len(body)
        if self._body_bytes > MAX_BODY_BYTES:
            self._refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "The request's body is too long.")
        elif not self._refused:
            super().on_body(body)

    def on_response_complete(self) -> None:
        """Send the answer before the next request is looked at."""
        cast("Gathered", self.transport).flush()
        super().on_response_complete()

    def on_message_complete(self) -> None:
        """Stop the body's clock."""
        if not self._refused:
            self._stop_clock()
        super().on_message_complete()

    def data_received(self, data: bytes) -> None:
        """Parse what came, unless the head grows too long."""
        if self._refused:
            return
        super().data_received(data)
        if self._in_head:
            self._head_bytes += len(data)
            if self._head_bytes > MAX_HEAD_BYTES:
                self._refuse(
                    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "The request's head is too long."
                )

    def send_400_response(self, msg: str) -> None:
        """Answer what is not HTTP; `msg` is the parser's, and fixed."""
        self._refuse(HTTPStatus.BAD_REQUEST, msg)

    def _too_slow(self) -> None:
        self._refuse(HTTPStatus.REQUEST_TIMEOUT, "The request's head took too long.")

    def _body_too_slow(self) -> None:
        self._refuse(HTTPStatus.REQUEST_TIMEOUT, "The request's body took too long.")

    def _refuse(self, status: HTTPStatus, detail: str) -> None:
        if self._refused or self.transport.is_closing():
            return
        self._refused = True
        cycle = self.cycle
        if not self._in_head and cycle is not None:
            # The route that waits for the body, or has not asked for it, finds its caller gone.
            cycle.disconnected = True
            cycle.message_event.set()
            if cycle.response_started or self.pipeline:
                self.transport.close()
                return
        answer = problem_response(BadHeadError(status, detail), "", {"Connection": "close", **BARE})
        head = [f"HTTP/1.1 {status.value} {status.phrase}".encode()]
        head += [name + b": " + value for name, value in answer.raw_headers]
        self.transport.write(b"\r\n".join([*head, b"", bytes(answer.body)]))
        self.transport.write_eof()
        self._stop_clock()
        self._deadline = self.loop.call_later(LINGER_SECONDS, self.transport.close)

    def _stop_clock(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None


def _has_body(headers: list[tuple[bytes, bytes]]) -> bool:
    return any(name in BODY_FIELDS and value != b"0" for name, value in headers)
