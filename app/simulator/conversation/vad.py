"""Voice activity detection by level: what in the caller's PCM stands out from the room's noise."""

from bisect import bisect_left, insort
from collections import deque
from dataclasses import dataclass
from typing import Final

from app.simulator.audio.pcm import BYTES_PER_MS, SILENCE_DB, level_db, peak

WINDOW_MS: Final = 20
WINDOW_BYTES: Final = WINDOW_MS * BYTES_PER_MS
_DIGITAL_SILENCE: Final = bytes(WINDOW_BYTES)
_FLOOR_WINDOWS: Final = 2000 // WINDOW_MS
_QUIET_END: Final = 20
"""The floor is the level that one window in twenty is below."""
_HYSTERESIS_DB: Final = 4.0
"""How far within a word the level may sink below what started it."""


@dataclass(frozen=True, slots=True)
class SpeechThreshold:
    """What a sound must reach to count as speech."""

    over_floor_db: float
    lowest_db: float
    after_ms: int
    """From the first sound to the decision."""
    voiced_ms: int
    """How much of that must be sound."""


@dataclass(frozen=True, slots=True)
class Activity:
    """What one window of 20 ms holds."""

    level_db: float
    """Relative to full scale, from -96 to 0."""
    peak: int
    """The largest absolute sample, 0 to 32768."""
    is_onset: bool
    """Whether it is loud enough to begin an utterance."""
    is_voiced: bool
    """Whether it is loud enough to belong to one that has begun."""


class VoiceActivityDetector:
    """Compares each window with a threshold over a noise floor that it learns on the way."""

    def __init__(self) -> None:
        self._floor = NoiseFloor(_FLOOR_WINDOWS)

    def measure(self, window: bytes, threshold: SpeechThreshold) -> Activity:
        """Return what a window of `WINDOW_BYTES` holds, and take it into the noise floor."""
        level, highest = SILENCE_DB, 0
        if window != _DIGITAL_SILENCE:
            level, highest = level_db(window), peak(window)
        onset_db = max(self._floor.db + threshold.over_floor_db, threshold.lowest_db)
        self._floor.follow(level)
        return Activity(
            level, highest, is_onset=level > onset_db, is_voiced=level > onset_db - _HYSTERESIS_DB
        )


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
