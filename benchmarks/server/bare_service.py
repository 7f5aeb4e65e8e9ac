"""The service's own app and server, without the layers around its routes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.middleware import Middleware

from app.config.settings import load_settings
from app.main import create_app
from app.observability import logging as log
from app.web.request_context import KEY, RequestContext
from app.web.server import Server, listen

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send


class FromPage:
    """Says that a page asks, which the route has to know, and nothing else."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        if scope["type"] == "http":
            scope["state"] = {KEY: RequestContext("benchmark", is_from_page=True)}
        await self._app(scope, receive, send)


def main() -> None:
    """Serve on a free loopback port until ended."""
    settings = load_settings()
    log.configure(settings.log_level)
    app = create_app(settings, is_warm=True)
    app.user_middleware = [Middleware(FromPage)]
    with listen(settings.host, settings.port) as listener:
        line = f"http://127.0.0.1:{listener.getsockname()[1]}"
        grace_seconds = settings.shutdown_grace_seconds
        Server(
            app,
            lifecycle=app.state.services.lifecycle,
            files=app.state.services.files,
            grace_seconds=grace_seconds,
            announcement=line,
        ).run_on(listener)


if __name__ == "__main__":
    main()
