"""Security headers."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from app.main import create_app
from tests.service import caller, make_settings, minting, service

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; worker-src 'self'; "
    "connect-src 'self' wss://agents.example.test; manifest-src 'self'; base-uri 'none'; "
    "form-action 'none'; require-trusted-types-for 'script'; trusted-types voicegate; "
    "frame-ancestors 'none'"
)


@pytest.mark.parametrize(
    "path",
    [
        *("/", "/api/voice-token", "/api/agents", "/api/none", "/healthz", "/docs", "/none"),
        *("/embed", "/static/none", "/static/voice-agent/index.js", "/static/voice-agent/none.js"),
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


async def test_samples_of_voices_may_be_played_from_where_they_are(tmp_path: Path) -> None:
    """Their origins, and no other, are where pages may play recordings from."""
    file = tmp_path / "agents.toml"
    file.write_text(
        """
        [agents.assistant]
        [voice_samples]
        alba = "https://media.example.com/a/alba.mp3?v=1"
        vera = "https://media.example.com/vera.mp3"
        paul = "/samples/paul.mp3"
        """
    )
    async with service(minting(), agents_file=file) as client:
        policy = (await client.get("/")).headers["content-security-policy"]

    assert "; media-src 'self' https://media.example.com; " in policy
    assert policy.replace("media-src 'self' https://media.example.com; ", "") == POLICY


@pytest.mark.parametrize(
    ("path", "origin", "resource_policy"),
    [
        ("/static/voice-agent/index.js", "*", "cross-origin"),
        ("/static/voice-agent/element.css", "*", "cross-origin"),
        ("/static/voice-agent/texts/de.json", "*", "cross-origin"),
        ("/static/voice-agent/element-ABCDEFGH.js", "*", "cross-origin"),
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


SECURE = {"X-Forwarded-Proto": "https"}
YEAR = "max-age=31536000"


@pytest.mark.parametrize(
    ("address", "headers", "expected"),
    [
        ("127.0.0.1", {}, None),
        ("203.0.113.9", SECURE, None),
        ("10.0.0.1", {}, None),
        ("10.0.0.1", {"X-Forwarded-Proto": "http"}, None),
        ("10.0.0.1", SECURE, YEAR),
    ],
)
async def test_strict_transport_security_is_sent_over_tls_only(
    address: str, headers: dict[str, str], expected: str | None
) -> None:
    """A browser keeps it for a year, so only what a trusted proxy says of TLS counts."""
    app = create_app(make_settings(trusted_proxies="10.0.0.0/8"), transport=minting())
    async with app.router.lifespan_context(app), caller(app, address) as client:
        answers = [await client.get(path, headers=headers) for path in ("/", "/api/x", "/none")]

    assert {answer.headers.get("strict-transport-security") for answer in answers} == {expected}


async def test_strict_transport_security_where_the_service_speaks_tls_itself() -> None:
    """Without a proxy the connection's own scheme counts."""
    async with service(minting()) as client:
        response = await client.get("https://voicegate.test/")

    assert response.headers["strict-transport-security"] == YEAR


async def test_page_for_frames_is_for_allowed_origins() -> None:
    """With a list, the old header that knows no list is left out; no other page may be framed."""
    origins = "https://shop.example.com,https://www.example.com"
    async with service(minting(), allowed_origins=origins) as client:
        embed, *others = [(await client.get(path)).headers for path in ("/embed", "/", "/embed/x")]
    async with service(minting()) as client:
        others.append((await client.get("/embed")).headers)

    ancestors = f"ancestors 'self' {origins.replace(',', ' ')}"
    assert embed["content-security-policy"] == POLICY.replace("ancestors 'none'", ancestors)
    assert "x-frame-options" not in embed
    for other in others:
        assert other["content-security-policy"] == POLICY
        assert other["x-frame-options"] == "DENY"


# Mozilla HTTP Observatory ----------------------------------------------------------------------
# By the published rules: https://github.com/mozilla/http-observatory, httpobs/docs/scoring.md, and
# their successor at MDN, which adds Cross-Origin-Resource-Policy. A site starts with 100; bonuses
# count from 90 on; from 100 on the grade is A+, the best there is.


def observatory(response: httpx.Response) -> dict[str, int]:
    """Return what each criterion adds to 100, for an answer over TLS."""
    headers = response.headers
    policy = dict(
        part.split(" ", 1)
        for part in headers.get("content-security-policy", "").split("; ")
        if part
    )
    hsts = headers.get("strict-transport-security", "")
    allowed = headers.get("access-control-allow-origin")
    # `*` without credentials is public access; an echo of any origin, or with them, is universal.
    is_public = allowed in {None, "*"} and "access-control-allow-credentials" not in headers
    return {
        "content-security-policy": _policy_score(policy),
        "cookies": _cookie_score(headers.get_list("set-cookie")),
        "cross-origin-resource-sharing": 0 if is_public else -50,
        "redirection": 0,  # the proxy's, which has the port of plain HTTP
        "referrer-policy": {"same-origin": 5, "no-referrer": 5}.get(
            headers.get("referrer-policy", ""), 0
        ),
        "strict-transport-security": 0 if hsts.startswith("max-age=31536000") else -20,
        "subresource-integrity": 0 if policy.get("script-src") == "'self'" else -5,
        "x-content-type-options": 0 if headers.get("x-content-type-options") == "nosniff" else -5,
        "x-frame-options": 5 if "frame-ancestors" in policy else -20,
        "cross-origin-resource-policy": {"same-origin": 10, "cross-origin": 0}.get(
            headers.get("cross-origin-resource-policy", ""), 0
        ),
    }


def _policy_score(policy: dict[str, str]) -> int:
    if not policy:
        return -25
    everything = " ".join(policy.values())
    if "unsafe" in everything or "http:" in everything or "*" in everything:
        return -20
    return 10 if policy.get("default-src") == "'none'" else 5


def _cookie_score(cookies: list[str]) -> int:
    flags = [cookie.lower() for cookie in cookies]
    if not all("; secure" in flag and "; httponly" in flag for flag in flags):
        return -40
    return 5 if flags and all("; samesite=" in flag for flag in flags) else 0


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/", 130),
        ("/docs", 130),
        ("/api/voice-token", 130),
        ("/operator/sign-in", 130),
        ("/static/styles/main.css", 130),
        ("/static/voice-agent/index.js", 120),  # its resource policy is for every origin
    ],
)
async def test_observatory_gives_the_best_grade(path: str, expected: int) -> None:
    """Each criterion of Mozilla's scan passes on every kind of answer; none takes points away."""
    changes: dict[str, Any] = {"trusted_proxies": "127.0.0.1", "operator_token": "x" * 32}
    async with service(minting(), **changes) as client:
        response = await client.get(path, headers=SECURE)
    assert response.status_code == 200
    scores = observatory(response)

    assert [name for name, score in scores.items() if score < 0] == []
    without_cookies = sum(score for name, score in scores.items() if name != "cookies")
    assert 100 + without_cookies == expected
