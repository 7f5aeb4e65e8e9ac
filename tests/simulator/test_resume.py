"""A session that lost its socket."""

import pytest

from app.simulator.behaviour.profiles import LIVE, Profile, with_switches
from app.simulator.server.connection import KeptSessions
from app.simulator.wire.messages import Frame
from tests.simulator.caller import HELLO, Caller, sentence, silence

RESUMABLE = with_switches(LIVE, {"resume": "ok"})


def dropped(kept: KeptSessions, profile: Profile = RESUMABLE) -> Caller:
    """Return a caller whose socket was lost in the middle of the greeting."""
    caller = Caller(profile, kept=kept)
    caller.send(HELLO)
    caller.wait(1)
    caller.connection.drop(caller.now)
    return caller


def resume_of(caller: Caller) -> Frame:
    """Return the message that resumes a caller's session."""
    return {"type": "session.resume", "session_id": caller.of("session.ready")[0]["session_id"]}


def test_resumed_session_goes_on() -> None:
    """Within its grace a session is ready again under its old id; the cut reply stays unsaid."""
    kept = KeptSessions()
    lost = dropped(kept)
    back = Caller(RESUMABLE, kept=kept, now=lost.now + 29.9)

    back.send(resume_of(lost))
    back.wait(5)
    back.say(sentence("question") + silence(1000))

    assert back.types()[0] == "session.ready"
    before, after = lost.of("session.ready")[0], back.of("session.ready")[0]
    assert {**before, "timestamp": 0} == {**after, "timestamp": 0}
    assert back.types()[1] == "input.speech.started"
    assert back.types()[-1] == "reply.started"


def test_ready_brings_a_token_where_sessions_are_resumed() -> None:
    """One for each session; live, where none is resumed, the field is empty."""
    tokens = []
    for seed, profile in (("a", RESUMABLE), ("b", RESUMABLE), ("a", LIVE)):
        caller = Caller(profile, seed=seed)
        caller.start()
        tokens.append(caller.of("session.ready")[0]["resume_token"])

    assert tokens[0] != tokens[1]
    assert [token.startswith("resume_") for token in tokens] == [True, True, False]
    assert tokens[2] == ""


def test_resumed_session_keeps_its_configuration() -> None:
    """What was locked before the drop stays locked after it."""
    kept = KeptSessions()
    lost = dropped(kept)
    back = Caller(RESUMABLE, kept=kept, now=lost.now + 2)

    back.send(resume_of(lost), {"type": "session.update", "session": {"greeting": "Again."}})

    assert back.frames[-1]["code"] == "immutable_field"


def test_session_can_be_resumed_again() -> None:
    """A second drop is survived like the first."""
    kept = KeptSessions()
    lost = dropped(kept)

    for _ in range(3):
        back = Caller(RESUMABLE, kept=kept, now=lost.now + 1)
        back.send(resume_of(lost))
        back.connection.drop(back.now)

        assert back.types() == ["session.ready"]


def test_resumed_session_keeps_its_cap() -> None:
    """A resumed session still ends when its first token says so."""
    profile = with_switches(RESUMABLE, {"session_cap": "ended_1000"})
    kept = KeptSessions()
    lost = Caller(profile, kept=kept, max_session_duration_seconds=60)
    lost.send({"type": "session.update", "session": {}})
    lost.wait(50)
    lost.connection.drop(lost.now)
    back = Caller(profile, kept=kept, now=lost.now + 1)

    back.send(resume_of(lost))
    back.wait(10)

    assert back.types() == ["session.ready", "session.ended"]
    assert back.frames[-1]["session_duration_seconds"] == pytest.approx(60)


@pytest.mark.parametrize(
    ("profile", "late_seconds", "close_code"),
    [
        (LIVE, 2, 1008),
        (with_switches(LIVE, {"resume": "not_found_open"}), 2, None),
        (RESUMABLE, 31, 1008),
        (with_switches(RESUMABLE, {"resume_grace_seconds": "1"}), 2, 1008),
    ],
    ids=["live", "left open", "too late", "shorter grace"],
)
def test_refused_resume(profile: Profile, late_seconds: float, close_code: int | None) -> None:
    """A refused resume is `session_not_found`, with the close of its mode."""
    kept = KeptSessions()
    lost = dropped(kept, profile)
    back = Caller(profile, kept=kept, now=lost.now + late_seconds)

    back.send(resume_of(lost))

    (error,) = back.frames
    assert error["code"] == "session_not_found"
    assert error["message"] == "Session not found or grace window has expired"
    assert back.close_code == close_code


def test_open_socket_after_a_refused_resume_takes_a_new_session() -> None:
    """Where the socket stays open, a first update on it begins another session."""
    profile = with_switches(LIVE, {"resume": "not_found_open"})
    back = Caller(profile)

    back.send({"type": "session.resume", "session_id": "sess_1"})
    back.start()

    assert back.types() == ["session.error", "session.updated", "session.ready"]


def test_ended_session_cannot_be_resumed() -> None:
    """After `session.end` the id is dead at once."""
    kept = KeptSessions()
    ended = Caller(RESUMABLE, kept=kept)
    ended.start(HELLO)
    ended.send({"type": "session.end"})
    ended.connection.drop(ended.now)
    back = Caller(RESUMABLE, kept=kept, now=ended.now + 1)

    back.send(resume_of(ended))

    assert back.frames[0]["code"] == "session_not_found"


@pytest.mark.parametrize(
    ("switch", "code"),
    [("forbidden_1008", "session_forbidden"), ("expired_1008", "session_expired")],
)
def test_resume_can_be_refused_for_other_reasons(switch: str, code: str) -> None:
    """The other two refusals of the documents end the socket as well."""
    profile = with_switches(LIVE, {"resume": switch})
    kept = KeptSessions()
    lost = dropped(kept, profile)
    back = Caller(profile, kept=kept, now=lost.now + 1)

    back.send(resume_of(lost))

    assert [frame["code"] for frame in back.frames] == [code]
    assert back.close_code == 1008


@pytest.mark.parametrize("session_id", [None, 5, ["sess_1"]])
def test_resume_needs_a_session_id(session_id: object) -> None:
    """A resume without an id as text is a malformed message, no more."""
    back = Caller(RESUMABLE)

    back.send({"type": "session.resume", "session_id": session_id})

    assert back.frames[0]["code"] == "invalid_format"
    assert back.close_code is None


def test_kept_sessions_are_bounded() -> None:
    """Of very many dropped sessions the oldest are let go."""
    kept = KeptSessions()
    lost = []
    for number in range(101):
        caller = Caller(RESUMABLE, kept=kept, seed=str(number))
        caller.send({"type": "session.update", "session": {}})
        caller.wait(0.1)
        caller.connection.drop(caller.now)
        lost.append(resume_of(caller)["session_id"])

    assert kept.take(lost[0], caller.now) is None
    assert kept.take(lost[1], caller.now) is not None
