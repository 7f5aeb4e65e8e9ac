"""What operators' machines ask: the probes, and `/metrics` on the service's own port."""

import hashlib
import hmac

from fastapi import APIRouter, Response
from starlette.requests import Request
from starlette.routing import Route

from app.errors import DrainingError, UnauthenticatedError
from app.observability.metrics import CONTENT_TYPE, Metrics
from app.web.lifespan import Lifecycle
from app.web.routes.schemas import Health, problem_responses

CHALLENGE = 'Bearer realm="metrics"'


def probes(lifecycle: Lifecycle) -> APIRouter:
    """Return the probes: is the process alive, and may it be sent callers."""
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
    async def readyz(response: Response) -> Health:
        """Answer 200 until the service is told to end; an upstream outage does not change that."""
        lifecycle.require_ready()
        response.headers["Cache-Control"] = "no-store"
        return Health(status="ready")

    return router


def metrics_route(metrics: Metrics, token: str) -> Route:
    """Return the route; without its token it answers 401."""
    expected = _digest(token)

    async def show(request: Request) -> Response:
        scheme, _, credential = request.headers.get("authorization", "").partition(" ")
        # Hashed, so that the comparison takes the same time for every length.
        is_good = hmac.compare_digest(_digest(credential.strip()), expected)
        if scheme.lower() != "bearer" or not is_good:
            raise UnauthenticatedError("no good token for the metrics", challenge=CHALLENGE)
        headers = {"Cache-Control": "no-store"}
        return Response(metrics.exposition(), media_type=CONTENT_TYPE, headers=headers)

    return Route("/metrics", show, name="metrics")


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).digest()
