"""Messages that overtake each other."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from app.simulator.faults.every import Every

if TYPE_CHECKING:
    from app.simulator.faults.stage import Item
    from app.simulator.wire.messages import Frame


class WrongOrder(Every):
    """Every so many messages one changes places with the one after it."""

    name: ClassVar[str] = "wrong_order"

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._held: list[Item] = []

    def pass_on(self, items: list[Item], now: float) -> list[Item]:
        """Pass on what comes; what was held goes after the first of it."""
        passed: list[Item] = []
        for item in items:
            held, self._held = self._held, []
            if isinstance(item, dict):
                passed += [*super().pass_on([item], now), *held]
            else:  # nothing may come after the end
                passed += [*held, item]
        return passed

    def strike(self, frame: Frame) -> list[Item]:
        """Hold the message until the next one."""
        self._held = [frame]
        return []

    def release(self) -> list[Item]:
        """Return what is held."""
        held, self._held = self._held, []
        return held
