"""Probes: is the process alive, and may it be sent callers."""

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from app.errors import DrainingError
from app.web.middleware.request_id import request_id
from app.web.problem_details import problem_response
from app.web.routes.dependencies import LifecycleDep
from app.web.routes.schemas import Health, problem_responses

NO_STORE = {"Cache-Control": "no-store"}

router = APIRouter(tags=["Operations"])


@router.head("/healthz", include_in_schema=False)
@router.get(
    "/healthz",
    summary="Is it alive",
    operation_id="healthz",
    response_model=Health,
    responses=problem_responses(),
)
async def healthz() -> JSONResponse:
    """Answer as long as the process runs."""
    return JSONResponse({"status": "ok"}, headers=NO_STORE)


@router.head("/readyz", include_in_schema=False)
@router.get(
    "/readyz",
    summary="May it be sent callers",
    operation_id="readyz",
    response_model=Health,
    responses=problem_responses(DrainingError(retry_after_seconds=2)),
)
async def readyz(lifecycle: LifecycleDep, request: Request) -> JSONResponse:
    """Answer 200 until the service is told to end; an upstream outage does not change that."""
    if lifecycle.leaving:
        # Told to a machine every second, and as it should be: no failure for the log.
        return problem_response(DrainingError(retry_after_seconds=2), request_id(request.scope))
    return JSONResponse({"status": "ready"}, headers=NO_STORE)
