"""The conversation of one session as pure state: messages and time in, frames out.

Frames carry the time they were due, so the same messages at the same times give the same frames.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from app.simulator import messages
from app.simulator.agenda import Agenda
from app.simulator.audio import SAMPLE_RATE_HZ
from app.simulator.config import SessionConfig
from app.simulator.dialogue import Dialogue
from app.simulator.messages import Frame
from app.simulator.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.simulator.ids import Ids
    from app.simulator.profiles import Profile

_WRONG_RATE_SECONDS: Final = 10
_AFTER_READY: Final = frozenset({"reply.create", "conversation.message", "tool.result"})


@dataclass(frozen=True, slots=True)
class Close:
    """The socket is to be closed with a code."""

    code: int


Outgoing = Frame | Close


class Conversation:
    """One session, from its first `session.update` to its end; it may outlive its socket.

    Args:
        profile: how the service behaves.
        ids: where identifiers come from.
        now: epoch seconds.
        max_duration_seconds: the cap that the session's token was minted with.
    """

    def __init__(
        self, profile: Profile, ids: Ids, now: float, max_duration_seconds: int = 10_800
    ) -> None:
        self.session_id = ids.new("sess")
        self.is_ready = False
        self.is_over = False
        self._profile = profile
        self._opened_at = now
        self._capped_at = now + max_duration_seconds
        self._expires_at = 0
        self._config = SessionConfig(self.session_id, profile)
        self._is_configured = False
        self._agenda = Agenda()
        self._outbox: list[Outgoing] = []
        self._dialogue = Dialogue(profile, self._agenda, ids, self._send)
        self._handlers: dict[str, Callable[[Frame, float], None]] = {
            "session.update": self._take_update,
            "session.resume": self._take_resume,
            "input.audio": self._take_audio,
            "reply.create": self._take_reply_request,
            "conversation.message": self._take_message,
            "tool.result": self._take_tool_result,
            "session.end": self._take_end,
        }

    @property
    def next_due(self) -> float | None:
        """When `advance` has something to do next, in epoch seconds; None: nothing is planned."""
        return self._agenda.next_due

    def advance(self, now: float) -> list[Outgoing]:
        """Let time pass; returns what is due by now, in order."""
        self._agenda.run(now)
        return self._drain()

    def receive(self, message: Frame, now: float) -> list[Outgoing]:
        """Take a message of the client; returns what is due by now, in order."""
        self._agenda.run(now)
        if not self.is_over:
            try:
                self._handle(message, now)
            except Refusal as refusal:
                self._refuse(refusal, now)
        return self._drain()

    def detach(self) -> None:
        """The socket is gone: forget what was being said and heard, keep the session."""
        self._agenda.clear()
        self._dialogue.break_off()
        self._drain()

    def resume(self, now: float) -> list[Outgoing]:
        """Go on over another socket; a reply that was cut off by the drop is not said again."""
        self._plan_cap()
        self._send_ready(now)
        return self._drain()

    # What the client sends

    def _handle(self, message: Frame, at: float) -> None:
        kind = message["type"]
        handle = self._handlers.get(kind)
        if handle is None:
            raise Refusal("invalid_format", f"Unknown message type: {kind[:100]}")
        if kind in _AFTER_READY and not self.is_ready:
            raise Refusal("invalid_format", f"'{kind}' is not accepted before session.ready")
        handle(message, at)

    def _refuse(self, refusal: Refusal, at: float) -> None:
        if refusal.code in {"invalid_format", "invalid_audio"}:
            self._send(messages.protocol_error(refusal.code, refusal.message), at)
            return
        error = messages.config_error(refusal.code, refusal.message, self.session_id, refusal.param)
        self._send(error, at)
        if not self._is_configured and refusal.is_fatal_at_first:
            self._finish(1008)

    def _take_update(self, message: Frame, at: float) -> None:
        self._config.update(message.get("session"))
        self._send(messages.session_updated(self._config.echo()), at)
        if self._is_configured:
            return
        self._is_configured = True
        if self._config.sample_rate_hz == SAMPLE_RATE_HZ:
            self._agenda.add(at + self._profile.ready_delay_ms / 1000, self._become_ready)
        else:
            self._agenda.add(at + _WRONG_RATE_SECONDS, self._fail)

    def _take_resume(self, message: Frame, at: float) -> None:
        del message, at
        raise Refusal("invalid_format", "session.resume is only accepted as the first message")

    def _take_audio(self, message: Frame, at: float) -> None:
        if not self.is_ready:
            return
        self._dialogue.hear(_decode_audio(message.get("audio")), at)

    def _take_reply_request(self, message: Frame, at: float) -> None:
        if not isinstance(message.get("instructions", ""), str):
            raise Refusal.format("reply.create")
        due = at + self._profile.created_reply_delay_ms / 1000
        self._agenda.add(due, self._dialogue.answer_message)

    def _take_message(self, message: Frame, at: float) -> None:
        """Accept words for the context, where they change nothing.

        Source: without effect live in four of five reports, September 2026.
        """
        del at
        has_role = message.get("role") in ("user", "system")
        if not has_role or not isinstance(message.get("content"), str):
            raise Refusal.format("conversation.message")

    def _take_tool_result(self, message: Frame, at: float) -> None:
        """Accept a tool's result, for which no call is waiting: this double calls no tools yet."""
        del at
        fields = (message.get("call_id"), message.get("result"))
        is_error = message.get("is_error", False)
        if not all(isinstance(value, str) for value in fields) or not isinstance(is_error, bool):
            raise Refusal.format("tool.result")

    def _take_end(self, message: Frame, at: float) -> None:
        del message
        self._send(messages.session_ended(at - self._opened_at), at)
        self._finish(1000)

    # What time brings

    def _become_ready(self, at: float) -> None:
        self.is_ready = True
        self._expires_at = int(at + self._profile.session_lifetime_seconds)
        self._send_ready(at)
        self._plan_cap()
        if self._config.greeting:
            self._agenda.add(at + self._profile.greeting_delay_ms / 1000, self._greet)

    def _greet(self, at: float) -> None:
        self._dialogue.greet(self._config.greeting, at)

    def _plan_cap(self) -> None:
        if self._profile.session_cap != "ignored":
            self._agenda.add(self._capped_at, self._expire)

    def _expire(self, at: float) -> None:
        if self._profile.session_cap == "expired_1008":
            error = messages.config_error(
                "session_expired", "Session expired", self.session_id, None
            )
            self._send(error, at)
            self._finish(1008)
        else:
            self._take_end({}, at)

    def _fail(self, at: float) -> None:
        """Give up on a wrong sample rate. Source: three live reports, September 2026."""
        error = messages.config_error("internal_error", "Internal error", self.session_id, None)
        self._send(error, at)
        self._finish(1011)

    # What goes out

    def _send_ready(self, at: float) -> None:
        ready = messages.session_ready(self.session_id, self._config.echo(), self._expires_at)
        self._send(ready, at)

    def _send(self, frame: Frame, at: float) -> None:
        self._outbox.append(frame | {"timestamp": round(at, 6)})

    def _finish(self, code: int) -> None:
        self.is_over = True
        self._agenda.clear()
        self._dialogue.break_off()
        self._outbox.append(Close(code))

    def _drain(self) -> list[Outgoing]:
        out, self._outbox = self._outbox, []
        return out


def _decode_audio(text: Any) -> bytes:
    """Return the PCM of an `input.audio`."""
    if not isinstance(text, str):
        raise Refusal.format("input.audio")
    try:
        pcm = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        pcm = b"?"
    if len(pcm) % 2:
        raise Refusal("invalid_audio", "Invalid audio data")
    return pcm
