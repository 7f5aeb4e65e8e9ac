"""The transport's connections: kept, used again, waited for, and none left behind."""

import asyncio
import random
import socket
from asyncio import StreamReader, StreamWriter
from collections.abc import Callable, Coroutine

import httpx
import pytest
import uvloop

from tests.integration.raw_upstream import answer, raw_upstream
from tests.integration.transport_rig import (
    OK,
    ONE,
    chunked,
    client_of,
    hang_up,
    sending,
)


async def test_idle_connection_that_ends_costs_nothing() -> None:
    """An end that came while nobody asked is noticed: the next request opens a new connection."""
    closed = asyncio.Event()

    async def behave(_: StreamReader, writer: StreamWriter, number: int) -> None:
        writer.write(ONE)
        writer.close()
        await writer.wait_closed()
        closed.set()

    async with raw_upstream(behave) as upstream, client_of() as client:
        await client.get(upstream.url)
        await closed.wait()
        response = await client.get(upstream.url)

    assert response.text == "one"
    assert len(upstream.requests) == upstream.connections == 2


async def test_end_that_the_loop_has_not_seen_yet_is_seen() -> None:
    """Before an idle connection is used the system is asked for what came meanwhile."""
    async with client_of(read_seconds=0.3) as client:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            url = f"http://127.0.0.1:{listener.getsockname()[1]}"
            asking = asyncio.create_task(client.get(url))
            line, _ = await asyncio.to_thread(listener.accept)
            with line:
                line.sendall(ONE)
                await asking
                line.sendall(answer(b"foreign"))
                # No turn of the loop lies between this and the next request.
                with pytest.raises(httpx.ReadTimeout):
                    await client.get(url)
                listener.settimeout(0)
                listener.accept()[0].close()


@pytest.mark.parametrize("how", ["end", "reset"])
async def test_kept_connection_that_ends_takes_the_other_kept_ones_with_it(how: str) -> None:
    """What is sent after such an end goes over a new connection; the transport repeats nothing."""

    async def behave(_: StreamReader, writer: StreamWriter, number: int) -> None:
        while len(upstream.requests) < 2:  # noqa: ASYNC110 - a list has no event
            await asyncio.sleep(0.001)
        if number == 3:
            hang_up(writer, how)
        else:
            writer.write(ONE)

    async with raw_upstream(behave) as upstream, client_of() as client:
        await asyncio.gather(client.get(upstream.url), client.get(upstream.url))
        with pytest.raises(httpx.ReadError):
            await client.get(upstream.url)
        assert (await client.get(upstream.url)).text == "one"

    assert len(upstream.requests) == 4
    assert upstream.connections == 3


@pytest.mark.parametrize("begun", [b"", f"{OK}Content-Length: 9\r\n\r\nx".encode()])
async def test_cancelled_request_closes_its_connection(begun: bytes) -> None:
    """Whether it waits for the head or for the body, nothing of it stays open."""
    asked, ended = asyncio.Event(), asyncio.Event()

    async def behave(reader: StreamReader, writer: StreamWriter, number: int) -> None:
        writer.write(begun)
        await writer.drain()
        asked.set()
        assert await reader.read() == b""
        ended.set()

    async with raw_upstream(behave) as upstream, client_of() as client:
        asking = asyncio.create_task(client.get(upstream.url))
        await asked.wait()
        asking.cancel()
        await asyncio.wait([asking])
        await asyncio.wait_for(ended.wait(), 5)


async def test_kept_connections_that_went_deaf_cost_one_short_wait() -> None:
    """Who meets their silence is told of an end, and no kept one is used again."""

    async def behave(reader: StreamReader, writer: StreamWriter, number: int) -> None:
        if number <= 6:
            while len(upstream.requests) < 6:  # noqa: ASYNC110 - a list has no event
                await asyncio.sleep(0.001)
            writer.write(ONE)
            await reader.read()  # from here on it hears and says nothing
        writer.write(ONE)

    async with raw_upstream(behave) as upstream, client_of(first_wait_seconds=0.05) as client:
        await asyncio.gather(*(client.get(upstream.url) for _ in range(6)))
        with pytest.raises(httpx.ReadError, match="deaf"):
            await client.get(upstream.url)
        texts = [(await client.get(upstream.url)).text for _ in range(3)]

    assert texts == ["one"] * 3
    assert len(upstream.requests) == 6 + 3


async def test_new_connection_that_takes_its_time_is_not_taken_for_deaf() -> None:
    """The short wait is for kept connections only, be it TCP, TLS or the answer that is slow."""

    async def behave(_: StreamReader, writer: StreamWriter, number: int) -> None:
        await asyncio.sleep(0.1)
        writer.write(ONE)

    with socket.create_server(("127.0.0.1", 0)) as silent:
        async with (
            raw_upstream(behave) as upstream,
            client_of(first_wait_seconds=0.02, connect_seconds=0.1) as client,
        ):
            assert (await client.get(upstream.url)).text == "one"
        async with client_of(first_wait_seconds=0.02, connect_seconds=0.1) as client:
            with pytest.raises(httpx.ConnectTimeout):
                await client.get(f"https://127.0.0.1:{silent.getsockname()[1]}")


async def test_upstream_that_is_slow_is_not_taken_for_deaf_again() -> None:
    """Once a new connection was as slow as the kept one, nothing is hurried."""

    async def behave(_: StreamReader, writer: StreamWriter, number: int) -> None:
        await asyncio.sleep(0.1 if number > 1 else 0)
        writer.write(ONE)

    async with raw_upstream(behave) as upstream, client_of(first_wait_seconds=0.03) as client:
        await client.get(upstream.url)
        with pytest.raises(httpx.ReadError, match="deaf"):
            await client.get(upstream.url)
        for _ in range(3):
            assert (await client.get(upstream.url)).text == "one"

    assert len(upstream.requests) == 5


async def test_second_answer_that_comes_late_reaches_nobody() -> None:
    """Thirty milliseconds after the first, on an idle connection: the connection goes with it."""
    came = asyncio.Queue[None]()

    async def behave(_: StreamReader, writer: StreamWriter, number: int) -> None:
        writer.write(answer(b"good"))
        await asyncio.sleep(0.03)
        writer.write(answer(b"stray"))
        await writer.drain()
        came.put_nowait(None)

    async with raw_upstream(behave) as upstream, client_of() as client:
        for _ in range(5):
            assert (await client.get(upstream.url)).text == "good"
            await came.get()

    assert upstream.connections == 5


async def test_steady_traffic_keeps_no_connection_alive_beyond_the_age_limit() -> None:
    """So a changed address is followed: a new connection looks the name up."""
    async with (
        raw_upstream(sending(ONE)) as upstream,
        client_of(max_age_seconds=1) as client,
        asyncio.timeout(10),
    ):
        await client.get(upstream.url)
        while upstream.connections < 2:
            await client.get(upstream.url)


async def crowd(seed: int) -> None:
    """Ask 500 times at once, cancel some at random points, and check every answer."""
    chance = random.Random(seed)  # noqa: S311 - repeatable, not secret

    async def behave(_: StreamReader, writer: StreamWriter, number: int) -> None:
        path = upstream.requests[number - 1].split()[1]
        whole = chunked(path[:3], path[3:]) if chance.random() < 0.5 else answer(path)
        cut = chance.randrange(len(whole))
        for piece in (whole[:cut], whole[cut:]):
            await asyncio.sleep(chance.random() * 0.01)
            writer.write(piece)
        if chance.random() < 0.1:
            await writer.drain()
            writer.write(answer(b"/foreign"))

    places = asyncio.Semaphore(40)

    async def ask(number: int) -> httpx.Response:
        async with places:
            return await client.get(f"{upstream.url}/{number:04d}")

    async with raw_upstream(behave) as upstream, client_of() as client:
        tasks = [asyncio.create_task(ask(n)) for n in range(500)]
        for task in chance.sample(tasks, 200):
            asyncio.get_running_loop().call_later(chance.random() * 0.2, task.cancel)
        results = await asyncio.gather(*tasks, return_exceptions=True)

    answers = {n: r for n, r in enumerate(results) if isinstance(r, httpx.Response)}
    foreign = {n for n, response in answers.items() if response.text != f"/{n:04d}"}
    failures = [r for r in results if isinstance(r, Exception)]
    assert len(answers) >= 300 - len(failures)
    assert foreign == set()
    assert all(isinstance(failure, httpx.HTTPError) for failure in failures)


RUNNERS: list[Callable[[Coroutine[object, object, None]], None]] = [asyncio.run, uvloop.run]


@pytest.mark.parametrize("run", RUNNERS, ids=["asyncio", "uvloop"])
@pytest.mark.parametrize("seed", range(3))
def test_crowd_with_cancellations(
    run: Callable[[Coroutine[object, object, None]], None], seed: int
) -> None:
    """Every answer is its asker's, and nothing is left behind, on both event loops."""
    run(crowd(seed))
