"""The turn detector: finds turns in the caller's PCM by its level, so it knows when but never what.

Time here is counted in audio, not by a clock: a caller who sends no sound lets no time pass.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from app.simulator.audio.pcm import BYTES_PER_MS
from app.simulator.audio.utterance import Utterance
from app.simulator.conversation.turn_settings import TurnSettings
from app.simulator.conversation.vad import (
    WINDOW_BYTES,
    WINDOW_MS,
    SpeechThreshold,
    VoiceActivityDetector,
)

_LEAD_IN_MS: Final = 160
"""Sound kept from before the onset: words begin more softly than any threshold."""
_PATIENCE_MS: Final = 300
"""Silence after which a sound too short to be speech is forgotten."""
_AIR_MS: Final = 400
"""Added to the longest pause that the caller was heard to make within a turn."""
_FADING: Final = 0.8
"""How much of it is remembered from turn to turn."""


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


TurnEvent = SpeechNoticed | SpeechForgotten | SpeechStarted | SpeechGrew | SpeechStopped


class TurnDetector:
    """Makes the events of turn taking from PCM in pieces of any length.

    Args:
        settings: what counts as speech; may be set anew at any time.
        is_agent_talking: whether speech would be an interruption.
        is_complete: whether the caller seems to have said all.
        keep_ms: how much of the caller's voice is kept.
    """

    def __init__(
        self,
        settings: TurnSettings,
        is_agent_talking: Callable[[], bool],
        is_complete: Callable[[Utterance], bool],
        keep_ms: int,
    ) -> None:
        self.settings = settings
        self._is_agent_talking = is_agent_talking
        self._is_complete = is_complete
        self._keep_ms = keep_ms
        self._vad = VoiceActivityDetector()
        self._pauses = _Pauses()
        self._rest = bytearray()
        self._before = bytearray()
        self._utterance: Utterance | None = None
        self._in_turn = False
        self._is_noticed = False

    @property
    def in_turn(self) -> bool:
        """Whether the caller is in the middle of a turn."""
        return self._in_turn

    def feed(self, pcm: bytes) -> Iterator[TurnEvent]:
        """Take PCM of any length; yields what is noticed, in order."""
        self._rest += pcm
        whole = len(self._rest) // WINDOW_BYTES * WINDOW_BYTES
        ready = bytes(self._rest[:whole])
        del self._rest[:whole]
        for start in range(0, whole, WINDOW_BYTES):
            yield from self._feed_window(ready[start : start + WINDOW_BYTES])

    def _feed_window(self, window: bytes) -> Iterator[TurnEvent]:
        settings = self.settings
        threshold = settings.interruption if self._is_agent_talking() else settings.speech
        activity = self._vad.measure(window, threshold)
        if self._utterance is None:
            self._wait_for_onset(window, is_onset=activity.is_onset)
        utterance = self._utterance
        if utterance is not None:
            if activity.is_voiced and self._in_turn:
                self._pauses.spoke_on_after(utterance.silence_ms)
            utterance.add(window, activity.level_db, activity.peak, is_voiced=activity.is_voiced)
            yield from self._decide(utterance, threshold)

    def _wait_for_onset(self, window: bytes, *, is_onset: bool) -> None:
        if is_onset:
            self._utterance = Utterance(bytes(self._before), self._keep_ms, WINDOW_MS)
            self._before.clear()
            return
        self._before += window
        del self._before[: -_LEAD_IN_MS * BYTES_PER_MS]

    def _decide(self, utterance: Utterance, threshold: SpeechThreshold) -> Iterator[TurnEvent]:
        if self._in_turn:
            yield from self._follow_turn(utterance)
        elif _reaches(utterance, threshold):
            self._in_turn, self._is_noticed = True, False
            utterance.note_words()
            yield SpeechStarted(utterance)
        elif utterance.silence_ms >= _PATIENCE_MS:
            self._utterance = None
            if self._is_noticed:
                self._is_noticed = False
                yield SpeechForgotten(utterance)
        elif not self._is_noticed and _reaches(utterance, self.settings.speech):
            self._is_noticed = True
            yield SpeechNoticed(utterance)

    def _follow_turn(self, utterance: Utterance) -> Iterator[TurnEvent]:
        limit_ms = self._pauses.limit_ms(self.settings, is_complete=self._is_complete(utterance))
        if utterance.silence_ms >= limit_ms:
            self._utterance, self._in_turn = None, False
            self._pauses.turn_ended()
            yield SpeechStopped(utterance)
        elif utterance.note_words():
            yield SpeechGrew(utterance)


class _Pauses:
    """Learns how much silence ends a turn from the pauses after which the caller spoke on."""

    def __init__(self) -> None:
        self._longest_ms = 0.0

    def spoke_on_after(self, silence_ms: int) -> None:
        self._longest_ms = max(self._longest_ms, silence_ms)

    def turn_ended(self) -> None:
        self._longest_ms *= _FADING

    def limit_ms(self, settings: TurnSettings, *, is_complete: bool) -> float:
        """Return the silence that ends the present turn."""
        if settings.adapts:
            wanted = max(settings.min_silence_ms, self._longest_ms + _AIR_MS)
            return min(settings.max_silence_ms, wanted)
        return settings.min_silence_ms if is_complete else settings.max_silence_ms


def _reaches(utterance: Utterance, threshold: SpeechThreshold) -> bool:
    is_long = utterance.elapsed_ms >= threshold.after_ms
    return is_long and utterance.voiced_ms >= threshold.voiced_ms
