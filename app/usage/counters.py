"""The `limits` library as we use it: in this process's memory or in Redis, and what refuses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeVar

from limits import RateLimitItemPerHour, RateLimitItemPerMinute
from limits.aio.storage import RedisStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter

from app.errors import RateLimitedError
from app.usage.bounded_memory import BoundedMemory
from app.usage.redis_store import Breaker, StoreDownError, StoreFailures
from app.usage.rules import DAY, SENTENCES, LimitMetrics, LimitState
from app.usage.windows import Window

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from limits import RateLimitItem
    from limits.aio.storage import SlidingWindowCounterSupport
    from redis.asyncio import Redis

T = TypeVar("T")

PREFIX: Final = "voicegate"


class _ShortKeys:
    """Names a counter by limit and caller only: the library's way takes a tenth of a request.

    A limit that the operator changes goes on from what was counted, where the library's starts
    anew.
    """

    namespace: str

    def key_for(self, *identifiers: Any) -> str:
        return f"{self.namespace}/{identifiers[0]}"


class PerMinute(_ShortKeys, RateLimitItemPerMinute):
    """So many a minute."""


class PerHour(_ShortKeys, RateLimitItemPerHour):
    """So many an hour."""


class CourtesyRefusedError(RateLimitedError):
    """A limit is reached; `states` tells which, and how it stands."""

    def __init__(self, name: str, wait_seconds: int, states: tuple[LimitState, ...] = ()) -> None:
        super().__init__(
            f"limit {name}", detail=SENTENCES[name], retry_after_seconds=min(wait_seconds, DAY)
        )
        self.states = states


class Counters:
    """Sliding-window counters in one store.

    Args:
        metrics: Told of a store that is away.
        redis: Where several processes count together; None counts in this process's memory.
        breaker: Of that store.
        memory: This process's own.
    """

    def __init__(
        self,
        *,
        metrics: LimitMetrics,
        redis: Redis | None = None,
        breaker: Breaker | None = None,
        memory: BoundedMemory | None = None,
    ) -> None:
        own = BoundedMemory() if memory is None else memory
        self._memory = own if redis is None else None
        storage = own if redis is None else _redis_storage(redis)
        self._storage: SlidingWindowCounterSupport = storage
        self._limiter = SlidingWindowCounterRateLimiter(storage)
        self._breaker = (breaker or Breaker()) if redis is not None else None
        self._failures = StoreFailures(metrics.store_failed, "courtesy")
        self.test = self._limiter.test

    async def hit(self, item: RateLimitItem, key: str) -> bool:
        """Count one, if it fits."""
        if self._memory is not None:
            # What the library does around it takes three times as long.
            return self._memory.count(item.key_for(key), item.amount, item.get_expiry())
        return await self._limiter.hit(item, key)

    async def window(self, item: RateLimitItem, key: str) -> Window:
        """Return what was counted."""
        seconds = item.get_expiry()
        if self._memory is not None:
            counts = self._memory.window(item.key_for(key), seconds)
        else:
            counts = await self._storage.get_sliding_window(item.key_for(key), seconds)
        previous, _, current, lives_seconds = counts
        left_seconds = min(max(lives_seconds - seconds, 0.0), float(seconds))
        return Window(previous, current, left_seconds, seconds)

    async def ask(self, operation: Callable[[], Coroutine[None, None, T]], otherwise: T) -> T:
        """Return what an operation on these counters returns, or the other if the store is down."""
        if self._breaker is None:
            return await operation()
        try:
            return await self._breaker.run(operation)
        except StoreDownError as error:
            self._failures.note("limit store down (%s): courtesy limits let pass", error)
            return otherwise


def _redis_storage(redis: Redis) -> RedisStorage:
    # Where it is, the pool knows; the address here only says which kind of store it is.
    return RedisStorage(
        "async+redis://",
        implementation="redispy",
        key_prefix=PREFIX,
        connection_pool=redis.connection_pool,  # type: ignore[arg-type]
    )
