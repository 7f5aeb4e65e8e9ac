"""ASGI middleware: failures become problem details, and every answer is logged and counted."""

import asyncio
import logging
import time
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any, Final

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.errors import AppError, DrainingError
from app.observability.logging import frames_of, requests_log
from app.observability.metrics import METHODS, OTHER, STATIC, Metrics
from app.tokens.service import MINT_PATH
from app.upstream.client import upstream_seconds
from app.web.lifespan import Lifecycle
from app.web.middleware.hosts import PROBES
from app.web.middleware.request_context import Field, RequestContext, context_of
from app.web.problem_details import error_for, error_for_status, log_failure, problem_response

failures = logging.getLogger("voicegate.errors")

# Fields of a foreign error answer that stay true when its body is replaced.
KEPT_HEADERS: Final = frozenset({b"allow", b"content-range", b"retry-after", b"vary"})
# Asked every few seconds by machines, or a dozen times by one page.
QUIET: Final = PROBES | {STATIC}
LAST_ANSWER: Final = (b"connection", b"close")


class ErrorMiddleware:
    """Turns whatever goes wrong inside into problem details; logs and counts every answer.

    The only layer that wraps `send`: what others want on an answer, they leave in the request's
    context.
    """

    def __init__(
        self,
        app: ASGIApp,
        lifecycle: Lifecycle,
        metrics: Metrics,
        *,
        log_addresses: bool = False,
    ) -> None:
        self._app = app
        self._lifecycle = lifecycle
        self._metrics = metrics
        self._log_addresses = log_addresses

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the request, whatever happens."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        answer = _Answer(scope, send, self._lifecycle)
        upstream_seconds.set(0.0)
        started = time.perf_counter()
        self._lifecycle.in_flight += 1
        self._metrics.in_flight.inc()
        try:
            await self._app(scope, receive, answer.send)
        except (AppError, HTTPException, RequestValidationError) as cause:
            error = cause if isinstance(cause, AppError) else error_for(cause, scope)
            log_failure(error, answer.context.request_id)
            await answer.fail(error)
        except asyncio.CancelledError:
            if not self._lifecycle.draining:
                raise
            # The grace is over, and the server cuts off what is left.
            await answer.fail(DrainingError("cut off", retry_after_seconds=2))
        except Exception as error:  # noqa: BLE001 - nothing may pass
            extra = {"request_id": answer.context.request_id}
            failures.error("unexpected:\n%s", frames_of(error), extra=extra)
            await answer.fail(AppError())
        finally:
            self._lifecycle.in_flight -= 1
            self._metrics.in_flight.dec()
            self._tell(scope, answer, time.perf_counter() - started)

    def _tell(self, scope: Scope, answer: "_Answer", seconds: float) -> None:
        """Count and log the outcome; path and query may hold anything and stay out."""
        route = self._metrics.route_of(scope["path"])
        method = scope["method"] if scope["method"] in METHODS else OTHER
        self._metrics.request(route, method, answer.status or 0, seconds)
        if route == MINT_PATH and method in {"GET", "POST"}:
            self._metrics.mints.count(answer.code or "ok")
            self._metrics.mint_seconds.observe(seconds)
        line: dict[str, Any] = {
            "request_id": answer.context.request_id,
            "method": method,
            "route": route,
            "status": answer.status,
            "duration_ms": round(seconds * 1000, 2),
        }
        if answer.code:
            line["code"] = answer.code
        if waited_seconds := upstream_seconds.get():
            line["upstream_ms"] = round(waited_seconds * 1000, 2)
        if answer.context.caller is not None:
            line["caller"] = answer.context.caller.key
        if self._log_addresses and scope.get("client"):
            line["address"] = scope["client"][0]
        requests_log.write("debug" if route in QUIET else "info", line)


class _Answer:
    """One answer on its way out, with the fields that the layers want on it.

    What is inside raises its failures; an error answer that comes from there all the same is the
    framework's, and replaced. A service that is about to end answers each connection for the last
    time, so that none is left on which a proxy sends a request just when the service closes it.
    """

    __slots__ = ("_is_replaced", "_lifecycle", "_send", "code", "context", "status")

    def __init__(self, scope: Scope, send: Send, lifecycle: Lifecycle) -> None:
        self._send = send
        self._lifecycle = lifecycle
        self._is_replaced = False
        self.context: RequestContext = context_of(scope)
        self.status: int | None = None
        self.code = "aborted"

    async def send(self, message: Message) -> None:
        """Send a message from inside."""
        if self._is_replaced:
            return
        if message["type"] == "http.response.start":
            if message["status"] >= HTTPStatus.BAD_REQUEST:
                self._is_replaced = True
                headers = message.get("headers", ())
                kept = {k.decode(): v.decode() for k, v in headers if k in KEPT_HEADERS}
                await self.fail(error_for_status(message["status"]), kept)
                return
            self.code = ""
            await self._start(message["status"], message.get("headers", ()))
        else:
            await self._send(message)

    async def fail(self, error: AppError, headers: dict[str, str] | None = None) -> None:
        """Answer with a failure.

        Raises:
            RuntimeError: Half an answer is out already, which is all that can be done about it.
        """
        if self.status is not None:
            raise RuntimeError("the answer broke off") from None  # without the cause's text
        self.code = error.code
        response = problem_response(error, self.context.request_id, headers)
        await self._start(response.status_code, response.raw_headers)
        await self._send({"type": "http.response.body", "body": response.body})

    async def _start(self, status: int, headers: Iterable[Field]) -> None:
        """Send the start of an answer, with the layers' fields on it."""
        self.status = status
        reserved = self.context.reserved_names
        fields = [field for field in headers if field[0] not in reserved]
        fields += self.context.response_headers
        if self._lifecycle.leaving:
            fields.append(LAST_ANSWER)
        await self._send({"type": "http.response.start", "status": status, "headers": fields})
