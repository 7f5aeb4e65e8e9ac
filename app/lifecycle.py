"""What the service knows about its own life, shared by the server, the routes and the probes."""

from __future__ import annotations

from app.errors import DrainingError


class Lifecycle:
    """Serving until `drain()`; from then on no new token, while what has begun may finish."""

    def __init__(self) -> None:
        self.draining = False
        self.in_flight = 0

    def drain(self) -> None:
        """Take no more work. Safe to call from a signal handler, and more than once."""
        self.draining = True

    def require_serving(self) -> None:
        """Raise `DrainingError` once the service is shutting down."""
        if self.draining:
            raise DrainingError(retry_after_seconds=2)
