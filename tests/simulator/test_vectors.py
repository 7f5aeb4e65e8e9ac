"""The simulator against recordings of the real service, which lie beside the project, not in it.

Each recorded situation is played again under the matching profile. The same types must come in
the same order, with the same fields of the same kinds. Runs of one type count as one: how many
words or pieces of sound there are is up to what is said. Where a recording has a gap, anything may
come in between. What differs on purpose stands in `DIFFERENCES`, with its reason.
"""

import json
from collections.abc import Callable, Iterator
from itertools import groupby
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from app.simulator.behaviour.profiles import LIVE, MARCH, Profile, with_switches
from app.simulator.behaviour.script import Script, ScriptedCall, ScriptedTurn
from app.simulator.conversation.session import Close
from app.simulator.server.app import create_simulator
from app.simulator.server.connection import Connection, KeptSessions
from app.simulator.wire.ids import Ids
from tests.simulator.caller import LISTEN, Caller, sentence, silence
from tests.simulator.wire import closed, opened, order, send, simulated, until

VECTORS = Path(__file__).parents[3] / "shared" / "vectors"
Outline = list[tuple[str, dict[str, Any]]]

DIFFERENCES: Final[dict[str, dict[int, str]]] = {
    "live-2026-09-18-bargein": {
        8: "a piece of sound slipped into the burst of words, which took 7 ms; ours takes no time",
    },
    "errors": {
        4: "an error without a type: two clients prepare for it, nobody saw it",
        16: "a close without a code cannot be ordered: ASGI puts 1000 where there is none",
    },
}
"""Lines of the recordings that are not expected, and why."""

OPEN_FIELDS: Final = {"parameters", "arguments", "args", "tools"}
"""What stands in these is the client's own."""


def records(name: str) -> list[dict[str, Any]]:
    """Return the lines of a recording; skips the test where there are no recordings."""
    path = VECTORS / f"{name}.jsonl"
    if not path.exists():
        pytest.skip("the recordings lie beside the project, not in it")
    lines = path.read_text("utf-8").splitlines()
    unexpected = DIFFERENCES.get(name, {}) if name in REPLAYS else {}
    return [json.loads(line) for n, line in enumerate(lines, start=1) if n not in unexpected]


def kinds(value: Any, name: str = "") -> Any:
    """Return the fields of a frame and the kinds of their values; redactions are left out."""
    if isinstance(value, dict) and name not in OPEN_FIELDS:
        fields = {key: kinds(inner, key) for key, inner in value.items() if key[:1] != "_"}
        return dict(sorted(fields.items()))
    if isinstance(value, bool) or value is None:
        return "null" if value is None else "flag"
    return "number" if isinstance(value, int | float) else type(value).__name__


def outline(frames: list[dict[str, Any]]) -> Outline:
    """Return types and fields, runs of one type as one."""
    return [(kind, kinds(next(run))) for kind, run in groupby(frames, key=lambda f: str(f["type"]))]


def segments(lines: list[dict[str, Any]]) -> Iterator[Outline]:
    """Yield the parts of a recording between its gaps."""
    for is_frame, run in groupby(lines, key=lambda line: line.get("dir") == "s2c"):
        if is_frame:
            yield outline([line["frame"] for line in run])


def place_of(part: Outline, whole: Outline, start: int) -> int | None:
    """Return where a part lies in the whole, at `start` or later; None when it does not."""
    places = range(start, len(whole) - len(part) + 1)
    return next((i for i in places if whole[i : i + len(part)] == part), None)


def play(
    profile: Profile, session: dict[str, Any], script: Script, *turns: Callable[[Caller], None]
) -> Caller:
    """Return a caller after a session with some turns, each begun when all was quiet."""
    caller = Caller(profile, script=script)
    caller.start({"type": "session.update", "session": session})
    for turn in turns:
        turn(caller)
        caller.wait(10)
    return caller


def ask(caller: Caller) -> None:
    """Ask a question, and answer the tool that it makes the agent call."""
    answered = len(caller.of("tool.call"))
    caller.say(silence(300) + sentence("question") + silence(3000))
    for call in caller.of("tool.call")[answered:]:
        result = {"type": "tool.result", "call_id": call["call_id"], "result": "{}"}
        caller.send(result)


def cut_in(caller: Caller) -> None:
    """Ask, and speak again while the agent answers."""
    caller.say(silence(300) + sentence("question") + silence(3500))
    caller.say(sentence("interruption") + silence(1500))


def end(caller: Caller) -> None:
    """End the session."""
    caller.send({"type": "session.end"})


TOOL: Final = {"type": "function", "name": "f", "description": "d", "parameters": {}}
STORY: Final = "It is a long story about a lake in the mountains. " * 5
ANSWERS: Final = Script(
    turns=(ScriptedTurn(hears="A question?", answers="An answer of some length."),)
)
STORIES: Final = Script(turns=(ScriptedTurn(hears="A story!", answers=STORY),))
CALLS: Final = Script(turns=(ScriptedTurn(calls=(ScriptedCall("f", {"a": "b"}),), answers="It."),))
GREETED: Final = {"system_prompt": "p", "greeting": "Hello."}
WITH_TOOL: Final = GREETED | {"tools": [TOOL]}

REPLAYS: Final = {
    "live-2026-03-greeting-session-sequence": lambda: play(MARCH, GREETED, ANSWERS),
    "live-2026-03-simple-question-sequence": lambda: play(MARCH, GREETED, ANSWERS, ask),
    "live-2026-03-tool-call-sequence": lambda: play(MARCH, WITH_TOOL, CALLS, ask),
    "live-2026-03-tool-config-session-sequence": lambda: play(
        MARCH, {"system_prompt": "p", "tools": [TOOL]}, CALLS
    ),
    "live-2026-03-web-search-sequence": lambda: play(MARCH, WITH_TOOL, CALLS, ask),
    "live-2026-09-18-steady": lambda: play(LIVE, GREETED, ANSWERS, ask, ask, end),
    "live-2026-09-18-bargein": lambda: play(LIVE, GREETED, STORIES, cut_in),
}


@pytest.mark.parametrize("name", REPLAYS)
def test_recording_comes_again(name: str) -> None:
    """The recorded types come in the recorded order with the recorded fields."""
    lines = records(name)
    caller = REPLAYS[name]()
    # The recordings of March leave out the sound; one of them has samples of it.
    has_sound = any(line.get("frame", {}).get("type") == "reply.audio" for line in lines)
    ours = outline([f for f in caller.frames if has_sound or f["type"] != "reply.audio"])

    at: int | None = 0
    for part in segments(lines):
        assert at is not None
        found = place_of(part, ours, at)
        assert found is not None, f"{part} is not in {ours[at:]}"
        at = found + len(part) - 1
    if not any("gap" in line for line in lines):
        assert ours == next(segments(lines))


def test_recorded_speech_comes_again() -> None:
    """In March the caller's own events were these three for each turn."""
    lines = records("live-2026-03-user-speech-recognition")
    caller = play(MARCH, {}, Script(turns=ANSWERS.turns, repeats=True), ask, ask)

    own = ("input.speech.", "transcript.user")
    assert outline([f for f in caller.frames if f["type"].startswith(own)]) == outline(
        [line["frame"] for line in lines[1:]]
    )


def test_recorded_sound_comes_again() -> None:
    """In March a piece of sound had 1734 bytes, and pieces came at the pace of their sound."""
    lines = records("live-2026-03-reply-audio-samples")
    caller = play(MARCH, GREETED, ANSWERS)

    (piece,) = {line["frame"]["_originalBase64Length"] for line in lines[1:]}
    sound = caller.of("reply.audio")
    assert outline(sound) == outline([line["frame"] for line in lines[1:]])
    assert {len(frame["data"]) for frame in sound[:-1]} == {piece}
    seconds = sound[-1]["timestamp"] - sound[0]["timestamp"]
    recorded = lines[-1]["at"] / (len(lines) - 2)
    assert seconds / (len(sound) - 1) == pytest.approx(recorded, rel=0.1)


def test_recorded_lifetime_comes_again() -> None:
    """`expires_at` lies as far ahead as it was recorded, whatever the cap."""
    lines = records("live-2026-09-18-steady")
    (recorded,) = [x["frame"] for x in lines if x.get("frame", {}).get("type") == "session.ready"]
    caller = Caller(LIVE, max_session_duration_seconds=60)
    caller.start()

    (ready,) = caller.of("session.ready")
    ahead = [frame["expires_at"] - frame["timestamp"] for frame in (ready, recorded)]
    assert ahead[0] == pytest.approx(ahead[1], abs=2)


async def test_recorded_token_answers_come_again() -> None:
    """The token route refuses the recorded requests with the recorded statuses and texts."""
    lines = [line for line in records("live-token-endpoint") if line.get("dir") == "http"]
    transport = httpx.ASGITransport(create_simulator(LIVE))
    async with httpx.AsyncClient(transport=transport, base_url="http://sim") as client:
        for line in lines:
            request = line["request"]
            answer = await client.get(
                request["path"], params=request["query"], headers={"Authorization": "key"}
            )

            assert answer.status_code == line["status"]
            if "detail" in line:
                assert line["detail"] in answer.json()["detail"][0]["msg"]
            else:
                assert kinds(answer.json()) == kinds(line["body"])
                assert len(answer.json()["token"]) == pytest.approx(line["token_chars"], rel=0.05)


def test_recorded_client_messages_are_taken() -> None:
    """What clients' own tests send is accepted; a voice that was taken away since is refused."""
    lines = records("client-tests")
    sent = [line for line in lines if line.get("dir") == "c2s"]
    for line in sent:
        frame = dict(line["frame"])
        if frame["type"] == "input.audio":
            frame["audio"] = "AAA="
        caller = Caller(with_switches(LIVE, {"resume": "not_found_open"}))
        if not frame["type"].startswith("session.") or frame["type"] == "session.end":
            caller.start()
        caller.send(frame)

        codes = [error["code"] for error in caller.of("session.error")]
        refused = {"session.resume": ["session_not_found"]}.get(frame["type"], [])
        assert codes == (["invalid_value"] if "nova" in json.dumps(frame) else refused), line


def switched(**switches: str) -> Profile:
    """Return the live profile with switches set."""
    return with_switches(LIVE, switches)


def updated(*sessions: dict[str, Any], **switches: str) -> Caller:
    """Return a caller after some updates and what came of them."""
    caller = Caller(switched(**switches), max_session_duration_seconds=60)
    caller.send(*({"type": "session.update", "session": session} for session in sessions))
    caller.wait(61)
    return caller


def resumed(**switches: str) -> Caller:
    """Return a caller who asked for a session that does not exist."""
    caller = Caller(switched(**switches))
    caller.send({"type": "session.resume", "session_id": "sess_gone"})
    return caller


def garbled(**switches: str) -> Caller:
    """Return a caller who sent what is no message."""
    caller = Caller(switched(**switches))
    caller.send_raw("{")
    return caller


def unauthorized(**switches: str) -> Caller:
    """Return a caller whose credential is no good."""
    caller = Caller(switched(**switches))
    caller.connection = Connection(switched(**switches), KeptSessions(), Ids("vectors"), None)
    error, close = caller.connection.open(caller.now)
    assert isinstance(error, dict)
    assert isinstance(close, Close)
    caller.frames, caller.close_code = [error], close.code
    return caller


ERRORS: Final[dict[int, Callable[[], Caller]]] = {
    2: resumed,
    3: lambda: garbled(timestamps="iso"),
    5: lambda: garbled(error_shape="error"),
    6: lambda: unauthorized(error_case="upper"),
    7: unauthorized,
    8: lambda: updated({"input": {"format": {"encoding": "audio/pcm", "sample_rate": 8000}}}),
    9: lambda: updated({"output": {"voice": "nobody"}}),
    10: lambda: updated({}, {"greeting": "Too late."}),
    11: lambda: resumed(resume="forbidden_1008"),
    12: lambda: updated({}, session_cap="expired_1008"),
    13: lambda: updated({}, setup_failure="at_capacity"),
    14: lambda: updated({}, setup_failure="concurrency_exceeded"),
    15: lambda: updated({"agent_id": "nobody"}),
}
"""By line of the collected errors: the situation that brings it."""


@pytest.mark.parametrize("number", ERRORS)
def test_recorded_error_comes_again(number: int) -> None:
    """Each error that was seen comes in its situation: its code, its fields, its close."""
    line = records("errors")[number - 1]
    caller = ERRORS[number]()

    error = next(frame for frame in caller.frames if frame["type"].endswith("error"))
    assert error.get("code") == line["frame"].get("code")
    assert kinds(line["frame"]).items() <= kinds(error).items()
    if "then_close" in line:
        assert caller.close_code == line["then_close"]


CLOSES: Final = range(17, 22)
"""The lines that follow, with close codes."""


@pytest.mark.parametrize("number", CLOSES)
async def test_recorded_close_comes_again(number: int) -> None:
    """Each close code that was seen can be brought about in an open session."""
    code = records("errors")[number - 1]["code"]
    async with simulated() as url, opened(url) as socket:
        await send(socket, LISTEN)
        await until(socket, "session.ready")
        await order(url, {"drop": True} if code == 1006 else {"close": code})

        assert (await closed(socket))[1] == code


def test_every_recording_is_replayed() -> None:
    """No recording and no error is left out without a reason."""
    replayed = {*REPLAYS, *OTHERS}
    names = {path.stem for path in VECTORS.glob("*.jsonl")}
    lines = records("errors") if names else []
    numbers = {n for n, line in enumerate(lines, start=1) if "dir" in line}

    assert names <= replayed
    assert numbers <= ERRORS.keys() | DIFFERENCES["errors"].keys() | set(CLOSES)


OTHERS: Final = {
    "client-openings": "test_openings.py",
    "client-tests": "test_recorded_client_messages_are_taken",
    "errors": "test_recorded_error_comes_again",
    "live-token-endpoint": "test_recorded_token_answers_come_again",
    "live-2026-03-reply-audio-samples": "test_recorded_sound_comes_again",
    "live-2026-03-user-speech-recognition": "test_recorded_speech_comes_again",
}
"""Recordings that are no sequence, and which test has them."""
