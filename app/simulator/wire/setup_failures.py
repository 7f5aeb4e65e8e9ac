"""How a session fails to begin although its first update was well formed.

Source: the table of error codes in the documents; close codes live where they were seen.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Failure:
    """An error and the close that follows it, some seconds after `session.updated`."""

    message: str
    close_code: int
    after_seconds: float


FAILURES: Final[Mapping[str, Failure]] = {
    "internal_error": Failure("Internal error", 1011, 10),
    "server_error": Failure("Server error", 1008, 0),
    "agent_init_failed": Failure("The agent could not be started", 1011, 1),
    "agent_timeout": Failure("The agent was not ready in time", 1011, 10),
    "concurrency_exceeded": Failure("Too many concurrent sessions", 1008, 0),
    "at_capacity": Failure("Service is at capacity", 1008, 0),
    "forbidden": Failure("Access denied", 1008, 0),
}
"""By code; only for a wrong sample rate (`internal_error`, 10 s, 1011) all of it was seen live."""
