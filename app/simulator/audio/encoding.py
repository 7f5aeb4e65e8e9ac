"""The encodings of the wire, made from and into PCM at 24 kHz.

Source: the documentation page "Audio format", September 2026.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from app.simulator.audio.g711 import A_LAW, MU_LAW, Law
from app.simulator.audio.pcm import FRAME_BYTES, SAMPLE_RATE_HZ, amplified, pcm_of, samples_of
from app.simulator.audio.resampling import FACTOR, Downsampler, Upsampler
from app.simulator.errors import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

PCM: Final = "audio/pcm"
SAMPLE_RATES_HZ: Final[Mapping[str, int]] = {
    PCM: SAMPLE_RATE_HZ,
    "audio/pcmu": SAMPLE_RATE_HZ // FACTOR,
    "audio/pcma": SAMPLE_RATE_HZ // FACTOR,
}
"""The one rate of each encoding."""

G711_FRAME_BYTES: Final = 300
"""What one `reply.audio` holds. Live: 300 bytes, 37.5 ms, 2026-09-24."""
_LAWS: Final[Mapping[str, Law]] = {"audio/pcmu": MU_LAW, "audio/pcma": A_LAW}
_SILENT_FRAME: Final = bytes(FRAME_BYTES)


class Decoder:
    """From the caller's encoding to PCM at 24 kHz."""

    def __init__(self, encoding: str) -> None:
        self.encoding = encoding
        self._law = _LAWS.get(encoding)
        self._upsampler = Upsampler()

    def decode(self, data: bytes) -> bytes:
        """Return the PCM of a piece.

        Raises:
            Refusal: `invalid_audio` when it holds no whole number of samples.
        """
        if self._law is not None:
            return pcm_of(self._upsampler.feed(self._law.decode(data)))
        if len(data) % 2:
            raise Refusal("invalid_audio", "Invalid audio data")
        return data


class Encoder:
    """From frames of 10 ms of PCM at 24 kHz to the agent's encoding, at a volume.

    Args:
        encoding: one of `SAMPLE_RATES_HZ`.
        volume: gives the loudness as 0 to 1 for each frame anew.
    """

    def __init__(self, encoding: str, volume: Callable[[], float]) -> None:
        self._law = _LAWS.get(encoding)
        self._volume = volume
        self._downsampler = Downsampler()
        self.frame_bytes = FRAME_BYTES if self._law is None else FRAME_BYTES // FACTOR // 2
        """How many bytes 10 ms become."""

    def encode(self, frame: bytes) -> bytes:
        """Return a frame of 10 ms as it goes over the wire."""
        volume = self._volume()
        if volume != 1 and frame != _SILENT_FRAME:
            frame = amplified(frame, volume)
        if self._law is None:
            return frame
        return self._law.encode(self._downsampler.feed(samples_of(frame)))
