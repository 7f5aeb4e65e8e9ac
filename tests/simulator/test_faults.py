"""Everything that can go wrong on purpose."""

import inspect

import pytest

from app.simulator.behaviour.profiles import LIVE, with_switches
from app.simulator.conversation.session import Close
from app.simulator.faults import FAULTS, SOCKET_FAULTS, check_fault, line, message, token
from app.simulator.faults.chain import Chain, Reset, SocketFault
from app.simulator.faults.token import TokenFault
from tests.simulator import socket_fault_scenarios, token_fault_scenarios
from tests.simulator.caller import HELLO, LISTEN
from tests.simulator.socket_fault_scenarios import FRAMES, Passage
from tests.simulator.wire import QUICK, closed, opened, order, send, simulated, stats, until

SCENARIOS = token_fault_scenarios.SCENARIOS | socket_fault_scenarios.SCENARIOS


@pytest.mark.parametrize("name", sorted(FAULTS))
async def test_fault(name: str, caplog: pytest.LogCaptureFixture) -> None:
    """Each fault that can be set has a scenario, which holds, and none ends in a traceback."""
    await SCENARIOS[name]()

    assert [record.message for record in caplog.records if record.exc_info] == []


def test_every_fault_is_a_class_and_every_scenario_a_fault() -> None:
    """Each class with a name can be set by it, and no scenario outlives its fault."""
    classes = {
        thing.name
        for module in (token, message, line)
        for thing in vars(module).values()
        if inspect.isclass(thing) and issubclass(thing, TokenFault | SocketFault)
        if "name" in vars(thing)
    }

    assert set(FAULTS) == classes == set(SCENARIOS)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        *(("stal", "3"), ("close", "1006"), ("close", "x"), ("close", "1000@"), ("close", "")),
        *(("close", "1000@5"), ("close", "1000@-1s"), ("close", "1011@1e3s"), ("stall", "61")),
        *(("stall", "."), ("stall", "1..2"), ("stall", "nan"), ("stall", "1@2frame")),
        *(("odd_audio", "100"), ("jitter", "0"), ("jitter", "-5"), ("slow_link", "1")),
        *(("duplicates", "0"), ("refuse_upgrade", "101"), ("late_audio", "x"), ("reset", "5")),
        *(("token_status", "99"), ("token_status", "503,a\r\nb"), ("token_malformed", "xml")),
        *(("token_redirect", "a b"), ("token_redirect", ""), ("token_reset", "true")),
        *(("token_expired", "false"), ("token_delay", "601"), ("token_characters", "")),
        *(("stall", "\u0662"), ("silence", "9" * 50 + "s"), ("jitter", "9" * 5000)),
    ],
)
def test_wrong_settings_are_refused(name: str, text: str) -> None:
    """A wrong name or setting is refused with a sentence that says what is allowed."""
    if (name, text) == ("close", "1000@"):
        check_fault(name, text)  # no moment: at once
        return
    with pytest.raises(ValueError, match=r"there are: |form: "):
        check_fault(name, text)


def test_a_line_that_is_too_far_behind_is_given_up() -> None:
    """What a slow link holds back is bounded."""
    passage = Passage(slow_link="100")

    out = [item for _ in range(61) for item in passage.put(*FRAMES)]

    assert out[-1] == Reset()
    assert passage.chain.next_due is None


def test_fault_taken_away_lets_go_of_what_it_held() -> None:
    """What was held back comes at once and in order, through the faults behind it."""
    chain = Chain(SOCKET_FAULTS, {"stall": "30", "close": "1011@5frames"})
    assert chain.pass_on(FRAMES[:3], 1) == []

    chain.set("stall", None, 2)

    assert chain.next_due == 0
    assert chain.pass_on(FRAMES[3:], 2) == [*FRAMES[:5], Close(1011)]


def test_faults_together() -> None:
    """Faults are passed in one order, whatever the order in which they were set."""
    one = Passage(stall="1", duplicates="2", close="1000@3frames")
    other = Passage(close="1000@3frames", duplicates="2", stall="1")

    assert one.whole(FRAMES[:9]) == other.whole(FRAMES[:9])
    assert [item for _, item in one.whole([])] == []


async def test_faults_are_set_and_taken_away_at_run_time() -> None:
    """A fault set by control holds for sockets that are open and for those to come, until null."""
    async with simulated(profile=QUICK) as url, opened(url) as socket:
        await order(url, {"faults": {"duplicates": 1}})
        await send(socket, LISTEN)
        twice = await until(socket, "session.ready")
        async with opened(url) as other:
            await send(other, LISTEN)
            again = await until(other, "session.ready")
        await order(url, {"faults": {"duplicates": None}})
        await send(socket, {"type": "session.end"})
        rest, code = await closed(socket)

    assert [f["type"] for f in twice] == [f["type"] for f in again]
    assert [f["type"] for f in twice] == ["session.updated"] * 2 + ["session.ready"]
    assert [f["type"] for f in rest] == ["session.ready", "session.ended"]
    assert code == 1000


async def test_stall_over_a_socket_ends_by_itself() -> None:
    """The pump wakes for what a fault holds back."""
    faults = {"stall": "0.05@1frames"}
    async with simulated(profile=QUICK, faults=faults) as url, opened(url) as socket:
        await send(socket, HELLO)

        assert (await until(socket, "transcript.agent.delta"))[-1]


async def test_messages_that_are_no_events_are_counted() -> None:
    """Texts and bytes of a fault reach the client as they are and the counts as unreadable."""
    async with simulated(faults={"not_json": "1", "binary": "2"}) as url, opened(url) as socket:
        await send(socket, LISTEN)
        received = [await socket.recv() for _ in range(5)]
        counts = await stats(url)

    assert received[0] == ""
    assert isinstance(received[3], bytes) or isinstance(received[2], bytes)
    assert counts["frames_out"]["unreadable"] == 3


async def test_reset_is_survived_by_the_session() -> None:
    """A session whose line was reset can be resumed where the profile lets it."""
    profile = with_switches(LIVE, {"resume": "ok"})
    async with simulated(profile=profile) as url:
        async with opened(url) as socket:
            await send(socket, LISTEN)
            session_id = (await until(socket, "session.ready"))[-1]["session_id"]
            await order(url, {"faults": {"reset": "0s"}})
            await closed(socket)
        await order(url, {"faults": None})
        async with opened(url) as again:
            await send(again, {"type": "session.resume", "session_id": session_id})

            assert (await until(again, "session.ready"))[-1]["session_id"] == session_id


async def test_text_that_is_no_utf8_is_closed_without_a_complaint(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A client's broken text ends its socket with 1007 and leaves no traceback behind."""
    async with simulated() as url, opened(url) as socket:
        socket.protocol.send_text(b"\xff")
        socket.transport.write(b"".join(socket.protocol.data_to_send()))
        _, code = await closed(socket)

    assert code == 1007
    assert caplog.records == []
