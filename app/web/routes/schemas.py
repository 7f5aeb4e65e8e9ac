"""The shapes of the HTTP API, as its description shows them."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from app import errors
from app.access.authenticators import MAX_CODE_CHARACTERS
from app.config.agents import NAME, Agent
from app.errors import AppError, ParameterProblem, bad_parameter
from app.upstream.responses import SESSION_ID
from app.web.problem_details import MEDIA_TYPE, problem

MAX_RECEIPT_CHARACTERS = 200
MAX_COMMENT_CHARACTERS = 500


def like(example: dict[str, Any]) -> ConfigDict:
    """Return what shows an example of a model in the description."""
    return ConfigDict(json_schema_extra={"examples": [example]})


class AccessCode(BaseModel):
    """The access code that a visitor typed."""

    model_config = like({"code": "linden-harbour-42"}) | ConfigDict(extra="forbid")

    code: str = Field(min_length=1, max_length=MAX_CODE_CHARACTERS)


class SessionEnd(BaseModel):
    """A session that is over, or a token that stays unused."""

    model_config = like({"session_id": "sess_7d1f", "receipt": "IjFkM2Y5..."}) | ConfigDict(
        extra="forbid"
    )

    receipt: str = Field(
        min_length=1, max_length=MAX_RECEIPT_CHARACTERS, description="What came with the token."
    )
    session_id: str | None = Field(
        default=None,
        pattern=f"^{SESSION_ID.pattern}$",
        description="The session that the token opened; without `unused`.",
    )
    unused: Literal[True] | None = Field(
        default=None, description="That it opened none, and will not; without `session_id`."
    )


class Feedback(BaseModel):
    """How a call was, by whoever made it."""

    model_config = like(
        {
            "rating": "up",
            "comment": "Quick, and kind.",
            "agent": "assistant",
            "duration_seconds": 93,
        }
    ) | ConfigDict(extra="forbid")

    rating: Literal["up", "down"]
    comment: str = Field(default="", max_length=MAX_COMMENT_CHARACTERS)
    agent: str = Field(pattern=f"^{NAME.pattern}$", description="Its name, as in the list.")
    duration_seconds: int = Field(ge=0, le=86_400, description="How long the call was.")


class SessionEndAnswer(BaseModel):
    """The end will be looked into; nothing is told of what is known."""

    model_config = like({"status": "accepted"})

    status: Literal["accepted"]


class AgentEntry(BaseModel):
    """One agent that a page may offer."""

    name: str
    title: str
    description: str
    session: dict[str, Any] | None = Field(
        description="The `session` of the first `session.update`; null if the caller may not mint."
    )
    voices: list[str] = Field(description="Voices to offer; not a closed list.")
    editable: list[str] = Field(description="What a visitor may change of `session`.")
    idle_seconds: int = Field(
        description="Seconds of quiet after which a call asks whether anybody is there; 0: never."
    )


EXAMPLE = Agent(
    system_prompt="You are brief.",
    greeting="Hello!",
    voices=[],
    editable=["voice"],
    idle_seconds=180,
)


class AgentsAnswer(BaseModel):
    """The configured agents, without anything secret."""

    model_config = like(
        {
            "price_per_hour_usd": 4.5,
            "feedback": True,
            "voice_samples": {"alba": "https://www.example.com/voices/alba.mp3"},
            "default": "assistant",
            "agents": [EXAMPLE.public("assistant")],
        }
    )

    price_per_hour_usd: float | None = Field(
        description="What callers are told that an hour costs; null: nothing."
    )
    feedback: bool = Field(description="Whether `POST /api/feedback` is there.")
    voice_samples: dict[str, str] = Field(description="Where a recording of a voice is, by voice.")
    default: str
    agents: list[AgentEntry]


class AccessAnswer(BaseModel):
    """How access is controlled, and whether the page may mint as it is."""

    model_config = like({"mode": "code", "granted": False})

    mode: Literal["open", "code", "jwt"]
    granted: bool = Field(description="Whether a mint would be let in with the same credentials.")


class Health(BaseModel):
    """The state of this instance."""

    model_config = like({"status": "ok"})

    status: str


class Readiness(Health):
    """Whether this instance may be sent callers."""

    model_config = like({"status": "ready", "detail": "Today's minutes: what sessions used, …"})

    detail: str = Field(description="What the count of the day rests on.")


class Problem(BaseModel):
    """Problem details (RFC 9457), the body of every error on every path."""

    type: str = Field(description="Stable reference to the kind of problem.")
    title: str
    status: int
    detail: str = Field(description="One sentence for a person.")
    code: str = Field(description="Stable name of the kind of problem, for programs.")
    request_id: str = Field(description="Names the request in the service's log.")
    errors: list[ParameterProblem] | None = None


ACCESS_ERRORS: tuple[AppError, ...] = (
    errors.UnauthenticatedError(challenge='Bearer realm="voicegate"'),
    errors.OriginNotAllowedError(),
    errors.ForbiddenError(),
)
TOKEN_ERRORS: tuple[AppError, ...] = (
    *ACCESS_ERRORS,
    errors.InvalidRequestError(
        bad_parameter("expires_in_seconds", "an integer from 1 to 600", "601")
    ),
    errors.RateLimitedError(retry_after_seconds=29),
    errors.QuotaExhaustedError(retry_after_seconds=3600),
    errors.SessionsExhaustedError(retry_after_seconds=10),
    errors.UpstreamBusyError(retry_after_seconds=5),
    errors.UpstreamRejectedError(),
    errors.UpstreamUnavailableError(),
    errors.UpstreamUnreadableError(),
    errors.OverloadedError(retry_after_seconds=1),
    errors.AccountUnavailableError(),
    errors.StoppedError(retry_after_seconds=5),
    errors.DrainingError(retry_after_seconds=2),
    errors.UpstreamTimeoutError(),
)
# What every route may answer.
EVERYWHERE: tuple[AppError, ...] = (errors.MethodNotAllowedError(), AppError())


def problem_responses(*failures: AppError) -> dict[int | str, dict[str, Any]]:
    """Return the OpenAPI `responses` of a route that can fail in these ways, or as every one."""
    by_status: dict[int | str, list[AppError]] = {}
    for error in (*failures, *EVERYWHERE):
        by_status.setdefault(error.status, []).append(error)
    return {
        status: problem_description(*group) for status, group in sorted(by_status.items(), key=str)
    }


def problem_description(*failures: AppError) -> dict[str, Any]:
    """Return the OpenAPI response of problems with one status, with an example of each."""
    examples: dict[str, Any] = {}
    for error in failures:
        same = sum(name.startswith(error.code) for name in examples)
        name = f"{error.code}_{same + 1}" if same else error.code
        body = problem(error, "3f1c5a0e9b2d4c67")
        examples[name] = {"summary": body["title"], "value": body}
    response: dict[str, Any] = {
        "description": "; or ".join(f"`{error.code}`: {error.detail}" for error in failures),
        "content": {
            MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}, "examples": examples}
        },
    }
    if any(error.retry_after_seconds for error in failures):
        response["headers"] = {
            "Retry-After": {
                "description": "Seconds after which to ask again, where that is known.",
                "schema": {"type": "integer", "minimum": 1},
            }
        }
    return response
