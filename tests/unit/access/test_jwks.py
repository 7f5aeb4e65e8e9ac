"""When the keys of the login are fetched, how often, and what happens when they cannot be."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from app.access import jwks
from app.access.jwks import FRESH_SECONDS, PAUSE_SECONDS, STALE_SECONDS, Jwks
from app.errors import StoppedError
from app.main import create_app
from app.upstream.transport import MAX_BODY_BYTES, CurlTransport
from tests.logins import AUDIENCE, ISSUER, issue, jwk, key_set
from tests.service import assert_problem, caller, make_settings, minting
from tests.support import serve

ONE = jwk("RS256", "one")
TWO = jwk("ES256", "two")


class Login:
    """A server of keys that does as it is told, and counts."""

    def __init__(self) -> None:
        self.fetches = 0
        self.status = 200
        self.headers: list[tuple[bytes, bytes]] = []
        self.content = key_set(ONE)
        self.asked = asyncio.Event()
        self.gate = asyncio.Event()
        self.gate.set()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve the keys."""
        if scope["type"] == "lifespan":
            for kind in ("startup", "shutdown"):
                await receive()
                await send({"type": f"lifespan.{kind}.complete"})
            return
        self.fetches += 1
        self.asked.set()
        await self.gate.wait()
        start = {"type": "http.response.start", "status": self.status, "headers": self.headers}
        await send(start)
        await send({"type": "http.response.body", "body": self.content})


class Clock:
    """Seconds that pass when told."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        """Return the time."""
        return self.now


def way_to(url: str) -> CurlTransport:
    """Return the way to a login."""
    return CurlTransport(url, connect_seconds=3, read_seconds=3)


@asynccontextmanager
async def fetching() -> AsyncIterator[tuple[Login, Clock, Jwks]]:
    """Run a login, and what fetches its keys."""
    login, clock = Login(), Clock()
    async with serve(login) as url:
        keys = Jwks(f"{url}/keys", way_to(url), clock=clock)
        async with keys.serving():
            yield login, clock, keys


async def test_keys_are_kept_for_ten_minutes() -> None:
    """Requests do not wait for the login: its keys are fetched once, and then once in a while."""
    async with fetching() as (login, clock, keys):
        first = await keys.find("one", "RS256")
        for _ in range(50):
            clock.now += 10
            assert await keys.find("one", "RS256") is first
        early = login.fetches
        clock.now += FRESH_SECONDS
        login.content = key_set(TWO)
        gone = await keys.find("one", "RS256")

    assert first is not None
    assert early == 1
    assert (login.fetches, gone) == (2, None)


async def test_crowd_waits_for_one_fetch() -> None:
    """However many come at once, the login is asked once, and one who leaves ends it for nobody."""
    async with fetching() as (login, _, keys):
        login.gate.clear()
        crowd = [asyncio.create_task(keys.find("one", "RS256")) for _ in range(50)]
        await login.asked.wait()
        crowd[0].cancel()
        await asyncio.wait([crowd[0]])
        login.gate.set()
        found = await asyncio.gather(*crowd[1:])

    assert login.fetches == 1
    assert None not in found


async def test_unknown_key_ids_drive_no_fetches() -> None:
    """A new key is found at once; a thousand made-up ones cost one fetch in half a minute."""
    async with fetching() as (login, clock, keys):
        await keys.find("one", "RS256")
        login.content = key_set(ONE, TWO)
        clock.now += PAUSE_SECONDS
        assert await keys.find("two", "ES256") is not None
        for number in range(1000):
            with pytest.raises(StoppedError):
                await keys.find(f"made-up-{number}", "RS256")
        before = login.fetches
        clock.now += PAUSE_SECONDS
        assert await keys.find("made-up", "RS256") is None

    assert (before, login.fetches) == (2, 3)


async def test_key_that_may_be_new_is_not_refused_before_the_keys_are_read_again() -> None:
    """Who signed in just after a change of keys is told to wait, not to sign in again."""
    async with fetching() as (login, clock, keys):
        await keys.find("one", "RS256")
        login.content = key_set(ONE, TWO)
        clock.now += 2
        with pytest.raises(StoppedError) as refusal:
            await keys.find("two", "ES256")
        nameless = await keys.find(None, "EdDSA")
        another_algorithm = await keys.find("one", "ES256")
        clock.now += int(refusal.value.headers["Retry-After"])
        found = await keys.find("two", "ES256")

    assert refusal.value.headers == {"Retry-After": str(PAUSE_SECONDS - 2)}
    assert refusal.value.log_level is None
    assert (nameless, another_algorithm) == (None, None)
    assert found is not None


def fail_by_status(login: Login) -> None:
    """Answer an error, with keys in it."""
    login.status = 500


def fail_by_redirect(login: Login) -> None:
    """Send the service to somewhere else."""
    login.status, login.headers = 302, [(b"location", b"http://127.0.0.1:1/keys")]


def fail_by_size(login: Login) -> None:
    """Answer more than anybody's keys need."""
    login.content = b" " * MAX_BODY_BYTES + key_set(ONE)


def fail_by_nonsense(login: Login) -> None:
    """Answer what is no set of keys."""
    login.content = b"<html>"


def fail_by_silence(login: Login) -> None:
    """Never answer."""
    login.gate.clear()


FAILURES = [fail_by_status, fail_by_redirect, fail_by_size, fail_by_nonsense, fail_by_silence]


@pytest.mark.parametrize("failure", FAILURES)
async def test_old_keys_serve_for_a_day_when_the_login_fails(
    failure: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the login does, who is signed in stays in; after a day nothing is believed."""
    async with fetching() as (login, clock, keys):
        key = await keys.find("one", "RS256")
        monkeypatch.setattr(jwks, "FETCH_SECONDS", 0.05)
        failure(login)
        clock.now += FRESH_SECONDS + 1
        assert await keys.find("one", "RS256") is key
        assert await keys.find("one", "RS256") is key
        tried = login.fetches
        clock.now += STALE_SECONDS - FRESH_SECONDS - 1
        assert await keys.find("one", "RS256") is key
        clock.now += 1
        with pytest.raises(StoppedError):
            await keys.find("one", "RS256")
        login.gate.set()

    assert tried == 2


@pytest.mark.parametrize("failure", FAILURES)
async def test_without_any_key_nobody_is_let_in(
    failure: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """503 and when to ask again; the keys are found as soon as the login is back."""
    monkeypatch.setattr(jwks, "FETCH_SECONDS", 0.05)
    async with fetching() as (login, clock, keys):
        failure(login)
        for _ in range(100):
            with pytest.raises(StoppedError) as refusal:
                await keys.find("one", "RS256")
        assert login.fetches <= 1
        assert refusal.value.headers == {"Retry-After": "3"}
        fresh = Login()
        login.status, login.content, login.headers = 200, fresh.content, []
        login.gate.set()
        monkeypatch.setattr(jwks, "FETCH_SECONDS", 3)
        clock.now += 3

        assert await keys.find("one", "RS256") is not None


async def test_tokens_are_checked_with_fetched_keys_end_to_end() -> None:
    """The whole way: a login on a socket, its token in the header, and one of our own in return."""
    login = Login()
    async with serve(login) as url:
        operator = make_settings(
            access="jwt", jwt_key=f"{url}/keys", jwt_issuer=ISSUER, jwt_audience=AUDIENCE
        )
        app = create_app(operator, transport=minting())
        async with app.router.lifespan_context(app), caller(app, headers={}) as client:
            good = issue("RS256", headers={"kid": "one"})
            forged = issue("ES256", headers={"kid": "one"})
            served = await client.get(
                "/api/voice-token", headers={"Authorization": f"Bearer {good}"}
            )
            refused = await client.get(
                "/api/voice-token", headers={"Authorization": f"bearer {forged}"}
            )

    assert served.status_code == 200
    assert_problem(refused, 401, "unauthenticated")


async def test_login_that_is_away_is_a_problem_with_a_time() -> None:
    """Without keys the answer is 503 problem details that say when to ask again."""
    operator = make_settings(
        access="jwt",
        jwt_key="http://127.0.0.1:1/keys",
        jwt_issuer=ISSUER,
        jwt_audience=AUDIENCE,
    )
    app = create_app(operator, transport=minting())
    async with app.router.lifespan_context(app), caller(app) as client:
        headers = {"Authorization": f"Bearer {issue('RS256', headers={'kid': 'one'})}"}
        minted = await client.get("/api/voice-token", headers=headers)
        asked = await client.get("/api/access", headers=headers)

    for response in (minted, asked):
        assert_problem(response, 503, "service_unavailable")
        assert 1 <= int(response.headers["retry-after"]) <= 3


async def test_what_is_still_being_fetched_ends_with_the_service() -> None:
    """No task outlives the app."""
    login = Login()
    login.gate.clear()
    async with serve(login) as url:
        keys = Jwks(f"{url}/keys", way_to(url))
        async with keys.serving():
            waiting = asyncio.create_task(keys.find("one", "RS256"))
            await login.asked.wait()
        with pytest.raises(StoppedError):
            await waiting
        login.gate.set()
