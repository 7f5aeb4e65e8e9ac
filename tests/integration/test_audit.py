"""The bill is the agent service's list: over real sockets, with a simulator in made-up time."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from email.utils import formatdate
from itertools import count
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect

from app.errors import AppError
from app.main import create_app
from app.simulator.behaviour.profiles import LIVE, with_switches
from app.simulator.server.app import create_simulator
from app.simulator.server.transport import SERVER_OPTIONS
from app.usage.audit import BUSY_SECONDS, MAX_FAILURES, QUIET_SECONDS, Audit
from app.usage.ledger import LedgerStore, quota_limits
from app.usage.ledger_memory import MemoryLedger
from app.usage.ledger_redis import RedisLedger, UsageScript, open_redis
from tests.limit_kit import Clock
from tests.redis_server import STORES, RedisServer, memory_and_redis
from tests.service import KEY, NO_LIMITS, caller, make_settings
from tests.support import serve

QUIET = with_switches(LIVE, {"ready_delay_ms": "0"})
# A token of the usual window is over, and a report cannot be on its way any more.
LATER = 100
# Until then a token from before the start, which the ledger does not know, may open sessions.
FORGOTTEN = 700


# Each test runs twice: without Redis and with a real one.
server = pytest.fixture(params=STORES)(memory_and_redis)


class Process:
    """One process of the service, and visitors of it from addresses of their own."""

    def __init__(self, app: Any, ledger: LedgerStore, audit: Audit, stack: AsyncExitStack) -> None:
        self.app = app
        self.ledger = ledger
        self.audit = audit
        self._stack = stack
        self._addresses = count(1)

    async def visitor(self) -> httpx.AsyncClient:
        """Return somebody's browser."""
        client = caller(self.app, f"10.0.0.{next(self._addresses)}")
        await self._stack.enter_async_context(client)
        await client.get("/")  # for its cookie
        return client

    async def day(self) -> int:
        """Return what counts for all today."""
        return (await self.ledger.snapshot()).held_seconds

    def metric(self, name: str) -> float:
        """Return a number of the metrics."""
        lines = self.app.state.services.metrics.exposition().decode().splitlines()
        return next(float(line.split()[1]) for line in lines if line.startswith(f"{name} "))


class Rig:
    """A simulator and processes of the service, all by one clock that only the test moves."""

    def __init__(self, url: str, clock: Clock, server: RedisServer | None) -> None:
        self.clock = clock
        self._url = url
        self._server = server
        self._stack = AsyncExitStack()

    async def process(
        self,
        transport: httpx.AsyncBaseTransport | None = None,
        *,
        ahead_seconds: float = 0,
        on_unexplained: str = "log",
        **changes: Any,
    ) -> Process:
        """Start a process; one more of those that share a ledger where there is Redis.

        Args:
            transport: How it reaches the simulator.
            ahead_seconds: By how much its clock, and that of its ledger, is ahead.
            on_unexplained: Its setting, which asks for one that the rig has no use for: the audit
                is its own.
            changes: Its other settings.
        """

        def now() -> float:
            return self.clock.now + ahead_seconds

        here = {"upstream_url": self._url, "upstream_ws_url": None}
        settings = make_settings(**(NO_LIMITS | here | changes))
        settings = settings.model_copy(update={"on_unexplained": on_unexplained})
        app = create_app(settings, transport=transport)
        await self._stack.enter_async_context(app.router.lifespan_context(app))
        services = app.state.services
        ledger = await self._ledger(quota_limits(settings), now)
        services.accounting.store = services.accounting.quota._store = ledger
        services.audit = Audit(
            services.tokens._client,
            *(ledger, services.metrics),
            unknown_seconds=900,
            on_unexplained=services.kill_switch.see_unexplained,
            wall=now,
            monotonic=self.clock,
        )
        services.accounting.quota.is_refunding = True
        await services.audit.tick()
        return Process(app, ledger, services.audit, self._stack)

    async def _ledger(self, limits: dict[str, int], now: Callable[[], float]) -> LedgerStore:
        if self._server is None:
            return MemoryLedger(limits, clock=now, monotonic=now)
        redis = open_redis(self._server.url)
        self._stack.push_async_callback(redis.aclose)
        return RedisLedger(UsageScript(redis, clock=now), limits)

    async def talk(self, token: str) -> tuple[ClientConnection, str]:
        """Open a session; returns its socket and its id."""
        url = f"{self._url.replace('http', 'ws', 1)}/v1/ws?token={token}"
        socket = await self._stack.enter_async_context(connect(url))
        await socket.send(json.dumps({"type": "session.update", "session": {}}))
        while (frame := json.loads(await socket.recv()))["type"] != "session.ready":
            pass
        return socket, frame["session_id"]

    async def close(self) -> None:
        """End all."""
        await self._stack.aclose()


async def end(socket: ClientConnection) -> None:
    """End a session, as a page does."""
    await socket.send(json.dumps({"type": "session.end"}))
    async for _ in socket:
        pass


@asynccontextmanager
async def rig(server: RedisServer | None, **switches: str) -> AsyncIterator[Rig]:
    """Run a simulator whose clock stands still."""
    clock = Clock()

    class Simulated:
        def now(self) -> float:
            return clock.now

    simulator = create_simulator(
        with_switches(QUIET, switches), key=KEY, clock=Simulated(), control=True
    )
    # Its own header would tell another time than the list.
    options = {"log_config": None, "date_header": False, **SERVER_OPTIONS}
    async with serve(simulator, **options) as url:
        running = Rig(url, clock, server)
        try:
            yield running
        finally:
            await running.close()


async def mint(client: httpx.AsyncClient, **query: int | str) -> Any:
    """Ask for a token; returns the answer, or the code of the refusal."""
    response = await client.get("/api/voice-token", params=query)
    body = response.json()
    return body if response.status_code == 200 else body["code"]


async def report(client: httpx.AsyncClient, answer: Any, session_id: str) -> None:
    """Report the end of a session."""
    body = {"session_id": session_id, "receipt": answer["receipt"]}
    assert (await client.post("/api/session-ends", json=body)).status_code == 202


async def test_unused_time_comes_back_and_the_used_stays(server: RedisServer | None) -> None:
    """A call of 40 s on 900: all that, and its place, once the token opens nothing more."""
    async with rig(server) as world:
        process = await world.process(minutes_per_day=20, caller_sessions_at_once=1)
        ann = await process.visitor()
        answer = await mint(ann)
        socket, session_id = await world.talk(answer["token"])
        world.clock.now += 40
        await process.audit.read()
        talking = await process.day()
        await end(socket)
        await report(ann, answer, session_id)
        await process.audit.read()
        closing = await process.day(), await mint(ann)
        world.clock.now += LATER
        findings = await process.audit.read()
        over = await process.day(), await mint(ann)

    assert (talking, closing) == (900, (40 + 900, "sessions_exhausted"))
    assert (findings.used_today_seconds, findings.open_sessions) == (40, 0)
    assert (over[0], isinstance(over[1], dict)) == (40, True)


async def test_reused_token_gives_nothing_back_while_one_of_its_sessions_talks(
    server: RedisServer | None, caplog: pytest.LogCaptureFixture
) -> None:
    """One of two is ended and reported: place and seconds stay, and in the end both are paid."""
    async with rig(server) as world:
        limits: dict[str, Any] = {"caller_sessions_at_once": 1, "caller_minutes_per_day": 200}
        process = await world.process(**limits)
        world.clock.now += FORGOTTEN
        eve = await process.visitor()
        answer = await mint(eve, max_session_duration_seconds=10800, expires_in_seconds=600)
        first, first_id = await world.talk(answer["token"])
        world.clock.now += 100
        second, second_id = await world.talk(answer["token"])
        await end(first)
        await report(eve, answer, first_id)
        world.clock.now += 1000
        await process.audit.read()
        meanwhile = process.metric("voicegate_returned_seconds_total"), await mint(eve)
        held = await process.day()
        await end(second)
        await process.audit.read()
        returned = process.metric("voicegate_returned_seconds_total")
        found = process.metric("voicegate_unexplained_sessions_total")

        assert meanwhile == (0, "sessions_exhausted")
        assert held == 100 + 10800
        assert returned == 10800 - 100 - 1000
        assert await process.day() == 100 + 1000
    assert found == 1
    assert [record.args for record in caplog.records if "no grant" in record.msg] == [(second_id,)]


async def test_twenty_sessions_on_one_token_end_the_day(server: RedisServer | None) -> None:
    """Until the list shows them nobody can know; from then on nothing is granted beside them."""
    async with rig(server) as world:
        process = await world.process(minutes_per_day=1200)
        eve, bob = await process.visitor(), await process.visitor()
        answer = await mint(eve, max_session_duration_seconds=10800, expires_in_seconds=600)
        for _ in range(20):
            await world.talk(answer["token"])
        world.clock.now += BUSY_SECONDS
        await process.audit.tick()
        findings = process.audit.latest
        refused = await mint(bob, max_session_duration_seconds=60)

        assert findings is not None
        assert (findings.open_sessions, findings.used_today_seconds) == (20, 20 * BUSY_SECONDS)
        assert await process.day() == 20 * 10800
    assert refused == "quota_exhausted"


async def test_report_of_a_short_session_frees_no_long_one(server: RedisServer | None) -> None:
    """Three hours and a minute granted at once; which of them talks is not for its page to say."""
    async with rig(server) as world:
        process = await world.process(minutes_per_day=190)
        eve, bob = await process.visitor(), await process.visitor()
        long = await mint(eve, max_session_duration_seconds=10800)
        short = await mint(bob, max_session_duration_seconds=60)
        _, session_id = await world.talk(long["token"])
        await report(bob, short, session_id)
        world.clock.now += LATER
        await process.audit.read()

        assert await process.day() == 10800
        assert await mint(bob) == "quota_exhausted"


async def test_restart_forgets_nothing() -> None:
    """The list knows what was used before, and what goes on."""
    async with rig(None) as world:
        limits: dict[str, Any] = {"minutes_per_day": 30}
        before = await world.process(**limits)
        ann = await before.visitor()
        first, second = await mint(ann), await mint(ann)
        socket, _ = await world.talk(first["token"])
        await world.talk(second["token"])
        world.clock.now += 600
        await end(socket)
        after = await world.process(**limits)
        bob = await after.visitor()

        assert await after.day() == 600 + 900
        assert await mint(bob) == "quota_exhausted"
        assert isinstance(await mint(bob, max_session_duration_seconds=300), dict)
        assert after.metric("voicegate_unexplained_sessions_total") == 0


async def test_day_is_full_at_the_first_request_after_a_restart() -> None:
    """A caller that comes before the list was read waits for it."""
    may_answer = asyncio.Event()

    async def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/v1/token":
            return httpx.Response(200, json={"token": "token", "expires_in_seconds": 60})
        await may_answer.wait()
        talking = {"status": "created", "created_at": datetime.now(UTC).isoformat()}
        listed = [{"id": f"sess-{number}"} | talking for number in range(2)]
        return httpx.Response(200, json={"sessions": listed, "has_more": False})

    settings = make_settings(**(NO_LIMITS | {"audit": True, "minutes_per_day": 30}))
    app = create_app(settings, transport=httpx.MockTransport(answer))
    async with app.router.lifespan_context(app), caller(app) as client:
        asking = asyncio.create_task(mint(client))
        starting = (await client.get("/readyz")).json()
        may_answer.set()
        refused = await asking
        ready = (await client.get("/readyz")).json()

    assert refused == "quota_exhausted"
    assert starting["detail"].startswith("Today's minutes: what tokens")
    assert ready["detail"] == "Today's minutes: what sessions used, by the agent service's list."


async def test_tokens_that_nobody_uses_take_the_day_for_a_moment_only(
    server: RedisServer | None,
) -> None:
    """Ten from two addresses are the whole day; once they open nothing more, all is there again."""
    async with rig(server) as world:
        process = await world.process(minutes_per_day=150)
        visitors = [await process.visitor() for _ in range(2)]
        taken = [await mint(visitors[number % 2]) for number in range(10)]
        await process.audit.read()
        full = await mint(visitors[0])
        world.clock.now += LATER
        await process.audit.read()

        assert all(isinstance(each, dict) for each in taken)
        assert full == "quota_exhausted"
        assert await process.day() == 0
        assert isinstance(await mint(visitors[0]), dict)


async def test_full_house_is_told_apart_and_for_seconds(server: RedisServer | None) -> None:
    """A place is free once its token opens no more, and from then on as soon as a call may end."""
    async with rig(server) as world:
        process = await world.process(sessions_at_once=1)
        ann, bob = await process.visitor(), await process.visitor()
        answer = await mint(ann)
        socket, session_id = await world.talk(answer["token"])
        await process.audit.tick()
        early = await bob.get("/api/voice-token")
        world.clock.now += int(early.headers["retry-after"])
        full = await bob.get("/api/voice-token")
        await end(socket)
        await report(ann, answer, session_id)
        world.clock.now += LATER
        await process.audit.tick()

        assert isinstance(await mint(bob), dict)
    assert (full.status_code, full.json()["code"]) == (429, "sessions_exhausted")
    assert [each.headers["retry-after"] for each in (early, full)] == ["80", "10"]


@pytest.mark.parametrize("ahead_seconds", [6, -40])
async def test_clock_that_is_wrong_costs_nobody_a_minute(
    server: RedisServer | None, caplog: pytest.LogCaptureFixture, ahead_seconds: float
) -> None:
    """By the list's own time its sessions are found; that ours is wrong is said."""
    caplog.set_level(logging.WARNING)
    async with rig(server) as world:

        class Dated(httpx.AsyncHTTPTransport):
            async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
                response = await super().handle_async_request(request)
                response.headers["Date"] = formatdate(world.clock.now, usegmt=True)
                return response

        process = await world.process(Dated(), ahead_seconds=ahead_seconds)
        world.clock.now += 10  # the header says whole seconds
        ann = await process.visitor()
        answer = await mint(ann)
        socket, session_id = await world.talk(answer["token"])
        world.clock.now += 40
        await end(socket)
        await report(ann, answer, session_id)
        world.clock.now += LATER
        await process.audit.tick()

        assert await process.day() == 40
        assert process.metric("voicegate_returned_seconds_total") == 860
    assert any("our clock is" in record.msg for record in caplog.records)


async def test_session_that_is_listed_as_over_late_is_not_forgotten(
    server: RedisServer | None,
) -> None:
    """Reported at once and listed as over 75 s later: what it is billed for, and no more."""
    async with rig(server) as world:
        process = await world.process()
        ann = await process.visitor()
        answer = await mint(ann)
        socket, session_id = await world.talk(answer["token"])
        world.clock.now += 40
        await report(ann, answer, session_id)
        world.clock.now += 75
        await process.audit.tick()
        meanwhile = await process.day()
        await end(socket)
        world.clock.now += LATER
        await process.audit.tick()

        assert (meanwhile, await process.day()) == (900, 40 + 75)
        assert process.metric("voicegate_returned_seconds_total") == 900 - 40 - 75


async def test_session_of_every_zone_is_found(server: RedisServer | None) -> None:
    """Three zones behind the vendor's name, as one public client found: refunds come from each."""
    names: list[str] = []

    class ByName(httpx.AsyncHTTPTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            names.append(request.url.host)
            headers = {"Host": request.url.host, "Authorization": request.headers["authorization"]}
            url = world._url + request.url.raw_path.decode()
            return await super().handle_async_request(httpx.Request("GET", url, headers=headers))

    async with rig(server, session_zones="three") as world:
        process = await world.process(ByName(), upstream_url="https://agents.assemblyai.com")
        ann = await process.visitor()
        for _ in range(3):
            answer = await mint(ann)
            socket, session_id = await world.talk(answer["token"])
            world.clock.now += 50
            await end(socket)
            await report(ann, answer, session_id)
        world.clock.now += LATER
        await process.audit.read()

        assert await process.day() == 150
        assert process.metric("voicegate_returned_seconds_total") == 3 * 850
    assert {f"agents{zone}.assemblyai.com" for zone in ("", ".eu", ".us")} == set(names)


@pytest.mark.parametrize("on_unexplained", ["log", "stop"])
async def test_unexplained_session_stops_minting_where_that_is_asked_for(
    server: RedisServer | None, on_unexplained: str
) -> None:
    """In every process that shares the ledger, until the next day; else it is told of only."""
    async with rig(server) as world:
        first = await world.process(on_unexplained=on_unexplained)
        second = await world.process(on_unexplained=on_unexplained) if server else first
        ann = await second.visitor()
        world.clock.now += FORGOTTEN
        await world.talk(KEY)  # the key itself, used elsewhere
        world.clock.now += BUSY_SECONDS
        await first.audit.read()
        await first.audit.tick()
        await second.audit.tick()
        stopped = await mint(ann)
        world.clock.now += 86400
        await first.audit.read()
        await first.audit.tick()
        await second.audit.tick()
        next_day = await mint(ann)

    assert (stopped == "service_unavailable") == (on_unexplained == "stop")
    assert isinstance(next_day, dict)


async def test_list_is_read_as_often_as_calls_may_be_open() -> None:
    """Every half minute while a grant is about, else every five; soon after an end."""
    async with rig(None) as world:
        process = await world.process()
        ann = await process.visitor()
        read: list[float] = []

        async def note() -> Any:
            read.append(world.clock.now - began)
            return await Audit.read(process.audit)

        process.audit.read = note  # type: ignore[method-assign]
        began = world.clock.now
        for second in range(int(QUIET_SECONDS) + 1):
            world.clock.now = began + second
            await process.audit.tick()
        quiet, answer = read.copy(), await mint(ann)
        read.clear()
        began = world.clock.now
        for second in range(90):
            world.clock.now = began + second
            if second == 62:
                await report(ann, answer, "made-up")
            await process.audit.tick()

    assert quiet == [QUIET_SECONDS]
    assert read == [30, 60, 65]


async def test_list_that_cannot_be_read_leaves_reservations(
    server: RedisServer | None, caplog: pytest.LogCaptureFixture
) -> None:
    """Three times in a row: said once, nothing comes back, and so again when it is back."""
    caplog.set_level(logging.WARNING)
    async with rig(server) as world:
        is_down = False

        class Failing(httpx.AsyncHTTPTransport):
            async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
                if is_down and request.url.path == "/v1/sessions":
                    return httpx.Response(403)
                return await super().handle_async_request(request)

        process = await world.process(Failing(), minutes_per_day=60)
        ann = await process.visitor()
        bases, is_down = [process.audit.basis], True
        answer = await mint(ann)
        for _ in range(MAX_FAILURES + 1):
            world.clock.now += BUSY_SECONDS
            await process.audit.tick()
            bases.append(process.audit.basis)
        held = await process.day()
        with pytest.raises(AppError):
            await process.audit.read()
        is_down = False
        world.clock.now += BUSY_SECONDS
        await process.audit.tick()
        bases.append(process.audit.basis)

        assert isinstance(answer, dict)
        assert (held, await process.day()) == (900, 0)
    assert bases == ["list"] * 3 + ["reservations"] * 2 + ["list"]
    told = [record.msg.split(":")[0] for record in caplog.records if "list of s" in record.msg]
    assert told == [
        "the list of sessions cannot be read (%s)",
        "the list of sessions is read again",
    ]
