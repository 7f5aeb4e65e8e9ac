"""Between 24 kHz and 8 kHz, piece by piece: what one piece ends with the next one goes on from."""

from __future__ import annotations

import math
from array import array
from operator import mul
from typing import Final

FACTOR: Final = 3
_TAPS: Final = 45
_CUTOFF: Final = 0.148
"""In cycles a sample at 24 kHz: 3.55 kHz, a little below the half of 8 kHz."""


def _low_pass() -> list[float]:
    """Return a windowed-sinc filter with a gain of one."""
    middle = (_TAPS - 1) / 2
    taps = []
    for place in range(_TAPS):
        x = place - middle
        sinc = 2 * _CUTOFF if x == 0 else math.sin(math.tau * _CUTOFF * x) / (math.pi * x)
        taps.append(sinc * (0.54 - 0.46 * math.cos(math.tau * place / (_TAPS - 1))))
    gain = sum(taps)
    return [tap / gain for tap in taps]


_FILTER: Final = _low_pass()
_PHASES: Final = [[tap * FACTOR for tap in _FILTER[phase::FACTOR]] for phase in range(FACTOR)]


class Downsampler:
    """From 24 kHz to 8 kHz; the sound comes out about a millisecond later."""

    def __init__(self) -> None:
        self._past = [0] * (_TAPS - 1)

    def feed(self, samples: array[int]) -> array[int]:
        """Return a third as many samples; what is over waits for the next piece."""
        line = self._past + samples.tolist()
        count = max(0, (len(line) - _TAPS + FACTOR) // FACTOR)
        if not any(line):
            self._past = line[count * FACTOR :]
            return array("h", bytes(2 * count))
        out = [
            round(sum(map(mul, _FILTER, line[start : start + _TAPS])))
            for start in range(0, count * FACTOR, FACTOR)
        ]
        self._past = line[count * FACTOR :]
        return array("h", map(_limited, out))


class Upsampler:
    """From 8 kHz to 24 kHz; the sound comes out about a millisecond later."""

    def __init__(self) -> None:
        self._past = [0] * (_TAPS // FACTOR - 1)

    def feed(self, samples: array[int]) -> array[int]:
        """Return three times as many samples."""
        line = self._past + samples.tolist()
        if not any(line):
            return array("h", bytes(2 * FACTOR * len(samples)))
        out = array("h")
        reach = _TAPS // FACTOR
        for start in range(len(samples)):
            # The newest sample meets the first tap.
            recent = line[start : start + reach][::-1]
            out.extend(_limited(round(sum(map(mul, phase, recent)))) for phase in _PHASES)
        self._past = line[len(samples) :]
        return out


def _limited(sample: int) -> int:
    return max(-32_768, min(32_767, sample))
