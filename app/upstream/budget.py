"""What a mint may take of time and places."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Budget:
    """One value fits all services, so none of these is a setting; only tests have others.

    Args:
        connect_seconds: To look up, connect to and greet (TLS) the upstream.
        read_seconds: For one exchange, connecting and reading included.
        total_seconds: For the whole of a mint: waiting, connecting, one retry, reading.
        max_in_flight: Mints at the same time.
        max_waiting: Callers who wait for one of those places; any further one gets 503 at once.
    """

    connect_seconds: float = 3
    read_seconds: float = 8
    total_seconds: float = 10
    max_in_flight: int = 4096
    max_waiting: int = 4096
