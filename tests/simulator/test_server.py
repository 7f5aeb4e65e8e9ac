"""The simulator over real sockets: what only a network can show."""

import base64
import json

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from app.simulator.behaviour.profiles import LIVE, with_switches
from tests.simulator.caller import HELLO, LISTEN, audio, sentence, silence
from tests.simulator.conftest import Serve, Witness
from tests.simulator.wire import KEY, QUICK, closed, mint, opened, order, send, stats, until


@pytest.mark.parametrize("path", ["/v1/ws", "/v1/voice"])
async def test_a_whole_conversation(simulator: Serve, path: str) -> None:
    """Over a real socket, on either path: greeting, a turn, an answer with sound, a clean end."""
    async with simulator(profile=QUICK) as url, opened(url, await mint(url), path) as socket:
        await send(socket, HELLO)
        greeting = await until(socket, "transcript.agent.delta")
        await send(socket, audio(silence(300) + sentence("interruption") + silence(1200)))
        turn = await until(socket, "transcript.agent.delta")
        await send(socket, {"type": "session.end"})
        rest, code = await closed(socket)

    assert [f["type"] for f in greeting[:3]] == [
        "session.updated",
        "session.ready",
        "reply.started",
    ]
    assert "input.speech.started" in [frame["type"] for frame in turn]
    sound = b"".join(base64.b64decode(f["data"]) for f in turn if f["type"] == "reply.audio")
    assert len(sound) > 2 * 48_000
    assert (rest[-1]["type"], code) == ("session.ended", 1000)


async def test_header_opens_a_socket(simulator: Serve) -> None:
    """A server's client brings its key in the header instead of a token in the URL."""
    async with (
        simulator(key=KEY) as url,
        connect(
            f"{url.replace('http', 'ws', 1)}/v1/ws",
            additional_headers={"Authorization": f"Bearer {KEY}"},
        ) as socket,
    ):
        await send(socket, LISTEN)

        assert (await until(socket, "session.ready"))[-1]["session_id"].startswith("sess_")


@pytest.mark.parametrize("token", ["", "garbage", "f" * 32])
async def test_bad_credential_opens_and_is_told_why(simulator: Serve, token: str) -> None:
    """A bad credential meets an open socket, `unauthorized` and close 1008, as measured live."""
    async with simulator(key=KEY) as url, opened(url, token) as socket:
        (error,), code = await closed(socket)
        counts = await stats(url)

    assert error["code"] == "unauthorized"
    assert (error["message"], error["session_id"], error["param"]) == (
        "Authentication failed",
        None,
        None,
    )
    assert code == 1008
    assert (counts["tokens_refused"], counts["closes"]) == (1, {"1008": 1})


@pytest.mark.parametrize(("switch", "status"), [("close_1006", 403), ("http_401", 401)])
async def test_bad_credential_can_refuse_the_upgrade(
    simulator: Serve, switch: str, status: int
) -> None:
    """Under the documents' ways the upgrade itself fails, which a browser sees as 1006."""
    profile = with_switches(LIVE, {"auth_failure": switch})
    async with simulator(profile=profile, key=KEY) as url:
        with pytest.raises(InvalidStatus) as refusal:
            async with opened(url, "bad"):
                pass

    assert refusal.value.response.status_code == status


@pytest.mark.parametrize(("switch", "gone"), [("ws", "/v1/voice"), ("voice", "/v1/ws")])
async def test_only_one_path_can_be_served(simulator: Serve, switch: str, gone: str) -> None:
    """Under the switch the other day's path is not there."""
    profile = with_switches(LIVE, {"websocket_path": switch})
    async with simulator(profile=profile) as url:
        with pytest.raises(InvalidStatus) as refusal:
            async with opened(url, path=gone):
                pass
        async with opened(url, path=f"/v1/{switch}") as socket:
            await send(socket, LISTEN)
            await until(socket, "session.ready")

    assert refusal.value.response.status_code == 404


async def test_expired_token_is_refused(simulator: Serve) -> None:
    """By the simulator's clock a token's window closes."""
    clock = HandClock()
    async with simulator(clock=clock) as url:
        token = await mint(url)
        clock.seconds += 61
        async with opened(url, token) as socket:
            (error,), code = await closed(socket)

    assert (error["code"], code) == ("unauthorized", 1008)


class HandClock:
    """A clock that is turned by hand."""

    def __init__(self) -> None:
        self.seconds = 1_795_000_000.0

    def now(self) -> float:
        """Return what it was turned to."""
        return self.seconds


async def test_fatal_first_update_closes(simulator: Serve) -> None:
    """The error of a fatal first update arrives before the close."""
    async with simulator() as url, opened(url) as socket:
        await send(socket, {"type": "session.update", "session": {"output": {"voice": "nobody"}}})
        (error,), code = await closed(socket)

    assert (error["code"], code) == ("invalid_value", 1008)


async def test_binary_and_broken_frames_are_survived(simulator: Serve) -> None:
    """Each frame that is no message has its error, and the session begins all the same."""
    async with simulator() as url, opened(url) as socket:
        await socket.send(b"\0\0")
        await socket.send("{")
        await send(socket, LISTEN)
        frames = await until(socket, "session.ready")

    assert [frame.get("code") for frame in frames[:2]] == ["invalid_format"] * 2


async def test_message_that_is_too_big_closes(simulator: Serve) -> None:
    """A message beyond 1 MiB ends its socket with 1009 and no other one."""
    async with simulator() as url, opened(url) as one, opened(url) as other:
        await one.send(" " * (2**20 + 1))
        frames, code = await closed(one)
        await send(other, LISTEN)
        await until(other, "session.ready")

    assert (frames, code) == ([], 1009)


async def test_too_many_sockets_meet_at_capacity(simulator: Serve) -> None:
    """Beyond its limit the simulator turns callers away, and takes new ones when there is room."""
    profile = with_switches(LIVE, {"max_sockets": "1"})
    async with simulator(profile=profile) as url:
        async with opened(url) as first:
            async with opened(url) as second:
                (error,), code = await closed(second)
            await send(first, {"type": "session.end"})
            await closed(first)
        async with opened(url) as third:
            await send(third, LISTEN)
            await until(third, "session.ready")

    assert (error["code"], code) == ("at_capacity", 1008)


async def test_drop_cuts_the_line_and_the_session_can_be_resumed(simulator: Serve) -> None:
    """After a drop there is no closing handshake, and under `resume=ok` the session goes on."""
    async with simulator(profile=with_switches(LIVE, {"resume": "ok"})) as url:
        async with opened(url, await mint(url)) as socket:
            await send(socket, HELLO)
            session_id = (await until(socket, "session.ready"))[-1]["session_id"]
            done = await order(url, {"drop": True})
            _, code = await closed(socket)
        async with opened(url, await mint(url)) as again:
            await send(again, {"type": "session.resume", "session_id": session_id})
            ready = json.loads(await again.recv())
            counts = await stats(url)

    assert (done.status_code, code) == (200, 1006)
    assert (ready["type"], ready["session_id"]) == ("session.ready", session_id)
    assert counts["tokens_minted"] == counts["sockets_opened"] == 2
    assert counts["closes"] == {"1006": 1}
    assert (counts["sockets_open"], counts["sessions_started"]) == (1, 1)


async def test_control_closes_with_a_code(simulator: Serve) -> None:
    """A test may close every socket with any code."""
    async with simulator() as url, opened(url) as one, opened(url) as other:
        await send(one, LISTEN)
        await until(one, "session.ready")
        await order(url, {"close": 1011})

        codes = [(await closed(socket))[1] for socket in (one, other)]

    assert codes == [1011, 1011]


async def test_control_sets_switches_for_what_comes_next(simulator: Serve) -> None:
    """Switches set at run time hold for sockets that open afterwards."""
    async with simulator() as url:
        await order(url, {"set": {"single_use_tokens": True, "resume": "not_found_open"}})
        token = await mint(url)
        async with opened(url, token) as socket:
            await send(socket, {"type": "session.resume", "session_id": "sess_1"}, LISTEN)
            frames = await until(socket, "session.ready")
        async with opened(url, token) as again:
            refused, _ = await closed(again)

    assert frames[0]["code"] == "session_not_found"
    assert refused[0]["code"] == "unauthorized"


async def test_control_answers_token_requests(simulator: Serve) -> None:
    """The token route can be made to fail, with headers, and to work again."""
    async with simulator() as url, httpx.AsyncClient(base_url=url) as client:
        failing = {"token_status": 503, "token_headers": {"Retry-After": "7"}}
        await order(url, failing)
        failed = await client.get("/v1/token?expires_in_seconds=60", headers={"Authorization": KEY})
        await order(url, {"token_status": None})

        assert (failed.status_code, failed.headers["retry-after"]) == (503, "7")
        assert await mint(url)


async def test_control_refuses_a_wrong_command(simulator: Serve) -> None:
    """A wrong command is a 422 with a sentence."""
    async with simulator() as url:
        answer = await order(url, {"dorp": True})

    assert answer.status_code == 422
    assert answer.json() == {
        "message": "no command is called 'dorp'; there are: drop, close, set, token_status, faults"
    }


async def test_control_reads_no_endless_command(simulator: Serve) -> None:
    """A command has a bounded length and depth, and must be JSON."""
    async with simulator() as url, httpx.AsyncClient(base_url=url) as client:
        for body in (b"{", b"[" * 9000, b" " * 20_000, b"\xff"):
            assert (await client.post("/_control", content=body)).status_code == 422


async def test_control_exists_only_on_request(simulator: Serve) -> None:
    """Without the option there is nothing to control or to count."""
    async with simulator(control=False) as url, httpx.AsyncClient(base_url=url) as client:
        assert (await client.get("/_stats")).status_code == 404
        assert (await client.post("/_control", json={"drop": True})).status_code == 404


async def test_token_route_over_http(simulator: Serve) -> None:
    """Statuses and bodies reach the wire as JSON; other verbs are refused."""
    async with simulator(key=KEY) as url, httpx.AsyncClient(base_url=url) as client:
        granted = await client.get(
            "/v1/token?expires_in_seconds=60&product=voice_agent", headers={"Authorization": KEY}
        )
        nobody = await client.get("/v1/token?expires_in_seconds=60")
        wrong = await client.get("/v1/token?expires_in_seconds=60", headers={"Authorization": "x"})
        put = await client.put("/v1/token")

    assert (granted.status_code, granted.json()["expires_in_seconds"]) == (200, 60)
    assert (nobody.status_code, nobody.json()["detail"][0]["loc"][0]) == (422, "header")
    assert (wrong.status_code, wrong.json()) == (404, {"detail": "Invalid API key"})
    assert put.status_code == 405


async def test_observer_sees_everything_but_secrets(simulator: Serve, witness: Witness) -> None:
    """The observer is told requests, sockets and frames, without the key and without the token."""
    async with simulator(profile=QUICK, key=KEY) as url:
        token = await mint(url)
        async with httpx.AsyncClient() as client:
            await client.get(f"{url}/v1/token?key={KEY}", headers={"Authorization": KEY})
        async with opened(url, token) as socket:
            await send(socket, HELLO)
            await until(socket, "transcript.agent.delta")
            await send(socket, {"type": "session.end"})
            await closed(socket)

    directions = [direction for direction, _, _ in witness.seen]
    assert directions[:4] == ["http", "http", "socket", "c2s"]
    assert witness.seen[-1][2] == {"event": "close", "code": 1000}
    told = json.dumps([frame for _, _, frame in witness.seen])
    assert token not in told
    assert KEY not in told
    session_ids = {session_id for _, session_id, _ in witness.seen if session_id}
    assert len(session_ids) == 1


async def test_client_that_never_reads_cannot_fill_the_memory(simulator: Serve) -> None:
    """Errors to a client that does not read them wait in bounded number; others are served."""
    async with simulator() as url, opened(url) as flood, opened(url) as other:
        for _ in range(3000):
            await flood.send("{")
        await send(other, LISTEN)

        assert (await until(other, "session.ready"))[-1]["type"] == "session.ready"
        flood.transport.abort()
