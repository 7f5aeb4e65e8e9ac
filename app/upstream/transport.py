"""How requests leave the service: httpx's transport interface over libcurl."""

import asyncio
import os
import re
import select
import socket
import ssl
from asyncio import Future
from collections.abc import Callable
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any, Final, Self
from urllib.request import getproxies

import certifi
import httpx
import pycurl

from app.errors import ConfigurationError

KEEP_ALIVE_SECONDS: Final = 30
# A changed address of the upstream is followed within this time, whatever the traffic.
MAX_AGE_SECONDS: Final = 300
# A kept connection may have gone deaf (NAT, suspend), which only silence shows ...
FIRST_WAIT_SECONDS: Final = 2
# ... unless a new one is as slow; then nothing is asked twice for so long.
PATIENT_SECONDS: Final = 60
MAX_KEPT_CONNECTIONS: Final = 4096
# The longest are those on sessions, which repeat their configuration.
MAX_BODY_BYTES: Final = 256 * 1024
MAX_PORT: Final = 65535

# What libcurl's errors are to whoever asked, and the system's error behind them.
FAILURES: Final[dict[int, tuple[type[httpx.TransportError], str, type[OSError] | None]]] = {
    pycurl.E_COULDNT_RESOLVE_HOST: (httpx.ConnectError, "no such host", socket.gaierror),
    pycurl.E_COULDNT_RESOLVE_PROXY: (httpx.ConnectError, "no such proxy", socket.gaierror),
    pycurl.E_COULDNT_CONNECT: (httpx.ConnectError, "no connection", OSError),
    pycurl.E_SSL_CONNECT_ERROR: (httpx.ConnectError, "no TLS", OSError),
    pycurl.E_PEER_FAILED_VERIFICATION: (
        *(httpx.ConnectError, "the certificate is not trusted", ssl.SSLCertVerificationError),
    ),
    pycurl.E_ABORTED_BY_CALLBACK: (httpx.ReadError, "a kept connection ended", None),
    pycurl.E_GOT_NOTHING: (httpx.ReadError, "the connection ended before an answer", None),
    pycurl.E_RECV_ERROR: (httpx.ReadError, "the connection ended before an answer", None),
    pycurl.E_SEND_ERROR: (httpx.WriteError, "the connection ended before an answer", None),
    pycurl.E_PARTIAL_FILE: (httpx.RemoteProtocolError, "the answer broke off", None),
    pycurl.E_WRITE_ERROR: (httpx.RemoteProtocolError, "the answer is too long", None),
}
NOT_HTTP: Final = (httpx.RemoteProtocolError, "not HTTP, or its head is too long", None)

# By the local port of each connection of a pool, what tells whether something came on it.
Polls = dict[int, Callable[[int], list[Any]]]


class ProxyRefusedError(httpx.ProxyError):
    """A proxy opened no tunnel to the upstream, and answered this status instead."""

    def __init__(self, status: int) -> None:
        super().__init__(f"the proxy answered {status}")
        self.status = status


class _Handle:
    """One of libcurl's handles, used for one exchange after the other, and what came on it."""

    __slots__ = ("_loop", "_polls", "_ports", "curl", "head", "is_sent", "pieces", "prepared")

    def __init__(self, options: dict[int, Any], polls: Polls, ports: dict[int, int]) -> None:
        self._polls = polls
        self._ports = ports
        self._loop = asyncio.get_running_loop()
        self.prepared: object = None
        self.is_sent = False
        self.head: list[bytes] = []
        self.pieces = bytearray()
        self.curl = pycurl.Curl()
        for option, value in options.items():
            self.curl.setopt(option, value)
        self.curl.setopt(pycurl.PREREQFUNCTION, self._before_sending)
        self.curl.setopt(pycurl.HEADERFUNCTION, self.head.append)
        self.curl.setopt(pycurl.WRITEFUNCTION, self._take)

    def _before_sending(self, _: str, __: str, ___: int, local_port: int) -> int:
        """Refuse a connection on which something came, and the second sending.

        What nobody asked for must not be taken for the answer to the next request, and libcurl
        looks for it too rarely. Of itself it would send again after the end of a kept connection.
        """
        poll = self._polls.get(local_port)  # none for a new connection
        if self.is_sent or (poll is not None and poll(0)):
            return int(pycurl.PREREQFUNC_ABORT)
        self.is_sent = True
        # Within its callbacks libcurl does not say which socket that is.
        self._loop.call_soon(self._note, local_port)
        return int(pycurl.PREREQFUNC_OK)

    def _note(self, local_port: int) -> None:
        """Take note of the connection in use, in place of whichever had its socket."""
        descriptor = self.curl.getinfo(pycurl.ACTIVESOCKET)
        if descriptor == -1:
            self._polls.pop(local_port, None)
            return
        known_port = self._ports.get(descriptor)
        if known_port != local_port or local_port not in self._polls:
            self._polls.pop(known_port or 0, None)
            poll = select.poll()
            poll.register(descriptor, select.POLLIN)
            self._polls[local_port] = poll.poll
            self._ports[descriptor] = local_port

    def _take(self, piece: bytes) -> int:
        self.pieces += piece
        return len(piece) if len(self.pieces) <= MAX_BODY_BYTES else 0

    def answer(self) -> httpx.Response:
        """Return what came, and forget it.

        Raises:
            RemoteProtocolError: Its head has no end, or is all there is.
        """
        headers: list[tuple[bytes, bytes]] = []
        is_complete = False
        for line in self.head:
            name, colon, value = line.partition(b":")
            if colon:
                headers.append((name, value.strip()))
            elif line.startswith(b"HTTP/"):
                headers.clear()  # what came before was an interim answer's
                is_complete = False
            else:
                is_complete = True
        status = self.curl.getinfo(pycurl.RESPONSE_CODE)
        body = httpx.ByteStream(bytes(self.pieces))
        self.is_sent = False
        self.head.clear()
        self.pieces.clear()
        if not is_complete or status < httpx.codes.OK:
            raise httpx.RemoteProtocolError("the head of the answer broke off")
        return httpx.Response(status, headers=headers, stream=body)


class CurlTransport(httpx.AsyncBaseTransport):
    """Sends GET, and POST with a body, each once; follows no redirect; opened by `async with`.

    After a kept connection's end or silence, what is open then is not used again. The environment's
    proxies and certificates (`HTTPS_PROXY`, `NO_PROXY`, `SSL_CERT_FILE`, ...) count. How many
    connections there are is bounded by who asks.

    Args:
        url: Where nearly all requests go.
        ca_file: Certificates of the authorities to trust, instead of the usual.
        connect_seconds: Bounds looking up the name, TCP and TLS together.
        read_seconds: Bounds an exchange, connecting included.
        keep_alive_seconds: How long ago a connection was used at most when it is used again.
        max_age_seconds: How old it may be then.
        first_wait_seconds: How long an answer may take on a kept connection; longer is taken for
            its end.

    Attributes:
        route: Which way requests go, in words.
        has_proxy: Whether that is a proxy.

    Raises:
        ConfigurationError: The environment names a proxy or certificates that cannot be used.
    """

    _multi: pycurl.AsyncCurlMulti

    def __init__(
        self,
        url: str,
        *,
        ca_file: Path | None = None,
        connect_seconds: float,
        read_seconds: float,
        keep_alive_seconds: int = KEEP_ALIVE_SECONDS,
        max_age_seconds: int = MAX_AGE_SECONDS,
        first_wait_seconds: float = FIRST_WAIT_SECONDS,
    ) -> None:
        proxy, self.route = _proxy_for(httpx.URL(url))
        self.has_proxy = bool(proxy)
        self._max_age_seconds = max_age_seconds
        self._first_wait_seconds = first_wait_seconds
        self._options = {
            # HTTP/1.1 has the simplest rule for whose answer is whose: the connection's last.
            pycurl.HTTP_VERSION: pycurl.CURL_HTTP_VERSION_1_1,
            pycurl.PROTOCOLS: pycurl.PROTO_HTTP | pycurl.PROTO_HTTPS,
            pycurl.NOSIGNAL: 1,
            pycurl.PATH_AS_IS: 1,
            pycurl.CONNECTTIMEOUT_MS: round(min(connect_seconds, read_seconds) * 1000),
            pycurl.TIMEOUT_MS: round(read_seconds * 1000),
            pycurl.MAXAGE_CONN: keep_alive_seconds,
            # Whatever the environment says: it was read for this one.
            pycurl.PROXY: proxy,
            pycurl.NOPROXY: "",
            **_trusted(ca_file),
        }
        self._idle: list[_Handle] = []
        self._polls: Polls = {}
        self._ports: dict[int, int] = {}  # by socket
        self._dropped_at = self._patient_until = float("-inf")

    async def __aenter__(self) -> Self:
        """Open the pool, which takes a running event loop."""
        self._multi = pycurl.AsyncCurlMulti()
        self._multi.setopt(pycurl.M_MAXCONNECTS, MAX_KEPT_CONNECTIONS)
        return self

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request; its answer is complete."""
        # Kept with the request, as most are sent again and again.
        prepared = request.extensions.get("voicegate.prepared")
        if prepared is None:
            prepared = request.extensions["voicegate.prepared"] = _prepare(request)
        handle = (
            self._idle.pop() if self._idle else _Handle(self._options, self._polls, self._ports)
        )
        if handle.prepared is not prepared:
            handle.prepared = prepared
            handle.curl.setopt(pycurl.URL, prepared[0])
            handle.curl.setopt(pycurl.HTTPHEADER, prepared[1])
            handle.curl.setopt(pycurl.HTTPGET, 1)
            if prepared[2]:
                handle.curl.setopt(pycurl.POSTFIELDS, prepared[2])
        try:
            # Nothing was sent where a kept connection was no good.
            while not await self._exchange(handle):
                pass
        except (pycurl.error, httpx.ReadError) as error:
            failure = _failure(error, handle)
            if failure is error or error.args[0] == pycurl.E_ABORTED_BY_CALLBACK:
                self._dropped_at = asyncio.get_running_loop().time()
        else:
            response = handle.answer()
            self._idle.append(handle)
            return response
        # From out here, as libcurl's words, which may quote an answer, are not to be its context.
        raise failure

    async def _exchange(self, handle: _Handle) -> bool:
        """Send once; return whether it was sent, over a connection that was good."""
        curl, loop = handle.curl, asyncio.get_running_loop()
        started = loop.time()
        # Whole seconds are what libcurl takes, and none is no limit to it.
        max_age_seconds = int(min(self._max_age_seconds, started - self._dropped_at))
        curl.setopt(pycurl.FRESH_CONNECT, max_age_seconds == 0)
        curl.setopt(pycurl.MAXLIFETIME_CONN, max(1, max_age_seconds))
        exchange, watch = self._multi.add_handle(curl), None
        if started >= self._patient_until:
            watch = loop.call_later(self._first_wait_seconds, _end_if_deaf, curl, exchange)
        try:
            await exchange
        except pycurl.error as error:
            if error.args[0] == pycurl.E_ABORTED_BY_CALLBACK and not handle.is_sent:
                return False
            raise
        finally:
            if watch is not None:
                watch.cancel()
        now = loop.time()
        if now - started > self._first_wait_seconds and curl.getinfo(pycurl.NUM_CONNECTS):
            self._patient_until = now + PATIENT_SECONDS
        return True

    async def aclose(self) -> None:
        """Close every connection, those in use included."""
        await self._multi.aclose()
        self._idle.clear()


def _end_if_deaf(curl: pycurl.Curl, exchange: Future[pycurl.Curl]) -> None:
    """End an exchange for which no connection was made."""
    if not exchange.done() and not curl.getinfo(pycurl.NUM_CONNECTS):
        exchange.set_exception(httpx.ReadError("a kept connection may have gone deaf"))


def _failure(error: pycurl.error | httpx.ReadError, handle: _Handle) -> httpx.TransportError:
    """Return httpx's error for one of libcurl, with what the system said as its cause."""
    if isinstance(error, httpx.ReadError):
        return error
    code, curl = error.args[0], handle.curl
    if code == pycurl.E_OPERATION_TIMEDOUT:
        if handle.is_sent:
            return httpx.ReadTimeout("no answer in time")
        return httpx.ConnectTimeout("no connection in time")
    connected = curl.getinfo(pycurl.HTTP_CONNECTCODE)  # 0 without a proxy
    if connected and not httpx.codes.is_success(connected):
        return ProxyRefusedError(connected)
    kind, text, system = FAILURES.get(code, NOT_HTTP)
    if kind is httpx.ReadError and curl.getinfo(pycurl.RESPONSE_CODE) >= httpx.codes.OK:
        return httpx.RemoteProtocolError("the answer broke off")
    failure = kind(text)
    if system is not None:
        number = curl.getinfo(pycurl.OS_ERRNO)
        failure.__cause__ = system(number, os.strerror(number)) if number else system(text)
    return failure


def _prepare(request: httpx.Request) -> tuple[str, list[str], bytes]:
    """Return a request's URL, headers and body as libcurl takes them.

    Raises:
        LocalProtocolError: It cannot be sent as it is.
        UnsupportedProtocol: It is neither for http nor for https.
    """
    if request.url.scheme not in {"http", "https"}:
        raise httpx.UnsupportedProtocol("only http and https are supported")
    if request.method not in {"GET", "POST"} or "transfer-encoding" in request.headers:
        raise httpx.LocalProtocolError("only GET, and POST of bytes, are sent")
    if (request.method == "POST") != bool(request.content):
        raise httpx.LocalProtocolError("only POST has a body, and always")
    headers = [f"{name.decode()}: {value.decode()}" for name, value in request.headers.raw]
    if any(character in header for header in headers for character in "\r\n\0"):
        raise httpx.LocalProtocolError("a header holds a line break")
    return str(request.url), headers, request.content


def _trusted(ca_file: Path | None) -> dict[int, str]:
    """Return what checks certificates: the operator's list, that of the environment, or httpx's.

    Raises:
        ConfigurationError: A file is no list of certificates.
    """
    file, folder = map(os.environ.get, ("SSL_CERT_FILE", "SSL_CERT_DIR"))  # noqa: TID251 - as httpx
    name = "SSL_CERT_FILE"
    if ca_file is not None:
        name, file, folder = "VOICEGATE_UPSTREAM_CA_FILE", str(ca_file), None
    if file:
        try:
            ssl.create_default_context(cafile=file)
        except OSError as error:
            raise ConfigurationError(
                f"{name} names a file that cannot be used as a list of certificates "
                f"({error.strerror})."
            ) from None
    elif not folder:
        file = certifi.where()  # not tried: that takes 20 ms of the start
    options = {pycurl.CAINFO: file, pycurl.PROXY_CAINFO: file}
    options |= {pycurl.CAPATH: folder, pycurl.PROXY_CAPATH: folder}
    return {option: value for option, value in options.items() if value}


def _proxy_for(url: httpx.URL) -> tuple[str, str]:
    """Return the environment's proxy for a URL, empty for none, and the route in words.

    libcurl would read the environment too, but cannot be asked which way it will go.

    Raises:
        ConfigurationError: It is not one of HTTP.
    """
    proxies = getproxies()
    name = next((name for name in (url.scheme, "all") if proxies.get(name)), None)
    if name is None:
        return "", "direct"
    if any(_is_excepted(url.host, entry) for entry in re.split(r"[,\s]+", proxies.get("no", ""))):
        return "", "direct, as NO_PROXY says"
    text = proxies[name] if "://" in proxies[name] else f"http://{proxies[name]}"
    variable = f"{name.upper()}_PROXY"
    try:
        proxy = httpx.URL(text)
    except httpx.InvalidURL:
        proxy = httpx.URL()
    if proxy.scheme not in {"http", "https"} or not proxy.host or (proxy.port or 0) > MAX_PORT:
        # Not repeated as a whole, since it may hold a password.
        kind = f"; it is {proxy.scheme}://" if proxy.host else ""
        raise ConfigurationError(
            f"{variable} of the environment must be http://HOST[:PORT] or https://HOST[:PORT], "
            f"with NAME:PASSWORD@ before HOST where it wants that{kind}."
        )
    shown = proxy.copy_with(userinfo=b"", raw_path=b"/")
    return text, f"the proxy {str(shown).rstrip('/')} of {variable}"


def _is_excepted(host: str, entry: str) -> bool:
    """Tell whether an entry of NO_PROXY is a host, a domain above it, or a network around it."""
    if entry == "*":
        return True
    try:
        return ip_address(host) in ip_network(entry.strip("[]"), strict=False)
    except ValueError:
        name = entry.lower().removeprefix("*").removeprefix(".")
        return bool(name) and f".{host}".endswith(f".{name}")
