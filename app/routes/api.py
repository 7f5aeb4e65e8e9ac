"""The API: a token for whoever may have one, and the agents that it is for."""

import re
from collections import Counter
from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from app.agents import Agents
from app.errors import InvalidRequestError, bad_parameter
from app.routes.dependencies import TokenServiceDep
from app.routes.schemas import TOKEN_ERRORS, AgentsAnswer, VoiceTokenAnswer, problem_responses
from app.tokens import TokenPolicy

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
        )
        max_session_duration_seconds: Annotated[int, BeforeValidator(whole_number(*talk))] = Field(
            default=policy.default_session_duration_seconds,
            ge=talk[0],
            le=talk[1],
            description="Seconds after which the session ends.",
        )

    @router.get(
        "/voice-token",
        summary="Mint a token",
        operation_id="voice_token",
        response_model=VoiceTokenAnswer,
        responses=problem_responses(*TOKEN_ERRORS),
    )
    async def voice_token(
        request: Request,
        query: Annotated[VoiceTokenQuery, Query()],
        tokens: TokenServiceDep,
    ) -> JSONResponse:
        """Mint a fresh token for one WebSocket; fetch a new one for each connect and resume."""
        refuse_repeated(request)
        token = await tokens.mint(
            expires_in_seconds=query.expires_in_seconds,
            max_session_duration_seconds=query.max_session_duration_seconds,
        )
        return JSONResponse(
            {
                "token": token.token,
                "expires_in_seconds": token.expires_in_seconds,
                "max_session_duration_seconds": token.max_session_duration_seconds,
                "ws_url": token.ws_url,
            }
        )

    public = agents.public()

    @router.get(
        "/agents", summary="List the agents", operation_id="agents", response_model=AgentsAnswer
    )
    async def list_agents() -> JSONResponse:
        """Return the configured agents, as a page needs them."""
        return JSONResponse(public)

    return router


def refuse_repeated(request: Request) -> None:
    """Raise `InvalidRequestError` if a parameter came more than once: which one was meant?"""
    query = request.query_params
    counts = Counter(name for name, _ in query.multi_items())
    repeated = [name for name, count in counts.items() if count > 1]
    if repeated:
        allowed = "a single value"
        entries = [bad_parameter(name, allowed, query.getlist(name)) for name in repeated[:16]]
        raise InvalidRequestError(*entries)
