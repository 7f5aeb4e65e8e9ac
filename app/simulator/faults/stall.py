"""A stall, then a burst."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from app.simulator.faults.holding import Holding
from app.simulator.faults.moment import MOMENT_FORM, split_moment
from app.simulator.faults.stage import read_seconds

if TYPE_CHECKING:
    from app.simulator.faults.stage import Item


class Stall(Holding):
    """From a moment on nothing comes for some seconds; then all of it comes at once."""

    name: ClassVar[str] = "stall"
    form: ClassVar[str] = f"SECONDS or SECONDS@MOMENT ({MOMENT_FORM})"

    def __init__(self, text: str) -> None:
        super().__init__()
        seconds, self._moment = split_moment(text)
        self._seconds = read_seconds(seconds, "stall", 60)
        self._until: float | None = None

    def pass_on(self, items: list[Item], now: float) -> list[Item]:
        """Hold what comes within the stall."""
        self._look(now)
        return super().pass_on(items, now)

    def due_of(self, item: Item, now: float) -> float:
        """Return the end of the stall, once it has begun."""
        del item
        self._look(now)
        if self._until is None:
            self._moment.count()
            return now
        return max(now, self._until)

    def _look(self, now: float) -> None:
        if self._until is None and self._moment.has_come(now):
            self._until = now + self._seconds
