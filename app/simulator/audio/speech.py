"""What the agent can say: bundled clips of real speech, and the caller's own voice played back."""

from __future__ import annotations

import json
import wave
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from app.simulator.audio import tones
from app.simulator.audio.clip import Clip
from app.simulator.audio.pcm import BYTES_PER_MS, FRAME_BYTES, FRAME_MS, SAMPLE_RATE_HZ

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from app.simulator.audio.utterance import Utterance

OWN_VOICE_TEXT: Final = "(your own voice)"
"""Stands in the transcript where the caller's words are played back: nobody recognised them."""

_CLIPS_FOLDER: Final = Path(__file__).parent / "clips"
_CLOSING: Final = "closing_"
_BETWEEN_CLIPS_MS: Final = 180


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
    return Speech(tuple(tones.word(word) for word in wanted.split()))


@lru_cache(maxsize=16)
def silence(ms: int) -> Speech:
    """Return a speech without words and without sound."""
    return Speech((Clip(bytes(ms // FRAME_MS * FRAME_BYTES), ""),))


def answer_to_message() -> Speech:
    """Return what is said to words that were typed, which nobody here can speak aloud."""
    return Speech((clips()["message"],))


_PAUSE: Final = Clip(bytes(_BETWEEN_CLIPS_MS * BYTES_PER_MS), "")


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
