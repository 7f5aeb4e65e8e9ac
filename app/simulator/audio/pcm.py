"""PCM of 16-bit little-endian mono at 24 kHz, the service's default encoding: levels and gain.

Source: the documentation page "Audio format", September 2026.
"""

from __future__ import annotations

import audioop
import math
from array import array
from typing import Final, TypeAlias

SAMPLE_RATE_HZ: Final = 24_000
SAMPLE_BYTES: Final = 2
BYTES_PER_MS: Final = SAMPLE_RATE_HZ * SAMPLE_BYTES // 1000
FRAME_MS: Final = 10
FRAME_BYTES: Final = FRAME_MS * BYTES_PER_MS
SILENCE_DB: Final = -96.0
"""The level of digital silence, in dB relative to full scale."""

Pcm: TypeAlias = "bytes | bytearray | memoryview | array[int]"
"""Whole 16-bit samples, in the byte order of the machine: little-endian where this runs."""

_FULL_SCALE: Final = 2.0**31


def level_db(pcm: Pcm) -> float:
    """Return the mean level in dB relative to full scale, from -96 to 0."""
    # Widened first: the library gives a whole number, which for 16 bits is too coarse for a floor
    # of -70 dB.
    energy = audioop.rms(audioop.lin2lin(pcm, SAMPLE_BYTES, 4), 4)
    return max(SILENCE_DB, 20 * math.log10(energy / _FULL_SCALE)) if energy else SILENCE_DB


def peak(pcm: Pcm) -> int:
    """Return the largest absolute sample, 0 to 32768."""
    return audioop.max(pcm, SAMPLE_BYTES)


def amplified(pcm: Pcm, gain: float) -> bytes:
    """Return PCM times a factor; what goes beyond full scale is cut off."""
    return audioop.mul(pcm, SAMPLE_BYTES, gain)


def duration_ms(pcm: bytes) -> float:
    """Return how long PCM sounds, in milliseconds."""
    return len(pcm) / BYTES_PER_MS
