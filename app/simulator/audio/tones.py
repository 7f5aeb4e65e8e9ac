"""What stands for a voice where no clip has the words: a hum as long as each word."""

from __future__ import annotations

import math
from array import array
from functools import cache
from typing import Final

from app.simulator.audio.clip import Clip
from app.simulator.audio.pcm import FRAME_BYTES, FRAME_MS, SAMPLE_RATE_HZ

_HZ: Final = 200
"""A whole number of its waves is 10 ms long, so that frames join without a click."""
_AMPLITUDE: Final = 4600
"""About -20 dB, as the clips have on average."""
_LETTER_MS: Final = 60
_BETWEEN_WORDS_MS: Final = 60
_LONGEST_WORD: Final = 40


def word(text: str) -> Clip:
    """Return the hum for a word and the gap after it."""
    return Clip(_hum(min(len(text), _LONGEST_WORD)), text)


@cache
def _hum(letters: int) -> bytes:
    rise, full, fall = _frames()
    steady = max(0, letters * _LETTER_MS // FRAME_MS - 2)
    return rise + full * steady + fall + bytes(_BETWEEN_WORDS_MS // FRAME_MS * FRAME_BYTES)


@cache
def _frames() -> tuple[bytes, bytes, bytes]:
    """Return 10 ms of the hum: swelling, steady, and fading."""
    count = SAMPLE_RATE_HZ * FRAME_MS // 1000
    wave = [_AMPLITUDE * math.sin(math.tau * _HZ * i / SAMPLE_RATE_HZ) for i in range(count)]
    rise = array("h", [round(x * i / count) for i, x in enumerate(wave)])
    fall = array("h", [round(x * (1 - i / count)) for i, x in enumerate(wave)])
    return rise.tobytes(), array("h", map(round, wave)).tobytes(), fall.tobytes()
