"""What the agent can say: bundled clips of real speech, tones, and the caller's own voice.

Where no clip has the words, a hum as long as each word stands for them.
"""

import json
import math
import wave
from array import array
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from pathlib import Path
from typing import Final

from app.simulator.audio.pcm import (
    BYTES_PER_MS,
    FRAME_BYTES,
    FRAME_MS,
    SAMPLE_RATE_HZ,
    amplified,
)
from app.simulator.audio.utterance import Utterance

OWN_VOICE_TEXT: Final = "(your own voice)"
"""Stands in the transcript where the caller's words are played back: nobody recognised them."""

_CLIPS_FOLDER: Final = Path(__file__).parent / "clips"
_CLOSING: Final = "closing_"
_BETWEEN_CLIPS_MS: Final = 180
_HZ: Final = 200
"""A whole number of its waves is 10 ms long, so that frames join without a click."""
_AMPLITUDE: Final = 4600
"""About -20 dB, as the clips have on average."""
_LETTER_MS: Final = 60
_BETWEEN_WORDS_MS: Final = 60
_LONGEST_WORD: Final = 40


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


_PAUSE: Final = Clip(bytes(_BETWEEN_CLIPS_MS * BYTES_PER_MS), "")


@dataclass(frozen=True, slots=True)
class Word:
    """One word and when it sounds, in ms from the start of the speech."""

    text: str
    start_ms: int
    end_ms: int


@dataclass(frozen=True, slots=True)
class Speech:
    """Clips said one after the other."""

    clips: tuple[Clip, ...]

    @property
    def text(self) -> str:
        """All the words."""
        return " ".join(clip.text for clip in self.clips if clip.text)

    @property
    def frame_count(self) -> int:
        """How many frames of 10 ms the speech takes."""
        return sum(clip.frame_count for clip in self.clips)

    @property
    def duration_ms(self) -> int:
        """How long the speech sounds."""
        return self.frame_count * FRAME_MS

    def frames(self) -> Iterator[bytes]:
        """Yield the sound in frames of 10 ms."""
        for clip in self.clips:
            yield from clip.frames()

    def words(self) -> Iterator[Word]:
        """Yield the words, each clip's spread over its sound by their lengths."""
        clip_start_ms = 0
        for clip in self.clips:
            clip_ms = clip.frame_count * FRAME_MS
            words = clip.text.split()
            letters = sum(len(word) + 1 for word in words)
            before = 0
            for word in words:
                start_ms = clip_start_ms + clip_ms * before // letters
                before += len(word) + 1
                yield Word(word, start_ms, clip_start_ms + clip_ms * before // letters)
            clip_start_ms += clip_ms


@cache
def clips() -> Mapping[str, Clip]:
    """Return the bundled clips by name; read from disk on first use."""
    texts: dict[str, str] = json.loads((_CLIPS_FOLDER / "clips.json").read_text("utf-8"))
    return {
        name: Clip(_read_wav(_CLIPS_FOLDER / f"{name}.wav"), text) for name, text in texts.items()
    }


def greeting(text: str) -> Speech:
    """Return the greeting with the configured text; its sound is always the bundled clip."""
    return Speech((replace(clips()["greeting"], text=text),))


def answer(utterance: Utterance, turn: int) -> Speech:
    """Return "You said", the caller's voice and a closing sentence; `turn` chooses which one."""
    voice = utterance.voice
    closings = [clip for name, clip in clips().items() if name.startswith(_CLOSING)]
    closing = closings[turn % len(closings)]
    if not voice:
        return Speech((closing,))
    own_voice = Clip(voice, OWN_VOICE_TEXT, utterance.gain)
    return Speech((clips()["you_said"], _PAUSE, own_voice, _PAUSE, closing))


def spoken(text: str) -> Speech:
    """Return the clip that has the text, or else tones as long as its words."""
    wanted = " ".join(text.split())
    for clip in clips().values():
        if clip.text == wanted:
            return Speech((clip,))
    return Speech(tuple(_tone(word) for word in wanted.split()))


@lru_cache(maxsize=16)
def silence(ms: int) -> Speech:
    """Return a speech without words and without sound."""
    return Speech((Clip(bytes(ms // FRAME_MS * FRAME_BYTES), ""),))


def answer_to_message() -> Speech:
    """Return what is said to words that were typed, which nobody here can speak aloud."""
    return Speech((clips()["message"],))


def _tone(text: str) -> Clip:
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


def _read_wav(path: Path) -> bytes:
    with wave.open(str(path)) as file:
        if (file.getnchannels(), file.getsampwidth(), file.getframerate()) != (
            1,
            2,
            SAMPLE_RATE_HZ,
        ):
            raise ValueError(f"{path.name} is not mono, 16 bit, {SAMPLE_RATE_HZ} Hz")
        pcm: bytes = file.readframes(file.getnframes())
    return pcm
