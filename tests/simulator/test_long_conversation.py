"""Ten minutes of talk with fifty turns, in made-up time."""

import base64
import json

from app.simulator.behaviour.profiles import LIVE, MARCH, Profile
from app.simulator.behaviour.script import Script, ScriptedCall, ScriptedTurn
from app.simulator.conversation.session import Close
from app.simulator.server.connection import Connection, KeptSessions
from app.simulator.token_ledger import Grant
from app.simulator.wire.ids import Ids
from tests.simulator.caller import START, sentence, silence
from tests.simulator.switch_scenarios import WEATHER

TURNS = 50
_TURN_MS = 12_000
_FRAME_BYTES = 2400
SCRIPT = Script(
    turns=(
        ScriptedTurn(hears="Tell me more.", answers="There is nothing more to tell about it."),
        ScriptedTurn(),
        ScriptedTurn(answers="It is {result}.", calls=(ScriptedCall("weather", {"city": "Ulm"}),)),
    ),
    repeats=True,
)


def conversation(profile: Profile, *, seed: str = "a", script: Script | None = SCRIPT) -> list[str]:
    """Return all frames of ten minutes as they would go over the wire."""
    connection = Connection(
        *(profile, KeptSessions(), Ids(seed), Grant(START + 60, 10_800)), script=script
    )
    spoken = sentence("question")
    turn = spoken + silence(_TURN_MS - len(spoken) // 48)
    pieces = [
        {"type": "input.audio", "audio": base64.b64encode(turn[i : i + _FRAME_BYTES]).decode()}
        for i in range(0, len(turn), _FRAME_BYTES)
    ]
    session = {"greeting": "Hello.", "tools": [WEATHER]}
    out = connection.receive({"type": "session.update", "session": session}, START)
    now, answered = START, 0
    for _ in range(TURNS):
        for piece in pieces:
            now += 0.05
            out += connection.advance(now)
            out += connection.receive(piece, now)
            for item in out[answered:]:
                if not isinstance(item, Close) and item["type"] == "tool.call":
                    result = {"type": "tool.result", "call_id": item["call_id"], "result": "21"}
                    out += connection.receive(result, now)
            answered = len(out)
    assert not any(isinstance(item, Close) for item in out)
    return [json.dumps(item) for item in out if not isinstance(item, Close)]


def test_ten_minutes_are_the_same_twice() -> None:
    """The same seed, script and input give the same frames byte for byte; all turns are there."""
    first, second = conversation(LIVE), conversation(LIVE)

    assert first == second
    kinds = [json.loads(frame)["type"] for frame in first]
    assert kinds.count("transcript.user") == TURNS
    assert kinds.count("tool.call") == TURNS // 3
    assert kinds.count("reply.started") == 1 + TURNS + TURNS // 3
    assert kinds.count("session.error") == 0


def test_another_seed_changes_names_only() -> None:
    """With another seed the events are of the same types, in the same order, at the same times."""
    one, other = (conversation(MARCH, seed=seed, script=None) for seed in ("a", "b"))

    assert one != other
    looks = [
        [(f["type"], f["timestamp"], f.get("data")) for f in map(json.loads, frames)]
        for frames in (one, other)
    ]
    assert looks[0] == looks[1]
