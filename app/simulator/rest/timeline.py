"""The timeline of one session: its turns, with times in milliseconds from its start."""

from collections.abc import Callable, Mapping
from typing import Any, Final

_TURNS_LIMIT: Final = 500
_CHANGES_LIMIT: Final = 100
_CALLS_LIMIT: Final = 50
_RESULT_LIMIT: Final = 2000


class Timeline:
    """Turns as they are learned from the frames of a session; at most 500.

    Args:
        session_id: told in the report.
        started_at: epoch seconds.
    """

    def __init__(self, session_id: str, started_at: float) -> None:
        self._session_id = session_id
        self._started_at = started_at
        self._turns: list[dict[str, Any]] = []
        self._changes: list[dict[str, Any]] = []
        self._ended: dict[str, Any] | None = None
        self._heard: dict[str, Any] = {}
        self._trigger = "greeting"
        self._turn: dict[str, Any] | None = None
        self._handlers: dict[tuple[str, str], Callable[[Mapping[str, Any], int], None]] = {
            ("c2s", "session.update"): self._change,
            ("c2s", "reply.create"): lambda _, __: self._set_trigger("reply_create"),
            ("c2s", "tool.result"): self._take_result,
            ("s2c", "input.speech.started"): self._start_speech,
            ("s2c", "input.speech.stopped"): self._stop_speech,
            ("s2c", "transcript.user"): self._take_words,
            ("s2c", "reply.started"): self._start_reply,
            ("s2c", "reply.audio"): self._take_sound,
            ("s2c", "tool.call"): self._take_call,
            ("s2c", "transcript.agent"): self._take_agent_words,
            ("s2c", "reply.done"): self._end_reply,
        }

    def note(self, direction: str, frame: Mapping[str, Any], at: float) -> None:
        """Take note of a frame."""
        handle = self._handlers.get((direction, str(frame.get("type"))))
        if handle is not None:
            handle(frame, self._ms(at))

    def end(self, reason: str, at: float) -> None:
        """The session is over."""
        seconds = round(at - self._started_at, 3)
        self._ended = {"reason": reason, "public_reason": reason, "duration_seconds": seconds}

    def go_on(self) -> None:
        """The session was resumed."""
        self._ended = None

    def report(self) -> dict[str, Any]:
        """Return the timeline; empty arrays are left out, as they are live."""
        whole = {
            "session_id": self._session_id,
            "started_at_unix_ms": round(self._started_at * 1000),
            "turns": [_without_empty(turn) for turn in self._turns],
            "config_changes": self._changes,
            "ended": self._ended,
        }
        return _without_empty(whole)

    def _ms(self, at: float) -> int:
        return round((at - self._started_at) * 1000)

    def _set_trigger(self, trigger: str) -> None:
        self._trigger = trigger

    def _change(self, frame: Mapping[str, Any], ms: int) -> None:
        session = frame.get("session")
        if isinstance(session, dict) and len(self._changes) < _CHANGES_LIMIT:
            self._changes.append({"at_ms": ms, "fields": sorted(session)[:20]})

    def _start_speech(self, _frame: Mapping[str, Any], ms: int) -> None:
        self._heard = {"user_speech_started_at_ms": ms}

    def _stop_speech(self, _frame: Mapping[str, Any], ms: int) -> None:
        self._heard["user_speech_ended_at_ms"] = ms

    def _take_words(self, frame: Mapping[str, Any], _ms: int) -> None:
        self._heard["user_transcript"] = frame.get("text")
        self._trigger = "user_speech"

    def _start_reply(self, frame: Mapping[str, Any], ms: int) -> None:
        self._turn = {
            "turn_id": f"turn_{len(self._turns) + 1}",
            "item_id": frame.get("item_id"),
            "status": "in_progress",
            "trigger": self._trigger,
            "user_transcript": None,
            "user_speech_started_at_ms": None,
            "user_speech_ended_at_ms": None,
            "user_confidence": None,
            "agent_text": None,
            "agent_reply_started_at_ms": ms,
            "agent_reply_ended_at_ms": None,
            "interrupted_at_ms": None,
            "time_to_first_audio_ms": None,
            "tool_calls": [],
        }
        if self._trigger == "user_speech":
            self._turn |= self._heard
            self._heard = {}
        if len(self._turns) < _TURNS_LIMIT:
            self._turns.append(self._turn)
        self._trigger = "user_speech"

    def _take_sound(self, _frame: Mapping[str, Any], ms: int) -> None:
        turn = self._turn
        if turn is not None and turn["time_to_first_audio_ms"] is None:
            turn["time_to_first_audio_ms"] = ms - turn["agent_reply_started_at_ms"]

    def _take_agent_words(self, frame: Mapping[str, Any], _ms: int) -> None:
        if self._turn is not None:
            self._turn["agent_text"] = frame.get("text")

    def _end_reply(self, frame: Mapping[str, Any], ms: int) -> None:
        if self._turn is None:
            return
        self._turn["status"] = frame.get("status", "completed")
        self._turn["agent_reply_ended_at_ms"] = ms
        if self._turn["status"] == "interrupted":
            self._turn["interrupted_at_ms"] = ms
        if self._turn["tool_calls"]:
            self._trigger = "tool_result"

    def _take_call(self, frame: Mapping[str, Any], ms: int) -> None:
        if self._turn is None or len(self._turn["tool_calls"]) >= _CALLS_LIMIT:
            return
        arguments = frame.get("arguments", frame.get("args"))
        call = {"call_id": frame.get("call_id"), "name": frame.get("name"), "arguments": arguments}
        answer = {"result": None, "duration_ms": None, "is_error": False, "timed_out": False}
        self._turn["tool_calls"].append(call | answer | {"called_at_ms": ms})

    def _take_result(self, frame: Mapping[str, Any], ms: int) -> None:
        calls = [call for turn in self._turns[-5:] for call in turn["tool_calls"]]
        for call in calls:
            if call["call_id"] == frame.get("call_id") and call["result"] is None:
                call["result"] = str(frame.get("result"))[:_RESULT_LIMIT]
                call["is_error"] = frame.get("is_error") is True
                call["duration_ms"] = ms - call["called_at_ms"]


def _without_empty(value: Mapping[str, Any]) -> dict[str, Any]:
    return {name: inner for name, inner in value.items() if inner != []}
