"""The vendor's general token service: what it is asked, and what its tokens are counted as."""

import asyncio
import json
from typing import Any

import httpx
from websockets.asyncio.client import connect

from app.check import check
from app.main import create_app
from app.simulator.server.app import create_simulator
from app.simulator.server.transport import SERVER_OPTIONS
from tests.integration.raw_upstream import answer, raw_upstream
from tests.service import KEY, caller, make_settings
from tests.support import serve

# Any JSON is sent as it stands: numbers beyond 64 bits and half a surrogate pair, too.
ACCESS: Any = {"what the vendor's page says": ["of the voice agent", 2**64, "\ud83c"]}
GENERAL: dict[str, Any] = {
    "token_service": f"general {json.dumps(ACCESS)}",
    "minutes_per_day": 400,
    "caller_minutes_per_day": 0,
}


async def test_token_of_the_general_service_opens_a_session() -> None:
    """As one of the other service does; whoever asks for less is told that it bounds nothing."""
    async with serve(create_simulator(), **SERVER_OPTIONS) as upstream:
        app = create_app(make_settings(upstream_url=upstream, **GENERAL))
        async with app.router.lifespan_context(app), caller(app) as client:
            asked = "/api/voice-token?max_session_duration_seconds=60&expires_in_seconds=30"
            body = (await client.get(asked)).raise_for_status().json()
        async with connect(f"{body['ws_url']}?token={body['token']}") as socket:
            await socket.send(json.dumps({"type": "session.update", "session": {}}))
            kinds = {json.loads(await socket.recv())["type"] for _ in range(2)}

    assert "session.ready" in kinds
    assert body["expires_in_seconds"] == 30
    assert body["max_session_duration_seconds"] == 10_800


async def test_each_token_is_granted_the_longest_session() -> None:
    """The day's limit holds though no token bounds its session, and a lost call counts anew."""
    async with serve(create_simulator(), **SERVER_OPTIONS) as upstream:
        app = create_app(make_settings(upstream_url=upstream, **GENERAL))
        async with app.router.lifespan_context(app), caller(app) as client:
            first = (await client.get("/api/voice-token")).raise_for_status().json()
            second = await client.get("/api/voice-token", params={"receipt": first["receipt"]})
            third = await client.get("/api/voice-token")

    assert second.status_code == 200
    assert (third.status_code, third.json()["code"]) == (429, "quota_exhausted")


async def test_request_is_a_post_that_narrows_the_token() -> None:
    """The key goes in a header, the rest in a JSON body; nothing stands in the address."""
    bodies: list[Any] = []

    async def behave(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, _: int) -> None:
        length = int(fields_of(upstream.requests[-1])["content-length"])
        bodies.append(json.loads(await reader.readexactly(length)))
        writer.write(answer(b'{"token": "general"}'))

    async with raw_upstream(behave) as upstream:
        app = create_app(make_settings(upstream_url=upstream.url, **GENERAL))
        async with app.router.lifespan_context(app), caller(app) as client:
            for _ in range(2):
                (await client.get("/api/voice-token")).raise_for_status()

    body = {"product": "voice_agent", "expires_in_seconds": 60, "access": ACCESS}
    assert bodies == [body, body]
    for head in upstream.requests:
        fields = fields_of(head)
        assert head.startswith(b"POST /v1/token HTTP/1.1\r\n")
        assert fields["authorization"] == f"Bearer {KEY}"
        assert fields.get_list("content-type") == ["application/json"]


def fields_of(head: bytes) -> httpx.Headers:
    """Return the fields of a request's head."""
    lines = [line.partition(b":") for line in head.splitlines()[1:] if line]
    return httpx.Headers([(name, value.strip()) for name, _, value in lines])


async def test_check_mints_there_and_names_the_risk() -> None:
    """`--check` tries the service that callers will be served by."""
    said: list[str] = []
    async with serve(create_simulator(), **SERVER_OPTIONS) as upstream:
        status = await check(make_settings(upstream_url=upstream, **GENERAL), said.append)

    assert status == 0
    assert "First key: a token was minted." in said
    assert any("bounds none of them" in line for line in said)
