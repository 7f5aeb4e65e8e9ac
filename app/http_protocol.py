"""uvicorn's HTTP parser, with bounds on what it reads before there is a request to speak of."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from app.errors import RequestError, problem_response

if TYPE_CHECKING:
    import asyncio

MAX_HEAD_BYTES = 32 * 1024
HEAD_SECONDS = 10
# Closing on bytes that are still coming resets the connection, and the caller never reads why.
LINGER_SECONDS = 1


class BadHeadError(RequestError):
    """What came is no request head that we read to its end."""

    def __init__(self, status: HTTPStatus, detail: str) -> None:
        super().__init__(status.phrase, detail=detail)
        self.status = status.value
        self.code = "invalid_request"
        self.title = status.phrase


class BoundedHttpProtocol(HttpToolsProtocol):
    """Answers 431 to a head that is too long, 408 to one that takes too long, 400 to no HTTP.

    Without it, one caller could fill the memory with headers or hold connections open for ever.
    """

    _head_bytes = 0
    _in_head = True
    _deadline: asyncio.TimerHandle | None = None
    _refused = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Start the clock: the first request must come within `HEAD_SECONDS`."""
        super().connection_made(transport)
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
        """Stop counting: the rest is the framework's business."""
        self._in_head = False
        self._stop_clock()
        super().on_headers_complete()

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

    def _refuse(self, status: HTTPStatus, detail: str) -> None:
        if self._refused or self.transport.is_closing():
            return
        self._refused = True
        answer = problem_response(BadHeadError(status, detail), "", {"Connection": "close"})
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
