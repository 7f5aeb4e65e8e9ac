"""The cookie that tells visitors of an open service apart."""

from __future__ import annotations

import time
from typing import Any

import pytest

from app.access.cookies import Visitors
from app.access.signing import Signer
from app.main import create_app
from tests.logins import JWT_SETTINGS
from tests.service import caller, make_settings, refusing

KEPT = "a-deployment-secret-that-tests-know-0123"
CODED: dict[str, Any] = {"access": "code", "access_codes": ("correct-horse-battery",)}


def test_visitors_are_renewed_not_replaced() -> None:
    """A week-old cookie is renewed for the same visitor, and a fresh one is left alone."""
    visitors = Visitors(Signer(KEPT))
    scope: dict[str, Any] = {"type": "http", "scheme": "http", "headers": []}
    with pytest.MonkeyPatch.context() as patch:
        then = int(time.time()) - 8 * 86400
        patch.setattr("itsdangerous.timed.TimestampSigner.get_timestamp", lambda _: then)
        first = visitors.greeting(scope)
    assert first is not None
    old = scope | {"headers": [(b"cookie", first.partition(";")[0].encode())]}
    second = visitors.greeting(old)
    assert second is not None
    new = scope | {"headers": [(b"cookie", second.partition(";")[0].encode())]}

    assert first.partition(";")[0] != second.partition(";")[0]
    assert visitors.recognise(old) == visitors.recognise(new) is not None
    assert visitors.greeting(new) is None


@pytest.mark.parametrize(
    ("base", "name", "secure"),
    [
        ("http://voicegate.test", "voicegate_visitor", False),
        ("https://voicegate.test", "__Host-voicegate_visitor", True),
    ],
)
async def test_page_gives_visitors_a_cookie(base: str, name: str, *, secure: bool) -> None:
    """Out of reach of scripts, bound to the host under TLS, never stored for somebody else."""
    app = create_app(make_settings(), transport=refusing())
    async with app.router.lifespan_context(app), caller(app) as client:
        page = await client.get(f"{base}/")
        again = await client.get(f"{base}/")
        file = await client.get(f"{base}/static/voice-agent/index.js")

    fields = page.headers["set-cookie"].split("; ")
    assert fields[0].startswith(f"{name}=")
    assert set(fields[1:]) == {"Path=/", "Max-Age=2592000", "HttpOnly", "SameSite=Lax"} | (
        {"Secure"} if secure else set()
    )
    assert page.headers["cache-control"] == "private, no-cache"
    assert "set-cookie" not in again.headers
    assert "set-cookie" not in file.headers


@pytest.mark.parametrize("mode", [CODED, JWT_SETTINGS], ids=["code", "jwt"])
async def test_visitors_have_no_cookie_where_it_means_nothing(mode: dict[str, Any]) -> None:
    """Where a credential names the caller, the page leaves no other trace."""
    app = create_app(make_settings(**mode), transport=refusing())
    async with app.router.lifespan_context(app), caller(app) as client:
        page = await client.get("/")

    assert "set-cookie" not in page.headers
