"""What the service is measured against: a FastAPI route as most people would write it.

Same uvicorn, loop and parser as the service, no middleware, none of the service's checks.
"""

import argparse
import itertools
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Annotated, Any

import httpx
import uvicorn
from fastapi import FastAPI, Query

Ask = Callable[[dict[str, int]], Awaitable[dict[str, Any]]]

KEY = {"Authorization": "Bearer benchmark"}
# As upstream.c makes them.
TOKEN_CHARACTERS, NUMBER_DIGITS = 2400, 12


def create_route(kind: str, upstream_url: str) -> FastAPI:
    """Return an app: a client that all requests share, or a constant answer."""
    numbers = itertools.count(1)
    http = httpx.AsyncClient()

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with http:
            yield

    async def ask(query: dict[str, int]) -> dict[str, Any]:
        answer = await http.get(f"{upstream_url}/v1/token", params=query, headers=KEY)
        answer.raise_for_status()
        token: dict[str, Any] = answer.json()
        return token

    async def make_up(query: dict[str, int]) -> dict[str, Any]:
        token = f"{next(numbers):0{NUMBER_DIGITS}d}".ljust(TOKEN_CHARACTERS, "A")
        return {"token": token, "expires_in_seconds": query["expires_in_seconds"]}

    answers: dict[str, Ask] = {"shared": ask, "constant": make_up}
    answer = answers[kind]
    app = FastAPI(lifespan=lifespan)

    @app.get("/api/voice-token")
    async def voice_token(
        expires_in_seconds: Annotated[int, Query(ge=1, le=600)] = 60,
        max_session_duration_seconds: Annotated[int, Query(ge=60, le=10800)] = 900,
    ) -> dict[str, Any]:
        return await answer(
            {
                "expires_in_seconds": expires_in_seconds,
                "max_session_duration_seconds": max_session_duration_seconds,
            }
        )

    return app


class AnnouncedServer(uvicorn.Server):
    """Says its address once it serves."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then say so."""
        await super().startup(sockets)
        assert sockets is not None
        print(f"http://127.0.0.1:{sockets[0].getsockname()[1]}", flush=True)


def main(kind: str, upstream_url: str) -> None:
    """Serve on a free loopback port until ended."""
    config = uvicorn.Config(
        create_route(kind, upstream_url),
        loop="uvloop",
        http="httptools",
        ws="none",
        access_log=False,
        # A stalled client's PoolTimeout is counted by the load generator, not printed.
        log_level="critical",
        timeout_graceful_shutdown=1,
    )
    with socket.create_server(("127.0.0.1", 0), backlog=2048) as listener:
        AnnouncedServer(config).run(sockets=[listener])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", choices=("shared", "constant"))
    parser.add_argument("upstream_url")
    told = parser.parse_args()
    main(told.kind, told.upstream_url)
