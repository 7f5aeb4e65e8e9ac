"""Who reaches the routes that cost money, and what the answers say about limits."""

from __future__ import annotations

from typing import Any

import pytest

from app.main import create_app
from app.web.middleware.admission import MINT, Admission
from tests.service import assert_problem, caller, make_settings, minting, refusing, service

CODED: dict[str, Any] = {"access": "code", "access_codes": ("correct-horse-battery",)}


async def test_every_counted_answer_says_what_is_left() -> None:
    """The fields are on a token and on the refusal of the limit itself."""
    async with service(minting(), caller_mints_per_minute=2) as client:
        answers = [await client.get("/api/voice-token") for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert_problem(answers[2], 429, "rate_limited")
    assert int(answers[2].headers["retry-after"]) >= 1
    for answer in answers:
        assert '"caller-minute";q=2;w=60' in answer.headers["ratelimit-policy"]
        assert '"caller-minute";r=' in answer.headers["ratelimit"]


async def test_refused_parameters_use_up_no_limit() -> None:
    """Ten requests with a wrong parameter count for nothing; the next right one gets its token."""
    async with service(minting(), caller_mints_per_minute=1) as client:
        wrong = [await client.get("/api/voice-token?expires_in_seconds=0") for _ in range(10)]
        right = await client.get("/api/voice-token")

    assert {answer.status_code for answer in wrong} == {422}
    assert right.status_code == 200


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
    """What passes by the layer finds no route."""
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

    assert routes == {MINT} | free


async def test_refusals_are_counted_by_fixed_words() -> None:
    """What the metrics hear is one of our own words, never what a caller sent."""
    app = create_app(make_settings(**CODED), transport=refusing())
    async with app.router.lifespan_context(app), caller(app) as client:
        await client.get("/api/voice-token")
        await client.get("/api/voice-token", headers={"Authorization": "Bearer guess-0001"})
        await client.get("/api/voice-token", headers={"Origin": "https://evil.test"})
        counted = app.state.metrics.exposition().decode()

    for reason in ("no-credential", "code", "origin"):
        assert f'reason="{reason}"}} 1.0' in counted
    assert "guess" not in counted
    assert "evil" not in counted


async def test_other_traffic_passes_untouched() -> None:
    """Whatever is no guarded request costs this layer one look."""
    seen: list[Any] = []

    async def inside(scope: Any, receive: Any, send: Any) -> None:
        seen.append((scope, send))

    nothing: Any = None
    layer = Admission(inside, nothing)
    for scope in (
        {"type": "lifespan"},
        {"type": "http", "method": "GET", "path": "/"},
        {"type": "http", "method": "HEAD", "path": "/api/voice-token"},
    ):
        await layer(scope, nothing, nothing)

    assert [send for _, send in seen] == [None] * 3
