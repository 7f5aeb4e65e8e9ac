"""Sound in and out, 24 kHz mono 16-bit: of files at the pace of life, or of the machine."""

import asyncio
import contextlib
import math
import shlex
import sys
import threading
import wave
from array import array
from collections import deque
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

RATE_HZ = 24_000
SAMPLE_BYTES = 2
FRAME_SECONDS = 0.02
FRAME_BYTES = int(RATE_HZ * FRAME_SECONDS) * SAMPLE_BYTES
SILENCE = bytes(FRAME_BYTES)
# What files may have; at others a wrong header would make hours of a second.
RATES_HZ = (4_000, 192_000)
# Zero crossings of the resampling filter to each side.
CROSSINGS = 12


class SoundError(Exception):
    """Something about sound that a person can be told in one sentence."""


class Playback:
    """What the agent has said and nobody has heard yet; any thread may take from it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pcm = bytearray()

    def add(self, pcm: bytes) -> None:
        """Let it be heard after what is there."""
        with self._lock:
            self._pcm += pcm

    def cut(self) -> None:
        """Drop what is there: the agent was interrupted."""
        with self._lock:
            self._pcm.clear()

    def take(self, size: int) -> bytes:
        """Return the next bytes, with silence where there are none."""
        with self._lock:
            pcm = bytes(self._pcm[:size])
            del self._pcm[:size]
        return pcm.ljust(size, b"\0")

    async def heard(self) -> None:
        """Return once all of it was heard."""
        while not self.is_empty:  # noqa: ASYNC110 - another thread may take it
            await asyncio.sleep(FRAME_SECONDS)

    @property
    def is_empty(self) -> bool:
        """Whether all was heard."""
        return not self._pcm


class FileSound:
    """A microphone that plays a WAV file once, and a loudspeaker that is a WAV file.

    Args:
        source: What is said.
        target: Where what is heard goes, silence included; nowhere if None.
    """

    def __init__(self, source: Path, target: Path | None) -> None:
        self.playback = Playback()
        self.may_speak = asyncio.Event()
        self.has_spoken = asyncio.Event()
        self._pcm = read_wav(source)
        self._out = None
        self._files = contextlib.ExitStack()
        if target:
            try:  # before `wave`, which leaves a traceback behind where it cannot open a file
                file = self._files.enter_context(target.open("wb"))
            except OSError as error:
                raise SoundError(f"{target} cannot be written: {error.strerror}.") from None
            self._out = self._files.enter_context(wave.open(file, "wb"))  # noqa: SIM115
            self._out.setnchannels(1)
            self._out.setsampwidth(2)
            self._out.setframerate(RATE_HZ)

    async def frames(self) -> AsyncIterator[bytes]:
        """Yield a frame each 20 ms: silence, the file once it may speak, silence again."""
        loop = asyncio.get_running_loop()
        due, at = loop.time(), 0
        while True:
            frame = SILENCE
            if self.may_speak.is_set() and at < len(self._pcm):
                frame = self._pcm[at : at + FRAME_BYTES].ljust(FRAME_BYTES, b"\0")
                at += FRAME_BYTES
            elif at >= len(self._pcm):
                self.has_spoken.set()
            yield frame
            if self._out:
                self._out.writeframes(self.playback.take(FRAME_BYTES))
            else:
                self.playback.take(FRAME_BYTES)
            due += FRAME_SECONDS
            await asyncio.sleep(max(0.0, due - loop.time()))

    def close(self) -> None:
        """Finish the file."""
        self._files.close()


class MachineSound:
    """The machine's own microphone and loudspeaker, by the package `sounddevice`."""

    def __init__(self) -> None:
        try:
            import sounddevice  # noqa: PLC0415 - with files nobody needs it
        except (ImportError, OSError):
            raise SoundError(
                "The machine's sound needs the package sounddevice (pip install sounddevice) and "
                "PortAudio; or talk with files: --input question.wav --output agent.wav."
            ) from None
        self.playback = Playback()
        self.may_speak = asyncio.Event()
        self.has_spoken = asyncio.Event()  # never: a person says when it is over
        self._loop = asyncio.get_running_loop()
        self._heard: deque[bytes] = deque(maxlen=250)  # five seconds
        self._is_heard = asyncio.Event()
        try:
            self._stream = sounddevice.RawStream(
                samplerate=RATE_HZ,
                channels=1,
                dtype="int16",
                blocksize=FRAME_BYTES // 2,
                callback=self._exchange,
            )
            self._stream.start()
        except sounddevice.PortAudioError as error:
            raise SoundError(f"The machine's sound cannot be used: {error}.") from None

    async def frames(self) -> AsyncIterator[bytes]:
        """Yield what the microphone hears."""
        while True:
            await self._is_heard.wait()
            self._is_heard.clear()
            while self._heard:
                yield self._heard.popleft()

    def close(self) -> None:
        """Let go of both."""
        self._stream.close()

    def _exchange(self, heard: Any, played: Any, _frames: int, _time: Any, _status: Any) -> None:
        self._heard.append(bytes(heard))
        played[:] = self.playback.take(len(played))
        self._loop.call_soon_threadsafe(self._is_heard.set)


def read_wav(path: Path) -> bytes:
    """Return a file's sound at 24 kHz, mono.

    Raises:
        SoundError: It is no WAV file of 16-bit PCM with sound in it.
    """
    try:
        with wave.open(str(path), "rb") as file:
            channels, width, rate_hz = file.getnchannels(), file.getsampwidth(), file.getframerate()
            data = file.readframes(file.getnframes())
    except OSError as error:
        raise SoundError(f"{path} cannot be read: {error.strerror}.") from None
    except wave.Error as error:
        raise _unusable(path, str(error)) from None
    except (EOFError, RuntimeError):  # by `wave`, too, where a chunk goes beyond the file
        raise _unusable(path, "it is shorter than its header says") from None
    if width != SAMPLE_BYTES:
        raise _unusable(path, f"{8 * width} bits a sample")
    if not RATES_HZ[0] <= rate_hz <= RATES_HZ[1]:
        raise _unusable(path, f"a rate of {rate_hz} Hz")
    if len(data) < 2 * channels:
        raise _unusable(path, "there is no sound in it")
    samples = array("h", data[: len(data) // (2 * channels) * 2 * channels])
    if sys.byteorder == "big":
        samples.byteswap()
    mono = [sum(samples[at : at + channels]) / channels for at in range(0, len(samples), channels)]
    resampled = mono if rate_hz == RATE_HZ else resample(mono, rate_hz)
    whole = array("h", (max(-32768, min(32767, round(sample))) for sample in resampled))
    if sys.byteorder == "big":
        whole.byteswap()
    return whole.tobytes()


def _unusable(path: Path, reason: str) -> SoundError:
    source, target = (shlex.quote(str(name)) for name in (path, path.with_suffix(".16-bit.wav")))
    return SoundError(
        f"{path} cannot be used: {reason}. A WAV file of 16-bit PCM can; this makes one: "
        f"ffmpeg -i {source} -ac 1 -ar {RATE_HZ} -c:a pcm_s16le {target}"
    )


def resample(samples: list[float], rate_hz: int) -> list[float]:
    """Return the sound at 24 kHz, without what that rate cannot hold (a windowed-sinc filter)."""
    common = math.gcd(rate_hz, RATE_HZ)
    phases, step = RATE_HZ // common, rate_hz // common
    cutoff = min(1.0, RATE_HZ / rate_hz)
    reach = math.ceil(CROSSINGS / cutoff)
    filters = [_filter(phase / phases, cutoff, reach) for phase in range(phases)]
    padded = [0.0] * reach + samples + [0.0] * (reach + 1)
    result = []
    for at in range(len(samples) * phases // step):
        whole, phase = divmod(at * step, phases)
        taps = filters[phase]
        around = padded[whole + 1 : whole + 1 + len(taps)]
        result.append(sum(map(float.__mul__, taps, around)))
    return result


def _filter(offset: float, cutoff: float, reach: int) -> list[float]:
    taps = []
    for at in range(1 - reach, reach + 1):
        x = at - offset
        window = 0.5 + 0.5 * math.cos(math.pi * x / (reach + 1))
        sinc = 1.0 if x == 0 else math.sin(math.pi * x * cutoff) / (math.pi * x * cutoff)
        taps.append(cutoff * sinc * window)
    total = sum(taps)
    return [tap / total for tap in taps]
