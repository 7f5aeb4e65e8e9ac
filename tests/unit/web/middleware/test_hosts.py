"""Names under which the service answers, and names that somebody else pointed here."""

import pytest

from app.main import create_app
from tests.service import assert_problem, caller, make_settings, minting, refusing, service

OURS = ("https://voice.example.com", "https://*.preview.example.com")
GOOD = [
    *(
        "localhost",
        "LOCALHOST:8000",
        "127.0.0.1:8000",
        "[::1]:8000",
        "192.168.1.5",
        "[2001:db8::1]",
    ),
    *("voice.example.com", "Voice.Example.com:443", "voice.example.com.", "a.preview.example.com"),
]
BAD = [
    *("attacker.example", "attacker.example:8000", "voice.example.com.attacker.example", ""),
    *("localhost.attacker.example", "a.b.preview.example.com", "127.0.0.1.attacker.example"),
    *("voice.example.com@attacker.example", "voice.example.com:x", "[attacker.example]"),
]


@pytest.mark.parametrize("host", GOOD)
async def test_own_names_and_addresses_are_answered(host: str) -> None:
    """Nobody can point an address or localhost elsewhere; of names, those of the operator count."""
    async with service(minting(), public_url=OURS) as client:
        response = await client.get("/api/voice-token", headers={"Host": host})

    assert response.status_code == 200


@pytest.mark.parametrize("host", BAD)
@pytest.mark.parametrize("path", ["/api/voice-token", "/", "/docs", "/static/voice-agent/index.js"])
async def test_name_of_somebody_else_gets_nothing(host: str, path: str) -> None:
    """Its page would be one of ours to a browser, in the network of whoever looks at it."""
    own = {"Host": host, "Origin": f"http://{host}"}
    async with service(refusing(), public_url=OURS) as client:
        response = await client.get(path, headers=own)

    assert_problem(response, 421, "invalid_request")
    assert "attacker" not in response.text + str(response.headers)


async def test_machines_that_probe_need_no_name() -> None:
    """A balancer has a name of its own for each replica."""
    async with service(refusing(), public_url=OURS) as client:
        answers = [
            await client.get(path, headers={"Host": "10-0-0-7.pods"})
            for path in ("/healthz", "/readyz")
        ]

    assert [answer.status_code for answer in answers] == [200, 200]


async def test_name_is_that_which_a_trusted_proxy_was_asked_for() -> None:
    """Whoever is no trusted proxy cannot claim another one."""
    app = create_app(
        make_settings(public_url=OURS, trusted_proxies="10.0.0.0/8"), transport=minting()
    )
    said = {"Host": "upstream", "X-Forwarded-Host": "voice.example.com"}
    async with app.router.lifespan_context(app):
        statuses = []
        for address in ("10.0.0.1", "203.0.113.1"):
            async with caller(app, address) as client:
                statuses.append((await client.get("/api/voice-token", headers=said)).status_code)

    assert statuses == [200, 421]
