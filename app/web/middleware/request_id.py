"""ASGI middleware: gives every request a name that its answer and the log share."""

import os
import re
from collections.abc import Iterator
from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send

from app.web.middleware.proxies import is_behind_proxy
from app.web.request_context import KEY, RequestContext

HEADER: Final = b"x-request-id"
ID_CHARACTERS: Final = 16
IDS_AT_ONCE: Final = 256
_WELL_FORMED = re.compile(rb"[A-Za-z0-9][A-Za-z0-9._-]{7,63}")


class RequestId:
    """Makes the id, or keeps the one that a trusted proxy already gave; begins the context."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._ids = _random_ids()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Name the request, and have its answer say the name."""
        if scope["type"] == "http":
            name = self._incoming(scope) or next(self._ids)
            context = RequestContext(name, [(HEADER, name.encode())])
            # Each request has a copy of its own. Source: ASGI, lifespan protocol, "Lifespan State".
            scope.setdefault("state", {})[KEY] = context
        await self._app(scope, receive, send)

    def _incoming(self, scope: Scope) -> str | None:
        if not is_behind_proxy(scope):
            return None
        values = [value for name, value in scope["headers"] if name == HEADER]
        if len(values) == 1 and _WELL_FORMED.fullmatch(values[0]):
            return str(values[0].decode())
        return None


def _random_ids() -> Iterator[str]:
    """Yield 16 random hexadecimal digits; many at once, as each question to the system costs."""
    while True:
        digits = os.urandom(IDS_AT_ONCE * ID_CHARACTERS // 2).hex()
        for start in range(0, len(digits), ID_CHARACTERS):
            yield digits[start : start + ID_CHARACTERS]
