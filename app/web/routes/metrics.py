"""`/metrics` on the service's own port, for whoever brings the operator's token."""

import hashlib
import hmac

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.errors import UnauthenticatedError
from app.observability.metrics import CONTENT_TYPE, Metrics

CHALLENGE = 'Bearer realm="metrics"'


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
