"""Webhooks of the agent service: true ones have the list read at once, others do nothing."""

import asyncio
import hashlib
import hmac
import time
from contextlib import AsyncExitStack

import httpx
import pytest
from starlette.applications import Starlette

from app.errors import ForbiddenError
from app.main import create_app
from app.simulator.behaviour.profiles import LIVE, with_switches
from app.web.routes import webhooks
from app.web.routes.webhooks import PATH, SIGNATURE, WebhookSignatures, webhook_route
from tests.service import (
    NO_LIMITS,
    answering,
    assert_problem,
    make_settings,
    refusing,
    service,
)
from tests.simulator.wire import KEY, mint, opened, send, simulated, until
from tests.support import serve

SECRET = "webhook-secret-0123456789-0123456789"
BODY = b'{"event": "session.completed"}'
NOW = 1_800_000_000
QUICK = with_switches(LIVE, {"audio_pace": "burst", "ready_delay_ms": "0"})


def signed(at: int | str = NOW, body: bytes = BODY, secret: str = SECRET) -> str:
    """Return a signature as the agent service makes it."""
    digest = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={digest}"


def outcome(signatures: WebhookSignatures, field: str, body: bytes = BODY) -> str:
    """Return why a delivery is refused, or nothing."""
    try:
        signatures.verify(field, body)
    except ForbiddenError as error:
        return error.detail
    return ""


@pytest.mark.parametrize(
    ("field", "why"),
    [
        (signed(), ""),
        (signed(NOW - 300), ""),
        (signed(NOW + 300), ""),
        (f"v1={'0' * 64}, {signed()}", ""),
        (signed(NOW - 301), "too old"),
        (signed(NOW + 301), "too old"),
        (signed(secret="x" * 36), "not right"),
        (signed(body=BODY + b" "), "not right"),
        (signed().replace(str(NOW), str(NOW + 1)), "not right"),
        (signed().upper().replace("T=", "t=").replace("V1=", "v1="), "not right"),
        (f"t={NOW}", "not right"),
        (f"t={NOW},v1=", "not right"),
        (f"t={NOW},v1=\xe9", "not right"),
        (f"t={NOW},{signed()}", "no time"),
        (signed("٣"), "no time"),
        (signed("-1"), "no time"),
        ("", "no time"),
        ("," * 100_000, "no time"),
    ],
)
def test_signature_is_that_of_the_secret_the_time_and_the_body(field: str, why: str) -> None:
    """Each in turn is wrong, missing, or five minutes away."""
    told = outcome(WebhookSignatures(SECRET, lambda: NOW), field)

    assert why in told
    assert bool(why) == bool(told)


def test_delivery_counts_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also one second before it is too old; what is remembered is bounded."""
    monkeypatch.setattr(webhooks, "MAX_SEEN", 3)
    now = [float(NOW)]
    signatures = WebhookSignatures(SECRET, lambda: now[0])
    first = outcome(signatures, signed(NOW + 299))
    now[0] += 598
    again = outcome(signatures, signed(NOW + 299))
    now[0] += 10
    for number in range(5):
        assert not outcome(signatures, signed(int(now[0]), b"%d" % number), b"%d" % number)

    assert (first, again) == ("", "This delivery came before.")
    assert len(signatures._seen) == 3


async def test_there_is_nothing_without_a_secret() -> None:
    """Off by default."""
    async with service(refusing()) as client:
        response = await client.post(PATH, content=BODY, headers={SIGNATURE: signed()})

    assert_problem(response, 404, "not_found")


async def test_route_wants_a_signature_and_a_body_of_bounded_size() -> None:
    """What is not signed, or too long to be looked at, is refused."""
    nothing = answering(lambda _: httpx.Response(200, json={"sessions": []}))
    async with service(nothing, audit=True, webhook_secret=SECRET) as client:
        now = int(time.time())
        answers = [
            await client.post(PATH, content=body, headers={SIGNATURE: field})
            for field, body in [
                ("", BODY),
                (signed(now, secret="y" * 32), BODY),
                (signed(now, b"x" * 40_000), b"x" * 40_000),
                (signed(now), BODY),
                (signed(now), BODY),
            ]
        ]
        got = await client.get(PATH)

    assert [each.status_code for each in answers] == [403, 403, 413, 204, 403]
    assert got.status_code == 405
    assert_problem(answers[0], 403, "forbidden")
    too_long = assert_problem(answers[2], 413, "invalid_request")
    assert too_long["detail"] == "The body must have at most 32768 bytes."


async def test_simulator_sends_what_the_route_takes() -> None:
    """A session's beginning and its end are told over real sockets, each once."""
    told: asyncio.Queue[None] = asyncio.Queue()
    app = Starlette(routes=[webhook_route(SECRET, lambda: told.put_nowait(None))])
    async with serve(app) as url, simulated(key=KEY, profile=QUICK) as upstream:
        async with httpx.AsyncClient(base_url=upstream, headers={"Authorization": KEY}) as client:
            wish = {"url": f"{url}{PATH}", "secret": SECRET}
            events = ["session.started", "session.completed"]
            made = await client.post("/v1/webhook-subscriptions", json=wish | {"events": events})
            odd = await client.post("/v1/webhook-subscriptions", json=wish | {"events": ["x"]})
        async with opened(upstream, await mint(upstream)) as socket, asyncio.timeout(20):
            await send(socket, {"type": "session.update", "session": {"greeting": ""}})
            await until(socket, "session.ready")
            await told.get()
            await send(socket, {"type": "session.end"})
            await until(socket, "session.ended")
            await told.get()

    assert (made.status_code, odd.status_code) == (201, 422)
    assert "secret" not in made.json()
    assert told.empty()


async def test_webhooks_have_the_list_read_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A session that no page reports is counted when it begins, and is over when it ends."""
    monkeypatch.setattr("app.usage.audit.PAUSE_SECONDS", 0)
    async with AsyncExitStack() as stack:
        upstream = await stack.enter_async_context(simulated(key=KEY, profile=QUICK))
        app = create_app(
            make_settings(
                **NO_LIMITS | {"audit": True},
                assemblyai_api_key=KEY,
                upstream_url=upstream,
                webhook_secret=SECRET,
            )
        )
        url = await stack.enter_async_context(serve(app))
        client = await stack.enter_async_context(httpx.AsyncClient())
        events = ["session.started", "session.completed"]
        wish = {"url": f"{url}{PATH}", "events": events, "secret": SECRET}
        headers = {"Authorization": KEY}
        await client.post(f"{upstream}/v1/webhook-subscriptions", json=wish, headers=headers)

        async def until_open(number: int) -> None:
            audit = app.state.services.audit
            while not audit.latest or audit.latest.open_sessions != number:  # noqa: ASYNC110
                await asyncio.sleep(0.01)

        token = (await client.get(f"{url}/api/voice-token")).json()["token"]
        # Less than the 30 s after which it would be read anyway.
        async with asyncio.timeout(20):
            await until_open(0)
            async with opened(upstream, token) as socket:
                await send(socket, {"type": "session.update", "session": {"greeting": ""}})
                await until(socket, "session.ready")
                await until_open(1)
                await send(socket, {"type": "session.end"})
                await until(socket, "session.ended")
                await until_open(0)
