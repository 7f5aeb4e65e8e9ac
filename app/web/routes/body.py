"""Reads a small JSON body: of bounded size, in bounded time, and only if it says that it is one."""

from __future__ import annotations

import asyncio
import json
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from starlette.requests import ClientDisconnect

from app.errors import BodyError

if TYPE_CHECKING:
    from starlette.requests import Request

MAX_BYTES = 4096
SECONDS = 5.0
# What a route that reads one may answer, as its description lists it.
BODY_ERRORS = (
    BodyError(400, "The body broke off."),
    BodyError(408, "The body took too long."),
    BodyError(413, f"The body must have at most {MAX_BYTES} bytes."),
    BodyError(415, "The body must be JSON (application/json)."),
    BodyError(422, "The body is not JSON."),
)


def described(schema: dict[str, Any], example: dict[str, Any]) -> dict[str, Any]:
    """Return what the description of a route adds for a body of this JSON Schema."""
    content = {"application/json": {"schema": schema, "example": example}}
    return {"requestBody": {"required": True, "content": content}}


async def read_json(
    request: Request, *, max_bytes: int = MAX_BYTES, seconds: float | None = None
) -> Any:
    """Return the decoded body.

    The media type is asked for because a foreign page's form cannot have it: with it, a browser
    asks first (a preflight), and `OriginGuard` refuses.

    Raises:
        BodyError: 415 (no JSON by its type), 413 (too long), 408 (too slow) or 422 (no JSON);
            400 (it broke off).
    """
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/json":
        raise BodyError(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "The body must be JSON (application/json)."
        )
    content = bytearray()
    try:
        async with asyncio.timeout(SECONDS if seconds is None else seconds):
            async for chunk in request.stream():
                content += chunk
                if len(content) > max_bytes:
                    raise BodyError(
                        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                        f"The body must have at most {max_bytes} bytes.",
                    )
    except ClientDisconnect:
        raise BodyError(HTTPStatus.BAD_REQUEST, "The body broke off.") from None
    except TimeoutError:
        raise BodyError(HTTPStatus.REQUEST_TIMEOUT, "The body took too long.") from None
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        raise BodyError(HTTPStatus.UNPROCESSABLE_ENTITY, "The body is not JSON.") from None
