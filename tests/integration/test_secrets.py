"""The key and the tokens: where they go, and that they go nowhere else."""

import asyncio
import json
import logging
import traceback
from asyncio import StreamReader, StreamWriter
from collections.abc import Awaitable, Callable
from itertools import count
from typing import Any

import httpx
import pytest

from app.errors import AppError
from app.main import create_app
from app.observability.metrics import Metrics
from app.upstream.client import AgentsClient, Budget
from app.upstream.transport import CurlTransport
from tests.integration.raw_upstream import answer, raw_upstream
from tests.service import KEY, NO_LIMITS, SERVICE, TOKEN, caller, make_settings, minting, service

SPARE = "spare-0123456789abcdef-never-to-be-seen"
CODE = "code-never-to-be-seen"
METRICS_TOKEN = "metrics-token-never-to-be-seen-0123"
OWN_SECRET = "own-secret-never-to-be-seen-0123456"
JWT_SECRET = "jwt-secret-never-to-be-seen-0123456"
STATUSES = [200, 401, 200, 402, 404, 422, 429, 500, 503, 302, 200]


async def test_key_and_tokens_reach_nothing_but_their_one_answer(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Over good answers, refusals, nonsense and dropped connections, with every logger at DEBUG."""
    caplog.set_level(logging.DEBUG)
    numbers = count(1)

    async def behave(_: StreamReader, writer: StreamWriter, number: int) -> None:
        token = f"{TOKEN}-{next(numbers)}"
        body = json.dumps({"token": token, "expires_in_seconds": 60, "key": KEY}).encode()
        if number <= len(STATUSES):
            said = f"X-Said: {KEY} {token}"
            writer.write(answer(body, f"{STATUSES[number - 1]} {KEY}", said))
        elif number % 2:
            writer.write(f"HTTP/1.1 nonsense {KEY} {token}\r\n\r\n".encode())
            writer.close()
        else:
            writer.write(answer(body[:-5] + b"]"))

    places = Budget(max_in_flight=4)
    async with (
        raw_upstream(behave) as upstream,
        service(upstream_url=upstream.url, budget=places) as client,
    ):
        # 503 is asked once more, so that one caller gets what would be the next one's answer.
        answers = [await client.get("/api/voice-token") for _ in range(len(STATUSES) + 3)]
        others = ("/", "/docs", "/openapi.json", "/api/agents", "/readyz", "/none")
        answers += [await client.get(path) for path in others]

    minted = [response.json()["token"] for response in answers if "token" in response.text[:9]]
    assert [response.status_code for response in answers].count(200) == 3 + 5
    assert len(minted) == len(set(minted)) == 3
    everything = caplog.text + "".join(str(response.headers) for response in answers)
    assert TOKEN not in everything
    bodies = "".join(response.text for response in answers)
    assert bodies.count(TOKEN) == 3
    assert KEY not in everything + bodies
    assert "voicegate.access" in caplog.text
    assert "voicegate.errors" in caplog.text


async def test_failures_of_the_transport_hide_the_request(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Exceptions that carry the request, with the key in its headers, are named and not shown."""
    caplog.set_level(logging.DEBUG)

    def fail(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError(f"{request.headers['authorization']}", request=request)

    def bug(request: httpx.Request) -> httpx.Response:
        raise ValueError(str(dict(request.headers)))

    for behaviour in (fail, bug):
        async with service(httpx.MockTransport(behaviour)) as client:
            response = await client.get("/api/voice-token")
            assert response.status_code in {500, 502}
            assert KEY not in response.text

    assert KEY not in caplog.text
    assert "ValueError" in caplog.text
    assert "ConnectError" in caplog.text


async def test_concurrent_callers_get_tokens_of_their_own() -> None:
    """Fifty at once: fifty tokens, each asked for with its caller's values and given to it."""

    async def behave(_: StreamReader, writer: StreamWriter, number: int) -> None:
        expires = upstream.requests[number - 1].split(b"expires_in_seconds=")[1].split(b"&")[0]
        await asyncio.sleep(0)
        token = f"{TOKEN}-{expires.decode()}"
        body = {"token": token, "expires_in_seconds": int(expires)}
        writer.write(answer(json.dumps(body).encode()))

    async with (
        raw_upstream(behave) as upstream,
        service(upstream_url=upstream.url, **NO_LIMITS) as client,
    ):
        answers = await asyncio.gather(
            *(client.get(f"/api/voice-token?expires_in_seconds={n}") for n in range(1, 51))
        )

    for number, response in enumerate(answers, 1):
        assert response.json()["token"] == f"{TOKEN}-{number}"
        assert response.json()["expires_in_seconds"] == number
    assert len(upstream.requests) == 50


async def test_caller_that_sends_the_key_gets_no_different_answer(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """What a caller puts into its headers is neither used upstream nor logged."""
    caplog.set_level(logging.DEBUG)
    async with service(minting()) as client:
        response = await client.get("/api/voice-token", headers={"Authorization": "Bearer theirs"})

    assert response.status_code == 200
    assert "theirs" not in caplog.text


MODES: dict[str, dict[str, Any]] = {
    "open": {},
    "code": {"access": "code", "access_codes": CODE},
    "jwt": {
        "access": "jwt",
        "jwt_key": JWT_SECRET,
        "jwt_issuer": "https://login.example.com/",
        "jwt_audience": "voicegate",
    },
}


@pytest.mark.parametrize("mode", MODES)
async def test_a_run_of_everything_tells_no_secret(
    mode: str, caplog: pytest.LogCaptureFixture
) -> None:
    """In each mode: no secret of the operator's anywhere, and a caller's own only in its answer."""
    caplog.set_level(logging.DEBUG)
    numbers = count(1)

    async def behave(_: StreamReader, writer: StreamWriter, number: int) -> None:
        token = f"{TOKEN}-{next(numbers)}"
        status = ("200 OK", "404 Not Found", "503 Busy", "200 OK")[number % 4]
        body = {"token": token, "expires_in_seconds": 60, "said": [KEY, SPARE]}
        writer.write(answer(json.dumps(body).encode(), status, f"X-Said: {KEY}"))

    async with raw_upstream(behave) as upstream:
        secrets = {
            "assemblyai_api_key": f"{KEY},{SPARE}",
            "operator_token": METRICS_TOKEN,
            "secret": OWN_SECRET,
        }
        changes = {"upstream_url": upstream.url, **NO_LIMITS, **secrets, **MODES[mode]}
        app = create_app(make_settings(**changes))
        async with app.router.lifespan_context(app), caller(app) as client:
            login = await client.post("/api/access", json={"code": CODE})
            await client.post("/api/access", json={"code": "wrong-code-of-a-caller"})
            answers = [login, *[await client.get("/api/voice-token") for _ in range(8)]]
            for bearer in (METRICS_TOKEN, CODE, "forged.token-of-a.caller"):
                header = {"Authorization": f"Bearer {bearer}"}
                paths = ("/api/voice-token?token=query-of-a-caller", "/metrics", "/api/access")
                answers += [await client.get(path, headers=header) for path in paths]
            others = ("/", "/docs", "/openapi.json", "/api/agents", "/readyz", "/none")
            answers += [await client.get(path) for path in others]
            end = {"session_id": "sess_1", "receipt": "receipt-of-a-caller"}
            answers.append(await client.post("/api/session-ends", json=end))
            cookies = [cookie.value for cookie in client.cookies.jar if cookie.value]
            everything_counted = app.state.services.metrics.exposition().decode()

    grants = [a.json() for a in answers if a.text.startswith('{"token"')]
    receipts = [grant["receipt"] for grant in grants if "receipt" in grant]
    # The caller's own httpx logs what it asks, which is none of the service's log.
    records = [r for r in caplog.records if r.name != "httpx" or SERVICE not in r.getMessage()]
    logged = "".join(f"{record.getMessage()} {vars(record)}" for record in records)
    bodies = [response.text for response in answers]
    headers = [str(response.headers.multi_items()) for response in answers]
    shown = "".join(bodies) + everything_counted
    for secret in (KEY, SPARE, CODE, METRICS_TOKEN, OWN_SECRET, JWT_SECRET):
        assert secret not in logged + shown + "".join(headers)
    for secret in (TOKEN, *cookies, *receipts, "of-a-caller", "forged.token", "wrong-code"):
        assert secret not in logged + everything_counted
    for receipt in receipts:
        assert sum(text.count(receipt) for text in bodies + headers) == 1
    assert TOKEN not in "".join(headers)
    minted = [grant["token"] for grant in grants]
    assert len(set(minted)) == len(minted) == "".join(bodies).count(TOKEN)
    assert bool(minted) == (mode != "jwt")


async def resets(_: StreamReader, writer: StreamWriter, __: int) -> None:
    """End the connection as a crash does."""
    writer.transport.abort()


async def hangs(reader: StreamReader, _: StreamWriter, __: int) -> None:
    """Never answer."""
    await reader.read()


async def lies(_: StreamReader, writer: StreamWriter, __: int) -> None:
    """Answer what is no HTTP."""
    writer.write(b"nonsense\r\n\r\n")
    writer.close()


async def refuses(_: StreamReader, writer: StreamWriter, __: int) -> None:
    """Refuse the key."""
    writer.write(answer(b"{}", "404 Not Found"))


async def says_html(_: StreamReader, writer: StreamWriter, __: int) -> None:
    """Answer a page with a token in it."""
    writer.write(answer(f'<p>{{"token": "{TOKEN}"}}'.encode()))


@pytest.mark.parametrize("behave", [resets, hangs, lies, refuses, says_html])
async def test_tracebacks_with_the_values_of_variables_show_nothing(
    behave: Callable[[StreamReader, StreamWriter, int], Awaitable[None]],
) -> None:
    """What reports errors with every frame's variables finds neither a key nor an answer there."""
    async with (
        raw_upstream(behave) as upstream,
        CurlTransport(upstream.url, connect_seconds=2, read_seconds=0.2) as transport,
    ):
        client = AgentsClient(
            transport,
            base_url=upstream.url,
            api_key=KEY,
            spare_api_key=SPARE,
            budget=Budget(total_seconds=2),
            metrics=Metrics(),
        )
        with pytest.raises(AppError) as raised:
            await client.mint(expires_in_seconds=60, max_session_duration_seconds=900)
        report = traceback.TracebackException.from_exception(raised.value, capture_locals=True)
        text = "".join(report.format())

    assert "exchange" in text
    assert KEY not in text
    assert SPARE not in text
    assert TOKEN not in text
