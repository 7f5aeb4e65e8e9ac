"""Text messages that are not JSON, or not an event."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from app.simulator.faults.every import Every
from app.simulator.faults.stage import Raw

if TYPE_CHECKING:
    from app.simulator.faults.stage import Item
    from app.simulator.wire.messages import Frame

_TEXTS: Final = ("", "{", "<html>", "null", "[]", '"text"', "{}", '{"type":5}', '{"type":"x"}}')


class NotJson(Every):
    """Every so many messages one has a text before it that is not JSON, or JSON but no event."""

    name: ClassVar[str] = "not_json"

    def strike(self, frame: Frame) -> list[Item]:
        """Return one of several such texts in turn, then the message."""
        return [Raw(_TEXTS[(self.strikes - 1) % len(_TEXTS)]), frame]
