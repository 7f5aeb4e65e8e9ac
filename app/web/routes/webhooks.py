"""`POST /api/webhooks/assemblyai`: the agent service says that a session began or is over.

What it says is not taken for true, as its list of sessions is read again, only sooner.
"""

import hashlib
import hmac
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.errors import ForbiddenError
from app.web.routes.body import read_bytes

PATH: Final = "/api/webhooks/assemblyai"
SIGNATURE: Final = "X-AAI-Signature"
MAX_BYTES: Final = 32 * 1024
TOLERANCE_SECONDS: Final = 300
# Twenty a second while one may come again, from five minutes ahead to five behind.
MAX_SEEN: Final = 12_000
MAX_FIELD_CHARACTERS: Final = 1000


class WebhookSignatures:
    """Verifies deliveries, each once.

    Source: AssemblyAI documentation, "Webhooks", June 2026: `t=SECONDS,v1=HEX`, where `HEX` is the
    HMAC-SHA256 of the seconds, a dot and the body; of several `v1` one has to be right.

    Args:
        secret: That of the subscription.
        clock: The time in seconds since 1970.
    """

    def __init__(self, secret: str, clock: Callable[[], float] = time.time) -> None:
        self._secret = secret.encode()
        self._clock = clock
        # When each was signed that came within the tolerance.
        self._seen: OrderedDict[str, float] = OrderedDict()

    def verify(self, field: str, body: bytes) -> None:
        """Let a delivery pass.

        Raises:
            ForbiddenError: It is not signed by the secret, too old, from the future, or known.
        """
        pairs = [part.strip().partition("=") for part in field[:MAX_FIELD_CHARACTERS].split(",")]
        times = [value for name, _, value in pairs if name == "t"]
        if len(times) != 1 or not (times[0].isascii() and times[0].isdigit()):
            raise _refusal("The signature names no time.")
        text = times[0]
        expected = hmac.new(self._secret, f"{text}.".encode() + body, hashlib.sha256).hexdigest()
        hashes = [value.encode() for name, _, value in pairs if name == "v1"]
        if not any(hmac.compare_digest(value, expected.encode()) for value in hashes):
            raise _refusal("The signature is not right.")
        now = self._clock()
        if abs(now - int(text)) > TOLERANCE_SECONDS:
            raise _refusal("The signature is too old, or one of the clocks is wrong.")
        if expected in self._seen:
            raise _refusal("This delivery came before.")
        self._seen[expected] = now
        oldest = now - 2 * TOLERANCE_SECONDS
        while len(self._seen) > MAX_SEEN or next(iter(self._seen.values())) < oldest:
            self._seen.popitem(last=False)


def webhook_route(secret: str, wake: Callable[[], None]) -> Route:
    """Return the route.

    Args:
        secret: That of the subscription.
        wake: Has the list of sessions read soon.
    """
    signatures = WebhookSignatures(secret)

    async def receive(request: Request) -> Response:
        body = await read_bytes(request, MAX_BYTES)
        signatures.verify(request.headers.get(SIGNATURE, ""), body)
        wake()
        return Response(status_code=204)

    return Route(PATH, receive, methods=["POST"])


def _refusal(detail: str) -> ForbiddenError:
    return ForbiddenError("signature", detail=detail)
