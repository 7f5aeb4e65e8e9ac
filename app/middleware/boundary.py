"""ASGI middleware: no failure passes here unmapped, unlogged or quoted."""

from __future__ import annotations

import asyncio
import logging
import time
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import quote

from app.errors import MEDIA_TYPE, AppError, DrainingError, problem_response
from app.handlers import error_for_status, log_failure
from app.log import places
from app.middleware.request_id import request_id

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from app.lifecycle import Lifecycle

logger = logging.getLogger("voicegate.access")
failures = logging.getLogger("voicegate.errors")

# Fields of a foreign error answer that stay true when we replace its body.
KEPT_HEADERS = {b"allow", b"content-range", b"retry-after", b"vary"}


class Boundary:
    """Turns whatever goes wrong inside into problem details, and logs one line an API request."""

    def __init__(self, app: ASGIApp, lifecycle: Lifecycle) -> None:
        self._app = app
        self._lifecycle = lifecycle

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the request, whatever happens."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        answer = _Answer(scope, receive, send)
        started = time.perf_counter()
        self._lifecycle.in_flight += 1
        try:
            await self._run(scope, receive, answer)
        finally:
            self._lifecycle.in_flight -= 1
            if scope["path"].startswith("/api/"):
                _log_access(scope, answer.status, time.perf_counter() - started)

    async def _run(self, scope: Scope, receive: Receive, answer: _Answer) -> None:
        try:
            await self._app(scope, receive, answer.send)
        except AppError as error:
            log_failure(error, request_id(scope))
            await answer.fail(error)
        except asyncio.CancelledError:
            if not self._lifecycle.draining:
                raise
            # The grace is over, and the server cuts off what is left.
            await answer.fail(DrainingError("cut off", retry_after_seconds=2))
        except Exception as error:  # noqa: BLE001 - this is the boundary
            failures.error("request=%s unexpected:\n%s", request_id(scope), places(error))
            await answer.fail(AppError())


class _Answer:
    """One answer on its way out; error answers that are no problem details are replaced."""

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._scope = scope
        self._receive = receive
        self._send = send
        self._replaced = False
        self.status: int | None = None

    async def send(self, message: Message) -> None:
        if self._replaced:
            return
        if message["type"] == "http.response.start":
            headers = dict(message.get("headers", ()))
            foreign = not headers.get(b"content-type", b"").startswith(MEDIA_TYPE.encode())
            if message["status"] >= HTTPStatus.BAD_REQUEST and foreign:
                kept = {k.decode(): v.decode() for k, v in headers.items() if k in KEPT_HEADERS}
                await self.fail(error_for_status(message["status"]), kept)
                self._replaced = True
                return
            self.status = message["status"]
        await self._send(message)

    async def fail(self, error: AppError, headers: dict[str, str] | None = None) -> None:
        if self.status is not None:
            # Half an answer is out: all that is left is to break it off, without the cause's text.
            raise RuntimeError("the answer broke off") from None
        self.status = error.status
        response = problem_response(error, request_id(self._scope), headers)
        await response(self._scope, self._receive, self._send)


def _log_access(scope: Scope, status: int | None, seconds: float) -> None:
    """Log the outcome; the query may hold anything and stays out."""
    logger.info(
        "%s %s %s %.1f ms request=%s",
        scope["method"][:16],
        quote(scope["path"][:100]),
        status or "aborted",
        seconds * 1000,
        request_id(scope),
    )
