"""Bounds on what a connection may send, and on how long it may take, in front of uvicorn.

uvicorn waits for a request's head for ever, takes one of any length, and keeps a connection whose
caller reads nothing. `Connections` stands on both sides of it: as the protocol that gets the bytes,
and as the ASGI layer that sees where a request begins and ends.
"""

from __future__ import annotations

import asyncio
import logging
import time
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from uvicorn.protocols.http.auto import AutoHTTPProtocol

from app.errors import UnreadError
from app.observability.metrics import OTHER
from app.web.middleware.security_headers import BARE
from app.web.problem_details import problem_response

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from app.observability.metrics import Metrics

# Of a head; of a body too, the longest of which that any route reads is a few hundred bytes.
MAX_BYTES: Final = 32 * 1024
# For a head from its first byte, and for what is left of a body once its request was answered.
REQUEST_SECONDS: Final = 10
# For a caller to read anything of what waits for it.
STALL_SECONDS: Final = 30
# Closing on bytes that are still coming resets the connection, and the caller never reads why.
LINGER_SECONDS: Final = 1
SWEEP_SECONDS: Final = 1
BODY_FIELDS: Final = {b"content-length", b"transfer-encoding"}
DETAILS: Final = {
    HTTPStatus.REQUEST_TIMEOUT: "The request's head took too long.",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "The request's body is too long.",
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE: "The request's head is too long.",
}

logger = logging.getLogger("voicegate.connections")


class Connections:
    """All open connections; an ASGI app around that of the service."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics
        self._by_peer: dict[tuple[str, int], Connection] = {}
        self._refused = 0
        self._is_sweeping = False

    def protocol(self, **options: Any) -> Connection:
        """Return the protocol of one connection; uvicorn calls it as it would call its own."""
        return Connection(AutoHTTPProtocol(**options), self)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, and note where the request's answer begins and ends."""
        connection = self._by_peer.get(scope["client"]) if scope["type"] == "http" else None
        if connection is None:
            await self._app(scope, receive, send)
            return
        connection.begin_answer()
        is_whole = not any(
            name in BODY_FIELDS and value != b"0" for name, value in scope["headers"]
        )

        async def watched_receive() -> Message:
            nonlocal is_whole
            message = await receive()
            is_whole = is_whole or not message.get("more_body", False)
            return message

        try:
            await self._app(scope, receive if is_whole else watched_receive, send)
        finally:
            connection.end_answer(is_whole=is_whole)

    def add(self, connection: Connection, peer: tuple[str, int]) -> None:
        """Take a new connection in."""
        self._by_peer[peer] = connection
        if not self._is_sweeping:
            self._is_sweeping = True
            asyncio.get_running_loop().call_later(SWEEP_SECONDS, self._sweep)

    def remove(self, connection: Connection, peer: tuple[str, int]) -> None:
        """Forget one that is closed; its address may already be that of another."""
        if self._by_peer.get(peer) is connection:
            del self._by_peer[peer]

    def count_refusal(self, status: HTTPStatus, seconds: float) -> None:
        """Count what no route will ever see."""
        self._refused += 1
        self._metrics.request(OTHER, OTHER, status, seconds)

    def _sweep(self) -> None:
        now = time.monotonic()
        for connection in list(self._by_peer.values()):
            connection.check(now)
        if self._refused:
            # One line for all of a second: a flood must not become a flood of lines.
            logger.warning("refused %d requests that were too long or too slow", self._refused)
            self._refused = 0
        self._is_sweeping = bool(self._by_peer)
        if self._is_sweeping:
            asyncio.get_running_loop().call_later(SWEEP_SECONDS, self._sweep)


class Connection(asyncio.Protocol):
    """One connection: passes everything on to uvicorn's protocol, as long as it is in bounds."""

    __slots__ = (
        *("_bytes", "_connections", "_inner", "_is_answering", "_is_new", "_is_refused"),
        *("_is_rest_due", "_peer", "_since", "_transport", "_unsent", "_unsent_since"),
    )
    _transport: asyncio.Transport

    def __init__(self, inner: asyncio.Protocol, connections: Connections) -> None:
        self._inner = inner
        self._connections = connections
        self._peer: tuple[str, int] | None = None
        self._since = self._unsent_since = time.monotonic()
        self._bytes = self._unsent = 0
        self._is_new = True
        self._is_answering = self._is_rest_due = self._is_refused = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for the first head."""
        self._transport = transport
        peer = transport.get_extra_info("peername")
        if isinstance(peer, tuple):
            self._peer = (str(peer[0]), int(peer[1]))
            self._connections.add(self, self._peer)
        self._inner.connection_made(JoinedWrites(transport))  # type: ignore[arg-type]

    def connection_lost(self, exc: Exception | None) -> None:
        """Be forgotten."""
        if self._peer is not None:
            self._connections.remove(self, self._peer)
        self._inner.connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Pass on what came, unless head or body grow too long."""
        if self._is_refused:
            return
        if not self._bytes:
            self._since = time.monotonic()
        left = MAX_BYTES - self._bytes
        self._bytes += len(data)
        if self._bytes <= MAX_BYTES:
            self._inner.data_received(data)
        elif b"\r\n\r\n" in data[:left]:
            self._refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        else:
            self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)

    def eof_received(self) -> bool | None:
        """Pass it on."""
        return self._inner.eof_received()

    def pause_writing(self) -> None:
        """Pass it on."""
        self._inner.pause_writing()

    def resume_writing(self) -> None:
        """Pass it on."""
        self._inner.resume_writing()

    def begin_answer(self) -> None:
        """Note that a head is whole; from now on the service may take its time."""
        self._is_new = False
        self._is_answering = True
        self._bytes = 0

    def end_answer(self, *, is_whole: bool) -> None:
        """Note that a request is answered. Args: whether all of its body had come."""
        self._is_answering = False
        self._is_rest_due = not is_whole
        self._bytes = 0
        self._since = time.monotonic()

    def check(self, now: float) -> None:
        """Close if something takes too long; called every `SWEEP_SECONDS`."""
        unsent = self._transport.get_write_buffer_size()
        if unsent != self._unsent:
            self._unsent = unsent
            self._unsent_since = now
        seconds = now - self._since
        if unsent and now - self._unsent_since > STALL_SECONDS:
            self._transport.abort()
        elif self._is_refused:
            if seconds > LINGER_SECONDS:
                self._transport.close()
        elif not self._is_answering and seconds > REQUEST_SECONDS:
            if self._is_rest_due:
                self._transport.close()
            elif self._is_new or self._bytes:
                self._refuse(HTTPStatus.REQUEST_TIMEOUT)

    def _refuse(self, status: HTTPStatus) -> None:
        if self._transport.is_closing():
            return
        now = time.monotonic()
        self._connections.count_refusal(status, now - self._since)
        self._is_refused = True
        self._since = now
        if self._is_answering:  # half an answer may be out
            self._transport.close()
            return
        answer = problem_response(UnreadError(status, DETAILS[status]), "", BARE)
        head = [f"HTTP/1.1 {status.value} {status.phrase}".encode()]
        head += [name + b": " + value for name, value in answer.raw_headers]
        self._transport.write(b"\r\n".join([*head, b"", bytes(answer.body)]))
        self._transport.write_eof()


class JoinedWrites:
    """A transport whose writes of one turn of the loop leave as one packet.

    uvicorn writes the head of an answer and its body apart; to wake a caller for the head alone
    costs both sides a system call more (measured).
    """

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._call_soon = asyncio.get_running_loop().call_soon
        self._parts: list[bytes] = []
        self.is_closing = transport.is_closing

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        """Take a part of what this turn sends."""
        if not self._parts:
            self._call_soon(self._flush)
        self._parts.append(data)

    def close(self) -> None:
        """Send what was taken, and close."""
        self._flush()
        self._transport.close()

    def _flush(self) -> None:
        if self._parts and not self._transport.is_closing():
            self._transport.writelines(self._parts)
        self._parts.clear()
