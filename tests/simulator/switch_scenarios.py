"""Small scenes for the table of switches: each plays one and returns what a client sees of it."""

import base64
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from app.simulator.behaviour.profiles import LIVE, Profile
from app.simulator.behaviour.script import Script, ScriptedCall, ScriptedTurn
from app.simulator.wire.messages import Frame
from tests.simulator.caller import HELLO, LISTEN, Caller, audio, sentence, silence, tone

START = ["session.updated", "session.ready", *("reply.started", "transcript.agent.delta")]
START += ["transcript.agent", "reply.done"]
QUEUED = ["started 0", "done 0", "started 1", "done 1"]
ENDED = ["started 0", "done 0 interrupted", "started 1", "done 1"]
INTERLEAVED = ["started 0", "started 1", "done 0", "done 1"]
OVERTAKEN = ["started 0", "started 1", "done 1", "done 0"]
SEPARATE = ["reply.started", "tool.call", "reply.done", "reply.started", "reply.done"]
SINGLE = ["reply.started", "tool.call", "reply.done"]
OTHER_ERROR = {"type", "timestamp", "error_code", "message"}

WEATHER = {"type": "function", "name": "weather", "timeout_seconds": 10}
TOOL_SCRIPT = Script(
    turns=(ScriptedTurn(answers="It is {result}.", calls=(ScriptedCall("weather", {"a": 1}),)),)
)
CREATE: Frame = {"type": "reply.create"}


def profile(**switches: Any) -> Profile:
    """Return the live profile with some switches set."""
    return replace(LIVE, **switches)


def started(profile: Profile, session: Any = None, script: Script | None = None) -> Caller:
    """Return a caller whose session is ready and quiet."""
    caller = Caller(profile, script=script)
    caller.start({"type": "session.update", "session": session or {}})
    return caller


def greeted(profile: Profile) -> Caller:
    """Return a caller who heard the greeting to its end."""
    caller = Caller(profile)
    caller.start(HELLO)
    return caller


def asked(profile: Profile, script: Script | None = None, session: Any = None) -> Caller:
    """Return a caller whose question has just ended."""
    caller = started(profile, session, script)
    pcm = silence(300) + sentence("question") + silence(5000)
    for start in range(0, len(pcm), 960):
        caller.wait(0.02)
        caller.send(audio(pcm[start : start + 960]))
        if caller.of("reply.started"):
            break
    return caller


def with_tool(profile: Profile, script: Script = TOOL_SCRIPT) -> Caller:
    """Return a caller whose question has a tool called."""
    caller = asked(profile, script, {"tools": [WEATHER]})
    while not caller.of("tool.call"):
        caller.wait(0.01)
    return caller


def answered(profile: Profile) -> Caller:
    """Return a caller whose tool was answered after the preamble."""
    caller = with_tool(profile)
    caller.wait(4)
    caller.send(result_of(caller))
    caller.wait(10)
    return caller


def result_of(caller: Caller) -> Frame:
    """Return the result of the first call."""
    call_id = caller.of("tool.call")[0]["call_id"]
    return {"type": "tool.result", "call_id": call_id, "result": "21"}


def between(first: Frame, second: Frame) -> float:
    """Return the seconds from one frame to another."""
    return round(float(second["timestamp"] - first["timestamp"]), 3)


def error_of(caller: Caller) -> Any:
    """Return the code of the first error; None without one."""
    errors = caller.of("session.error")
    return errors[0]["code"] if errors else None


def refused(profile: Profile, *sessions: Any) -> Any:
    """Return the code of the error that updates meet, one after the other."""
    caller = Caller(profile)
    for session in sessions:
        if caller.close_code is None:
            caller.send({"type": "session.update", "session": session})
    return error_of(caller)


def start(profile: Profile) -> list[str]:
    """Return the types of a session with a greeting."""
    return greeted(profile).types()


def setup(profile: Profile) -> Any:
    """Return the error, the close and the seconds until then."""
    caller = Caller(profile)
    caller.send(LISTEN)
    caller.wait(30)
    first, last = caller.frames[0], caller.frames[-1]
    is_over = caller.close_code is not None
    return error_of(caller), caller.close_code, between(first, last) if is_over else 0


def first_bad_update(profile: Profile) -> Any:
    """Return the close after a bad value."""
    caller = Caller(profile)
    caller.send({"type": "session.update", "session": {"output": {"volume": 200}}})
    if caller.close_code is None:
        caller.start()
        assert caller.types() == ["session.error", "session.updated", "session.ready"]
    return caller.close_code


def agent_with_others(profile: Profile) -> Any:
    """Return the error for a stored agent with a prompt."""
    return refused(profile, {"agent_id": "agent_1", "system_prompt": "x"})


def bad_value(profile: Profile) -> Any:
    """Return the error for a bad value."""
    return refused(profile, {"output": {"volume": 200}})


def unknown_voice(profile: Profile) -> Any:
    """Return the error for a voice of the past."""
    return refused(profile, {"output": {"voice": "claire"}})


def old_voice(profile: Profile) -> Any:
    """Return the error for a voice of the vendor's quickstart."""
    return refused(profile, {"output": {"voice": "james"}})


def voice(profile: Profile) -> Any:
    """Return the voice of a session that names none."""
    return started(profile).frames[0]["config"]["output"]["voice"]


def format_later(profile: Profile) -> Any:
    """Return the error for another input format in a second update."""
    return refused(profile, {}, {"input": {"format": {"encoding": "audio/pcmu"}}})


def delay_field(profile: Profile) -> Any:
    """Return the error for an interruption delay."""
    return refused(profile, {"input": {"turn_detection": {"interruption_delay": 100}}})


def context(profile: Profile) -> Any:
    """Return what the agent says of a message, or why the message was refused."""
    script = Script(turns=(ScriptedTurn(answers="You told me: {context}."),))
    caller = started(profile, script=script)
    caller.send({"type": "conversation.message", "role": "user", "content": "blue"})
    caller.say(sentence("question") + silence(1000))
    caller.wait(5)
    errors = caller.of("session.error")
    return errors[0]["message"] if errors else caller.of("transcript.agent")[0]["text"]


def cancel(profile: Profile) -> Any:
    """Return the error and how the reply ended that was cancelled."""
    caller = asked(profile)
    reply_id = caller.of("reply.started")[0]["reply_id"]
    caller.send({"type": "reply.cancel", "reply_id": reply_id})
    caller.wait(20)
    return error_of(caller), caller.of("reply.done")[0]["status"]


def fast_audio(profile: Profile) -> Any:
    """Return the error for two seconds of sound at once."""
    caller = started(profile)
    caller.send(audio(silence(2000)))
    return error_of(caller)


def cap(profile: Profile) -> Any:
    """Return the last type and the close after the token's minute is over."""
    caller = Caller(profile, max_session_duration_seconds=60)
    caller.send(LISTEN)
    caller.wait(70)
    return caller.types()[-1], caller.close_code


def lifetime(profile: Profile) -> Any:
    """Return how far ahead the end of the session is told."""
    ready = started(profile).of("session.ready")[0]
    return ready["expires_at"] - int(ready["timestamp"])


def ready_after(profile: Profile) -> float:
    """Return the seconds from the update to ready."""
    caller = Caller(profile)
    caller.send(LISTEN)
    caller.wait(2)
    return between(*caller.frames)


def greeting_after(profile: Profile) -> float:
    """Return the seconds from ready to the greeting."""
    caller = Caller(profile)
    caller.send(HELLO)
    caller.wait(1)
    return between(caller.of("session.ready")[0], caller.of("reply.started")[0])


def created_after(profile: Profile) -> float:
    """Return the seconds from the request to the reply."""
    caller = started(profile)
    asked_at = caller.now
    caller.send(CREATE)
    caller.wait(2)
    return round(float(caller.of("reply.started")[0]["timestamp"]) - asked_at, 3)


def silence_to_end(profile: Profile) -> int:
    """Return the milliseconds of silence that end a turn."""
    caller = started(profile)
    caller.say(silence(300) + tone(1000))
    begun = caller.now
    while not caller.of("input.speech.stopped"):
        caller.say(silence(20), 20)
    return round((caller.now - begun) * 1000)


def speech_start(profile: Profile) -> int:
    """Return the milliseconds of sound until speech is told of."""
    return _until(started(profile), "input.speech.started")


def barge_in(profile: Profile) -> int:
    """Return the milliseconds of sound until a reply is interrupted."""
    return _until(asked(profile), "reply.done")


def _until(caller: Caller, kind: str) -> int:
    begun = caller.now
    while not caller.of(kind):
        caller.say(tone(20), 20)
    return round((caller.now - begun) * 1000)


def backchannel(profile: Profile) -> list[str]:
    """Return what is told of a short sound while the agent talks."""
    caller = asked(profile)
    caller.wait(1)
    before = len(caller.frames)
    caller.say(tone(240) + silence(800))
    return [f["type"] for f in caller.frames[before:] if f["type"].startswith("input.")]


def has(kind: str) -> Callable[[Profile], bool]:
    """Return the scene that says whether a turn brings a kind of event."""

    def look(profile: Profile) -> bool:
        caller = asked(profile)
        caller.wait(20)
        return bool(caller.of(kind))

    return look


def turn_order(profile: Profile) -> list[str]:
    """Return the order in which a turn ends and the reply begins."""
    caller = asked(profile)
    caller.wait(1)
    kinds = ("input.speech.stopped", "transcript.user", "reply.started")
    return [kind for kind in caller.types() if kind in kinds]


def created_in_reply(profile: Profile) -> Any:
    """Return how a request goes with a greeting and with an answer that are under way."""
    greeting, answer = Caller(profile), asked(profile)
    greeting.send(HELLO)
    for caller in (greeting, answer):
        caller.wait(1)
        caller.send(CREATE)
        caller.wait(20)
    return replies(greeting), replies(answer)


def replies(caller: Caller) -> list[str]:
    """Return the beginnings and ends of replies, each with its number."""
    ids = [frame["reply_id"] for frame in caller.of("reply.started")]
    told = []
    for frame in caller.frames:
        if frame["type"] in ("reply.started", "reply.done"):
            status = "" if frame.get("status") != "interrupted" else " interrupted"
            kind = frame["type"].removeprefix("reply.")
            told.append(f"{kind} {ids.index(frame['reply_id'])}{status}")
    return told


def own_voice(profile: Profile) -> bool:
    """Return whether the caller's own words are played back."""
    caller = asked(profile)
    caller.wait(20)
    return "(your own voice)" in caller.of("transcript.agent")[0]["text"]


def audio_after(profile: Profile) -> float:
    """Return the seconds from the beginning of a reply to its first sound."""
    caller = greeted(profile)
    return between(caller.of("reply.started")[0], caller.of("reply.audio")[0])


def leading_silence(profile: Profile) -> int:
    """Return the milliseconds of silence before the greeting's sound."""
    caller = greeted(profile)
    sound = caller.sound(caller.of("reply.started")[0]["reply_id"])
    empty = len(sound) - len(sound.lstrip(b"\0"))
    return empty // 480 * 10


def audio_moments(profile: Profile) -> bool:
    """Return whether the sound of a reply comes at more than one time."""
    return len({frame["timestamp"] for frame in greeted(profile).of("reply.audio")}) > 1


def audio_size(profile: Profile) -> set[int]:
    """Return the sizes of all pieces of sound but the last; none is lost by them."""
    caller = greeted(profile)
    pieces = [len(base64.b64decode(frame["data"])) for frame in caller.of("reply.audio")]
    whole = greeted(LIVE)
    ids = [c.of("reply.started")[0]["reply_id"] for c in (caller, whole)]
    assert caller.sound(ids[0]) == whole.sound(ids[1])
    return set(pieces[:-1])


def late_audio(profile: Profile) -> int:
    """Return how many pieces of sound follow the end of an interrupted reply."""
    caller = asked(profile)
    caller.wait(1)
    caller.say(tone(900) + silence(500))
    place = caller.frames.index(caller.of("reply.done")[0])
    return sum(frame["type"] == "reply.audio" for frame in caller.frames[place:])


def words_after(profile: Profile) -> float:
    """Return the seconds from the beginning of a reply to its words."""
    caller = greeted(profile)
    return between(caller.of("reply.started")[0], caller.of("transcript.agent.delta")[0])


def cut_before_sound(profile: Profile) -> Any:
    """Return what is told of a reply that was interrupted before its first sound."""
    quiet = replace(profile, echo_seconds=0, leading_silence_ms=2000)
    caller = asked(quiet)
    caller.say(tone(900))
    return [(frame["text"], frame["interrupted"]) for frame in caller.of("transcript.agent")]


def interrupted(profile: Profile) -> list[str]:
    """Return how a reply ends that was interrupted while it sounded."""
    caller = asked(profile)
    caller.wait(1)
    caller.say(tone(900))
    kinds = ("transcript.agent", "reply.done")
    ends = [frame for frame in caller.frames if frame["type"] in kinds]
    assert len({frame["reply_id"] for frame in ends}) == 1
    return [frame["type"] for frame in ends]


def transcript_lead(profile: Profile) -> float:
    """Return the seconds from the transcript to the end of a reply."""
    caller = greeted(profile)
    return between(caller.of("transcript.agent")[0], caller.of("reply.done")[0])


def call_after(profile: Profile) -> float:
    """Return the seconds from the preamble to the call."""
    caller = with_tool(profile)
    return between(caller.of("reply.started")[0], caller.of("tool.call")[0])


def preamble_after_call(profile: Profile) -> float:
    """Return the seconds from the call to the end of the preamble, to a tenth."""
    caller = with_tool(profile)
    caller.wait(5)
    return round(between(caller.of("tool.call")[0], caller.of("reply.done")[0]), 1)


def answer_after(profile: Profile) -> float:
    """Return the seconds from the result to the answer."""
    caller = with_tool(profile)
    caller.wait(4)
    sent_at = caller.now
    caller.send(result_of(caller))
    caller.wait(2)
    return round(float(caller.of("reply.started")[1]["timestamp"]) - sent_at, 3)


def tool_order(profile: Profile) -> list[str]:
    """Return the order of calls and replies."""
    kinds = ("reply.started", "tool.call", "reply.done")
    return [kind for kind in answered(profile).types() if kind in kinds]


def call_count(profile: Profile) -> int:
    """Return how often an identical call is made."""
    calls = with_tool(profile).of("tool.call")
    assert len({call["call_id"] for call in calls}) == len(calls)
    return len(calls)


def early_result(profile: Profile) -> Any:
    """Return what the agent says after a result in the middle of the preamble."""
    caller = with_tool(profile)
    caller.send(result_of(caller))
    caller.wait(20)
    return caller.of("transcript.agent")[-1]["text"]


def http_calls(profile: Profile) -> int:
    """Return how many calls of an HTTP tool a client sees; it is answered in any case."""
    tool = WEATHER | {"http": {"url": "https://weather.example/"}}
    script = replace(TOOL_SCRIPT, tools=(tool,), greeting="")
    caller = asked(profile, script, {"agent_id": "agent_1"})
    caller.wait(10)
    assert caller.of("transcript.agent")[-1]["text"] == "It is done."
    return len(caller.of("tool.call"))


def timestamp(profile: Profile) -> type:
    """Return the type of a time."""
    return type(started(profile).frames[0].get("timestamp"))


def error(profile: Profile) -> Frame:
    """Return the answer to an unknown message."""
    caller = started(profile)
    caller.send({"type": "nothing"})
    return caller.frames[-1]


def error_keys(profile: Profile) -> set[str]:
    """Return the fields of an error."""
    return set(error(profile))


def error_code(profile: Profile) -> Any:
    """Return the code of an error."""
    return error(profile)["code"]


def error_type(profile: Profile) -> Any:
    """Return the type of an error."""
    return error(profile)["type"]


def delta_key(profile: Profile) -> set[str]:
    """Return where the caller's words are."""
    frame = asked(profile).of("transcript.user.delta")[0]
    return set(frame) - {"type", "timestamp", "item_id"}


def delta_has_item(profile: Profile) -> bool:
    """Return whether the caller's words so far name their item."""
    return "item_id" in asked(profile).of("transcript.user.delta")[0]


def call_key(profile: Profile) -> set[str]:
    """Return where a call's arguments are."""
    frame = with_tool(profile).of("tool.call")[0]
    return set(frame) - {"type", "timestamp", "call_id", "name"}


def statuses(profile: Profile) -> Any:
    """Return the status of a whole reply and of one that gave way to another."""
    caller = greeted(replace(profile, reply_create_in_reply="ends"))
    for _ in range(2):
        caller.send(CREATE)
        caller.wait(1)
    return tuple(frame.get("status") for frame in caller.of("reply.done"))


def has_item_id(profile: Profile) -> bool:
    """Return whether a reply begins with the name of its item."""
    return "item_id" in greeted(profile).of("reply.started")[0]


def ready_keys(profile: Profile) -> set[str]:
    """Return the fields of ready that were not always there."""
    ready = started(profile).of("session.ready")[0]
    return set(ready) - {"type", "timestamp", "session_id", "config"}


def echo_size(profile: Profile) -> int:
    """Return how many fields the echoed configuration has."""
    return len(greeted(profile).of("session.updated")[0]["config"])


def strangers(profile: Profile) -> list[str]:
    """Return the types of events that nobody lists."""
    return [kind for kind in greeted(profile).types() if kind not in START]


def ready_count(profile: Profile) -> int:
    """Return how often ready comes."""
    return len(started(profile).of("session.ready"))
