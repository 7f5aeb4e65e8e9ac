"""The settings of turn detection, as a session has them."""

from typing import Any

import pytest

from app.simulator.audio.pcm import amplified
from app.simulator.behaviour.profiles import LIVE
from app.simulator.behaviour.script import Script, ScriptedTurn
from tests.simulator.caller import Caller, sentence, silence, tone
from tests.simulator.switch_scenarios import asked, started


def detecting(**settings: Any) -> dict[str, Any]:
    """Return the part of a session that sets turn detection."""
    return {"input": {"turn_detection": settings}}


def heard(caller: Caller) -> int:
    """Return how many turns began."""
    return len(caller.of("input.speech.started"))


@pytest.mark.parametrize(
    ("threshold", "gain", "turns"),
    [
        (0.5, 0.05, 1),
        (0.5, 0.006, 0),
        (0.2, 0.012, 1),
        (0.5, 0.012, 0),
        (0.0, 0.006, 1),
        (0.9, 0.02, 0),
        (1, 1, 1),
    ],
)
def test_threshold_makes_the_ear_finer_or_duller(threshold: float, gain: float, turns: int) -> None:
    """A lower threshold hears quieter speech, a higher one only louder speech."""
    caller = started(LIVE, detecting(vad_threshold=threshold))

    caller.say(silence(500) + amplified(sentence("question"), gain) + silence(1500))

    assert heard(caller) == turns


@pytest.mark.parametrize(("min_silence", "max_silence"), [(50, 400), (300, None), (2000, 4000)])
def test_shorter_silence_ends_what_seems_complete(
    min_silence: int, max_silence: int | None
) -> None:
    """Enough voice is a complete turn, which the lower limit ends."""
    caller = started(LIVE, detecting(min_silence=min_silence, max_silence=max_silence))

    assert _silence_to_end(caller, tone(1000)) == pytest.approx(min_silence, abs=20)


@pytest.mark.parametrize(("min_silence", "max_silence"), [(300, 800), (None, 700), (200, None)])
def test_longer_silence_ends_what_seems_unfinished(
    min_silence: int | None, max_silence: int | None
) -> None:
    """A short sound may be a beginning, so that only the upper limit (by default 3 s) ends it."""
    caller = started(LIVE, detecting(min_silence=min_silence, max_silence=max_silence))

    assert _silence_to_end(caller, tone(340)) == pytest.approx(max_silence or 3000, abs=20)


def test_scripted_words_tell_whether_a_turn_is_complete() -> None:
    """Words without a full stop wait for the longer silence, a sentence for the shorter one."""
    script = Script(turns=(ScriptedTurn(hears="I would like"), ScriptedTurn(hears="A coffee.")))
    caller = started(LIVE, detecting(min_silence=200, max_silence=1000), script)

    first = _silence_to_end(caller, tone(1000))
    caller.wait(20)

    assert first == 1000
    assert _silence_to_end(caller, tone(1000)) == 200


def test_ear_adapts_to_a_caller_who_pauses() -> None:
    """Without settings a caller who pauses for long within a turn is given more time from then."""
    quick, slow = started(LIVE), started(LIVE)

    assert _silence_to_end(quick, tone(1000)) == 900
    slow.say(tone(1000) + silence(840))
    assert 1200 <= _silence_to_end(slow, tone(1000), 0) <= 1300


def test_settings_end_the_adapting() -> None:
    """With a silence set, pauses change nothing."""
    caller = started(LIVE, detecting(min_silence=900))
    caller.say(tone(1000) + silence(840))

    assert _silence_to_end(caller, tone(1000), 0) == 900


def _silence_to_end(caller: Caller, sound: bytes, lead_ms: int = 300) -> int:
    before = len(caller.of("input.speech.stopped"))
    caller.say(silence(lead_ms) + sound)
    begun = caller.now
    while len(caller.of("input.speech.stopped")) == before:
        caller.say(silence(20), 20)
    return round((caller.now - begun) * 1000)


def test_interruption_can_be_switched_off() -> None:
    """Without `interrupt_response` the agent speaks on, and answers the caller afterwards."""
    caller = asked(LIVE, session=detecting(interrupt_response=False))
    caller.wait(1)

    caller.say(sentence("interruption") + silence(9000))
    caller.wait(10)

    kinds = ("input.speech.started", "input.speech.stopped", "reply.started", "reply.done")
    assert [kind for kind in caller.types() if kind in kinds] == [
        *("input.speech.started", "input.speech.stopped", "reply.started"),
        *("input.speech.started", "input.speech.stopped", "reply.done", "reply.started"),
        "reply.done",
    ]
    assert {frame["status"] for frame in caller.of("reply.done")} == {"completed"}


@pytest.mark.parametrize(
    ("session", "after_ms"),
    [
        ({}, 560),
        (detecting(interruption_delay=1000), 1060),
        (detecting(interruption_delay=300), 360),
        (detecting(interruption_delay=0), 200),
        ({"input": {"transcription_mode": "min_latency"}}, 200),
        ({"input": {"transcription_mode": "max_accuracy"}}, 560),
    ],
)
def test_interruption_comes_after_its_delay(session: dict[str, Any], after_ms: int) -> None:
    """More or less speech interrupts; by default none is waited for in `min_latency`."""
    caller = asked(LIVE, session=session)
    caller.wait(1)
    begun = caller.now

    while not caller.of("reply.done"):
        caller.say(tone(20), 20)

    assert round((caller.now - begun) * 1000) == after_ms


def test_settings_may_change_in_a_session() -> None:
    """A later update is in force at once."""
    caller = started(LIVE)

    caller.send({"type": "session.update", "session": detecting(min_silence=100)})

    assert _silence_to_end(caller, tone(1000)) == 100
