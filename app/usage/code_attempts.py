"""How often wrong access codes may be tried."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from app.errors import RateLimitedError
from app.usage.rate_limit_headers import limit_reached
from app.usage.rate_limits import HOUR, MINUTE, RateLimit, SlidingWindows, SteadyClock, Verdict
from app.usage.redis_store import StoreDownError, StoreFailures

if TYPE_CHECKING:
    from app.observability.metrics import Metrics
    from app.usage.ledger_redis import UsageScript
    from app.usage.rate_limits import Counted

NAME: Final = "code-attempts"
BY_ADDRESS: Final = (
    RateLimit("code-minute", 10, MINUTE, "address"),
    RateLimit("code-hour", 50, HOUR, "address"),
)
OF_ALL: Final = RateLimit("code-all", 300, HOUR, "all")


class CodeAttempts:
    """Counts wrong codes by address and in all; more than allowed lock right ones out as well.

    Every process counts by itself, and with the others where there is a store in common: with that
    store away, guessing stays limited.
    """

    def __init__(self, *, metrics: Metrics, script: UsageScript | None = None) -> None:
        self._metrics = metrics
        self._clock = SteadyClock()
        self._windows = SlidingWindows()
        self._script = script
        self._failures = StoreFailures(metrics.store_failed, NAME)

    async def allow_attempt(self, address_key: str) -> None:
        """Raise `RateLimitedError` while there were too many wrong ones; counts nothing."""
        await self._hit(address_key, count=False)

    async def wrong_attempt(self, address_key: str) -> None:
        """Count a wrong one; raises `RateLimitedError` if it was one too many."""
        await self._hit(address_key, count=True)

    async def _hit(self, address_key: str, *, count: bool) -> None:
        asked = [*((limit, address_key) for limit in BY_ADDRESS), (OF_ALL, "all")]
        hit = self._windows.hit(asked, self._clock(), count=count)
        if not hit.refused and self._script is not None:
            hit = await self._hit_in_common(self._script, asked, count=count)
        if hit.refused:
            self._metrics.limited(NAME)
            raise limit_reached(RateLimitedError, NAME, hit.states[-1].seconds_until_fits())

    async def _hit_in_common(
        self, script: UsageScript, asked: list[Counted], *, count: bool
    ) -> Verdict:
        try:
            return await script.hit(asked, count=count)
        except StoreDownError as error:
            self._failures.note("Redis is away (%s): each process counts wrong codes alone", error)
            return Verdict("", ())
