"""Who reaches the routes that cost money, and what the answers say about limits."""

from typing import Any

import httpx
import pytest

from app.main import create_app
from app.tokens.service import MINT_PATH
from tests.service import (
    answering,
    assert_problem,
    caller,
    make_settings,
    minting,
    refusing,
    service,
)

MINTED = {"token": "token-1", "expires_in_seconds": 60}
CODED: dict[str, Any] = {"access": "code", "access_codes": ("correct-horse-battery",)}


async def test_every_counted_answer_says_what_is_left() -> None:
    """The fields are on a token, on a failure upstream, and on the refusal of the limit itself.

    A failure uses nothing up.
    """
    statuses = iter((200, 500, 200))
    limits: dict[str, Any] = {"caller_mints_per_minute": 2, "callers_per_address": 1}
    upstream = answering(lambda _: httpx.Response(next(statuses), json=MINTED))
    async with service(upstream, **limits) as client:
        answers = [await client.get("/api/voice-token") for _ in range(4)]

    assert [answer.status_code for answer in answers] == [200, 502, 200, 429]
    assert_problem(answers[3], 429, "rate_limited")
    assert int(answers[3].headers["retry-after"]) >= 1
    for answer in answers:
        assert '"caller-minute";q=2;w=60' in answer.headers["ratelimit-policy"]
        assert '"caller-minute";r=' in answer.headers["ratelimit"]


async def test_bad_parameters_use_nothing_up() -> None:
    """A client that is being written gets its parameters wrong, and is not locked out for it."""
    async with service(minting(), caller_mints_per_minute=3, callers_per_address=1) as client:
        bad = [await client.get("/api/voice-token?x=1") for _ in range(10)]
        good = [await client.get("/api/voice-token") for _ in range(4)]

    assert {answer.status_code for answer in bad} == {422}
    assert [answer.status_code for answer in good] == [200, 200, 200, 429]


@pytest.mark.parametrize(
    "path",
    ["/api/voice-token", "/api/voice%2Dtoken", "/api/voice-token?expires_in_seconds=nonsense"],
)
async def test_credential_comes_before_everything(path: str) -> None:
    """Whoever may not mint learns nothing about parameters, however the path is spelt."""
    async with service(refusing(), **CODED) as client:
        response = await client.get(path)

    assert_problem(response, 401, "unauthenticated")


@pytest.mark.parametrize(
    "path", ["/api/voice-token/", "//api/voice-token", "/api//voice-token", "/API/voice-token"]
)
async def test_spellings_that_are_no_route_mint_nothing(path: str) -> None:
    """What is not the very path finds no route."""
    async with service(refusing(), **CODED) as client:
        response = await client.get(f"http://voicegate.test{path}")

    assert_problem(response, 404, "not_found")


def test_every_route_that_costs_is_guarded() -> None:
    """All routes below `/api` are either guarded or known to be free of cost."""
    app = create_app(make_settings(**CODED))
    routes = {
        (method.upper(), path)
        for path, methods in app.openapi()["paths"].items()
        for method in methods
        if path.startswith("/api/")
    }
    free = {
        *(("GET", "/api/agents"), ("GET", "/api/access")),
        *(("POST", "/api/access"), ("DELETE", "/api/access")),
        ("POST", "/api/session-ends"),  # its receipt is signed, and good for nothing else
    }

    assert routes == {("GET", MINT_PATH), ("POST", MINT_PATH)} | free


async def test_refusals_are_counted_by_fixed_words() -> None:
    """What the metrics hear is one of our own words, never what a caller sent."""
    app = create_app(make_settings(**CODED), transport=refusing())
    async with app.router.lifespan_context(app), caller(app) as client:
        await client.get("/api/voice-token")
        await client.get("/api/voice-token", headers={"Authorization": "Bearer guess-0001"})
        await client.get("/api/voice-token", headers={"Origin": "https://evil.test"})
        counted = app.state.services.metrics.exposition().decode()

    for reason in ("no-credential", "code", "origin"):
        assert f'reason="{reason}"}} 1.0' in counted
    assert "guess" not in counted
    assert "evil" not in counted
