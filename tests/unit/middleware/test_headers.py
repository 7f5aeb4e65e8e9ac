"""Security headers."""

from __future__ import annotations

import pytest

from tests.service import minting, service

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; worker-src 'self'; "
    "connect-src 'self' wss://agents.example.test; manifest-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)


@pytest.mark.parametrize(
    "path",
    [
        *("/", "/api/voice-token", "/api/agents", "/api/none", "/healthz", "/docs", "/none"),
        *("/static/none", "/static/voice-agent/index.js", "/static/voice-agent/none.js"),
    ],
)
async def test_every_answer_carries_the_same_policy(path: str) -> None:
    """Pages, files, the API and errors have one policy, with the agent's host and no other."""
    async with service(minting()) as client:
        headers = (await client.get(path)).headers

    assert headers.get_list("content-security-policy") == [POLICY]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    permissions = headers["permissions-policy"].split(", ")
    assert permissions[0] == "microphone=(self)"
    assert all(permission.endswith("=()") for permission in permissions[1:])
    assert "server" not in headers


@pytest.mark.parametrize(
    ("path", "origin", "resource_policy"),
    [
        ("/static/voice-agent/index.js", "*", "cross-origin"),
        ("/static/styles/main.css", None, "same-origin"),
        ("/", None, "same-origin"),
        ("/api/agents", None, "same-origin"),
    ],
)
async def test_only_the_browser_client_is_for_every_origin(
    path: str, origin: str | None, resource_policy: str
) -> None:
    """Any page may import the client; nothing else of ours may be embedded."""
    async with service(minting()) as client:
        headers = (await client.get(path)).headers

    assert headers.get("access-control-allow-origin") == origin
    assert "access-control-allow-credentials" not in headers
    assert headers["cross-origin-resource-policy"] == resource_policy


@pytest.mark.parametrize("path", ["/api/voice-token", "/api/agents", "/api/none"])
async def test_nothing_of_the_api_is_stored(path: str) -> None:
    """A token or an error in a cache would be handed to someone else."""
    async with service(minting()) as client:
        response = await client.get(path)

    assert response.headers.get_list("cache-control") == ["no-store"]
