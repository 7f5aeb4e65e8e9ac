"""Calls of tools: made by the agent, answered by the client, and what becomes of them.

Source: live measurements of 2026-09-24 and the pages on tools, September 2026.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from app.simulator.wire import messages

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.simulator.behaviour.script import ScriptedCall, ScriptedTurn
    from app.simulator.conversation.context import Scene
    from app.simulator.conversation.reply import Reply

_HTTP_ANSWER_SECONDS: Final = 0.5
"""How long the service's own request to an HTTP tool takes. Ours."""
_RESULT_LIMIT: Final = 1000
"""Characters of a result that are kept to be said."""
_ERRANDS_LIMIT: Final = 20
"""Errands that may be under way at once; the oldest is given up for a further one."""


@dataclass(slots=True, eq=False)
class Errand:
    """The calls of one turn, and the reply that waits for all of them."""

    turn: ScriptedTurn
    preamble: Reply
    pending: dict[str, _Call] = field(default_factory=dict)
    results: list[str] = field(default_factory=list)
    has_failed: bool = False
    has_timed_out: bool = False
    is_called: bool = False


@dataclass(frozen=True, slots=True)
class _Call:
    """A call without a result."""

    deadline: float
    """Epoch seconds."""
    is_hold: bool
    is_http: bool


class Errands:
    """Makes calls and waits for their results.

    Args:
        scene: what the parts of a conversation share.
        is_saying: whether a reply is under way.
        settled: is told of an errand some time after its last result.
    """

    def __init__(
        self,
        scene: Scene,
        is_saying: Callable[[Reply], bool],
        settled: Callable[[Errand, float], None],
    ) -> None:
        self._profile = scene.profile
        self._agenda = scene.agenda
        self._ids = scene.ids
        self._send = scene.send
        self._tool = scene.config.tool
        self._is_saying = is_saying
        self._settled = settled
        self._errands: list[Errand] = []

    @property
    def is_holding(self) -> bool:
        """Whether the agent keeps silent until a tool has answered."""
        return any(call.is_hold for errand in self._errands for call in errand.pending.values())

    def begin(self, turn: ScriptedTurn, preamble: Reply, at: float) -> None:
        """Plan the calls of a turn, all at once."""
        errand = Errand(turn, preamble)
        self._errands = [*self._errands, errand][-_ERRANDS_LIMIT:]
        due = at + self._profile.tool_call_delay_ms / 1000
        self._agenda.add(due, lambda now: self._call_all(errand, now))

    def take_result(self, call_id: str, result: str, at: float, *, is_error: bool) -> None:
        """Take a result; one that nobody waits for (any more) is dropped without a word."""
        for errand in self._errands:
            call = errand.pending.get(call_id)
            # A reply that spans call and answer has no end to wait for.
            is_early = not errand.preamble.stays_open and self._is_saying(errand.preamble)
            if call is None or call.is_http:
                continue
            if is_early and self._profile.early_tool_results == "dropped":
                return
            self._settle(errand, call_id, result, at, is_error=is_error)
            return

    def abandon(self, reply: Reply) -> None:
        """Give up the errand whose preamble was interrupted."""
        self._errands = [errand for errand in self._errands if errand.preamble is not reply]

    def resume(self, at: float) -> None:
        """Wait again for what was called before the line was lost."""
        self._errands = [errand for errand in self._errands if errand.is_called]
        for errand in self._errands:
            for call_id, call in errand.pending.items():
                self._plan_end(errand, call_id, call, max(at, call.deadline))
            if not errand.pending:
                self._plan_answer(errand, at)

    def _call_all(self, errand: Errand, at: float) -> None:
        if errand not in self._errands:
            return
        errand.is_called = True
        for scripted in errand.turn.calls:
            for _ in range(max(scripted.times, self._profile.repeated_tool_calls)):
                self._call(errand, scripted, at)

    def _call(self, errand: Errand, scripted: ScriptedCall, at: float) -> None:
        tool = self._tool(scripted.name)
        is_http = tool["http"] is not None
        seconds = _HTTP_ANSWER_SECONDS if is_http else tool["timeout_seconds"]
        call = _Call(at + seconds, tool["execution_mode"] == "hold", is_http)
        call_id = self._ids.new_call()
        errand.pending[call_id] = call
        self._plan_end(errand, call_id, call, call.deadline)
        if not is_http or self._profile.http_tool_calls == "sent":
            self._send(messages.tool_call(call_id, scripted.name, scripted.arguments), at)

    def _plan_end(self, errand: Errand, call_id: str, call: _Call, due: float) -> None:
        end = self._answer_http if call.is_http else self._time_out
        self._agenda.add(due, lambda at: end(errand, call_id, at))

    def _answer_http(self, errand: Errand, call_id: str, at: float) -> None:
        if call_id in errand.pending:
            self._settle(errand, call_id, "done", at, is_error=False)

    def _time_out(self, errand: Errand, call_id: str, at: float) -> None:
        if call_id in errand.pending:
            errand.has_timed_out = True
            self._settle(errand, call_id, "", at, is_error=False)

    def _settle(
        self, errand: Errand, call_id: str, result: str, at: float, *, is_error: bool
    ) -> None:
        del errand.pending[call_id]
        errand.has_failed = errand.has_failed or is_error
        if result and result not in errand.results:
            errand.results.append(result[:_RESULT_LIMIT])
        if not errand.pending:
            self._plan_answer(errand, at)

    def _plan_answer(self, errand: Errand, at: float) -> None:
        due = at + self._profile.tool_answer_delay_ms / 1000
        self._agenda.add(due, lambda now: self._answer(errand, now))

    def _answer(self, errand: Errand, at: float) -> None:
        if errand in self._errands:
            self._errands.remove(errand)
            self._settled(errand, at)
