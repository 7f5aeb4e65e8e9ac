"""The message schema, the simulator's builders and the recordings agree."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from app.simulator.audio.speech import Word
from app.simulator.behaviour.profiles import LIVE
from app.simulator.behaviour.script import Script
from app.simulator.wire import messages
from app.simulator.wire.ids import Ids
from app.simulator.wire.session_config import SessionConfig
from tests.contract.schema import SCHEMA, check_client, check_live, problems

# Recordings of the real service; they live beside the project, not in it.
VECTORS = Path(__file__).parents[3] / "shared" / "vectors"
IDS = Ids("contract")
REPLY, ITEM = IDS.new("resp"), IDS.new("msg")
CONFIG = SessionConfig("sess_1", LIVE, Script())

BUILT: list[messages.Frame] = [
    messages.session_updated(CONFIG.echo()),
    messages.session_ready(IDS.new("sess"), CONFIG.echo(), 1_795_000_000, ""),
    messages.session_ended(12.5),
    messages.config_error("invalid_value", "No.", "sess_1", "output.voice"),
    messages.config_error("unauthorized", "Authentication failed", None, None),
    messages.protocol_error("invalid_format", "No."),
    messages.speech_started(),
    messages.speech_stopped(),
    messages.user_transcript_delta(ITEM, "one"),
    messages.user_transcript(ITEM, "one two"),
    messages.reply_started(REPLY, ITEM),
    messages.reply_audio(REPLY, bytes(480)),
    messages.agent_transcript_delta(REPLY, ITEM, Word("one", 0, 90), "one "),
    messages.agent_transcript(REPLY, ITEM, "one", interrupted=True),
    messages.reply_done(REPLY, "completed"),
    messages.reply_error(REPLY, "No."),
    messages.tool_call(IDS.new_call(), "weather", {"city": "Ulm"}),
]

OURS: list[dict[str, Any]] = [
    {"type": "session.update", "session": {}},
    {"type": "session.update", "session": {"agent_id": "agent_1"}},
    {"type": "session.update", "session": {"greeting": "Hi.", "output": {"voice": "alba"}}},
    {"type": "session.resume", "session_id": "sess_1"},
    {"type": "input.audio", "audio": "AAAA"},
    {"type": "tool.result", "call_id": "call_1", "result": "{}", "is_error": True},
    {"type": "reply.create"},
    {"type": "conversation.message", "role": "user", "content": "Hello."},
    {"type": "session.end"},
]

WRONG: dict[str, dict[str, Any]] = {
    "an object as result": {"type": "tool.result", "call_id": "c", "result": {}},
    "an old field name": {"type": "input.audio", "data": "AAAA"},
    "a key too many": {"type": "session.end", "reason": "bye"},
    "agent and others": {"type": "session.update", "session": {"agent_id": "a", "greeting": "x"}},
    "greeting null": {"type": "session.update", "session": {"greeting": None}},
    "voice as object": {"type": "session.update", "session": {"output": {"voice": {"id": "x"}}}},
    "not base64": {"type": "input.audio", "audio": "!"},
    "no type": {"session": {}},
}


def recorded(*names: str) -> Iterator[Any]:
    """Yield the recorded server frames of files, as test parameters; none where they are absent."""
    for name in names:
        path = VECTORS / name
        lines = path.read_text("utf-8").splitlines() if path.exists() else []
        for number, line in enumerate(lines, start=1):
            record = json.loads(line)
            if record.get("dir") == "s2c" and "type" in record["frame"]:
                yield pytest.param(record["frame"], id=f"{path.stem}-{number}")


SEPTEMBER = list(recorded("live-2026-09-18-steady.jsonl", "live-2026-09-18-bargein.jsonl"))
MARCH = list(
    recorded(*(path.name for path in sorted(VECTORS.glob("live-2026-03-*.jsonl"))), "errors.jsonl")
)


def test_schema_is_a_schema() -> None:
    """The schema itself is valid JSON Schema 2020-12."""
    Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("frame", BUILT, ids=lambda frame: frame["type"])
def test_builders_keep_the_schema(frame: messages.Frame) -> None:
    """Each builder makes exactly the live message, which a client can also understand."""
    stamped = frame | {"timestamp": 1_795_000_000.5}

    check_live(stamped)
    assert problems("serverMessage", stamped) == []


@pytest.mark.parametrize("message", OURS, ids=lambda message: message["type"])
def test_schema_takes_what_a_client_should_send(message: dict[str, Any]) -> None:
    """Every documented client message is accepted."""
    check_client(message)
    assert problems("clientMessage", message) == []


@pytest.mark.parametrize("message", WRONG.values(), ids=WRONG)
def test_schema_refuses_what_a_client_must_not_send(message: dict[str, Any]) -> None:
    """The client part of the schema is strict."""
    assert problems("clientMessage", message)


@pytest.mark.skipif(not SEPTEMBER, reason="the recordings are not here")
@pytest.mark.parametrize("frame", SEPTEMBER)
def test_september_recordings_keep_the_live_schema(frame: dict[str, Any]) -> None:
    """What was recorded in September 2026 is what the live part of the schema says."""
    if frame.get("data") == "<redacted>":
        frame["data"] = "AAAA"

    check_live(frame)


@pytest.mark.skipif(not MARCH, reason="the recordings are not here")
@pytest.mark.parametrize("frame", MARCH)
def test_older_recordings_can_be_understood(frame: dict[str, Any]) -> None:
    """What was recorded in March 2026, and every known error, is in the tolerant part."""
    assert problems("serverMessage", frame) == []


def test_live_echo_has_the_recorded_keys() -> None:
    """The configuration's echo has the same keys, at every level, as the recorded one."""
    path = VECTORS / "live-2026-09-18-steady.jsonl"
    if not path.exists():
        pytest.skip("the recordings are not here")
    lines = path.read_text("utf-8").splitlines()
    record = next(json.loads(line) for line in lines if "session.updated" in line)

    assert _shape(CONFIG.echo()) == _shape(record["frame"]["config"])


def _shape(value: object) -> object:
    return {key: _shape(inner) for key, inner in value.items()} if isinstance(value, dict) else None
