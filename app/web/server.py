"""uvicorn as this service runs it: bounded, quiet, and ending without cutting anyone off."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import signal
import socket
import sys
from threading import Thread
from typing import TYPE_CHECKING, Any, Final

import uvicorn

from app.web.connections import Connections

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

    from starlette.types import ASGIApp

    from app.web.services import Services

# Longer than the idle time of common load balancers (60 s), which would else meet a closed one.
KEEP_ALIVE_SECONDS: Final = 65
POLL_SECONDS: Final = 0.02
# The loop takes one new connection a turn from each listener, so a crowd waits behind a single one
# (measured: 500 new clients, p99 4.7 s; with 16 listeners and the collector tamed as below, 0.9 s).
ACCEPTS_A_TURN: Final = 16
# What the imports made stays for good; looking at it again and again cost a fifth of the CPU.
COLLECTOR_THRESHOLDS: Final = (50_000, 20, 100)
# A closed terminal or a restarted supervisor sends SIGHUP; Windows has none.
ENDS: Final = [
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
]


class Server(uvicorn.Server):
    """Runs one ASGI app until SIGTERM, SIGHUP or SIGINT.

    From SIGTERM on the app is not ready any more, but serves as ever until the delay is over, so
    that whoever balances sees it in time. Then it is draining: new mints are refused, while the
    listener stays open until the requests in flight have their answers or the grace is over.
    SIGINT comes from a person at a terminal, and knows no delay.

    Args:
        app: The ASGI app.
        services: Its `lifecycle` is told of the end, its `metrics` of what the app does not see.
        delay_seconds: How long to serve on after SIGTERM, not ready any more.
        grace_seconds: How long requests in flight may still take after that.
        announcement: Printed once callers can connect.
        options: uvicorn's own, over those set here; without a `ws` no WebSocket is served.
    """

    def __init__(
        self,
        app: ASGIApp,
        services: Services,
        *,
        grace_seconds: int,
        delay_seconds: int = 0,
        announcement: str,
        **options: Any,
    ) -> None:
        connections = Connections(app, services.metrics)
        defaults: dict[str, Any] = {
            "http": connections.protocol,
            "ws": "none",
            "lifespan": "on",
            "log_config": None,
            "access_log": False,
            "server_header": False,
            "proxy_headers": False,
            "timeout_keep_alive": KEEP_ALIVE_SECONDS,
        }
        super().__init__(uvicorn.Config(connections, **(defaults | options)))
        self._lifecycle = services.lifecycle
        self._delay_seconds = delay_seconds
        self._grace_seconds = grace_seconds
        self._announcement = announcement

    def run_on(self, listener: socket.socket) -> None:
        """Serve on a bound socket until told to end."""
        more = [listener.dup() for _ in range(ACCEPTS_A_TURN - 1)]
        self.run(sockets=[listener, *more])

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start to serve, and say so."""
        await super().startup(sockets)
        gc.freeze()
        gc.set_threshold(*COLLECTOR_THRESHOLDS)
        announce(self._announcement)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Begin to leave, or to drain; a SIGINT after another signal ends at once."""
        if sig != signal.SIGINT and self._delay_seconds:
            self._lifecycle.leave()
        else:
            self._lifecycle.drain()
        super().handle_exit(sig, frame)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Serve on while others learn of the end, let requests in flight finish, close all."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._delay_seconds):
                while self._lifecycle.leaving and not self._lifecycle.draining:  # noqa: ASYNC110 - signals end it
                    await asyncio.sleep(POLL_SECONDS)
        self._lifecycle.drain()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._grace_seconds):
                # Polled, as a second signal ends the wait too.
                while self._lifecycle.in_flight and not self.force_exit:  # noqa: ASYNC110
                    await asyncio.sleep(POLL_SECONDS)
        # What is left had its time; uvicorn only has to close connections.
        self.config.timeout_graceful_shutdown = 1
        await super().shutdown(sockets)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Handle the signals that end a service; having drained is a success, not a death."""
        previous = {sig: signal.signal(sig, self.handle_exit) for sig in ENDS}
        try:
            yield
        finally:
            for sig, handler in previous.items():
                signal.signal(sig, handler)


def announce(line: str) -> None:
    """Print a line for whoever started the service; whether it is read stops nothing.

    Past `sys.stdout`, whose lock would end the process badly while a reader is stuck.
    """

    def write(descriptor: int) -> None:
        with contextlib.suppress(OSError):
            os.write(descriptor, f"{line}\n".encode())

    if sys.stdout is not None:
        Thread(target=write, args=[sys.stdout.fileno()], daemon=True).start()


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens.

    Raises:
        OSError: The port is taken, or the address is not ours to use.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    dual = host == "::" and socket.has_dualstack_ipv6()
    return socket.create_server((host, port), family=family, backlog=2048, dualstack_ipv6=dual)
