"""An ASGI application behind a gate, which a test shuts and opens."""

import asyncio

from starlette.types import ASGIApp, Receive, Scope, Send


class Gate:
    """Holds requests that match back before the application sees them; open unless shut.

    Args:
        app: What is behind it.
        text: What the path and query of a request must hold to be held.
    """

    def __init__(self, app: ASGIApp, text: str) -> None:
        self._app = app
        self._text = text.encode()
        self._may_pass = asyncio.Event()
        self._may_pass.set()
        self.asked = asyncio.Event()
        """Set when a request is held."""

    def shut(self) -> None:
        """Hold what comes from now on."""
        self.asked.clear()
        self._may_pass.clear()

    def open(self) -> None:
        """Let all pass."""
        self._may_pass.set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on to the application."""
        is_shut = scope["type"] == "http" and not self._may_pass.is_set()
        if is_shut and self._text in scope["raw_path"] + b"?" + scope["query_string"]:
            self.asked.set()
            await self._may_pass.wait()
        await self._app(scope, receive, send)
