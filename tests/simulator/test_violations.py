"""What clients should not do, and how it is counted."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from app.simulator.behaviour.profiles import LIVE, with_switches
from app.simulator.evidence.violations import VIOLATIONS, Violations
from tests.simulator.caller import LISTEN, audio, silence
from tests.simulator.wire import KEY, QUICK, mint, opened, send, simulated, stats, until

Step = tuple[str, "Mapping[str, Any]", float]
UPDATED = {"type": "session.updated", "config": {}}
READY = {"type": "session.ready", "session_id": "sess_1", "config": {}}
CALL = {"type": "tool.call", "call_id": "c1", "name": "look", "arguments": {}}
STARTED, DONE = {"type": "reply.started", "reply_id": "r"}, {"type": "reply.done", "reply_id": "r"}
SPEECH = {"type": "input.speech.started"}
RESULT = {"type": "tool.result", "call_id": "c1", "result": "{}"}
END = {"type": "session.end"}
SOUND = audio(silence(50))


def c2s(*frames: Mapping[str, Any], at: float = 0) -> list[Step]:
    """Return messages of the client."""
    return [("c2s", frame, at) for frame in frames]


def s2c(*frames: Mapping[str, Any], at: float = 0) -> list[Step]:
    """Return events of the service."""
    return [("s2c", frame, at) for frame in frames]


def update(**session: object) -> dict[str, Any]:
    """Return a `session.update`."""
    return {"type": "session.update", "session": session}


OPENED = [*c2s(LISTEN), *s2c(UPDATED, READY)]
CALLED = [*OPENED, *s2c(STARTED, CALL)]
MULAW = {"input": {"format": {"encoding": "audio/pcmu"}}}

STEPS: dict[str, Sequence[Step]] = {
    "unreadable_message": [*OPENED, *c2s({"unreadable": "x", "bytes": 1})],
    "unknown_type": [*OPENED, *c2s({"type": "input_audio_buffer.append"})],
    "message_before_update": c2s({"type": "reply.cancel"}),
    "message_before_ready": [*c2s(LISTEN), *s2c(UPDATED), *c2s({"type": "reply.create"})],
    "message_after_end": [*OPENED, *c2s(END, SOUND)],
    "audio_before_ready": [*c2s(LISTEN), *s2c(UPDATED), *c2s(SOUND)],
    "audio_malformed": [*OPENED, *c2s({"type": "input.audio", "audio": "!"})],
    "audio_odd_bytes": [*OPENED, *c2s(audio(b"abc"))],
    "audio_with_header": [*OPENED, *c2s(audio(b"RIFF....WAVE"))],
    "audio_too_fast": [*OPENED, *c2s(audio(silence(900)), audio(silence(200)))],
    "immutable_field": [*OPENED, *c2s(update(output={"voice": "alba"}))],
    "agent_id_not_first": [*OPENED, *c2s(update(agent_id="agent_1"))],
    "agent_id_with_others": c2s(update(agent_id="agent_1", greeting="Hello.")),
    "tool_result_not_string": [*CALLED, *s2c(DONE), *c2s(RESULT | {"result": {}})],
    "tool_result_in_reply": [*CALLED, *c2s(RESULT)],
    "tool_result_late": [*CALLED, *s2c(DONE, SPEECH), *c2s(RESULT)],
    "tool_result_unknown_call": [*OPENED, *s2c(DONE), *c2s(RESULT)],
    "tool_result_twice": [*CALLED, *s2c(DONE), *c2s(RESULT, RESULT)],
    "reply_create_in_reply": [*CALLED, *c2s({"type": "reply.create"})],
}
GOOD: dict[str, Sequence[Step]] = {
    "a whole session": [
        *(*CALLED, *s2c(DONE), *c2s(RESULT, {"type": "reply.create"}, END)),
        *s2c({"type": "session.ended"}),
    ],
    "an end at once": c2s(END),
    "a change of the prompt": [*OPENED, *c2s(update(system_prompt="Be brief.", tools=[]))],
    "sound in real time": [
        *OPENED,
        *(step for n in range(200) for step in c2s(audio(silence(200)), at=n * 0.2)),
    ],
    "a burst after a pause": [
        *(*OPENED, *c2s(SOUND), *c2s(audio(silence(900)), at=5)),
    ],
    "odd bytes of mu-law": [*c2s(LISTEN), *s2c(READY | {"config": MULAW}), *c2s(audio(b"abc"))],
    "a result over the second socket": [
        *(*c2s({"type": "session.resume", "session_id": "sess_1"}), *s2c(READY), *c2s(RESULT)),
    ],
}


def counted(steps: Sequence[Step]) -> dict[str, int]:
    """Return what one socket's client did wrong."""
    violations = Violations()
    watch = violations.watch()
    for direction, frame, at in steps:
        watch(direction, None, frame, at)
    return dict(violations.counts)


@pytest.mark.parametrize("name", [name for name in VIOLATIONS if name in STEPS])
def test_violation_is_counted(name: str) -> None:
    """The violation is counted once, and nothing else is."""
    assert counted(STEPS[name]) == {name: 1}


def test_every_violation_has_a_case() -> None:
    """Those of tokens are counted by the ledger; all others have their steps above."""
    assert set(VIOLATIONS) == {*STEPS, "token_used_twice", "key_in_url"}


@pytest.mark.parametrize("name", GOOD)
def test_good_clients_are_not_blamed(name: str) -> None:
    """What the documents allow counts for nothing."""
    assert counted(GOOD[name]) == {}


@pytest.mark.parametrize(
    "frame",
    [
        *({"type": "input.audio"}, {"type": "input.audio", "audio": ["x"]}, update(output="x")),
        *(update(input=None), {"type": "session.update", "session": 5}, {"type": "tool.result"}),
        *({"type": 5}, {"type": "session.resume"}, {}, audio(b"")),
    ],
    ids=str,
)
def test_strange_messages_are_survived(frame: dict[str, Any]) -> None:
    """Whatever a message holds, watching it raises nothing."""
    counted([*c2s(frame), *OPENED, *c2s(frame), *s2c({"type": "session.ready", "config": 5})])


async def test_stats_tell_of_violations() -> None:
    """Counts of all sockets, and those of tokens, are in `GET /_stats`; none is an empty object."""
    async with simulated(profile=QUICK) as url:
        clean = await stats(url)
        token = await mint(url)
        for credential in (token, token, KEY):
            async with opened(url, credential) as socket:
                await send(socket, SOUND, LISTEN)
                await until(socket, "session.ready")
        counts = await stats(url)

    assert clean["violations"] == {}
    assert counts["violations"] == {
        "audio_before_ready": 3,
        "message_before_update": 3,
        "token_used_twice": 1,
        "key_in_url": 1,
    }


async def test_stats_survive_names_that_are_no_text() -> None:
    """Half a surrogate as a type is counted among the others, and the counts can be read."""
    async with simulated() as url, opened(url) as socket:
        await send(socket, {"type": "\ud800"})
        await until(socket, "session.error")

        assert (await stats(url))["frames_in"] == {"other": 1}


async def test_refused_second_use_is_counted() -> None:
    """Where tokens open once, the second try is refused and counted as that."""
    profile = with_switches(LIVE, {"single_use_tokens": "true"})
    async with simulated(profile=profile) as url:
        token = await mint(url)
        for _ in range(2):
            async with opened(url, token):
                pass
        counts = await stats(url)

    assert (counts["tokens_refused"], counts["violations"]) == (1, {"token_used_twice": 1})
