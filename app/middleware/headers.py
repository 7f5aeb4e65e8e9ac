"""ASGI middleware: what every answer says to the browser about trust."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

CLIENT_PATH = "/static/voice-agent/"

PERMISSIONS_OFF = (
    *("accelerometer", "camera", "display-capture", "geolocation", "gyroscope", "hid"),
    *("magnetometer", "midi", "payment", "serial", "usb", "xr-spatial-tracking"),
)


def content_security_policy(ws_origin: str) -> str:
    """Return the one policy of all pages: our own files, and the agent's socket."""
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self'",
            "worker-src 'self'",
            f"connect-src 'self' {ws_origin}",
            "manifest-src 'self'",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        )
    )


class SecurityHeaders:
    """Adds the security headers to every HTTP answer, errors included."""

    def __init__(self, app: ASGIApp, ws_origin: str) -> None:
        self._app = app
        permissions = ["microphone=(self)", *(f"{name}=()" for name in PERMISSIONS_OFF)]
        common = {
            "Content-Security-Policy": content_security_policy(ws_origin),
            "Cross-Origin-Opener-Policy": "same-origin",
            "Permissions-Policy": ", ".join(permissions),
            "Referrer-Policy": "same-origin",
            "X-Content-Type-Options": "nosniff",
            "X-Frame-Options": "DENY",
        }
        own = {**common, "Cross-Origin-Resource-Policy": "same-origin"}
        # Pages of any origin may import the browser client: it holds no secret.
        shared = {
            **common,
            "Access-Control-Allow-Origin": "*",
            "Cross-Origin-Resource-Policy": "cross-origin",
        }
        self._own = _raw(own)
        self._api = _raw({**own, "Cache-Control": "no-store"})
        self._shared = _raw(shared)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; add the headers when the answer starts."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        extra = self._for_path(scope["path"])
        names = {name for name, _ in extra}

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                kept = [pair for pair in message.get("headers", ()) if pair[0].lower() not in names]
                message = {**message, "headers": [*kept, *extra]}
            await send(message)

        await self._app(scope, receive, send_with_headers)

    def _for_path(self, path: str) -> list[tuple[bytes, bytes]]:
        if path.startswith("/api/"):
            return self._api
        return self._shared if path.startswith(CLIENT_PATH) else self._own


def _raw(headers: dict[str, str]) -> list[tuple[bytes, bytes]]:
    return [(name.lower().encode(), value.encode()) for name, value in headers.items()]
