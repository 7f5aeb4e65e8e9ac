"""The service and the simulator as one application."""

import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
import uvicorn
from websockets.asyncio.client import connect

from app.config.settings import Settings
from app.simulator.demo import DEMO_NOTICE, create_demo
from app.simulator.server.transport import CuttableWebSocketProtocol
from app.web.languages import Languages
from tests.service import PAGE
from tests.simulator.caller import LISTEN


@asynccontextmanager
async def demo(agents_file: Path | None = None, **options: Any) -> AsyncIterator[str]:
    """Serve a demo, which must know its own address before it is made, and give its base URL."""
    listener = socket.create_server(("127.0.0.1", 0))
    origin = f"http://127.0.0.1:{listener.getsockname()[1]}"
    app = create_demo(Settings(_env_file=None, agents_file=agents_file), origin=origin, **options)
    config = uvicorn.Config(
        app, ws=CuttableWebSocketProtocol, lifespan="on", log_level="warning", log_config=None
    )
    server = uvicorn.Server(config)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(server._serve, [listener])
        try:
            yield origin
        finally:
            server.should_exit = True


@pytest.mark.parametrize("key", [None, "0123456789abcdef0123456789abcdef"])
async def test_demo_serves_the_whole_path_on_one_port(key: str | None) -> None:
    """A token minted by the service through the simulator opens the simulator's socket."""
    async with (
        demo(control=True, key=key) as origin,
        httpx.AsyncClient(base_url=origin, headers=PAGE) as client,
    ):
        answer: dict[str, Any] = (await client.get("/api/voice-token")).json()
        counts = (await client.get("/_stats")).json()
        page = (await client.get("/")).text
        german = (await client.get("/", headers={"Accept-Language": "de"})).text
        other = (await client.get("/", headers={"Accept-Language": "fr"})).text
        async with connect(f"{answer['ws_url']}?token={answer['token']}") as agent:
            await agent.send(json.dumps(LISTEN))
            first = json.loads(await agent.recv())

    assert answer["ws_url"] == f"{origin.replace('http', 'ws')}/v1/ws"
    assert counts["tokens_minted"] == 1
    assert first["type"] == "session.updated"
    assert DEMO_NOTICE["en"] in page
    assert DEMO_NOTICE["de"] in german
    assert DEMO_NOTICE["en"] in other


def test_demo_says_what_it_is_in_every_language_of_the_page() -> None:
    """A page in one language with a notice in another would be half of each."""
    assert DEMO_NOTICE.keys() == Languages().all.keys()


async def test_demo_keeps_what_the_operator_set(tmp_path: Path) -> None:
    """A notice of the operator's own stays, and control exists only on request in a demo too."""
    file = tmp_path / "agents.toml"
    file.write_text("notice = 'Ours.'\n[agents.a]\n")
    async with demo(file) as origin, httpx.AsyncClient(base_url=origin, headers=PAGE) as client:
        page = (await client.get("/")).text
        status = (await client.get("/_stats")).status_code

    assert "Ours." in page
    assert not any(text in page for text in DEMO_NOTICE.values())
    assert status == 404
