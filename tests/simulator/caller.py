"""A caller of the simulator in made-up time: no socket, no event loop, no waiting."""

import base64
import math
import random
import wave
from array import array
from dataclasses import fields
from pathlib import Path
from typing import Any

from app.simulator.audio.pcm import BYTES_PER_MS
from app.simulator.behaviour.profiles import LIVE, Profile
from app.simulator.behaviour.script import Script
from app.simulator.behaviour.switches import WireSwitches
from app.simulator.conversation.session import Close, Outgoing
from app.simulator.errors import Refusal
from app.simulator.server.connection import Connection, KeptSessions
from app.simulator.token_ledger import Grant
from app.simulator.wire.decoding import decode
from app.simulator.wire.ids import Ids
from app.simulator.wire.messages import Frame
from tests.contract.schema import SCHEMA, check_live, problems

SPEECH = Path(__file__).parents[1] / "fixtures" / "speech"
START = 1_795_000_000.0
HELLO: Frame = {"type": "session.update", "session": {"greeting": "Hello."}}
LISTEN: Frame = {"type": "session.update", "session": {}}


class Caller:
    """Speaks to one connection; every frame that comes back is checked against the schema."""

    def __init__(
        self,
        profile: Profile = LIVE,
        *,
        kept: KeptSessions | None = None,
        now: float = START,
        max_session_duration_seconds: int = 10_800,
        seed: str = "test",
        script: Script | None = None,
    ) -> None:
        grant = Grant(now + 60, max_session_duration_seconds)
        self.connection = Connection(
            *(profile, kept or KeptSessions(), Ids(seed), grant), script=script
        )
        self._is_live_wire = all(
            getattr(profile, switch.name) == switch.default for switch in fields(WireSwitches)
        )
        self.now = now
        self.frames: list[Frame] = []
        self.close_code: int | None = None
        self._take(self.connection.open(now))

    def send(self, *messages: Frame) -> None:
        """Send messages, all at the present time."""
        for message in messages:
            self._take(self.connection.receive(message, self.now))

    def send_raw(self, data: str | bytes) -> None:
        """Send what may be no message at all."""
        try:
            self.send(decode(data))
        except Refusal as refusal:
            self._take(self.connection.refuse(refusal, self.now))

    def wait(self, seconds: float) -> None:
        """Let time pass, taking each frame when it is due."""
        until = self.now + seconds
        while (due := self.connection.next_due) is not None and due <= until:
            self.now = max(self.now, due)
            self._take(self.connection.advance(self.now))
        self.now = until

    def say(self, pcm: bytes, frame_ms: float = 50) -> None:
        """Send sound at its own pace in frames of a length."""
        size = round(frame_ms * BYTES_PER_MS)
        for start in range(0, len(pcm), size):
            piece = pcm[start : start + size]
            self.wait(len(piece) / BYTES_PER_MS / 1000)
            self.send(audio(piece))

    def start(self, first: Frame = LISTEN) -> None:
        """Open a session and wait until a greeting, if there is one, is over."""
        self.send(first)
        self.wait(0.03)
        while (due := self.connection.next_due) is not None and due < self.now + 60:
            self.wait(0.1)

    def types(self, *, sound: bool = False) -> list[str]:
        """Return the types of all frames so far, those of sound only on request."""
        return [f["type"] for f in self.frames if sound or f["type"] != "reply.audio"]

    def of(self, kind: str) -> list[Frame]:
        """Return the frames of one type."""
        return [frame for frame in self.frames if frame["type"] == kind]

    def sound(self, reply_id: str) -> bytes:
        """Return the sound of a reply."""
        frames = (f for f in self.of("reply.audio") if f["reply_id"] == reply_id)
        return b"".join(base64.b64decode(frame["data"]) for frame in frames)

    def _take(self, outgoing: list[Outgoing]) -> None:
        for item in outgoing:
            assert self.close_code is None, "something came after the close"
            if isinstance(item, Close):
                self.close_code = item.code
            else:
                self._check(item)
                self.frames.append(item)

    def _check(self, frame: Frame) -> None:
        """Hold a frame against the schema; of a reply's many pieces of sound, alike, the first."""
        last = self.frames[-1] if self.frames else {}
        if frame["type"] == "reply.audio" and keys(last) == keys(frame):
            return
        if self._is_live_wire:
            check_live(frame)
        elif f"server:{frame['type']}" in SCHEMA["$defs"]:
            assert problems(f"server:{frame['type']}", frame) == [], frame


def audio(pcm: bytes) -> Frame:
    """Return an `input.audio` message."""
    return {"type": "input.audio", "audio": base64.b64encode(pcm).decode()}


def sentence(name: str) -> bytes:
    """Return the PCM of a sentence in tests/fixtures/speech."""
    with wave.open(str(SPEECH / f"{name}.wav")) as file:
        pcm: bytes = file.readframes(file.getnframes())
    return pcm


def silence(ms: int) -> bytes:
    """Return digital silence."""
    return bytes(ms * BYTES_PER_MS)


def tone(ms: int, level_db: float = -18.0, hz: float = 220.0) -> bytes:
    """Return a steady tone of a level."""
    amplitude = 10 ** (level_db / 20) * 32_767 * math.sqrt(2)
    samples = [int(amplitude * math.sin(i * math.tau * hz / 24_000)) for i in range(ms * 24)]
    return array("h", samples).tobytes()


def noise(ms: int, level_db: float, seed: int = 1) -> bytes:
    """Return white noise of a level; the same seed gives the same noise."""
    rng = random.Random(seed)  # noqa: S311 - a test signal
    deviation = 10 ** (level_db / 20) * 32_768
    return array("h", [int(rng.gauss(0, deviation)) for _ in range(ms * 24)]).tobytes()


def mixed(one: bytes, other: bytes) -> bytes:
    """Return the sum of two sounds, as long as the shorter one."""
    pairs = zip(array("h", one), array("h", other), strict=False)
    return array("h", [max(-32_768, min(32_767, a + b)) for a, b in pairs]).tobytes()


def keys(frame: dict[str, Any]) -> set[str]:
    """Return the names of a frame's fields."""
    return set(frame)
