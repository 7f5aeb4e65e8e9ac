"""G.711, its resampling, and the volume."""

import base64
import math
from array import array
from typing import Any

import pytest

from app.simulator.audio.encoding import (
    A_LAW,
    MU_LAW,
    SAMPLE_RATES_HZ,
    Decoder,
    Downsampler,
    Encoder,
    Law,
    Upsampler,
)
from app.simulator.audio.pcm import level_db
from app.simulator.behaviour.profiles import LIVE
from tests.simulator.caller import Caller, sentence, silence
from tests.simulator.switch_scenarios import asked, refused, started

G711 = ("audio/pcmu", "audio/pcma")


def spoken(encoding: str) -> bytes:
    """Return a question in an encoding."""
    pcm = silence(300) + sentence("question") + silence(1200)
    encoder = Encoder(encoding, lambda: 1.0)
    return b"".join(
        encoder.encode(pcm[i : i + 480].ljust(480, b"\0")) for i in range(0, len(pcm), 480)
    )


def formats(input_encoding: str, output_encoding: str) -> dict[str, Any]:
    """Return a session with two encodings."""
    return {
        "input": {"format": {"encoding": input_encoding}},
        "output": {"format": {"encoding": output_encoding}},
    }


@pytest.mark.parametrize(
    ("law", "samples", "codes"),
    [
        (MU_LAW, [0, -1, 32_767, -32_768, 1000, -1000], "ff7e8000ce4e"),
        (A_LAW, [0, -1, 32_767, -32_768, 1000, -1000], "d555aa2afa7a"),
    ],
    ids=["mu", "a"],
)
def test_known_samples_have_the_codes_of_the_recommendation(
    law: Law, samples: list[int], codes: str
) -> None:
    """Silence, both ends and a middle value are coded as the tables of G.711 have them."""
    assert law.encode(array("h", samples)).hex() == codes


@pytest.mark.parametrize(("law", "step"), [(MU_LAW, 1024), (A_LAW, 1024)], ids=["mu", "a"])
def test_law_keeps_each_sample_to_half_a_step(law: Law, step: int) -> None:
    """Every sample comes back within half of the coarsest step, small ones much closer."""
    samples = array("h", range(-32_000, 32_000, 7))

    back = array("h", law.decode(law.encode(samples)))

    assert max(abs(a - b) for a, b in zip(samples, back, strict=True)) <= step // 2 + 4
    assert max(abs(a - b) for a, b in zip(samples, back, strict=True) if abs(a) < 200) <= 12


@pytest.mark.parametrize("law", [MU_LAW, A_LAW], ids=["mu", "a"])
def test_law_is_stable(law: Law) -> None:
    """What was coded once is coded the same again; mu-law has two zeros."""
    codes = bytes(code for code in range(256) if law is A_LAW or code != 0x7F)

    assert law.encode(law.decode(codes)) == codes


@pytest.mark.parametrize(("hz", "loss_db"), [(300, 1), (1000, 1), (3000, 4), (5500, -30)])
def test_resampling_keeps_speech_and_drops_what_would_fold(hz: int, loss_db: float) -> None:
    """Tones of the voice pass to 8 kHz and back; what 8 kHz cannot hold is gone."""
    wave = array("h", [int(9000 * math.sin(math.tau * hz * i / 24_000)) for i in range(24_000)])

    narrow = Downsampler().feed(wave)
    back = array("h", Upsampler().feed(narrow))

    change = level_db(back[2400:]) - level_db(wave)
    assert len(back) == 24_000
    assert change <= loss_db if loss_db < 0 else abs(change) <= loss_db


@pytest.mark.parametrize("sizes", [(1, 2, 3, 4, 5), (240,), (7, 1000)])
def test_resampling_does_not_depend_on_the_cutting(sizes: tuple[int, ...]) -> None:
    """Pieces of any size give the same sound as the whole."""
    wave = sentence("question")[:24_000]
    down, up = Downsampler(), Upsampler()
    narrow, wide, place, turn = b"", b"", 0, 0

    while place < len(wave):
        size = 2 * sizes[turn % len(sizes)]
        narrow += down.feed(wave[place : place + size])
        place, turn = place + size, turn + 1
    for start in range(0, len(narrow), 2 * sizes[0]):
        wide += up.feed(narrow[start : start + 2 * sizes[0]])

    assert narrow == Downsampler().feed(wave)
    assert wide == Upsampler().feed(narrow)


@pytest.mark.parametrize("encoding", G711)
def test_caller_is_heard_in_g711(encoding: str) -> None:
    """A question of 8-bit sound in frames of 20 ms is one turn and comes back as such."""
    caller = started(LIVE, formats(encoding, encoding))
    sound = spoken(encoding)

    for start in range(0, len(sound), 160):
        caller.wait(0.02)
        caller.send(
            {
                "type": "input.audio",
                "audio": base64.b64encode(sound[start : start + 160]).decode(),
            }
        )
    caller.wait(20)

    assert len(caller.of("transcript.user")) == 1
    assert 5 <= int(caller.of("transcript.user")[0]["text"].split()[1]) <= 11
    assert caller.frames[0]["config"]["input"]["format"] == {
        "encoding": encoding,
        "sample_rate": 8000,
    }


@pytest.mark.parametrize("encoding", G711)
def test_agent_speaks_g711_in_its_own_frames(encoding: str) -> None:
    """The answer has the sound of the PCM one at 8 kHz, in frames of 300 bytes, 37.5 ms apart."""
    plain = asked(LIVE)
    coded = asked(LIVE, session=formats("audio/pcm", encoding))
    for caller in (plain, coded):
        caller.wait(20)

    pieces = coded.of("reply.audio")
    sound = coded.sound(coded.of("reply.started")[0]["reply_id"])
    pcm = plain.sound(plain.of("reply.started")[0]["reply_id"])
    assert len(sound) * 6 == len(pcm)
    assert {len(base64.b64decode(frame["data"])) for frame in pieces[:-1]} == {300}
    assert pieces[1]["timestamp"] - pieces[0]["timestamp"] == pytest.approx(0.0375, abs=1e-5)
    loudness = [level_db(Decoder(encoding).decode(sound)), level_db(pcm)]
    assert loudness[0] == pytest.approx(loudness[1], abs=1)
    # Silence of mu-law is 0xFF, of A-law 0xD5.
    assert set(sound[:1000]) == {0xFF if encoding == "audio/pcmu" else 0xD5}


def test_g711_has_no_odd_length() -> None:
    """One byte is a sample there, while PCM with half a sample is refused."""
    caller = started(LIVE, formats("audio/pcmu", "audio/pcm"))

    caller.send({"type": "input.audio", "audio": base64.b64encode(b"\xff" * 3).decode()})

    assert caller.of("session.error") == []


@pytest.mark.parametrize("encoding", G711)
def test_only_8_khz_belong_to_g711(encoding: str) -> None:
    """Another rate is accepted in words and then fails like any wrong rate."""
    caller = Caller()
    session = {"input": {"format": {"encoding": encoding, "sample_rate": 24_000}}}

    caller.send({"type": "session.update", "session": session})
    caller.wait(20)

    assert caller.of("session.error")[0]["code"] == "internal_error"
    assert caller.close_code == 1011


def test_every_encoding_has_one_rate() -> None:
    """The three encodings of the documents begin a session, each with its rate."""
    for encoding, rate in SAMPLE_RATES_HZ.items():
        session = {"output": {"format": {"encoding": encoding, "sample_rate": rate}}}
        assert refused(LIVE, session) is None


def test_input_encoding_may_change_in_a_session() -> None:
    """Sound after the update is read in the new encoding."""
    caller = started(LIVE)
    caller.send({"type": "session.update", "session": {"input": formats(*G711)["input"]}})

    sound = spoken("audio/pcmu")
    for start in range(0, len(sound), 400):
        caller.wait(0.05)
        piece = base64.b64encode(sound[start : start + 400]).decode()
        caller.send({"type": "input.audio", "audio": piece})

    assert len(caller.of("transcript.user")) == 1


@pytest.mark.parametrize(("volume", "change_db"), [(100, 0), (50, -6), (10, -20)])
def test_volume_makes_the_agent_quieter(volume: int, change_db: float) -> None:
    """Half the volume is 6 dB less."""
    plain, quieter = (asked(LIVE, session={"output": {"volume": v}}) for v in (100, volume))
    for caller in (plain, quieter):
        caller.wait(20)

    levels = [
        level_db(caller.sound(caller.of("reply.started")[0]["reply_id"]))
        for caller in (plain, quieter)
    ]
    assert levels[1] - levels[0] == pytest.approx(change_db, abs=0.3)


def test_volume_changes_within_a_reply() -> None:
    """A new volume is in force with the next sound."""
    caller = asked(LIVE)
    caller.wait(3)
    before = len(caller.of("reply.audio"))

    caller.send({"type": "session.update", "session": {"output": {"volume": 0}}})
    caller.wait(20)

    sound = [base64.b64decode(frame["data"]) for frame in caller.of("reply.audio")]
    assert any(map(any, sound[:before]))
    assert not any(map(any, sound[before:]))
