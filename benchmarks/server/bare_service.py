"""The service's own app and server, without the layers around its routes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.middleware import Middleware

from app.access.caller import Caller
from app.config.settings import load_settings
from app.main import create_app
from app.observability import logging as log
from app.web.server import Server, listen

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send


class Anybody:
    """Says who the caller is, which the route has to know, and nothing else."""

    def __init__(self, app: ASGIApp, caller: Caller) -> None:
        self._app = app
        self._caller = caller

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        if scope["type"] == "http":
            state = scope.setdefault("state", {})
            state.update(caller=self._caller, request_id="benchmark", limit_states=[])
        await self._app(scope, receive, send)


def main() -> None:
    """Serve on a free loopback port until ended."""
    settings = load_settings()
    log.configure(settings.log_level)
    app = create_app(settings, is_warm=True)
    caller = Caller(kind="address", key="benchmark", address_key="benchmark")
    app.user_middleware = [Middleware(Anybody, caller=caller)]
    with listen(settings.host, settings.port) as listener:
        line = f"http://127.0.0.1:{listener.getsockname()[1]}"
        grace_seconds = settings.shutdown_grace_seconds
        Server(
            app,
            lifecycle=app.state.lifecycle,
            files=app.state.files,
            grace_seconds=grace_seconds,
            announcement=line,
        ).run_on(listener)


if __name__ == "__main__":
    main()
