"""`POST /api/session-ends`: a page says that a session is over, so that unused time is refunded."""

from typing import Annotated

from fastapi import APIRouter, Depends

from app.errors import AppError, InvalidRequestError, OriginNotAllowedError, bad_parameter
from app.web.routes.body import BODY_ERRORS, described, reader
from app.web.routes.schemas import (
    MAX_RECEIPT_CHARACTERS,
    SessionEnd,
    SessionEndAnswer,
    problem_responses,
)
from app.web.services import ServicesDep

ERRORS: tuple[AppError, ...] = (
    OriginNotAllowedError(),
    *BODY_ERRORS,
    InvalidRequestError(
        bad_parameter("receipt", f"text of at most {MAX_RECEIPT_CHARACTERS} characters", "")
    ),
)

router = APIRouter(prefix="/api", tags=["API"])


@router.post(
    "/session-ends",
    summary="Report the end of a session",
    operation_id="session_end",
    status_code=202,
    responses=problem_responses(*ERRORS),
    openapi_extra=described(SessionEnd.model_json_schema()),
)
async def session_end(
    end: Annotated[SessionEnd, Depends(reader(SessionEnd))], services: ServicesDep
) -> SessionEndAnswer:
    """Look into it later, and give back the time that the session provably did not use.

    The answer is the same whatever is known of the receipt and of the session: it tells nothing.
    """
    grant_id = services.receipts.read(end.receipt)
    if grant_id is not None:
        services.settlement.report(grant_id, end.session_id)
    return SessionEndAnswer(status="accepted")
