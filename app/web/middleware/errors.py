"""ASGI middleware: no failure passes here unmapped, unlogged or quoted, and nothing uncounted."""

from __future__ import annotations

import asyncio
import logging
import time
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

import orjson

from app.errors import AppError, DrainingError
from app.observability import stopwatch
from app.observability.logging import places, requests_logger
from app.observability.metrics import METHODS, OTHER, Metrics
from app.tokens.service import MINT_PATH
from app.web.middleware.request_id import request_id
from app.web.problem_details import MEDIA_TYPE, error_for_status, log_failure, problem_response

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from app.web.lifespan import Lifecycle

failures = logging.getLogger("voicegate.errors")

# Fields of a foreign error answer that stay true when we replace its body.
KEPT_HEADERS = {b"allow", b"content-range", b"retry-after", b"vary"}
PROBLEM: Final = MEDIA_TYPE.encode()
# Asked every few seconds by machines, or a dozen times by one page.
QUIET: Final = frozenset({"/healthz", "/readyz", "/metrics", "/static"})
LAST_ANSWER: Final = (b"connection", b"close")


class Boundary:
    """Turns whatever goes wrong inside into problem details; logs and counts every answer.

    Args:
        app: What is inside.
        lifecycle: Is told how many requests are in flight.
        metrics: Is told every answer.
        log_addresses: Whether the log may hold the caller's address.
    """

    def __init__(
        self,
        app: ASGIApp,
        lifecycle: Lifecycle,
        metrics: Metrics | None = None,
        *,
        log_addresses: bool = False,
    ) -> None:
        self._app = app
        self._lifecycle = lifecycle
        self._metrics = metrics or Metrics()
        self._log_addresses = log_addresses
        self._log = requests_logger()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the request, whatever happens."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        answer = _Answer(scope, receive, send, self._lifecycle)
        watch = stopwatch.Stopwatch()
        stopwatch.running.set(watch)
        started = time.perf_counter()
        self._lifecycle.in_flight += 1
        try:
            await self._run(scope, receive, answer)
        finally:
            self._lifecycle.in_flight -= 1
            self._tell(scope, answer, time.perf_counter() - started, watch.upstream_seconds)

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
            extra = {"request_id": request_id(scope)}
            failures.error("unexpected:\n%s", places(error), extra=extra)
            await answer.fail(AppError())

    def _tell(self, scope: Scope, answer: _Answer, seconds: float, upstream_seconds: float) -> None:
        """Count and log the outcome; path and query may hold anything and stay out."""
        route = self._metrics.route_of(scope["path"])
        method = scope["method"] if scope["method"] in METHODS else OTHER
        self._metrics.request(route, method, answer.status or 0, seconds)
        if route == MINT_PATH and method == "GET":
            self._metrics.mint(answer.code or "ok", seconds)
        line: dict[str, Any] = {
            "request_id": request_id(scope),
            "method": method,
            "route": route,
            "status": answer.status,
            "duration_ms": round(seconds * 1000, 2),
        }
        if answer.code:
            line["code"] = answer.code
        if upstream_seconds:
            line["upstream_ms"] = round(upstream_seconds * 1000, 2)
        caller = scope["state"].get("caller") if "state" in scope else None
        if caller is not None:
            line["caller"] = caller.key
        if self._log_addresses and scope.get("client"):
            line["address"] = scope["client"][0]
        (self._log.debug if route in QUIET else self._log.info)("request", **line)


class _Answer:
    """One answer on its way out; error answers that are no problem details are replaced.

    A service that is about to end answers each connection for the last time, so that none is left
    on which a proxy sends a request just when the service closes it.
    """

    def __init__(self, scope: Scope, receive: Receive, send: Send, lifecycle: Lifecycle) -> None:
        self._scope = scope
        self._receive = receive
        self._send = send
        self._lifecycle = lifecycle
        self._replaced = False
        self._is_problem = False
        self.status: int | None = None
        self.code = "aborted"

    async def send(self, message: Message) -> None:
        if self._replaced:
            return
        if message["type"] == "http.response.start":
            if message["status"] >= HTTPStatus.BAD_REQUEST:
                headers = dict(message.get("headers", ()))
                self._is_problem = headers.get(b"content-type", b"").startswith(PROBLEM)
                if not self._is_problem:
                    kept = {k.decode(): v.decode() for k, v in headers.items() if k in KEPT_HEADERS}
                    await self.fail(error_for_status(message["status"]), kept)
                    self._replaced = True
                    return
            self.status = message["status"]
            self.code = ""
        elif self._is_problem and not self.code:
            self.code = _code(message.get("body", b""))
        await self._pass_on(message)

    async def fail(self, error: AppError, headers: dict[str, str] | None = None) -> None:
        if self.status is not None:
            # Half an answer is out: all that is left is to break it off, without the cause's text.
            raise RuntimeError("the answer broke off") from None
        self.status = error.status
        self.code = error.code
        response = problem_response(error, request_id(self._scope), headers)
        await response(self._scope, self._receive, self._pass_on)

    async def _pass_on(self, message: Message) -> None:
        if message["type"] == "http.response.start" and self._lifecycle.leaving:
            message = {**message, "headers": [*message.get("headers", ()), LAST_ANSWER]}
        await self._send(message)


def _code(body: bytes) -> str:
    """Return the code of problem details, whoever inside wrote them."""
    try:
        return str(orjson.loads(body)["code"])
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return "internal_error"
