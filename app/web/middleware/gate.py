"""ASGI middleware: while nothing is minted, says so before anything is counted or asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.errors import AppError
from app.tokens.service import MINT_PATH
from app.web.middleware.request_id import request_id
from app.web.problem_details import problem_response

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

    from app.web.kill_switch import StopSwitch
    from app.web.lifespan import Lifecycle


class MintGate:
    """Refuses to mint while the service is stopped or shutting down.

    It stands inside the layer that speaks CORS, so that pages of other origins may read why; its
    refusals are the operator's wish, and the access line says enough of them.
    """

    def __init__(self, app: ASGIApp, lifecycle: Lifecycle, stop: StopSwitch) -> None:
        self._app = app
        self._lifecycle = lifecycle
        self._stop = stop

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with 503, or pass on."""
        if scope["type"] == "http" and scope["path"] == MINT_PATH:
            try:
                self._lifecycle.require_serving()
                self._stop.require_minting()
            except AppError as error:
                await problem_response(error, request_id(scope))(scope, receive, send)
                return
        await self._app(scope, receive, send)
