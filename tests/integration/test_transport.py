"""The transport's answers, from upstreams of real sockets: good ones, odd ones, broken ones."""

import asyncio
from asyncio import StreamReader, StreamWriter

import httpx
import pytest

from tests.integration.raw_upstream import answer, raw_upstream
from tests.integration.transport_rig import (
    HINTS,
    OK,
    ONE,
    chunked,
    client_of,
    sending,
)


@pytest.mark.parametrize(
    ("pieces", "then_close", "text", "connections"),
    [
        pytest.param([ONE], False, "one", 1, id="plain"),
        pytest.param([bytes([byte]) for byte in ONE], False, "one", 1, id="byte by byte"),
        pytest.param([HINTS + ONE], False, "one", 1, id="103 in the same packet"),
        pytest.param([HINTS, HINTS, ONE], False, "one", 1, id="103 twice, before"),
        pytest.param([b"HTTP/1.1 100 Continue\r\n\r\n" + ONE], False, "one", 1, id="100"),
        pytest.param([chunked(b"o", b"ne")], False, "one", 1, id="chunked"),
        pytest.param([chunked(b"one", trailers="X-A: b\r\n")], False, "one", 1, id="trailers"),
        pytest.param([f"{OK}X-Empty:\r\n\r\n".encode(), b"one"], True, "one", 2, id="no length"),
        pytest.param([b"HTTP/1.0 200 OK\r\n\r\n", b"one"], True, "one", 2, id="HTTP/1.0"),
        pytest.param([answer(b"one", "200 OK", "Connection: close")], True, "one", 2, id="close"),
        pytest.param([answer(b"one", "200 OK", "Connection: close")], False, "one", 2, id="close?"),
        pytest.param([b"HTTP/1.1 204 No Content\r\n\r\n"], False, "", 1, id="204"),
        pytest.param(
            [b"HTTP/1.1 304 Not Modified\r\nContent-Length: 3\r\n\r\n"], False, "", 1, id="304"
        ),
        pytest.param([ONE + answer(b"two")], False, "one", 2, id="two answers in a packet"),
        pytest.param([ONE + b"surplus"], False, "one", 2, id="surplus in a packet"),
        pytest.param([ONE, answer(b"two")], False, "one", 2, id="a second one a little later"),
        pytest.param(
            [answer(b"one", "200 OK", f"X: {'x' * 32_000}")], False, "one", 1, id="long head"
        ),
    ],
)
async def test_answers_are_read_and_connections_kept_only_after_exactly_one(
    pieces: list[bytes],
    then_close: bool,  # noqa: FBT001 - a table
    text: str,
    connections: int,
) -> None:
    """Two requests in turn get an answer each; what came beyond one reaches nobody."""
    async with (
        raw_upstream(sending(*pieces, then_close=then_close)) as upstream,
        client_of() as client,
    ):
        texts = []
        for _ in range(2):
            texts.append((await client.get(upstream.url)).text)
            # As long as the upstream takes for all of its pieces.
            await asyncio.sleep(0.01 * len(pieces) if connections > 1 else 0)

    assert texts == [text, text]
    assert upstream.connections == connections
    assert len(upstream.requests) == 2


@pytest.mark.parametrize(
    ("pieces", "failure"),
    [
        ([], httpx.ReadError),
        ([b"HTTP/1.1 200"], httpx.ReadError),
        ([HINTS], httpx.ReadError),
        ([b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort"], httpx.RemoteProtocolError),
        ([chunked(b"one")[:-3]], httpx.RemoteProtocolError),
        ([f"{OK}Transfer-Encoding: gzip\r\n\r\nx".encode()], httpx.RemoteProtocolError),
        ([b"words"], httpx.RemoteProtocolError),
        ([b"HTTP/1.1 2xx words\r\n\r\n"], httpx.RemoteProtocolError),
        ([b"HTTP/1.1 099 words\r\n\r\n"], httpx.RemoteProtocolError),
        ([b"HTTP/1.1 101 words\r\n\r\n" + ONE], httpx.RemoteProtocolError),
        (
            [b"HTTP/1.1 101 words\r\nConnection: Upgrade\r\nUpgrade: words\r\n\r\n"],
            httpx.ReadError,
        ),
        ([f"{OK}Content-Length: -1\r\n\r\n".encode()], httpx.RemoteProtocolError),
        (
            [f"{OK}Content-Length: 1\r\nContent-Length: 2\r\n\r\nx".encode()],
            httpx.RemoteProtocolError,
        ),
        ([answer(b"one", "200 OK", f"X: {'x' * 500_000}")], httpx.RemoteProtocolError),
        ([f"{OK}X: ".encode(), b"x" * 500_000], httpx.RemoteProtocolError),
        ([chunked(b"one", trailers=f"X: {'words' * 9000}")[:-4]], httpx.RemoteProtocolError),
    ],
)
async def test_what_is_no_answer_fails_by_the_right_name_and_is_not_quoted(
    pieces: list[bytes], failure: type[Exception]
) -> None:
    """Each kind of nonsense is one kind of failure, on one connection, and asked for once."""
    async with (
        raw_upstream(sending(*pieces, then_close=True)) as upstream,
        client_of() as client,
    ):
        with pytest.raises(failure) as caught:
            await client.get(upstream.url)

    assert "words" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert len(upstream.requests) == 1


async def test_answer_that_has_begun_is_never_asked_for_again() -> None:
    """One byte of an answer is enough; a connection that brought it is used no more."""

    async def behave(_: StreamReader, writer: StreamWriter, number: int) -> None:
        if number == 2:
            writer.write(b"HTTP/1.1 200 OK\r\n")
            await writer.drain()
            writer.close()
        else:
            writer.write(ONE)

    async with raw_upstream(behave) as upstream, client_of() as client:
        await client.get(upstream.url)
        with pytest.raises(httpx.RemoteProtocolError):
            await client.get(upstream.url)

    assert len(upstream.requests) == 2


async def test_interim_answer_leaves_nothing_behind() -> None:
    """Neither the fields of a 103 nor the length that it names belong to the answer after it."""
    final = f"{OK}X-Final: yes\r\n\r\n".encode()
    async with (
        raw_upstream(sending(HINTS + final, b"one", then_close=True)) as upstream,
        client_of() as client,
    ):
        response = await client.get(upstream.url)

    assert response.text == "one"
    assert dict(response.headers) == {"x-final": "yes"}


@pytest.mark.parametrize(
    ("begun", "size", "piece"),
    [
        (f"{OK}X: ".encode(), 20_000_000, 10_000),
        (chunked(b"one", trailers="X: ")[:-4], 20_000_000, 10_000),
        (f"{OK}Content-Length: 50000000\r\n\r\n".encode(), 50_000_000, 100_000),
    ],
    ids=["head", "trailers", "body"],
)
async def test_what_is_too_long_is_cut_off(begun: bytes, size: int, piece: int) -> None:
    """An upstream that sends on and on is cut off while it sends, kept or not."""
    sent, cut = 0, asyncio.Event()

    async def behave(_: StreamReader, writer: StreamWriter, number: int) -> None:
        nonlocal sent
        writer.write(begun)
        try:
            while sent < size:
                writer.write(b"x" * piece)
                await writer.drain()
                sent += piece
        finally:
            cut.set()

    async with raw_upstream(behave) as upstream, client_of() as client:
        with pytest.raises(httpx.RemoteProtocolError, match="too long"):
            await client.get(upstream.url)
        await asyncio.wait_for(cut.wait(), 5)

    assert sent < size


async def test_half_closed_connection_still_brings_its_answer() -> None:
    """An upstream that ends its side after an answer has answered."""

    async def behave(_: StreamReader, writer: StreamWriter, number: int) -> None:
        writer.write(ONE)
        writer.write_eof()

    async with raw_upstream(behave) as upstream, client_of() as client:
        texts = [(await client.get(upstream.url)).text for _ in range(2)]

    assert texts == ["one", "one"]


async def test_silence_is_a_read_timeout() -> None:
    """Before the head, in it, and in the body: each time the connection is closed."""
    begun = iter([b"", b"HTTP/1.1 2", f"{OK}Content-Length: 9\r\n\r\nx".encode()])
    ends = []

    async def behave(reader: StreamReader, writer: StreamWriter, number: int) -> None:
        writer.write(next(begun))
        ends.append(await reader.read())

    async with raw_upstream(behave) as upstream, client_of(read_seconds=0.03) as client:
        for _ in range(3):
            with pytest.raises(httpx.ReadTimeout):
                await client.get(upstream.url)
        while len(ends) < 3:  # noqa: ASYNC110 - the other side's view has no event
            await asyncio.sleep(0.001)

    assert ends == [b"", b"", b""]
    assert upstream.connections == 3
