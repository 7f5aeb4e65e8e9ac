"""Faults that make messages late: a queue in which each has its time, in the order it came."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final

from app.simulator.faults.stage import Reset, SocketFault

if TYPE_CHECKING:
    from app.simulator.faults.stage import Item

_HELD_LIMIT: Final = 6000
"""Messages; a minute of audio. A line that is further behind is given up, as a real one is."""


class Holding(SocketFault):
    """Holds each item back until its time; nothing overtakes."""

    def __init__(self) -> None:
        self._held: deque[tuple[float, Item]] = deque()

    @property
    def next_due(self) -> float | None:
        """When the next item leaves."""
        return self._held[0][0] if self._held else None

    def due_of(self, item: Item, now: float) -> float:
        """Return when an item that comes now may leave, in epoch seconds."""
        raise NotImplementedError

    def pass_on(self, items: list[Item], now: float) -> list[Item]:
        """Queue what comes, and return what is due."""
        for item in items:
            earliest = self._held[-1][0] if self._held else now
            self._held.append((max(earliest, self.due_of(item, now)), item))
        if len(self._held) > _HELD_LIMIT:
            self._held.clear()
            return [Reset()]
        passed: list[Item] = []
        while self._held and self._held[0][0] <= now:
            passed.append(self._held.popleft()[1])
        return passed

    def release(self) -> list[Item]:
        """Return all that is still held."""
        held = [item for _, item in self._held]
        self._held.clear()
        return held
