"""ASGI middleware: the security headers of every answer."""

from collections.abc import Sequence
from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send

from app.access.cookies import EMBED_PATH, OPERATOR_PATH
from app.web.middleware.request_context import Field, context_of

Variants = tuple[tuple["list[Field]", frozenset[bytes]], tuple["list[Field]", frozenset[bytes]]]
CSP: Final = "Content-Security-Policy"
CLIENT_PATH: Final = "/static/voice-agent/"

PERMISSIONS_OFF = (
    *("accelerometer", "camera", "display-capture", "geolocation", "gyroscope", "hid"),
    *("magnetometer", "midi", "payment", "serial", "usb", "xr-spatial-tracking"),
)
# A year, as the preload list asks for. Source: RFC 6797, section 6.1.
STRICT_TRANSPORT_SECURITY: Final = (b"strict-transport-security", b"max-age=31536000")
# For answers that are sent before there is a request: they hold no page and load nothing.
BARE: Final = {
    CSP: "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}


class SecurityHeaders:
    """Has every HTTP answer carry the security headers, errors included.

    Args:
        app: What is inside.
        ws_origin: Where the agent's socket is.
        embed_ancestors: Origins that may show in a frame the page that is made for it.
        media_origins: Origins from which pages may play recordings, besides our own; without,
            they may play none at all.
    """

    def __init__(
        self,
        app: ASGIApp,
        ws_origin: str,
        embed_ancestors: Sequence[str] = (),
        media_origins: Sequence[str] | None = None,
    ) -> None:
        self._app = app
        permissions = ["microphone=(self)", *(f"{name}=()" for name in PERMISSIONS_OFF)]
        common = {
            "Cross-Origin-Opener-Policy": "same-origin",
            "Permissions-Policy": ", ".join(permissions),
            "Referrer-Policy": "same-origin",
            "X-Content-Type-Options": "nosniff",
        }
        own_only = {"Cross-Origin-Resource-Policy": "same-origin"}
        self._embed = _both(common | own_only | _framing(ws_origin, embed_ancestors, media_origins))
        common |= _framing(ws_origin, (), media_origins)
        self._own = _both(common | own_only)
        self._api = _both(common | own_only | {"Cache-Control": "no-store"})
        # The only pages with forms that are sent.
        forms = {CSP: common[CSP].replace("form-action 'none'", "form-action 'self'")}
        self._operator = _both(common | own_only | forms | {"Cache-Control": "no-store"})
        # Pages of any origin may import the browser client: it holds no secret.
        importable = {
            "Access-Control-Allow-Origin": "*",
            "Cross-Origin-Resource-Policy": "cross-origin",
        }
        self._shared = _both(common | importable)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and have its answer carry the headers."""
        if scope["type"] == "http":
            context = context_of(scope)
            extra, names = self._for_path(scope["path"])[scope["scheme"] == "https"]
            context.response_headers += extra
            context.reserved_names = names
        await self._app(scope, receive, send)

    def _for_path(self, path: str) -> Variants:
        if path.startswith("/api/"):
            return self._api
        if path == EMBED_PATH:
            return self._embed
        if path.startswith(OPERATOR_PATH):
            return self._operator
        return self._shared if path.startswith(CLIENT_PATH) else self._own


def _framing(
    ws_origin: str, ancestors: Sequence[str], media_origins: Sequence[str] | None
) -> dict[str, str]:
    """Return the policy of pages, with those who may show one in a frame.

    It allows our own files and the agent's socket.
    """
    shown_by = " ".join(("'self'", *ancestors)) if ancestors else "'none'"
    directives = (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "worker-src 'self'",
        f"connect-src 'self' {ws_origin}",
        *([] if media_origins is None else [" ".join(("media-src 'self'", *media_origins))]),
        "manifest-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types voicegate",
        f"frame-ancestors {shown_by}",
    )
    policy = {CSP: "; ".join(directives)}
    # Says the same to old browsers; it knows no list, so with one it would say too much.
    return policy if ancestors else {**policy, "X-Frame-Options": "DENY"}


def _both(headers: dict[str, str]) -> Variants:
    """Return the fields and their names: without TLS at 0, with it at 1."""
    plain = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    names = frozenset(name for name, _ in plain)
    hsts = STRICT_TRANSPORT_SECURITY
    return (plain, names), ([*plain, hsts], names | {hsts[0]})
