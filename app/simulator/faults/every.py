"""Faults that strike every so many messages."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from app.simulator.faults.stage import SocketFault, read_whole

if TYPE_CHECKING:
    from app.simulator.faults.stage import Item
    from app.simulator.wire.messages import Frame

_MOST: int = 100_000


class Every(SocketFault):
    """Puts something else in the place of every so many messages of the service."""

    form: ClassVar[str] = "N: every so many messages"

    def __init__(self, text: str) -> None:
        self._distance = read_whole(text, self.name, 1, _MOST)
        self._counted = 0
        self.strikes = 0
        """How often it struck so far."""

    def pass_on(self, items: list[Item], now: float) -> list[Item]:
        """Pass on what comes, with something else now and then."""
        del now
        passed: list[Item] = []
        for item in items:
            passed += self._strike(item) if isinstance(item, dict) else [item]
        return passed

    def strike(self, frame: Frame) -> list[Item]:
        """Return what is sent in the place of a message."""
        raise NotImplementedError

    def _strike(self, frame: Frame) -> list[Item]:
        self._counted += 1
        if self._counted % self._distance:
            return [frame]
        self.strikes += 1
        return self.strike(frame)
