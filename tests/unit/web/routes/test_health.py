"""The probes."""

import httpx
import pytest

from app.main import create_app
from app.usage.pricing import BASES
from tests.service import answering, assert_problem, caller, make_settings, minting, service

READY = {"status": "ready", "detail": BASES["reservations"]}


@pytest.mark.parametrize(("path", "body"), [("/healthz", {"status": "ok"}), ("/readyz", READY)])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_probe_answers(path: str, body: dict[str, str], method: str) -> None:
    """A running service is alive and ready, and no cache may say so in its place."""
    async with service(minting()) as client:
        response = await client.request(method, path)

    assert response.status_code == 200
    assert response.headers["cache-control"] == "no-store"
    if method == "GET":
        assert response.json() == body


async def test_readyz_survives_an_upstream_outage() -> None:
    """An upstream that fails makes mints fail, not the readiness of this instance."""
    async with service(answering(lambda _: httpx.Response(503))) as client:
        mint = await client.get("/api/voice-token")
        ready = await client.get("/readyz")

    assert_problem(mint, 502, "upstream_unavailable")
    assert ready.status_code == 200


async def test_draining_refuses_mints_and_readiness_but_lives() -> None:
    """From the signal on no token is minted and no caller wanted, while the process is alive."""
    app = create_app(make_settings(), transport=minting())
    async with app.router.lifespan_context(app), caller(app) as client:
        app.state.services.lifecycle.drain()
        mint = await client.get("/api/voice-token")
        ready = await client.get("/readyz")
        alive = await client.get("/healthz")

    assert_problem(mint, 503, "draining")
    assert mint.headers["retry-after"] == "2"
    assert_problem(ready, 503, "draining")
    assert alive.status_code == 200
