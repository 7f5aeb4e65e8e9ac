"""The bundled voice."""

import wave
from array import array
from pathlib import Path

import pytest

from app.simulator.audio import speech
from app.simulator.audio.pcm import amplified, level_db, peak
from app.simulator.audio.speech import Clip, Speech
from tests.simulator.caller import tone

FOLDER = Path(speech.__file__).parent / "clips"
FIXTURES = Path(__file__).parents[1] / "fixtures" / "speech"
FILES = sorted([*FOLDER.glob("*.wav"), *FIXTURES.glob("*.wav")])


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_recordings_are_of_one_kind(path: Path) -> None:
    """Each recording is mono, 16 bit, 24 kHz, of one loudness, unclipped, and begins softly."""
    with wave.open(str(path)) as file:
        kind = (file.getnchannels(), file.getsampwidth(), file.getframerate())
        samples = array("h", file.readframes(file.getnframes()))

    assert kind == (1, 2, 24_000)
    assert level_db(samples) == pytest.approx(-20.5, abs=1)
    assert peak(samples) < 32_768 * 10 ** (-3 / 20)
    assert max(peak(samples[:24]), peak(samples[-24:])) < 1000


def test_clips_are_complete_and_small() -> None:
    """Every clip has its text, every recording is used, and the folder stays small."""
    assert set(speech.clips()) == {path.stem for path in FOLDER.glob("*.wav")}
    assert all(clip.text for clip in speech.clips().values())
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) < 800_000


def test_greeting_has_the_configured_words() -> None:
    """Another greeting has its own text and the sound of the bundled one."""
    mine, bundled = speech.greeting("Welcome back."), speech.clips()["greeting"]

    assert mine.text == "Welcome back."
    assert [word.text for word in mine.words()] == ["Welcome", "back."]
    assert b"".join(mine.frames())[: len(bundled.pcm)] == bundled.pcm
    assert bundled.text == "Hi there! I'm your voice agent. Say something, and I'll answer."


def test_frames_are_whole_and_as_many_as_said() -> None:
    """Sound of any length comes in frames of 480 bytes, each clip's last one filled up."""
    odd = Speech((Clip(tone(25)[:-2], "a"), Clip(tone(10), "b", 0.5)))

    frames = list(odd.frames())

    assert [len(frame) for frame in frames] == [480] * 4
    assert len(frames) == odd.frame_count
    assert frames[3] == amplified(tone(10), 0.5)


def test_amplifying_never_wraps() -> None:
    """A factor that is too large cuts off the peaks instead of turning them round."""
    loud = array("h", amplified(array("h", [30_000, -30_000, 100]).tobytes(), 8))

    assert list(loud) == [32_767, -32_768, 800]
