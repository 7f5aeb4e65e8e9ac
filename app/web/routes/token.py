"""The API: a token for whoever may have one, and the agents that it is for."""

import re
from collections import Counter
from collections.abc import Callable
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError
from starlette.datastructures import URLPath
from starlette.responses import Response
from starlette.routing import BaseRoute, Match, NoMatchFound
from starlette.types import Receive, Scope, Send

from app.config.agents import Agents
from app.errors import InvalidRequestError, OriginNotAllowedError, bad_parameter
from app.tokens.service import MINT_PATH, TokenPolicy
from app.web.routes.dependencies import token_service
from app.web.routes.schemas import TOKEN_ERRORS, AgentsAnswer, VoiceTokenAnswer, problem_responses

JSON = "application/json"
JSON_FIELD = (b"content-type", JSON.encode())
# What int() takes besides (signs, spaces, underscores, other scripts' digits) is refused, so that
# what a log or a proxy's rule reads is what is meant.
DECIMAL = re.compile(r"0|[1-9][0-9]{0,8}", re.ASCII)


def whole_number(low: int, high: int) -> Callable[[Any], int]:
    """Return the reader of a query parameter that is a plain decimal from `low` to `high`."""
    allowed = f"an integer from {low} to {high}"

    def read(value: Any) -> int:
        if isinstance(value, str) and DECIMAL.fullmatch(value) and low <= int(value) <= high:
            return int(value)
        raise PydanticCustomError("whole_number", "must be {allowed}", {"allowed": allowed})

    return read


def api_router(policy: TokenPolicy, agents: Agents) -> APIRouter:
    """Return the routes below `/api`, with the operator's defaults and ceilings."""
    router = APIRouter(prefix="/api", tags=["API"])
    redeem = (policy.min_expires_in_seconds, policy.max_expires_in_seconds)
    talk = (policy.min_session_duration_seconds, policy.max_session_duration_seconds)

    class VoiceTokenQuery(BaseModel):
        model_config = ConfigDict(extra="forbid")

        expires_in_seconds: Annotated[int, BeforeValidator(whole_number(*redeem))] = Field(
            default=policy.default_expires_in_seconds,
            ge=redeem[0],
            le=redeem[1],
            description="Seconds in which the token must open a session.",
            examples=[policy.default_expires_in_seconds],
        )
        max_session_duration_seconds: Annotated[int, BeforeValidator(whole_number(*talk))] = Field(
            default=policy.default_session_duration_seconds,
            ge=talk[0],
            le=talk[1],
            description="Seconds after which the session ends.",
            examples=[policy.default_session_duration_seconds],
        )

    @router.get(
        "/voice-token",
        summary="Mint a token",
        operation_id="voice_token",
        response_model=VoiceTokenAnswer,
        responses=problem_responses(*TOKEN_ERRORS),
    )
    async def voice_token(request: Request, query: Annotated[VoiceTokenQuery, Query()]) -> Response:
        """Mint a fresh token for one WebSocket; fetch a new one for each connect and resume."""
        refuse_repeated(request)
        body = await _mint(
            request.scope, query.expires_in_seconds, query.max_session_duration_seconds
        )
        return Response(body, media_type=JSON)

    public = agents.public()

    @router.get(
        "/agents",
        summary="List the agents",
        operation_id="agents",
        response_model=AgentsAnswer,
        responses=problem_responses(OriginNotAllowedError()),
    )
    async def list_agents() -> JSONResponse:
        """Return the configured agents, as a page needs them."""
        return JSONResponse(public)

    return router


class PlainTokenRoute(BaseRoute):
    """The token route for a request without a query, as nearly all are: the defaults are valid.

    FastAPI's own way to a route takes nearly as long as all the rest of a token (measured). The
    documented route stands behind this one and takes what has a query.
    """

    path = MINT_PATH

    def __init__(self, policy: TokenPolicy) -> None:
        self._expires_in_seconds = policy.default_expires_in_seconds
        self._session_seconds = policy.default_session_duration_seconds

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Take a GET of this very path without a query, and leave all else to the others."""
        is_plain = (
            scope["path"] == self.path
            and scope["type"] == "http"
            and scope["method"] == "GET"
            and not scope["query_string"]
        )
        return (Match.FULL if is_plain else Match.NONE), {}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        """Answer with a token; what goes wrong is answered above, as for every route."""
        body = await _mint(scope, self._expires_in_seconds, self._session_seconds)
        headers = [(b"content-length", b"%d" % len(body)), JSON_FIELD]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    def url_path_for(self, name: str, /, **path_params: Any) -> URLPath:
        """Leave names to the documented route."""
        raise NoMatchFound(name, path_params)


async def _mint(scope: Scope, expires_in_seconds: int, session_seconds: int) -> bytes:
    """Return the answer with a fresh token, as JSON."""
    state = scope["state"]
    token = await token_service(scope).mint(
        state["caller"],
        note=state["limit_states"].extend,
        expires_in_seconds=expires_in_seconds,
        max_session_duration_seconds=session_seconds,
    )
    return orjson.dumps(token)  # its fields are those of `VoiceTokenAnswer`


def refuse_repeated(request: Request) -> None:
    """Raise `InvalidRequestError` if a parameter came more than once: which one was meant?"""
    query = request.query_params
    counts = Counter(name for name, _ in query.multi_items())
    repeated = [name for name, count in counts.items() if count > 1]
    if repeated:
        allowed = "a single value"
        entries = [bad_parameter(name, allowed, query.getlist(name)) for name in repeated[:16]]
        raise InvalidRequestError(*entries)
