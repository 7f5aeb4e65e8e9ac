"""The ear: finds turns in the caller's PCM by its level alone, so it knows when but never what.

Time here is counted in audio, not by a clock: a caller who sends no sound lets no time pass.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from app.simulator.audio import BYTES_PER_MS, SILENCE_DB, level_db, peak, samples_of
from app.simulator.utterance import Utterance

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from app.simulator.profiles import Profile

WINDOW_MS: Final = 20
_WINDOW_BYTES: Final = WINDOW_MS * BYTES_PER_MS
_LEAD_IN_MS: Final = 160
"""Sound kept from before the onset: words begin more softly than any threshold."""
_PATIENCE_MS: Final = 300
"""Silence after which a sound too short to be speech is forgotten."""


@dataclass(frozen=True, slots=True)
class SpeechStarted:
    """The caller began to speak (some time ago: it takes a while to be sure)."""

    utterance: Utterance


@dataclass(frozen=True, slots=True)
class SpeechGrew:
    """More words were heard in the present turn."""

    utterance: Utterance


@dataclass(frozen=True, slots=True)
class SpeechStopped:
    """The caller's turn is over."""

    utterance: Utterance


Heard = SpeechStarted | SpeechGrew | SpeechStopped


class NoiseFloor:
    """The level of the room without the voice: the quiet end of the last two seconds.

    Digital silence tells nothing about the room (a muted microphone, a synthetic voice) and is
    left out, so that unmuting is no sound. Speech has gaps, so it does not lift the floor for long.
    """

    DEFAULT_DB: Final = -60.0
    LOWEST_DB: Final = -70.0
    HIGHEST_DB: Final = -30.0

    def __init__(self) -> None:
        self._levels: deque[float] = deque(maxlen=2000 // WINDOW_MS)
        self.db = self.DEFAULT_DB

    def follow(self, level: float) -> None:
        """Take in the level of one window, in dB relative to full scale."""
        if level <= SILENCE_DB + 10:
            return
        self._levels.append(level)
        quiet = sorted(self._levels)[len(self._levels) // 20]
        self.db = min(self.HIGHEST_DB, max(self.LOWEST_DB, quiet))


@dataclass(frozen=True, slots=True)
class _Bar:
    """What a sound must reach to count as speech."""

    over_floor_db: float
    lowest_db: float
    after_ms: int
    """From the first sound to the decision."""
    voiced_ms: int
    """How much of that must be sound."""


class Listener:
    """Turns PCM of any cadence into the events of turn taking."""

    def __init__(self, profile: Profile, is_agent_talking: Callable[[], bool]) -> None:
        # While the agent talks, its echo may come back: speech must be louder and longer then.
        self._quiet_bar = _Bar(12.0, -50.0, profile.speech_start_ms, 120)
        self._talking_bar = _Bar(15.0, -46.0, profile.barge_in_ms, 300)
        self._end_ms = profile.end_of_turn_silence_ms
        self._keep_ms = profile.echo_seconds * 1000
        self._is_agent_talking = is_agent_talking
        self._floor = NoiseFloor()
        self._rest = bytearray()
        self._before = bytearray()
        self._utterance: Utterance | None = None
        self._in_turn = False

    @property
    def in_turn(self) -> bool:
        """Whether the caller is in the middle of a turn."""
        return self._in_turn

    def hear(self, pcm: bytes) -> Iterator[Heard]:
        """Listen to PCM of any length; yields what is noticed, in order."""
        self._rest += pcm
        whole = len(self._rest) // _WINDOW_BYTES * _WINDOW_BYTES
        ready = bytes(self._rest[:whole])
        del self._rest[:whole]
        for start in range(0, whole, _WINDOW_BYTES):
            yield from self._hear_window(ready[start : start + _WINDOW_BYTES])

    def _hear_window(self, window: bytes) -> Iterator[Heard]:
        samples = samples_of(window)
        level = level_db(samples)
        bar = self._talking_bar if self._is_agent_talking() else self._quiet_bar
        threshold = max(self._floor.db + bar.over_floor_db, bar.lowest_db)
        self._floor.follow(level)
        if self._utterance is None:
            self._wait_for_sound(window, is_sound=level > threshold)
        if self._utterance is not None:
            # Within a word the level may sink a little below what started it.
            self._utterance.add(window, level, peak(samples), is_voiced=level > threshold - 4)
            yield from self._decide(self._utterance, bar)

    def _wait_for_sound(self, window: bytes, *, is_sound: bool) -> None:
        if is_sound:
            self._utterance = Utterance(bytes(self._before), self._keep_ms, WINDOW_MS)
            self._before.clear()
            return
        self._before += window
        del self._before[: -_LEAD_IN_MS * BYTES_PER_MS]

    def _decide(self, utterance: Utterance, bar: _Bar) -> Iterator[Heard]:
        if self._in_turn:
            yield from self._follow_turn(utterance)
        elif utterance.elapsed_ms >= bar.after_ms and utterance.voiced_ms >= bar.voiced_ms:
            self._in_turn = True
            utterance.note_words()
            yield SpeechStarted(utterance)
        elif utterance.silence_ms >= _PATIENCE_MS:
            self._utterance = None

    def _follow_turn(self, utterance: Utterance) -> Iterator[Heard]:
        if utterance.silence_ms >= self._end_ms:
            self._utterance, self._in_turn = None, False
            yield SpeechStopped(utterance)
        elif utterance.note_words():
            yield SpeechGrew(utterance)
