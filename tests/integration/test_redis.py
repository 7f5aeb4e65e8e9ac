"""Two processes and a real Redis: one limit for both, and what happens when the store dies."""

import asyncio
import json
import os
import sys
from asyncio import StreamReader, StreamWriter
from asyncio.subprocess import Process
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from itertools import count
from pathlib import Path

import httpx
import pytest

from tests.integration.raw_upstream import answer, raw_upstream
from tests.redis_server import RedisServer, redis_server
from tests.service import KEY, NO_LIMITS, PAGE, assert_problem

ROOT = Path(__file__).resolve().parents[2]
SECRET = "0123456789abcdef0123456789abcdef"
ANSWERS = {200, 429, 503}
SERVICE = ("-m", "app")
# A machine that stands still for longer than production waits is not what most of these test.
PATIENT_SERVICE = (
    "-c",
    """
import app.upstream.client as upstream
import app.usage.ledger_redis as ledger
ledger.PATIENCE_SECONDS = 30
upstream.Budget.__init__.__defaults__ = (30, 60, 60, 4096, 4096)
from app.__main__ import main
main()
""",
)


@pytest.fixture
def redis() -> Iterator[RedisServer]:
    """Run a Redis of this test's own."""
    with redis_server() as server:
        yield server


async def start(folder: Path, environment: dict[str, str], program: Sequence[str]) -> Process:
    """Start the service."""
    with (folder / "stderr.txt").open("ab") as errors:
        return await asyncio.create_subprocess_exec(
            *(sys.executable, *program),
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(ROOT), "PORT": "0", **environment},
            stdout=asyncio.subprocess.PIPE,
            stderr=errors,
        )


@asynccontextmanager
async def ended(child: Process) -> AsyncIterator[None]:
    """End a process with the block, by its id."""
    try:
        yield
    finally:
        if child.returncode is None:
            child.kill()
        await child.wait()


async def address(child: Process) -> str:
    """Wait until a process says where it is."""
    assert child.stdout is not None
    line = (await asyncio.wait_for(child.stdout.readline(), 60)).decode()
    return next(word for word in line.split() if word.startswith("http://"))


class Pair:
    """Two processes behind one upstream, asked in turns."""

    def __init__(self, client: httpx.AsyncClient, urls: list[str]) -> None:
        self._client = client
        self._urls = urls
        self._turns = count()

    async def mint(self) -> httpx.Response:
        """Ask one of them for a token."""
        url = self._urls[next(self._turns) % len(self._urls)]
        return await self._client.get(f"{url}/api/voice-token", headers=PAGE)

    async def mints(self, number: int) -> list[httpx.Response]:
        """Ask so many times at once; fails if one of them is not answered."""
        return list(await asyncio.gather(*(self.mint() for _ in range(number))))


@asynccontextmanager
async def pair(
    folder: Path, redis: RedisServer, program: Sequence[str], **limits: int
) -> AsyncIterator[Pair]:
    """Run two processes over one Redis, with these limits and no other."""
    numbers = count(1)

    async def behave(_: StreamReader, writer: StreamWriter, number: int) -> None:
        token = {"token": f"token-{next(numbers)}", "expires_in_seconds": 60}
        writer.write(answer(json.dumps(token).encode()))

    async with AsyncExitStack() as stack:
        upstream = await stack.enter_async_context(raw_upstream(behave))
        environment = {
            "ASSEMBLYAI_API_KEY": KEY,
            "VOICEGATE_UPSTREAM_URL": upstream.url,
            "VOICEGATE_REDIS_URL": redis.url,
            "VOICEGATE_SECRET": SECRET,
            **{
                f"VOICEGATE_{name.upper()}": str(value)
                for name, value in (NO_LIMITS | limits).items()
            },
        }
        children = []
        for _ in range(2):
            children.append(await start(folder, environment, program))
            await stack.enter_async_context(ended(children[-1]))
        urls = [await address(child) for child in children]
        http = httpx.AsyncClient(
            timeout=30, limits=httpx.Limits(max_connections=200), trust_env=False
        )
        yield Pair(await stack.enter_async_context(http), urls)


def tokens(answers: list[httpx.Response]) -> list[str]:
    """Return the tokens among answers."""
    return [response.json()["token"] for response in answers if response.status_code == 200]


@pytest.mark.parametrize(
    ("limit", "value", "code"),
    [
        pytest.param("minutes_per_day", 750, "quota_exhausted", id="minutes-of-the-day"),
        pytest.param("sessions_at_once", 50, "sessions_exhausted", id="sessions-at-once"),
        pytest.param("mints_per_minute", 50, "rate_limited", id="mints-a-minute"),
    ],
)
async def test_two_processes_keep_one_limit_exactly(
    tmp_path: Path, redis: RedisServer, limit: str, value: int, code: str
) -> None:
    """200 at once against a limit of 50: 50 tokens, no two alike, and 150 clear refusals."""
    async with pair(tmp_path, redis, PATIENT_SERVICE, **{limit: value}) as service:
        answers = await service.mints(200)

    statuses = Counter(response.status_code for response in answers)
    assert statuses == {200: 50, 429: 150}
    assert len(set(tokens(answers))) == 50
    refused = [response for response in answers if response.status_code == 429]
    assert {response.json()["code"] for response in refused} == {code}
    assert all(int(response.headers["retry-after"]) >= 1 for response in refused)


async def test_store_dies_and_comes_back(tmp_path: Path, redis: RedisServer) -> None:
    """Killed in the middle: all are answered, none over the limit; back: minting by itself."""
    async with pair(tmp_path, redis, PATIENT_SERVICE, minutes_per_day=750) as service:
        crowd = [asyncio.create_task(service.mint()) for _ in range(200)]
        await asyncio.wait(crowd, return_when=asyncio.FIRST_COMPLETED)
        redis.kill()
        answers = await asyncio.wait_for(asyncio.gather(*crowd), 60)
        dead = await service.mints(20)
        redis.start()
        back = await asyncio.wait_for(until_minted(service), 60)

    assert {response.status_code for response in answers} <= ANSWERS
    assert 1 <= len(set(tokens(answers))) == len(tokens(answers)) <= 50
    for response in dead:
        assert_problem(response, 503, "service_unavailable")
        assert response.headers["retry-after"] == "5"
    assert back.json()["token"] not in tokens(answers)


async def until_minted(service: Pair) -> httpx.Response:
    """Ask both until both mint; returns the last answer."""
    minted = 0
    while True:
        response = await service.mint()
        minted = minted + 1 if response.status_code == 200 else 0
        if minted >= 2:
            return response
        await asyncio.sleep(0.05)


async def test_store_that_says_nothing_is_not_waited_for(tmp_path: Path) -> None:
    """Something accepts connections and never answers: refused all the same."""

    async def silence(reader: StreamReader, writer: StreamWriter) -> None:
        await reader.read()
        writer.close()

    listener = await asyncio.start_server(silence, "127.0.0.1", 0)
    port = listener.sockets[0].getsockname()[1]
    silent = RedisServer("", "", port)
    try:
        async with pair(tmp_path, silent, SERVICE, minutes_per_day=1000) as service:
            answers = await asyncio.wait_for(service.mints(50), 60)
    finally:
        listener.close()

    for response in answers:
        assert_problem(response, 503, "service_unavailable")
