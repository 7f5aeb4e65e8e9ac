"""ASGI middleware: which pages may use the API, said to browsers in the terms of CORS."""

from http import HTTPMethod
from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send

from app.access.cookies import OPERATOR_PATH
from app.config.origins import OriginPolicy
from app.errors import OriginNotAllowedError
from app.observability.metrics import Metrics
from app.web.middleware.request_context import context_of

PREFIX: Final = "/api/"
OWN_ONLY: Final = OriginPolicy(frozenset())
ACCESS_PATH: Final = "/api/access"
VARY: Final = (b"vary", b"Origin")
ALLOW_CREDENTIALS: Final = (b"access-control-allow-credentials", b"true")
EXPOSE: Final = (
    b"access-control-expose-headers",
    b"Retry-After, RateLimit, RateLimit-Policy, X-Request-ID",
)
PREFLIGHT: Final = (
    (b"access-control-allow-headers", b"Authorization, Content-Type"),
    (b"access-control-max-age", b"600"),
)
REQUEST_METHOD: Final = b"access-control-request-method"
# Of the fields that are read, what counts where one came twice: a value that no rule lets in.
IF_TWICE: Final = {b"origin": "null", b"sec-fetch-site": "", b"host": " ", REQUEST_METHOD: ""}


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
        is_operator = scope.get("path", "").startswith(OPERATOR_PATH)
        if scope["type"] != "http" or not (is_operator or scope["path"].startswith(PREFIX)):
            await self._app(scope, receive, send)
            return
        context = context_of(scope)
        fields = _said_by_browser(scope)
        own_origin = f"{scope['scheme']}://{fields.get(b'host', '')}"
        if is_operator:
            # No other front end's business; a link from anywhere may lead there.
            told = (fields.get(b"origin"), fields.get(b"sec-fetch-site"), own_origin)
            context.sender = OWN_ONLY.judge(*told)
            await self._app(scope, receive, send)
            return
        origin = fields.get(b"origin")
        context.response_headers.append(VARY)
        if self._policy.lists(origin):
            # The one origin by name, never a wildcard.
            named = (b"access-control-allow-origin", fields[b"origin"].encode("latin-1"))
            context.response_headers += (named, ALLOW_CREDENTIALS, EXPOSE)
            if scope["method"] == HTTPMethod.OPTIONS and REQUEST_METHOD in fields:
                methods = b"DELETE, GET, POST" if scope["path"] == ACCESS_PATH else b"GET, POST"
                headers = [(b"access-control-allow-methods", methods), *PREFLIGHT]
                await send({"type": "http.response.start", "status": 204, "headers": headers})
                await send({"type": "http.response.body", "body": b""})
                return
        context.sender = self._policy.judge(origin, fields.get(b"sec-fetch-site"), own_origin)
        if context.sender == "foreign":
            self._metrics.access_refusals.count("origin")
            raise OriginNotAllowedError
        await self._app(scope, receive, send)


def _said_by_browser(scope: Scope) -> dict[bytes, str]:
    """Return what a request says about the page that sent it."""
    fields: dict[bytes, str] = {}
    for name, value in scope["headers"]:
        if name in IF_TWICE:
            fields[name] = IF_TWICE[name] if name in fields else value.decode("latin-1")
    return fields
