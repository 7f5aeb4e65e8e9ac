"""The encodings of the wire, made from and into PCM at 24 kHz.

Source: the documentation page "Audio format", September 2026, and ITU-T Recommendation G.711.
"""

import audioop
import math
from array import array
from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from app.simulator.audio.pcm import FRAME_BYTES, SAMPLE_BYTES, SAMPLE_RATE_HZ, Pcm, amplified
from app.simulator.errors import Refusal

PCM: Final = "audio/pcm"
_G711_RATE_HZ: Final = 8000
_FACTOR: Final = SAMPLE_RATE_HZ // _G711_RATE_HZ
SAMPLE_RATES_HZ: Final[Mapping[str, int]] = {
    PCM: SAMPLE_RATE_HZ,
    "audio/pcmu": _G711_RATE_HZ,
    "audio/pcma": _G711_RATE_HZ,
}
"""The one rate of each encoding."""

G711_FRAME_BYTES: Final = 300
"""What one `reply.audio` holds. Live: 300 bytes, 37.5 ms, 2026-09-24."""
_TO_24_KHZ: Final = (SAMPLE_BYTES, 1, _G711_RATE_HZ, SAMPLE_RATE_HZ)
"""Of `audioop.ratecv`: width, channels and both rates."""
_SILENT_FRAME: Final = bytes(FRAME_BYTES)
_TAPS: Final = 45
_CUTOFF: Final = 0.148
"""In cycles a sample at 24 kHz: 3.55 kHz, a little below the half of 8 kHz."""


class Law(NamedTuple):
    """One of the two companding laws of G.711, between 16-bit samples and bytes."""

    encode: Callable[[Pcm], bytes]
    decode: Callable[[bytes], bytes]


MU_LAW: Final = Law(
    lambda pcm: audioop.lin2ulaw(pcm, SAMPLE_BYTES), lambda data: audioop.ulaw2lin(data, 2)
)
A_LAW: Final = Law(
    lambda pcm: audioop.lin2alaw(pcm, SAMPLE_BYTES), lambda data: audioop.alaw2lin(data, 2)
)
G711_LAWS: Final[Mapping[str, Law]] = {"audio/pcmu": MU_LAW, "audio/pcma": A_LAW}


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


class Downsampler:
    """From 24 kHz to 8 kHz, piece by piece; the sound comes out about a millisecond later.

    `audioop.ratecv` has no low-pass filter that would keep 5.5 kHz from folding to 2.5 kHz (2 dB
    down by it, 49 dB by this one), so the filter is applied here, a column of samples at a time.
    """

    # Half the gain, so that no partial sum is cut off at full scale; the last step doubles it.
    _filter: Final = [tap / 2 for tap in _low_pass()]

    def __init__(self) -> None:
        self._past = bytes(SAMPLE_BYTES * (_TAPS - 1))

    def feed(self, pcm: Pcm) -> bytes:
        """Return a third as many samples; what is left over waits for the next piece."""
        line = array("h", self._past + bytes(pcm))
        count = max(0, (len(line) - _TAPS + _FACTOR) // _FACTOR)
        self._past = line[count * _FACTOR :].tobytes()
        if not any(line):
            return bytes(SAMPLE_BYTES * count)
        total = bytes(4 * count)
        for place, tap in enumerate(self._filter):
            column = line[place : place + count * _FACTOR : _FACTOR]
            wide = audioop.lin2lin(column, SAMPLE_BYTES, 4)
            total = audioop.add(total, audioop.mul(wide, 4, tap), 4)
        rounded = audioop.bias(audioop.mul(total, 4, 2), 4, 1 << 15)
        return audioop.lin2lin(rounded, 4, SAMPLE_BYTES)


class Upsampler:
    """From 8 kHz to 24 kHz, piece by piece, by linear interpolation."""

    def __init__(self) -> None:
        # The very first sample gives one sample only; after it each gives three.
        _, self._state = audioop.ratecv(bytes(SAMPLE_BYTES), *_TO_24_KHZ, None)

    def feed(self, pcm: Pcm) -> bytes:
        """Return three times as many samples."""
        wide, self._state = audioop.ratecv(pcm, *_TO_24_KHZ, self._state)
        return wide


class Decoder:
    """From the caller's encoding to PCM at 24 kHz."""

    def __init__(self, encoding: str) -> None:
        self.encoding = encoding
        self._law = G711_LAWS.get(encoding)
        self._upsampler = Upsampler()

    def decode(self, data: bytes) -> bytes:
        """Return the PCM of a piece.

        Raises:
            Refusal: `invalid_audio` when it holds no whole number of samples.
        """
        if self._law is not None:
            return self._upsampler.feed(self._law.decode(data))
        if len(data) % SAMPLE_BYTES:
            raise Refusal("invalid_audio", "Invalid audio data")
        return data


class Encoder:
    """From frames of 10 ms of PCM at 24 kHz to the agent's encoding, at a volume.

    Args:
        encoding: one of `SAMPLE_RATES_HZ`.
        volume: gives the loudness as 0 to 1 for each frame anew.
    """

    def __init__(self, encoding: str, volume: Callable[[], float]) -> None:
        self._law = G711_LAWS.get(encoding)
        self._volume = volume
        self._downsampler = Downsampler()
        self.frame_bytes = (
            FRAME_BYTES if self._law is None else FRAME_BYTES // _FACTOR // SAMPLE_BYTES
        )
        """How many bytes 10 ms become."""

    def encode(self, frame: bytes) -> bytes:
        """Return a frame of 10 ms as it goes over the wire."""
        volume = self._volume()
        if volume != 1 and frame != _SILENT_FRAME:
            frame = amplified(frame, volume)
        if self._law is None:
            return frame
        return self._law.encode(self._downsampler.feed(frame))
