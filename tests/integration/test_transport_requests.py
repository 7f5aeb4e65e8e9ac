"""The transport's way out: what it sends, and whom it connects to."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import httpx
import pytest

from app.errors import ConfigurationError
from app.main import create_app
from app.simulator.server.tls import certificate_in
from tests.integration.raw_upstream import RawUpstream, raw_upstream
from tests.integration.transport_rig import (
    ONE,
    client_of,
    sending,
)
from tests.service import make_settings


async def pieces() -> AsyncIterator[bytes]:
    """Yield a body of unknown length."""
    yield b"piece"


@pytest.mark.parametrize(
    "request_of",
    [
        lambda url: httpx.Request("HEAD", url),
        lambda url: httpx.Request("GET", url, headers={"X": "a\r\nY: b"}),
        lambda url: httpx.Request("GET", url, headers={"X": "a\nY: b"}),
        lambda url: httpx.Request("POST", url, content=pieces()),
        lambda url: httpx.Request("GET", url, content=b"x"),
        lambda url: httpx.Request("POST", url),
        lambda url: httpx.Request("GET", url.replace("http", "ftp")),
    ],
    ids=["HEAD", "CRLF", "LF", "stream", "GET with a body", "POST without", "ftp"],
)
async def test_request_that_cannot_be_sent_rightly_is_not_sent(
    request_of: Callable[[str], httpx.Request],
) -> None:
    """Line breaks in headers, bodies of unknown length and the like never reach the wire."""
    async with raw_upstream(sending(ONE)) as upstream, client_of() as client:
        with pytest.raises((httpx.LocalProtocolError, httpx.UnsupportedProtocol)):
            await client.send(request_of(upstream.url))

    assert upstream.connections == 0


async def test_connect_timeout_covers_tls() -> None:
    """A host that takes the connection and never begins TLS is a connect timeout."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        async with client_of(connect_seconds=0.05) as client:
            with pytest.raises(httpx.ConnectTimeout):
                await client.get(f"https://127.0.0.1:{silent.getsockname()[1]}")


async def test_unknown_host_and_closed_port_are_connect_errors() -> None:
    """Neither a name that cannot be nor a port where nobody listens is anything else."""
    with socket.create_server(("127.0.0.1", 0)) as placeholder:
        port = placeholder.getsockname()[1]
    async with client_of() as client:
        for url in (f"http://127.0.0.1:{port}", f"http://localhost:{port}", f"http://{'a' * 64}/"):
            with pytest.raises(httpx.ConnectError):
                await client.get(url)


async def test_second_address_is_used_where_the_first_takes_no_connection() -> None:
    """A name with IPv6 and IPv4 of which only the latter listens is reached."""
    names = {family for family, *_ in socket.getaddrinfo("localhost", 80)}
    if socket.AF_INET6 not in names:
        pytest.skip("this machine's own name has no IPv6 address")
    async with raw_upstream(sending(ONE)) as upstream, client_of() as client:
        port = httpx.URL(upstream.url).port
        response = await client.get(f"http://localhost:{port}")

    assert response.text == "one"


async def test_tls_checks_the_name_and_the_authority(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A certificate is good under its name if `SSL_CERT_FILE` names it, and no good otherwise."""
    files = certificate_in(tmp_path)
    server_side = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server_side.load_cert_chain(files.certificate, files.key)
    names = []
    server_side.sni_callback = lambda _, name, __: names.append(name)
    upstream = RawUpstream(sending(ONE))
    server = await asyncio.start_server(upstream.handle, "127.0.0.1", 0, ssl=server_side)
    port = server.sockets[0].getsockname()[1]
    async with server:
        async with client_of() as client:
            with pytest.raises(httpx.ConnectError, match="not trusted") as caught:
                await client.get(f"https://localhost:{port}")
        monkeypatch.setenv("SSL_CERT_FILE", str(files.certificate))
        async with client_of() as client:
            texts = [(await client.get(f"https://localhost:{port}")).text for _ in range(2)]
            await client.get(f"https://127.0.0.1:{port}")
            with pytest.raises(httpx.ConnectError):
                await client.get(f"https://ip6-localhost:{port}")

    assert isinstance(caught.value.__cause__, ssl.SSLError)
    assert texts == ["one", "one"]
    assert names == ["localhost", "localhost", None]


async def test_proxy_of_the_environment_is_used_with_its_credentials(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Requests, and the connection opened ahead, go to the proxy, unless the host is excepted."""
    async with raw_upstream(sending(ONE)) as proxy, raw_upstream(sending(ONE)) as upstream:
        monkeypatch.setenv("http_proxy", proxy.url.replace("http://", "http://name:word@"))
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        async with client_of(url="http://behind.test") as client:
            await client.get("http://behind.test/path")
        async with client_of(url=upstream.url) as client:
            await client.get(upstream.url)

    assert [len(proxy.requests), len(upstream.requests)] == [1, 1]
    assert proxy.requests[0].startswith(b"GET http://behind.test/path HTTP/1.1\r\n")
    assert b"proxy-authorization: basic bmftztp3b3jk" in proxy.requests[0].lower()


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("all_proxy", "socks5://127.0.0.1:1080", "it is socks5://"),
        ("https_proxy", "http://name:word@127.0.0.1:99999", "must be http://HOST"),
        ("https_proxy", "http://[::1", "must be http://HOST"),
        ("https_proxy", "http://", "must be http://HOST"),
        ("SSL_CERT_FILE", "/nowhere", "No such file"),
        ("SSL_CERT_FILE", __file__, "SSL_CERT_FILE"),
    ],
)
def test_what_is_wrong_with_the_environment_stops_the_start(
    name: str, value: str, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is said before the service listens, and without a proxy's password."""
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigurationError, match=told) as caught:
        create_app(make_settings())
    assert "word" not in str(caught.value)
