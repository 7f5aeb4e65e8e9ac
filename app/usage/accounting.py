"""All limits of one application, over one store."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from app.usage.code_attempts import CodeAttempts
from app.usage.ledger_memory import MemoryLedger
from app.usage.ledger_redis import RedisLedger
from app.usage.quota import CostGuard
from app.usage.rate_limits import CourtesyLimits
from app.usage.redis_store import Breaker, open_redis
from app.usage.rules import cost_rules

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from app.config.settings import Settings
    from app.usage.ledger import LedgerStore
    from app.usage.rules import LimitMetrics


class Limits:
    """The courtesy limits, the limit on access codes and the cost guard.

    They share one store and one judgement of whether it works, so that a request meets a store that
    is away only once.

    Args:
        settings: What the operator allows, and where to count.
        metrics: Told of what they do.
    """

    def __init__(self, settings: Settings, metrics: LimitMetrics) -> None:
        rules = cost_rules(settings)
        breaker = Breaker()
        url = settings.redis_url
        redis = open_redis(url.get_secret_value()) if url else None
        store: LedgerStore = MemoryLedger(rules)
        if redis is not None:
            store = RedisLedger(redis, rules, breaker=breaker)
        self._redis = redis
        self.courtesy = CourtesyLimits(settings, metrics=metrics, redis=redis, breaker=breaker)
        self.attempts = CodeAttempts(metrics=metrics, redis=redis, breaker=breaker)
        self.guard = CostGuard(store, rules, metrics)

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[None]:
        """Close the store at the end, after what is still being undone."""
        try:
            yield
        finally:
            await self.guard.finish()
            if self._redis is not None:
                await self._redis.aclose()
                await self._redis.connection_pool.disconnect()
