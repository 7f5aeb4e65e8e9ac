"""ASGI middleware: which pages may use the API, said to browsers in the terms of CORS."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.errors import OriginNotAllowedError
from app.web.middleware.request_id import request_id
from app.web.problem_details import problem_response

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from app.access.refusals import Refusals
    from app.config.origins import OriginPolicy

PREFIX = "/api/"
EXPOSED = b"Retry-After, RateLimit, RateLimit-Policy, X-Request-ID"
PREFLIGHT = [
    (b"access-control-allow-methods", b"GET, POST"),
    (b"access-control-allow-headers", b"Authorization, Content-Type"),
    (b"access-control-max-age", b"600"),
]
VARY = (b"vary", b"Origin")


class OriginGuard:
    """Refuses `/api/` to foreign pages, and tells the layers below whether a page asks at all.

    CORS alone would not do: a browser sends most requests first and asks afterwards whether the
    page may read the answer, and a token that nobody reads costs as much.

    Args:
        app: The next layer; finds `from_page` in the request's state.
        policy: Which pages may.
        refusals: Counts those that may not.
    """

    def __init__(
        self, app: ASGIApp, policy: OriginPolicy, refusals: Refusals | None = None
    ) -> None:
        self._app = app
        self._policy = policy
        self._refusals = refusals

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse, answer a preflight, or pass on."""
        if scope["type"] != "http" or not scope["path"].startswith(PREFIX):
            await self._app(scope, receive, send)
            return
        claims = _Claims(scope)
        listed = self._policy.lists(claims.origin)
        extra = _cors(claims.origin if listed else None)
        if listed and claims.is_preflight:
            await send({"type": "http.response.start", "status": 204, "headers": extra + PREFLIGHT})
            await send({"type": "http.response.body", "body": b""})
            return

        async def send_with_cors(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message.get("headers", ()), *extra]}
            await send(message)

        sender = self._policy.judge(claims.origin, claims.site, claims.own_origin)
        if sender == "foreign":
            if self._refusals is not None:
                self._refusals.access_refused("origin")
            # Answered here rather than raised, so that `Vary` is on it.
            refusal = problem_response(OriginNotAllowedError(), request_id(scope))
            await refusal(scope, receive, send_with_cors)
            return
        scope.setdefault("state", {})["from_page"] = sender == "page"
        await self._app(scope, receive, send_with_cors)


class _Claims:
    """What a request says about the page that sent it; a field that came twice says nothing."""

    __slots__ = ("is_preflight", "origin", "own_origin", "site")

    def __init__(self, scope: Scope) -> None:
        self.origin: str | None = None
        self.site: str | None = None
        self.is_preflight = False
        host = ""
        for name, value in scope["headers"]:
            if name == b"origin":
                self.origin = value.decode("latin-1") if self.origin is None else "null"
            elif name == b"sec-fetch-site":
                self.site = value.decode("latin-1") if self.site is None else ""
            elif name == b"host":
                host = value.decode("latin-1") if not host else " "
            elif name == b"access-control-request-method":
                self.is_preflight = scope["method"] == "OPTIONS"
        self.own_origin = f"{scope['scheme']}://{host}"


def _cors(origin: str | None) -> list[tuple[bytes, bytes]]:
    """Return what an answer says: the one origin by name, never a wildcard, or nothing."""
    if origin is None:
        return [VARY]
    return [
        VARY,
        (b"access-control-allow-origin", origin.encode("latin-1")),
        (b"access-control-allow-credentials", b"true"),
        (b"access-control-expose-headers", EXPOSED),
    ]
