"""Redis, asked so that nobody waits long for it when it is away."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import TYPE_CHECKING, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from redis.asyncio import Redis

T = TypeVar("T")

logger = logging.getLogger("voicegate.limits")

LOG_SECONDS: Final = 1.0

PATIENCE_SECONDS: Final = 1.5
"""For one exchange and, where there is none yet, its connection: with TLS and a password these are
five round trips, so that a Redis 250 ms away can be used."""
DOWN_SECONDS: Final = 1.0
MAX_CONNECTIONS: Final = 64
"""Of one breaker; 250 ms away they carry 256 exchanges a second."""
MAX_WAITING: Final = 4096


class StoreDownError(Exception):
    """The store failed, or is known to have failed within the last second."""


class StoreFailures:
    """Counts the failures of a store, and logs at most one of them a second.

    Args:
        count: Is called with the kind at each.
        kind: `rate-limits`, `quota` or `code-attempts`.
    """

    def __init__(self, count: Callable[[str], None], kind: str) -> None:
        self._count = count
        self._kind = kind
        self._logged_at = -LOG_SECONDS

    def note(self, words: str, *details: object) -> None:
        """Take one more; the words are what its log line says."""
        self._count(self._kind)
        now = time.monotonic()
        if now - self._logged_at >= LOG_SECONDS:
            self._logged_at = now
            logger.error(words, *details)


class Breaker:
    """Lets operations through to a store while it works.

    After a failure the store counts as down for a second, in which nobody waits for it; then one
    operation finds out whether it is back.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._down_until: float | None = None
        self._probing = False
        self._places = asyncio.Semaphore(MAX_CONNECTIONS)
        self._waiting = 0

    async def run(self, operation: Callable[[], Coroutine[None, None, T]]) -> T:
        """Return the result of an operation.

        Raises:
            StoreDownError: The store is down, failed, did not answer in 1.5 s, or too many wait.
        """
        self._require_up()
        if self._waiting >= MAX_WAITING:
            raise StoreDownError("too many wait for it")
        self._waiting += 1
        try:
            await self._places.acquire()
        finally:
            self._waiting -= 1
        try:
            # It may have failed while this one waited, which then waits no longer.
            self._require_up()
            return await self._attempt(operation)
        finally:
            self._places.release()

    def _require_up(self) -> None:
        if self._down_until is None:
            return
        if self._probing or self._clock() < self._down_until:
            raise StoreDownError("it failed just now")

    async def _attempt(self, operation: Callable[[], Coroutine[None, None, T]]) -> T:
        probe = self._down_until is not None
        self._probing = self._probing or probe
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                result = await operation()
        except Exception as cause:  # a broken connection comes out of the client in many ways
            self._down_until = self._clock() + DOWN_SECONDS
            # Its text may hold the address, and a password with it.
            raise StoreDownError(type(cause).__name__) from cause
        else:
            if probe:
                self._down_until = None
            return result
        finally:
            if probe:
                self._probing = False


def open_redis(url: str) -> Redis:
    """Return a client of Redis that neither retries nor waits by itself; close with `aclose()`."""
    # A tenth of the start, for whoever uses none.
    from redis.asyncio import ConnectionPool, Redis  # noqa: PLC0415
    from redis.asyncio.retry import Retry  # noqa: PLC0415
    from redis.backoff import NoBackoff  # noqa: PLC0415

    pool = ConnectionPool.from_url(
        url,
        max_connections=2 * MAX_CONNECTIONS,  # two breakers let no more through
        socket_timeout=PATIENCE_SECONDS,
        socket_connect_timeout=PATIENCE_SECONDS,
        retry=Retry(NoBackoff(), 0),
        health_check_interval=0,
        # Each of these would be one more exchange before the first question.
        protocol=2,
        driver_info=None,
    )
    return Redis.from_pool(pool)
