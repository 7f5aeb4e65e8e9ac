"""What clients do that the wire does not allow, or that its documents advise against; counted.

Pure: it is told of frames and times and knows no socket. Most of what it counts is survived by
the service, so a client's author would else never notice.
"""

import base64
import binascii
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

VIOLATIONS: Final[Mapping[str, str]] = {
    "unreadable_message": "not JSON, not an object with a text `type`, or binary",
    "unknown_type": "a message type that the service does not know",
    "message_before_update": "the first message was no session.update and no session.resume",
    "message_before_ready": "something that has to wait for session.ready",
    "message_after_end": "something after session.end",
    "audio_before_ready": "sound before session.ready, which is lost",
    "audio_malformed": "sound that is no text or no base64",
    "audio_odd_bytes": "16-bit sound with half a sample",
    "audio_with_header": "a WAV header in the sound",
    "audio_too_fast": "more than one second ahead of real time",
    "immutable_field": "greeting, voice or output format after the first update",
    "agent_id_not_first": "an agent_id after the first update",
    "agent_id_with_others": "an agent_id beside other fields",
    "tool_result_not_string": "a tool's result that is no text",
    "tool_result_in_reply": "a tool's result before its reply was done",
    "tool_result_late": "a tool's result after the caller began to speak again",
    "tool_result_unknown_call": "a result for a call that was never made",
    "tool_result_twice": "a second result for one call",
    "reply_create_in_reply": "reply.create while a reply is under way",
    "token_used_twice": "a token that opened a socket before, but for a resume that was refused",
    "key_in_url": "the API key itself in the URL of a socket",
}
"""All that is counted, and what each means."""

_KNOWN_TYPES: Final = frozenset(
    {
        *("session.update", "session.resume", "session.end", "input.audio", "tool.result"),
        *("reply.create", "reply.cancel", "conversation.message"),
    }
)
_AFTER_READY: Final = frozenset({"tool.result", "reply.create", "conversation.message"})
_IMMUTABLE: Final = (("greeting",), ("output", "voice"), ("output", "format"))
_FASTEST_LEAD_SECONDS: Final = 1.0
"""Source: the documents drop what is more than about a second of audio a second."""
_CALLS_LIMIT: Final = 1000


class Violations:
    """Counts of all sockets."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()

    def watch(self) -> "SocketWatch":
        """Return the observer of one socket; it counts here."""
        return SocketWatch(self._count)

    def _count(self, name: str) -> None:
        self.counts[name] += 1


class SocketWatch:
    """An observer of one socket that reports what its client should not do."""

    def __init__(self, report: Callable[[str], None]) -> None:
        self._report = report
        self._first: str | None = None
        self._is_ready = False
        self._has_ended = False
        self._last_event = ""
        self._calls: dict[str, bool] = {}
        self._pace = _Pace()
        self._is_pcm = True
        self._rate = 48_000
        self._has_audio = False

    def __call__(
        self, direction: str, session_id: str | None, frame: Mapping[str, Any], at: float
    ) -> None:
        """Take note of a frame; other directions say nothing of the client."""
        del session_id
        if direction == "s2c":
            self._learn(frame)
        elif direction == "c2s":
            for name in self._check(frame, at):
                self._report(name)

    def _learn(self, frame: Mapping[str, Any]) -> None:
        """Learn from the service where the conversation is."""
        kind = frame.get("type")
        if kind == "session.ready":
            self._is_ready = True
        if kind in {"session.ready", "session.updated"}:
            self._learn_format(frame.get("config"))
        if kind in {"reply.started", "reply.done", "input.speech.started"}:
            self._last_event = str(kind)
        if kind == "tool.call" and len(self._calls) < _CALLS_LIMIT:
            self._calls.setdefault(str(frame.get("call_id")), False)

    def _learn_format(self, config: Any) -> None:
        audio_format = _at(config, ("input", "format")) or {}
        self._is_pcm = audio_format.get("encoding", "audio/pcm") == "audio/pcm"
        self._rate = 48_000 if self._is_pcm else 8000

    def _check(self, frame: Mapping[str, Any], at: float) -> Iterator[str]:
        kind = frame.get("type")
        if not isinstance(kind, str):
            yield "unreadable_message"
            return
        if kind not in _KNOWN_TYPES:
            yield "unknown_type"
        if self._has_ended:
            yield "message_after_end"
            return
        yield from self._check_order(kind)
        if kind == "session.resume":
            self._first = kind
        if kind == "input.audio":
            yield from self._check_audio(frame.get("audio"), at)
        elif kind == "session.update":
            yield from self._check_update(frame.get("session"))
        elif kind == "tool.result":
            yield from self._check_result(frame)
        elif kind == "reply.create" and self._last_event == "reply.started":
            yield "reply_create_in_reply"
        self._has_ended = kind == "session.end"

    def _check_order(self, kind: str) -> Iterator[str]:
        if self._first is None and kind not in {"session.update", "session.resume", "session.end"}:
            yield "message_before_update"
        if kind in _AFTER_READY and not self._is_ready:
            yield "message_before_ready"

    def _check_update(self, session: Any) -> Iterator[str]:
        is_first, self._first = self._first is None, "session.update"
        if not isinstance(session, dict):
            return
        if "agent_id" in session and not is_first:
            yield "agent_id_not_first"
        elif "agent_id" in session and len(session) > 1:
            yield "agent_id_with_others"
        if not is_first and any(_has(session, path) for path in _IMMUTABLE):
            yield "immutable_field"

    def _check_audio(self, text: Any, at: float) -> Iterator[str]:
        if not self._is_ready:
            yield "audio_before_ready"
        try:
            sound = base64.b64decode(text, validate=True)
        except (TypeError, ValueError, binascii.Error):
            yield "audio_malformed"
            return
        if not self._has_audio and sound[:4] == b"RIFF":
            yield "audio_with_header"
        self._has_audio = True
        if self._is_pcm and len(sound) % 2:
            yield "audio_odd_bytes"
        if self._pace.lead_seconds(len(sound) / self._rate, at) > _FASTEST_LEAD_SECONDS:
            yield "audio_too_fast"

    def _check_result(self, frame: Mapping[str, Any]) -> Iterator[str]:
        call_id = str(frame.get("call_id"))
        if not isinstance(frame.get("result"), str):
            yield "tool_result_not_string"
        if call_id not in self._calls:
            # A resumed session may still wait for results of calls made over its first socket.
            if self._first != "session.resume":
                yield "tool_result_unknown_call"
        elif self._calls[call_id]:
            yield "tool_result_twice"
        else:
            self._calls[call_id] = True
        if self._last_event == "reply.started":
            yield "tool_result_in_reply"
        elif self._last_event == "input.speech.started":
            yield "tool_result_late"


class _Pace:
    """How far sound is ahead of real time."""

    def __init__(self) -> None:
        self._lead_seconds = 0.0
        self._at: float | None = None

    def lead_seconds(self, seconds: float, at: float) -> float:
        """Return the lead after some more seconds of sound came at a time."""
        passed = 0.0 if self._at is None else at - self._at
        self._at = at
        self._lead_seconds = max(0.0, self._lead_seconds - passed) + seconds
        return self._lead_seconds


def _at(value: Any, path: tuple[str, ...]) -> Any:
    """Return what lies at a path, or None."""
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _has(value: Any, path: tuple[str, ...]) -> bool:
    """Whether a path is set, even to null."""
    parent = _at(value, path[:-1])
    return isinstance(parent, dict) and path[-1] in parent
