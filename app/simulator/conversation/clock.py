"""Time as the simulator sees it."""

from __future__ import annotations

import time
from typing import Protocol


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
