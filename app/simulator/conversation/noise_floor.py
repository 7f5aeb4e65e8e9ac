"""The level of the room without the voice."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import deque
from typing import Final

from app.simulator.audio.pcm import SILENCE_DB

_QUIET_END: Final = 20
"""The floor is the level that one window in twenty is below."""


class NoiseFloor:
    """Follows the quiet end of the last windows.

    Digital silence tells nothing about the room (a muted microphone, a synthetic voice) and is
    left out, so that unmuting is no sound. Speech has gaps, so it does not lift the floor for long.

    Args:
        window_count: how many windows are remembered.
    """

    DEFAULT_DB: Final = -60.0
    LOWEST_DB: Final = -70.0
    HIGHEST_DB: Final = -30.0

    def __init__(self, window_count: int) -> None:
        self._window_count = window_count
        self._levels: deque[float] = deque()
        self._sorted: list[float] = []
        self.db = self.DEFAULT_DB

    def follow(self, level: float) -> None:
        """Take in the level of one window, in dB relative to full scale."""
        if level <= SILENCE_DB + 10:
            return
        self._levels.append(level)
        insort(self._sorted, level)
        if len(self._levels) > self._window_count:
            del self._sorted[bisect_left(self._sorted, self._levels.popleft())]
        quiet = self._sorted[len(self._sorted) // _QUIET_END]
        self.db = min(self.HIGHEST_DB, max(self.LOWEST_DB, quiet))
