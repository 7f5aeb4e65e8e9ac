"""G.711: 16-bit samples as one byte each, by mu-law and by A-law.

Source: ITU-T Recommendation G.711 (11/88), tables 1 and 2.
"""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

_MU_BIAS: Final = 0x84
"""Added so that each segment of the curve begins at a power of two."""
_MU_LIMIT: Final = 32_635
_A_INVERTED: Final = 0x55
"""A-law turns every other bit around on the line."""
_STEP_BITS: Final = 2
"""Mu-law has 14 significant bits, A-law 13: sixteen-bit samples are looked up without the rest."""


def mu_to_linear(code: int) -> int:
    """Return the sample of a mu-law byte, -32124 to 32124."""
    code = ~code & 0xFF
    exponent, mantissa = code >> 4 & 7, code & 15
    size = ((mantissa << 3) + _MU_BIAS << exponent) - _MU_BIAS
    return -size if code & 0x80 else size


def linear_to_mu(sample: int) -> int:
    """Return the mu-law byte of a 16-bit sample."""
    sign = 0x80 if sample < 0 else 0
    size = min(abs(sample), _MU_LIMIT) + _MU_BIAS
    exponent = size.bit_length() - 8
    return ~(sign | exponent << 4 | size >> exponent + 3 & 15) & 0xFF


def a_to_linear(code: int) -> int:
    """Return the sample of an A-law byte, -32256 to 32256."""
    code ^= _A_INVERTED
    exponent, mantissa = code >> 4 & 7, code & 15
    size = (mantissa << 4) + 8
    if exponent:
        size = size + 256 << exponent - 1
    return size if code & 0x80 else -size


def linear_to_a(sample: int) -> int:
    """Return the A-law byte of a 16-bit sample."""
    sign = 0 if sample < 0 else 0x80
    size = min(~sample if sample < 0 else sample, 32_767) >> 4
    exponent = max(0, size.bit_length() - 4)
    mantissa = size >> max(0, exponent - 1) & 15
    return (sign | exponent << 4 | mantissa) ^ _A_INVERTED


class Law:
    """One of the two laws, as tables."""

    def __init__(self, decode: Callable[[int], int], encode: Callable[[int], int]) -> None:
        self._samples = [decode(code) for code in range(256)]
        half = 1 << 15 - _STEP_BITS
        # A negative index counts from the end: the table of the negative samples stands there.
        order = [*range(half), *range(-half, 0)]
        self._codes = bytes(encode(step << _STEP_BITS) for step in order)

    def decode(self, data: bytes) -> array[int]:
        """Return the samples of bytes."""
        samples = self._samples
        return array("h", [samples[code] for code in data])

    def encode(self, samples: array[int]) -> bytes:
        """Return the bytes of samples."""
        codes = self._codes
        return bytes([codes[sample >> _STEP_BITS] for sample in samples])


MU_LAW: Final = Law(mu_to_linear, linear_to_mu)
A_LAW: Final = Law(a_to_linear, linear_to_a)
