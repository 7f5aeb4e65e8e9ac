"""Jitter."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, ClassVar

from app.simulator.faults.holding import Holding
from app.simulator.faults.stage import read_whole

if TYPE_CHECKING:
    from app.simulator.faults.stage import Item


class Jitter(Holding):
    """Each message is late by a time of its own; the order stays, as it does over TCP."""

    name: ClassVar[str] = "jitter"
    form: ClassVar[str] = "MILLISECONDS: the most that a message is late"

    def __init__(self, text: str) -> None:
        super().__init__()
        self._most_seconds = read_whole(text, self.name, 1, 10_000) / 1000
        self._random = random.Random(f"jitter:{text}")  # noqa: S311 - repeatable on purpose

    def due_of(self, item: Item, now: float) -> float:
        """Return a time of chance, the same in each run."""
        del item
        return now + self._random.random() * self._most_seconds
