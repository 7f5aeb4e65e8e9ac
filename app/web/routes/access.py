"""`/api/access`: what the page asks before a call, and where it brings an access code."""

from typing import Annotated

from fastapi import APIRouter, Depends, Response

from app.access.authenticators import CodeAuthenticator
from app.access.codes import MAX_CODE_CHARACTERS
from app.access.control import Access
from app.access.credentials import RequestCredentials, not_valid
from app.errors import (
    AppError,
    ForbiddenError,
    InvalidRequestError,
    OriginNotAllowedError,
    RateLimitedError,
    StoppedError,
    bad_parameter,
)
from app.web.routes.body import BODY_ERRORS, described, reader
from app.web.routes.schemas import AccessAnswer, AccessCode, problem_responses
from app.web.services import CredentialsDep, ServicesDep

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


async def _of_page(credentials: CredentialsDep) -> RequestCredentials:
    if not credentials.is_from_page:
        raise ForbiddenError(
            "origin",
            detail="Only pages enter an access code: a program sends it as its bearer token.",
        )
    return credentials


AccessCodeDep = Annotated[AccessCode, Depends(reader(AccessCode))]
PageCredentialsDep = Annotated[RequestCredentials, Depends(_of_page)]


def access_router(access: Access) -> APIRouter:
    """Return the routes: asking is possible in every mode, entering only where there are codes."""
    router = APIRouter(prefix="/api", tags=["API"])

    @router.get(
        "/access",
        summary="May this page mint",
        operation_id="access",
        responses=problem_responses(OriginNotAllowedError(), StoppedError(retry_after_seconds=3)),
    )
    async def read_access(services: ServicesDep, credentials: CredentialsDep) -> AccessAnswer:
        """Return the mode, and whether what came along is good for it."""
        granted = await services.access.authenticator.accepts(credentials)
        return AccessAnswer(mode=services.access.mode, granted=granted)

    if access.code_authenticator is not None:
        _add_entering(router, access.code_authenticator)
    return router


def _add_entering(router: APIRouter, authenticator: CodeAuthenticator) -> None:
    @router.post(
        "/access",
        summary="Enter an access code",
        operation_id="enter",
        status_code=204,
        response_class=Response,
        responses=problem_responses(*ENTER_ERRORS),
        openapi_extra=described(AccessCode.model_json_schema()),
    )
    async def enter(credentials: PageCredentialsDep, body: AccessCodeDep) -> Response:
        """Exchange a code for a cookie that lasts 30 days, or until the code is withdrawn."""
        cookie = await authenticator.enter(credentials, body.code)
        return Response(status_code=204, headers={"Set-Cookie": cookie})

    @router.delete(
        "/access",
        summary="Forget the access code",
        operation_id="leave",
        status_code=204,
        response_class=Response,
        responses=problem_responses(OriginNotAllowedError(), ForbiddenError()),
    )
    async def leave(credentials: PageCredentialsDep) -> Response:
        """Take the cookie back."""
        cookie = authenticator.leave(credentials.scope)
        return Response(status_code=204, headers={"Set-Cookie": cookie})
