"""Turns, replies and interruptions, in made-up time."""

from __future__ import annotations

from array import array

import pytest

from app.simulator.audio.pcm import level_db
from app.simulator.behaviour.profiles import LIVE, with_switches
from tests.simulator.caller import HELLO, LISTEN, Caller, audio, sentence, silence, tone

GREETING_TURN = [
    *("session.updated", "session.ready", "reply.started", "transcript.agent.delta"),
    *("transcript.agent", "reply.done"),
]


def at(caller: Caller, kind: str, number: int = 0) -> float:
    """Return when a frame was sent, in seconds from the session's first."""
    seconds: float = round(caller.of(kind)[number]["timestamp"] - caller.frames[0]["timestamp"], 6)
    return seconds


def without_repeats(types: list[str]) -> list[str]:
    """Return types with each run of one type made a single one."""
    return [kind for i, kind in enumerate(types) if i == 0 or kind != types[i - 1]]


def asked(caller: Caller) -> Caller:
    """Have a session in which a question was just asked and the answer has begun."""
    caller.start()
    caller.say(silence(300) + sentence("question") + silence(1000))
    return caller


def test_server_is_silent_until_spoken_to() -> None:
    """Nothing is sent before the first message, however long it takes."""
    caller = Caller()

    caller.wait(3600)

    assert caller.frames == []
    assert caller.close_code is None


def test_greeting_keeps_recorded_order_and_times() -> None:
    """A session with a greeting begins as recorded: updated, ready, then a whole reply."""
    caller = Caller()

    caller.start(HELLO)

    assert caller.types() == GREETING_TURN
    assert at(caller, "session.ready") == 0.02
    assert at(caller, "reply.started") == 0.025
    assert at(caller, "reply.audio") == pytest.approx(0.034)
    assert at(caller, "transcript.agent.delta") == pytest.approx(0.475)
    assert at(caller, "reply.done") - at(caller, "transcript.agent") == pytest.approx(0.3)
    assert at(caller, "reply.done") == at(caller, "reply.audio", -1)
    ready = caller.of("session.ready")[0]
    assert ready["expires_at"] == int(ready["timestamp"] + 3595)
    assert ready["config"]["id"] == ready["session_id"]
    assert caller.of("transcript.agent")[0]["text"] == "Hello."


def test_reply_is_paced_in_frames_of_10_ms() -> None:
    """Sound comes in frames of 480 bytes, each exactly 10 ms after the one before."""
    caller = Caller()

    caller.start(HELLO)

    frames = caller.of("reply.audio")
    reply_id = frames[0]["reply_id"]
    assert len(caller.sound(reply_id)) == 480 * len(frames)
    first = frames[0]["timestamp"]
    lateness = [f["timestamp"] - first - i * 0.01 for i, f in enumerate(frames)]
    assert max(abs(seconds) for seconds in lateness) < 1e-5
    silent = 250 * 48
    assert caller.sound(reply_id)[:silent] == bytes(silent)
    assert level_db(array("h", caller.sound(reply_id)[silent:])) == pytest.approx(-20, abs=1)


@pytest.mark.parametrize("greeting", ["", "  "])
def test_agent_without_greeting_listens_first(greeting: str) -> None:
    """An absent or empty greeting leaves the first word to the user."""
    caller = Caller()

    caller.start({"type": "session.update", "session": {"greeting": greeting}})
    caller.wait(60)

    assert caller.types() == ["session.updated", "session.ready"]


def test_turn_keeps_recorded_order() -> None:
    """A question is noticed, written down, ended and answered as recorded in September 2026."""
    caller = asked(Caller())

    caller.wait(20)

    assert without_repeats(caller.types()[2:]) == [
        *("input.speech.started", "transcript.user.delta", "input.speech.stopped"),
        *("transcript.user", "reply.started", "transcript.agent.delta", "transcript.agent"),
        "reply.done",
    ]
    assert at(caller, "reply.started") == at(caller, "input.speech.stopped")
    assert at(caller, "reply.audio") - at(caller, "reply.started") == pytest.approx(0.009)


def test_turn_is_noticed_and_ended_in_time() -> None:
    """Speech is noticed within 0.6 s, and 0.9 s of silence end the turn."""
    caller = Caller()
    caller.start()
    begun = caller.now
    question = sentence("question")

    caller.say(question + silence(1200))

    assert 0.3 <= caller.of("input.speech.started")[0]["timestamp"] - begun <= 0.6
    stopped = caller.of("input.speech.stopped")[0]["timestamp"] - begun
    assert 0.8 <= stopped - len(question) / 48_000 <= 1.1


def test_user_words_grow_under_one_item() -> None:
    """Partial transcripts replace each other under the item of the final one."""
    caller = asked(Caller())

    partial = caller.of("transcript.user.delta")
    final = caller.of("transcript.user")[0]
    counts = [int(frame["text"].split()[1]) for frame in partial]

    assert {frame["item_id"] for frame in partial} == {final["item_id"]}
    assert len(partial) >= 3
    assert counts == sorted(counts)
    assert 5 <= int(final["text"].split()[1]) <= 11, "the sentence has eight words"


def test_answer_plays_the_callers_own_words() -> None:
    """The answer holds the very sound that the caller made, after "You said"."""
    caller = asked(Caller())
    caller.wait(20)
    reply = caller.of("reply.started")[0]
    played = array("h", caller.sound(reply["reply_id"]))
    question = array("h", sentence("question"))

    best = max(_likeness(question, played, shift) for shift in range(22_000, 28_000, 4))

    assert best > 0.99
    assert caller.of("transcript.agent")[0]["text"].startswith("You said: (your own voice) ")


def _likeness(one: array[int], other: array[int], shift: int) -> float:
    """Return the correlation of a second of sound with a place in another one."""
    a = one[12_000:36_000:48]
    b = other[shift + 12_000 : shift + 36_000 : 48]
    top = sum(x * y for x, y in zip(a, b, strict=True))
    return float(top / (sum(x * x for x in a) * sum(y * y for y in b)) ** 0.5)


def test_answers_differ_from_turn_to_turn() -> None:
    """Three turns in a row end with three different sentences, and a session is repeatable."""
    first, second = Caller(), Caller()

    for caller in (first, second):
        for _ in range(3):
            asked(caller) if not caller.frames else caller.say(sentence("question"))
            caller.say(silence(9000))

    texts = [frame["text"] for frame in first.of("transcript.agent")]
    assert len(set(texts)) == 3
    assert first.frames == second.frames


def test_words_of_a_reply_join_to_its_transcript() -> None:
    """The deltas, put one after the other, are the text; their times rise within the sound."""
    caller = asked(Caller())
    caller.wait(20)
    deltas = caller.of("transcript.agent.delta")
    sound_ms = len(caller.sound(deltas[0]["reply_id"])) / 48

    assert "".join(d["delta"] for d in deltas) == caller.of("transcript.agent")[0]["text"]
    times = [time_ms for d in deltas for time_ms in (d["start_ms"], d["end_ms"])]
    assert times == sorted(times)
    assert times[-1] <= sound_ms - 250
    assert len({d["timestamp"] for d in deltas}) == 1


def test_barge_in_keeps_recorded_order() -> None:
    """An interruption comes in the order recorded on 2026-09-18, with the text that was spoken."""
    caller = asked(Caller())
    caller.wait(3.5)
    before = len(caller.types())

    caller.say(sentence("interruption") + silence(1100))

    interrupted = caller.of("reply.started")[0]["reply_id"]
    after = caller.types()[before:]
    assert after[:4] == [
        *("transcript.agent", "transcript.user.delta", "input.speech.started", "reply.done")
    ]
    spoken = caller.of("transcript.agent")[0]
    assert (spoken["reply_id"], spoken["interrupted"]) == (interrupted, True)
    assert spoken["text"].startswith("You said:")
    whole = "".join(d["delta"] for d in caller.of("transcript.agent.delta")[:12])
    assert whole.startswith(spoken["text"])
    assert len(spoken["text"]) < len(whole)
    done = caller.of("reply.done")[0]
    assert (done["reply_id"], done["status"]) == (interrupted, "interrupted")
    place = caller.frames.index(done)
    assert not [f for f in caller.frames[place:] if f.get("reply_id") == interrupted][1:]
    assert caller.of("reply.started")[1]["reply_id"] != interrupted


def test_barge_in_takes_about_half_a_second_of_speech() -> None:
    """The agent is interrupted 0.5-0.7 s after the user begins to speak."""
    caller = asked(Caller())
    caller.wait(2)
    begun = caller.now

    caller.say(sentence("interruption"))

    assert 0.5 <= caller.of("reply.done")[0]["timestamp"] - begun <= 0.7


def test_greeting_can_be_interrupted() -> None:
    """The greeting is a reply like any other."""
    caller = Caller()
    caller.send(HELLO)
    caller.wait(1)

    caller.say(sentence("interruption"))

    assert caller.of("reply.done")[0]["status"] == "interrupted"


@pytest.mark.parametrize(
    "sound",
    [sentence("backchannel"), tone(240), tone(40) + silence(150) + tone(40)],
    ids=["mm", "a short tone", "two knocks"],
)
def test_short_sounds_do_not_interrupt(sound: bytes) -> None:
    """A back-channel or a knock while the agent talks changes nothing and is not reported."""
    caller = asked(Caller())
    caller.wait(1)

    caller.say(sound + silence(4000))

    assert caller.of("reply.done") == []
    assert len(caller.of("input.speech.started")) == 1
    caller.wait(10)
    assert caller.of("reply.done")[0]["status"] == "completed"


@pytest.mark.parametrize("frame_ms", [5, 5.333334, 10, 20, 40, 50, 66.6667, 100, 92.875, 200])
def test_every_cadence_of_frames_is_heard(frame_ms: float) -> None:
    """Frames of 5 to 200 ms, whole windows or not, give the same turn."""
    caller = Caller()
    caller.start()

    caller.say(silence(300) + sentence("question") + silence(1200), frame_ms)

    assert len(caller.of("transcript.user")) == 1
    assert 5 <= int(caller.of("transcript.user")[0]["text"].split()[1]) <= 11


def test_audio_before_ready_is_dropped() -> None:
    """What is said before the session is ready is not heard, and nobody complains."""
    caller = Caller()

    caller.send(audio(sentence("question")), LISTEN, audio(sentence("question")))
    caller.say(silence(2000))

    assert caller.types() == ["session.updated", "session.ready"]


def test_faster_than_real_time_is_heard() -> None:
    """A whole turn in one message is neither dropped nor flagged, as measured live."""
    caller = Caller()
    caller.start()

    caller.send(audio(silence(300) + sentence("question") + silence(1200)))

    assert caller.types()[-2:] == ["transcript.user", "reply.started"]


def test_reply_create_speaks_after_200_ms() -> None:
    """A client may ask for a reply; its instructions change nothing for later ones."""
    caller = Caller()
    caller.start()
    asked_at = caller.now

    caller.send({"type": "reply.create", "instructions": "Say the report is ready."})
    caller.wait(10)

    assert caller.of("reply.started")[0]["timestamp"] == pytest.approx(asked_at + 0.2)
    assert caller.of("reply.done")[0]["status"] == "completed"


def test_reply_create_waits_for_a_running_reply() -> None:
    """Two requests give two replies, one after the other."""
    caller = Caller()
    caller.start()

    caller.send({"type": "reply.create"}, {"type": "reply.create"})
    caller.wait(20)

    kinds = [t for t in caller.types() if t in ("reply.started", "reply.done")]
    assert kinds == ["reply.started", "reply.done"] * 2


def test_replies_at_once_have_a_limit() -> None:
    """However many replies are asked for, eight at most are said at the same time."""
    caller = Caller(with_switches(LIVE, {"reply_create_in_reply": "interleaved"}))
    caller.start()

    caller.send(*[{"type": "reply.create"}] * 50)
    caller.wait(0.3)

    assert len(caller.of("reply.started")) == 8


def test_accepted_messages_without_effect() -> None:
    """Context messages and tool results that nobody waits for are accepted silently."""
    caller = Caller()
    caller.start()

    caller.send(
        {"type": "conversation.message", "role": "user", "content": "Hello."},
        {"type": "tool.result", "call_id": "call_1", "result": "{}"},
    )
    caller.wait(5)

    assert caller.types() == ["session.updated", "session.ready"]


def test_session_end_tells_durations_and_closes() -> None:
    """`session.end` is answered in the middle of a reply, and nothing comes after it."""
    caller = asked(Caller())
    caller.wait(1)

    caller.send({"type": "session.end"})
    caller.wait(60)

    ended = caller.frames[-1]
    assert ended["type"] == "session.ended"
    assert ended["session_duration_seconds"] == pytest.approx(
        ended["timestamp"] - caller.frames[0]["timestamp"], abs=1e-5
    )
    assert ended["audio_duration_seconds"] is None
    assert caller.close_code == 1000


@pytest.mark.parametrize(
    ("cap", "last", "code"),
    [
        ("ignored", "session.ready", None),
        ("expired_1008", "session.error", 1008),
        ("ended_1000", "session.ended", 1000),
    ],
)
def test_session_cap(cap: str, last: str, code: int | None) -> None:
    """The cap of the token is ignored as measured live, or ends the session in either way."""
    caller = Caller(with_switches(LIVE, {"session_cap": cap}), max_session_duration_seconds=60)
    caller.send(LISTEN)

    caller.wait(59.9)
    assert caller.close_code is None
    caller.wait(0.2)

    assert caller.types()[-1] == last
    assert caller.close_code == code


def test_burst_pace_sends_the_sound_at_once() -> None:
    """In a burst all sound comes with its first frame, yet the reply is done in its own time."""
    burst, paced = Caller(with_switches(LIVE, {"audio_pace": "burst"})), Caller()

    for caller in (burst, paced):
        caller.start(HELLO)

    assert len({frame["timestamp"] for frame in burst.of("reply.audio")}) == 1
    assert at(burst, "reply.done") == at(paced, "reply.done")
    sounds = [c.sound(c.of("reply.started")[0]["reply_id"]) for c in (burst, paced)]
    assert sounds[0] == sounds[1]


def test_burst_can_be_interrupted_with_the_text_that_played() -> None:
    """Of a burst only the words that had the time to play are in the interrupted transcript."""
    caller = asked(Caller(with_switches(LIVE, {"audio_pace": "burst"})))
    caller.wait(1)

    caller.say(sentence("interruption"))

    assert caller.of("transcript.agent")[0]["text"] == "You said: (your"


@pytest.mark.parametrize(
    ("switch", "kind"),
    [("agent_words", "transcript.agent.delta"), ("agent_transcript", "transcript.agent")],
)
def test_transcripts_of_the_agent_can_stay_away(switch: str, kind: str) -> None:
    """Either form of the agent's words may be missing, whether the reply is whole or cut."""
    caller = asked(Caller(with_switches(LIVE, {switch: "omitted"})))
    caller.wait(1)
    caller.say(sentence("interruption") + silence(9000))

    assert caller.of(kind) == []
    assert [f["status"] for f in caller.of("reply.done")] == ["interrupted", "completed"]


def test_long_speech_is_played_back_in_part() -> None:
    """A monologue is one turn, and no more than its first ten seconds come back."""
    caller = Caller()
    caller.start()

    caller.say(sentence("question") * 12 + silence(1200))
    caller.wait(30)

    assert len(caller.of("transcript.user")) == 1
    seconds = len(caller.sound(caller.of("reply.started")[0]["reply_id"])) / 48_000
    assert 10 < seconds < 16
