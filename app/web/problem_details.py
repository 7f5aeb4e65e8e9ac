"""From the framework's exceptions and ours to answers; the log's one line for each failure."""

import json
import logging
from collections.abc import Container
from dataclasses import asdict
from http import HTTPStatus
from typing import Any, Final

from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError
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
    "string_type": "text",
    "string_unicode": "text",
    "string_too_short": "text of {min_length} or more characters",
    "string_too_long": "text of at most {max_length} characters",
    "string_pattern_mismatch": "text that matches {pattern}",
    "int_type": "an integer",
    "int_parsing": "an integer",
    "int_from_float": "an integer",
    "greater_than_equal": "a number of at least {ge}",
    "less_than_equal": "a number of at most {le}",
}
# What came may be repeated where a number was wanted.
OF_NUMBERS: Final = ("int_", "greater_than", "less_than", "whole_number")


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
        return error_for_status(HTTPStatus.UNPROCESSABLE_ENTITY)
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
    error: ValidationError, model: type[BaseModel], in_body: Container[str]
) -> InvalidRequestError:
    """Return our error for what a model refused.

    Args:
        error: Why.
        model: Which.
        in_body: The names that came in a body, or are missing there.
    """
    names = ", ".join(field.alias or name for name, field in model.model_fields.items())
    entries = error.errors()[:MAX_ENTRIES]
    return InvalidRequestError(
        *(_bad_parameter(entry, names, is_in_body=entry["loc"][0] in in_body) for entry in entries)
    )


def _bad_parameter(entry: Any, names: str, *, is_in_body: bool) -> ParameterProblem:
    name, kind, context = str(entry["loc"][-1]), entry["type"], entry.get("ctx", {})
    told = context.get("allowed") or context.get("expected")
    if kind == "extra_forbidden":
        told = f"absent: there are only {names}"
    elif kind == "literal_error" and told == "True":
        told = "true"
    if not is_in_body:
        return bad_parameter(name, told or entry["msg"], entry["input"])
    allowed = told or ALLOWED_IN_BODY.get(kind, "as the description of the API says")
    received = "nothing" if kind == "missing" else what_came(entry["input"])
    if received == "a number" and kind.startswith(OF_NUMBERS):
        received = str(entry["input"])
    return bad_parameter(name, allowed.format(**context), received)


def what_came(value: Any) -> str:
    """Return what a member of a body is, but not what it says: it may be a credential."""
    if isinstance(value, str):
        return f"{len(value)} characters"
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return "a list"
    return json.dumps(value) if value is None or isinstance(value, bool) else "a number"


def log_failure(error: AppError, request_id: str) -> None:
    """Log why the service failed a caller; what callers do wrong is on the access line."""
    if error.log_level is None:
        return
    hint = ": check ASSEMBLYAI_API_KEY and the account" if error.log_level == logging.ERROR else ""
    extra = {"request_id": request_id, "code": error.code}
    logger.log(error.log_level, "%s%s; %s", error.code, hint, causes(error), extra=extra)
