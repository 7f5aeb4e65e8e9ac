"""How long a request waited for the agent service, carried from where it waits to where it is told.

A context variable, because the layers between the two have no use for the number.
"""

from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(slots=True)
class Stopwatch:
    """The seconds of one request's exchanges with the agent service, added up."""

    upstream_seconds: float = 0.0


running: ContextVar[Stopwatch | None] = ContextVar("voicegate_stopwatch", default=None)
