"""What several test folders share."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import (
    AbstractContextManager,
    ExitStack,
    asynccontextmanager,
    nullcontext,
    suppress,
)
from typing import Any

import uvicorn


class _LoopbackServer(uvicorn.Server):
    """A uvicorn server that leaves the test runner's signal handlers alone and ends when told."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ending = asyncio.Event()

    async def main_loop(self) -> None:
        """Wait for the end itself, where uvicorn looks for it ten times a second."""
        while not self.ending.is_set():
            await self.on_tick(0)  # the `Date` of answers, each second as in uvicorn
            with suppress(TimeoutError):
                async with asyncio.timeout(1):  # not `wait_for`: a task, and tests count those
                    await self.ending.wait()

    def capture_signals(self) -> AbstractContextManager[None]:  # type: ignore[override]
        return nullcontext()


def free_port() -> int:
    """Return a port that nobody listens on."""
    return free_ports(1)[0]


def free_ports(count: int) -> list[int]:
    """Return ports of the loopback that nobody uses."""
    with ExitStack() as all_:
        taken = [all_.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [one.getsockname()[1] for one in taken]


@asynccontextmanager
async def serve(app: Any, **options: Any) -> AsyncIterator[str]:
    """Serve an ASGI app on a free loopback port; yields its base URL without a trailing slash."""
    defaults: dict[str, Any] = {"ws": "websockets-sansio", "log_level": "warning", "lifespan": "on"}
    config = uvicorn.Config(app, port=0, **({"host": "127.0.0.1"} | defaults | options))
    server = _LoopbackServer(config)
    serving = asyncio.create_task(server.serve())
    while not server.started:
        if serving.done():
            serving.result()
            raise RuntimeError("the server ended before it started")
        await asyncio.sleep(0.001)
    try:
        port = server.servers[0].sockets[0].getsockname()[1]
        host = f"[{config.host}]" if ":" in config.host else config.host
        yield f"{'https' if config.is_ssl else 'http'}://{host}:{port}"
    finally:
        server.ending.set()
        await serving
