"""Binary messages, which this wire does not have."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from app.simulator.faults.every import Every
from app.simulator.faults.stage import Raw

if TYPE_CHECKING:
    from app.simulator.faults.stage import Item
    from app.simulator.wire.messages import Frame

_PAYLOADS: Final = (bytes(480), b"", b"\xff\xfe{}")


class Binary(Every):
    """Every so many messages one has a binary message before it: silent PCM, nothing, rubbish."""

    name: ClassVar[str] = "binary"

    def strike(self, frame: Frame) -> list[Item]:
        """Return one of several payloads in turn, then the message."""
        return [Raw(_PAYLOADS[(self.strikes - 1) % len(_PAYLOADS)]), frame]
