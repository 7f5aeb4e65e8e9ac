"""The command-line example as a process, against the service and the simulator."""

from __future__ import annotations

import asyncio
import base64
import math
import os
import signal
import struct
import sys
import wave
from array import array
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from importlib.util import module_from_spec, spec_from_file_location
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from app.main import create_app
from app.simulator.behaviour.profiles import LIVE
from app.simulator.server.app import create_simulator
from tests.service import NO_LIMITS, make_settings
from tests.support import serve

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "static/voice-agent/examples/python/talk.py"
QUESTION = ROOT / "tests/fixtures/speech/question.wav"
CODE = "a-code-for-the-example"
STEP = 240  # samples: 10 ms
WORD = 40  # steps
AUDIBLE = 0.01
ALIKE = 0.9
# A sound card that hears one and the same sample, and says so once it is loud.
SOUND_CARD = """
import threading, time

class PortAudioError(Exception): pass

class RawStream:
    def __init__(self, samplerate, channels, dtype, blocksize, callback):
        assert (samplerate, channels, dtype) == (24000, 1, "int16")
        self.size, self.callback, self.is_open = blocksize * 2, callback, True

    def start(self):
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        told = False
        while self.is_open:
            played = bytearray(self.size)
            self.callback(b"\\x01\\x00" * (self.size // 2), played, self.size // 2, None, None)
            if any(played) and not told:
                told = print("loud", flush=True) is None
            time.sleep(0.02)

    def close(self):
        self.is_open = False
"""
# Longer than any run here takes, however busy the machine is.
LIMIT_SECONDS = 120


@asynccontextmanager
async def demo(**switches: Any) -> AsyncIterator[tuple[str, list[tuple[str, dict[str, Any]]]]]:
    """Serve both on loopback; yields where the service is, and every frame as it comes."""
    profile = replace(LIVE, **switches)
    frames: list[tuple[str, dict[str, Any]]] = []

    def observe(
        direction: str, session_id: str | None, frame: Mapping[str, Any], at: float
    ) -> None:
        if direction in {"c2s", "s2c"}:
            frames.append((direction, dict(frame)))

    async with serve(create_simulator(profile, seed=1, observe=observe)) as upstream:
        settings = make_settings(
            upstream_url=upstream, access="code", access_codes=[CODE], secret="s" * 32, **NO_LIMITS
        )
        async with serve(create_app(settings)) as gate:
            yield gate, frames


async def talk(
    *options: str | Path, end_at: str = "", path: Path | None = None
) -> tuple[int, str, str]:
    """Run the example; returns its exit code and what it said on both ways out.

    Args:
        options: Of its command line.
        end_at: Text at which it is told to end.
        path: A folder of further modules.
    """
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, str(EXAMPLE), *map(str, options)),
        env=os.environ | ({"PYTHONPATH": str(path)} if path else {}),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    said = b""
    try:
        async with asyncio.timeout(LIMIT_SECONDS):
            while end_at and end_at.encode() not in said:
                said += await process.stdout.readline()
            if end_at:
                process.send_signal(signal.SIGTERM)
            rest, problems = await process.communicate()
    except TimeoutError:
        process.kill()
        raise
    return process.returncode or 0, (said + rest).decode(), problems.decode()


def sound_module() -> Any:
    """Return the example's own module for sound, which is no part of a package."""
    spec = spec_from_file_location("sound_of_the_example", EXAMPLE.with_name("sound.py"))
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def tone(frequency_hz: int, rate_hz: int, channels: int) -> array[int]:
    """Return a second of a tone, the same on every channel."""
    samples = array("h")
    for at in range(rate_hz):
        value = round(10_000 * math.sin(2 * math.pi * frequency_hz * at / rate_hz))
        samples.extend([value] * channels)
    return samples


def write(path: Path, samples: array[int], rate_hz: int, channels: int) -> Path:
    """Write a WAV file; returns its path."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(rate_hz)
        file.writeframes(samples.tobytes())
    return path


def types(frames: list[tuple[str, dict[str, Any]]], direction: str) -> list[str]:
    """Return the types of all frames of one direction."""
    return [frame["type"] for way, frame in frames if way == direction]


def sound_of(path: Path) -> array[int]:
    """Return the samples of a file of ours."""
    with wave.open(str(path)) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (24_000, 1, 2)
        return array("h", file.readframes(file.getnframes()))


def envelope(samples: array[int]) -> list[float]:
    """Return the loudness every 10 ms."""
    return [
        (sum((sample / 32768) ** 2 for sample in samples[at : at + STEP]) / STEP) ** 0.5
        for at in range(0, len(samples) - STEP + 1, STEP)
    ]


def audible_seconds(samples: array[int]) -> float:
    """Return for how long something is heard."""
    return sum(level > AUDIBLE for level in envelope(samples)) * STEP / 24_000


def part_heard(heard: list[float], sentence: list[float]) -> float:
    """Return which part of a sentence is found, each piece of it at its best place, 0 to 1.

    Without pauses, as one that a busy machine puts into a sentence makes it no other one.
    """
    heard, sentence = ([level for level in each if level > AUDIBLE] for each in (heard, sentence))
    pieces = [sentence[at : at + WORD] for at in range(0, len(sentence) - WORD + 1, WORD)]
    found = [
        any(
            correlation(heard[at : at + WORD], piece) > ALIKE for at in range(len(heard) - WORD + 1)
        )
        for piece in pieces
    ]
    return sum(found) / len(found)


def correlation(left: list[float], right: list[float]) -> float:
    """Return how alike two envelopes are, at most 1."""
    mean_left, mean_right = sum(left) / len(left), sum(right) / len(right)
    pairs = [(a - mean_left, b - mean_right) for a, b in zip(left, right, strict=True)]
    power = sum(a * a for a, _ in pairs) * sum(b * b for _, b in pairs)
    return float(sum(a * b for a, b in pairs) / power**0.5) if power else 0.0


async def test_example_holds_a_conversation_with_files(tmp_path: Path) -> None:
    """The question is heard, the answer is in the file, and the session is ended and reported."""
    output = tmp_path / "agent.wav"
    async with demo() as (gate, frames):
        options = ("--gate", gate, "--access", CODE, "--input", QUESTION, "--output", output)
        code, said, problems = await talk(*options)

    assert (code, problems) == (0, "")
    assert said.index("Agent:") < said.index("You:") < said.rindex("Agent:")
    heard, question = envelope(sound_of(output)), envelope(sound_of(QUESTION))
    assert part_heard(heard, question) > 0.7, "the answer plays the question back"
    sent = types(frames, "c2s")
    assert (sent[0], sent[-1]) == ("session.update", "session.end")
    assert types(frames, "s2c")[-1] == "session.ended"


async def test_example_drops_what_is_queued_when_it_is_interrupted(tmp_path: Path) -> None:
    """Sound that came all at once is cut where the person cuts in, and what comes late is too."""
    spoken, output = tmp_path / "both.wav", tmp_path / "agent.wav"
    with wave.open(str(QUESTION)) as first, wave.open(str(spoken), "wb") as file:
        file.setparams(first.getparams())
        pcm = first.readframes(first.getnframes())
        file.writeframes(pcm + bytes(24_000 * 2 * 3) + pcm)
    async with demo(audio_pace="burst", late_audio_frames=5) as (gate, frames):
        options = ("--gate", gate, "--access", CODE, "--input", spoken, "--output", output)
        code, said, problems = await talk(*options)

    assert (code, problems) == (0, "")
    assert "(interrupted)" in said
    came = b"".join(
        base64.b64decode(frame["data"]) for _, frame in frames if frame["type"] == "reply.audio"
    )
    assert audible_seconds(array("h", came)) > audible_seconds(sound_of(output)) + 1
    assert types(frames, "c2s")[-1] == "session.end"


async def test_example_that_is_told_to_end_ends_its_session() -> None:
    """Hanging up in the middle leaves no session open."""
    async with demo() as (gate, frames):
        options = ("--gate", gate, "--access", CODE, "--input", QUESTION)
        code, _, problems = await talk(*options, end_at="Agent:")

    assert (code, problems) == (130, "")
    assert types(frames, "c2s")[-1] == "session.end"
    assert types(frames, "s2c")[-1] == "session.ended"


async def test_example_talks_by_the_sound_of_the_machine(tmp_path: Path) -> None:
    """With a sound card the microphone is sent, and the loudspeaker gets what the agent says."""
    (tmp_path / "sounddevice.py").write_text(SOUND_CARD)
    async with demo() as (gate, frames):
        options = ("--gate", gate, "--access", CODE)
        code, said, problems = await talk(*options, end_at="loud", path=tmp_path)

    assert (code, problems) == (130, "")
    assert "loud" in said
    sent = [frame["audio"] for _, frame in frames if frame["type"] == "input.audio"]
    assert {base64.b64decode(audio)[:2] for audio in sent} == {b"\x01\x00"}
    assert types(frames, "s2c")[-1] == "session.ended"


@pytest.mark.parametrize(("rate_hz", "channels"), [(8_000, 1), (44_100, 2), (48_000, 1)])
def test_example_takes_files_of_any_rate(tmp_path: Path, rate_hz: int, channels: int) -> None:
    """A tone keeps its pitch and loudness; what 24 kHz cannot hold is gone, not folded down."""
    kept, lost = tone(1_000, rate_hz, channels), tone(17_000, rate_hz, channels)
    read = sound_module().read_wav

    heard = array("h", read(write(tmp_path / "kept.wav", kept, rate_hz, channels)))
    assert len(heard) == pytest.approx(24_000, abs=3)
    crossings = sum(a < 0 <= b for a, b in pairwise(heard))
    assert crossings == pytest.approx(1_000, abs=2)
    assert max(heard[1_000:-1_000]) == pytest.approx(10_000, rel=0.02)
    if rate_hz > 2 * 17_000:
        folded = array("h", read(write(tmp_path / "lost.wav", lost, rate_hz, channels)))
        assert max(folded[1_000:-1_000]) < 100


def chunk(name: bytes, data: bytes) -> bytes:
    """Return a chunk of a WAV file, without the byte that makes its length even."""
    return name + struct.pack("<I", len(data)) + data


def form(code: int = 1, rate_hz: int = 24_000, bits: int = 16) -> bytes:
    """Return the chunk that says how the samples of one channel are written."""
    width = bits // 8
    data = struct.pack("<HHIIHH", code, 1, rate_hz, rate_hz * width, width, bits)
    return chunk(b"fmt ", data)


SOUND = chunk(b"data", b"\x01" * 9_600)


@pytest.mark.parametrize(
    ("chunks", "reason"),
    [
        pytest.param(form(bits=8) + SOUND, "8 bits a sample", id="8 bits"),
        pytest.param(form(bits=24) + SOUND, "24 bits a sample", id="24 bits"),
        pytest.param(form(code=3, bits=32) + SOUND, "unknown format: 3", id="float"),
        pytest.param(form(code=7, bits=8) + SOUND, "unknown format: 7", id="mu-law"),
        pytest.param(form(rate_hz=0) + SOUND, "a rate of 0 Hz", id="no rate"),
        pytest.param(form(rate_hz=1) + SOUND, "a rate of 1 Hz", id="hours out of a second"),
        pytest.param(
            form() + chunk(b"LIST", b"odd") + SOUND, "shorter than its header", id="no pad byte"
        ),
        pytest.param(form() + chunk(b"data", b""), "there is no sound", id="empty"),
        pytest.param(form(), "data chunk missing", id="no data"),
        pytest.param(None, "shorter than its header", id="no bytes at all"),
    ],
)
def test_example_says_what_file_it_needs(tmp_path: Path, chunks: bytes | None, reason: str) -> None:
    """What cannot be read is told with the reason and a command that makes what can."""
    path = tmp_path / "my question.wav"
    path.write_bytes(b"" if chunks is None else chunk(b"RIFF", b"WAVE" + chunks))
    module = sound_module()

    with pytest.raises(module.SoundError) as told:
        module.read_wav(path)

    sentence = str(told.value)
    assert reason in sentence
    assert f"ffmpeg -i '{path}' -ac 1 -ar 24000 -c:a pcm_s16le" in sentence
    assert len(sentence.splitlines()) == 1


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        pytest.param(["--input", QUESTION], "--access", id="no credential"),
        pytest.param(["--input", QUESTION, "--access", "wrong"], "--access", id="wrong credential"),
        pytest.param(["--input", "none.wav"], "none.wav cannot be read", id="no such file"),
        pytest.param(["--input", EXAMPLE], "talk.py cannot be used", id="no sound"),
        pytest.param(
            ["--access", CODE, "--input", QUESTION, "--output", "none/agent.wav"],
            "none/agent.wav cannot be written",
            id="no such folder",
        ),
        pytest.param(["--agent", "nobody"], "There is no agent 'nobody' here", id="no such agent"),
        pytest.param(["--gate", "http://127.0.0.1:9"], "cannot be reached", id="no gate"),
        pytest.param(["--gate", "gate.example"], "must begin with https://", id="no address"),
    ],
)
async def test_example_says_what_is_wrong(options: list[str | Path], sentence: str) -> None:
    """A problem is one sentence and an exit code, never a traceback."""
    async with demo() as (gate, _):
        code, said, problems = await talk("--gate", gate, *options)

    assert (code, said) == (1, "")
    assert sentence in problems
    assert len(problems.splitlines()) == 1
