"""The key and the tokens: where they go, and that they go nowhere else."""

from __future__ import annotations

import asyncio
import json
import logging
from itertools import count
from typing import TYPE_CHECKING

import httpx

from tests.integration.raw_upstream import answer, raw_upstream
from tests.service import KEY, TOKEN, minting, service

if TYPE_CHECKING:
    from asyncio import StreamReader, StreamWriter

    import pytest

STATUSES = [200, 401, 200, 402, 404, 422, 429, 500, 503, 302, 200]


async def test_key_and_tokens_reach_nothing_but_their_one_answer(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Over good answers, refusals, nonsense and dropped connections, with every logger at DEBUG."""
    caplog.set_level(logging.DEBUG)
    numbers = count(1)

    async def behave(_: StreamReader, writer: StreamWriter, number: int) -> None:
        token = f"{TOKEN}-{next(numbers)}"
        body = json.dumps({"token": token, "expires_in_seconds": 60, "key": KEY}).encode()
        if number <= len(STATUSES):
            said = f"X-Said: {KEY} {token}"
            writer.write(answer(body, f"{STATUSES[number - 1]} {KEY}", said))
        elif number % 2:
            writer.write(f"HTTP/1.1 nonsense {KEY} {token}\r\n\r\n".encode())
            writer.close()
        else:
            writer.write(answer(body[:-5] + b"]"))

    async with raw_upstream(behave) as upstream, service(upstream_url=upstream.url) as client:
        answers = [await client.get("/api/voice-token") for _ in range(len(STATUSES) + 4)]
        others = ("/", "/docs", "/openapi.json", "/api/agents", "/readyz", "/none")
        answers += [await client.get(path) for path in others]

    minted = [response.json()["token"] for response in answers if "token" in response.text[:9]]
    assert [response.status_code for response in answers].count(200) == 3 + 5
    assert len(minted) == len(set(minted)) == 3
    everything = caplog.text + "".join(str(response.headers) for response in answers)
    assert TOKEN not in everything
    bodies = "".join(response.text for response in answers)
    assert bodies.count(TOKEN) == 3
    assert KEY not in everything + bodies
    assert "voicegate.access" in caplog.text
    assert "voicegate.errors" in caplog.text


async def test_failures_of_the_transport_hide_the_request(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Exceptions that carry the request, with the key in its headers, are named and not shown."""
    caplog.set_level(logging.DEBUG)

    def fail(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError(f"{request.headers['authorization']}", request=request)

    def bug(request: httpx.Request) -> httpx.Response:
        raise ValueError(str(dict(request.headers)))

    for behaviour in (fail, bug):
        async with service(httpx.MockTransport(behaviour)) as client:
            response = await client.get("/api/voice-token")
            assert response.status_code in {500, 502}
            assert KEY not in response.text

    assert KEY not in caplog.text
    assert "ValueError" in caplog.text
    assert "ConnectError" in caplog.text


async def test_concurrent_callers_get_tokens_of_their_own() -> None:
    """Fifty at once: fifty tokens, each asked for with its caller's values and given to it."""

    async def behave(_: StreamReader, writer: StreamWriter, number: int) -> None:
        expires = upstream.requests[number - 1].split(b"expires_in_seconds=")[1].split(b"&")[0]
        await asyncio.sleep(0)
        token = f"{TOKEN}-{expires.decode()}"
        body = {"token": token, "expires_in_seconds": int(expires)}
        writer.write(answer(json.dumps(body).encode()))

    async with raw_upstream(behave) as upstream, service(upstream_url=upstream.url) as client:
        answers = await asyncio.gather(
            *(client.get(f"/api/voice-token?expires_in_seconds={n}") for n in range(1, 51))
        )

    for number, response in enumerate(answers, 1):
        assert response.json()["token"] == f"{TOKEN}-{number}"
        assert response.json()["expires_in_seconds"] == number
    assert len(upstream.requests) == 50


async def test_caller_that_sends_the_key_gets_no_different_answer(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """What a caller puts into its headers is neither used upstream nor logged."""
    caplog.set_level(logging.DEBUG)
    async with service(minting()) as client:
        response = await client.get("/api/voice-token", headers={"Authorization": "Bearer theirs"})

    assert response.status_code == 200
    assert "theirs" not in caplog.text
