"""Entering an access code: the cookie it earns, and what guessing comes to."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from app.main import create_app
from app.usage import code_attempts
from app.web.routes import body
from tests.service import SERVICE, assert_problem, caller, make_settings, minting, refusing
from tests.support import serve

CODE = "correct-horse-battery"
KEPT = "a-deployment-secret-that-tests-know-0123"
JSON = {"Content-Type": "application/json"}
WRONG = [f"guess-{number:04}" for number in range(100)]


@asynccontextmanager
async def coded(*codes: str, address: str = "127.0.0.1", **changes: Any) -> AsyncIterator[Any]:
    """Run a service with access codes; yields its app and a page of it."""
    settings = make_settings(access="code", access_codes=codes or (CODE,), secret=KEPT, **changes)
    app = create_app(settings, transport=minting())
    # The minute must not end in the middle of a test.
    app.state.services.accounting.code_attempts._clock = lambda: 1_000_000_030.0
    async with app.router.lifespan_context(app), caller(app, address) as page:
        yield app, page


@pytest.mark.parametrize(
    ("scheme", "name"), [("http", "voicegate_access"), ("https", "__Host-voicegate_access")]
)
async def test_right_code_earns_a_cookie(scheme: str, name: str) -> None:
    """204 and a cookie out of reach of scripts and other sites, which then is enough for tokens."""
    async with coded() as (_, page):
        page.base_url = f"{scheme}://voicegate.test"
        entered = await page.post("/api/access", json={"code": CODE})
        token = await page.get("/api/voice-token")
        left = await page.delete("/api/access")
        after = await page.get("/api/voice-token")

    fields = entered.headers["set-cookie"].split("; ")
    secure = {"Secure"} if scheme == "https" else set()
    assert (entered.status_code, entered.content) == (204, b"")
    assert fields[0].startswith(f"{name}=")
    assert set(fields[1:]) == {"Path=/", "Max-Age=2592000", "HttpOnly", "SameSite=Strict"} | secure
    assert CODE not in str(entered.headers)
    assert (token.status_code, left.status_code, after.status_code) == (200, 204, 401)


async def test_each_entry_is_a_new_visitor() -> None:
    """A cookie that somebody planted in a browser lives on in no later one."""
    async with coded() as (app, page):
        keys = []
        for _ in range(2):
            answer = await page.post("/api/access", json={"code": CODE})
            name, _, value = answer.headers["set-cookie"].partition(";")[0].partition("=")
            scope = {
                "scheme": "http",
                "client": ("127.0.0.1", 1),
                "headers": [(b"cookie", f"{name}={value}".encode())],
            }
            access = app.state.services.access
            keys.append(await access.authenticator.authenticate(access.credentials(scope, "page")))

    assert keys[0].kind == keys[1].kind == "visitor"
    assert keys[0].key != keys[1].key
    assert keys[0].address_key == keys[1].address_key


async def test_removing_a_code_ends_its_cookies_and_no_others() -> None:
    """After a restart with other settings, only the cookies of the codes that stayed are good."""
    cookies: dict[str, str] = {}
    async with coded("first-code", "second-code") as (_, page):
        for code in ("first-code", "second-code"):
            answer = await page.post("/api/access", json={"code": code})
            cookies[code] = answer.headers["set-cookie"].partition(";")[0]
    async with coded("second-code") as (app, _), caller(app) as page:
        first = await page.get("/api/voice-token", headers={"Cookie": cookies["first-code"]})
        second = await page.get("/api/voice-token", headers={"Cookie": cookies["second-code"]})

    assert_problem(first, 401, "unauthenticated")
    assert second.status_code == 200


@pytest.mark.parametrize("how", ["entry", "bearer", "both"])
async def test_hundred_wrong_codes(how: str) -> None:
    """After ten a minute an address learns nothing more, not even by the right code."""

    async def attempt(page: httpx.AsyncClient, number: int, code: str) -> httpx.Response:
        if how == "bearer" or (how == "both" and number % 2):
            headers = {"Authorization": f"Bearer {code}"}
            return await page.get("/api/voice-token", headers=headers)
        return await page.post("/api/access", json={"code": code})

    async with coded() as (app, page), caller(app, "203.0.113.7") as other:
        answers = [await attempt(page, number, code) for number, code in enumerate(WRONG)]
        right = [await attempt(page, number, CODE) for number in range(2)]
        elsewhere = await other.post("/api/access", json={"code": CODE})

    assert [answer.status_code for answer in answers] == [401] * 10 + [429] * 90
    for answer in (*answers[10:], *right):
        assert_problem(answer, 429, "rate_limited")
        assert 1 <= int(answer.headers["retry-after"]) <= 3600
    assert elsewhere.status_code == 204


async def test_guesses_from_many_addresses_lock_out_nobody_else(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """300 wrong codes from six addresses and one /48: right ones from elsewhere are let in."""
    sources = [f"198.51.100.{n}" for n in range(6)] + [f"2001:db8:1:{n}::1" for n in range(24)]
    monkeypatch.setattr(code_attempts, "MOST_SECONDS", 0)  # how long a wrong one waits
    async with coded() as (app, page):
        for source in sources:
            async with caller(app, source) as guesser:
                wrong = [await guesser.post("/api/access", json={"code": c}) for c in WRONG[:10]]
        async with caller(app, "2001:db8:1:ffff::1") as neighbour:
            next_door = await neighbour.post("/api/access", json={"code": CODE})
        async with caller(app, "203.0.113.7", headers={}) as server:
            bearer = {"Authorization": f"Bearer {CODE}"}
            elsewhere = await server.get("/api/voice-token", headers=bearer)
        entered = await page.post("/api/access", json={"code": CODE})

    assert wrong[-1].status_code == 429
    assert_problem(next_door, 429, "rate_limited")
    assert (elsewhere.status_code, entered.status_code) == (200, 204)


async def test_wrong_codes_all_at_once() -> None:
    """A crowd of guesses sent together is no way around the limit."""
    async with coded() as (_, page):
        answers = await asyncio.gather(
            *(page.post("/api/access", json={"code": code}) for code in WRONG)
        )

    assert sorted(answer.status_code for answer in answers) == [401] * 10 + [429] * 90


async def test_lock_out_spares_who_is_already_in() -> None:
    """A neighbour's guesses do not end a conversation: a cookie is no guess."""
    async with coded() as (app, page), caller(app) as neighbour:
        await page.post("/api/access", json={"code": CODE})
        for code in WRONG[:20]:
            await neighbour.post("/api/access", json={"code": code})
        token = await page.get("/api/voice-token")

    assert token.status_code == 200


async def test_right_codes_are_not_counted() -> None:
    """Whoever knows the code may enter it as often as the token route is not concerned."""
    async with coded() as (_, page):
        answers = [await page.post("/api/access", json={"code": CODE}) for _ in range(30)]

    assert {answer.status_code for answer in answers} == {204}


@pytest.mark.parametrize(
    ("content", "headers", "status"),
    [
        (b'{"code": "' + b"a" * 5000 + b'"}', JSON, 413),
        (b" " * 4097, JSON, 413),
        (b"", JSON, 422),
        (b"[" * 4000, JSON, 422),
        (b'{"code": "\xff"}', JSON, 422),
        (b"{", JSON, 422),
        (b"null", JSON, 422),
        (b'["correct-horse-battery"]', JSON, 422),
        (b"{}", JSON, 422),
        (b'{"code": ""}', JSON, 422),
        (b'{"code": 12345678}', JSON, 422),
        (b'{"code": null}', JSON, 422),
        (b'{"code": {"$ne": ""}}', JSON, 422),
        (b'{"code": "correct-horse-battery", "more": 1}', JSON, 422),
        (b'{"code": "' + b"a" * 129 + b'"}', JSON, 422),
        (b'{"code": "correct-horse-battery\\ud800"}', JSON, 422),
        (b'{"code": "correct-horse-battery"}', {"Content-Type": "text/plain"}, 415),
        (b"code=correct-horse-battery", {"Content-Type": "application/x-www-form-urlencoded"}, 415),
        (b'{"code": "correct-horse-battery"}', {}, 415),
    ],
)
async def test_bodies_that_are_refused(
    content: bytes, headers: dict[str, str], status: int
) -> None:
    """Whatever is no small JSON object with one code is refused in the usual form, unrepeated."""
    async with coded() as (_, page):
        response = await page.post("/api/access", content=content, headers=headers)

    code = "unauthenticated" if status == 401 else "invalid_request"
    assert_problem(response, status, code)
    assert CODE not in response.text
    assert "set-cookie" not in response.headers
    assert len(response.content) < 1000


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({}, 403, "forbidden"),
        ({"Sec-Fetch-Site": "none"}, 403, "forbidden"),
        ({"Sec-Fetch-Site": "cross-site"}, 403, "origin_not_allowed"),
        ({"Origin": "null"}, 403, "origin_not_allowed"),
        ({"Origin": "https://evil.test"}, 403, "origin_not_allowed"),
    ],
)
@pytest.mark.parametrize("method", ["POST", "DELETE"])
async def test_entering_and_leaving_are_for_our_pages(
    method: str, headers: dict[str, str], status: int, code: str
) -> None:
    """No other page can enter a code of its own for a visitor, or take the visitor's away."""
    async with coded() as (app, _), caller(app, headers={}) as client:
        response = await client.request(method, "/api/access", json={"code": CODE}, headers=headers)

    assert_problem(response, status, code)
    assert "set-cookie" not in response.headers


@pytest.mark.parametrize("mode", [{}, {"access": "code", "access_codes": (CODE,)}])
@pytest.mark.parametrize("method", ["POST", "DELETE", "PUT", "OPTIONS", "TRACE"])
async def test_other_verbs(mode: dict[str, Any], method: str) -> None:
    """Where there is nothing to enter, the path only answers questions, and says so."""
    if mode and method in {"POST", "DELETE"}:
        return
    app = create_app(make_settings(**mode), transport=refusing())
    async with app.router.lifespan_context(app), caller(app) as client:
        response = await client.request(method, "/api/access", headers={"Origin": SERVICE})

    assert response.status_code == 405
    assert response.headers["allow"] == ("DELETE, GET, HEAD, POST" if mode else "GET, HEAD")


async def test_slow_and_broken_bodies_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """A body that does not come is given up, and the connection with it."""
    monkeypatch.setattr(body, "SECONDS", 0.05)
    settings = make_settings(access="code", access_codes=(CODE,))
    async with serve(create_app(settings, transport=refusing())) as url:
        host = url.removeprefix("http://")
        head = (
            f"POST /api/access HTTP/1.1\r\nHost: {host}\r\nOrigin: {url}\r\n"
            "Content-Type: application/json\r\nContent-Length: 40\r\n\r\n"
        )
        reader, writer = await asyncio.open_connection(*host.split(":"))
        writer.write(head.encode() + b'{"code": ')
        answer = await asyncio.wait_for(reader.read(), 30)
        writer.close()
        await writer.wait_closed()

    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"connection: close" in answer.lower()
