"""What tests of the simulator do over real sockets."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from app.simulator.behaviour.profiles import LIVE, with_switches
from app.simulator.server.app import create_simulator
from app.simulator.server.transport import SERVER_OPTIONS
from tests.support import serve

KEY = "0123456789abcdef0123456789abcdef"
# Replies that take no time: what is tested here is the wire, not the clock.
QUICK = with_switches(LIVE, {"audio_pace": "burst", "ready_delay_ms": "0"})


async def mint(url: str, key: str = KEY) -> str:
    """Return a token."""
    async with httpx.AsyncClient() as client:
        answer = await client.get(
            f"{url}/v1/token", params={"expires_in_seconds": 60}, headers={"Authorization": key}
        )
    token: str = answer.json()["token"]
    return token


@asynccontextmanager
async def opened(
    url: str, token: str = KEY, path: str = "/v1/ws"
) -> AsyncIterator[ClientConnection]:
    """Open a socket with a token in its URL."""
    address = f"{url.replace('http', 'ws', 1)}{path}?token={token}"
    async with connect(address, max_size=None) as socket:
        yield socket


async def send(socket: ClientConnection, *messages: dict[str, Any]) -> None:
    """Send messages as JSON."""
    for message in messages:
        await socket.send(json.dumps(message))


async def until(socket: ClientConnection, kind: str) -> list[dict[str, Any]]:
    """Return what comes until a frame of a type, that one included."""
    frames: list[dict[str, Any]] = []
    while not frames or frames[-1]["type"] != kind:
        frames.append(json.loads(await socket.recv()))
    return frames


async def closed(socket: ClientConnection) -> tuple[list[dict[str, Any]], int | None]:
    """Return all that still comes, and the close code."""
    frames = []
    try:
        while True:
            frames.append(json.loads(await socket.recv()))
    except ConnectionClosed as end:
        return frames, end.rcvd.code if end.rcvd else 1006


async def order(url: str, command: object) -> httpx.Response:
    """Send a command to the control route."""
    async with httpx.AsyncClient() as client:
        return await client.post(f"{url}/_control", json=command)


async def stats(url: str) -> dict[str, Any]:
    """Return the counts."""
    async with httpx.AsyncClient() as client:
        counts: dict[str, Any] = (await client.get(f"{url}/_stats")).json()
    return counts


@asynccontextmanager
async def simulated(**options: Any) -> AsyncIterator[str]:
    """Serve a simulator as its command does; yields its base URL."""
    async with serve(
        create_simulator(control=True, **options), log_config=None, **SERVER_OPTIONS
    ) as url:
        yield url
