"""The process's one pool of upstream connections: httpx in front, aiohttp underneath.

Measured: stock httpx costs several times the CPU and collapses with 500 waiters.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import aiohttp
import httpx
from httpx_aiohttp import AiohttpTransport

if TYPE_CHECKING:
    from aiohttp.client_middlewares import ClientHandlerType

KEEP_ALIVE_SECONDS = 120


class NoCookies(httpx.Cookies):
    """Cookies that stay none, so that one caller's answer cannot colour the next request."""

    def extract_cookies(self, response: httpx.Response) -> None:
        """Keep nothing."""


class CookielessClient(httpx.AsyncClient):
    """An `AsyncClient` that is the same for every request."""

    _none = NoCookies()

    @property
    def cookies(self) -> httpx.Cookies:
        """No cookies."""
        return self._none

    @cookies.setter
    def cookies(self, cookies: Any) -> None:
        """Keep nothing."""


class PooledTransport(AiohttpTransport):
    """`AiohttpTransport` that gives every failure the httpx exception that it is.

    Out of the box a refused or dropped connection reads as a connect timeout, a malformed answer
    comes out as an aiohttp exception whose text quotes it, and aiohttp retries by itself.
    """

    def __init__(self, max_connections: int) -> None:
        super().__init__(trust_env=False, client=self._open_session)
        self._max_connections = max_connections

    def _open_session(self) -> aiohttp.ClientSession:
        connector = aiohttp.TCPConnector(
            limit=self._max_connections,
            keepalive_timeout=KEEP_ALIVE_SECONDS,
            ssl=self.ssl_context,
        )
        return aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=False,
            middlewares=(_name_failures,),
        )

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request, without following redirects."""
        response = await super().handle_async_request(request)
        # The upstream's own words; httpx would write them to its log.
        response.extensions.pop("reason_phrase", None)
        return response


async def _name_failures(
    request: aiohttp.ClientRequest, handler: ClientHandlerType
) -> aiohttp.ClientResponse:
    """Turn what happens between connecting and an answer into httpx's exceptions."""
    try:
        return await handler(request)
    except aiohttp.ServerTimeoutError:
        raise  # the transport maps these rightly
    except aiohttp.ClientConnectorError as cause:
        raise httpx.ConnectError("no connection") from cause
    except (aiohttp.ClientConnectionError, OSError) as cause:
        raise httpx.ReadError("the connection ended before an answer") from cause
    except aiohttp.ClientResponseError as cause:
        raise httpx.RemoteProtocolError("the answer is not HTTP") from cause


def open_http_client(
    *,
    connect_seconds: float,
    read_seconds: float,
    max_connections: int,
    transport: httpx.AsyncBaseTransport | None = None,
) -> httpx.AsyncClient:
    """Return the client for the process; needs a running event loop, close with `aclose()`."""
    return CookielessClient(
        transport=transport or PooledTransport(max_connections),
        # `pool` bounds looking up the name, connecting and TLS together.
        timeout=httpx.Timeout(
            connect=connect_seconds,
            read=read_seconds,
            write=read_seconds,
            pool=connect_seconds,
        ),
        follow_redirects=False,
        trust_env=False,
    )
