"""Rate limits, quota and attempts of one application, over one store."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from app.config.settings import Settings
from app.observability.metrics import Metrics
from app.usage.code_attempts import CodeAttempts
from app.usage.ledger import LedgerStore, MemoryLedger, quota_limits
from app.usage.ledger_redis import RedisLedger, UsageScript, open_redis
from app.usage.quota import Quota
from app.usage.rate_limits import rate_limits


class Accounting:
    """Counts what calls cost: `quota` for tokens, `code_attempts` for wrong access codes.

    Each has a breaker of its own: that wrong codes cannot be counted says nothing about the quota.
    """

    def __init__(self, settings: Settings, metrics: Metrics) -> None:
        limits = quota_limits(settings)
        store: LedgerStore
        if settings.redis_url is None:
            self._redis = None
            store = MemoryLedger(limits)
            self.code_attempts = CodeAttempts(metrics=metrics)
        else:
            self._redis = open_redis(settings.redis_url.get_secret_value())
            store = RedisLedger(UsageScript(self._redis), limits)
            self.code_attempts = CodeAttempts(metrics=metrics, script=UsageScript(self._redis))
        self.quota = Quota(store, limits, metrics, rate_limits=rate_limits(settings))

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[None]:
        """Close the store at the end, after what is still being undone."""
        try:
            yield
        finally:
            await self.quota.finish()
            if self._redis is not None:
                await self._redis.aclose()
