"""How long a request waited for the agent service, carried from where it waits to where it is told.

A context variable, because the layers between the two have no use for the number.
"""

from __future__ import annotations

from contextvars import ContextVar
from typing import NamedTuple


class Exchange(NamedTuple):
    """One exchange with the agent service.

    Args:
        started: When, in seconds of `time.perf_counter`.
        seconds: How long it took.
        outcome: `ok` or the problem's code.
    """

    started: float
    seconds: float
    outcome: str


class Stopwatch:
    """Adds up the seconds of one request's exchanges with the agent service."""

    __slots__ = ("exchanges", "upstream_seconds")

    def __init__(self) -> None:
        self.upstream_seconds = 0.0
        # Kept one by one only for whoever puts a list here.
        self.exchanges: list[Exchange] | None = None

    def add(self, started: float, seconds: float, outcome: str) -> None:
        """Take one more exchange; the arguments are those of `Exchange`."""
        self.upstream_seconds += seconds
        if self.exchanges is not None:
            self.exchanges.append(Exchange(started, seconds, outcome))


running: ContextVar[Stopwatch | None] = ContextVar("voicegate_stopwatch", default=None)
