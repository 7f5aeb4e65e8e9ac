"""The service against an upstream of real sockets, by the pool that production uses."""

import asyncio
import json
import socket
from asyncio import StreamReader, StreamWriter

import pytest

from app.upstream.client import Budget
from tests.integration.raw_upstream import answer, raw_upstream
from tests.service import KEY, TOKEN, assert_problem, service

GOOD = answer(json.dumps({"token": TOKEN, "expires_in_seconds": 60}).encode())
SAID = "words-of-the-upstream"


async def test_connections_are_kept_and_reused() -> None:
    """A second token needs no second connection, and the request is what was designed."""

    async def behave(_: StreamReader, writer: StreamWriter, number: int) -> None:
        writer.write(answer(GOOD.split(b"\r\n\r\n")[1], "200 OK", "Set-Cookie: a=b; Path=/"))

    async with raw_upstream(behave) as upstream, service(upstream_url=upstream.url) as client:
        answers = [await client.get("/api/voice-token") for _ in range(3)]

    assert [response.status_code for response in answers] == [200, 200, 200]
    assert upstream.connections == 1
    heads = [head.decode().lower() for head in upstream.requests]
    for head in heads:
        assert head.startswith(
            "get /v1/token?expires_in_seconds=60&max_session_duration_seconds=900 http/1.1\r\n"
        )
        assert f"authorization: bearer {KEY}" in head
        assert "cookie" not in head
        assert "accept-encoding: identity" in head


async def test_refused_connection() -> None:
    """Nobody listens: 502 at once."""
    with socket.create_server(("127.0.0.1", 0)) as placeholder:
        port = placeholder.getsockname()[1]
    async with service(upstream_url=f"http://127.0.0.1:{port}") as client:
        response = await client.get("/api/voice-token")

    assert_problem(response, 502, "upstream_unavailable")


async def test_redirect_is_not_followed() -> None:
    """The key goes to the configured host and to no other, whatever that host says."""

    async def trap(_: StreamReader, writer: StreamWriter, number: int) -> None:
        writer.write(GOOD)

    async with raw_upstream(trap) as elsewhere:

        async def behave(_: StreamReader, writer: StreamWriter, number: int) -> None:
            writer.write(answer(b"", "302 Found", f"Location: {elsewhere.url}/v1/token"))

        async with raw_upstream(behave) as upstream, service(upstream_url=upstream.url) as client:
            response = await client.get("/api/voice-token")

    assert_problem(response, 502, "upstream_unreadable")
    assert elsewhere.requests == []


@pytest.mark.parametrize("declared", [True, False], ids=["with length", "chunked"])
async def test_huge_body_is_not_read(declared: bool) -> None:  # noqa: FBT001 - a table
    """Of ten megabytes only a little is taken; the connection is closed on the rest."""
    size, sent, cut = 10_000_000, 0, asyncio.Event()

    async def behave(_: StreamReader, writer: StreamWriter, number: int) -> None:
        nonlocal sent
        length = f"Content-Length: {size}" if declared else "Transfer-Encoding: chunked"
        writer.write(f"HTTP/1.1 200 OK\r\n{length}\r\n\r\n".encode())
        block = b"x" * 10_000
        try:
            while sent < size:
                writer.write(block if declared else b"2710\r\n" + block + b"\r\n")
                await writer.drain()
                sent += len(block)
        except ConnectionError:
            cut.set()
            raise

    async with raw_upstream(behave) as upstream, service(upstream_url=upstream.url) as client:
        response = await client.get("/api/voice-token")
        await asyncio.wait_for(cut.wait(), 10)

    assert_problem(response, 502, "upstream_unreadable")
    assert sent < size


@pytest.mark.parametrize("begun", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{"])
async def test_silence_is_a_timeout(begun: bytes) -> None:
    """No answer, or half of one, is 504 after the read budget; and it is asked once."""

    async def behave(reader: StreamReader, writer: StreamWriter, number: int) -> None:
        writer.write(begun)
        await reader.read()

    async with (
        raw_upstream(behave) as upstream,
        service(upstream_url=upstream.url, budget=Budget(read_seconds=0.05)) as client,
    ):
        response = await client.get("/api/voice-token")

    assert_problem(response, 504, "upstream_timeout")
    assert len(upstream.requests) == 1


async def test_connection_that_closes_before_an_answer_is_tried_once_more() -> None:
    """An idle connection that the upstream closed as we wrote costs the caller nothing."""

    async def behave(_: StreamReader, writer: StreamWriter, number: int) -> None:
        if number in {2, 4}:
            writer.close()
            return
        writer.write(GOOD)

    async with raw_upstream(behave) as upstream, service(upstream_url=upstream.url) as client:
        answers = [await client.get("/api/voice-token") for _ in range(3)]

    assert [response.status_code for response in answers] == [200, 200, 200]
    assert len(upstream.requests) == 5


async def test_kept_connection_that_ends_uses_up_the_retry() -> None:
    """The end of a kept connection and then a failing server make two sendings, not three."""

    async def behave(_: StreamReader, writer: StreamWriter, number: int) -> None:
        if number == 2:
            writer.close()
        else:
            writer.write(GOOD if number == 1 else answer(b"", "503 Service Unavailable"))

    async with raw_upstream(behave) as upstream, service(upstream_url=upstream.url) as client:
        await client.get("/api/voice-token")
        response = await client.get("/api/voice-token")

    assert_problem(response, 502, "upstream_unavailable")
    assert len(upstream.requests) == 3


async def test_connections_that_always_close_are_tried_twice() -> None:
    """One retry is the whole budget, whatever the libraries underneath would do."""

    async def behave(_: StreamReader, writer: StreamWriter, number: int) -> None:
        writer.close()

    async with raw_upstream(behave) as upstream, service(upstream_url=upstream.url) as client:
        response = await client.get("/api/voice-token")

    assert_problem(response, 502, "upstream_unavailable")
    assert len(upstream.requests) == 2


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (f"{SAID} is not HTTP\r\n\r\n".encode(), "upstream_unreadable"),
        (f"HTTP/1.1 2xx {SAID}\r\n\r\n".encode(), "upstream_unreadable"),
        (f"HTTP/1.1 200 OK\r\nX: {SAID * 9000}\r\n\r\n".encode(), "upstream_unreadable"),
        (f"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{SAID}".encode(), "upstream_unreadable"),
        (f"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n{SAID}".encode(), "upstream_unreadable"),
        (
            f"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{SAID}".encode(),
            "upstream_unreadable",
        ),
        (f"HTTP/1.1 418 {SAID}\r\nContent-Length: 0\r\n\r\n".encode(), "upstream_unreadable"),
        (f"HTTP/1.1 500 {SAID}\r\nContent-Length: 0\r\n\r\n".encode(), "upstream_unavailable"),
    ],
)
async def test_malformed_answers_are_not_quoted(
    sent: bytes, code: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Nonsense is asked for once, and none of it reaches the caller or the log."""
    caplog.set_level("DEBUG")

    async def behave(_: StreamReader, writer: StreamWriter, number: int) -> None:
        writer.write(sent)
        await writer.drain()
        writer.close()

    async with raw_upstream(behave) as upstream, service(upstream_url=upstream.url) as client:
        response = await client.get("/api/voice-token")

    assert_problem(response, 502, code)
    assert len(upstream.requests) == 1
    assert SAID not in response.text + str(response.headers) + caplog.text


async def test_body_that_a_reset_ends_is_no_answer() -> None:
    """Half a token whose end only the connection's end would tell reaches nobody."""

    async def behave(_: StreamReader, writer: StreamWriter, number: int) -> None:
        writer.write(b'HTTP/1.1 200 OK\r\n\r\n{"token": "half')
        await writer.drain()
        writer.transport.abort()

    async with raw_upstream(behave) as upstream, service(upstream_url=upstream.url) as client:
        response = await client.get("/api/voice-token")

    assert response.status_code == 502


async def test_deaf_connections_cost_callers_one_short_wait() -> None:
    """Six kept connections go deaf: each caller has a token within the budget of one short wait."""

    async def behave(reader: StreamReader, writer: StreamWriter, number: int) -> None:
        if number <= 6:
            while len(upstream.requests) < 6:  # noqa: ASYNC110 - a list has no event
                await asyncio.sleep(0.001)
        elif number <= 12:
            await reader.read()
            return
        writer.write(GOOD)

    async with raw_upstream(behave) as upstream, service(upstream_url=upstream.url) as client:
        await asyncio.gather(*(client.get("/api/voice-token") for _ in range(6)))
        async with asyncio.timeout(3.5):
            answers = await asyncio.gather(*(client.get("/api/voice-token") for _ in range(6)))

    assert [response.status_code for response in answers] == [200] * 6
    assert upstream.connections == 12
