"""What each fault of the token route shows its callers."""

import json
import urllib.parse
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from app.simulator.faults.token import TokenMalformed
from tests.simulator.caller import LISTEN
from tests.simulator.wire import KEY, closed, mint, opened, order, send, simulated, stats, until

ASK: dict[str, Any] = {"params": {"expires_in_seconds": 60}, "headers": {"Authorization": KEY}}


async def ask(**faults: str) -> httpx.Response:
    """Return what the token route answers under some faults."""
    async with simulated(faults=faults) as url, httpx.AsyncClient() as client:
        return await client.get(f"{url}/v1/token", **ASK)


async def status() -> None:
    """Any status can come, with or without a time to wait."""
    plain = await ask(token_status="402")
    limited = await ask(token_status="429,7")

    assert (plain.status_code, plain.headers.get("retry-after")) == (402, None)
    assert (limited.status_code, limited.headers["retry-after"]) == (429, "7")
    assert (await ask(token_status="204")).content == b""


async def delay() -> None:
    """The answer is whole but late."""
    async with simulated(faults={"token_delay": "30"}) as url, httpx.AsyncClient() as client:
        with pytest.raises(httpx.ReadTimeout):
            await client.get(f"{url}/v1/token", timeout=0.05, **ASK)
        await order(url, {"faults": {"token_delay": "0.01"}})

        assert await mint(url)


async def slow_body() -> None:
    """Headers come at once, the body in pieces, and all of it in the end."""
    async with (
        simulated(faults={"token_slow_body": "0.1"}) as url,
        httpx.AsyncClient() as client,
        client.stream("GET", f"{url}/v1/token", **ASK) as answer,
    ):
        pieces = [piece async for piece in raw(answer)]

    assert len(pieces) > 1
    assert len(b"".join(pieces)) == int(answer.headers["content-length"])
    assert json.loads(b"".join(pieces))["token"]


async def raw(answer: httpx.Response) -> AsyncIterator[bytes]:
    """Yield a body as it comes."""
    async for piece in answer.aiter_raw():
        yield piece


async def malformed() -> None:
    """In each of its ways the status is 200 and no good token can be read."""
    async with simulated() as url, httpx.AsyncClient() as client:
        for kind in TokenMalformed.form.removeprefix("one of: ").split(", "):
            await order(url, {"faults": {"token_malformed": kind}})
            answer = await client.get(f"{url}/v1/token", **ASK)

            assert answer.status_code == 200
            assert not token_in(answer.content) or len(answer.content) > 2**20, kind


def token_in(body: bytes) -> str | None:
    """Return the token that a strict reader finds."""
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return None
    token = answer.get("token") if isinstance(answer, dict) else None
    return token if isinstance(token, str) else None


async def reset() -> None:
    """The line is reset before the headers, or in the middle of the body."""
    async with simulated() as url, httpx.AsyncClient() as client:
        for place in ("before_answer", "within_body"):
            await order(url, {"faults": {"token_reset": place}})
            with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
                await client.get(f"{url}/v1/token", **ASK)

        await order(url, {"faults": None})
        assert await mint(url)


async def redirect() -> None:
    """The caller is sent to wherever the setting says."""
    answer = await ask(token_redirect="https://elsewhere.test/v1/token")

    assert answer.status_code == 307
    assert answer.headers["location"] == "https://elsewhere.test/v1/token"


async def expired() -> None:
    """The answer looks good, and its token opens nothing."""
    async with simulated(key=KEY, faults={"token_expired": "true"}) as url:
        token = await mint(url)
        async with opened(url, token) as socket:
            (error,), code = await closed(socket)

    assert (error["code"], code) == ("unauthorized", 1008)


async def characters() -> None:
    """A token that is encoded opens a session; the same one as it is does not."""
    async with simulated(key=KEY, faults={"token_characters": "true"}) as url:
        token = await mint(url)
        async with opened(url, urllib.parse.quote(token, safe="")) as socket:
            await send(socket, LISTEN)
            await until(socket, "session.ready")
        async with opened(url, urllib.parse.quote(token, safe="+%")) as socket:
            (error,), _ = await closed(socket)
        counts = await stats(url)

    assert error["code"] == "unauthorized"
    assert (counts["tokens_redeemed"], counts["tokens_refused"]) == (1, 1)


SCENARIOS = {
    "token_status": status,
    "token_delay": delay,
    "token_slow_body": slow_body,
    "token_malformed": malformed,
    "token_reset": reset,
    "token_redirect": redirect,
    "token_expired": expired,
    "token_characters": characters,
}
