"""How often wrong access codes may be tried."""

import asyncio
import logging
import math
from typing import Final

from app.errors import RateLimitedError
from app.observability.metrics import Metrics
from app.usage.ledger import StoreDownError, StoreFailures
from app.usage.ledger_redis import UsageScript
from app.usage.rate_limits import (
    HOUR,
    MINUTE,
    Counter,
    RateLimit,
    SlidingWindows,
    SteadyClock,
    limit_reached,
)

NAME: Final = "code-attempts"
BY_ADDRESS: Final = (
    RateLimit("code-minute", 10, MINUTE, "address"),
    RateLimit("code-hour", 50, HOUR, "address"),
)
# Whoever has one /64 of IPv6 often has the 65,535 beside it.
BY_NETWORK: Final = RateLimit("code-network", 100, HOUR, "address")
# More wrong codes of all are no slips of the hand; each makes answers to all of them slower.
FREE_ATTEMPTS: Final = RateLimit("code-all", 30, HOUR, "all")
SECONDS_A_GUESS, MOST_SECONDS = 0.02, 5.0

logger = logging.getLogger("voicegate.access")


class CodeAttempts:
    """Counts wrong codes by address and network; more than allowed lock right ones out there.

    Nobody locks out others: what is wrong from anywhere only makes answers to wrong codes slower.
    Every process counts by itself, and with the others where there is a store in common: with that
    store away, guessing stays limited.
    """

    def __init__(self, *, metrics: Metrics, script: UsageScript | None = None) -> None:
        self._metrics = metrics
        self._clock = SteadyClock()
        self._windows = SlidingWindows()
        self._of_all = Counter(FREE_ATTEMPTS, self._clock())
        self._told_at = -math.inf
        self._script = script
        self._failures = StoreFailures(metrics, NAME, "each process counts wrong codes alone")

    async def allow_attempt(self, address_key: str, network_key: str) -> None:
        """Raise `RateLimitedError` while there were too many wrong ones; counts nothing."""
        await self._hit(address_key, network_key, count=False)

    async def wrong_attempt(self, address_key: str, network_key: str) -> None:
        """Count a wrong one, and wait; raises `RateLimitedError` if it was one too many."""
        now = self._clock()
        self._of_all.advance(now)
        self._of_all.current += 1
        guesses = self._of_all.at(now).used
        if guesses > FREE_ATTEMPTS.quota and now - self._told_at >= MINUTE:
            self._told_at = now
            logger.warning("access codes are being guessed: %d wrong ones in an hour", guesses)
        await self._hit(address_key, network_key, count=True)
        await asyncio.sleep(
            min(max(0, guesses - FREE_ATTEMPTS.quota) * SECONDS_A_GUESS, MOST_SECONDS)
        )

    async def _hit(self, address_key: str, network_key: str, *, count: bool) -> None:
        asked = [*((limit, address_key) for limit in BY_ADDRESS), (BY_NETWORK, network_key)]
        hit = self._windows.hit(asked, self._clock(), count=count)
        if not hit.refused and self._script is not None:
            try:
                hit = await self._script.hit(asked, count=count)
            except StoreDownError as error:
                self._failures.note(error)
        if hit.refused:
            self._metrics.limited.count(NAME)
            raise limit_reached(RateLimitedError, NAME, hit.states[-1].seconds_until_fits())
