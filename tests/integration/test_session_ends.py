"""Unused time comes back: through the service, against the simulator and against odd upstreams."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
import websockets
from fastapi import FastAPI

from app.main import create_app
from app.simulator.server.app import create_simulator
from tests.service import KEY, NO_LIMITS, assert_problem, caller, make_settings
from tests.support import serve

SHORT_PAUSES = (0.0, 0.0, 0.0, 0.0)


@asynccontextmanager
async def talking(
    transport: httpx.AsyncBaseTransport | None = None, **changes: Any
) -> AsyncIterator[tuple[FastAPI, httpx.AsyncClient]]:
    """Run the service, which looks into ends without waiting; yields it and a client of it."""
    app = create_app(make_settings(**changes), transport=transport)
    async with app.router.lifespan_context(app), caller(app) as client:
        app.state.services.settlement.pauses_seconds = SHORT_PAUSES
        yield app, client


def knowing(session: dict[str, Any] | int) -> httpx.MockTransport:
    """Return an upstream that mints, and answers like this when asked for any session."""

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/v1/token":
            return httpx.Response(200, json={"token": "token-1", "expires_in_seconds": 60})
        assert request.headers["authorization"].endswith(KEY)
        if isinstance(session, int):
            return httpx.Response(session, json={"code": "session_not_found"})
        return httpx.Response(200, json=session | {"id": request.url.path.rpartition("/")[2]})

    return httpx.MockTransport(answer)


def now(offset_seconds: float = 0) -> str:
    """Return a moment as the upstream writes it."""
    moment = datetime.now(UTC) + timedelta(seconds=offset_seconds)
    return moment.isoformat().replace("+00:00", "Z")


async def granted(app: FastAPI) -> int:
    """Return how many seconds count for today, by what the metrics hold."""
    text = app.state.services.metrics.exposition().decode()
    values = dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
    total = float(values["voicegate_granted_seconds_total"])
    return int(total - float(values["voicegate_returned_seconds_total"]))


async def report(client: httpx.AsyncClient, app: FastAPI, session_id: str, receipt: str) -> None:
    """Report an end, and wait until it was looked into."""
    body = {"session_id": session_id, "receipt": receipt}
    response = await client.post("/api/session-ends", json=body)
    assert (response.status_code, response.json()) == (202, {"status": "accepted"})
    settling = app.state.services.settlement._open
    await asyncio.wait_for(asyncio.gather(*settling), 20)


async def test_session_against_the_simulator_gives_its_unused_time_back() -> None:
    """A token, a session of a moment, `session.end`: all but the started second comes back."""
    simulator = create_simulator(key=KEY)
    async with (
        serve(simulator) as url,
        talking(upstream_url=url, upstream_ws_url=None) as (app, client),
    ):
        answer = (await client.get("/api/voice-token")).json()
        async with websockets.connect(f"{answer['ws_url']}?token={answer['token']}") as socket:
            await socket.send(json.dumps({"type": "session.update", "session": {}}))
            session_id = await ready(socket)
            await socket.send(json.dumps({"type": "session.end"}))
            async for _ in socket:
                pass
        before = await granted(app)
        await report(client, app, session_id, answer["receipt"])
        after = await granted(app)

    assert before == 900
    assert after <= 5


async def ready(socket: Any) -> str:
    """Return the id of the session once it is ready."""
    async for message in socket:
        frame = json.loads(message)
        if frame["type"] == "session.ready":
            return str(frame["session_id"])
    raise AssertionError("the socket ended before the session was ready")


async def test_used_time_is_rounded_up_and_given_back_once() -> None:
    """Granted less used, once for each receipt and once for each session."""
    session = {"status": "completed", "duration_seconds": 100.2, "created_at": now()}
    async with talking(knowing(session)) as (app, client):
        receipts = [(await client.get("/api/voice-token")).json()["receipt"] for _ in range(2)]
        for session_id, receipt in (("s1", 0), ("s1", 0), ("s2", 0), ("s1", 1)):
            await report(client, app, session_id, receipts[receipt])

        assert await granted(app) == 1800 - (900 - 101)


COMPLETED = {"status": "completed", "duration_seconds": 5}


@pytest.mark.parametrize(
    ("session", "began_seconds"),
    [
        pytest.param(404, None, id="unknown"),
        pytest.param(500, None, id="failing"),
        pytest.param({"status": "created"}, 0, id="going-on"),
        pytest.param(COMPLETED, None, id="began-nobody-knows-when"),
        pytest.param({"status": "completed"}, 0, id="no-duration"),
        pytest.param(COMPLETED, -3600, id="an-hour-before-the-mint"),
        pytest.param(COMPLETED, 3600, id="in-the-future"),
        pytest.param({"status": "completed", "duration_seconds": -5}, 0, id="negative"),
        pytest.param({"status": "completed", "duration_seconds": "5"}, 0, id="words"),
    ],
)
async def test_without_proof_nothing_comes_back(
    session: dict[str, Any] | int, began_seconds: int | None
) -> None:
    """Whatever the caller says: the upstream has to say that this session was short."""
    if isinstance(session, dict) and began_seconds is not None:
        session = session | {"created_at": now(began_seconds)}
    async with talking(knowing(session)) as (app, client):
        receipt = (await client.get("/api/voice-token")).json()["receipt"]
        await report(client, app, "s1", receipt)

        assert await granted(app) == 900


async def test_foreign_receipt_is_accepted_and_asks_nobody() -> None:
    """The answer tells nothing, and the upstream is not asked for strangers."""

    def answer(_: httpx.Request) -> httpx.Response:
        raise AssertionError("the upstream was asked")

    async with talking(httpx.MockTransport(answer)) as (app, client):
        for receipt in ("x", "abcdefghij-_ABCD.0123456789abcdef", "a" * 200):
            await report(client, app, "s1", receipt)


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
    async with talking(knowing(404)) as (_, client):
        response = await client.post("/api/session-ends", json=body)

    assert_problem(response, 422, "invalid_request")


async def test_report_has_a_small_body() -> None:
    """A longer one is refused unread."""
    async with talking(knowing(404)) as (_, client):
        response = await client.post(
            "/api/session-ends",
            content=b"[" + b" " * 5000 + b"]",
            headers={"Content-Type": "application/json"},
        )

    assert response.status_code == 413


async def test_foreign_page_may_not_report() -> None:
    """The route has the same guard as the rest of the API."""
    async with talking(knowing(404)) as (_, client):
        response = await client.post(
            "/api/session-ends",
            json={"session_id": "s1", "receipt": "r"},
            headers={"Origin": "https://elsewhere.example", "Sec-Fetch-Site": "cross-site"},
        )

    assert_problem(response, 403, "origin_not_allowed")


async def test_reports_are_bounded_and_end_with_the_service() -> None:
    """Three hundred at once: 256 are looked into; at the end no task is left behind."""
    tasks_before = asyncio.all_tasks()
    async with talking(knowing(404), **NO_LIMITS) as (app, client):
        app.state.services.settlement.pauses_seconds = (3600.0,)
        for number in range(300):
            receipt = (await client.get("/api/voice-token")).json()["receipt"]
            body = {"session_id": f"s{number}", "receipt": receipt}
            assert (await client.post("/api/session-ends", json=body)).status_code == 202

        assert app.state.services.settlement.dropped == 300 - 256

    assert asyncio.all_tasks() <= tasks_before


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


async def test_every_counted_answer_tells_the_limits() -> None:
    """200, 429 and 502 carry both fields; 422 is not counted, and carries none."""

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.params["expires_in_seconds"] == "7":
            return httpx.Response(500)
        return httpx.Response(200, json={"token": "token-1", "expires_in_seconds": 60})

    async with talking(httpx.MockTransport(answer), caller_minutes_per_day=30) as (_, client):
        await client.get("/")  # its cookie makes one visitor of all that follows
        paths = ("", "?expires_in_seconds=0", "?expires_in_seconds=7", "")
        answers = [await client.get(f"/api/voice-token{path}") for path in paths]
        answers += [await client.get("/api/voice-token") for _ in range(9)]

    codes = [response.status_code for response in answers]
    assert codes == [200, 422, 502, 200, *[429] * 9]
    assert "ratelimit" not in answers.pop(1).headers
    for response in answers:
        assert '"caller-minute";r=' in response.headers["ratelimit"]
        assert '"caller-minute";q=10;w=60' in response.headers["ratelimit-policy"]
        assert ("retry-after" in response.headers) == (response.status_code == 429)
    assert '"caller-day";r=900;' in answers[0].headers["ratelimit"]
    assert '"caller-day";q=1800;w=86400;qu="seconds"' in answers[1].headers["ratelimit-policy"]
    assert answers[3].json()["code"] == "quota_exhausted"
    assert answers[-1].json()["code"] == "rate_limited"
