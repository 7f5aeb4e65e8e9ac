"""The ear: finds turns in the caller's PCM by its level alone, so it knows when but never what.

Time here is counted in audio, not by a clock: a caller who sends no sound lets no time pass.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from app.simulator.audio.pcm import BYTES_PER_MS, SILENCE_DB, level_db, peak
from app.simulator.audio.utterance import Utterance
from app.simulator.conversation.noise_floor import NoiseFloor
from app.simulator.conversation.pauses import Pauses

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from app.simulator.conversation.turn_detection import Bar, TurnDetection

WINDOW_MS: Final = 20
_WINDOW_BYTES: Final = WINDOW_MS * BYTES_PER_MS
_NOTHING: Final = bytes(_WINDOW_BYTES)
_LEAD_IN_MS: Final = 160
"""Sound kept from before the onset: words begin more softly than any threshold."""
_PATIENCE_MS: Final = 300
"""Silence after which a sound too short to be speech is forgotten."""


@dataclass(frozen=True, slots=True)
class SpeechNoticed:
    """There is speech while the agent talks; whether it is an interruption is still open."""

    utterance: Utterance


@dataclass(frozen=True, slots=True)
class SpeechForgotten:
    """What was noticed was too short to interrupt."""

    utterance: Utterance


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


Heard = SpeechNoticed | SpeechForgotten | SpeechStarted | SpeechGrew | SpeechStopped


class Listener:
    """Turns PCM of any cadence into the events of turn taking.

    Args:
        detection: what counts as speech; may be set anew at any time.
        is_agent_talking: whether speech would be an interruption.
        is_complete: whether the caller seems to have said all.
        keep_ms: how much of the caller's voice is kept.
    """

    def __init__(
        self,
        detection: TurnDetection,
        is_agent_talking: Callable[[], bool],
        is_complete: Callable[[Utterance], bool],
        keep_ms: int,
    ) -> None:
        self.detection = detection
        self._is_agent_talking = is_agent_talking
        self._is_complete = is_complete
        self._keep_ms = keep_ms
        self._floor = NoiseFloor(2000 // WINDOW_MS)
        self._pauses = Pauses()
        self._rest = bytearray()
        self._before = bytearray()
        self._utterance: Utterance | None = None
        self._in_turn = False
        self._is_noticed = False

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
        level, highest = SILENCE_DB, 0
        if window != _NOTHING:
            level, highest = level_db(window), peak(window)
        bar = self.detection.talking if self._is_agent_talking() else self.detection.quiet
        threshold = max(self._floor.db + bar.over_floor_db, bar.lowest_db)
        self._floor.follow(level)
        if self._utterance is None:
            self._wait_for_sound(window, is_sound=level > threshold)
        utterance = self._utterance
        if utterance is not None:
            # Within a word the level may sink a little below what started it.
            is_voiced = level > threshold - 4
            if is_voiced and self._in_turn:
                self._pauses.spoke_on_after(utterance.silence_ms)
            utterance.add(window, level, highest, is_voiced=is_voiced)
            yield from self._decide(utterance, bar)

    def _wait_for_sound(self, window: bytes, *, is_sound: bool) -> None:
        if is_sound:
            self._utterance = Utterance(bytes(self._before), self._keep_ms, WINDOW_MS)
            self._before.clear()
            return
        self._before += window
        del self._before[: -_LEAD_IN_MS * BYTES_PER_MS]

    def _decide(self, utterance: Utterance, bar: Bar) -> Iterator[Heard]:
        if self._in_turn:
            yield from self._follow_turn(utterance)
        elif _reaches(utterance, bar):
            self._in_turn, self._is_noticed = True, False
            utterance.note_words()
            yield SpeechStarted(utterance)
        elif utterance.silence_ms >= _PATIENCE_MS:
            self._utterance = None
            if self._is_noticed:
                self._is_noticed = False
                yield SpeechForgotten(utterance)
        elif not self._is_noticed and _reaches(utterance, self.detection.quiet):
            self._is_noticed = True
            yield SpeechNoticed(utterance)

    def _follow_turn(self, utterance: Utterance) -> Iterator[Heard]:
        limit_ms = self._pauses.limit_ms(self.detection, is_complete=self._is_complete(utterance))
        if utterance.silence_ms >= limit_ms:
            self._utterance, self._in_turn = None, False
            self._pauses.turn_ended()
            yield SpeechStopped(utterance)
        elif utterance.note_words():
            yield SpeechGrew(utterance)


def _reaches(utterance: Utterance, bar: Bar) -> bool:
    return utterance.elapsed_ms >= bar.after_ms and utterance.voiced_ms >= bar.voiced_ms
