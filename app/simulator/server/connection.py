"""One socket as pure state: its credential, its first message, then a conversation."""

from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from app.simulator.behaviour.profiles import Profile
from app.simulator.behaviour.script import Script
from app.simulator.conversation.session import Close, Conversation, Outgoing
from app.simulator.errors import Refusal
from app.simulator.token_ledger import Grant
from app.simulator.wire import messages
from app.simulator.wire.ids import Ids
from app.simulator.wire.messages import Frame
from app.simulator.wire.versions import encode

_KEPT_LIMIT: Final = 100
_NOT_FOUND: Final = ("session_not_found", "Session not found or grace window has expired")
_RESUME_REFUSALS: Final = {
    "forbidden_1008": ("session_forbidden", "Session belongs to another account"),
    "expired_1008": ("session_expired", "Session expired"),
}
"""Code and message by switch; the codes are those of the documents, the texts ours."""


class KeptSessions:
    """Sessions that lost their socket and may be resumed for a while."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, tuple[Conversation, float]] = OrderedDict()

    def keep(self, conversation: Conversation, until: float) -> None:
        """Keep a session until a time in epoch seconds; beyond 100 the oldest is let go."""
        conversation.detach()
        self._kept[conversation.session_id] = (conversation, until)
        if len(self._kept) > _KEPT_LIMIT:
            self._kept.popitem(last=False)

    def take(self, session_id: str, now: float) -> Conversation | None:
        """Return a session and forget it; None when it is not kept or its time is over."""
        conversation, until = self._kept.pop(session_id, (None, 0.0))
        return conversation if now <= until else None


class Connection:
    """What one socket does, from its opening to its close.

    Args:
        profile: how the service behaves.
        kept: where dropped sessions are found again.
        ids: where identifiers come from.
        grant: what the socket's credential allows; None when it is no good.
        script: what the conversation is about; None: counted words and the caller's own voice.
        stored: gives the `session` that a stored agent's id stands for; None for unknown ids.
    """

    def __init__(
        self,
        profile: Profile,
        kept: KeptSessions,
        ids: Ids,
        grant: Grant | None,
        script: Script | None = None,
        *,
        stored: Callable[[object], Frame | None] | None = None,
    ) -> None:
        self._profile = profile
        self._kept = kept
        self._ids = ids
        self._grant = grant
        self._script = script
        self._stored = stored
        self._conversation: Conversation | None = None
        self._is_closed = False

    @property
    def session_id(self) -> str | None:
        """The session on this socket, once there is one."""
        return self._conversation.session_id if self._conversation else None

    @property
    def next_due(self) -> float | None:
        """When `advance` has something to do next, in epoch seconds."""
        return self._conversation.next_due if self._conversation else None

    def open(self, now: float) -> list[Outgoing]:
        """Begin: silent with a good credential, else an error and the end."""
        if self._grant is not None:
            return []
        error = messages.config_error("unauthorized", "Authentication failed", None, None)
        return self._close(error, 1008, now)

    def receive(self, message: Frame, now: float) -> list[Outgoing]:
        """Take a message; return what is due by now, in order."""
        if self._is_closed:
            return []
        if self._conversation is None:
            return self._receive_first(message, now)
        return self._watch(self._conversation.receive(message, now))

    def refuse(self, refusal: Refusal, now: float) -> list[Outgoing]:
        """Answer what could not even be read."""
        if self._is_closed:
            return []
        due = self.advance(now)
        if self._is_closed:
            return due
        error = messages.protocol_error(refusal.code, refusal.message)
        return [*due, *encode(self._profile, error, now)]

    def advance(self, now: float) -> list[Outgoing]:
        """Let time pass; return what is due by now, in order."""
        if self._conversation is None or self._is_closed:
            return []
        return self._watch(self._conversation.advance(now))

    def drop(self, now: float) -> None:
        """The socket is gone; a session that was not ended is kept for its grace time."""
        conversation, self._conversation = self._conversation, None
        self._is_closed = True
        if conversation and conversation.is_ready and not conversation.is_over:
            self._kept.keep(conversation, now + self._profile.resume_grace_seconds)

    def _receive_first(self, message: Frame, now: float) -> list[Outgoing]:
        kind = message["type"]
        if kind == "session.update":
            cap = self._grant.max_session_duration_seconds if self._grant else 0
            self._conversation = Conversation(self._profile, self._ids, now, cap, self._script)
            return self.receive(self._with_stored_agent(message), now)
        if kind == "session.resume":
            return self._resume(message, now)
        if kind == "session.end":
            return self._close(messages.session_ended(0), 1000, now)
        if kind == "input.audio":
            return []
        text = "The first message must be session.update or session.resume"
        return self.refuse(Refusal("invalid_format", text), now)

    def _with_stored_agent(self, message: Frame) -> Frame:
        """Return a first update with the settings of its agent, where one is stored here."""
        session = message.get("session")
        if self._stored is None or not isinstance(session, dict) or set(session) != {"agent_id"}:
            return message
        stored = self._stored(session["agent_id"])
        return message if stored is None else message | {"session": stored}

    def _resume(self, message: Frame, now: float) -> list[Outgoing]:
        session_id = message.get("session_id")
        if not isinstance(session_id, str):
            return self.refuse(Refusal.format("session.resume"), now)
        if self._profile.resume == "ok":
            self._conversation = self._kept.take(session_id, now)
            if self._conversation is not None:
                return self._conversation.resume(now)
        if self._grant is not None:
            self._grant.is_spare = True
        code, text = _RESUME_REFUSALS.get(self._profile.resume, _NOT_FOUND)
        error = messages.protocol_error(code, text)
        if self._profile.resume == "not_found_open":
            return [*encode(self._profile, error, now)]
        return self._close(error, 1008, now)

    def _close(self, error: Frame, code: int, now: float) -> list[Outgoing]:
        self._is_closed = True
        return [*encode(self._profile, error, now), Close(code)]

    def _watch(self, outgoing: list[Outgoing]) -> list[Outgoing]:
        self._is_closed = any(isinstance(item, Close) for item in outgoing)
        return outgoing
