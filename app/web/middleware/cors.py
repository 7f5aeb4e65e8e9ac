"""ASGI middleware: which pages may use the API, said to browsers in the terms of CORS."""

from http import HTTPMethod
from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send

from app.config.origins import OriginPolicy
from app.errors import OriginNotAllowedError
from app.observability.metrics import Metrics
from app.web.request_context import Field, context_of

PREFIX: Final = "/api/"
ACCESS_PATH: Final = "/api/access"
VARY: Final = (b"vary", b"Origin")
ALLOW_CREDENTIALS: Final = (b"access-control-allow-credentials", b"true")
EXPOSE: Final = (
    b"access-control-expose-headers",
    b"Retry-After, RateLimit, RateLimit-Policy, X-Request-ID",
)


class CorsMiddleware:
    """Refuses `/api/` to foreign pages, and notes what sent the others in their context.

    CORS alone would not do: a browser sends most requests first and asks afterwards whether the
    page may read the answer, and a token that nobody reads costs as much.
    """

    def __init__(self, app: ASGIApp, policy: OriginPolicy, metrics: Metrics) -> None:
        self._app = app
        self._policy = policy
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse, answer a preflight, or pass on.

        Raises:
            OriginNotAllowedError: A foreign page asks.
        """
        if scope["type"] != "http" or not scope["path"].startswith(PREFIX):
            await self._app(scope, receive, send)
            return
        context = context_of(scope)
        fields = _BrowserFields(scope)
        context.response_headers.append(VARY)
        if fields.origin is not None and self._policy.lists(fields.origin):
            # The one origin by name, never a wildcard.
            named = (b"access-control-allow-origin", fields.origin.encode("latin-1"))
            context.response_headers += (named, ALLOW_CREDENTIALS, EXPOSE)
            if fields.is_preflight:
                headers = _preflight(scope["path"])
                await send({"type": "http.response.start", "status": 204, "headers": headers})
                await send({"type": "http.response.body", "body": b""})
                return
        context.sender = self._policy.judge(fields.origin, fields.site, fields.own_origin)
        if context.sender == "foreign":
            self._metrics.access_refusals.count("origin")
            raise OriginNotAllowedError
        await self._app(scope, receive, send)


class _BrowserFields:
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
                self.is_preflight = scope["method"] == HTTPMethod.OPTIONS
        self.own_origin = f"{scope['scheme']}://{host}"


def _preflight(path: str) -> list[Field]:
    """Return what the answer to a preflight says besides."""
    return [
        (
            b"access-control-allow-methods",
            b"DELETE, GET, POST" if path == ACCESS_PATH else b"GET, POST",
        ),
        (b"access-control-allow-headers", b"Authorization, Content-Type"),
        (b"access-control-max-age", b"600"),
    ]
