"""The conversation of one session as pure state: messages and time in, frames out.

Frames carry the time they were due, so the same messages at the same times give the same frames.
"""

import base64
import binascii
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from app.simulator.audio.encoding import Decoder
from app.simulator.audio.pcm import duration_ms
from app.simulator.behaviour.profiles import Profile
from app.simulator.behaviour.script import Prompter, Script
from app.simulator.conversation.context import Context
from app.simulator.conversation.dialogue import Dialogue
from app.simulator.conversation.timers import Timers
from app.simulator.errors import Refusal
from app.simulator.wire import messages
from app.simulator.wire.ids import Ids
from app.simulator.wire.messages import Frame
from app.simulator.wire.session_config import SessionConfig
from app.simulator.wire.setup_failures import FAILURES
from app.simulator.wire.versions import encode

_BACKLOG_SECONDS: Final = 1.0
"""How far sound may run ahead of time where the profile minds."""
_AFTER_READY: Final = frozenset(
    {"reply.create", "conversation.message", "tool.result", "reply.cancel"}
)
_CONTEXT_TEXT_LIMIT: Final = 500
_ABOUT_MESSAGES: Final = frozenset({"invalid_format", "invalid_audio", "audio_rate_violation"})
"""Errors that name neither session nor parameter."""


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
        script: what is heard and said; nothing is scripted by default.
    """

    def __init__(
        self,
        profile: Profile,
        ids: Ids,
        now: float,
        max_duration_seconds: int = 10_800,
        script: Script | None = None,
    ) -> None:
        self.session_id = ids.new("sess")
        # Live, where no session is resumed, it is empty.
        self._resume_token = ids.new("resume") if profile.resume == "ok" else ""
        self.is_ready = False
        self.is_over = False
        self._profile = profile
        self._opened_at = now
        self._capped_at = now + max_duration_seconds
        self._expires_at = 0
        script = script or Script()
        self._config = SessionConfig(self.session_id, profile, script)
        self._is_configured = False
        self._timers = Timers()
        self._outbox: list[Outgoing] = []
        prompter = Prompter(script)
        self._dialogue = Dialogue(
            Context(profile, self._config, prompter, self._timers, ids, self._send)
        )
        self._decoder = Decoder("audio/pcm")
        self._heard_until = now
        self._handlers: dict[str, Callable[[Frame, float], None]] = {
            "session.update": self._take_update,
            "session.resume": self._take_resume,
            "input.audio": self._take_audio,
            "reply.create": self._take_reply_request,
            "tool.result": self._take_tool_result,
            "session.end": self._take_end,
        }
        if profile.conversation_message != "unknown":
            self._handlers["conversation.message"] = self._take_message
        if profile.reply_cancel == "accepted":
            self._handlers["reply.cancel"] = self._take_cancel

    @property
    def next_due(self) -> float | None:
        """When `advance` has something to do next, in epoch seconds; None: nothing is planned."""
        return self._timers.next_due

    def advance(self, now: float) -> list[Outgoing]:
        """Let time pass; return what is due by now, in order."""
        self._timers.run(now)
        return self._drain()

    def receive(self, message: Frame, now: float) -> list[Outgoing]:
        """Take a message of the client; return what is due by now, in order."""
        self._timers.run(now)
        if not self.is_over:
            try:
                self._handle(message, now)
            except Refusal as refusal:
                self._refuse(refusal, now)
        return self._drain()

    def detach(self) -> None:
        """The socket is gone: forget what was being said and heard, keep the session."""
        self._timers.clear()
        self._dialogue.break_off()
        self._drain()

    def resume(self, now: float) -> list[Outgoing]:
        """Go on over another socket; a reply that was cut off by the drop is not said again."""
        self._plan_cap()
        self._send_ready(now)
        self._dialogue.resume(now)
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
        if refusal.code in _ABOUT_MESSAGES:
            self._send(messages.protocol_error(refusal.code, refusal.message), at)
            return
        code = self._profile.bad_value_code if refusal.code == "invalid_value" else refusal.code
        error = messages.config_error(code, refusal.message, self.session_id, refusal.param)
        self._send(error, at)
        is_fatal = refusal.is_fatal_at_first and self._profile.first_bad_update == "fatal"
        if not self._is_configured and is_fatal:
            self._finish(1008)

    def _take_update(self, message: Frame, at: float) -> None:
        self._config.update(message.get("session"))
        self._dialogue.configure()
        if self._decoder.encoding != self._config.encoding("input"):
            self._decoder = Decoder(self._config.encoding("input"))
        if self._is_configured or self._profile.session_updated == "sent":
            self._send(messages.session_updated(self._config.echo()), at)
        if self._is_configured:
            return
        self._is_configured = True
        code = self._profile.setup_failure
        if code == "none" and self._config.has_wrong_rate:
            # Three live reports of September 2026.
            code = "internal_error"
        if code == "none":
            self._timers.add(at + self._profile.ready_delay_ms / 1000, self._become_ready)
        else:
            self._timers.add(at + FAILURES[code].after_seconds, lambda due: self._fail(code, due))

    def _take_resume(self, message: Frame, at: float) -> None:
        del message, at
        raise Refusal("invalid_format", "session.resume is only accepted as the first message")

    def _take_audio(self, message: Frame, at: float) -> None:
        if not self.is_ready:
            return
        pcm = self._decoder.decode(_from_base64(message.get("audio")))
        if self._profile.fast_audio == "dropped":
            self._refuse_fast_audio(pcm, at)
        self._dialogue.take_audio(pcm, at)

    def _refuse_fast_audio(self, pcm: bytes, at: float) -> None:
        """Refuse sound that runs more than a second ahead of time. Source: the documents."""
        until = max(self._heard_until, at) + duration_ms(pcm) / 1000
        if until > at + _BACKLOG_SECONDS:
            raise Refusal("audio_rate_violation", "Audio is sent faster than real time")
        self._heard_until = until

    def _take_reply_request(self, message: Frame, at: float) -> None:
        if not isinstance(message.get("instructions", ""), str):
            raise Refusal.format("reply.create")
        due = at + self._profile.created_reply_delay_ms / 1000
        self._timers.add(due, self._dialogue.reply_to_request)

    def _take_message(self, message: Frame, at: float) -> None:
        """Accept words for the context, which no reply follows.

        Source: without effect live in four of five reports, September 2026.
        """
        del at
        has_role = message.get("role") in ("user", "system")
        if not has_role or not isinstance(message.get("content"), str):
            raise Refusal.format("conversation.message")
        if self._profile.conversation_message == "heard":
            self._dialogue.add_context(message["content"][:_CONTEXT_TEXT_LIMIT])

    def _take_cancel(self, message: Frame, at: float) -> None:
        if not isinstance(message.get("reply_id"), str):
            raise Refusal.format("reply.cancel")
        self._dialogue.cancel(message["reply_id"], at)

    def _take_tool_result(self, message: Frame, at: float) -> None:
        call_id, result = message.get("call_id"), message.get("result")
        is_error = message.get("is_error", False)
        is_text = isinstance(call_id, str) and isinstance(result, str)
        if not is_text or not isinstance(is_error, bool):
            raise Refusal.format("tool.result")
        self._dialogue.take_result(str(call_id), str(result), at, is_error=is_error)

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
            self._timers.add(at + self._profile.greeting_delay_ms / 1000, self._greet)

    def _greet(self, at: float) -> None:
        self._dialogue.greet(self._config.greeting, at)

    def _plan_cap(self) -> None:
        if self._profile.session_cap != "ignored":
            self._timers.add(self._capped_at, self._expire)

    def _expire(self, at: float) -> None:
        if self._profile.session_cap == "expired_1008":
            error = messages.config_error(
                "session_expired", "Session expired", self.session_id, None
            )
            self._send(error, at)
            self._finish(1008)
        else:
            self._take_end({}, at)

    def _fail(self, code: str, at: float) -> None:
        """Give up before the session is ready."""
        failure = FAILURES[code]
        self._send(messages.config_error(code, failure.message, self.session_id, None), at)
        self._finish(failure.close_code)

    # What goes out

    def _send_ready(self, at: float) -> None:
        ready = messages.session_ready(
            self.session_id, self._config.echo(), self._expires_at, self._resume_token
        )
        self._send(ready, at)

    def _send(self, frame: Frame, at: float) -> None:
        self._outbox += encode(self._profile, frame, at)

    def _finish(self, code: int) -> None:
        self.is_over = True
        self._timers.clear()
        self._dialogue.break_off()
        self._outbox.append(Close(code))

    def _drain(self) -> list[Outgoing]:
        out, self._outbox = self._outbox, []
        return out


def _from_base64(text: Any) -> bytes:
    """Return the bytes of an `input.audio`."""
    if not isinstance(text, str):
        raise Refusal.format("input.audio")
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise Refusal("invalid_audio", "Invalid audio data") from None
