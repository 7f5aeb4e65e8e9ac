"""From the framework's exceptions and ours to answers; the log's one line for each failure."""

from __future__ import annotations

import logging
from dataclasses import asdict
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from app.errors import (
    AccountUnavailableError,
    AppError,
    BadParameter,
    InvalidRequestError,
    MethodNotAllowedError,
    NotFoundError,
    RequestError,
    UpstreamRejectedError,
    bad_parameter,
)
from app.observability.logging import causes
from app.web.middleware.request_id import request_id

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.requests import Request
    from starlette.responses import Response

logger = logging.getLogger("voicegate.errors")

MEDIA_TYPE: Final = "application/problem+json"
MAX_ENTRIES = 16
OPERATORS_FAULT = (UpstreamRejectedError, AccountUnavailableError)


class HttpError(RequestError):
    """A status that the framework chose and that has no class of its own."""

    def __init__(self, status: int) -> None:
        super().__init__(f"status {status}")
        self.status = status
        self.code = "invalid_request"
        self.title = "Request refused"
        self.detail = "The request cannot be served as it was sent."


def problem(error: AppError, request_id: str) -> dict[str, Any]:
    """Return the problem details (RFC 9457) of a failure.

    `type` is a relative reference, stable whether or not the operator serves the page it names.
    """
    body: dict[str, Any] = {
        "type": f"/docs#{error.code}",
        "title": error.title,
        "status": error.status,
        "detail": error.detail,
        "code": error.code,
        "request_id": request_id,
    }
    if error.errors:
        body["errors"] = [asdict(entry) for entry in error.errors]
    return body


def problem_response(
    error: AppError, request_id: str, headers: dict[str, str] | None = None
) -> JSONResponse:
    """Return the answer to a failure; it is never stored by any cache."""
    return JSONResponse(
        problem(error, request_id),
        status_code=error.status,
        headers={**error.headers, **(headers or {}), "Cache-Control": "no-store"},
        media_type=MEDIA_TYPE,
    )


def error_for_status(status: int) -> AppError:
    """Return our error for a status that comes from the framework."""
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return AppError(f"status {status}")
    known = {404: NotFoundError, 405: MethodNotAllowedError}
    return known[status]() if status in known else HttpError(status)


def log_failure(error: AppError, name: str) -> None:
    """Log why the service failed a caller; what callers do wrong is on the access line."""
    if isinstance(error, RequestError):
        return
    level = logging.ERROR if isinstance(error, OPERATORS_FAULT) else logging.WARNING
    hint = ": check ASSEMBLYAI_API_KEY and the account" if level == logging.ERROR else ""
    extra = {"request_id": name, "code": error.code}
    logger.log(level, "%s%s; %s", error.code, hint, causes(error), extra=extra)


def install(app: FastAPI) -> None:
    """Let every exception that the framework knows become problem details."""
    app.add_exception_handler(AppError, _on_app_error)
    app.add_exception_handler(HTTPException, _on_http_exception)
    app.add_exception_handler(RequestValidationError, _on_validation_error)


async def _on_app_error(request: Request, error: Any) -> Response:
    log_failure(error, request_id(request.scope))
    return problem_response(error, request_id(request.scope))


async def _on_http_exception(request: Request, error: Any) -> Response:
    name = request_id(request.scope)
    return problem_response(error_for_status(error.status_code), name, dict(error.headers or {}))


async def _on_validation_error(request: Request, error: Any) -> Response:
    return problem_response(_invalid(error), request_id(request.scope))


def _invalid(error: RequestValidationError) -> InvalidRequestError:
    entries = [_bad_parameter(entry) for entry in error.errors()[:MAX_ENTRIES]]
    return InvalidRequestError(*entries)


def _bad_parameter(entry: dict[str, Any]) -> BadParameter:
    name = str(entry["loc"][-1])
    if entry["type"] == "extra_forbidden":
        return bad_parameter(name, "absent: it is no parameter of this path", entry["input"])
    return bad_parameter(name, entry.get("ctx", {}).get("allowed", entry["msg"]), entry["input"])
