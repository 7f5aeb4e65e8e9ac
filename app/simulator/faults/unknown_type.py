"""Events that no document knows."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from app.simulator.faults.every import Every

if TYPE_CHECKING:
    from app.simulator.faults.stage import Item
    from app.simulator.wire.messages import Frame

_KINDS: Final = ("reply.content_part.started", "reply.content_part.done", "session.surprise", "x")


class UnknownType(Every):
    """Every so many messages one has an event after it whose type is unknown."""

    name: ClassVar[str] = "unknown_type"

    def strike(self, frame: Frame) -> list[Item]:
        """Return the message, then one of several strangers in turn."""
        kind = _KINDS[(self.strikes - 1) % len(_KINDS)]
        return [
            frame,
            {"type": kind, "part": {"deep": [None]}, "timestamp": frame.get("timestamp")},
        ]
