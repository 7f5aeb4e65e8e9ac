"""`POST /api/session-ends`: a page says that a session is over, so that unused time comes back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from app.errors import AppError, InvalidRequestError, OriginNotAllowedError, bad_parameter
from app.upstream.client import SESSION_ID
from app.web.routes.body import BODY_ERRORS, described, read_json
from app.web.routes.schemas import SessionEndAnswer, problem_responses

if TYPE_CHECKING:
    from app.usage.receipts import Receipts
    from app.usage.settlement import Settlement

MAX_RECEIPT_CHARACTERS = 200
ALLOWED_ID = "text of 1 to 128 letters, digits, `-` and `_`"
ALLOWED_RECEIPT = f"text of 1 to {MAX_RECEIPT_CHARACTERS} characters"
END = {
    "type": "object",
    "required": ["receipt", "session_id"],
    "additionalProperties": False,
    "properties": {
        "receipt": {"type": "string", "minLength": 1, "maxLength": MAX_RECEIPT_CHARACTERS},
        "session_id": {"type": "string", "pattern": "^[A-Za-z0-9_-]{1,128}$"},
    },
}
ERRORS: tuple[AppError, ...] = (
    OriginNotAllowedError(),
    *BODY_ERRORS,
    InvalidRequestError(bad_parameter("receipt", ALLOWED_RECEIPT, "")),
)

router = APIRouter(prefix="/api", tags=["API"])


@router.post(
    "/session-ends",
    summary="Report the end of a session",
    operation_id="session_end",
    status_code=202,
    response_model=SessionEndAnswer,
    openapi_extra=described(END, {"session_id": "sess_7d1f", "receipt": "IjFkM2Y5..."}),
    responses=problem_responses(*ERRORS),
)
async def session_end(request: Request) -> JSONResponse:
    """Look into it later, and give back the time that the session provably did not use.

    The answer is the same whatever is known of the receipt and of the session: it tells nothing.
    """
    session_id, receipt = _read(await read_json(request))
    state = request.app.state
    grant_id = cast("Receipts", state.receipts).read(receipt)
    if grant_id is not None:
        cast("Settlement", state.returns).report(grant_id, session_id)
    return JSONResponse({"status": "accepted"}, status_code=202)


def _read(body: Any) -> tuple[str, str]:
    match body:
        case {"session_id": session_id, "receipt": receipt} if len(body) == 2:  # noqa: PLR2004
            pass
        case _:
            raise InvalidRequestError(
                bad_parameter("session_id", ALLOWED_ID, "a body without these two fields only")
            )
    if not isinstance(session_id, str) or not SESSION_ID.fullmatch(session_id):
        raise InvalidRequestError(bad_parameter("session_id", ALLOWED_ID, "something else"))
    if not isinstance(receipt, str) or not 0 < len(receipt) <= MAX_RECEIPT_CHARACTERS:
        raise InvalidRequestError(bad_parameter("receipt", ALLOWED_RECEIPT, "something else"))
    return session_id, receipt
