"""Other front ends and programs as their authors write them, over sockets and in mode `open`."""

import asyncio
import json
import shutil
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import httpx
import pytest

from app.main import create_app
from app.simulator.server.app import create_simulator
from app.simulator.server.transport import SERVER_OPTIONS
from tests.service import make_settings
from tests.support import serve

NODE = shutil.which("node", path=Path(sys.executable).parent) or shutil.which("node")
# Node's `fetch` says `Sec-Fetch-Mode: cors`, and nothing else that a browser says.
FETCH = """
const [url, method] = process.argv.slice(1);
fetch(url, { method }).then(async (answer) => console.log(answer.status, await answer.text()));
"""


@asynccontextmanager
async def running(**changes: Any) -> AsyncIterator[str]:
    """Serve the app in front of a simulator, as it comes; yields the URL of the token route."""
    async with serve(create_simulator(), **SERVER_OPTIONS) as upstream:
        app = create_app(make_settings(upstream_url=upstream, **changes))
        async with serve(app, ws="none") as url:
            yield f"{url}/api/voice-token"


def opened(request: Request) -> dict[str, Any]:
    """Return the body of an answer to `urllib`."""
    with urlopen(request, timeout=30) as response:  # noqa: S310 - a loopback server of this test
        body: dict[str, Any] = json.load(response)
    return body


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_programs_need_no_header(method: str) -> None:
    """`urllib`, httpx and Node's `fetch` get a token each with nothing but verb and URL."""
    assert NODE is not None, "no Node: make test installs it"
    async with running() as url, httpx.AsyncClient() as client:
        by_urllib = await asyncio.to_thread(opened, Request(url, method=method))  # noqa: S310
        by_httpx = (await client.request(method, url)).raise_for_status().json()
        command = (NODE, "-e", FETCH, url, method)
        node = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
        status, _, by_node = (await node.communicate())[0].decode().partition(" ")

    assert status == "200"
    answers = (by_urllib, by_httpx, json.loads(by_node))
    assert len({answer["token"] for answer in answers}) == len(answers)
    assert {answer["expires_in_seconds"] for answer in answers} == {60}


def test_readme_begins_with_a_token() -> None:
    """The first thing to try after `make run` is the plainest request there is."""
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    commands = [line for line in readme.splitlines() if line.startswith(("make ", "curl "))]

    assert commands[:2] == ["make run", "curl http://127.0.0.1:8000/api/voice-token"]
