"""Clients in Python that openapi-python-client makes of /openapi.json: they load, mint and refuse.

Those in TypeScript are in tests/web/clients.
"""

import asyncio
import json
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from app.main import create_app
from app.simulator.server.app import create_simulator
from tests.service import KEY, NO_LIMITS, make_settings
from tests.support import serve

USE = """
import json, sys
from client import AuthenticatedClient, Client
from client.api.api import access, agents, post_voice_token, session_end, voice_token
from client.models import PostVoiceTokenTokenParameters, Problem, SessionEndSessionEnd

url, code = sys.argv[1:]
caller = AuthenticatedClient(base_url=url, token=code) if code else Client(base_url=url)
got = voice_token.sync(client=caller, expires_in_seconds=30)
posted = post_voice_token.sync(
    client=caller, body=PostVoiceTokenTokenParameters(max_session_duration_seconds=120)
)
refused = voice_token.sync(client=caller, expires_in_seconds=601)
stranger = voice_token.sync(client=Client(base_url=url))
ended = session_end.sync(
    client=caller, body=SessionEndSessionEnd(receipt=got.receipt, session_id="sess_1")
)
print(json.dumps({
    "got": [bool(got.token), got.expires_in_seconds],
    "posted": [bool(posted.token), posted.max_session_duration_seconds],
    "refused": [type(refused).__name__, refused.code, refused.errors[0].name],
    "stranger": getattr(stranger, "code", ""),
    "ended": type(ended).__name__,
    "agents": [agent.name for agent in agents.sync(client=caller).agents],
    "mode": access.sync(client=caller).mode,
}))
"""


def run(*arguments: str, folder: Path) -> str:
    """Return what a Python of ours prints."""
    done = subprocess.run(  # noqa: S603 - our own arguments
        [sys.executable, *arguments], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("code", ["", "spring-meadow-4711"])
async def test_client_in_python_loads_and_mints(tmp_path: Path, code: str) -> None:
    """Both verbs, a credential, each answer of its own type, and problems as what they are."""
    access = {"access": "code", "access_codes": code} if code else {}
    async with serve(create_simulator(key=KEY)) as upstream:
        settings = make_settings(upstream_url=upstream, **NO_LIMITS, **access)
        async with serve(create_app(settings)) as url, httpx.AsyncClient() as browser:
            document = (await browser.get(f"{url}/openapi.json")).content
            (tmp_path / "openapi.json").write_bytes(document)
            (tmp_path / "config.yml").write_text("post_hooks: []\n")
            (tmp_path / "use.py").write_text(USE)
            options = ("--path", "openapi.json", "--output-path", "client", "--meta", "none")
            command = ("-m", "openapi_python_client", "generate", "--config", "config.yml")
            said = await asyncio.to_thread(run, *command, *options, folder=tmp_path)
            used = await asyncio.to_thread(run, "use.py", url, code, folder=tmp_path)

    assert "Warning" not in said
    assert json.loads(used) == {
        "got": [True, 30],
        "posted": [True, 120],
        "refused": ["Problem", "invalid_request", "expires_in_seconds"],
        "stranger": "unauthenticated" if code else "",
        "ended": "SessionEndAnswer",
        "agents": ["assistant"],
        "mode": "code" if code else "open",
    }
