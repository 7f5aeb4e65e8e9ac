"""ASGI middleware: nobody reaches what costs money unnamed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from app.errors import AppError, RateLimitedError
from app.tokens.service import MINT_PATH
from app.usage.rate_limit_headers import rate_limit_fields
from app.web.middleware.request_id import request_id
from app.web.problem_details import log_failure, problem_response

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from app.access.caller import Caller
    from app.access.refusals import Refusals
    from app.usage.rate_limit_headers import LimitState

MINT = ("GET", MINT_PATH)


class Identification(Protocol):
    """Access control."""

    async def identify(self, scope: Scope) -> Caller:
        """Return who asks, or raise."""


class Admission:
    """Names the caller, or refuses with 401, 403, 429 or 503.

    What it refuses it answers itself, so that the answer passes the layers above on its way out:
    a page of another origin may then read why.

    Args:
        app: The next layer; finds `caller` in the request's state.
        access: Says who it is.
        refusals: Counts whom access control refuses.
    """

    def __init__(
        self,
        app: ASGIApp,
        access: Identification,
        refusals: Refusals | None = None,
    ) -> None:
        self._app = app
        self._access = access
        self._refusals = refusals

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Admit a request for a token, or answer it."""
        if scope["type"] != "http" or (scope["method"], scope["path"]) != MINT:
            await self._app(scope, receive, send)
            return
        try:
            scope["state"]["caller"] = await self._identify(scope)
        except AppError as error:
            log_failure(error, request_id(scope))
            answer = problem_response(error, request_id(scope))
            await answer(scope, receive, send)
            return
        # Whoever counts adds to these, before the answer starts.
        noted: list[LimitState] = []
        scope["state"]["limit_states"] = noted
        await self._app(scope, receive, _with_fields(send, noted))

    async def _identify(self, scope: Scope) -> Caller:
        try:
            return await self._access.identify(scope)
        except AppError as error:
            # The text of an error is our own word for what happened, out of a fixed set.
            if self._refusals is not None and not isinstance(error, RateLimitedError):
                self._refusals.access_refused(str(error))
            raise


def _with_fields(send: Send, states: list[LimitState]) -> Send:
    async def send_with_fields(message: Message) -> None:
        if states and message["type"] == "http.response.start":
            fields = rate_limit_fields(states)
            message = {**message, "headers": [*message.get("headers", ()), *fields]}
        await send(message)

    return send_with_fields
