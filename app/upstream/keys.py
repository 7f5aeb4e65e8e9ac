"""Which of the operator's keys is tried first; knows their numbers and never a key."""

import logging
from collections.abc import Callable
from typing import Final

from app.observability.metrics import Metrics

logger = logging.getLogger("voicegate.upstream")

NAMES: Final = ("first", "spare")
SPARE_FIRST_SECONDS: Final = 300
ALERT_EVERY_SECONDS: Final = 60


class KeyOrder:
    """One or two keys by number: 0 is the first, 1 the spare.

    Once the spare had to help out it goes first for five minutes, so that a refused key costs one
    caller in five minutes a second exchange, and its repair is still noticed.

    Args:
        count: How many keys there are, 1 or 2.
        clock: Seconds that only go forward.
        metrics: Is told of refusals.
    """

    __slots__ = ("_alert_at", "_clock", "_count", "_metrics", "_spare_until")

    def __init__(
        self, count: int, *, clock: Callable[[], float], metrics: Metrics | None = None
    ) -> None:
        self._count = count
        self._clock = clock
        self._metrics = metrics
        self._spare_until = self._alert_at = clock()

    def order(self) -> tuple[int, ...]:
        """Return the keys in the order in which to try them."""
        if self._count == 1:
            return (0,)
        return (1, 0) if self._clock() < self._spare_until else (0, 1)

    def refused(self, number: int) -> None:
        """Take note that a key was refused; where there is another, say so once a minute."""
        if self._metrics is not None:
            self._metrics.key_refusals.count(NAMES[number])
        now = self._clock()
        if self._count == 1 or now < self._alert_at:
            return
        self._alert_at = now + ALERT_EVERY_SECONDS
        logger.error(
            "the agent service refuses the %s key, the other is used: replace it",
            NAMES[number],
            extra={"key": NAMES[number]},
        )

    def helped_out(self, number: int) -> None:
        """Take note that a key was good after the other was refused."""
        now = self._clock()
        self._spare_until = now + SPARE_FIRST_SECONDS if number == 1 else now
