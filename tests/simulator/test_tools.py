"""Tools: calls, results, and what comes between them."""

from dataclasses import replace
from typing import Any

import pytest

from app.simulator.behaviour.profiles import LIVE, PROFILES, Profile, with_switches
from app.simulator.behaviour.script import Script, ScriptedCall, ScriptedTurn
from app.simulator.server.connection import KeptSessions
from tests.simulator.caller import Caller, sentence, silence
from tests.simulator.switch_scenarios import (
    CREATE,
    TOOL_SCRIPT,
    WEATHER,
    asked,
    result_of,
    with_tool,
)

TURN = TOOL_SCRIPT.turns[0]


def scripted(**fields: Any) -> Script:
    """Return the script with its one turn changed."""
    return replace(TOOL_SCRIPT, turns=(replace(TURN, **fields),))


def last_words(caller: Caller) -> str:
    """Return what the agent said last."""
    return str(caller.of("transcript.agent")[-1]["text"])


def test_call_lies_in_a_silent_reply_without_words() -> None:
    """The preamble is a reply of silence; the answer is a further one."""
    caller = with_tool(LIVE)
    caller.wait(4)
    caller.send(result_of(caller))
    caller.wait(10)

    replies = [frame["reply_id"] for frame in caller.of("reply.started")]
    assert not any(caller.sound(replies[0]))
    assert [frame["reply_id"] for frame in caller.of("transcript.agent")] == replies[1:]
    assert last_words(caller) == "It is 21."
    assert caller.of("tool.call")[0]["arguments"] == {"a": 1}


@pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES)
def test_tool_that_was_not_declared_is_not_called(profile: Profile) -> None:
    """Of a turn's tools only those that the session knows; without any it is answered at once."""
    calls = (*TURN.calls, ScriptedCall("unknown", {}))
    script = scripted(calls=calls, answers="It is so.")
    caller, without = with_tool(profile, script), asked(profile, script)
    caller.wait(2)
    without.wait(10)

    assert [call["name"] for call in caller.of("tool.call")] == ["weather"]
    assert without.of("tool.call") == []
    assert last_words(without) == "It is so."


def test_early_result_makes_the_answer_come_sooner() -> None:
    """A result within the preamble ends it, and the answer begins 170 ms after it."""
    caller = with_tool(LIVE)
    caller.wait(0.5)
    sent_at = caller.now

    caller.send(result_of(caller))
    caller.wait(1)

    done, started = caller.of("reply.done")[0], caller.of("reply.started")[1]
    assert done["timestamp"] == started["timestamp"] == pytest.approx(sent_at + 0.17)
    assert done["status"] == "completed"


def test_answer_waits_for_all_calls() -> None:
    """Several calls come at once; the answer comes when the last of them has its result."""
    calls = (ScriptedCall("weather", {"city": "A"}), ScriptedCall("weather", {"city": "B"}, 2))
    caller = with_tool(LIVE, scripted(calls=calls, answers="{result}"))
    ids = [call["call_id"] for call in caller.of("tool.call")]

    for number, call_id in enumerate(ids):
        assert len(caller.of("reply.started")) == 1
        caller.send({"type": "tool.result", "call_id": call_id, "result": str(number)})
        caller.wait(0.2)
    caller.wait(10)

    assert len(ids) == 3
    assert last_words(caller) == "0 1 2"


def test_failed_tool_is_apologised_for() -> None:
    """An error of the tool has its own words."""
    caller = with_tool(LIVE)

    caller.send(result_of(caller) | {"is_error": True})
    caller.wait(10)

    assert last_words(caller) == "I am sorry, that did not work."


def test_late_result_is_dropped() -> None:
    """After the tool's time the agent apologises once, and a late result changes nothing."""
    caller = with_tool(LIVE)
    called_at = caller.now

    caller.wait(20)
    caller.send(result_of(caller))
    caller.wait(20)

    assert last_words(caller) == "I am sorry, that took too long."
    apology = caller.of("reply.started")[1]
    assert apology["timestamp"] == pytest.approx(called_at + 10.17)
    assert len(caller.of("reply.started")) == 2
    assert caller.close_code is None


def test_interrupted_call_is_given_up() -> None:
    """Speech within the preamble interrupts it; the result is dropped, the new words answered."""
    caller = with_tool(LIVE)

    caller.say(sentence("interruption"))
    caller.send(result_of(caller))
    caller.say(silence(9000))

    assert [frame["status"] for frame in caller.of("reply.done")] == ["interrupted", "completed"]
    assert "(your own voice)" in last_words(caller)


def test_interruption_before_the_call_keeps_it_unmade() -> None:
    """A preamble that ends before its call has none."""
    caller = asked(LIVE, TOOL_SCRIPT, {"tools": [WEATHER]})

    caller.say(sentence("interruption") + silence(9000))

    assert caller.of("tool.call") == []


def test_result_of_nobody_is_dropped() -> None:
    """A result with a strange id is neither an error nor an answer."""
    caller = with_tool(LIVE)

    caller.send(result_of(caller) | {"call_id": "call_1"})
    caller.wait(5)

    assert len(caller.of("reply.started")) == 1
    assert caller.of("session.error") == []


def test_held_conversation_withholds_words_and_answers() -> None:
    """While a `hold` tool works, speech is not answered and its words come with the result."""
    tool = WEATHER | {"execution_mode": "hold", "timeout_seconds": 60}
    caller = asked(LIVE, TOOL_SCRIPT, {"tools": [tool]})
    caller.wait(4)

    caller.say(sentence("interruption") + silence(3000))
    words_in_hold = len(caller.of("transcript.user"))
    replies_in_hold = len(caller.of("reply.started"))
    caller.send(result_of(caller))
    caller.wait(10)

    assert (words_in_hold, replies_in_hold) == (1, 1)
    assert len(caller.of("transcript.user")) == 2
    assert len(caller.of("reply.started")) == 2
    assert last_words(caller) == "It is 21."


def test_request_during_a_hold_gives_the_status() -> None:
    """`reply.create` during a hold is answered, the hold goes on."""
    tool = WEATHER | {"execution_mode": "hold", "timeout_seconds": 60}
    caller = asked(LIVE, TOOL_SCRIPT, {"tools": [tool]})
    caller.wait(4)

    caller.send(CREATE)
    caller.wait(5)
    status = last_words(caller)
    caller.send(result_of(caller))
    caller.wait(10)

    assert status == "One moment, please."
    assert last_words(caller) == "It is 21."


@pytest.mark.parametrize("answered_after", [1, 20])
def test_unanswered_call_outlives_the_line(answered_after: float) -> None:
    """After a resume the old call can still be answered, and runs into its own deadline else."""
    profile = with_switches(LIVE, {"resume": "ok"})
    kept = KeptSessions()
    lost = Caller(profile, kept=kept, script=TOOL_SCRIPT)
    lost.start({"type": "session.update", "session": {"tools": [WEATHER]}})
    lost.say(sentence("question") + silence(1000))
    lost.wait(3)
    lost.connection.drop(lost.now)
    back = Caller(profile, kept=kept, now=lost.now + 2)

    back.send({"type": "session.resume", "session_id": lost.frames[0]["config"]["id"]})
    back.wait(answered_after)
    back.send(result_of(lost))
    back.wait(10)

    assert back.types()[0] == "session.ready"
    expected = "It is 21." if answered_after == 1 else "I am sorry, that took too long."
    assert [frame["text"] for frame in back.of("transcript.agent")] == [expected]


def test_tool_of_a_url_is_not_answered_by_the_client() -> None:
    """A result for an HTTP tool's call is dropped: the service asks the URL itself."""
    tool = WEATHER | {"http": {"url": "https://weather.example/"}}
    script = replace(TOOL_SCRIPT, tools=(tool,), greeting="")
    caller = asked(LIVE, script, {"agent_id": "agent_1"})
    caller.wait(1.1)

    caller.send(result_of(caller))
    caller.wait(10)

    assert last_words(caller) == "It is done."
    assert caller.frames[0]["config"]["tools"][0]["http"] == tool["http"]


def test_spoken_preamble_has_words_and_holds_the_call() -> None:
    """A scripted preamble is said, and the call still lies within its reply."""
    caller = with_tool(LIVE, scripted(preamble="Let me look."))
    caller.wait(4)

    kinds = ("reply.started", "tool.call", "transcript.agent", "reply.done")
    assert {kind for kind in caller.types() if kind in kinds} == set(kinds)
    assert caller.types().index("tool.call") < caller.types().index("reply.done")
    assert last_words(caller) == "Let me look."


def test_answer_follows_further_turns() -> None:
    """A turn without calls after one with calls is an ordinary turn."""
    turns = (TURN, ScriptedTurn(hears="Thank you.", answers="You are welcome."))
    caller = with_tool(LIVE, replace(TOOL_SCRIPT, turns=turns))
    caller.send(result_of(caller))
    caller.wait(10)

    caller.say(sentence("question") + silence(1000))
    caller.wait(10)

    assert caller.of("transcript.user")[1]["text"] == "Thank you."
    assert last_words(caller) == "You are welcome."
