"""One stretch of the caller's speech: its sound, and how many words it seems to hold."""

import math
from typing import Final

from app.simulator.audio.pcm import BYTES_PER_MS

_TAIL_MS: Final = 160
"""Sound kept after the last voiced window: words fade."""
_SWING_DB: Final = 5.0
"""How far the level must fall and rise again between two bursts."""
_NOTE_EVERY_MS: Final = 400
_TARGET_DB: Final = -20.0
_PEAK_LIMIT: Final = 23_000
"""About -3 dB relative to full scale."""
_GAIN_LIMITS: Final = (0.25, 8.0)
_UNHEARD_GAIN: Final = 1.12
"""About 1 dB, which nobody would hear: not worth a multiplication for each sample."""


class Utterance:
    """Grows window by window; keeps the sound of its first `keep_ms` only."""

    def __init__(self, before: bytes, keep_ms: int, window_ms: int) -> None:
        self.elapsed_ms = 0
        self.voiced_ms = 0
        self.silence_ms = 0
        """Since the last voiced window."""
        self.words = 0
        """About how many words were heard, as last noted."""
        self._pcm = bytearray(before if keep_ms else b"")
        self._lead_bytes = len(self._pcm)
        self._keep_bytes = keep_ms * BYTES_PER_MS
        self._window_ms = window_ms
        self._bursts = _Bursts()
        self._power = 0.0
        self._peak = 0
        self._noted_ms = -_NOTE_EVERY_MS

    def add(self, window: bytes, level: float, peak: int, *, is_voiced: bool) -> None:
        """Take in one window with its level (dB), peak (0-32768) and whether it is voice."""
        self.elapsed_ms += self._window_ms
        self._bursts.follow(level)
        self._peak = max(self._peak, peak)
        if len(self._pcm) < self._keep_bytes:
            self._pcm += window
        if is_voiced:
            self.voiced_ms += self._window_ms
            self.silence_ms = 0
            self._power += 10 ** (level / 10)
        else:
            self.silence_ms += self._window_ms

    def note_words(self) -> bool:
        """Count the words anew, at most every 0.4 s; whether there are more than before."""
        words = max(1, self._bursts.count)
        if words <= self.words or self.elapsed_ms - self._noted_ms < _NOTE_EVERY_MS:
            return False
        self.words, self._noted_ms = words, self.elapsed_ms
        return True

    @property
    def text(self) -> str:
        """What can honestly be said of words that were heard but not understood."""
        words = max(1, self._bursts.count)
        return f"(about {words} {'word' if words == 1 else 'words'})"

    @property
    def voice(self) -> bytes:
        """The kept sound without the silence after it."""
        until_ms = self.elapsed_ms - max(0, self.silence_ms - _TAIL_MS)
        return bytes(self._pcm[: self._lead_bytes + until_ms * BYTES_PER_MS])

    @property
    def gain(self) -> float:
        """The factor that brings the voice to -20 dB, without clipping and without extremes."""
        if not self._peak or not self.voiced_ms:
            return 1.0
        average_db = 10 * math.log10(self._power * self._window_ms / self.voiced_ms)
        wanted = min(10 ** ((_TARGET_DB - average_db) / 20), _PEAK_LIMIT / self._peak)
        if 1 <= wanted <= _UNHEARD_GAIN:
            return 1.0
        lowest, highest = _GAIN_LIMITS
        return max(lowest, min(highest, wanted))


class _Bursts:
    """Counts the rises of a smoothed level; in read sentences there are nearly as many as words."""

    def __init__(self) -> None:
        self.count = 0
        self._smooth = -70.0
        self._turning_point = -70.0
        self._is_rising = False

    def follow(self, level: float) -> None:
        self._smooth += (level - self._smooth) * 0.5
        if self._is_rising:
            self._turning_point = max(self._turning_point, self._smooth)
            self._is_rising = self._smooth > self._turning_point - _SWING_DB
        else:
            self._turning_point = min(self._turning_point, self._smooth)
            if self._smooth > self._turning_point + _SWING_DB:
                self._is_rising, self._turning_point = True, self._smooth
                self.count += 1
