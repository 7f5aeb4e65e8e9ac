"""What each fault of a socket does to what passes it."""

import asyncio
import base64
import json
import math
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosedError, InvalidStatus

from app.simulator.conversation.session import Close
from app.simulator.faults import SOCKET_FAULTS
from app.simulator.faults.chain import Chain, Freeze, Item, Raw, Reset
from tests.simulator.caller import LISTEN
from tests.simulator.wire import closed, opened, order, send, simulated, stats, until


class Passage:
    """A chain of faults in made-up time, beginning at second 0."""

    def __init__(self, **faults: str) -> None:
        self.chain = Chain(SOCKET_FAULTS, faults)
        self.chain.pass_on([], 0)

    def put(self, *items: Item, at: float = 0) -> list[Item]:
        """Return what comes out by a time when something is put in."""
        return self.chain.pass_on(list(items), at)

    def whole(self, items: list[Item], step_seconds: float = 0.01) -> list[tuple[float, Item]]:
        """Put items in at a pace; return what comes out, with when, until nothing is held."""
        out: list[tuple[float, Item]] = []
        for number, item in enumerate(items):
            at = number * step_seconds
            out += self.run_until(at)
            out += [(at, passed) for passed in self.put(item, at=at)]
        return out + self.run_until(math.inf)

    def run_until(self, at: float) -> list[tuple[float, Item]]:
        """Return what comes out before a time by itself, with when."""
        out: list[tuple[float, Item]] = []
        while (due := self.chain.next_due) is not None and due < at:
            out += [(due, passed) for passed in self.put(at=due)]
        return out


def frame(number: int) -> dict[str, Any]:
    """Return some event."""
    return {"type": "transcript.user.delta", "item_id": "msg_1", "text": str(number)}


def sound(reply_id: str, pcm: bytes) -> dict[str, Any]:
    """Return a piece of a reply's audio."""
    data = base64.b64encode(pcm).decode()
    return {"type": "reply.audio", "reply_id": reply_id, "data": data, "timestamp": 1.0}


FRAMES: list[Item] = [frame(number) for number in range(100)]


async def late_audio() -> None:
    """After an interruption, and only then, more of that reply's sound comes."""
    passage = Passage(late_audio="3")
    done = {"type": "reply.done", "reply_id": "r1", "timestamp": 2.0}

    assert len(passage.put(sound("r1", b"ab"), done | {"status": "completed"})) == 2
    out = passage.put(sound("r1", b"cd"), done | {"status": "interrupted"})

    assert out[2:] == [sound("r1", b"cd") | {"timestamp": 2.0}] * 3


async def odd_audio() -> None:
    """Pieces have an odd length, the whole is unchanged, and nothing stays behind at the end."""
    pcm = bytes(range(256)) * 10
    replies = ["r1"] * 5 + ["r2"] * 5
    pieces: list[Item] = [
        sound(reply, pcm[start * 256 : start * 256 + 256]) for start, reply in enumerate(replies)
    ]

    out = Passage(odd_audio="101").put(*pieces, {"type": "reply.done", "reply_id": "r2"})

    cut = [item for item in out if isinstance(item, dict) and "data" in item]
    for reply, expected in (("r1", pcm[:1280]), ("r2", pcm[1280:])):
        parts = [base64.b64decode(item["data"]) for item in cut if item["reply_id"] == reply]
        assert b"".join(parts) == expected
        assert {len(part) for part in parts[:-1]} == {101}
    assert out[-1] == {"type": "reply.done", "reply_id": "r2"}


async def unknown_type() -> None:
    """After every tenth event comes one that no document knows."""
    out = [item for item in Passage(unknown_type="10").put(*FRAMES) if isinstance(item, dict)]

    strangers = [item["type"] for item in out if item not in FRAMES]
    assert len(out) == 110
    assert out[10]["type"] == "reply.content_part.started"
    assert len(set(strangers)) == 4


async def not_json() -> None:
    """Before every tenth event comes a text that is no event."""
    out = Passage(not_json="10").put(*FRAMES)

    texts = [item.payload for item in out if isinstance(item, Raw)]
    assert [item for item in out if not isinstance(item, Raw)] == FRAMES
    assert len(texts) == 10
    assert texts[:2] == ["", "{"]


async def binary() -> None:
    """Before every tenth event comes a binary message."""
    out = Passage(binary="10").put(*FRAMES)

    payloads = [item.payload for item in out if isinstance(item, Raw)]
    assert [item for item in out if not isinstance(item, Raw)] == FRAMES
    assert len(payloads) == 10
    assert all(isinstance(payload, bytes) for payload in payloads)


async def duplicates() -> None:
    """Every tenth event comes twice, one after the other."""
    out = Passage(duplicates="10").put(*FRAMES)

    assert len(out) == 110
    assert out[9] == out[10] == FRAMES[9]


async def wrong_order() -> None:
    """Every third event changes places with the next; none is lost, nothing follows a close."""
    passage = Passage(wrong_order="3")

    assert passage.put(*FRAMES[:5]) == [FRAMES[i] for i in (0, 1, 3, 2, 4)]
    assert passage.put(FRAMES[5], Close(1000)) == [FRAMES[5], Close(1000)]


async def slow_link() -> None:
    """A hundred events need the time that their bytes need, and keep their order."""
    size = sum(len(json.dumps(item)) for item in FRAMES)

    out = Passage(slow_link="1000").whole(FRAMES)

    assert [item for _, item in out] == FRAMES
    assert out[-1][0] == pytest.approx(size / 1000)


async def jitter() -> None:
    """Events are late by different times within the limit, in order, and alike in each run."""
    out = Passage(jitter="200").whole(FRAMES, step_seconds=0.25)

    lateness = [at - number * 0.25 for number, (at, _) in enumerate(out)]
    assert [item for _, item in out] == FRAMES
    assert -1e-9 < min(lateness) < 0.05
    assert 0.15 < max(lateness) < 0.2 + 1e-9
    assert Passage(jitter="200").whole(FRAMES, step_seconds=0.25) == out


async def stall() -> None:
    """From the moment on nothing comes for a while; then all of it at once, then as before."""
    out = Passage(stall="0.5@0.2s").whole(FRAMES)

    times = [at for at, _ in out]
    assert [item for _, item in out] == FRAMES
    assert not [at for at in times if 0.2 <= at < 0.7]
    assert len([at for at in times if at == pytest.approx(0.7)]) == 51
    assert times[-1] == pytest.approx(0.99)


async def close() -> None:
    """The close comes after so many events, or so many seconds, and nothing after it."""
    by_count, by_time = Passage(close="1011@3frames"), Passage(close="4000@2s")

    assert by_count.put(*FRAMES) == [*FRAMES[:3], Close(1011)]
    assert by_count.put(*FRAMES) == []
    assert by_time.put(FRAMES[0], at=1.9) == FRAMES[:1]
    assert by_time.chain.next_due == 2
    assert by_time.put(FRAMES[1], at=2) == [Close(4000)]


async def refuse_upgrade() -> None:
    """The upgrade is answered with the status, whatever the credential."""
    async with simulated(faults={"refuse_upgrade": "503"}) as url:
        with pytest.raises(InvalidStatus) as refusal:
            async with opened(url):
                pass

    assert refusal.value.response.status_code == 503


async def reset() -> None:
    """At its moment the line is reset: the client's own system says so."""
    assert Passage(reset="2frames").put(*FRAMES) == [*FRAMES[:2], Reset()]

    async with simulated() as url, opened(url) as socket:
        await send(socket, LISTEN)
        await until(socket, "session.ready")
        await order(url, {"faults": {"reset": "0s"}})
        with pytest.raises(ConnectionClosedError) as end:
            await socket.recv()
        counts = await stats(url)

    assert isinstance(end.value.__cause__, ConnectionResetError)
    assert counts["closes"] == {"1006": 1}


async def silence() -> None:
    """The line stays open and nothing is answered, not even a ping, until the client is gone."""
    assert Passage(silence="2frames").put(*FRAMES) == [*FRAMES[:2], Freeze()]

    async with simulated(faults={"silence": "2frames"}) as url, opened(url) as socket:
        await send(socket, LISTEN)
        await until(socket, "session.ready")
        await send(socket, {"type": "session.end"})
        pong = asyncio.ensure_future(await socket.ping())
        await order(url, {"set": {}})  # by then an answer would be there
        counts = await stats(url)

        assert not pong.done()
        assert socket.close_code is None
        pong.cancel()
        socket.transport.abort()
        await closed(socket)

    assert (counts["sockets_open"], counts["frames_in"]) == (1, {"session.update": 1})
    assert list(counts["frames_out"]) == ["session.updated", "session.ready"]


SCENARIOS = {
    "late_audio": late_audio,
    "odd_audio": odd_audio,
    "unknown_type": unknown_type,
    "not_json": not_json,
    "binary": binary,
    "duplicates": duplicates,
    "wrong_order": wrong_order,
    "slow_link": slow_link,
    "jitter": jitter,
    "stall": stall,
    "close": close,
    "refuse_upgrade": refuse_upgrade,
    "reset": reset,
    "silence": silence,
}
