"""Prometheus' own port: one path, one answer a connection, and bounds on all of it."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Final

from app.observability.metrics import CONTENT_TYPE

if TYPE_CHECKING:
    import socket

    from app.observability.metrics import Metrics

MAX_CONNECTIONS: Final = 16
MAX_HEAD_BYTES: Final = 8 * 1024
TOTAL_SECONDS: Final = 5


class MetricsServer:
    """Answers `GET /metrics` on a listening socket of its own."""

    def __init__(self, metrics: Metrics, listener: socket.socket) -> None:
        self._metrics = metrics
        self._listener = listener
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Begin to answer."""
        self._server = await asyncio.start_server(
            self._connected, sock=self._listener, limit=MAX_HEAD_BYTES
        )

    async def stop(self) -> None:
        """Close everything."""
        if self._server is None:
            return
        self._server.close()
        for task in self._open:
            task.cancel()
        if self._open:
            await asyncio.wait(self._open)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if len(self._open) >= MAX_CONNECTIONS:
            writer.transport.abort()
            return
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - streams run this in one
        self._open.add(task)
        try:
            async with asyncio.timeout(TOTAL_SECONDS):
                writer.write(self._answer(await reader.readuntil(b"\r\n\r\n")))
                await writer.drain()
                writer.close()
                await writer.wait_closed()
        except (TimeoutError, OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass  # nobody is left to be told
        finally:
            self._open.discard(task)
            with contextlib.suppress(OSError):
                writer.transport.abort()

    def _answer(self, head: bytes) -> bytes:
        method, _, rest = head.partition(b"\r\n")[0].partition(b" ")
        path = rest.partition(b" ")[0].partition(b"?")[0]
        if path != b"/metrics":
            return _whole("404 Not Found", b"There is only /metrics here.\n")
        if method not in {b"GET", b"HEAD"}:
            return _whole("405 Method Not Allowed", b"", "Allow: GET, HEAD")
        return _whole("200 OK", self._metrics.exposition(), is_head=method == b"HEAD")


def _whole(status: str, body: bytes, *more: str, is_head: bool = False) -> bytes:
    head = [
        f"HTTP/1.1 {status}",
        f"Content-Type: {CONTENT_TYPE}",
        f"Content-Length: {len(body)}",
        "Cache-Control: no-store",
        "Connection: close",
        "X-Content-Type-Options: nosniff",
        *more,
    ]
    return "\r\n".join([*head, "", ""]).encode() + (b"" if is_head else body)
