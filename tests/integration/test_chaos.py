"""When the agent service misbehaves: documented answers, within the budget, and nothing left."""

import asyncio
import gc
import logging
import os
import signal
import tracemalloc
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from app.main import create_app
from app.simulator.server.app import create_simulator
from app.simulator.server.transport import SERVER_OPTIONS
from app.upstream.client import Budget
from tests.integration.raw_upstream import answer, raw_upstream
from tests.integration.test_server import GOOD, finish, running
from tests.service import KEY, NO_LIMITS, caller, make_settings
from tests.support import serve

CALLERS = 200
PAGE = {"Origin": "http://voicegate.test", "Sec-Fetch-Site": "same-origin"}
# What a mint may become, by the table in `templates/partials/docs-problems.html`.
DOCUMENTED = {
    *((200, None), (429, "upstream_busy"), (502, "upstream_rejected")),
    *((502, "upstream_unavailable"), (502, "upstream_unreadable"), (503, "overloaded")),
    *((503, "service_unavailable"), (503, "draining"), (504, "upstream_timeout")),
}
PLACES = Budget(max_in_flight=64, max_waiting=256)
# Long enough for a busy machine: which failure comes must not hang on its speed.
PATIENT = replace(PLACES, connect_seconds=20, read_seconds=20, total_seconds=25)
# Where nothing ever comes, the budget is what is tested.
SHORT = replace(PLACES, connect_seconds=0.5, read_seconds=0.4, total_seconds=1.5)
HANGING = {(504, "upstream_timeout"), (503, "overloaded")}


@dataclass
class Outcome:
    """What became of a crowd."""

    answers: list[httpx.Response] = field(default_factory=list)

    def kinds(self) -> set[tuple[int, str | None]]:
        """Return each status with its code, once."""
        return {(a.status_code, a.json().get("code")) for a in self.answers}


def open_files() -> int:
    """Return how many descriptors this process holds."""
    gc.collect()
    return len(list(Path("/proc/self/fd").iterdir()))


@asynccontextmanager
async def nothing_left(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """Run a service, and check afterwards that it left no task, descriptor or taken place."""
    tasks, files = asyncio.all_tasks(), open_files()
    async with app.router.lifespan_context(app), caller(app) as client:
        yield client
        assert app.state.services.lifecycle.in_flight == 0
    async with asyncio.timeout(20):
        # Connections close a turn of the loop later than the pool that held them.
        while asyncio.all_tasks() - tasks or open_files() > files:  # noqa: ASYNC110 - no event
            await asyncio.sleep(0.01)


async def crowd(client: httpx.AsyncClient, headers: dict[str, str] = PAGE) -> Outcome:
    """Let many ask at once, each with a limit that is far above the budget of a mint."""

    async def one() -> httpx.Response:
        async with asyncio.timeout(40):
            return await client.get("/api/voice-token", headers=headers)

    return Outcome(await asyncio.gather(*(one() for _ in range(CALLERS))))


@pytest.mark.parametrize(
    ("faults", "expected"),
    [
        pytest.param({}, {(200, None)}, id="fine"),
        pytest.param({"token_delay": "0.1"}, {(200, None)}, id="slow"),
        pytest.param({"token_delay": "30"}, HANGING, id="dead"),
        pytest.param({"token_slow_body": "30"}, HANGING, id="trickling"),
        pytest.param(
            {"token_reset": "before_answer"}, {(502, "upstream_unavailable")}, id="resetting"
        ),
        pytest.param(
            {"token_reset": "within_body"}, {(502, "upstream_unreadable")}, id="cutting off"
        ),
        pytest.param({"token_status": "503"}, {(502, "upstream_unavailable")}, id="failing"),
        pytest.param({"token_status": "429,7"}, {(429, "upstream_busy")}, id="busy"),
        pytest.param({"token_status": "402"}, {(503, "service_unavailable")}, id="unpaid"),
        pytest.param({"token_status": "404"}, {(502, "upstream_rejected")}, id="refusing"),
        pytest.param({"token_malformed": "html"}, {(502, "upstream_unreadable")}, id="lying"),
        pytest.param({"token_malformed": "huge"}, {(502, "upstream_unreadable")}, id="huge"),
        pytest.param({"token_malformed": "deep"}, {(502, "upstream_unreadable")}, id="deep"),
        pytest.param(
            {"token_redirect": "/elsewhere"}, {(502, "upstream_unreadable")}, id="redirecting"
        ),
    ],
)
async def test_a_crowd_meets_a_fault(
    faults: dict[str, str], expected: set[tuple[int, str | None]]
) -> None:
    """Two hundred at once get a documented answer each, and the next one is served as before."""
    simulator = create_simulator(faults=faults, control=True)
    async with serve(simulator, **SERVER_OPTIONS) as url:
        budget = SHORT if expected is HANGING else PATIENT
        settings = make_settings(upstream_url=url, **NO_LIMITS)
        async with nothing_left(create_app(settings, budget=budget)) as client:
            outcome = await crowd(client)
            async with httpx.AsyncClient() as control:
                await control.post(f"{url}/_control", json={"faults": None})
            afterwards = await client.get("/api/voice-token", headers=PAGE)

    assert len(outcome.answers) == CALLERS
    # In line behind sixty-four that hang, the wait itself may use up a caller's budget.
    assert outcome.kinds() <= expected & DOCUMENTED
    assert afterwards.status_code == 200


async def half_open(reader: StreamReader, writer: StreamWriter, _: int) -> None:
    """Take the request, and never say or end anything until the other side does."""
    await reader.read()
    writer.close()


async def resets(_: StreamReader, writer: StreamWriter, __: int) -> None:
    """End the connection as a crash does."""
    writer.transport.abort()


async def answers_twice(_: StreamReader, writer: StreamWriter, __: int) -> None:
    """Send more than was asked for, which must not become the next caller's answer."""
    body = b'{"token": "first", "expires_in_seconds": 60}'
    writer.write(answer(body) + answer(body.replace(b"first", b"stray")))


async def says_nonsense(_: StreamReader, writer: StreamWriter, __: int) -> None:
    """Speak no HTTP."""
    writer.write(b"\x00\x01\x02 220 ready\r\n\r\n")
    await writer.drain()
    writer.close()


@pytest.mark.parametrize(
    ("behave", "allowed"),
    [
        (half_open, HANGING),
        (resets, {(502, "upstream_unavailable")}),
        (says_nonsense, {(502, "upstream_unreadable"), (502, "upstream_unavailable")}),
        (answers_twice, {(200, None), (502, "upstream_unreadable"), (502, "upstream_unavailable")}),
    ],
)
async def test_a_crowd_meets_a_broken_line(
    behave: Callable[[StreamReader, StreamWriter, int], Any],
    allowed: set[tuple[int, str | None]],
) -> None:
    """What no HTTP library would do is survived by two hundred at once too."""
    async with raw_upstream(behave) as upstream:
        budget = SHORT if allowed is HANGING else PATIENT
        settings = make_settings(upstream_url=upstream.url, **NO_LIMITS)
        async with nothing_left(create_app(settings, budget=budget)) as client:
            outcome = await crowd(client)
            more = await crowd(client)

    assert outcome.kinds() | more.kinds() <= allowed & DOCUMENTED
    tokens = [a.json()["token"] for a in outcome.answers + more.answers if a.is_success]
    assert "stray" not in tokens


async def test_upstream_that_is_gone() -> None:
    """With nobody listening each gets 502 at once."""
    async with raw_upstream(resets) as upstream:
        url = upstream.url
    settings = make_settings(upstream_url=url, **NO_LIMITS)
    async with nothing_left(create_app(settings, budget=PATIENT)) as client:
        outcome = await crowd(client)

    assert outcome.kinds() == {(502, "upstream_unavailable")}


async def test_more_than_may_wait_are_refused_at_once() -> None:
    """With few places and a short line, the rest gets 503 with `Retry-After`, and none hangs."""
    release = asyncio.Event()

    async def behave(_: StreamReader, writer: StreamWriter, __: int) -> None:
        await release.wait()
        writer.write(GOOD)

    async with raw_upstream(behave) as upstream:
        places = Budget(max_in_flight=4, max_waiting=6)
        settings = make_settings(upstream_url=upstream.url, **NO_LIMITS)
        app = create_app(settings, budget=places)
        async with nothing_left(app) as client:
            crowding = asyncio.create_task(crowd(client))
            while app.state.services.lifecycle.in_flight != 10:  # noqa: ASYNC110 - a counter has no event
                await asyncio.sleep(0.001)
            release.set()
            outcome = await crowding

    codes = [answer.json().get("code") for answer in outcome.answers]
    assert codes.count(None) == 10
    assert codes.count("overloaded") == CALLERS - 10
    refused = [a for a in outcome.answers if a.status_code == 503]
    assert {a.headers["retry-after"] for a in refused} == {"1"}


async def test_callers_that_hang_up_leave_nothing() -> None:
    """Who stops waiting frees the place, and the next one gets it."""
    async with raw_upstream(half_open) as upstream:
        places = Budget(max_in_flight=4, max_waiting=400)
        settings = make_settings(upstream_url=upstream.url, **NO_LIMITS)
        app = create_app(settings, budget=places)
        async with nothing_left(app) as client:
            asking = [
                asyncio.create_task(client.get("/api/voice-token", headers=PAGE))
                for _ in range(CALLERS)
            ]
            while app.state.services.lifecycle.in_flight != CALLERS:  # noqa: ASYNC110 - no event
                await asyncio.sleep(0.001)
            for task in asking:
                task.cancel()
            await asyncio.wait(asking)

    assert all(task.cancelled() for task in asking)


def resident_bytes(process_id: int) -> int:
    """Return how much memory a process holds."""
    statm = Path(f"/proc/{process_id}/statm").read_text(encoding="ascii")
    return int(statm.split()[1]) * os.sysconf("SC_PAGE_SIZE")


async def test_sigterm_in_the_middle_of_a_crowd(tmp_path: Path) -> None:
    """A real process: its callers get tokens or are told to come back, it ends, and in time."""
    numbers, release = count(1), asyncio.Event()

    async def behave(_: StreamReader, writer: StreamWriter, __: int) -> None:
        if next(numbers) > CALLERS:
            await release.wait()
        writer.write(GOOD)
        # On a kept connection a long wait is asked twice, and requests would not count callers.
        writer.close()

    async with raw_upstream(behave) as upstream:
        environment = {
            "ASSEMBLYAI_API_KEY": KEY,
            "VOICEGATE_UPSTREAM_URL": upstream.url,
            "VOICEGATE_AUDIT": "false",  # the upstream counts its callers
            **{f"VOICEGATE_{name.upper()}": "0" for name in NO_LIMITS},
        }
        async with (
            running(tmp_path, **environment) as service,
            httpx.AsyncClient(
                base_url=service.url, timeout=30, limits=httpx.Limits(max_connections=None)
            ) as client,
            asyncio.timeout(60),
        ):
            first = await crowd(client, {})
            assert first.kinds() == {(200, None)}
            before = resident_bytes(service.process.pid)
            crowding = asyncio.create_task(crowd(client, {}))
            while len(upstream.requests) < 2 * CALLERS:  # noqa: ASYNC110 - a list has no event
                await asyncio.sleep(0.005)
            held = resident_bytes(service.process.pid)
            service.process.send_signal(signal.SIGTERM)
            while (await client.get("/readyz")).status_code == 200:  # noqa: ASYNC110 - no event
                await asyncio.sleep(0)
            late = await client.get("/api/voice-token")
            release.set()
            second = await crowding
            code, _, err = await finish(service.process)

    assert second.kinds() == {(200, None)}
    assert late.json()["code"] == "draining"
    assert code == 0, err
    assert held - before < 64 * 2**20
    assert "Traceback" not in err
    assert KEY not in err


async def test_memory_returns_to_its_level() -> None:
    """Eight hundred mints that failed leave less behind than a hundred bytes each would be."""
    async with raw_upstream(resets) as upstream:
        settings = make_settings(upstream_url=upstream.url, **NO_LIMITS)
        async with nothing_left(create_app(settings, budget=PATIENT)) as client:
            tracemalloc.start()
            logging.disable()  # what the test runner keeps of each line is not the service's
            try:
                levels = []
                for _ in range(6):
                    await crowd(client)
                    upstream.requests.clear()
                    gc.collect()
                    levels.append(tracemalloc.get_traced_memory()[0])
            finally:
                logging.disable(logging.NOTSET)
                tracemalloc.stop()

    assert levels[-1] - levels[1] < 4 * CALLERS * 100
