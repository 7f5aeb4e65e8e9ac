"""What a client may send, sane or not, as Hypothesis strategies; for test_fuzz.py."""

import base64
import json
from dataclasses import dataclass, fields
from typing import Any

from hypothesis import strategies as st

from app.simulator.behaviour.profiles import PROFILES, Profile, with_switches
from app.simulator.behaviour.script import Script, ScriptedCall, ScriptedTurn
from app.simulator.wire.config_fields import FIELDS, VOICES
from tests.simulator.caller import silence, tone


@dataclass(frozen=True)
class Frame:
    """A WebSocket frame of the client."""

    payload: str | bytes


@dataclass(frozen=True)
class Pause:
    """The client sends nothing for a while."""

    seconds: float


@dataclass(frozen=True)
class Result:
    """The result of a call that was made, or of none when none was."""

    pick: int
    rest: dict[str, Any]


@dataclass(frozen=True)
class Reconnect:
    """The line drops; a new one is opened, and the session asked for again if so."""

    resumes: bool


Step = Frame | Pause | Result | Reconnect

# Lone surrogates pass through JSON's escapes into texts, where UTF-8 cannot follow them.
texts = st.text(st.characters(), max_size=20)
scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from([10**300, -(10**300), 1e308, -0.0, 0, 1, 0.5, 50, 10_000])
    | st.floats(allow_nan=False, allow_infinity=False)
    | texts
)
junk = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=8,
)

encodings = st.sampled_from(["audio/pcm", "audio/pcmu", "audio/pcma"])
tools = st.lists(
    st.fixed_dictionaries(
        {"type": st.just("function"), "name": st.just("look_up") | texts},
        optional={
            "description": texts,
            "parameters": junk,
            "execution_mode": st.sampled_from(["interactive", "hold"]),
            "timeout_seconds": st.integers(1, 300),
            "http": junk,
        },
    ),
    max_size=2,
)
GOOD_VALUES: dict[str, st.SearchStrategy[Any]] = {
    "greeting": st.sampled_from(["", "Hello.", "Hello to you all, who came from far away."])
    | texts,
    "system_prompt": texts,
    "tools": tools,
    "output.voice": st.sampled_from(VOICES),
    "input.format": st.fixed_dictionaries({"encoding": encodings}),
    "output.format": st.fixed_dictionaries({"encoding": encodings}),
    "output.volume": st.integers(0, 100),
    "input.transcription_mode": st.sampled_from(["min_latency", "balanced", "max_accuracy"]),
    "input.turn_detection.vad_threshold": st.floats(0, 1),
    "input.turn_detection.min_silence": st.integers(50, 10_000),
    "input.turn_detection.max_silence": st.integers(50, 10_000),
    "input.turn_detection.interrupt_response": st.booleans(),
    "input.turn_detection.interruption_delay": st.integers(0, 1000),
}


def _nested(flat: dict[str, Any]) -> dict[str, Any]:
    """Return the session object whose fields lie at the paths."""
    session: dict[str, Any] = {}
    for path, value in flat.items():
        *groups, name = path.split(".")
        place = session
        for group in groups:
            place = place.setdefault(group, {})
        place[name] = value
    return session


good_sessions = st.fixed_dictionaries({}, optional=GOOD_VALUES).map(_nested)
PATHS = (*FIELDS, "agent_id", "llm", "input", "output", "input.turn_detection", "x", "input.x")


@st.composite
def odd_sessions(draw: st.DrawFn) -> dict[str, Any]:
    """Return a session object with one field that may hold anything, alone or among good ones.

    Its path is sometimes written as one name, which is no field at all.
    """
    path = draw(st.sampled_from(PATHS))
    odd = {path: draw(GOOD_VALUES.get(path, junk) | junk)}
    if draw(st.booleans()):
        return odd
    alone = _nested(odd)
    return alone if draw(st.booleans()) else draw(good_sessions) | alone


SOUNDS = (
    b"",
    b"\0",
    silence(1200),
    tone(5),
    tone(700),
    tone(1500, level_db=-6, hz=90),
    tone(200) + silence(300) + tone(200) + silence(1500),
    bytes(range(256)) * 30,
)
sounds = (st.sampled_from(SOUNDS) | st.binary(max_size=2000)).map(
    lambda data: base64.b64encode(data).decode()
)

messages = st.one_of(
    st.fixed_dictionaries({"type": st.just("session.update"), "session": good_sessions}),
    st.fixed_dictionaries({"type": st.just("session.update"), "session": odd_sessions() | junk}),
    st.fixed_dictionaries({"type": st.just("input.audio"), "audio": sounds}),
    st.fixed_dictionaries({"type": st.just("input.audio"), "audio": sounds}),
    st.fixed_dictionaries({"type": st.just("input.audio")}, optional={"audio": junk, "data": junk}),
    st.fixed_dictionaries({"type": st.just("reply.create")}, optional={"instructions": junk}),
    st.fixed_dictionaries(
        {"type": st.just("conversation.message")},
        optional={"role": st.sampled_from(["user", "system"]) | junk, "content": texts | junk},
    ),
    st.fixed_dictionaries(
        {"type": st.just("tool.result")},
        optional={"call_id": texts | junk, "result": texts | junk, "is_error": junk},
    ),
    st.fixed_dictionaries({"type": st.just("session.resume")}, optional={"session_id": junk}),
    st.fixed_dictionaries({"type": st.just("reply.cancel")}, optional={"reply_id": junk}),
    st.just({"type": "session.end"}),
    st.fixed_dictionaries({"type": texts | junk}, optional={"session": junk, "audio": junk}),
)

ODD_PAYLOADS: tuple[str | bytes, ...] = (
    "",
    "{",
    "[]",
    "null",
    '"session.update"',
    '{"type": "session.update", "session": {"output": {"volume": NaN}}}',
    '{"type": "session.update", "session": {"output": {"volume": 1e999}}}',
    '{"type": "session.update", "session": {"output": {"volume": ' + "9" * 5000 + "}}}",
    '{"type": "session.update", "type": "session.end", "type": 5}',
    '{"type": "reply.create", "instructions": "\\ud800"}',
    '{"type": "\\ud800"}',
    '{"type": "session.update", "session": ' + '{"tools":' * 60 + "[]" + "}" * 60 + "}",
    "[" * 100_000,
    '{"a":' * 50_000 + "1" + "}" * 50_000,
    '{"type": "input.audio", "audio": "' + "A" * 300_001 + '"}',
    '{"type": "' + "x" * 300_000 + '"}',
    '{"type": "session.update", "session": {"greeting": "' + "hi " * 100_000 + '"}}',
    '{"type": "session.update", "session": {"system_prompt": "' + "hi " * 100_000 + '"}}',
    b"",
    b"\xff\xfe\0",
    bytes(4800),
)

no_messages = st.one_of(
    messages.map(lambda message: json.dumps(message)[:-2]),
    messages.map(lambda message: json.dumps(message).encode()),
    (scalars | st.lists(junk, max_size=3)).map(json.dumps),
    st.dictionaries(texts, junk, max_size=3).map(lambda x: json.dumps({**x, "type": None})),
    st.text(st.characters(exclude_characters="{"), max_size=30),
    st.binary(max_size=30),
).map(Frame)
"""Frames that hold no message."""

frames = (
    messages.map(lambda message: Frame(json.dumps(message)))
    | no_messages
    | st.sampled_from(ODD_PAYLOADS).map(Frame)
)
steps = st.one_of(
    messages.map(lambda message: Frame(json.dumps(message))),
    frames,
    st.sampled_from([0, 0.02, 0.2, 1, 3]).map(Pause),
    st.builds(
        Result,
        pick=st.integers(0, 3),
        rest=st.fixed_dictionaries({"result": texts}, optional={"is_error": st.booleans()}),
    ),
    st.builds(Reconnect, resumes=st.booleans()),
)
SCRIPT = Script(
    turns=(
        ScriptedTurn(hears="Look it up.", calls=(ScriptedCall("look_up", {"q": 1}, times=2),)),
        ScriptedTurn(answers="It is {result}, as you said: {context}", preamble="One moment."),
        ScriptedTurn(calls=(ScriptedCall("look_up", {}), ScriptedCall("\ud800", {"a": [1]}))),
        ScriptedTurn(failure="The model is gone."),
        ScriptedTurn(is_silent=True),
        ScriptedTurn(),
    ),
    created=("Ready.",),
    greeting="Hello from a stored agent.",
    tools=({"type": "function", "name": "look_up", "http": {"url": "https://example.com/"}},),
    repeats=True,
)
"""Makes the agent call tools, fail and fall silent, so that there is something to disturb."""

_HOLDING_TOOL = {
    "type": "function",
    "name": "look_up",
    "execution_mode": "hold",
    "timeout_seconds": 1,
}
openings = st.sampled_from(
    [
        {},
        {"greeting": "Hello."},
        {"output": {"format": {"encoding": "audio/pcmu"}}},
        {"tools": [_HOLDING_TOOL]},
        {"agent_id": "agent_1"},
    ]
).map(lambda session: Frame(json.dumps({"type": "session.update", "session": session})))


@st.composite
def attacks(draw: st.DrawFn) -> list[Step]:
    """Return steps; every other attack begins like an honest session, else it would not get far."""
    begun: list[Step] = [draw(openings), Pause(0.1)] if draw(st.booleans()) else []
    return begun + draw(st.lists(steps, max_size=25))


def _settings(rule: Any) -> st.SearchStrategy[str]:
    if "allowed" in rule:
        return st.sampled_from(rule["allowed"])
    if "flag" in rule:
        return st.sampled_from(["true", "false"])
    lowest, highest = rule["range"]
    return st.sampled_from([str(lowest), str(min(highest, lowest + 700)), str(highest)])


SWITCHES = {
    switch.name: _settings(switch.metadata) for switch in fields(Profile) if switch.name != "name"
}


@st.composite
def profiles(draw: st.DrawFn) -> Profile:
    """Return a profile, often with a few of its switches changed."""
    names = draw(st.lists(st.sampled_from(sorted(SWITCHES)), max_size=5, unique=True))
    profile = draw(st.sampled_from(list(PROFILES.values())))
    return with_switches(profile, {name: draw(SWITCHES[name]) for name in names})
