"""What counts as speech, as an interruption and as the end of a turn: settings made into measures.

Source: the page "Turn detection and interruptions", September 2026; the measures are ours.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from app.simulator.behaviour.profiles import Profile
from app.simulator.conversation.vad import SpeechThreshold

_DB_PER_THRESHOLD: Final = 24.0
"""How many dB the whole range of `vad_threshold` shifts the threshold."""
_DEFAULT_THRESHOLD: Final = 0.5
_DEFAULT_DELAY_MS: Final = 500
_DEFAULT_MIN_SILENCE_MS: Final = 1000
_DEFAULT_MAX_SILENCE_MS: Final = 3000
_SHORTEST_BARGE_IN_MS: Final = 200
_LOWEST_OVER_FLOOR_DB: Final = 4.0


@dataclass(frozen=True, slots=True)
class TurnSettings:
    """The measures of one session at one moment."""

    speech: SpeechThreshold
    """For speech while nobody else speaks."""
    interruption: SpeechThreshold
    """For an interruption. The agent's echo may come back, so it must be louder and longer."""
    min_silence_ms: int
    """Ends a turn that seems complete."""
    max_silence_ms: int
    """Ends any turn."""
    adapts: bool
    """Whether a caller who pauses gets more time than `min_silence_ms`."""
    interrupts: bool
    """Whether speech stops the agent."""


def turn_settings(profile: Profile, setting: Callable[[str], Any]) -> TurnSettings:
    """Return the measures for the settings of a session; `setting` gives one by its path."""

    def own(name: str) -> Any:
        return setting(f"input.turn_detection.{name}")

    threshold = own("vad_threshold")
    shift = _DB_PER_THRESHOLD * (
        (_DEFAULT_THRESHOLD if threshold is None else threshold) - _DEFAULT_THRESHOLD
    )
    barge_in_ms = _barge_in_ms(profile, own("interruption_delay"), setting)
    shortest, longest = _silences(profile, own("min_silence"), own("max_silence"))
    return TurnSettings(
        speech=_threshold(12.0 + shift, -50.0 + shift, profile.speech_start_ms, 120),
        interruption=_threshold(
            15.0 + shift, -46.0 + shift, barge_in_ms, min(300, barge_in_ms * 300 // 560)
        ),
        min_silence_ms=shortest,
        max_silence_ms=longest,
        adapts=own("min_silence") is None and own("max_silence") is None,
        interrupts=own("interrupt_response") is not False,
    )


def _threshold(
    over_floor_db: float, lowest_db: float, after_ms: int, voiced_ms: int
) -> SpeechThreshold:
    return SpeechThreshold(
        max(_LOWEST_OVER_FLOOR_DB, over_floor_db), lowest_db, after_ms, voiced_ms
    )


def _barge_in_ms(profile: Profile, delay_ms: int | None, setting: Callable[[str], Any]) -> int:
    if delay_ms is None:
        is_fast = setting("input.transcription_mode") == "min_latency"
        delay_ms = 0 if is_fast else _DEFAULT_DELAY_MS
    shortest = min(_SHORTEST_BARGE_IN_MS, profile.barge_in_ms)
    return max(shortest, profile.barge_in_ms - _DEFAULT_DELAY_MS + delay_ms)


def _silences(profile: Profile, lowest: int | None, highest: int | None) -> tuple[int, int]:
    """Return the two silences; one that is set brings the older default of the other."""
    if lowest is None and highest is None:
        return profile.end_of_turn_silence_ms, max(
            profile.end_of_turn_silence_ms, _DEFAULT_MAX_SILENCE_MS
        )
    if highest is None:
        highest = max(_DEFAULT_MAX_SILENCE_MS, lowest or 0)
    if lowest is None:
        lowest = min(_DEFAULT_MIN_SILENCE_MS, highest)
    return lowest, highest
