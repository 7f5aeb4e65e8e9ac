"""A WebSocket whose line can be cut.

ASGI can only close a socket politely; a browser sees close code 1006 when there was no closing
handshake. This protocol, given to uvicorn as `ws=`, hands the application a way to cut the line.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Final

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

if TYPE_CHECKING:
    from collections.abc import Callable

    from websockets.http11 import Request

EXTENSION: Final = "voicegate.simulator.cut"
"""The key in `scope["extensions"]`; its value is {"cut": function without arguments}."""


class CuttableWebSocketProtocol(WebSocketsSansIOProtocol):
    """uvicorn's protocol, with `scope["extensions"]` telling how to cut the connection."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # uvicorn's own line about an accepted socket would print the token in its URL.
        self.logger = logging.getLogger(__name__)

    def handle_connect(self, event: Request) -> None:
        """Accept the request as uvicorn does, and add the extension before the application runs."""
        super().handle_connect(event)
        scope: Any = getattr(self, "scope", None)
        if scope is not None:
            scope["extensions"][EXTENSION] = {"cut": self.transport.abort}


def cutter(scope: Any) -> Callable[[], None] | None:
    """Return the function that cuts a socket's line; None under another protocol."""
    cut: Callable[[], None] | None = scope.get("extensions", {}).get(EXTENSION, {}).get("cut")
    return cut
