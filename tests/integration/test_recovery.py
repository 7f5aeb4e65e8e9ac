"""One call, one grant: lost calls go on, and grants of which nobody has a token come back."""

import asyncio
from contextlib import AsyncExitStack, suppress
from typing import Any

import httpx
import pytest

from app.errors import StoppedError
from app.main import create_app
from app.simulator.server.app import create_simulator
from app.simulator.server.transport import SERVER_OPTIONS
from app.usage.accounting import Accounting
from app.usage.ledger import RECOVERIES_AT_ONCE
from tests.gate import Gate
from tests.integration.test_session_ends import granted
from tests.limit_kit import Tally, visitor
from tests.redis_server import STORES, RedisServer, memory_and_redis, redis_server
from tests.relay import relay
from tests.service import PAGE, caller, make_settings, minting, service
from tests.support import serve

SECRET = "0123456789abcdef0123456789abcdef"
# What takes it runs twice: without Redis and with a real one.
server = pytest.fixture(params=STORES)(memory_and_redis)
TERMS: dict[str, Any] = {"max_session_duration_seconds": 900, "expires_in_seconds": 60}
# A visitor may have one call and ask once; whatever goes on with that call may ask all the same.
ONE_CALL: dict[str, Any] = {
    "caller_minutes_per_day": 15,
    "caller_mints_per_minute": 1,
    "caller_sessions_at_once": 1,
    "callers_per_address": 10,
}


async def token(client: httpx.AsyncClient, receipt: str | None = None, **more: str) -> Any:
    """Ask for a token; returns its answer, or the code of the refusal."""
    query = {"receipt": receipt} if receipt is not None else {}
    response = await client.get("/api/voice-token", params=query | more)
    body = response.json()
    return body if response.status_code == 200 else body["code"]


async def test_lost_call_goes_on_whatever_its_caller_may_still_begin() -> None:
    """Its receipt, in query or body, has it go on; without it the caller has to wait."""
    async with service(minting(), **ONE_CALL) as client:
        await client.get("/")  # its cookie makes one visitor of all that follows
        first = await token(client)
        without = await token(client)
        second = await token(client, first["receipt"])
        posted = await client.post("/api/voice-token", json={"receipt": second["receipt"]})

    assert without == "rate_limited"
    assert len({each["token"] for each in (first, second, posted.json())}) == 3
    assert 890 <= second["max_session_duration_seconds"] <= 960
    assert posted.status_code == 200


async def test_call_that_breaks_too_often_may_go_on_a_moment_later() -> None:
    """Its own place is taken by itself: that says nothing of how long it has to wait."""
    async with service(minting(), **ONE_CALL | {"caller_mints_per_minute": 0}) as client:
        await client.get("/")
        latest = await token(client)
        for _ in range(3 * RECOVERIES_AT_ONCE):
            query = {"receipt": latest["receipt"]}
            response = await client.get("/api/voice-token", params=query)
            if response.status_code != 200:
                break
            latest = response.json()

    assert response.json()["code"] == "sessions_exhausted"
    assert int(response.headers["Retry-After"]) <= RECOVERIES_AT_ONCE


async def test_lost_call_of_a_page_without_a_cookie_goes_on(server: RedisServer | None) -> None:
    """As one of another site: its receipt is good at its address, whichever visitor it counts as.

    From another address, or from a visitor with a cookie, the same receipt gives nothing.
    """
    site = {"Origin": "https://www.example.com"}
    shared = {"redis_url": server.url, "secret": SECRET} if server else {}
    limits = {**ONE_CALL, "callers_per_address": 3, "allowed_origins": (site["Origin"],), **shared}
    app = create_app(make_settings(**limits), transport=minting())
    counted = app.state.services.accounting.store.usage
    async with app.router.lifespan_context(app), caller(app, headers=site) as page:
        latest = await token(page)
        began = await counted()
        for _ in range(3):
            latest = await token(page, latest["receipt"])
        again = await counted()
        async with caller(app, "127.0.0.2", headers=site) as elsewhere, caller(app) as visitor:
            await visitor.get("/")
            others = [await token(elsewhere, latest["receipt"]) for _ in range(2)]
            own = await token(visitor, latest["receipt"])
        after = await counted()

    assert [each.caller_key for each in again.grants] == [each.caller_key for each in began.grants]
    assert all(isinstance(each, dict) for each in (*others, own))
    assert after.open_count == 1 + 2 + 1


@pytest.mark.parametrize(
    "kind", ["forged", "of-another-visitor", "reported", "handed-back", "wild"]
)
async def test_receipt_of_no_lost_call_of_ones_own_gives_nothing(kind: str) -> None:
    """Whoever shows it is asked for a call like any other, and has none left."""
    app = create_app(make_settings(**ONE_CALL), transport=minting())
    async with app.router.lifespan_context(app), caller(app) as ann, caller(app) as bob:
        for client in (ann, bob):
            await client.get("/")
        own, other = await token(ann), await token(bob)
        receipt = own["receipt"]
        shown = {"forged": receipt[:-1] + ("0" if receipt[-1] != "0" else "1"), "wild": "ä\x00'"}
        shown["of-another-visitor"] = other["receipt"]
        ends: dict[str, Any] = {
            "reported": {"session_id": "sess_1"},
            "handed-back": {"unused": True},
        }
        if kind in ends:
            body = {"receipt": receipt} | ends[kind]
            assert (await ann.post("/api/session-ends", json=body)).status_code == 202

        assert await token(ann, shown.get(kind, receipt)) == "rate_limited"


async def test_other_visitors_pay_for_no_recovery() -> None:
    """Forty recoveries of a call that never ends leave the day of all its other half."""
    limits = {"minutes_per_day": 300, "caller_minutes_per_day": 75, "callers_per_address": 1}
    app = create_app(make_settings(**limits), transport=minting())
    async with app.router.lifespan_context(app), caller(app) as loud:
        await loud.get("/")
        first = await token(loud)
        answers = [await token(loud, first["receipt"]) for _ in range(40)]
        counted = await granted(app)
        async with caller(app, "127.0.0.2") as quiet:
            others = [await token(quiet) for _ in range(5)]

    assert answers[-1] == "quota_exhausted"
    assert counted <= 2 * 75 * 60
    assert all(isinstance(answer, dict) for answer in others)


async def test_end_is_of_a_session_or_of_a_token_that_opened_none() -> None:
    """One of both, and not the other word for it."""
    async with service(minting()) as client:
        receipt = (await token(client))["receipt"]
        ends: list[dict[str, Any]] = [
            {},
            {"unused": False},
            {"unused": True, "session_id": "sess_1"},
            {"unused": True},
        ]
        answers = [
            await client.post("/api/session-ends", json={"receipt": receipt} | end) for end in ends
        ]

    assert [answer.status_code for answer in answers] == [422, 422, 422, 202]


async def test_token_that_nobody_waits_for_costs_nothing(server: RedisServer | None) -> None:
    """Hung up while the upstream thought: it is never sent, and its grant comes back."""
    gate = Gate(create_simulator(), "/v1/token?")
    async with AsyncExitStack() as stack:
        upstream = await stack.enter_async_context(serve(gate, log_config=None, **SERVER_OPTIONS))
        shared = {"redis_url": server.url, "secret": SECRET} if server else {}
        app = create_app(make_settings(upstream_url=upstream, upstream_ws_url=None, **shared))
        url = await stack.enter_async_context(serve(app))
        client = await stack.enter_async_context(httpx.AsyncClient(base_url=url, headers=PAGE))
        services = app.state.services
        for _ in range(3):
            gate.shut()
            request = asyncio.create_task(client.get("/api/voice-token"))
            await gate.asked.wait()
            assert (await services.accounting.store.usage()).days_seconds[-1] == 900
            request.cancel()
            with suppress(asyncio.CancelledError):
                await request
            # The server has read the end of that connection once it has answered a later one.
            await client.get("/healthz")
            gate.open()
            while services.lifecycle.in_flight:  # noqa: ASYNC110 - it has no event
                await asyncio.sleep(0)
        usage = await services.accounting.store.usage()
        assert (usage.days_seconds[-1], usage.open_count, await granted(app)) == (0, 0, 0)
        text = services.metrics.exposition().decode()

    assert 'voicegate_mints_total{outcome="aborted"} 3.0' in text


async def test_grant_whose_answer_came_late_comes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """Redis counted it, and told nobody in time: cancelled as soon as it can be asked again."""
    monkeypatch.setattr("app.usage.ledger_redis.PATIENCE_SECONDS", 0.3)
    monkeypatch.setattr("app.usage.ledger_redis.DOWN_SECONDS", 0.0)
    tally = Tally()
    with redis_server() as server:
        async with relay(server.port) as far:
            settings = make_settings(
                redis_url=f"redis://127.0.0.1:{far.port}", secret=SECRET, caller_minutes_per_day=15
            )
            limits = Accounting(settings, tally)
            limits.quota.cancel_again_seconds = 0.01
            async with limits.serving():
                await limits.quota.probe()
                far.round_trip_seconds = 0.4
                with pytest.raises(StoppedError):
                    await limits.quota.take(visitor("ann"), **TERMS)
                far.round_trip_seconds = 0.0
                clearing = limits.quota._clearing
                assert clearing is not None
                await asyncio.wait_for(clearing, 20)
                await limits.quota.take(visitor("ann"), **TERMS)

    assert tally.counts == {"failed-quota": 1, "granted": 900}
