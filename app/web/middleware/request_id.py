"""ASGI middleware: gives every request a name that its answer and the log share."""

from __future__ import annotations

import re
import secrets
from typing import TYPE_CHECKING

from app.web.middleware.proxies import is_behind_proxy

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEADER = b"x-request-id"
_WELL_FORMED = re.compile(rb"[A-Za-z0-9][A-Za-z0-9._-]{7,63}")


def request_id(scope: Scope) -> str:
    """Return the name of this request."""
    name: str = scope.get("state", {}).get("request_id", "")
    return name


class RequestId:
    """Makes the id, or keeps the one that a trusted proxy already gave."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Name the request, and say the name in its answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        name = self._incoming(scope) or secrets.token_hex(8)
        # A fresh dictionary: the one that comes in may be shared between requests.
        scope = {**scope, "state": {**scope.get("state", {}), "request_id": name}}

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                pair = (HEADER, name.encode())
                message = {**message, "headers": [*message.get("headers", ()), pair]}
            await send(message)

        await self._app(scope, receive, send_with_id)

    def _incoming(self, scope: Scope) -> str | None:
        if not is_behind_proxy(scope):
            return None
        values = [value for name, value in scope["headers"] if name == HEADER]
        if len(values) == 1 and _WELL_FORMED.fullmatch(values[0]):
            return str(values[0].decode())
        return None
