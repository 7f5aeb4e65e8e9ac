"""The arithmetic of a sliding-window counter, the same for all limits and stores."""

from __future__ import annotations

import math
from typing import Final, NamedTuple

LONGEST_WAIT_SECONDS: Final = 86400


class Window(NamedTuple):  # made several times a request: a third of a frozen dataclass's cost
    """What was counted in the window before, in this one, and how far this one is from its end.

    The count at a moment is `current`, and of `previous` the share that the last whole window
    before this moment still covers.
    """

    previous: int
    current: int
    left_seconds: float
    seconds: int

    @property
    def used(self) -> float:
        """The count at this moment."""
        return self.current + self.previous * self.left_seconds / self.seconds

    def remaining(self, quota: int) -> int:
        """Return what may still be counted now."""
        return max(0, math.floor(quota - self.used))

    def seconds_until_fits(self, quota: int, cost: int) -> int:
        """Return in how many seconds a cost will fit if nothing else comes: 1 to 86400."""
        room = quota - cost
        if room < 0:
            return LONGEST_WAIT_SECONDS
        if self.current <= room:
            # This window suffices once enough of the one before has slid out.
            share = (room - self.current) / self.previous if self.previous else 1.0
            wait = self.left_seconds - self.seconds * share
        else:
            wait = self.left_seconds + self.seconds * (1 - room / self.current)
        return whole_seconds(wait)


def whole_seconds(wait_seconds: float) -> int:
    """Return a time to wait as `Retry-After` may say it: 1 s to a day."""
    return max(1, min(math.ceil(wait_seconds), LONGEST_WAIT_SECONDS))
