"""How much silence ends a turn, learnt from how this caller pauses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from app.simulator.conversation.turn_detection import TurnDetection

_AIR_MS: Final = 400
"""Given beyond the longest pause that the caller was heard to make within a turn."""
_FADING: Final = 0.8
"""How much of it is remembered from turn to turn."""


class Pauses:
    """Remembers the longest pause after which the caller spoke on."""

    def __init__(self) -> None:
        self._longest_ms = 0.0

    def spoke_on_after(self, silence_ms: int) -> None:
        """Take note of a pause within a turn."""
        self._longest_ms = max(self._longest_ms, silence_ms)

    def turn_ended(self) -> None:
        """Forget a little."""
        self._longest_ms *= _FADING

    def limit_ms(self, detection: TurnDetection, *, is_complete: bool) -> float:
        """Return the silence that ends the present turn."""
        if detection.adapts:
            wanted = max(detection.min_silence_ms, self._longest_ms + _AIR_MS)
            return min(detection.max_silence_ms, wanted)
        return detection.min_silence_ms if is_complete else detection.max_silence_ms
