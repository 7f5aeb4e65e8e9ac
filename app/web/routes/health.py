"""Probes: is the process alive, and may it be sent callers."""

from fastapi import APIRouter, Response

from app.errors import DrainingError
from app.web.routes.schemas import Health, problem_responses
from app.web.services import ServicesDep

router = APIRouter(tags=["Operations"])


@router.get(
    "/healthz", summary="Is it alive", operation_id="healthz", responses=problem_responses()
)
async def healthz(response: Response) -> Health:
    """Answer as long as the process runs."""
    response.headers["Cache-Control"] = "no-store"
    return Health(status="ok")


@router.get(
    "/readyz",
    summary="May it be sent callers",
    operation_id="readyz",
    responses=problem_responses(DrainingError(retry_after_seconds=2)),
)
async def readyz(services: ServicesDep, response: Response) -> Health:
    """Answer 200 until the service is told to end; an upstream outage does not change that."""
    services.lifecycle.require_ready()
    response.headers["Cache-Control"] = "no-store"
    return Health(status="ready")
