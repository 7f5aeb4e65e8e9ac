"""Names of requests."""

import re

import pytest

from app.main import create_app
from tests.service import caller, make_settings, minting

GIVEN = "req-0123456789abcdef"


@pytest.mark.parametrize(
    ("address", "given", "kept"),
    [
        ("10.0.0.1", GIVEN, True),
        ("203.0.113.1", GIVEN, False),
        ("10.0.0.1", "short", False),
        ("10.0.0.1", "x" * 65, False),
        ("10.0.0.1", "has space 0123", False),
        ("10.0.0.1", "quote\"';<script>", False),
        ("10.0.0.1", "../../etc/passwd", False),
        ("10.0.0.1", "-starts-with-dash", False),
    ],
)
async def test_only_a_trusted_proxy_may_name_a_request(
    address: str,
    given: str,
    kept: bool,  # noqa: FBT001 - a table
) -> None:
    """A name goes into our log, so it must be well formed and come from someone we know."""
    app = create_app(make_settings(trusted_proxies="10.0.0.0/8"), transport=minting())
    async with app.router.lifespan_context(app), caller(app, address) as client:
        response = await client.get("/healthz", headers={"X-Request-ID": given})

    assert (response.headers["x-request-id"] == given) is kept
    if not kept:
        assert re.fullmatch(r"[0-9a-f]{16}", response.headers["x-request-id"])


async def test_names_differ() -> None:
    """No two requests share a name, on one connection or not."""
    app = create_app(make_settings(), transport=minting())
    async with app.router.lifespan_context(app), caller(app) as client:
        names = {(await client.get("/healthz")).headers["x-request-id"] for _ in range(20)}

    assert len(names) == 20
