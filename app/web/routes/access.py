"""`/api/access`: what the page asks before a call, and where it brings an access code."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, cast

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from app.access.codes import MAX_CODE_CHARACTERS
from app.access.control import Access
from app.access.refusals import no_origin, not_valid
from app.errors import (
    AppError,
    ForbiddenError,
    InvalidRequestError,
    OriginNotAllowedError,
    RateLimitedError,
    StoppedError,
    bad_parameter,
)
from app.web.routes.body import BODY_ERRORS, described, read_json
from app.web.routes.schemas import AccessAnswer, problem_responses

if TYPE_CHECKING:
    from app.access.authenticators import CodeDoor

CODE = {
    "type": "object",
    "required": ["code"],
    "additionalProperties": False,
    "properties": {"code": {"type": "string", "minLength": 1, "maxLength": MAX_CODE_CHARACTERS}},
}
ALLOWED = f"text of 1 to {MAX_CODE_CHARACTERS} characters"
ENTER_ERRORS: tuple[AppError, ...] = (
    not_valid("code", "This access code is not right."),
    OriginNotAllowedError(),
    ForbiddenError(),
    *BODY_ERRORS,
    InvalidRequestError(bad_parameter("code", ALLOWED, "")),
    RateLimitedError(retry_after_seconds=60),
)


async def _access(request: Request) -> Access:
    return cast("Access", request.app.state.access)


AccessDep = Annotated[Access, Depends(_access)]


def access_router(access: Access) -> APIRouter:
    """Return the routes: asking is possible in every mode, entering only where there are codes."""
    router = APIRouter(prefix="/api", tags=["API"])

    @router.get(
        "/access",
        summary="May this page mint",
        operation_id="access",
        response_model=AccessAnswer,
        responses=problem_responses(OriginNotAllowedError(), StoppedError(retry_after_seconds=3)),
    )
    async def read_access(request: Request, access: AccessDep) -> JSONResponse:
        """Return the mode, and whether what came along is good for it."""
        granted = await access.granted(request.scope)
        return JSONResponse({"mode": access.mode, "granted": granted})

    methods = ["GET"]
    if access.code_door is not None:
        _add_entering(router, access.code_door)
        methods = ["DELETE", "GET", "POST"]
    allow = ", ".join(methods)

    async def refuse(_: Request) -> Response:
        raise HTTPException(405, headers={"Allow": allow})

    others = {"DELETE", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE"} - set(methods)
    router.add_api_route("/access", refuse, methods=sorted(others), include_in_schema=False)
    return router


def _add_entering(router: APIRouter, door: CodeDoor) -> None:
    @router.post(
        "/access",
        summary="Enter an access code",
        operation_id="enter",
        status_code=204,
        response_class=Response,
        openapi_extra=described(CODE, {"code": "linden-harbour-42"}),
        responses=problem_responses(*ENTER_ERRORS),
    )
    async def enter(request: Request, access: AccessDep) -> Response:
        """Exchange a code for a cookie that lasts 30 days, or until the code is withdrawn."""
        approach = access.approach(request.scope)
        if not approach.has_page:
            raise no_origin()
        code = _code(await read_json(request))
        return Response(status_code=204, headers={"Set-Cookie": await door.enter(approach, code)})

    @router.delete(
        "/access",
        summary="Forget the access code",
        operation_id="leave",
        status_code=204,
        response_class=Response,
        responses=problem_responses(OriginNotAllowedError(), ForbiddenError()),
    )
    async def leave(request: Request, access: AccessDep) -> Response:
        """Take the cookie back."""
        if not access.approach(request.scope).has_page:
            raise no_origin()
        return Response(status_code=204, headers={"Set-Cookie": door.leave(request.scope)})


def _code(body: Any) -> str:
    """Return the code in a body; what is refused is never repeated, as it may be a code."""
    match body:
        case {"code": str(code)} if len(body) == 1 and 0 < len(code) <= MAX_CODE_CHARACTERS:
            return code
    raise InvalidRequestError(bad_parameter("code", ALLOWED, "a body that has no such code"))
