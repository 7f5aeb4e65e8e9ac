"""Calls of tools: made by the agent, answered by the client, and what becomes of them.

Source: live measurements of 2026-09-24 and the pages on tools, September 2026.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from app.simulator.behaviour.script import ScriptedCall, ScriptedTurn
from app.simulator.conversation.context import Context
from app.simulator.conversation.playback import Reply
from app.simulator.wire import messages

_HTTP_ANSWER_SECONDS: Final = 0.5
"""How long the service's own request to an HTTP tool takes. Ours."""
_RESULT_LIMIT: Final = 1000
"""Characters of a result that are kept to be said."""
_GROUPS_LIMIT: Final = 20
"""Turns whose calls may be open at once; the oldest is dropped for a further one."""


@dataclass(slots=True, eq=False)
class CallGroup:
    """The calls of one turn, and the reply that waits for all of them."""

    turn: ScriptedTurn
    preamble: Reply
    pending: dict[str, "_Call"] = field(default_factory=dict)
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


class ToolCalls:
    """Makes calls and waits for their results.

    Args:
        context: what the parts of a conversation share.
        is_saying: whether a reply is under way.
        settled: is told of a turn's calls some time after the last result.
    """

    def __init__(
        self,
        context: Context,
        is_saying: Callable[[Reply], bool],
        settled: Callable[[CallGroup, float], None],
    ) -> None:
        self._profile = context.profile
        self._timers = context.timers
        self._ids = context.ids
        self._send = context.send
        self._tool = context.config.tool
        self._is_saying = is_saying
        self._settled = settled
        self._groups: list[CallGroup] = []

    @property
    def is_holding(self) -> bool:
        """Whether the agent keeps silent until a tool has answered."""
        return any(call.is_hold for group in self._groups for call in group.pending.values())

    def begin(self, turn: ScriptedTurn, preamble: Reply, at: float) -> None:
        """Plan the calls of a turn, all at once."""
        group = CallGroup(turn, preamble)
        self._groups = [*self._groups, group][-_GROUPS_LIMIT:]
        due = at + self._profile.tool_call_delay_ms / 1000
        self._timers.add(due, lambda now: self._call_all(group, now))

    def take_result(self, call_id: str, result: str, at: float, *, is_error: bool) -> None:
        """Take a result; one that nobody waits for (any more) is dropped without a word."""
        for group in self._groups:
            call = group.pending.get(call_id)
            # A reply that spans call and answer has no end to wait for.
            is_early = not group.preamble.stays_open and self._is_saying(group.preamble)
            if call is None or call.is_http:
                continue
            if is_early and self._profile.early_tool_results == "dropped":
                return
            self._settle(group, call_id, result, at, is_error=is_error)
            return

    def abandon(self, reply: Reply) -> None:
        """Give up the calls whose preamble was interrupted."""
        self._groups = [group for group in self._groups if group.preamble is not reply]

    def resume(self, at: float) -> None:
        """Wait again for what was called before the line was lost."""
        self._groups = [group for group in self._groups if group.is_called]
        for group in self._groups:
            for call_id, call in group.pending.items():
                self._plan_end(group, call_id, call, max(at, call.deadline))
            if not group.pending:
                self._plan_answer(group, at)

    def _call_all(self, group: CallGroup, at: float) -> None:
        if group not in self._groups:
            return
        group.is_called = True
        for scripted in group.turn.calls:
            for _ in range(max(scripted.times, self._profile.repeated_tool_calls)):
                self._call(group, scripted, at)

    def _call(self, group: CallGroup, scripted: ScriptedCall, at: float) -> None:
        tool = self._tool(scripted.name)
        is_http = tool["http"] is not None
        seconds = _HTTP_ANSWER_SECONDS if is_http else tool["timeout_seconds"]
        call = _Call(at + seconds, tool["execution_mode"] == "hold", is_http)
        call_id = self._ids.new_call()
        group.pending[call_id] = call
        self._plan_end(group, call_id, call, call.deadline)
        if not is_http or self._profile.http_tool_calls == "sent":
            self._send(messages.tool_call(call_id, scripted.name, scripted.arguments), at)

    def _plan_end(self, group: CallGroup, call_id: str, call: _Call, due: float) -> None:
        end = self._answer_http if call.is_http else self._time_out
        self._timers.add(due, lambda at: end(group, call_id, at))

    def _answer_http(self, group: CallGroup, call_id: str, at: float) -> None:
        if call_id in group.pending:
            self._settle(group, call_id, "done", at, is_error=False)

    def _time_out(self, group: CallGroup, call_id: str, at: float) -> None:
        if call_id in group.pending:
            group.has_timed_out = True
            self._settle(group, call_id, "", at, is_error=False)

    def _settle(
        self, group: CallGroup, call_id: str, result: str, at: float, *, is_error: bool
    ) -> None:
        del group.pending[call_id]
        group.has_failed = group.has_failed or is_error
        if result and result not in group.results:
            group.results.append(result[:_RESULT_LIMIT])
        if not group.pending:
            self._plan_answer(group, at)

    def _plan_answer(self, group: CallGroup, at: float) -> None:
        due = at + self._profile.tool_answer_delay_ms / 1000
        self._timers.add(due, lambda now: self._answer(group, now))

    def _answer(self, group: CallGroup, at: float) -> None:
        if group in self._groups:
            self._groups.remove(group)
            self._settled(group, at)
