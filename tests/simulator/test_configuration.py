"""What a session may be told, when, and what is answered to everything else."""

from typing import Any

import pytest

from app.config.agents import catalogue
from app.simulator.behaviour.profiles import LIVE, MARCH, with_switches
from app.simulator.wire.config_fields import FIELDS, QUICKSTART_VOICES, VOICES
from app.simulator.wire.messages import Frame
from tests.simulator.caller import HELLO, LISTEN, START, Caller, audio


def update(**session: Any) -> Frame:
    """Return a `session.update`."""
    return {"type": "session.update", "session": session}


TURNS = {"turn_detection": {"min_silence": 800, "max_silence": 800}}

FATAL: dict[str, tuple[Frame, str, str | None, str]] = {
    "unknown voice": (
        update(output={"voice": "claire"}),
        *("invalid_value", "output.voice", "Must be one of: alba, eve"),
    ),
    "agent with others": (
        update(agent_id="agent_1", greeting="Hi."),
        *("invalid_value", "agent_id", "agent_id is mutually exclusive with other session fields"),
    ),
    "unknown agent": (update(agent_id="nobody"), "agent_not_found", "agent_id", "Agent not found"),
    "inline llm": (update(llm=[]), "invalid_value", "llm", "stored agent"),
    "crossed silences": (
        update(input=TURNS),
        *("invalid_value", "input.turn_detection.min_silence", "less than max_silence"),
    ),
    "unknown key": (update(modalities=["audio"]), "invalid_value", "modalities", "Unknown field"),
    "unknown inner key": (update(output={"speed": 2}), "invalid_value", "output.speed", "Unknown"),
    "a path as key": (
        update(**{"output.voice": "alba"}),
        *("invalid_value", "output.voice", "Unknown"),
    ),
    "too sensitive": (
        update(input={"turn_detection": {"vad_threshold": 1.5}}),
        *("invalid_value", "input.turn_detection.vad_threshold", "from 0 to 1"),
    ),
    "too loud": (update(output={"volume": 101}), "invalid_value", "output.volume", "from 0 to 100"),
    "unknown mode": (
        update(input={"transcription_mode": "fast"}),
        *("invalid_value", "input.transcription_mode", "Must be one of: min_latency"),
    ),
    "unknown language": (
        update(input={"language_codes": ["xx"]}),
        *("invalid_value", "input.language_codes", "Must be one of: en"),
    ),
    "too many key terms": (
        update(input={"keyterms": ["x"] * 101}),
        *("invalid_value", "input.keyterms", "at most 100"),
    ),
    "unknown encoding": (
        update(input={"format": {"encoding": "audio/mp3"}}),
        *("invalid_value", "input.format", "Must be one of: audio/pcm"),
    ),
    "tool with a URL": (
        update(tools=[{"type": "function", "name": "f", "http": {"url": "https://a.example"}}]),
        *("invalid_value", "tools.0.http", "can only be set on a stored agent"),
    ),
    "webhook without events": (
        update(webhook={"url": "https://a.example"}),
        *("invalid_webhook", "webhook", "A webhook has url, events and secret"),
    ),
    "tool properties": (
        update(tools=[{"type": "function", "name": "f", "parameters": {"properties": []}}]),
        *("invalid_value", "tools.0.parameters", "must be an object"),
    ),
}

MALFORMED: dict[str, Frame] = {
    "greeting null": update(greeting=None),
    "greeting number": update(greeting=1),
    "prompt null": update(system_prompt=None),
    "session missing": {"type": "session.update"},
    "session list": {"type": "session.update", "session": []},
    "input text": update(input="audio"),
    "format text": update(input={"format": "audio/pcm"}),
    "voice object": update(output={"voice": {"voice_id": "alba"}}),
    "volume true": update(output={"volume": True}),
    "silence fraction": update(input={"turn_detection": {"min_silence": 100.5}}),
    "tools object": update(tools={}),
    "tool without name": update(tools=[{"type": "function"}]),
    "tool of another type": update(tools=[{"type": "mcp", "name": "f"}]),
    "agent number": update(agent_id=1),
}

LATER: dict[str, tuple[Frame, str, str]] = {
    "greeting": (
        update(greeting="Hi again."),
        *("immutable_field", "'greeting' cannot be changed after the first session.update"),
    ),
    "voice": (
        update(output={"voice": "nobody"}),
        *("immutable_field", "'output.voice' cannot be changed after the first session.update"),
    ),
    "format": (
        update(output={"format": {"encoding": "audio/pcm"}}),
        *("immutable_field", "'output.format' cannot be changed after the first session.update"),
    ),
    "agent": (
        update(agent_id="agent_1"),
        *("agent_id_not_first", "agent_id can only be set on the first session.update"),
    ),
    "bad value": (update(output={"volume": -1}), "invalid_value", "must be from 0 to 100"),
    "bad type": (
        update(system_prompt=1),
        *("invalid_format", "Invalid message format for type 'session.update'"),
    ),
    "unknown type": (
        {"type": "response.create"},
        *("invalid_format", "Unknown message type: response.create"),
    ),
    "resume in a session": (
        {"type": "session.resume", "session_id": "sess_1"},
        *("invalid_format", "only accepted as the first message"),
    ),
    "odd audio": (audio(b"\0\0\0"), "invalid_audio", "Invalid audio data"),
    "no base64": (
        {"type": "input.audio", "audio": "!?"},
        *("invalid_audio", "Invalid audio data"),
    ),
    "audio elsewhere": (
        {"type": "input.audio", "data": "AAAA"},
        *("invalid_format", "Invalid message format for type 'input.audio'"),
    ),
    "tool result as object": (
        {"type": "tool.result", "call_id": "c", "result": {}},
        *("invalid_format", "Invalid message format for type 'tool.result'"),
    ),
    "tool result without call": (
        {"type": "tool.result", "result": "{}"},
        *("invalid_format", "Invalid message format for type 'tool.result'"),
    ),
    "instructions as list": (
        {"type": "reply.create", "instructions": []},
        *("invalid_format", "Invalid message format for type 'reply.create'"),
    ),
    "message by the agent": (
        {"type": "conversation.message", "role": "assistant", "content": "x"},
        *("invalid_format", "Invalid message format for type 'conversation.message'"),
    ),
    "message in parts": (
        {"type": "conversation.message", "role": "user", "content": ["x"]},
        *("invalid_format", "Invalid message format for type 'conversation.message'"),
    ),
}

UNREADABLE: dict[str, str | bytes] = {
    "not JSON": "{",
    "empty": "",
    "not a number": '{"type": "input.audio", "audio": NaN}',
    "a list": "[]",
    "no type": "{}",
    "type a number": '{"type": 1}',
    "deep": "[" * 100_000,
    "long number": '{"type": ' + "1" * 10_000 + "}",
    "endless number": '{"type": "reply.create", "instructions": 1e999}',
    "deep but readable": '{"type": "session.update", "session": ' + '{"a":' * 70 + "1" + "}" * 71,
    "binary": b"\0\0",
}


@pytest.mark.parametrize(("message", "code", "param", "text"), FATAL.values(), ids=FATAL)
def test_first_update_with_a_bad_value_is_fatal(
    message: Frame, code: str, param: str | None, text: str
) -> None:
    """A bad value in the first update is named and ends the socket with 1008, as measured live."""
    caller = Caller()

    caller.send(message)
    caller.wait(30)

    (error,) = caller.frames
    assert (error["type"], error["code"], error["param"]) == ("session.error", code, param)
    assert text in error["message"]
    assert error["session_id"].startswith("sess_")
    assert caller.close_code == 1008


@pytest.mark.parametrize("message", MALFORMED.values(), ids=MALFORMED)
def test_first_update_of_a_wrong_type_leaves_the_socket_open(message: Frame) -> None:
    """A wrong type is `invalid_format`, after which a right update still begins the session."""
    caller = Caller()

    caller.send(message)
    caller.start()

    assert caller.types() == ["session.error", "session.updated", "session.ready"]
    assert caller.frames[0]["code"] == "invalid_format"
    assert "param" not in caller.frames[0]


@pytest.mark.parametrize(("message", "code", "text"), LATER.values(), ids=LATER)
def test_later_errors_are_survived(message: Frame, code: str, text: str) -> None:
    """Once a session runs, each refused message has its error and the session goes on unchanged."""
    caller = Caller()
    caller.start()

    caller.send(message, update(system_prompt="Be brief."))
    caller.wait(5)

    error, updated = caller.frames[2:]
    assert (error["type"], error["code"]) == ("session.error", code)
    assert text in error["message"]
    assert ("param" in error) == (code not in ("invalid_format", "invalid_audio"))
    assert updated["config"]["output"]["voice"] == "alba"
    assert caller.close_code is None


@pytest.mark.parametrize("data", UNREADABLE.values(), ids=UNREADABLE)
def test_unreadable_messages_are_survived(data: str | bytes) -> None:
    """What is no message at all is refused, before and within a session."""
    caller = Caller()

    caller.send_raw(data)
    caller.start()
    caller.send_raw(data)

    assert caller.types() == [
        *("session.error", "session.updated", "session.ready", "session.error")
    ]
    assert {frame["code"] for frame in caller.of("session.error")} == {"invalid_format"}
    assert caller.close_code is None


@pytest.mark.parametrize(
    "message", [{"type": "reply.create"}, {"type": "x"}], ids=lambda m: str(m["type"])
)
def test_first_message_must_begin_a_session(message: Frame) -> None:
    """Another first message is refused; the socket stays open for a right one."""
    caller = Caller()

    caller.send(message)
    caller.start()

    assert caller.types() == ["session.error", "session.updated", "session.ready"]


def test_messages_before_ready_are_refused() -> None:
    """Between the first update and ready only audio, updates and the end are in place."""
    caller = Caller()

    caller.send(LISTEN, {"type": "reply.create"})

    assert caller.frames[-1]["code"] == "invalid_format"


def test_session_end_is_answered_before_any_session() -> None:
    """A client may leave at once."""
    caller = Caller()

    caller.send({"type": "session.end"})

    assert caller.types() == ["session.ended"]
    assert caller.close_code == 1000


def test_updates_merge_and_tools_replace() -> None:
    """A later update changes what it names; a list of tools takes the place of the old one."""
    caller = Caller()
    tools = [{"type": "function", "name": name} for name in ("one", "two")]
    caller.start(update(system_prompt="A.", tools=tools, input={"keyterms": ["x"]}))

    caller.send(update(tools=tools[1:], input={"turn_detection": {"min_silence": 300}}))

    config = caller.frames[-1]["config"]
    assert config["system_prompt"] == "A."
    assert config["input"]["keyterms"] == ["x"]
    assert config["input"]["turn_detection"]["min_silence"] == 300
    assert [tool["name"] for tool in config["tools"]] == ["two"]
    assert config["tools"][0]["timeout_seconds"] == 120


def test_refused_update_changes_nothing() -> None:
    """Of an update with one bad value nothing is taken over."""
    caller = Caller()
    caller.start(update(system_prompt="A."))

    caller.send(update(system_prompt="B.", output={"volume": 1000}), update())

    assert caller.frames[-1]["config"]["system_prompt"] == "A."


@pytest.mark.parametrize("voice", [*VOICES, "ivy"])
def test_listed_voices_are_accepted(voice: str) -> None:
    """Each voice of the live list, and the one that works unlisted, begins a session."""
    caller = Caller()

    caller.start(update(output={"voice": voice}))

    assert caller.frames[0]["config"]["output"]["voice"] == voice


@pytest.mark.parametrize("voice", QUICKSTART_VOICES)
def test_march_knows_the_voices_of_its_time(voice: str) -> None:
    """Clients of that time are refused for no voice that the vendor's quickstart lists."""
    caller = Caller(MARCH)

    caller.start(update(output={"voice": voice}))

    assert caller.types() == ["session.updated", "session.ready"]


def test_voices_are_those_that_the_client_knows_of() -> None:
    """The double imports nothing of the product; what both hold from one source has to agree."""
    assert set(VOICES) == set(catalogue("current"))
    assert set(QUICKSTART_VOICES) == set(catalogue("quickstart"))


def test_march_refuses_the_voices_of_another_time() -> None:
    """The refusal lists all 34 of its own."""
    caller = Caller(MARCH)

    caller.send(update(output={"voice": "alba"}))

    listed = caller.frames[0]["message"].partition("Must be one of: ")[2].split(", ")
    assert (listed[0], len(set(listed))) == ("ivy", 34)
    assert caller.close_code == 1008


def test_any_voice_passes_when_switched_so() -> None:
    """The switch for unknown voices lets the names of older clients pass."""
    caller = Caller(with_switches(LIVE, {"unknown_voice": "accepted"}))

    caller.start(update(output={"voice": "david"}))

    assert caller.types() == ["session.updated", "session.ready"]


def test_stored_agent_greets() -> None:
    """A session with a well-formed agent id has a configuration of its own, greeting included."""
    caller = Caller()

    caller.start(update(agent_id="agent_677f8d27146452363660cf18"))
    caller.send(update(system_prompt="Be brief."))

    assert caller.of("transcript.agent")[0]["text"].startswith("Hi there!")
    assert caller.frames[-1]["type"] == "session.updated"


def test_wrong_sample_rate_fails_after_ten_seconds() -> None:
    """A declared rate of 16 kHz never becomes ready and ends with 1011, as measured live."""
    caller = Caller()

    caller.send(update(input={"format": {"encoding": "audio/pcm", "sample_rate": 16_000}}))
    caller.wait(20)

    assert caller.types() == ["session.updated", "session.error"]
    assert caller.frames[-1]["code"] == "internal_error"
    assert caller.frames[-1]["timestamp"] == START + 10
    assert caller.close_code == 1011


def test_every_field_may_be_null_or_says_so() -> None:
    """Only the three texts and lists that are no optional values refuse null."""
    refusing = []
    for path in FIELDS:
        caller = Caller()
        session: Any = None
        for name in reversed(path.split(".")):
            session = {name: session}
        caller.send({"type": "session.update", "session": session})
        if caller.frames[0]["type"] == "session.error":
            refusing.append(path)

    assert refusing == ["system_prompt", "greeting", "tools"]


def test_continued_conversation_needs_nothing_special() -> None:
    """A long prompt without a greeting, as after a lost session, is an ordinary session."""
    caller = Caller()

    caller.start(update(system_prompt="Go on with this conversation.\n" + "user: x\n" * 500))

    assert caller.types() == ["session.updated", "session.ready"]


def test_identifiers_follow_the_seed() -> None:
    """The same seed gives the same identifiers, another one gives others."""
    ids = []
    for seed in ("a", "a", "b"):
        caller = Caller(seed=seed)
        caller.start(HELLO)
        ids.append(caller.of("session.ready")[0]["session_id"])

    assert ids[0] == ids[1] != ids[2]
