"""From the framework's exceptions and ours to answers; the log's one line for each failure."""

import logging
from collections.abc import Container
from dataclasses import asdict
from http import HTTPStatus
from typing import Any, Final

from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.types import Scope

from app.errors import (
    AppError,
    InvalidRequestError,
    MethodNotAllowedError,
    NotFoundError,
    ParameterProblem,
    RequestError,
    bad_parameter,
)
from app.observability.logging import causes

logger = logging.getLogger("voicegate.errors")

MEDIA_TYPE: Final = "application/problem+json"
MAX_ENTRIES: Final = 16
# By pydantic's kinds of errors.
ALLOWED_IN_BODY: Final = {
    "missing": "there",
    "extra_forbidden": "absent: it is no member of this body",
    "string_type": "text",
    "string_unicode": "text",
    "string_too_short": "text of at least {min_length} characters",
    "string_too_long": "text of at most {max_length} characters",
    "string_pattern_mismatch": "text that matches {pattern}",
    "model_attributes_type": "an object",
}


class HttpError(RequestError):
    """A status that the framework chose and that has no class of its own."""

    code = "invalid_request"
    title = "Request refused"
    detail = "The request cannot be served as it was sent."

    def __init__(self, status: int) -> None:
        super().__init__(f"status {status}")
        self.status = status


def problem(error: AppError, request_id: str) -> dict[str, Any]:
    """Return the problem details (RFC 9457) of a failure.

    `type` is a relative reference, stable whether or not the operator serves the page it names.
    """
    body: dict[str, Any] = {
        "type": f"/docs#{error.code}",
        "title": error.title or error.code.replace("_", " ").capitalize(),
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


def error_for(error: HTTPException | RequestValidationError, scope: Scope) -> AppError:
    """Return our error for an exception that the framework raised."""
    if isinstance(error, RequestValidationError):
        return invalid_request(error)
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        routes = [each for each in scope["app"].routes if isinstance(each, Route)]
        named = (each.methods or () for each in routes if each.path == scope["path"])
        # No route means the mounted files, which are only read.
        return MethodNotAllowedError(set().union(*named) or {"GET", "HEAD"})
    return error_for_status(error.status_code)


def error_for_status(status: int) -> AppError:
    """Return our error for a status that comes from the framework."""
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return AppError(f"status {status}")
    known = {404: NotFoundError, 405: MethodNotAllowedError}
    return known[status]() if status in known else HttpError(status)


def invalid_request(
    error: ValidationError | RequestValidationError, in_body: Container[str] = ("body",)
) -> InvalidRequestError:
    """Return our error for what pydantic refused; `in_body` has the places that are of a body."""
    entries = error.errors()[:MAX_ENTRIES]
    return InvalidRequestError(
        *(_bad_parameter(entry, is_in_body=entry["loc"][0] in in_body) for entry in entries)
    )


def _bad_parameter(entry: Any, *, is_in_body: bool) -> ParameterProblem:
    name, kind, context = str(entry["loc"][-1]), entry["type"], entry.get("ctx", {})
    told = context.get("allowed") or context.get("expected")
    if is_in_body:
        # What came is not repeated: it may be a credential.
        allowed = told or ALLOWED_IN_BODY.get(kind, "as the description of the API says")
        return bad_parameter(name, allowed.format(**context), "something else")
    if kind == "extra_forbidden":
        return bad_parameter(name, "absent: it is no parameter of this path", entry["input"])
    return bad_parameter(name, told or entry["msg"], entry["input"])


def log_failure(error: AppError, request_id: str) -> None:
    """Log why the service failed a caller; what callers do wrong is on the access line."""
    if error.log_level is None:
        return
    hint = ": check ASSEMBLYAI_API_KEY and the account" if error.log_level == logging.ERROR else ""
    extra = {"request_id": request_id, "code": error.code}
    logger.log(error.log_level, "%s%s; %s", error.code, hint, causes(error), extra=extra)
