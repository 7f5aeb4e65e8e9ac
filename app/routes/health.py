"""Probes: is the process alive, and may it be sent callers."""

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from app.errors import DrainingError
from app.routes.dependencies import LifecycleDep
from app.routes.schemas import Health, problem_responses

NO_STORE = {"Cache-Control": "no-store"}

router = APIRouter(tags=["Operations"])


@router.head("/healthz", include_in_schema=False)
@router.get("/healthz", summary="Is it alive", operation_id="healthz", response_model=Health)
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
async def readyz(lifecycle: LifecycleDep) -> JSONResponse:
    """Answer 200 until the service shuts down; an upstream outage does not change that."""
    lifecycle.require_serving()
    return JSONResponse({"status": "ready"}, headers=NO_STORE)
