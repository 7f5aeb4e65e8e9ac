"""The transport's way out: what it sends, and whom it connects to."""

from __future__ import annotations

import asyncio
import socket
import ssl
from typing import TYPE_CHECKING

import httpx
import pytest

from app.simulator.server.tls import certificate_in
from tests.integration.raw_upstream import RawUpstream, raw_upstream
from tests.integration.transport_rig import (
    ONE,
    client_of,
    sending,
)

if TYPE_CHECKING:
    from asyncio import StreamReader, StreamWriter
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path


async def test_small_body_is_sent() -> None:
    """POST carries its body and its length."""
    bodies = []

    async def behave(reader: StreamReader, writer: StreamWriter, number: int) -> None:
        bodies.append(await reader.readexactly(4))
        writer.write(ONE)

    async with raw_upstream(behave) as upstream, client_of() as client:
        await client.post(upstream.url, content=b"body")

    assert bodies == [b"body"]
    assert b"content-length: 4" in upstream.requests[0].lower()


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
        lambda url: httpx.Request("POST", url, content=b"x" * 70_000),
        lambda url: httpx.Request("GET", url.replace("http", "ftp")),
    ],
    ids=["HEAD", "CRLF", "LF", "stream", "too long", "ftp"],
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
    context = ssl.create_default_context()
    with socket.create_server(("127.0.0.1", 0)) as silent:
        async with client_of(connect_seconds=0.05, context=context) as client:
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


async def test_second_address_is_used_where_the_first_takes_no_connection(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A name with IPv6 and IPv4 of which only the latter listens is reached."""
    async with raw_upstream(sending(ONE)) as upstream, client_of() as client:
        port = httpx.URL(upstream.url).port
        both = [
            (socket.AF_INET6, socket.SOCK_STREAM, 6, "", ("::1", port, 0, 0)),
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port)),
        ]

        async def look_up(*_: object, **__: object) -> object:
            return both

        monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", look_up)
        response = await client.get(f"http://two-addresses.test:{port}")

    assert response.text == "one"


async def test_tls_checks_the_name_and_the_authority(tmp_path: Path) -> None:
    """A certificate of our own is good under its name if it is trusted, and no good otherwise."""
    files = certificate_in(tmp_path)
    server_side = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server_side.load_cert_chain(files.certificate, files.key)
    names = []
    server_side.sni_callback = lambda _, name, __: names.append(name)
    trusting = ssl.create_default_context(cafile=str(files.certificate))
    upstream = RawUpstream(sending(ONE))
    server = await asyncio.start_server(upstream.handle, "127.0.0.1", 0, ssl=server_side)
    port = server.sockets[0].getsockname()[1]
    async with server:
        async with client_of(context=trusting) as client:
            texts = [(await client.get(f"https://localhost:{port}")).text for _ in range(2)]
            await client.get(f"https://127.0.0.1:{port}")
            with pytest.raises(httpx.ConnectError):
                await client.get(f"https://ip6-localhost:{port}")
        async with client_of() as client:
            with pytest.raises(httpx.ConnectError):
                await client.get(f"https://localhost:{port}")

    assert texts == ["one", "one"]
    assert upstream.connections == 2
    assert names[:2] == ["localhost", None]
