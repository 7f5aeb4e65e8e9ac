"""The cookie that tells visitors of an open service apart."""

import time
from typing import Any

import pytest

from app.access.cookies import Visitors
from app.access.signing import Signer
from app.main import create_app
from tests.logins import JWT_SETTINGS
from tests.service import NO_LIMITS, caller, make_settings, minting, refusing

KEPT = "a-deployment-secret-that-tests-know-0123"
CODED: dict[str, Any] = {"access": "code", "access_codes": ("correct-horse-battery",)}


def test_visitors_are_renewed_not_replaced() -> None:
    """A week-old cookie is renewed for the same visitor, and a fresh one is left alone."""
    visitors = Visitors(Signer(KEPT))
    scope: dict[str, Any] = {"type": "http", "scheme": "http", "headers": []}
    with pytest.MonkeyPatch.context() as patch:
        then = int(time.time()) - 8 * 86400
        patch.setattr("itsdangerous.timed.TimestampSigner.get_timestamp", lambda _: then)
        first = visitors.set_cookie(scope)
    assert first is not None
    old = scope | {"headers": [(b"cookie", first.partition(";")[0].encode())]}
    second = visitors.set_cookie(old)
    assert second is not None
    new = scope | {"headers": [(b"cookie", second.partition(";")[0].encode())]}

    assert first.partition(";")[0] != second.partition(";")[0]
    assert visitors.recognise(old) == visitors.recognise(new) is not None
    assert visitors.set_cookie(new) is None


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


async def test_cookie_sticks_in_a_frame_of_another_site() -> None:
    """What a browser keeps there is partitioned: for this site below that one, and no other."""
    app = create_app(make_settings(), transport=refusing())
    async with app.router.lifespan_context(app), caller(app) as client:
        secure = await client.get("https://voicegate.test/embed?agent=a")
        plain = await client.get("http://voicegate.test/embed")

    fields = set(secure.headers["set-cookie"].split("; ")[1:])
    assert fields == {
        *("Path=/", "Max-Age=2592000", "HttpOnly", "SameSite=None", "Secure", "Partitioned"),
    }
    assert "Partitioned" not in plain.headers["set-cookie"]


async def test_code_that_is_entered_in_a_frame_sticks_there() -> None:
    """The element in `/embed` asks for the code by a request of that page."""
    app = create_app(make_settings(**CODED), transport=minting())
    async with app.router.lifespan_context(app), caller(app) as client:
        base, body = "https://voicegate.test", {"code": CODED["access_codes"][0]}
        from_frame = {"Referer": f"{base}/embed?agent=a"}
        framed = await client.post(f"{base}/api/access", json=body, headers=from_frame)
        minted = await client.get(f"{base}/api/voice-token")
        left = await client.delete(f"{base}/api/access", headers=from_frame)
        page = await client.post(
            f"{base}/api/access", json=body, headers={"Referer": f"{base}/?/embed"}
        )

    assert framed.headers["set-cookie"].endswith("SameSite=None; Secure; Partitioned")
    assert left.headers["set-cookie"].endswith("SameSite=None; Secure; Partitioned")
    assert page.headers["set-cookie"].endswith("SameSite=Strict; Secure")
    assert minted.status_code == 200


async def test_visitors_without_a_cookie_share_what_their_address_may_use() -> None:
    """Pages of other sites and in frames bring none: a school is not one caller there."""
    site = "https://www.example.com"
    limits = {**NO_LIMITS, "caller_mints_per_minute": 10, "callers_per_address": 4}
    app = create_app(make_settings(allowed_origins=(site,), **limits), transport=minting())
    # The minute must not end in the middle of a test.
    app.state.services.accounting.quota._store._now = lambda: 1_000_000_030.0
    async with app.router.lifespan_context(app):
        async with caller(app, "203.0.113.7", {"Origin": site}) as pages:
            statuses = [(await pages.get("/api/voice-token")).status_code for _ in range(41)]
        async with caller(app, "203.0.113.8", {}) as program:
            alone = [(await program.get("/api/voice-token")).status_code for _ in range(11)]

    assert statuses == [200] * 40 + [429]
    assert alone == [200] * 10 + [429]
