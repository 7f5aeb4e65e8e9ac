"""ASGI middleware: which pages may use the API, said to browsers in the terms of CORS."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.datastructures import Headers
from starlette.responses import Response

from app.errors import OriginNotAllowedError, problem_response
from app.middleware.request_id import request_id

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from app.origins import OriginPolicy

PREFLIGHT = {
    "Access-Control-Allow-Methods": "GET",
    "Access-Control-Allow-Headers": "Content-Type",
    "Access-Control-Max-Age": "600",
}


class OriginGuard:
    """Refuses `/api/` to pages of origins that are neither ours nor on the list."""

    def __init__(self, app: ASGIApp, policy: OriginPolicy) -> None:
        self._app = app
        self._policy = policy

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse, answer a preflight, or pass on."""
        if scope["type"] != "http" or not scope["path"].startswith("/api/"):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        listed = self._policy.lists(headers.get("origin"))
        send = _with_cors(send, headers["origin"] if listed else None)
        if listed and _is_preflight(scope, headers):
            await Response(status_code=204, headers=PREFLIGHT)(scope, receive, send)
            return
        if not self._policy.permits(headers, f"{scope['scheme']}://{headers.get('host', '')}"):
            # Answered here rather than raised, so that `Vary` is on it.
            refusal = problem_response(OriginNotAllowedError(), request_id(scope))
            await refusal(scope, receive, send)
            return
        await self._app(scope, receive, send)


def _is_preflight(scope: Scope, headers: Headers) -> bool:
    return scope["method"] == "OPTIONS" and "access-control-request-method" in headers


def _with_cors(send: Send, origin: str | None) -> Send:
    extra = [(b"vary", b"Origin")]
    if origin is not None:
        extra += [
            (b"access-control-allow-origin", origin.encode("latin-1")),
            (b"access-control-expose-headers", b"Retry-After, X-Request-ID"),
        ]

    async def send_with_cors(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message.get("headers", ()), *extra]}
        await send(message)

    return send_with_cors
