"""The service inside a test: its settings, and a caller of it."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from itertools import count
from typing import Any

import httpx

from app.config.settings import Settings
from app.main import create_app
from app.upstream.client import Budget

KEY = "key-0123456789abcdef-never-to-be-seen"
TOKEN = "token-never-to-be-logged"
UPSTREAM = "https://agents.example.test"
TOKEN_URL = f"{UPSTREAM}/v1/token"
SERVICE = "http://voicegate.test"
# Tests of other things ask as often as they like.
NO_LIMITS: dict[str, Any] = dict.fromkeys(
    (
        *("mints_per_minute", "caller_mints_per_minute"),
        *("minutes_per_day", "caller_minutes_per_day"),
        *("sessions_at_once", "caller_sessions_at_once"),
    ),
    0,
)


def make_settings(**changes: Any) -> Settings:
    """Return settings that read no file, of a service that does not read the list of sessions."""
    usual: dict[str, Any] = {
        "assemblyai_api_key": KEY,
        "upstream_url": UPSTREAM,
        "public_url": (SERVICE,),
        "audit": False,
    }
    return Settings(_env_file=None, **(usual | changes))


@asynccontextmanager
async def service(
    transport: httpx.AsyncBaseTransport | None = None,
    *,
    budget: Budget | None = None,
    as_written: bool = False,
    notices: Mapping[str, str] | None = None,
    **changes: Any,
) -> AsyncIterator[httpx.AsyncClient]:
    """Run the service without a socket and without limits; yields a client of it."""
    settings = make_settings(**(NO_LIMITS | changes))
    app = create_app(
        settings, transport=transport, budget=budget, as_written=as_written, notices=notices
    )
    async with app.router.lifespan_context(app), caller(app) as client:
        yield client


# What a browser says on our own page's requests.
PAGE = {"Sec-Fetch-Site": "same-origin"}


def caller(
    app: Any, address: str = "127.0.0.1", headers: dict[str, str] | None = None
) -> httpx.AsyncClient:
    """Return a client of an ASGI app, as seen from an address: our own page, unless told."""
    asgi = httpx.ASGITransport(app, client=(address, 50000))
    said = PAGE if headers is None else headers
    return httpx.AsyncClient(transport=asgi, base_url=SERVICE, headers=said)


def minting() -> httpx.MockTransport:
    """Return an upstream that mints a new token for each request."""
    numbers = count(1)

    def answer(request: httpx.Request) -> httpx.Response:
        expires = int(request.url.params["expires_in_seconds"])
        body = {"token": f"{TOKEN}-{next(numbers)}", "expires_in_seconds": expires}
        return httpx.Response(200, json=body)

    return httpx.MockTransport(answer)


def answering(make: Callable[[httpx.Request], httpx.Response]) -> httpx.MockTransport:
    """Return an upstream that answers as a function says."""
    return httpx.MockTransport(make)


def refusing() -> httpx.MockTransport:
    """Return an upstream that must not be asked."""

    def answer(_: httpx.Request) -> httpx.Response:
        raise AssertionError("the upstream was asked")

    return httpx.MockTransport(answer)


def assert_problem(response: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """Check that a response is the problem of this code, whole; returns its body."""
    body: dict[str, Any] = response.json()
    assert (response.status_code, body["code"]) == (status, code)
    assert response.headers["content-type"] == "application/problem+json"
    assert response.headers["cache-control"] == "no-store"
    assert body["status"] == status
    assert body["type"] == f"/docs#{code}"
    assert body["request_id"] == response.headers["x-request-id"]
    assert {"title", "detail"} <= body.keys()
    return body
