"""One call that is dropped thirty times in five minutes, with the steps that the client takes."""

import json
from contextlib import suppress
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from app.config.settings import Settings
from tests.integration.test_audit import LATER, Process, Rig, end, mint, rig
from tests.redis_server import STORES, RedisServer, memory_and_redis
from tests.service import KEY, NO_LIMITS, caller

DEFAULTS = {name: Settings.model_fields[name].default for name in NO_LIMITS}
SECRET = "0123456789abcdef0123456789abcdef"
DROPS = 30
STEP_SECONDS = 10


# Each test runs twice: with one process, and with two that share a real Redis.
server = pytest.fixture(params=STORES)(memory_and_redis)


class Line:
    """One visitor's bad line, behind whatever shares the load between the processes."""

    def __init__(
        self, world: Rig, processes: list[Process], clients: list[httpx.AsyncClient]
    ) -> None:
        self._world = world
        self._processes = processes
        self._clients = clients
        self._turn = 0

    @property
    def client(self) -> httpx.AsyncClient:
        """The visitor's browser, at the next process."""
        self._turn += 1
        return self._clients[self._turn % len(self._clients)]

    async def token(self, receipt: str | None = None) -> Any:
        """Ask for a token, as a page does."""
        return await mint(self.client, **({} if receipt is None else {"receipt": receipt}))

    async def report(self, receipt: str, session_id: str) -> None:
        """Report the end of a session."""
        body = {"session_id": session_id, "receipt": receipt}
        assert (await self.client.post("/api/session-ends", json=body)).status_code == 202

    async def open(self, token: str, first: dict[str, Any]) -> tuple[ClientConnection, str | None]:
        """Open a socket; returns the session on it, or None where it was refused."""
        socket = await connect(f"{self._world._url.replace('http', 'ws', 1)}/v1/ws?token={token}")
        await socket.send(json.dumps(first))
        with suppress(ConnectionClosed):
            while True:
                frame = json.loads(await socket.recv())
                if frame["type"] == "session.ready":
                    return socket, str(frame["session_id"])
        return socket, None

    async def pass_time(self, seconds: int) -> None:
        """Let the processes do what they do in that time."""
        for _ in range(seconds // STEP_SECONDS):
            self._world.clock.now += STEP_SECONDS
            for process in self._processes:
                await process.audit.tick()

    async def drop(self, socket: ClientConnection) -> None:
        """Break the line, and wait until the service has seen it."""
        socket.transport.abort()
        async with httpx.AsyncClient(base_url=self._world._url) as simulator:
            while (await simulator.get("/_stats")).json()["sockets_open"]:
                pass

    async def billed(self) -> float:
        """Return what the agent service will ask for."""
        async with httpx.AsyncClient(base_url=self._world._url) as simulator:
            page = await simulator.get("/v1/sessions?limit=200", headers={"Authorization": KEY})
        return float(sum(session["duration_seconds"] for session in page.json()["sessions"]))


async def bad_line(world: Rig, server: RedisServer | None) -> Line:
    """Return a visitor of one process, or of two."""
    first = await world.process(**DEFAULTS, secret=SECRET)
    ann = await first.visitor()
    if server is None:
        return Line(world, [first], [ann])
    second = await world.process(**DEFAULTS, secret=SECRET)
    again = await world._stack.enter_async_context(caller(second.app, "10.0.0.1"))
    again.cookies = ann.cookies
    return Line(world, [first, second], [ann, again])


UPDATE = {"type": "session.update", "session": {}}


@pytest.mark.parametrize("resume", ["ok", "not_found_1008"])
async def test_call_that_drops_thirty_times_costs_one_call(
    server: RedisServer | None, resume: str
) -> None:
    """It lives, and once its tokens open nothing more, its day pays what was talked."""
    async with rig(server, resume=resume) as world:
        line = await bad_line(world, server)
        answer = await line.token()
        opened_by = answer["receipt"]
        socket, session_id = await line.open(answer["token"], UPDATE)
        may_resume = True
        for _ in range(DROPS):
            await line.pass_time(STEP_SECONDS)
            await line.drop(socket)
            answer = await line.token(opened_by)
            assert isinstance(answer, dict), answer
            if may_resume:
                first = {"type": "session.resume", "session_id": session_id}
                socket, resumed = await line.open(answer["token"], first)
                may_resume = resumed is not None
            if not may_resume:
                socket, new = await line.open(answer["token"], UPDATE)
                await line.report(opened_by, str(session_id))
                session_id, opened_by = str(new), answer["receipt"]
        await end(socket)
        await line.report(opened_by, str(session_id))
        await line.pass_time(LATER * 2)
        day = await line._processes[0].day()
        billed = await line.billed()
        another = await line.client.get("/api/voice-token")

    sessions = 1 if resume == "ok" else DROPS + 1
    assert billed <= day <= billed + sessions
    if resume == "ok":
        assert billed == DROPS * STEP_SECONDS
    limit = DEFAULTS["caller_minutes_per_day"] * 60
    left = limit - day - 900
    assert f'"caller-day";r={left};' in another.headers["ratelimit"]
