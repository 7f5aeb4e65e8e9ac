"""What the service is measured against: a bare FastAPI route over one shared stock httpx client.

Same uvicorn, loop and parser as the service, no middleware, none of the service's checks.
"""

import argparse
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any, TypedDict

import httpx
import uvicorn
from fastapi import FastAPI, Query, Request


class State(TypedDict):
    """What the lifespan opens."""

    http: httpx.AsyncClient


def create_route(upstream_url: str) -> FastAPI:
    """Return the app; its client has httpx's own defaults."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[State]:
        async with httpx.AsyncClient(base_url=upstream_url) as http:
            yield State(http=http)

    app = FastAPI(lifespan=lifespan)

    @app.get("/api/voice-token")
    async def voice_token(
        request: Request,
        expires_in_seconds: Annotated[int, Query(ge=1, le=600)] = 60,
        max_session_duration_seconds: Annotated[int, Query(ge=60, le=10800)] = 900,
    ) -> dict[str, Any]:
        http: httpx.AsyncClient = request.state.http
        answer = await http.get(
            "/v1/token",
            params={
                "expires_in_seconds": expires_in_seconds,
                "max_session_duration_seconds": max_session_duration_seconds,
            },
            headers={"Authorization": "Bearer benchmark"},
        )
        answer.raise_for_status()
        token: dict[str, Any] = answer.json()
        return token

    return app


class AnnouncedServer(uvicorn.Server):
    """Says its address once it serves."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then say so."""
        await super().startup(sockets)
        assert sockets is not None
        print(f"http://127.0.0.1:{sockets[0].getsockname()[1]}", flush=True)


def main(upstream_url: str) -> None:
    """Serve on a free loopback port until ended."""
    config = uvicorn.Config(
        create_route(upstream_url),
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
    parser.add_argument("upstream_url")
    main(parser.parse_args().upstream_url)
