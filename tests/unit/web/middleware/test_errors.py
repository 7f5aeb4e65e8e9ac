"""The last line: what fails inside, and what comes out."""

import json
import logging
import re
from typing import Any

import pytest
from starlette.responses import PlainTextResponse, Response, StreamingResponse

from app.config.origins import OriginPolicy
from app.observability.metrics import Metrics
from app.web.lifespan import Lifecycle
from app.web.middleware.errors import ErrorMiddleware
from app.web.middleware.request_context import RequestId
from tests.service import assert_problem, caller, minting, service

PAGE = {"Origin": "http://voicegate.test", "Sec-Fetch-Site": "same-origin"}
SECRET = "text-that-must-not-get-out"


def bounded(inner: Any, lifecycle: Lifecycle | None = None) -> Any:
    """Return an application behind the layer."""
    return RequestId(ErrorMiddleware(inner, lifecycle or Lifecycle(), Metrics()))


async def test_unexpected_failure_shows_nothing(caplog: pytest.LogCaptureFixture) -> None:
    """A bug becomes 500 problem details; the log has its place and type, and no text of it."""

    async def broken(scope: Any, receive: Any, send: Any) -> None:
        raise RuntimeError(SECRET)

    async with caller(bounded(broken)) as client:
        response = await client.get("/api/x")

    assert_problem(response, 500, "internal_error")
    assert SECRET not in response.text + caplog.text
    assert "RuntimeError" in caplog.text
    assert "in broken" in caplog.text
    named = [getattr(record, "request_id", None) for record in caplog.records]
    assert response.headers["x-request-id"] in named


async def test_failure_inside_a_middleware_is_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    """Layers inside may break too."""

    def broken(*_: object) -> str:
        raise RuntimeError(SECRET)

    monkeypatch.setattr(OriginPolicy, "judge", broken)
    async with service(minting()) as client:
        response = await client.get("/api/agents")

    assert_problem(response, 500, "internal_error")
    assert "content-security-policy" in response.headers


async def test_failure_inside_the_service_is_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    """A route that breaks shows what any other failure shows."""

    async def broken(*_: object, **__: object) -> None:
        raise KeyError(SECRET)

    monkeypatch.setattr("app.tokens.service.TokenService.mint", broken)
    async with service(minting()) as client:
        response = await client.get("/api/voice-token")

    assert_problem(response, 500, "internal_error")
    assert SECRET not in response.text


@pytest.mark.parametrize(
    ("answer", "status", "code"),
    [
        (PlainTextResponse(SECRET, 404), 404, "not_found"),
        (PlainTextResponse(SECRET, 405, {"Allow": "GET"}), 405, "method_not_allowed"),
        (PlainTextResponse(SECRET, 416), 416, "invalid_request"),
        (PlainTextResponse(SECRET, 400), 400, "invalid_request"),
        (Response(SECRET, 500), 500, "internal_error"),
        (StreamingResponse(iter([SECRET, SECRET]), 503), 500, "internal_error"),
    ],
)
async def test_foreign_error_is_replaced(answer: Any, status: int, code: str) -> None:
    """An error answer that is no problem details, from wherever, becomes one."""
    async with caller(bounded(answer)) as client:
        response = await client.get("/x")

    assert_problem(response, status, code)
    assert SECRET not in response.text
    if status == 405:
        assert response.headers["allow"] == "GET"


async def test_half_an_answer_is_broken_off(caplog: pytest.LogCaptureFixture) -> None:
    """What fails after the answer began cannot be mapped; it ends without the cause's text."""

    async def broken(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise RuntimeError(SECRET)

    async with caller(bounded(broken)) as client:
        with pytest.raises(RuntimeError, match="the answer broke off") as raised:
            await client.get("/x")

    assert raised.value.__suppress_context__
    assert SECRET not in caplog.text


async def test_access_line_holds_no_query(caplog: pytest.LogCaptureFixture) -> None:
    """One line a request: verb, route, outcome, times, name and caller; nothing that was asked."""
    caplog.set_level(logging.INFO, "voicegate")
    async with service(minting()) as client:
        minted = await client.get("/api/voice-token", headers=PAGE)
        refused = await client.get("/api/voice-token?expires_in_seconds=77&token=abc", headers=PAGE)
        await client.get("/api/a%0Ab%1b[31m")
        await client.get("/healthz")
        await client.get("/static/none")

    lines = [json.loads(r.message) for r in caplog.records if r.name == "voicegate.access"]
    assert [
        (line["method"], line["route"], line["status"], line.get("code")) for line in lines
    ] == [
        ("GET", "/api/voice-token", 200, None),
        ("GET", "/api/voice-token", 422, "invalid_request"),
        ("GET", "other", 404, "not_found"),
    ]
    assert lines[0]["request_id"] == minted.headers["x-request-id"]
    assert lines[1]["request_id"] == refused.headers["x-request-id"]
    assert lines[0]["duration_ms"] >= lines[0]["upstream_ms"] > 0
    assert "upstream_ms" not in lines[1]
    assert re.fullmatch("[0-9a-f]{16}", lines[0]["caller"])
    assert "address" not in lines[0]
    assert {name for line in lines for name in line} == {
        *("time", "level", "event", "request_id", "method", "route", "status", "code", "caller"),
        *("duration_ms", "upstream_ms"),
    }
    assert "expires_in_seconds" not in caplog.text


async def test_addresses_are_logged_only_if_wanted(caplog: pytest.LogCaptureFixture) -> None:
    """An operator who needs them gets the caller's, not that of the proxy before us."""
    caplog.set_level(logging.INFO, "voicegate")
    changes: dict[str, Any] = {"log_level": "debug", "trusted_proxies": "127.0.0.1"}
    async with service(minting(), **changes) as client:
        await client.get("/api/agents", headers={"X-Forwarded-For": "203.0.113.9"})

    (line,) = [json.loads(r.message) for r in caplog.records if r.name == "voicegate.access"]
    assert line["address"] == "203.0.113.9"


async def test_requests_in_flight_are_counted() -> None:
    """Draining waits for this number, so that it must return to none however a request ends."""
    lifecycle = Lifecycle()
    seen: list[int] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append(lifecycle.in_flight)
        if scope["path"] == "/broken":
            raise RuntimeError
        await Response()(scope, receive, send)

    async with caller(bounded(app, lifecycle)) as client:
        await client.get("/fine")
        await client.get("/broken")

    assert seen == [1, 1]
    assert lifecycle.in_flight == 0


async def test_other_scopes_pass() -> None:
    """The layer is about HTTP; a socket or a lifespan goes through untouched."""
    scopes: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        scopes.append(scope)

    scope = {"type": "websocket", "path": "/api/x"}
    nothing: Any = None
    await bounded(app)(scope, nothing, nothing)
    assert scopes == [scope]
