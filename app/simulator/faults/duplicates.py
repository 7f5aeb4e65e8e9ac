"""Messages that come twice."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from app.simulator.faults.every import Every

if TYPE_CHECKING:
    from app.simulator.faults.stage import Item
    from app.simulator.wire.messages import Frame


class Duplicates(Every):
    """Every so many messages one comes twice: `session.ready`, `tool.call` or any other."""

    name: ClassVar[str] = "duplicates"

    def strike(self, frame: Frame) -> list[Item]:
        """Return the message twice."""
        return [frame, dict(frame)]
