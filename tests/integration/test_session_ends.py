"""Unused time comes back: through the service, against the simulator and against odd upstreams."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from app.main import create_app
from app.web.services import Services
from tests.redis_server import STORES, RedisServer, memory_and_redis
from tests.service import assert_problem, caller, make_settings, minting

SECRET = "0123456789abcdef0123456789abcdef"
# What takes it runs twice: without Redis and with a real one.
server = pytest.fixture(params=STORES)(memory_and_redis)


@asynccontextmanager
async def talking(
    transport: httpx.AsyncBaseTransport | None = None, **changes: Any
) -> AsyncIterator[tuple[FastAPI, httpx.AsyncClient]]:
    """Run the service; yields it and a client of it."""
    app = create_app(make_settings(**changes), transport=transport)
    async with app.router.lifespan_context(app), caller(app) as client:
        yield app, client


async def granted(app: FastAPI) -> int:
    """Return how many seconds count for today, by what the metrics hold."""
    text = app.state.services.metrics.exposition().decode()
    values = dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
    total = float(values["voicegate_granted_seconds_total"])
    return int(total - float(values["voicegate_returned_seconds_total"]))


@pytest.mark.parametrize("end", [{"session_id": "s1"}, {"unused": True}], ids=str)
async def test_report_alone_gives_nothing_back(end: dict[str, Any]) -> None:
    """Good, foreign and forged receipts get one answer, and no upstream is asked."""
    async with talking(minting()) as (app, client):
        receipt = (await client.get("/api/voice-token")).json()["receipt"]
        receipts = (receipt, receipt, "x", "abcdefghij-_ABCD.0123456789abcdef", "a" * 200)
        answers = [
            await client.post("/api/session-ends", json=end | {"receipt": each})
            for each in receipts
        ]

        assert {(each.status_code, each.text) for each in answers} == {
            (202, '{"status":"accepted"}')
        }
        assert await granted(app) == 900


@pytest.mark.parametrize("end", [{"session_id": "s1"}, {"unused": True}], ids=str)
async def test_list_is_read_soon_after_the_first_report_only(
    end: dict[str, Any], server: RedisServer | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One receipt, shown again and again, would else have it read without end."""
    woken = 0

    def wake(_: Services) -> None:
        nonlocal woken
        woken += 1

    monkeypatch.setattr(Services, "wake_audit", wake)
    shared = {"redis_url": server.url, "secret": SECRET} if server else {}
    async with talking(minting(), **shared) as (_, client):
        receipt = (await client.get("/api/voice-token")).json()["receipt"]
        for _ in range(5):
            await client.post("/api/session-ends", json=end | {"receipt": receipt})
        await client.post("/api/session-ends", json={"unused": True, "receipt": receipt})

    assert woken == 1


@pytest.mark.parametrize(
    "body",
    [
        pytest.param({}, id="empty"),
        pytest.param({"session_id": "s1"}, id="no-receipt"),
        pytest.param({"session_id": "s1", "receipt": "r", "more": 1}, id="more"),
        pytest.param({"session_id": "../token", "receipt": "r"}, id="a-path"),
        pytest.param({"session_id": "s" * 129, "receipt": "r"}, id="long-id"),
        pytest.param({"session_id": "s1", "receipt": "r" * 201}, id="long-receipt"),
        pytest.param({"session_id": 1, "receipt": ["r"]}, id="types"),
        pytest.param([], id="a-list"),
    ],
)
async def test_bad_report_is_refused(body: Any) -> None:
    """Problem details that repeat nothing of what came."""
    async with talking(minting()) as (_, client):
        response = await client.post("/api/session-ends", json=body)

    assert_problem(response, 422, "invalid_request")


async def test_report_has_a_small_body() -> None:
    """A longer one is refused unread."""
    async with talking(minting()) as (_, client):
        response = await client.post(
            "/api/session-ends",
            content=b"[" + b" " * 5000 + b"]",
            headers={"Content-Type": "application/json"},
        )

    assert response.status_code == 413


async def test_foreign_page_may_not_report() -> None:
    """The route has the same guard as the rest of the API."""
    async with talking(minting()) as (_, client):
        response = await client.post(
            "/api/session-ends",
            json={"session_id": "s1", "receipt": "r"},
            headers={"Origin": "https://elsewhere.example", "Sec-Fetch-Site": "cross-site"},
        )

    assert_problem(response, 403, "origin_not_allowed")


async def test_failed_mint_costs_nothing() -> None:
    """What the upstream refuses is given back at once, seconds and place."""

    def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(429)

    async with talking(httpx.MockTransport(answer), caller_sessions_at_once=1) as (app, client):
        answers = [await client.get("/api/voice-token") for _ in range(5)]

        assert [response.json()["code"] for response in answers] == ["upstream_busy"] * 5
        assert await granted(app) == 0


async def test_cancelled_request_costs_nothing() -> None:
    """A caller that goes away while the upstream thinks is granted nothing."""
    asked = asyncio.Event()

    async def answer(_: httpx.Request) -> httpx.Response:
        asked.set()
        await asyncio.Event().wait()
        raise AssertionError("nobody waits for this")

    async with talking(httpx.MockTransport(answer)) as (app, client):
        request = asyncio.create_task(client.get("/api/voice-token"))
        await asyncio.wait_for(asked.wait(), 20)
        assert await granted(app) == 900
        request.cancel()
        await asyncio.gather(request, return_exceptions=True)
        await app.state.services.accounting.quota.finish()

        assert await granted(app) == 0


@pytest.mark.parametrize(
    ("minutes", "granted", "code"), [(30, 2, "quota_exhausted"), (300, 10, "rate_limited")]
)
async def test_every_counted_answer_tells_the_limits(minutes: int, granted: int, code: str) -> None:
    """200, 429 and 502 carry both fields; 422 is not counted, and carries none."""

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.params["expires_in_seconds"] == "7":
            return httpx.Response(500)
        return httpx.Response(200, json={"token": "token-1", "expires_in_seconds": 60})

    transport = httpx.MockTransport(answer)
    limits = {"caller_minutes_per_day": minutes, "caller_sessions_at_once": 0}
    async with talking(transport, **limits) as (_, client):
        await client.get("/")  # its cookie makes one visitor of all that follows
        paths = ("?expires_in_seconds=0", "?expires_in_seconds=7", *[""] * 12)
        answers = [await client.get(f"/api/voice-token{path}") for path in paths]

    codes = [response.status_code for response in answers]
    assert codes == [422, 502, *[200] * granted, *[429] * (12 - granted)]
    assert "ratelimit" not in answers.pop(0).headers
    for response in answers:
        assert '"caller-minute";r=' in response.headers["ratelimit"]
        assert '"caller-minute";q=10;w=60' in response.headers["ratelimit-policy"]
        assert ("retry-after" in response.headers) == (response.status_code == 429)
    day_seconds = minutes * 60
    assert f'"caller-day";r={day_seconds - 900};' in answers[1].headers["ratelimit"]
    policy = f'"caller-day";q={day_seconds};w=86400;qu="seconds"'
    assert policy in answers[1].headers["ratelimit-policy"]
    assert answers[-1].json()["code"] == code
