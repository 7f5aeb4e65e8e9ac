"""Several processes on one port: started, counted, replaced and ended as one service."""

import asyncio
import contextlib
import os
import re
import signal
import socket
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from tests.integration.raw_upstream import raw_upstream
from tests.integration.test_server import GOOD, Running, finish, running, start
from tests.redis_server import redis_server
from tests.service import KEY, PAGE

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="takes a kernel that shares a port")
TOKEN = "operator-token-0123456789abcdef-0123"
COUNT = 3
Events = tuple[asyncio.Event, asyncio.Event]


@asynccontextmanager
async def workers(
    folder: Path, **environment: str
) -> AsyncIterator[tuple[Running, asyncio.Event, asyncio.Event]]:
    """Run three on one port, with a Redis and an upstream.

    That waits while the first event is clear, and sets the second when it is asked for a token.
    """
    gate, asked = asyncio.Event(), asyncio.Event()
    gate.set()

    async def behave(_: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int) -> None:
        if b" /v1/token?" in upstream.requests[number - 1]:
            asked.set()
            await gate.wait()
        writer.write(GOOD)

    with redis_server() as redis:
        async with raw_upstream(behave) as upstream:
            environment = {
                "ASSEMBLYAI_API_KEY": KEY,
                "VOICEGATE_UPSTREAM_URL": upstream.url,
                "VOICEGATE_REDIS_URL": redis.url,
                "VOICEGATE_SECRET": "s" * 32,
                "VOICEGATE_OPERATOR_TOKEN": TOKEN,
                "VOICEGATE_WORKERS": str(COUNT),
                **environment,
            }
            async with running(folder, **environment) as service:
                yield service, gate, asked


def children(service: Running) -> set[int]:
    """Return the processes that the parent has started."""
    pid = service.process.pid
    return set(map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split()))


async def is_true_soon(condition: Callable[[], object]) -> None:
    """Wait for what the kernel tells nobody of."""
    async with asyncio.timeout(30):
        while not condition():  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.01)


async def ask(service: Running, path: str = "/api/voice-token", **headers: str) -> httpx.Response:
    """Ask over a connection of its own, so that any of the processes may answer."""
    async with httpx.AsyncClient(base_url=service.url, headers=PAGE | headers) as client:
        return await client.get(path)


def is_gone(pid: int) -> bool:
    """Tell whether a process has ended; one that nobody has waited for yet has."""
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].startswith("Z")
    return True


async def test_they_share_limits_and_add_up_their_counts(tmp_path: Path) -> None:
    """There are as many tokens as from one process, and any of them knows of them all."""
    async with workers(tmp_path, VOICEGATE_MINTS_PER_MINUTE="10") as (service, *_):
        statuses = [(await ask(service)).status_code for _ in range(30)]
        shown = {
            (await ask(service, "/metrics", Authorization=f"Bearer {TOKEN}")).text for _ in range(9)
        }
        pids = children(service)

    assert len(pids) == COUNT
    assert (statuses.count(200), statuses.count(429)) == (10, 20)
    for text in shown:
        assert 'voicegate_mints_total{outcome="ok"} 10.0\n' in text
        assert 'voicegate_mints_total{outcome="rate_limited"} 20.0\n' in text
        assert len(re.findall(r"^voicegate_requests_in_flight", text, re.MULTILINE)) == 1
        assert re.findall(r"^voicegate_minting.*", text, re.MULTILINE) == ["voicegate_minting 1.0"]
    assert all(map(is_gone, pids))


async def test_one_that_dies_is_replaced(tmp_path: Path) -> None:
    """Whoever asks next is answered, what was counted stays, and the log names the end."""
    async with workers(tmp_path) as (service, *_):
        await ask(service)
        before = children(service)
        for pid in before:
            os.kill(pid, signal.SIGKILL)
        await is_true_soon(lambda: len(children(service) - before) == COUNT)
        answer = None
        while answer is None:  # the new ones listen a moment later
            with contextlib.suppress(httpx.TransportError):
                answer = await ask(service, "/metrics", Authorization=f"Bearer {TOKEN}")
        service.process.send_signal(signal.SIGTERM)
        code, _, err = await finish(service.process)

    assert 'voicegate_mints_total{outcome="ok"} 1.0\n' in answer.text
    assert code == 0
    assert "a process ended (signal 9), this one stands for it" in err


async def test_one_that_fails_is_replaced(tmp_path: Path) -> None:
    """An exception that nobody expected ends the process it is in, and no other."""
    code = (
        "import signal, app.web.workers as w\n"
        "workers = w.Workers(2, counts=False)\n"
        "number = workers.fork()\n"
        "if number == 0 and not workers.why: raise RuntimeError\n"
        "if number is not None: print(number, workers.why, flush=True), signal.pause()\n"
    )
    process = await start(tmp_path, program=("-c", code))
    assert process.stdout is not None
    async with asyncio.timeout(60):
        lines = {(await process.stdout.readline()).decode().strip() for _ in range(2)}
    with contextlib.suppress(ProcessLookupError):
        process.send_signal(signal.SIGTERM)
    ended_with, _, err = await finish(process)

    assert lines == {"1", "0 exit code 1"}
    assert ended_with == 0
    assert err.count("RuntimeError") == 1


async def test_signal_as_one_ends_is_passed_on_to_the_others(tmp_path: Path) -> None:
    """It comes when the system knows the one no more, and the parent still does."""
    code = (
        "import os, signal, app.web.workers as w\n"
        "wait, parent = os.wait, os.getpid()\n"
        "os.wait = lambda: (wait(), os.kill(parent, signal.SIGTERM))[0]\n"
        "number = w.Workers(2, counts=False).fork()\n"
        "if number == 1: signal.pause()\n"
    )
    ended_with, _, err = await finish(await start(tmp_path, program=("-c", code)))

    assert (ended_with, err) == (0, "")


async def test_metrics_port_in_use_is_told_once(tmp_path: Path) -> None:
    """Before there is a second process."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        environment = {
            "ASSEMBLYAI_API_KEY": KEY,
            "VOICEGATE_REDIS_URL": "redis://127.0.0.1:1",
            "VOICEGATE_SECRET": "s" * 32,
            "VOICEGATE_WORKERS": str(COUNT),
            "VOICEGATE_METRICS_PORT": str(port),
        }
        code, _, err = await finish(await start(tmp_path, **environment))

    assert code == 1
    assert err == (
        f"Something else uses port {port} of 127.0.0.1: end it, or set VOICEGATE_METRICS_PORT to "
        "another port.\n"
    )


async def test_what_is_in_hand_is_answered_at_the_end(tmp_path: Path) -> None:
    """From SIGTERM on the parent waits until each has drained."""
    async with workers(tmp_path) as (service, gate, asked):
        pids = children(service)
        gate.clear()
        minting = asyncio.create_task(ask(service))
        await asked.wait()
        service.process.send_signal(signal.SIGTERM)
        await is_true_soon(lambda: any(map(is_gone, pids)))
        gate.set()
        minted = await minting
        code, _, _ = await finish(service.process)

    assert minted.status_code == 200
    assert code == 0
    assert all(map(is_gone, pids))


async def test_none_outlives_the_parent(tmp_path: Path) -> None:
    """Killed, it can pass nothing on."""
    async with workers(tmp_path) as (service, *_):
        pids = children(service)
        service.process.kill()
        await is_true_soon(lambda: all(map(is_gone, pids)))


async def test_folder_for_the_counts_is_needed(tmp_path: Path) -> None:
    """A root that is only read, without a /tmp: told in a sentence."""
    code = (
        "import tempfile, app.web.workers as w; tempfile.tempdir = '/proc/nowhere'\n"
        "try: w.Workers(2, counts=True)\n"
        "except w.ConfigurationError as error: print(error)"
    )
    process = await start(tmp_path, program=("-c", code))
    _, out, err = await finish(process)

    assert out.startswith("Metrics of several processes take a folder that can be written: ")
    assert err == ""


async def test_wrong_agents_are_told_once(tmp_path: Path) -> None:
    """What no process could serve ends the start, and nothing is left in the temporary folder."""
    (tmp_path / "agents.toml").write_text("[agents.a]\ncolour = 1")
    environment = {"TMPDIR": str(tmp_path), "VOICEGATE_AGENTS_FILE": "agents.toml"}
    with pytest.raises(AssertionError, match="there is no such field") as told:
        async with workers(tmp_path, **environment):
            pass

    assert str(told.value).count("there is no such field") == 1
    assert await asyncio.to_thread(os.listdir, tmp_path) == ["agents.toml"]
