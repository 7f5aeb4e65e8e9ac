"""The way out to the agent service: httpx's transport interface over aiohttp's public client."""

from __future__ import annotations

import asyncio
import contextlib
import select
import time
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Final, Self
from urllib.request import getproxies, proxy_bypass
from weakref import WeakKeyDictionary

import aiohttp
import httpx
from multidict import CIMultiDict
from yarl import URL

from app.errors import ConfigurationError

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncIterator, Callable

    from aiohttp import ClientHandlerType, ClientRequest, ClientResponse, ClientTimeout
    from aiohttp.connector import Connection

KEEP_ALIVE_SECONDS: Final = 30
# A changed address of the upstream is followed within this time, whatever the traffic.
MAX_AGE_SECONDS: Final = 300
DNS_CACHE_SECONDS: Final = 10
# A kept connection may have gone deaf (NAT, suspend), which only silence shows ...
FIRST_WAIT_SECONDS: Final = 2
# ... unless a new one is as slow; then nothing is asked twice for so long.
PATIENT_SECONDS: Final = 60
MAX_HEAD_BYTES: Final = 32 * 1024

# Failures before the head of an answer is complete, the special before the general.
ERRORS: Final[tuple[tuple[type[Exception], type[httpx.TransportError], str], ...]] = (
    (aiohttp.ConnectionTimeoutError, httpx.ConnectTimeout, "no connection in time"),
    (aiohttp.ServerTimeoutError, httpx.ReadTimeout, "no byte for too long"),
    (aiohttp.ClientConnectorError, httpx.ConnectError, "no connection"),
    (aiohttp.ClientHttpProxyError, httpx.ConnectError, "the proxy refuses the connection"),
    (UnicodeError, httpx.ConnectError, "no host can have this name"),
    (aiohttp.ClientConnectionError, httpx.ReadError, "the connection ended before an answer"),
    (aiohttp.ClientError, httpx.RemoteProtocolError, "not HTTP, or its head is too long"),
)


class _Sending:
    """One sending of a request: whether it used a kept connection, and how long that may take."""

    def __init__(self, first_wait_seconds: float | None) -> None:
        self.is_on_kept = False
        self.first_wait = asyncio.timeout(None)
        self._first_wait_seconds = first_wait_seconds

    def uses_kept(self) -> None:
        """Take note that the connection served before."""
        self.is_on_kept = True
        if self._first_wait_seconds is not None:
            now = asyncio.get_running_loop().time()
            self.first_wait.reschedule(now + self._first_wait_seconds)


# aiohttp hands nothing of ours from a request to its connector.
_sending: ContextVar[_Sending | None] = ContextVar("_sending", default=None)


class _Connector(aiohttp.TCPConnector):
    """aiohttp's pool, without connections that are too old or on which anything came.

    Bytes that nobody asked for must not be taken for the answer to the next request.
    """

    def __init__(self, max_age_seconds: float, **options: Any) -> None:
        super().__init__(**options)
        self._max_age_seconds = max_age_seconds
        self._dropped_at = 0.0
        # When each was opened, and how to ask the system whether something came on it.
        self._opened: WeakKeyDictionary[Any, tuple[float, Callable[[int], list[Any]]]]
        self._opened = WeakKeyDictionary()

    async def connect(
        self,
        req: ClientRequest,
        traces: list[Any],
        timeout: ClientTimeout,  # noqa: ASYNC109 - aiohttp's signature
    ) -> Connection:
        """Return a kept connection that is good, or a new one."""
        while True:
            connection = await super().connect(req, traces, timeout)
            protocol: Any = connection.protocol
            now = time.monotonic()
            if protocol not in self._opened:
                poll = select.poll()
                line = protocol.transport.get_extra_info("socket")
                poll.register(line.fileno(), select.POLLIN)
                self._opened[protocol] = now, poll.poll
                return connection
            opened, has_input = self._opened[protocol]
            is_young = opened > max(self._dropped_at, now - self._max_age_seconds)
            # The event loop may not have read yet what the system has.
            if is_young and not protocol.should_close and not has_input(0):
                if (sending := _sending.get()) is not None:
                    sending.uses_kept()
                return connection
            connection.close()

    def drop_kept(self) -> None:
        """Use no connection again that is open now."""
        self._dropped_at = time.monotonic()


class _Body(httpx.AsyncByteStream):
    """The body of an answer; closed before its end, it closes the connection."""

    def __init__(self, response: ClientResponse) -> None:
        self._response = response

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            while piece := await self._response.content.readany():
                yield piece
        except aiohttp.ServerTimeoutError:
            raise httpx.ReadTimeout("no byte for too long") from None
        except aiohttp.ClientError:
            raise httpx.RemoteProtocolError("the answer broke off") from None

    async def aclose(self) -> None:
        self._response.close()


class AiohttpTransport(httpx.AsyncBaseTransport):
    """Sends GET requests to one origin, follows no redirect; opened by `async with`.

    A request that met the end of a kept connection, or its silence, is sent once more over a new
    one (RFC 9110, section 9.2.2), and what is open then is not used again. The environment's
    proxies and certificates (`HTTPS_PROXY`, `NO_PROXY`, `SSL_CERT_FILE`, ...) are read once, here.
    How many connections there are is bounded by who asks.

    Args:
        url: Where requests go.
        connect_seconds: Bounds looking up the name, TCP and TLS together.
        read_seconds: Bounds the time between two bytes of an answer.
        keep_alive_seconds: How long an unused connection is kept.
        max_age_seconds: How old a connection may be when it is used again.
        first_wait_seconds: How long a kept connection may take to the head of an answer.
        context: Checks certificates; httpx's own, with the environment's, by default.

    Raises:
        ConfigurationError: The environment names a proxy or certificates that cannot be used.
    """

    _connector: _Connector
    _session: aiohttp.ClientSession

    def __init__(
        self,
        url: str,
        *,
        connect_seconds: float,
        read_seconds: float,
        keep_alive_seconds: float = KEEP_ALIVE_SECONDS,
        max_age_seconds: float = MAX_AGE_SECONDS,
        first_wait_seconds: float = FIRST_WAIT_SECONDS,
        context: ssl.SSLContext | None = None,
    ) -> None:
        self._url = URL(url)
        self._proxy = _proxy_for(self._url)
        self._first_wait_seconds = first_wait_seconds
        self._patient_until = 0.0
        self._warming: asyncio.Task[None] | None = None
        self._timeout = aiohttp.ClientTimeout(connect=connect_seconds, sock_read=read_seconds)
        self._keep_alive_seconds = keep_alive_seconds
        self._max_age_seconds = max_age_seconds
        if context is None and self._url.scheme == "https":
            context = _trusted_by_environment()
        self._context = context

    async def __aenter__(self) -> Self:
        """Open the pool, which takes a running event loop."""
        self._connector = _Connector(
            self._max_age_seconds,
            limit=0,
            keepalive_timeout=self._keep_alive_seconds,
            ttl_dns_cache=min(DNS_CACHE_SECONDS, self._max_age_seconds),
            ssl=self._context or True,
        )
        self._session = aiohttp.ClientSession(
            connector=self._connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            skip_auto_headers=("Accept", "Accept-Encoding", "User-Agent"),
            timeout=self._timeout,
            proxy=self._proxy,
            middlewares=(_translate_errors,),
            max_line_size=MAX_HEAD_BYTES,
            max_field_size=MAX_HEAD_BYTES,
        )
        return self

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request; its answer must be closed."""
        started = time.monotonic()
        is_patient = started < self._patient_until
        sending = _Sending(None if is_patient else self._first_wait_seconds)
        try:
            response = await self._send(request, sending)
        except (httpx.ReadError, httpx.ReadTimeout, TimeoutError) as error:
            if not sending.is_on_kept:
                raise
            self._connector.drop_kept()
            retried = time.monotonic()
            response = await self._send(request, _Sending(None))
            now = time.monotonic()
            if isinstance(error, TimeoutError) and now - retried > self._first_wait_seconds:
                self._patient_until = now + PATIENT_SECONDS
        return httpx.Response(response.status, headers=response.raw_headers, stream=_Body(response))

    async def _send(self, request: httpx.Request, sending: _Sending) -> ClientResponse:
        # Kept with the request, as most are sent again and again.
        prepared = request.extensions.get("voicegate.prepared")
        if prepared is None:
            prepared = request.extensions["voicegate.prepared"] = _prepare(request)
        url, headers = prepared
        _sending.set(sending)
        async with sending.first_wait:
            response = await self._session.get(url, headers=headers, allow_redirects=False)
        coding = response.headers.get("Transfer-Encoding", "chunked")
        if response.status < httpx.codes.OK or coding.lower() != "chunked":
            response.close()
            raise httpx.RemoteProtocolError("a status or coding that was not asked for")
        return response

    def warm_up(self) -> None:
        """Open one connection in the background; should that fail, nobody hears of it."""
        self._warming = asyncio.create_task(self._warm_up())

    async def _warm_up(self) -> None:
        request = aiohttp.ClientRequest("GET", self._url, proxy=self._proxy)
        with contextlib.suppress(aiohttp.ClientError, OSError, UnicodeError):
            (await self._connector.connect(request, [], self._timeout)).release()

    async def aclose(self) -> None:
        """Close every connection, those in use included."""
        if self._warming is not None:
            self._warming.cancel()
            await asyncio.wait([self._warming])
        await self._session.close()


async def _translate_errors(request: ClientRequest, handler: ClientHandlerType) -> ClientResponse:
    """Raise httpx's errors; from in here, so that aiohttp itself sends nothing again.

    aiohttp's exceptions hold the request's headers, with the key, or a proxy's password: only what
    the system said of a failed connection is kept as the cause.
    """
    try:
        return await handler(request)
    except (aiohttp.ClientError, UnicodeError) as error:
        kind, text = next(row[1:] for row in ERRORS if isinstance(error, row[0]))
        cause = error.__cause__ if kind is httpx.ConnectError else None
        if isinstance(error, aiohttp.ServerDisconnectedError) and not isinstance(
            error.message, str
        ):
            kind, text = httpx.RemoteProtocolError, "the head of the answer broke off"
    raise kind(text) from cause


def _prepare(request: httpx.Request) -> tuple[URL, CIMultiDict[str]]:
    """Return a request's URL and headers as aiohttp takes them.

    Raises:
        LocalProtocolError: It cannot be sent as it is.
        UnsupportedProtocol: It is neither for http nor for https.
    """
    if request.url.scheme not in {"http", "https"}:
        raise httpx.UnsupportedProtocol("only http and https are supported")
    if request.method != "GET" or {"content-length", "transfer-encoding"} & request.headers.keys():
        raise httpx.LocalProtocolError("only GET without a body is sent")
    headers = CIMultiDict((name.decode(), value.decode()) for name, value in request.headers.raw)
    if any(character in value for value in headers.values() for character in "\r\n\0"):
        raise httpx.LocalProtocolError("a header holds a line break")
    return URL(str(request.url), encoded=True), headers


def _trusted_by_environment() -> ssl.SSLContext:
    """Return what checks certificates: httpx's own list, or that of the environment."""
    try:
        context = httpx.create_ssl_context()
    except OSError as error:
        raise ConfigurationError(
            "SSL_CERT_FILE names a file that cannot be used as a list of certificates "
            f"({error.strerror})."
        ) from None
    context.set_alpn_protocols(["http/1.1"])
    return context


def _proxy_for(url: URL) -> URL | None:
    """Return the proxy that the environment names for a URL."""
    proxies = getproxies()
    text = proxies.get(url.scheme) or proxies.get("all")
    if not text or proxy_bypass(url.authority):
        return None
    try:
        proxy = URL(text if "://" in text else f"http://{text}")
    except ValueError:
        proxy = URL()
    if proxy.scheme not in {"http", "https"} or not proxy.host:
        # Not repeated as a whole, since it may hold a password.
        kind = f"; it is {proxy.scheme}://" if proxy.host else ""
        raise ConfigurationError(
            f"The environment's proxy for {url.scheme} ({url.scheme.upper()}_PROXY or ALL_PROXY) "
            f"must be http://HOST[:PORT] or https://HOST[:PORT]{kind}."
        )
    return proxy
