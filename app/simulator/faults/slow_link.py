"""A slow link."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, ClassVar

from app.simulator.faults.holding import Holding
from app.simulator.faults.stage import Raw, read_whole

if TYPE_CHECKING:
    from app.simulator.faults.stage import Item


class SlowLink(Holding):
    """Messages leave no faster than some bytes a second; a reply's audio needs about 76,000."""

    name: ClassVar[str] = "slow_link"
    form: ClassVar[str] = "BYTES a second"

    def __init__(self, text: str) -> None:
        super().__init__()
        self._bytes_a_second = read_whole(text, self.name, 100, 100_000_000)
        self._free_at = 0.0

    def due_of(self, item: Item, now: float) -> float:
        """Return when the last byte of this message has left."""
        self._free_at = max(self._free_at, now) + _size_bytes(item) / self._bytes_a_second
        return self._free_at


def _size_bytes(item: Item) -> int:
    if isinstance(item, Raw):
        return len(item.payload)
    return len(json.dumps(item)) if isinstance(item, dict) else 0
