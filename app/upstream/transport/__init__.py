"""The process's one pool of upstream connections: httpx in front, our own transport underneath.

Measured: stock httpx costs several times the CPU and collapses with 500 waiters.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

import httpx

# Longer than the pauses between callers: a new connection costs two round trips more.
KEEP_ALIVE_SECONDS = 120


class NoCookies(httpx.Cookies):
    """Cookies that stay none, so that one caller's answer cannot colour the next request."""

    def extract_cookies(self, response: httpx.Response) -> None:
        """Keep nothing."""


class PooledClient(httpx.AsyncClient):
    """An `AsyncClient` that is the same for every request, and can open a connection ahead."""

    _none = NoCookies()

    @property
    def cookies(self) -> httpx.Cookies:
        """No cookies."""
        return self._none

    @cookies.setter
    def cookies(self, cookies: Any) -> None:
        """Keep nothing."""

    async def send(
        self, request: httpx.Request, *, stream: bool = False, **options: Any
    ) -> httpx.Response:
        """Send a request; one whose answer is read as it comes goes straight to the transport.

        Nothing here uses what httpx does around it (authentication, redirects, cookies, hooks);
        it takes as long as the transport itself (measured).
        """
        if not stream or options:
            return await super().send(request, stream=stream, **options)
        request.extensions.setdefault("timeout", self._limits)
        response = await self._transport_for_url(request.url).handle_async_request(request)
        response.request = request
        return response

    @cached_property
    def _limits(self) -> dict[str, float | None]:
        return self.timeout.as_dict()

    def warm_up(self, url: str) -> None:
        """Open one connection in the background; should that fail, nobody hears of it."""
        warm_up = getattr(self._transport, "warm_up", None)
        if warm_up is not None:
            warm_up(httpx.URL(url), self.timeout.connect)


def open_http_client(
    *,
    connect_seconds: float,
    read_seconds: float,
    max_connections: int,
    transport: httpx.AsyncBaseTransport | None = None,
) -> PooledClient:
    """Return the client for the process; needs a running event loop, close with `aclose()`."""
    return PooledClient(
        transport=transport or _pool(max_connections),
        # `connect` bounds looking up the name, TCP and TLS together.
        timeout=httpx.Timeout(
            connect=connect_seconds,
            read=read_seconds,
            write=read_seconds,
            pool=connect_seconds,
        ),
        follow_redirects=False,
        trust_env=False,
    )


def _pool(max_connections: int) -> httpx.AsyncBaseTransport:
    try:
        from app.upstream.transport.pool import PooledTransport  # noqa: PLC0415 - httptools may be absent
    except ImportError:
        limits = httpx.Limits(
            max_connections=max_connections,
            max_keepalive_connections=max_connections,
            keepalive_expiry=KEEP_ALIVE_SECONDS,
        )
        return httpx.AsyncHTTPTransport(limits=limits, trust_env=False)
    return PooledTransport(max_connections, keep_alive_seconds=KEEP_ALIVE_SECONDS)
