"""`/api/` but for the token: the agents, who may mint, access codes, and the ends of sessions."""

from typing import Final

from fastapi import APIRouter, Request, Response

from app.access.authenticators import MAX_CODE_CHARACTERS, CodeAuthenticator
from app.access.credentials import not_valid
from app.errors import (
    AppError,
    ForbiddenError,
    InvalidRequestError,
    OriginNotAllowedError,
    RateLimitedError,
    StoppedError,
    bad_parameter,
)
from app.web.feedback import FeedbackOutbox
from app.web.middleware.request_context import context_of
from app.web.routes.body import BODY_ERRORS, described, read_model
from app.web.routes.schemas import (
    ACCESS_ERRORS,
    MAX_RECEIPT_CHARACTERS,
    AccessAnswer,
    AccessCode,
    AgentsAnswer,
    Feedback,
    SessionEnd,
    SessionEndAnswer,
    problem_responses,
)
from app.web.services import Services

FEEDBACK_PATH: Final = "/api/feedback"
PAGES_ONLY: Final = "Only pages enter an access code: a program sends it as its bearer token."
END_ERRORS: tuple[AppError, ...] = (
    OriginNotAllowedError(),
    *BODY_ERRORS,
    InvalidRequestError(
        bad_parameter("receipt", f"text of at most {MAX_RECEIPT_CHARACTERS} characters", "")
    ),
)
ENTER_ERRORS: tuple[AppError, ...] = (
    not_valid("code", "This access code is not right."),
    OriginNotAllowedError(),
    ForbiddenError(),
    *BODY_ERRORS,
    InvalidRequestError(
        bad_parameter("code", f"text of at most {MAX_CODE_CHARACTERS} characters", "")
    ),
    RateLimitedError(retry_after_seconds=60),
)


def api_router(services: Services) -> APIRouter:
    """Return the routes; for codes and for feedback only where there is a use for them."""
    router = APIRouter(prefix="/api", tags=["API"])
    access, feedback = services.access, services.feedback
    public, whole = (
        AgentsAnswer.model_validate(
            services.agents.public(with_sessions=with_sessions, takes_feedback=feedback is not None)
        )
        for with_sessions in (False, True)
    )

    @router.get(
        "/agents",
        summary="List the agents",
        operation_id="agents",
        responses=problem_responses(OriginNotAllowedError()),
    )
    async def list_agents(request: Request) -> AgentsAnswer:
        """Return the configured agents; their sessions, prompts included, to whoever may mint."""
        if access.mode != "open":
            try:
                await access.authenticator.authenticate(services.credentials(request.scope))
            except AppError:
                return public
        return whole

    @router.post(
        "/session-ends",
        summary="Report the end of a session",
        operation_id="session_end",
        status_code=202,
        responses=problem_responses(*END_ERRORS),
        openapi_extra=described(SessionEnd.model_json_schema()),
    )
    async def session_end(request: Request) -> SessionEndAnswer:
        """Note it; what was not used comes back once the list of sessions says so.

        The answer is the same whatever is known of receipt and session: it tells nothing.
        """
        await _note_end(services, await read_model(request, SessionEnd))
        return SessionEndAnswer(status="accepted")

    @router.get(
        "/access",
        summary="May this page mint",
        operation_id="access",
        responses=problem_responses(OriginNotAllowedError(), StoppedError(retry_after_seconds=3)),
    )
    async def read_access(request: Request) -> AccessAnswer:
        """Return the mode, and whether what came along is good for it."""
        granted = await access.authenticator.accepts(services.credentials(request.scope))
        return AccessAnswer(mode=access.mode, granted=granted)

    if feedback is not None:
        _add_feedback_route(router, services, feedback)
    if access.code_authenticator is not None:
        _add_code_routes(router, services, access.code_authenticator)
    return router


def _add_code_routes(
    router: APIRouter, services: Services, authenticator: CodeAuthenticator
) -> None:
    @router.post(
        "/access",
        summary="Enter an access code",
        operation_id="enter",
        status_code=204,
        response_class=Response,
        responses=problem_responses(*ENTER_ERRORS),
        openapi_extra=described(AccessCode.model_json_schema()),
    )
    async def enter(request: Request) -> Response:
        """Exchange a code for a cookie that lasts 30 days, or until the code is withdrawn."""
        credentials = services.credentials(request.scope)
        credentials.require_page(PAGES_ONLY)
        entered = await read_model(request, AccessCode)
        cookie = await authenticator.enter(credentials, entered.code)
        return Response(status_code=204, headers={"Set-Cookie": cookie})

    @router.delete(
        "/access",
        summary="Forget the access code",
        operation_id="leave",
        status_code=204,
        response_class=Response,
        responses=problem_responses(OriginNotAllowedError(), ForbiddenError()),
    )
    async def leave(request: Request) -> Response:
        """Take the cookie back."""
        services.credentials(request.scope).require_page(PAGES_ONLY)
        cookie = authenticator.leave(request.scope)
        return Response(status_code=204, headers={"Set-Cookie": cookie})


def _add_feedback_route(router: APIRouter, services: Services, outbox: FeedbackOutbox) -> None:
    agents = services.agents.agents
    names = ", ".join(agents)

    @router.post(
        FEEDBACK_PATH.removeprefix("/api"),
        summary="Say how a call was",
        operation_id="feedback",
        status_code=204,
        response_class=Response,
        responses=problem_responses(
            *ACCESS_ERRORS,
            *BODY_ERRORS,
            InvalidRequestError(bad_parameter("rating", "'up' or 'down'", "")),
            RateLimitedError(retry_after_seconds=60),
        ),
        openapi_extra=described(Feedback.model_json_schema()),
    )
    async def give_feedback(request: Request) -> Response:
        """Take it; whether it reaches the operator is not waited for."""
        caller = await services.access.authenticator.authenticate(
            services.credentials(request.scope)
        )
        context_of(request.scope).caller = caller
        feedback = await read_model(request, Feedback)
        if feedback.agent not in agents:
            raise InvalidRequestError(bad_parameter("agent", f"one of {names}", feedback.agent))
        outbox.put(feedback.model_dump(), caller)
        return Response(status_code=204)


async def _note_end(services: Services, end: SessionEnd) -> None:
    if end.session_id is None and end.unused is None:
        raise InvalidRequestError(
            bad_parameter("session_id", "there, or `unused` in its place", "nothing")
        )
    if end.session_id is not None and end.unused is not None:
        raise InvalidRequestError(
            bad_parameter("unused", "absent where session_id is there", "true")
        )
    grant_id = services.receipts.read(end.receipt)
    if grant_id is None:
        return
    # A report more says nothing new, and would have the list read as often as it comes.
    if await services.accounting.quota.note_end(grant_id, end.session_id):
        services.wake_audit()
