"""Every way in which public clients were seen to open a conversation leads into one.

`openings.json` has the facts: credentials, paths, first messages, frame sizes and rates.
"""

import json
from array import array
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import connect

from app.simulator.audio.encoding import MU_LAW, Downsampler
from app.simulator.behaviour.profiles import LIVE, MARCH, PROFILES, Profile, with_switches
from tests.simulator.caller import Caller, audio, sentence, silence
from tests.simulator.wire import KEY, QUICK, closed, send, simulated, until

OPENINGS: list[dict[str, Any]] = json.loads(
    Path(__file__).with_name("openings.json").read_text("utf-8")
)["openings"]
CASES = [pytest.param(opening, id=opening["client"].replace(" ", "-")) for opening in OPENINGS]
VECTORS = Path(__file__).parents[3] / "shared" / "vectors" / "client-openings.jsonl"
SPEECH = sentence("question") + silence(4500)


def suited(profile: Profile, opening: dict[str, Any]) -> Profile:
    """Return the profile under which an opening passes whose voice is of another time."""
    is_of_another = "refused" in opening or profile is MARCH
    return with_switches(profile, {"unknown_voice": "accepted"} if is_of_another else {})


def microphone(opening: dict[str, Any]) -> list[bytes]:
    """Return a spoken question and silence, as the client would cut it."""
    rate = opening["bytes_per_frame"] * opening["frames_per_second"]
    sound, size = SPEECH, opening["bytes_per_frame"]
    if rate < 12_000:
        sound = MU_LAW.encode(Downsampler().feed(SPEECH))
    elif rate < 36_000:  # 16 kHz that nobody declared: it is heard faster and higher
        samples = array("h", SPEECH)
        sound = array("h", [samples[i * 3 // 2] for i in range(len(samples) * 2 // 3)]).tobytes()
    return [sound[start : start + size] for start in range(0, len(sound), size)]


def wants_greeting(opening: dict[str, Any]) -> bool:
    """Return whether the agent is to speak first."""
    return "agent_id" in opening["session"] or bool(opening["session"].get("greeting"))


def authorization(form: str) -> dict[str, str]:
    """Return the header for a key in one of its two forms, or none."""
    values = {"bearer": f"Bearer {KEY}", "raw": KEY}
    return {"Authorization": values[form]} if form in values else {}


async def upgrade(url: str, opening: dict[str, Any]) -> connect:
    """Return the connection that the client makes, with a token minted its own way."""
    query = f"?token={KEY}" if opening["auth"] == "key in the URL" else ""
    if opening["token"] is not None:
        async with httpx.AsyncClient() as client:
            answer = await client.get(
                f"{url}/v1/token",
                params=opening["token"]["query"],
                headers=authorization(opening["token"]["auth"]),
            )
        query = f"?token={answer.json()['token']}"
    address = f"{url.replace('http', 'ws', 1)}{opening['path']}{query}"
    return connect(address, additional_headers=authorization(opening["auth"]), max_size=None)


@pytest.mark.parametrize("opening", CASES)
async def test_opening_leads_to_a_turn_over_a_socket(opening: dict[str, Any]) -> None:
    """Credential, path and first message are accepted; there is a greeting, a turn, an answer."""
    async with (
        simulated(profile=suited(QUICK, opening), key=KEY) as url,
        await upgrade(url, opening) as socket,
    ):
        await send(socket, {"type": "session.update", "session": opening["session"]})
        start = await until(socket, "session.ready")
        if wants_greeting(opening):
            await until(socket, "reply.audio")
        for piece in microphone(opening):
            await send(socket, audio(piece))
        turn = await until(socket, "transcript.user")
        answer = await until(socket, "reply.audio")
        await send(socket, {"type": "session.end"})
        rest, code = await closed(socket)

    assert [frame["type"] for frame in start] == ["session.updated", "session.ready"]
    assert "input.speech.started" in [frame["type"] for frame in turn]
    assert answer[-1]["data"]
    assert (rest[-1]["type"], code) == ("session.ended", 1000)


@pytest.mark.parametrize("name", PROFILES)
@pytest.mark.parametrize("opening", CASES)
def test_cadence_leads_to_a_turn(opening: dict[str, Any], name: str) -> None:
    """At the client's own pace, under every profile: greeting if it asked for one, turn, answer."""
    caller = Caller(suited(PROFILES[name], opening))
    caller.start({"type": "session.update", "session": opening["session"]})
    greeted = len(caller.of("reply.done"))
    for piece in microphone(opening):
        caller.wait(1 / opening["frames_per_second"])
        caller.send(audio(piece))
    caller.wait(8)

    assert greeted == wants_greeting(opening)
    assert caller.of("session.error") == []
    assert caller.types().count("input.speech.started") == 1
    assert len(caller.of("transcript.user")) == 1
    assert len(caller.of("reply.done")) == greeted + 1
    assert caller.sound(caller.of("reply.started")[-1]["reply_id"]).strip(b"\0\xff")


@pytest.mark.parametrize("opening", [opening for opening in OPENINGS if "refused" in opening])
def test_opening_of_former_days_is_told_what_is_wrong(opening: dict[str, Any]) -> None:
    """A voice that was taken away ends the socket as it does live, with the list of those left."""
    caller = Caller(LIVE)
    caller.send({"type": "session.update", "session": opening["session"]})

    (error,) = caller.frames
    assert (error["code"], error["param"]) == ("invalid_value", "output.voice")
    assert "Must be one of: alba" in error["message"]
    assert caller.close_code == 1008


def test_all_observed_openings_are_here() -> None:
    """Each recorded opening has its row: same token query, path, fields, tools and cadence."""
    if not VECTORS.exists():
        pytest.skip("the recordings lie beside the project, not in it")
    lines = [json.loads(line) for line in VECTORS.read_text("utf-8").splitlines()]
    recorded = [outline_of_record(line) for line in lines if "client" in line]

    ours = [outline(opening) for opening in OPENINGS]
    assert [line for line in recorded if line not in ours] == []


def outline(opening: dict[str, Any]) -> Any:
    """Return what must agree between our row and a recorded opening."""
    return (
        opening["token"] and opening["token"]["query"],
        opening["path"],
        "header" if opening["auth"] in {"bearer", "raw"} else "token",
        shape(opening["session"]),
        opening["bytes_per_frame"],
        opening["frames_per_second"],
    )


def outline_of_record(line: dict[str, Any]) -> Any:
    """Return the same of a line of the recordings."""
    sound = line["audio"]
    return (
        line["token"] and line["token"]["query"],
        line["upgrade"]["path"],
        line["upgrade"]["auth"],
        shape(line["frame"]["session"]),
        sound["bytes_per_frame"][0],
        sound["frames_per_second"],
    )


def shape(session: dict[str, Any]) -> dict[str, Any]:
    """Return a session without its texts; of tools only that there are some."""
    plain = {**session, "tools": bool(session.get("tools"))}
    return plain | {
        name: bool(plain[name])
        for name in ("system_prompt", "greeting", "agent_id")
        if name in plain
    }
