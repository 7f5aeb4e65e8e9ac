"""Sums on PCM: 16-bit little-endian mono at 24 kHz, the service's default encoding.

Source: the documentation page "Audio format", September 2026.
"""

from __future__ import annotations

import math
import sys
from array import array
from operator import mul
from typing import Final

SAMPLE_RATE_HZ: Final = 24_000
BYTES_PER_MS: Final = SAMPLE_RATE_HZ * 2 // 1000
FRAME_MS: Final = 10
FRAME_BYTES: Final = FRAME_MS * BYTES_PER_MS
SILENCE_DB: Final = -96.0
"""The level given to digital silence, in dB relative to full scale."""

_FULL_SCALE: Final = 32_768


def samples_of(pcm: bytes | bytearray | memoryview) -> array[int]:
    """Return the samples of PCM whose length is a whole number of them."""
    samples = array("h")
    samples.frombytes(pcm)
    if sys.byteorder == "big":
        samples.byteswap()
    return samples


def pcm_of(samples: array[int]) -> bytes:
    """Return samples as PCM."""
    if sys.byteorder == "big":
        samples = samples[:]
        samples.byteswap()
    return samples.tobytes()


def level_db(samples: array[int]) -> float:
    """Return the mean level in dB relative to full scale, from -96 to 0."""
    energy = math.sqrt(sum(map(mul, samples, samples)) / len(samples)) if samples else 0.0
    return max(SILENCE_DB, 20 * math.log10(energy / _FULL_SCALE)) if energy else SILENCE_DB


def peak(samples: array[int]) -> int:
    """Return the largest absolute sample, 0 to 32768."""
    if not samples:
        return 0
    highest = max(samples)
    return max(highest, -min(samples))


def amplified(pcm: bytes, gain: float) -> bytes:
    """Return PCM times a factor; what goes beyond full scale is cut off."""
    scaled = list(map(int, map(float(gain).__mul__, samples_of(pcm))))
    if scaled and not -_FULL_SCALE <= min(scaled) <= max(scaled) < _FULL_SCALE:
        scaled = [max(-_FULL_SCALE, min(_FULL_SCALE - 1, x)) for x in scaled]
    return pcm_of(array("h", scaled))


def duration_ms(pcm: bytes | bytearray | memoryview) -> float:
    """Return how long PCM sounds, in milliseconds."""
    return len(pcm) / BYTES_PER_MS
