"""No sequence of frames, however mad, breaks a session or hurts another one.

The rules are attacked without sockets, in made-up time, so that thousands of frames take seconds;
what the sockets add is attacked over real ones. Runs are the same every time.
"""

import asyncio
import gc
import json
import logging
import sys
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager, ExitStack, contextmanager, suppress
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any, Final, TypeVar

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from websockets.exceptions import ConnectionClosed

from app.simulator.behaviour.profiles import LIVE, Profile, with_switches
from app.simulator.conversation.session import Close, Conversation, Outgoing
from app.simulator.errors import Refusal
from app.simulator.evidence.journal import Journal
from app.simulator.evidence.observers import Statistics
from app.simulator.evidence.violations import Violations
from app.simulator.server.connection import Connection, KeptSessions
from app.simulator.token_ledger import Grant
from app.simulator.wire.decoding import decode
from app.simulator.wire.ids import Ids
from tests.contract.schema import SCHEMA, check_live
from tests.simulator.caller import LISTEN, START, audio, silence, tone
from tests.simulator.fuzzing import (
    ODD_PAYLOADS,
    SCRIPT,
    Frame,
    Pause,
    Reconnect,
    Step,
    attacks,
    frames,
    no_messages,
    odd_sessions,
    profiles,
)
from tests.simulator.wire import QUICK, closed, opened, send, simulated, stats, until

T = TypeVar("T")

FEW: Final = settings(
    max_examples=150,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)

KNOWN_TYPES: Final = {
    name.removeprefix("server:") for name in SCHEMA["$defs"] if name.startswith("server:")
} | {"reply.content_part.started", "reply.content_part.done"}

# Source: the table of error codes in the documents and the codes seen live, September 2026.
SURVIVED: Final = {
    *("invalid_format", "invalid_audio", "immutable_field", "agent_id_not_first"),
    *("audio_rate_violation", "invalid_value", "invalid_config", "invalid_webhook"),
}
ENDING: Final = {
    **dict.fromkeys(
        ("invalid_value", "invalid_config", "invalid_webhook", "agent_not_found"), 1008
    ),
    **dict.fromkeys(("session_not_found", "session_forbidden", "session_expired"), 1008),
    **dict.fromkeys(("unauthorized", "forbidden", "at_capacity", "concurrency_exceeded"), 1008),
    **dict.fromkeys(("agent_id_not_first", "server_error"), 1008),
    **dict.fromkeys(("internal_error", "agent_init_failed", "agent_timeout"), 1011),
}


UPDATE: Final = Frame('{"type": "session.update", "session": {}}')


class Victim:
    """One client's line to the simulator's rules; judges all that comes back.

    Args:
        profile: how the service behaves.
        judge: is given each frame.
    """

    def __init__(self, profile: Profile, judge: Callable[[dict[str, Any]], None]) -> None:
        self.now = START
        self.received = 0
        self.last_error = ""
        self.close_code: int | None = None
        self._profile = profile
        self._judge = judge
        self._kept = KeptSessions()
        self._connections = 0
        self._calls: deque[str] = deque(maxlen=10)
        self._observers = (Statistics(), Violations().watch())
        self._session_id = "sess_none"
        self._last: dict[str, Any] = {}
        self._connect()

    def suffer(self, step: Step) -> None:
        """Take one step of an attack."""
        if isinstance(step, Pause):
            self._wait(step.seconds)
        elif isinstance(step, Reconnect):
            self._reconnect(resumes=step.resumes)
        elif isinstance(step, Frame):
            self._receive(step.payload)
        else:
            call = self._calls[step.pick % len(self._calls)] if self._calls else "none"
            self._receive(json.dumps({"type": "tool.result", "call_id": call, **step.rest}))

    def end(self) -> None:
        """End as a sane client does, unless it is over; a failure that was due may come first."""
        if self.close_code is None:
            self._receive('{"type": "session.end"}')
            assert self.close_code is not None

    def _connect(self) -> None:
        self.close_code = None
        self._connections += 1
        ids, grant = Ids(f"fuzz:{self._connections}"), Grant(self.now + 60, 10_800)
        self._connection = Connection(self._profile, self._kept, ids, grant, SCRIPT)
        self._take(self._connection.open(self.now))

    def _reconnect(self, *, resumes: bool) -> None:
        self._connection.drop(self.now)
        self._connect()
        if resumes:
            resume = {"type": "session.resume", "session_id": self._session_id}
            self._receive(json.dumps(resume))

    def _receive(self, payload: str | bytes) -> None:
        """Do what the pump of a socket does with a frame."""
        try:
            message = decode(payload)
        except Refusal as refusal:
            self._tell("c2s", {"unreadable": refusal.message})
            self._take(self._connection.refuse(refusal, self.now))
        else:
            self._tell("c2s", message)
            self._take(self._connection.receive(message, self.now))

    def _wait(self, seconds: float) -> None:
        until = self.now + seconds
        while (due := self._connection.next_due) is not None and due <= until:
            self.now = max(self.now, due)
            self._take(self._connection.advance(self.now))
        self.now = until

    def _take(self, outgoing: list[Outgoing]) -> None:
        for item in outgoing:
            assert self.close_code is None, "something came after the close"
            if isinstance(item, Close):
                self.close_code = item.code
                self._judge_close(item.code)
            else:
                self._note(item)

    def _note(self, frame: dict[str, Any]) -> None:
        json.dumps(frame, allow_nan=False).encode()
        self._tell("s2c", frame)
        self._judge(frame)
        self._last = frame
        self.received += 1
        if frame["type"] == "session.ready":
            self._session_id = frame["session_id"]
        elif frame["type"] == "tool.call":
            self._calls.append(frame["call_id"])
        elif frame["type"] == "session.error":
            self.last_error = (frame.get("code") or frame["error_code"]).lower()
            assert self.last_error in SURVIVED | ENDING.keys()

    def _tell(self, direction: str, frame: dict[str, Any]) -> None:
        for observe in self._observers:
            observe(direction, self._connection.session_id, frame, self.now)

    def _judge_close(self, code: int) -> None:
        """A close is explained by the frame before it."""
        if self._last["type"] == "session.ended":
            assert code == 1000
        elif self._last["type"] == "session.error":
            assert code == ENDING[self.last_error]
        else:
            assert self._last["type"] == "error"


def is_known(frame: dict[str, Any]) -> None:
    """Judge a frame of any profile by its type."""
    assert frame["type"] in KNOWN_TYPES


@FEW
@given(attacks())
def test_live_service_keeps_its_form(attack: list[Step]) -> None:
    """Whatever is sent, each frame that comes back is as measured live, and the end is clean."""
    victim = Victim(LIVE, check_live)

    for step in attack:
        victim.suffer(step)

    victim.end()


@FEW
@given(profiles(), attacks())
@example(with_switches(LIVE, {"setup_failure": "forbidden"}), [UPDATE, Frame("{")])
def test_any_switches_keep_their_form(profile: Profile, attack: list[Step]) -> None:
    """Under any set of switches an attack meets known events, explained closes, a clean end."""
    victim = Victim(profile, is_known)

    for step in attack:
        victim.suffer(step)

    victim.end()


def weight(thing: object) -> int:
    """Return how many bytes an object and all that hangs on it take."""
    total, seen, todo = 0, set[int](), [thing]
    while todo:
        one = todo.pop()
        if id(one) in seen or isinstance(one, type | ModuleType):
            continue
        seen.add(id(one))
        total += sys.getsizeof(one)
        # A function refers to its whole module; its own are only the variables it closes over.
        if isinstance(one, FunctionType):
            todo += one.__closure__ or ()
        else:
            todo += gc.get_referents(one)
    return total


@contextmanager
def on(runner: asyncio.Runner, context: AbstractAsyncContextManager[T]) -> Iterator[T]:
    """Enter an asynchronous context from outside of its loop."""
    try:
        yield runner.run(context.__aenter__())
    finally:
        runner.run(context.__aexit__(None, None, None))


@contextmanager
def logged_errors() -> Iterator[list[str]]:
    """Collect what anyone logs as an error, tracebacks among it."""
    errors: list[str] = []
    handler = logging.Handler(logging.ERROR)
    handler.emit = lambda record: errors.append(record.getMessage())  # type: ignore[method-assign]
    logging.getLogger().addHandler(handler)
    try:
        yield errors
    finally:
        logging.getLogger().removeHandler(handler)


def ready() -> Victim:
    """Return a victim whose session is open and quiet."""
    victim = Victim(LIVE, check_live)
    victim.suffer(UPDATE)
    victim.suffer(Pause(1))
    return victim


@FEW
@given(no_messages, st.booleans())
def test_what_is_no_message_is_told_so(frame: Frame, is_ready: bool) -> None:  # noqa: FBT001
    """Each frame that holds no message is answered by one `invalid_format`, and survived."""
    victim = ready() if is_ready else Victim(LIVE, check_live)
    before = victim.received

    victim.suffer(frame)

    assert victim.received == before + 1
    assert (victim.last_error, victim.close_code) == ("invalid_format", None)


@FEW
@given(odd_sessions(), st.booleans())
def test_any_field_may_hold_anything(session: dict[str, Any], is_ready: bool) -> None:  # noqa: FBT001
    """An update is answered once: accepted or refused; a path that is one name is never a field."""
    victim = ready() if is_ready else Victim(LIVE, check_live)
    before, allowed = victim.received, SURVIVED | {"agent_not_found"}

    victim.suffer(Frame(json.dumps({"type": "session.update", "session": session})))

    assert victim.received == before + 1
    assert victim.last_error in allowed | {""}
    if any("." in name for name in session):
        assert victim.last_error == "invalid_value"
    if is_ready:
        assert victim.close_code is None


HEARD: Final = {"conversation_message": "heard", "reply_cancel": "accepted"}
FLOODS: Final[dict[str, tuple[int, float, Callable[[int], Any]]]] = {
    "speech without end": (120, 0.1, lambda _: audio(tone(100))),
    "turns": (20, 2, lambda _: audio(tone(400) + silence(1500))),
    "requests": (300, 0.01, lambda _: {"type": "reply.create", "instructions": "x" * 1000}),
    "cancellations": (300, 0.01, lambda i: {"type": "reply.cancel", "reply_id": f"resp_{i}"}),
    "context": (
        300,
        0,
        lambda i: {"type": "conversation.message", "role": "user", "content": f"{i}" * 99},
    ),
    "updates": (
        300,
        0,
        lambda i: {"type": "session.update", "session": {"system_prompt": f"{i}" * 99}},
    ),
    "results": (300, 0, lambda i: {"type": "tool.result", "call_id": f"{i}", "result": "x" * 1000}),
    "unknown types": (300, 0, lambda i: {"type": f"{i}" * 99}),
    "no messages": (300, 0, lambda i: [i]),
}
"""How many messages, how far apart in seconds, and what they are."""


@pytest.mark.parametrize(("count", "every_seconds", "message"), FLOODS.values(), ids=FLOODS)
def test_floods_leave_nothing_behind(
    count: int, every_seconds: float, message: Callable[[int], Any]
) -> None:
    """A session's memory has a limit, and what it took is free again when all tools timed out."""
    victim = Victim(with_switches(LIVE, HEARD), lambda _frame: None)
    victim.suffer(UPDATE)
    victim.suffer(Pause(1))

    def flood(start: int) -> int:
        for number in range(start, start + count):
            victim.suffer(Frame(json.dumps(message(number))))
            victim.suffer(Pause(every_seconds))
        assert weight(victim) < 5_000_000
        victim.suffer(Pause(130))
        return weight(victim)

    before, after = flood(1000), flood(2000)

    assert after - before < 20_000
    victim.end()


def test_dropped_sessions_are_forgotten() -> None:
    """Of hundreds of sessions whose line was lost, at most a hundred are kept."""
    victim = Victim(LIVE, lambda _frame: None)
    for _ in range(300):
        victim.suffer(Frame('{"type": "session.update", "session": {"greeting": "Hello."}}'))
        victim.suffer(Pause(0.1))
        victim.suffer(Reconnect(resumes=False))
    gc.collect()

    assert sum(isinstance(thing, Conversation) for thing in gc.get_objects()) <= 100


RAW: Final = {
    "unmasked frame": b"\x81\x02hi",
    "reserved opcode": b"\x83\x80\0\0\0\0",
    "reserved bits": b"\xf1\x80\0\0\0\0",
    "continuation of nothing": b"\x80\x80\0\0\0\0",
    "text that is no UTF-8": b"\x81\x82\0\0\0\0\xff\xfe",
    "ping that is too long": b"\x89\xfe\x00\x80\0\0\0\0" + bytes(128),
    "fragmented ping": b"\x09\x80\0\0\0\0",
    "length beyond all memory": b"\x81\xff\x7f\xff\xff\xff\xff\xff\xff\xff\0\0\0\0",
    "close code that must not be sent": b"\x88\x82\0\0\0\0\x03\xed",
    "close with half a code": b"\x88\x81\0\0\0\0\x03",
    "another protocol": b"GET / HTTP/1.1\r\n\r\n",
}


def test_sockets_survive_their_neighbours(tmp_path: Path) -> None:
    """While others send garbage, even below the level of messages, a session goes on as if alone.

    Nothing is logged as an error, no exception goes astray, all sockets are accounted for, and
    the journal stays readable.
    """
    astray: list[Any] = []

    async def attack(url: str, payloads: list[str | bytes]) -> None:
        async with opened(url) as socket:
            with suppress(ConnectionClosed):
                for payload in payloads:
                    await socket.send(payload)
                await send(socket, {"type": "session.end"})
            await closed(socket)

    async def break_in(url: str, data: bytes) -> None:
        async with opened(url) as socket:
            socket.transport.write(data)
            await socket.wait_closed()

    path = tmp_path / "journal.jsonl"
    with (
        Journal(path) as journal,
        asyncio.Runner() as runner,
        ExitStack() as stack,
        logged_errors() as errors,
    ):
        runner.get_loop().set_exception_handler(lambda _loop, context: astray.append(context))
        url = stack.enter_context(on(runner, simulated(profile=QUICK, observe=journal)))
        neighbour = stack.enter_context(on(runner, opened(url)))
        runner.run(send(neighbour, LISTEN))
        runner.run(until(neighbour, "session.ready"))

        @settings(FEW, max_examples=60)
        @given(st.lists(frames.map(lambda frame: frame.payload), max_size=20))
        def attacked(payloads: list[str | bytes]) -> None:
            runner.run(attack(url, payloads))

        runner.run(attack(url, [*ODD_PAYLOADS]))
        attacked()
        for data in RAW.values():
            runner.run(break_in(url, data))
        runner.run(send(neighbour, {"type": "reply.create"}))
        runner.run(until(neighbour, "transcript.agent.delta"))
        counts = runner.run(stats(url))

    assert (errors, astray) == ([], [])
    assert all(json.loads(line)["dir"] for line in path.read_text("utf-8").splitlines())
    assert counts["sockets_open"] == 1
    assert counts["sockets_opened"] > 60
    assert set(counts["closes"]) <= {"1000", "1002", "1005", "1006", "1007", "1008", "1009"}
