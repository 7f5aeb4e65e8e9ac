"""The process that reads the list of sessions is killed while it does: another one goes on."""

import asyncio
import json
import time
from contextlib import AsyncExitStack
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
from websockets.asyncio.client import ClientConnection, connect

from app.simulator.behaviour.profiles import LIVE, with_switches
from app.simulator.server.app import create_simulator
from app.simulator.server.transport import SERVER_OPTIONS
from app.usage.rate_limits import DAY
from tests.gate import Gate
from tests.integration.test_server import Running, running
from tests.redis_server import redis_server
from tests.service import KEY, PAGE
from tests.support import serve

OPERATOR_TOKEN = "operator-token-0123456789abcdef-0123"
SESSIONS = 400
AT_ONCE = 50
# For each wait: a busy machine may need a while.
SECONDS = 60
# The seconds of `usage/audit.py` are shorter, nothing else is another.
PROGRAM = """
import app.usage.audit as audit
audit.LEASE_SECONDS = 2
audit.TICK_SECONDS = audit.PAUSE_SECONDS = 0.1
audit.BUSY_SECONDS = audit.QUIET_SECONDS = 0.5
from app.__main__ import main
main()
"""
UNLIMITED = {
    f"VOICEGATE_{who}{what}": "0"
    for who in ("", "CALLER_")
    for what in ("MINTS_PER_MINUTE", "MINUTES_PER_DAY", "SESSIONS_AT_ONCE")
}


async def usage(client: httpx.AsyncClient) -> Any:
    """Return what a process tells its operator."""
    headers = {"Authorization": f"Bearer {OPERATOR_TOKEN}"}
    return (await client.get("/operator/usage", headers=headers)).json()


async def session(upstream: str, client: httpx.AsyncClient) -> ClientConnection:
    """Open a session as a page does; returns its socket."""
    token = (await client.get("/api/voice-token")).json()["token"]
    url = f"{upstream.replace('http', 'ws', 1)}/v1/ws?token={token}"
    socket = await connect(url, open_timeout=None, ping_interval=None)
    await socket.send(json.dumps({"type": "session.update", "session": {}}))
    while json.loads(await socket.recv())["type"] != "session.ready":
        pass
    return socket


async def end(socket: ClientConnection) -> None:
    """End a session."""
    await socket.send(json.dumps({"type": "session.end"}))
    async for _ in socket:
        pass


async def billed(upstream: str) -> float:
    """Return what the agent service will ask for, of today."""
    midnight = time.time() // DAY * DAY
    seconds, cursor, count = 0.0, "", 0
    headers = {"Authorization": KEY}
    async with httpx.AsyncClient(base_url=upstream, headers=headers, timeout=SECONDS) as client:
        while cursor is not None:
            query: dict[str, Any] = {"limit": 200, "cursor": cursor}
            page = (await client.get("/v1/sessions", params=query)).json()
            for each in page["sessions"]:
                count += 1
                began_at = datetime.fromisoformat(each["created_at"]).timestamp()
                ended_at = began_at + each["duration_seconds"]
                seconds += max(0.0, ended_at - max(began_at, midnight))
            cursor = page["response_metadata"]["next_cursor"]
    assert count == SESSIONS
    return seconds


async def test_sums_are_those_of_one_process_after_the_reader_was_killed(tmp_path: Path) -> None:
    """Four hundred sessions by way of both; the one with the lease ends by signal 9 in mid-list."""
    profile = with_switches(LIVE, {"ready_delay_ms": "0"})
    gate = Gate(create_simulator(profile, key=KEY), "/v1/sessions?")
    async with AsyncExitStack() as stack:
        upstream = await stack.enter_async_context(serve(gate, log_config=None, **SERVER_OPTIONS))
        stack.callback(gate.open)  # else its server could not end
        common = {
            "ASSEMBLYAI_API_KEY": KEY,
            "VOICEGATE_UPSTREAM_URL": upstream,
            "VOICEGATE_OPERATOR_TOKEN": OPERATOR_TOKEN,
            "VOICEGATE_SECRET": "s" * 32,
            **UNLIMITED,
        }
        shared = {"VOICEGATE_REDIS_URL": stack.enter_context(redis_server()).url}

        async def process(**more: str) -> tuple[Running, httpx.AsyncClient]:
            context = running(tmp_path, program=("-c", PROGRAM), **common, **more)
            started = await stack.enter_async_context(context)
            client = httpx.AsyncClient(base_url=started.url, headers=PAGE, timeout=SECONDS)
            await stack.enter_async_context(client)
            await client.get("/")  # for its cookie
            return started, client

        async def until_counted(client: httpx.AsyncClient) -> None:
            async with asyncio.timeout(SECONDS):
                while True:
                    report = await usage(client)
                    if report["listed"] and report["listed"]["open_sessions"] == 0:
                        seconds = await billed(upstream)
                        if seconds <= report["today"]["used_seconds"] < seconds + 1:
                            return
                    await asyncio.sleep(0.1)

        reader, first_client = await process(**shared)
        async with asyncio.timeout(SECONDS):  # until it has the lease
            while (await usage(first_client))["listed"] is None:  # noqa: ASYNC110 - nobody tells
                await asyncio.sleep(0.1)
        _, other = await process(**shared)
        clients = (first_client, other)
        for first in range(0, SESSIONS, AT_ONCE):
            callers = (clients[number % 2] for number in range(first, first + AT_ONCE))
            talking = await asyncio.gather(*(session(upstream, each) for each in callers))
            if first + AT_ONCE == SESSIONS:
                gate.shut()
            await asyncio.gather(*map(end, talking))

        await asyncio.wait_for(gate.asked.wait(), SECONDS)
        reader.process.kill()
        await reader.process.wait()
        gate.open()
        await until_counted(other)
        _, alone = await process()
        await until_counted(alone)
