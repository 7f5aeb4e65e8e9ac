"""Bodies of JSON: of bounded size, in bounded time, and only if they say that they are JSON."""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

import orjson
from fastapi import Request
from fastapi.routing import APIRoute
from starlette.requests import ClientDisconnect

from app.errors import InvalidRequestError, UnreadError, bad_parameter

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from starlette.responses import Response
    from starlette.types import Scope

MAX_BYTES: Final = 4096
SECONDS = 5.0
SENTENCES: Final = {
    HTTPStatus.BAD_REQUEST: "The body broke off.",
    HTTPStatus.REQUEST_TIMEOUT: "The body took too long.",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: f"The body must have at most {MAX_BYTES} bytes.",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "The body must be JSON (application/json).",
    HTTPStatus.UNPROCESSABLE_ENTITY: "The body is not JSON.",
}
# What a route that takes one may answer, as its description lists it.
BODY_ERRORS: Final = tuple(UnreadError(*each) for each in SENTENCES.items())


class JsonBodyRoute(APIRoute):
    """A route that reads its body within bounds before FastAPI validates it."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the handler of a route, which reads first if the route takes a body."""
        handle = super().get_route_handler()
        if self.body_field is None:
            return handle

        async def read_and_handle(request: Request) -> Response:
            return await handle(_ReadRequest(request.scope, *await read_body(request)))

        return read_and_handle


class _ReadRequest(Request):
    """A request whose body has been read; asking for it again is how FastAPI gets it."""

    def __init__(self, scope: Scope, content: bytes, value: Any) -> None:
        super().__init__(scope)
        self._content = content
        self._value = value

    async def body(self) -> bytes:
        return self._content

    async def json(self) -> Any:
        return self._value


async def read_body(request: Request) -> tuple[bytes, Any]:
    """Return a body that is JSON and says so, and its value.

    The media type is asked for because a foreign page's form cannot have it: with it, a browser
    asks first (a preflight), and `CorsMiddleware` refuses.

    Raises:
        UnreadError: 415 (no JSON by its type), 413 (too long), 408 (too slow), 400 (it broke off)
            or 422 (no JSON).
    """
    _require_json(request)
    content = await _content(request)
    return content, _value(content)


async def read_object(request: Request) -> dict[str, Any]:
    """Return the members of a body that is a JSON object and says so; none if it is empty.

    Raises:
        UnreadError: As from `read_body`.
        InvalidRequestError: It is JSON, but no object.
    """
    content = await _content(request)
    if not content:
        return {}
    _require_json(request)
    value = _value(content)
    if not isinstance(value, dict):
        raise InvalidRequestError(bad_parameter("body", "an object", "something else"))
    return value


def _require_json(request: Request) -> None:
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/json":
        raise refusal(HTTPStatus.UNSUPPORTED_MEDIA_TYPE)


async def _content(request: Request) -> bytes:
    content = bytearray()
    try:
        async with asyncio.timeout(SECONDS):
            async for chunk in request.stream():
                content += chunk
                if len(content) > MAX_BYTES:
                    raise refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    except ClientDisconnect:
        raise refusal(HTTPStatus.BAD_REQUEST) from None
    except TimeoutError:
        raise refusal(HTTPStatus.REQUEST_TIMEOUT) from None
    return bytes(content)


def _value(content: bytes) -> Any:
    # Unlike json, orjson refuses half a surrogate pair, which no answer could name.
    try:
        return orjson.loads(content)
    except orjson.JSONDecodeError:
        raise refusal(HTTPStatus.UNPROCESSABLE_ENTITY) from None


def refusal(status: HTTPStatus) -> UnreadError:
    """Return the refusal of a body."""
    return UnreadError(status, SENTENCES[status])
