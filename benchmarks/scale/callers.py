"""Callers who talk: page, token, session, its end, and a report of that as pages send it.

`python -m benchmarks.scale.callers https://localhost:PORT --authority FILE 1000 5000 10000` makes
calls up to the first count, prints one JSON list of what became of each, waits for a line on its
standard input, and goes on to the next count.
"""

import argparse
import asyncio
import json
import random
import ssl
import sys
import time
from typing import Any

import httpx
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

CALLERS = 48
TALK_SECONDS = (0.2, 2.0)
PATIENCE_SECONDS = 120
# Of ten calls one ends without a report, as of a page that was closed, and one is cut off.
SILENT, CUT_OFF = 8, 9


class Caller:
    """One visitor after the other, each with a cookie of its own.

    Args:
        origin: Where the pages are.
        http: For pages and tokens; its cookies are those of the visitor.
    """

    def __init__(self, origin: str, http: httpx.AsyncClient) -> None:
        self._origin = origin
        self._http = http

    async def call(self, number: int) -> dict[str, Any]:
        """Make a call; returns its outcome, how long what took, and how long it was open."""
        told: dict[str, Any] = {"number": number, "outcome": "ok"}
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                await self._talk(number, told)
        except (httpx.HTTPError, OSError, ConnectionClosed, TimeoutError) as error:
            told["outcome"] = type(error).__name__
        return told

    async def _talk(self, number: int, told: dict[str, Any]) -> None:
        self._http.cookies.clear()
        await self._http.get("/")
        while True:
            asked_at = time.monotonic()
            answer = await self._http.get("/api/voice-token")
            got_at = time.monotonic()
            if answer.status_code != httpx.codes.SERVICE_UNAVAILABLE:
                break
            # As the client does.
            told["refused"] = told.get("refused", 0) + 1
            await asyncio.sleep(int(answer.headers["retry-after"]))
        told["token_ms"] = (got_at - asked_at) * 1000
        if answer.status_code != httpx.codes.OK:
            told["outcome"] = f"{answer.status_code} {answer.json().get('code')}"
            return
        mint = answer.json()
        async with connect(f"{mint['ws_url']}?token={mint['token']}", compression=None) as socket:
            await socket.send(json.dumps({"type": "session.update", "session": {}}))
            while (event := json.loads(await socket.recv()))["type"] != "session.ready":
                if event["type"] == "session.error":
                    told["outcome"] = f"session.error {event.get('code')}"
                    return
            ready_at = time.monotonic()
            told["ready_ms"] = (ready_at - got_at) * 1000
            await asyncio.sleep(random.uniform(*TALK_SECONDS))  # noqa: S311 - how long people talk
            if number % 10 == CUT_OFF:
                socket.transport.abort()
                return
            await socket.send(json.dumps({"type": "session.end"}))
            async for _ in socket:
                pass
            told["open_seconds"] = time.monotonic() - ready_at
        if number % 10 != SILENT:
            end = {"session_id": event["session_id"], "receipt": mint["receipt"]}
            answer = await self._http.post("/api/session-ends", json=end)
            if answer.status_code != httpx.codes.ACCEPTED:
                told["outcome"] = f"{answer.status_code} of a report"


async def run(origin: str, authority: str, counts: list[int]) -> None:
    """Make the calls of each stage."""
    context = ssl.create_default_context(cafile=authority)
    headers = {"origin": origin, "sec-fetch-site": "same-origin"}
    clients = [
        httpx.AsyncClient(
            base_url=origin, verify=context, headers=headers, trust_env=False, timeout=30
        )
        for _ in range(CALLERS)
    ]
    for first, last in zip([0, *counts], counts, strict=False):
        stage = iter(range(first, last))
        told: list[dict[str, Any]] = []

        async def make(
            client: httpx.AsyncClient, stage: Any = stage, told: list[dict[str, Any]] = told
        ) -> None:
            caller = Caller(origin, client)
            # They take turns: whoever is done takes the next.
            for number in stage:
                told += [await caller.call(number)]

        await asyncio.gather(*map(make, clients))
        print(json.dumps(told), flush=True)
        await asyncio.to_thread(sys.stdin.readline)
    for client in clients:
        await client.aclose()


def main() -> None:
    """Read the command line, and call."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("origin")
    parser.add_argument("--authority", required=True, help="the proxy's root certificate")
    parser.add_argument("counts", type=int, nargs="+")
    options = parser.parse_args()
    asyncio.run(run(options.origin, options.authority, options.counts))


if __name__ == "__main__":
    main()
