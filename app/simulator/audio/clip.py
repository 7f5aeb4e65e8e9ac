"""Sound with its words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.simulator.audio.pcm import FRAME_BYTES, amplified

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True)
class Clip:
    """PCM (24 kHz), the text, and a factor for its loudness."""

    pcm: bytes
    text: str
    gain: float = 1.0

    @property
    def frame_count(self) -> int:
        """How many frames of 10 ms hold the sound; the last may be padded with silence."""
        return -(-len(self.pcm) // FRAME_BYTES)

    def frames(self) -> Iterator[bytes]:
        """Yield the sound in frames of 10 ms, made one at a time so that no long sum is needed."""
        for start in range(0, len(self.pcm), FRAME_BYTES):
            frame = self.pcm[start : start + FRAME_BYTES]
            yield (frame if self.gain == 1 else amplified(frame, self.gain)).ljust(
                FRAME_BYTES, b"\0"
            )
