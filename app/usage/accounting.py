"""Rate limits, quota and attempts of one application, over one store."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable
from typing import Final, TypeVar

from app.config.settings import Settings
from app.observability.metrics import Metrics
from app.usage.code_attempts import CodeAttempts
from app.usage.ledger import LedgerStore, StoreDownError, quota_limits
from app.usage.ledger_memory import MemoryLedger
from app.usage.ledger_redis import (
    PATIENCE_SECONDS,
    PREFIX,
    RedisLedger,
    UsageScript,
    open_redis,
    store_risks,
)
from app.usage.quota import Quota
from app.usage.rate_limits import rate_limits

logger = logging.getLogger("voicegate.limits")

LOOK_EVERY_SECONDS: Final = 300.0
# The one key that does not expire: what was stopped stays so until somebody lets it go on.
STOP_KEY: Final = f"{PREFIX}stopped"

T = TypeVar("T")


class Accounting:
    """Counts what calls cost: `quota` for tokens, `code_attempts` for wrong access codes.

    Each has a breaker of its own: that wrong codes cannot be counted says nothing about the quota.
    What asks the store raises `StoreDownError` where it cannot be asked.
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
        self.store = store
        self.quota = Quota(store, limits, metrics, rate_limits=rate_limits(settings))
        self._is_stopped = False

    async def store_risks(self) -> list[str]:
        """Return a sentence for each way in which the store may forget; none in memory."""
        return [] if self._redis is None else await _asked(store_risks(self._redis))

    async def is_stopped(self) -> bool:
        """Tell whether the operator stopped minting, for all who share the store."""
        if self._redis is not None:
            self._is_stopped = bool(await _asked(self._redis.exists(STOP_KEY)))
        return self._is_stopped

    async def stop(self, *, is_stopped: bool) -> None:
        """Stop minting, or let it go on, for all who share the store."""
        if self._redis is not None and is_stopped:
            await _asked(self._redis.set(STOP_KEY, 1))
        elif self._redis is not None:
            await _asked(self._redis.delete(STOP_KEY))
        self._is_stopped = is_stopped

    @contextlib.asynccontextmanager
    async def serving(self) -> AsyncIterator[None]:
        """Watch the store meanwhile, and close it at the end."""
        ending = asyncio.Event()
        watching = asyncio.create_task(self._watch_store(ending))
        try:
            yield
        finally:
            # Not cancelled: until Python 3.12 `wait_for`, which redis-py uses, may swallow that.
            ending.set()
            await watching
            await self.close()

    async def close(self) -> None:
        """Close the store, after what is still being undone."""
        await self.quota.finish()
        if self._redis is not None:
            await self._redis.aclose()

    async def _watch_store(self, ending: asyncio.Event) -> None:
        """Log how the store may forget, when that is another than at the last look."""
        known: list[str] = []
        while not ending.is_set():
            # That it is away is told by whoever needs it.
            with contextlib.suppress(StoreDownError):
                known, before = await self.store_risks(), known
                for sentence in known:
                    if sentence not in before:
                        logger.warning("%s", sentence)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_EVERY_SECONDS):
                    await ending.wait()


async def _asked(question: Awaitable[T]) -> T:
    """Return what Redis answers.

    Raises:
        StoreDownError: It does not.
    """
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            return await question
    except Exception as error:  # a broken connection has many
        raise StoreDownError(type(error).__name__) from error
