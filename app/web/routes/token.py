"""`GET` and `POST /api/voice-token`: a fresh token for whoever may have one."""

import re
from collections.abc import Iterator
from functools import lru_cache
from http import HTTPMethod
from typing import Annotated, Any, Final, Literal
from urllib.parse import parse_qs, parse_qsl

import orjson
from fastapi import Request
from fastapi.routing import APIRoute
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, create_model
from pydantic_core import PydanticCustomError
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from app.access.credentials import Caller
from app.config.settings import Settings
from app.errors import AppError, InvalidRequestError, RateLimitedError, bad_parameter
from app.tokens.service import MINT_PATH, CallerGoneError, VoiceTokenAnswer
from app.web.middleware.request_context import context_of
from app.web.problem_details import MAX_ENTRIES, invalid_request
from app.web.routes.body import BODY_ERRORS, described, read_object
from app.web.routes.schemas import (
    MAX_RECEIPT_CHARACTERS,
    TOKEN_ERRORS,
    problem_responses,
)
from app.web.services import Services

# What int() takes besides (signs, spaces, underscores, other scripts' digits) is refused, so that
# what a log or a proxy's rule reads is what is meant.
DECIMAL: Final = re.compile(r"0|[1-9][0-9]{0,8}", re.ASCII)


class TokenParameters(BaseModel):
    """What a caller may ask, and what callers written for other token routes send along."""

    model_config = ConfigDict(extra="forbid")

    expires_in_seconds: int
    max_session_duration_seconds: int
    # Source: AssemblyAI documentation, temporary tokens, November 2026: the product of the token.
    product: Literal["voice_agent"] = Field(
        default="voice_agent", description="The one product there is; may be left out."
    )
    receipt: str = Field(
        default="",
        max_length=MAX_RECEIPT_CHARACTERS,
        description="Of the token before, where a lost call goes on: it counts as that call.",
    )
    cache_buster: str = Field(
        default="", alias="_", description="Ignored: keeps caches from answering; may be left out."
    )


class ReadyResponseRoute(APIRoute):
    """A route whose endpoint takes the request and makes a ready response.

    FastAPI documents it like any other. There is nothing that it would have to solve, validate or
    serialise, which takes longer than all the rest of a token (measured).
    """

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request; other methods are refused as by any route."""
        if scope["method"] not in (self.methods or ()):
            await super().handle(scope, receive, send)
            return
        response = await self.endpoint(Request(scope, receive, send))
        if response is not None:  # None: nobody is there to take one
            await response(scope, receive, send)


def token_routes(settings: Settings, services: Services) -> Iterator[APIRoute]:
    """Yield the routes, with the operator's defaults and ceilings."""
    model = parameters_model(settings)

    # What is asked is mostly the same. Refusals are not kept; the longest query has 32 KB.
    @lru_cache(maxsize=64)
    def read(query: bytes) -> TokenParameters:
        return read_parameters(query, {}, model)

    async def voice_token(request: Request) -> Response | None:
        """Mint a fresh token for one WebSocket; fetch a new one for each connect and resume."""
        caller = await admit(request, services)
        query = request.scope["query_string"]
        body = await read_object(request) if request.method == HTTPMethod.POST else None
        asked = read_parameters(query, body, model) if body else read(query)
        try:
            answer, fields = await services.tokens.mint(
                caller,
                expires_in_seconds=asked.expires_in_seconds,
                max_session_duration_seconds=asked.max_session_duration_seconds,
                receipt=asked.receipt,
                is_gone=lambda: has_hung_up(request.receive),
            )
        except CallerGoneError:
            return None
        response = Response(orjson.dumps(answer), media_type="application/json")
        response.raw_headers += fields
        return response

    def route(method: str, *errors: AppError, **described: Any) -> APIRoute:
        return ReadyResponseRoute(
            MINT_PATH,
            voice_token,
            methods=[method],
            tags=["API"],
            response_model=VoiceTokenAnswer,
            responses=problem_responses(*TOKEN_ERRORS, *errors),
            **described,
        )

    schema = model.model_json_schema()
    schema["examples"] = [read(b"").model_dump(exclude={"product", "receipt", "cache_buster"})]
    parameters = [
        {
            "name": name,
            "in": "query",
            "required": False,
            "description": member["description"],
            "schema": member,
        }
        for name, member in schema["properties"].items()
    ]
    yield route(
        "GET",
        operation_id="voice_token",
        summary="Mint a token",
        openapi_extra={"parameters": parameters},
    )
    yield route(
        "POST",
        *BODY_ERRORS,
        operation_id="post_voice_token",
        summary="Mint a token by POST",
        # What a generated client is told of twice, it sends twice, which is refused.
        description="The same as GET. A parameter may stand in the query instead of the body.",
        openapi_extra=described(schema, required=False),
    )


def has_hung_up(receive: Receive) -> bool:
    """Tell whether the caller is gone, by one look and without waiting.

    Starlette's own way, a scope that is cancelled, takes 30 to 40 µs of a token's 240 (measured).
    """
    looking = receive().__await__()
    try:
        next(looking)
    except StopIteration as seen:
        return bool(seen.value["type"] == "http.disconnect")
    looking.close()
    return False


async def admit(request: Request, services: Services) -> Caller:
    """Return who asks, if tokens are minted now and the caller may have one."""
    services.lifecycle.require_serving()
    services.kill_switch.require_minting()
    context = context_of(request.scope)
    try:
        context.caller = await services.access.authenticator.authenticate(
            services.credentials(request.scope)
        )
    except RateLimitedError:
        raise
    except AppError as error:
        # The text of an error is our own word for what happened, out of a fixed set.
        services.metrics.access_refusals.count(str(error))
        raise
    return context.caller


def parameters_model(settings: Settings) -> type[TokenParameters]:
    """Return the model of the parameters, with the operator's bounds.

    Source: AssemblyAI documentation, `GET /v1/token`, September 2026: a token opens a session
    within 1 to 600 s, and a session lasts 60 to 10800 s.
    """
    return create_model(
        "TokenParameters",
        __base__=TokenParameters,
        expires_in_seconds=_seconds(1, 600, 60, "Seconds in which the token must open a session."),
        max_session_duration_seconds=_seconds(
            60,
            settings.longest_session_seconds,
            settings.default_session_duration_seconds,
            "Seconds after which the session ends.",
        ),
    )


def _seconds(low: int, high: int, default: int, description: str) -> Any:
    """Return the type and the field of a plain decimal, or a number, from `low` to `high`."""
    allowed = f"an integer from {low} to {high}"

    def read(value: Any) -> int:
        number = int(value) if isinstance(value, str) and DECIMAL.fullmatch(value) else value
        if type(number) is int and low <= number <= high:
            return number
        raise PydanticCustomError("whole_number", "must be {allowed}", {"allowed": allowed})

    field = Field(default=default, ge=low, le=high, description=description, examples=[default])
    return Annotated[int, BeforeValidator(read)], field


def read_parameters(
    query: bytes, body: dict[str, Any], model: type[TokenParameters]
) -> TokenParameters:
    """Return the checked parameters of query and body.

    Raises:
        InvalidRequestError: A parameter is out of range, malformed, unknown, repeated, or in both.
    """
    text = query.decode("latin-1")
    pairs = parse_qsl(text, keep_blank_values=True)
    values = dict(pairs)
    if len(values) < len(pairs):
        repeated = [
            bad_parameter(name, "a single value", received)
            for name, received in parse_qs(text, keep_blank_values=True).items()
            if len(received) > 1
        ]
        raise InvalidRequestError(*repeated[:MAX_ENTRIES])
    if twice := values.keys() & body.keys():
        raise InvalidRequestError(
            *(
                bad_parameter(name, "in the query or in the body, not in both", values[name])
                for name in sorted(twice)[:MAX_ENTRIES]
            )
        )
    try:
        return model.model_validate(values | body)
    except ValidationError as error:
        raise invalid_request(error, model, in_body=body.keys()) from None
