"""The pool: connections that are kept and used again, and httpx's view of them."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from functools import cache
from typing import TYPE_CHECKING

import httpx

from app.upstream.transport.connection import Body, Connection
from app.upstream.transport.dialing import connect
from app.upstream.transport.wire import Origin, encode, origin_of

if TYPE_CHECKING:
    import ssl

    from app.upstream.transport.answer import Answer

CLOSE_SECONDS = 1


@cache
def default_context() -> ssl.SSLContext:
    """Return httpx's way to check certificates; reading them takes 20 ms, so it is done once."""
    context = httpx.create_ssl_context()
    context.set_alpn_protocols(["http/1.1"])
    return context


def _on_wire(request: httpx.Request) -> tuple[Origin, bytes]:
    """Return where a request goes and its bytes; kept with it, as most are sent again and again."""
    kept: tuple[Origin, bytes] | None = request.extensions.get("voicegate.wire")
    if kept is None:
        kept = origin_of(request.url), encode(request)
        request.extensions["voicegate.wire"] = kept
    return kept


class PooledTransport(httpx.AsyncBaseTransport):
    """HTTP/1.1 over at most `max_connections` kept connections, the last used one first.

    The time-outs are those of the request: `pool` for the wait for a place, `connect` for the name,
    TCP and TLS together, `read` for the time between two bytes. A request that met the end of
    a connection which had served before, and no byte of an answer, is sent once more over a new
    one, as RFC 9110, section 9.2.2 allows. Proxies of the environment are not used.

    Args:
        max_connections: Open at the same time, to all hosts together.
        keep_alive_seconds: How long an unused connection stays open.
        context: Checks certificates; httpx's own by default.
    """

    def __init__(
        self,
        max_connections: int,
        *,
        keep_alive_seconds: float,
        context: ssl.SSLContext | None = None,
    ) -> None:
        self._max_connections = max_connections
        self._keep_alive_seconds = keep_alive_seconds
        self._context = context
        self._places = asyncio.Semaphore(max_connections)
        self._in_use = 0
        self._is_closed = False
        self._idle: dict[Origin, deque[Connection]] = {}
        self._open: dict[Connection, Origin] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._warming: asyncio.Task[None] | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request, without following redirects; its answer must be closed."""
        limits = request.extensions.get("timeout", {})
        await self._enter(limits.get("pool"))
        try:
            connection, answer = await self._ask(request, limits)
        except BaseException:
            self._leave()
            raise
        body = Body(connection, answer, limits.get("read"), self._give_back)
        return httpx.Response(answer.status, headers=answer.headers, stream=body)

    def warm_up(self, url: httpx.URL, seconds: float | None) -> None:
        """Open a connection ahead, in the background; should that fail, nobody hears of it."""
        self._warming = asyncio.create_task(self._warm_up(origin_of(url), seconds))

    async def aclose(self) -> None:
        """Close every connection, those in use included."""
        self._is_closed = True
        if self._warming is not None:
            self._warming.cancel()
            await asyncio.wait([self._warming])
        if self._timer is not None:
            self._timer.cancel()
        for connection in list(self._open):
            connection.abort()
        if self._open:
            await asyncio.wait(
                [connection.gone for connection in self._open], timeout=CLOSE_SECONDS
            )

    async def _ask(
        self, request: httpx.Request, limits: dict[str, float | None]
    ) -> tuple[Connection, Answer]:
        origin, data = _on_wire(request)
        read_seconds = limits.get("read")
        connection = self._take_idle(origin)
        if connection is not None:
            try:
                return connection, await connection.ask(data, read_seconds)
            except httpx.ReadError:
                if request.method != "GET":
                    raise
        connection = await self._connect(origin, limits.get("connect"))
        return connection, await connection.ask(data, read_seconds)

    async def _warm_up(self, origin: Origin, seconds: float | None) -> None:
        with contextlib.suppress(httpx.TransportError):
            await self._enter(seconds)
            try:
                self._keep(await self._connect(origin, seconds))
            finally:
                self._leave()

    async def _enter(self, seconds: float | None) -> None:
        """Wait for a place, first come first served."""
        if self._places.locked():
            try:
                async with asyncio.timeout(seconds):
                    await self._places.acquire()
            except TimeoutError as cause:
                raise httpx.PoolTimeout("no free connection in time") from cause
        else:
            await self._places.acquire()
        self._in_use += 1

    def _leave(self) -> None:
        self._in_use -= 1
        self._places.release()

    async def _connect(self, origin: Origin, seconds: float | None) -> Connection:
        if self._is_closed:
            raise httpx.ConnectError("the pool is closed")
        if self._in_use + sum(map(len, self._idle.values())) > self._max_connections:
            self._discard_oldest()
        context = (self._context or default_context()) if origin.is_secure else None
        connection = await connect(origin.host, origin.port, context, seconds, self._lost)
        self._open[connection] = origin
        return connection

    def _take_idle(self, origin: Origin) -> Connection | None:
        idle = self._idle.get(origin)
        while idle:
            connection = idle.pop()
            if connection.is_quiet():
                return connection
            connection.abort()
        return None

    def _give_back(self, connection: Connection) -> None:
        """Keep a connection whose answer is complete; close it on one that is not."""
        if connection.finish():
            self._keep(connection)
        self._leave()

    def _keep(self, connection: Connection) -> None:
        origin = self._open.get(connection)
        if origin is None:  # lost in this very moment
            return
        connection.idle_since = asyncio.get_running_loop().time()
        self._idle.setdefault(origin, deque()).append(connection)
        if self._timer is None:
            self._set_timer(self._keep_alive_seconds)

    def _set_timer(self, seconds: float) -> None:
        self._timer = asyncio.get_running_loop().call_later(seconds, self._expire)

    def _expire(self) -> None:
        """Close what was not used for too long, and look again when the next one is due."""
        self._timer = None
        now = asyncio.get_running_loop().time()
        self._idle = {origin: idle for origin, idle in self._idle.items() if idle}
        for idle in self._idle.values():
            while idle and now - idle[0].idle_since >= self._keep_alive_seconds:
                idle.popleft().abort()
        since = [idle[0].idle_since for idle in self._idle.values() if idle]
        if since:
            self._set_timer(min(since) + self._keep_alive_seconds - now)

    def _discard_oldest(self) -> None:
        queues = [idle for idle in self._idle.values() if idle]
        if queues:
            min(queues, key=lambda idle: idle[0].idle_since).popleft().abort()

    def _lost(self, connection: Connection) -> None:
        origin = self._open.pop(connection, None)
        if origin is not None:
            with contextlib.suppress(KeyError, ValueError):
                self._idle[origin].remove(connection)
