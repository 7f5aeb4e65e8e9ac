"""uvicorn as this service runs it: bounded, quiet, and ending without cutting anyone off."""

import asyncio
import contextlib
import gc
import os
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from threading import Thread
from types import FrameType
from typing import Any, Final

import uvicorn
from starlette.types import ASGIApp

from app.web.connections import MOST, SHARES, Connections
from app.web.services import Services
from app.web.workers import ENDS

# Longer than the idle time of common load balancers (60 s), which would else meet a closed one.
KEEP_ALIVE_SECONDS: Final = 65
# For requests in flight at the end: less than the 10 s after which Docker and Cloud Run kill.
GRACE_SECONDS = 8
POLL_SECONDS: Final = 0.02
# Python's own would look for garbage so often that it took a fifth of what serving costs.
COLLECTOR_THRESHOLDS: Final = (50_000, 20, 100)
# After which to accept again when no descriptor was left.
ACCEPT_AGAIN_SECONDS: Final = 1


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
        announcement: Printed once callers can connect, if there is one.
        has_proxies: Whether many callers may come from one address.
        adapt: Changes the protocol of each connection, as a demo does.
        options: uvicorn's own, over those set here; without a `ws` no WebSocket is served.
    """

    def __init__(
        self,
        app: ASGIApp,
        services: Services,
        *,
        delay_seconds: int = 0,
        announcement: str,
        has_proxies: bool = False,
        adapt: Callable[[Any], None] | None = None,
        **options: Any,
    ) -> None:
        most = most_connections()
        connections = Connections(services.metrics, most, most if has_proxies else most // SHARES)

        def protocol(**settings: Any) -> asyncio.Protocol:
            connection = connections.protocol(**settings)
            if adapt is not None:
                adapt(connection)
            return connection

        defaults: dict[str, Any] = {
            "http": protocol,
            "ws": "none",
            "lifespan": "on",
            "log_config": None,
            "access_log": False,
            "server_header": False,
            "proxy_headers": False,
            "timeout_keep_alive": KEEP_ALIVE_SECONDS,
        }
        super().__init__(uvicorn.Config(app, **(defaults | options)))
        self._lifecycle = services.lifecycle
        self._delay_seconds = delay_seconds
        self._announcement = announcement
        self._acceptor: Acceptor | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start to serve, and say so."""
        await super().startup(sockets)
        with contextlib.suppress(NotImplementedError):  # Windows' loop cannot
            if sockets:
                self._acceptor = Acceptor(sockets[0], self._protocol)
        gc.freeze()
        gc.set_threshold(*COLLECTOR_THRESHOLDS)
        gc.enable()
        if self._announcement:
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
            async with asyncio.timeout(GRACE_SECONDS):
                # Polled, as a second signal ends the wait too.
                while self._lifecycle.in_flight and not self.force_exit:  # noqa: ASYNC110
                    await asyncio.sleep(POLL_SECONDS)
        if self._acceptor is not None:
            self._acceptor.close()
        # What is left had its time; uvicorn only has to close connections.
        self.config.timeout_graceful_shutdown = 1
        await super().shutdown(sockets)

    def _protocol(self) -> asyncio.Protocol:
        return self.config.http_protocol_class(  # type: ignore[call-arg]
            config=self.config, server_state=self.server_state, app_state=self.lifespan.state
        )

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Handle the signals that end a service; having drained is a success, not a death."""
        previous = {sig: signal.signal(sig, self.handle_exit) for sig in ENDS}
        try:
            yield
        finally:
            for sig, handler in previous.items():
                signal.signal(sig, handler)


class Acceptor:
    """Accepts whoever waits at a listener, beside uvicorn, which takes one connection a turn.

    With 2,000 clients a turn of the loop lasts 0.1 s, and whoever came last waited for many.

    Args:
        listener: Does not block.
        protocol: Makes the protocol of a connection.
    """

    def __init__(
        self, listener: socket.socket, protocol: Callable[[], asyncio.BaseProtocol]
    ) -> None:
        self._listener = listener.dup()
        self._protocol = protocol
        self._loop = asyncio.get_running_loop()
        self._connecting: set[asyncio.Task[Any]] = set()
        self._later: asyncio.TimerHandle | None = None
        self._watch()

    def close(self) -> None:
        """Accept nobody any more."""
        if self._later is not None:
            self._later.cancel()
        self._loop.remove_reader(self._listener)
        self._listener.close()

    def _watch(self) -> None:
        self._loop.add_reader(self._listener, self._accept_all)

    def _accept_all(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError:  # no descriptor is left, and the system would say so again at once
                self._loop.remove_reader(self._listener)
                self._later = self._loop.call_later(ACCEPT_AGAIN_SECONDS, self._watch)
                return
            connection.setblocking(False)  # noqa: FBT003 - its name is positional
            connecting = self._loop.connect_accepted_socket(self._protocol, connection)
            task = self._loop.create_task(connecting)
            self._connecting.add(task)
            task.add_done_callback(self._connected)

    def _connected(self, task: asyncio.Task[Any]) -> None:
        self._connecting.discard(task)
        if not task.cancelled():
            task.exception()  # whoever is gone already needs no line in the log


def most_connections() -> int:
    """Return how many callers may be connected, with as many open files as the system allows.

    The limit in shells is often 1,024; a quarter is left for the way out.
    """
    if sys.platform == "win32":
        return MOST
    import resource  # noqa: PLC0415 - Windows has none

    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(OSError, ValueError):  # macOS takes less than it says
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return MOST if soft == resource.RLIM_INFINITY else min(MOST, soft * 3 // 4)


def announce(line: str) -> None:
    """Print a line for whoever started the service; whether it is read stops nothing.

    Past `sys.stdout`, whose lock would end the process badly while a reader is stuck.
    """

    def write(descriptor: int) -> None:
        with contextlib.suppress(OSError):
            os.write(descriptor, f"{line}\n".encode())

    if sys.stdout is not None:
        Thread(target=write, args=[sys.stdout.fileno()], daemon=True).start()


def listen(host: str, port: int, *, is_shared: bool = False) -> socket.socket:
    """Return a socket that listens.

    Args:
        host: An address.
        port: 0 for a free one.
        is_shared: Whether other processes of ours listen there too; the kernel shares callers out.

    Raises:
        OSError: The port is taken, or the address is not ours to use.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    dual = host == "::" and socket.has_dualstack_ipv6()
    return socket.create_server(
        (host, port),
        family=family,
        backlog=2048,
        reuse_port=is_shared,
        dualstack_ipv6=dual,
    )
