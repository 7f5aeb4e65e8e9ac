"""What operators' machines ask: the probes, and `/metrics` on the service's own port."""

from collections.abc import Callable

from fastapi import APIRouter, Response
from starlette.requests import Request
from starlette.routing import Route

from app.access.operator import OperatorAccess
from app.errors import DrainingError
from app.observability.metrics import CONTENT_TYPE
from app.usage.audit import Basis
from app.usage.pricing import BASES
from app.web.lifespan import Lifecycle
from app.web.routes.schemas import Health, Readiness, problem_responses
from app.web.services import Services


def probes(lifecycle: Lifecycle, basis: Callable[[], Basis]) -> APIRouter:
    """Return the probes: is the process alive, and may it be sent callers.

    Args:
        lifecycle: Knows.
        basis: Tells what the day's count rests on.
    """
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
    async def readyz(response: Response) -> Readiness:
        """Answer 200 until the service is told to end; an upstream outage does not change that."""
        lifecycle.require_ready()
        response.headers["Cache-Control"] = "no-store"
        return Readiness(status="ready", detail=BASES[basis()])

    return router


def metrics_route(services: Services, operator: OperatorAccess) -> Route:
    """Return the route; without the operator's token it answers 401."""

    async def show(request: Request) -> Response:
        await operator.require(services.credentials(request.scope))
        headers = {"Cache-Control": "no-store"}
        return Response(services.metrics.exposition(), media_type=CONTENT_TYPE, headers=headers)

    return Route("/metrics", show, name="metrics")
