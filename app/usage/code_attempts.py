"""How often wrong access codes may be tried."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from app.usage.counters import Counters, CourtesyRefusedError, PerHour, PerMinute

if TYPE_CHECKING:
    from limits import RateLimitItem
    from redis.asyncio import Redis

    from app.usage.redis_store import Breaker
    from app.usage.rules import LimitMetrics

NAME: Final = "code-attempts"
RULES: Final[tuple[tuple[RateLimitItem, bool], ...]] = (
    (PerMinute(10, namespace="code-minute"), False),
    (PerHour(50, namespace="code-hour"), False),
    (PerHour(300, namespace="code-all"), True),
)


class CodeAttempts:
    """Counts wrong codes by address and in all; more than allowed lock right ones out as well.

    Every process counts by itself, and with the others where there is a store in common: with that
    store away, guessing stays limited.
    """

    def __init__(
        self, *, metrics: LimitMetrics, redis: Redis | None = None, breaker: Breaker | None = None
    ) -> None:
        self._metrics = metrics
        self._counters = [Counters(metrics=metrics)]
        if redis is not None:
            self._counters.append(Counters(metrics=metrics, redis=redis, breaker=breaker))

    async def allow_attempt(self, address_key: str) -> None:
        """Raise `RateLimitedError` while there were too many wrong ones; counts nothing."""
        for counters in self._counters:
            await self._ask(counters, address_key, count=False)

    async def wrong_attempt(self, address_key: str) -> None:
        """Count a wrong one; raises `RateLimitedError` if it was one too many."""
        for counters in self._counters:
            await self._ask(counters, address_key, count=True)

    async def _ask(self, counters: Counters, address_key: str, *, count: bool) -> None:
        async def operation() -> int:
            ask = counters.hit if count else counters.test
            for item, of_all in RULES:
                key = "all" if of_all else address_key
                if not await ask(item, key):
                    window = await counters.window(item, key)
                    return window.seconds_until_fits(item.amount, 1)
            return 0

        wait_seconds = await counters.ask(operation, 0)
        if wait_seconds:
            self._metrics.limited(NAME)
            raise CourtesyRefusedError(NAME, wait_seconds)
