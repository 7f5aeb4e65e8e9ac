"""The transport's connections: kept, used again, waited for, and none left behind."""

from __future__ import annotations

import asyncio
import random
import socket
from typing import TYPE_CHECKING

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
    pool_of,
    sending,
    warmed,
)

if TYPE_CHECKING:
    from asyncio import StreamReader, StreamWriter
    from collections.abc import Callable, Coroutine


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
    async with client_of() as client:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            url = f"http://127.0.0.1:{listener.getsockname()[1]}"
            asking = asyncio.create_task(client.get(url))
            line, _ = await asyncio.to_thread(listener.accept)
            with line:
                line.sendall(ONE)
                await asking
                line.sendall(answer(b"foreign"))
                # No turn of the loop lies between this and the next request.
                (idle,) = pool_of(client)._idle.values()
                assert not idle[0].is_quiet()


@pytest.mark.parametrize("how", ["end", "reset"])
@pytest.mark.parametrize(("method", "asked"), [("GET", 3), ("POST", 2)])
async def test_only_a_get_on_a_used_connection_is_sent_again(
    how: str, method: str, asked: int
) -> None:
    """A connection that ended as it was used again is the upstream's right; GET is repeated."""

    async def behave(_: StreamReader, writer: StreamWriter, number: int) -> None:
        if number == 2:
            hang_up(writer, how)
        else:
            writer.write(ONE)

    async with raw_upstream(behave) as upstream, client_of() as client:
        await client.get(upstream.url)
        if method == "POST":
            with pytest.raises(httpx.ReadError):
                await client.post(upstream.url, content=b"body")
        else:
            assert (await client.get(upstream.url)).text == "one"

    assert len(upstream.requests) == asked


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


async def test_waiters_are_served_in_turn_and_a_full_pool_is_a_pool_timeout() -> None:
    """No more connections than allowed; who came first goes first; waiting has its own limit."""
    release, order = asyncio.Event(), []

    async def behave(_: StreamReader, writer: StreamWriter, number: int) -> None:
        order.append(upstream.requests[number - 1].split()[1].decode())
        await release.wait()
        writer.write(ONE)

    async with (
        raw_upstream(behave) as upstream,
        client_of(max_connections=1) as client,
        asyncio.TaskGroup() as group,
    ):
        group.create_task(client.get(f"{upstream.url}/0"))
        while not order:  # noqa: ASYNC110 - the other side's view has no event
            await asyncio.sleep(0.001)
        waiting = [group.create_task(client.get(f"{upstream.url}/{n}")) for n in (1, 2, 3)]
        with pytest.raises(httpx.PoolTimeout):
            await client.get(f"{upstream.url}/late", timeout=httpx.Timeout(5, pool=0.02))
        waiting[1].cancel()
        release.set()

    assert order == ["/0", "/1", "/3"]
    assert upstream.connections == 1


async def test_place_of_another_hosts_idle_connection_is_taken() -> None:
    """Connections to one host do not keep those to another one waiting."""
    async with (
        raw_upstream(sending(ONE)) as first,
        raw_upstream(sending(ONE)) as second,
        client_of(max_connections=1) as client,
    ):
        for upstream in (first, second, first):
            assert (await client.get(upstream.url)).text == "one"

    assert (first.connections, second.connections) == (2, 1)


async def test_unused_connections_are_closed_in_time() -> None:
    """After the keep-alive time the pool hangs up by itself."""
    ended = asyncio.Event()

    async def behave(reader: StreamReader, writer: StreamWriter, number: int) -> None:
        writer.write(ONE)
        assert await reader.read() == b""
        ended.set()

    async with raw_upstream(behave) as upstream, client_of(keep_alive_seconds=0.02) as client:
        await client.get(upstream.url)
        await asyncio.wait_for(ended.wait(), 5)


async def test_warm_connection_is_the_one_that_is_used() -> None:
    """What was opened ahead serves the first request; where nobody listens nothing happens."""
    async with raw_upstream(sending(ONE)) as upstream, client_of() as client:
        client.warm_up(upstream.url)
        await warmed(client)
        assert upstream.connections == 1
        await client.get(upstream.url)
        client.warm_up("http://127.0.0.1:1")
        await warmed(client)

    assert upstream.connections == 1


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

    async with raw_upstream(behave) as upstream, client_of(max_connections=40) as client:
        tasks = [asyncio.create_task(client.get(f"{upstream.url}/{n:04d}")) for n in range(500)]
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
