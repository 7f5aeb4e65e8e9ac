"""The clock, and a conversation's timers, which need neither a clock nor an event loop."""

import heapq
import time
from collections.abc import Callable
from typing import Protocol

Action = Callable[[float], None]
"""Something that happens at a time; it is told the time it was planned for, not when it was run."""


class Clock(Protocol):
    """Gives the time in epoch seconds; never goes backwards."""

    def now(self) -> float:
        """Return the present time in epoch seconds."""
        ...


class SystemClock:
    """Epoch seconds that follow the monotonic clock: a corrected wall clock shifts no frame."""

    def __init__(self) -> None:
        self._offset_seconds = time.time() - time.monotonic()

    def now(self) -> float:
        """Return the present time in epoch seconds."""
        return self._offset_seconds + time.monotonic()


class Timers:
    """Runs actions in the order of their times; those of one time in the order they were added."""

    def __init__(self) -> None:
        self._entries: list[tuple[float, int, Action]] = []
        self._added = 0

    @property
    def next_due(self) -> float | None:
        """The time of the earliest action, in epoch seconds; None when nothing is planned."""
        return self._entries[0][0] if self._entries else None

    def add(self, due: float, action: Action) -> None:
        """Plan an action for a time in epoch seconds."""
        self._added += 1
        heapq.heappush(self._entries, (due, self._added, action))

    def run(self, now: float) -> None:
        """Run all that is due; an action may plan further ones, which run too when they are due."""
        while self._entries and self._entries[0][0] <= now:
            due, _, action = heapq.heappop(self._entries)
            action(due)

    def clear(self) -> None:
        """Forget everything planned."""
        self._entries.clear()
