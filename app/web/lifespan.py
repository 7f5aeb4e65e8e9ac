"""Whether the service is ready or draining, for the server, the routes and the probes."""

from app.errors import DrainingError


class Lifecycle:
    """Ready until `leave()`, serving until `drain()`.

    Between the two, the balancer in front has time to see that the service is no longer ready and
    to send callers elsewhere, while whoever still comes is served as ever. From `drain()` on there
    is no new token, while what has begun may finish.
    """

    def __init__(self) -> None:
        self.leaving = False
        self.draining = False
        self.in_flight = 0

    def leave(self) -> None:
        """Be ready no more. Safe to call from a signal handler, and more than once."""
        self.leaving = True

    def drain(self) -> None:
        """Take no more work. Safe to call from a signal handler, and more than once."""
        self.leaving = True
        self.draining = True

    def require_ready(self) -> None:
        """Raise `DrainingError` once the service is about to end."""
        if self.leaving:
            raise DrainingError(retry_after_seconds=2)

    def require_serving(self) -> None:
        """Raise `DrainingError` once the service is shutting down."""
        if self.draining:
            raise DrainingError(retry_after_seconds=2)
