"""ASGI middleware: one span for each request to the API, with nothing in it that a caller wrote."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Final

import orjson

from app.errors import MEDIA_TYPE, AppError
from app.observability import stopwatch
from app.observability.metrics import METHODS, OTHER
from app.web.middleware.proxies import is_behind_proxy
from app.web.middleware.request_id import request_id
from app.web.problem_details import error_for_status

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from app.observability.spans import Tracing

API: Final = "/api/"
PROBLEM: Final = MEDIA_TYPE.encode()
# Source: W3C Trace Context, section 3.2: version 00 is 55 characters; later ones may be longer.
MAX_TRACEPARENT_BYTES: Final = 128


class Traces:
    """Begins a span and ends it; stands inside `Boundary`, whose stopwatch it reads.

    Args:
        app: What is inside.
        tracing: Makes the spans.
        route_of: Returns the template of a path's route, or `other`.
    """

    def __init__(self, app: ASGIApp, tracing: Tracing, route_of: Callable[[str], str]) -> None:
        self._app = app
        self._tracing = tracing
        self._route_of = route_of

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, and remember how it went."""
        if scope["type"] != "http" or not scope["path"].startswith(API):
            await self._app(scope, receive, send)
            return
        route = self._route_of(scope["path"])
        span = self._tracing.begin(
            scope["method"] if scope["method"] in METHODS else None,
            None if route == OTHER else route,
            request_id(scope),
            _traceparent(scope),
        )
        watch = stopwatch.running.get() or stopwatch.Stopwatch()
        exchanges = watch.exchanges = []
        seen = _Seen(send)
        try:
            await self._app(scope, receive, seen.send)
        except AppError as error:
            seen.fail(error)
            raise
        except Exception:
            seen.fail(AppError())
            raise
        finally:
            # What the request left running in the background is no part of it.
            watch.exchanges = None
            self._tracing.end(span, seen.status, seen.code, exchanges)


class _Seen:
    """Reads status and code of one answer on its way out."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._is_problem = False
        self.status: int | None = None
        self.code = "aborted"

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = status = message["status"]
            self.code = ""
            if status >= HTTPStatus.BAD_REQUEST:
                kind = dict(message.get("headers", ())).get(b"content-type", b"")
                self._is_problem = kind.startswith(PROBLEM)
                if not self._is_problem:
                    self.code = error_for_status(status).code  # as `Boundary` will put it
        elif self._is_problem and not self.code:
            self.code = _code(message.get("body", b""))
        await self._send(message)

    def fail(self, error: AppError) -> None:
        """Take what `Boundary` will answer; of half an answer the status is already out."""
        if self.status is None:
            self.status = error.status
        self.code = error.code


def _code(body: bytes) -> str:
    try:
        return str(orjson.loads(body)["code"])
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return AppError.code


def _traceparent(scope: Scope) -> str | None:
    """Return the caller's span, which only a trusted proxy may name: it decides what is kept."""
    if not is_behind_proxy(scope):
        return None
    values: list[bytes] = [value for name, value in scope["headers"] if name == b"traceparent"]
    if len(values) != 1 or len(values[0]) > MAX_TRACEPARENT_BYTES:
        return None
    return values[0].decode("latin-1")
