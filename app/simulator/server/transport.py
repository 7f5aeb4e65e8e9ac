"""Lines that can be cut, reset and frozen.

ASGI can only close a socket politely and answer a request properly. These protocols, which
`SERVER_OPTIONS` sets, let the application reset a TCP connection, cut it and stop reading from it.
"""

import logging
import socket
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.auto import AutoHTTPProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.http11 import Request

MESSAGE_LIMIT_BYTES: Final = 2**20
"""Beyond it the socket closes with 1009, as the library that the service names does by default."""
EXTENSION: Final = "voicegate.simulator.line"
"""The key in `scope["extensions"]`; its value is {"line": Line}."""
_RESET_AT_CLOSE: Final = struct.pack("ii", 1, 0)
_logger = logging.getLogger(__name__)
# A client's text that is no UTF-8 is closed with 1007 as it should be; it is no error of ours.
_logger.addFilter(lambda record: not (record.exc_info and record.exc_info[0] is UnicodeDecodeError))
# Said by uvicorn 0.54 of each upgrade that was refused with a status of its own.
_logger.addFilter(lambda record: "without completing handshake" not in record.getMessage())


@dataclass(frozen=True, slots=True)
class Line:
    """The TCP connection under a socket or a request."""

    cut: Callable[[], None]
    """End it at once, without a closing handshake."""
    reset: Callable[[], None]
    """End it with a TCP reset."""
    freeze: Callable[[], None]
    """Hear nothing and answer nothing from now on, not even a ping; keep it open."""


def line_of(scope: Any) -> Line | None:
    """Return the line of a socket or a request; None under another protocol."""
    line: Line | None = scope.get("extensions", {}).get(EXTENSION, {}).get("line")
    return line


def _reset(transport: Any) -> None:
    plain = transport.get_extra_info("socket")
    if plain is not None and plain.fileno() >= 0:
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_AT_CLOSE)
    transport.abort()


class CuttableWebSocketProtocol(WebSocketsSansIOProtocol):
    """uvicorn's protocol, with `scope["extensions"]` holding the `Line` under the socket."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # uvicorn's own line about an accepted socket would print the token in its URL.
        self.logger = _logger
        self._is_frozen = False

    def handle_connect(self, event: Request) -> None:
        """Accept the request as uvicorn does, and add the extension before the application runs."""
        super().handle_connect(event)
        scope: Any = getattr(self, "scope", None)
        if scope is not None:
            line = Line(self.transport.abort, lambda: _reset(self.transport), self._freeze)
            scope["extensions"][EXTENSION] = {"line": line}

    def data_received(self, data: bytes) -> None:
        """Hear what comes, unless frozen; the end of the line is noticed all the same."""
        if not self._is_frozen:
            super().data_received(data)

    def _freeze(self) -> None:
        self._is_frozen = True
        self.stop_keepalive()
        # Else what the peer sends would pile up until its writes block, which is another fault.
        self.transport.resume_reading()


class CuttableHttpProtocol(AutoHTTPProtocol):  # type: ignore[misc, valid-type]
    """uvicorn's protocol, with the same extension for requests."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        add_line(self)


def add_line(protocol: Any) -> None:
    """Have the requests of a connection, by whichever of uvicorn's protocols, carry its `Line`."""
    protocol.app = _with_line(protocol.app, protocol)


def _with_line(app: ASGIApp, protocol: Any) -> ASGIApp:
    async def with_line(scope: Scope, receive: Receive, send: Send) -> None:
        transport = protocol.transport
        line = Line(transport.abort, lambda: _reset(transport), transport.pause_reading)
        scope.setdefault("extensions", {})[EXTENSION] = {"line": line}
        await app(scope, receive, send)

    return with_line


WEBSOCKET_OPTIONS: Final[dict[str, Any]] = {
    "ws": CuttableWebSocketProtocol,
    "ws_max_size": MESSAGE_LIMIT_BYTES,
    # Speech hardly shrinks, and compressing it costs more than all else a frame needs.
    "ws_per_message_deflate": False,
}
"""How uvicorn must serve the simulator's sockets, whatever serves its requests."""
SERVER_OPTIONS: Final[dict[str, Any]] = {"http": CuttableHttpProtocol, **WEBSOCKET_OPTIONS}
"""How uvicorn must serve the simulator."""
