"""The operator's page: who gets in, what it tells, and the switch that stops minting."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.main import create_app
from tests.redis_server import redis_server
from tests.service import (
    NO_LIMITS,
    PAGE,
    answering,
    assert_problem,
    caller,
    make_settings,
    minting,
    refusing,
    service,
)

TOKEN = "operator-token-0123456789-never-to-be-seen"
SECRET = "0123456789abcdef0123456789abcdef"
BEARER = {"Authorization": f"Bearer {TOKEN}"}
COOKIE = "voicegate_operator"
ROUTES = [
    ("GET", "/operator"),
    ("GET", "/operator/usage"),
    ("POST", "/operator/sign-in"),
    ("POST", "/operator/sign-out"),
    ("POST", "/operator/minting"),
]


@asynccontextmanager
async def operated(**changes: Any) -> AsyncIterator[httpx.AsyncClient]:
    """Run a service that has an operator; yields a browser on its own pages."""
    async with service(minting(), operator_token=TOKEN, **changes) as client:
        yield client


async def sign_in(client: httpx.AsyncClient, token: str = TOKEN) -> httpx.Response:
    """Send the form; the client keeps the cookie, if there is one."""
    return await client.post("/operator/sign-in", data={"token": token}, headers=PAGE)


def assert_outside(response: httpx.Response) -> None:
    """Check that an answer lets nobody in and tells nothing."""
    assert response.status_code in {303, 401, 403}
    if response.status_code == 303:
        assert response.headers["location"].startswith("/operator/sign-in")
        assert "set-cookie" not in response.headers or "Max-Age=0" in response.headers["set-cookie"]
        assert response.content == b""
    else:
        assert {"usage", "sessions", "days"}.isdisjoint(response.json())


@pytest.mark.parametrize(("method", "path"), ROUTES)
async def test_there_is_nothing_without_a_token_in_the_settings(method: str, path: str) -> None:
    """Off by default: not even a form to try tokens at."""
    async with service(refusing()) as client:
        assert_problem(await client.request(method, path, headers=BEARER), 404, "not_found")


@pytest.mark.parametrize(
    "brought",
    [
        pytest.param({}, id="nothing"),
        pytest.param({"headers": {"Authorization": "Bearer wrong"}}, id="wrong-bearer"),
        pytest.param({"headers": {"Authorization": f"Basic {TOKEN}"}}, id="other-scheme"),
        pytest.param({"headers": {"Cookie": f"{COOKIE}={TOKEN}"}}, id="token-as-cookie"),
        pytest.param({"headers": {"Cookie": f"{COOKIE}=forged.aaaa.bbbb"}}, id="forged-cookie"),
        pytest.param({"params": {"token": TOKEN}}, id="token-in-the-query"),
        pytest.param({"params": {"access_token": TOKEN}}, id="access-token-in-the-query"),
        pytest.param({"data": {"token": "wrong"}}, id="wrong-in-the-form"),
    ],
)
@pytest.mark.parametrize(("method", "path"), ROUTES)
async def test_no_way_in_without_the_token(method: str, path: str, brought: dict[str, Any]) -> None:
    """Whatever is brought in its place, and however: no numbers, no cookie, no stop."""
    if method == "GET":
        brought = {key: value for key, value in brought.items() if key != "data"}
    async with operated() as client:
        data = {"minting": "stop"} | brought.get("data", {}) if method == "POST" else None
        response = await client.request(
            method,
            path,
            params=brought.get("params"),
            headers=PAGE | brought.get("headers", {}),
            data=data,
        )
        after = await client.get("/api/voice-token")

    assert_outside(response)
    assert TOKEN not in response.text
    assert after.status_code == 200


async def test_form_lets_a_browser_in_and_out() -> None:
    """The cookie is out of reach of scripts and of other sites, and holds no token."""
    async with operated() as client:
        form = await client.get("/operator/sign-in")
        entered = await sign_in(client)
        page = await client.get("/operator")
        usage = await client.get("/operator/usage")
        left = await client.post("/operator/sign-out")
        after = await client.get("/operator")

    cookie = entered.headers["set-cookie"]
    assert (form.status_code, entered.headers["location"]) == (200, "/operator")
    assert re.fullmatch(
        rf"{COOKIE}=\S+; Path=/operator; Max-Age=43200; HttpOnly; SameSite=Strict", cookie
    )
    assert (page.status_code, usage.status_code) == (200, 200)
    assert_outside(left)
    assert_outside(after)
    for response in (form, entered, page, usage):
        assert TOKEN not in response.text + str(response.headers)
        assert response.headers["cache-control"] == "no-store"
    assert "form-action 'self'" in page.headers["content-security-policy"]
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]


async def test_cookie_over_tls_is_for_this_host_below_this_path() -> None:
    """Browsers take it over TLS alone; in a frame of another site it is not sent at all."""
    async with operated(trusted_proxies="127.0.0.1") as client:
        headers = {"X-Forwarded-Proto": "https", "Referer": "https://voicegate.test/embed"}
        client.headers = httpx.Headers(PAGE | headers)
        entered = await client.post("/operator/sign-in", data={"token": TOKEN})

    cookie = entered.headers["set-cookie"]
    assert cookie.startswith(f"__Secure-{COOKIE}=")
    assert cookie.endswith("; Path=/operator; Max-Age=43200; HttpOnly; SameSite=Strict; Secure")


async def test_cookie_ends_with_the_token_it_was_earned_by() -> None:
    """Another token, or another secret, and the browser has to bring the new one."""
    async with operated(secret=SECRET) as client:
        await sign_in(client)
        value = client.cookies[COOKIE]
    seen = []
    for token, secret in ((TOKEN, SECRET), (TOKEN + "x", SECRET), (TOKEN, SECRET[::-1])):
        async with service(refusing(), operator_token=token, secret=secret) as client:
            headers = PAGE | {"Cookie": f"{COOKIE}={value}"}
            seen.append((await client.get("/operator/usage", headers=headers)).status_code)

    assert seen == [200, 401, 401]


async def test_wrong_tokens_are_limited_as_wrong_codes_are() -> None:
    """After ten in a minute the right one is refused too, from there; a cookie goes on to work."""
    app = create_app(make_settings(operator_token=TOKEN), transport=refusing())
    async with app.router.lifespan_context(app), caller(app) as client:
        app.state.services.accounting.code_attempts._clock = lambda: 1_000_000_030.0
        await sign_in(client)
        wrong = [(await sign_in(client, f"wrong-{n}")).headers["location"] for n in range(11)]
        right = await sign_in(client)
        bearer = await client.get("/operator/usage", headers=BEARER)
        cookie = await client.get("/operator/usage")

    assert wrong == ["/operator/sign-in?refused=wrong"] * 10 + ["/operator/sign-in?refused=later"]
    assert right.headers["location"] == "/operator/sign-in?refused=later"
    assert_problem(bearer, 429, "rate_limited")
    assert cookie.status_code == 200


@pytest.mark.parametrize(
    "sent_by",
    [
        {"Origin": "https://evil.example.com", "Sec-Fetch-Site": "cross-site"},
        {"Origin": "https://shop.example.com", "Sec-Fetch-Site": "same-site"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "none"},
        {},
    ],
)
@pytest.mark.parametrize("path", ["minting", "sign-in", "sign-out"])
async def test_only_its_own_page_moves_the_switch_by_cookie(
    path: str, sent_by: dict[str, str]
) -> None:
    """A page elsewhere, on the list or not, cannot have a signed-in browser send a form."""
    async with operated(allowed_origins="https://shop.example.com") as client:
        await sign_in(client)
        client.headers.clear()
        data = {"minting": "stop", "token": TOKEN}
        response = await client.post(f"/operator/{path}", data=data, headers=sent_by)
        token = await client.get("/api/voice-token", headers=PAGE)

    assert_problem(response, 403, "forbidden")
    assert "set-cookie" not in response.headers
    assert token.status_code == 200


@pytest.mark.parametrize("by", ["cookie", "bearer"])
async def test_switch_stops_minting_and_lets_it_go_on(by: str) -> None:
    """At once, and told on the page, as JSON, and to callers."""
    async with operated() as client:
        if by == "cookie":
            await sign_in(client)
        else:
            client.headers = httpx.Headers(BEARER)
        stop = await client.post("/operator/minting", data={"minting": "stop"})
        refused = await client.get("/api/voice-token", headers=PAGE)
        told = (await client.get("/operator/usage")).json()["stopped_by"]
        page = await client.get("/operator")
        odd = await client.post("/operator/minting", data={"minting": "maybe"})
        go = await client.post("/operator/minting", data={"minting": "go"})
        minted = await client.get("/api/voice-token", headers=PAGE)

    assert (stop.status_code, go.status_code) == ((303, 303) if by == "cookie" else (200, 200))
    assert_problem(refused, 503, "service_unavailable")
    assert told == ["the operator's page"]
    assert "New calls are stopped." in page.text
    assert_problem(odd, 422, "invalid_request")
    assert minted.status_code == 200


async def test_switch_tells_a_program_what_stops_minting(tmp_path: Path) -> None:
    """What else does, too; and in whose place the command stands that tells nobody who asks."""
    stop_file = tmp_path / "stop"
    stop_file.touch()
    async with operated(stop_file=str(stop_file)) as client:

        async def move(minting: str) -> Any:
            return await client.post("/operator/minting", data={"minting": minting}, headers=BEARER)

        told = [(await move(minting)).json() for minting in ("stop", "go")]
        client.headers.clear()
        nobody = await client.post("/operator/minting", data={"minting": "stop"})
        as_json = await client.post("/operator/minting", json={"minting": "stop"}, headers=BEARER)
        empty = await client.post("/operator/minting", headers=BEARER)

    stops = ["the stop file", "the operator's page"]
    assert told == [{"stopped_by": stops}, {"stopped_by": stops[:1]}]
    assert_problem(nobody, 401, "unauthenticated")
    assert_problem(as_json, 415, "invalid_request")
    assert "application/x-www-form-urlencoded" in as_json.json()["detail"]
    assert_problem(empty, 422, "invalid_request")


async def test_switch_holds_for_all_who_share_a_store_and_after_a_restart(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One page stops every replica, and one that starts later is stopped from the start."""
    monkeypatch.setattr("app.web.kill_switch.LOOK_EVERY_SECONDS", 0.001)
    with redis_server() as redis:
        shared = {"redis_url": redis.url, "secret": SECRET}
        async with operated(**shared) as one, operated(**shared) as other:
            await one.post("/operator/minting", data={"minting": "stop"}, headers=BEARER)
            while (await other.get("/api/voice-token")).status_code == 200:
                pass
        async with operated(**shared) as later:
            first = await later.get("/api/voice-token")
            redis.kill()
            moved = await later.post("/operator/minting", data={"minting": "go"}, headers=BEARER)

    assert first.status_code == 503
    assert_problem(moved, 503, "service_unavailable")


@pytest.mark.parametrize("kind", ["memory", "redis"])
async def test_report_tells_what_the_ledger_knows(kind: str) -> None:
    """Minutes, open sessions by hash and age, refusals, and how upstream and store are."""
    server = redis_server() if kind == "redis" else None
    redis = server.__enter__() if server else None
    try:
        store = {"redis_url": redis.url, "secret": SECRET} if redis else {}
        async with operated(minutes_per_day=45, **store) as client:
            before = (await client.get("/operator/usage", headers=BEARER)).json()
            statuses = [(await client.get("/api/voice-token")).status_code for _ in range(4)]
            told = (await client.get("/operator/usage", headers=BEARER)).json()
            page = await client.get("/operator", headers=BEARER)
    finally:
        if server:
            server.__exit__(None, None, None)

    assert before["today"]["left_seconds"] == 2700
    assert statuses == [200, 200, 200, 429]
    assert told["refusals"] == {"all-day": 1}
    assert told["today"] == {
        "used_seconds": 0,
        "reserved_seconds": 2700,
        "yesterday_seconds": 0,
        "left_seconds": 0,
        "limit_seconds": 2700,
        "cost_usd": 0.0,
    }
    assert [len(told["days"]), told["days"][-1]["used_seconds"]] == [14, 0]
    assert told["open_sessions"] == len(told["sessions"]) == 3
    assert re.fullmatch("[0-9a-f]{16}", told["sessions"][0]["caller"])
    assert told["store"]["kind"] == kind
    assert told["store"]["is_up"]
    assert bool(told["store"]["risks"]) == (kind == "redis")
    assert told["upstream"]["latest"] == "ok"
    assert told["upstream"]["outcomes"] == {"ok": 3}
    assert told["listed"] is None
    assert page.status_code == 200
    assert told["sessions"][0]["caller"] in page.text


async def test_store_that_is_away_is_said() -> None:
    """The page is there, without the numbers, and says why."""
    with redis_server() as redis:
        async with operated(redis_url=redis.url, secret=SECRET) as client:
            redis.kill()
            told = (await client.get("/operator/usage", headers=BEARER)).json()
            page = await client.get("/operator", headers=BEARER)

    assert (told["today"], told["open_sessions"], told["store"]["is_up"]) == (None, None, False)
    assert "The store cannot be reached" in page.text


@pytest.mark.parametrize(("language", "words"), [("en", "Usage"), ("de", "Verbrauch")])
async def test_page_speaks_the_languages_of_the_others_and_needs_no_script(
    language: str, words: str
) -> None:
    """Nothing inline, no script at all."""
    async with operated() as client:
        await client.get("/api/voice-token")
        page = await client.get("/operator", headers=BEARER | {"Accept-Language": language})

    assert f"<h1>{words}</h1>" in page.text
    assert "<script" not in page.text
    assert " style=" not in page.text


async def test_report_tells_what_the_list_of_sessions_says() -> None:
    """Minutes are then those that were used; a session that nothing explains is counted."""
    now = datetime.now(UTC)
    began = (now - timedelta(minutes=50)).isoformat()
    sessions = [
        {"id": "sess_1", "status": "completed", "created_at": began, "duration_seconds": 600},
        {"id": "sess_2", "status": "created", "created_at": now.isoformat()},
    ]
    upstream = answering(lambda _: httpx.Response(200, json={"sessions": sessions}))
    changes: dict[str, Any] = NO_LIMITS | {"audit": True, "operator_token": TOKEN}
    app = create_app(make_settings(**changes), transport=upstream)
    async with app.router.lifespan_context(app), caller(app) as client:
        audit = app.state.services.audit
        await audit.first_try.wait()
        told = (await client.get("/operator/usage", headers=BEARER)).json()
        page = await client.get("/operator", headers=BEARER)
        audit._failures = 3
        unread = (await client.get("/operator/usage", headers=BEARER)).json()

    is_today = (now - timedelta(minutes=50)).date() == now.date()
    assert told["listed"]["open_sessions"] == 1
    assert told["listed"]["age_seconds"] <= 20
    assert told["today"]["used_seconds"] >= 600 * is_today
    assert told["today"]["cost_usd"] >= 0.75 * is_today
    assert told["today"]["reserved_seconds"] > 0
    assert told["days"][-1]["used_seconds"] == told["today"]["used_seconds"]
    assert "List of sessions" in page.text
    assert unread["listed"] is None
