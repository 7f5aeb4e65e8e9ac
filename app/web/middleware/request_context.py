"""ASGI middleware: gives every request a name that its answer and the log share, and a context."""

import random
import re
from dataclasses import dataclass, field
from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send

from app.access.credentials import Caller
from app.config.origins import Sender
from app.web.middleware.proxies import BEHIND_PROXY

Field = tuple[bytes, bytes]

KEY: Final = "context"
HEADER: Final = b"x-request-id"
_WELL_FORMED = re.compile(rb"[A-Za-z0-9][A-Za-z0-9._-]{7,63}")


@dataclass(slots=True)
class RequestContext:
    """One request, as far as the layers found out about it, for each other and for the routes.

    Args:
        request_id: Names it in its answer and in the log.
        response_headers: Fields of its answer, whoever answers; `ErrorMiddleware` adds them.
        reserved_names: Fields that an answer has from there only.
        sender: What sent it, as far as a browser says; known below `/api/` and
            `/operator`.
        caller: Who asks for a token, once that is known.
    """

    request_id: str
    response_headers: list[Field] = field(default_factory=list)
    reserved_names: frozenset[bytes] = frozenset()
    sender: Sender = "program"
    caller: Caller | None = None


def context_of(scope: Scope) -> RequestContext:
    """Return the context of a request that passed `RequestId`."""
    context: RequestContext = scope["state"][KEY]
    return context


class RequestId:
    """Makes the id, or keeps the one that a trusted proxy already gave; begins the context."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Name the request, and have its answer say the name."""
        if scope["type"] == "http":
            name = _from_proxy(scope) or new_request_id()
            context = RequestContext(name, [(HEADER, name.encode())])
            # Each request has a copy of its own. Source: ASGI, lifespan protocol, "Lifespan State".
            scope.setdefault("state", {})[KEY] = context
        await self._app(scope, receive, send)


def new_request_id() -> str:
    """Return a name for a request; it is no secret, and to ask the system would take longer."""
    return f"{random.getrandbits(64):016x}"


def _from_proxy(scope: Scope) -> str | None:
    """Return the name that came with a request through a trusted proxy, if it is well-formed."""
    if BEHIND_PROXY not in scope.get("state", ()):
        return None
    values = [value for name, value in scope["headers"] if name == HEADER]
    if len(values) == 1 and _WELL_FORMED.fullmatch(values[0]):
        return str(values[0].decode())
    return None
