"""The turn detector, with rooms and voices of all levels."""

import pytest

from app.simulator.audio.pcm import amplified
from app.simulator.behaviour.profiles import LIVE
from app.simulator.conversation.turn_detector import (
    SpeechStarted,
    SpeechStopped,
    TurnDetector,
)
from app.simulator.conversation.turn_settings import turn_settings
from tests.simulator.caller import mixed, noise, sentence, silence, tone


def detector(*, agent_talks: bool = False, **settings: object) -> TurnDetector:
    """Return a turn detector with some settings of `input.turn_detection`."""
    paths = {f"input.turn_detection.{name}": value for name, value in settings.items()}
    measures = turn_settings(LIVE, paths.get)
    return TurnDetector(measures, lambda: agent_talks, lambda u: u.voiced_ms >= 400, 10_000)


def turns(pcm: bytes, *, agent_talks: bool = False) -> tuple[int, int]:
    """Return how many turns begin and end in a sound."""
    heard = list(detector(agent_talks=agent_talks).feed(pcm))
    return (
        sum(isinstance(event, SpeechStarted) for event in heard),
        sum(isinstance(event, SpeechStopped) for event in heard),
    )


@pytest.mark.parametrize("room_db", [-80, -65, -55, -45])
@pytest.mark.parametrize("voice", [1.0, 0.3])
def test_voice_is_heard_in_a_room(room_db: float, voice: float) -> None:
    """A voice of -21 or -31 dB is one turn in a silent and in a noisy room."""
    spoken = silence(800) + amplified(sentence("question"), voice) + silence(1500)

    assert turns(mixed(spoken, noise(len(spoken) // 48, room_db))) == (1, 1)


@pytest.mark.parametrize("room_db", [-70, -50, -40, -30])
def test_room_alone_is_no_turn(room_db: float) -> None:
    """Steady noise, even loud, is not taken for speech."""
    assert turns(noise(4000, room_db)) == (0, 0)


def test_unmuting_in_a_noisy_room_is_no_turn() -> None:
    """After the digital silence of a muted microphone the room's noise is still no speech."""
    room = noise(3000, -45)

    assert turns(room + silence(5000) + room) == (0, 0)


def test_noise_that_begins_and_stays_ends_by_itself() -> None:
    """A fan that is switched on may be taken for a turn, but for one that ends."""
    started, stopped = turns(mixed(silence(9000), noise(9000, -65)) + noise(9000, -40))

    assert started == stopped <= 1


@pytest.mark.parametrize("name", ["backchannel", "question", "interruption"])
def test_one_sentence_is_one_turn(name: str) -> None:
    """Even a word as short as "mm" is a turn when nobody else speaks."""
    assert turns(silence(300) + sentence(name) + silence(1200)) == (1, 1)


def test_pause_within_a_sentence_does_not_end_it() -> None:
    """Half a second of thinking is part of the turn."""
    pcm = sentence("question") + silence(500) + sentence("interruption") + silence(1200)

    assert turns(pcm) == (1, 1)


def test_click_is_no_turn() -> None:
    """A knock of 60 ms is forgotten, in silence too."""
    assert turns(silence(500) + tone(60, -10) + silence(1500)) == (0, 0)


@pytest.mark.parametrize("name", ["question", "interruption"])
def test_speech_is_heard_over_the_agent(name: str) -> None:
    """A sentence counts while the agent talks as well, a back-channel does not."""
    assert turns(silence(300) + sentence(name) + silence(1200), agent_talks=True) == (1, 1)
    assert turns(sentence("backchannel") + silence(1200), agent_talks=True) == (0, 0)


@pytest.mark.parametrize("gain", [0.03, 0.1, 1.0, 3.0])
def test_voice_comes_back_at_one_loudness(gain: float) -> None:
    """Quiet and loud voices are brought to about one level, the quietest by a bounded step."""
    spoken = amplified(sentence("question"), gain)
    heard = list(detector().feed(silence(300) + spoken + silence(1200)))
    utterance = heard[-1].utterance

    peak_out = max(map(abs, _peaks(utterance.voice))) * utterance.gain
    assert peak_out <= 23_001
    assert 0.25 <= utterance.gain <= 8
    assert utterance.gain * gain == pytest.approx(1, rel=0.5) or utterance.gain == 8


def _peaks(pcm: bytes) -> memoryview:
    return memoryview(pcm).cast("h")


def test_voice_is_trimmed() -> None:
    """What is played back begins and ends with the voice, a moment of air around it."""
    heard = list(detector().feed(silence(900) + tone(800) + silence(1500)))

    assert 800 <= len(heard[-1].utterance.voice) / 48 <= 800 + 160 + 160 + 40
