"""Bodies of JSON and of forms: bounded in size and time, and only if they say what they are."""

import asyncio
from http import HTTPStatus
from typing import Any, Final, TypeVar
from urllib.parse import parse_qsl

import orjson
from fastapi import Request
from pydantic import BaseModel, ValidationError
from starlette.requests import ClientDisconnect

from app.errors import InvalidRequestError, UnreadError, bad_parameter
from app.web.problem_details import invalid_request, what_came

FORM_TYPE: Final = "application/x-www-form-urlencoded"
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

Model = TypeVar("Model", bound=BaseModel)


async def read_model(request: Request, model: type[Model]) -> Model:
    """Return a body as a model.

    Raises:
        UnreadError: As `read_object` raises it.
        InvalidRequestError: It is no such object.
    """
    members = await read_object(request)
    try:
        return model.model_validate(members)
    except ValidationError as error:
        names = members.keys() | model.model_fields.keys()
        raise invalid_request(error, model, in_body=names) from None


def described(schema: dict[str, Any], *, required: bool = True) -> dict[str, Any]:
    """Return how the API's description shows a body of JSON."""
    content = {"application/json": {"schema": schema}}
    return {"requestBody": {"content": content, "required": required}}


async def read_object(request: Request) -> dict[str, Any]:
    """Return the members of a body that is a JSON object and says so; none if it is empty.

    Raises:
        UnreadError: As `read_bytes` raises it; 415 (no JSON by its type) or 422 (no JSON).
        InvalidRequestError: It is JSON, but no object.
    """
    content = await read_bytes(request)
    if not content:
        return {}
    # A foreign page's form cannot have this type: for that a browser asks first (a preflight), and
    # `CorsMiddleware` refuses.
    if _media_type(request) != "application/json":
        raise refusal(HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
    # Unlike json, orjson refuses half a surrogate pair, which no answer could name.
    try:
        value = orjson.loads(content)
    except orjson.JSONDecodeError:
        raise refusal(HTTPStatus.UNPROCESSABLE_ENTITY) from None
    if not isinstance(value, dict):
        raise InvalidRequestError(bad_parameter("body", "an object", what_came(value)))
    return value


async def read_form(request: Request) -> dict[str, str]:
    """Return the fields of a body as forms send it; none if it is empty.

    Raises:
        UnreadError: As `read_bytes` raises it; 415 (no form by its type).
    """
    content = await read_bytes(request)
    if content and _media_type(request) != FORM_TYPE:
        sentence = f"The body must be a form ({FORM_TYPE})."
        raise UnreadError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, sentence)
    return dict(parse_qsl(content.decode("utf-8", "replace")))


def _media_type(request: Request) -> str:
    """Return what a body says that it is."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


async def read_bytes(request: Request, max_bytes: int = MAX_BYTES) -> bytes:
    """Return a body as it came.

    Raises:
        UnreadError: 413 (too long), 408 (too slow) or 400 (it broke off).
    """
    content = bytearray()
    try:
        async with asyncio.timeout(SECONDS):
            async for chunk in request.stream():
                content += chunk
                if len(content) > max_bytes:
                    too_long = f"The body must have at most {max_bytes} bytes."
                    raise UnreadError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, too_long)
    except ClientDisconnect:
        raise refusal(HTTPStatus.BAD_REQUEST) from None
    except TimeoutError:
        raise refusal(HTTPStatus.REQUEST_TIMEOUT) from None
    return bytes(content)


def refusal(status: HTTPStatus) -> UnreadError:
    """Return the refusal of a body."""
    return UnreadError(status, SENTENCES[status])
